"""Each source against its rhythm and its own normal weeks."""

from datetime import UTC, datetime

import pandas as pd

from est_pipeline.analysis.sources import Expectation, judge_sources
from est_pipeline.domain.kinds import Rhythm


def test_what_is_normal_for_a_source_counts_weeks_without_reports() -> None:
    def weeks(source_id: str, counts: dict[int, int]) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "source_id": source_id,
                "week_number": list(counts),
                "report_count": list(counts.values()),
            }
        )

    before = pd.concat(
        [
            weeks("gammal", {0: 4, 1: 9, 2: 5, 4: 6, 5: 7, 7: 5, 8: 6, 10: 4, 11: 8}),
            weeks("ny", {8: 3, 9: 3, 10: 4, 11: 2}),
            weeks("sex", {6: 2, 11: 2}),
        ]
    )
    rhythm = Rhythm.WEEKLY
    states = judge_sources(
        pd.DataFrame(
            {
                "source_id": pd.Series(dtype="str"),
                "state": pd.Series(dtype="str"),
                "received_at": pd.Series(dtype="datetime64[us, UTC]"),
                "is_nothing_to_report": pd.Series(dtype="bool"),
            }
        ),
        pd.DataFrame({"source_id": ["ny"]}),
        expected={
            name: Expectation(name, name, rhythm) for name in ("gammal", "ny", "sex", "tyst")
        },
        as_of=datetime(2026, 11, 23, tzinfo=UTC),
        weeks_before=before,
    ).set_index("source_id")
    usual = states[["usual_low", "usual_high"]].astype("object").where(states.notna(), None)
    # by hand: 0 0 0 4 4 5 5 6 6 7 8 9 has its quartiles at places 2.75 and 8.25
    assert tuple(usual.loc["gammal"]) == (4, 6)
    assert tuple(usual.loc["sex"]) == (0, 2), "0 0 0 0 2 2: six weeks are enough"
    assert usual.loc["ny"].isna().all(), "four weeks tell nothing"
    assert usual.loc["tyst"].isna().all()

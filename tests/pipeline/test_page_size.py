"""A week with very many incidents still fits in a mail and opens on a phone."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from est_pipeline.pipeline import report
from tests.benchmarks.made_up_rows import write_rows
from tests.small_weeks import history_rows

MOST_BYTES = 2_000_000
INCIDENTS = 2_000


def test_a_week_of_two_thousand_incidents_is_at_most_two_megabytes(
    workspace: Any, tmp_path: Path
) -> None:
    workspace.drop("tib", "historik.csv", history_rows())
    week = write_rows(tmp_path / "vecka.csv", INCIDENTS, first_day="2026-11-16", days=7)
    workspace.drop("tib", "vecka 47.csv", week.read_bytes())
    workspace.take_in("2026-11-23T08:00:00+01:00")
    page = report(
        workspace.configuration, as_of=datetime.fromisoformat("2026-11-23T09:00:00+01:00")
    )
    content = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    shown = [row for row in content["rows"] if row["kind"] == "incident"]
    assert len(shown) + content["total"]["environment_cases"]["count"] >= INCIDENTS * 0.99
    assert page.stat().st_size <= MOST_BYTES, f"{page.stat().st_size:,} bytes"
    words = page.read_text(encoding="utf-8")
    assert words.count('<tr id="r-') == len(content["rows"])

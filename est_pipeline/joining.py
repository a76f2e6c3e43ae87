"""One incident, several reports: the rules of a workspace for its store, and the list of doubts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from est_pipeline.analysis.incidents import Rules, join_incidents, judge_pairs
from est_pipeline.config import Configuration, read_decision_file
from est_pipeline.domain.incidents import JoinedReports, PairSearch
from est_pipeline.domain.text import counted
from est_pipeline.errors import ConfigError
from est_pipeline.ingest.files import write_atomically
from est_pipeline.ingest.quarantine import guard_formulas
from est_pipeline.store import Joining

DOUBTS_NAME = "tveksamma_par.csv"

REASONS = {
    "kategori": "kategorierna är olika",
    "forenlig_kategori": "olika men förenliga kategorier",
    "vag_tid": "den ena tiden är vag",
    "tid_isar": "tiderna ligger isär",
    "bara_stadsdel": "den enas plats är bara känd till stadsdel",
    "vag_plats": "den enas plats är vag",
    "plats_isar": "platserna ligger isär",
    "olika_underkategori": "underkategorierna är olika",
    "olika_antal": "antalen är olika",
    "flera_mojliga": "källan har en rapport till som passar",
    "kedja": "passar en av händelsens rapporter men inte alla",
    "beslut": "skulle gå emot ett beslut",
}
"""Why a pair is left to a human: reason code -> Swedish."""


def joining_of(configuration: Configuration) -> Joining:
    """Give the store what it needs to join reports by a workspace's rules and decisions."""
    limits = configuration.settings.incidents
    rules = Rules(
        minutes=limits.minutes,
        metres=limits.metres,
        doubt_minutes=limits.doubt_minutes,
        doubt_metres=limits.doubt_metres,
        vague_hours=limits.vague_hours,
        vague_metres=limits.vague_metres,
        text_similarity=limits.text_similarity,
        compatible=frozenset(
            (a, b) for group in limits.compatible for a in group for b in group if a != b
        ),
    )

    def join(pairs: pd.DataFrame, decided: pd.DataFrame) -> JoinedReports:
        judged = judge_pairs(pairs, rules=rules)
        sides = [
            pairs[[f"report_id_{side}", f"source_id_{side}", f"occurred_from_{side}"]].set_axis(
                ["report_id", "source_id", "occurred_from"], axis="columns"
            )
            for side in "ab"
        ]
        reports = pd.concat([*sides, decided], ignore_index=True)
        return join_incidents(reports, judged, decisions=configuration.decisions)

    return Joining(
        search=PairSearch(
            minutes=limits.doubt_minutes,
            metres=limits.doubt_metres,
            zone_name=configuration.settings.municipality.zone_name,
            blocks=_blocks(limits.compatible),
            left_out=tuple(each.code for each in configuration.categories if each.is_summary),
        ),
        decided_ids=tuple({i for decision in configuration.decisions for i in decision.pair}),
        join=join,
    )


def _blocks(groups: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Give each category that is compared with others the first code of all it may meet."""
    met: dict[str, set[str]] = {}
    for group in groups:
        together = set(group).union(*(met.get(code, {code}) for code in group))
        met.update(dict.fromkeys(together, together))
    return {code: min(together) for code, together in sorted(met.items())}


def write_doubts(outcome: JoinedReports, configuration: Configuration) -> tuple[str, ...]:
    """Write the pairs that a human should decide; give what the operator should know.

    An answer that was written into the list but not saved among the decisions is carried over, so
    that no work is lost, and said. No free text is written.

    Raises:
        StorageError: the folder cannot be written to.
    """
    file = configuration.paths.store / DOUBTS_NAME
    answers = _answers(file)
    table = _doubt_table(outcome.doubts, configuration, answers)
    text = table.to_csv(index=False, sep=";", lineterminator="\r\n")
    content = text.encode("utf-8-sig")
    if not file.is_file() or file.read_bytes() != content:
        write_atomically(file, content)
    notices = []
    if len(table):
        place = file.relative_to(configuration.paths.root).as_posix()
        notices.append(f"{counted(len(table), 'par', 'par')} att avgöra: {place}")
    waiting = int(table["beslut"].ne("").sum())
    if waiting:
        limits = configuration.settings.incidents
        where = Path(limits.decisions_file)
        notices.append(
            f"{counted(waiting, 'svar', 'svar')} i {DOUBTS_NAME} gäller inte än: spara listan i "
            f"data/{where.parent.as_posix()} med ett namn som börjar med {where.stem}."
        )
    if outcome.without_report:
        waiting_lines = "; ".join(decision.where for decision in outcome.without_report)
        notices.append(
            f"{counted(len(outcome.without_report), 'beslut', 'beslut')} gäller en rapport som "
            f"inte finns bland händelserna: {waiting_lines}. Det ligger kvar."
        )
    return tuple(notices)


def count_doubts(outcome: JoinedReports, *, week: str) -> int:
    """Count the pairs in doubt that touch a week."""
    doubts = outcome.doubts
    if doubts.empty:
        return 0
    return int((doubts["iso_week_a"].eq(week) | doubts["iso_week_b"].eq(week)).sum())


def _answers(file: Path) -> dict[tuple[str, str], str]:
    if not file.is_file():
        return {}
    try:
        found = read_decision_file(file)
    except ConfigError:  # somebody else's words in a list that is written anew each run
        return {}
    return {each.pair: "samma" if each.is_same else "olika" for each in found}


def _doubt_table(
    doubts: pd.DataFrame, configuration: Configuration, answers: dict[tuple[str, str], str]
) -> pd.DataFrame:
    """Give the list as people see it, the latest pairs first; `beslut` is theirs to fill in."""
    columns = [
        *("rapport_a", "rapport_b", "beslut", "beslutad", "funktion", "kommentar", "skäl"),
        *("minuter", "meter", "källa_a", "källa_b", "tid_a", "tid_b", "kategori_a", "kategori_b"),
        *("stadsdel_a", "stadsdel_b", "plats_a", "plats_b"),
    ]
    if doubts.empty:
        return pd.DataFrame(columns=columns, dtype="str")
    latest = doubts[["occurred_from_a", "occurred_from_b"]].max(axis="columns")
    ordered = doubts.assign(latest=latest).sort_values(
        ["latest", "strength", "report_id_a", "report_id_b"], ascending=[False, True, True, True]
    )
    pairs = zip(ordered["report_id_a"], ordered["report_id_b"], strict=True)
    table = {
        "rapport_a": ordered["report_id_a"],
        "rapport_b": ordered["report_id_b"],
        "beslut": [answers.get((min(a, b), max(a, b)), "") for a, b in pairs],
        "beslutad": "",
        "funktion": "",
        "kommentar": "",
        "skäl": ordered["reason_code"].map(REASONS),
        "minuter": ordered["minutes"].round().astype("Int64").astype("str"),
        "meter": ordered["distance_m"].round().astype("Int64").astype("str"),
    }
    names = configuration.categories.names
    subcategory_names = configuration.categories.subcategory_names
    for side in "ab":
        codes = zip(
            ordered[f"category_code_{side}"], ordered[f"subcategory_code_{side}"], strict=True
        )
        table |= {
            f"källa_{side}": ordered[f"source_id_{side}"].map(configuration.shown_name),
            f"tid_{side}": _local(
                ordered[f"occurred_from_{side}"],
                ordered[f"is_time_known_{side}"],
                configuration=configuration,
            ),
            f"kategori_{side}": [
                subcategory_names.get((code, sub), names.get(code, code)) for code, sub in codes
            ],
            f"stadsdel_{side}": ordered[f"district_id_{side}"],
            f"plats_{side}": ordered[f"place_name_{side}"].mask(
                _is_coarse(ordered, side, configuration)
            ),
        }
    shown = pd.DataFrame(table, index=ordered.index)[columns]
    shown = shown.astype("str").replace("<NA>", "").fillna("")
    return shown.apply(guard_formulas).reset_index(drop=True)


def _is_coarse(pairs: pd.DataFrame, side: str, configuration: Configuration) -> pd.Series[bool]:
    """Tell which reports may be named by their district only; their type of place is not here."""
    columns = [pairs[f"category_code_{side}"], pairs[f"subcategory_code_{side}"]]
    rule = configuration.coarse_rule
    codes = zip(*(column.fillna("") for column in columns), strict=True)
    covered = [rule.covers(code, sub, "") for code, sub in codes]
    return pd.Series(covered, index=pairs.index, dtype=bool)


def _local(
    moments: pd.Series, is_time_known: pd.Series, *, configuration: Configuration
) -> pd.Series:
    local = moments.dt.tz_convert(configuration.zone)
    day: pd.Series = local.dt.strftime("%Y-%m-%d")
    return day.where(~is_time_known.astype("bool"), local.dt.strftime("%Y-%m-%d %H:%M"))

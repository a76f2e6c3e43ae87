"""Reading what humans decided about pairs of reports: the same incident, or not."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator
from pathlib import Path

from est_pipeline.config.faults import place_of
from est_pipeline.domain.incidents import Decision
from est_pipeline.domain.text import fold
from est_pipeline.errors import ConfigError

_WORDS = {"samma": True, "olika": False}
_NEEDED = ("rapport_a", "rapport_b", "beslut")


def decision_files(file: Path) -> list[Path]:
    """Give the files that hold decisions: the named one, and those whose names begin like it.

    So a filled-in list can be saved as `samma_handelse-2026-v47.csv` beside the earlier ones.
    """
    return sorted(file.parent.glob(f"{file.stem}*{file.suffix}"))


def read_decisions(file: Path) -> tuple[Decision, ...]:
    """Read the decisions of a workspace; a row without a word in `beslut` is not decided yet.

    Raises:
        ConfigError: a file cannot be read, a column or an id is missing, a word is neither
            `samma` nor `olika`, or two decisions contradict each other, also by a detour.
    """
    decisions = tuple(
        decision for each in decision_files(file) for decision in read_decision_file(each)
    )
    _refuse_contradictions(decisions)
    return decisions


def read_decision_file(file: Path) -> tuple[Decision, ...]:
    """Read the decisions of one file, in the order in which they stand; see `read_decisions`."""
    found = []
    for line, row in _rows(file):
        where = f"{place_of(file)}, rad {line}"
        word = fold(row["beslut"])
        if not word:
            continue
        if word not in _WORDS:
            near = difflib.get_close_matches(word, _WORDS, n=1)
            meant = f" Menade du {near[0]}?" if near else ""
            raise ConfigError(
                f"{where}, kolumnen beslut: {row['beslut']!r} är inte tillåtet.{meant}",
                advice="Skriv samma eller olika, eller lämna cellen tom.",
            )
        a, b = row["rapport_a"], row["rapport_b"]
        if not a or not b:
            raise ConfigError(
                f"{where}: beslutet saknar rapport_a eller rapport_b.",
                advice="Kopiera båda ur data/lager/tveksamma_par.csv.",
            )
        if a == b:
            raise ConfigError(
                f"{where}: rapport_a och rapport_b är samma rapport.",
                advice="Kopiera båda ur data/lager/tveksamma_par.csv.",
            )
        found.append(Decision(a, b, _WORDS[word], where))
    return tuple(found)


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Give each row with the number of its line, the needed columns stripped."""
    text = _text(file)
    header, _, _ = text.partition("\n")
    delimiter = max(";,\t", key=header.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    names = [fold(name) for name in next(reader, [])]
    if not names:
        return
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise ConfigError(
            f"{place_of(file)}: kolumnen {missing[0]!r} saknas.",
            advice=f"Första raden ska innehålla {', '.join(_NEEDED)}, med semikolon emellan.",
        )
    places = {name: names.index(name) for name in _NEEDED}
    line = reader.line_num
    for cells in reader:
        line, first = reader.line_num, line + 1
        if any(cell.strip() for cell in cells):
            yield (
                first,
                {
                    name: cells[place].strip() if place < len(cells) else ""
                    for name, place in places.items()
                },
            )


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{place_of(file)} går inte att läsa ({error.strerror}).") from None
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError(
        f"{place_of(file)} går inte att läsa som text.",
        advice="Spara om den som CSV UTF-8.",
    )


def _refuse_contradictions(decisions: tuple[Decision, ...]) -> None:
    """Refuse two reports that are said to be one incident and also not to be."""
    parents: dict[str, tuple[str, Decision]] = {}

    def way_up(report_id: str) -> list[Decision]:
        way = []
        while report_id in parents:
            report_id, decision = parents[report_id]
            way.append(decision)
        return way

    def top(report_id: str) -> str:
        while report_id in parents:
            report_id = parents[report_id][0]
        return report_id

    for decision in decisions:
        if decision.is_same and top(decision.report_id_a) != top(decision.report_id_b):
            _hang(parents, decision)
    for decision in decisions:
        if decision.is_same or top(decision.report_id_a) != top(decision.report_id_b):
            continue
        ways = [way_up(decision.report_id_a), way_up(decision.report_id_b)]
        joined = [d for d in (*ways[0], *ways[1]) if (d in ways[0]) != (d in ways[1])]
        named = sorted({decision.where, *(d.where for d in joined)})
        raise ConfigError(
            f"Besluten om samma händelse säger emot varandra: {'; '.join(named)}.",
            advice="Rätta ett av dem: två rapporter kan inte vara både samma och olika händelser.",
        )


def _hang(parents: dict[str, tuple[str, Decision]], decision: Decision) -> None:
    """Hang the tree of one report below the other report, so that each step is a decision."""
    node, below, link = decision.report_id_a, decision.report_id_b, decision
    while True:
        above = parents.get(node)
        parents[node] = (below, link)
        if above is None:
            return
        below, node, link = node, above[0], above[1]

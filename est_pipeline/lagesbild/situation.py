"""Läget: three to six Swedish points, most important first, by fixed rules from the figures."""

from __future__ import annotations

from dataclasses import dataclass

from est_pipeline.domain.kinds import Kind, Level, SourceState
from est_pipeline.lagesbild import verdict_words
from est_pipeline.lagesbild.content import AreaPicture, Lagesbild, SourcePicture
from est_pipeline.lagesbild.swedish import (
    NBSP,
    capital,
    counted,
    figure,
    inside,
    listed,
    listed_phrases,
    lower_first,
    number_word,
    week_number,
)
from est_pipeline.lagesbild.wording import (
    ENVIRONMENT_CASE,
    FOUND_BY_EFFORT,
    INCIDENT,
    MOST_AREAS_NAMED,
    REPORT,
    beside,
    compared,
    is_unknown,
    silence,
)

_AREAS_ID, _BASIS_ID = "omraden-rubrik", "underlag-rubrik"
_MOST_FOLLOWING = 2
_MOST_POINTS = 6
MOST_SIGNALS = 3
"""More than these are not written out among the points; the rest come after them."""


@dataclass(frozen=True)
class Sentence:
    """One point of the situation: a sign, the words that stand out, and the rest.

    `rests_on` is the id of the part of the page that holds the figures.
    """

    sign: str
    lead: str
    text: str
    rests_on: str = ""


def situation(content: Lagesbild) -> tuple[Sentence, ...]:
    """Write the situation in at most six points, by fixed rules, from the figures alone."""
    if content.total is None:
        return ()
    missing = _missing_sources(content)
    signals = _signals(content)
    total = _total(content, content.total)
    points: list[Sentence | None] = [
        missing if is_unknown(content) else None,
        *signals,
        total,
        None if signals else _nothing_sticks_out(content),
        None if is_unknown(content) else missing,
        _areas(content),
        _unplaced(content.unplaced),
        _other_kinds(content.total),
        _categories(content.total),
    ]
    return tuple(point for point in points if point is not None)[:_MOST_POINTS]


def _signals(content: Lagesbild) -> list[Sentence]:
    """Say what sticks out, the surest first."""
    judgements = content.judgements
    if judgements is None:
        return []
    methods = {method.kind: method for method in judgements.methods}
    return [
        Sentence(
            verdict_words.SIGNS[signal.verdict],
            verdict_words.signal_lead(signal),
            verdict_words.signal_text(signal, methods[signal.kind]),
            "jamforelser-rubrik",
        )
        for signal in judgements.signals()[:MOST_SIGNALS]
    ]


def _nothing_sticks_out(content: Lagesbild) -> Sentence | None:
    if content.judgements is None:
        return None
    said = verdict_words.nothing_sticks_out(content.judgements)
    return Sentence("●", said, "", "jamforelser-rubrik")


def _total(content: Lagesbild, total: AreaPicture) -> Sentence:
    week = week_number(content.head.iso_week)
    count = total.incidents.count
    if count == 0 and total.report_count == 0:
        lead = f"Inga händelser är rapporterade för vecka {week}."
        caution = (
            "Det betyder inte att inget har hänt, eftersom uppgifter saknas. "
            if _missing(content)
            else ""
        )
        return Sentence("●", lead, f"{caution}{compared(total.incidents)}", _AREAS_ID)
    judged = content.judgements.of(Kind.INCIDENT, level=Level.CITY) if content.judgements else None
    lead = f"{capital(counted(count, INCIDENT))} i vecka {week}"
    text = f"{compared(total.incidents)}{_reports_behind(total)}"
    if judged is None or judged.low is None:
        return Sentence("●", f"{lead}.", text, _AREAS_ID)
    expected = capital(verdict_words.expectation(judged))
    return Sentence(
        verdict_words.SIGNS[judged.verdict],
        f"{lead}, {judged.verdict.value}.",
        f"{expected}. {text}",
        _AREAS_ID,
    )


def _reports_behind(total: AreaPicture) -> str:
    count = total.incidents.count
    if count == total.report_count:
        return ""
    reports = counted(total.report_count, REPORT)
    whose = "Händelsen" if count == 1 else f"De {number_word(count)} händelserna"
    return f" {whose} bygger på {reports}."


def _areas(content: Lagesbild) -> Sentence | None:
    ranked = sorted(
        (area for area in content.areas if area.incidents.count > 0),
        key=lambda area: -area.incidents.count,
    )
    if not ranked:
        return None
    top = [area for area in ranked if area.incidents.count == ranked[0].incidents.count]
    named = ranked[:MOST_AREAS_NAMED]
    if len(top) > len(named):
        return Sentence(
            "●",
            f"{capital(number_word(len(ranked)))} områden har händelser:",
            f"som mest {figure(ranked[0].incidents.count)} i något av dem.",
            _AREAS_ID,
        )
    figures = [
        f"{figure(area.incidents.count)}{beside(area.incidents, with_words=number == 0)}"
        for number, area in enumerate(named)
    ]
    parts = [f"{inside(area.name)}{NBSP}{each}" for area, each in zip(named, figures, strict=True)]
    lead = f"Flest händelser har {listed([inside(area.name) for area in top])}:"
    if len(top) == 1:
        after = f". Därefter {', '.join(parts[1:])}" if len(parts) > 1 else ""
        text = f"{figures[0]}{after}"
    else:
        text = ", ".join(parts)
    quiet = len(content.areas) - len(ranked)
    tail = ""
    if len(ranked) > len(named):
        tail = f" {capital(number_word(len(ranked) - len(named)))} områden till har händelser."
    elif quiet and len(content.areas) <= 2 * MOST_AREAS_NAMED:
        without = [inside(area.name) for area in content.areas if area.incidents.count <= 0]
        tail = f" Inga rapporterade i {listed(without)}."
    return Sentence("●", lead, f"{text}.{tail}", _AREAS_ID)


def _categories(total: AreaPicture) -> Sentence | None:
    common = [each for each in total.categories if each.count > 0]
    if not common:
        return None
    first = [each for each in common if each.count == common[0].count]
    if len(first) > MOST_AREAS_NAMED:
        return None
    names = listed_phrases([lower_first(each.name) for each in first])
    following = common[len(first) :]
    # of several with the same count all are named or none: nobody is left out by the alphabet
    cut = following[_MOST_FOLLOWING].count if len(following) > _MOST_FOLLOWING else 0
    after = ", ".join(
        f"{lower_first(each.name)} {figure(each.count)}" for each in following if each.count > cut
    )
    rest = f" Därefter {after}." if after else ""
    if len(first) > 1:
        number = f"{counted(first[0].count, INCIDENT)} var."
        lead = f"Vanligaste kategorierna är {names}:"
        return Sentence("●", lead, f"{number}{rest}", _AREAS_ID)
    number = f"{counted(first[0].count, INCIDENT)}."
    return Sentence("●", f"Vanligaste kategorin är {names}:", f"{number}{rest}", _AREAS_ID)


def _other_kinds(total: AreaPicture) -> Sentence | None:
    found = [
        (comparison, noun)
        for comparison, noun in (
            (total.environment_cases, ENVIRONMENT_CASE),
            (total.found_by_effort, FOUND_BY_EFFORT),
        )
        if comparison.count
    ]
    if not found:
        return None
    lead = listed([counted(comparison.count, noun) for comparison, noun in found])
    before = [
        f"{figure(comparison.previous)} {noun.one if comparison.previous == 1 else noun.many}"
        for comparison, noun in found
        if comparison.previous is not None
    ]
    last = f" Förra veckan {listed(before)}." if before else ""
    text = f"räknas för sig och ingår inte i händelserna.{last}"
    return Sentence("●", f"{capital(lead)}", text, _AREAS_ID)


def _unplaced(unplaced: AreaPicture | None) -> Sentence | None:
    if unplaced is None or unplaced.incidents.count <= 0:
        return None
    count = unplaced.incidents.count
    pronoun = "den ingår" if count == 1 else "de ingår"
    return Sentence(
        "●",
        f"{capital(counted(count, INCIDENT))} saknar plats",
        f"och kan inte läggas på någon stadsdel; {pronoun} i summan.",
        _BASIS_ID,
    )


def _missing(content: Lagesbild) -> list[SourcePicture]:
    sources = content.basis.sources if content.basis else ()
    return [each for each in sources if each.state in {SourceState.SILENT, SourceState.LATE}]


def _missing_sources(content: Lagesbild) -> Sentence | None:
    sources = content.basis.sources if content.basis else ()
    connected = [
        each for each in sources if each.is_counted and each.state is not SourceState.NOT_CONNECTED
    ]
    silent = [each for each in sources if each.state is SourceState.SILENT]
    late = [each for each in sources if each.state is SourceState.LATE]
    if not connected:
        lead = "Ingen källa som rapporterar händelser är ansluten ännu."
        return Sentence("✕", lead, "Läget är okänt.", _BASIS_ID)
    if is_unknown(content):
        return Sentence("✕", "Ingen källa har rapporterat.", "Läget är okänt.", _BASIS_ID)
    are_late = "är försenad" if len(late) == 1 else "är försenade"
    delayed = f"{listed([each.name for each in late])} {are_late}." if late else ""
    if len(silent) == 1:
        lead = f"{silent[0].name} har inte rapporterat{silence(silent[0], content.head)}."
        return Sentence("✕", lead, f"Läget där är okänt. {delayed}".strip(), _BASIS_ID)
    if silent:
        named = [
            f"{each.name}{' (inte' + wait + ')' if (wait := silence(each, content.head)) else ''}"
            for each in silent
        ]
        lead = f"{listed(named)} har inte rapporterat."
        return Sentence("✕", lead, f"Läget där är okänt. {delayed}".strip(), _BASIS_ID)
    if late:
        return Sentence("◐", delayed, "Veckan kan fyllas på i efterhand.", _BASIS_ID)
    return None

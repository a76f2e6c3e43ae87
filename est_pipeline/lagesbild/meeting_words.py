"""The words of Sedan förra mötet: why last week's figures differ, and how the decisions stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.meeting import NoteState
from est_pipeline.lagesbild.meeting import (
    DECIDED_OTHERWISE,
    UNEXPLAINED,
    Decision,
    FigureChange,
    FigureThenNow,
    SinceLast,
    SpokenNote,
)
from est_pipeline.lagesbild.swedish import (
    Noun,
    capital,
    counted,
    day,
    day_and_clock,
    figure,
    listed,
    listed_phrases,
    number_word,
    short_week,
    tallied,
    week_number,
)

DECISION = Noun("beslut", "beslut", "ett")
_NOUNS = {
    Kind.INCIDENT: Noun("händelse", "händelser"),
    Kind.ENVIRONMENT_CASE: Noun("miljöärende", "miljöärenden", "ett"),
    Kind.FOUND_BY_EFFORT: Noun("insatsfynd", "insatsfynd", "ett"),
}
_BY_SOURCE = {
    "late": Noun("sen rapport", "sena rapporter"),
    "withdrawn": Noun("återkallad rapport", "återkallade rapporter"),
    "undone": Noun("rapport ur en återtagen fil", "rapporter ur återtagna filer"),
    "cut": Noun("rad som klipptes av i en halv fil", "rader som klipptes av i halva filer"),
}
_CORRECTED = Noun("rättad rapport", "rättade rapporter")
_OTHER_REASONS = {
    "replaced": Noun(
        "rapport som ersatts av eller ersätter en annan",
        "rapporter som ersatts av eller ersätter andra",
    ),
    "split": Noun("rapport som inte längre är hopslagen", "rapporter som inte längre är hopslagna"),
    "kind": Noun(
        "rapport som nu räknas som ett annat slag", "rapporter som nu räknas som ett annat slag"
    ),
    "number": Noun("rapport med ändrat antal", "rapporter med ändrat antal"),
    "counted": Noun("rapport som nu räknas", "rapporter som nu räknas"),
    "returned": Noun("rapport som räknas igen", "rapporter som räknas igen"),
}
_ONE_EACH = frozenset({*_BY_SOURCE, "joined", "split", "counted", "returned"})
"""Reasons of which each report usually makes a difference of one, which need not be said."""
_SAME_SUM = ("category", "district")
_ORDER = (
    *("late", "withdrawn", "replaced", "undone", "cut", "joined", "split", "week", "kind"),
    *("number", "counted", "returned", DECIDED_OTHERWISE, UNEXPLAINED),
)

STATE_SIGNS = {NoteState.OPEN: "○", NoteState.DONE: "✓", NoteState.CANCELLED: "–"}
STATE_WORDS = {
    NoteState.OPEN: "öppet",
    NoteState.DONE: "klart",
    NoteState.CANCELLED: "avbrutet",
}
"""How a decision stands; the meeting's form has the same words in another gender."""


# --- the figures ----------------------------------------------------------------------------------


def figure_sentences(since: SinceLast) -> tuple[str, ...]:
    """Say how last week's figures stand now against when its page was written, and why."""
    week = week_number(since.iso_week)
    if since.is_weeded:
        return (
            f"Rapporterna för vecka {week} är gallrade. Veckans antal är de som sparades då och "
            "ändras inte mer.",
        )
    if since.compared_at is None:
        return ("Det finns ingen tidigare lägesbild att jämföra med.",)
    told: list[str] = []
    if not since.is_issued_page:
        told.append(
            f"Någon lägesbild för vecka {week} har inte skrivits. Jämförelsen görs med vad som var "
            f"känt {day_and_clock(since.compared_at)}, då rapporterna skulle ha kommit in."
        )
    for each in since.figures:
        changes = [change for change in since.changes if change.kind is each.kind]
        if each.kind is Kind.INCIDENT:
            told.append(_incidents(each, changes, week, since))
        elif each.count_then != each.count_now or _parts(changes):
            told.append(_other_kind(each, changes, since))
        corrected = _corrections(each.kind, changes)
        if corrected:
            told.append(corrected)
    return tuple(told)


def _then(since: SinceLast) -> str:
    return "när den skrevs" if since.is_issued_page else "då"


def _incidents(
    each: FigureThenNow, changes: Sequence[FigureChange], week: int, since: SinceLast
) -> str:
    noun, parts = _NOUNS[each.kind], _parts(changes)
    if each.count_then == each.count_now:
        as_many = "lika många som" if each.count_now > 1 else "liksom"
        still = f"Vecka {week} har {tallied(each.count_now, noun)}, {as_many} {_then(since)}"
        if parts:
            return f"{still}, men inte samma: {listed_phrases(parts)}."
        if any(change.reason in _SAME_SUM for change in changes):
            return f"{still}."
        return f"{still}. Inget har ändrats."
    return (
        f"Vecka {week} har nu {tallied(each.count_now, noun)}, "
        f"{figure(each.count_then)} {_then(since)}: {listed_phrases(parts)}."
    )


def _other_kind(each: FigureThenNow, changes: Sequence[FigureChange], since: SinceLast) -> str:
    now, then = figure(each.count_now), figure(each.count_then)
    why = listed_phrases(_parts(changes))
    # no brackets in brackets
    beside = f"; {why}" if "(" in why else f" ({why})" if why else ""
    return f"{capital(_NOUNS[each.kind].many)}: {now} nu, {then} {_then(since)}{beside}."


def _corrections(kind: Kind, changes: Sequence[FigureChange]) -> str:
    """Say what was corrected without changing the week's sum."""
    noun = _NOUNS[kind]
    found = {
        reason: sum(change.report_count for change in changes if change.reason == reason)
        for reason in _SAME_SUM
    }
    named = {"category": "en annan kategori", "district": "en annan stadsdel"}
    parts = [
        f"{counted(number, noun)} har fått {named[reason]}"
        for reason, number in found.items()
        if number
    ]
    return f"{capital(listed(parts))}; summan är densamma." if parts else ""


def _parts(changes: Sequence[FigureChange]) -> list[str]:
    """Give each reason with its number, in a fixed order."""
    by_reason: dict[str, list[FigureChange]] = defaultdict(list)
    for change in changes:
        if change.reason not in _SAME_SUM:
            by_reason[change.reason].append(change)
    told = [_part(reason, by_reason[reason]) for reason in _ORDER if reason in by_reason]
    return [part for part in told if part]


def _part(reason: str, changes: list[FigureChange]) -> str:
    noun = _NOUNS[changes[0].kind]
    number = sum(change.report_count for change in changes)
    then = sum(change.count_then for change in changes)
    now = sum(change.count_now for change in changes)
    if reason == DECIDED_OTHERWISE:
        why = "beslut om vad som är samma händelse, eller ändrade inställningar"
        return f"{why} ({_signed(now - then)})"
    if reason == UNEXPLAINED:
        return f"okänd orsak ({_signed(now - then)})"
    if reason == "week":
        moved = [
            f"{counted(then, noun)} som flyttats till en annan vecka" if then else "",
            f"{counted(now, noun)} som flyttats hit från en annan vecka" if now else "",
        ]
        return listed([part for part in moved if part])
    if reason == "replaced" and then == now:
        return counted(max(number // 2, 1), _CORRECTED)
    if reason in _BY_SOURCE:
        text = _from_sources(changes, _BY_SOURCE[reason])
    elif reason == "joined":
        other = "ett annat" if noun.article == "ett" else "en annan"
        text = counted(
            number,
            Noun(
                f"{noun.one} som slagits ihop med {other}",
                f"{noun.many} som slagits ihop med andra",
                noun.article,
            ),
        )
    else:
        text = counted(number, _OTHER_REASONS[reason])
    is_plain = reason in _ONE_EACH and abs(now - then) == number
    return text if is_plain else f"{text} ({_signed(now - then)})"


def _from_sources(changes: list[FigureChange], noun: Noun) -> str:
    """Say how many of each source: `fem sena rapporter från UTB och en från SF`."""
    by_source: dict[str, int] = defaultdict(int)
    for change in changes:
        by_source[change.source_name] += change.report_count
    ordered = sorted(by_source.items(), key=lambda entry: (-entry[1], entry[0]))
    (name, number), *rest = ordered
    first = f"{counted(number, noun)} från {name}"
    return listed([first, *(f"{number_word(number)} från {name}" for name, number in rest)])


def _signed(number: int) -> str:
    return f"+{figure(number)}" if number > 0 else figure(number)


# --- the decisions --------------------------------------------------------------------------------


def decisions_sentence(since: SinceLast) -> str:
    """Count the decisions: done, open, overdue, broken off."""
    if not since.decisions:
        return (
            "Inga beslut från tidigare möten är öppna, och inget har blivit klart sedan förra "
            "mötet."
        )
    words = {
        NoteState.DONE: ("klart", "klara"),
        NoteState.OPEN: ("öppet", "öppna"),
        NoteState.CANCELLED: ("avbrutet", "avbrutna"),
    }
    found = {state: len(since.in_state(state)) for state in words}
    parts = [
        f"{number_word(number, 'ett')} {words[state][number > 1]}"
        for state, number in found.items()
        if number
    ]
    whole = counted(len(since.decisions), DECISION)
    if len(parts) > 1:
        text = f"Av {whole} är {listed(parts)}"
    else:
        text = f"{capital(whole)} är {parts[0].partition(' ')[2]}"
    overdue = sum(each.is_overdue for each in since.decisions)
    if not overdue:
        return f"{text}."
    late = "skulle redan ha varit klart" if overdue == 1 else "skulle redan ha varit klara"
    if overdue == len(since.decisions):
        return f"{text} och {late}."
    if overdue == found[NoteState.OPEN]:
        return f"{text}; {'det öppna' if overdue == 1 else 'de öppna'} {late}."
    return f"{text}; {number_word(overdue, 'ett')} {late}."


def state_words(decision: Decision) -> str:
    """Say how a decision stands."""
    if decision.is_overdue:
        return "försenat"
    return STATE_WORDS[decision.state]


def state_sign(decision: Decision) -> str:
    """Give the sign beside the words."""
    return "!" if decision.is_overdue else STATE_SIGNS[decision.state]


def place_words(each: Decision | SpokenNote) -> str:
    """Say where: the place and its district, or one of them."""
    parts = [each.place_text, each.district_name]
    return ", ".join(dict.fromkeys(part for part in parts if part))


def due_words(decision: Decision) -> str:
    """Say by when."""
    return day(decision.due_on) if decision.due_on else "–"


def decided_words(decision: Decision) -> str:
    """Say at which meeting it was decided."""
    return f"vid mötet om {short_week(decision.meeting_week)}" if decision.meeting_week else ""


def problem_words(decision: Decision) -> str:
    """Say what it is about: the problem and its likely cause."""
    cause = f"Trolig orsak: {decision.likely_cause}" if decision.likely_cause else ""
    parts = [decision.problem.rstrip("."), cause.rstrip(".")]
    return "".join(f"{part}. " for part in parts if part).strip()

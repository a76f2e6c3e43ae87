"""What the page says of each count, in Swedish: two sentences a signal.

Against what and since when; resting on which sources and how sure. No per cent on small numbers:
how sure something is, is said as one week of so many.
"""

from __future__ import annotations

from collections.abc import Sequence

from est_pipeline.domain.kinds import Kind, Level, Verdict
from est_pipeline.lagesbild.judgement import STICKS_OUT, JudgedCount, Judgements, Method
from est_pipeline.lagesbild.swedish import (
    NBSP,
    Noun,
    capital,
    counted,
    figure,
    inside,
    listed,
    lower_first,
    number_word,
    short_week,
    span,
    tallied,
    week_number,
)
from est_pipeline.lagesbild.wording import KIND_NOUNS, WEEK

COMPARISON = Noun("jämförelse", "jämförelser")

SIGNS = {
    Verdict.CLEAR_RISE: "▲",
    Verdict.WATCH: "△",
    Verdict.USUAL: "●",
    Verdict.CLEAR_FALL: "▼",
    Verdict.TOO_FEW: "–",
    Verdict.SHORT_HISTORY: "–",
}
_RAREST = 1000
_MOST_SOURCES = 3


def subject(comparison: JudgedCount, *, names_kind: bool = True) -> str:
    """Write what a comparison is about: `Skadegörelse i Skäggetorp`, `Alla händelser i Ryd`.

    Without `names_kind` the kind is said around it.
    """
    noun = KIND_NOUNS[comparison.kind]
    what = comparison.category_name or f"Alla {noun.many}"
    if names_kind and comparison.kind is not Kind.INCIDENT and comparison.category_name:
        what += f" ({noun.many})"
    if comparison.level in (Level.CITY, Level.CATEGORY):
        return f"{what} i hela kommunen"
    where = inside(comparison.district_name)
    if comparison.other_district_name:
        where += f" och {inside(comparison.other_district_name)} tillsammans"
    return f"{what} i {where}"


def expected_range(comparison: JudgedCount) -> str:
    """Write what is expected: `0–5`; a dash where nothing is known."""
    if comparison.low is None or comparison.high is None:
        return "–"
    return span(comparison.low, comparison.high)


def verdict_words(comparison: JudgedCount) -> str:
    """Write a verdict with its sign: `▲ tydlig ökning`."""
    return f"{SIGNS[comparison.verdict]}{NBSP}{comparison.verdict.value}"


def grid_sign(comparison: JudgedCount) -> str:
    """Write the sign of what sticks out, before its count; nothing for the rest."""
    return f"{SIGNS[comparison.verdict]}{NBSP}" if comparison.verdict in STICKS_OUT else ""


def grid_expected(comparison: JudgedCount) -> str:
    """Write what is expected of a count; a dash where it cannot be judged."""
    is_unjudged = comparison.verdict in (Verdict.TOO_FEW, Verdict.SHORT_HISTORY)
    return "–" if is_unjudged else expected_range(comparison)


def grid_note(comparisons: Sequence[JudgedCount]) -> str:
    """Say how the table of all comparisons is read: what of it is there to be read."""
    signs = {each.verdict for each in comparisons}
    marked = [f"{SIGNS[verdict]} {verdict.value}" for verdict in STICKS_OUT if verdict in signs]
    said = ["Väntat: nio veckor av tio."]
    if marked:
        said.append(f"Tecken: {listed(marked)}; utan tecken som vanligt.")
    if {Verdict.TOO_FEW, Verdict.SHORT_HISTORY} & signs:
        said.append("Ett streck: för litet underlag eller för kort historik för att bedöma.")
    if any(each.outside_count for each in comparisons):
        said.append("Efter plustecknet: så många till, som inte jämförs.")
    return " ".join(said)


def expectation(comparison: JudgedCount) -> str:
    """Write what was expected of an area: `väntat 4–15; 22 av 25 jämförs`."""
    if comparison.low is None:
        return ""
    total = comparison.count + comparison.outside_count
    some = f"; {figure(comparison.count)} av {figure(total)} jämförs"
    return f"väntat {expected_range(comparison)}{some if comparison.outside_count else ''}"


def signal_lead(comparison: JudgedCount) -> str:
    """Write the head of a signal: what, how many, which verdict."""
    said = comparison.verdict.value
    if comparison.is_slow_rise and comparison.rising_since:
        said += f", långsam ökning sedan {short_week(comparison.rising_since)}"
    number = tallied(comparison.count + comparison.outside_count, KIND_NOUNS[comparison.kind])
    return f"{subject(comparison)}: {number}, {said}."


def signal_text(comparison: JudgedCount, method: Method) -> str:
    """Write the two sentences of a signal: against what and since when; on whom and how sure."""
    return f"{_against(comparison, method)} {_rests(comparison)}"


def _against(comparison: JudgedCount, method: Method) -> str:
    low, high = comparison.low or 0, comparison.high or 0
    between = figure(low) if low == high else f"{figure(low)} till {figure(high)}"
    weeks = figure(method.week_count)
    basis = f"räknat på de {weeks} veckorna före med hänsyn till årstid och helgdagar"
    if comparison.is_slow_rise and comparison.rising_since:
        week = week_number(comparison.rising_since)
        expected = figure(round(comparison.expected_since))
        return (
            f"Sedan vecka {week} har det blivit {figure(comparison.count_since)} mot väntade "
            f"{expected}, {basis}."
        )
    return f"Väntat antal är {between}, {basis}."


def _rests(comparison: JudgedCount) -> str:
    shares = [f"{each.source_name}{NBSP}{figure(each.count)}" for each in comparison.sources]
    named = [f"{each.source_name} ({figure(each.count)})" for each in comparison.sources]
    sure = how_sure(comparison)
    if comparison.outside_count:
        total = comparison.count + comparison.outside_count
        those = f" ({_first_of(shares)})" if shares else ""
        said = (
            f"Av veckans {figure(total)} jämförs {figure(comparison.count)}, från källor som "
            f"finns i hela historiken{those}"
        )
    elif comparison.is_slow_rise and named:
        said = f"Veckans {figure(comparison.count)} är rapporterade av {_first_of(named)}"
    else:
        said = f"Rapporterat av {_first_of(named)}" if named else ""
    if comparison.is_slow_rise:
        # the week's own chance says nothing of the weeks together, by which the rise was found
        sure = "det är raden av veckor som sticker ut, inte veckan för sig"
    return f"{said}; {sure}." if said else f"{capital(sure)}."


def _first_of(names: list[str]) -> str:
    shown = names[:_MOST_SOURCES]
    if len(names) > _MOST_SOURCES:
        shown.append(f"{number_word(len(names) - _MOST_SOURCES)} till")
    return listed(shown)


def how_sure(comparison: JudgedCount) -> str:
    """Write how often chance alone gives it: `så många blir det av ren slump i en vecka av 40`."""
    p = comparison.p_high
    few = comparison.verdict is Verdict.CLEAR_FALL
    if p is None:
        return "underlaget räcker inte för att säga hur säkert det är"
    chance = 1 - p if few else p
    so = "så få" if few else "så många"
    if chance <= 1 / _RAREST:
        return f"{so} blir det av ren slump i färre än en vecka av {figure(_RAREST)}"
    weeks = 1 / chance
    rounded = round(weeks, -1) if weeks >= 20 else round(weeks)
    return f"{so} blir det av ren slump i ungefär en vecka av {number_word(int(rounded))}"


def carried(judgements: Judgements) -> str:
    """Say which totals stick out only through what has been said for itself; empty for none."""
    found = [
        f"{lower_first(subject(each))} ({each.verdict.value})"
        for each in judgements.comparisons
        if each.is_carried
    ]
    if not found:
        return ""
    return f"Samma ökning märks också i {_first_of(found)}."


def more_signals(number: int) -> str:
    """Say that more sticks out than is written out."""
    are = "är märkt" if number == 1 else "är märkta"
    return f"{capital(counted(number, COMPARISON))} till {are} i tabellen över alla jämförelser."


def nothing_sticks_out(judgements: Judgements) -> str:
    """Say that nothing sticks out, or that nothing can be said."""
    judged = sum(method.judged_count for method in judgements.methods)
    if judged == 0:
        return "Historiken är för kort för att säga vad som är ovanligt."
    if judged == 1:
        return "Inget sticker ut i den jämförelse som går att göra."
    return f"Inget sticker ut bland {tallied(judged, COMPARISON)}."


def chance_words(judgements: Judgements) -> str:
    """Say how many signals chance alone would give."""
    expected = sum(method.chance_count for method in judgements.methods)
    judged = sum(method.judged_count for method in judgements.methods)
    if expected == 0:
        return "Med kortare historik än 26 veckor sägs aldrig tydlig ökning eller tydlig minskning."
    return (
        f"Bland {tallied(judged, COMPARISON)} ger slumpen {_by_chance(expected)} "
        "”håll koll” varje vecka; ”tydlig ökning” sägs bara när antalet ligger långt över vad "
        "slumpen ger."
    )


def _by_chance(expected: float) -> str:
    number = round(expected)
    return f"ungefär {number_word(number)}" if number else "färre än en"


def method_words(method: Method) -> tuple[str, ...]:
    """Say what the comparisons of one kind rest on, and what chance alone would give."""
    noun = KIND_NOUNS[method.kind]
    if method.week_count == 0 or method.judged_count == 0:
        weeks = counted(method.week_count, WEEK)
        if method.week_count == 0:
            return (
                f"{capital(noun.many)}: det finns ingen historik, så det går inte att bedöma vad "
                "som är ovanligt.",
            )
        return (
            f"{capital(noun.many)}: historiken är {weeks} och räcker inte för att bedöma vad som "
            "är ovanligt.",
        )
    by_chance_words = _by_chance(method.chance_count)
    said = [
        f"{capital(noun.many)}: {tallied(method.judged_count, COMPARISON)} med de "
        f"{figure(method.week_count)} veckorna före (från vecka {week_number(method.first_week)} "
        f"{method.first_week[:4]}). Slumpen gör {by_chance_words} av "
        "dem till ”håll koll”, och ger högst en vecka av "
        f"{number_word(round(1 / method.false_discovery_rate))} en ”tydlig ökning” fast inget "
        "ovanligt har hänt.",
        "Jämförelsen vilar på de källor som finns i hela historiken: "
        f"{listed(method.source_names)}.",
    ]
    if method.other_names:
        said.append(
            f"{listed(method.other_names)} finns inte i hela historiken. Det som ingen annan källa "
            "har rapporterat räknas med i antalen men jämförs inte."
        )
    if method.completeness is not None:
        share = figure(round(method.completeness * 100))
        said.append(
            f"Vid den här tidpunkten brukar {share} procent av en veckas {noun.many} ha kommit in. "
            "Tidigare veckor jämförs så som de var kända lika lång tid efteråt."
        )
    if method.silent_names:
        said.append(
            f"{listed(method.silent_names)} har inte rapporterat för veckan. Därför kallas inget "
            "lågt antal för minskning."
        )
    if not method.has_converged:
        said.append(
            "En beräkning gick inte att slutföra; antalen som den gäller är märkta ”för litet "
            "underlag”."
        )
    return tuple(said)

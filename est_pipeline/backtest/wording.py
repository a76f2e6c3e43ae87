"""Words: every Swedish sentence that the report of a backtest shows.

Rules of the house: short sentences, no adjective that the figures don't carry, no percentages on
small bases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from est_pipeline.analysis.calibration import (
    EXPECTED_EDGES,
    FEWEST_COMPARISONS,
    FEWEST_WEEKS,
    HISTORY_EDGES,
    NO_RISE,
    RISE_LENGTHS,
    Promise,
)
from est_pipeline.analysis.prediction_accuracy import OWN_RULE
from est_pipeline.backtest.content import (
    AlarmRate,
    Backtest,
    Detection,
    KindResult,
    Ranking,
    Share,
    Standing,
    WeeksWithAlarm,
)
from est_pipeline.backtest.judging import FEWEST_WEEKS_BEFORE
from est_pipeline.domain.kinds import Kind, Level
from est_pipeline.lagesbild.swedish import (
    NBSP,
    WORD_JOINER,
    Noun,
    capital,
    counted,
    figure,
    listed,
    number_word,
    tallied,
)

SMALL_BASE = 50
"""Of fewer than this, a share is written as counts."""
MAIN_PROMISE = 0.05
"""The level that the verdict speaks of."""
SHOWN_AREA = 0.02
"""The share of the area that the verdict speaks of."""

COMPARISON = Noun("jämförelse", "jämförelser")
WEEK = Noun("vecka", "veckor")
RISE = Noun("planterad ökning", "planterade ökningar")

KIND_NAMES = {Kind.INCIDENT: "Händelser", Kind.ENVIRONMENT_CASE: "Miljöärenden"}
LEVEL_NAMES = {
    Level.CELL: "stadsdel och kategori",
    Level.DISTRICT: "stadsdelens summa",
    Level.CATEGORY: "kategorin i hela staden",
    Level.CITY: "hela staden",
}
SIZE_NAMES = {
    NO_RISE: "inget planterat",
    "x1.5": "en och en halv gång så många",
    "x2": "dubbelt så många",
    "x3": "tre gånger så många",
    "+5": "fem fler i veckan",
}
PROMISE_WORDS = {
    Promise.KEPT: "hålls",
    Promise.ABOVE: "oftare än lovat",
    Promise.BELOW: "mer sällan än lovat",
    Promise.UNKNOWN: "för litet underlag",
}
PROMISE_SIGNS = {
    Promise.KEPT: "●",
    Promise.ABOVE: "▲",
    Promise.BELOW: "▽",
    Promise.UNKNOWN: "○",
}
RULE_NAMES = {
    OWN_RULE: "platslistan",
    "last_week": "förra veckans platser",
    "last_year": "de senaste tolv månadernas platser",
    "all_so_far": "hela historikens platser",
    "kernel_density": "kärntäthet (tolv månader)",
    "random": "slumpen",
}
STANDING_WORDS = {
    Standing.OWN: "–",
    Standing.AHEAD: "platslistan träffar fler",
    Standing.LEVEL: "ingen säker skillnad",
    Standing.BEHIND: "platslistan träffar färre",
}
UPPER_BOUND = (
    "Historiken innehåller verkliga ökningar. De räknas här som larm, så andelen är ett tak för "
    "de falska larmen."
)


@dataclass(frozen=True)
class Point:
    """A sentence or two of the answer: a sign, what it says first, and what it rests on."""

    sign: str
    lead: str
    text: str


# --- figures --------------------------------------------------------------------------------------


def percent(share: float) -> str:
    """Write a share in percent without its sign: `4,8`."""
    return figure(round(100 * share, 1))


def percent_interval(share: Share) -> str:
    """Write an interval in percent: `4,1–5,6`."""
    return f"{percent(share.low)}–{WORD_JOINER}{percent(share.high)}"


def share_of(hits: int, of: int, share: Share) -> str:
    """Write an observed share: in percent with its interval, or as counts where few."""
    if of < SMALL_BASE:
        return f"{figure(hits)} av {figure(of)}"
    return f"{percent(share.share)}{NBSP}%"


def interval_of(hits: int, of: int, share: Share) -> str:
    """Write the interval of an observed share: in percent, or as counts where few."""
    if of < SMALL_BASE:
        low, high = math.floor(share.low * of), math.ceil(share.high * of)
        return f"{figure(min(low, hits))}–{WORD_JOINER}{figure(max(high, hits))} av {figure(of)}"
    return f"{percent_interval(share)} %"


def expected_class(number: int) -> str:
    """Write a class of expected counts: `3 till 10 i veckan`."""
    if number < 0:
        return "alla"
    return f"{_class(EXPECTED_EDGES, number)} i veckan"


def history_class(number: int) -> str:
    """Write a class of lengths of history: `26 till 52 veckor`."""
    return f"{_class(HISTORY_EDGES, number)} veckor"


def _class(edges: tuple[float, ...], number: int) -> str:
    low, high = edges[number], edges[number + 1]
    if low == 0:
        return f"under {figure(high)}"
    if high == float("inf"):
        return f"{figure(low)} eller fler"
    return f"{figure(low)} till {figure(high)}"


def group_name(rate: AlarmRate) -> str:
    """Write what a group of comparisons has in common."""
    if rate.grouping == "level":
        return LEVEL_NAMES[Level(rate.group)]
    if rate.grouping == "expected":
        return expected_class(int(rate.group))
    return history_class(int(rate.group))


def weeks_long(length: int) -> str:
    """Write how long a planted rise lasts: `en vecka`, `sex veckor`."""
    return counted(length, WEEK)


# --- the answer -----------------------------------------------------------------------------------


def title(content: Backtest) -> str:
    """Write the heading of the report."""
    return f"Håller bedömningarna? {content.municipality_name}"


def answer(content: Backtest) -> list[Point]:
    """Give the plain verdict that the report begins with, most important first."""
    if content.tested is None:
        return [too_short(content)]
    points = []
    for result in content.kinds:
        points += [_alarm_point(result), _week_point(result), *_detection_points(result)]
    return [*points, *_ranking_points(content)]


def too_short(content: Backtest) -> Point:
    """Say that the history is too short for anything to be tested."""
    had = (
        f"Historiken är {weeks_long(content.history_weeks)} lång"
        if content.history_weeks
        else "Det finns ingen historik"
    )
    return Point(
        "○",
        "Historiken är för kort för att pröva något.",
        f"{had}. En vecka kan prövas när minst {number_word(FEWEST_WEEKS_BEFORE)} veckor har gått "
        f"före den, och ett omdöme behöver minst {figure(FEWEST_WEEKS)} sådana veckor. Kör "
        "prövningen igen när mer har samlats.",
    )


def _alarm_point(result: KindResult) -> Point:
    name = KIND_NAMES[result.kind]
    rate = result.rate(MAIN_PROMISE, level=Level.CELL.value)
    if rate is None or rate.verdict is Promise.UNKNOWN:
        counts = (rate.comparison_count, rate.week_count) if rate else (0, 0)
        return Point(
            PROMISE_SIGNS[Promise.UNKNOWN],
            f"{name}: historiken är för kort för att säga om larmen håller vad de lovar.",
            f"{capital(tallied(counts[0], COMPARISON))} under {tallied(counts[1], WEEK)} gick att "
            f"göra; det behövs minst {figure(FEWEST_COMPARISONS)} under {figure(FEWEST_WEEKS)}.",
        )
    lead = {
        Promise.KEPT: f"{name}: larmen håller vad de lovar.",
        Promise.ABOVE: f"{name}: larmen kommer oftare än lovat.",
        Promise.BELOW: f"{name}: larmen kommer mer sällan än lovat.",
    }[rate.verdict]
    after = {
        Promise.KEPT: UPPER_BOUND,
        Promise.ABOVE: f"{UPPER_BOUND} Hur mycket som är falskt går inte att se här.",
        Promise.BELOW: "Få larmas i onödan, men en verklig ökning kan märkas senare än den hade "
        "behövt.",
    }[rate.verdict]
    return Point(
        PROMISE_SIGNS[rate.verdict],
        lead,
        f"Av {tallied(rate.comparison_count, COMPARISON)} larmade {percent(rate.observed.share)} "
        f"procent (osäkerhet {percent_interval(rate.observed)}); lovat är "
        f"{percent(rate.promised)}. {after}",
    )


def _week_point(result: KindResult) -> Point:
    weeks = result.weeks
    return Point(
        PROMISE_SIGNS[weeks.verdict],
        f"{KIND_NAMES[result.kind]}: {figure(weeks.alarm_week_count)} av "
        f"{tallied(weeks.week_count, WEEK)} hade minst en tydlig ökning.",
        f"Av lugna veckor ska högst {percent(weeks.promised)} procent ha det; veckor med verkliga "
        f"ökningar kommer till.{_week_verdict(weeks)}",
    )


def _week_verdict(weeks: WeeksWithAlarm) -> str:
    if weeks.verdict is Promise.UNKNOWN:
        return f" Med färre än {figure(FEWEST_WEEKS)} veckor går det inte att säga mer."
    if weeks.verdict is Promise.ABOVE:
        return " Det är fler än slumpen ger: antingen har det hänt något, eller så larmas för lätt."
    return " Det är inte fler än lovat."


def _detection_points(result: KindResult) -> list[Point]:
    tripled, doubled = result.detection("x3", min(RISE_LENGTHS)), None
    if tripled is None:
        return []
    doubled = result.detection("x2", max(RISE_LENGTHS))
    parts = [
        f"{_found(each)} fall när det blir {SIZE_NAMES[each.size_code]} under "
        f"{weeks_long(each.length_weeks)}"
        for each in (tripled, doubled)
        if each is not None
    ]
    return [
        Point(
            "–",
            f"{KIND_NAMES[result.kind]}: planterade ökningar hittas i {listed(parts)}.",
            "Hittas betyder att det blir en tydlig ökning medan den pågår. Där det brukar vara få "
            "händelser hittas färre; se tabellen.",
        )
    ]


def _found(detection: Detection) -> str:
    return f"{figure(detection.found_count)} av {figure(detection.rise_count)}"


def _ranking_points(content: Backtest) -> list[Point]:
    found = {each.rule: each for each in content.rankings if each.budget == SHOWN_AREA}
    ours = found.pop(OWN_RULE, None)
    if ours is None:
        return []
    others = [
        f"{RULE_NAMES.get(rule, rule)} {percent(each.hit_rate.share)}"
        for rule, each in found.items()
    ]
    behind = [
        RULE_NAMES.get(rule, rule)
        for rule, each in found.items()
        if each.standing is Standing.BEHIND
    ]
    verdict = (
        f" Säkert bättre är {listed(behind)}." if behind else " Ingen av dem är säkert bättre."
    )
    return [
        Point(
            "▲" if behind else "●",
            f"{percent(SHOWN_AREA)} procent av ytan, vald av platslistan, fångade "
            f"{percent(ours.hit_rate.share)} procent av nästa veckas händelser.",
            f"Osäkerhet {percent_interval(ours.hit_rate)}. Att jämföra med: {listed(others)} "
            f"procent.{verdict}",
        )
    ]


# --- charts in words ------------------------------------------------------------------------------


def rates_label(result: KindResult) -> str:
    """Say in words what the chart of false alarms shows."""
    parts = [
        f"{LEVEL_NAMES[level]} {percent(rate.observed.share)} procent"
        for level in LEVEL_NAMES
        if (rate := result.rate(MAIN_PROMISE, level=level.value)) is not None
    ]
    return (
        f"Diagram: andelen larm, lovat {percent(MAIN_PROMISE)} procent. "
        f"{capital('; '.join(parts))}. Siffrorna står i tabellen."
    )


def pit_label(result: KindResult) -> str:
    """Say in words what the PIT histogram shows."""
    outside = sum(each.is_outside for each in result.pit)
    return (
        f"Diagram: {figure(len(result.pit))} staplar som ska vara lika höga. {pit_verdict(result)} "
        f"{figure(outside)} ligger utanför det som slumpen ger. Siffrorna står i tabellen."
    )


def pit_verdict(result: KindResult) -> str:
    """Say what the shape of the PIT histogram means."""
    if not sum(each.comparison_count for each in result.pit):
        return "Det finns inget att visa än."
    if not any(each.is_outside for each in result.pit):
        return "Spridningen stämmer: ingen stapel ligger utanför det som slumpen ger."
    shares = [each.share for each in result.pit]
    third = max(len(shares) // 4, 1)
    ends = (sum(shares[:third]) + sum(shares[-third:])) / (2 * third)
    middle = sum(shares[third:-third]) / max(len(shares) - 2 * third, 1)
    slope = sum(shares[-third:]) / third - sum(shares[:third]) / third
    if abs(slope) > abs(ends - middle):
        way = "lägre" if slope > 0 else "högre"
        return f"Det förväntade antalet är {way} än det som sedan kommer."
    if ends > middle:
        return "Det vanliga spannet är för smalt: det kommer oftare än väntat höga och låga antal."
    return "Det vanliga spannet är för brett: höga och låga antal kommer mer sällan än väntat."


def detection_label(result: KindResult) -> str:
    """Say in words what the chart of planted rises shows."""
    parts = [
        f"{SIZE_NAMES[each.size_code]} under {weeks_long(each.length_weeks)} {_found(each)}"
        for each in result.detections
        if each.expected_class < 0 and each.size_code != NO_RISE
    ]
    return f"Diagram: så många planterade ökningar hittades. {capital('; '.join(parts))}."


def ranking_label(rankings: list[Ranking]) -> str:
    """Say in words what the chart of hit rates shows."""
    parts = [
        f"{RULE_NAMES.get(each.rule, each.rule)} {percent(each.hit_rate.share)} procent"
        for each in rankings
    ]
    return (
        f"Diagram: träffar på {percent(rankings[0].budget)} procent av ytan. "
        f"{capital('; '.join(parts))}. Siffrorna står i tabellen."
    )


# --- the rest of the page -------------------------------------------------------------------------


def lead(content: Backtest) -> str:
    """Write what was tested, under the heading."""
    if content.tested is None:
        return f"Till och med vecka {content.last_week}"
    tested = content.tested
    return (
        f"Prövning på den egna historiken: {tallied(tested.week_count, WEEK)}, från vecka "
        f"{tested.first_week} till vecka {tested.last_week}. Historiken börjar vecka "
        f"{tested.history_from}."
    )


def in_order(detections: tuple[Detection, ...]) -> list[Detection]:
    """Give the planted rises as the table lists them: by size, length and expected count."""
    sizes = list(SIZE_NAMES)
    return sorted(
        detections,
        key=lambda each: (sizes.index(each.size_code), each.length_weeks, each.expected_class),
    )


def raised_of(detection: Detection) -> str:
    """Write how many planted rises were at least worth watching."""
    raised = round(detection.raised_share * detection.rise_count)
    return f"{figure(raised)} av {figure(detection.rise_count)}"


def figure_interval(share: Share) -> str:
    """Write a figure with its interval: `11,2 (9,8–12,6)`."""
    low, high = figure(round(share.low, 1)), figure(round(share.high, 1))
    return f"{figure(round(share.share, 1))} ({low}–{WORD_JOINER}{high})"


def decimal_interval(share: Share) -> str:
    """Write a figure of two decimals with its interval: `0,42 (0,38–0,46)`."""
    value, low, high = (
        f"{each:.2f}".replace(".", ",") for each in (share.share, share.low, share.high)
    )
    return f"{value} ({low}–{WORD_JOINER}{high})"


def gain(ranking: Ranking) -> str:
    """Write how many more percentage points our rule hit; nothing beside itself."""
    if ranking.standing is Standing.OWN:
        return "–"
    found = ranking.gain
    low, high = percent(found.low), percent(found.high)
    return f"{percent(found.share)} ({low} till {high})"

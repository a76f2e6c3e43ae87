"""Every Swedish sentence pattern of the page in one file, to be read through by a Swede.

To take over a change on purpose: EST_WRITE_GOLDEN=1 python -m pytest tests/golden
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from est_pipeline.analysis.places import PlaceState
from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import (
    DeliveryState,
    InformationClass,
    Kind,
    Level,
    Placing,
    SourceState,
    Verdict,
)
from est_pipeline.domain.meeting import NoteState
from est_pipeline.domain.schemas import UNPLACED_ID
from est_pipeline.lagesbild import (
    issue_words,
    map_spots,
    meeting_words,
    near_repeats,
    place_wording,
    rhythm,
    swedish,
    trail,
)
from est_pipeline.lagesbild import verdict_words as judging
from est_pipeline.lagesbild import wording as words
from est_pipeline.lagesbild.content import (
    AreaPicture,
    Basis,
    CalendarEntry,
    CategoryCount,
    Comparison,
    Delivery,
    Lagesbild,
    ReportRow,
    RowOrigin,
    SourcePicture,
    Span,
    WeekCount,
)
from est_pipeline.lagesbild.issues import FIRST_ISSUE, ChangedCount, ChangedVerdict
from est_pipeline.lagesbild.judgement import JudgedCount, Judgements, Method, SourceShare
from est_pipeline.lagesbild.map_layers import EarlierIncidents, EarlierWeeks, Point
from est_pipeline.lagesbild.meeting import (
    DECIDED_OTHERWISE,
    UNEXPLAINED,
    Decision,
    FigureChange,
    FigureThenNow,
    SinceLast,
)
from est_pipeline.lagesbild.paper import render_paper
from est_pipeline.lagesbild.recurring_places import RecurringPlace, RecurringPlaces
from est_pipeline.lagesbild.situation import situation
from tests.lagesbild_frames import make_configuration, make_content

GOLDEN = Path(__file__).parent / "meningar.txt"
ZONE = ZoneInfo("Europe/Stockholm")
AS_OF = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
NIGHT = datetime(2026, 11, 20, 23, 45, tzinfo=ZONE)
Sections = Iterator[tuple[str, str | tuple[str, ...]]]


def compare(count: int, *before: int) -> Comparison:
    """A count with the weeks before it, the latest last; a span from eight of them on."""
    weeks = tuple(WeekCount(f"2026-W{47 - len(before) + n:02}", b) for n, b in enumerate(before))
    ordered = sorted(before)
    middle = Span(ordered[0], ordered[-1], ordered[len(ordered) // 2]) if len(before) > 7 else None
    return Comparison(count, before[-1] if before else None, middle, weeks, middle is None)


YEARS = (3, 5, 4, 2, 9, 5, 4, 6)
SAME = (4,) * 8


def area(name: str, incidents: Comparison, **more: Any) -> AreaPicture:
    made = AreaPicture(
        district_id=swedish.fold(name),
        name=name,
        incidents=incidents,
        report_count=incidents.count,
        categories=(),
        environment_cases=compare(0, 0),
        found_by_effort=compare(0, 0),
        without_point_count=0,
    )
    return replace(made, **more)


def source(name: str, state: SourceState, **more: Any) -> SourcePicture:
    made = SourcePicture(
        source_id=name.lower(), name=name, short_name=name, state=state, rhythm="vecka",
        is_counted=True, last_file_at=AS_OF, report_count=0, usual_low=None, usual_high=None,
        incident_count=0, environment_case_count=0, found_by_effort_count=0, context_count=0,
    )  # fmt: skip
    return replace(made, **more)


def basis(*sources: SourcePicture, doubts: int = 0) -> Basis:
    return Basis(sources, (), 0, 0, 0, 0, 0, doubts)


def category(name: str, count: int) -> CategoryCount:
    return CategoryCount(name.lower(), name, count)


ROW = ReportRow(
    own_id="abc", report_id="", kind=Kind.INCIDENT, source_id="polisen", source_name="Polisen",
    file_number=3, line_number=12, category_code="skadegorelse", category_name="Skadegörelse",
    subcategory_name="Klotter", incident_number=1, occurred_on=date(2026, 11, 20),
    occurred_from=NIGHT, occurred_to=None, is_long_interval=False, district_id="ryd",
    district_name="Ryd", place_name="", placing=Placing.COORDINATES, point=Point(15.6, 58.4, 150),
    is_coarse=False, exact=None, place_text="", others=(),
)  # fmt: skip
ORIGIN = RowOrigin("utb", "UTB", 2, 5, "nara")

RISE = JudgedCount(
    kind=Kind.INCIDENT, level=Level.CELL, district_id="ryd", district_name="Ryd",
    other_district_name="", category_code="brand", category_name="Brand", count=7,
    outside_count=0, expected=1.2, low=0, high=3, p_high=0.0004, verdict=Verdict.CLEAR_RISE,
    is_slow_rise=False, rising_since=None, count_since=0, expected_since=0.0, is_carried=False,
    sources=(SourceShare("Polisen", 5), SourceShare("Väktare", 2)),
)  # fmt: skip
METHOD = Method(
    kind=Kind.INCIDENT, week_count=156, first_week="2023-W47", source_names=("Polisen", "UTB"),
    other_names=(), silent_names=(), completeness=0.976, judged_count=66, chance_count=3.3,
    false_discovery_rate=0.1, has_converged=True,
)  # fmt: skip

PLACE = RecurringPlace(
    place_name="Stora torget", district_name="City", is_named=True, is_certain=True,
    distance_m=None, bearing=None, lon=15.62, lat=58.41, outline=(), precision_m=50,
    state=PlaceState.PERSISTENT, expected_count=2.1, count_year=40, count_recent=6, weeks_with=30,
    last_week="2026-W47", category_name="Våld och hot", category_count=22,
)  # fmt: skip
PLACES = RecurringPlaces(
    places=(PLACE,), week_count=52, recent_weeks=12, incident_count=400, placed_count=380,
    coarse_count=8, vague_count=2, unplaced_count=10, cell_width_m=306.0,
)  # fmt: skip

BLOCK = rhythm.Block(4, 20, 24, 21.0)
AREA = rhythm.AreaRhythm("ryd", "Ryd", 140, 120, 8, 7, 5, ((1.0,),), BLOCK, False)
RHYTHM = rhythm.RhythmPicture(
    first_week="2025-W48", last_week="2026-W47", recent_first_week="2026-W36", before_weeks=40,
    block_hours=4, whole=replace(AREA, district_id="", name="Hela kommunen"), areas=(AREA,),
    standing_out=(),
)  # fmt: skip
OUT = rhythm.StandingOut("Ryd", "", BLOCK, 8.4, True)

REPEATS = near_repeats.CategoryRepeats(
    category_code="brand", name="Brand", incident_count=200, used_count=150, pair_count=80,
    verdict="raised", reach_m=200.0, reach_days=14, reach_pair_count=12, reach_expected=4.2,
    cells=(),
)  # fmt: skip


DECIDED = Decision(
    own_id="b1", meeting_week="2026-W46", problem="Klotter varje natt.", likely_cause="Mörkt",
    measure="Byt lampan", place_text="Stora torget", district_name="Ryd", point=None,
    function_name="Driftansvarig", due_on=date(2026, 12, 4), state=NoteState.OPEN, comment="",
    is_overdue=False, is_new=False,
)  # fmt: skip
SINCE = SinceLast(
    iso_week="2026-W46", compared_at=AS_OF.replace(day=16), is_issued_page=True, is_weeded=False,
    figures=(), changes=(), decisions=(), notes=(),
)  # fmt: skip


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return make_configuration(tmp_path_factory.mktemp("arbetsmapp"))


@pytest.fixture(scope="module")
def content(configuration: Configuration) -> Lagesbild:
    return make_content(configuration)


# --- the sections of the file ---------------------------------------------------------------------


def of_the_situation(content: Lagesbild) -> Sections:
    """The points of Läget, for weeks of every sort."""
    heard = basis(source("Polisen", SourceState.ON_TIME))
    days = {n: AS_OF.replace(day=23 - n) for n in (1, 5, 22)}
    silent = source("Socialförvaltningen", SourceState.SILENT, last_file_at=days[22])
    late = source("Utbildningsförvaltningen", SourceState.LATE)
    ryd, berga = area("Ryd", compare(4, *YEARS)), area("Berga", compare(1, *YEARS))
    rest = area("Övriga Linköping", compare(3, *SAME))
    none = area("City", compare(0, *YEARS))
    whole = area("", compare(8, *YEARS), categories=(category("Skadegörelse", 5),))
    quiet = replace(content, judgements=None, unplaced=None, basis=heard)
    # a name -> what is different
    weeks: dict[str, dict[str, Any]] = {
        "flera händelser": {"total": whole, "areas": (ryd, rest, berga, none)},
        "en händelse": {"total": area("", compare(1, 1)), "areas": (berga, none)},
        "tretton händelser": {
            "total": area("", compare(13, *SAME), report_count=15),
            "areas": (ryd, area("Skäggetorp", compare(4, *YEARS))),
        },
        "första veckan": {"total": area("", compare(2)), "areas": (area("Ryd", compare(2)),)},
        "tre veckors historik": {"total": area("", compare(2, 1, 2, 3)), "areas": ()},
        "inga händelser": {"total": area("", compare(0, *YEARS)), "areas": (none,)},
        "inga händelser, en källa tyst": {
            "total": area("", compare(0, *YEARS)),
            "areas": (none,),
            "basis": basis(source("Polisen", SourceState.NOTHING), silent),
        },
        "två källor tysta, en försenad": {
            "total": whole,
            "areas": (),
            "basis": basis(
                source("Polisen", SourceState.ON_TIME),
                silent,
                replace(silent, name="Fältgruppen", last_file_at=days[5]),
                late,
            ),
        },
        "tyst sedan i går, två försenade": {
            "total": whole,
            "areas": (),
            "basis": basis(
                source("Polisen", SourceState.ON_TIME),
                replace(silent, last_file_at=days[1]),
                late,
                replace(late, name="Vård- och omsorgsförvaltningen"),
            ),
        },
        "bara försenade": {
            "total": whole,
            "areas": (),
            "basis": basis(source("Polisen", SourceState.ON_TIME), late),
        },
        "ingen har rapporterat": {
            "total": area("", compare(0, *YEARS)),
            "areas": (none,),
            "basis": basis(silent),
        },
        "ingen är ansluten": {
            "total": area("", compare(0)),
            "areas": (none,),
            "basis": basis(source("Polisen", SourceState.NOT_CONNECTED)),
        },
        "en utan plats": {
            "total": area("", compare(1, 0)),
            "areas": (none,),
            "unplaced": area(UNPLACED_ID, compare(1)),
        },
        "två utan plats": {
            "total": area("", compare(2, 0)),
            "areas": (none,),
            "unplaced": area(UNPLACED_ID, compare(2)),
        },
        "ett miljöärende": {
            "total": area("", compare(0, 1), environment_cases=compare(1, 1)),
            "areas": (),
        },
        "miljöärenden och insatsfynd": {
            "total": area(
                "", compare(0, 1), environment_cases=compare(3, 2), found_by_effort=compare(1, 0)
            ),
            "areas": (),
        },
        "flera kategorier": {
            "total": area(
                "",
                compare(12, *YEARS),
                categories=tuple(
                    category(name, n)
                    for name, n in [
                        ("Skadegörelse", 5),
                        ("Brand", 5),
                        ("Våld och hot", 2),
                        ("Fordon", 1),
                    ]
                ),
            ),
            "areas": (),
        },
        "många områden lika": {
            "total": area("", compare(14, *YEARS)),
            "areas": tuple(area(f"Område {n}", compare(2, *SAME)) for n in range(7)),
        },
        "många områden": {
            "total": area("", compare(30, *YEARS)),
            "areas": tuple(area(f"Område {n}", compare(9 - n, *YEARS)) for n in range(8)),
        },
    }
    for name, changes in weeks.items():
        yield (
            name,
            tuple(
                f"{point.sign} {point.lead} {point.text}"
                for point in situation(replace(quiet, **changes))
            ),
        )


def of_the_verdicts() -> Sections:
    """Signals, and what is said of all comparisons."""
    changes: dict[str, dict[str, Any]] = {
        "tydlig ökning": {},
        "en händelse väntad": {"low": 1, "high": 1},
        "hela kommunen": {"level": Level.CATEGORY, "district_name": ""},
        "alla händelser": {"level": Level.DISTRICT, "category_name": ""},
        "allt i kommunen": {"level": Level.CITY, "category_name": "", "district_name": ""},
        "två grannar": {"level": Level.NEIGHBOURS, "other_district_name": "Skäggetorp"},
        "övriga": {"district_name": "Övriga Linköping"},
        "miljöärenden": {"kind": Kind.ENVIRONMENT_CASE, "category_name": "Nedskräpning"},
        "håll koll": {"verdict": Verdict.WATCH, "p_high": 0.03, "count": 3},
        "en enda": {"count": 1, "sources": (SourceShare("UTB", 1),)},
        "inga": {"verdict": Verdict.CLEAR_FALL, "count": 0, "low": 2, "high": 9, "sources": (),
                 "p_high": 0.999},
        "tydlig minskning": {"verdict": Verdict.CLEAR_FALL, "low": 9, "high": 20, "p_high": 0.98},
        "långsam ökning": {"is_slow_rise": True, "rising_since": "2026-W42", "count_since": 27,
                           "expected_since": 12.4, "verdict": Verdict.WATCH},
        "delvis jämförbart": {"outside_count": 4},
        "osäkert": {"p_high": None, "sources": ()},
        "många källor": {"sources": tuple(SourceShare(f"Källa {n}", 2) for n in range(6))},
    }  # fmt: skip
    for name, change in changes.items():
        signal = replace(RISE, **change)
        yield (
            name,
            (
                f"{judging.signal_lead(signal)} {judging.signal_text(signal, METHOD)}",
                f"{judging.verdict_words(signal)}; {judging.expectation(signal)}",
            ),
        )
    yield "fler än vad som skrivs ut", tuple(judging.more_signals(n) for n in (1, 2, 13))
    for name, methods in {
        "lång historik": (METHOD,),
        "tyst källa, källa utanför, gick inte att räkna": (
            replace(
                METHOD, silent_names=("SF",), other_names=("Väktare", "KOF"), has_converged=False,
                judged_count=1, chance_count=0.1,
            ),
        ),
        "en vecka": (replace(METHOD, week_count=1, judged_count=0, chance_count=0),),
        "ingen vecka": (replace(METHOD, week_count=0, judged_count=0, chance_count=0),),
        "miljöärenden": (replace(METHOD, kind=Kind.ENVIRONMENT_CASE, completeness=None),),
    }.items():  # fmt: skip
        judgements = Judgements((), (), methods)
        yield (
            name,
            (
                judging.nothing_sticks_out(judgements),
                judging.chance_words(judgements),
                *judging.method_words(methods[0]),
            ),
        )


def of_areas_and_rows(content: Lagesbild) -> Sections:
    """Cards, charts, tables and rows."""
    head = content.head
    for name, comparison in {
        "åtta veckor": compare(4, *YEARS),
        "alltid lika": compare(4, *SAME),
        "en vecka": compare(1, 1),
        "första": compare(0),
    }.items():
        picture = area("Övriga Linköping", comparison, report_count=comparison.count + 1)
        yield (
            f"jämförelse, {name}",
            (
                words.previous(comparison),
                words.history(comparison),
                words.compared(comparison),
                words.chart_label(picture, "2026-W47"),
                words.chart_label(replace(picture, district_id=""), "2026-W47", RISE),
                words.reports_beside(picture),
            ),
        )
    yield "kategorier och andra slag", (
        words.categories(area("Ryd", compare(9), categories=(
            category("Skadegörelse", 4), category("Brand", 2), category("Fordon", 1),
            category("Våld och hot", 1), category("Övrigt", 1),
        ))),
        words.other_kinds(area("Ryd", compare(0), environment_cases=compare(1, 2))),
        words.other_kinds(area("Ryd", compare(0), environment_cases=compare(2),
                               found_by_effort=compare(3, 1))),
        words.no_incidents(content),
        words.no_incidents(replace(content, basis=basis(source("SF", SourceState.SILENT)))),
    )  # fmt: skip
    yield (
        "huvudet",
        (
            words.title(head),
            words.areas_of(head),
            words.areas_of(replace(head, area_names=tuple(f"Område {n}" for n in range(20)))),
            words.mark(replace(head, registry_number="KS 2026-100")),
            f"Uppgifter till och med {swedish.full_moment(AS_OF)}",
            swedish.date_range(date(2026, 11, 16), date(2026, 11, 22)),
            swedish.date_range(date(2026, 9, 28), date(2026, 10, 4)),
            swedish.date_range(date(2026, 12, 28), date(2027, 1, 3)),
            map_spots.map_label(content),
        ),
    )
    states = {
        "tyst": source("SF", SourceState.SILENT, last_file_at=AS_OF.replace(day=1)),
        "tyst sedan i går": source("SF", SourceState.SILENT, last_file_at=AS_OF.replace(day=22)),
        "försenad": source("UTB", SourceState.LATE),
        "inget": source("KOF", SourceState.NOTHING),
        "en": source("TiB", SourceState.ON_TIME, incident_count=1),
        "allt": source("Väktare", SourceState.ON_TIME, incident_count=2, environment_case_count=1,
                       found_by_effort_count=2, context_count=1),
        "en rapport och ett fynd": source("Polisen", SourceState.ON_TIME, incident_count=1,
                                          found_by_effort_count=1),
        "noll": source("RTÖG", SourceState.ON_TIME),
    }  # fmt: skip
    yield "källorna", tuple(words.source_line(each, head) for each in states.values())
    yield "källornas läge", tuple(words.STATE_WORDS.values())
    yield (
        "filernas läge",
        tuple(
            words.delivery_state(
                Delivery(1, "tib", "TiB", "a.csv", "", AS_OF, None, state, "", 0, 0, 0, 0, 0)
            )
            for state in DeliveryState
        ),
    )
    spans = {"occurred_to": NIGHT.replace(hour=23, minute=59)}
    over = {"occurred_to": NIGHT.replace(day=22)}
    yield (
        "en rad",
        (
            words.when(ROW),
            words.when(replace(ROW, **spans)),
            words.when(replace(ROW, **over)),
            words.when(replace(ROW, occurred_from=None)),
            words.category(ROW),
            words.category(replace(ROW, subcategory_name="")),
            words.placed(ROW),
            words.placed(replace(ROW, point=Point(15.6, 58.4, None), placing=Placing.PLACE)),
            words.placed(replace(ROW, point=None)),
            words.placed(replace(ROW, point=None, district_id=UNPLACED_ID)),
            words.placed(replace(ROW, is_coarse=True)),
            words.placed(replace(ROW, is_coarse=True, point=None, district_id=UNPLACED_ID)),
            words.area_name(replace(ROW, district_id=UNPLACED_ID, district_name="")),
            words.trail(ROW),
            words.trail(replace(ROW, others=(ORIGIN,))),
            words.trail(replace(ROW, file_number=None)),
            words.rows_of_kind([ROW]),
            words.rows_of_kind([ROW, replace(ROW, others=(ORIGIN,))]),
            words.rows_of_kind([replace(ROW, kind=Kind.ENVIRONMENT_CASE)]),
        ),
    )
    both = replace(ROW, others=(ORIGIN,))
    for name, rows, doubts in [
        ("inga", (ROW,), 0), ("en", (both,), 0), ("två, ett tveksamt", (both, both), 1),
        ("inga, tre tveksamma", (ROW,), 3),
    ]:  # fmt: skip
        yield (
            f"hopslagna: {name}",
            words.joined_reports(replace(content, rows=rows, basis=basis(doubts=doubts))),
        )
    yield "undantagna notiser", tuple(words.hidden_notices(n) for n in (1, 2, 13))
    days = [date(2026, 11, 16), date(2026, 11, 22), date(2026, 11, 29)]
    yield "kalendern", words.calendar_lines(
        replace(content, calendar=(
            CalendarEntry(days[0], days[1], "Höstlov"), CalendarEntry(days[0], days[0], "Löning"),
            CalendarEntry(days[2], days[2], "Första advent"),
        ))
    )  # fmt: skip
    yield (
        "klasserna",
        tuple(f"{each}: {words.CLASS_EXPLANATIONS[each]}" for each in InformationClass),
    )


def of_places() -> Sections:
    """The places to prioritise."""
    cell = replace(PLACE, is_named=False, distance_m=400, bearing=90.0, state=PlaceState.NEW)
    for name, each in {
        "namngiven": PLACE,
        "en sexhörning öster om": cell,
        "en sexhörning vid": replace(cell, distance_m=20),
        "utan namn": replace(cell, place_name="", district_name="Övriga Linköping"),
        "inget nyligen, förra året": replace(
            PLACE, count_recent=0, last_week="2025-W50", state=PlaceState.FADING, precision_m=None
        ),
        "en enda": replace(PLACE, count_recent=1, count_year=3, category_name=""),
        "alla av ett slag": replace(PLACE, category_count=40),
    }.items():
        yield (
            name,
            (
                f"{place_wording.place(each, PLACES)} ({place_wording.district(each)}): "
                f"{place_wording.why(each, PLACES, iso_week='2026-W47')} "
                f"{place_wording.how_exactly(each, PLACES)}; "
                f"{place_wording.STATE_WORDS[each.state]}",
            ),
        )
    short = replace(PLACES, week_count=5, recent_weeks=5)
    yield (
        "kort historik",
        (
            place_wording.why(PLACE, short, iso_week="2026-W47"),
            place_wording.none_found(short),
            place_wording.about_states(
                replace(short, places=(replace(PLACE, state=PlaceState.SHORT_HISTORY),))
            ),
        ),
    )
    vague = replace(PLACE, is_certain=False, count_year=1)
    yield "runt omkring", (
        place_wording.uncertain(replace(PLACES, places=(vague,))),
        place_wording.uncertain(replace(PLACES, places=(vague, replace(cell, is_certain=False)))),
        place_wording.none_found(PLACES),
        place_wording.none_found(replace(PLACES, placed_count=0)),
        place_wording.left_out(PLACES),
        place_wording.left_out(replace(PLACES, incident_count=1, placed_count=1, coarse_count=0,
                                       vague_count=0, unplaced_count=0)),
        place_wording.left_out(replace(PLACES, incident_count=3, placed_count=2, coarse_count=1,
                                       vague_count=0, unplaced_count=0)),
        place_wording.how_chosen(),
        place_wording.about_states(PLACES),
    )  # fmt: skip


def of_the_rhythm() -> Sections:
    """When it happens, and what is repeated nearby."""
    few = replace(RHYTHM, whole=replace(RHYTHM.whole, is_too_few=True))
    less = replace(OUT, is_more=False, block=replace(BLOCK, weekday=6, count=1.0), district_name="")
    yield "tiden", (
        rhythm.known_times(AREA, RHYTHM),
        rhythm.known_times(replace(AREA, incident_count=0), RHYTHM),
        rhythm.known_times(
            replace(AREA, incident_count=1, used_count=0, coarse_count=1, unknown_time_count=0,
                    long_span_count=0), RHYTHM,
        ),
        rhythm.busiest(AREA),
        rhythm.busiest(replace(AREA, busiest=None)),
        rhythm.what_stands_out(RHYTHM),
        rhythm.what_stands_out(few),
        rhythm.what_stands_out(replace(RHYTHM, standing_out=(OUT,))),
        rhythm.what_stands_out(replace(RHYTHM, standing_out=(OUT, less))),
        rhythm.standing_out(OUT, RHYTHM),
        rhythm.standing_out(less, RHYTHM),
        rhythm.standing_out(replace(less, category_name="Brand"), RHYTHM),
        rhythm.area_stands_out(AREA, replace(RHYTHM, standing_out=(OUT,))),
        rhythm.area_stands_out(AREA, RHYTHM),
        rhythm.area_stands_out(replace(AREA, is_too_few=True), RHYTHM),
        rhythm.weeks("2026-W47", "2026-W47"),
        rhythm.weeks("2026-W36", "2026-W47"),
        rhythm.weeks("2025-W48", "2026-W47"),
        rhythm.chart_label(AREA, RHYTHM),
        rhythm.chart_label(RHYTHM.whole, replace(RHYTHM, first_week="2026-W36")),
        rhythm.chart_label(replace(AREA, name="Övriga Linköping"), RHYTHM),
        rhythm.picture_note(RHYTHM),
        rhythm.picture_note(replace(RHYTHM, first_week="2026-W36")),
    )  # fmt: skip
    yield (
        "upprepning",
        tuple(
            near_repeats.conclusion(replace(REPEATS, **change))
            for change in [
                {},
                {"reach_m": 0.5, "reach_days": 3, "reach_pair_count": 1, "reach_expected": 0.2},
                {"reach_days": 7},
                {"verdict": "unclear"},
                {"verdict": "usual"},
                {"verdict": "too_few", "used_count": 1, "pair_count": 0},
                {"verdict": "too_few"},
            ]
        ),
    )


def figures(then: int, now: int, kind: Kind = Kind.INCIDENT) -> FigureThenNow:
    return FigureThenNow(kind, then, now)


def changed(
    reason: str, then: int, now: int, reports: int, *, source: str = "UTB", **more: Any
) -> FigureChange:
    made = FigureChange(Kind.INCIDENT, reason, source, then, now, reports)
    return replace(made, **more)


def of_the_meeting() -> Sections:
    """Sedan förra mötet: why figures differ, each reason for one and for two; the decisions."""
    said = meeting_words.figure_sentences
    same = figures(10, 10)
    yield (
        "jämförelsen",
        (
            *said(replace(SINCE, is_weeded=True)),
            *said(replace(SINCE, compared_at=None)),
            *said(replace(SINCE, figures=(same,))),
            *said(replace(SINCE, figures=(same,), is_issued_page=False)),
            *said(replace(SINCE, figures=(figures(0, 0),))),
            *said(replace(SINCE, figures=(figures(1, 1),))),
        ),
    )
    # a reason -> what one report of it and what two of it change
    reasons = {
        "late": ((0, 1, 1), (0, 2, 2)),
        "late, flera händelser i en rapport": ((0, 3, 1), (0, 4, 2)),
        "withdrawn": ((1, 0, 1), (2, 0, 2)),
        "undone": ((1, 0, 1), (2, 0, 2)),
        "replaced": ((1, 1, 2), (2, 2, 4)),
        "replaced, ett annat antal": ((0, 1, 1), (2, 1, 2)),
        "joined": ((1, 0, 1), (2, 0, 2)),
        "split": ((0, 1, 1), (0, 2, 2)),
        "week": ((1, 0, 1), (2, 0, 2)),
        "week, hit": ((0, 1, 1), (0, 2, 2)),
        "week, åt båda hållen": ((1, 2, 3), (2, 1, 3)),
        "kind": ((1, 0, 1), (0, 2, 2)),
        "number": ((1, 4, 1), (5, 2, 2)),
        "cut": ((1, 0, 1), (2, 0, 2)),
        "counted": ((0, 1, 1), (0, 2, 2)),
        "returned": ((0, 1, 1), (0, 2, 2)),
        "category": ((1, 1, 1), (2, 2, 2)),
        "district": ((1, 1, 1), (2, 2, 2)),
        DECIDED_OTHERWISE: ((12, 10, 0), (9, 10, 0)),
        UNEXPLAINED: ((12, 10, 0), (9, 10, 0)),
    }
    for name, numbers in reasons.items():
        found = []
        for then, now, reports in numbers:
            change = changed(name.partition(",")[0], then, now, reports)
            found += said(
                replace(SINCE, figures=(figures(10 + then, 10 + now),), changes=(change,))
            )
        yield f"skäl: {name}", tuple(found)
    late = [changed("late", 0, n, n, source=name) for name, n in (("UTB", 5), ("SF", 1))]
    withdrawn = changed("withdrawn", 1, 0, 1, source="TiB")
    both = (changed("category", 2, 2, 2), changed("district", 1, 1, 1))
    yield (
        "flera skäl",
        (
            *said(replace(SINCE, figures=(figures(6, 12),), changes=tuple(late))),
            *said(replace(SINCE, figures=(figures(7, 12),), changes=(*late, withdrawn))),
            *said(replace(SINCE, figures=(figures(7, 7),), changes=(late[1], withdrawn))),
            *said(
                replace(
                    SINCE,
                    figures=(figures(7, 5),),
                    changes=(withdrawn, changed("joined", 1, 0, 1), changed("number", 3, 2, 1)),
                )
            ),
            *said(replace(SINCE, figures=(same,), changes=both)),
        ),
    )
    for kind in (Kind.ENVIRONMENT_CASE, Kind.FOUND_BY_EFFORT):
        noun = swedish.fold(words.KIND_NOUNS[kind].many)
        yield (
            f"de andra slagen: {noun}",
            tuple(
                sentence
                for then, now, reports, reason in (
                    (0, 1, 1, "late"),
                    (1, 0, 1, "joined"),
                    (2, 0, 2, "joined"),
                    (1, 0, 1, "week"),
                    (1, 1, 2, "replaced"),
                    (1, 1, 1, "category"),
                )
                for change in [changed(reason, then, now, reports, kind=kind)]
                for sentence in said(
                    replace(SINCE, figures=(same, figures(then, now, kind)), changes=(change,))
                )[1:]
            ),
        )
    done, cancelled = (
        replace(DECIDED, state=state) for state in (NoteState.DONE, NoteState.CANCELLED)
    )
    late_one = replace(DECIDED, is_overdue=True)
    yield (
        "besluten",
        tuple(
            meeting_words.decisions_sentence(replace(SINCE, decisions=decisions))
            for decisions in (
                (),
                (DECIDED,),
                (late_one,),
                (done,),
                (cancelled,),
                (DECIDED, DECIDED),
                (DECIDED, late_one),
                (late_one, late_one),
                (done, done),
                (cancelled, cancelled),
                (done, DECIDED),
                (done, late_one),
                (done, late_one, late_one),
                (done, done, DECIDED, late_one, cancelled),
                (done, done, late_one, late_one, DECIDED, cancelled, cancelled),
                (done, cancelled),
                (*[DECIDED] * 13, done),
            )
        ),
    )
    yield (
        "ett beslut",
        (
            *(
                f"{meeting_words.state_sign(each)} {meeting_words.state_words(each)}"
                for each in (DECIDED, late_one, done, cancelled)
            ),
            meeting_words.problem_words(DECIDED),
            meeting_words.problem_words(replace(DECIDED, problem="")),
            meeting_words.problem_words(replace(DECIDED, likely_cause="")),
            meeting_words.place_words(DECIDED),
            meeting_words.place_words(replace(DECIDED, place_text="")),
            meeting_words.place_words(replace(DECIDED, place_text="Ryd")),
            meeting_words.due_words(DECIDED),
            meeting_words.due_words(replace(DECIDED, due_on=None)),
            f"Beslutat {meeting_words.decided_words(DECIDED)}",
        ),
    )


def of_the_issues(content: Lagesbild) -> Sections:
    """The number of an issue, what it replaces and what has changed since."""
    head = content.head
    second = replace(
        FIRST_ISSUE, number=2, replaces_number=1, replaced_as_of=AS_OF.replace(hour=7),
        is_compared=True, new_row_count=0, gone_row_count=0,
    )  # fmt: skip
    whole = ChangedCount(Kind.INCIDENT, "", False, "", 12, 14)
    ryd = replace(whole, area_name="Ryd", before=4, now=5)
    rest = replace(ryd, area_name="Övriga Linköping")
    unplaced = replace(whole, is_unplaced=True, before=0, now=1)
    damage = replace(whole, category_name="Skadegörelse", before=4, now=6)
    cases = replace(whole, kind=Kind.ENVIRONMENT_CASE, before=3, now=2)
    found = replace(whole, kind=Kind.FOUND_BY_EFFORT, before=0, now=1)
    many = tuple(replace(ryd, area_name=f"Område {n}") for n in range(9))
    rise = ChangedVerdict(RISE, Verdict.USUAL)
    gone = ChangedVerdict(replace(RISE, verdict=Verdict.USUAL), Verdict.CLEAR_RISE)
    unheard = ChangedVerdict(replace(RISE, category_name=""), None)
    issues = {
        "den första": FIRST_ISSUE,
        "ett annat års": replace(second, replaced_as_of=AS_OF.replace(year=2025)),
        "utan tid": replace(second, replaced_as_of=None),
        "går inte att jämföra": replace(second, is_compared=False),
        "inget ändrat": second,
        "antal": replace(second, counts=(whole, ryd, rest, unplaced, damage), new_row_count=2),
        "bara delarna": replace(second, counts=(ryd, damage), new_row_count=1, gone_row_count=1),
        "bara summan": replace(second, counts=(whole,), gone_row_count=2),
        "ett antal för mycket": replace(second, counts=(whole, *many[:7])),
        "många antal": replace(second, counts=(whole, *many), new_row_count=13),
        "de andra slagen": replace(
            second, counts=(cases, replace(cases, area_name="Ryd"), found), new_row_count=None
        ),
        "en bedömning": replace(second, verdicts=(rise,)),
        "tre bedömningar": replace(second, verdicts=(rise, gone, unheard)),
        "många bedömningar": replace(second, verdicts=(rise,) * 7),
        "inställningar och program": replace(second, has_new_settings=True, has_new_program=True),
    }
    for name, issue in issues.items():
        lead = issue_words.replaces(issue, head) or f"{issue_words.number(issue)}."
        yield name, " ".join((lead, *issue_words.changes(issue)))


def of_the_trail(content: Lagesbild) -> Sections:
    """Where rows come from and why they were joined, and what leads there."""
    origins = [replace(ORIGIN, joined_by=rule) for rule in (*trail.JOIN_WORDS, "annat")]
    yield (
        "hopslagna därför",
        tuple(
            trail.join_words(replace(ROW, others=others))
            for others in (*((each,) for each in origins), tuple(origins[:2]))
        ),
    )
    nowhere = replace(ROW, district_name="", district_id="", category_name="")
    found = trail.Trail(replace(content, rows=(ROW, nowhere)))
    yield (
        "grupperna",
        tuple(
            f"{group.name}: {each.name}"
            for group in found.areas(Kind.INCIDENT)
            for each in group.categories
        ),
    )


def of_the_maps(content: Lagesbild) -> Sections:
    """The words beside the map, of its layers and of each district's own."""
    total = content.total
    assert total is not None
    incident = EarlierIncidents(1, "brand", "Brand", 1, 15.6, 58.4, 50)
    earlier = EarlierWeeks(("2026-W46", "2026-W45", "2026-W44"), (incident,), 0)
    content = replace(content, earlier=earlier, recurring=PLACES)
    contents = {
        "allt": replace(content, outside_map_count=2, total=replace(total, without_point_count=2)),
        "en": replace(content, outside_map_count=1, total=replace(total, without_point_count=1)),
        "lite": replace(
            content, earlier=None, recurring=None, since_last=None, outside_map_count=0,
            total=replace(total, without_point_count=0),
        ),
    }  # fmt: skip
    for name, each in contents.items():
        yield f"förklaringen: {name}", legend(render_paper(each))
    yield (
        "lagren",
        (
            words.PRIORITY_LAYER,
            words.MEASURE_LAYER,
            words.earlier_weeks(earlier),
            words.earlier_weeks(replace(earlier, iso_weeks=("2026-W46",))),
            words.earlier_weeks(replace(earlier, iso_weeks=("2026-W01", "2025-W52"))),
            words.earlier_left_out(replace(earlier, iso_weeks=(), left_out_count=3)),
            words.earlier_left_out(replace(earlier, left_out_count=1)),
        ),
    )
    yield (
        "en stadsdels karta",
        tuple(
            words.district_map_label(area("Ryd", compare(count), without_point_count=without))
            for count, without in ((0, 0), (1, 0), (1, 1), (4, 0), (4, 1), (4, 3), (4, 4))
        ),
    )


def legend(page: str) -> tuple[str, ...]:
    """The caption of the map, an explanation a line, without markup."""
    caption = page.partition("<figcaption")[2].partition(">")[2].partition("</figcaption>")[0]
    plain = re.sub(r"<[^>]+>", "", caption.replace('<span class="forklaring">', "\n"))
    return tuple(" ".join(line.split()) for line in plain.splitlines() if line.strip())


def test_every_sentence_pattern_is_listed(content: Lagesbild) -> None:
    lines: list[str] = []
    for title, sections in {
        "LÄGET": of_the_situation(content),
        "BEDÖMNINGARNA": of_the_verdicts(),
        "OMRÅDEN, HUVUD, RADER": of_areas_and_rows(content),
        "PLATSER ATT PRIORITERA": of_places(),
        "NÄR DET HÄNDER, UPPREPNING": of_the_rhythm(),
        "SEDAN FÖRRA MÖTET": of_the_meeting(),
        "UTGÅVORNA": of_the_issues(content),
        "FRÅN SIFFRA TILL RAD": of_the_trail(content),
        "KARTAN": of_the_maps(content),
    }.items():
        lines += ["", title]
        for name, said in sections:
            lines += ["", f"[{name}]", *([said] if isinstance(said, str) else said)]
    text = "\n".join(lines).strip() + "\n"
    if os.environ.get("EST_WRITE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8", newline="\n")
    assert text == GOLDEN.read_text(encoding="utf-8")
    faults = re.findall(
        r".*(?:  |\b(?:1|en) händelser\b|\b[2-9] händelse\b|None|\bnan\b| ,|\.\.).*", text
    )
    assert faults == []

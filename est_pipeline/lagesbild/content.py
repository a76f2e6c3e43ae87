"""Content: one frozen object that holds all that a page may know, and its information classes.

Every field says who may see it: `Annotated[type, OPEN]`. `disclose` takes away what lies above a
class before anything is rendered, so what was taken away was never in the page. The object holds
figures and names, no sentences: words are made from what is left (`wording`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from est_pipeline.domain.kinds import (
    DeliveryState,
    InformationClass,
    Kind,
    SourceState,
)
from est_pipeline.lagesbild.disclosure import disclose, plain
from est_pipeline.lagesbild.issues import Issue
from est_pipeline.lagesbild.judgement import Judgements
from est_pipeline.lagesbild.map_layers import EarlierWeeks, Point, WebTiles
from est_pipeline.lagesbild.meeting import MeetingPlan, SinceLast
from est_pipeline.lagesbild.near_repeats import NearRepeatPicture
from est_pipeline.lagesbild.recurring_places import RecurringPlaces
from est_pipeline.lagesbild.rhythm import RhythmPicture

OPEN = InformationClass.OPEN
INTERNAL = InformationClass.INTERNAL
SENSITIVE = InformationClass.SENSITIVE

SCHEMA_VERSION = 3
"""Version of `lagesbild.json`; rises when a key changes its meaning or goes away."""

MAP_MARGIN = 0.06
"""How much wider than the districts' bounds the map is, as a share, on each side."""

Position = tuple[float, float]
"""(lon, lat), WGS 84."""
Line = tuple[Position, ...]


# --- the figures ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """What the weeks before were: the 10th to the 90th percentile, and the median."""

    low: Annotated[int, OPEN]
    high: Annotated[int, OPEN]
    median: Annotated[float, OPEN]


@dataclass(frozen=True)
class WeekCount:
    """One week of a history."""

    iso_week: Annotated[str, OPEN]
    count: Annotated[int, OPEN]


@dataclass(frozen=True)
class Comparison:
    """A week's count beside the week before and the history; no verdict.

    `previous` is missing where the workspace has no such week; `span` is missing where the history
    is shorter than `FEWEST_WEEKS_FOR_SPAN`. `history` is oldest first, without the week itself.
    """

    count: Annotated[int, OPEN]
    previous: Annotated[int | None, OPEN]
    span: Annotated[Span | None, OPEN]
    history: Annotated[tuple[WeekCount, ...], OPEN]
    is_short_history: Annotated[bool, OPEN]


@dataclass(frozen=True)
class CategoryCount:
    """Incidents of one category in the week."""

    category_code: Annotated[str, OPEN]
    name: Annotated[str, OPEN]
    count: Annotated[int, OPEN]


@dataclass(frozen=True)
class AreaPicture:
    """The week in one area. The three kinds stand beside each other and are never added."""

    district_id: Annotated[str, OPEN]
    name: Annotated[str, OPEN]
    incidents: Annotated[Comparison, INTERNAL]
    report_count: Annotated[int, INTERNAL]
    categories: Annotated[tuple[CategoryCount, ...], INTERNAL]
    environment_cases: Annotated[Comparison, INTERNAL]
    found_by_effort: Annotated[Comparison, INTERNAL]
    without_point_count: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class PlaceCount:
    """A named place with more than one incident in the week; homes are never among them."""

    place_name: Annotated[str, INTERNAL]
    district_name: Annotated[str, INTERNAL]
    count: Annotated[int, INTERNAL]
    categories: Annotated[tuple[CategoryCount, ...], INTERNAL]


@dataclass(frozen=True)
class ExactPlace:
    """What is known of a place that must not be shown."""

    place_name: Annotated[str, SENSITIVE]
    place_type: Annotated[str, SENSITIVE]
    lon: Annotated[float | None, SENSITIVE]
    lat: Annotated[float | None, SENSITIVE]
    occurred_from: Annotated[datetime | None, SENSITIVE]


@dataclass(frozen=True)
class RowOrigin:
    """Where a report comes from: its source, the file's number on this page, the line.

    `joined_by` is the rule by which it was joined to its incident (the first word of
    `join_reason`), empty where it stands alone.
    """

    source_id: Annotated[str, INTERNAL]
    source_name: Annotated[str, INTERNAL]
    file_number: Annotated[int | None, INTERNAL]
    line_number: Annotated[int | None, INTERNAL]
    joined_by: Annotated[str, INTERNAL]


@dataclass(frozen=True)
class ReportRow:
    """An incident of the week, or one report of an environment case or of what effort found.

    An incident that several actors reported is one row: the most precisely placed report gives
    all that is said, and `others` is where the rest come from. Where `is_coarse`, only day and
    district are given, and the rest lies in `exact`; one report that must be shown so is enough.
    """

    own_id: Annotated[str, INTERNAL]
    report_id: Annotated[str, SENSITIVE]
    kind: Annotated[Kind, INTERNAL]
    source_id: Annotated[str, INTERNAL]
    source_name: Annotated[str, INTERNAL]
    file_number: Annotated[int | None, INTERNAL]
    line_number: Annotated[int | None, INTERNAL]
    category_code: Annotated[str, INTERNAL]
    category_name: Annotated[str, INTERNAL]
    subcategory_name: Annotated[str, INTERNAL]
    incident_number: Annotated[int, INTERNAL]
    occurred_on: Annotated[date, INTERNAL]
    occurred_from: Annotated[datetime | None, INTERNAL]
    occurred_to: Annotated[datetime | None, INTERNAL]
    is_long_interval: Annotated[bool, INTERNAL]
    district_id: Annotated[str, INTERNAL]
    district_name: Annotated[str, INTERNAL]
    place_name: Annotated[str, INTERNAL]
    placing: Annotated[str, INTERNAL]
    point: Annotated[Point | None, INTERNAL]
    is_coarse: Annotated[bool, INTERNAL]
    exact: Annotated[ExactPlace | None, SENSITIVE]
    place_text: Annotated[str, SENSITIVE]
    others: Annotated[tuple[RowOrigin, ...], INTERNAL]

    @property
    def report_count(self) -> int:
        """How many reports stand behind the row."""
        return 1 + len(self.others)


@dataclass(frozen=True)
class Notice:
    """A notice that a public source published: context, never counted."""

    own_id: Annotated[str, OPEN]
    report_id: Annotated[str, SENSITIVE]
    source_name: Annotated[str, OPEN]
    title: Annotated[str, OPEN]
    text: Annotated[str, OPEN]
    occurred_on: Annotated[date, OPEN]
    occurred_from: Annotated[datetime | None, OPEN]
    published_at: Annotated[datetime | None, OPEN]
    district_name: Annotated[str, OPEN]
    place_name: Annotated[str, OPEN]
    is_night_summary: Annotated[bool, OPEN]


@dataclass(frozen=True)
class ComingEvent:
    """Something known beforehand: an event, a closing day, a demonstration."""

    own_id: Annotated[str, INTERNAL]
    report_id: Annotated[str, SENSITIVE]
    iso_week: Annotated[str, INTERNAL]
    is_past: Annotated[bool, INTERNAL]
    occurred_on: Annotated[date, INTERNAL]
    occurred_from: Annotated[datetime | None, INTERNAL]
    occurred_to: Annotated[datetime | None, INTERNAL]
    name: Annotated[str, INTERNAL]
    place_name: Annotated[str, INTERNAL]
    district_name: Annotated[str, INTERNAL]
    source_name: Annotated[str, INTERNAL]


# --- the basis ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SourcePicture:
    """How one source stands, and how many reports of the week it gave, kind by kind.

    `usual_low` and `usual_high`: between which its reports a week lay in half of the weeks before.
    `is_counted`: its reports are counted; a source of context alone says nothing of calm.
    """

    source_id: Annotated[str, INTERNAL]
    name: Annotated[str, INTERNAL]
    short_name: Annotated[str, INTERNAL]
    state: Annotated[SourceState, INTERNAL]
    rhythm: Annotated[str, INTERNAL]
    is_counted: Annotated[bool, INTERNAL]
    last_file_at: Annotated[datetime | None, INTERNAL]
    report_count: Annotated[int, INTERNAL]
    usual_low: Annotated[int | None, INTERNAL]
    usual_high: Annotated[int | None, INTERNAL]
    incident_count: Annotated[int, INTERNAL]
    environment_case_count: Annotated[int, INTERNAL]
    found_by_effort_count: Annotated[int, INTERNAL]
    context_count: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class CalendarEntry:
    """A holiday, break or other day of the calendar; both days included."""

    first_on: Annotated[date, OPEN]
    last_on: Annotated[date, OPEN]
    name: Annotated[str, OPEN]


@dataclass(frozen=True)
class Delivery:
    """One delivered file and what became of its rows; `number` is its number on this page."""

    number: Annotated[int, INTERNAL]
    source_id: Annotated[str, INTERNAL]
    source_name: Annotated[str, INTERNAL]
    file_name: Annotated[str, INTERNAL]
    sha256: Annotated[str, INTERNAL]
    received_at: Annotated[datetime | None, INTERNAL]
    undone_at: Annotated[datetime | None, INTERNAL]
    state: Annotated[DeliveryState, INTERNAL]
    reason: Annotated[str, INTERNAL]
    rows_read: Annotated[int, INTERNAL]
    accepted_count: Annotated[int, INTERNAL]
    quarantined_count: Annotated[int, INTERNAL]
    known_count: Annotated[int, INTERNAL]
    left_out_count: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class Basis:
    """What the page rests on.

    `doubt_count`: pairs of reports, one of them of the week, that may be of one incident and wait
    for a human.
    """

    sources: Annotated[tuple[SourcePicture, ...], INTERNAL]
    deliveries: Annotated[tuple[Delivery, ...], INTERNAL]
    rows_read: Annotated[int, INTERNAL]
    accepted_count: Annotated[int, INTERNAL]
    quarantined_count: Annotated[int, INTERNAL]
    known_count: Annotated[int, INTERNAL]
    left_out_count: Annotated[int, INTERNAL]
    doubt_count: Annotated[int, INTERNAL]


# --- the map --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outline:
    """A district's outline; each polygon is its outer ring followed by its holes."""

    district_id: Annotated[str, OPEN]
    name: Annotated[str, OPEN]
    polygons: Annotated[tuple[tuple[Line, ...], ...], OPEN]


@dataclass(frozen=True)
class MapFeature:
    """A feature of the base map: an area (rings) or lines."""

    map_class: Annotated[str, OPEN]
    name: Annotated[str, OPEN]
    is_area: Annotated[bool, OPEN]
    lines: Annotated[tuple[Line, ...], OPEN]


@dataclass(frozen=True)
class MapGround:
    """What lies under the reports: districts, base map, bounds (west, south, east, north).

    `tiles` are there only where the configuration asks for them.
    """

    outlines: Annotated[tuple[Outline, ...], OPEN]
    features: Annotated[tuple[MapFeature, ...], OPEN]
    attribution: Annotated[str, OPEN]
    bounds: Annotated[tuple[float, float, float, float], OPEN]
    tiles: Annotated[WebTiles | None, OPEN]

    def shows(self, point: Point) -> bool:
        """Tell whether a point lies within the bounds, with the margin that the map gives them."""
        west, south, east, north = self.bounds
        across, along = (east - west) * MAP_MARGIN, (north - south) * MAP_MARGIN
        return (
            west - across <= point.lon <= east + across
            and south - along <= point.lat <= north + along
        )


# --- the page -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Library:
    """A library that the program is built on, and its version."""

    name: Annotated[str, OPEN]
    version: Annotated[str, OPEN]


@dataclass(frozen=True)
class Head:
    """Whose page it is, for whom, for which week, and with which mark."""

    municipality: Annotated[str, OPEN]
    group: Annotated[str, OPEN]
    audience: Annotated[str, OPEN]
    contact: Annotated[str, OPEN]
    registry_number: Annotated[str, OPEN]
    information_class: Annotated[InformationClass, OPEN]
    secrecy_mark: Annotated[str, OPEN]
    is_demo: Annotated[bool, OPEN]
    iso_week: Annotated[str, OPEN]
    first_on: Annotated[date, OPEN]
    last_on: Annotated[date, OPEN]
    as_of: Annotated[datetime, OPEN]
    area_names: Annotated[tuple[str, ...], OPEN]
    rest_name: Annotated[str, OPEN]
    program_version: Annotated[str, OPEN]
    configuration_checksum: Annotated[str, OPEN]
    libraries: Annotated[tuple[Library, ...], OPEN]
    history_weeks: Annotated[int, OPEN]


@dataclass(frozen=True)
class Lagesbild:
    """All that a page may know.

    `issue` is decided where the page is issued; until then it is the first one.
    `areas` holds the districts in the order of the reference file and last the rest of the
    municipality; `unplaced` is what has no place, and `total` is all of them together. `recurring`
    are the places to prioritise after the week.
    `outside_map_count` is the number of incidents whose point lies beyond the map's bounds.
    """

    head: Annotated[Head, OPEN]
    issue: Annotated[Issue, OPEN]
    total: Annotated[AreaPicture | None, INTERNAL]
    areas: Annotated[tuple[AreaPicture, ...], INTERNAL]
    unplaced: Annotated[AreaPicture | None, INTERNAL]
    rows: Annotated[tuple[ReportRow, ...], INTERNAL]
    places: Annotated[tuple[PlaceCount, ...], INTERNAL]
    outside_map_count: Annotated[int | None, INTERNAL]
    notices: Annotated[tuple[Notice, ...], OPEN]
    hidden_notice_count: Annotated[int, OPEN]
    coming: Annotated[tuple[ComingEvent, ...], INTERNAL]
    calendar: Annotated[tuple[CalendarEntry, ...], OPEN]
    judgements: Annotated[Judgements | None, INTERNAL]
    earlier: Annotated[EarlierWeeks | None, INTERNAL]
    recurring: Annotated[RecurringPlaces | None, INTERNAL]
    rhythm: Annotated[RhythmPicture | None, INTERNAL]
    near_repeats: Annotated[NearRepeatPicture | None, INTERNAL]
    since_last: Annotated[SinceLast | None, INTERNAL]
    meeting: Annotated[MeetingPlan | None, INTERNAL]
    basis: Annotated[Basis | None, INTERNAL]
    ground: Annotated[MapGround, OPEN]

    def rows_of(self, kind: Kind) -> tuple[ReportRow, ...]:
        """Give the rows of one kind, in the order in which they happened."""
        return tuple(row for row in self.rows if row.kind is kind)


# --- the JSON beside the page ---------------------------------------------------------------------


def shown_on_page(content: Lagesbild) -> Lagesbild:
    """Give what the page's own class may show, which is never anything sensitive."""
    own_class = content.head.information_class
    return disclose(content, own_class if own_class.rank < SENSITIVE.rank else INTERNAL)


def render_json(content: Lagesbild) -> str:
    """Give `lagesbild.json`: every figure that the page shows, in a fixed order.

    Outlines and base map are left out (they are pictures of the reference files). Nothing above
    the page's own information class is in it.
    """
    shown = shown_on_page(content)
    figures = plain(shown)
    ground = figures.pop("ground")
    figures["map"] = {name: ground[name] for name in ("attribution", "bounds", "tiles")}
    figures["schema_version"] = SCHEMA_VERSION
    figures["made_up_data"] = shown.head.is_demo
    for name in ("iso_week", "as_of", "configuration_checksum", "program_version"):
        figures[name] = figures["head"][name]
    return json.dumps(figures, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"

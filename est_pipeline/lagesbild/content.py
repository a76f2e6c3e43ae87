"""Content: one frozen object that holds all that a page may know, and its information classes.

Every field says who may see it: `Annotated[type, OPEN]`. `disclose` takes away what lies above a
class before anything is rendered, so what was taken away was never in the page. The object holds
figures and names, no sentences: words are made from what is left (`wording`).
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from est_pipeline.domain.kinds import (
    DeliveryState,
    FreeText,
    InformationClass,
    Kind,
    ReportType,
    SourceState,
)
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.text import fold
from est_pipeline.domain.weeks import IsoWeek, week_range
from est_pipeline.lagesbild.disclosure import disclose, plain

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from est_pipeline.config import Configuration

OPEN = InformationClass.OPEN
INTERNAL = InformationClass.INTERNAL
SENSITIVE = InformationClass.SENSITIVE

SCHEMA_VERSION = 1
"""Version of `lagesbild.json`; rises when a key changes its meaning or goes away."""

FEWEST_WEEKS_FOR_SPAN = 8
"""With fewer weeks of history than this, no span and no median are stated."""

COMING_WEEKS = 2
"""How many weeks after the week of the page count as coming."""

MAP_MARGIN = 0.06
"""How much wider than the districts' bounds the map is, as a share, on each side."""

MOST_PLACES = 10
"""How many places with more than one incident are listed."""

COMING_CATEGORY = "kommande"
NIGHT_SUMMARY_CATEGORY = "nattsammanfattning"

COARSE_CATEGORIES = frozenset({"incident_mot_anstalld"})
"""Categories whose place and hour could point at a person: shown with day and district only."""

DWELLING_STEMS = (
    "bostad",
    "boende",
    "familjshus",
    "hyreshus",
    "kallar",
    "kedjehus",
    "lagenhet",
    "radhus",
    "smahus",
    "trapphus",
    "trappuppgang",
    "villa",
)
"""A place type or subcategory that holds one of these (folded) is somebody's home."""

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
class Point:
    """A position as exactly as it is known: WGS 84, and the radius of doubt in metres."""

    lon: Annotated[float, INTERNAL]
    lat: Annotated[float, INTERNAL]
    precision_m: Annotated[float | None, INTERNAL]


@dataclass(frozen=True)
class ExactPlace:
    """What is known of a place that must not be shown."""

    place_name: Annotated[str, SENSITIVE]
    place_type: Annotated[str, SENSITIVE]
    lon: Annotated[float | None, SENSITIVE]
    lat: Annotated[float | None, SENSITIVE]
    occurred_from: Annotated[datetime | None, SENSITIVE]


@dataclass(frozen=True)
class ReportRow:
    """One report of the week: of kind incident, environment case or found by effort.

    Where `is_coarse`, only day and district are given, and the rest lies in `exact`.
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
    """How one source stands, and how many reports of the week it gave, kind by kind."""

    source_id: Annotated[str, INTERNAL]
    name: Annotated[str, INTERNAL]
    short_name: Annotated[str, INTERNAL]
    state: Annotated[SourceState, INTERNAL]
    rhythm: Annotated[str, INTERNAL]
    last_file_at: Annotated[datetime | None, INTERNAL]
    report_count: Annotated[int, INTERNAL]
    incident_count: Annotated[int, INTERNAL]
    environment_case_count: Annotated[int, INTERNAL]
    found_by_effort_count: Annotated[int, INTERNAL]
    context_count: Annotated[int, INTERNAL]


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
    """What the page rests on."""

    sources: Annotated[tuple[SourcePicture, ...], INTERNAL]
    deliveries: Annotated[tuple[Delivery, ...], INTERNAL]
    rows_read: Annotated[int, INTERNAL]
    accepted_count: Annotated[int, INTERNAL]
    quarantined_count: Annotated[int, INTERNAL]
    known_count: Annotated[int, INTERNAL]
    left_out_count: Annotated[int, INTERNAL]


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
    """What lies under the reports: districts, base map, bounds (west, south, east, north)."""

    outlines: Annotated[tuple[Outline, ...], OPEN]
    features: Annotated[tuple[MapFeature, ...], OPEN]
    attribution: Annotated[str, OPEN]
    bounds: Annotated[tuple[float, float, float, float], OPEN]

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
    history_weeks: Annotated[int, OPEN]


@dataclass(frozen=True)
class Lagesbild:
    """All that a page may know.

    `areas` holds the districts in the order of the reference file and last the rest of the
    municipality; `unplaced` is what has no place, and `total` is all of them together.
    `outside_map_count` is the number of incident reports whose point lies beyond the map's bounds.
    """

    head: Annotated[Head, OPEN]
    total: Annotated[AreaPicture | None, INTERNAL]
    areas: Annotated[tuple[AreaPicture, ...], INTERNAL]
    unplaced: Annotated[AreaPicture | None, INTERNAL]
    rows: Annotated[tuple[ReportRow, ...], INTERNAL]
    places: Annotated[tuple[PlaceCount, ...], INTERNAL]
    outside_map_count: Annotated[int | None, INTERNAL]
    notices: Annotated[tuple[Notice, ...], OPEN]
    coming: Annotated[tuple[ComingEvent, ...], INTERNAL]
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
    figures["map"] = {"attribution": ground["attribution"], "bounds": ground["bounds"]}
    figures["schema_version"] = SCHEMA_VERSION
    figures["made_up_data"] = shown.head.is_demo
    for name in ("iso_week", "as_of", "configuration_checksum", "program_version"):
        figures[name] = figures["head"][name]
    return json.dumps(figures, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"


# --- building -------------------------------------------------------------------------------------


def build_content(  # noqa: PLR0913 - the frames that the run hands over, each named at the call
    *,
    week: IsoWeek,
    as_of: datetime,
    configuration: Configuration,
    districts: gpd.GeoDataFrame,
    basemap: gpd.GeoDataFrame,
    attribution: str,
    counts: pd.DataFrame,
    reports: pd.DataFrame,
    deliveries: pd.DataFrame,
    source_states: pd.DataFrame,
    program_version: str,
) -> Lagesbild:
    """Build all that a page of one week may know.

    Args:
        week: the week of the page.
        as_of: the moment up to which reports are counted (aware).
        configuration: the workspace's configuration.
        districts: as `read_districts` gives them.
        basemap: as `read_basemap` gives it.
        attribution: the base map's attribution.
        counts: `WEEKLY_COUNTS` for the weeks up to `week`, zeros included, all areas. Weeks before
            its first week are short history, never zeros; `counts.attrs["first_week"]`, where
            stated, moves that limit forward.
        reports: `REPORT_COLUMNS`, the week's reports of all kinds, and coming ones of the weeks
            after.
        deliveries: one row a file received since the week before ended.
        source_states: one row a source.
        program_version: the version that stands in the basis.
    """
    settings = configuration.settings
    zone = configuration.zone
    names = {
        **dict(zip(districts["district_id"], districts["name"], strict=True)),
        REST_ID: settings.area.rest_name,
        UNPLACED_ID: "",
    }
    files = _deliveries(deliveries, configuration=configuration)
    rows = _report_rows(
        reports, week=week, configuration=configuration, names=names, files=files, zone=zone
    )
    areas, total = _areas(counts, week=week, configuration=configuration, names=names, rows=rows)
    ground = _ground(districts=districts, basemap=basemap, attribution=attribution)
    return Lagesbild(
        head=Head(
            municipality=settings.municipality.name,
            group=settings.municipality.group,
            audience=settings.municipality.audience,
            contact=settings.municipality.contact,
            registry_number=settings.municipality.registry_number,
            information_class=InformationClass(settings.internal.information_class),
            secrecy_mark=settings.internal.secrecy_mark,
            is_demo=settings.municipality.is_demo,
            iso_week=str(week),
            first_on=week.monday,
            last_on=week.sunday,
            as_of=as_of.astimezone(zone),
            area_names=tuple(districts["name"]),
            rest_name=settings.area.rest_name,
            program_version=program_version,
            configuration_checksum=configuration.checksum,
            history_weeks=settings.periods.history_weeks,
        ),
        total=total,
        areas=tuple(area for area in areas if area.district_id != UNPLACED_ID),
        unplaced=next(area for area in areas if area.district_id == UNPLACED_ID),
        rows=rows,
        places=_places(rows),
        outside_map_count=sum(
            row.kind is Kind.INCIDENT and row.point is not None and not ground.shows(row.point)
            for row in rows
        ),
        notices=_notices(reports, week=week, configuration=configuration, names=names, zone=zone),
        coming=_coming(reports, week=week, configuration=configuration, names=names, zone=zone),
        basis=Basis(
            sources=_sources(
                source_states,
                rows=rows,
                reports=reports,
                week=week,
                zone=zone,
                configuration=configuration,
            ),
            deliveries=files,
            rows_read=sum(file.rows_read for file in files),
            accepted_count=sum(file.accepted_count for file in files),
            quarantined_count=sum(file.quarantined_count for file in files),
            known_count=sum(file.known_count for file in files),
            left_out_count=sum(file.left_out_count for file in files),
        ),
        ground=ground,
    )


def compare(values: list[int], weeks: list[IsoWeek], *, history_weeks: int) -> Comparison:
    """Put the last of some weekly counts beside the ones before it.

    The span is the 10th to the 90th percentile of the weeks before, each a count that occurred
    (the inverse of the empirical distribution); the median is the usual one.
    """
    before = values[:-1]
    return Comparison(
        count=values[-1],
        previous=before[-1] if before else None,
        span=Span(
            low=_percentile(before, 0.1),
            high=_percentile(before, 0.9),
            median=float(statistics.median(before)),
        )
        if len(before) >= FEWEST_WEEKS_FOR_SPAN
        else None,
        history=tuple(
            WeekCount(str(week), count) for week, count in zip(weeks[:-1], before, strict=True)
        ),
        is_short_history=len(before) < history_weeks,
    )


def _percentile(values: list[int], share: float) -> int:
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered) - 1e-9), 1) - 1]


def _areas(
    counts: pd.DataFrame,
    *,
    week: IsoWeek,
    configuration: Configuration,
    names: dict[str, str],
    rows: tuple[ReportRow, ...],
) -> tuple[list[AreaPicture], AreaPicture]:
    """Give one picture an area, unplaced last, and the picture of all together."""
    history_weeks = configuration.settings.periods.history_weeks
    stated = [str(name) for name in counts["iso_week"].unique()]
    first_stated = str(counts.attrs.get("first_week") or min([*stated, str(week)]))
    first = min(max(week.plus(-history_weeks), IsoWeek.parse(first_stated)), week)
    weeks = week_range(first, week)
    kinds = ("incident_count", "environment_case_count", "found_by_effort_count")
    weekly = {
        kind: counts.groupby(["district_id", "iso_week"], observed=True)[kind]
        .sum()
        .unstack("iso_week", fill_value=0)
        .reindex(index=list(names), columns=[str(each) for each in weeks], fill_value=0)
        .fillna(0)
        .astype("int64")
        .transpose()
        for kind in kinds
    }
    this_week = counts[counts["iso_week"] == str(week)]
    by_category = this_week.groupby(["district_id", "category_code"], observed=True)[
        ["incident_count", "report_count"]
    ].sum()
    category_names = _category_names(configuration)
    order = {code: number for number, code in enumerate(category_names)}
    without_point = pd.Series(
        [row.district_id for row in rows if row.kind is Kind.INCIDENT and row.point is None],
        dtype="str",
    ).value_counts()

    def picture(
        district_id: str, name: str, values: dict[str, list[int]], categories: pd.DataFrame
    ) -> AreaPicture:
        found = [
            CategoryCount(str(code), category_names.get(str(code), str(code)), int(count))
            for code, count in categories["incident_count"].items()
            if count
        ]
        found.sort(key=lambda each: (-each.count, order.get(each.category_code, len(order))))
        compared = [compare(values[kind], weeks, history_weeks=history_weeks) for kind in kinds]
        return AreaPicture(
            district_id=district_id,
            name=name,
            incidents=compared[0],
            report_count=int(categories["report_count"].sum()),
            categories=tuple(found),
            environment_cases=compared[1],
            found_by_effort=compared[2],
            without_point_count=int(
                without_point.sum() if not district_id else without_point.get(district_id, 0)
            ),
        )

    known = by_category.index.get_level_values("district_id")
    areas = [
        picture(
            district_id,
            name,
            {kind: weekly[kind][district_id].to_list() for kind in kinds},
            by_category[known == district_id].droplevel("district_id"),
        )
        for district_id, name in names.items()
    ]
    total = picture(
        "",
        configuration.settings.municipality.name,
        {kind: weekly[kind].sum(axis="columns").to_list() for kind in kinds},
        by_category.groupby(level="category_code", observed=True).sum(),
    )
    return areas, total


def _report_rows(
    reports: pd.DataFrame,
    *,
    week: IsoWeek,
    configuration: Configuration,
    names: dict[str, str],
    files: tuple[Delivery, ...],
    zone: ZoneInfo,
) -> tuple[ReportRow, ...]:
    counted = [Kind.INCIDENT.value, Kind.ENVIRONMENT_CASE.value, Kind.FOUND_BY_EFFORT.value]
    chosen = reports[
        reports["kind"].isin(counted)
        & (reports["iso_week"] == str(week))
        & (reports["report_type"] != ReportType.NOTHING.value)
    ].sort_values(["occurred_from", "source_id", "report_id"], kind="stable")
    category_names = _category_names(configuration)
    subcategory_names = _subcategory_names(configuration)
    file_numbers = {(file.source_id, file.sha256): file.number for file in files}
    rows = []
    for row in _records(chosen):
        start, end = _start(row, zone), _local(row["occurred_to"], zone)
        category, subcategory = _text(row["category_code"]), _text(row["subcategory_code"])
        subcategory_name = subcategory_names.get((category, subcategory), subcategory)
        place_type, place_name = _text(row["place_type"]), _text(row["place_name"])
        lon, lat = _number(row["lon"]), _number(row["lat"])
        is_coarse = category in COARSE_CATEGORIES or is_dwelling(
            place_type, subcategory, subcategory_name
        )
        is_timed = bool(row["is_time_known"]) and not is_coarse
        rows.append(
            ReportRow(
                own_id=own_id(row["report_id"]),
                report_id=str(row["report_id"]),
                kind=Kind(row["kind"]),
                source_id=str(row["source_id"]),
                source_name=_source_name(configuration, str(row["source_id"])),
                file_number=file_numbers.get((str(row["source_id"]), _text(row["file_sha256"]))),
                line_number=_whole(row["line_number"]),
                category_code=category,
                category_name=category_names.get(category, category),
                subcategory_name=subcategory_name,
                incident_number=_whole(row["incident_number"]) or 0,
                occurred_on=start.date(),
                occurred_from=start if is_timed else None,
                occurred_to=end if is_timed and end != start else None,
                is_long_interval=bool(row["is_long_interval"]),
                district_id=str(row["district_id"]),
                district_name=names.get(str(row["district_id"]), str(row["district_id"])),
                place_name="" if is_coarse else place_name,
                placing=str(row["placing"]),
                point=Point(lon, lat, _number(row["precision_m"]))
                if lon is not None and lat is not None and not is_coarse
                else None,
                is_coarse=is_coarse,
                exact=ExactPlace(place_name, place_type, lon, lat, start) if is_coarse else None,
                place_text=_text(row["place_text"]),
            )
        )
    return tuple(rows)


def _places(rows: tuple[ReportRow, ...]) -> tuple[PlaceCount, ...]:
    """Count the week's incidents by named place; only places with more than one are given."""
    incidents: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for row in rows:
        if row.kind is Kind.INCIDENT and row.place_name:
            place = incidents.setdefault((row.place_name, row.district_name), Counter())
            place[row.category_code, row.category_name] += row.incident_number
    found = [
        PlaceCount(
            place_name=place_name,
            district_name=district_name,
            count=sum(categories.values()),
            categories=tuple(
                CategoryCount(code, name, count)
                for (code, name), count in sorted(
                    categories.items(), key=lambda item: (-item[1], item[0])
                )
                if count
            ),
        )
        for (place_name, district_name), categories in incidents.items()
    ]
    several = [place for place in found if place.count > 1]
    return tuple(
        sorted(several, key=lambda place: (-place.count, place.place_name, place.district_name))
    )[:MOST_PLACES]


def is_dwelling(*words: str) -> bool:
    """Tell whether a place type, or a subcategory's code or name, means somebody's home."""
    folded = [fold(word) for word in words]
    return any(stem in word for word in folded for stem in DWELLING_STEMS)


def own_id(report_id: object) -> str:
    """Give the page's own id of a report, which no other register knows."""
    return hashlib.sha256(str(report_id).encode()).hexdigest()[:8]


def _notices(
    reports: pd.DataFrame,
    *,
    week: IsoWeek,
    configuration: Configuration,
    names: dict[str, str],
    zone: ZoneInfo,
) -> tuple[Notice, ...]:
    chosen = reports[
        (reports["kind"] == Kind.CONTEXT.value)
        & (reports["iso_week"] == str(week))
        & ~_is_coming(reports)
        & reports["source_id"].isin(_public_sources(configuration))
    ].sort_values(["occurred_from", "report_id"], kind="stable")
    notices = []
    for row in _records(chosen):
        start = _start(row, zone)
        codes = {_text(row["category_code"]), _text(row["subcategory_code"])}
        notices.append(
            Notice(
                own_id=own_id(row["report_id"]),
                report_id=str(row["report_id"]),
                source_name=_source_name(configuration, str(row["source_id"])),
                title=_text(row["title"]),
                text=_text(row["free_text"]),
                occurred_on=start.date(),
                occurred_from=start if bool(row["is_time_known"]) else None,
                published_at=_local(row["reported_at"], zone),
                district_name=names.get(str(row["district_id"]), ""),
                place_name=_text(row["place_name"]),
                is_night_summary=NIGHT_SUMMARY_CATEGORY in codes,
            )
        )
    return tuple(notices)


def _coming(
    reports: pd.DataFrame,
    *,
    week: IsoWeek,
    configuration: Configuration,
    names: dict[str, str],
    zone: ZoneInfo,
) -> tuple[ComingEvent, ...]:
    weeks = [str(each) for each in week_range(week, week.plus(COMING_WEEKS))]
    chosen = reports[
        (reports["kind"] == Kind.CONTEXT.value)
        & reports["iso_week"].isin(weeks)
        & _is_coming(reports)
    ].sort_values(["occurred_from", "report_id"], kind="stable")
    category_names = _category_names(configuration)
    subcategory_names = _subcategory_names(configuration)
    public = _public_sources(configuration)
    events = []
    for row in _records(chosen):
        start, end = _start(row, zone), _local(row["occurred_to"], zone)
        category, subcategory = _text(row["category_code"]), _text(row["subcategory_code"])
        title = _text(row["title"]) if row["source_id"] in public else ""
        last = end or start
        events.append(
            ComingEvent(
                own_id=own_id(row["report_id"]),
                report_id=str(row["report_id"]),
                iso_week=str(row["iso_week"]),
                is_past=last < week.end(zone),
                occurred_on=start.date(),
                occurred_from=start if bool(row["is_time_known"]) else None,
                occurred_to=end if bool(row["is_time_known"]) and end != start else None,
                name=title
                or subcategory_names.get((category, subcategory), subcategory)
                or category_names.get(category, category),
                place_name=_text(row["place_name"]),
                district_name=names.get(str(row["district_id"]), ""),
                source_name=_source_name(configuration, str(row["source_id"])),
            )
        )
    return tuple(events)


def _sources(
    source_states: pd.DataFrame,
    *,
    rows: tuple[ReportRow, ...],
    reports: pd.DataFrame,
    week: IsoWeek,
    zone: ZoneInfo,
    configuration: Configuration,
) -> tuple[SourcePicture, ...]:
    by_kind = pd.Series(
        [(row.source_id, row.kind.value) for row in rows], dtype="object"
    ).value_counts()
    context = reports[
        (reports["kind"] == Kind.CONTEXT.value)
        & (reports["iso_week"] == str(week))
        & (reports["report_type"] != ReportType.NOTHING.value)
    ]["source_id"].value_counts()
    found = []
    for row in _records(source_states):
        source_id = str(row["source_id"])
        configured = configuration.sources.get(source_id)
        found.append(
            SourcePicture(
                source_id=source_id,
                name=_text(row["source_name"]) or source_id,
                short_name=_text(row["short_name"]) or _text(row["source_name"]) or source_id,
                state=SourceState(row["state"]),
                rhythm=configured.rhythm.value if configured else "",
                last_file_at=_local(row["last_file_at"], zone),
                report_count=_whole(row["report_count"]) or 0,
                incident_count=int(by_kind.get((source_id, Kind.INCIDENT.value), 0)),
                environment_case_count=int(
                    by_kind.get((source_id, Kind.ENVIRONMENT_CASE.value), 0)
                ),
                found_by_effort_count=int(by_kind.get((source_id, Kind.FOUND_BY_EFFORT.value), 0)),
                context_count=int(context.get(source_id, 0)),
            )
        )
    return tuple(found)


def _deliveries(deliveries: pd.DataFrame, *, configuration: Configuration) -> tuple[Delivery, ...]:
    zone = configuration.zone
    ordered = deliveries.sort_values(["received_at", "source_id", "file_name"], kind="stable")
    return tuple(
        Delivery(
            number=number,
            source_id=str(row["source_id"]),
            source_name=_source_name(configuration, str(row["source_id"])),
            file_name=_text(row["file_name"]),
            sha256=_text(row["sha256"]),
            received_at=_local(row["received_at"], zone),
            undone_at=_local(row["undone_at"], zone),
            state=DeliveryState(row["state"]),
            reason=_text(row["reason"]),
            rows_read=_whole(row["rows_read"]) or 0,
            accepted_count=_whole(row["accepted_count"]) or 0,
            quarantined_count=_whole(row["quarantined_count"]) or 0,
            known_count=_whole(row["known_count"]) or 0,
            left_out_count=_whole(row["left_out_count"]) or 0,
        )
        for number, row in enumerate(_records(ordered), start=1)
    )


def _ground(
    *, districts: gpd.GeoDataFrame, basemap: gpd.GeoDataFrame, attribution: str
) -> MapGround:
    """Give outlines and base map no finer than a screen can show, five decimals (one metre)."""
    west, south, east, north = (float(edge) for edge in districts.total_bounds)
    tolerance = max(east - west, north - south) / 3000
    outlines = districts.geometry.simplify(tolerance)
    features = []
    for map_class, name, geometry in zip(
        basemap["map_class"], basemap["name"], basemap.geometry.simplify(tolerance / 2), strict=True
    ):
        if geometry is None or geometry.is_empty:
            continue
        is_area = geometry.geom_type in {"Polygon", "MultiPolygon"}
        lines = (
            tuple(ring for polygon in _polygons(geometry) for ring in polygon)
            if is_area
            else tuple(_line(part.coords) for part in _parts(geometry) if hasattr(part, "coords"))
        )
        features.append(MapFeature(_text(map_class), _text(name), is_area, lines))
    return MapGround(
        outlines=tuple(
            Outline(str(district_id), str(name), _polygons(geometry))
            for district_id, name, geometry in zip(
                districts["district_id"], districts["name"], outlines, strict=True
            )
        ),
        features=tuple(features),
        attribution=attribution,
        bounds=(round(west, 5), round(south, 5), round(east, 5), round(north, 5)),
    )


def _parts(geometry: BaseGeometry) -> Iterator[BaseGeometry]:
    yield from shapely.get_parts(geometry)


def _polygons(geometry: BaseGeometry) -> tuple[tuple[Line, ...], ...]:
    return tuple(
        (_line(part.exterior.coords), *(_line(hole.coords) for hole in part.interiors))
        for part in _parts(geometry)
        if isinstance(part, shapely.Polygon)
    )


def _line(coordinates: Iterable[tuple[float, ...]]) -> Line:
    return tuple((round(float(each[0]), 5), round(float(each[1]), 5)) for each in coordinates)


def _is_coming(reports: pd.DataFrame) -> pd.Series:
    return (reports["category_code"] == COMING_CATEGORY).fillna(False).astype("bool") | (
        reports["report_type"] == ReportType.COMING.value
    ).fillna(False).astype("bool")


def _public_sources(configuration: Configuration) -> list[str]:
    return [
        source_id
        for source_id, source in configuration.sources.items()
        if source.free_text is FreeText.PUBLIC
    ]


def _source_name(configuration: Configuration, source_id: str) -> str:
    source = configuration.sources.get(source_id)
    return (source.short_name or source.name) if source else source_id


def _category_names(configuration: Configuration) -> dict[str, str]:
    return {category.code: category.name for category in configuration.categories}


def _subcategory_names(configuration: Configuration) -> dict[tuple[str, str], str]:
    return {
        (category.code, sub.code): sub.name
        for category in configuration.categories
        for sub in category.subcategories
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _start(row: dict[str, Any], zone: ZoneInfo) -> datetime:
    """Give a report's start, which the contract of the report table never leaves out."""
    start: datetime = pd.Timestamp(row["occurred_from"]).tz_convert(zone).to_pydatetime()
    return start


def _local(value: Any, zone: ZoneInfo) -> datetime | None:
    return None if pd.isna(value) else pd.Timestamp(value).tz_convert(zone).to_pydatetime()

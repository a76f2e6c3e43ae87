"""The rows of a page: reports, places, notices and what is coming, each as it may be shown."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from est_pipeline.domain.kinds import (
    FreeText,
    Kind,
    ReportType,
)
from est_pipeline.domain.protection import holds_any
from est_pipeline.domain.weeks import IsoWeek, week_range
from est_pipeline.lagesbild.content import (
    CategoryCount,
    ComingEvent,
    Delivery,
    ExactPlace,
    Notice,
    PlaceCount,
    ReportRow,
    RowOrigin,
)
from est_pipeline.lagesbild.fields import local_of, number_of, records, start_of, text_of, whole_of
from est_pipeline.lagesbild.map_layers import Point

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from est_pipeline.config import Configuration

COMING_WEEKS = 2
"""How many weeks after the week of the page count as coming."""

MOST_PLACES = 10
"""How many places with more than one incident are listed."""


def build_report_rows(
    reports: pd.DataFrame,
    *,
    week: IsoWeek,
    configuration: Configuration,
    names: dict[str, str],
    files: tuple[Delivery, ...],
    zone: ZoneInfo,
    secret: bytes,
    join_reasons: Mapping[str, str],
) -> tuple[ReportRow, ...]:
    """Give the week's incidents and other counted reports, in the order in which they happened."""
    counted = reports[is_counted(reports)].sort_values(
        ["occurred_from", "source_id", "report_id"], kind="stable"
    )
    is_shown = counted["is_lead_report"] | (counted["kind"] != Kind.INCIDENT.value)
    chosen = counted[is_shown & (counted["iso_week"] == str(week))]
    followers = _followers(counted, chosen)
    category_names = configuration.categories.names
    subcategory_names = configuration.categories.subcategory_names
    coarse = configuration.coarse_rule
    file_numbers = {(file.source_id, file.sha256): file.number for file in files}

    def is_protected(row: dict[str, Any]) -> bool:
        names = ("category_code", "subcategory_code", "place_type")
        return coarse.covers(*(text_of(row[name]) for name in names))

    def origin(row: dict[str, Any]) -> RowOrigin:
        source_id = str(row["source_id"])
        return RowOrigin(
            source_id=source_id,
            source_name=configuration.shown_name(source_id),
            file_number=file_numbers.get((source_id, text_of(row["file_sha256"]))),
            line_number=whole_of(row["line_number"]),
            joined_by=join_reasons.get(str(row["report_id"]), "").partition(" ")[0],
        )

    rows = []
    for row in records(chosen):
        start, end = start_of(row, zone), local_of(row["occurred_to"], zone)
        category, subcategory = (
            text_of(row["category_code"]),
            text_of(row["subcategory_code"]),
        )
        subcategory_name = subcategory_names.get((category, subcategory), subcategory)
        place_type, place_name = text_of(row["place_type"]), text_of(row["place_name"])
        lon, lat = number_of(row["lon"]), number_of(row["lat"])
        others = followers.get(text_of(row["incident_id"]), [])
        is_coarse = any(is_protected(each) for each in (row, *others))
        own = origin(row)
        is_timed = bool(row["is_time_known"]) and not is_coarse
        rows.append(
            ReportRow(
                own_id=own_id(_first_known(row, *others)["report_id"], secret=secret),
                report_id=str(row["report_id"]),
                kind=Kind(row["kind"]),
                source_id=own.source_id,
                source_name=own.source_name,
                file_number=own.file_number,
                line_number=own.line_number,
                category_code=category,
                category_name=category_names.get(category, category),
                subcategory_name=subcategory_name,
                incident_number=max(
                    whole_of(each["incident_number"]) or 0 for each in (row, *others)
                ),
                occurred_on=start.date(),
                occurred_from=start if is_timed else None,
                occurred_to=end if is_timed and end != start else None,
                is_long_interval=bool(row["is_long_interval"]),
                district_id=str(row["district_id"]),
                district_name=names.get(str(row["district_id"]), str(row["district_id"])),
                place_name="" if is_coarse else place_name,
                placing=str(row["placing"]),
                point=Point(lon, lat, number_of(row["precision_m"]))
                if lon is not None and lat is not None and not is_coarse
                else None,
                is_coarse=is_coarse,
                exact=ExactPlace(place_name, place_type, lon, lat, start) if is_coarse else None,
                place_text=text_of(row["place_text"]),
                others=tuple(origin(each) for each in others),
            )
        )
    return tuple(rows)


def _first_known(*reports: dict[str, Any]) -> dict[str, Any]:
    """Give the report of an incident that came first: a later one never changes its id."""
    return min(reports, key=lambda each: (each["received_at"], str(each["report_id"])))


def is_counted(reports: pd.DataFrame) -> pd.Series:
    """Tell which reports are counted: the three kinds, and not "inget att rapportera"."""
    kinds = [Kind.INCIDENT.value, Kind.ENVIRONMENT_CASE.value, Kind.FOUND_BY_EFFORT.value]
    counted: pd.Series = reports["kind"].isin(kinds) & (
        reports["report_type"] != ReportType.NOTHING.value
    )
    return counted


def _followers(reports: pd.DataFrame, leads: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Give the reports behind each incident beside the one that leads, earliest first."""
    is_one = (
        (reports["kind"] == Kind.INCIDENT.value)
        & ~reports["is_lead_report"]
        & reports["incident_id"].isin(leads["incident_id"])
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in records(reports[is_one]):
        found.setdefault(str(row["incident_id"]), []).append(row)
    return found


def count_places(rows: tuple[ReportRow, ...]) -> tuple[PlaceCount, ...]:
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


def own_id(report_id: object, *, secret: bytes) -> str:
    """Give the page's own id of a report: eight letters and digits that no other register knows.

    Keyed, since case numbers are short: without the workspace's secret nobody can try them all.
    """
    digest = hashlib.blake2b(str(report_id).encode(), key=secret[:64], digest_size=5).digest()
    return base64.b32encode(digest).decode("ascii").lower()


def build_notices(
    reports: pd.DataFrame,
    *,
    week: IsoWeek,
    configuration: Configuration,
    names: dict[str, str],
    zone: ZoneInfo,
    secret: bytes,
) -> tuple[tuple[Notice, ...], int]:
    """Give the notices of the week, and how many are kept off the page by `visas_inte`."""
    chosen = reports[
        (reports["kind"] == Kind.CONTEXT.value)
        & (reports["iso_week"] == str(week))
        & ~_is_coming(reports, configuration)
        & reports["source_id"].isin(_public_sources(configuration))
    ].sort_values(["occurred_from", "report_id"], kind="stable")
    summaries = {each.code for each in configuration.categories if each.is_summary}
    hidden = configuration.settings.protection.hidden_words
    hidden_count = 0
    notices = []
    for row in records(chosen):
        start = start_of(row, zone)
        if holds_any(f"{text_of(row['title'])} {text_of(row['free_text'])}", hidden):
            hidden_count += 1
            continue
        notices.append(
            Notice(
                own_id=own_id(row["report_id"], secret=secret),
                report_id=str(row["report_id"]),
                source_name=configuration.shown_name(str(row["source_id"])),
                title=text_of(row["title"]),
                text=text_of(row["free_text"]),
                occurred_on=start.date(),
                occurred_from=start if bool(row["is_time_known"]) else None,
                published_at=local_of(row["reported_at"], zone),
                district_name=names.get(str(row["district_id"]), ""),
                place_name=text_of(row["place_name"]),
                is_night_summary=text_of(row["category_code"]) in summaries,
            )
        )
    return tuple(notices), hidden_count


def build_coming(
    reports: pd.DataFrame,
    *,
    week: IsoWeek,
    configuration: Configuration,
    names: dict[str, str],
    zone: ZoneInfo,
    secret: bytes,
) -> tuple[ComingEvent, ...]:
    """Give what is coming in the week and the `COMING_WEEKS` after it."""
    weeks = [str(each) for each in week_range(week, week.plus(COMING_WEEKS))]
    chosen = reports[
        (reports["kind"] == Kind.CONTEXT.value)
        & reports["iso_week"].isin(weeks)
        & _is_coming(reports, configuration)
    ].sort_values(["occurred_from", "report_id"], kind="stable")
    category_names = configuration.categories.names
    subcategory_names = configuration.categories.subcategory_names
    public = _public_sources(configuration)
    events = []
    for row in records(chosen):
        start, end = start_of(row, zone), local_of(row["occurred_to"], zone)
        category, subcategory = (
            text_of(row["category_code"]),
            text_of(row["subcategory_code"]),
        )
        title = text_of(row["title"]) if row["source_id"] in public else ""
        last = end or start
        events.append(
            ComingEvent(
                own_id=own_id(row["report_id"], secret=secret),
                report_id=str(row["report_id"]),
                iso_week=str(row["iso_week"]),
                is_past=last < week.end(zone),
                occurred_on=start.date(),
                occurred_from=start if bool(row["is_time_known"]) else None,
                occurred_to=end if bool(row["is_time_known"]) and end != start else None,
                name=title
                or subcategory_names.get((category, subcategory), subcategory)
                or category_names.get(category, category),
                place_name=text_of(row["place_name"]),
                district_name=names.get(str(row["district_id"]), ""),
                source_name=configuration.shown_name(str(row["source_id"])),
            )
        )
    return tuple(events)


def _is_coming(reports: pd.DataFrame, configuration: Configuration) -> pd.Series:
    """Tell what lies ahead: by its type in the form, or by a category that is context itself."""
    codes = [
        category.code
        for category in configuration.categories
        if category.kind is Kind.CONTEXT and not category.is_summary
    ]
    is_type = reports["report_type"].eq(ReportType.COMING.value).fillna(False).astype("bool")
    return is_type | reports["category_code"].isin(codes)


def _public_sources(configuration: Configuration) -> list[str]:
    return [
        source_id
        for source_id, source in configuration.sources.items()
        if source.free_text is FreeText.PUBLIC
    ]

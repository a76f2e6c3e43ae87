"""Assembly: the run's frames become the content of a page."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from est_pipeline.domain.kinds import (
    DeliveryState,
    InformationClass,
    Kind,
    ReportType,
    SourceState,
)
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.weeks import IsoWeek, week_range
from est_pipeline.lagesbild.content import (
    AreaPicture,
    Basis,
    CalendarEntry,
    CategoryCount,
    Comparison,
    Delivery,
    Head,
    Lagesbild,
    Library,
    ReportRow,
    SourcePicture,
    Span,
    WeekCount,
)
from est_pipeline.lagesbild.fields import local_of, records, text_of, whole_of
from est_pipeline.lagesbild.ground import build_ground
from est_pipeline.lagesbild.issues import FIRST_ISSUE
from est_pipeline.lagesbild.judgement import build_judgements
from est_pipeline.lagesbild.map_layers import EarlierWeeks, WebTiles
from est_pipeline.lagesbild.meeting import LastWeek, build_plan, build_since_last
from est_pipeline.lagesbild.near_repeats import build_near_repeats
from est_pipeline.lagesbild.recurring_places import RecurringPlaces
from est_pipeline.lagesbild.rhythm import build_rhythm
from est_pipeline.lagesbild.rows import (
    build_coming,
    build_notices,
    build_report_rows,
    count_places,
    is_counted,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from est_pipeline.analysis.near_repeat import NearRepeats
    from est_pipeline.analysis.rhythm import Rhythm
    from est_pipeline.analysis.signals import Judged
    from est_pipeline.config import Configuration

FEWEST_WEEKS_FOR_SPAN = 8
"""With fewer weeks of history than this, no span and no median are stated."""


@dataclass(frozen=True)
class Analyses:
    """What the analyses say of a week.

    Attributes:
        judged: whether its counts are usual, kind by kind.
        silent_ids: sources whose silence could make the week look calm.
        recurring: the places to prioritise after it.
        rhythm: when incidents happen, up to it.
        near_repeats: whether the risk is raised after an incident, up to it.
        earlier: the weeks before it, as the map shows them.
    """

    judged: Mapping[Kind, Judged]
    silent_ids: tuple[str, ...]
    recurring: RecurringPlaces
    rhythm: Rhythm
    near_repeats: NearRepeats
    earlier: EarlierWeeks | None = None


def build_content(  # noqa: PLR0913 - the frames that the run hands over, each named at the call
    *,
    week: IsoWeek,
    as_of: datetime,
    configuration: Configuration,
    districts: gpd.GeoDataFrame,
    basemap: gpd.GeoDataFrame,
    attribution: str,
    calendar: pd.DataFrame,
    counts: pd.DataFrame,
    reports: pd.DataFrame,
    deliveries: pd.DataFrame,
    source_states: pd.DataFrame,
    program_version: str,
    secret: bytes,
    libraries: Mapping[str, str] | None = None,
    join_reasons: Mapping[str, str] | None = None,
    doubt_count: int = 0,
    analyses: Analyses | None = None,
    last_week: LastWeek | None = None,
) -> Lagesbild:
    """Build all that a page of one week may know.

    Args:
        week: the week of the page.
        as_of: the moment up to which reports are counted (aware).
        configuration: the workspace's configuration.
        districts: as `read_districts` gives them.
        basemap: as `read_basemap` gives it.
        attribution: the base map's attribution.
        calendar: as `read_calendar` gives it, for the week and the `COMING_WEEKS` after it.
        counts: `WEEKLY_COUNTS` for the weeks up to `week`, zeros included, all areas. Weeks before
            its first week are short history, never zeros; `counts.attrs["first_week"]`, where
            stated, moves that limit forward.
        reports: `REPORT_COLUMNS`, the week's reports of all kinds, coming ones of the weeks
            after, and reports of other weeks whose incident counts in the week.
        deliveries: one row a file received since the week before ended.
        source_states: one row a source.
        program_version: the version that stands in the basis.
        secret: the workspace's secret, by which rows get the page's own ids.
        libraries: the versions of what the program is built on, by name.
        join_reasons: `report_id` -> `join_reason` of reports that share their incident.
        doubt_count: pairs of reports, one of them of the week, that wait for a human.
        analyses: what the analyses say of the week, where they were made.
        last_week: the week before as it was and is, and the decisions of the meetings.
    """
    settings = configuration.settings
    zone = configuration.zone
    names = {
        **dict(zip(districts["district_id"], districts["name"], strict=True)),
        REST_ID: settings.area.rest_name,
        UNPLACED_ID: "",
    }
    files = _deliveries(deliveries, configuration=configuration)
    rows = build_report_rows(
        reports,
        week=week,
        configuration=configuration,
        names=names,
        files=files,
        zone=zone,
        secret=secret,
        join_reasons=join_reasons or {},
    )
    areas, total = _areas(counts, week=week, configuration=configuration, names=names, rows=rows)
    notices, hidden_notice_count = build_notices(
        reports, week=week, configuration=configuration, names=names, zone=zone, secret=secret
    )
    ground = build_ground(
        districts=districts,
        basemap=basemap,
        attribution=attribution,
        tiles=WebTiles(settings.map.tiles_url, settings.map.tiles_attribution)
        if settings.map.tiles_url
        else None,
    )
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
            libraries=tuple(Library(*each) for each in sorted((libraries or {}).items())),
            history_weeks=settings.periods.history_weeks,
        ),
        issue=FIRST_ISSUE,
        total=total,
        areas=tuple(area for area in areas if area.district_id != UNPLACED_ID),
        unplaced=next(area for area in areas if area.district_id == UNPLACED_ID),
        rows=rows,
        places=count_places(rows),
        outside_map_count=sum(
            max(row.incident_number, 0)
            for row in rows
            if row.kind is Kind.INCIDENT and row.point and not ground.shows(row.point)
        ),
        notices=notices,
        hidden_notice_count=hidden_notice_count,
        coming=build_coming(
            reports, week=week, configuration=configuration, names=names, zone=zone, secret=secret
        ),
        calendar=tuple(
            CalendarEntry(entry["first_on"], entry["last_on"], str(entry["name"]))
            for entry in records(calendar)
        ),
        judgements=build_judgements(
            analyses.judged,
            configuration=configuration,
            names=names,
            silent_ids=analyses.silent_ids,
        )
        if analyses
        else None,
        earlier=analyses.earlier if analyses else None,
        recurring=analyses.recurring if analyses else None,
        rhythm=build_rhythm(
            analyses.rhythm,
            district_names=names,
            category_names=configuration.categories.names,
        )
        if analyses
        else None,
        near_repeats=build_near_repeats(
            analyses.near_repeats, category_names=configuration.categories.names
        )
        if analyses
        else None,
        since_last=None
        if last_week is None
        else build_since_last(last_week, as_of=as_of, configuration=configuration, names=names),
        meeting=build_plan(configuration),
        basis=Basis(
            sources=_sources(
                source_states,
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
            doubt_count=doubt_count,
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
    category_names = configuration.categories.names
    order = {code: number for number, code in enumerate(category_names)}
    without_point: Counter[str] = Counter()
    for row in rows:
        if row.kind is Kind.INCIDENT and row.point is None:
            without_point[row.district_id] += max(row.incident_number, 0)

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
            without_point_count=without_point[district_id]
            if district_id
            else without_point.total(),
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


def _sources(
    source_states: pd.DataFrame,
    *,
    reports: pd.DataFrame,
    week: IsoWeek,
    zone: ZoneInfo,
    configuration: Configuration,
) -> tuple[SourcePicture, ...]:
    counted = reports[is_counted(reports) & (reports["iso_week"] == str(week))]
    by_kind = counted.groupby(["source_id", "kind"], observed=True).size()
    context = reports[
        (reports["kind"] == Kind.CONTEXT.value)
        & (reports["iso_week"] == str(week))
        & (reports["report_type"] != ReportType.NOTHING.value)
    ]["source_id"].value_counts()
    found = []
    for row in records(source_states):
        source_id = str(row["source_id"])
        configured = configuration.sources.get(source_id)
        found.append(
            SourcePicture(
                source_id=source_id,
                name=text_of(row["source_name"]) or source_id,
                short_name=text_of(row["short_name"]) or text_of(row["source_name"]) or source_id,
                state=SourceState(row["state"]),
                rhythm=configured.rhythm.value if configured else "",
                is_counted=configured is None or configured.kind is not Kind.CONTEXT,
                last_file_at=local_of(row["last_file_at"], zone),
                report_count=whole_of(row["report_count"]) or 0,
                usual_low=whole_of(row.get("usual_low")),
                usual_high=whole_of(row.get("usual_high")),
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
            source_name=configuration.shown_name(str(row["source_id"])),
            file_name=text_of(row["file_name"]),
            sha256=text_of(row["sha256"]),
            received_at=local_of(row["received_at"], zone),
            undone_at=local_of(row["undone_at"], zone),
            state=DeliveryState(row["state"]),
            reason=text_of(row["reason"]),
            rows_read=whole_of(row["rows_read"]) or 0,
            accepted_count=whole_of(row["accepted_count"]) or 0,
            quarantined_count=whole_of(row["quarantined_count"]) or 0,
            known_count=whole_of(row["known_count"]) or 0,
            left_out_count=whole_of(row["left_out_count"]) or 0,
        )
        for number, row in enumerate(records(ordered), start=1)
    )

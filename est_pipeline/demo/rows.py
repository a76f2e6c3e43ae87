"""One made-up report, and the keeping apart of reports that are not of the same incident."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from est_pipeline.domain.kinds import Kind, Placing
from est_pipeline.domain.weeks import IsoWeek

LONG_INTERVAL = timedelta(days=7)
APART = timedelta(minutes=150)
APART_M = 300.0


@dataclass(eq=False, slots=True)
class Row:
    """One report as its author knows it; local times without zone.

    `way` is how the row says where; `easting_m` and `northing_m` are what a reader can know of
    the point (missing where only the district is said), `precision_m` how precisely.
    `file_week` is the week whose file holds the row.
    """

    source_id: str
    kind: Kind
    report_type: str
    category_code: str
    subcategory_code: str | None
    district_id: str
    way: Placing
    start: datetime
    end: datetime | None
    is_time_known: bool
    reported: datetime
    file_week: IsoWeek
    place: str = ""
    address: str = ""
    easting_m: float | None = None
    northing_m: float | None = None
    precision_m: float = 0.0
    severity: int = 1
    text: str = ""
    row_id: str = ""
    plan: str = ""
    """Which planted truth the row belongs to, with its number; empty for the background."""
    is_late: bool = False
    lon_lat: tuple[float, float] | None = None

    @property
    def iso_week(self) -> IsoWeek:
        """The week that the report counts in: of its start, of the middle where it is long."""
        return IsoWeek.of(counted_moment(self.start, self.end).date())

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From when to when it may have happened."""
        if not self.is_time_known:
            day = datetime.combine(self.start.date(), datetime.min.time())
            return day, day + timedelta(days=1)
        return self.start, self.end or self.start


def counted_moment(start: datetime, end: datetime | None) -> datetime:
    """Give the moment whose week a report belongs to."""
    if end is not None and end - start > LONG_INTERVAL:
        return start + (end - start) / 2
    return start


def skip_summer_gap(moment: datetime) -> datetime:
    """Move a local time out of the hour that is skipped when summer time begins in Europe."""
    is_last_sunday = moment.month == 3 and moment.weekday() == 6 and moment.day > 24
    if is_last_sunday and moment.hour == 2:
        return moment + timedelta(hours=1)
    return moment


@dataclass
class Keeper:
    """Takes reports in as long as no other actor's report could be of the same incident.

    So the pairs that are planted as duplicates are the only ones there are.
    """

    rows: list[Row] = field(default_factory=list)
    _by_day: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def offer(self, *rows: Row) -> bool:
        """Take rows in, all or none: none where one lies too close to a row taken in before."""
        if not all(self._fits(row) for row in rows):
            return False
        for row in rows:
            if _has_point(row):
                for day in _days(row):
                    self._by_day[day].append(row)
            self.rows.append(row)
        return True

    def _fits(self, row: Row) -> bool:
        if not _has_point(row):
            return True
        return not any(_is_close(row, other) for day in _days(row) for other in self._by_day[day])


def _has_point(row: Row) -> bool:
    return row.kind is Kind.INCIDENT and row.easting_m is not None


def _days(row: Row) -> range:
    first, last = row.span
    return range((first - APART).toordinal(), (last + APART).toordinal() + 1)


def _is_close(row: Row, other: Row) -> bool:
    is_pair = bool(row.plan) and row.plan == other.plan
    if is_pair:
        return False
    is_same_actor = row.source_id == other.source_id
    if is_same_actor and not (row.plan.startswith("par") or other.plan.startswith("par")):
        return False
    first, last = row.span
    other_first, other_last = other.span
    if first - other_last >= APART or other_first - last >= APART:
        return False
    return distance_m(row, other) < APART_M + row.precision_m + other.precision_m


def distance_m(row: Row, other: Row) -> float:
    """Give the distance between the points of two rows that have one."""
    if row.easting_m is None or row.northing_m is None:
        raise ValueError(row)
    if other.easting_m is None or other.northing_m is None:
        raise ValueError(other)
    return math.hypot(row.easting_m - other.easting_m, row.northing_m - other.northing_m)

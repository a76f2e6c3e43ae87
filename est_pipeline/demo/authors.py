"""Writing reports the way each source writes them: words, places, delays, silences."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TypeVar

import numpy as np

from est_pipeline.config import Configuration
from est_pipeline.demo.rows import Row, skip_summer_gap
from est_pipeline.demo.scenario import Scenario, Sender, Stream
from est_pipeline.demo.terrain import Spot, Terrain
from est_pipeline.domain.kinds import Kind, Placing, ReportType
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.weeks import IsoWeek

_WAYS = {
    "punkt": Placing.COORDINATES,
    "plats": Placing.PLACE,
    "adress": Placing.ADDRESS,
    "stadsdel": Placing.DISTRICT,
    "text": Placing.TEXT_PLACE,
    "ingen": Placing.NONE,
}
_TYPES = {
    Kind.INCIDENT: ReportType.INCIDENT,
    Kind.ENVIRONMENT_CASE: ReportType.UNSAFE_PLACE,
    Kind.FOUND_BY_EFFORT: ReportType.FOUND_BY_EFFORT,
}
_AREA_TYPES = ("bostadsområde", "ort", "köpcentrum")
_STREET_TYPES = ("gata", "hållplats", "centrum")
Option = TypeVar("Option")
_FALLBACK_TYPES = ("centrum", "torg", "hållplats")


def pick(options: list[Option], weights: list[float], rng: np.random.Generator) -> Option:
    """Draw one of the options by its weight."""
    shares = np.array(weights, dtype=np.float64)
    return options[int(np.searchsorted(np.cumsum(shares), rng.random() * shares.sum(), "right"))]


@dataclass(frozen=True)
class Calendar:
    """Which weeks the demo is about, and which of them a source is silent or not yet there."""

    scenario: Scenario
    first: IsoWeek
    last: IsoWeek

    def is_reporting(self, source_id: str, week: IsoWeek) -> bool:
        """Tell whether a source reports incidents of its own in a week."""
        planted = self.scenario.planted
        newcomer, silent = planted["ny_rapportor"], planted["tyst_kalla"]
        if source_id == newcomer["kalla"]:
            return self.newcomer_first <= week <= self.last
        if source_id == silent["kalla"]:
            return week <= self.last.plus(-int(silent["veckor"]))
        if source_id == planted["inget_att_rapportera"]["kalla"]:
            return week != self.last
        if source_id == planted["sena_rader"]["kalla"]:
            return week.number not in self.scenario.school_breaks
        return True

    def is_sending(self, source_id: str, week: IsoWeek) -> bool:
        """Tell whether a file comes from a source for a week at all."""
        planted = self.scenario.planted
        if source_id in (planted["ny_rapportor"]["kalla"], planted["tyst_kalla"]["kalla"]):
            return self.is_reporting(source_id, week)
        return True

    @property
    def newcomer_first(self) -> IsoWeek:
        """The first week of the source that joins."""
        return self.last.plus(1 - int(self.scenario.planted["ny_rapportor"]["veckor"]))

    @property
    def weekly_first(self) -> IsoWeek:
        """The first week that comes as weekly files; all before comes in bulk."""
        return self.last.plus(1 - int(self.scenario.planted["veckofiler"]))


@dataclass
class Author:
    """Writes rows; every draw comes from one generator, in one fixed order."""

    scenario: Scenario
    configuration: Configuration
    terrain: Terrain
    calendar: Calendar
    rng: np.random.Generator
    _words: dict[tuple[str, str], list[str | None]] = field(default_factory=dict)

    def knows(self, source_id: str, category_code: str) -> bool:
        """Tell whether a source has a word for a category."""
        return bool(self.subcategories(source_id, category_code))

    def subcategories(self, source_id: str, category_code: str) -> list[str | None]:
        """List what a source can say of a category: subcategory codes, None for no certain one."""
        key = (source_id, category_code)
        if key not in self._words:
            codes = self.configuration.sources[source_id].codes.category
            if codes:
                pairs = [code.partition("/") for code in codes.values()]
                found = [sub or None for code, _, sub in pairs if code == category_code]
            else:
                category = next(c for c in self.configuration.categories if c.code == category_code)
                found = [None, *(sub.code for sub in category.subcategories)]
            self._words[key] = list(dict.fromkeys(found))
        return self._words[key]

    def write(
        self,
        stream: Stream,
        *,
        source_id: str,
        district_id: str,
        start: datetime,
        end: datetime | None = None,
        way: Placing | None = None,
        spot: Spot | None = None,
        point: tuple[float, float] | None = None,
        subcategory_code: str | None = None,
        plan: str = "",
    ) -> Row:
        """Write one report of what happened; what is not given is drawn."""
        rng, sender = self.rng, self.scenario.senders[source_id]
        start = skip_summer_gap(start)
        week = IsoWeek.of(start.date())
        is_time_known = bool(plan) or rng.random() >= sender.date_only_share
        if end is None and not plan and is_time_known and rng.random() < sender.interval_share:
            end = start + timedelta(minutes=float(rng.integers(20, 600)))
        if end is not None and not plan:
            end = skip_summer_gap(min(end, _cut(week) - timedelta(minutes=100)))
            end = end if end > start else None
        if not is_time_known:
            start, end = datetime.combine(start.date(), time()), None
        if subcategory_code is None:
            options = self.subcategories(source_id, stream.category_code)
            weights = [stream.subcategory_weights.get(sub or "", 1.0) for sub in options]
            subcategory_code = pick(options, weights, rng)
        row = Row(
            source_id=source_id,
            kind=stream.kind,
            report_type=str(_TYPES[stream.kind]),
            category_code=stream.category_code,
            subcategory_code=subcategory_code,
            district_id=district_id,
            way=way
            or _WAYS[pick(list(sender.way_weights), list(sender.way_weights.values()), rng)],
            start=start,
            end=end,
            is_time_known=is_time_known,
            reported=self._reported(end or start, week, sender),
            file_week=IsoWeek.of((end or start).date()) if plan else week,
            severity=int(rng.choice(stream.severities)),
            text=str(rng.choice(stream.texts)) if rng.random() < 0.8 else "",
            plan=plan,
        )
        if row.file_week != week:
            row.reported = self._reported(end or start, row.file_week, sender)
        self._place(row, sender, spot, point)
        if not plan:
            self._delay(row, sender)
            self._leave_start_open(row)
        return row

    def _reported(self, happened: datetime, week: IsoWeek, sender: Sender) -> datetime:
        cut = _cut(week)
        moment = happened + timedelta(hours=float(self.rng.exponential(sender.delay_hours)) + 0.2)
        if moment >= cut:
            moment = happened + (cut - happened) * float(self.rng.random())
        return skip_summer_gap(moment.replace(second=0, microsecond=0))

    def _delay(self, row: Row, sender: Sender) -> None:
        """Let a share of the rows come in a later week's file."""
        if self.rng.random() >= sender.late_share:
            return
        week = row.file_week.plus(1 if self.rng.random() < 0.8 else int(self.rng.integers(2, 5)))
        if week > self.calendar.last or not self.calendar.is_reporting(row.source_id, week):
            return
        is_counted_out = row.source_id == self.scenario.planted["sena_rader"]["kalla"]
        if is_counted_out and week == self.calendar.last:
            return  # how many of these come late to the last file is planted
        self.put_off(row, week)

    def _leave_start_open(self, row: Row) -> None:
        """Where a source falls back on when a row was made, let some rows say no more than that."""
        has_fallback = len(self.configuration.sources[row.source_id].columns.get("start", ())) > 1
        is_open = has_fallback and self.rng.random() < 0.6 and not row.is_late and row.end is None
        if is_open and IsoWeek.of(row.reported.date()) == row.file_week:
            row.start = row.reported

    def put_off(self, row: Row, week: IsoWeek) -> None:
        """Let a row come first in a later week's file."""
        row.file_week, row.is_late = week, True
        monday = datetime.combine(week.monday, time(9))
        row.reported = monday + timedelta(minutes=float(self.rng.integers(0, 5 * 24 * 60)))
        row.reported = skip_summer_gap(row.reported.replace(second=0))

    def _place(
        self, row: Row, sender: Sender, spot: Spot | None, point: tuple[float, float] | None
    ) -> None:
        """Say where, in the way that the row says it; what cannot be said becomes a district."""
        if row.way is Placing.COORDINATES:
            if point is None:
                easting, northing, spot = self.terrain.draw(row.district_id, self.rng)
                point = (easting, northing)
            row.easting_m, row.northing_m = point
            has_place = "plats" in sender.way_weights
            if spot is not None and has_place and (row.plan or self.rng.random() < 0.7):
                row.place = spot.name
            if "adress" in self.configuration.sources[row.source_id].columns:
                row.address = self._street(row.district_id)
            return
        if row.way is Placing.NONE:
            row.district_id = UNPLACED_ID
            if "plats" in sender.way_weights:
                row.place = str(self.rng.choice(self.scenario.planted["okanda_platser"]))
            return
        has_address = sender.way_weights.get("adress", 0) > 0
        spot = spot or self._spot_for(row, sender)
        if spot is None:
            row.way = Placing.DISTRICT
            row.place = self.terrain.district_names[row.district_id]
            row.address = self._street(row.district_id) if has_address else ""
            return
        row.easting_m, row.northing_m = spot.easting_m, spot.northing_m
        row.precision_m = spot.precision_m
        if row.way is Placing.ADDRESS:
            row.address = f"{spot.name} {int(self.rng.integers(1, 60))}"
            row.place = self.terrain.district_names.get(row.district_id, "")
        elif row.way is Placing.TEXT_PLACE:
            said = self.scenario.planted["plats_i_text"].format(plats=spot.name)
            row.text = f"{row.text} {said}".strip()
        else:  # outside the districts there is no district to name, so it is an area
            row.way, row.place = Placing.PLACE, spot.name
            row.address = self._street(row.district_id) if has_address else ""

    def _spot_for(self, row: Row, sender: Sender) -> Spot | None:
        """Find the place that a row names; none where it can only name the district."""
        if row.way is Placing.DISTRICT:
            if row.district_id != REST_ID:
                return None
            spots = self.terrain.named_spots(row.district_id, _AREA_TYPES, largest_m=1000)
        elif row.way is Placing.ADDRESS:
            spots = self.terrain.named_spots(row.district_id, _STREET_TYPES, largest_m=450)
        else:
            spots = self.terrain.named_spots(row.district_id, sender.place_types)
            spots = spots or self.terrain.named_spots(row.district_id, _FALLBACK_TYPES)
        if not spots and row.district_id == REST_ID:
            spots = [spot for spot in self.terrain.spots if spot.district_id == REST_ID]
        if not spots:
            return None
        return pick(spots, [self.terrain.weight(spot) for spot in spots], self.rng)

    def _street(self, district_id: str) -> str:
        street = str(self.rng.choice(self.scenario.streets[district_id]))
        return f"{street} {int(self.rng.integers(1, 90))}"


def _cut(week: IsoWeek) -> datetime:
    """Give the moment on the Monday after a week until which rows reach that week's file."""
    return datetime.combine(week.plus(1).monday, time(5, 45))

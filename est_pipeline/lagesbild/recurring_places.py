"""The places to prioritise: what the page may know of them, built from the ranked places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd

from est_pipeline.analysis.hexagons import outline_of
from est_pipeline.analysis.place_list import find_nearest, list_places
from est_pipeline.analysis.places import (
    RECENT_WEEKS,
    PlaceBasis,
    PlaceState,
    Standing,
    Unit,
    describe_basis,
    rank_places,
)
from est_pipeline.domain.kinds import InformationClass
from est_pipeline.lagesbild.fields import number_of, records, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from est_pipeline.domain.weeks import IsoWeek

INTERNAL = InformationClass.INTERNAL


@dataclass(frozen=True)
class RecurringPlace:
    """A place that may be expected to bring incidents next week, and what that rests on.

    `place_name` is the named place, or for a hexagon (`is_named` false) the named place nearest
    to its middle, which lies `distance_m` from it in the direction `bearing` (degrees from
    north) and has an `outline` ((lon, lat), closed). `expected_count` is what a week may be
    expected to bring. `is_certain`: it is called a recurring place; else its position is known
    too vaguely for that.
    """

    place_name: Annotated[str, INTERNAL]
    district_name: Annotated[str, INTERNAL]
    is_named: Annotated[bool, INTERNAL]
    is_certain: Annotated[bool, INTERNAL]
    distance_m: Annotated[float | None, INTERNAL]
    bearing: Annotated[float | None, INTERNAL]
    lon: Annotated[float | None, INTERNAL]
    lat: Annotated[float | None, INTERNAL]
    precision_m: Annotated[float | None, INTERNAL]
    outline: Annotated[tuple[tuple[float, float], ...], INTERNAL]
    state: Annotated[PlaceState, INTERNAL]
    expected_count: Annotated[float, INTERNAL]
    count_year: Annotated[int, INTERNAL]
    count_recent: Annotated[int, INTERNAL]
    weeks_with: Annotated[int, INTERNAL]
    last_week: Annotated[str, INTERNAL]
    category_name: Annotated[str, INTERNAL]
    category_count: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class RecurringPlaces:
    """The places to prioritise after a week, and the incidents of the year they are chosen from.

    `recent_weeks` and `week_count` are the weeks behind `count_recent` and `count_year` of each
    place; the other counts are those of `analysis.places.PlaceBasis`.
    """

    places: Annotated[tuple[RecurringPlace, ...], INTERNAL]
    week_count: Annotated[int, INTERNAL]
    recent_weeks: Annotated[int, INTERNAL]
    incident_count: Annotated[int, INTERNAL]
    placed_count: Annotated[int, INTERNAL]
    coarse_count: Annotated[int, INTERNAL]
    vague_count: Annotated[int, INTERNAL]
    unplaced_count: Annotated[int, INTERNAL]
    cell_width_m: Annotated[float | None, INTERNAL]

    @property
    def certain(self) -> tuple[RecurringPlace, ...]:
        """Those that are called recurring places."""
        return tuple(place for place in self.places if place.is_certain)

    @property
    def uncertain(self) -> tuple[RecurringPlace, ...]:
        """Those whose position is known too vaguely for that."""
        return tuple(place for place in self.places if not place.is_certain)


def build_recurring_places(
    occurrences: pd.DataFrame,
    *,
    week: IsoWeek,
    places: pd.DataFrame,
    district_names: Mapping[str, str],
    category_names: Mapping[str, str],
) -> RecurringPlaces:
    """Choose the places to prioritise after a week.

    Args:
        occurrences: `domain.schemas.OCCURRENCES` as known when the page is made, up to
            `analysis.place_scores.LONGEST_WEEKS` of them.
        week: the week of the page.
        places: the gazetteer: `place_name`, `lon`, `lat`, one row a name.
        district_names: the name of each district.
        category_names: the name of each category.
    """
    chosen = list_places(rank_places(occurrences, week=week))
    basis = describe_basis(occurrences, week=week)
    gazetteer = places.dropna(subset=["place_name", "lon", "lat"]).drop_duplicates("place_name")
    nearest = find_nearest(chosen[["lon", "lat"]], gazetteer).add_prefix("nearest_")
    return RecurringPlaces(
        places=tuple(
            _place(row, district_names=district_names, category_names=category_names)
            for row in records(chosen.join(nearest))
        ),
        recent_weeks=min(RECENT_WEEKS, basis.week_count),
        **_counts(basis),
    )


def _counts(basis: PlaceBasis) -> dict[str, Any]:
    return {
        "week_count": basis.week_count,
        "incident_count": basis.incident_count,
        "placed_count": basis.placed_count,
        "coarse_count": basis.coarse_count,
        "vague_count": basis.vague_count,
        "unplaced_count": basis.unplaced_count,
        "cell_width_m": _rounded(basis.cell_width_m),
    }


def _place(
    row: dict[str, Any], *, district_names: Mapping[str, str], category_names: Mapping[str, str]
) -> RecurringPlace:
    is_named = row["unit"] == str(Unit.NAMED)
    district_id, category = text_of(row["district_id"]), text_of(row["category_code"])
    return RecurringPlace(
        place_name=text_of(row["place_name"] if is_named else row["nearest_place_name"]),
        district_name=district_names.get(district_id, district_id),
        is_named=is_named,
        is_certain=row["standing"] == str(Standing.RECURRING),
        distance_m=None if is_named else _rounded(row["nearest_distance_m"]),
        bearing=None if is_named else _rounded(row["nearest_bearing"]),
        lon=number_of(row["lon"]),
        lat=number_of(row["lat"]),
        precision_m=_rounded(row["precision_m"]),
        outline=()
        if is_named
        else tuple((round(lon, 5), round(lat, 5)) for lon, lat in outline_of(str(row["unit_id"]))),
        state=PlaceState(row["state"]),
        expected_count=round(float(row["score"]), 2),
        count_year=int(row["count_year"]),
        count_recent=int(row["count_recent"]),
        weeks_with=int(row["weeks_with"]),
        last_week=text_of(row["last_week"]),
        category_name=category_names.get(category, category),
        category_count=int(row["category_count"]),
    )


def _rounded(value: Any) -> float | None:
    """Give whole metres or degrees: more would be noise from one machine to another."""
    number = number_of(value if value is not None else np.nan)
    return None if number is None else float(round(number))

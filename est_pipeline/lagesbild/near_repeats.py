"""Upprepning i närheten: near repeats on the page, from the analysis's frames to its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from est_pipeline.domain.kinds import InformationClass
from est_pipeline.lagesbild.fields import number_of, records, whole_of
from est_pipeline.lagesbild.swedish import Noun, counted, figure, span, tallied

if TYPE_CHECKING:
    from est_pipeline.analysis.near_repeat import NearRepeats

INTERNAL = InformationClass.INTERNAL

SAME_PLACE_M = 1.0
"""A band that ends nearer than this is called the same place."""

PAIR = Noun("par", "par", "ett")
DAY = Noun("dag", "dagar")
WEEK = Noun("vecka", "veckor")
INCIDENT = Noun("händelse", "händelser")


@dataclass(frozen=True)
class PairCell:
    """Pairs of incidents so many metres and days apart; both spans without their upper edge."""

    from_m: Annotated[float, INTERNAL]
    to_m: Annotated[float, INTERNAL]
    from_day: Annotated[int, INTERNAL]
    to_day: Annotated[int, INTERNAL]
    pair_count: Annotated[int, INTERNAL]
    expected: Annotated[float, INTERNAL]
    p_adjusted: Annotated[float, INTERNAL]
    is_raised: Annotated[bool, INTERNAL]


@dataclass(frozen=True)
class CategoryRepeats:
    """What the risk does after an incident of one category.

    `verdict`: `raised`, `unclear`, `usual` or `too_few`; the reach is missing but where raised.
    """

    category_code: Annotated[str, INTERNAL]
    name: Annotated[str, INTERNAL]
    incident_count: Annotated[int, INTERNAL]
    used_count: Annotated[int, INTERNAL]
    pair_count: Annotated[int, INTERNAL]
    verdict: Annotated[str, INTERNAL]
    reach_m: Annotated[float | None, INTERNAL]
    reach_days: Annotated[int | None, INTERNAL]
    reach_pair_count: Annotated[int | None, INTERNAL]
    reach_expected: Annotated[float | None, INTERNAL]
    cells: Annotated[tuple[PairCell, ...], INTERNAL]

    def days(self) -> tuple[tuple[int, int], ...]:
        """Give the bands of days, from the first on."""
        return tuple(dict.fromkeys((each.from_day, each.to_day) for each in self.cells))

    def rows(self) -> tuple[tuple[PairCell, ...], ...]:
        """Give the cells row by row, one a band of distance."""
        distances = dict.fromkeys((each.from_m, each.to_m) for each in self.cells)
        return tuple(
            tuple(each for each in self.cells if (each.from_m, each.to_m) == distance)
            for distance in distances
        )


@dataclass(frozen=True)
class NearRepeatPicture:
    """Near repeats, category by category, over at most so many years."""

    years: Annotated[int, INTERNAL]
    categories: Annotated[tuple[CategoryRepeats, ...], INTERNAL]


# --- from frames ----------------------------------------------------------------------------------


def build_near_repeats(
    found: NearRepeats, *, category_names: Mapping[str, str], years: int = 5
) -> NearRepeatPicture | None:
    """Build what the page may know of near repeats; nothing where nothing has happened.

    Args:
        found: as the analysis gives it.
        category_names: category code -> name, in the order of the page.
        years: how many years back the analysis looked at most.
    """
    if found.categories.empty:
        return None
    order = {code: number for number, code in enumerate(category_names)}
    pictures = [
        CategoryRepeats(
            category_code=str(row["category_code"]),
            name=category_names.get(str(row["category_code"]), str(row["category_code"])),
            incident_count=int(row["incident_count"]),
            used_count=int(row["used_count"]),
            pair_count=int(row["pair_count"]),
            verdict=str(row["verdict"]),
            reach_m=number_of(row["reach_m"]),
            reach_days=whole_of(row["reach_days"]),
            reach_pair_count=whole_of(row["reach_pair_count"]),
            reach_expected=_rounded(row["reach_expected_count"]),
            cells=tuple(
                PairCell(
                    from_m=float(cell["from_m"]),
                    to_m=float(cell["to_m"]),
                    from_day=int(cell["from_day"]),
                    to_day=int(cell["to_day"]),
                    pair_count=int(cell["pair_count"]),
                    expected=round(float(cell["expected_count"]), 1),
                    p_adjusted=round(float(cell["p_adjusted"]), 4),
                    is_raised=bool(cell["is_raised"]),
                )
                for cell in records(
                    found.cells[found.cells["category_code"] == row["category_code"]]
                )
            ),
        )
        for row in records(found.categories)
    ]
    pictures.sort(key=lambda each: (order.get(each.category_code, len(order)), each.category_code))
    return NearRepeatPicture(years=years, categories=tuple(pictures))


def _rounded(value: object) -> float | None:
    number = number_of(value)
    return None if number is None else round(number, 1)


# --- words ----------------------------------------------------------------------------------------


def how_long(days: int) -> str:
    """Write a span of days from the first on: `en vecka`, `tio dagar`."""
    weeks, rest = divmod(days, 7)
    return counted(days, DAY) if rest or not weeks else counted(weeks, WEEK)


def how_far(metres: float) -> str:
    """Write a distance from a place on: `på samma plats`, `inom 200 meter`."""
    return "på samma plats" if metres < SAME_PLACE_M else f"inom {figure(metres)} meter"


def distance_band(cell: PairCell) -> str:
    """Write a band of distance for a table."""
    if cell.to_m < SAME_PLACE_M:
        return "Samma plats"
    return f"{span(round(cell.from_m), round(cell.to_m))} m"


def day_band(days: tuple[int, int]) -> str:
    """Write a band of days for a table; the last day is the last whole one in it."""
    return span(days[0], days[1] - 1)


def conclusion(category: CategoryRepeats) -> str:
    """Say in a sentence what the risk does after an incident of the category."""
    if (
        category.verdict == "raised"
        and category.reach_m is not None
        and category.reach_days is not None
        and category.reach_expected is not None
    ):
        return (
            f"Efter en händelse är risken förhöjd {how_far(category.reach_m)} i "
            f"{how_long(category.reach_days)}: {tallied(category.reach_pair_count or 0, PAIR)} "
            f"mot väntade {figure(round(category.reach_expected))}."
        )
    if category.verdict == "unclear":
        return (
            "Oklart: fler par än väntat, men inte i en obruten följd från platsen och dagen. Det "
            "kan vara en enda våg av händelser."
        )
    if category.verdict == "too_few":
        return (
            f"För få för att säga något: {tallied(category.used_count, INCIDENT)} med tillräckligt "
            f"säker plats, {tallied(category.pair_count, PAIR)} nära varandra."
        )
    return "Ingen förhöjd risk syns efter en händelse."


def cell_text(cell: PairCell) -> str:
    """Write a cell: pairs, and in brackets what was to be expected."""
    return f"{figure(cell.pair_count)} ({figure(round(cell.expected))})"

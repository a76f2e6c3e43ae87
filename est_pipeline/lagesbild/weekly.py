"""The weeks of an area as its chart and the table behind it show them."""

from __future__ import annotations

from dataclasses import dataclass

from est_pipeline.domain.kinds import Kind, Level
from est_pipeline.lagesbild.content import AreaPicture, Head
from est_pipeline.lagesbild.judgement import Judgements


@dataclass(frozen=True)
class ChartWeek:
    """One week of an area.

    `count` is what is known now, `compared` how many of them came from the stable panel at the age
    that the week at hand has; `low` and `high` hold the middle 90 % of what was expected of these.
    The last three are missing where nothing is expected: the history is short.
    """

    iso_week: str
    count: int
    compared: int | None = None
    low: int | None = None
    high: int | None = None


def weeks_of(
    area: AreaPicture, *, head: Head, judgements: Judgements | None
) -> tuple[ChartWeek, ...]:
    """Give the weeks of an area, oldest first; the last one is the week of the page.

    Args:
        area: a district, the rest, or all together (whose `district_id` is empty).
        head: the page's head.
        judgements: the week's judging, where there is one.
    """
    level = Level.DISTRICT if area.district_id else Level.CITY
    expected = {
        each.iso_week: each
        for each in (judgements.bands if judgements else ())
        if (each.kind, each.level, each.district_id) == (Kind.INCIDENT, level, area.district_id)
    }
    counts = [(each.iso_week, each.count) for each in area.incidents.history]
    found = []
    for iso_week, count in [*counts, (head.iso_week, area.incidents.count)]:
        week = expected.get(iso_week)
        if week is None:
            found.append(ChartWeek(iso_week, count))
        else:
            found.append(ChartWeek(iso_week, count, week.count, week.low, week.high))
    return tuple(found)

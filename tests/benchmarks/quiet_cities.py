"""Cities in which nothing out of the usual goes on: counts and occurrences drawn by a rule.

Every rule here is the simulation's own; none of it is taken from the model that is tested on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from est_pipeline.domain.special_days import read_calendar
from est_pipeline.domain.weeks import IsoWeek

Array = NDArray[np.float64]

ZONE = ZoneInfo("Europe/Stockholm")
WEEKS_IN_YEAR = 52.1775
DISTRICTS = ("a", "b", "c", "d")
MEANS = tuple(float(mean) for mean in np.geomspace(0.25, 10, 13))
SUMMER = ((6, 15), (8, 15))


def draw_counts(
    mean: Array, dispersion: float | Array, random: np.random.Generator, *, alpha: float = 0.0
) -> Array:
    """Draw counts whose variance is `dispersion` times the mean, or mean + alpha mean^2."""
    excess = np.broadcast_to(
        np.asarray(alpha * mean if alpha else np.asarray(dispersion) - 1.0), mean.shape
    )
    is_more = excess > 1e-9
    scale = np.where(is_more, excess, 1.0)
    rate = np.where(is_more, random.gamma(np.maximum(mean / scale, 1e-9), scale), mean)
    return random.poisson(rate).astype(np.float64)


def wave(weeks: int, size: float, random: np.random.Generator) -> Array:
    """Give a rhythm of the year, 1 on average, with its peak at a random time."""
    peak = random.uniform(0, WEEKS_IN_YEAR)
    turn = np.cos(2 * np.pi * (np.arange(weeks) - peak) / WEEKS_IN_YEAR)
    return np.asarray(np.exp(size * turn - size**2 / 4))


def swedish_calendar(first: date, last: date, *, with_summer: bool = False) -> pd.DataFrame:
    """Give the public holidays, and each year's long summer break."""
    calendar = read_calendar(Path("there is no such file"), country="SE", first=first, last=last)
    if not with_summer:
        return calendar
    (month, day), (to_month, to_day) = SUMMER
    rows = [
        (date(year, month, day), date(year, to_month, to_day), "lov", "Sommarlov")
        for year in range(first.year, last.year + 1)
    ]
    return pd.concat(
        [calendar, pd.DataFrame(rows, columns=calendar.columns)], ignore_index=True
    ).sort_values(["first_on", "last_on", "name"], ignore_index=True)


@dataclass(frozen=True)
class City:
    """How a quiet city comes about.

    `trend`: what is added each year, as a share of the first week's mean. `wave`: the yearly
    rhythm. `alpha`: where not 0, the variance is mean + alpha mean^2. `joined_before`: a second
    reporter adds 60 % from so many weeks before the last on. `late_share`: rows that come a week
    late. `spread`: what each district's mean is multiplied by. `summer`: what the summer break
    multiplies by, told by the calendar. `walk`: by how much a district's log level wanders a week.
    """

    years: float = 5
    last: IsoWeek = field(default_factory=lambda: IsoWeek(2025, 40))
    means: tuple[float, ...] = MEANS
    trend: float = 0.0
    wave: float = 0.3
    alpha: float = 0.0
    joined_before: int = 0
    late_share: float = 0.0
    known_from_years: float = 99.0
    spread: tuple[float, ...] = (0.7, 0.9, 1.1, 1.3)
    summer: float = 1.0
    walk: float = 0.0

    def draw(self, random: np.random.Generator) -> pd.DataFrame:
        """Draw the city's occurrences, as the analyses are given them."""
        weeks = round(self.years * WEEKS_IN_YEAR) + 1
        names = [self.last.plus(step - weeks + 1) for step in range(weeks)]
        years = np.arange(weeks) / WEEKS_IN_YEAR
        frames = []
        for place, mean in enumerate(self.means):
            level = mean * (1 + self.trend * years) * wave(weeks, self.wave, random)
            level = level * self._summer(names)
            steps = random.normal(0, self.walk, (len(DISTRICTS), weeks)).cumsum(axis=1)
            expected = level * np.array(self.spread)[:, None] * np.exp(steps)
            dispersion = random.choice([1.0, 1.5, 2.0])
            frames += [
                self._reports(
                    draw_counts(expected, dispersion, random, alpha=self.alpha),
                    names,
                    f"c{place:02d}",
                    source,
                    random,
                )
                for source, expected in self._sources(expected)
            ]
        return pd.concat(frames, ignore_index=True)

    def _sources(self, expected: Array) -> list[tuple[str, Array]]:
        shared = [("polisen", expected * 0.6), ("vakter", expected * 0.4)]
        if not self.joined_before:
            return shared
        since = np.arange(expected.shape[1]) >= expected.shape[1] - self.joined_before
        return [*shared, ("ny", expected * 0.6 * since)]

    def _summer(self, names: list[IsoWeek]) -> Array:
        (month, day), (to_month, to_day) = SUMMER
        shares = [
            sum(
                date(d.year, month, day) <= d <= date(d.year, to_month, to_day)
                for d in (week.monday + timedelta(days=step) for step in range(7))
            )
            / 7
            for week in names
        ]
        return np.asarray(self.summer ** np.array(shares))

    def _reports(
        self,
        counts: Array,
        names: list[IsoWeek],
        category: str,
        source: str,
        random: np.random.Generator,
    ) -> pd.DataFrame:
        number = counts.astype(np.int64).ravel()
        rows = np.repeat(np.arange(number.size), number)
        district, week = rows // counts.shape[1], rows % counts.shape[1]
        ends = pd.DatetimeIndex([name.end(ZONE) for name in names], tz=ZONE).tz_convert("UTC")
        is_late = random.random(len(rows)) < self.late_share
        begun = ends[-1] - timedelta(days=365.25 * self.known_from_years)
        known_at = ends.take(week) + pd.to_timedelta(np.where(is_late, 7.25, 0.25), unit="D")
        return pd.DataFrame(
            {
                "kind": "incident",
                "iso_week": np.array([str(name) for name in names], dtype=object)[week],
                "district_id": np.array(DISTRICTS, dtype=object)[district],
                "category_code": category,
                "occurrence_count": 1,
                "source_ids": pd.Series([(source,)] * len(rows), dtype=object),
                "known_at": known_at.where(known_at > begun, begun),
            }
        ).astype({"iso_week": "str", "district_id": "str", "category_code": "str"})


def judged_at(week: IsoWeek) -> datetime:
    """Give the Monday morning after a week."""
    return week.end(ZONE) + timedelta(hours=9)


Draw = Callable[[np.random.Generator], pd.DataFrame]

"""Does what stands out in the rhythm keep its promise, and what is it able to find?

Draws quiet years for five districts and counts the draws in which any block of any district or
category stands out, which q = 0.1 promises to at most a tenth; then plants more in one block of
the last twelve weeks.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd

from est_pipeline.analysis.rhythm import FALSE_DISCOVERY_RATE, MORE, TOO_FEW, USUAL, judge_rhythm
from est_pipeline.domain.weeks import IsoWeek, week_range

WEEK = IsoWeek(2026, 46)
RECENT = 12
DISTRICTS = ("a", "b", "c", "d", "e")
CATEGORIES = ("x", "y", "z")
PLANTED_HOUR = 5 * 24 + 21
"""Saturday at nine in the evening."""


@dataclass(frozen=True)
class Quiet:
    """A quiet city: how many a week, how they swing, and how many come at a time."""

    mean: float = 60.0
    years: int = 3
    growth: float = 1.0
    season: float = 0.0
    at_a_time: float = 1.0


SCENARIOS = {
    "even": Quiet(),
    "few": Quiet(mean=8),
    "one year": Quiet(years=1),
    "grows fourfold": Quiet(growth=4),
    "summer is three times winter": Quiet(season=0.5),
    "two at a time": Quiet(at_a_time=2),
    "four at a time": Quiet(at_a_time=4),
}


def draw(city: Quiet, generator: np.random.Generator, *, times: float = 1.0) -> pd.DataFrame:
    """Draw a city's hours; `times` as many in the planted block of the last weeks."""
    weeks = week_range(WEEK.plus(1 - 52 * city.years - RECENT), WEEK)
    at = np.arange(len(weeks)) / len(weeks)
    level = city.growth**at * (1 + city.season * np.cos(2 * np.pi * at * len(weeks) / 52))
    level *= city.mean / level.mean()
    hours = np.arange(168)
    shape = 1 + np.cos(2 * np.pi * (hours - 22) / 24) * 0.8
    shape[4 * 24 + 18 : 6 * 24 + 4] *= 2.5
    rate = np.outer(level, shape / shape.sum()) / city.at_a_time
    rate[-RECENT:, PLANTED_HOUR // 4 * 4 : PLANTED_HOUR // 4 * 4 + 4] *= times
    groups = generator.poisson(rate)
    week, hour = np.nonzero(groups)
    number = np.repeat(np.arange(len(week)), groups[week, hour])
    size = 1 + generator.poisson(city.at_a_time - 1, len(number))
    names = np.array([str(each) for each in weeks], dtype=object)
    districts = np.array(DISTRICTS, dtype=object)[
        generator.choice(len(DISTRICTS), len(number), p=[0.4, 0.25, 0.15, 0.1, 0.1])
    ]
    categories = np.array(CATEGORIES, dtype=object)[
        generator.choice(len(CATEGORIES), len(number), p=[0.5, 0.3, 0.2])
    ]
    return pd.DataFrame(
        {
            "iso_week": pd.Series(names[week[number]], dtype="str"),
            "district_id": pd.Series(districts, dtype="str"),
            "category_code": pd.Series(categories, dtype="str"),
            "weekday": hour[number] // 24,
            "hour": hour[number] % 24,
            "weight": size.astype("float64"),
        }
    )


def found_share(
    city: Quiet, *, draws: int, times: float = 1.0, seed: int = 1
) -> tuple[float, float]:
    """Give the share of draws in which anything stands out, and the planted block of all."""
    anything = planted = 0
    first_week = WEEK.plus(1 - 52 * city.years - RECENT)
    for each in range(draws):
        generator = np.random.default_rng([seed, each])
        judged = judge_rhythm(draw(city, generator, times=times), week=WEEK, first_week=first_week)
        anything += bool((~judged["verdict"].isin([USUAL, TOO_FEW])).any())
        block = judged[
            (judged["district_id"] == "")
            & (judged["category_code"] == "")
            & (judged["weekday"] == PLANTED_HOUR // 24)
            & (judged["from_hour"] == PLANTED_HOUR % 24 // 4 * 4)
        ]
        planted += bool((block["verdict"] == MORE).all())
    return anything / draws, planted / draws


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    draws = parser.parse_args().draws
    print(f"share of {draws} quiet draws in which something stands out")
    print(f"(promised: at most {FALSE_DISCOVERY_RATE:.0%})")
    for name, city in SCENARIOS.items():
        print(f"{name:34}{found_share(city, draws=draws)[0]:12.1%}", flush=True)
    print("share of draws in which the planted block is found")
    for times in (1.5, 2.0, 3.0):
        found = found_share(SCENARIOS["even"], draws=draws, times=times)[1]
        print(f"{f'{times:g} times as many':34}{found:12.1%}", flush=True)


if __name__ == "__main__":
    main()

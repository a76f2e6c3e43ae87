"""Does the near repeat test keep its promise where places have trends and seasons of their own?

Draws years of incidents around places, none of them a repeat, and counts the draws in which a cell
of the table stands out at nominal 5 %: the plain Knox test beside ours, which lets times change
places within eight weeks only. Then plants repeats and counts how often they are found.
"""

import argparse
from collections.abc import Callable

import numpy as np

from est_pipeline.analysis.near_repeat import FEWEST_IN_CELL, WINDOW_DAYS, knox_test

DAYS = 3 * 365
PLACES = 60
SIDE_M = 3000
LEVEL = 0.05

Rates = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(place number, day) -> relative rate, at most 1."""


def _wave(day: np.ndarray, *, peak: float, times: float = 3) -> np.ndarray:
    """A year in which the highest rate is so many times the lowest."""
    swing = (times - 1) / (times + 1)
    return (1 + swing * np.cos(2 * np.pi * (day / 365.25 - peak))) / 2


SCENARIOS: dict[str, Rates] = {
    "even": lambda place, day: np.ones(len(day)),
    "all grow fourfold": lambda place, day: 0.25 + 0.75 * day / DAYS,
    "all have one season": lambda place, day: _wave(day, peak=0.5),
    "half grow, half shrink": lambda place, day: np.where(
        place % 2, 0.1 + 0.9 * day / DAYS, 1 - 0.9 * day / DAYS
    ),
    "half summer, half winter, 3:1": lambda place, day: _wave(day, peak=0.5 * (place % 2)),
    "half summer, half winter, 19:1": lambda place, day: _wave(
        day, peak=0.5 * (place % 2), times=19
    ),
    "a third first reported late": lambda place, day: np.where(
        (place % 3 == 0) & (day < 0.6 * DAYS), 0.0, 1.0
    ),
}


def draw(rates: Rates, generator: np.random.Generator, *, number: int) -> tuple[np.ndarray, ...]:
    """Draw incidents around places of unequal weight: easting, northing, day."""
    centres = generator.uniform(0, SIDE_M, (PLACES, 2))
    weights = 1 / np.arange(1, PLACES + 1)
    many = 30 * number
    place = generator.choice(PLACES, many, p=weights / weights.sum())
    day = generator.integers(0, DAYS, many)
    kept = np.flatnonzero(generator.random(many) < rates(place, day))[:number]
    points = centres[place[kept]] + generator.normal(0, 60, (len(kept), 2))
    is_snapped = generator.random(len(kept)) < 0.2  # as places of a gazetteer are
    points[is_snapped] = centres[place[kept]][is_snapped]
    return points[:, 0], points[:, 1], day[kept]


def plant(
    drawn: tuple[np.ndarray, ...], generator: np.random.Generator, *, share: float
) -> tuple[np.ndarray, ...]:
    """Let a share of the incidents be followed by another one within 80 m and six days."""
    easting, northing, day = drawn
    chosen = np.flatnonzero(generator.random(len(day)) < share)
    angle = generator.uniform(0, 2 * np.pi, len(chosen))
    far = generator.uniform(5, 80, len(chosen))
    return (
        np.concatenate([easting, easting[chosen] + far * np.cos(angle)]),
        np.concatenate([northing, northing[chosen] + far * np.sin(angle)]),
        np.concatenate([day, day[chosen] + generator.integers(0, 7, len(chosen))]),
    )


def found_share(
    rates: Rates,
    *,
    draws: int,
    window_days: int | None,
    number: int = 400,
    repeats: float = 0.0,
    permutations: int = 199,
    seed: int = 1,
) -> float:
    """Give the share of draws in which any cell of the table stands out."""
    found = 0
    for each in range(draws):
        generator = np.random.default_rng([seed, each])
        incidents = draw(rates, generator, number=number)
        if repeats:
            incidents = plant(incidents, generator, share=repeats)
        table = knox_test(
            *incidents, window_days=window_days, permutations=permutations, seed=[seed, each]
        )
        is_raised = (table["p_adjusted"] <= LEVEL) & (table["pair_count"] >= FEWEST_IN_CELL)
        found += bool(is_raised.any())
    return found / draws


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    arguments = parser.parse_args()
    draws = arguments.draws
    error = np.sqrt(LEVEL * (1 - LEVEL) / draws)
    print(f"share of {draws} draws with a finding at nominal 5 % (± {error:.1%})")
    print(f"{'nothing repeats':34}{'plain Knox':>12}{'by window':>12}")
    for name, rates in SCENARIOS.items():
        plain = found_share(rates, draws=draws, window_days=None)
        ours = found_share(rates, draws=draws, window_days=WINDOW_DAYS)
        print(f"{name:34}{plain:12.1%}{ours:12.1%}", flush=True)
    print(f"{'so many are followed by another':34}{'plain Knox':>12}{'by window':>12}")
    for share in (0.03, 0.06, 0.12):
        plain, ours = (
            found_share(SCENARIOS["even"], draws=draws, window_days=days, repeats=share)
            for days in (None, WINDOW_DAYS)
        )
        print(f"{share:<34.0%}{plain:12.1%}{ours:12.1%}", flush=True)


if __name__ == "__main__":
    main()

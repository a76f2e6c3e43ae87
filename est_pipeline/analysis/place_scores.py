"""The rule that ranks places for next week: long-run count, recent count, shrunk.

A place's expected incidents a week is a mean of its long-run rate and of a recent one, in which
a week's weight halves every eight weeks. The recent rate weighs n / (n + 20) where n is the
recent incidents, each with its weight: as in credibility theory (Bühlmann 1967), the more there
is to go by, the more it counts. The mean is drawn towards the mean of the surroundings as much
as these let one expect few: a Poisson count whose rate has an exponential prior (Clayton & Kaldor
1987; the mean of the neighbourhood as in Marshall 1991).

Prior counts are the baseline to beat (Wheeler & Steenbeek 2021); that what is recent tells more
follows Bowers, Johnson & Pease (2004). The three numbers were chosen by hit rate over Memphis,
St. Louis (all incidents, robberies, damage, one in twenty) and the demonstration together. They
lie on a plateau: half-lives of 4 to 13 weeks and 10 to 30 incidents do as well within half a
per cent of the hits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

STEADYING_COUNT = 20.0
"""With so many recent incidents the recent rate weighs as much as the long-run one."""
HALF_LIFE_WEEKS = 8.0
"""After so many weeks an incident weighs half in the recent rate."""
PRIOR_COUNT = 1.0
"""What the surroundings weigh, as a number of incidents."""
LONGEST_WEEKS = 260
"""The long run looks back five years at most, so that a week costs the same in year ten."""


def fading_weight(age_weeks: np.ndarray | float) -> np.ndarray:
    """Give the weight in the recent rate of an incident so many weeks old (0: the last week)."""
    return np.exp2(-np.asarray(age_weeks, dtype="float64") / HALF_LIFE_WEEKS)


def blend_rates(long_run: np.ndarray, faded: np.ndarray, *, week_count: int) -> np.ndarray:
    """Give the rate a week before it is shrunk.

    Args:
        long_run: counts over the history.
        faded: the same counts, each incident with its `fading_weight`.
        week_count: how many weeks the history has, the last one included.
    """
    # rows that net off others may leave less than nothing
    count, recent = np.clip(long_run, 0, None), np.clip(faded, 0, None)
    weight = recent / (recent + STEADYING_COUNT)
    whole = fading_weight(np.arange(week_count)).sum()
    rates: np.ndarray = (1 - weight) * count / week_count + weight * recent / whole
    return rates


def shrink_rates(rates: np.ndarray, *, towards: np.ndarray | float, week_count: int) -> np.ndarray:
    """Draw rates towards others, the more the fewer incidents those would lead one to expect.

    Args:
        rates: as `blend_rates` gives them.
        towards: the mean rate of the surroundings.
        week_count: how many weeks the history has.
    """
    expected = np.asarray(towards, dtype="float64") * week_count
    own = expected / (expected + PRIOR_COUNT)
    shrunk: np.ndarray = own * rates + (1 - own) * towards
    return shrunk


def score_cells(
    long_run: np.ndarray, faded: np.ndarray, *, neighbours: csr_array, week_count: int
) -> np.ndarray:
    """Score hexagons: each drawn towards the mean of itself and those that touch it.

    Args:
        long_run: counts over the history, one a hexagon.
        faded: the same counts, each incident with its `fading_weight`.
        neighbours: which hexagons touch (`hexagons.touching`).
        week_count: how many weeks the history has.
    """
    rates = blend_rates(long_run, faded, week_count=week_count)
    around = (rates + neighbours @ rates) / (1 + neighbours.sum(axis=1))
    return shrink_rates(rates, towards=around, week_count=week_count)

"""The rule that ranks places for next week: long-run count, recent count, shrunk.

A place's expected incidents a week is a mean of two rates, the long-run one and one in which a
week's weight halves every eight weeks. It is drawn towards the mean of its surroundings as much
as its own count is thin: the mean of a Poisson count whose rate has an exponential prior with
that mean (Clayton & Kaldor 1987; Marshall 1991 takes the neighbourhood's mean). Prior counts are
the baseline to beat (Wheeler & Steenbeek 2021); the prospective weight of what is recent follows
Bowers, Johnson & Pease (2004). The three numbers were chosen by hit rate over Memphis, St. Louis
(all incidents, robberies, damage, one in twenty) and the demonstration together; half-lives of
8 or 13 weeks, shares of 0.1 to 0.3 and priors of 1 to 2 do about as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

RECENT_SHARE = 0.2
"""How much of the expected count comes from the recent rate; the rest from the long run."""
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
    whole = fading_weight(np.arange(week_count)).sum()
    blended = (1 - RECENT_SHARE) * long_run / week_count + RECENT_SHARE * faded / whole
    # rows that net off others may leave less than nothing
    rates: np.ndarray = np.clip(blended, 0, None)
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

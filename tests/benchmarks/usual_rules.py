"""The rules that dashboards use, to be held against: each gives a score, higher the more unusual.

Sources:
    Hutwagner et al. (2003), The bioterrorism preparedness and response Early Aberration Reporting
    System (EARS), Journal of Urban Health 80, i89-i96 (C1: the seven values before).
    Wheeler, A. P. (2016), Tables and graphs for monitoring temporal crime trends: translating
    theory into practical crime analysis advice, International Journal of Police Science &
    Management 18, 159-172 (square roots of Poisson counts).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

Array = NDArray[np.float64]

_LEAST_SD = 0.5


def ears_c1(counts: Array) -> Array:
    """Give how many standard deviations of the seven weeks before each last count lies above."""
    before = counts[..., -8:-1]
    spread = np.maximum(before.std(axis=-1, ddof=1), _LEAST_SD)
    return np.asarray((counts[..., -1] - before.mean(axis=-1)) / spread)


def poisson_year(counts: Array) -> Array:
    """Give minus the log of P(Y >= count), where Y is Poisson with the mean of the year before."""
    mean = np.maximum(counts[..., -53:-1].mean(axis=-1), 1e-9)
    return np.asarray(-poisson.logsf(counts[..., -1] - 1, mean))


def root_band(counts: Array) -> Array:
    """Give the difference of roots against the mean of the eight weeks before."""
    return poisson_z(counts[..., -1], counts[..., -9:-1].mean(axis=-1))


def poisson_z(now: Array | float, before: Array | float) -> Array:
    """Give the difference of two Poisson counts in standard deviations of their square roots."""
    return np.asarray(2 * (np.sqrt(now) - np.sqrt(before)))

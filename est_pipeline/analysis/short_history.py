"""Two counts compared with no more history than the second of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

_TAIL = 12.0


def e_test(
    count: int, earlier: int, *, weeks: float = 1.0, earlier_weeks: float = 1.0
) -> tuple[float, float, float]:
    """Compare two Poisson counts by the e-test.

    The two rates' difference is standardised; its distribution is that of two Poisson counts with
    the rate that both periods give together.

    Args:
        count: the count judged.
        earlier: the count that it is compared with.
        weeks: how long the first was counted.
        earlier_weeks: how long the second was counted.

    Returns:
        P of a difference as large in either direction, of a rate as high or higher, and of one as
        low or lower; not-a-number where both counts are 0.

    Source:
        Krishnamoorthy & Thomson (2004), A more powerful test for comparing two Poisson means,
        Journal of Statistical Planning and Inference 119, 23-35.
    """
    if count + earlier == 0:
        return float("nan"), float("nan"), float("nan")
    rate = (count + earlier) / (weeks + earlier_weeks)
    first, first_mass = _poisson(rate * weeks)
    second, second_mass = _poisson(rate * earlier_weeks)
    seen = float(_statistic(np.array([count]), np.array([earlier]), weeks, earlier_weeks)[0, 0])
    all_seen = _statistic(first, second, weeks, earlier_weeks)
    mass = first_mass[:, None] * second_mass[None, :]
    edge = 1e-9 * max(abs(seen), 1.0)
    return (
        float(mass[np.abs(all_seen) >= abs(seen) - edge].sum()),
        float(mass[all_seen >= seen - edge].sum()),
        float(mass[all_seen <= seen + edge].sum()),
    )


def _poisson(mean: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give the counts that have any weight, and their probabilities."""
    reach = _TAIL * np.sqrt(mean) + _TAIL
    counts = np.arange(max(int(mean - reach), 0), int(mean + reach) + 1)
    return counts, np.exp(counts * np.log(mean) - mean - gammaln(counts + 1))


def _statistic(
    first: NDArray[np.int64], second: NDArray[np.int64], weeks: float, earlier_weeks: float
) -> NDArray[np.float64]:
    difference = first[:, None] / weeks - second[None, :] / earlier_weeks
    variance = first[:, None] / weeks**2 + second[None, :] / earlier_weeks**2
    # nothing in either period: no difference
    return difference / np.sqrt(np.where(variance > 0, variance, 1.0))

"""Slow rises: weeks that are each within what is usual, and together are not.

Source:
    Höhle & Paul (2008), Count data regression charts for the monitoring of surveillance time
    series, Computational Statistics & Data Analysis 52, 4357-4368 (likelihood-ratio CUSUM of
    negative-binomial counts). The threshold is a simulated one: how often a quiet series, with
    what is not known of its mean and dispersion, would have come as high.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from est_pipeline.analysis.count_model import LEAST_DISPERSION, Array, Prediction

RISE = 1.5
"""The rise that the chart is tuned to: so many times what is expected."""
_SEED = 20080611
_FIRST_ROUND, _SECOND_ROUND = 199, 1999
_WORTH_A_SECOND = 0.05


def chart_rises(counts: Array, prediction: Prediction) -> tuple[Array, NDArray[np.int64]]:
    """Chart some series up to their last week.

    Args:
        counts: (N, T), the latest weeks of N series, none of which the prediction rests on.
        prediction: the same weeks; arrays (N, T).

    Returns:
        Two arrays (N): p, how often chance would have brought the chart as high as it now is; and
        the place of the week in which the present climb began (T where there is none).
    """
    chart = _climb(counts[None], prediction)
    now = chart[0, :, -1]
    p = _simulated_p(now, prediction, draws=_FIRST_ROUND)
    again = np.flatnonzero((p <= _WORTH_A_SECOND) & (now > 0))
    if len(again):
        p[again] = _simulated_p(now[again], prediction[again], draws=_SECOND_ROUND)
    weeks = counts.shape[1]
    is_down = chart[0] <= 0
    last_down = weeks - 1 - np.argmax(is_down[:, ::-1], axis=1)
    began = np.where(is_down.any(axis=1), last_down + 1, 0)
    return np.where(now > 0, p, 1.0), began.astype(np.int64)


def _climb(counts: Array, prediction: Prediction) -> Array:
    """Give the chart of each week: the sum of log likelihood ratios, never below 0."""
    phi = np.maximum(prediction.dispersion, LEAST_DISPERSION)
    size = np.exp(prediction.log_mean) / (phi - 1)
    ratio: Array = (
        gammaln(counts + RISE * size)
        - gammaln(RISE * size)
        - gammaln(counts + size)
        + gammaln(size)
        - (RISE - 1) * size * np.log(phi)
    )
    chart: Array = np.empty_like(ratio)
    level = np.zeros(ratio.shape[:-1])
    for week in range(ratio.shape[-1]):
        level = np.maximum(level + ratio[..., week], 0)
        chart[..., week] = level
    return chart


def _simulated_p(now: Array, prediction: Prediction, *, draws: int) -> Array:
    random = np.random.default_rng(_SEED)
    series, weeks = prediction.log_mean.shape
    shift = random.standard_normal((draws, series, 1))
    mean = np.exp(prediction.log_mean + shift * prediction.log_mean_se)
    evidence = prediction.dispersion_df[:, -1]
    spread = evidence / random.chisquare(evidence, (draws, series))
    phi = np.maximum(prediction.dispersion[:, -1] * spread, LEAST_DISPERSION)[:, :, None]
    counts = random.poisson(random.gamma(mean / (phi - 1), phi - 1, (draws, series, weeks)))
    chart = _climb(counts.astype(np.float64), prediction)[:, :, -1]
    return np.asarray((1 + (chart >= now - 1e-9).sum(axis=0)) / (draws + 1))

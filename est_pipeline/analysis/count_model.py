"""The model of weekly counts: what a week would hold if nothing out of the usual went on.

One negative-binomial regression, pooled over districts: each district has a level and a slow drift
of its own, drawn towards the others' where it is sparse; the trend, the rhythm of the year,
holidays, breaks and dated steps are shared. The variance is proportional to the mean (NB1), so the
estimating equations are those of a Poisson regression, and a sum of districts is in the family too.
Past peaks weigh less, as a rise that was is no part of what is usual.

The tail of a new count is averaged over what is not known of its mean (Gauss-Hermite nodes of the
log mean) and of the dispersion (quantiles of a scaled chi-square). Nodes, not random draws: the
same counts give the same figures.

Sources:
    Noufaily et al. (2012), An improved algorithm for outbreak detection in multiple surveillance
    systems, Statistics in Medicine 32, 1206-1222 (down-weighted peaks, Anscombe residuals).
    Cameron & Trivedi (2013), Regression Analysis of Count Data, 2nd ed., section 3.3 (NB1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, chdtri, ndtri

Array = NDArray[np.float64]

LEAST_DISPERSION = 1.001
"""At this variance over mean a negative binomial is a Poisson distribution for every purpose."""

_MOST_STEPS = 60
_SMALLEST_GAIN = 1e-7
"""A step that would raise the quasi-likelihood by less moves no coefficient by a thousandth of its
standard error."""
_ANCHOR_SD = 2.0
"""How far the districts' common level may lie from their plain mean rate: the fit exists for
counts that are all zero too."""
_WIDEST_LOG_MEAN = 25.0
_PEAK_RESIDUAL = 2.58
_REWEIGHTINGS = 2
_POOLED_EVIDENCE = 60.0
"""So many weeks' worth of evidence has the pooled dispersion against a district's own."""
_LOWEST_ESTIMATE = 0.8
_BLOCK_WEEKS = 8
_WIDEST_WANDER = 0.1
_MEAN_NODES, _RAW_WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_MEAN_WEIGHTS = _RAW_WEIGHTS / _RAW_WEIGHTS.sum()
_DISPERSION_QUANTILES = (np.arange(7) + 0.5) / 7


@dataclass(frozen=True)
class Terms:
    """What the log mean is made of, for D districts and T weeks.

    `own` (T, m): terms that each district has a coefficient of its own for; the first is 1.
    `shared` (D, T, q): terms whose coefficient the districts share. `log_exposure` (T): how
    complete each week's counts are. `own_sd` (m) and `shared_sd` (q): how far from 0 (a level:
    from the districts' common one) a coefficient may be expected, as a standard deviation.
    """

    own: Array
    shared: Array
    log_exposure: Array
    own_sd: Array
    shared_sd: Array

    def last(self, weeks: int) -> Terms:
        """Give the terms of the last weeks alone."""
        return replace(
            self,
            own=self.own[-weeks:],
            shared=self.shared[:, -weeks:],
            log_exposure=self.log_exposure[-weeks:],
        )

    def log_mean(self, own: Array, shared: Array) -> Array:
        """Give the log mean (D, T) of some coefficients (D, m) and (q)."""
        eta = own @ self.own.T + self.shared @ shared + self.log_exposure
        return np.clip(eta, -_WIDEST_LOG_MEAN, _WIDEST_LOG_MEAN)


@dataclass(frozen=True)
class Information:
    """The penalised information matrix, solved in parts.

    `own_inverse` (D, m, m) is the inverse of each district's block, `cross` (D, m, q) what ties it
    to the shared terms, and `shared_covariance` (q, q) the inverse of what is left for these.
    """

    own_inverse: Array
    cross: Array
    shared_covariance: Array

    def parts(self, terms: Terms) -> tuple[Array, Array]:
        """Give what a log mean's variance is made of.

        Returns:
            The districts' own part (D, T), and (D, T, q) the direction in which the shared
            coefficients' doubt enters.
        """
        weighted = terms.own @ self.own_inverse
        own = (weighted * terms.own).sum(axis=2)
        return own, terms.shared - weighted @ self.cross

    def variance(self, terms: Terms) -> Array:
        """Give the variance (D, T) of each log mean, for a dispersion of 1."""
        own, direction = self.parts(terms)
        doubt = ((direction @ self.shared_covariance) * direction).sum(axis=2)
        return np.asarray(own + doubt)


@dataclass(frozen=True)
class Prediction:
    """What is known of a count beforehand; arrays of one shape."""

    log_mean: Array
    log_mean_se: Array
    dispersion: Array
    dispersion_df: Array

    def __getitem__(self, key: Any) -> Prediction:
        """Give some of them, as of an array."""
        return Prediction(
            self.log_mean[key], self.log_mean_se[key], self.dispersion[key], self.dispersion_df[key]
        )


@dataclass(frozen=True)
class CountModel:
    """A fitted model: coefficients (D, m) and (q), and the dispersion (D), variance over mean.

    `dispersion_df` (D): how many weeks' worth of evidence the dispersion rests on.
    `shock` is what districts that rise and fall together add to the dispersion of their sum.
    `wander` is the variance with which a log level strays, for weeks on end, from what the terms
    say of it.
    """

    own: Array
    shared: Array
    information: Information
    dispersion: Array
    dispersion_df: Array
    shock: float
    wander: float
    has_converged: bool

    def predict(self, terms: Terms) -> Prediction:
        """Predict the counts of some weeks, each district's on its own: arrays (D, T)."""
        log_mean = terms.log_mean(self.own, self.shared)
        variance = self.information.variance(terms) * self.dispersion[:, None] + self.wander
        shape = log_mean.shape
        return Prediction(
            log_mean=log_mean,
            log_mean_se=np.sqrt(np.maximum(variance, 0)),
            dispersion=np.broadcast_to(self.dispersion[:, None], shape),
            dispersion_df=np.broadcast_to(self.dispersion_df[:, None], shape),
        )

    def predict_sum(self, terms: Terms, members: NDArray[np.bool_]) -> Prediction:
        """Predict the sum of the districts that `members` (D) names: arrays (T)."""
        mean = np.exp(terms.log_mean(self.own, self.shared)[members])
        total = mean.sum(axis=0)
        share = mean / total
        own, direction = self.information.parts(terms)
        together = np.einsum("dt,dtq->tq", share, direction[members])
        variance = np.einsum("dt,dt->t", share**2, own[members])
        covariance = self.information.shared_covariance
        variance += np.einsum("tq,qr,tr->t", together, covariance, together)
        dispersion = share.T @ self.dispersion[members]
        variance = np.maximum(variance * dispersion, 0) + self.wander
        others = max(len(members) - 1, 1)
        return Prediction(
            log_mean=np.log(total),
            log_mean_se=np.sqrt(variance),
            dispersion=dispersion + self.shock * (members.sum() - 1) / others,
            dispersion_df=np.full(total.shape, self.dispersion_df[members].mean()),
        )


def fit_counts(counts: Array, terms: Terms, *, used: NDArray[np.bool_]) -> CountModel:
    """Fit the model.

    Every coefficient has a prior, so the fit exists whatever the counts are.

    Args:
        counts: (D, T).
        terms: what the log mean is made of.
        used: (T), the weeks that the fit rests on.
    """
    in_use = np.broadcast_to(used.astype(np.float64), counts.shape)
    weights = in_use
    dispersion = np.ones(len(counts))
    own = np.zeros((len(counts), terms.own.shape[1]))
    anchor = float(np.log((counts[:, used].sum() + 0.5) / max(in_use.sum(), 1)))
    own[:, 0] = anchor
    shared = np.zeros(terms.shared.shape[2])
    for reweighting in range(_REWEIGHTINGS + 1):
        own, shared, information, has_converged = _maximise(
            counts,
            terms,
            weights,
            start=(own, shared),
            anchor=anchor,
            dispersion=float(dispersion.mean()),
        )
        mean = np.exp(terms.log_mean(own, shared))
        leverage = np.clip(information.variance(terms) * mean * weights, 0, 0.9)
        squared = (counts - mean) ** 2 / mean / (1 - leverage)
        dispersion, evidence = _dispersion(squared, mean, weights * (1 - leverage))
        if reweighting < _REWEIGHTINGS:
            scale = np.sqrt(dispersion[:, None] * (1 - leverage))
            weights = in_use * _peak_weights(counts, mean, scale)
    return CountModel(
        own=own,
        shared=shared,
        information=information,
        dispersion=dispersion,
        dispersion_df=evidence,
        shock=_shock(counts, mean, weights, dispersion),
        wander=_wander(
            counts, mean, weights, information.variance(terms) * dispersion[:, None], used=used
        ),
        has_converged=has_converged,
    )


def _maximise(
    counts: Array,
    terms: Terms,
    weights: Array,
    *,
    start: tuple[Array, Array],
    anchor: float,
    dispersion: float,
) -> tuple[Array, Array, Information, bool]:
    """Maximise the penalised quasi-likelihood by Newton's steps, halved where they overshoot."""
    pull = np.zeros(terms.own.shape[1])
    pull[0] = dispersion / _ANCHOR_SD**2 / len(counts)
    own_penalty = dispersion / terms.own_sd**2
    shared_penalty = dispersion / terms.shared_sd**2

    def objective(own: Array, shared: Array) -> float:
        eta = terms.log_mean(own, shared)
        fit = (weights * (counts * eta - np.exp(eta))).sum()
        doubt = (_from_common(own) ** 2 * own_penalty).sum() + (shared**2 * shared_penalty).sum()
        doubt += ((own - anchor) ** 2 * pull).sum()
        return float(fit - doubt / 2)

    flat = terms.shared.reshape(-1, terms.shared.shape[2])
    own, shared = start
    value = objective(own, shared)
    has_converged = False
    for _ in range(_MOST_STEPS):
        mean = np.exp(terms.log_mean(own, shared))
        residual = weights * (counts - mean)
        own_score = residual @ terms.own - _from_common(own) * own_penalty - (own - anchor) * pull
        shared_score = residual.ravel() @ flat - shared * shared_penalty
        information = _information(terms, weights * mean, own_penalty + pull, shared_penalty)
        carried = information.own_inverse @ information.cross
        shared_step = information.shared_covariance @ (
            shared_score - np.einsum("dmq,dm->q", carried, own_score)
        )
        own_step = np.einsum("dmn,dn->dm", information.own_inverse, own_score)
        own_step -= carried @ shared_step
        if (own_score * own_step).sum() + (shared_score * shared_step).sum() < _SMALLEST_GAIN:
            has_converged = True
            break
        size, new_value = 1.0, objective(own + own_step, shared + shared_step)
        while new_value < value - 1e-9 * abs(value) and size > 1e-4:
            size /= 2
            new_value = objective(own + size * own_step, shared + size * shared_step)
        own, shared, value = own + size * own_step, shared + size * shared_step, new_value
    return own, shared, information, has_converged


def _from_common(own: Array) -> Array:
    """Give the districts' own coefficients, the level as what differs from the common one."""
    deviation = own.copy()
    deviation[:, 0] -= own[:, 0].mean()
    return deviation


def _information(
    terms: Terms, working: Array, own_penalty: Array, shared_penalty: Array
) -> Information:
    size = terms.own.shape[1]
    squares = (terms.own[:, :, None] * terms.own[:, None, :]).reshape(-1, size * size)
    own_block = (working @ squares).reshape(-1, size, size)
    own_inverse = np.asarray(np.linalg.inv(own_block + np.diag(own_penalty)), dtype=np.float64)
    weighted = working[:, :, None] * terms.shared
    cross = terms.own.T @ weighted
    flat = terms.shared.reshape(-1, terms.shared.shape[2])
    block = weighted.reshape(flat.shape).T @ flat + np.diag(shared_penalty)
    carried = (own_inverse @ cross).reshape(-1, block.shape[0])
    left = block - cross.reshape(carried.shape).T @ carried
    covariance = np.asarray(np.linalg.inv(left), dtype=np.float64)
    return Information(own_inverse, cross, covariance)


def _dispersion(squared: Array, mean: Array, weights: Array) -> tuple[Array, Array]:
    """Give each district's variance over mean, drawn towards the pooled one, and its evidence.

    A squared residual of a sparse week says little: its own variance, 2 plus the excess kurtosis
    of the negative binomial, grows as the mean falls. Each weighs by what it says.
    """
    phi = float((weights * squared).sum() / max(weights.sum(), 1e-9))
    for _ in range(2):
        excess = (6 * (max(phi, 1.0) - 1) + 1 / max(phi, 1.0)) / mean
        evidence = weights * 2 / (2 + excess)
        phi = float((evidence * squared).sum() / max(evidence.sum(), 1e-9))
    own_evidence = evidence.sum(axis=1)
    own = (evidence * squared).sum(axis=1) / np.maximum(own_evidence, 1e-9)
    pooled_evidence = min(_POOLED_EVIDENCE, float(own_evidence.sum()))
    total = pooled_evidence + own_evidence
    # below 1 by chance: the floor is the prediction's, or Poisson counts would seem overdispersed
    return np.maximum((pooled_evidence * phi + own_evidence * own) / total, _LOWEST_ESTIMATE), total


def _peak_weights(counts: Array, mean: Array, scale: Array) -> Array:
    """Weigh down the weeks whose Anscombe residual is beyond what is usual."""
    residual = 1.5 * (counts ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6) / scale
    return (np.maximum(residual, _PEAK_RESIDUAL) / _PEAK_RESIDUAL) ** -2


def _shock(counts: Array, mean: Array, weights: Array, dispersion: Array) -> float:
    """Give what rising and falling together adds to the dispersion of all districts' sum."""
    if len(counts) == 1:
        return 0.0
    weight = weights.min(axis=0)
    total = mean.sum(axis=0)
    squared = (counts.sum(axis=0) - total) ** 2 / total
    seen = float((weight * squared).sum() / max(weight.sum(), 1e-9))
    apart = float((dispersion @ mean * weight).sum() / max((total * weight).sum(), 1e-9))
    return max(seen - apart, 0.0)


def _wander(
    counts: Array, mean: Array, weights: Array, doubt: Array, *, used: NDArray[np.bool_]
) -> float:
    """Give the variance of what a log level strays from its terms and keeps for weeks.

    Residuals of different weeks of one block are products whose mean is this variance, whatever
    the dispersion; the fit itself draws them a little apart (`doubt`: each log mean's variance).
    """
    blocks = int(used.sum()) // _BLOCK_WEEKS
    if not blocks:
        return 0.0
    latest = np.flatnonzero(used)[-blocks * _BLOCK_WEEKS :]

    def in_blocks(values: Array) -> Array:
        return values[:, latest].reshape(len(values), blocks, _BLOCK_WEEKS)

    residual, expected = in_blocks(weights * (counts - mean)), in_blocks(weights * mean)
    drawn = (in_blocks(doubt) * expected).sum(axis=2) * expected.sum(axis=2)
    pairs = residual.sum(axis=2) ** 2 - (residual**2).sum(axis=2) + drawn
    room = expected.sum(axis=2) ** 2 - (expected**2).sum(axis=2)
    return float(np.clip(pairs.sum() / max(room.sum(), 1e-9), 0, _WIDEST_WANDER))


def predictive_cdf(counts: Array, prediction: Prediction) -> Array:
    """Give P(Y <= count) of a new count, elementwise; 0 where the count is below 0."""
    spread = prediction.dispersion_df[..., None]
    spread = spread / chdtri(spread, _DISPERSION_QUANTILES)
    phi = np.maximum(prediction.dispersion[..., None] * spread, LEAST_DISPERSION)[..., None, :]
    mean = np.exp(prediction.log_mean[..., None] + prediction.log_mean_se[..., None] * _MEAN_NODES)
    upto = betainc(
        mean[..., :, None] / (phi - 1), np.maximum(counts, 0)[..., None, None] + 1, 1 / phi
    )
    averaged = np.einsum("...mp,m->...", upto, _MEAN_WEIGHTS) / len(_DISPERSION_QUANTILES)
    return np.where(counts < 0, 0.0, averaged)


def predictive_quantile(share: float, prediction: Prediction) -> NDArray[np.int64]:
    """Give the smallest count whose `predictive_cdf` reaches a share, elementwise."""
    mean, variance = np.exp(prediction.log_mean), prediction.log_mean_se**2
    spread = np.sqrt(prediction.dispersion * mean + mean**2 * np.expm1(variance))
    guess = np.floor(np.maximum(mean + ndtri(share) * spread, 0))
    reach = np.ceil(spread / 4)
    low, high = np.maximum(guess - reach - 1, -1), guess + reach
    while (is_far := predictive_cdf(low, prediction) >= share).any():
        low, reach = np.where(is_far, np.maximum(low - reach, -1), low), reach * 2
    while (is_short := predictive_cdf(high, prediction) < share).any():
        high, reach = np.where(is_short, high + reach, high), reach * 2
    # low is always short of the share, high never
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        reaches = predictive_cdf(middle, prediction) >= share
        high, low = np.where(reaches, middle, high), np.where(reaches, low, middle)
    return np.asarray(high, dtype=np.int64)

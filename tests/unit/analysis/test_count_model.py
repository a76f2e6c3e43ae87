"""The counts model against statsmodels, scipy and quiet series drawn by a rule of their own."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import nbinom, poisson

from est_pipeline.analysis import count_model
from est_pipeline.analysis.count_model import (
    Array,
    Prediction,
    Terms,
    fit_counts,
    predictive_cdf,
    predictive_quantile,
)
from tests.benchmarks.quiet_cities import draw_counts, wave

WEEKS = 157
DISTRICTS = 4


def some_terms(
    *, weeks: int = WEEKS, districts: int = DISTRICTS, sd: tuple[float, float] = (1.0, 0.1)
) -> Terms:
    years = (np.arange(weeks) - (weeks - 1)) / 52
    shared = np.column_stack([years, np.cos(2 * np.pi * years), np.sin(2 * np.pi * years)])
    return Terms(
        own=np.column_stack([np.ones(weeks), years]),
        shared=np.ascontiguousarray(np.broadcast_to(shared, (districts, *shared.shape))),
        log_exposure=np.zeros(weeks),
        own_sd=np.array(sd),
        shared_sd=np.array([0.3, 0.5, 0.5]),
    )


def all_weeks(terms: Terms) -> np.ndarray:
    return np.ones(len(terms.own), dtype=bool)


def known(mean: float, se: float, dispersion: float, df: float) -> Prediction:
    return Prediction(*(np.array([value]) for value in (np.log(mean), se, dispersion, df)))


# --- the fit --------------------------------------------------------------------------------------


def test_with_next_to_no_prior_the_fit_is_statsmodels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_model, "_PEAK_RESIDUAL", 100.0)
    monkeypatch.setattr(count_model, "_ANCHOR_SD", 1e4)
    random = np.random.default_rng(1)
    terms = some_terms(sd=(1e4, 1e4))
    # the districts' own trends take the place of the shared one
    terms = replace(terms, shared=terms.shared[:, :, 1:], shared_sd=np.array([1e4, 1e4]))
    level = np.array([1.0, 2.0, 4.0, 8.0])[:, None]
    counts = random.poisson(level * wave(WEEKS, 0.4, random)).astype(float)
    model = fit_counts(counts, terms, used=all_weeks(terms))
    places = np.repeat(np.arange(DISTRICTS), WEEKS)
    is_here = (places[:, None] == np.arange(DISTRICTS)).astype(float)
    own = np.tile(terms.own[:, 1], DISTRICTS)[:, None]
    design = np.hstack([is_here, is_here * own, terms.shared.reshape(-1, 2)])
    peer = sm.GLM(counts.ravel(), design, family=sm.families.Poisson()).fit()
    ours = np.concatenate([model.own[:, 0], model.own[:, 1], model.shared])
    assert ours == pytest.approx(peer.params, abs=1e-3)
    # quasi standard errors of the log means, for a dispersion of 1
    se = np.sqrt(model.information.variance(terms)).ravel()
    theirs = np.sqrt(np.einsum("ij,jk,ik->i", design, peer.cov_params(), design))
    assert se == pytest.approx(theirs, rel=1e-3)


def test_dispersion_is_found_again() -> None:
    random = np.random.default_rng(2)
    terms = some_terms()
    for dispersion in (1.0, 1.5, 2.0):
        found = [
            fit_counts(
                draw_counts(np.full((DISTRICTS, WEEKS), 5.0), dispersion, random),
                terms,
                used=all_weeks(terms),
            ).dispersion.mean()
            for _ in range(20)
        ]
        # past peaks weigh less, so a little of it is lost
        assert np.mean(found) == pytest.approx(dispersion, abs=0.12)


def test_a_sparse_district_is_drawn_towards_the_others() -> None:
    terms = some_terms()
    counts = np.full((DISTRICTS, WEEKS), 3.0)
    counts[0] = 0
    model = fit_counts(counts, terms, used=all_weeks(terms))
    mean = np.exp(model.predict(terms).log_mean)[:, -1]
    assert 0 < mean[0] < 0.1
    assert mean[1:] == pytest.approx(3, rel=0.1)


def test_past_peaks_weigh_less() -> None:
    random = np.random.default_rng(3)
    terms = some_terms()
    quiet = draw_counts(np.full((DISTRICTS, WEEKS), 3.0), 1.0, random)
    risen = quiet.copy()
    risen[0, 60:66] += 20
    means = [
        np.exp(fit_counts(counts, terms, used=all_weeks(terms)).predict(terms).log_mean[0]).mean()
        for counts in (quiet, risen)
    ]
    plain = (risen - quiet)[0].mean()
    assert means[1] - means[0] < plain / 2


def test_weeks_that_are_not_used_change_nothing() -> None:
    random = np.random.default_rng(4)
    terms = some_terms()
    counts = draw_counts(np.full((DISTRICTS, WEEKS), 3.0), 1.5, random)
    used = np.arange(WEEKS) < WEEKS - 9
    other = counts.copy()
    other[:, ~used] = 500
    first, second = (fit_counts(each, terms, used=used) for each in (counts, other))
    assert (first.own == second.own).all()
    assert (first.dispersion == second.dispersion).all()
    assert first.wander == second.wander


def test_twice_the_same_gives_the_same_bytes() -> None:
    random = np.random.default_rng(5)
    terms = some_terms()
    counts = draw_counts(np.full((DISTRICTS, WEEKS), 3.0), 1.5, random)
    first, second = (
        predictive_cdf(
            counts, fit_counts(counts, terms, used=all_weeks(terms)).predict(terms)
        ).tobytes()
        for _ in range(2)
    )
    assert first == second


def test_the_order_of_districts_does_not_matter() -> None:
    random = np.random.default_rng(6)
    terms = some_terms()
    counts = draw_counts(np.array([[0.3], [1], [3], [9]]) * np.ones(WEEKS), 1.5, random)
    mean = fit_counts(counts, terms, used=all_weeks(terms)).predict(terms).log_mean
    turned = fit_counts(counts[::-1], terms, used=all_weeks(terms)).predict(terms).log_mean
    assert turned[::-1] == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize(
    "counts",
    [
        np.zeros((4, WEEKS)),
        np.zeros((1, WEEKS)),
        np.full((2, WEEKS), 10_000.0),
        np.where(np.arange(WEEKS) == 70, 10_000.0, 0.0)[None],
        np.where(np.arange(WEEKS) == WEEKS - 1, 10_000.0, 1.0)[None],
        np.where(np.arange(WEEKS) > 80, 50.0, 0.0)[None] * np.ones((3, 1)),
    ],
)
def test_odd_counts_still_give_finite_figures(counts: Array) -> None:
    terms = some_terms(districts=len(counts))
    used = np.arange(WEEKS) < WEEKS - 9
    model = fit_counts(counts, terms, used=used)
    assert model.has_converged
    prediction = model.predict(terms)
    assert np.isfinite(prediction.log_mean_se).all()
    assert (prediction.dispersion > 0.5).all()
    share = predictive_cdf(counts, prediction)
    assert ((share >= 0) & (share <= 1)).all()


# --- a sum of districts ---------------------------------------------------------------------------


def test_a_sum_of_one_is_that_one_and_of_all_is_the_sum() -> None:
    random = np.random.default_rng(7)
    terms = some_terms()
    counts = draw_counts(np.array([[1.0], [2], [3], [4]]) * np.ones(WEEKS), 1.5, random)
    model = fit_counts(counts, terms, used=all_weeks(terms))
    alone = model.predict_sum(terms, np.array([False, True, False, False]))
    assert alone.log_mean == pytest.approx(model.predict(terms).log_mean[1])
    assert alone.log_mean_se == pytest.approx(model.predict(terms).log_mean_se[1])
    assert alone.dispersion == pytest.approx(model.dispersion[1])
    together = model.predict_sum(terms, np.ones(4, dtype=bool))
    assert np.exp(together.log_mean) == pytest.approx(
        np.exp(model.predict(terms).log_mean).sum(axis=0)
    )


def test_districts_that_rise_together_widen_their_sum() -> None:
    random = np.random.default_rng(8)
    terms = some_terms()
    apart = draw_counts(np.full((DISTRICTS, WEEKS), 5.0), 1.0, random)
    shock = random.gamma(10, 0.1, WEEKS)
    together = random.poisson(5.0 * shock, (DISTRICTS, WEEKS)).astype(float)
    everyone = np.ones(DISTRICTS, dtype=bool)
    wide, narrow = (
        fit_counts(counts, terms, used=all_weeks(terms)).predict_sum(terms, everyone).dispersion
        for counts in (together, apart)
    )
    # Poisson counts of a mean 20 that itself varies by 10 %: 1 + 20 * 0.1
    assert wide[-1] == pytest.approx(3.0, abs=0.8)
    assert narrow[-1] < 1.3


def test_a_level_that_strays_for_weeks_widens_the_doubt() -> None:
    random = np.random.default_rng(9)
    terms = some_terms()
    steady = fit_counts(
        draw_counts(np.full((DISTRICTS, WEEKS), 20.0), 1.5, random), terms, used=all_weeks(terms)
    )
    level = 20 * np.exp(np.repeat(random.normal(0, 0.3, (DISTRICTS, 20)), 8, axis=1)[:, :WEEKS])
    straying = fit_counts(draw_counts(level, 1.5, random), terms, used=all_weeks(terms))
    assert steady.wander < 0.01
    assert straying.wander == pytest.approx(0.09, abs=0.05)


# --- the prediction -------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [0.3, 1.0, 4.0, 30.0])
@pytest.mark.parametrize(("se", "dispersion", "df"), [(0.1, 1.5, 80), (0.3, 2.0, 300)])
def test_the_tail_is_that_of_averaged_negative_binomials(
    mean: float, se: float, dispersion: float, df: float
) -> None:
    random = np.random.default_rng(10)
    draws = 200_000
    means = mean * np.exp(se * random.standard_normal(draws))
    spread = np.maximum(dispersion * df / random.chisquare(df, draws), 1.001)
    for count in (0, round(mean), round(mean + 2 * np.sqrt(dispersion * mean))):
        drawn = nbinom.cdf(count, means / (spread - 1), 1 / spread).mean()
        ours = predictive_cdf(np.array([float(count)]), known(mean, se, dispersion, df))[0]
        assert ours == pytest.approx(drawn, abs=0.003)


def test_without_doubt_or_dispersion_it_is_a_poisson_distribution() -> None:
    counts = np.arange(12.0)
    prediction = Prediction(np.full(12, np.log(3.0)), np.zeros(12), np.ones(12), np.full(12, 1e9))
    assert predictive_cdf(counts, prediction) == pytest.approx(poisson.cdf(counts, 3), abs=1e-3)
    assert predictive_cdf(counts - 13, prediction) == pytest.approx(np.zeros(12))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("mean", [0.01, 0.5, 3.0, 40.0, 10_000.0])
def test_the_quantile_is_the_first_count_that_reaches_the_share(share: float, mean: float) -> None:
    prediction = known(mean, 0.2, 1.5, 100)
    count = predictive_quantile(share, prediction).astype(float)
    assert predictive_cdf(count, prediction)[0] >= share
    assert predictive_cdf(count - 1, prediction)[0] < share


# --- the promise ----------------------------------------------------------------------------------


def p_values(
    mean: float,
    dispersion: float,
    *,
    series: int = 220,
    weeks: int = 112,
    change: Callable[[Prediction], Prediction] = lambda prediction: prediction,
) -> tuple[Array, Array]:
    """Judge the last week of quiet series: P(Y < count) and P(Y <= count)."""
    random = np.random.default_rng(11)
    terms = some_terms(weeks=weeks)
    used = np.arange(weeks) < weeks - 9
    below, upto = [], []
    for _ in range(series):
        expected = np.broadcast_to(mean * wave(weeks, 0.3, random), (DISTRICTS, weeks))
        counts = draw_counts(expected, dispersion, random)
        model = fit_counts(counts, terms, used=used)
        now = change(model.predict(terms.last(1))[:, -1])
        below.append(predictive_cdf(counts[:, -1] - 1, now))
        upto.append(predictive_cdf(counts[:, -1], now))
    return np.array(below).ravel(), np.array(upto).ravel()


def test_a_quiet_week_is_raised_as_often_as_promised() -> None:
    raised, whole = 0.0, 0
    for mean, dispersion in ((1.0, 1.5), (3.0, 1.0), (3.0, 2.0), (10.0, 1.5)):
        below, upto = p_values(mean, dispersion)
        share = (1 - (below + upto) / 2 < 0.05).mean()
        assert 0.02 < share < 0.08
        raised, whole = raised + share * len(below), whole + len(below)
        # P(Y >= n) in place of mid-p would be well below the promise
        assert (1 - below < 0.05).mean() < share
    assert 0.04 < raised / whole < 0.06


def test_the_middle_half_holds_half_of_the_weeks() -> None:
    below, upto = p_values(10.0, 2.0)
    random = np.random.default_rng(12)
    pit = below + random.random(len(below)) * (upto - below)
    assert ((pit > 0.25) & (pit < 0.75)).mean() == pytest.approx(0.5, abs=0.05)
    assert np.bincount((pit * 10).astype(int), minlength=10).min() > len(pit) / 10 * 0.65


def test_the_promise_needs_the_doubt_about_the_mean() -> None:
    def certain(prediction: Prediction) -> Prediction:
        return replace(prediction, log_mean_se=np.zeros_like(prediction.log_mean_se))

    with_doubt = p_values(10.0, 1.0, series=150, weeks=60)
    without = p_values(10.0, 1.0, series=150, weeks=60, change=certain)
    share, worse = (((1 - (b + u) / 2) < 0.05).mean() for b, u in (with_doubt, without))
    assert share < 0.065
    assert worse > share + 0.01

"""Slow rises: the chart, its simulated threshold, and where a climb began."""

import numpy as np
import pytest

from est_pipeline.analysis.count_model import Array, Prediction
from est_pipeline.analysis.slow_rises import chart_rises

WEEKS = 9


def known(
    series: int, mean: float = 3.0, *, se: float = 0.1, dispersion: float = 1.3
) -> Prediction:
    shape = (series, WEEKS)
    return Prediction(
        np.full(shape, np.log(mean)),
        np.full(shape, se),
        np.full(shape, dispersion),
        np.full(shape, 150.0),
    )


def test_quiet_series_come_as_high_as_often_as_p_says() -> None:
    random = np.random.default_rng(1)
    mean = 3 * np.exp(0.1 * random.standard_normal((3000, 1))) * np.ones((1, WEEKS))
    counts = random.poisson(random.gamma(mean / 0.3, 0.3)).astype(float)
    p, _ = chart_rises(counts, known(3000))
    for share in (0.01, 0.05, 0.1):
        assert (p <= share).mean() == pytest.approx(share, abs=0.35 * share + 0.004)


def test_a_lasting_rise_is_seen_that_no_single_week_shows() -> None:
    counts = np.array([[3, 2, 4, 5, 5, 6, 5, 6, 5], [3, 2, 4, 3, 3, 2, 3, 4, 5]], dtype=float)
    p, began = chart_rises(counts, known(2))
    assert p[0] < 0.02
    assert p[1] > 0.2
    assert began[0] == 2


def test_a_chart_that_is_down_has_no_climb() -> None:
    p, began = chart_rises(np.zeros((1, WEEKS)), known(1))
    assert p.tolist() == [1.0]
    assert began.tolist() == [WEEKS]


def test_doubt_about_the_mean_makes_a_rise_less_sure() -> None:
    counts: Array = np.full((1, WEEKS), 5.0)
    sure, _ = chart_rises(counts, known(1, se=0.01))
    unsure, _ = chart_rises(counts, known(1, se=0.5))
    assert unsure[0] > 2 * sure[0]


def test_twice_the_same_and_each_series_by_itself_nearly_the_same() -> None:
    random = np.random.default_rng(2)
    counts = random.poisson(4, (20, WEEKS)).astype(float)
    first, second = chart_rises(counts, known(20)), chart_rises(counts, known(20))
    assert first[0].tobytes() == second[0].tobytes()
    turned, _ = chart_rises(counts[::-1], known(20))
    assert np.abs(turned[::-1] - first[0]).max() < 0.12


def test_no_series_and_huge_counts() -> None:
    assert len(chart_rises(np.empty((0, WEEKS)), known(0))[0]) == 0
    p, _ = chart_rises(np.full((1, WEEKS), 10_000.0), known(1))
    assert p[0] == pytest.approx(1 / 2000)

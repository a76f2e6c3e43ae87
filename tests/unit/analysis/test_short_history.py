"""The e-test, and the rules that others use, by their published numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from est_pipeline.analysis.short_history import e_test
from tests.benchmarks.usual_rules import ears_c1, poisson_year, poisson_z, root_band


@pytest.fixture(scope="module")
def expected(shared_real: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (shared_real / "methods" / "expected.json").read_text(encoding="utf-8")
    )
    return found


@pytest.mark.real
def test_the_published_e_tests(expected: dict[str, Any]) -> None:
    for count, earlier, p in expected["e_test"]["two_sided_p"]:
        assert e_test(count, earlier)[0] == pytest.approx(p, abs=5e-6)
        assert e_test(earlier, count)[0] == pytest.approx(p, abs=5e-6)
    for count, earlier in expected["e_test"]["undefined"]:
        assert np.isnan(e_test(count, earlier)).all()


@pytest.mark.real
def test_the_published_differences_of_roots(expected: dict[str, Any]) -> None:
    for before, now, z in expected["poisson_z"]["cases"]:
        assert float(poisson_z(now, before)) == pytest.approx(z)


# Published with the paper, table 3: sums over several units, the second counted longer
@pytest.mark.parametrize(("count", "earlier", "p"), [(0, 3, 0.08838), (6, 2, 0.17487)])
def test_the_e_test_is_two_sided_and_even(count: int, earlier: int, p: float) -> None:
    both, high, low = e_test(count, earlier)
    assert both == pytest.approx(p, abs=5e-6)
    assert min(high, low) == pytest.approx(both / 2, abs=1e-9)


def test_a_longer_period_before_says_more() -> None:
    once = e_test(9, 3)[1]
    twenty = e_test(9, 60, earlier_weeks=20)[1]
    assert twenty < once
    # the same rate: neither high nor low
    _, high, low = e_test(3, 60, earlier_weeks=20)
    assert min(high, low) > 0.4


def test_its_quiet_weeks_are_raised_as_often_as_promised() -> None:
    random = np.random.default_rng(1)
    p = [
        e_test(int(now), int(before), earlier_weeks=12)[1]
        for now, before in zip(random.poisson(4, 1500), random.poisson(48, 1500), strict=True)
    ]
    assert 0.02 < (np.array(p) < 0.05).mean() < 0.065


def test_the_usual_rules() -> None:
    counts = np.array([2.0] * 45 + [1, 2, 3, 2, 1, 2, 3, 8])
    assert ears_c1(counts) == pytest.approx((8 - 2) / np.std([1, 2, 3, 2, 1, 2, 3], ddof=1))
    assert root_band(counts) == pytest.approx(2 * (np.sqrt(8) - np.sqrt(2)))
    # P(Y >= 8) of a Poisson with mean 2, not P(Y > 8)
    assert poisson_year(counts) == pytest.approx(-np.log(0.0010967), rel=1e-3)

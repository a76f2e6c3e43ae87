"""The benchmarks still run, on few rows; what they measure is printed, not tested."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser

from est_pipeline.analysis.prediction_accuracy import OWN_RULE
from est_pipeline.domain.weeks import IsoWeek
from tests.benchmarks import near_repeat, page, places, rhythm
from tests.benchmarks.calibration import OURS, SCENARIOS, found_rises, grid_cell, whole_weeks
from tests.benchmarks.ingest import compare
from tests.benchmarks.real_series import RealSeries, calibration, rolling, with_pit, write_plot
from tests.benchmarks.weekly import week_over


def test_one_file_is_measured_against_floor_and_peer(tmp_path: Path) -> None:
    found = compare(2_000, tmp_path)
    assert list(found) == ["DuckDB loads the file", "the usual notebook", "est ingest"]
    assert all(measured.seconds > 0 and measured.peak_mib > 10 for measured in found.values())


def test_a_week_over_a_year_is_measured(tmp_path: Path) -> None:
    assert week_over(1, tmp_path, rows_a_year=300) > 0


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("city", ["memphis", "st_louis"])
def test_our_ranking_of_places_is_not_behind_any_other(shared_real: Path, city: str) -> None:
    if city == "memphis":
        rows = places.memphis(shared_real)
        area = places.area_of(shared_real / "memphis" / "memphis_precincts.geojson")
        last = IsoWeek(2019, 52)
    else:
        rows = places.st_louis(shared_real)
        area = places.area_of(shared_real / "stlouis" / "neighborhoods.geojson")
        last = IsoWeek(2013, 52)
    found = places.compare(rows, cells=area, first=last.plus(-25), last=last)
    assert set(found["week_count"]) == {26}
    assert set(found["budget"]) == {0.01, 0.02, 0.05}
    others = found[found["rule"] != OWN_RULE]
    assert (others["gain_high"] >= 0).all(), others[others["gain_high"] < 0]
    behind = others[others["rule"].isin(["last_week", "random"])]
    assert (behind["gain_low"] > 0).all()


def test_the_rhythm_of_quiet_years_is_judged() -> None:
    assert rhythm.found_share(rhythm.Quiet(mean=8, years=1), draws=2)[0] <= 1


def test_the_near_repeats_of_drifting_places_are_judged() -> None:
    rates = near_repeat.SCENARIOS["half grow, half shrink"]
    share = near_repeat.found_share(
        rates, draws=2, window_days=near_repeat.WINDOW_DAYS, number=60, permutations=19
    )
    assert 0 <= share <= 1


def test_the_promise_is_simulated() -> None:
    cell = grid_cell(2, 3.0, 1.5, 5)
    assert cell["converged"] == 1
    assert 0 <= cell["p_high_5"] <= 0.3
    weeks = whole_weeks(1, processes=1, names=["a reporter joined 14 weeks before"])
    assert weeks["converged"].tolist() == [1.0]
    assert "30 % of rows a week late" in SCENARIOS


def test_planted_rises_are_searched_for() -> None:
    found = found_rises(3, processes=1, years=2)
    assert len(found) == 2 * 2 * 3 * 4
    assert found["found"].between(0, 1).all()
    assert (found.loc[found["rule"] == OURS, "ours_ahead_by"] == 0).all()


def test_real_series_are_judged_week_by_week(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    weeks = [str(each) for each in pd.Series([f"2024-W{week:02d}" for week in range(1, 53)])]
    series = RealSeries(
        "made up",
        "SE",
        pd.DataFrame(
            random.poisson(3, (4, 52)),
            index=pd.MultiIndex.from_product(
                [["a", "b"], ["brand", "klotter"]], names=["district_id", "category_code"]
            ),
            columns=weeks,
        ),
    )
    frame, seconds = rolling(series, weeks=3, step=1, processes=1)
    judged = with_pit(frame)
    assert seconds > 0
    assert calibration(judged)["comparisons"].tolist() == [12, 6, 6, 3]
    assert write_plot(judged, series.name, tmp_path).read_text("utf-8").startswith("<svg")


@pytest.mark.browser
def test_a_page_is_measured_against_the_usual_one(chromium: Browser, tmp_path: Path) -> None:
    found = page.compare(tmp_path, chromium, incidents=60, runs=1)
    assert all(each.size and each.build_s > 0 and each.ready_ms > 0 for each in found.values())

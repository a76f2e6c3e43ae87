"""Near repeats: the published table, half-open bands, and what drift must not be taken for."""

import datetime
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from est_pipeline.analysis.near_repeat import (
    LEVEL,
    WINDOW_DAYS,
    count_pairs,
    find_near_repeats,
    knox_test,
    use_of_points,
)
from tests.benchmarks.near_repeat import SCENARIOS, draw, found_share, plant

SHARED = Path(__file__).resolve().parents[3] / "shared" / "real" / "methods"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
LAST = datetime.date(2026, 11, 15)


def pairs(table: pd.DataFrame, columns: int) -> list[list[int]]:
    return table["pair_count"].to_numpy().reshape(-1, columns).tolist()


@pytest.mark.real
@pytest.mark.skipif(not SHARED.exists(), reason="the public data sets are not beside the checkout")
def test_published_table_of_chicago() -> None:
    expected = json.loads((SHARED / "expected.json").read_text())["knox"]
    rows = pd.read_csv(SHARED / "knox_chicago_month1.csv", header=None, names=["e", "n", "on"])
    days = pd.to_datetime(rows["on"]).to_numpy("datetime64[D]").astype("int64")
    found = knox_test(
        rows["e"],
        rows["n"],
        days,
        distance_bands=expected["distance_m"],
        day_bands=expected["days"],
        metric="manhattan",
        window_days=None,
    )
    assert pairs(found, 3) == expected["observed_pairs"]
    # repeats within a week, at the place and around it, are what is known of Chicago's burglaries
    near = found[(found["to_m"] <= 200) & (found["to_day"] == 7)]
    assert (near["p_adjusted"] <= 0.05).all()
    edge = expected["edge_case"]
    at = [(point[0], point[1]) for point in edge["points"]]
    on = pd.to_datetime([point[2] for point in edge["points"]]).to_numpy("datetime64[D]")
    counted = count_pairs(
        [e for e, _ in at],
        [n for _, n in at],
        on.astype("int64"),
        distance_bands=[0, edge["distance_m"], 2 * edge["distance_m"]],
        day_bands=[0, edge["days"], 2 * edge["days"]],
        metric="manhattan",
    )
    # half-open: the pair on the edge belongs to the band that begins there
    assert pairs(counted, 2) == [[0, 0], [0, edge["pairs"]]]


@pytest.mark.parametrize(
    ("metric", "expected"), [("manhattan", [[0], [1]]), ("euclidean", [[1], [0]])]
)
def test_distance_is_measured_as_asked(metric: Any, expected: list[list[int]]) -> None:
    found = count_pairs(
        [0, 60], [0, 60], [5, 5], distance_bands=[0, 100, 200], day_bands=[0, 7], metric=metric
    )
    assert pairs(found, 1) == expected


def test_the_same_place_has_its_own_band() -> None:
    found = count_pairs(
        [0, 0, 0.05, 0.1], [0, 0, 0, 0], [1, 1, 1, 1], distance_bands=[0, 0.1, 50], day_bands=[0, 1]
    )
    # the fourth is a decimetre, half-open, from the first two
    assert pairs(found, 1) == [[4], [2]]


def test_pairs_are_counted_as_one_by_one() -> None:
    generator = np.random.default_rng(2)
    e, n = generator.uniform(0, 800, (2, 120)).round()
    day = generator.integers(0, 60, 120)
    bands, days = [0, 0.1, 100, 250], [0, 1, 7, 20]
    expected = np.zeros((3, 3), dtype=int)
    for a in range(120):
        for b in range(a):
            far = np.hypot(e[a] - e[b], n[a] - n[b])
            row = np.searchsorted(bands, far, side="right") - 1
            column = np.searchsorted(days, abs(day[a] - day[b]), side="right") - 1
            if row < 3 and column < 3:
                expected[row, column] += 1
    assert (
        pairs(count_pairs(e, n, day, distance_bands=bands, day_bands=days), 3) == expected.tolist()
    )
    for window in (5, 20, 56):
        found = knox_test(
            e, n, day, distance_bands=bands, day_bands=days, window_days=window, permutations=9
        )
        assert pairs(found, 3) == expected.tolist()


def test_the_same_seed_gives_the_same_figures_whatever_the_order() -> None:
    e, n, day = draw(SCENARIOS["even"], np.random.default_rng(1), number=150)
    order = np.random.default_rng(2).permutation(len(day))
    first = knox_test(e, n, day, permutations=99)
    again = knox_test(e[order], n[order], day[order], permutations=99)
    pd.testing.assert_frame_equal(first, again)
    other = knox_test(e, n, day, permutations=99, seed=7)
    assert not first["expected_count"].equals(other["expected_count"])


def test_p_has_the_real_order_among_its_permutations() -> None:
    drawn = plant(
        draw(SCENARIOS["even"], np.random.default_rng(1), number=300),
        np.random.default_rng(1),
        share=0.3,
    )
    found = knox_test(*drawn, permutations=99)
    assert found["p_value"].min() == 1 / 100
    assert (found["p_adjusted"] >= found["p_value"]).all()
    assert found["p_adjusted"].max() <= 1


def test_the_expected_counts_are_those_of_independence() -> None:
    e, n, day = draw(SCENARIOS["even"], np.random.default_rng(6), number=400)
    found = knox_test(e, n, day, window_days=None, permutations=199, distance_bands=[0, 400])
    near = count_pairs(e, n, np.zeros(len(day)), distance_bands=[0, 400], day_bands=[0, 1])
    first, second = np.triu_indices(len(day), k=1)
    in_a_week = (np.abs(day[first] - day[second]) < 7).mean()
    assert found["expected_count"][0] == pytest.approx(near["pair_count"][0] * in_a_week, rel=0.05)


# --- by category ----------------------------------------------------------------------------------


def points(drawn: tuple[np.ndarray, ...], category_code: str, **values: Any) -> pd.DataFrame:
    """Incidents around the middle of Linköping, the newest on the last day."""
    easting, northing, day = drawn
    start = pd.Timestamp(LAST) + pd.to_timedelta(day - day.max(), unit="D") + pd.Timedelta("12h")
    frame = pd.DataFrame(
        {
            "kind": "incident",
            "category_code": category_code,
            "district_id": "ryd",
            "occurred_from": start.tz_localize(STOCKHOLM).tz_convert("UTC").as_unit("us"),
            "occurred_to": pd.Series(pd.NaT, index=range(len(day)), dtype="datetime64[us, UTC]"),
            "lon": 15.57 + easting / 58_400,
            "lat": 58.41 + northing / 111_400,
            "precision_m": 20.0,
            "occurrence_count": 1,
        }
    )
    return frame.assign(**values).astype({"kind": "str", "category_code": "str"})


def find(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    found = find_near_repeats(
        frame, zone=STOCKHOLM, metric_crs="EPSG:3006", last_on=LAST, **options
    )
    assert (
        found.categories.filter(like="_count")
        .drop(columns=["pair_count", "incident_count", "reach_pair_count", "reach_expected_count"])
        .sum(axis=1)
        .equals(found.categories["incident_count"])
    )
    return found.categories.set_index("category_code")


def test_planted_repeats_are_found_with_their_reach_and_the_rest_is_quiet() -> None:
    frames = [
        points(draw(SCENARIOS["even"], np.random.default_rng(each), number=300), f"lugn{each}")
        for each in range(4)
    ]
    generator = np.random.default_rng(9)
    planted = plant(draw(SCENARIOS["even"], generator, number=300), generator, share=0.25)
    found = find(pd.concat([*frames, points(planted, "upprepad")], ignore_index=True))
    assert found["verdict"].to_dict() == {
        **{f"lugn{each}": "usual" for each in range(4)},
        "upprepad": "raised",
    }
    reach = found.loc["upprepad"]
    assert (reach["reach_m"], reach["reach_days"]) == (100, 7)
    assert reach["reach_pair_count"] > reach["reach_expected_count"] + 40


def test_a_category_does_not_depend_on_the_others() -> None:
    generator = np.random.default_rng(9)
    drawn = plant(draw(SCENARIOS["even"], generator, number=200), generator, share=0.3)
    alone = find(points(drawn, "b"), permutations=99)
    other = points(draw(SCENARIOS["even"], generator, number=100), "a")
    together = find(pd.concat([other, points(drawn, "b")]), permutations=99)
    pd.testing.assert_series_equal(alone.loc["b"], together.loc["b"])


def test_few_are_said_to_be_few() -> None:
    drawn = draw(SCENARIOS["even"], np.random.default_rng(1), number=300)
    few = tuple(each[:29] for each in drawn)
    apart = (np.arange(60) * 1000.0, np.zeros(60), np.arange(60))
    found = find(pd.concat([points(few, "a"), points(apart, "b")]), permutations=9)
    assert found["verdict"].to_dict() == {"a": "too_few", "b": "too_few"}
    assert found["pair_count"]["b"] == 0


def test_what_is_not_known_well_enough_is_left_out_and_counted() -> None:
    drawn = draw(SCENARIOS["even"], np.random.default_rng(1), number=40)
    frame = points(drawn, "a")
    frame.loc[0, "lon"] = np.nan
    frame.loc[1, "precision_m"] = 101
    frame.loc[2, "precision_m"] = np.nan
    frame.loc[3, "occurred_to"] = frame.loc[3, "occurred_from"] + pd.Timedelta(days=3, minutes=1)
    frame.loc[4, "occurred_to"] = frame.loc[4, "occurred_from"] + pd.Timedelta(days=3)
    frame.loc[5, "occurred_from"] -= pd.DateOffset(years=6)
    frame.loc[6, "occurred_from"] = pd.Timestamp("2026-11-15T23:00Z")  # the next day in Sweden
    frame.loc[7, "kind"] = "environment_case"
    found = find(frame, permutations=9).loc["a"]
    assert found["incident_count"] == 37
    assert found["used_count"] == 33
    assert found["no_point_count"] == 1
    assert found["imprecise_count"] == 2
    assert found["long_span_count"] == 1


def test_of_very_many_the_newest_are_looked_at() -> None:
    drawn = (np.zeros(6), np.zeros(6), np.array([1, 2, 2, 8, 9, 9]))
    assert find(points(drawn, "a"), most_incidents=4)["incident_count"].tolist() == [5]


def test_what_is_netted_off_is_no_incident() -> None:
    drawn = (np.zeros(5), np.zeros(5), np.array([1, 1, 1, 9, 9]))
    frame = points(drawn, "a").assign(occurrence_count=[1, 1, -1, 4, -4])
    assert use_of_points(frame).tolist() == ["used", "netted", "netted", "netted", "netted"]
    assert find(frame)["incident_count"].tolist() == [1]


def test_a_span_counts_on_the_local_day_of_its_middle() -> None:
    # 23.00 to 02.00 in Sweden, twice: the middles are 00.30, on the same day as a third at noon
    frame = points((np.zeros(3), np.zeros(3), np.array([9, 9, 9])), "a")
    frame["occurred_from"] = pd.to_datetime(
        ["2026-11-10T22:00Z", "2026-11-10T22:00Z", "2026-11-11T11:00Z"]
    ).as_unit("us")
    frame.loc[[0, 1], "occurred_to"] = pd.Timestamp("2026-11-11T01:00Z")
    found = find(frame, distance_bands=[0, 100], day_bands=[0, 1])
    assert found["pair_count"].tolist() == [3]


def test_nothing_gives_nothing() -> None:
    drawn = draw(SCENARIOS["even"], np.random.default_rng(1), number=30)
    frame = points(drawn, "a").iloc[:0]
    assert find(frame).empty
    assert count_pairs([], [], [])["pair_count"].sum() == 0
    assert knox_test([], [], [], permutations=9)["p_value"].tolist() == [1.0] * 16


# --- calibration ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SCENARIOS if "19:1" not in name])
def test_drift_is_not_taken_for_repeats(name: str) -> None:
    draws = 60
    error = 2.5 * np.sqrt(LEVEL * (1 - LEVEL) / draws)
    share = found_share(
        SCENARIOS[name], draws=draws, window_days=WINDOW_DAYS, permutations=99, seed=3
    )
    assert share <= LEVEL + error


@pytest.mark.slow
def test_the_plain_test_takes_drift_for_repeats() -> None:
    """Why times are permuted within windows: without them this would be all there is."""
    rates = SCENARIOS["half grow, half shrink"]
    assert found_share(rates, draws=30, window_days=None, permutations=99) > 0.2

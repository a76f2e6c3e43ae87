"""Calibration is measured on simulated weeks where the answer is known."""

import numpy as np
import pandas as pd
import pytest

from est_pipeline.analysis import calibration
from est_pipeline.analysis.calibration import NO_RISE, RISE_LENGTHS, RISE_SIZES, Promise
from est_pipeline.domain.kinds import Level, Verdict
from tests.judged_weeks import CATEGORIES, DISTRICTS, FIRST, WEEKS, judged_weeks


@pytest.fixture(scope="module")
def right() -> pd.DataFrame:
    return judged_weeks()


@pytest.fixture(scope="module")
def too_sure() -> pd.DataFrame:
    return judged_weeks(true_dispersion=3.0, told_dispersion=1.3)


@pytest.fixture(scope="module")
def too_careful() -> pd.DataFrame:
    return judged_weeks(true_dispersion=1.1, told_dispersion=3.0)


def at(found: pd.DataFrame, promised: float, grouping: str = "level") -> pd.Series:
    chosen = found[(found["grouping"] == grouping) & (found["promised"] == promised)]
    return chosen.iloc[0]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("right", Promise.KEPT),
        ("too_sure", Promise.ABOVE),
        ("too_careful", Promise.BELOW),
    ],
)
def test_false_alarms_against_the_promise(
    frame: str, expected: Promise, request: pytest.FixtureRequest
) -> None:
    found = calibration.measure_false_alarms(request.getfixturevalue(frame), seed=1)
    row = at(found, 0.05)
    assert row["verdict"] == expected.value
    assert row["low"] < row["share"] < row["high"]
    assert row["comparison_count"] == DISTRICTS * CATEGORIES * WEEKS
    assert row["alarm_count"] == round(row["share"] * row["comparison_count"])


def test_groups_by_expected_count_and_history_add_up(right: pd.DataFrame) -> None:
    found = calibration.measure_false_alarms(right, seed=1)
    sums = found[found["promised"] == 0.05].groupby("grouping")["comparison_count"].sum()
    assert sums.nunique() == 1
    classes = found[(found["grouping"] == "expected") & (found["promised"] == 0.05)]
    assert list(classes["group"]) == ["0", "1", "2", "3"]


def test_nothing_is_said_about_few_comparisons(right: pd.DataFrame) -> None:
    few = right[right["iso_week"] < str(FIRST.plus(calibration.FEWEST_WEEKS - 1))]
    verdicts = calibration.measure_false_alarms(few, seed=1)["verdict"]
    assert set(verdicts) == {Promise.UNKNOWN.value}
    assert calibration.measure_false_alarms(right.iloc[:0], seed=1).empty
    assert calibration.count_alarm_weeks(right.iloc[:0]).verdict is Promise.UNKNOWN


def test_comparisons_without_a_statement_are_left_out(right: pd.DataFrame) -> None:
    silent = right.assign(verdict=Verdict.TOO_FEW.value)
    both = pd.concat([right, silent.assign(p_high=0.0)])
    assert at(calibration.measure_false_alarms(both, seed=1), 0.05).equals(
        at(calibration.measure_false_alarms(right, seed=1), 0.05)
    )


def test_short_histories_stand_for_themselves(right: pd.DataFrame) -> None:
    short = right.assign(verdict=Verdict.SHORT_HISTORY.value, history_weeks=20)
    found = calibration.measure_false_alarms(pd.concat([right, short]), seed=1)
    assert at(found, 0.05)["comparison_count"] == len(right)
    history = found[(found["grouping"] == "history") & (found["promised"] == 0.05)]
    assert list(history["group"]) == ["0", "3"]
    assert list(history["comparison_count"]) == [len(right), len(right)]
    assert calibration.choose_rise_sites(short, seed=1, sites=40).empty


def test_neighbours_count_only_as_alarms(right: pd.DataFrame) -> None:
    beside = right.iloc[:50].assign(
        level=Level.NEIGHBOURS.value, p_high=0.001, verdict=Verdict.CLEAR_RISE.value
    )
    both = pd.concat([right, beside])
    assert at(calibration.measure_false_alarms(both, seed=1), 0.05)["comparison_count"] == len(
        right
    )
    assert calibration.count_alarm_weeks(both).alarm_week_count == beside["iso_week"].nunique()


def test_weeks_that_hang_together_widen_the_interval() -> None:
    sizes = np.full(100, 20.0)
    alone, together = np.ones(100), np.zeros(100)
    together[:5] = 20
    low, high = calibration.share_interval(alone, sizes, seed=1)
    wide_low, wide_high = calibration.share_interval(together, sizes, seed=1)
    assert wide_low < low < 0.05 < high < wide_high
    # no alarm at all is no proof that there never is one
    assert calibration.share_interval(np.zeros(100), sizes, seed=1)[1] > 0.001


def test_binomial_interval_is_that_of_the_literature() -> None:
    # Clopper & Pearson's own kind of table: 4 of 20, 95 %
    low, high = calibration.binomial_interval(4, 20)
    assert (round(low, 4), round(high, 4)) == (0.0573, 0.4366)
    assert calibration.binomial_interval(0, 10)[0] == 0.0
    assert calibration.binomial_interval(10, 10)[1] == 1.0
    assert calibration.binomial_interval(0, 0) == (0.0, 1.0)


def test_weeks_with_a_clear_rise(right: pd.DataFrame) -> None:
    quiet = calibration.count_alarm_weeks(right)
    assert (quiet.week_count, quiet.alarm_week_count) == (WEEKS, 0)
    assert quiet.verdict is Promise.KEPT
    assert quiet.raised_by_chance == pytest.approx(0.05 * len(right))
    loud = right.copy()
    weeks = loud["iso_week"].unique()[::4]
    loud.loc[loud["iso_week"].isin(weeks), "verdict"] = Verdict.CLEAR_RISE.value
    found = calibration.count_alarm_weeks(loud)
    assert found.alarm_week_count == len(weeks)
    assert found.verdict is Promise.ABOVE


@pytest.mark.parametrize(
    ("frame", "outside"), [("right", 0), ("too_sure", 3), ("too_careful", 3)], ids=str
)
def test_pit_histogram(frame: str, outside: int, request: pytest.FixtureRequest) -> None:
    found = calibration.pit_histogram(request.getfixturevalue(frame), seed=1)
    assert found["share"].sum() == pytest.approx(1)
    is_outside = (found["share"] < found["low"]) | (found["share"] > found["high"])
    assert (is_outside.sum() >= outside) if outside else not is_outside.any()
    if frame == "too_sure":
        assert found["share"].iloc[[0, -1]].min() > 0.1
    if frame == "too_careful":
        assert found["share"].iloc[[0, -1]].max() < 0.1


def test_sites_cover_every_size_of_count_and_leave_room(right: pd.DataFrame) -> None:
    sites = calibration.choose_rise_sites(right, seed=3, sites=40)
    assert list(sites["site_number"]) == list(range(40))
    assert sites["expected_class"].value_counts().to_dict() == dict.fromkeys(range(4), 10)
    assert sites["first_week"].max() <= str(FIRST.plus(WEEKS - max(RISE_LENGTHS)))
    shuffled = right.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(calibration.choose_rise_sites(shuffled, seed=3, sites=40), sites)
    assert not calibration.choose_rise_sites(right, seed=4, sites=40).equals(sites)


def test_sites_where_there_are_few(right: pd.DataFrame) -> None:
    assert calibration.choose_rise_sites(right.iloc[:0], seed=1, sites=40).empty
    sparse = right[(right["expected"] < 1) | (right["iso_week"] == str(FIRST))]
    sites = calibration.choose_rise_sites(sparse, seed=1, sites=40)
    assert len(sites) == 40
    assert (sites["expected_class"] == 0).sum() > 10


def test_no_rise_is_planted_where_next_to_nothing_happens(right: pd.DataFrame) -> None:
    empty = right.assign(expected=calibration.LEAST_EXPECTED / 2)
    assert calibration.choose_rise_sites(empty, seed=1, sites=40).empty


def test_a_planted_rise_is_drawn_once_and_grows_with_its_size() -> None:
    double = RISE_SIZES[1]
    drawn = calibration.draw_added(5, double, 4.0, seed=1)
    assert len(drawn) == max(RISE_LENGTHS)
    assert np.array_equal(drawn, calibration.draw_added(5, double, 4.0, seed=1))
    many = [
        np.mean([calibration.draw_added(site, size, 4.0, seed=1).mean() for site in range(300)])
        for size in RISE_SIZES
    ]
    assert many == pytest.approx([2, 4, 8, 5], rel=0.1)


def test_detection_counts_what_is_found_while_the_rise_lasts() -> None:
    # four sites: found in week 1, found in week 3, only raised, never
    rows = [
        (site, 0, "x2", week, site in (0, 1) and week == (1, 3)[site], site < 3 and week > 1)
        for site in range(4)
        for week in range(1, 7)
    ]
    columns = [
        "site_number",
        "expected_class",
        "size_code",
        "week_of_rise",
        "is_clear",
        "is_raised",
    ]
    found = calibration.measure_detection(pd.DataFrame(rows, columns=columns))
    everywhere = found[found["expected_class"] == -1].set_index("length_weeks")
    assert list(everywhere["found_count"]) == [1, 2, 2]
    assert list(everywhere["raised_share"]) == [0, 0.75, 0.75]
    assert list(everywhere["median_weeks"]) == [1, 2, 2]
    assert (found["rise_count"] == 4).all()
    assert everywhere.loc[3, "low"] < 0.5 < everywhere.loc[3, "high"]
    empty = pd.DataFrame(rows[:0], columns=columns)
    assert calibration.measure_detection(empty).empty


def test_no_size_has_the_code_of_nothing_planted() -> None:
    assert NO_RISE not in {size.code for size in RISE_SIZES}

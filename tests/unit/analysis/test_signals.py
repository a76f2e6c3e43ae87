"""Verdicts: from a week's counts to what may be said of them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from est_pipeline.analysis import count_model
from est_pipeline.analysis.count_model import Array
from est_pipeline.analysis.history import History, Panel, index_occurrences, weekly_history
from est_pipeline.analysis.signals import (
    BAND_COLUMNS,
    COMPARISON_COLUMNS,
    Judgement,
    judge_week,
)
from est_pipeline.domain.kinds import Kind, Level, Verdict
from est_pipeline.domain.schemas import UNPLACED_ID
from est_pipeline.domain.weeks import IsoWeek, week_range
from tests.benchmarks.quiet_cities import DISTRICTS, ZONE, City, judged_at, swedish_calendar

LAST = IsoWeek(2026, 47)
NO_DAYS = pd.DataFrame(columns=["first_on", "last_on", "day_type", "name"])
CODES = ("brand", "klotter", "skadegorelse")
KNOWN_P = ("p_high", "p_low", "pit_below", "pit_upto", "expected")


def history_of(counts: Array, *, district_ids: tuple[str, ...] = DISTRICTS) -> History:
    """A history of counts (districts, categories, weeks)."""
    weeks = week_range(LAST.plus(1 - counts.shape[2]), LAST)
    cells = pd.MultiIndex.from_product(
        [district_ids[: counts.shape[0]], CODES[: counts.shape[1]]],
        names=["district_id", "category_code"],
    )
    return History(
        weeks=tuple(weeks),
        counts=pd.DataFrame(
            counts.reshape(-1, len(weeks)).astype(int),
            index=cells,
            columns=[str(week) for week in weeks],
        ),
        exposure=np.ones(len(weeks)),
        outside_panel=pd.Series(dtype="int64"),
        completeness=None,
        panel=Panel(("polisen",), (), len(weeks) - 1, 1.0),
        sources_of_week=pd.DataFrame(),
    )


def quiet(weeks: int = 157, *, mean: float = 3.0, seed: int = 1) -> Array:
    random = np.random.default_rng(seed)
    counts = random.poisson(mean, (4, 3, weeks)).astype(float)
    # the last weeks as plain as can be, so that only what a test plants stands out
    counts[:, :, -9:] = round(mean)
    return counts


def judge(counts: Array, **options: Any) -> Judgement:
    district_ids = options.pop("district_ids", DISTRICTS)
    return judge_week(history_of(counts, district_ids=district_ids), calendar=NO_DAYS, **options)


def row(found: Judgement, district: str, category: str, other: str = "") -> pd.Series:
    frame = found.comparisons
    chosen = frame[
        (frame["district_id"] == district)
        & (frame["category_code"] == category)
        & (frame["other_district_id"] == other)
    ]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_every_comparison_stands_once_and_a_quiet_week_is_quiet() -> None:
    found = judge(quiet())
    frame = found.comparisons
    assert tuple(frame.columns) == COMPARISON_COLUMNS
    assert tuple(found.bands.columns) == BAND_COLUMNS
    assert len(frame) == 4 * 3 + 4 + 3 + 1 == found.judged_count
    assert not frame.duplicated(["district_id", "other_district_id", "category_code"]).any()
    assert set(frame["verdict"]) == {Verdict.USUAL.value}
    assert not frame["is_slow_rise"].any()
    assert found.has_converged
    assert (frame["low"] <= frame["expected"]).all()
    assert (frame["expected"] <= frame["high"]).all()


def test_a_planted_rise_is_clear_where_it_is() -> None:
    counts = quiet()
    counts[1, 2, -1] = 15
    found = judge(counts)
    clear = found.comparisons[found.comparisons["verdict"] == Verdict.CLEAR_RISE.value]
    assert ("b", "skadegorelse") in set(
        zip(clear["district_id"], clear["category_code"], strict=True)
    )
    assert set(clear["district_id"]) <= {"b", ""}
    assert row(found, "a", "skadegorelse")["verdict"] == Verdict.USUAL.value


def test_what_is_raised_but_may_be_chance_is_a_watch() -> None:
    counts = quiet()
    counts[1, 2, -1] = 7
    one = row(judge(counts), "b", "skadegorelse")
    assert 0.01 < one["p_high"] < 0.05
    assert one["verdict"] == Verdict.WATCH.value


def test_two_incidents_are_no_rise_and_one_is_no_watch() -> None:
    for count, verdict in ((1, Verdict.USUAL), (2, Verdict.WATCH)):
        counts = quiet()
        counts[:, 0] = 0
        counts[:, 0, 10:140:13] = 1
        counts[0, 0, -1] = count
        one = row(judge(counts), "a", "brand")
        assert one["p_high"] < 0.05
        assert one["verdict"] == verdict.value


def test_a_fall_is_clear_unless_a_usual_source_is_silent() -> None:
    counts = quiet(mean=20)
    counts[0, 0, -1] = 1
    assert row(judge(counts), "a", "brand")["verdict"] == Verdict.CLEAR_FALL.value
    silent = judge(counts, silent_ids=["polisen"])
    assert row(silent, "a", "brand")["verdict"] == Verdict.USUAL.value
    assert silent.comparisons["is_fall_ruled_out"].all()
    other = judge(counts, silent_ids=["someone who is not in the panel"])
    assert row(other, "a", "brand")["verdict"] == Verdict.CLEAR_FALL.value


def test_a_slow_rise_is_told_and_since_when() -> None:
    counts = quiet()
    counts[2, 1, -6:] = 6
    one = row(judge(counts), "c", "klotter")
    assert one["is_slow_rise"]
    assert one["verdict"] == Verdict.WATCH.value
    assert one["rising_since"] == str(LAST.plus(-5))
    assert one["p_high"] > 0.05


def test_neighbours_stick_out_together_where_neither_does_alone() -> None:
    counts = quiet(mean=2)
    counts[0, 0, -1] = counts[1, 0, -1] = 6
    pair = [("a", "b"), ("c", "d")]
    found = judge(counts, neighbours=pair, false_discovery_rate=0.03)
    assert row(found, "a", "brand")["verdict"] != Verdict.CLEAR_RISE.value
    both = row(found, "a", "brand", "b")
    assert both["level"] == Level.NEIGHBOURS.value
    assert both["count"] == 12
    assert both["verdict"] == Verdict.WATCH.value
    counts[0, 0, -1] = 20
    alone = judge(counts, neighbours=pair, false_discovery_rate=0.03).comparisons
    assert not ((alone["other_district_id"] == "b") & (alone["category_code"] == "brand")).any()


def test_too_few_in_the_whole_history_are_not_judged() -> None:
    counts = quiet()
    counts[:, 0] = 0
    counts[0, 0, [5, 50, 90]] = 1
    counts[0, 0, -1] = 9
    found = judge(counts)
    assert row(found, "a", "brand")["verdict"] == Verdict.TOO_FEW.value
    assert row(found, "", "brand")["verdict"] == Verdict.TOO_FEW.value
    assert found.judged_count == 8 + 4 + 2 + 1


def test_a_category_that_never_occurred_is_no_comparison() -> None:
    counts = quiet()
    counts[:, 2] = 0
    assert not (judge(counts).comparisons["category_code"] == "skadegorelse").any()


def test_what_has_no_place_counts_in_the_whole_city_alone() -> None:
    ids = ("a", "b", "c", UNPLACED_ID)
    found = judge(quiet(), district_ids=ids).comparisons
    assert UNPLACED_ID not in set(found["district_id"])
    assert found.loc[found["level"] == "city", "count"].tolist() == [36]
    assert found.loc[found["level"] == "district", "count"].sum() == 27


# --- short and odd histories ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "verdicts"),
    [
        (0, {Verdict.TOO_FEW.value}),
        (1, {Verdict.TOO_FEW.value}),
        (7, {Verdict.TOO_FEW.value}),
        (8, {Verdict.SHORT_HISTORY.value}),
        (25, {Verdict.SHORT_HISTORY.value}),
    ],
)
def test_a_short_history_is_said_to_be_one(before: int, verdicts: set[str]) -> None:
    found = judge(quiet()[:, :, -1 - before :])
    assert set(found.comparisons["verdict"]) == verdicts
    assert found.judged_count == 0
    assert found.bands.empty
    missing = found.comparisons[list(KNOWN_P)].isna().all().all()
    assert missing == (verdicts == {Verdict.TOO_FEW.value})


def test_from_half_a_year_on_the_model_judges() -> None:
    found = judge(quiet()[:, :, -27:])
    assert found.judged_count == 20
    assert found.has_converged


@pytest.mark.parametrize(
    "counts",
    [
        np.zeros((4, 3, 157)),
        np.zeros((1, 1, 157)),
        np.zeros((0, 0, 157)),
        np.zeros((4, 3, 1)),
        np.full((1, 1, 60), 10_000.0),
        np.where(np.arange(157) == 156, 10_000.0, 2.0) * np.ones((2, 2, 1)),
        np.where(np.arange(157) == 156, 1.0, 0.0) * np.ones((2, 2, 1)),
    ],
)
def test_odd_histories_are_judged_without_failing(counts: Array) -> None:
    found = judge(counts)
    assert tuple(found.comparisons.columns) == COMPARISON_COLUMNS
    assert found.has_converged
    judged = found.comparisons[found.comparisons["verdict"] != Verdict.TOO_FEW.value]
    assert judged[["p_high", "p_low"]].notna().all().all()
    if counts.size and counts[..., -1].max() == 10_000 and counts.min() < 10_000:
        assert (found.comparisons["verdict"] == Verdict.CLEAR_RISE.value).all()


def test_no_occurrence_at_all_is_judged_to_be_nothing() -> None:
    nothing = City(years=0.1, means=(1.0,)).draw(np.random.default_rng(1)).iloc[:0]
    counted = index_occurrences(
        nothing, kind=Kind.INCIDENT, zone=ZONE, district_ids=["a"], category_codes=["brand"]
    )
    found = judge_week(weekly_history(counted, week=LAST, as_of=judged_at(LAST)), calendar=NO_DAYS)
    assert set(found.comparisons["verdict"]) <= {Verdict.TOO_FEW.value}


def test_what_the_model_cannot_fit_gets_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_model, "_MOST_STEPS", 1)
    counts = quiet()
    counts[0, 0, -1] = 40
    found = judge(counts, neighbours=[("a", "b")])
    assert not found.has_converged
    assert row(found, "a", "brand")["verdict"] == Verdict.TOO_FEW.value
    is_silent = found.comparisons["verdict"] == Verdict.TOO_FEW.value
    assert is_silent.sum() >= 12
    assert found.comparisons.loc[is_silent, list(KNOWN_P)].isna().all().all()
    assert found.comparisons.loc[~is_silent, list(KNOWN_P)].notna().all().all()
    assert found.judged_count == (~is_silent).sum()
    assert len(found.comparisons) == 20


# --- the whole way --------------------------------------------------------------------------------


def whole_way(occurrences: pd.DataFrame, city: City) -> Judgement:
    counted = index_occurrences(
        occurrences, kind=Kind.INCIDENT, zone=ZONE, district_ids=DISTRICTS, category_codes=[]
    )
    first = counted.first_week
    assert first is not None
    return judge_week(
        weekly_history(counted, week=city.last, as_of=judged_at(city.last)),
        calendar=swedish_calendar(first.monday, city.last.sunday),
        neighbours=[("a", "b")],
    )


def test_the_same_occurrences_in_any_order_give_the_same_bytes() -> None:
    city = City(years=2.2, means=(0.5, 3.0, 8.0), late_share=0.3, joined_before=30)
    occurrences = city.draw(np.random.default_rng(3))
    first, again, shuffled = (
        whole_way(frame, city)
        for frame in (occurrences, occurrences, occurrences.sample(frac=1, random_state=1))
    )
    for other in (again, shuffled):
        assert other.comparisons.to_csv() == first.comparisons.to_csv()
        assert other.bands.to_csv() == first.bands.to_csv()


def test_a_newcomer_makes_no_rise() -> None:
    city = City(years=3, means=(10.0, 10.0, 20.0), joined_before=3)
    occurrences = city.draw(np.random.default_rng(4))
    found = whole_way(occurrences, city)
    assert Verdict.CLEAR_RISE.value not in set(found.comparisons["verdict"])
    as_if_it_had_always_been = occurrences.assign(
        source_ids=pd.Series([("polisen",)] * len(occurrences), dtype=object)
    )
    naive = whole_way(as_if_it_had_always_been, city)
    assert Verdict.CLEAR_RISE.value in set(naive.comparisons["verdict"])

"""When things happen: aoristic weights in local hours, and what stands out of late."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from est_pipeline.analysis.rhythm import (
    FALSE_DISCOVERY_RATE,
    aoristic_weights,
    busiest_blocks,
    count_times,
    find_rhythm,
    judge_rhythm,
    mid_p,
    spread_hours,
    sum_rhythm,
)
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.schemas import OCCURRENCES
from est_pipeline.domain.weeks import IsoWeek
from tests.benchmarks.rhythm import PLANTED_HOUR, RECENT, SCENARIOS, WEEK, Quiet, draw, found_share

SHARED = Path(__file__).resolve().parents[3] / "shared" / "real" / "methods"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
UTC = ZoneInfo("UTC")


def moments(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts), utc=True)).astype("datetime64[us, UTC]")


def hours_of(
    start: str, end: str | None, zone: ZoneInfo = STOCKHOLM
) -> dict[tuple[int, int], float]:
    found = aoristic_weights(moments(start), moments(end), zone=zone)
    keys = zip(found["weekday"], found["hour"], strict=True)
    return dict(zip(keys, found["weight"].round(9), strict=True))


def occurrences(*rows: dict[str, Any]) -> pd.DataFrame:
    whole = [
        {
            "occurrence_id": f"tib:{number}",
            "kind": "incident",
            "iso_week": "2026-W46",
            "occurred_from": pd.Timestamp("2026-11-13T19:00Z"),
            "occurred_to": pd.NaT,
            "is_time_known": True,
            "is_long_interval": False,
            "district_id": "ryd",
            "category_code": "brand",
            "is_coarse": False,
            "occurrence_count": 1,
            "source_ids": ["tib"],
            "known_at": pd.Timestamp("2026-11-16T08:00Z"),
            **row,
        }
        for number, row in enumerate(rows)
    ]
    frame = pd.DataFrame(whole, columns=list(OCCURRENCES.columns))
    types = {
        name: "str" if str(column.dtype).startswith("string") else str(column.dtype)
        for name, column in OCCURRENCES.columns.items()
    }
    for name in ("occurred_from", "occurred_to", "known_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return OCCURRENCES.validate(frame.astype(types))


# --- the weights ----------------------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.skipif(not SHARED.exists(), reason="the public data sets are not beside the checkout")
def test_published_weights_of_washington() -> None:
    """The file's clock is UTC, and the published weights are of New York's wall clock.

    Without an end all goes to the hour of the start, and more than a week is spread evenly.
    """
    rows = pd.read_csv(SHARED / "aoristic_dc.csv")
    published = pd.read_csv(SHARED / "aoristic_dc_expected.csv").drop(columns="Range")
    zone = ZoneInfo("America/New_York")
    start, end = (pd.to_datetime(rows[name], utc=True) for name in ("StartDateTime", "EndDateTime"))
    assert (len(rows), end.isna().sum(), ((end - start) > timedelta(days=7)).sum()) == (
        1025,
        37,
        28,
    )

    def table(found: pd.DataFrame) -> np.ndarray:
        return found.pivot_table("weight", "hour", "weekday", aggfunc="sum").to_numpy()

    on_the_wall = (
        each.dt.tz_convert(zone).dt.tz_localize(None).dt.tz_localize("UTC") for each in (start, end)
    )
    found = table(aoristic_weights(*on_the_wall, zone=UTC))
    assert np.abs(found - published.to_numpy()).max() < 0.001
    assert found.sum() == pytest.approx(1025)
    # by real time, only what spans a change of the clocks differs
    real = table(aoristic_weights(start, end, zone=zone))
    assert real.sum() == pytest.approx(1025)
    assert 0.001 < np.abs(real - published.to_numpy()).max() < 0.03


def test_a_span_is_shared_by_its_minutes() -> None:
    # Friday 13 November 2026, 20.30 to 22.30 in Sweden
    assert hours_of("2026-11-13T19:30Z", "2026-11-13T21:30Z") == {
        (4, 20): 0.25,
        (4, 21): 0.5,
        (4, 22): 0.25,
    }


@pytest.mark.parametrize("end", [None, "2026-11-13T19:30Z", "2026-11-13T18:00Z"])
def test_one_moment_has_one_hour(end: str | None) -> None:
    assert hours_of("2026-11-13T19:30Z", end) == {(4, 20): 1}


def test_an_end_on_the_hour_has_nothing_in_the_next() -> None:
    assert hours_of("2026-11-13T19:00Z", "2026-11-13T20:00Z") == {(4, 20): 1}


def test_a_week_wraps() -> None:
    assert hours_of("2026-11-15T22:30Z", "2026-11-15T23:30Z") == {(6, 23): 0.5, (0, 0): 0.5}


def test_when_clocks_go_forward_an_hour_is_missing() -> None:
    # 29 March 2026, 01.00 to 04.00 on the wall: two hours in fact
    assert hours_of("2026-03-29T00:00Z", "2026-03-29T02:00Z") == {(6, 1): 0.5, (6, 3): 0.5}


def test_when_clocks_go_back_an_hour_counts_twice() -> None:
    # 25 October 2026, 01.00 to 04.00 on the wall: four hours in fact
    assert hours_of("2026-10-24T23:00Z", "2026-10-25T03:00Z") == {
        (6, 1): 0.25,
        (6, 2): 0.5,
        (6, 3): 0.25,
    }


def test_zones_that_are_off_by_less_than_an_hour() -> None:
    kolkata, chatham = ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Chatham")
    assert hours_of("2026-11-13T19:00Z", "2026-11-13T20:00Z", kolkata) == {
        (5, 0): 0.5,
        (5, 1): 0.5,
    }
    assert hours_of("2026-11-13T19:00Z", "2026-11-13T20:00Z", chatham) == {
        (5, 8): 0.25,
        (5, 9): 0.75,
    }


def test_more_than_a_week_says_nothing() -> None:
    found = aoristic_weights(
        moments("2026-11-02T08:00Z"), moments("2026-11-12T08:00Z"), zone=STOCKHOLM
    )
    assert len(found) == 168
    assert found["weight"].unique() == pytest.approx(1 / 168)


def test_each_incident_weighs_one() -> None:
    generator = np.random.default_rng(5)
    start = pd.Series(
        pd.Timestamp("2026-01-01", tz="UTC")
        + pd.to_timedelta(generator.integers(0, 365 * 1440, 500), unit="min")
    )
    end = start + pd.to_timedelta(generator.integers(0, 12 * 1440, 500), unit="min")
    found = aoristic_weights(start, end, zone=STOCKHOLM)
    assert found.groupby("position")["weight"].sum().to_numpy() == pytest.approx(np.ones(500))
    assert not found.duplicated(["position", "weekday", "hour"]).any()


# --- the occurrences ------------------------------------------------------------------------------


def test_what_has_no_usable_hour_is_counted_beside() -> None:
    frame = occurrences(
        {},
        {"occurred_to": pd.Timestamp("2026-11-14T19:00Z")},  # exactly a day
        {"occurred_to": pd.Timestamp("2026-11-14T19:01Z")},
        {"is_time_known": False},
        {"is_coarse": True, "is_time_known": False},
        {"is_long_interval": True},
        {"kind": "environment_case"},
    )
    (counts,) = count_times(frame).to_dict("records")
    assert {name: n for name, n in counts.items() if name.endswith("count")} == {
        "occurrence_count": 6,
        "used_count": 2,
        "coarse_count": 1,
        "unknown_time_count": 1,
        "long_span_count": 2,
    }
    assert spread_hours(frame, zone=STOCKHOLM)["weight"].sum() == pytest.approx(2)
    cases = spread_hours(frame, zone=STOCKHOLM, kind=Kind.ENVIRONMENT_CASE)
    assert cases["weight"].tolist() == [1]


def test_a_row_weighs_as_many_as_it_states() -> None:
    frame = occurrences({"occurrence_count": 3}, {"occurrence_count": -1})
    assert spread_hours(frame, zone=STOCKHOLM)["weight"].tolist() == [2]


def test_a_table_has_its_zeros() -> None:
    spread = spread_hours(occurrences({}, {"district_id": "city"}), zone=STOCKHOLM)
    table = sum_rhythm(spread, by=["district_id"], block_hours=4)
    assert len(table) == 2 * 7 * 6
    assert table.groupby("district_id")["weight"].sum().to_dict() == {"city": 1, "ryd": 1}
    assert busiest_blocks(table)[["weekday", "from_hour", "to_hour"]].to_numpy().tolist() == [
        [4, 20, 24],
        [4, 20, 24],
    ]
    assert sum_rhythm(spread, by=[], block_hours=1)["weight"].sum() == 2
    with pytest.raises(ValueError, match="whole part"):
        sum_rhythm(spread, block_hours=5)


def test_without_any_occurrence_there_is_nothing() -> None:
    rhythm = find_rhythm(occurrences(), zone=STOCKHOLM, week=IsoWeek(2026, 46))
    assert rhythm.blocks.empty
    assert rhythm.times.empty
    assert rhythm.judged.empty


def test_later_weeks_are_left_out() -> None:
    frame = occurrences({}, {"iso_week": "2026-W47"})
    rhythm = find_rhythm(frame, zone=STOCKHOLM, week=IsoWeek(2026, 46))
    assert rhythm.times.set_index("district_id")["occurrence_count"].to_dict() == {"": 1, "ryd": 1}
    assert set(rhythm.judged["verdict"]) == {"too_few"}


# --- what stands out ------------------------------------------------------------------------------


def test_mid_p_is_the_binomial_one_for_whole_numbers() -> None:
    found = np.arange(0, 13, dtype="float64")
    whole, part = np.full(13, 12.0), np.full(13, 0.2)
    upper = binom.sf(found, 12, 0.2) + binom.pmf(found, 12, 0.2) / 2
    expected = np.minimum(1, 2 * np.minimum(upper, 1 - upper))
    assert mid_p(found, whole, part=part) == pytest.approx(expected, abs=1e-9)


def test_mid_p_runs_smoothly_between() -> None:
    found = np.linspace(6, 20, 50)
    p = mid_p(found, np.full(50, 20.0), part=np.full(50, 0.2))
    assert (np.diff(p) < 0).all()


def test_a_planted_block_stands_out_and_a_general_rise_does_not() -> None:
    generator = np.random.default_rng(3)
    planted = draw(SCENARIOS["even"], generator, times=3)
    first = WEEK.plus(1 - 3 * 52 - RECENT)
    judged = judge_rhythm(planted, week=WEEK, first_week=first)
    of_all = judged[(judged["district_id"] == "") & (judged["category_code"] == "")]
    found = of_all[of_all["verdict"] == "more"]
    assert found[["weekday", "from_hour"]].to_numpy().tolist() == [[5, PLANTED_HOUR % 24 // 4 * 4]]
    assert (found["recent_sum"] > 2 * found["expected_sum"]).all()
    assert set(judged["before_weeks"]) == {156}
    weeks = [str(WEEK.plus(-step)) for step in range(RECENT)]
    quiet, more = (draw(SCENARIOS["even"], generator) for _ in range(2))
    risen = pd.concat([quiet, more[more["iso_week"].isin(weeks)]])
    judged = judge_rhythm(risen, week=WEEK, first_week=first)
    assert not judged["verdict"].isin(["more", "fewer"]).any()


def test_one_wild_night_is_no_rhythm() -> None:
    generator = np.random.default_rng(4)
    quiet = draw(SCENARIOS["even"], generator)
    night = pd.DataFrame(
        [(str(WEEK.plus(-2)), "a", "x", 1, 2, 15.0)],
        columns=["iso_week", "district_id", "category_code", "weekday", "hour", "weight"],
    )
    judged = judge_rhythm(
        pd.concat([quiet, night]), week=WEEK, first_week=WEEK.plus(1 - 3 * 52 - RECENT)
    )
    assert not judged["verdict"].isin(["more", "fewer"]).any()


@pytest.mark.parametrize(("years", "mean"), [(3, 1), (0, 60)])
def test_nothing_is_said_of_little(years: int, mean: float) -> None:
    drawn = draw(Quiet(mean=mean, years=years), np.random.default_rng(1), times=5)
    first = WEEK.plus(1 - 52 * years - RECENT)
    judged = judge_rhythm(drawn, week=WEEK, first_week=first)
    assert set(judged["verdict"]) == {"too_few"}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_quiet_years_keep_the_promise(name: str) -> None:
    draws = 60
    error = 2 * np.sqrt(FALSE_DISCOVERY_RATE * (1 - FALSE_DISCOVERY_RATE) / draws)
    assert found_share(SCENARIOS[name], draws=draws)[0] <= FALSE_DISCOVERY_RATE + error

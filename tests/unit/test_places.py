"""Recurring places: what is counted, which windows, which state, and what is too uncertain."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import h3
import numpy as np
import pandas as pd
import pytest

from est_pipeline.analysis.hexagons import width_m
from est_pipeline.analysis.place_scores import blend_rates, fading_weight, shrink_rates
from est_pipeline.analysis.places import (
    PlaceState,
    Standing,
    Unit,
    describe_basis,
    rank_places,
)
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek
from tests.occurrence_rows import ZONE, occurrences

WEEK = IsoWeek(2021, 4)
CELL = h3.latlng_to_cell(58.41, 15.60, 9)
MIDDLE = h3.cell_to_latlng(CELL)
CORNER = h3.cell_to_boundary(CELL)[0]


def at(ages: Any, *, lat: float = MIDDLE[0], lon: float = MIDDLE[1], **given: Any) -> Iterator[Any]:
    """Incidents so many weeks back, at one point."""
    for age in ages:
        yield {
            "week": str(WEEK.plus(-int(age))),
            "lat": lat,
            "lon": lon,
            "precision_m": 20.0,
            **given,
        }


def named(place: str, ages: Any, **given: Any) -> Iterator[Any]:
    return at(ages, place_id=place, place_name=place.capitalize(), **given)


def background(seed: int = 1, *, places: int = 30, mean: float = 0.3) -> list[Any]:
    """A year and a half of incidents at places that go with each other."""
    random = np.random.default_rng(seed)
    rows = []
    for place in range(places):
        ages = np.repeat(np.arange(78), random.poisson(mean, size=78))
        spot = {"lat": 58.40 + 0.002 * (place % 6), "lon": 15.62 + 0.004 * (place // 6)}
        rows += list(named(f"plats{place:02d}", ages, **spot))
    return rows


def ranked(*parts: Any, **options: Any) -> pd.DataFrame:
    frame = occurrences([row for part in parts for row in part])
    return rank_places(frame, week=WEEK, **options)


def row_of(found: pd.DataFrame, unit_id: str) -> Any:
    return found.set_index("unit_id").loc[unit_id]


def test_windows_have_as_many_weeks_as_they_say() -> None:
    found = row_of(ranked(named("torget", [0, 11, 12, 51, 52])), "torget")
    assert found["count_recent"] == 2
    assert found["count_year"] == 4
    assert found["count_before"] == 2
    assert found["weeks_with"] == 4
    assert found["week_count"] == 52
    assert found["last_week"] == "2021-W04"
    # the year's 53rd week is no gap
    assert row_of(ranked(named("torget", [4])), "torget")["last_week"] == "2020-W53"


def test_the_rate_divides_by_the_weeks_that_there_are() -> None:
    found = row_of(ranked(named("torget", range(10))), "torget")
    assert found["week_count"] == 10
    # one a week in the long run and lately: one is expected, whatever the weights
    assert found["score"] == pytest.approx(1.0)
    assert blend_rates(np.array([10.0]), fading_weight(np.arange(10)).sum(), week_count=10) == 1
    assert fading_weight(8) == 0.5


def test_thin_counts_are_drawn_to_their_surroundings_and_thick_ones_are_not() -> None:
    thin = shrink_rates(np.array([1.0]), towards=np.array([0.01]), week_count=10)
    thick = shrink_rates(np.array([1.0]), towards=np.array([0.5]), week_count=1000)
    assert 0.01 < thin[0] < 0.2
    assert thick[0] == pytest.approx(1, abs=0.01)


def test_later_weeks_and_what_was_not_known_yet_do_not_count() -> None:
    late = WEEK.end(ZONE) + timedelta(days=5)
    rows = [
        *named("torget", [0, 1, -1, -2]),
        *named("torget", [2], known_at=late),
    ]
    assert row_of(ranked(rows), "torget")["count_year"] == 3
    assert row_of(ranked(rows, known_by=WEEK.end(ZONE)), "torget")["count_year"] == 2


def test_kinds_are_ranked_apart_and_repeated_rows_count_once() -> None:
    frame = occurrences(
        [*named("torget", [0, 1]), *named("torget", [2, 3, 4], kind="environment_case")]
    )
    twice = pd.concat([frame, frame], ignore_index=True)
    assert row_of(rank_places(twice, week=WEEK), "torget")["count_year"] == 2
    cases = rank_places(twice, week=WEEK, kind=Kind.ENVIRONMENT_CASE)
    assert row_of(cases, "torget")["count_year"] == 3


def test_rows_that_net_others_off_are_subtracted() -> None:
    found = ranked(
        named("torget", [0, 1, 2]),
        named("torget", [1], occurrence_count=-1),
        named("stationen", [5], occurrence_count=-1),
    )
    assert row_of(found, "torget")["count_year"] == 2
    assert row_of(found, "torget")["weeks_with"] == 2
    gone = row_of(found, "stationen")
    assert (gone["count_year"], gone["standing"]) == (0, Standing.SELDOM)
    assert (found["score"] >= 0).all()


def test_what_must_be_shown_coarsely_has_no_place_here() -> None:
    frame = occurrences([*named("hemma", [0, 1, 2], is_coarse=True), *named("torget", [0])])
    found = rank_places(frame, week=WEEK)
    assert "hemma" not in set(found["unit_id"])
    assert found.loc[found["unit"] == Unit.CELL, "count_year"].sum() == 1
    basis = describe_basis(frame, week=WEEK)
    assert (basis.incident_count, basis.placed_count, basis.coarse_count) == (4, 1, 3)


def test_every_incident_is_placed_or_said_why_not() -> None:
    width = width_m(CELL)
    frame = occurrences(
        [
            *at([0, 1]),
            *at([2], precision_m=width * 2),
            *named("lambohov", [3], precision_m=width * 2),
            *named("torget", [3], lat=np.nan, lon=np.nan, precision_m=np.nan),
            *at([4, 5, 6], lat=np.nan, lon=np.nan),
            *at([7], is_coarse=True),
            *at([60]),
        ]
    )
    basis = describe_basis(frame, week=WEEK)
    assert basis.incident_count == 9
    assert (basis.placed_count, basis.vague_count) == (3, 2)
    assert (basis.unplaced_count, basis.coarse_count) == (3, 1)
    assert basis.unplaced_share == pytest.approx(6 / 9)
    assert basis.cell_width_m == pytest.approx(width)
    found = rank_places(frame, week=WEEK)
    # too vague for a hexagon; the name is kept, but no spot is meant by it
    assert found.loc[found["unit"] == Unit.CELL, "count_year"].sum() == 2
    vague = ranked(named("lambohov", [1, 2, 3, 4, 5], precision_m=width * 2))
    assert row_of(vague, "lambohov")["standing"] == Standing.VAGUE
    empty = describe_basis(occurrences([]), week=WEEK)
    assert (empty.unplaced_share, empty.cell_width_m) == (None, None)
    assert rank_places(occurrences([]), week=WEEK).empty


def test_equal_places_keep_one_order_however_the_rows_come() -> None:
    rows = [
        row for place in "cab" for row in named(place, [1, 5, 9], lat=58.4 + 0.02 * ord(place) - 2)
    ]
    frame = occurrences(rows)
    found = rank_places(frame, week=WEEK)
    assert found.loc[found["unit"] == Unit.NAMED, "unit_id"].tolist() == ["a", "b", "c"]
    shuffled = rank_places(frame.sample(frac=1, random_state=3), week=WEEK)
    pd.testing.assert_frame_equal(found, shuffled)


def test_the_planted_states_are_told_apart() -> None:
    found = ranked(
        background(),
        named("gammal", [*range(0, 78, 3)], lat=58.42),
        named("ny", [0, 1, 2, 4, 5, 7, 8, 10], lat=58.43),
        named("växer", [*range(12), *range(12), 15, 22, 30, 41], lat=58.44),
        named("slut", [*range(16, 52, 2), 60], lat=58.45),
    )
    states = {name: row_of(found, name)["state"] for name in ("gammal", "ny", "växer", "slut")}
    assert states == {
        "gammal": PlaceState.PERSISTENT,
        "ny": PlaceState.NEW,
        "växer": PlaceState.RISING,
        "slut": PlaceState.FADING,
    }


def test_two_incidents_more_are_no_rise() -> None:
    found = ranked(background(), named("torget", [0, 2, 3, 20, 40], lat=58.42))
    assert row_of(found, "torget")["state"] == PlaceState.PERSISTENT


def test_short_history_gives_no_state() -> None:
    long = background()
    short = [row for row in long if IsoWeek.parse(row["week"]) > WEEK.plus(-23)]
    assert set(ranked(short)["state"]) == {PlaceState.SHORT_HISTORY}
    assert PlaceState.SHORT_HISTORY not in set(ranked(long)["state"])


@pytest.mark.slow
def test_states_keep_their_promise_where_nothing_changes() -> None:
    # rates that differ, a season, and incidents that come in series: none of it is a change
    random = np.random.default_rng(5)
    season = 1 + 0.4 * np.sin(2 * np.pi * np.arange(104) / 52)
    changed, top_changed = [], []
    for _ in range(25):
        rows = []
        for place, rate in enumerate(random.gamma(0.8, 0.8, size=40)):
            series = random.poisson(rate * season / 2)
            ages = np.repeat(np.arange(104), series + np.roll(series, 1))
            rows += list(named(f"p{place}", ages, lat=np.nan, lon=np.nan))
        found = ranked(rows)
        is_changed = found["state"] != PlaceState.PERSISTENT
        changed.append(is_changed[found["count_year"] >= 10].mean())
        top_changed.append(is_changed[found["rank"] <= 10].mean())
    assert 0.02 < np.mean(changed) < 0.08
    assert 0.02 < np.mean(top_changed) < 0.10


def test_a_hexagon_that_owes_its_rank_to_a_doubtful_corner_is_not_called_a_place() -> None:
    others = [
        row
        for number in range(12)
        for row in at(range(0, 40, 5), lat=58.30 + 0.01 * number, precision_m=1.0)
    ]
    sure = ranked(others, at(range(0, 30, 3)))
    doubtful = ranked(others, at(range(0, 30, 3), lat=CORNER[0], lon=CORNER[1], precision_m=150.0))
    first = sure[sure["unit"] == Unit.CELL].iloc[0]
    assert (first["unit_id"], first["stability"], first["standing"]) == (
        CELL,
        1.0,
        Standing.RECURRING,
    )
    first = doubtful[(doubtful["unit"] == Unit.CELL) & (doubtful["count_year"] == 10)].iloc[0]
    assert first["rank"] == 1
    assert first["stability"] < 0.8
    assert first["standing"] == Standing.UNSTABLE


def test_alone_on_the_map_a_doubtful_spot_is_doubtful_still() -> None:
    width = width_m(CELL)
    for radius, standing in ((0.4, Standing.RECURRING), (0.95, Standing.UNSTABLE)):
        found = ranked(at(range(0, 40, 2), precision_m=width * radius))
        assert row_of(found, CELL)["standing"] == standing
    assert ranked(at(range(9), precision_m=width * 1.01)).empty


def test_where_nothing_is_said_the_known_error_of_such_positions_is_taken() -> None:
    others = [
        row
        for number in range(12)
        for row in at(range(0, 40, 5), lat=58.30 + 0.01 * number, precision_m=1.0)
    ]
    found = ranked(others, at(range(0, 30, 3), lat=CORNER[0], lon=CORNER[1], precision_m=np.nan))
    first = found[(found["unit"] == Unit.CELL) & (found["count_year"] == 10)].iloc[0]
    assert first["stability"] < 0.8


def test_points_of_one_named_place_move_together() -> None:
    # each for itself they would spread over the three hexagons that meet at the corner
    others = [
        row
        for number in range(14)
        for row in at(range(0, 40, 5), lat=58.30 + 0.01 * number, precision_m=1.0)
    ]
    spot = {"lat": CORNER[0], "lon": CORNER[1], "precision_m": 100.0}
    together = ranked(others, named("hörnet", range(12), **spot))
    place = row_of(together, "hörnet")
    assert (place["stability"], place["standing"]) == (1.0, Standing.RECURRING)
    moved = together[(together["unit"] == Unit.CELL) & (together["count_year"] == 12)].iloc[0]
    assert 0.1 < moved["stability"] < 0.8


def test_the_most_common_category_and_place_are_named() -> None:
    found = ranked(
        named("torget", [0, 1], category_code="brand"),
        named("torget", [2, 3, 4]),
        at([5, 6]),
    )
    cell = row_of(found, CELL)
    assert (cell["category_code"], cell["category_count"]) == ("skadegorelse", 5)
    assert (cell["place_name"], cell["named_count"], cell["count_year"]) == ("Torget", 5, 7)
    assert (cell["lat"], cell["lon"]) == pytest.approx(MIDDLE)
    assert row_of(found, "torget")["count_year"] == 5

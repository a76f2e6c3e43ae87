"""The places to prioritise: from occurrences to Swedish, and which spot stands in the list."""

from dataclasses import replace
from typing import Any

import h3
import numpy as np
import pandas as pd
import pytest

from est_pipeline.analysis.place_list import find_nearest, list_places
from est_pipeline.analysis.places import PlaceState, Unit, rank_places
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.lagesbild import place_wording as words
from est_pipeline.lagesbild.recurring_places import RecurringPlaces, build_recurring_places
from tests.occurrence_rows import occurrences

WEEK = IsoWeek(2026, 47)
CELL = h3.latlng_to_cell(58.41, 15.60, 9)
LAT, LON = h3.cell_to_latlng(CELL)
GAZETTEER = pd.DataFrame(
    {
        "place_name": ["Stora torget", "Ryds centrum"],
        "lat": [LAT, LAT - 0.01],
        "lon": [LON + 0.02, LON],
    }
)


def at(ages: Any, **given: Any) -> list[dict[str, Any]]:
    spot = {"lat": LAT, "lon": LON, "precision_m": 20.0}
    return [{"week": str(WEEK.plus(-int(age))), **spot, **given} for age in ages]


def named(name: str, ages: Any, **given: Any) -> list[dict[str, Any]]:
    return at(ages, place_id=name.lower(), place_name=name, **given)


def build(*rows: list[dict[str, Any]], places: pd.DataFrame = GAZETTEER) -> RecurringPlaces:
    return build_recurring_places(
        occurrences([row for part in rows for row in part]),
        week=WEEK,
        places=places,
        district_names={"ryd": "Ryd", "ovriga": "Övriga Linköping", "oplacerad": ""},
        category_names={"skadegorelse": "Skadegörelse", "brand": "Brand"},
    )


def test_a_named_place_says_what_it_rests_on() -> None:
    found = build(named("Stora torget", [1, 1, 5, 20, 40, 51]), named("X", [51]))
    (torget,) = found.certain
    assert words.place(torget, found) == "Stora torget"
    assert words.district(torget) == "Ryd"
    assert (
        words.why(torget, found, iso_week=str(WEEK))
        == "3\N{NO-BREAK SPACE}händelser på 12\N{NO-BREAK SPACE}veckor, 6 på ett år, "
        "alla skadegörelse; senast v.\N{NO-BREAK SPACE}46."
    )
    mixed = replace(torget, category_count=4)
    assert "6 på ett år, varav 4 skadegörelse; senast" in words.why(
        mixed, found, iso_week=str(WEEK)
    )
    assert words.how_exactly(torget, found) == "inom 20\N{NO-BREAK SPACE}m"
    assert words.STATE_WORDS[torget.state] == "återkommande"


def test_a_hexagon_says_where_it_lies_from_the_nearest_named_place() -> None:
    found = build(at([15, 20, 25, 51]))
    (cell,) = found.certain
    # the middle lies a kilometre north of Ryds centrum
    assert words.place(cell, found) == "Området norr om Ryds centrum"
    assert words.why(cell, found, iso_week=str(WEEK)).startswith("ingen händelse på 12")
    assert words.how_exactly(cell, found) == "en sexhörning, 310\N{NO-BREAK SPACE}m bred"
    here = GAZETTEER.assign(lat=LAT + 0.0002, lon=LON)
    (near,) = build(at([15, 20, 25, 51]), places=here).certain
    assert words.place(near, found) == "Området vid Stora torget"
    (nowhere,) = build(at([15, 20, 25, 51]), places=GAZETTEER[:0]).certain
    assert words.place(nowhere, found) == "Ett område i Ryd"


@pytest.mark.parametrize(
    ("north", "east", "direction"),
    [(1, 0, 0), (1, 1, 45), (0, 1, 90), (-1, 0, 180), (0, -1, 270), (1, -1, 315)],
)
def test_bearings_are_seen_from_the_place(north: float, east: float, direction: float) -> None:
    step = 0.01
    narrow = np.cos(np.radians(58.4))
    point = pd.DataFrame({"lat": [58.4 + north * step], "lon": [15.6 + east * step / narrow]})
    place = pd.DataFrame({"place_name": ["Torget"], "lat": [58.4], "lon": [15.6]})
    nearest = find_nearest(point, place).iloc[0]
    assert nearest["bearing"] == pytest.approx(direction, abs=0.5)
    assert nearest["distance_m"] == pytest.approx(1112 * np.hypot(north, east), rel=0.01)


def test_a_spot_stands_once_by_name_or_as_hexagon() -> None:
    ages = range(0, 40, 4)
    mostly_named = rank_places(occurrences([*named("Torget", ages), *at([1, 2, 3])]), week=WEEK)
    assert list_places(mostly_named)["unit"].tolist() == [Unit.NAMED]
    mostly_not = rank_places(occurrences([*named("Torget", [1, 9, 20]), *at(ages)]), week=WEEK)
    assert list_places(mostly_not)["unit"].tolist() == [Unit.CELL]
    two_names = rank_places(
        occurrences([*named("Torget", ages), *named("Kyrkan", ages), *at(ages)]), week=WEEK
    )
    assert list_places(two_names)["unit"].tolist() == [Unit.NAMED, Unit.NAMED]


def test_no_more_are_listed_than_somebody_can_go_to() -> None:
    rows = [
        row
        for number in range(14)
        for row in named(f"Plats {number}", range(number, 50, 3), lat=LAT + 0.01 * number)
    ]
    found = build(rows)
    assert len(found.certain) == 8
    expected = [each.expected_count for each in found.certain]
    assert expected == sorted(expected, reverse=True)


def test_what_is_too_uncertain_is_said_and_not_listed() -> None:
    found = build(at(range(0, 40, 2), precision_m=290.0))
    assert found.certain == ()
    assert words.uncertain(found) == (
        "Positionen är för osäker för att platsen ska kunna kallas återkommande: området norr om "
        "Ryds centrum (20\N{NO-BREAK SPACE}händelser)."
    )
    assert words.about_states(found) == ""


def test_how_many_are_left_out_is_said() -> None:
    found = build(
        named("Torget", [1, 2, 3, 51]),
        at([4, 5], lat=np.nan, lon=np.nan),
        at([6], is_coarse=True),
        at([7], precision_m=900.0),
    )
    assert words.left_out(found) == (
        "Underlaget är åtta händelser på ett år. Fyra är inte med: 2 saknar närmare plats, "
        "1 visas bara på stadsdelsnivå och 1 har en plats som är för ungefärlig."
    )
    assert words.left_out(build(named("Torget", [1, 2, 51]))) == (
        "Underlaget är tre händelser på ett år. Alla har en plats."
    )


def test_little_or_nothing_is_said_plainly() -> None:
    seldom = build(named("Torget", [1, 1, 1, 51]))
    assert seldom.places == ()
    assert words.none_found(seldom) == (
        "Ingen plats har haft händelser i minst tre olika veckor på ett år."
    )
    short = build(named("Torget", [0, 0, 3]))
    assert words.none_found(short) == (
        "Underlaget är bara fyra veckor: för litet för att säga vilka platser som återkommer."
    )
    nothing = build()
    assert words.left_out(nothing) == ""
    assert "går att rangordna" in words.none_found(nothing)
    new = build(named("Torget", [0, 1, 2, 3]))
    assert new.certain[0].state is PlaceState.SHORT_HISTORY
    assert words.why(new.certain[0], new, iso_week="2026-W47").startswith(
        "4\N{NO-BREAK SPACE}händelser på 4\N{NO-BREAK SPACE}veckor, alla skade"
    )
    assert words.about_states(new).startswith("Kort historik")


def test_a_week_of_last_year_says_its_year() -> None:
    found = build(named("Torget", [47, 48, 49, 50]), named("X", [51]))
    assert "senast v.\N{NO-BREAK SPACE}52 2025" in words.why(
        found.certain[0], found, iso_week=str(WEEK)
    )

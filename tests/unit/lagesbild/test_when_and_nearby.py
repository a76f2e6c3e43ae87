"""When things happen and near repeats, on the page: what is said, and what never is."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from est_pipeline.analysis.near_repeat import NearRepeats
from est_pipeline.analysis.rhythm import Rhythm
from est_pipeline.domain.kinds import InformationClass
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.lagesbild import near_repeats, rhythm
from est_pipeline.lagesbild.content import Lagesbild, render_json
from est_pipeline.lagesbild.disclosure import field_classes
from est_pipeline.lagesbild.near_repeats import CategoryRepeats, PairCell, conclusion, how_long
from est_pipeline.lagesbild.page import render_page
from est_pipeline.lagesbild.rhythm import RhythmPicture, build_rhythm
from tests.lagesbild_frames import make_analyses, make_configuration, make_content

NAMES = {"ryd": "Ryd", "city": "City", "oplacerad": ""}
CATEGORIES = {"brand": "Brand", "stold_och_inbrott": "Stöld och inbrott"}


def make_rhythm(*, verdict: str = "usual", district_id: str = "ryd") -> Rhythm:
    blocks = pd.DataFrame(
        [
            (district, day, hour, hour + 4, 20.4 if (day, hour) == (4, 20) else float(hour > 12))
            for district in ("", "ryd")
            for day in range(7)
            for hour in range(0, 24, 4)
        ],
        columns=["district_id", "weekday", "from_hour", "to_hour", "weight"],
    )
    times = pd.DataFrame(
        [("", 50, 40, 6, 3, 1), ("ryd", 50, 40, 6, 3, 1)],
        columns=[
            *("district_id", "occurrence_count", "used_count", "coarse_count"),
            *("unknown_time_count", "long_span_count"),
        ],
    )
    judged = blocks.drop(columns="weight").assign(
        category_code="",
        recent_sum=38.0,
        expected_sum=19.6,
        before_weeks=104,
        p_value=0.001,
        verdict="usual" if verdict != "too_few" else "too_few",
    )
    is_it = (
        (judged["district_id"] == district_id)
        & (judged["weekday"] == 4)
        & (judged["from_hour"] == 20)
    )
    judged.loc[is_it, "verdict"] = verdict
    return Rhythm(blocks, times, judged, IsoWeek(2025, 48), IsoWeek(2026, 47), 12, 4)


def picture(**changes: Any) -> RhythmPicture:
    built = build_rhythm(
        make_rhythm(**changes),
        district_names=NAMES,
        category_names=CATEGORIES,
    )
    assert built is not None
    return built


def make_repeats(verdict: str = "raised") -> NearRepeats:
    categories = pd.DataFrame(
        [("stold_och_inbrott", 900, 700, 150, 50, 0, 300, verdict, 200.0, 14.0, 14.0, 5.2, 0.001)],
        columns=[
            *("category_code", "incident_count", "used_count", "no_point_count"),
            *("imprecise_count", "long_span_count", "pair_count", "verdict", "reach_m"),
            *("reach_days", "reach_pair_count", "reach_expected_count", "p_value"),
        ],
    )
    cells = pd.DataFrame(
        [
            ("stold_och_inbrott", *metres, *days, 7, 2.6, 0.001, 0.002, True)
            for metres in ((0.0, 0.1), (0.1, 200.0))
            for days in ((0, 7), (7, 14))
        ],
        columns=[
            *("category_code", "from_m", "to_m", "from_day", "to_day", "pair_count"),
            *("expected_count", "p_value", "p_adjusted", "is_raised"),
        ],
    )
    return NearRepeats(categories, cells)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Lagesbild:
    configuration = make_configuration(Path(tmp_path_factory.mktemp("arbetsyta")))
    return make_content(
        configuration,
        analyses=make_analyses(
            configuration, rhythm=make_rhythm(verdict="more"), near_repeats=make_repeats()
        ),
    )


def content_types() -> Iterator[type]:
    for module in (rhythm, near_repeats):
        for each in vars(module).values():
            if isinstance(each, type) and is_dataclass(each) and each.__module__ == module.__name__:
                yield each


@pytest.mark.parametrize("content_type", list(content_types()), ids=lambda each: each.__name__)
def test_every_field_states_its_class(content_type: type) -> None:
    assert set(field_classes(content_type)) == {item.name for item in fields(content_type)}


def test_an_open_page_knows_nothing_of_them(content: Lagesbild) -> None:
    open_head = replace(content.head, information_class=InformationClass.OPEN)
    shown = replace(content, head=open_head)
    page = render_page(shown)
    assert "När det händer" not in page
    assert "Upprepning i närheten" not in page
    assert '"rhythm": null' in render_json(shown)


def test_the_page_says_what_stands_out_and_what_is_raised(content: Lagesbild) -> None:
    page = render_page(content)
    words = page.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")
    assert "Ryd, fredag kl. 20–24: 38 händelser mot väntade 20." in words
    assert (
        "Efter en händelse är risken förhöjd inom 200 meter i två veckor: 14 par mot väntade 5."
        in words
    )
    assert '<td class="n5">20</td>' in page
    assert page == render_page(content)


def test_nothing_stands_out() -> None:
    quiet = picture()
    assert rhythm.what_stands_out(quiet).startswith("Inget sticker ut: under vecka 36–")
    assert rhythm.area_stands_out(quiet.areas[0], quiet) == "inget"


def test_too_few_is_said_and_never_calm() -> None:
    few = picture(verdict="too_few")
    assert rhythm.what_stands_out(few).startswith("För litet underlag")
    assert rhythm.area_stands_out(few.areas[0], few) == "för litet underlag"


def test_fewer_is_said_too() -> None:
    fewer = picture(verdict="fewer")
    assert not fewer.standing_out[0].is_more
    assert rhythm.area_stands_out(fewer.areas[0], fewer).endswith(", färre")


def test_the_whole_is_called_what_the_rest_of_the_page_calls_it() -> None:
    found = picture(verdict="more", district_id="")
    (each,) = found.standing_out
    assert rhythm.standing_out(each, found).startswith("Hela kommunen, fredag")
    assert rhythm.what_stands_out(found).startswith("En tid på veckan sticker ut vecka 36–")


def test_the_share_without_a_known_time_is_said() -> None:
    quiet = picture()
    said = rhythm.known_times(quiet.whole, quiet).replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        "Klockslaget är känt för 40 av 50 händelser vecka 48 2025 till vecka 47 2026. "
        "Inte med är 6 som bara visas med dag och stadsdel, 3 som bara har ett datum och 1 som "
        "sträcker sig över mer än ett dygn."
    )
    assert rhythm.known_times(quiet.areas[1], quiet).startswith("Inga händelser")


def test_areas_stand_in_the_order_of_the_page_and_the_unplaced_are_none() -> None:
    assert [area.name for area in picture().areas] == ["Ryd", "City"]
    assert picture().areas[1].counts == ()


@pytest.mark.parametrize(
    ("days", "said"), [(7, "en vecka"), (14, "två veckor"), (1, "en dag"), (10, "tio dagar")]
)
def test_how_long(days: int, said: str) -> None:
    assert how_long(days) == said


def category(**changes: Any) -> CategoryRepeats:
    base = CategoryRepeats(
        category_code="brand",
        name="Brand",
        incident_count=100,
        used_count=16,
        pair_count=5,
        verdict="usual",
        reach_m=None,
        reach_days=None,
        reach_pair_count=None,
        reach_expected=None,
        cells=(),
    )
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Ingen förhöjd risk syns"),
        ({"verdict": "too_few"}, "För få för att säga något: 16 händelser"),
        ({"verdict": "unclear"}, "Oklart:"),
        (
            {
                "verdict": "raised",
                "reach_m": 0.1,
                "reach_days": 7,
                "reach_pair_count": 12,
                "reach_expected": 3.7,
            },
            "Efter en händelse är risken förhöjd på samma plats i en vecka: 12 par mot väntade 4.",
        ),
    ],
)
def test_conclusions(changes: dict[str, Any], said: str) -> None:
    found = conclusion(category(**changes)).replace("\N{NO-BREAK SPACE}", " ")
    assert found.startswith(said)


def test_bands_are_named_by_whole_days_and_metres() -> None:
    cell = PairCell(0.1, 100.0, 7, 14, 3, 1.0, 0.5, is_raised=False)
    assert near_repeats.distance_band(cell).replace("\N{WORD JOINER}", "") == "0–100 m"
    assert near_repeats.day_band((7, 14)).replace("\N{WORD JOINER}", "") == "7–13"
    assert near_repeats.distance_band(replace(cell, from_m=0.0, to_m=0.1)) == "Samma plats"

"""The map's layers: the weeks before, places to prioritise, precision to scale, web tiles."""

import json
import re
from dataclasses import replace
from typing import Any

import h3
import pandas as pd
import pytest

from est_pipeline.analysis.hexagons import outline_of
from est_pipeline.config import Configuration
from est_pipeline.config.models import WebMap
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.meeting import NoteState
from est_pipeline.lagesbild.content import Lagesbild, MapFeature, render_json
from est_pipeline.lagesbild.live_map import live_map
from est_pipeline.lagesbild.map_layers import (
    MOST_EARLIER,
    EarlierWeeks,
    WebTiles,
    build_earlier_weeks,
)
from est_pipeline.lagesbild.page import render_page
from est_pipeline.lagesbild.recurring_places import build_recurring_places
from est_pipeline.lagesbild.still_map import (
    DISTRICT_HEIGHT,
    DISTRICT_WIDTH,
    district_map,
    still_map,
)
from tests.lagesbild_frames import (
    INCIDENTS,
    WEEK,
    make_analyses,
    make_content,
    make_counts,
    make_reports,
)
from tests.occurrence_rows import occurrences

NAMES = {"skadegorelse": "Skadegörelse", "brand": "Brand"}
SPOT = {"lon": 15.6, "lat": 58.42, "precision_m": 30.0}


def ago(weeks: int, **given: Any) -> dict[str, Any]:
    return {"week": str(WEEK.plus(-weeks)), **SPOT, **given}


def earlier(*rows: dict[str, Any]) -> EarlierWeeks:
    return build_earlier_weeks(occurrences(rows), week=WEEK, category_names=NAMES)


def policy_of(page: str) -> str:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    return str(policy).replace("&#39;", "'")


# --- the weeks before ----------------------------------------------------------------------------


def test_the_weeks_before_are_counted_by_category_position_and_age() -> None:
    found = earlier(ago(0), ago(1), ago(1), ago(1, category_code="brand"), ago(3, lon=15.7), ago(4))
    assert found.iso_weeks == ("2026-W46", "2026-W45", "2026-W44")
    assert [(each.weeks_ago, each.category_name, each.count) for each in found.incidents] == [
        (1, "Brand", 1),
        (1, "Skadegörelse", 2),
        (3, "Skadegörelse", 1),
    ]
    assert found.left_out_count == 0


@pytest.mark.parametrize(
    "given",
    [
        {"is_coarse": True, "lon": None, "lat": None},
        {"is_coarse": True},
        {"lon": None, "lat": None},
        {"kind": "environment_case"},
    ],
    ids=["coarse", "coarse-with-a-point", "no-point", "another-kind"],
)
def test_what_must_not_be_shown_is_not_there(given: dict[str, Any]) -> None:
    assert earlier(ago(1, **given)).incidents == ()


def test_a_row_that_nets_off_another_leaves_no_point() -> None:
    assert earlier(ago(1), ago(1, occurrence_count=-1)).incidents == ()


def test_too_many_points_leave_out_whole_weeks_and_that_is_said(
    configuration: Configuration,
) -> None:
    rows = [ago(1)]
    rows += [ago(2, lon=15.0 + 0.001 * number) for number in range(MOST_EARLIER)]
    found = earlier(*rows)
    assert found.iso_weeks == ("2026-W46",)
    assert found.left_out_count == 2
    assert len(found.incidents) == 1
    page = render_page(with_layers(configuration, earlier_weeks=found))
    assert "Äldre veckor visas inte på kartan: de har för många punkter." in page
    assert "veckan före (v." in page


# --- places to prioritise ------------------------------------------------------------------------


def with_layers(
    configuration: Configuration,
    *,
    earlier_weeks: EarlierWeeks | None = None,
    rows: list[dict[str, Any]] | None = None,
) -> Lagesbild:
    recurring = build_recurring_places(
        occurrences(rows or []),
        week=WEEK,
        places=pd.DataFrame({"place_name": ["Torget"], "lon": [15.6], "lat": [58.4]}),
        district_names={"ryd": "Ryd"},
        category_names=NAMES,
    )
    return make_content(
        configuration,
        analyses=make_analyses(configuration, recurring=recurring, earlier=earlier_weeks),
    )


def priorities() -> list[dict[str, Any]]:
    """A named place and, elsewhere, a hexagon of unnamed points."""
    lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(58.41, 15.55, 9))
    weeks = [1, 1, 2, 5, 9, 14, 20, 30, 40, 51]
    named = [ago(week, place_id="torget", place_name="Torget") for week in weeks]
    return named + [ago(week, lat=lat, lon=lon) for week in weeks]


def test_a_hexagon_has_its_outline_and_a_named_place_none(configuration: Configuration) -> None:
    content = with_layers(configuration, rows=priorities())
    assert content.recurring is not None
    by_name = {place.is_named: place for place in content.recurring.certain}
    assert by_name[True].outline == ()
    outline = by_name[False].outline
    assert len(outline) == 7
    assert outline[0] == outline[-1]
    cell = h3.latlng_to_cell(58.41, 15.55, 9)
    assert outline == tuple((round(x, 5), round(y, 5)) for x, y in outline_of(cell))


def test_both_maps_show_the_same(configuration: Configuration) -> None:
    weeks = earlier(ago(1), ago(2, lon=15.61, precision_m=400.0), ago(3, lon=15.62))
    content = with_layers(configuration, earlier_weeks=weeks, rows=priorities())
    still, live = still_map(content), live_map(content).script
    assert [still.count(f"p-tidigare{area} a{age}") for area, age in (("", 1), (" yta", 2))] == [
        1,
        1,
    ]
    assert still.count('<path class="p-prioritera"') == 1
    assert still.count('<circle class="p-prioritera"') == 1
    assert re.findall(r'class="k-rang"[^>]*>(\d)<', still) == ["1", "2"]
    of_places = live.partition("geo_json_prioritera_add({")[2].partition("\n")[0]
    assert of_places.count('"number": ') == 2
    assert live.count('"a": ') == 3
    assert len(re.findall(r'"Polygon"', live)) >= 1
    assert "Veckorna f" in live.partition("overlays")[2]
    page = render_page(content)
    for number in (1, 2):
        assert f'<tr id="prioritera-{number}"><td class="tal">{number}</td>' in page
    assert "veckorna före (v.\N{NO-BREAK SPACE}44–46), svagare ju äldre" in page
    table = page.partition('id="t-tidigare"')[2].partition("</table>")[0]
    assert re.findall(r'<td class="tal">(\d+)</td>', table) == ["1", "1", "1"]


def test_what_is_decided_and_not_done_is_a_square_on_both_maps(content: Lagesbild) -> None:
    assert content.since_last is not None
    [(number, decision, point)] = content.since_last.on_map
    assert (decision.state, point.precision_m) == (NoteState.OPEN, 50.0)
    page = render_page(content)
    assert still_map(content).count('<rect class="p-beslut"') == 1
    assert f'"number": {number}' in live_map(content).script.partition("geo_json_beslut")[2]
    assert f'<tr id="beslut-{number}">' in page
    assert ">beslutad insats</a> som inte är klar" in page
    done = replace(
        content.since_last,
        decisions=tuple(
            replace(each, state=NoteState.DONE) for each in content.since_last.decisions
        ),
    )
    without = replace(content, since_last=done)
    assert "p-beslut" not in still_map(without) + live_map(without).script


def test_each_district_has_its_cut_of_the_map(content: Lagesbild) -> None:
    for outline in content.ground.outlines:
        drawn = district_map(content, outline, label="Kartan")
        (frame,) = re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawn)
        assert tuple(map(int, frame)) == (DISTRICT_WIDTH, DISTRICT_HEIGHT)
        own = drawn.partition('class="k-stadsdel"')[2]
        corners = [
            tuple(map(float, each.split(",")))
            for path in re.findall(r'd="M([^"Z]+)Z', own)
            for each in path.split()
        ]
        inside = [
            (x, y) for x, y in corners if 0 <= x <= DISTRICT_WIDTH and 0 <= y <= DISTRICT_HEIGHT
        ]
        assert len(inside) >= 4
        positions = re.findall(
            r'<circle class="punkt p-handelse[^>]*cx="([-\d.]+)" cy="([-\d.]+)"', drawn
        )
        with_point = [
            row
            for row in content.rows_of(Kind.INCIDENT)
            if row.district_id == outline.district_id and row.point is not None
        ]
        assert bool(positions) or not with_point


def test_the_base_map_is_cut_at_the_edge_of_the_sheet(content: Lagesbild) -> None:
    (outline, *_) = content.ground.outlines
    far = MapFeature("gata", "", is_area=False, lines=(((10.0, 50.0), (10.1, 50.0)),))
    middle_lat = sum(lat for _, lat in outline.polygons[0][0]) / len(outline.polygons[0][0])
    across = MapFeature(
        "gata", "", is_area=False, lines=(((10.0, middle_lat), (20.0, middle_lat)),)
    )
    ground = replace(content.ground, features=(far, across))
    drawn = district_map(replace(content, ground=ground), outline, label="Kartan")
    ((x1, _), (x2, _)) = [
        tuple(map(float, each.split(",")))
        for each in re.findall(r'class="k-gata" d="M([^"]+)"', drawn)[0].split()
    ]
    assert {x1, x2} == {0, DISTRICT_WIDTH}
    assert drawn.count('class="k-gata"') == 1


def test_without_data_there_is_no_empty_layer(content: Lagesbild) -> None:
    content = replace(content, since_last=None)
    page = render_page(content)
    script = live_map(content).script
    for word in ("tidigare", "prioritera", "estEarlier", "estPriority"):
        assert word not in script
    legend = page.partition("<figcaption")[2].partition("</figcaption>")[0]
    assert "p-tidigare" not in legend
    assert "p-prioritera" not in legend
    assert "insatser" not in script.lower()


def test_a_vague_position_is_an_area_to_scale(content: Lagesbild) -> None:
    (row,) = [each for each in content.rows if each.point is not None][:1]
    assert row.point is not None

    def drawn(precision_m: float) -> float:
        point = replace(row.point, precision_m=precision_m) if row.point else None
        still = still_map(replace(content, rows=(replace(row, point=point),), recurring=None))
        (size,) = re.findall(r'class="punkt [\w -]+" cx="[\d.]+" cy="[\d.]+" r="([\d.]+)"', still)
        return float(size)

    assert drawn(1200.0) / drawn(600.0) == pytest.approx(2, rel=0.01)
    assert drawn(40.0) == drawn(10.0) == 5


# --- web tiles ------------------------------------------------------------------------------------

URL = "https://karta.example.se/{z}/{x}/{y}.png"


def test_by_default_nothing_is_allowed_and_nothing_asked_for(content: Lagesbild, page: str) -> None:
    assert content.ground.tiles is None
    assert "img-src data:;" in policy_of(page)
    assert "http" not in policy_of(page)
    assert "tileLayer(" not in live_map(content).script
    assert json.loads(render_json(content))["map"]["tiles"] is None


def test_with_web_tiles_exactly_that_host_is_allowed_and_named(
    configuration: Configuration,
) -> None:
    asked = WebMap(tiles_url=URL, tiles_attribution="© Example <b>kommun</b>")
    settings = configuration.settings.model_copy(update={"map": asked})
    content = make_content(replace(configuration, settings=settings))
    page = render_page(content)
    assert "img-src data: https://karta.example.se;" in policy_of(page)
    assert policy_of(page).count("http") == 1
    text = page.partition("<main")[2]
    assert "Kartbilden hämtas från karta.example.se när sidan öppnas" in text
    assert "Karta: © Example &lt;b&gt;kommun&lt;/b&gt;" in text
    script = live_map(content).script
    assert "<b>" not in script.partition("L.tileLayer(")[2].partition(");")[0]
    assert "k_gront" not in script  # the base map's areas would hide the tiles
    assert 'class="k-gront"' in still_map(content)


@pytest.mark.parametrize(
    "url",
    [
        "http://karta.example.se/{z}/{x}/{y}.png",
        "https://karta.example.se/{z}/{x}.png",
        "https://*.example.se/{z}/{x}/{y}.png",
        "https://{s}.example.se/{z}/{x}/{y}.png",
        "https://karta.example.se; script-src */{z}/{x}/{y}.png",
        "https://user@karta.example.se/{z}/{x}/{y}.png",
        "//karta.example.se/{z}/{x}/{y}.png",
    ],
)
def test_an_address_that_would_widen_the_policy_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="webbkarta"):
        WebMap(tiles_url=url, tiles_attribution="© Example")


def test_a_web_map_says_whose_it_is() -> None:
    with pytest.raises(ValueError, match="webbkartans_upphov"):
        WebMap(tiles_url=URL)
    assert WebTiles(URL, "©").host == "karta.example.se"


# --- size -----------------------------------------------------------------------------------------


def test_a_large_week_with_full_layers_is_at_most_two_megabytes(
    configuration: Configuration,
) -> None:
    rows = [ago(1 + n % 3, lon=15.5 + 0.0002 * n) for n in range(MOST_EARLIER - 1)]
    levels = INCIDENTS | {"city": 2000}
    content = make_content(
        configuration,
        counts=make_counts(levels),
        reports=make_reports(levels),
        analyses=make_analyses(configuration, earlier=earlier(*rows)),
    )
    assert content.earlier is not None
    assert len(content.earlier.incidents) == MOST_EARLIER - 1
    assert len(render_page(content).encode()) < 2_000_000

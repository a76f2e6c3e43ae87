"""The page in a real browser, with the network cut."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from est_pipeline.config import Configuration
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.lagesbild.map_layers import build_earlier_weeks
from est_pipeline.lagesbild.page import render_page
from est_pipeline.lagesbild.recurring_places import build_recurring_places
from tests.browser_visit import Visit, at
from tests.lagesbild_frames import (
    WEEK,
    make_analyses,
    make_configuration,
    make_content,
    make_counts,
    make_grid,
    make_reports,
)
from tests.occurrence_rows import occurrences
from tests.paper_text import texts_of, words_of_page, words_of_pdf

pytestmark = pytest.mark.browser

WIDE, PHONE, NARROWEST = 1400, 390, 320


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return make_configuration(tmp_path_factory.mktemp("arbetsmapp"), is_demo=True)


@pytest.fixture(scope="session")
def file(configuration: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sida") / "lagesbild.html"
    path.write_text(render_page(make_content(configuration)), encoding="utf-8", newline="\n")
    return path


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    options: dict[str, Any] = {"viewport": {"width": WIDE, "height": 900}, "offline": True}
    context = chromium.new_context(**(options | getattr(request, "param", {})))
    yield Visit(context.new_page())
    context.close()


def test_the_map_draws_and_nothing_is_asked_for(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    map_ = page.locator(".leaflet-container")
    map_.wait_for()
    assert map_.locator("path.punkt.p-handelse").count() > 30
    assert map_.locator("path.k-stadsdel").count() == 4
    assert map_.locator("path.k-huvudgata").count() > 5
    names = map_.locator(".leaflet-tooltip.namn").all_inner_texts()
    assert sorted(names) == ["Berga", "City", "Ryd", "Skäggetorp"]
    assert visit.requests == []
    assert visit.complaints == []


def test_the_controls_are_swedish(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    assert page.get_by_role("button", name="Zooma in").count() == 1
    assert page.get_by_role("button", name="Zooma ut").count() == 1
    page.get_by_role("button", name="Kartlager").press("Enter")
    layers = page.locator(".leaflet-control-layers-overlays label")
    names = [name.strip() for name in layers.all_inner_texts()]
    assert "Skadegörelse" in names
    assert names[-2:] == ["Miljöärenden", "Insatsfynd"]
    assert page.locator(".leaflet-control-scale-line").inner_text().endswith("m")


def test_a_layer_can_be_switched_off(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    before = page.locator("path.punkt.p-miljo").count()
    assert before > 0
    page.get_by_role("button", name="Kartlager").press("Enter")
    # Leaflet swallows clicks until a timer that starts with the unfolding has run
    page.evaluate("new Promise(done => setTimeout(done, 50))")
    page.get_by_label("Miljöärenden", exact=True).press("Space")
    expect(page.locator("path.punkt.p-miljo")).to_have_count(0)


def test_the_way_to_the_map_by_keyboard(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    page.locator("details", has_text="Alla händelser i veckan").locator("summary").press("Enter")
    button = page.locator("#t-handelser ~ tbody button.visa").first
    own_id = button.inner_text()
    button.press("Enter")
    popup = page.locator(".leaflet-popup")
    popup.wait_for()
    assert own_id in popup.inner_text()
    assert popup.evaluate("popup => popup === document.activeElement")
    assert page.get_by_role("button", name="Stäng").count() == 1
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    assert visit.complaints == []


@pytest.fixture(scope="module")
def layered(configuration: Configuration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The week with the weeks before and the places to prioritise on the map."""
    spot = {"lon": 15.6, "lat": 58.42, "precision_m": 30.0}
    rows = [
        {"week": str(WEEK.plus(-age)), "place_id": "t", "place_name": "<b>Torget</b>", **spot}
        for age in (1, 1, 2, 5, 9, 14, 20, 30, 40, 51)
    ]
    rows.append({"week": str(WEEK.plus(-1)), **spot, "lat": 58.4, "precision_m": 600.0})
    known = occurrences(rows)
    names = configuration.categories.names
    analyses = make_analyses(
        configuration,
        recurring=build_recurring_places(
            known,
            week=WEEK,
            places=pd.DataFrame(columns=["place_name", "lon", "lat"]),
            district_names={"ryd": "Ryd"},
            category_names=names,
        ),
        earlier=build_earlier_weeks(known, week=WEEK, category_names=names),
    )
    path = tmp_path_factory.mktemp("lager") / "lagesbild.html"
    page = render_page(make_content(configuration, analyses=analyses))
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def test_the_weeks_before_go_with_their_category_and_their_layer(
    visit: Visit, layered: Path
) -> None:
    page = visit.open(layered)
    faint = page.locator("path.punkt.p-tidigare")
    expect(faint).to_have_count(3)  # one of them an area, to scale
    assert page.locator("path.punkt.p-tidigare.yta").count() == 1
    assert page.locator("path.punkt.p-tidigare.a2").count() == 1
    page.get_by_role("button", name="Kartlager").press("Enter")
    page.evaluate("new Promise(done => setTimeout(done, 50))")
    page.get_by_label("Skadegörelse", exact=True).press("Space")
    assert faint.locator("visible=true").count() == 0
    page.get_by_label("Skadegörelse", exact=True).press("Space")
    assert faint.locator("visible=true").count() == 3
    page.get_by_role("checkbox", name="Veckorna före").press("Space")
    expect(faint).to_have_count(0)
    assert visit.complaints == []
    assert visit.requests == []


def test_a_place_to_prioritise_says_in_words_why(visit: Visit, layered: Path) -> None:
    page = visit.open(layered)
    page.locator("#prioritera-1 button.visa").press("Enter")
    popup = page.locator(".leaflet-popup")
    popup.wait_for()
    assert "<b>Torget</b>" in popup.inner_text()
    assert "på ett år" in popup.inner_text().replace("\N{NO-BREAK SPACE}", " ")
    assert popup.evaluate("popup => popup === document.activeElement")
    assert popup.locator("b").count() == 0
    assert page.locator(".leaflet-tooltip.rang").all_inner_texts() == ["1"]
    assert visit.complaints == []


def test_a_decided_measure_is_found_from_its_row_and_says_what_it_is(
    visit: Visit, file: Path
) -> None:
    page = visit.open(file)
    square = page.locator("div.p-beslut")
    expect(square).to_have_count(1)
    row = page.locator("tr[id^=beslut-]", has=page.locator("button.visa"))
    row.locator("button.visa").press("Enter")
    popup = page.locator(".leaflet-popup")
    popup.wait_for()
    said = popup.inner_text()
    assert row.locator("th").inner_text().splitlines()[0] in said
    assert "Väktare" in said
    assert "., " not in said
    assert "Ändra läget" not in said  # what is for meeting mode alone
    page.get_by_role("button", name="Kartlager").press("Enter")
    page.get_by_role("checkbox", name="Beslutade insatser").press("Space")
    expect(square).to_have_count(0)
    assert visit.complaints == []
    assert visit.requests == []


@pytest.mark.parametrize("visit", [at(WIDE), at(PHONE, "dark")], indirect=True, ids=["a", "b"])
def test_axe_finds_nothing_on_the_layers(visit: Visit, layered: Path) -> None:
    page = visit.open(layered)
    page.locator(".leaflet-container").wait_for()
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("visit", [at(WIDE, java_script_enabled=False)], indirect=True)
def test_a_figure_leads_to_its_rows_without_scripts(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    page.locator("article a.spar").first.click()
    anchor = page.url.partition("#")[2]
    assert anchor.startswith("rader-incident.")
    group = page.locator(f'[id="{anchor}"]')
    expect(group).to_be_visible()  # the browser opens the folded table
    page.locator(".rader td.sist a").first.click()
    assert "#fil-" in page.url
    assert page.locator(":target").is_visible()


@pytest.mark.parametrize(
    "visit",
    [at(WIDE), at(WIDE, "dark"), at(PHONE), at(PHONE, "dark")],
    indirect=True,
    ids=["wide-light", "wide-dark", "phone-light", "phone-dark"],
)
def test_axe_finds_nothing(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    page.locator(".leaflet-container").wait_for()
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    page.get_by_role("button", name="Kartlager").focus()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("visit", [at(NARROWEST), at(PHONE)], indirect=True, ids=["320", "390"])
def test_the_page_does_not_scroll_sideways(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


@pytest.mark.parametrize(
    "visit", [at(PHONE, java_script_enabled=False)], indirect=True, ids=["off"]
)
def test_without_scripts_the_still_map_and_the_tables_stand(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    assert page.locator("svg.stillkarta").is_visible()
    assert page.locator("svg.stillkarta circle").count() > 30
    assert not page.locator(".levande").is_visible()
    assert page.get_by_text("eftersom skript är avstängda").is_visible()
    assert page.locator("table").count() >= 5
    page.locator("summary", has_text="Alla händelser i veckan").click()
    assert page.locator("#t-handelser ~ tbody tr").first.is_visible()
    assert visit.requests == []


def test_on_paper_the_still_map_stands_and_folded_tables_are_open(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    page.emulate_media(media="print")
    assert page.locator("svg.stillkarta").is_visible()
    assert not page.locator(".levande").is_visible()
    assert not page.locator("#borja-motet").is_visible()  # a button is of no use there
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() >= 1


@pytest.mark.parametrize("visit", [at(WIDE, "dark")], indirect=True, ids=["dark"])
def test_printed_from_a_browser_nothing_is_missing_and_nothing_is_dark(
    visit: Visit, file: Path
) -> None:
    page = visit.open(file)
    page.locator(".leaflet-container").wait_for()
    pdf = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
    texts = texts_of(pdf)
    for number, text in enumerate(texts, start=1):
        assert f"Sida {number} av {len(texts)}" in " ".join(text.split())
        assert "Uppgifter till och med" in text
        assert "INTERN" in text
    written = file.read_text(encoding="utf-8")
    assert words_of_page(written) - words_of_pdf(pdf) == {}
    page.emulate_media(media="print", color_scheme="dark")
    colours = page.evaluate(
        "[document.documentElement, document.body].map(e => getComputedStyle(e))"
        ".map(s => s.backgroundColor + ' ' + s.color)"
    )
    assert colours == ["rgb(255, 255, 255) rgb(0, 0, 0)", "rgb(255, 255, 255) rgb(24, 32, 43)"]


@pytest.mark.parametrize("visit", [at(PHONE)], indirect=True, ids=["phone"])
def test_many_districts_in_the_browser(
    visit: Visit, configuration: Configuration, tmp_path: Path
) -> None:
    districts = make_grid(11, 8)
    levels = dict.fromkeys(districts["district_id"], 3) | {REST_ID: 2, UNPLACED_ID: 1}
    content = make_content(
        configuration,
        districts=districts,
        counts=make_counts(levels),
        reports=make_reports({"city": 5}),
    )
    file = tmp_path / "many.html"
    file.write_text(render_page(content), encoding="utf-8", newline="\n")
    page = visit.open(file)
    assert page.locator("path.k-stadsdel").count() >= 88
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert (visit.requests, visit.complaints) == ([], [])

"""The report of a backtest in a real browser, with the network cut."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from est_pipeline.backtest.page import render_page
from tests.browser.test_page_in_browser import NARROWEST, WIDE, Visit, at
from tests.lagesbild_frames import make_configuration
from tests.unit.backtest.test_report import content_of, measured, ranked

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backtest")
    configuration = make_configuration(folder / "arbetsmapp", is_demo=True)
    path = folder / "backtest.html"
    content = content_of(configuration, measured(), rankings=ranked())
    path.write_text(render_page(content), encoding="utf-8", newline="\n")
    return path


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    options: dict[str, Any] = {"offline": True}
    context = chromium.new_context(**(options | request.param))
    yield Visit(context.new_page())
    context.close()


@pytest.mark.parametrize(
    "visit",
    [at(WIDE), at(WIDE, "dark"), at(NARROWEST), at(NARROWEST, "dark")],
    indirect=True,
    ids=["wide-light", "wide-dark", "narrow-light", "narrow-dark"],
)
def test_it_opens_anywhere(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    assert page.locator("figure.kurva svg").count() == 6
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert (visit.requests, visit.complaints) == ([], [])


@pytest.mark.parametrize("visit", [at(WIDE)], indirect=True, ids=["paper"])
def test_on_paper_the_tables_are_open(visit: Visit, file: Path) -> None:
    page = visit.open(file)
    page.emulate_media(media="print")
    table = page.locator("#incident-niva")
    height = table.evaluate("table => table.getBoundingClientRect().height")
    assert height > 0

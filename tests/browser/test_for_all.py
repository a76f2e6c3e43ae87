"""The page for all: screen reader, keyboard, a small window, large text, no scripts, the dark.

Held on a page that has every section: a loud week after three years of history.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from est_pipeline.pipeline import report
from tests.browser_visit import OPEN_ALL, Visit, at
from tests.small_weeks import WEEKS, history_rows

pytestmark = pytest.mark.browser

LEAST_CONTRAST, LEAST_CONTRAST_LARGE, LEAST_CONTRAST_SHAPES = 4.5, 3.0, 3.0
AXE_OPTIONS = {"rules": {"target-size": {"enabled": True}}}
ZOOMED = {"width": 320, "height": 256}
"""A window of 1280 by 1024 at 400 %."""
# text spacing that a reader may set, and nothing may be lost by it (WCAG 1.4.12)
SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; "
    "word-spacing: .16em !important; } p { margin-bottom: 2em !important; }"
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, desk_at: Callable[[Path], Any]) -> Path:
    """The page of a loud week after three years: every section is on it."""
    desk = desk_at(tmp_path_factory.mktemp("for_alla") / "arbetsmapp")
    desk.drop("tib", "historik.csv", history_rows())
    desk.take_in("2026-11-16T08:00:00+01:00")
    for source_id, content in WEEKS["loud_after_years"].deliveries.items():
        desk.drop(source_id, "vecka 47.csv", content)
    desk.take_in("2026-11-23T08:00:00+01:00")
    page = report(desk.configuration, as_of=datetime.fromisoformat("2026-11-23T09:00:00+01:00"))
    return Path(page)


@pytest.fixture(scope="module")
def open_at(chromium: Browser, file: Path) -> Iterator[Callable[..., Visit]]:
    """Opens the page once in each state of the window."""
    opened: dict[str, tuple[Any, Visit]] = {}

    def open_(width: int, scheme: str = "light", **more: Any) -> Visit:
        state = repr((width, scheme, sorted(more.items())))
        if state not in opened:
            context = chromium.new_context(**at(width, scheme, offline=True, **more))
            visit = Visit(context.new_page())
            visit.open(file)
            opened[state] = context, visit
        return opened[state][1]

    yield open_
    for context, _ in opened.values():
        context.close()


STATES = [(1400, "light"), (1400, "dark"), (320, "light"), (320, "dark")]


@pytest.mark.parametrize(("width", "scheme"), STATES)
def test_axe_finds_nothing_in_any_state(
    open_at: Callable[..., Visit], width: int, scheme: str
) -> None:
    visit = open_at(width, scheme)
    page = visit.page
    page.locator(".leaflet-container").wait_for()
    page.evaluate(OPEN_ALL)
    found = Axe().run(page, options=AXE_OPTIONS)
    assert found.violations_count == 0, found.generate_report()
    assert (visit.requests, visit.complaints) == ([], [])


@pytest.mark.parametrize("name", ["nothing", "unplaced", "first_week"])
def test_axe_finds_nothing_on_a_page_with_little_on_it(
    chromium: Browser, workspace: Any, name: str
) -> None:
    for source_id, content in WEEKS[name].deliveries.items():
        workspace.drop(source_id, "vecka 47.csv", content)
    workspace.take_in("2026-11-23T08:00:00+01:00")
    file = report(
        workspace.configuration, as_of=datetime.fromisoformat("2026-11-23T09:00:00+01:00")
    )
    context = chromium.new_context(**at(320, "dark", offline=True))
    visit = Visit(context.new_page())
    page = visit.open(file)
    page.evaluate(OPEN_ALL)
    found = Axe().run(page, options=AXE_OPTIONS)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert (visit.requests, visit.complaints) == ([], [])
    context.close()


# --- pictures -------------------------------------------------------------------------------------

READ_TEXTS_IN_PICTURES = """() => {
  document.documentElement.classList.remove('med-skript');
  const found = [...document.querySelectorAll('svg text')].map(each => {
    const style = getComputedStyle(each);
    return { text: each.textContent, fill: style.fill, stroke: style.stroke,
             halo: style.paintOrder.startsWith('stroke') ? parseFloat(style.strokeWidth) : 0,
             size: parseFloat(style.fontSize), weight: Number(style.fontWeight),
             ground: getComputedStyle(each.ownerSVGElement).backgroundColor,
             under: (() => {
               each.scrollIntoView({ block: 'center' });
               const box = each.getBoundingClientRect();
               return document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2)
                 .filter(other => other !== each && other.ownerSVGElement)
                 .map(other => getComputedStyle(other).fill);
             })() };
  });
  document.documentElement.classList.add('med-skript');
  return found;
}"""


def channels(colour: str) -> tuple[float, float, float, float]:
    """Read `rgb(1, 2, 3)` or `rgba(1, 2, 3, .5)`; what is not a colour is transparent."""
    numbers = [float(each) for each in re.findall(r"[\d.]+", colour)] if "rgb" in colour else []
    red, green, blue, *alpha = numbers or [0, 0, 0, 0]
    return red, green, blue, alpha[0] if alpha else 1.0


def over(colour: str, ground: tuple[float, ...]) -> tuple[float, ...]:
    """Lay a colour over an opaque ground."""
    *parts, alpha = channels(colour)
    return tuple(
        alpha * part + (1 - alpha) * below for part, below in zip(parts, ground, strict=True)
    )


def luminance(colour: tuple[float, ...]) -> float:
    """Give the relative luminance of a colour (WCAG 2.2)."""
    parts = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in colour
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_says() -> None:
    assert contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
    assert over("rgba(0, 0, 0, 0.5)", (255, 255, 255)) == (127.5, 127.5, 127.5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_in_pictures_can_be_read(open_at: Callable[..., Visit], scheme: str) -> None:
    found = open_at(1400, scheme).page.evaluate(READ_TEXTS_IN_PICTURES)
    assert {"Skäggetorp", "Ryd", "Berga", "City"} <= {each["text"] for each in found}
    for each in found:
        fill = channels(each["fill"])[:3]
        ground: tuple[float, ...] = over(each["ground"], (255.0, 255.0, 255.0))
        for colour in reversed(each["under"]):
            ground = over(colour, ground)
        if each["halo"] >= 3:  # the text stands in a rim of its own
            ground = over(each["stroke"], ground)
        is_large = each["size"] >= 24 or (each["size"] >= 18.66 and each["weight"] >= 700)
        least = LEAST_CONTRAST_LARGE if is_large else LEAST_CONTRAST
        assert contrast(fill, ground) >= least, (scheme, each)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_on_the_live_map_can_be_read(open_at: Callable[..., Visit], scheme: str) -> None:
    page = open_at(1400, scheme).page
    found = page.locator(".leaflet-tooltip.namn, .leaflet-tooltip.antal").evaluate_all(
        "all => all.map(each => [getComputedStyle(each).color, getComputedStyle(each).textShadow])"
    )
    assert len(found) >= 4
    for colour, shadow in found:  # the rim around the letters is the ground that they stand on
        rim = re.findall(r"rgba?\([^)]*\)", shadow)
        assert len(rim) >= 3
        assert contrast(channels(colour)[:3], channels(rim[0])[:3]) >= LEAST_CONTRAST


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shapes_that_carry_figures_can_be_seen(open_at: Callable[..., Visit], scheme: str) -> None:
    page = open_at(1400, scheme).page
    paper = channels(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    bars = page.evaluate(
        """[...new Set([...document.querySelectorAll('.diagram svg [fill]')]
             .filter(each => !['none', '#dfe6ee', '#b9c3d0'].includes(each.getAttribute('fill')))
             .map(each => getComputedStyle(each).fill))]"""
    )
    assert len(bars) >= 2
    # the band and the light part are said in words and in the table as well
    for colour in bars:
        assert contrast(channels(colour)[:3], paper[:3]) >= LEAST_CONTRAST_SHAPES, (scheme, colour)


def test_each_picture_has_words_and_a_table(open_at: Callable[..., Visit]) -> None:
    page = open_at(1400).page
    unnamed = page.evaluate(
        """[...document.querySelectorAll('svg')].filter(each =>
             !each.closest('.leaflet-container') && !each.closest('[aria-hidden=true]')
             && !(each.closest('[role=img][aria-label]')))
             .map(each => each.outerHTML.slice(0, 80))"""
    )
    assert unnamed == []
    for label in page.locator("figure.diagram").evaluate_all(
        "all => all.map(each => each.getAttribute('aria-label'))"
    ):
        assert re.search(r"[Hh]ändelse", label), label
    behind = page.locator("section[aria-labelledby=veckor-rubrik] th[scope=colgroup]")
    drawn = page.locator("article.omrade:has(figure.diagram) h3")
    assert behind.all_text_contents() == drawn.all_text_contents() != []


# --- keyboard -------------------------------------------------------------------------------------

WHAT_TAB_SHOULD_REACH = """() => {
  const all = [...document.querySelectorAll(
    'a[href], button, summary, input, select, textarea, [tabindex]')];
  return all.filter(each => each.tabIndex >= 0 && !each.disabled
      && each.checkVisibility({ visibilityProperty: true }))
    .map(each => each.dataset.stopp || each.outerHTML.slice(0, 120));
}"""
STOP = """() => {
  const each = document.activeElement;
  if (!each || each === document.body) { return null; }
  window.estStopp = window.estStopp || 0;
  const again = Boolean(each.dataset.stopp);
  if (!again) { window.estStopp += 1; each.dataset.stopp = String(window.estStopp); }
  if (each.tagName === 'SUMMARY') { each.parentElement.open = true; }
  const style = getComputedStyle(each), box = each.getBoundingClientRect();
  const cover = document.elementsFromPoint(
    Math.min(Math.max(box.x + Math.min(box.width, 8) / 2, 0), innerWidth - 1),
    Math.min(Math.max(box.y + Math.min(box.height, 8) / 2, 0), innerHeight - 1))[0];
  return { again, stop: each.dataset.stopp, what: each.outerHTML.slice(0, 120),
           outline: style.outlineStyle !== 'none' ? parseFloat(style.outlineWidth) : 0,
           inView: box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0,
           covered: Boolean(cover && !each.contains(cover) && !cover.contains(each)
             && getComputedStyle(cover).position === 'sticky') };
}"""


def walk(page: Page, most: int = 900) -> list[dict[str, Any]]:
    """Press Tab from the top until the page is left; folded parts are opened on the way."""
    page.evaluate("document.activeElement.blur(); window.getSelection().removeAllRanges()")
    stops: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or stop["again"]:
            return stops
        stops.append(stop)
    raise AssertionError("Tab never leaves the page")


@pytest.mark.parametrize("width", [1400, 320])
def test_all_that_can_be_used_is_reached_by_tab_and_seen(
    chromium: Browser, file: Path, width: int
) -> None:
    context = chromium.new_context(**at(width, offline=True))
    page = Visit(context.new_page()).open(file)
    page.locator(".leaflet-container").wait_for()
    stops = walk(page)
    expected = page.evaluate(WHAT_TAB_SHOULD_REACH)
    reached = {stop["stop"] for stop in stops}
    assert [each for each in expected if each not in reached] == []
    assert len(stops) >= len(expected) > 40
    for stop in stops:
        assert stop["outline"] >= 2, stop
        assert stop["inView"], stop
        assert not stop["covered"], stop
    # the tables behind the figures: each stands open now, and none is a place one cannot get to
    assert page.evaluate(
        "[...document.querySelectorAll('main table:not(.bara-papper)')]"
        ".every(each => each.checkVisibility())"
    )
    weeks = page.locator("section[aria-labelledby=veckor-rubrik] details[open]")
    assert weeks.count() == 1
    # what is wider than the window can be scrolled by keyboard
    assert (
        page.evaluate(
            """[...document.querySelectorAll('main *')].filter(each =>
             each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0
             && ['auto', 'scroll'].includes(getComputedStyle(each).overflowX)
             && each.tabIndex < 0).map(each => each.outerHTML.slice(0, 120))"""
        )
        == []
    )
    # and back again: no trap in that direction either
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    context.close()


def test_the_first_stop_leads_past_the_head(chromium: Browser, file: Path) -> None:
    context = chromium.new_context(**at(1400, offline=True))
    page = Visit(context.new_page()).open(file)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Till innehållet"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
    context.close()


# --- structure ------------------------------------------------------------------------------------


def test_language_landmarks_and_headings(open_at: Callable[..., Visit]) -> None:
    page = open_at(1400).page
    assert page.evaluate("document.documentElement.lang") == "sv"
    for landmark in ("main", "header", "footer"):
        assert page.locator(f"body {landmark}").count() == 1, landmark
    assert page.locator("h1").count() == 1
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(
        "all => all.map(each => Number(each.tagName[1]))"
    )
    assert levels[0] == 1
    steps = [after - before for before, after in pairwise(levels)]
    assert max(steps) <= 1
    assert (
        page.locator(
            ".ark section:not([aria-labelledby]):not([aria-label]):not([class^=leaflet])"
        ).count()
        == 0
    )
    unlabelled = page.evaluate(
        """[...document.querySelectorAll('[aria-labelledby], [aria-describedby]')].flatMap(each =>
             ['aria-labelledby', 'aria-describedby']
               .flatMap(name => (each.getAttribute(name) || '').split(' ').filter(Boolean))
               .filter(id => !document.getElementById(id)))"""
    )
    assert unlabelled == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
    assert page.evaluate(
        "[...document.querySelectorAll('.ark a[href^=\"#\"]:not([role])')].every(each => "
        "document.getElementById(each.getAttribute('href').slice(1)))"
    )
    assert page.evaluate(
        """[...document.querySelectorAll('main table:not(.bara-papper)')].every(each =>
             each.caption && [...each.querySelectorAll('th')].every(head => head.scope))"""
    )


def test_zooming_is_never_forbidden(open_at: Callable[..., Visit]) -> None:
    content = open_at(1400).page.locator("meta[name=viewport]").get_attribute("content") or ""
    assert "width=device-width" in content
    assert not re.search(r"user-scalable|maximum-scale|minimum-scale", content)
    assert open_at(1400).page.locator("meta[name=viewport]").count() == 1


# --- narrow, large, still -------------------------------------------------------------------------


@pytest.mark.parametrize("height", [900, ZOOMED["height"]], ids=["320", "400 percent"])
def test_no_sideways_scrolling(open_at: Callable[..., Visit], height: int) -> None:
    page = open_at(320, height=height).page
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate("scrollTo(999, 0)")
    assert page.evaluate("scrollX") == 0
    fixed = page.evaluate(
        """[...document.querySelectorAll('*')].filter(each =>
             ['fixed', 'sticky'].includes(getComputedStyle(each).position))
             .reduce((sum, each) => sum + each.getBoundingClientRect().height, 0)"""
    )
    assert fixed <= height / 3, "what stays in place hides the page"


def test_wider_spacing_loses_nothing(chromium: Browser, file: Path) -> None:
    context = chromium.new_context(**at(320, offline=True))
    page = Visit(context.new_page()).open(file)
    page.evaluate(OPEN_ALL)
    page.add_style_tag(content=SPACED)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    cut = page.evaluate(
        """[...document.querySelectorAll('main p, main th, main td, main li, main h2, main h3')]
             .filter(each => each.checkVisibility() && !each.closest('.dold, .leaflet-container')
               && ['hidden', 'clip'].includes(getComputedStyle(each).overflow)
               && each.scrollHeight > each.clientHeight + 1)
             .map(each => each.outerHTML.slice(0, 100))"""
    )
    assert cut == []
    context.close()


def test_reduced_motion_moves_nothing(chromium: Browser, file: Path) -> None:
    context = chromium.new_context(**at(1400, offline=True, reduced_motion="reduce"))
    page = Visit(context.new_page()).open(file)
    page.locator(".leaflet-container").wait_for()
    moving = page.evaluate(
        """[...document.querySelectorAll('*')].filter(each => {
             const style = getComputedStyle(each);
             const lasts = value => value.split(',').some(part => parseFloat(part) > 0.01);
             return lasts(style.animationDuration) && style.animationName !== 'none'
               || lasts(style.transitionDuration) || style.scrollBehavior === 'smooth';
           }).map(each => each.outerHTML.slice(0, 100))"""
    )
    assert moving == []
    page.get_by_role("button", name="Zooma in").click()
    assert page.evaluate("document.getAnimations().length") == 0
    context.close()


# --- without scripts ------------------------------------------------------------------------------

ALL_WORDS = """() => {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll('script, style, .levande, .utan-skript, .bara-stilla, .bara-med-skript')
    .forEach(each => each.remove());
  return copy.textContent.replace(/\\s+/g, ' ').trim();
}"""


def test_without_scripts_everything_but_the_live_map_is_there(
    open_at: Callable[..., Visit],
) -> None:
    with_scripts = open_at(1400).page
    without = open_at(1400, java_script_enabled=False).page
    words = without.evaluate(ALL_WORDS)
    assert words == with_scripts.evaluate(ALL_WORDS)
    assert len(words) > 10_000
    assert without.locator("svg.stillkarta").is_visible()
    folded = without.locator("details:not([open])").first
    folded.locator("summary").click()  # unfolds without a script
    assert without.locator("details[open]").count() > 0
    without.evaluate(OPEN_ALL)
    hidden = without.evaluate(
        """[...document.querySelectorAll('main p, main table, main li, main h2, main h3')]
             .filter(each => !each.checkVisibility() && !each.closest(
               '.levande, .bara-papper, .bara-mote, .skrivet, .med-skript-bara'))
             .map(each => each.outerHTML.slice(0, 100))"""
    )
    assert hidden == []

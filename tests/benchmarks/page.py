"""Our page of a week against the same points in a plain folium page made the usual way.

The peer is what a notebook writes: a loop over the rows, one circle marker with a popup each. Its
web files are put into the page, so that no network is needed: Leaflet as it is, and in jQuery's
place the one line of it that folium's popups use. Bootstrap and the icon fonts, which folium also
loads, are left out, to the peer's favour. Ours holds the whole lägesbild beside the map.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from est_pipeline.lagesbild.content import Lagesbild
from est_pipeline.lagesbild.live_map import leaflet_script, leaflet_style
from est_pipeline.lagesbild.page import render_page
from tests.conftest import BROWSER_ARGUMENTS, find_browser
from tests.lagesbild_frames import make_configuration, make_content, make_counts, make_reports

INCIDENTS = 2_000
RUNS = 7
SHARES = {"skaggetorp": 0.22, "ryd": 0.16, "berga": 0.09, "city": 0.36, "ovriga": 0.17}
POPUPS_JQUERY = (
    "window.$ = html => { const box = document.createElement('template');"
    " box.innerHTML = html.trim(); return box.content.children; };"
)
READY = (
    "new Promise(done => requestAnimationFrame(() => requestAnimationFrame("
    "() => done(performance.now()))))"
)


@dataclass(frozen=True)
class Measured:
    """A page's size in bytes, seconds to build it, milliseconds until the browser has drawn it."""

    size: int
    build_s: float
    ready_ms: float


def make_week(folder: Path, incidents: int) -> Lagesbild:
    """Give the content of a made-up week with so many incidents."""
    levels = {district: round(share * incidents) for district, share in SHARES.items()}
    return make_content(
        make_configuration(folder), counts=make_counts(levels), reports=make_reports(levels)
    )


def usual_page(content: Lagesbild) -> str:
    """Write the rows with a point as a notebook does, and put its web files into the page."""
    import folium

    chart = folium.Map(location=[58.4107, 15.6029], zoom_start=13)
    for row in content.rows:
        if row.point is None:
            continue
        words = f"<b>{row.category_name}</b><br>{row.occurred_on}<br>{row.district_name}"
        folium.CircleMarker(
            location=[row.point.lat, row.point.lon],
            radius=6,
            popup=folium.Popup(words, max_width=300),
            tooltip=row.category_name,
            fill=True,
        ).add_to(chart)
    text = str(chart.get_root().render())
    text = re.sub(r'<script src="https?://[^"]*"></script>', "", text)
    text = re.sub(r'<link rel="stylesheet" href="https?://[^"]*"/>', "", text)
    own = f"<style>{leaflet_style()}</style><script>{leaflet_script()}\n{POPUPS_JQUERY}</script>"
    return text.replace("<head>", f"<head>{own}", 1)


def compare(folder: Path, browser: Browser, *, incidents: int, runs: int) -> dict[str, Measured]:
    """Measure both pages, by turns; the time is the median of the runs, each in a new window."""
    content = make_week(folder / "arbetsmapp", incidents)
    ways: dict[str, Callable[[Lagesbild], str]] = {"usual": usual_page, "ours": render_page}
    files, seconds = {}, {}
    for name, way in ways.items():
        way(content)  # imports and caches are not the page's
        started = time.perf_counter()
        text = way(content)
        seconds[name] = time.perf_counter() - started
        files[name] = folder / f"{name}.html"
        files[name].write_text(text, encoding="utf-8", newline="\n")
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, file in files.items():
            times[name].append(ready_at(browser, file))
    return {
        name: Measured(file.stat().st_size, seconds[name], statistics.median(times[name]))
        for name, file in files.items()
    }


def ready_at(browser: Browser, file: Path) -> float:
    """Open a page without a network; give the milliseconds until its points are drawn."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    # map tiles and what else is not in the file: answered at once, with nothing
    page.route(re.compile("^https?:"), lambda route: route.abort())
    page.goto(file.as_uri(), wait_until="load")
    ready = float(page.evaluate(READY))
    drawn = page.locator("path.leaflet-interactive").count()
    context.close()
    if not drawn:
        raise RuntimeError(f"{file.name} has drawn no point")
    return ready


def main() -> None:
    """Print the ratios, and the figures they are made of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=INCIDENTS)
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_ARGUMENTS)
        found = compare(Path(folder), browser, incidents=options.incidents, runs=options.runs)
        browser.close()
    for name, each in found.items():
        print(
            f"{name:6} {each.size / 1e6:5.2f} MB, built in {each.build_s:5.2f} s, "
            f"ready after {each.ready_ms:6.0f} ms"
        )
    ours, usual = found["ours"], found["usual"]
    print(
        f"ours to the usual: size {ours.size / usual.size:.2f}, "
        f"building {ours.build_s / usual.build_s:.2f}, ready {ours.ready_ms / usual.ready_ms:.2f}"
    )


if __name__ == "__main__":
    main()

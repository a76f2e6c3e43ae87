"""Texts that would do something if they ran, planted wherever a reporter or a municipality writes.

The files go through the whole run, and the pages and receipts that come out are opened.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser

from est_pipeline.pipeline import ingest, report
from tests.attacks import ATTACKS
from tests.browser_visit import OPEN_ALL, Visit, at

pytestmark = pytest.mark.browser

AT = datetime.fromisoformat("2026-11-23T08:00:00+01:00")
COUNT_WHAT_RUNS = "window.ran_count = 0; window.ran = () => { window.ran_count += 1; };"
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
FOREIGN = "iframe, object, embed, form, base, link, audio, video, marquee, plaintext, math, dialog"
FREE_TEXT = ("offentlig", "maskeras")
A_FILE = 5
"""So many attacks share a source and its file, whose name holds them."""


def toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def one_line(text: str) -> str:
    """A text as a reader sees it: signs that turn or show nothing aside, single spaces."""
    return " ".join(re.sub("[\u200b\ufeff]|" + TURNING.pattern, "", text).split())


def plant_in_settings(root: Path) -> None:
    """Write the attacks into each text of the configuration and of the reference files."""
    data = root / "data"
    settings = (data / "est.toml").read_text(encoding="utf-8")
    keys = ("namn", "grupp", "mottagare", "kontakt", "diarienummer", "restens_namn")
    everything = " ".join(ATTACKS)
    for key in (*keys, "sekretessmarkning"):
        line = f"{key} = {toml(f'{key} {everything}')}"
        settings = re.sub(rf"(?m)^{key} = .*$", lambda _, line=line: line, settings, count=1)
    sources = "\n".join(f"k{n:03} = {toml(attack)}" for n, attack in enumerate(ATTACKS))
    (data / "est.toml").write_text(f"{settings}\n{sources}\n", encoding="utf-8")
    for number, attack in enumerate(ATTACKS):
        (data / "kallor" / f"k{number:03}.toml").write_text(
            f'kortnamn = {toml(attack)}\nrytm = "vecka"\nfritext = "{FREE_TEXT[number % 2]}"\n',
            encoding="utf-8",
        )

    places = data / "referens" / "platser.csv"
    head, *rows = places.read_text(encoding="utf-8").splitlines()
    columns = head.split(";")
    table = io.StringIO()
    writer = csv.DictWriter(table, columns, delimiter=";")
    for number, attack in enumerate(ATTACKS):
        lat, lon = 58.40 + number % 10 * 0.003, 15.58 + number // 10 * 0.006
        writer.writerow(
            {"plats_id": f"p{number}", "namn": f"Torg {number} {attack}", "typ": attack}
            | {"alias": f"aliastorg {number}", "lat": lat, "lon": lon, "noggrannhet_m": 50}
            | {"ursprung": attack}
        )
    places.write_text("\n".join([head, *rows, table.getvalue()]), encoding="utf-8")

    districts = data / "referens" / "stadsdelar.geojson"
    areas = json.loads(districts.read_text(encoding="utf-8"))
    for number, feature in enumerate(areas["features"]):
        feature["properties"]["namn"] += " " + " ".join(ATTACKS[number :: len(areas["features"])])
    districts.write_text(json.dumps(areas), encoding="utf-8")
    basemap = data / "referens" / "baskarta.geojson"
    ground = json.loads(basemap.read_text(encoding="utf-8"))
    ground["attribution"] += " " + everything
    for number, feature in enumerate(ground["features"]):
        feature["properties"]["namn"] = ATTACKS[number % len(ATTACKS)]
    basemap.write_text(json.dumps(ground), encoding="utf-8")

    calendar = io.StringIO()
    entries = csv.writer(calendar, delimiter=";")
    entries.writerow(["fran", "till", "slag", "namn", "ursprung"])
    for number, attack in enumerate(ATTACKS):
        on = f"2026-11-{16 + number % 14}"
        entries.writerow([on, on, "evenemang", f"Dag {number} {attack}", attack])
    (data / "referens" / "kalender.csv").write_text(calendar.getvalue(), encoding="utf-8")

    departments = data / "referens" / "forvaltningar.toml"
    text = departments.read_text(encoding="utf-8")
    for key in ("namn", "kortnamn", "funktion"):
        numbers = iter(range(len(ATTACKS)))
        text = re.sub(
            rf'(?m)^{key} = "(.*)"$',
            lambda found, key=key, numbers=numbers: (
                f"{key} = {toml(f'{found[1]} {ATTACKS[next(numbers)]}')}"
            ),
            text,
        )
    departments.write_text(text, encoding="utf-8")

    categories = data / "referens" / "kategorier.toml"
    text = categories.read_text(encoding="utf-8")
    numbers = iter(range(len(ATTACKS)))
    text = re.sub(
        r'(?m)^namn = "(.*)"$|(?<=, )namn = "([^"]*)"',
        lambda found: (
            f"namn = {toml(f'{found[1] or found[2]} {ATTACKS[next(numbers) % len(ATTACKS)]}')}"
        ),
        text,
    )
    # the names are taken, so what reporters write must be a synonym
    tomllib.loads(text)
    categories.write_text(text, encoding="utf-8")


def plant_in_deliveries(desk: Any) -> None:
    """Drop a file a source, named by an attack, with it in each text cell of every sort of row."""
    columns = ["rapport_id", "rapporttyp", "start", "kategori", "underkategori", "plats", "adress"]
    columns += ["platstyp", "åtgärd_vidtagen", "fritext"]
    for first in range(0, len(ATTACKS), A_FILE):
        text = io.StringIO()
        rows = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL)
        rows.writerow(columns)
        some = ATTACKS[first : first + A_FILE]
        for number, attack in enumerate(some, start=first):
            on = f"2026-11-{16 + number % 7} {number % 24:02}:{number % 60:02}"
            place, cells = f"aliastorg {number}", [attack] * 4
            rows.writerow([f"a{number} {attack}", "händelse", on, "brand", "", place, *cells])
            rows.writerow([f"b{number} {attack}", "händelse", on, "brand", "", attack, *cells])
            rows.writerow(
                [f"c{number} {attack}", "kommande", "2026-11-28", "kommande", "", place, *cells]
            )
            rows.writerow([f"d{number} {attack}", "händelse", on, attack, attack, attack, *cells])
            rows.writerow([attack, attack, attack, "brand", "", attack, *cells])
        name = re.sub(r"[/\0]", "∕", " ".join(some))
        name = name.encode()[:230].decode(errors="ignore").strip(". ")
        desk.drop(f"k{first:03}", f"{name}.csv", text.getvalue())
    notices = [
        {
            "id": 700000 + number,
            "datetime": f"2026-11-{16 + number % 7} 12:00:00 +01:00",
            "name": f"{16 + number % 7} november 11.30, Brand, {attack}, Linköping",
            "summary": f"Notis {number} {attack}",
            "url": f"/aktuellt/{attack}",
            "type": "Brand",
            "location": {"name": f"Östergötlands län {attack}", "gps": "58.4,15.6"},
        }
        for number, attack in enumerate(ATTACKS)
    ]
    desk.drop("polisen-api", "svar.json", json.dumps(notices))


@pytest.fixture(scope="module")
def attacked(
    tmp_path_factory: pytest.TempPathFactory, desk_at: Callable[[Path], Any]
) -> tuple[Any, Path, list[Any]]:
    """A workspace full of attacks: its moves, its page, its receipts."""
    desk = desk_at(tmp_path_factory.mktemp("angrepp") / "arbetsmapp")
    plant_in_settings(desk.root)
    plant_in_deliveries(desk)
    done = ingest(desk.configuration, as_of=AT)
    page = report(desk.configuration, as_of=AT)
    return desk, page, [receipt for receipt, _ in done.taken_in.receipts]


@pytest.fixture(scope="module")
def visit(chromium: Browser, attacked: tuple[Any, Path, list[Any]]) -> Iterator[Visit]:
    context = chromium.new_context(**at(1400, offline=True))
    context.add_init_script(COUNT_WHAT_RUNS)
    visit = Visit(context.new_page())
    visit.open(attacked[1])
    yield visit
    context.close()


def test_there_are_a_hundred_different_ones() -> None:
    assert len(set(ATTACKS)) == len(ATTACKS) >= 100


def test_nothing_runs_whatever_is_opened_and_pointed_at(visit: Visit) -> None:
    page = visit.page
    page.locator(".leaflet-container").wait_for()
    page.evaluate(OPEN_ALL)
    # each row's way to the map: a popup with the row's own words
    for button in page.locator("button.visa").all()[:40]:
        button.evaluate("button => button.click()")
        assert page.locator(".leaflet-popup-content .detaljer").count() >= 1
    page.locator("path.k-stadsdel").first.dispatch_event("mouseover")
    page.evaluate(
        """for (const each of document.querySelectorAll('*'))
             for (const kind of ['mouseover', 'pointerenter', 'focus', 'error', 'load', 'toggle'])
               if (!each.closest('.leaflet-container') && each.tagName !== 'BODY')
                 each.dispatchEvent(new Event(kind))"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran_count") == 0
    assert (visit.dialogs, visit.requests) == ([], [])
    assert visit.complaints == []  # nor has the policy had to stop anything


def test_no_text_has_become_markup(visit: Visit) -> None:
    page = visit.page
    assert page.locator(FOREIGN).count() == 0
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 5
    assert page.locator("style").count() == 1
    found = page.evaluate(
        """[...document.querySelectorAll('*')].flatMap(each => [...each.attributes])
             .filter(each => each.name.startsWith('on')
                || (['href', 'src', 'action'].includes(each.name) && !each.value.startsWith('#')))
             .map(each => each.name + '=' + each.value)"""
    )
    assert found == []
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    assert page.title().startswith("EST veckolägesbild")


def test_every_text_stands_there_as_it_was_written(visit: Visit) -> None:
    text = one_line(visit.page.evaluate("document.body.textContent"))
    raw = visit.page.evaluate("document.documentElement.outerHTML")
    assert not TURNING.search(raw), "a sign that turns the text round"
    assert "\\u202e" not in raw
    for number, attack in enumerate(ATTACKS):
        written = one_line(attack)
        for where in (
            written,  # the source
            f"Torg {number} {written}",
            f"Notis {number} {written}",
            f"ag {number} {written}",  # the calendar, in lower case
        ):
            assert one_line(where) in text, (number, where)


def test_every_row_is_accounted_for(attacked: tuple[Any, Path, list[Any]]) -> None:
    desk, page, receipts = attacked
    assert sum(receipt.rows_read for receipt in receipts) == 6 * len(ATTACKS)
    for receipt in receipts:
        parts = (receipt.accepted_count, receipt.quarantined_count, receipt.known_count)
        assert receipt.rows_read == sum(parts) + receipt.left_out_count
        if receipt.rows_read == 5 * A_FILE:
            # what happens, where and when could be read of these, whatever else they held
            assert receipt.accepted_count >= 2 * receipt.rows_read // 5
    content = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    week = desk.reports[desk.reports["iso_week"] == "2026-W47"]
    assert content["total"]["report_count"] == int((week["kind"] == "incident").sum())
    assert len(content["notices"]) + content["hidden_notice_count"] == len(ATTACKS)


def test_sheets_given_back_hold_no_formula(attacked: tuple[Any, Path, list[Any]]) -> None:
    desk = attacked[0]
    returned = sorted(desk.paths.quarantine.rglob("*.csv"))
    assert len(returned) == -(-len(ATTACKS) // A_FILE)
    receipts = sorted(desk.paths.receipts.rglob("*.csv"))
    doubts = sorted(desk.paths.store.rglob("*.csv"))
    assert receipts
    for file in (*returned, *receipts, *doubts):
        cells = pd.read_csv(file, sep=";", dtype="str", keep_default_na=False, encoding="utf-8-sig")
        cells = cells[[name for name in cells if not cells[name].str.fullmatch(r"-?\d*").all()]]
        starts = cells.map(lambda cell: cell[:1])
        assert not starts.isin(["=", "+", "@", "-", "\t"]).to_numpy().any(), file.name


def test_no_receipt_runs_anything(chromium: Browser, attacked: tuple[Any, Path, list[Any]]) -> None:
    context = chromium.new_context(**at(900, offline=True))
    context.add_init_script(COUNT_WHAT_RUNS)
    page = context.new_page()
    visit = Visit(page)
    files = sorted(attacked[0].paths.receipts.rglob("*.html"))
    assert len(files) == -(-len(ATTACKS) // A_FILE) + 1
    for file in files:
        page.unroute_all()
        visit.open(file)
        assert page.evaluate("window.ran_count") == 0, file.name
        assert page.locator(f"{FOREIGN}, script, img, svg").count() == 0, file.name
    assert (visit.dialogs, visit.requests, visit.complaints) == ([], [], [])
    context.close()

"""Texts that would do something if they ran, planted wherever a reporter or a municipality writes.

The files go through the whole run, and the pages, receipts and papers that come out are opened; on
the page they are typed once more, as notes and decisions of the meeting.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from est_pipeline import pipeline
from est_pipeline.domain.meeting import MEETING_COLUMNS
from est_pipeline.issuing import Issued, issue_page
from est_pipeline.lagesbild.content import Lagesbild
from est_pipeline.lagesbild.paper import render_paper
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
NO_PLACE = [attack for attack in ATTACKS if re.search("[\u200b\ufeff]", attack)]
"""Attacks with signs that are taken out on the way in: the gazetteer's name holds them still."""
FILES = range(0, len(ATTACKS), A_FILE)
"""The number of each file's first attack, which is also that of its source."""
SOURCE_NAMES = tuple(
    " ".join(ATTACKS[number : number + (A_FILE if number in FILES else 1)])
    for number in range(len(ATTACKS))
)
"""The name of each source: those that deliver are named by all the attacks of their file."""


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
    sources = "\n".join(f"k{n:03} = {toml(name)}" for n, name in enumerate(SOURCE_NAMES))
    (data / "est.toml").write_text(f"{settings}\n{sources}\n", encoding="utf-8")
    for number, name in enumerate(SOURCE_NAMES):
        (data / "kallor" / f"k{number:03}.toml").write_text(
            f'kortnamn = {toml(name)}\nforvaltning = "f{number:03}"\nrytm = "vecka"\n'
            f'fritext = "{FREE_TEXT[number % 2]}"\n',
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

    with (data / "referens" / "forvaltningar.toml").open("a", encoding="utf-8") as departments:
        for number, attack in enumerate(ATTACKS):
            keys = ("namn", "kortnamn", "funktion")
            lines = [f"{key} = {toml(f'{key} {number} {attack}')}" for key in keys]
            departments.write(
                "\n".join(["", "[[forvaltning]]", f'id = "f{number:03}"', *lines, ""])
            )

    # no page tells them so far
    steps = io.StringIO()
    entries = csv.writer(steps, delimiter=";")
    entries.writerow(["fran", "stadsdel", "kategori", "orsak"])
    for number, attack in enumerate(ATTACKS):
        entries.writerow([f"2026-{1 + number % 9:02}-01", "", "", f"Orsak {number} {attack}"])
    (data / "referens" / "brytpunkter.csv").write_text(steps.getvalue(), encoding="utf-8")

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


def file_name(attacks: Sequence[str]) -> str:
    """A name with as many of the attacks as a file system takes."""
    name = re.sub(r"[/\0]", "∕", " ".join(attacks))
    return name.encode()[:230].decode(errors="ignore").strip(". ")


def meeting_form() -> str:
    """The meeting's form with an attack in each text cell, of decisions and of notes."""
    text = io.StringIO()
    rows = csv.DictWriter(text, MEETING_COLUMNS, delimiter=";", quoting=csv.QUOTE_ALL)
    rows.writeheader()
    for number, attack in enumerate(ATTACKS):
        shared = {"möte": "2026-W46", "funktion": f"funktion {number} {attack}"}
        rows.writerow(
            shared
            | {"typ": "beslut", "id": f"b{number} {attack}", "vad": f"Insats {number} {attack}"}
            | {"problem": f"Problem {number} {attack}", "trolig_orsak": f"Skäl {number} {attack}"}
            # known by its name, so it stands on the map
            | {"plats": f"Torg {number} {attack}", "stadsdel": "ryd"}
            | {"klart_senast": f"2026-11-{17 + number % 14}", "läge": "öppen"}
            | {"anteckning": f"Tillägg {number} {attack}"}
        )
        rows.writerow(
            shared | {"typ": "anteckning", "anteckning": f"Sagt {number} {attack}", "plats": attack}
        )
    return text.getvalue()


def plant_in_decided_pairs(desk: Any) -> None:
    """Say of reports that they are the same incident, with attacks in each text cell.

    The page tells no more of it than that a human decided.
    """
    reports = desk.reports[desk.reports["kind"].eq("incident")]
    ids = list(reports.loc[reports["iso_week"].eq("2026-W47"), "report_id"])
    folder = desk.paths.data / "referens"
    for first in FILES:
        some = ATTACKS[first : first + A_FILE]
        text = io.StringIO()
        rows = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL)
        rows.writerow(["rapport_a", "rapport_b", "beslut", "beslutad", "funktion", "kommentar"])
        rows.writerow([*ids[first : first + 2], "samma", *some[:3]])
        for attack in some:
            rows.writerow([f"x {attack}", f"y {attack}", "samma", attack, attack, attack])
        file = folder / f"samma_handelse-{file_name(some)[:180]}.csv"
        file.write_text(text.getvalue(), encoding="utf-8")


def plant_in_issued_figures(desk: Any) -> None:
    """Leave the figures of an issue before, which the next one is compared with, full of attacks.

    Its one area is gone since, so that name comes from nowhere but that file.
    """
    everything = " ".join(ATTACKS)
    counts = {key: {"count": 1} for key in ("incidents", "environment_cases", "found_by_effort")}
    districts = desk.paths.data / "referens" / "stadsdelar.geojson"
    compared = {"kind": "incident", "level": "district", "other_district_name": ""}
    figures = {
        "issue": {"number": 1, "replaces_number": None},
        "head": {"as_of": "2026-11-23T07:00:00+01:00", "program_version": everything},
        "total": {"categories": [], **counts},
        "areas": [{"district_id": "borta", "name": f"Borta {everything}", **counts}],
        "rows": [{"own_id": attack} for attack in ATTACKS],
        "judgements": {
            "comparisons": [
                compared
                | {"district_name": feature["properties"]["namn"], "category_name": ""}
                | {"verdict": "tydlig ökning"}
                for feature in json.loads(districts.read_text(encoding="utf-8"))["features"]
            ]
        },
    }
    folder = desk.paths.reports / "intern" / "2026-W47"
    folder.mkdir(parents=True)
    (folder / "lagesbild.json").write_text(json.dumps(figures), encoding="utf-8")


def issue_with_raw_names(folder: Path, content: Lagesbild, **more: Any) -> Issued:
    """Issue a page as if files kept their names: the intake has taken out of them what could run.

    That is a lock of its own, and the page must hold without it.
    """
    assert content.basis is not None
    deliveries = tuple(
        replace(file, file_name=SOURCE_NAMES[number % len(FILES) * A_FILE])
        for number, file in enumerate(content.basis.deliveries)
    )
    raw = replace(content, basis=replace(content.basis, deliveries=deliveries))
    return issue_page(folder, raw, **more)


def plant_in_deliveries(desk: Any) -> None:
    """Drop a file a source, named by an attack, with it in each text cell of every sort of row."""
    columns = ["rapport_id", "rapporttyp", "start", "kategori", "underkategori", "plats", "adress"]
    columns += ["platstyp", "åtgärd_vidtagen", "fritext"]
    for first in FILES:
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
        late = f"2026-11-{9 + first % 7:02} {first % 24:02}:00"
        rows.writerow([f"sen {first}", "händelse", late, "brand", "", "Ryds centrum", *[""] * 4])
        desk.drop(f"k{first:03}", f"{file_name(some)}.csv", text.getvalue())
    desk.drop("est-gruppen", f"{file_name(ATTACKS[-A_FILE:])}.csv", meeting_form())
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
    # something was known before last week's meeting, so what comes now comes late
    desk.drop("k000", "v46.csv", "start;kategori;plats\n2026-11-10 12:00;stöld;Ryds centrum\n")
    desk.take_in("2026-11-16T08:00:00+01:00")
    plant_in_deliveries(desk)
    done = ingest(desk.configuration, as_of=AT)
    plant_in_decided_pairs(desk)
    plant_in_issued_figures(desk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "issue_page", issue_with_raw_names)
        # what WeasyPrint would be given, to be opened where a script would run
        patch.setattr(pipeline, "render_pdf", lambda content: render_paper(content).encode())
        page = report(desk.configuration, as_of=AT, with_pdf=True)
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


def stir(page: Page) -> None:
    """Open all that can be opened, and point at each element of the page, the map's aside."""
    page.evaluate(OPEN_ALL)
    page.evaluate(
        """for (const each of document.querySelectorAll('*'))
             for (const kind of ['mouseover', 'pointerenter', 'focus', 'error', 'load', 'toggle'])
               if (!each.closest('.leaflet-container') && each.tagName !== 'BODY')
                 each.dispatchEvent(new Event(kind))"""
    )
    page.wait_for_timeout(300)


def assert_quiet(visit: Visit) -> None:
    assert visit.page.evaluate("window.ran_count") == 0
    assert (visit.dialogs, visit.requests) == ([], [])
    assert visit.complaints == []  # nor has the policy had to stop anything


def assert_no_markup(page: Page) -> None:
    """No element and no attribute that could do something; scripts are counted elsewhere."""
    assert page.locator(f"{FOREIGN}, img, image, foreignObject, animate").count() == 0
    found = page.evaluate(
        """[...document.querySelectorAll('*')].flatMap(each => [...each.attributes])
             .filter(each => each.name.startsWith('on')
                || (['href', 'src', 'action'].includes(each.name) && !each.value.startsWith('#')))
             .map(each => each.name + '=' + each.value)"""
    )
    assert found == []
    assert page.evaluate("getComputedStyle(document.body).display") == "block"


def assert_written(page: Page, *, said: Callable[[int, str], Sequence[str]]) -> None:
    """Each attack stands on the page as it was written, everywhere that `said` gives."""
    text = one_line(page.evaluate("document.body.textContent"))
    for number, attack in enumerate(ATTACKS):
        for where in said(number, one_line(attack)):
            assert one_line(where) in text, (number, where)


def said_on_screen_and_paper(number: int, written: str) -> tuple[str, ...]:
    return (
        written,  # the source
        f"Torg {number} {written}",
        f"Notis {number} {written}",
        f"ag {number} {written}",  # the calendar, in lower case
        f"Insats {number} {written}",
        f"Problem {number} {written}",
        f"Trolig orsak: Skäl {number} {written}",
        f"Tillägg {number} {written}",
        f"Sagt {number} {written} ({written})",
        f"Från: funktion {number} {written}",
    )


def test_nothing_runs_whatever_is_opened_and_pointed_at(visit: Visit) -> None:
    page = visit.page
    page.locator(".leaflet-container").wait_for()
    page.evaluate(OPEN_ALL)
    # each row's way to the map: a popup with the row's own words
    for button in page.locator("table.rader button.visa").all()[:40]:
        button.evaluate("button => button.click()")
        assert page.locator(".leaflet-popup-content .detaljer").count() >= 1
    shown = page.locator("table.beslut button.visa").evaluate_all(
        """all => all.map(button => {
             button.click();
             return [...document.querySelectorAll('.leaflet-popup-content')].pop().textContent;
           })"""
    )
    assert sum("Insats" in popup for popup in shown) == len(ATTACKS) - len(NO_PLACE)
    page.locator("path.k-stadsdel").first.dispatch_event("mouseover")
    stir(page)
    assert_quiet(visit)


def test_no_text_has_become_markup(visit: Visit) -> None:
    page = visit.page
    assert_no_markup(page)
    assert page.locator("script").count() == 5
    assert page.locator("style").count() == 1
    assert page.title().startswith("EST veckolägesbild")


def test_every_text_stands_there_as_it_was_written(visit: Visit) -> None:
    page = visit.page
    raw = page.evaluate("document.documentElement.outerHTML")
    assert not TURNING.search(raw), "a sign that turns the text round"
    assert "\\u202e" not in raw
    assert_written(page, said=said_on_screen_and_paper)
    # attributes hold what they were given, to the letter
    ids = page.locator(".andra-lage").evaluate_all("all => all.map(each => each.dataset.id)")
    names = page.locator("#funktioner option").evaluate_all("all => all.map(each => each.value)")
    labels = page.locator(".andra-lage").evaluate_all(
        "all => all.map(each => each.getAttribute('aria-label'))"
    )
    for found, begins in (
        (ids, "b"),
        (names, "funktion "),
        (labels, "Läget för beslutet: Insats "),
    ):
        given = {one_line(each) for each in found}
        for number, attack in enumerate(ATTACKS):
            assert one_line(f"{begins}{number} {attack}") in given, (begins, number)


def test_what_was_issued_decided_and_late_is_told(visit: Visit) -> None:
    """So that the attacks have been where they were meant to go, and were not left out before."""
    everything = one_line(" ".join(ATTACKS))
    issue = one_line(visit.page.locator(".utgava").inner_text())
    assert "Utgåva 2, ersätter utgåva 1" in issue
    assert f"Borta {everything} 0 (1)" in issue
    assert "Nya bedömningar: alla händelser i Skäggetorp" in issue
    since = one_line(
        visit.page.locator("section", has=visit.page.locator("#sedan-rubrik")).inner_text()
    )
    for first in FILES:
        assert f"från {one_line(SOURCE_NAMES[first])}" in since
    assert "beslut av en människa" in (visit.page.locator("table.rader").first.text_content() or "")
    for where in (".under.filnamn", "th.filnamn"):
        names = {one_line(each) for each in visit.page.locator(where).all_text_contents()}
        assert names >= {one_line(SOURCE_NAMES[first]) for first in FILES}


def test_every_row_is_accounted_for(attacked: tuple[Any, Path, list[Any]]) -> None:
    desk, page, receipts = attacked
    assert len(receipts) == len(FILES) + 2
    assert sum(receipt.rows_read for receipt in receipts) == 8 * len(ATTACKS) + len(FILES)
    for receipt in receipts:
        parts = (receipt.accepted_count, receipt.quarantined_count, receipt.known_count)
        assert receipt.rows_read == sum(parts) + receipt.left_out_count
        if receipt.rows_read == 5 * A_FILE + 1:
            # what happens, where and when could be read of these, whatever else they held
            assert receipt.accepted_count >= 2 * A_FILE
    content = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    week = desk.reports[desk.reports["iso_week"] == "2026-W47"]
    assert content["total"]["report_count"] == int((week["kind"] == "incident").sum())
    assert len(content["notices"]) + content["hidden_notice_count"] == len(ATTACKS)


def test_sheets_given_back_hold_no_formula(attacked: tuple[Any, Path, list[Any]]) -> None:
    desk = attacked[0]
    returned = sorted(desk.paths.quarantine.rglob("*.csv"))
    assert len(returned) == len(FILES)
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
    assert len(files) == len(FILES) + 3
    for file in files:
        page.unroute_all()
        visit.open(file)
        assert page.evaluate("window.ran_count") == 0, file.name
        assert page.locator(f"{FOREIGN}, script, img, svg").count() == 0, file.name
    assert (visit.dialogs, visit.requests, visit.complaints) == ([], [], [])
    context.close()


def test_nothing_runs_that_is_typed_in_the_meeting(
    chromium: Browser, attacked: tuple[Any, Path, list[Any]]
) -> None:
    context = chromium.new_context(**at(1400, offline=True))
    context.add_init_script(COUNT_WHAT_RUNS)
    visit = Visit(context.new_page())
    page = visit.page
    page.set_default_timeout(10_000)
    visit.open(attacked[1])
    page.locator("#borja-motet").click()
    fields_of = {
        "anteckning": ("anteckning", "plats", "funktion"),
        "beslut": ("problem", "trolig_orsak", "vad", "plats", "funktion"),
    }
    typed: dict[str, list[list[str]]] = {}
    for kind, fields in fields_of.items():
        while not page.locator(f'.poster[data-typ="{kind}"]').is_visible():
            page.locator("#nasta").click()
        for first in FILES:
            if first:
                page.locator(f'.lagg-till[data-typ="{kind}"]').click()
            post = page.locator(f'.post[data-typ="{kind}"]').last
            some = ATTACKS[first : first + A_FILE]
            # another one leads in each field: how a cell begins is what a spreadsheet looks at
            texts = [
                " ".join((*some[n:], *some[:n])).strip("\ufeff\u2028 ")  # as the page trims
                for n in range(len(fields))
            ]
            for name, text in zip(fields, texts, strict=True):
                post.locator(f'[name="{name}"]').focus()
                page.keyboard.insert_text(text)
            typed.setdefault(kind, []).append(texts)
    states = page.locator(".andra-lage")
    states.evaluate_all(
        """all => all.forEach(each => {
             each.value = 'klar';
             each.dispatchEvent(new Event('input', { bubbles: true }));
           })"""
    )
    stir(page)
    assert_quiet(visit)
    with page.expect_download() as download:
        page.locator("#spara-motet").click()
    rows = read_form(Path(download.value.path()))
    changed, written = rows[: states.count()], rows[states.count() :]
    assert {row["läge"] for row in changed} == {"klar"}
    assert len(changed) == len(ATTACKS)
    for kind, fields in fields_of.items():
        own = [row for row in written if row["typ"] == kind]
        assert [[row[name] for name in fields] for row in own] == typed[kind]

    def assert_as_typed() -> None:
        """Read in the list that stands there outside meeting mode, and in the fields."""
        stir(page)
        assert_quiet(visit)
        assert_no_markup(page)
        for kind, fields in fields_of.items():
            items = page.locator(f'.skrivet[data-typ="{kind}"] li').all_text_contents()
            assert len(items) == len(typed[kind])
            for item, texts in zip(items, typed[kind], strict=True):
                assert all(text in item for text in texts)
            values = page.locator(f'.post[data-typ="{kind}"]').evaluate_all(
                "(all, names) => all.map(post => names.map(name =>"
                " post.querySelector(`[name=${name}]`).value))",
                list(fields),
            )
            assert values == typed[kind]

    page.locator("#lamna-motet").click()
    assert_as_typed()
    page.reload()  # what was typed comes back out of the tab's own storage
    assert_as_typed()
    assert set(states.evaluate_all("all => all.map(each => each.value)")) == {"klar"}
    context.close()


def read_form(file: Path) -> list[dict[str, str]]:
    """The rows of a saved form, none of which a spreadsheet runs, as the next run reads them."""
    text = file.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert not [cell for row in rows for cell in row.values() if cell[:1] in set("=+@-\t")]
    return [
        {name: re.sub(r"^'(?=[=+@\-\t])", "", cell) for name, cell in row.items()} for row in rows
    ]


def test_nothing_runs_on_paper(
    chromium: Browser, attacked: tuple[Any, Path, list[Any]], tmp_path: Path
) -> None:
    """No policy guards what the PDF is made of: whatever could run in a browser would."""
    paper = tmp_path / "papper.html"
    paper.write_bytes(attacked[1].with_suffix(".pdf").read_bytes())
    context = chromium.new_context(**at(900, offline=True))
    context.add_init_script(COUNT_WHAT_RUNS)
    visit = Visit(context.new_page())
    visit.open(paper)
    stir(visit.page)
    assert_quiet(visit)
    assert_no_markup(visit.page)
    assert visit.page.locator("script").count() == 0
    assert_written(visit.page, said=said_on_screen_and_paper)
    context.close()

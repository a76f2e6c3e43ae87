"""Meeting mode in a real browser: by keyboard, saved as a file that the next run reads."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from est_pipeline.pipeline import run_week

pytestmark = pytest.mark.browser

ROWS = (
    "rapport_id;start;kategori;plats\n"
    "1;2026-11-17 21:30;skadegörelse;Skäggetorps centrum\n"
    "2;2026-11-18 22:10;klotter;Ryds centrum\n"
)
EARLIER = (
    "typ;id;möte;vad;funktion;klart_senast;stadsdel\n"
    "beslut;b1;2026-W46;Ronder kl. 21–01;Gruppledare för ordningsvakterna;2026-11-20;Ryd\n"
    "beslut;b2;2026-W46;<img src=x onerror=alert(1)>;kommunpolis;2026-12-20;\n"
)
ODD = 'Säger "stopp"; och\n=1+1'


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory, desk_at: Callable[[Path], Any]) -> Path:
    """A workspace with reports, two decisions of the meeting before, and the page of week 47."""
    folder = tmp_path_factory.mktemp("mote") / "arbetsmapp"
    desk = desk_at(folder)
    desk.drop("tib", "v47.csv", ROWS)
    desk.drop("est-gruppen", "v46.csv", EARLIER)
    run_week(desk.configuration, as_of=at("2026-11-23T09:00:00+01:00"))
    return folder


@pytest.fixture
def context(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    options: dict[str, Any] = {"viewport": {"width": 1300, "height": 800}, "offline": True}
    context = chromium.new_context(**(options | getattr(request, "param", {})))
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, root: Path) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto((root / "reports/intern/2026-W47/lagesbild.html").as_uri())
    yield page
    assert complaints == []


def heading_in_focus(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def go_to(page: Page, heading: str) -> None:
    """From the heading of any point to that of another, by arrow keys."""
    for key in ("ArrowLeft", "ArrowRight"):
        for _ in range(10):
            if heading_in_focus(page) == heading:
                return
            page.keyboard.press(key)
    raise AssertionError(f"{heading} was not reached")


def tab_to(page: Page, name: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name || document.activeElement.id") == name:
            return
    raise AssertionError(f"{name} was not reached by keyboard")


def test_a_meeting_by_keyboard_whose_file_the_next_run_reads(
    page: Page, root: Path, tmp_path: Path, desk_of: Callable[[Path], Any]
) -> None:
    page.keyboard.press("m")
    assert heading_in_focus(page) == "Sedan förra mötet"
    expect(page.locator("#motesklocka")).to_contain_text("Punkt 1 av")
    expect(page.locator("main > section:visible")).to_have_count(1)
    row = page.get_by_role("row", name="Ronder")
    assert "försenat" in row.inner_text()
    page.get_by_label("Läget för beslutet: Ronder kl. 21–01").select_option("klar")

    page.locator("#sedan-rubrik").focus()
    seen = []
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        seen.append(heading_in_focus(page))
        if seen[-1] == "Beslut":
            break
    assert seen[:3] == ["Läget", "Stadsdelarna och övriga Linköping", "Karta och platser"]
    assert seen[-1] == "Beslut"
    for name, text in [
        ("problem", ODD),
        ("trolig_orsak", "-mörkt"),
        ("vad", "Byt lampan"),
        ("plats", "Ryds centrum"),
        ("funktion", "driftansvarig, Stångåstaden"),
    ]:
        tab_to(page, name)
        page.keyboard.insert_text(text)
    page.locator('[name="klart_senast"]:visible').fill("2026-12-04")
    page.locator('[name="stadsdel"]:visible').select_option("Ryd")
    page.keyboard.press("Escape")
    expect(page.locator("#motesrad")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "borja-motet"
    written = page.locator('.skrivet[data-typ="beslut"]').inner_text()
    assert "Byt lampan" in written
    assert "klart senast fre 4\N{NO-BREAK SPACE}dec" in written

    page.keyboard.press("m")  # goes on where it was left
    assert heading_in_focus(page) == "Beslut"
    go_to(page, "Muntlig komplettering")
    tab_to(page, "anteckning")
    page.keyboard.insert_text("Lugnare på torget enligt kommunpolisen")
    tab_to(page, "spara-motet")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "est-mote-2026-v47.csv"
    expect(page.locator("#motesbesked")).to_contain_text("data/inkorg/est-gruppen")

    desk = desk_of(root)
    target = desk.paths.inbox / "est-gruppen" / download.value.suggested_filename
    target.parent.mkdir(parents=True, exist_ok=True)
    download.value.save_as(target)
    raw = target.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbftyp;id;m")
    assert b"'-m\xc3\xb6rkt" in raw
    assert raw.endswith(b"\r\n")
    saved = pd.read_csv(target, sep=";", encoding="utf-8-sig", dtype="str")
    assert set(saved["möte"]) == {"2026-W47"}
    assert saved["sparad"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d").all()
    assert pd.to_datetime(saved["sparad"], utc=True).nunique() == 1
    done = run_week(desk.configuration, as_of=at("2026-11-30T09:00:00+01:00"))
    [receipt] = [receipt for receipt, _ in done.taken_in.receipts]
    assert (receipt.rows_read, receipt.accepted_count, receipt.quarantined_count) == (3, 3, 0)
    table = pd.read_parquet(desk.paths.store / "meeting_note.parquet").set_index("own_id")
    assert table.loc["b1", "state"] == "klar"
    [new] = table[table["measure"].eq("Byt lampan")].to_dict("records")
    assert new["problem"] == ODD
    assert new["likely_cause"] == "-mörkt"
    assert (new["district_id"], new["meeting_week"]) == ("ryd", "2026-W47")
    assert str(new["due_on"]) == "2026-12-04"

    assert done.page is not None
    page.goto(done.page.as_uri())
    section = page.locator("section", has=page.locator("#sedan-rubrik"))
    text = section.inner_text().replace("\xa0", " ")
    assert "Av tre beslut är ett klart och två öppna." in text
    assert "Lugnare på torget" in text
    assert "klart" in section.get_by_role("row", name="Ronder").inner_text()
    assert "öppet" in section.get_by_role("row", name="Byt lampan").inner_text()
    assert "fre 4 dec" in text
    assert "Vecka 47 har 2 händelser, lika många som när den skrevs. Inget har ändrats." in text


def test_nothing_is_lost_on_the_way(page: Page) -> None:
    page.get_by_role("button", name="Mötesläge").click()
    for _ in range(10):
        if page.locator("#nasta").is_enabled():
            page.locator("#nasta").click()
    assert heading_in_focus(page) == "Beslut"
    expect(page.locator("#nasta")).to_be_disabled()
    page.locator('[name="vad"]:visible').fill("Byt lampan")
    assert page.evaluate(
        "(() => { const e = new Event('beforeunload', { cancelable: true });"
        " window.dispatchEvent(e); return e.defaultPrevented; })()"
    )
    page.locator("#spara-motet").click()
    expect(page.locator('[name="funktion"]:visible')).to_be_focused()
    expect(page.locator('[name="funktion"]:visible')).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#motesbesked")).to_contain_text("vilken funktion")
    page.reload()
    assert "Byt lampan" in page.locator('.skrivet[data-typ="beslut"]').inner_text()
    page.keyboard.press("m")
    go_to(page, "Beslut")
    page.locator('[name="funktion"]:visible').fill("kommunpolis")
    with page.expect_download():
        page.locator("#spara-motet").click()
    assert not page.evaluate(
        "(() => { const e = new Event('beforeunload', { cancelable: true });"
        " window.dispatchEvent(e); return e.defaultPrevented; })()"
    )
    page.get_by_role("button", name="Ta bort beslutet").click()
    expect(page.get_by_role("button", name="Lägg till ett beslut")).to_be_focused()
    expect(page.locator("#motesbesked")).to_contain_text("Spara som fil igen")


def save(page: Page) -> pd.DataFrame:
    """Saves the meeting; the rows of the file, an empty cell as an empty text."""
    with page.expect_download() as download:
        page.locator("#spara-motet").click()
    rows = pd.read_csv(
        download.value.path(), sep=";", encoding="utf-8-sig", dtype="str", keep_default_na=False
    )
    return rows.set_index("id")


def warns(page: Page) -> bool:
    """Whether closing the tab would lose something."""
    return bool(
        page.evaluate(
            "(() => { const e = new Event('beforeunload', { cancelable: true });"
            " window.dispatchEvent(e); return e.defaultPrevented; })()"
        )
    )


def test_what_is_undone_after_saving_is_said_in_the_next_file(page: Page) -> None:
    page.keyboard.press("m")
    page.locator("#spara-motet").click()
    expect(page.locator("#motesbesked")).to_contain_text("inget att spara")
    state = page.get_by_label("Läget för beslutet: Ronder kl. 21–01")
    state.select_option("klar")
    first = save(page)
    assert first.loc["b1", ["läge", "möte"]].tolist() == ["klar", "2026-W47"]
    assert not warns(page)

    state.select_option("öppen")
    assert warns(page)
    second = save(page)
    assert second.loc["b1", "läge"] == "öppen"
    assert second.loc["b1", "sparad"] > first.loc["b1", "sparad"]
    assert not warns(page)

    page.locator("#sedan-rubrik").focus()
    go_to(page, "Beslut")
    for name, text in [
        ("vad", "Byt lampan"),
        ("funktion", "driftansvarig"),
        ("plats", "Ryds centrum"),
        ("klart_senast", "2026-12-04"),
    ]:
        page.locator(f'[name="{name}"]:visible').fill(text)
    third = save(page)
    [own_id] = third.index[third["vad"].eq("Byt lampan")]
    assert third.loc["b1", "sparad"] == second.loc["b1", "sparad"]  # it says nothing newer

    for name in ("plats", "klart_senast"):
        page.locator(f'[name="{name}"]:visible').fill("")
    assert warns(page)
    page.reload()  # what was saved is remembered with what was written
    assert warns(page)
    page.keyboard.press("m")
    fourth = save(page)
    assert fourth.loc[own_id, ["plats", "klart_senast", "problem"]].tolist() == ["-", "-", ""]
    assert not warns(page)

    go_to(page, "Beslut")
    page.get_by_role("button", name="Ta bort beslutet").click()
    assert warns(page)
    fifth = save(page)
    assert fifth.loc[own_id, ["vad", "läge"]].tolist() == ["Byt lampan", "avbruten"]
    assert not warns(page)
    assert save(page).equals(fifth)


def test_keys_do_nothing_while_somebody_writes_or_has_switched_them_off(page: Page) -> None:
    page.locator("#tangent-m").uncheck()
    page.locator("h1").click()
    page.keyboard.press("m")
    expect(page.locator("#motesrad")).to_be_hidden()
    page.locator("#tangent-m").check()
    page.keyboard.press("Control+m")
    expect(page.locator("#motesrad")).to_be_hidden()
    page.keyboard.press("m")
    go_to(page, "Beslut")
    page.locator('[name="vad"]:visible').click()
    page.keyboard.type("mm")
    page.keyboard.press("ArrowLeft")
    expect(page.locator('[name="vad"]:visible')).to_have_value("mm")
    expect(page.locator("#beslut-rubrik")).to_be_visible()


def test_without_the_tabs_storage_it_is_kept_in_the_page(
    context: BrowserContext, root: Path
) -> None:
    page = context.new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage',"
        " { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((root / "reports/intern/2026-W47/lagesbild.html").as_uri())
    page.keyboard.press("m")
    go_to(page, "Beslut")
    page.locator('[name="vad"]:visible').fill("Byt lampan")
    page.keyboard.press("Escape")
    assert "Byt lampan" in page.locator('.skrivet[data-typ="beslut"]').inner_text()
    assert errors == []


@pytest.mark.parametrize(
    "context",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"viewport": {"width": 320, "height": 640}},
    ],
    indirect=True,
    ids=["light", "dark", "320"],
)
def test_every_point_is_accessible_and_fits(page: Page) -> None:
    page.keyboard.press("m")
    for _ in range(10):
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            heading_in_focus(page)
        )
        if page.locator("#nasta").is_disabled():
            break
        page.locator("#nasta").click()


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True, ids=["off"])
def test_without_scripts_there_is_no_mode_and_paper_has_lines(page: Page) -> None:
    assert not page.locator("#borja-motet").is_visible()
    assert not page.locator("#motesrad").is_visible()
    assert page.locator("#muntligt-rubrik").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".skrivrad").first.is_visible()
    assert page.locator(".skrivtabell").is_visible()
    assert not page.locator(".motesstart").is_visible()

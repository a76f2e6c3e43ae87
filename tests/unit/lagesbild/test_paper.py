"""Paper: all that the page says is on it, every sheet is marked, and what is missing is told."""

import logging
import re
import sys
from importlib import resources
from pathlib import Path

import pytest

from est_pipeline.config import Configuration
from est_pipeline.errors import PaperError
from est_pipeline.lagesbild import paper, swedish, wording
from est_pipeline.lagesbild.content import Lagesbild
from est_pipeline.lagesbild.page import asset, style_sheets
from tests.lagesbild_frames import make_content, make_counts, make_grid, make_reports
from tests.paper_text import (
    A4_POINTS,
    alternatives_of,
    ids_missing,
    read_pdf,
    texts_of,
    words_of_page,
    words_of_pdf,
)

TEMPLATES = resources.files("est_pipeline.lagesbild") / "templates"
INCLUDE = re.compile(r'\{% include "([\w.]+)" %\}')


@pytest.fixture(scope="module")
def pdf(content: Lagesbild, pango: None) -> bytes:
    return paper.render_pdf(content)


@pytest.fixture(scope="module")
def sheet(content: Lagesbild) -> str:
    return paper.render_paper(content)


def test_every_word_and_figure_of_the_page_is_on_paper(page: str, pdf: bytes) -> None:
    assert words_of_page(page).total() > 1000
    assert words_of_page(page) - words_of_pdf(pdf) == {}


def test_every_link_on_paper_leads_somewhere(content: Lagesbild, sheet: str) -> None:
    ids = set(re.findall(r'\bid="([^"]+)"', sheet))
    links = set(re.findall(r'href="#([^"]+)"', sheet))
    assert links
    assert links - ids == set()
    assert f"r-{content.rows[0].own_id}" in ids


def test_every_row_of_the_page_is_on_paper(content: Lagesbild, pdf: bytes) -> None:
    assert len(content.rows) > 80
    assert ids_missing([row.own_id for row in content.rows], pdf) == []


def test_tables_that_a_screen_shortens_are_whole_on_paper(
    configuration: Configuration,
) -> None:
    lost = make_content(configuration, reports=make_reports({"oplacerad": 60}))
    ids = [row.own_id for row in lost.rows if row.district_id == "oplacerad"]
    assert len(ids) >= 60
    text = paper.render_paper(lost)
    tail = text[text.index("Rapporter utan plats") :]
    assert [own_id for own_id in ids if f"({own_id})" not in tail] == []


def test_each_sheet_bears_mark_moment_and_number(content: Lagesbild, pdf: bytes) -> None:
    texts = texts_of(pdf)
    for number, text in enumerate(texts, start=1):
        plain = " ".join(text.split())
        moment = " ".join(swedish.full_moment(content.head.as_of).split())
        assert wording.mark(content.head) in plain
        assert f"Uppgifter till och med {moment}" in plain
        assert f"Sida {number} av {len(texts)}" in plain


def test_every_sheet_is_a4(pdf: bytes) -> None:
    for each in read_pdf(pdf).pages:
        assert (float(each.mediabox.width), float(each.mediabox.height)) == pytest.approx(
            A4_POINTS, abs=0.5
        )


def test_it_can_be_read_aloud(content: Lagesbild, sheet: str, pdf: bytes) -> None:
    reader = read_pdf(pdf)
    catalog = reader.root_object
    assert catalog["/Lang"] == "sv"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert str(reader.metadata.title).startswith(wording.title(content.head))
    said = alternatives_of(pdf)
    assert len(said) == sheet.count('role="img"') > len(content.areas)
    assert all(said)
    assert any("Karta över" in each for each in said)


def test_bookmarks_lead_to_the_sections(pdf: bytes) -> None:
    def titles(outline: list[object]) -> list[str]:
        return [
            title
            for each in outline
            for title in (titles(each) if isinstance(each, list) else [str(each["/Title"])])  # type: ignore[index]
        ]

    assert {"Läget", "Karta och platser", "Underlaget"} <= set(titles(read_pdf(pdf).outline))


def test_nothing_of_a_screen_is_on_it(sheet: str, pdf: bytes) -> None:
    assert re.findall(r"<script|<iframe|https?://(?!www\.w3\.org)|url\(", sheet) == []
    assert "folium" not in sheet[sheet.index("<body>") :]
    assert re.findall(r"var\(|--\w|color-mix|prefers-color-scheme|@media screen", sheet) == []
    assert b"/JavaScript" not in pdf
    assert "/AcroForm" not in read_pdf(pdf).root_object


def test_many_districts_and_long_tables_go_on_the_next_sheet(
    configuration: Configuration, pango: None
) -> None:
    grid = make_grid(4, 5)
    levels = dict.fromkeys(grid["district_id"], 3)
    many = make_content(
        configuration, districts=grid, counts=make_counts(levels), reports=make_reports(levels)
    )
    assert ids_missing([row.own_id for row in many.rows], paper.render_pdf(many)) == []


def test_greys_are_told_apart() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    palette = paper.read_palette([asset("page.css"), asset("paper.css")])
    band, bar, now = (grey(palette[name]) for name in ("--band", "--bar", "--now"))
    assert palette["--paper"] == "#fff"
    assert band - bar > 0.2
    assert bar - now > 0.2
    # rings, dots and dashes tell the kinds apart without colour
    rules = asset("map.css")
    assert re.search(r"p-handelse \{[^}]*fill-opacity: 1", rules)
    assert re.search(r"p-miljo \{[^}]*fill-opacity: \.0", rules)
    assert re.search(r"p-insats \{[^}]*stroke-dasharray", rules)


def test_a_style_is_written_out() -> None:
    style = (
        ":root { --ink: #000; --paper: #fff; } "
        "@media screen and (prefers-color-scheme: dark) { :root { --paper: #111; } p { top: 0; } } "
        "p { color: var(--ink); font-weight: 650; "
        "background: color-mix(in srgb, var(--ink) 20%, var(--paper)); }"
    )
    plain = paper.plain_style(style, paper.read_palette([style]))
    assert " ".join(plain.split()) == "p { color: #000; font-weight: 700; background: #cccccc; }"


def test_the_papers_own_palette_holds(content: Lagesbild) -> None:
    palette = paper.read_palette((*style_sheets(content), ":root { --ink: #010203; }"))
    assert palette["--ink"] == "#010203"


def test_page_and_paper_have_the_same_sections() -> None:
    """A section that is put into one outer template only would be missing on the other."""
    names = {
        file.name
        for file in TEMPLATES.iterdir()
        if "<section" in file.read_text(encoding="utf-8") and file.name != "head.html.jinja"
    }
    # what meeting mode needs beside the sections is no part of what is read
    own = {"lagesbild.html.jinja": ["meeting.html.jinja"], "paper.html.jinja": []}
    for name, beside in own.items():
        found = INCLUDE.findall((TEMPLATES / name).read_text(encoding="utf-8"))
        assert found == ["head.html.jinja", "sections.html.jinja", *beside], name
    sections = INCLUDE.findall((TEMPLATES / "sections.html.jinja").read_text(encoding="utf-8"))
    for section in sections:  # a section may bring others with it
        sections += INCLUDE.findall((TEMPLATES / section).read_text(encoding="utf-8"))
    assert set(sections) >= names - {"sections.html.jinja"}
    assert len(sections) == len(set(sections))


def test_no_colour_or_measure_is_lost_in_the_library(
    sheet: str, caplog: pytest.LogCaptureFixture, pango: None
) -> None:
    """What WeasyPrint does not know it leaves out in silence: colours and sizes must not be so."""
    import weasyprint

    logger = logging.getLogger("weasyprint")
    before = logger.level
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        weasyprint.CSS(string=sheet[sheet.index("<style>") + 7 : sheet.index("</style>")])
    assert logger.level == before
    ignored = [found for each in caplog.messages if (found := re.match(r"Ignored `([\w-]+)", each))]
    assert ignored, "WeasyPrint no longer says what it leaves out"
    measures = (
        r"color|background|font|border|margin|padding|width|height|columns|grid|break|display"
    )
    assert [found.string for found in ignored if re.match(measures, found[1])] == []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Python looks in first, on a machine where WeasyPrint was never imported."""
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_without_weasyprint(monkeypatch: pytest.MonkeyPatch, content: Lagesbild) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    problem = paper.find_problem()
    assert isinstance(problem, PaperError)
    assert 'pip install "est-pipeline[pdf]"' in str(problem)
    assert "webbläsare" in str(problem)
    with pytest.raises(PaperError, match="WeasyPrint"):
        paper.render_pdf(content)


@pytest.mark.parametrize(
    ("platform", "advice"),
    [("linux", "apt-get"), ("darwin", "brew"), ("win32", "MSYS2"), ("freebsd14", "apt-get")],
)
def test_without_pango(
    machine: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    platform: str,
    advice: str,
) -> None:
    machine.joinpath("weasyprint.py").write_text(
        "import warnings\n"
        "print('WeasyPrint could not import some external libraries.')\n"
        "warnings.warn('old', DeprecationWarning)\n"
        "raise OSError(\"cannot load library 'libpango-1.0-0'\")\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys, "platform", platform)
    problem = paper.find_problem()
    assert isinstance(problem, PaperError)
    assert "Pango" in str(problem)
    assert advice in str(problem)
    assert "webbläsare" in str(problem)
    assert "\n" not in str(problem)
    assert capfd.readouterr() == ("", "")


def test_where_all_is_there_nothing_is_said(pango: None) -> None:
    assert paper.find_problem() is None

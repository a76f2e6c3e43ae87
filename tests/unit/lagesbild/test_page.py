"""The page as text: figures, escaping, policy, and the weeks in which little or much happened."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import escape

from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.lagesbild.charts import (
    BAND_COLOUR,
    BESIDE_COLOUR,
    NOW_COLOUR,
    top_of_scale,
    weekly_charts,
)
from est_pipeline.lagesbild.content import Lagesbild, render_json
from est_pipeline.lagesbild.map_spots import is_area, map_layers, radius
from est_pipeline.lagesbild.page import render_page
from est_pipeline.lagesbild.weekly import ChartWeek, weeks_of
from tests.lagesbild_frames import (
    INCIDENTS,
    as_reports,
    make_configuration,
    make_content,
    make_counts,
    make_deliveries,
    make_districts,
    make_grid,
    make_reports,
    make_source_states,
)

ATTACK = """</script><script>alert(1)</script><img src=x onerror="alert(2)">'"`${1}{{1234567*8}}"""
ZERO = dict.fromkeys(INCIDENTS, 0)


class Reader(HTMLParser):
    """Collects what a browser would run or fetch, the ids, and the visible text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag in {"script", "style"}:
            self.open.append(tag)
            self.scripts += [""] if tag == "script" else []

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif not self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        words = " ".join(" ".join(self.texts).split())
        return words.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")


@pytest.fixture(scope="module")
def reader(page: str) -> Reader:
    return Reader(page)


# --- figures -------------------------------------------------------------------------------------


def test_the_page_shows_the_figures_of_the_content(content: Lagesbild, page: str) -> None:
    cards = re.findall(r'<article class="omrade".*?</article>', page, re.S)
    assert len(cards) == len(content.areas) == 5
    for area, card in zip(content.areas, cards, strict=True):
        text = Reader(card).text
        span = area.incidents.span
        assert span is not None
        assert text.startswith(f"{area.name} {area.incidents.count} händelser")
        assert f"förra veckan {area.incidents.previous}" in text
        median = f"{span.median:g}".replace(".", ",")
        assert re.search(rf"26 v\. före (oftast )?{span.low}–{span.high}, median {median}", text)
        assert f"{area.environment_cases.count} miljöärende" in text


def test_every_row_stands_in_a_table(content: Lagesbild, reader: Reader) -> None:
    ids = [attributes.get("id") or "" for tag, attributes in reader.tags if tag == "tr"]
    assert sorted(each for each in ids if each.startswith("r-")) == sorted(
        f"r-{row.own_id}" for row in content.rows
    )


def test_every_row_with_a_point_is_on_the_map_once(content: Lagesbild) -> None:
    drawn = [row for layer in map_layers(content) for spot in layer.spots for row in spot.rows]
    assert sorted(row.own_id for row in drawn) == sorted(
        row.own_id for row in content.rows if row.point is not None
    )
    for layer in map_layers(content):
        assert {row.kind for spot in layer.spots for row in spot.rows} == {layer.kind}


def test_figures_of_the_basis_stand_in_page_and_json(content: Lagesbild, reader: Reader) -> None:
    assert content.basis is not None
    figures = json.loads(render_json(content))["basis"]
    assert figures["rows_read"] == content.basis.rows_read == 571
    assert "4 filer, 571 rader, varav 2 inte kunde tas emot" in reader.text
    assert "Tillsammans 571 68 2 6 495" in reader.text


def test_a_silent_source_has_no_zeros(reader: Reader) -> None:
    assert "SF har inte rapporterat på tre veckor" in reader.text
    row = "Socialförvaltningen har inte rapporterat; läget är okänt varje vecka sön 1 nov 09.00"
    assert f"{row} – – – – –" in reader.text


def test_notices_stand_apart_and_are_not_counted(content: Lagesbild, reader: Reader) -> None:
    assert content.total is not None
    assert content.total.incidents.count == sum(INCIDENTS.values())
    text = reader.text
    assert "Brand i container i Skäggetorp." in text
    night = text.index("Sammanfattningar av natten")
    assert text.index("20 november 23.10, Misshandel, Linköping") < night
    assert night < text.index("21 november 06.00, Sammanfattning natt")


def test_made_up_data_is_marked_everywhere(tmp_path: Path) -> None:
    content = make_content(make_configuration(tmp_path, is_demo=True))
    page = render_page(content)
    assert re.search(r"<title>PÅHITTADE UPPGIFTER", page)
    assert '@top-right{content:"PÅHITTADE UPPGIFTER' in page
    assert Reader(page).text.count("PÅHITTADE UPPGIFTER") >= 3
    assert json.loads(render_json(content))["made_up_data"] is True


def test_real_data_is_not(page: str) -> None:
    assert "PÅHITTADE" not in page


# --- safety --------------------------------------------------------------------------------------


def test_the_same_content_gives_the_same_bytes(content: Lagesbild, page: str) -> None:
    assert render_page(content) == page


def test_ids_are_unique(reader: Reader) -> None:
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_policy_allows_exactly_the_scripts_of_the_page(reader: Reader) -> None:
    (policy,) = [
        attributes["content"] or ""
        for tag, attributes in reader.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    hashes = {
        f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
        for script in reader.scripts
    }
    assert set(re.findall(r"'(sha256-[^']+)'", policy)) == hashes
    assert policy.startswith("default-src 'none'; script-src 'sha256-")


def test_the_page_asks_for_nothing(page: str, reader: Reader) -> None:
    fetching = [
        (tag, name, value)
        for tag, attributes in reader.tags
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "action", "data"} and not (value or "").startswith("#")
    ]
    assert fetching == []
    assert [tag for tag, _ in reader.tags if tag in {"link", "iframe", "object", "base"}] == []
    assert not re.search(r"url\((?!data:|none)", page.split("</style>", maxsplit=1)[0])
    assert "@import" not in page
    assert "user-scalable" not in page


def attacked(value: Any) -> Any:
    """The same content with an attack in every text that stands there by somebody's hand."""
    fixed = {"own_id", "iso_week", "sha256", "placing", "configuration_checksum", "rhythm"}
    fixed |= {"meeting_week", "reason"}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value,
            **{
                item.name: attacked(getattr(value, item.name))
                for item in fields(value)
                if item.name not in fixed and item.init
            },
        )
    if isinstance(value, tuple):
        return tuple(attacked(part) for part in value)
    return ATTACK if type(value) is str else value


def test_no_text_becomes_markup_or_script(content: Lagesbild, reader: Reader) -> None:
    hostile = Reader(render_page(attacked(content)))
    assert len(hostile.scripts) == len(reader.scripts)
    assert not any("alert(1)</" in script for script in hostile.scripts)
    assert [tag for tag, _ in hostile.tags if tag == "img"] == []
    assert [a for _, attributes in hostile.tags for a in attributes if a.startswith("on")] == []
    assert "9876536" not in hostile.text
    assert ATTACK.split("{", maxsplit=1)[0][:20] in hostile.text


def test_layer_names_reach_leaflet_escaped(content: Lagesbild) -> None:
    # Leaflet's layer control takes names as markup
    script = Reader(render_page(attacked(content))).scripts[-1]
    names = script.partition("overlays :")[2].partition("L.control.layers(")[0]
    assert r"\u0026lt;/script\u0026gt;" in names
    assert r"\u003c" not in names
    assert "<" not in names


def test_charts_carry_no_ids_and_no_english(content: Lagesbild) -> None:
    weeks = weeks_of(content.areas[0], head=content.head, judgements=None)
    (svg,) = weekly_charts([weeks], weeks=26, top=top_of_scale([weeks]))
    assert svg.count("<path") == 27
    assert not re.search(r"\bid=|aria-label|role=|class=|clip-path", svg)
    expected = [replace(week, compared=week.count - 1, low=0, high=9) for week in weeks]
    (svg,) = weekly_charts([expected], weeks=26, top=40)
    for colour in (BAND_COLOUR, BESIDE_COLOUR):
        assert svg.count(f'fill="{colour}"') == 27
    assert svg.count(f'fill="{NOW_COLOUR}"') == 1
    assert len(svg) < 12_000


def test_the_scale_holds_counts_and_what_was_expected() -> None:
    low, high = ChartWeek("2026-W47", 2, 2, 0, 4), ChartWeek("2026-W47", 3, 3, 0, 11)
    assert top_of_scale([[low]]) == 5
    assert top_of_scale([[low], [high]]) == 11
    assert top_of_scale([[ChartWeek("2026-W47", 40)], [high]]) == 40


@pytest.mark.parametrize(
    ("precision_m", "pixels"),
    [(0, 5), (50, 5), (51, 8), (150, 8), (150.4, 150), (500, 500), (None, 12)],
)
def test_the_radius_says_how_exactly_a_place_is_known(
    precision_m: float | None, pixels: int
) -> None:
    assert radius(precision_m) == pixels
    assert is_area(precision_m) is (precision_m is not None and precision_m > 150)


# --- weeks in which little or much happened ------------------------------------------------------


def extreme_weeks(configuration: Configuration) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    nothing: dict[str, Any] = {
        "counts": make_counts(ZERO),
        "reports": as_reports([]),
        "deliveries": make_deliveries(is_empty=True),
    }
    yield "empty", nothing, ["Inga händelser är rapporterade för vecka 47", "Inga filer har kommit"]
    silent = make_source_states(configuration, state="tyst")
    yield (
        "all-silent",
        {**nothing, "source_states": silent},
        ["Ingen källa har rapporterat.", "Läget är okänt.", "Skäggetorp –"],
    )
    yield (
        "no-sources",
        {**nothing, "source_states": silent.iloc[:0]},
        ["Ingen källa som rapporterar händelser är ansluten ännu."],
    )
    yield (
        "first-week",
        {"counts": make_counts(INCIDENTS, weeks=0)},
        ["första veckan med uppgifter", "kort historik: första veckan"],
    )
    yield (
        "short-history",
        {"counts": make_counts(INCIDENTS, weeks=5)},
        ["Historiken är kort (fem veckor), så inget spann anges.", "kort historik: 5 veckor före"],
    )
    unplaced = {**ZERO, "oplacerad": 5}
    yield (
        "only-unplaced",
        {"counts": make_counts(unplaced), "reports": make_reports(unplaced)},
        ["Fem händelser saknar plats", "Utan känd plats: 5 händelser"],
    )
    week = IsoWeek(2026, 53)
    yield (
        "week-53",
        {
            "week": week,
            "as_of": datetime(2027, 1, 4, 9, tzinfo=configuration.zone),
            "counts": make_counts(INCIDENTS, week=week),
        },
        ["EST veckolägesbild, vecka 53", "28 december 2026–3 januari 2027"],
    )


def test_extreme_weeks_give_sane_pages(
    configuration: Configuration, subtests: pytest.Subtests
) -> None:
    for name, changes, expected in extreme_weeks(configuration):
        with subtests.test(name):
            page = render_page(make_content(configuration, **changes))
            text = Reader(page).text
            assert [words for words in expected if words not in text] == []
            assert "None" not in text
            assert "nan" not in text.split()


def test_many_districts_and_incidents_fit(configuration: Configuration) -> None:
    districts = make_grid(11, 8)
    levels = dict.fromkeys(districts["district_id"], 22) | {"ovriga": 40, "oplacerad": 24}
    reports = make_reports(INCIDENTS | {"city": 1900})
    content = make_content(
        configuration, districts=districts, counts=make_counts(levels), reports=reports
    )
    page = render_page(content)
    assert len(content.rows_of(Kind.INCIDENT)) >= 1900
    assert len(page.encode()) < 2_000_000
    assert page.count('class="diagram"') == 89


@pytest.mark.parametrize(
    "name",
    [
        "{{ 7 * 7 }}",
        "{% raw %}",
        "{{ ''.__class__.__mro__ }}",
        "{# bort #}",
        "est-text-0",
        "\N{RIGHT-TO-LEFT OVERRIDE}gro\N{POP DIRECTIONAL FORMATTING}T",
    ],
)
def test_a_name_on_the_map_is_never_run_as_a_template(
    configuration: Configuration, name: str
) -> None:
    districts = make_districts(configuration)
    districts.loc[0, "name"] = name
    page = render_page(make_content(configuration, districts=districts))
    shown = re.sub("[\u202a-\u202e]", "", name)
    assert str(htmlsafe_json_dumps(shown)) in page
    assert f'<h3 id="o-skaggetorp">{escape(shown)}</h3>' in page
    assert not re.search("[\u202a-\u202e]|\\\\u202[a-e]", page)

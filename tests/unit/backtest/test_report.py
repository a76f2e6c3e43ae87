"""The report of a backtest: what it says first, and that everything it draws stands in a table."""

import html
import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from est_pipeline.analysis import calibration
from est_pipeline.analysis.calibration import RISE_LENGTHS, RISE_SIZES, Promise
from est_pipeline.analysis.prediction_accuracy import BACKTEST_RULES
from est_pipeline.backtest import wording
from est_pipeline.backtest.assembly import build_content, measure_kind
from est_pipeline.backtest.content import Backtest, KindResult, Share, Standing, render_json
from est_pipeline.backtest.page import render_page
from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import week_range
from est_pipeline.lagesbild.disclosure import field_classes
from tests.judged_weeks import FIRST, WEEKS, judged_weeks
from tests.lagesbild_frames import make_configuration

LAST = FIRST.plus(WEEKS - 1)
AS_OF = datetime.fromisoformat("2026-11-23T09:00:00+01:00")


@cache
def measured(true_dispersion: float = 2.0, told_dispersion: float = 2.0) -> KindResult:
    comparisons = judged_weeks(true_dispersion=true_dispersion, told_dispersion=told_dispersion)
    sites = calibration.choose_rise_sites(comparisons, seed=1, sites=40)
    unplanted = calibration.read_unplanted(comparisons, sites)
    planted = [
        # the larger the rise, the sooner it is found
        unplanted.assign(
            size_code=size.code,
            is_clear=unplanted["week_of_rise"] + unplanted["site_number"] % 7 > 7 - place,
        )
        for place, size in enumerate(RISE_SIZES)
    ]
    return measure_kind(
        comparisons,
        pd.concat([*planted, unplanted]),
        kind=Kind.INCIDENT,
        occurrence_count=12_345,
        unconverged_count=0,
        seed=1,
    )


def ranked(*, behind: str = "") -> pd.DataFrame:
    rows = [
        {
            "rule": rule,
            "budget": budget,
            "week_count": 120,
            "incident_count": 3000.0,
            "hit_count": 900.0,
            **{f"{name}{end}": 0.3 for name in ("hit_rate", "pai", "pei") for end in ENDS},
            "gain": -0.1 if rule == behind else 0.1,
            "gain_low": -0.2 if rule == behind else 0.05,
            "gain_high": -0.05 if rule == behind else 0.2,
        }
        for budget in (0.01, 0.02, 0.05)
        for rule in BACKTEST_RULES
    ]
    return pd.DataFrame(rows)


ENDS = ("", "_low", "_high")


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return make_configuration(tmp_path_factory.mktemp("arbetsmapp"), is_demo=True)


def content_of(
    configuration: Configuration,
    *results: KindResult,
    rankings: pd.DataFrame | None = None,
    weeks: int = WEEKS,
) -> Backtest:
    return build_content(
        configuration=configuration,
        as_of=AS_OF,
        last=LAST,
        tested=week_range(LAST.plus(1 - weeks), LAST) if weeks else [],
        history_from=FIRST if weeks else LAST.plus(-4),
        backfilled_share=0.25,
        seed=1,
        kinds=results,
        rankings=rankings,
        program_version="0.0",
    )


def said(content: Backtest) -> str:
    return " ".join(f"{point.lead} {point.text}" for point in wording.answer(content))


def visible(page: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", page.split("</style>")[1])


@pytest.mark.parametrize(
    ("dispersions", "lead", "verdict"),
    [
        ((2.0, 2.0), "Händelser: larmen håller vad de lovar.", Promise.KEPT),
        ((3.0, 1.3), "Händelser: larmen kommer oftare än lovat.", Promise.ABOVE),
        ((1.1, 3.0), "Händelser: larmen kommer mer sällan än lovat.", Promise.BELOW),
    ],
    ids=["right", "too-sure", "too-careful"],
)
def test_the_first_sentence_is_the_verdict(
    configuration: Configuration, dispersions: tuple[float, float], lead: str, verdict: Promise
) -> None:
    result = measured(*dispersions)
    rate = result.rate(0.05, level="cell")
    assert rate is not None
    assert rate.verdict is verdict
    first = wording.answer(content_of(configuration, result))[0]
    assert first.lead == lead
    share = f"{round(100 * rate.observed.share, 1):.1f}".replace(".0", "").replace(".", ",")
    assert f"larmade {share} procent" in first.text
    assert "lovat är 5." in first.text
    assert "4\u00a0500\u00a0jämförelser" in first.text


def test_a_ceiling_is_called_a_ceiling(configuration: Configuration) -> None:
    page = visible(render_page(content_of(configuration, measured())))
    assert "tak för de falska larmen" in page
    assert "25 procent av det som räknas kom med källornas historik" in page


def test_too_short_a_history_is_said_and_nothing_else(configuration: Configuration) -> None:
    content = content_of(configuration, weeks=0)
    assert said(content).startswith(
        "Historiken är för kort för att pröva något. Historiken är fem veckor lång."
    )
    page = render_page(content)
    assert "för kort" in visible(page)
    assert "<svg" not in page


def test_few_weeks_give_figures_and_no_verdict(configuration: Configuration) -> None:
    few = judged_weeks()
    few = few[few["iso_week"] < str(FIRST.plus(10))]
    result = measure_kind(
        few,
        calibration.no_rises(),
        kind=Kind.ENVIRONMENT_CASE,
        occurrence_count=9,
        unconverged_count=0,
        seed=1,
    )
    content = content_of(configuration, result, weeks=10)
    assert "Miljöärenden: historiken är för kort" in said(content)
    assert "300 jämförelser under 10 veckor" in said(content).replace("\u00a0", " ")
    assert not any(
        point.lead.endswith(": larmen håller vad de lovar.") for point in wording.answer(content)
    )
    page = visible(render_page(content))
    assert "Historiken är för kort för att plantera ökningar i." in page
    assert "gick inte att pröva" in page


def test_nothing_judged_of_a_kind(configuration: Configuration) -> None:
    result = measure_kind(
        judged_weeks().iloc[:0],
        calibration.no_rises(),
        kind=Kind.INCIDENT,
        occurrence_count=3,
        unconverged_count=0,
        seed=1,
    )
    page = visible(render_page(content_of(configuration, result, weeks=2)))
    assert "Underlaget är för litet för att pröva något" in page


def test_places_are_held_against_every_rule(configuration: Configuration) -> None:
    content = content_of(configuration, measured(), rankings=ranked())
    assert "2 procent av ytan, vald av platslistan, fångade 30 procent" in said(content)
    assert "Ingen av dem är säkert bättre." in said(content)
    behind = content_of(configuration, measured(), rankings=ranked(behind="last_year"))
    assert "Säkert bättre är de senaste tolv månadernas platser." in said(behind)
    standings = {each.rule: each.standing for each in behind.rankings if each.budget == 0.02}
    assert standings["recency_weighted"] is Standing.OWN
    assert standings["last_year"] is Standing.BEHIND
    assert standings["random"] is Standing.AHEAD
    assert set(wording.RULE_NAMES) == set(BACKTEST_RULES)


def test_every_chart_has_words_and_a_table(configuration: Configuration) -> None:
    page = render_page(content_of(configuration, measured(), rankings=ranked()))
    figures = re.findall(r'<figure class="kurva" role="img" aria-label="([^"]+)"', page)
    assert len(figures) == page.count("<svg") == 3 + 3
    assert all(label.startswith("Diagram: ") for label in figures)
    assert page.count("<table>") == page.count("<caption") == 3 + 1 + 1 + 3
    assert page.count("<details") == 3 + 3
    text = visible(page)
    for size in RISE_SIZES:
        assert wording.SIZE_NAMES[size.code].capitalize()[:8] in text
    for length in RISE_LENGTHS:
        assert wording.weeks_long(length) in text


def test_the_page_asks_for_nothing(configuration: Configuration) -> None:
    page = render_page(content_of(configuration, measured(), rankings=ranked()))
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page)
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in html.unescape(page)
    # nothing drawn has English labels
    assert not re.search(r'aria-(?:label|roledescription)="(?!Diagram|Om uppgift)[^"]*"', page)


def test_small_bases_have_no_percentages(configuration: Configuration) -> None:
    page = render_page(content_of(configuration, measured()))
    table = page[page.index('id="incident-okning"') :].split("</table>")[0]
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', table)
    assert len(rows) == (len(RISE_SIZES) + 1) * len(RISE_LENGTHS) * 5
    assert not [row for row in rows if "%" in row]
    assert wording.interval_of(8, 10, Share(0.8, 0.444, 0.975)) == "4–\u206010 av 10"
    assert wording.interval_of(50, 100, Share(0.5, 0.398, 0.602)) == "39,8–\u206060,2 %"


def test_the_same_content_gives_the_same_bytes(configuration: Configuration) -> None:
    first = content_of(configuration, measured(), rankings=ranked())
    measured.cache_clear()
    again = content_of(configuration, measured(), rankings=ranked())
    assert render_page(first) == render_page(again)
    assert render_json(first) == render_json(again)
    figures = json.loads(render_json(first))
    assert figures["schema_version"] == 1
    assert figures["kinds"][0]["rates"][0]["verdict"] == "kept"


def test_every_field_states_its_class() -> None:
    from est_pipeline.backtest import content

    for each in vars(content).values():
        if isinstance(each, type) and hasattr(each, "__dataclass_fields__"):
            assert field_classes(each)


def test_a_name_is_escaped(configuration: Configuration, tmp_path: Path) -> None:
    wild = make_configuration(tmp_path / "annan", is_demo=False)
    municipality = wild.settings.municipality.model_copy(update={"name": "<b>Ort & co"})
    settings = wild.settings.model_copy(update={"municipality": municipality})
    from dataclasses import replace

    page = render_page(content_of(replace(wild, settings=settings), measured()))
    assert "<b>Ort" not in page
    assert "&lt;b&gt;Ort &amp; co" in page

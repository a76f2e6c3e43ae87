"""The Swedish of verdicts: every pattern, singular and plural, and what the situation picks."""

import re
from dataclasses import replace

import pytest

from est_pipeline.domain.kinds import Kind, Level, Verdict
from est_pipeline.lagesbild import verdict_words as words
from est_pipeline.lagesbild.content import Lagesbild
from est_pipeline.lagesbild.judgement import (
    ExpectedWeek,
    JudgedCount,
    Judgements,
    Method,
    SourceShare,
)
from est_pipeline.lagesbild.page import render_page
from est_pipeline.lagesbild.situation import situation
from est_pipeline.lagesbild.weekly import weeks_of

RISE = JudgedCount(
    kind=Kind.INCIDENT,
    level=Level.CELL,
    district_id="ryd",
    district_name="Ryd",
    other_district_name="",
    category_code="brand",
    category_name="Brand",
    count=7,
    outside_count=0,
    expected=1.2,
    low=0,
    high=3,
    p_high=0.0004,
    verdict=Verdict.CLEAR_RISE,
    is_slow_rise=False,
    rising_since=None,
    count_since=0,
    expected_since=0.0,
    is_carried=False,
    sources=(SourceShare("Polisen", 5), SourceShare("Väktare", 2)),
)
METHOD = Method(
    kind=Kind.INCIDENT,
    week_count=156,
    first_week="2023-W47",
    source_names=("Polisen", "Väktare"),
    other_names=(),
    silent_names=(),
    completeness=0.976,
    judged_count=66,
    chance_count=3.3,
    false_discovery_rate=0.1,
    has_converged=True,
)


def spaced(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")


def judgements(*comparisons: JudgedCount, method: Method = METHOD) -> Judgements:
    return Judgements(comparisons, (), (method,))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Brand i Ryd: 7 händelser, tydlig ökning."),
        ({"count": 1}, "Brand i Ryd: 1 händelse, tydlig ökning."),
        ({"outside_count": 2}, "Brand i Ryd: 9 händelser, tydlig ökning."),
        ({"district_name": "Övriga Linköping"}, "Brand i övriga Linköping: 7 händelser, tydlig"),
        ({"category_name": ""}, "Alla händelser i Ryd: 7 händelser, tydlig ökning."),
        ({"level": Level.CATEGORY, "district_name": ""}, "Brand i hela kommunen: 7"),
        (
            {"level": Level.CITY, "district_name": "", "category_name": ""},
            "Alla händelser i hela kommunen: 7",
        ),
        (
            {"level": Level.NEIGHBOURS, "other_district_name": "Skäggetorp"},
            "Brand i Ryd och Skäggetorp tillsammans: 7 händelser",
        ),
        (
            {"kind": Kind.ENVIRONMENT_CASE, "count": 1, "verdict": Verdict.WATCH},
            "Brand (miljöärenden) i Ryd: 1 miljöärende, håll koll.",
        ),
        (
            {"verdict": Verdict.WATCH, "is_slow_rise": True, "rising_since": "2026-W42"},
            "Brand i Ryd: 7 händelser, håll koll, långsam ökning sedan v. 42.",
        ),
        ({"count": 0, "verdict": Verdict.CLEAR_FALL}, "Brand i Ryd: 0 händelser, tydlig minskn"),
    ],
)
def test_what_a_signal_is_about(changes: dict[str, object], expected: str) -> None:
    assert spaced(words.signal_lead(replace(RISE, **changes))).startswith(expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            "Väntat antal är 0 till 3, räknat på de 156 veckorna före med hänsyn till årstid och "
            "helgdagar. Rapporterat av Polisen (5) och Väktare (2); så många blir det av ren slump "
            "i färre än en vecka av 1 000.",
        ),
        ({"low": 2, "high": 2}, "Väntat antal är 2, räknat på"),
        ({"p_high": 0.024}, "så många blir det av ren slump i ungefär en vecka av 40."),
        ({"p_high": 0.3}, "så många blir det av ren slump i ungefär en vecka av tre."),
        (
            {"outside_count": 2},
            "Av veckans 9 jämförs 7, från källor som finns i hela historiken (Polisen 5 och "
            "Väktare 2); så många",
        ),
        ({"sources": ()}, "helgdagar. Så många blir det av ren slump i färre än"),
        (
            {"sources": tuple(SourceShare(name, 1) for name in "ABCDE")},
            "Rapporterat av A (1), B (1), C (1) och två till; så många",
        ),
        (
            {
                "is_slow_rise": True,
                "rising_since": "2026-W42",
                "count_since": 19,
                "expected_since": 8.6,
            },
            "Sedan vecka 42 har det blivit 19 mot väntade 9, räknat på de 156 veckorna före med "
            "hänsyn till årstid och helgdagar. Veckans 7 är rapporterade av Polisen (5) och "
            "Väktare (2); det är raden av veckor som sticker ut, inte veckan för sig.",
        ),
        (
            {"verdict": Verdict.CLEAR_FALL, "p_high": 0.9995, "count": 0, "sources": ()},
            "Så få blir det av ren slump i färre än en vecka av 1 000.",
        ),
    ],
)
def test_a_signal_says_against_what_on_whom_and_how_sure(
    changes: dict[str, object], expected: str
) -> None:
    assert expected in spaced(words.signal_text(replace(RISE, **changes), METHOD))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            "Händelser: 66 jämförelser med de 156 veckorna före (från vecka 47 2023). Slumpen gör "
            "ungefär tre av dem till ”håll koll”, och ger högst en vecka av tio en ”tydlig ökning” "
            "fast inget ovanligt har hänt.",
        ),
        ({}, "Vid den här tidpunkten brukar 98 procent av en veckas händelser ha kommit in."),
        ({"other_names": ("Väktare",)}, "Väktare finns inte i hela historiken."),
        (
            {"silent_names": ("KOF",)},
            "KOF har inte rapporterat för veckan. Därför kallas inget lågt",
        ),
        ({"judged_count": 0, "week_count": 1}, "Händelser: historiken är en vecka och räcker inte"),
        ({"has_converged": False}, "En beräkning gick inte att slutföra"),
    ],
)
def test_the_method_says_what_it_rests_on(changes: dict[str, object], expected: str) -> None:
    method = replace(METHOD, **changes)  # type: ignore[arg-type]
    assert any(
        sentence.startswith(expected) for sentence in map(spaced, words.method_words(method))
    )


def test_what_chance_gives_is_said() -> None:
    assert "66 jämförelser ger slumpen ungefär tre ”håll koll” varje vecka" in spaced(
        words.chance_words(judgements())
    )
    short = replace(METHOD, judged_count=0, chance_count=0.0)
    assert "sägs aldrig tydlig ökning" in words.chance_words(judgements(method=short))
    assert words.nothing_sticks_out(judgements()).startswith("Inget sticker ut bland 66")
    assert words.more_signals(1).startswith("En jämförelse till är märkt")
    assert words.more_signals(2).startswith("Två jämförelser till är märkta")


def test_the_situation_tells_the_surest_signals_first(content: Lagesbild) -> None:
    watch = replace(RISE, verdict=Verdict.WATCH, p_high=0.03, category_name="Narkotika")
    carried = replace(RISE, level=Level.DISTRICT, category_name="", is_carried=True)
    usual = replace(RISE, verdict=Verdict.USUAL)
    surest = replace(RISE, p_high=0.00001, category_name="Skadegörelse")
    changed = replace(content, judgements=judgements(usual, watch, carried, RISE, surest))
    points = situation(changed)
    assert [point.sign for point in points[:4]] == ["▲", "▲", "△", "●"]
    assert points[0].lead.startswith("Skadegörelse i Ryd")
    assert points[2].lead.startswith("Narkotika i Ryd")
    assert 3 <= len(points) <= 6
    assert {point.rests_on for point in points[:3]} == {"jamforelser-rubrik"}
    page = render_page(changed)
    head = page.partition('class="viktigast okning"')[2].partition("</p>")[0]
    assert f'<a href="#laget-rubrik">{points[0].lead}</a>' in head
    assert "Samma ökning märks också i alla händelser i Ryd (tydlig ökning)." in page
    assert all(f'id="{point.rests_on}"' in page for point in points if point.rests_on)


def test_the_total_says_its_own_verdict(content: Lagesbild) -> None:
    assert content.total is not None
    whole = replace(
        RISE,
        level=Level.CITY,
        district_id="",
        district_name="",
        category_code="",
        category_name="",
        verdict=Verdict.WATCH,
        count=10,
        outside_count=2,
        low=4,
        high=9,
        is_carried=True,
    )
    said = situation(replace(content, judgements=judgements(whole)))[0]
    assert said.sign == "△"
    assert spaced(said.lead).endswith("händelser i vecka 47, håll koll.")
    assert spaced(said.text).startswith("Väntat 4–9; 10 av 12 jämförs. Förra veckan ")


def test_all_comparisons_stand_in_one_grid(content: Lagesbild) -> None:
    usual = replace(RISE, verdict=Verdict.USUAL, district_id="ryd", category_code="brand")
    other = replace(usual, district_id="city", category_code="klotter", category_name="Klotter")
    unsure = replace(usual, verdict=Verdict.TOO_FEW, low=None, high=None, district_id="city")
    rise = replace(
        usual, level=Level.DISTRICT, category_code="", verdict=Verdict.CLEAR_RISE, outside_count=2
    )
    pair = replace(usual, level=Level.NEIGHBOURS, other_district_name="Skäggetorp")
    judged = judgements(usual, other, unsure, rise, pair)
    assert judged.grid_categories(Kind.INCIDENT) == (("brand", "Brand"), ("klotter", "Klotter"))
    grid = judged.grid(Kind.INCIDENT, district_ids=["ryd", "berga", "city"])
    assert grid == (("ryd", (usual, None, rise)), ("city", (unsure, other, None)))
    page = render_page(replace(content, judgements=judged))
    table = page.partition('<table class="jamfor">')[2].partition("</table>")[0]
    cells = [
        spaced(re.sub(r"<[^>]+>", "", cell)).replace("\n", "")
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", table)
    ]
    assert cells == [
        "7, som vanligt0–3",
        "",
        "▲ 7 +2, tydlig ökning0–3",
        "7, för litet underlag–",
        "7, som vanligt0–3",
        "",
    ]
    after = page.partition('<table class="jamfor">')[2].partition("</details>")[0]
    assert "Brand i Ryd och Skäggetorp tillsammans: " in spaced(after)
    for part in ("▲ tydlig ökning; utan tecken", "Ett streck:", "Efter plustecknet:"):
        assert part in after


def test_a_quiet_week_says_that_nothing_sticks_out(content: Lagesbild) -> None:
    changed = replace(content, judgements=judgements(replace(RISE, verdict=Verdict.USUAL)))
    assert any(point.lead.startswith("Inget sticker ut bland 66") for point in situation(changed))


def test_the_weeks_of_an_area_carry_what_was_expected(content: Lagesbild) -> None:
    area = content.areas[0]
    band = ExpectedWeek(Kind.INCIDENT, Level.DISTRICT, area.district_id, "2026-W47", 20, 3, 17)
    other = replace(band, kind=Kind.ENVIRONMENT_CASE, high=99)
    judged = Judgements((), (band, other), (METHOD,))
    *before, now = weeks_of(area, head=content.head, judgements=judged)
    assert (now.iso_week, now.compared, now.low, now.high) == ("2026-W47", 20, 3, 17)
    assert now.count == area.incidents.count
    assert {week.low for week in before} == {None}

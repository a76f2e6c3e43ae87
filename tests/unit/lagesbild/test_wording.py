"""Grammar and formats, as tables."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from est_pipeline.domain.kinds import Rhythm, SourceState
from est_pipeline.lagesbild import swedish, wording
from est_pipeline.lagesbild.content import CategoryCount, Lagesbild
from est_pipeline.lagesbild.situation import situation
from est_pipeline.lagesbild.swedish import NBSP, WORD_JOINER
from est_pipeline.lagesbild.wording import is_unknown


def spaced(text: str) -> str:
    return text.replace(NBSP, " ").replace(WORD_JOINER, "")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "inga händelser"),
        (1, "en händelse"),
        (2, "två händelser"),
        (12, "tolv händelser"),
        (13, "13 händelser"),
        (1234, "1 234 händelser"),
        (-1, "−1 händelser"),
    ],
)
def test_a_counted_noun_agrees(number: int, expected: str) -> None:
    assert spaced(swedish.counted(number, wording.INCIDENT)) == expected


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        (wording.ENVIRONMENT_CASE, "ett miljöärende"),
        (wording.FOUND_BY_EFFORT, "ett insatsfynd"),
        (wording.REPORT, "en rapport"),
        (wording.WEEK, "en vecka"),
    ],
)
def test_one_takes_the_gender_of_the_noun(noun: swedish.Noun, expected: str) -> None:
    assert swedish.counted(1, noun) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0"), (5, "5"), (12.5, "12,5"), (5.0, "5"), (2026, "2 026"), (-1, "−1")],
)
def test_figures_have_a_decimal_comma(number: float, expected: str) -> None:
    assert spaced(swedish.figure(number)) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], ""),
        (["Ryd"], "Ryd"),
        (["Ryd", "Berga"], "Ryd och Berga"),
        (["Skäggetorp", "Ryd", "City"], "Skäggetorp, Ryd och City"),
    ],
)
def test_lists_end_with_och(parts: list[str], expected: str) -> None:
    assert swedish.listed(parts) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Skäggetorp", "Skäggetorps"),
        ("Ryd", "Ryds"),
        ("Berga", "Bergas"),
        ("City", "Citys"),
        ("S:t Lars", "S:t Lars"),
        ("Vasastaden", "Vasastadens"),
        ("Lambohovs centrum", "Lambohovs centrums"),
        ("Berg-Lux", "Berg-Lux"),
    ],
)
def test_genitive(name: str, expected: str) -> None:
    assert swedish.genitive(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Övriga Linköping", "övriga Linköping"),
        ("Resten av kommunen", "resten av kommunen"),
        ("City", "City"),
        ("Övriga", "Övriga"),
        ("Gamla Linköping", "Gamla Linköping"),
    ],
)
def test_only_a_describing_word_loses_its_capital(name: str, expected: str) -> None:
    assert swedish.inside(name) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 11, 16), date(2026, 11, 22), "16–22 november 2026"),
        (date(2026, 9, 28), date(2026, 10, 4), "28 september–4 oktober 2026"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 december 2026–3 januari 2027"),
        (date(2026, 3, 1), date(2026, 3, 1), "1 mars 2026"),
    ],
)
def test_date_ranges(first: date, last: date, expected: str) -> None:
    assert swedish.date_range(first, last) == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 11, 16), "mån 16 nov"),
        (date(2026, 11, 19), "tors 19 nov"),
        (date(2026, 3, 1), "sön 1 mars"),
        (date(2026, 5, 9), "lör 9 maj"),
    ],
)
def test_days(on: date, expected: str) -> None:
    assert spaced(swedish.day(on)) == expected


def test_moments() -> None:
    moment = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
    assert spaced(swedish.full_moment(moment)) == "måndag 23 november 2026 kl. 09.05"
    assert spaced(swedish.moment_before(moment, moment)) == "mån 23 nov 09.05"
    later = moment.replace(year=2027)
    assert spaced(swedish.moment_before(moment, later)) == "mån 23 nov 2026 09.05"


def test_spans_keep_together() -> None:
    assert swedish.span(7, 20) == f"7–{WORD_JOINER}20"
    assert swedish.span(4, 4) == "4"


def test_the_situation_is_three_to_six_points_in_order(content: Lagesbild) -> None:
    points = [spaced(f"{each.lead} {each.text}") for each in situation(content)]
    assert 3 <= len(points) <= 6
    assert points[0].startswith("100 händelser i vecka 47. Förra veckan ")
    assert points[2].startswith("Flest händelser har City: 36 (förra veckan ")
    assert "Därefter Skäggetorp 22 (" in points[2]
    assert "övriga Linköping 14" in points[2]
    assert "Tre händelser saknar plats" in points[3]
    assert points[1] == (
        "Socialförvaltningen har inte rapporterat på tre veckor. Läget där är okänt. "
        "Utbildningsförvaltningen är försenad."
    )


def test_the_situation_claims_no_change_and_no_share(content: Lagesbild) -> None:
    words = " ".join(f"{each.lead} {each.text}" for each in situation(content)).lower()
    forbidden = ("%", "procent", "ökat", "minskat", "ökning", "minskning", "ovanlig", "hög", "▲")
    assert [word for word in forbidden if word in words] == []


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (
            [SourceState.SILENT, SourceState.SILENT, SourceState.ON_TIME],
            "har inte rapporterat. Läget där är okänt.",
        ),
        ([SourceState.SILENT, SourceState.NOT_CONNECTED], "Ingen källa har rapporterat."),
        (
            [SourceState.NOT_CONNECTED],
            "Ingen källa som rapporterar händelser är ansluten ännu. Läget är okänt.",
        ),
        ([SourceState.LATE, SourceState.ON_TIME], "är försenad."),
    ],
    ids=["two-silent", "all-silent", "none-connected", "one-late"],
)
def test_what_is_missing_is_said_without_blame(
    content: Lagesbild, states: list[SourceState], expected: str
) -> None:
    assert content.basis is not None
    sources = tuple(
        replace(source, state=state)
        for source, state in zip(content.basis.sources, states, strict=False)
    )
    changed = replace(content, basis=replace(content.basis, sources=sources))
    first, second, *_ = situation(changed)
    missing = first if is_unknown(changed) else second  # who is unknown stands before any figure
    assert expected in f"{missing.lead} {missing.text}"


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([9, 4, 2, 1], "Vanligaste kategorin är a: nio händelser. Därefter b 4, c 2."),
        ([1], "Vanligaste kategorin är a: en händelse."),
        ([4, 4, 2], "Vanligaste kategorierna är a och b: fyra händelser var. Därefter c 2."),
        ([3, 3, 3, 3], "Vanligaste kategorierna är a, b, c och d: tre händelser var."),
    ],
)
def test_the_commonest_categories_share_the_first_place(
    content: Lagesbild, counts: list[int], expected: str
) -> None:
    assert content.total is not None
    categories = tuple(
        CategoryCount(name.lower(), name, count)
        for name, count in zip("ABCDE", counts, strict=False)
    )
    changed = replace(content, total=replace(content.total, categories=categories))
    assert expected in [f"{each.lead} {each.text}" for each in situation(changed)]


def test_who_reports_on_demand_and_had_no_reason_to_is_not_in_the_head(content: Lagesbild) -> None:
    assert content.basis is not None
    source = replace(
        next(each for each in content.basis.sources if each.state is SourceState.ON_TIME),
        rhythm=Rhythm.ON_DEMAND.value,
        report_count=0,
    )
    assert wording.head_order([source]) == []
    told = replace(source, state=SourceState.NOTHING)
    counted = replace(source, report_count=1)
    weekly = replace(source, rhythm=Rhythm.WEEKLY.value)
    assert wording.head_order([told, counted, weekly]) == [counted, weekly, told]

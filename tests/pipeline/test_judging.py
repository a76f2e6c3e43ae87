"""From files to verdicts: what the page says of a count, and on what it rests."""

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from est_pipeline import open_workspace
from est_pipeline.config import Configuration
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.pipeline import report, run_week

WEEK = IsoWeek(2026, 47)
AS_OF = "2026-11-23T09:00:00+01:00"
HEADER = "rapport_id;start;inrapporterad;kategori;plats\n"


def rows(
    prefix: str,
    counts: list[int],
    *,
    category: str = "klotter",
    place: str = "Ryd",
    last: IsoWeek = WEEK,
) -> str:
    """One row an incident, so many each week up to the last; reported the day after."""
    written = []
    for back, count in enumerate(reversed(counts)):
        for number in range(count):
            day = last.plus(-back).monday + timedelta(days=number % 6)
            written.append(
                f"{prefix}{back}-{number};{day} 20:{number % 60:02};{day + timedelta(days=1)};"
                f"{category};{place}\n"
            )
    return "".join(written)


def quiet(weeks: int, mean: float, seed: int) -> list[int]:
    return [int(count) for count in np.random.default_rng(seed).poisson(mean, weeks)]


def judged(configuration: Configuration, as_of: str = AS_OF) -> tuple[dict[str, Any], str]:
    page = run_week(configuration, as_of=datetime.fromisoformat(as_of), week=WEEK).page
    assert page is not None
    figures = json.loads(page.with_name("lagesbild.json").read_text(encoding="utf-8"))
    return figures["judgements"], page.read_text(encoding="utf-8")


def comparison(judgements: dict[str, Any], level: str, district: str, category: str) -> Any:
    [found] = [
        each
        for each in judgements["comparisons"]
        if (each["kind"], each["level"], each["district_id"], each["category_code"])
        == ("incident", level, district, category)
    ]
    return found


@pytest.fixture
def three_years(workspace: Any) -> Any:
    """Three quiet years of two sources, and a week that is left to fill."""
    ryd = rows("r", [*quiet(155, 3, 1), 0])
    city = rows("c", [*quiet(155, 4, 2), 0], category="misshandel", place="Stora torget")
    workspace.drop("ordningsvakter", "historik.csv", HEADER + ryd)
    workspace.drop("polisen", "historik.csv", HEADER + city)
    return workspace


def test_a_rise_is_told_with_what_it_rests_on(three_years: Any) -> None:
    three_years.drop("ordningsvakter", "v47.csv", HEADER + rows("n", [13]))
    three_years.drop(
        "polisen", "v47.csv", HEADER + rows("p", [4], category="misshandel", place="Stora torget")
    )
    judgements, page = judged(three_years.configuration)
    cell = comparison(judgements, "cell", "ryd", "skadegorelse")
    assert (cell["verdict"], cell["count"]) == ("tydlig ökning", 13)
    assert cell["low"] <= 3 <= cell["high"] < 13
    assert cell["sources"] == [{"count": 13, "source_name": "Ordningsvakter"}]
    assert comparison(judgements, "cell", "ryd", "vald_och_hot")["verdict"] != "tydlig ökning"
    assert comparison(judgements, "category", "", "skadegorelse")["is_carried"]
    assert "Skadegörelse i Ryd: 13\N{NO-BREAK SPACE}händelser, tydlig ökning." in page
    assert "Rapporterat av Ordningsvakter (13); så många blir det av ren slump i färre än" in page


def test_an_ordinary_week_has_nothing_that_sticks_out(three_years: Any) -> None:
    three_years.drop("ordningsvakter", "v47.csv", HEADER + rows("n", [3]))
    three_years.drop(
        "polisen", "v47.csv", HEADER + rows("p", [4], category="misshandel", place="Stora torget")
    )
    judgements, page = judged(three_years.configuration)
    assert {each["verdict"] for each in judgements["comparisons"]} <= {
        "som vanligt",
        "för litet underlag",
    }
    assert "Inget sticker ut bland" in page


def test_a_new_reporter_is_no_rise(three_years: Any) -> None:
    three_years.drop("ordningsvakter", "v47.csv", HEADER + rows("n", [3]))
    three_years.drop("vaktare", "v47.csv", HEADER + rows("v", [8, 9, 7, 8, 9]))
    judgements, page = judged(three_years.configuration)
    cell = comparison(judgements, "cell", "ryd", "skadegorelse")
    assert (cell["verdict"], cell["count"], cell["outside_count"]) == ("som vanligt", 3, 9)
    [method] = [each for each in judgements["methods"] if each["kind"] == "incident"]
    assert method["other_names"] == ["Väktare"]
    assert "Väktare finns inte i hela historiken." in page


def test_silence_is_no_fall(three_years: Any) -> None:
    """The same low count is a fall where all have reported, and nothing where one is silent."""
    busy = rows("b", [*quiet(155, 14, 3), 0], category="oljud", place="Stora torget")
    three_years.drop("stangastaden", "historik.csv", HEADER + busy)
    three_years.take_in("2026-11-20T08:00:00+01:00")  # before the week ended
    three_years.drop("ordningsvakter", "v47.csv", HEADER + rows("n", [3]))
    three_years.drop(
        "polisen", "v47.csv", HEADER + rows("p", [4], category="misshandel", place="Stora torget")
    )
    judgements, page = judged(three_years.configuration)
    cell = comparison(judgements, "cell", "city", "ordningsstorning")
    assert (cell["count"], cell["verdict"]) == (0, "som vanligt")
    assert "Därför kallas inget lågt antal för minskning." in page

    nothing = "rapport_id;rapporttyp;start;kategori;plats\n1;inget att rapportera;;;\n"
    three_years.drop("stangastaden", "v47.csv", nothing)
    judgements, _ = judged(three_years.configuration, "2026-11-23T10:00:00+01:00")
    cell = comparison(judgements, "cell", "city", "ordningsstorning")
    assert (cell["count"], cell["verdict"]) == (0, "tydlig minskning")


def test_a_dated_step_takes_the_rise_away(three_years: Any) -> None:
    counts = [*quiet(155 - 30, 3, 5), *quiet(30, 9, 6), 9]
    steps = three_years.paths.data / "referens" / "brytpunkter.csv"
    three_years.drop(
        "utb", "alla.csv", HEADER + rows("u", counts, category="narkotika", place="Berga")
    )
    first, _ = judged(three_years.configuration)
    steps.write_text(
        f"fran;stadsdel;kategori;orsak\n{WEEK.plus(-30).monday};Berga;Narkotika;Ny rutin\n",
        encoding="utf-8",
    )
    page = report(three_years.configuration, as_of=datetime.fromisoformat(AS_OF), week=WEEK)
    second = json.loads(page.with_name("lagesbild.json").read_text(encoding="utf-8"))["judgements"]
    before = comparison(first, "cell", "berga", "narkotika")
    after = comparison(second, "cell", "berga", "narkotika")
    assert after["expected"] > before["expected"] + 1
    assert after["verdict"] == "som vanligt"


@pytest.mark.parametrize(
    ("weeks", "verdict", "said"),
    [
        (5, "för litet underlag", "historiken är fem veckor och räcker inte"),
        (20, "kort historik", "historiken är 20 veckor och räcker inte"),
    ],
)
def test_a_short_history_says_so(workspace: Any, weeks: int, verdict: str, said: str) -> None:
    counts = [1 + count for count in quiet(weeks, 2, 4)]
    workspace.drop("ordningsvakter", "alla.csv", HEADER + rows("r", [*counts, 30]))
    judgements, page = judged(workspace.configuration)
    cell = comparison(judgements, "cell", "ryd", "skadegorelse")
    assert cell["verdict"] == verdict
    assert said in page
    assert "Historiken är för kort för att säga vad som är ovanligt." in page


def test_a_notebook_gets_the_verdicts_of_the_page(three_years: Any) -> None:
    three_years.drop("ordningsvakter", "v47.csv", HEADER + rows("n", [13]))
    judgements, _ = judged(three_years.configuration)
    signals = open_workspace(three_years.root).signals(str(WEEK))
    on_page = {
        (each["level"], each["district_id"], each["category_code"]): each["verdict"]
        for each in judgements["comparisons"]
        if each["kind"] == "incident"
    }
    keys = zip(signals["level"], signals["district_id"], signals["category_code"], strict=True)
    in_notebook = dict(zip(keys, signals["verdict"], strict=True))
    assert in_notebook[("cell", "ryd", "skadegorelse")] == "tydlig ökning"
    # the page knows that polisen has been silent: it calls nothing a fall
    same = {key for key, verdict in in_notebook.items() if verdict != "tydlig minskning"}
    assert {key: on_page[key] for key in same} == {key: in_notebook[key] for key in same}
    with pytest.raises(ValueError, match="99"):
        open_workspace(three_years.root).signals("2026-W99")


def test_environment_cases_are_judged_apart(three_years: Any) -> None:
    lamps = rows("l", [*quiet(155, 2, 7), 12], category="trasig belysning", place="Berga")
    three_years.drop("mos", "alla.csv", HEADER + lamps)
    judgements, page = judged(three_years.configuration)
    assert not any(
        each["kind"] == "incident" and each["category_code"] == "fysisk_miljo"
        for each in judgements["comparisons"]
    )
    [cell] = [
        each
        for each in judgements["comparisons"]
        if (each["kind"], each["level"], each["district_id"], each["category_code"])
        == ("environment_case", "cell", "berga", "fysisk_miljo")
    ]
    assert (cell["verdict"], cell["count"]) == ("tydlig ökning", 12)
    assert "12\N{NO-BREAK SPACE}miljöärenden, tydlig ökning." in page

"""Last week's figures as they stand now against when its page was written, and why they differ."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.lagesbild.meeting import LastWeek
from est_pipeline.pipeline import open_store, report, run_week, undo
from est_pipeline.since_last import read_last_week

THEN, NOW = "2026-11-16T09:00:00+01:00", "2026-11-23T09:00:00+01:00"
HEADER = "rapport_id;rapporttyp;start;kategori;plats;antal_händelser;ersätter_rapport_id\n"
WEEK_46 = (
    "1;;2026-11-10 20:00;klotter;Skäggetorps centrum;;\n"
    "2;;2026-11-11 20:00;klotter;Ryds centrum;;\n"
    "3;;2026-11-12 20:00;brand;Berga centrum;2;\n"
    "4;;2026-11-13 20:00;stöld;Stora torget;;\n"
    "5;;2026-11-14 20:00;misshandel;Stora torget;;\n"
    "6;otrygg plats;2026-11-14 20:00;belysning;Berga centrum;;\n"
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def row(text: str) -> str:
    return HEADER + text + "\n"


def last_week(workspace: Any, *, as_of: str = NOW, week: str = "2026-W47") -> LastWeek:
    configuration = workspace.configuration
    with open_store(configuration) as warehouse:
        return read_last_week(
            warehouse, configuration=configuration, week=IsoWeek.parse(week), as_of=at(as_of)
        )


def differences(found: LastWeek, kind: str = "incident") -> dict[str, tuple[int, int]]:
    """Reason -> (change of the sum, reports), without what counts as it did."""
    rows = found.changes[found.changes["kind"].eq(kind) & found.changes["reason"].ne("same")]
    return {
        str(reason): (
            int(part["count_now"].sum() - part["count_then"].sum()),
            int(part["report_count"].sum()),
        )
        for reason, part in rows.groupby("reason")
    }


def assert_adds_up(workspace: Any, found: LastWeek) -> None:
    """The sums at both moments are those of an independent count from the store."""
    columns = {
        "incident": "incident_count",
        "environment_case": "environment_case_count",
        "found_by_effort": "found_by_effort_count",
    }
    with open_store(workspace.configuration) as warehouse:
        for column, moment in (("count_then", found.compared_at), ("count_now", at(NOW))):
            assert moment is not None
            counts = warehouse.weekly_counts(as_of=moment)
            counts = counts[counts["iso_week"].eq("2026-W46")]
            sums = found.changes.groupby("kind")[column].sum()
            for kind, name in columns.items():
                assert int(sums.get(kind, 0)) == int(counts[name].sum()), (kind, column)


@pytest.fixture
def desk(workspace: Any) -> Any:
    """A workspace whose page of week 46 has been issued."""
    workspace.drop("tib", "v46.csv", HEADER + WEEK_46)
    run_week(workspace.configuration, as_of=at(THEN))
    return workspace


@pytest.mark.parametrize(
    ("source_id", "text", "expected"),
    [
        ("tib", "7;;2026-11-10 23:00;klotter;Ryd;;", {"late": (1, 1)}),
        ("utb", "7;;2026-11-10 23:00;klotter;Ryd;3;", {"late": (3, 1)}),
        ("tib", "1;återkallad;;;;;", {"withdrawn": (-1, 1)}),
        ("tib", "7;;2026-11-10 20:00;klotter;Ryds centrum;;1", {"replaced": (0, 2)}),
        ("tib", "1;;2026-11-03 20:00;klotter;Skäggetorps centrum;;", {"week": (-1, 1)}),
        ("tib", "1;;2026-11-10 20:00;brand;Skäggetorps centrum;;", {"category": (0, 1)}),
        ("tib", "1;;2026-11-10 20:00;klotter;Ryds centrum;;", {"district": (0, 1)}),
        ("tib", "3;;2026-11-12 20:00;brand;Berga centrum;5;", {"number": (3, 1)}),
        ("tib", "1;insatsfynd;2026-11-10 20:00;narkotika;Ryd;;", {"kind": (-1, 1)}),
        ("tib", "1;kommande;2026-11-10 20:00;kommande;Ryd;;", {"kind": (-1, 1)}),
        ("polisen", "9;;2026-11-11 20:10;klotter;Ryds centrum;;", {}),  # joins a known incident
        ("tib", "8;;2026-11-18 20:00;klotter;Ryd;;", {}),  # this week
    ],
)
def test_each_reason(desk: Any, source_id: str, text: str, expected: dict[str, Any]) -> None:
    desk.drop(source_id, "sen.csv", row(text))
    desk.take_in("2026-11-20T08:00:00+01:00")
    found = last_week(desk)
    assert found.is_issued_page
    assert differences(found) == expected
    assert_adds_up(desk, found)


def test_a_file_taken_back_and_taken_in_again(desk: Any) -> None:
    undo(desk.configuration, "v46.csv", as_of=at("2026-11-18T08:00:00+01:00"))
    found = last_week(desk)
    assert differences(found) == {"undone": (-6, 5)}
    assert differences(found, "environment_case") == {"undone": (-1, 1)}
    assert_adds_up(desk, found)
    desk.drop("tib", "v46 igen.csv", HEADER + WEEK_46)
    desk.take_in("2026-11-19T08:00:00+01:00")
    assert differences(last_week(desk)) == {}


def test_an_incident_goes_on_when_its_first_report_is_taken_back(workspace: Any) -> None:
    workspace.drop("tib", "a.csv", HEADER + WEEK_46)
    workspace.drop("polisen", "b.csv", row("9;;2026-11-11 20:10;klotter;Ryds centrum;;"))
    run_week(workspace.configuration, as_of=at(THEN))
    workspace.drop("polisen", "c.csv", row("9;återkallad;;;;;"))
    workspace.take_in("2026-11-20T08:00:00+01:00")
    found = last_week(workspace)
    assert sum(change for change, _ in differences(found).values()) == 0
    assert "split" not in differences(found)
    assert_adds_up(workspace, found)


def test_joins_and_splits(workspace: Any) -> None:
    workspace.drop("tib", "a.csv", HEADER + WEEK_46)
    other = "9;;{};klotter;Ryds centrum;;"
    workspace.drop("polisen", "b.csv", row(other.format("2026-11-11 22:30")))
    run_week(workspace.configuration, as_of=at(THEN))
    workspace.drop("polisen", "c.csv", row(other.format("2026-11-11 20:05")))
    workspace.take_in("2026-11-18T08:00:00+01:00")
    found = last_week(workspace)
    assert differences(found) == {"joined": (-1, 1)}
    assert_adds_up(workspace, found)
    text = section_of(report(workspace.configuration, as_of=at(NOW)))
    assert "6 händelser, 7 när den skrevs: en händelse som slagits ihop med en annan." in text
    run_week(
        workspace.configuration, week=IsoWeek.parse("2026-W46"), as_of=at("2026-11-18T09:00+01:00")
    )
    workspace.drop("polisen", "d.csv", row(other.format("2026-11-11 23:59")))
    workspace.take_in("2026-11-19T08:00:00+01:00")
    found = last_week(workspace)
    assert differences(found) == {"split": (1, 1)}
    assert_adds_up(workspace, found)


def section_of(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    begin = text.index('<h2 id="sedan-rubrik">')
    return text[begin : text.index("</section>", begin)].replace("\xa0", " ")


def test_the_page_says_it_in_words(desk: Any) -> None:
    late = "".join(f"u{n};;2026-11-1{n} 12:00;brand;Lambohov;;\n" for n in range(5))
    desk.drop("utb", "sen.csv", HEADER + late)
    desk.drop("sf", "sen.csv", row("s1;;2026-11-10 23:00;klotter;Ryd;;"))
    desk.drop("tib", "rättad.csv", row("1;återkallad;;;;;"))
    done = run_week(desk.configuration, as_of=at(NOW))
    assert done.page is not None
    assert (
        "Vecka 46 har nu 11 händelser, 6 när den skrevs: fem sena rapporter från UTB och en från "
        "SF samt en återkallad rapport från TiB." in section_of(done.page)
    )
    figures = json.loads(done.page.with_suffix(".json").read_text(encoding="utf-8"))
    incidents = figures["since_last"]["figures"][0]
    assert (incidents["count_then"], incidents["count_now"]) == (6, 11)
    assert (
        sum(
            change["count_now"] - change["count_then"]
            for change in figures["since_last"]["changes"]
            if change["kind"] == "incident"
        )
        == 11 - 6
    )


def test_nothing_changed_no_page_and_nothing_known(desk: Any, workspace: Any) -> None:
    assert "Inget har ändrats." in section_of(report(desk.configuration, as_of=at(NOW)))
    page = desk.paths.reports / "intern" / "2026-W46" / "lagesbild.json"
    page.write_text("{", encoding="utf-8")  # half a file is no page
    text = section_of(report(desk.configuration, as_of=at(NOW)))
    assert "Någon lägesbild för vecka 46 har inte skrivits." in text
    assert "känt mån 16 nov 09.00" in text
    early = report(
        desk.configuration, week=IsoWeek.parse("2026-W46"), as_of=at("2026-11-16T10:00:00+01:00")
    )
    assert "Det finns ingen tidigare lägesbild" in section_of(early)


def test_what_the_issued_page_said_counts_though_settings_changed(desk: Any) -> None:
    page = desk.paths.reports / "intern" / "2026-W46" / "lagesbild.json"
    figures = json.loads(page.read_text(encoding="utf-8"))
    figures["total"]["incidents"]["count"] = 8
    page.write_text(json.dumps(figures), encoding="utf-8")
    text = section_of(report(desk.configuration, as_of=at(NOW)))
    assert "har nu 6 händelser, 8 när den skrevs: beslut om vad som är samma händelse" in text
    assert "(−2)" in text


def test_a_page_issued_anew_later_is_not_compared_with_itself(desk: Any) -> None:
    late = "2026-11-23T09:30:00+01:00"
    run_week(desk.configuration, week=IsoWeek.parse("2026-W46"), as_of=at(late))
    found = last_week(desk)
    assert not found.is_issued_page
    assert found.compared_at == at(THEN)


def test_decisions_done_open_and_overdue(desk: Any) -> None:
    head = "typ;id;möte;vad;funktion;klart_senast;läge\n"
    first = (
        "beslut;a;2026-W45;Ronder;väktare;2026-11-10;\n"
        "beslut;b;2026-W45;Lampor;driftansvarig;2026-11-23;\n"
        "beslut;c;2026-W45;Samtal;fältsekreterare;2026-11-20;\n"
        "beslut;d;2026-W45;Gammalt;väktare;2026-11-01;klar\n"
        "beslut;e;2026-W45;Utan dag;väktare;;\n"
    )
    desk.drop("est-gruppen", "m.csv", head + first)
    desk.take_in("2026-11-12T09:00:00+01:00")
    desk.drop("est-gruppen", "n.csv", "typ;id;läge;vad\nbeslut;c;klar;\nbeslut;e;avbruten;\n")
    done = run_week(desk.configuration, as_of=at(NOW))
    assert done.page is not None
    text = section_of(done.page)
    assert "Av fyra beslut är ett klart, två öppna och ett avbrutet; ett skulle redan" in text
    order = [text.index(word) for word in ("Ronder", "Lampor", "Samtal", "Utan dag")]
    assert order == sorted(order)  # overdue, open, done, broken off
    assert "Gammalt" not in text
    assert text.count("försenat") == 1  # what is due today is not late
    figures = json.loads(done.page.with_suffix(".json").read_text(encoding="utf-8"))
    states = {each["own_id"]: each["state"] for each in figures["since_last"]["decisions"]}
    assert states == {"a": "öppen", "b": "öppen", "c": "klar", "e": "avbruten"}


def test_an_open_page_says_nothing_of_the_meeting(desk: Any) -> None:
    settings = desk.paths.settings
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('informationsklass = "intern"', 'informationsklass = "öppen"'),
        encoding="utf-8",
    )
    page = report(desk.configuration, as_of=at(NOW)).read_text(encoding="utf-8")
    for word in ("sedan-rubrik", "beslut-rubrik", "muntligt-rubrik", "motesrad", "borja-motet"):
        assert f'id="{word}"' not in page, word


def test_frames_without_a_row_are_no_fault(workspace: Any) -> None:
    found = last_week(workspace)
    assert found.compared_at is None
    assert isinstance(found.changes, pd.DataFrame)

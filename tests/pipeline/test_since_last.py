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
from est_pipeline.store.warehouse import Warehouse

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
    workspace.take_in("2026-11-16T09:30:00+01:00")
    found = last_week(workspace)
    assert differences(found) == {"joined": (-1, 1)}
    assert_adds_up(workspace, found)
    text = section_of(report(workspace.configuration, as_of=at(NOW)))
    assert "6 händelser, 7 när den skrevs: en händelse som slagits ihop med en annan." in text
    issue_week_46(workspace, "2026-11-16T10:00:00+01:00")
    workspace.drop("polisen", "d.csv", row(other.format("2026-11-11 23:59")))
    workspace.take_in("2026-11-19T08:00:00+01:00")
    found = last_week(workspace)
    assert differences(found) == {"split": (1, 1)}
    assert_adds_up(workspace, found)


def issue_week_46(workspace: Any, as_of: str) -> Path:
    return report(workspace.configuration, week=IsoWeek.parse("2026-W46"), as_of=at(as_of))


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
    assert "har nu 6 händelser, 8 när den skrevs: okänd orsak (−2)." in text
    figures["configuration_checksum"] = "0" * 64
    page.write_text(json.dumps(figures), encoding="utf-8")
    text = section_of(report(desk.configuration, as_of=at(NOW)))
    assert "har nu 6 händelser, 8 när den skrevs: beslut om vad som är samma händelse" in text
    assert "(−2)" in text


def test_a_page_issued_anew_later_is_not_compared_with_itself(desk: Any) -> None:
    late = "2026-11-23T09:30:00+01:00"
    issue_week_46(desk, late)
    found = last_week(desk)
    assert found.is_issued_page
    assert found.compared_at == at(THEN)


FORM = "typ;id;möte;vad;funktion;läge;anteckning\n"
EARLIER = FORM + "beslut;b0;2026-W45;Ronder;väktare;;\n"
OF_THE_MEETING = (
    FORM + "beslut;b0;;;;klar;\n"
    "beslut;v46-a;2026-W46;Byt lampan;driftansvarig;öppen;\n"
    "anteckning;v46-b;2026-W46;;väktare;;Lugnare på torget\n"
)
AFTER_MEETING, WEDNESDAY = "2026-11-16T10:30:00+01:00", "2026-11-18T10:30:00+01:00"
LATE = row("u1;;2026-11-10 12:00;brand;Lambohov;;")


@pytest.fixture
def met_desk(workspace: Any) -> Any:
    """A workspace whose page of week 46 lay on the table, with a decision still open."""
    workspace.drop("tib", "v46.csv", HEADER + WEEK_46)
    workspace.drop("est-gruppen", "v45.csv", EARLIER)
    run_week(workspace.configuration, as_of=at(THEN))
    return workspace


@pytest.mark.parametrize("is_run_between", [False, True])
def test_runs_between_two_meetings_take_nothing_from_the_next_page(
    met_desk: Any, is_run_between: bool
) -> None:
    met_desk.drop("est-gruppen", "v46.csv", OF_THE_MEETING)
    if is_run_between:
        run_week(met_desk.configuration, as_of=at(AFTER_MEETING))
    met_desk.drop("utb", "sen.csv", LATE)
    if is_run_between:
        run_week(met_desk.configuration, as_of=at(WEDNESDAY))
    done = run_week(met_desk.configuration, as_of=at(NOW))
    assert done.page is not None
    text = section_of(done.page)
    assert "har nu 7 händelser, 6 när den skrevs: en sen rapport från UTB." in text
    assert "Av två beslut är ett klart och ett öppet." in text
    assert "Lugnare på torget" in text
    again = report(met_desk.configuration, as_of=at("2026-11-30T09:00:00+01:00"))
    assert "Ett beslut är öppet." in section_of(again)
    assert "Lugnare på torget" not in section_of(again)


def test_a_file_that_only_closes_decisions_ends_the_meeting_too(met_desk: Any) -> None:
    met_desk.drop("est-gruppen", "v46.csv", "typ;id;läge;vad\nbeslut;b0;klar;\n")
    run_week(met_desk.configuration, as_of=at(AFTER_MEETING))
    found = last_week(met_desk)
    assert found.compared_at == at(THEN)
    assert list(found.notes_then["state"]) == ["öppen"]
    assert list(found.notes["state"]) == ["klar"]


def test_the_form_of_the_meeting_before_ends_nothing(met_desk: Any) -> None:
    late = FORM + "beslut;v45-b;2026-W45;Samtal;väktare;;\n"
    met_desk.drop("est-gruppen", "sent.csv", late)
    run_week(met_desk.configuration, as_of=at("2026-11-16T09:20:00+01:00"))
    assert last_week(met_desk).compared_at == at("2026-11-16T09:20:00+01:00")


def test_a_page_first_made_after_the_meeting(workspace: Any) -> None:
    workspace.drop("tib", "v46.csv", HEADER + WEEK_46)
    workspace.drop("est-gruppen", "v45.csv", EARLIER)
    workspace.take_in("2026-11-16T08:00:00+01:00")
    workspace.drop("est-gruppen", "v46.csv", OF_THE_MEETING)
    run_week(workspace.configuration, as_of=at(AFTER_MEETING))
    issue_week_46(workspace, WEDNESDAY)
    found = last_week(workspace)
    assert (found.is_issued_page, found.compared_at) == (True, at(AFTER_MEETING))
    text = section_of(report(workspace.configuration, as_of=at(NOW)))
    assert "Inget har ändrats." in text
    assert "Av två beslut är ett klart och ett öppet." in text


def test_the_same_moment_gives_the_same_page_whatever_is_issued_later(desk: Any) -> None:
    desk.drop("utb", "sen.csv", LATE)
    page = run_week(desk.configuration, as_of=at(NOW)).page
    assert page is not None
    first = page.read_bytes()
    issue_week_46(desk, "2026-11-24T09:00:00+01:00")
    again = report(desk.configuration, week=IsoWeek.parse("2026-W47"), as_of=at(NOW))
    assert again == page
    assert page.read_bytes() == first
    assert not page.with_name("lagesbild-utgava-1.html").exists()


def test_history_that_came_after_the_page_is_late(desk: Any) -> None:
    days = ("07-01", "08-03", "09-04", "10-05", "11-10", "11-11", "11-12")
    rows = "".join(
        f"h{number};2026-{day} 12:00;brand;Lambohov;2026-{day} 13:00\n"
        for number, day in enumerate(days)
    )
    head = "rapport_id;start;kategori;plats;inrapporterad\n"
    desk.drop("utb", "historik.csv", head + rows)
    desk.take_in("2026-11-20T08:00:00+01:00")
    found = last_week(desk)
    assert differences(found) == {"late": (3, 3)}
    text = section_of(report(desk.configuration, as_of=at(NOW)))
    assert "9 händelser, 6 när den skrevs: tre sena rapporter från UTB." in text
    (desk.paths.reports / "intern" / "2026-W46" / "lagesbild.json").unlink()
    assert differences(last_week(desk)) == {}  # without a page: what was known then


def test_what_was_known_and_did_not_count(workspace: Any) -> None:
    other = "7;kommande;2026-11-13 20:00;kommande;Ryd;;\n8;återkallad;;;;;\n"
    workspace.drop("tib", "a.csv", HEADER + WEEK_46 + "8;;2026-11-13 20:00;klotter;Ryd;;\n")
    workspace.take_in("2026-11-15T08:00:00+01:00")
    workspace.drop("tib", "b.csv", HEADER + other)
    run_week(workspace.configuration, as_of=at(THEN))
    both = "7;;2026-11-13 20:00;klotter;Ryd;;\n8;;2026-11-13 21:00;klotter;Ryd;;\n"
    workspace.drop("tib", "c.csv", HEADER + both)
    workspace.take_in("2026-11-20T08:00:00+01:00")
    found = last_week(workspace)
    assert differences(found) == {"counted": (1, 1), "returned": (1, 1)}
    assert_adds_up(workspace, found)


def test_a_row_that_had_been_cut_off(workspace: Any) -> None:
    whole = (
        "start;kategori;plats\n2026-11-10 20:00;klotter;Skäggetorps centrum\n"
        "2026-11-11 20:00;klotter;Ryds centrum bakom\n"
    )
    workspace.drop("tib", "v.csv", whole[:-8])
    run_week(workspace.configuration, as_of=at(THEN))
    workspace.drop("tib", "v.csv", whole)
    workspace.take_in("2026-11-20T08:00:00+01:00")
    found = last_week(workspace)
    assert differences(found) == {"late": (1, 1), "cut": (-1, 1)}
    assert_adds_up(workspace, found)


OLD = (
    FORM + "beslut;g1;2026-W43;Gammalt klart;väktare;klar;\n"
    "beslut;g2;2026-W43;Gammalt öppet;väktare;öppen;\n"
    "anteckning;;2026-W43;;väktare;;Gammal anteckning\n"
)


@pytest.mark.parametrize("has_earlier_page", [False, True])
def test_a_page_from_before_the_last_deadline_tells_no_old_decisions(
    workspace: Any, has_earlier_page: bool
) -> None:
    settings = workspace.paths.settings
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('dag = "måndag"', 'dag = "torsdag"'), encoding="utf-8")
    workspace.drop("est-gruppen", "m43.csv", OLD)
    workspace.drop("tib", "v45.csv", row("1;;2026-11-03 20:00;klotter;Ryd;;"))
    workspace.take_in("2026-11-10T09:00:00+01:00")
    if has_earlier_page:
        report(workspace.configuration, as_of=at("2026-11-12T09:00:00+01:00"))
    of_45 = FORM + "beslut;b;2026-W45;Samtal;väktare;klar;\nanteckning;;2026-W45;;väktare;;Ny\n"
    workspace.drop("est-gruppen", "m45.csv", of_45)
    workspace.take_in("2026-11-12T11:00:00+01:00")
    tuesday = report(
        workspace.configuration,
        week=IsoWeek.parse("2026-W47"),
        as_of=at("2026-11-17T20:00:00+01:00"),
    )
    said = section_of(tuesday)
    assert "Av två beslut är ett klart och ett öppet." in said
    assert [word in said for word in ("Gammalt öppet", "Samtal", "Ny")] == [True] * 3
    assert [word in said for word in ("Gammalt klart", "Gammal anteckning")] == [False] * 2


def test_without_any_comparison_only_what_is_open_is_told(workspace: Any) -> None:
    workspace.drop("est-gruppen", "m43.csv", OLD)
    done = run_week(workspace.configuration, as_of=at(NOW))
    assert done.page is not None
    said = section_of(done.page)
    assert "Ett beslut är öppet." in said
    assert "Gammal anteckning" not in said


def test_a_weeded_week_tells_no_old_decisions(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.drop("est-gruppen", "m43.csv", OLD)
    desk.take_in("2026-11-12T09:00:00+01:00")
    monkeypatch.setattr(Warehouse, "weeded_before_week", lambda _: "2026-W47")
    found = last_week(desk)
    assert (found.is_weeded, found.compared_at, found.is_issued_page) == (True, None, False)
    assert sorted(found.notes_then["own_id"]) == sorted(found.notes["own_id"])


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

"""The meeting's own form: decisions and notes from the inbox to the published table."""

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from est_pipeline.config import Paths
from est_pipeline.domain.meeting import MEETING_COLUMNS
from est_pipeline.pipeline import check, purge, show_purge, undo
from est_pipeline.store.warehouse import Warehouse

HEADER = ";".join(name for name in MEETING_COLUMNS if name != "sparad")  # as filled in by hand
SAVED_HEADER = ";".join(MEETING_COLUMNS)  # as the page saves it
MONDAY, NEXT_MONDAY = "2026-11-23T10:00:00+01:00", "2026-11-30T09:00:00+01:00"
GOOD = (
    "beslut;b1;2026-W47;Klotter varje natt;Mörkt;Ronder kl. 21-01;Skäggetorps centrum;;"
    "Gruppledare för ordningsvakterna;2026-11-30;;\n"
    "beslut;b2;v. 47;Trasig lampa;;Byt lampan;;Ryds;driftansvarig;v. 49;öppen;\n"
    "anteckning;;;;;;;City;kommunpolis;;;Lugnare på torget\n"
)


def form(rows: str, *, header: str = HEADER) -> str:
    return f"\ufeff{header}\n{rows}"


def reasons(receipt: Any) -> dict[int, set[str]]:
    found = receipt.findings.groupby("line_number")["reason_code"]
    return {int(line): set(codes) for line, codes in found}


def sums(receipt: Any) -> tuple[int, ...]:
    return (
        receipt.rows_read,
        receipt.accepted_count,
        receipt.quarantined_count,
        receipt.known_count,
        receipt.left_out_count,
    )


def notes(workspace: Any) -> pd.DataFrame:
    return workspace.table("meeting_note").set_index("own_id")


def test_a_sound_form_is_taken_in_and_published(workspace: Any) -> None:
    workspace.drop("est-gruppen", "möte.csv", form(GOOD))
    [receipt] = workspace.take_in(MONDAY)
    assert sums(receipt) == (3, 3, 0, 0, 0)
    assert receipt.is_meeting_form
    found = notes(workspace)
    assert found.loc["b1", "district_id"] == "skaggetorp"
    assert found.loc["b2", "district_id"] == "ryd"
    assert found.loc["b1", "due_on"] == date(2026, 11, 30)
    assert found.loc["b2", "due_on"] == date(2026, 12, 6)  # a week ends on its Sunday
    assert found.loc[["b1", "b2"], "state"].tolist() == ["öppen", "öppen"]
    assert found.loc["b1", ["lon", "lat", "precision_m"]].notna().all()  # the gazetteer knows it
    assert found.loc["b2", ["lon", "lat", "precision_m"]].isna().all()  # a district is no place
    [note] = found[found["note_type"].eq("anteckning")].to_dict("records")
    assert (note["meeting_week"], note["district_id"]) == ("2026-W47", "city")
    assert pd.isna(note["state"])
    assert len(workspace.reports) == 0
    page = (workspace.paths.receipts / "est-gruppen").glob("*.html")
    assert "mötets blankett" in next(iter(page)).read_text(encoding="utf-8")


def test_the_point_goes_with_the_place_that_is_named_last(workspace: Any) -> None:
    row = "beslut;b1;2026-W47;;;Ronder;{};;kommunpolis;;;\n"
    for number, place in enumerate(("Skäggetorps centrum", "", "Bakom det nya huset"), start=1):
        workspace.drop("est-gruppen", f"m{number}.csv", form(row.format(place)))
        workspace.take_in(f"2026-11-23T1{number}:00:00+01:00")
        found = notes(workspace).loc["b1"]
        assert found["place_text"] == (place or "Skäggetorps centrum")
        assert pd.notna(found["lon"]) == (number < 3)


def test_a_dwelling_is_given_no_point(workspace: Any) -> None:
    place = "Skäggetorps centrum, lägenhet 3 trappor"
    row = f"beslut;b1;2026-W47;;;Hembesök;{place};;kommunpolis;;;\n"
    workspace.drop("est-gruppen", "m.csv", form(row))
    workspace.take_in(MONDAY)
    found = notes(workspace).loc["b1"]
    assert found[["lon", "lat", "precision_m", "place_text"]].isna().all()
    assert found["district_id"] == "skaggetorp"
    [file] = (workspace.paths.receipts / "est-gruppen").glob("*.html")
    assert "1 rad: platsen är en bostad, så bara stadsdelen är sparad." in file.read_text("utf-8")


def test_a_dwelling_takes_the_place_of_what_stood_before(workspace: Any) -> None:
    row = "beslut;b1;2026-W47;;;Hembesök;{};;kommunpolis;;;\n"
    workspace.drop("est-gruppen", "m.csv", form(row.format("Ryds centrum")))
    workspace.take_in(MONDAY)
    dwelling = "Rydsvägen 14 B, lägenhet 1102, trapphuset"
    workspace.drop("est-gruppen", "n.csv", form(row.format(dwelling)))
    workspace.take_in(NEXT_MONDAY)
    assert notes(workspace).loc["b1", ["place_text", "lon"]].isna().all()
    assert "Rydsvägen" not in workspace.table("meeting_note").to_csv()


def test_other_headers_are_understood(workspace: Any) -> None:
    header = "Typ;ID;Vecka;Problem;Trolig orsak;Insats;Plats;Stadsdel;Funktion;Klart senast;Läge"
    row = "Beslut;7;47;Klotter;;Rond;;Övriga Linköping;kommunpolis;2026-11-30;Klart\n"
    workspace.drop("est-gruppen", "m.csv", form(row, header=header))
    [receipt] = workspace.take_in(MONDAY)
    assert sums(receipt) == (1, 1, 0, 0, 0)
    assert notes(workspace).loc["7", ["measure", "district_id", "state"]].tolist() == [
        "Rond",
        "ovriga",
        "klar",
    ]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("förslag;1;;;;Rond;;;kommunpolis;;;", "typ", "okand_typ"),
        (";1;;;;Rond;;;kommunpolis;;;", "typ", "okand_typ"),
        ("beslut;;;Klotter;;;;;kommunpolis;;;", "vad", "vad_saknas"),
        ("beslut;1;;;;Rond;;;;;;", "funktion", "funktion_saknas"),
        ("beslut;1;;;;Rond;;;Kalle Svensson;;;", "funktion", "funktion_ar_person"),
        ("beslut;1;;;;Rond;;;Kommunpolis Eriksson;;;", "funktion", "funktion_ar_person"),
        ("beslut;1;;;;Rond;;;Kommunpolis Anna;;;", "funktion", "funktion_ar_person"),
        ("beslut;1;;;;Rond;;;Rektor Anna, Berga skola;;;", "funktion", "funktion_ar_person"),
        ("beslut;1;;;;Rond;;;kommunpolis;;typ;", "läge", "okant_lage"),
        ("beslut;1;;;;Rond;;Atlantis;kommunpolis;;;", "stadsdel", "okand_stadsdel"),
        ("beslut;1;v. 60;;;Rond;;;kommunpolis;;;", "möte", "mote_olasligt"),
        ("beslut;1;;;;Rond;;;kommunpolis;snart;;", "klart_senast", "dag_olaslig"),
        ("beslut;1;;;;Rond;;;kommunpolis;16 nov 21;;", "klart_senast", "tid_tvetydig"),
        ("beslut;1;2026-W47;;;Rond;;;kommunpolis;2026-01-30;;", "klart_senast", "klart_fore_motet"),
        ("beslut;b1;;;;;;;;2026-01-30;;", "klart_senast", "klart_fore_motet"),
        ("beslut;1;;;;Rond;;;kommunpolis;2026-12;;", "klart_senast", "dag_olaslig"),
        ("beslut;1;;;;Rond;;;kommunpolis;9999-W52;;", "klart_senast", "dag_olaslig"),
        ("beslut;1;;;;Rond;;;kommunpolis;0001-01-01;;", "klart_senast", "dag_olaslig"),
        ("beslut;1;9999-W52;;;Rond;;;kommunpolis;;;", "möte", "mote_olasligt"),
        ("beslut;1;0001-01-01;;;Rond;;;kommunpolis;;;", "möte", "mote_olasligt"),
        ("beslut;99;;;;;;;;;klar;", "id", "okant_beslut"),
        ("beslut;1,23E+11;;;;Rond;;;kommunpolis;;;", "id", "id_avrundat"),
        ("anteckning;1;;Klotter;;;;;;;;", "anteckning", "anteckning_saknas"),
    ],
)
def test_a_faulty_row_is_set_aside_with_its_reason(
    workspace: Any, row: str, column: str, reason: str
) -> None:
    workspace.drop("est-gruppen", "m.csv", form(row + "\n" + GOOD))
    [receipt] = workspace.take_in(MONDAY)
    assert sums(receipt) == (4, 3, 1, 0, 0)
    assert reasons(receipt) == {2: {reason}}
    assert receipt.findings["column"].tolist() == [column]


@pytest.mark.parametrize(
    "function",
    [
        "Rektor Elsa Brändströms skola",
        "Anders Ljungstedts gymnasium",
        "S:t Lars församling",
        "Diakon, Lars församling",
    ],
)
def test_a_function_at_a_place_called_after_a_person_is_none(workspace: Any, function: str) -> None:
    workspace.drop("est-gruppen", "m.csv", form(f"beslut;1;;;;Rond;;;{function};;;\n"))
    [receipt] = workspace.take_in(MONDAY)
    assert receipt.accepted_count == 1
    assert notes(workspace).loc["1", "function_name"] == function


def test_every_fault_of_a_row_in_one_go_and_the_row_can_be_mended(workspace: Any) -> None:
    workspace.drop("est-gruppen", "m.csv", form("beslut;1;x;;;Rond;;Atlantis;;aldrig;kanske;\n"))
    [receipt] = workspace.take_in(MONDAY)
    assert reasons(receipt) == {
        2: {"mote_olasligt", "okand_stadsdel", "funktion_saknas", "dag_olaslig", "okant_lage"}
    }
    [file] = (workspace.paths.quarantine / "est-gruppen").glob("*.csv")
    text = file.read_text(encoding="utf-8-sig")
    mended = text.replace(";x;", ";;").replace("Atlantis;;aldrig;kanske", "Ryd;kommunpolis;;")
    workspace.drop("est-gruppen", "rättad.csv", mended)
    [receipt] = workspace.take_in(NEXT_MONDAY)
    assert sums(receipt) == (1, 1, 0, 0, 0)
    assert notes(workspace).loc["1", "district_id"] == "ryd"


def test_a_row_with_too_many_fields_and_an_open_quote(workspace: Any) -> None:
    workspace.drop("est-gruppen", "m.csv", form(GOOD + "beslut;3;;a;b;c;d;e;f;g;h;i;j;k\n"))
    [receipt] = workspace.take_in(MONDAY)
    assert sums(receipt) == (4, 3, 1, 0, 0)
    workspace.drop("est-gruppen", "n.csv", form(GOOD + 'beslut;4;;"öppet\n'))
    [receipt] = workspace.take_in(NEXT_MONDAY)
    assert receipt.reason_code == "trasig_csv"


def test_no_person_is_kept(workspace: Any) -> None:
    row = (
        "beslut;19811228-9874;;Anna Lind ringde 070-123 45 67;ABC 123 kör runt;"
        "Prata med Erik Svensson, 811228-9874;;;kommunpolis;;;mejl: erik@exempel.se\n"
    )
    workspace.drop("est-gruppen", "m.csv", form(row))
    [receipt] = workspace.take_in(MONDAY)
    assert receipt.accepted_count == 1
    assert sum(receipt.masked.values()) >= 5
    stored = (
        "".join(
            file.read_text(encoding="utf-8-sig")
            for folder in (workspace.paths.receipts, workspace.paths.quarantine)
            for file in folder.rglob("*.*")
        )
        + workspace.table("meeting_note").to_csv()
    )
    for word in ("Lind", "070-123", "ABC 123", "Svensson", "811228", "exempel.se"):
        assert word not in stored, word


def test_markup_and_formulas_are_text(workspace: Any) -> None:
    rows = 'beslut;1;;"<script>alert(1)</script>";;"\'=HYPERLINK(""http://x"")";;;kommunpolis;;;\n'
    workspace.drop("est-gruppen", "m.csv", form(rows))
    workspace.take_in(MONDAY)
    found = notes(workspace).loc["1"]
    assert found["problem"] == "<script>alert(1)</script>"
    assert found["measure"] == '=HYPERLINK("http://x")'


def test_a_later_row_changes_a_decision_and_leaves_the_rest(workspace: Any) -> None:
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    workspace.take_in(MONDAY)
    workspace.drop("est-gruppen", "n.csv", form("beslut;b1;;;;;;;;;klar;\n"))
    [receipt] = workspace.take_in(NEXT_MONDAY)
    assert sums(receipt) == (1, 1, 0, 0, 0)
    found = notes(workspace).loc["b1"]
    assert found[["state", "measure", "district_id", "meeting_week"]].tolist() == [
        "klar",
        "Ronder kl. 21-01",
        "skaggetorp",
        "2026-W47",
    ]
    before = datetime.fromisoformat("2026-11-24T00:00:00+01:00")
    with Warehouse.open(workspace.paths) as warehouse:
        then = warehouse.meeting_notes(as_of=before).set_index("own_id")
        assert then.loc["b1", "state"] == "öppen"
        never = datetime.fromisoformat("2026-11-20T00:00:00+01:00")
        assert warehouse.meeting_notes(as_of=never).empty


def test_the_same_form_again_is_known_and_an_old_one_does_not_win(workspace: Any) -> None:
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    workspace.take_in(MONDAY)
    workspace.drop("est-gruppen", "n.csv", form("beslut;b1;;;;;;;;;avbruten;Annan väg\n"))
    workspace.take_in("2026-11-24T10:00:00+01:00")
    workspace.drop("est-gruppen", "m igen.csv", form(GOOD))
    [receipt] = workspace.take_in(NEXT_MONDAY)
    assert sums(receipt) == (3, 0, 0, 3, 0)
    assert notes(workspace).loc["b1", "state"] == "avbruten"
    workspace.drop("est-gruppen", "fler.csv", form(GOOD + "anteckning;;;;;;;;;;;Ny\n" * 2))
    [receipt] = workspace.take_in("2026-12-01T10:00:00+01:00")
    assert sums(receipt) == (5, 1, 0, 4, 0)


def saved(*rows: str, at: str) -> str:
    """The form as the page saves it, all its rows at one moment."""
    return form("".join(f"{row};{at}\n" for row in rows), header=SAVED_HEADER)


NEW = "beslut;v47-a;2026-W47;;;{};;Ryd;kommunpolis;{};öppen;"
CLOSE = "beslut;v47-a;{};;;;;;;;klar;"
REOPEN = "beslut;v47-a;{};;;;;;;;öppen;"


@pytest.mark.parametrize("number", range(6))
def test_of_two_saves_dropped_together_the_later_one_counts(workspace: Any, number: int) -> None:
    first = saved(NEW.format(f"Lampa {number}", "2026-11-27"), at="2026-11-23T10:00:00+01:00")
    then = saved(NEW.format(f"Lampor {number}", "2026-12-04"), at="2026-11-23T10:20:00+01:00")
    workspace.drop("est-gruppen", "mote (1).csv", then)
    workspace.drop("est-gruppen", "mote.csv", first)
    workspace.take_in("2026-11-23T11:00:00+01:00")
    assert notes(workspace).loc["v47-a", "measure"] == f"Lampor {number}"


def test_a_clock_that_is_fast_still_tells_the_two_saves_apart(workspace: Any) -> None:
    early, late = "2026-11-23T12:00:00+01:00", "2026-11-23T12:20:00+01:00"
    workspace.drop("est-gruppen", "a.csv", saved(NEW.format("Senare", ""), at=late))
    workspace.drop("est-gruppen", "b.csv", saved(NEW.format("Tidigare", ""), at=early))
    workspace.take_in("2026-11-23T11:00:00+01:00")
    assert notes(workspace).loc["v47-a", "measure"] == "Senare"
    by_hand = "beslut;v47-a;;;;Ändrat sedan;;;;;;\n"  # the meeting of the last full week
    workspace.drop("est-gruppen", "c.csv", form(by_hand))
    [receipt] = workspace.take_in("2026-11-23T11:10:00+01:00")
    assert receipt.accepted_count == 1
    # what came at eleven was not saved after that
    assert notes(workspace).loc["v47-a", "measure"] == "Ändrat sedan"


def test_a_decision_can_be_closed_reopened_and_closed_again(workspace: Any) -> None:
    workspace.drop("est-gruppen", "v47.csv", saved(NEW.format("Rond", ""), at=MONDAY))
    workspace.take_in(MONDAY)
    for week, row, state in ((48, CLOSE, "klar"), (49, REOPEN, "öppen"), (50, CLOSE, "klar")):
        at = f"2026-12-{7 * (week - 48) + 1:02}T10:00:00+01:00"
        workspace.drop("est-gruppen", f"v{week}.csv", saved(row.format(f"2026-W{week}"), at=at))
        [receipt] = workspace.take_in(at)
        assert sums(receipt) == (1, 1, 0, 0, 0)
        assert notes(workspace).loc["v47-a", ["state", "meeting_week"]].tolist() == [
            state,
            "2026-W47",
        ]


@pytest.mark.parametrize("is_saved_by_the_page", [True, False])
def test_a_known_row_does_not_reopen_a_decision(workspace: Any, is_saved_by_the_page: bool) -> None:
    header = SAVED_HEADER if is_saved_by_the_page else HEADER
    at = ";2026-11-23T10:00:00+01:00" if is_saved_by_the_page else ""
    old = f"{NEW.format('Rond', '')}{at}\nbeslut;v47-b;2026-W47;;;Lampa;;;{{}};;öppen;{at}\n"
    workspace.drop("est-gruppen", "m.csv", form(old.format("Kalle Svensson"), header=header))
    workspace.take_in(MONDAY)
    workspace.drop("est-gruppen", "n.csv", form(CLOSE.format("2026-W48") + "\n"))
    workspace.take_in(NEXT_MONDAY)
    workspace.drop("est-gruppen", "rättad.csv", form(old.format("driftansvarig"), header=header))
    [receipt] = workspace.take_in("2026-12-02T10:00:00+01:00")
    assert sums(receipt) == (2, 1, 0, 1, 0)
    assert notes(workspace).loc[["v47-a", "v47-b"], "state"].tolist() == ["klar", "öppen"]


@pytest.mark.parametrize(
    ("cell", "reason"), [("nyss", "tid_olaslig"), ("16 nov 21", "tid_tvetydig")]
)
def test_a_row_must_say_readably_when_it_was_saved(workspace: Any, cell: str, reason: str) -> None:
    workspace.drop("est-gruppen", "m.csv", saved(NEW.format("Rond", ""), at=cell))
    [receipt] = workspace.take_in(MONDAY)
    assert reasons(receipt) == {2: {reason}}
    assert receipt.findings["column"].tolist() == ["sparad"]


def test_a_hyphen_empties_a_cell(workspace: Any) -> None:
    whole = "beslut;b1;2026-W47;Klotter;Mörkt;Rond;{};{};kommunpolis;{};;{}\n"
    workspace.drop(
        "est-gruppen", "m.csv", form(whole.format("Ryds centrum", "", "2026-12-04", "Snart"))
    )
    workspace.take_in(MONDAY)
    workspace.drop("est-gruppen", "n.csv", form("beslut;b1;;-;–;;;;;;;\n"))
    workspace.take_in("2026-11-24T10:00:00+01:00")
    found = notes(workspace).loc["b1"]
    assert found[["problem", "likely_cause"]].isna().all()
    assert found[["place_text", "comment"]].tolist() == ["Ryds centrum", "Snart"]
    workspace.drop("est-gruppen", "o.csv", form(whole.format("-", "", "-", "-")))
    workspace.take_in("2026-11-25T10:00:00+01:00")
    found = notes(workspace).loc["b1"]
    gone = ["place_text", "district_id", "lon", "due_on", "comment"]
    assert found[gone].isna().all()  # the district went with the place that had given it
    assert found["problem"] == "Klotter"


def test_a_hyphen_is_no_id_no_measure_and_no_function(workspace: Any) -> None:
    rows = "beslut;-;-;-;-;Rond;-;-;kommunpolis;-;-;-\nbeslut;-;-;-;-;-;-;-;-;-;-;-\n"
    workspace.drop("est-gruppen", "m.csv", form(rows))
    [receipt] = workspace.take_in(MONDAY)
    assert reasons(receipt) == {3: {"vad_saknas"}}
    assert notes(workspace)["meeting_week"].tolist() == ["2026-W47"]


def test_a_note_that_is_taken_back_is_gone_and_can_come_again(workspace: Any) -> None:
    note = "anteckning;v47-n;2026-W47;;;;;City;;;{};Lugnt"
    steps = (("", "10:00", 1), ("avbruten", "10:10", 0), ("öppen", "10:20", 1))
    for state, clock, count in steps:
        at = f"2026-11-23T{clock}:00+01:00"
        workspace.drop("est-gruppen", f"m{state}.csv", saved(note.format(state), at=at))
        workspace.take_in(at)
        assert len(notes(workspace)) == count


@pytest.mark.parametrize(
    "row",
    [
        "beslut;b1;2026-W48;;;Annat;;;väktare;;;",
        "beslut;b1;;;;Annat;;;väktare;;;",  # the last full week, which is another one
        "anteckning;b1;2026-W47;;;;;;;;;Lugnt på torget",
    ],
)
def test_an_id_is_not_used_again_for_something_else(workspace: Any, row: str) -> None:
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    workspace.take_in(MONDAY)
    workspace.drop("est-gruppen", "n.csv", form(row + "\n"))
    [receipt] = workspace.take_in(NEXT_MONDAY)
    assert sums(receipt) == (1, 0, 1, 0, 0)
    assert reasons(receipt) == {2: {"id_anvands"}}
    assert receipt.findings["column"].tolist() == ["id"]
    assert notes(workspace).loc["b1", "measure"] == "Ronder kl. 21-01"


def test_an_id_stands_for_one_thing_within_a_file(workspace: Any) -> None:
    rows = (
        "beslut;1;2026-W47;;;Rond;;;kommunpolis;;;\n"
        "anteckning;1;2026-W47;;;;;;;;;Lugnt på torget\n"
        "beslut;1;2026-W47;;;Lampor;;;driftansvarig;;;\n"
        "beslut;1;;;;;;;;;klar;\n"  # a change is none
        "beslut;1;2026-W47;;;Rond;;;kommunpolis;;;\n"  # nor is the same row
    )
    workspace.drop("est-gruppen", "m.csv", form(rows))
    [receipt] = workspace.take_in(MONDAY)
    assert reasons(receipt) == {3: {"id_anvands"}, 4: {"id_anvands"}}
    assert notes(workspace)["measure"].tolist() == ["Rond"]


def test_two_saves_in_one_file_are_versions_of_one_decision(workspace: Any) -> None:
    rows = "".join(
        f"{NEW.format(measure, '')};2026-11-23T{clock}:00+01:00\n"
        for measure, clock in (("Lampor", "10:20"), ("Lampa", "10:00"))
    )
    workspace.drop("est-gruppen", "m.csv", form(rows, header=SAVED_HEADER))
    [receipt] = workspace.take_in("2026-11-23T11:00:00+01:00")
    assert sums(receipt) == (2, 2, 0, 0, 0)
    assert notes(workspace).loc["v47-a", "measure"] == "Lampor"


def test_the_same_row_without_its_meeting_is_known_the_week_after_too(workspace: Any) -> None:
    rows = "beslut;1;;;;Rond;;;kommunpolis;;;\n"
    workspace.drop("est-gruppen", "m.csv", form(rows))
    workspace.take_in(MONDAY)
    workspace.drop("est-gruppen", "n.csv", form(rows + "beslut;2;;;;Ny;;;kommunpolis;;;\n"))
    [receipt] = workspace.take_in(NEXT_MONDAY)
    assert sums(receipt) == (2, 1, 0, 1, 0)
    assert notes(workspace).loc[["1", "2"], "meeting_week"].tolist() == ["2026-W47", "2026-W48"]


@pytest.mark.parametrize(
    ("cell", "due_on"),
    [
        ("v. 25", date(2027, 6, 27)),
        ("v. 47", date(2026, 11, 22)),
        ("v. 53", date(2027, 1, 3)),
        ("46", date(2027, 11, 21)),
        ("v. 2 2027", date(2027, 1, 17)),
        ("2027 v 2", date(2027, 1, 17)),
    ],
)
@pytest.mark.parametrize("is_change", [False, True])
def test_a_week_is_the_first_one_from_the_meeting_on(
    workspace: Any, cell: str, due_on: date, is_change: bool
) -> None:
    row = "beslut;b;2026-W47;;;Rond;;;kommunpolis;{};;\n"
    workspace.drop("est-gruppen", "m.csv", form(row.format("" if is_change else cell)))
    workspace.take_in(MONDAY)
    if is_change:
        workspace.drop("est-gruppen", "n.csv", form(f"beslut;b;;;;;;;;{cell};;\n"))
        workspace.take_in(NEXT_MONDAY)
    assert notes(workspace).loc["b", "due_on"] == due_on


def test_a_change_is_due_no_earlier_than_the_decision_was_made(workspace: Any) -> None:
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    workspace.take_in(MONDAY)
    workspace.drop("est-gruppen", "n.csv", form("beslut;b1;;;;;;;;2026-06-21;;\n"))
    [receipt] = workspace.take_in(NEXT_MONDAY)
    assert reasons(receipt) == {2: {"klart_fore_motet"}}


def test_a_fault_of_the_program_sets_one_file_aside(
    workspace: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("est_pipeline.ingest.intake.check_notes", fail)
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    workspace.drop("sf", "r.csv", "rapporttyp;start;kategori;plats\n;2026-11-17;klotter;Ryd\n")
    by_name = {receipt.file_name: receipt for receipt in workspace.take_in(MONDAY)}
    assert by_name["m.csv"].reason_code == "programfel"
    assert "Felet ligger i programmet" in by_name["m.csv"].refused_because
    assert by_name["r.csv"].accepted_count == 1
    assert "ZeroDivisionError" in caplog.text  # for whoever mends it
    monkeypatch.undo()
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    [receipt] = workspace.take_in(NEXT_MONDAY)
    assert sums(receipt) == (3, 3, 0, 0, 0)


def test_undo_takes_back_what_the_file_said(workspace: Any) -> None:
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    workspace.take_in(MONDAY)
    workspace.drop("est-gruppen", "n.csv", form("beslut;b1;;;;;;;;;klar;\n"))
    workspace.take_in(NEXT_MONDAY)
    at = datetime.fromisoformat("2026-12-01T10:00:00+01:00")
    done = undo(workspace.configuration, "n.csv", as_of=at)
    assert "1 rad med beslut eller anteckning är återtagen" in done.sentence
    assert notes(workspace).loc["b1", "state"] == "öppen"
    undo(workspace.configuration, "m.csv", as_of=at)
    assert notes(workspace).empty
    with Warehouse.open(workspace.paths) as warehouse:
        then = warehouse.meeting_notes(as_of=datetime.fromisoformat(NEXT_MONDAY))
        assert then.set_index("own_id").loc["b1", "state"] == "klar"
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    [receipt] = workspace.take_in("2026-12-02T10:00:00+01:00")
    assert sums(receipt) == (3, 3, 0, 0, 0)


def test_a_change_without_its_decision_is_none(workspace: Any) -> None:
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    workspace.drop("est-gruppen", "n.csv", form("beslut;b1;;;;;;;;;klar;\n"))
    workspace.take_in(MONDAY)
    undo(workspace.configuration, "m.csv", as_of=datetime.fromisoformat(NEXT_MONDAY))
    assert notes(workspace).empty


def test_check_says_what_would_become_of_it(workspace: Any, tmp_path: Any) -> None:
    file = tmp_path / "m.csv"
    file.write_text(form(GOOD), encoding="utf-8")
    receipt = check(
        workspace.configuration,
        file,
        source_id="est-gruppen",
        as_of=datetime.fromisoformat(MONDAY),
    )
    assert sums(receipt) == (3, 3, 0, 0, 0)


def test_only_the_sources_of_the_configuration_deliver_it(workspace: Any) -> None:
    workspace.drop("sf", "m.csv", form(GOOD))
    [receipt] = workspace.take_in(MONDAY)
    assert receipt.reason_code == "inte_motets_kalla"
    settings = workspace.paths.settings
    text = settings.read_text(encoding="utf-8")
    assert 'beslut_fran = "est-gruppen"' in text
    text = text.replace('beslut_fran = "est-gruppen"', 'beslut_fran = ["est-gruppen", "sf"]')
    settings.write_text(text, encoding="utf-8")
    workspace.drop("sf", "n.csv", form(GOOD + "anteckning;;;;;;;;;;;Ny\n"))
    [receipt] = workspace.take_in(NEXT_MONDAY)
    assert sums(receipt) == (4, 4, 0, 0, 0)


def test_the_group_can_still_report_on_the_reporting_form(workspace: Any) -> None:
    workspace.drop(
        "est-gruppen", "r.csv", "rapporttyp;start;kategori;plats\nhändelse;2026-11-17;klotter;Ryd\n"
    )
    [receipt] = workspace.take_in(MONDAY)
    assert sums(receipt) == (1, 1, 0, 0, 0)
    assert not receipt.is_meeting_form
    assert len(workspace.reports) == 1


def test_a_store_of_an_earlier_version_is_brought_up(workspace: Any) -> None:
    paths: Paths = workspace.paths
    with Warehouse.open(paths) as warehouse:
        warehouse._database.connection.execute("DROP TABLE meeting_note")
        warehouse._database.connection.execute("UPDATE schema_version SET version = 2")
    workspace.drop("est-gruppen", "m.csv", form(GOOD))
    [receipt] = workspace.take_in(MONDAY)
    assert receipt.accepted_count == 3
    assert len(notes(workspace)) == 3


def test_decisions_are_weeded_as_reports_are(workspace: Any) -> None:
    settings = workspace.paths.settings
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('gallringsbeslut = ""', 'gallringsbeslut = "KS 1"').replace(
            "rapporter_manader = 60", "rapporter_manader = 1"
        ),
        encoding="utf-8",
    )
    late = "beslut;b9;2026-W47;;;Ronder;;;kommunpolis;2027-02-20;;\n"
    workspace.drop("est-gruppen", "m.csv", form(GOOD + late))
    workspace.take_in(MONDAY)
    now = datetime.fromisoformat("2027-02-10T10:00:00+01:00")
    plan = show_purge(workspace.configuration, as_of=now, now=now)
    assert plan.report_count == 3
    purge(workspace.configuration, plan_code=plan.code, as_of=now, now=now)
    assert notes(workspace).index.tolist() == ["b9"]  # it is not due yet
    assert workspace.status("2027-02-10T10:00:00+01:00")["files"][0]["file_name"] == "m.csv"


@pytest.fixture
def short(workspace: Any) -> Any:
    """A workspace that keeps reports for a month."""
    settings = workspace.paths.settings
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('gallringsbeslut = ""', 'gallringsbeslut = "KS 1"').replace(
            "rapporter_manader = 60", "rapporter_manader = 1"
        ),
        encoding="utf-8",
    )
    return workspace


def weed(workspace: Any, at: str) -> int:
    now = datetime.fromisoformat(at)
    plan = show_purge(workspace.configuration, as_of=now, now=now)
    if plan.report_count:
        purge(workspace.configuration, plan_code=plan.code, as_of=now, now=now)
    return int(plan.report_count)


@pytest.mark.parametrize("more", ["", "beslut;b8;2026-W47;;;Annat;;;kommunpolis;;;\n"])
def test_what_is_dropped_again_after_weeding_does_not_live_its_time_once_more(
    short: Any, more: str
) -> None:
    old = form("beslut;b1;2026-W30;;;Öppet;;;kommunpolis;;;\n")
    short.drop("est-gruppen", "m.csv", old)
    short.take_in("2026-08-03T10:00:00+02:00")
    assert weed(short, "2026-11-23T10:00:00+01:00") == 1
    short.drop("est-gruppen", "m.csv", old + more)
    short.take_in("2026-11-24T10:00:00+01:00")
    assert "b1" in notes(short).index
    assert weed(short, "2026-11-25T10:00:00+01:00") == 1
    assert "b1" not in notes(short).index


def test_an_open_decision_lives_its_time_from_its_latest_version(short: Any) -> None:
    row = "beslut;b1;2026-W30;;;Öppet;;;kommunpolis;;;\n"
    short.drop("est-gruppen", "m.csv", form(row))
    short.take_in("2026-08-03T10:00:00+02:00")
    short.drop("est-gruppen", "n.csv", form("beslut;b1;;;;;;;;;;Väntar på anbud\n"))
    short.take_in("2026-10-26T10:00:00+01:00")
    assert weed(short, "2026-11-16T10:00:00+01:00") == 0
    short.drop("est-gruppen", "o.csv", form(row + "anteckning;;2026-W46;;;;;;;;;Ny\n"))
    short.take_in("2026-11-17T10:00:00+01:00")  # shown once more: no later version
    assert weed(short, "2026-12-14T10:00:00+01:00") == 1
    assert "b1" not in notes(short).index

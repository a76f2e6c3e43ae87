"""Rows that come late, grow, are corrected, taken back, or were loaded as history."""

from pathlib import Path
from typing import Any

import pytest

HEAD = "rapport_id;start;inrapporterad;kategori;plats\n"
BARE = "start;kategori;plats\n"


def test_a_file_copied_half_way_leaves_no_row_cut_in_two(workspace: Any) -> None:
    whole = BARE + "2026-11-16 21:30;brand;Ryd\n2026-11-17 22:00;klotter;Berga centrum\n"
    cut = whole.encode()[: whole.index(" centrum")]
    workspace.drop("tib", "rapport.csv", cut)
    [first] = workspace.take_in("2026-11-18T08:00:00+01:00")
    assert first.accepted_count == 2, "nothing tells a cut row that has all its fields"
    assert set(workspace.reports["district_id"]) == {"ryd", "berga"}

    workspace.drop("tib", "rapport.csv", whole)
    [second] = workspace.take_in("2026-11-18T09:00:00+01:00")
    assert (second.accepted_count, second.known_count) == (1, 1)
    assert second.goes_on_from_cut_file
    reports = workspace.reports
    assert len(reports) == 2
    assert sorted(reports["line_number"]) == [2, 3]
    assert "Berga centrum" in set(reports["place_name"])


def test_what_was_known_before_the_whole_file_came_can_be_rebuilt(workspace: Any) -> None:
    whole = BARE + "2026-11-16 21:30;brand;Ryd\n2026-11-17 22:00;klotter;Berga centrum\n"
    workspace.drop("tib", "a.csv", whole.encode()[: whole.index(" centrum")])
    workspace.take_in("2026-11-18T08:00:00+01:00")
    workspace.drop("tib", "a.csv", whole)
    workspace.take_in("2026-11-18T09:00:00+01:00")
    workspace.take_in("2026-11-18T08:30:00+01:00")  # publishes what was known then
    assert set(workspace.reports["place_name"].dropna()) == set()
    assert len(workspace.reports) == 2


@pytest.mark.parametrize("end", ["\n", ""])
def test_a_file_that_only_grows_withdraws_nothing(workspace: Any, end: str) -> None:
    first = BARE + "2026-11-16 21:30;brand;Ryd"
    workspace.drop("tib", "logg.csv", first + end)
    workspace.take_in("2026-11-17T08:00:00+01:00")
    workspace.drop("tib", "logg.csv", first + "\n2026-11-17 22:00;klotter;Berga\n")
    [receipt] = workspace.take_in("2026-11-18T08:00:00+01:00")
    assert (receipt.accepted_count, receipt.known_count) == (1, 1)
    assert not receipt.goes_on_from_cut_file
    assert len(workspace.reports) == 2


@pytest.mark.parametrize(
    "row",
    [
        "7;återkallad;;;\n",
        "7;Makulerad;2026-11-16;brand;Ryd\n",
        "8;återkallas;;;7\n",
    ],
)
def test_a_report_taken_back_counts_no_longer(workspace: Any, row: str) -> None:
    head = "rapport_id;rapporttyp;start;kategori;ersätter_rapport_id\n"
    workspace.drop("tib", "a.csv", head + "7;händelse;2026-11-16 21:30;brand;\n")
    workspace.take_in("2026-11-17T08:00:00+01:00")
    workspace.drop("tib", "b.csv", head + row)
    [receipt] = workspace.take_in("2026-11-18T08:00:00+01:00")
    assert receipt.accepted_count == 1
    assert workspace.reports.empty
    # what was known before stays what it was
    workspace.take_in("2026-11-17T09:00:00+01:00")
    assert len(workspace.reports) == 1


def test_taking_back_needs_a_number(workspace: Any) -> None:
    workspace.drop(
        "tib", "a.csv", "rapport_id;rapporttyp;start;kategori\n;återkallad;2026-11-16;brand\n"
    )
    [receipt] = workspace.take_in()
    assert receipt.findings["reason_code"].to_list() == ["aterkallad_utan_id"]


def test_the_first_file_of_a_source_that_reaches_far_back_is_history(workspace: Any) -> None:
    history = (
        HEAD
        + "1;2026-03-02 21:30;2026-03-03 08:00;brand;Ryd\n"
        + "2;2026-09-01 10:00;2026-09-02 08:00;klotter;Ryd\n"
        + "3;2026-11-17 10:00;;klotter;Ryd\n"
    )
    workspace.drop("tib", "historik.csv", history)
    [receipt] = workspace.take_in("2026-11-20T08:00:00+01:00")
    assert receipt.is_history
    for moment, known in [
        ("2026-03-03T07:00:00+01:00", 0),
        ("2026-03-03T09:00:00+01:00", 1),
        ("2026-11-19T09:00:00+01:00", 2),
        ("2026-11-20T09:00:00+01:00", 3),
    ]:
        workspace.take_in(moment)
        assert len(workspace.reports) == known, moment
    # a source whose history is known has reported, as far as was known then
    sources = {s["source_id"]: s for s in workspace.status("2026-03-05T09:00:00+01:00")["sources"]}
    assert sources["tib"]["state"] == "i tid"

    workspace.drop("tib", "senare.csv", HEAD + "4;2026-03-02 23:30;2026-03-03 09:00;brand;Ryd\n")
    [later] = workspace.take_in("2026-11-21T08:00:00+01:00")
    assert not later.is_history, "only the first files are history; this row came late"
    assert later.late_weeks == {"2026-W10": 1}


def test_late_rows_are_told_by_week_and_known_ones_are_not(workspace: Any) -> None:
    rows = "1;2026-11-02 21:30;;brand;Ryd\n2;2026-11-18 21:30;;brand;Ryd\n"
    workspace.drop("tib", "a.csv", HEAD + rows)
    [first] = workspace.take_in("2026-11-23T08:00:00+01:00")
    assert first.late_weeks == {"2026-W45": 1}
    workspace.drop("tib", "b.csv", HEAD + rows + "3;2026-11-10 10:00;;brand;Ryd\n")
    [second] = workspace.take_in("2026-11-23T09:00:00+01:00")
    assert second.late_weeks == {"2026-W46": 1}


def test_a_file_that_changes_under_way_is_refused_not_mixed(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from est_pipeline import deliveries

    moved = deliveries.move_to_archive

    def move_and_grow(file: Path, target: Path) -> None:
        moved(file, target)
        with target.open("a") as stream:
            stream.write("2;2026-11-17;;brand;Ryd\n")

    monkeypatch.setattr(deliveries, "move_to_archive", move_and_grow)
    workspace.drop("tib", "a.csv", HEAD + "1;2026-11-16;;brand;Ryd\n")
    [receipt] = workspace.take_in()
    assert receipt.reason_code == "fil_andrad"
    assert workspace.reports.empty


def test_leading_zeros_that_a_spreadsheet_ate_come_back(workspace: Any) -> None:
    (workspace.paths.sources / "tib.toml").write_text("id_siffror = 6\n", encoding="utf-8")
    workspace.drop("tib", "a.csv", HEAD + "001234;2026-11-16;;brand;Ryd\n")
    workspace.take_in("2026-11-17T08:00:00+01:00")
    workspace.drop(
        "tib", "b.csv", HEAD + "1234;2026-11-16;;klotter;Ryd\nA12;2026-11-16;;brand;Ryd\n"
    )
    workspace.take_in("2026-11-18T08:00:00+01:00")
    found = workspace.reports.set_index("report_id")["category_code"]
    assert found.to_dict() == {"tib:001234": "skadegorelse", "tib:A12": "brand"}

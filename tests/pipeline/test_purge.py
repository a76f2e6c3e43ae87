"""Weeding: nothing without a decision, nothing but what was shown, and then gone everywhere."""

import csv
import hashlib
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from est_pipeline import pipeline, retention
from est_pipeline.errors import ConfigError, PurgeError, StorageError, WeekError
from est_pipeline.retention import deletion, old_files
from est_pipeline.status import describe
from est_pipeline.store.warehouse import Warehouse

DECISION = "KS 2024-17, § 12"
HEADER = "rapport_id;start;inrapporterad;kategori;plats;fritext;ersätter_rapport_id\n"
NOW = datetime.fromisoformat("2025-06-02T12:00:00+02:00")
MARKER = "Zebrafontänen"  # the free text of weeded rows, kept as published by its source
KEPT = "Kvarblivande"  # that of rows that stay


def name_decision(workspace: Any, **months: int) -> None:
    text = workspace.paths.settings.read_text(encoding="utf-8")
    text = text.replace('gallringsbeslut = ""', f'gallringsbeslut = "{DECISION}"')
    for key, value in months.items():
        before, after = text.split(f"{key} = ", 1)
        text = f"{before}{key} = {value}\n" + after.split("\n", 1)[1]
    workspace.paths.settings.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, desk_at: Any) -> Any:
    """A workspace with reports of 2019 (five years and more ago) and of 2025, as they came."""
    desk = desk_at(tmp_path_factory.mktemp("gallring") / "arbetsmapp")
    source = desk.paths.sources / "tib.toml"
    lines = source.read_text(encoding="utf-8").splitlines()
    own = [line for line in lines if not line.startswith("fritext")]
    source.write_text("\n".join(['fritext = "offentlig"', *own]) + "\n", encoding="utf-8")
    desk.drop(
        "tib",
        "Sjökort lista.csv",
        HEADER
        + f"a1;2019-03-05 21:30;2019-03-06;brand;Ryd;{MARKER} brann;\n"
        + f"a2;2019-03-07 21:30;2019-03-08;brand;Berga;{MARKER} igen;\n"
        + f"a3;fel;2019-03-08;brand;Berga;{MARKER} fel;\n",
    )
    desk.take_in("2019-03-11T08:00:00+01:00")
    desk.drop("tib", "v11.csv", HEADER + f"a4;2019-03-12 10:00;;klotter;Ryd;{MARKER} 3;\n")
    desk.take_in("2019-03-18T08:00:00+01:00")
    desk.drop("tib", "ny.csv", HEADER + f"n1;2025-05-20 10:00;;brand;Ryd;{KEPT};\n")
    desk.take_in("2025-05-26T08:00:00+02:00")
    return desk


@pytest.fixture
def old(template: Any, tmp_path: Path, desk_of: Any) -> Any:
    """A copy of that workspace."""
    return desk_of(Path(shutil.copytree(template.root, tmp_path / "arbetsmapp")))


def plan(workspace: Any, as_of: datetime = NOW) -> retention.PurgePlan:
    return pipeline.show_purge(workspace.configuration, as_of=as_of, now=NOW)


def carry_out(workspace: Any, code: str, as_of: datetime = NOW, now: datetime = NOW) -> Any:
    return pipeline.purge(workspace.configuration, plan_code=code, as_of=as_of, now=now)


def purge(workspace: Any) -> Any:
    return carry_out(workspace, plan(workspace).code)


def tree(root: Path) -> dict[str, str]:
    return {
        file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in root.rglob("*")
        if file.is_file() and file.name != "est.lock"
    }


def report_ids(workspace: Any) -> list[str]:
    return sorted(workspace.reports["report_id"])


def log_rows(workspace: Any) -> list[dict[str, str]]:
    with workspace.paths.purge_log.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def where_is(workspace: Any, text: str) -> list[str]:
    """Every file of the workspace in which a text can be read, as bytes or decoded."""
    found = []
    for file in sorted(workspace.root.rglob("*")):
        if not file.is_file():
            continue
        content = file.read_bytes()
        if file.suffix == ".parquet":
            content += pd.read_parquet(file).astype("str").to_csv().encode()
        if text.encode() in content or text in file.name:
            found.append(file.relative_to(workspace.root).as_posix())
    return found


# --- permission ---------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["", "   "], ids=["none", "blank"])
def test_refused_without_a_decision(old: Any, decision: str) -> None:
    settings = old.paths.settings
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('gallringsbeslut = ""', f'gallringsbeslut = "{decision}"'), encoding="utf-8"
    )
    before = tree(old.root)
    with pytest.raises(ConfigError, match="gallringsbeslut"):
        plan(old)
    with pytest.raises(ConfigError, match="Ingenting gallras"):
        carry_out(old, "12345678")
    assert tree(old.root) == before


def test_the_dry_run_counts_and_changes_nothing(old: Any) -> None:
    name_decision(old)
    before = tree(old.root)
    shown = plan(old)
    assert tree(old.root) == before
    assert shown.reports.to_dict("records") == [
        {"source_id": "tib", "month": "2019-03", "report_count": 3, "row_count": 3}
    ]
    rooms = [str(file.room) for file in shown.files]
    assert (rooms.count("original"), rooms.count("kvitton"), rooms.count("karantänfiler")) == (
        2,
        4,
        1,
    )
    assert shown.code == plan(old).code


def test_only_what_was_shown_is_deleted(old: Any) -> None:
    name_decision(old)
    shown = plan(old)
    before = tree(old.root)
    for code in ("", "FFFFFFFF", shown.code[:7]):
        with pytest.raises(PurgeError, match="Inget är gallrat"):
            carry_out(old, code)
    yesterday = datetime.fromisoformat("2025-06-01T12:00:00+02:00")
    with pytest.raises(PurgeError):
        carry_out(old, shown.code, as_of=yesterday)
    assert tree(old.root) == before
    old.drop("tib", "sen.csv", HEADER + "a5;2019-03-13 10:00;;klotter;Ryd;;\n")
    old.take_in("2025-06-02T11:00:00+02:00")
    with pytest.raises(PurgeError):
        carry_out(old, shown.code)
    assert len(old.reports) == 5


def test_a_day_that_has_not_come(old: Any) -> None:
    name_decision(old)
    tomorrow = datetime.fromisoformat("2025-06-03T00:00:00+02:00")
    with pytest.raises(WeekError, match="inte har kommit"):
        plan(old, as_of=tomorrow)
    with pytest.raises(WeekError, match="inte har kommit"):
        carry_out(old, plan(old).code, as_of=tomorrow)


# --- gone everywhere ----------------------------------------------------------------------------


def test_gone_everywhere_and_the_rest_untouched(old: Any) -> None:
    page = old.paths.reports / "intern" / "2019-W10" / "lagesbild.html"
    page.parent.mkdir(parents=True)
    page.write_text("utgiven", encoding="utf-8")
    name_decision(old)
    (database,) = [name for name in where_is(old, MARKER) if name.endswith(".duckdb")]
    assert database == "data/lager/est.duckdb"  # else the search below would prove nothing
    assert len(where_is(old, MARKER)) >= 4

    done = purge(old)

    assert done.is_complete
    assert where_is(old, MARKER) == []
    assert where_is(old, "Sjökort") == []
    assert report_ids(old) == ["tib:n1"]
    assert "data/lager/est.duckdb" in where_is(old, KEPT)
    assert page.read_text(encoding="utf-8") == "utgiven"
    assert [f.name for f in (old.paths.archive / "tib").iterdir()] == ["2025"]
    assert len(list(old.paths.receipts.glob("tib/*"))) == 2
    assert list(old.paths.quarantine.glob("tib/*")) == []
    assert {f.name for f in old.paths.store.iterdir()} == {
        "est.duckdb",
        "est.lock",
        "meeting_note.parquet",
        "report.parquet",
        "incident.parquet",
        "tveksamma_par.csv",
        "week_district_category.parquet",
    }
    assert plan(old).is_empty


def test_the_delivery_stays_with_its_counts_and_loses_its_name(old: Any) -> None:
    name_decision(old)
    purge(old)
    first, _, last = old.status("2025-06-02T13:00:00+02:00")["files"]
    assert first["file_name"] == "tib-2019-03-11-gallrad"
    assert (first["rows_read"], first["accepted_count"], first["quarantined_count"]) == (3, 2, 1)
    assert last["file_name"] == "ny.csv"


def test_the_name_stays_while_a_row_or_the_original_does(old: Any) -> None:
    name_decision(old, rapporter_manader=120)
    purge(old)
    assert old.status("2025-06-02T13:00:00+02:00")["files"][0]["file_name"] == "Sjökort lista.csv"
    assert len(old.reports) == 4
    assert not (old.paths.archive / "tib" / "2019").exists()
    name_decision(old, rapporter_manader=60)
    purge(old)
    assert where_is(old, "Sjökort") == []


def counts(workspace: Any) -> list[list[Any]]:
    """The cells that are not zero."""
    cells = workspace.table("week_district_category")
    return sorted(cells[cells.iloc[:, 3:].any(axis=1)].to_numpy().tolist())


def test_counts_of_weeded_weeks_are_kept_and_final(old: Any) -> None:
    name_decision(old)
    before = counts(old)
    assert [cell[:4] for cell in before] == [
        ["2019-W10", "berga", "brand", 1],
        ["2019-W10", "ryd", "brand", 1],
        ["2019-W11", "ryd", "skadegorelse", 1],
        ["2025-W21", "ryd", "brand", 1],
    ]
    purge(old)
    assert counts(old) == before
    # the same rows dropped again: read, but not counted twice; the next plan takes them
    old.drop("tib", "igen.csv", HEADER + f"a4;2019-03-12 10:00;;klotter;Ryd;{MARKER} 3;\n")
    old.take_in("2025-06-02T13:00:00+02:00")
    assert report_ids(old) == ["tib:a4", "tib:n1"]
    assert counts(old) == before
    assert plan(old).report_count == 1
    purge(old)
    assert counts(old) == before
    assert where_is(old, MARKER) == ["data/arkiv/tib/2025/" + name for name in archived(old)]


def archived(workspace: Any) -> list[str]:
    """The originals in the archive that are called igen.csv: they came lately and stay."""
    return [file.name for file in workspace.paths.archive.rglob("*-igen.csv")]


def test_every_earlier_moment_loses_the_rows(old: Any) -> None:
    name_decision(old)
    purge(old)
    with Warehouse.open(old.paths) as warehouse:
        for as_of in ("2019-03-12T08:00:00+01:00", "2025-06-02T12:00:00+02:00"):
            found = warehouse.reports(
                as_of=datetime.fromisoformat(as_of), first_week="2019-W01", last_week="2020-W01"
            )
            assert found.empty


def test_rows_seen_again_and_refused_files_leave_nothing(old: Any) -> None:
    name_decision(old)
    take_in(
        old,
        f"a1;2019-03-05 21:30;2019-03-06;brand;Ryd;{MARKER} brann;\n",
        "2019-03-25T08:00:00+01:00",
    )
    old.drop("tib", "annat.csv", f"{MARKER};b\n1;2\n")
    old.take_in("2019-04-01T08:00:00+02:00")
    purge(old)
    assert where_is(old, MARKER) == []
    with Warehouse.open(old.paths) as warehouse:
        assert [len(warehouse.accepted_lines(n)) for n in (1, 2, 3, 4)] == [0, 0, 1, 0]
    files = old.status("2025-06-02T13:00:00+02:00")["files"]
    assert [file["known_count"] for file in files] == [0, 0, 1, 0, 0]
    assert files[3]["reason"] == "Filen är gallrad."


def test_files_that_come_later_are_numbered_on(old: Any) -> None:
    name_decision(old)
    purge(old)
    old.drop("tib", "b.csv", HEADER + "n2;2025-05-29 10:00;;brand;Ryd;;\n")
    old.take_in("2025-06-02T13:00:00+02:00")
    assert report_ids(old) == ["tib:n1", "tib:n2"]
    with Warehouse.open(old.paths) as warehouse:
        assert list(warehouse.deliveries()["file_id"]) == [1, 2, 3, 4]


# --- which reports ------------------------------------------------------------------------------


def take_in(workspace: Any, rows: str, at: str, source: str = "tib") -> None:
    workspace.drop(source, f"{at[:10]}.csv", HEADER + rows)
    workspace.take_in(at)


def weeded(workspace: Any) -> list[str]:
    before = set(report_ids(workspace))
    purge(workspace)
    return sorted(before - set(report_ids(workspace)))


def test_the_week_of_the_boundary_stays_whole(workspace: Any) -> None:
    # 60 months before 2025-06-02 is Tuesday 2020-06-02, in week 23 (from Monday 1 June)
    name_decision(workspace)
    take_in(
        workspace,
        "sun;2020-05-31 23:59;;brand;Ryd;;\nmon;2020-06-01 00:00;;brand;Ryd;;\n",
        "2020-06-08T08:00:00+02:00",
    )
    assert weeded(workspace) == ["tib:sun"]


def test_a_late_report_lives_from_when_it_was_reported(workspace: Any) -> None:
    name_decision(workspace)
    rows = (
        "sen;2019-03-05 21:30;2024-01-02;brand;Ryd;;\ni tid;2019-03-05 21:30;2019-03-06;brand;;;\n"
    )
    take_in(workspace, rows, "2024-01-08T08:00:00+01:00")
    assert weeded(workspace) == ["tib:i tid"]


def test_a_report_that_was_corrected_lately_stays_whole(old: Any) -> None:
    name_decision(old)
    take_in(old, "a1;2019-03-05 22:00;2019-03-06;brand;Ryd;;\n", "2024-01-08T08:00:00+01:00")
    assert weeded(old) == ["tib:a2", "tib:a4"]
    with Warehouse.open(old.paths) as warehouse:
        moments = [
            warehouse.reports(
                as_of=datetime.fromisoformat(as_of), first_week="2019-W10", last_week="2019-W10"
            )["occurred_from"].iloc[0]
            for as_of in ("2023-01-01T00:00:00+01:00", "2025-01-01T00:00:00+01:00")
        ]
    assert moments[0] < moments[1]


def test_an_old_correction_protects_nothing(old: Any) -> None:
    name_decision(old)
    take_in(old, "a1;2019-03-05 22:00;2019-03-06;brand;Ryd;;\n", "2019-03-25T08:00:00+01:00")
    assert weeded(old) == ["tib:a1", "tib:a2", "tib:a4"]


def test_what_replaces_and_what_is_replaced_go_together(workspace: Any) -> None:
    # b replaced a and moved it into the old week: without b, a would come back
    name_decision(workspace)
    rows = (
        "a;2021-03-05 21:30;;brand;Ryd;;\n"
        "b;2019-03-05 21:30;;brand;Ryd;;a\n"
        "c;2019-03-05 21:30;;brand;Ryd;;b\n"
        "d;2019-03-05 21:30;;brand;Ryd;;\n"
    )
    take_in(workspace, rows, "2021-03-08T08:00:00+01:00")
    assert report_ids(workspace) == ["tib:c", "tib:d"]
    assert weeded(workspace) == ["tib:d"]
    assert report_ids(workspace) == ["tib:c"]


def test_what_was_replaced_lately_stays_for_earlier_moments(old: Any) -> None:
    name_decision(old)
    take_in(old, "b;2019-03-05 21:30;;brand;Ryd;;a1\n", "2024-01-08T08:00:00+01:00")
    assert weeded(old) == ["tib:a2", "tib:a4"]
    with Warehouse.open(old.paths) as warehouse:
        found = warehouse.reports(
            as_of=datetime.fromisoformat("2023-01-01T00:00:00+01:00"),
            first_week="2019-W10",
            last_week="2019-W10",
        )
    assert list(found["report_id"]) == ["tib:a1"]


def test_a_ring_and_a_long_chain_of_replacements_end(workspace: Any) -> None:
    name_decision(workspace)
    chain = "".join(f"k{n};2019-03-05 21:30;;brand;Ryd;;k{n - 1}\n" for n in range(1, 300))
    take_in(
        workspace,
        "r1;2019-03-05 21:30;;brand;Ryd;;r2\nr2;2019-03-05 21:30;;brand;Ryd;;r1\n" + chain,
        "2019-03-11T08:00:00+01:00",
    )
    shown = plan(workspace)
    assert shown.report_count == 301
    purge(workspace)
    assert report_ids(workspace) == []


def test_a_corrected_report_dropped_again_after_weeding_goes_again(old: Any) -> None:
    name_decision(old)
    purge(old)
    take_in(old, "a1;2019-03-05 21:30;;brand;Ryd;;\n", "2025-06-02T13:00:00+02:00")
    take_in(old, "a1;2019-03-05 22:00;;brand;Ryd;;\n", "2025-06-02T14:00:00+02:00")
    assert weeded(old) == ["tib:a1"]


def test_rows_of_a_file_taken_back_go_too(old: Any) -> None:
    name_decision(old)
    pipeline.undo(
        old.configuration, "v11.csv", as_of=datetime.fromisoformat("2019-03-19T08:00:00+01:00")
    )
    assert plan(old).report_count == 3
    purge(old)
    assert where_is(old, MARKER) == []


# --- files --------------------------------------------------------------------------------------


def test_files_nobody_knows_go_by_the_day_in_their_name(old: Any, tmp_path: Path) -> None:
    name_decision(old)
    outside = tmp_path / "utanför"
    outside.mkdir()
    (outside / "20190311T080000-abcdef12-andras.csv").write_text("andras", encoding="utf-8")
    folder = old.paths.archive / "tib" / "2019"
    stray = folder / "20190101T080000-abcdef12-lös.csv"
    young = old.paths.archive / "borttagen källa" / "20250101T080000-abcdef12-lös.csv"
    young.parent.mkdir()
    receipt = old.paths.receipts / "tib" / "20190101T080000-abcdef12-lös-kvitto.html"
    half = old.paths.quarantine / "tib" / ".20190101T080000-abcdef12-lös-att-ratta.csv.part"
    undated = old.paths.archive / "tib" / "20190101 egen kopia.csv"
    for file in (stray, young, receipt, half, undated):
        file.write_text("x", encoding="utf-8")
    (folder / "20190311T080000-abcdef12-länk.csv").symlink_to(next(outside.iterdir()))
    (old.paths.archive / "tib" / "2018").symlink_to(outside, target_is_directory=True)

    shown = plan(old)
    assert sum(not file.is_known for file in shown.files) == 3
    assert any("1 fil " in note and "datum" in note for note in shown.notes)
    assert any("2 länkar" in note for note in shown.notes)
    purge(old)
    assert [file.exists() for file in (stray, receipt, half)] == [False] * 3
    assert young.exists()
    assert undated.exists()
    assert len(list(outside.iterdir())) == 1
    assert (folder / "20190311T080000-abcdef12-länk.csv").is_symlink()


def test_a_name_in_the_database_never_leads_out_of_the_archive(old: Any, tmp_path: Path) -> None:
    name_decision(old)
    precious = tmp_path / "viktig.csv"
    precious.write_text("x", encoding="utf-8")
    with duckdb.connect(str(old.paths.store / "est.duckdb")) as connection:
        connection.execute("UPDATE delivery SET archive_name = '../../../viktig.csv'")
    purge(old)
    assert precious.exists()


def test_what_waits_to_be_taken_in_is_left(old: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from est_pipeline import deliveries

    name_decision(old)
    old.drop("tib", "avbruten.csv", HEADER + "w1;2019-03-14 10:00;;brand;Ryd;;\n")

    def cut(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "open_file", cut)
        with pytest.raises(KeyboardInterrupt):
            old.take_in("2019-03-25T08:00:00+01:00")
    purge(old)
    assert len(list(old.paths.archive.glob("tib/2019/*"))) == 1
    old.take_in("2025-06-02T13:00:00+02:00")
    assert report_ids(old) == ["tib:n1", "tib:w1"]


def test_a_file_that_is_open_elsewhere_is_left_for_next_time(
    old: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_decision(old)
    shown = plan(old)
    delete = old_files.delete_file
    with monkeypatch.context() as patch:
        patch.setattr(
            old_files, "delete_file", lambda f: "Sjökort lista" not in f.name and delete(f)
        )
        done = carry_out(old, shown.code)
    assert not done.is_complete
    assert len(done.left) == 4
    assert log_rows(old)[-1]["läge"] == "delvis"
    assert log_rows(old)[-1]["ligger kvar"] == "4"
    assert old.status("2025-06-02T13:00:00+02:00")["files"][0]["file_name"] == "Sjökort lista.csv"
    assert purge(old).is_complete
    assert where_is(old, "Sjökort") == []
    assert log_rows(old)[-1]["läge"] == "klar"


def test_a_table_that_is_open_elsewhere_keeps_the_purge_unfinished(
    old: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from est_pipeline.store import publish

    name_decision(old)
    shown = plan(old)

    def held(fresh: Path, path: Path) -> bool:
        fresh.unlink()
        return False

    with monkeypatch.context() as patch:
        patch.setattr(publish, "move_into_place", held)
        done = carry_out(old, shown.code)
    assert not done.is_complete
    assert "report.parquet" in done.notices[0]
    assert plan(old).is_unfinished
    assert "avbröts" in describe(old.status("2025-06-02T13:00:00+02:00"))
    assert purge(old).is_complete
    assert where_is(old, MARKER) == []


# --- log ----------------------------------------------------------------------------------------


def test_the_log_counts_and_tells_no_content(old: Any) -> None:
    name_decision(old)
    shown = plan(old)
    purge(old)
    started, done = log_rows(old)
    assert (started["läge"], done["läge"]) == ("påbörjad", "klar")
    assert done | {"tidpunkt": "", "byte": "", "program": ""} == {
        "tidpunkt": "",
        "läge": "klar",
        "beslut": DECISION,
        "plankod": shown.code,
        "gallrat per": "2025-06-02",
        "rapporter före vecka": "2020-W23",
        "original före": "2023-06-02",
        "kvitton och karantän före": "2023-06-02",
        "källa": "tib",
        "rapporter": "3",
        "rader": "3",
        "original": "2",
        "kvitton": "4",
        "karantänfiler": "1",
        "byte": "",
        "ligger kvar": "0",
        "program": "",
    }
    assert done["tidpunkt"] == "2025-06-02T12:00:00+02:00"
    assert int(done["byte"]) == sum(file.byte_count for file in shown.files)
    text = old.paths.purge_log.read_text(encoding="utf-8-sig")
    assert not [word for word in ("Sjökort", "v11", "a1", "Ryd", MARKER) if word in text]


def test_the_log_is_added_to_and_no_cell_runs(old: Any) -> None:
    name_decision(old)
    text = old.paths.settings.read_text(encoding="utf-8").replace(DECISION, "=1+1; §")
    old.paths.settings.write_text(text, encoding="utf-8")
    purge(old)
    with old.paths.purge_log.open("ab") as stream:
        stream.write(b"2025-06-02T12:00:00;p\xc3\xa5b")  # the power went here
    take_in(old, "a9;2019-03-05 21:30;;brand;Ryd;;\n", "2025-06-02T12:00:00+02:00")
    purge(old)
    rows = log_rows(old)
    assert [row["läge"] for row in rows] == ["påbörjad", "klar", "påb", "påbörjad", "klar"]
    assert rows[0]["beslut"] == "'=1+1; §"
    assert old.paths.purge_log.read_bytes().startswith(b"\xef\xbb\xbf")
    assert old.paths.purge_log.read_bytes().count(b"\xef\xbb\xbf") == 1


def test_nothing_is_deleted_when_the_log_cannot_be_written(old: Any) -> None:
    name_decision(old)
    shown = plan(old)
    old.paths.purge_log.parent.write_text("en fil där mappen ska vara", encoding="utf-8")
    before = tree(old.root)
    with pytest.raises(StorageError, match="gallringsloggen"):
        carry_out(old, shown.code)
    assert tree(old.root) == before


# --- killed -------------------------------------------------------------------------------------


class PowerCutError(BaseException):
    """What nothing in the program may catch."""


STEPS = {
    "append_log": (deletion, 1),
    "load_purge": (Warehouse, 1),
    "delete_file": (old_files, 3),
    "delete_weeded": (Warehouse, 1),
    "rewrite": (Warehouse, 1),
    "publish_tables": (pipeline, 1),
    "log_done": (deletion, 2),
    "load_purge_completed": (Warehouse, 1),
}


def is_all_gone(workspace: Any) -> None:
    assert where_is(workspace, MARKER) == []
    assert where_is(workspace, "Sjökort") == []
    assert report_ids(workspace) == ["tib:n1"]
    assert not [f for f in workspace.paths.store.iterdir() if ".fresh" in f.name]
    assert workspace.table("week_district_category")["incident_count"].sum() == 4
    assert plan(workspace).is_empty
    assert log_rows(workspace)[-1]["läge"] == "klar"


@pytest.mark.parametrize("is_done_first", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step(
    old: Any, monkeypatch: pytest.MonkeyPatch, step: str, is_done_first: bool
) -> None:
    name_decision(old)
    owner, nth = STEPS[step]
    name = "append_log" if step == "log_done" else step
    original = getattr(owner, name)
    calls = 0

    def cut(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != nth:
            return original(*arguments, **options)
        if is_done_first:
            original(*arguments, **options)
        raise PowerCutError

    shown = plan(old)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, cut)
        with pytest.raises(PowerCutError):
            carry_out(old, shown.code)
    again = plan(old)
    if not again.is_empty:
        purge(old)
    is_all_gone(old)


@pytest.mark.parametrize("step", ["delete_file", "delete_weeded", "copy_alive", "move_into_place"])
def test_killed_for_real(old: Any, step: str) -> None:
    """The process ends at once: no transaction is rolled back, no connection closed."""
    name_decision(old)
    owner = {"delete_file": "est_pipeline.retention.old_files"}.get(
        step, "est_pipeline.store.warehouse"
    )
    target = f"{owner}.Warehouse" if step == "delete_weeded" else owner
    script = f"""
import os, sys
from datetime import datetime
from pathlib import Path
from unittest import mock
from est_pipeline import pipeline
from est_pipeline.config import read_configuration
import {owner}
original = {target}.{step}
def cut(*arguments, **options):
    original(*arguments, **options)
    os._exit(137)
configuration = read_configuration(Path(sys.argv[1]))
now = datetime.fromisoformat(sys.argv[2])
code = pipeline.show_purge(configuration, as_of=now, now=now).code
with mock.patch("{target}.{step}", cut):
    pipeline.purge(configuration, plan_code=code, as_of=now, now=now)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(old.root), NOW.isoformat()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 137, done.stderr
    old.take_in("2025-06-02T12:30:00+02:00")  # a run in between does no harm
    purge(old)
    is_all_gone(old)


def test_a_full_disk_while_the_database_is_rewritten(
    old: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from est_pipeline.store import warehouse

    name_decision(old)
    shown = plan(old)

    def full(*arguments: Any) -> None:
        raise duckdb.IOException("Could not write file: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(warehouse, "copy_alive", full)
        with pytest.raises(StorageError, match="Disken är full"):
            carry_out(old, shown.code)
    assert plan(old).is_unfinished
    purge(old)
    is_all_gone(old)


# --- weeks that can no longer be built ----------------------------------------------------------


def test_a_weeded_week_is_not_built_with_false_zeros(old: Any) -> None:
    from est_pipeline.domain.weeks import IsoWeek

    def build(week: str) -> Path:
        return pipeline.report(old.configuration, as_of=NOW, week=IsoWeek.parse(week))

    name_decision(old)
    page = build("2019-W10")
    issued = page.read_bytes()
    purge(old)
    with pytest.raises(WeekError, match="gallrade") as refused:
        build("2019-W10")
    assert str(page) in str(refused.value)
    assert "2020-W23 (från 2020-06-01)" in str(refused.value)
    with pytest.raises(WeekError, match="Ingen utgiven sida"):
        build("2020-W22")
    with pytest.raises(WeekError, match="gallrade"):
        pipeline.report(
            old.configuration, as_of=datetime.fromisoformat("2019-03-18T09:00:00+01:00")
        )
    old.drop("tib", "b.csv", HEADER + "n2;2025-05-29 10:00;;brand;Ryd;;\n")
    with pytest.raises(WeekError, match="gallrade"):
        pipeline.run_week(old.configuration, as_of=NOW, week=IsoWeek.parse("2019-W10"))
    assert len(list((old.paths.inbox / "tib").iterdir())) == 1  # refused before anything is read
    assert page.read_bytes() == issued
    assert build("2020-W23").is_file()
    assert build("2025-W21").is_file()


def test_before_weeding_an_old_week_can_be_built(old: Any) -> None:
    from est_pipeline.domain.weeks import IsoWeek

    name_decision(old)
    plan(old)
    assert pipeline.report(old.configuration, as_of=NOW, week=IsoWeek.parse("2019-W10")).is_file()


def test_the_configuration_s_checksum_stands_on_the_page(old: Any) -> None:
    page = pipeline.report(old.configuration, as_of=NOW)
    shown = f"Kontrollsumma (SHA-256): <code>{old.configuration.checksum}</code>"
    assert shown in page.read_text(encoding="utf-8")


# --- the command line ---------------------------------------------------------------------------

AS_OF = "2025-06-02"


def answer(done: Any, exit_code: int) -> str:
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("Fel: ")
    return str(line)


def test_the_command_refuses_shows_and_deletes(est: Any, old: Any) -> None:
    where = ("--workspace", old.root, "--as-of", AS_OF)
    assert "gallringsbeslut" in answer(est("purge", *where), 4)
    name_decision(old)
    shown = est("purge", *where)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "tib             2019-03: 3" in shown.stdout
    assert "Original i arkivet från före 2023-06-02: 2 filer" in shown.stdout
    assert DECISION in shown.stdout
    assert "Sjökort" not in shown.stdout
    command = shown.stdout.strip().splitlines()[-1].strip()
    code = command.rsplit(" ", 1)[1]
    assert command == (
        f'est purge --workspace "{old.root}" --as-of {AS_OF} --execute {plan_code(old)}'
    )
    assert "Plankoden FEL" in answer(est("purge", *where, "--execute", "FEL"), 10)
    done = est("purge", *where, "--execute", code.lower())
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 rapporter, 2 original, 4 kvittofiler och 1 karantänfil" in done.stdout
    assert str(old.paths.purge_log) in done.stdout
    assert "Inget att gallra" in est("purge", *where).stdout
    assert "inte har kommit" in answer(
        est("purge", "--workspace", old.root, "--as-of", "2999-01-01"), 5
    )
    assert "gallrade" in answer(est("report", "--workspace", old.root, "--week", "2019-W10"), 5)


def plan_code(workspace: Any) -> str:
    return plan(workspace, datetime.fromisoformat(f"{AS_OF}T00:00:00+02:00")).code


def test_status_says_how_weeding_stands(est: Any, old: Any) -> None:
    at = "2025-06-02T13:00:00+02:00"
    shown = describe(old.status(at))
    assert "inget är gallrat än" in shown
    assert "3 rapporter och 7 filer är äldre" in shown
    assert "inget gallringsbeslut" in shown
    name_decision(old)
    assert "kör `est purge`" in describe(old.status(at))
    purge(old)
    assert old.status(at)["purge"] == {
        "decision": DECISION,
        "last_at": "2025-06-02T12:00:00+02:00",
        "is_unfinished": False,
        "due_report_count": 0,
        "due_file_count": 0,
    }
    said = est("status", "--workspace", old.root, "--as-of", at).stdout
    assert "senast 2025-06-02 kl. 12:00" in said
    assert "inget är äldre än tiderna" in said

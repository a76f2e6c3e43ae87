"""The database file: made, locked, killed, broken."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from est_pipeline.config import Paths
from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.errors import LockedError, StorageError
from est_pipeline.store import DeliveryOutcome, NewDelivery, Warehouse
from est_pipeline.store.database import DATABASE_NAME
from est_pipeline.store.opening import SCHEMA_VERSION

AS_OF = datetime(2026, 11, 20, 8, tzinfo=UTC)


def titles(paths: Paths) -> list[str]:
    with Warehouse.open(paths) as warehouse:
        reports = warehouse.reports(as_of=AS_OF, first_week="0000-W01", last_week="9999-W52")
    return sorted(reports["title"])


def test_a_store_is_made_where_there_is_none_and_found_again(
    tmp_path: Path, new_intake: Callable[[Warehouse], Any]
) -> None:
    paths = Paths(tmp_path)
    with Warehouse.open(paths) as warehouse:
        new_intake(warehouse)([{"title": "a"}], on_day=1)
    assert titles(paths) == ["a"]
    assert [path.name for path in paths.store.iterdir()] == [DATABASE_NAME]


def test_another_process_with_the_database_open_is_named(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    Warehouse.open(paths).close()
    code = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]);"
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(paths.store / DATABASE_NAME)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(LockedError, match="används av ett annat program") as caught:
            Warehouse.open(paths)
        holder.communicate("")
    if os.name != "nt":
        assert f"(process {holder.pid})" in caught.value.message
    assert "Parquet-tabellerna" in caught.value.advice
    assert titles(paths) == []


@pytest.mark.skipif(os.name == "nt", reason="needs a signal that cannot be caught")
@pytest.mark.parametrize("last_step", ["staged", "settled", "stored"])
def test_a_run_killed_in_the_middle_of_a_file_leaves_it_as_received(
    tmp_path: Path, new_intake: Callable[[Warehouse], Any], last_step: str
) -> None:
    paths = Paths(tmp_path)
    with Warehouse.open(paths) as warehouse:
        new_intake(warehouse)([{"title": "a"}], on_day=1)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_RUN, str(tmp_path), str(Path(__file__).parent), last_step],
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "now\n"
        time.sleep(0.1)
        run.send_signal(signal.SIGKILL)
    assert titles(paths) == ["a"]
    with Warehouse.open(paths) as warehouse:
        (waiting,) = warehouse.pending_deliveries()
        assert waiting.file_name == "dödad.csv"
        new_intake(warehouse)([{"title": "b"}], on_day=3)
    assert titles(paths) == ["a", "b"]


KILLED_RUN = """
import sys, time
from datetime import datetime, timezone
from pathlib import Path
from est_pipeline.config import Paths
from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.store import DeliveryOutcome, NewDelivery, Warehouse
sys.path.insert(0, sys.argv[2])
from conftest import placed_rows

def wait():
    print("now", flush=True)
    time.sleep(60)

warehouse = Warehouse.open(Paths(Path(sys.argv[1])))
received_at = datetime(2026, 11, 4, tzinfo=timezone.utc)
file_id = warehouse.load_delivery(NewDelivery("mos", "dödad.csv", "d" * 64, received_at))
with warehouse.file_load(file_id) as load:
    load.stage_reports(placed_rows([{"title": "b"}]))
    if sys.argv[3] == "staged":
        wait()
    load.settle()
    if sys.argv[3] == "settled":
        wait()
    do = warehouse._database.do
    def do_then_wait(query, **parameters):
        do(query, **parameters)
        if query == "load_outcome":  # all is written, nothing is committed
            wait()
    warehouse._database.do = do_then_wait
    load.finish(DeliveryOutcome(state=DeliveryState.ACCEPTED, rows_read=1))
"""


def test_what_a_killed_run_spilled_is_removed(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    spill = paths.store / f"{DATABASE_NAME}.tmp"
    spill.mkdir(parents=True)
    (spill / "duckdb_temp_storage_DEFAULT-0.tmp").write_text("rest")
    Warehouse.open(paths).close()
    assert not spill.exists()


def test_a_file_that_is_no_database_is_said_in_swedish(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.store.mkdir(parents=True)
    (paths.store / DATABASE_NAME).write_text("hej " * 5000)
    with pytest.raises(StorageError, match="går inte att läsa eller skriva"):
        Warehouse.open(paths)


def test_a_folder_that_cannot_be_made_is_said_in_swedish(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.data.mkdir()
    paths.store.write_text("en fil där mappen ska ligga")
    with pytest.raises(StorageError, match="går inte att skapa"):
        Warehouse.open(paths)


def test_a_store_of_a_later_program_is_left_alone(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    Warehouse.open(paths).close()
    with duckdb.connect(str(paths.store / DATABASE_NAME)) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(StorageError, match="har version 99"):
        Warehouse.open(paths)


def test_a_database_without_tables_gets_them(tmp_path: Path) -> None:
    """A run killed before its first transaction leaves such a file."""
    paths = Paths(tmp_path)
    paths.store.mkdir(parents=True)
    duckdb.connect(str(paths.store / DATABASE_NAME)).close()
    assert titles(paths) == []


@pytest.mark.parametrize(
    ("fault", "told", "kind", "words"),
    [
        (duckdb.IOException, "No space left on device", StorageError, "Disken är full"),
        (duckdb.FatalException, "disk full", StorageError, "Disken är full"),
        (duckdb.OutOfMemoryException, "failed", StorageError, "Minnet"),
        (duckdb.IOException, "is being used by another process", LockedError, "används"),
    ],
    ids=["disk-full", "disk-full-at-commit", "memory", "locked-on-windows"],
)
def test_faults_of_disk_and_memory_are_said_in_swedish(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    fault: type[Exception],
    told: str,
    kind: type[Exception],
    words: str,
) -> None:
    def fail(query: str, **parameters: object) -> None:
        raise fault(told)

    monkeypatch.setattr(warehouse._database, "do", fail)
    with pytest.raises(kind, match=words):
        warehouse.weekly_counts(as_of=AS_OF)


def test_a_disk_that_fills_up_while_a_file_is_stored_leaves_it_as_received(
    warehouse: Warehouse, placed: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = warehouse.load_delivery(NewDelivery("mos", "a.csv", "a" * 64, AS_OF))
    do = warehouse._database.do

    def full(query: str, **parameters: object) -> None:
        if query == "load_outcome":
            raise duckdb.IOException("No space left on device")
        do(query, **parameters)

    with warehouse.file_load(file_id) as load:
        load.stage_reports(placed([{"title": "a"}]))
        monkeypatch.setattr(warehouse._database, "do", full)
        with pytest.raises(StorageError, match="Disken är full"):
            load.finish(DeliveryOutcome(state=DeliveryState.ACCEPTED, rows_read=1))
    assert warehouse.delivery(file_id).state is DeliveryState.RECEIVED
    assert warehouse.accepted_lines(file_id).empty


def test_a_store_of_the_first_version_is_brought_up_to_date(
    tmp_path: Path, new_intake: Callable[[Warehouse], Any]
) -> None:
    paths = Paths(tmp_path)
    with Warehouse.open(paths) as warehouse:
        new_intake(warehouse)([{"title": "a"}], on_day=1)
    database = paths.store / DATABASE_NAME
    with duckdb.connect(str(database)) as connection:
        made_new = tables_of(connection)
        later = (
            "placement",
            "placing_basis",
            "withdrawn_row",
            "purge",
            "retained_count",
            "meeting_note",
        )
        for table in (*later, "workspace_secret"):
            connection.execute(f"DROP TABLE {table}")
        for column in ("size_bytes", "open_line"):
            connection.execute(f"ALTER TABLE delivery DROP COLUMN {column}")
        connection.execute("UPDATE schema_version SET version = 1")
    assert titles(paths) == ["a"]
    with duckdb.connect(str(database)) as connection:
        assert tables_of(connection) == made_new
        assert connection.execute("SELECT max(version) FROM schema_version").fetchall() == [
            (SCHEMA_VERSION,)
        ]
    assert titles(paths) == ["a"]


def tables_of(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Every column of every table, as the database describes it."""
    return connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
        "ORDER BY ALL"
    ).fetchall()

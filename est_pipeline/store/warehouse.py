"""The warehouse: files go in row by row, and what was known at any moment comes out.

A row that is taken in leaves a sighting: this file shows this content of this report. What is
known at a moment (`as_of`) is derived from the sightings of the files that had come by then and
had not been undone, so it doesn't depend on the order in which the same files came, and a file
that is taken back takes back all that it changed.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandas as pd
import pyarrow as pa

from est_pipeline.config import Paths
from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.domain.schemas import PLACED, WEEKLY_COUNTS
from est_pipeline.errors import FileNotTakenError, LockedError, StorageError
from est_pipeline.store.deliveries import (
    Delivery,
    DeliveryOutcome,
    NewDelivery,
    Settled,
    UndoResult,
)
from est_pipeline.store.publish import Published, write_tables
from est_pipeline.store.queries import read_query

DATABASE_NAME = "est.duckdb"
SCHEMA_VERSION = 1
MEMORY_LIMIT = "600MB"
"""What DuckDB may hold in memory; larger sorts and joins go by way of `temp_directory`."""
CHUNK_ROWS = 250_000
"""Rows that are handed over to DuckDB at a time."""

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_TRIAL_FILE_ID = 0  # the numbers of files that are stored begin at 1
_SHORTEST_CHECKSUM = 8
_LOCK_WORDS = re.compile(r"lock on file|used by another process", re.IGNORECASE)
_LOCK_HOLDER = re.compile(r"\(PID (\d+)\)")
_DISK_FULL_WORDS = re.compile(r"no space left|not enough space|disk full", re.IGNORECASE)
_ARROW_TYPES = {
    "str": pa.large_string(),
    "int64": pa.int64(),
    "int32": pa.int32(),
    "Int8": pa.int8(),
    "bool": pa.bool_(),
    "boolean": pa.bool_(),
    "float64": pa.float64(),
    "datetime64[us, UTC]": pa.timestamp("us", tz="UTC"),
}
_PLACED_TYPES = {
    # pandera calls pandas' own text type string[pyarrow]
    name: re.sub(r"^string\b.*", "str", str(column.dtype))
    for name, column in PLACED.columns.items()
}
_PLACED_ARROW = pa.schema([(name, _ARROW_TYPES[type_]) for name, type_ in _PLACED_TYPES.items()])


class Warehouse:
    """The store of a workspace; use it in a `with` statement.

    Only one process holds the database at a time. All moments go in and come out with a time
    zone (out in UTC); nothing here reads the clock.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, *, scratch: Path | None = None
    ) -> None:
        """Take over an open connection, and a folder to remove in the end; see `open`."""
        self._connection = connection
        self._scratch = scratch
        self._derived_as_of: datetime | None = None
        self._is_taking_in = False

    @classmethod
    def open(cls, paths: Paths) -> Warehouse:
        """Open the store of a workspace, and create it where there is none.

        Raises:
            LockedError: another program has the database open.
            StorageError: the folder or the database cannot be read or written, or the database
                was made by a later version of this program.
        """
        folder = paths.store
        database = folder / DATABASE_NAME
        # DuckDB's own place for it, stated so that what a killed run left there can be removed
        spill = folder / f"{DATABASE_NAME}.tmp"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"Mappen {folder} går inte att skapa ({error.strerror}).",
                advice="Kontrollera att du får skriva i arbetsmappen.",
            ) from error
        with _storage_errors():
            connection = duckdb.connect(str(database), config=_options(spill))
        try:
            shutil.rmtree(spill, ignore_errors=True)
            return cls._prepared(connection)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def open_in_memory(cls) -> Warehouse:
        """Open an empty store that is gone when it is closed, for checking and for tests."""
        scratch = Path(tempfile.mkdtemp(prefix="est-"))
        connection = duckdb.connect(":memory:", config=_options(scratch))
        return cls._prepared(connection, scratch=scratch)

    @classmethod
    def _prepared(
        cls, connection: duckdb.DuckDBPyConnection, *, scratch: Path | None = None
    ) -> Warehouse:
        warehouse = cls(connection, scratch=scratch)
        with _storage_errors():
            connection.execute("SET TimeZone = 'UTC'")
            # a misspelt table must not turn into a Python variable of that name
            connection.execute("SET python_enable_replacements = false")
            if not warehouse._value("has_schema"):
                with warehouse._transaction():
                    connection.execute(read_query("schema"))
                    warehouse._do("write_schema_version", version=SCHEMA_VERSION)
            version = warehouse._value("read_schema_version")
        if version != SCHEMA_VERSION:
            raise StorageError(
                f"Databasen {DATABASE_NAME} har version {version}; programmet kan version "
                f"{SCHEMA_VERSION}.",
                advice="Kör med den version av programmet som arbetsmappen senast kördes med.",
            )
        return warehouse

    def close(self) -> None:
        """Close the store; what was not finished is as if it had never begun."""
        self._connection.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        """Give the open store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    # --- files ------------------------------------------------------------------------------------

    def load_delivery(self, delivery: NewDelivery) -> int:
        """Note a file as received, in a transaction of its own.

        Returns:
            Its `file_id`.
        """
        with _storage_errors():
            return int(self._value("load_delivery", **_parameters(delivery)))

    def delivery(self, file_id: int) -> Delivery:
        """Give one delivered file; KeyError where there is none with this number."""
        found = self._deliveries("read_delivery", file_id=file_id)
        if not found:
            raise KeyError(file_id)
        return found[0]

    def pending_deliveries(self) -> list[Delivery]:
        """Give the files that are received but not settled, oldest first."""
        return self._deliveries("read_pending_deliveries")

    def live_delivery_with(self, source_id: str, sha256: str) -> Delivery | None:
        """Give the first file of a source with exactly these bytes, taken in and not undone."""
        found = self._deliveries("read_live_delivery_with", source_id=source_id, sha256=sha256)
        return found[0] if found else None

    def deliveries_matching(self, name_or_sha: str) -> list[Delivery]:
        """Give the files that can be taken back under a name or the start of a checksum.

        Args:
            name_or_sha: the file's name, or at least the first eight digits of its checksum.
        """
        word = name_or_sha.lower()
        is_checksum = re.fullmatch(rf"[0-9a-f]{{{_SHORTEST_CHECKSUM},64}}", word) is not None
        return self._deliveries(
            "read_deliveries_matching",
            file_name=name_or_sha,
            sha256_prefix=word if is_checksum else None,
        )

    def deliveries(self, as_of: datetime | None = None) -> pd.DataFrame:
        """Give the delivered files as known at a moment (now where it is missing).

        Returns:
            One row a file, oldest first, the fields of `Delivery`; `state` is `återtagen` for a
            file that had been undone by then.
        """
        return self._frame("read_deliveries", as_of=as_of or _END_OF_TIME)

    def accepted_lines(self, file_id: int) -> pd.Series[int]:
        """Give the line numbers of a file whose rows are in the store, new or known, ascending."""
        return self._frame("read_accepted_lines", file_id=file_id)["line_number"]

    @contextmanager
    def file_load(self, file_id: int, *, repeat_of: int | None = None) -> Iterator[FileLoad]:
        """Take a received file in.

        Its rows wait in temporary tables; `FileLoad.finish` stores them in one transaction. All is
        as before unless it was called, whatever happens inside.

        Args:
            file_id: the file, received and not settled (ValueError otherwise).
            repeat_of: an earlier file with the same bytes, taken in and not undone: the rows that
                it brought are known, whatever has changed in the configuration since, and its
                wording keeps the date that it has.
        """
        delivery = self.delivery(file_id)
        if delivery.state is not DeliveryState.RECEIVED:
            raise ValueError(f"file {file_id} is settled already: {delivery.state}")
        with self._staging():
            yield FileLoad(self, delivery, repeat_of=repeat_of)

    @contextmanager
    def trial_load(
        self, delivery: NewDelivery, *, repeat_of: int | None = None
    ) -> Iterator[FileLoad]:
        """See what would become of a file; nothing of it is stored and it cannot be finished.

        Args:
            delivery: the file, which has not been noted as received.
            repeat_of: as for `file_load`.
        """
        with self._staging():
            yield FileLoad(self, _trial_delivery(delivery), repeat_of=repeat_of)

    @contextmanager
    def _staging(self) -> Iterator[None]:
        """Make the temporary tables for one file's rows, and take them away.

        They live outside the transaction that stores them: inside it DuckDB would keep every chunk
        that was handed over until the end.
        """
        if self._is_taking_in:
            raise RuntimeError("another file is being taken in")
        self._is_taking_in = True
        try:
            with _storage_errors():
                self._do("create_staged_row")
            yield
        finally:
            self._is_taking_in = False
            with suppress(duckdb.Error):  # on the way out of a fault: they go with the connection
                self._do("drop_staged")

    def load_undo(self, file_ids: Sequence[int], *, undone_at: datetime) -> UndoResult:
        """Take files back, with all that they changed.

        Args:
            file_ids: files that are taken in and not undone.
            undone_at: from when on they count as taken back.

        Raises:
            FileNotTakenError: one of them is not taken in, or taken back already; then nothing
                is changed.
        """
        chosen = sorted(set(file_ids))
        self._derived_as_of = None
        with _storage_errors(), self._transaction():
            self._derive(_END_OF_TIME)
            self._do("create_report_before")
            undone = self._frame("load_undo", file_ids=chosen, undone_at=undone_at)
            if len(undone) != len(chosen):
                raise FileNotTakenError(
                    "Filen är inte intagen, eller redan återtagen.",
                    advice="Se vilka filer som är intagna med `est status`.",
                )
            self._derived_as_of = None
            self._derive(_END_OF_TIME)
            counts = self._frame("read_undo_result", file_ids=chosen).iloc[0]
            self._do("drop_report_before")
        return UndoResult(**{str(name): int(count) for name, count in counts.items()})

    # --- what was known ---------------------------------------------------------------------------

    def reports(self, *, as_of: datetime, first_week: str, last_week: str) -> pd.DataFrame:
        """Give the reports of some weeks as known at a moment.

        Args:
            as_of: only what was known then counts.
            first_week: first ISO week (`2026-W47`).
            last_week: last ISO week, included.

        Returns:
            One row a report, its latest version: `domain.schemas.REPORT_COLUMNS` with the types of
            `PLACED`; by week, start and id.
        """
        with _storage_errors():
            self._derive(as_of)
            return self._frame("read_reports", first_week=first_week, last_week=last_week)

    def weekly_counts(self, *, as_of: datetime) -> pd.DataFrame:
        """Count what was known at a moment by week, district and category.

        Returns:
            The columns of `domain.schemas.WEEKLY_COUNTS`, only the cells that have a report; by
            week, district and category.
        """
        with _storage_errors():
            self._derive(as_of)
            counts = self._frame("read_weekly_counts")
        return WEEKLY_COUNTS.validate(counts)

    def publish(self, *, folder: Path, as_of: datetime, counts: pd.DataFrame) -> Published:
        """Write the published Parquet tables as known at a moment.

        Args:
            folder: where the tables lie.
            as_of: only what was known then counts.
            counts: the weekly counts with their zeros (`domain.schemas.WEEKLY_COUNTS`).

        Raises:
            StorageError: the folder cannot be written.
        """
        with _storage_errors():
            self._derive(as_of)
            return write_tables(self._connection, folder=folder, counts=counts)

    def _derive(self, as_of: datetime) -> None:
        """Derive the current reports of a moment, once for all that asks about it."""
        if self._derived_as_of == as_of:
            return
        self._derived_as_of = None
        self._do("create_latest_version", as_of=as_of)
        self._do("create_current_report")
        self._do("create_report")
        self._derived_as_of = as_of

    # --- the connection ---------------------------------------------------------------------------

    def _do(self, query: str, **parameters: object) -> None:
        self._connection.execute(read_query(query), _aware(parameters))

    def _value(self, query: str, **parameters: object) -> Any:
        ((value,),) = self._connection.execute(read_query(query), _aware(parameters)).fetchall()
        return value

    def _table(self, query: str, **parameters: object) -> pa.Table:
        # by way of Arrow: DuckDB's own frames lose the types, its own rows ask for pytz
        relation = self._connection.sql(read_query(query), params=_aware(parameters))
        return relation.to_arrow_table()

    def _frame(self, query: str, **parameters: object) -> pd.DataFrame:
        frame: pd.DataFrame = self._table(query, **parameters).to_pandas()
        wanted = {name: type_ for name, type_ in _PLACED_TYPES.items() if name in frame.columns}
        return frame.astype(wanted)

    def _deliveries(self, query: str, **parameters: object) -> list[Delivery]:
        with _storage_errors():
            rows = self._table(query, **parameters).to_pylist()
        return [_delivery(row) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
            self._connection.commit()
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        self._derived_as_of = None
        with suppress(duckdb.Error):  # nothing is open: a commit that failed has rolled back
            self._connection.rollback()


class FileLoad:
    """One file on its way in: stage its rows, settle which are new, finish.

    `Warehouse.file_load` and `Warehouse.trial_load` make it.
    """

    def __init__(self, warehouse: Warehouse, delivery: Delivery, *, repeat_of: int | None) -> None:
        self.delivery = delivery
        self.is_finished = False
        self._warehouse = warehouse
        self._repeat_of = repeat_of
        self._settled: Settled | None = None

    def stage_reports(self, placed: pd.DataFrame) -> None:
        """Let placed rows wait until the whole file is there; call it once a chunk.

        Args:
            placed: rows of the file as `domain.schemas.PLACED` has them.
        """
        if self._settled is not None:
            raise RuntimeError("the file is settled")
        connection = self._warehouse._connection
        with _storage_errors():
            for start in range(0, len(placed), CHUNK_ROWS):
                chunk = placed.iloc[start : start + CHUNK_ROWS]
                connection.register(
                    "placed_chunk",
                    pa.Table.from_pandas(chunk, schema=_PLACED_ARROW, preserve_index=False),
                )
                try:
                    self._warehouse._do("stage_rows")
                finally:
                    connection.unregister("placed_chunk")

    def settle(self) -> Settled:
        """Tell the new rows from those that the store knows.

        Returns:
            Their counts. The rows of an earlier file with the same bytes (`repeat_of`) are all
            known, also those that were not staged this time.
        """
        if self._settled is None:
            warehouse = self._warehouse
            with _storage_errors():
                warehouse._do("create_repeated_row")
                if self._repeat_of is not None:
                    warehouse._do("delete_staged_repeats", repeat_of=self._repeat_of)
                warehouse._do("create_known_line", **self._identity, repeat_of=self._repeat_of)
                counts = warehouse._frame("read_settled").iloc[0]
            self._settled = Settled(
                accepted_count=int(counts["accepted_count"]),
                known_count=int(counts["known_count"]),
            )
        return self._settled

    def settled_rows(self) -> pd.DataFrame:
        """Give what became of each row.

        Returns:
            One row a row staged or known: `line_number`, `report_id`, `is_known`; by line.
        """
        self.settle()
        with _storage_errors():
            return self._warehouse._frame("read_settled_rows", source_id=self.delivery.source_id)

    def finish(self, outcome: DeliveryOutcome) -> None:
        """Store the rows and how the file was settled, and commit.

        Raises:
            ValueError: the rows read are not the sum of those accepted, quarantined, known and
                left out; or rows of a refused file were staged.
            StorageError: the disk is full or fails; then nothing is stored.
        """
        if self.delivery.file_id == _TRIAL_FILE_ID:
            raise RuntimeError("a trial cannot be finished")
        settled = self.settle()
        stored_count = settled.accepted_count + settled.known_count
        if outcome.state is DeliveryState.REFUSED:
            if stored_count:
                raise ValueError("a refused file brings no rows")
        elif outcome.rows_read != (
            stored_count + outcome.quarantined_count + outcome.left_out_count
        ):
            raise ValueError(f"the rows of the file don't add up: {outcome}, {settled}")
        version_at = outcome.version_at
        if self._repeat_of is not None:
            # the same bytes say nothing newer: an old file dropped again must not win
            version_at = self._warehouse.delivery(self._repeat_of).version_at
        dated = {
            "is_history": outcome.is_history,
            "received_at": self.delivery.received_at,
            "file_id": self.delivery.file_id,
        }
        warehouse = self._warehouse
        with _storage_errors(), warehouse._transaction():
            warehouse._do("load_report_versions", source_id=self.delivery.source_id, **dated)
            warehouse._do("load_known_rows", **dated)
            warehouse._do(
                "load_outcome",
                file_id=self.delivery.file_id,
                **_parameters(replace(outcome, version_at=version_at)),
                **asdict(settled),
            )
        warehouse._derived_as_of = None
        self.is_finished = True

    @property
    def _identity(self) -> dict[str, object]:
        return {"file_id": self.delivery.file_id, "source_id": self.delivery.source_id}


def _options(spill: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(spill),
        # rows have their line numbers, and results are ordered in the query
        "preserve_insertion_order": False,
        # nothing is ever fetched from the network
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _parameters(record: NewDelivery | DeliveryOutcome) -> dict[str, object]:
    return {
        name: str(value) if isinstance(value, DeliveryState) else value
        for name, value in asdict(record).items()
    }


def _aware(parameters: Mapping[str, object]) -> dict[str, object]:
    """Refuse a moment without a time zone: the store cannot know what it means."""
    for name, value in parameters.items():
        if isinstance(value, datetime) and value.utcoffset() is None:
            raise ValueError(f"{name} has no time zone")
    return dict(parameters)


def _trial_delivery(delivery: NewDelivery) -> Delivery:
    return Delivery(
        **asdict(delivery),
        file_id=_TRIAL_FILE_ID,
        version_at=delivery.received_at,
        state=DeliveryState.RECEIVED,
        reason_code=None,
        reason=None,
        rows_read=0,
        accepted_count=0,
        quarantined_count=0,
        known_count=0,
        left_out_count=0,
        undone_at=None,
        encoding=None,
        is_nothing_to_report=False,
        is_history=False,
    )


def _delivery(row: dict[str, Any]) -> Delivery:
    moments = {
        name: value.astimezone(UTC) for name, value in row.items() if isinstance(value, datetime)
    }
    is_undone = row["undone_at"] is not None
    state = DeliveryState.UNDONE if is_undone else DeliveryState(row["state"])
    return Delivery(**{**row, **moments, "state": state})


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Turn what a disk, a lock or a full memory does to DuckDB into words for an operator."""
    try:
        yield
    except (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException) as error:
        words = str(error)
        if _LOCK_WORDS.search(words):
            holder = _LOCK_HOLDER.search(words)
            who = f" (process {holder[1]})" if holder else ""
            raise LockedError(
                f"Databasen {DATABASE_NAME} används av ett annat program{who}.",
                advice="Vänta tills den andra körningen är klar. Är det en anteckningsbok som har "
                "databasen öppen: stäng den och läs Parquet-tabellerna i data/lager i stället.",
            ) from error
        if _DISK_FULL_WORDS.search(words):
            raise StorageError(
                "Disken är full. Inget av det som pågick är sparat.",
                advice="Frigör utrymme och kör igen.",
            ) from error
        if isinstance(error, duckdb.OutOfMemoryException):
            raise StorageError(
                "Minnet eller utrymmet för tillfälliga filer räckte inte. Inget av det som pågick "
                "är sparat.",
                advice="Stäng andra program, frigör diskutrymme och kör igen.",
            ) from error
        raise StorageError(
            f"Databasen {DATABASE_NAME} eller en tabell i data/lager går inte att läsa eller "
            "skriva.",
            advice="Kontrollera att mappen data/lager finns och att du får skriva där. Är filen "
            "skadad: återställ den från säkerhetskopia.",
        ) from error

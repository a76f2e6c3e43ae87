"""The one connection to DuckDB: named queries in, frames out, its errors in an operator's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from est_pipeline.domain.schemas import PLACED
from est_pipeline.errors import LockedError, StorageError
from est_pipeline.store.queries import read_query

DATABASE_NAME = "est.duckdb"
MEMORY_LIMIT = "600MB"
"""What DuckDB may hold in memory; larger sorts and joins go by way of `temp_directory`."""

_LOCK_WORDS = re.compile(r"lock on file|used by another process", re.IGNORECASE)
_LOCK_HOLDER = re.compile(r"\(PID (\d+)\)")
_DISK_FULL_WORDS = re.compile(r"no space left|not enough space|disk full", re.IGNORECASE)
_DAMAGE_WORDS = re.compile(r"corrupt|checksum|failed to commit|not a valid duckdb", re.IGNORECASE)
PLACED_TYPES = {
    # pandera calls pandas' own text type string[pyarrow]
    name: re.sub(r"^string\b.*", "str", str(column.dtype))
    for name, column in PLACED.columns.items()
}
"""The columns of `domain.schemas.PLACED` and their types in pandas."""


class Database:
    """A connection that runs the queries of `sql/` by name, with bound parameters."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Take over an open connection."""
        self.connection = connection

    def do(self, query: str, **parameters: object) -> None:
        """Run a query for its effect."""
        self.connection.execute(read_query(query), _aware(parameters))

    def value(self, query: str, **parameters: object) -> Any:
        """Give the one value of a query's one row."""
        rows = self.connection.execute(read_query(query), _aware(parameters)).fetchall()
        ((value,),) = rows
        return value

    def table(self, query: str, **parameters: object) -> pa.Table:
        """Give a query's rows by way of Arrow.

        DuckDB's own frames lose the types, and its own rows ask for pytz.
        """
        relation = self.connection.sql(read_query(query), params=_aware(parameters))
        return relation.to_arrow_table()

    def frame(self, query: str, **parameters: object) -> pd.DataFrame:
        """Give a query's rows as a frame with the types of `PLACED`."""
        frame: pd.DataFrame = self.table(query, **parameters).to_pandas()
        wanted = {name: type_ for name, type_ in PLACED_TYPES.items() if name in frame.columns}
        return frame.astype(wanted)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that is inside, or nothing."""
        self.connection.begin()
        try:
            yield
            self.connection.commit()
        except BaseException:
            with suppress(duckdb.Error):  # nothing is open: a commit that failed has rolled back
                self.connection.rollback()
            raise


def connection_options(spill: Path) -> dict[str, str | bool | int | float | list[str]]:
    """Give the settings of a connection whose large sorts go by way of the folder `spill`."""
    return {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(spill),
        # rows have their line numbers, and results are ordered in the query
        "preserve_insertion_order": False,
        # nothing is ever fetched from the network
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _aware(parameters: Mapping[str, object]) -> dict[str, object]:
    """Refuse a moment without a time zone: the store cannot know what it means."""
    for name, value in parameters.items():
        if isinstance(value, datetime) and value.utcoffset() is None:
            raise ValueError(f"{name} has no time zone")
    return dict(parameters)


def _is_of_the_machine(error: duckdb.Error | OSError) -> bool:
    """Tell what disk, lock, memory or a damaged file cause from a fault of the program."""
    kinds = (
        OSError,
        duckdb.IOException,
        duckdb.FatalException,
        duckdb.InternalException,
        duckdb.OutOfMemoryException,
        duckdb.SerializationException,
    )
    return isinstance(error, kinds) or _DAMAGE_WORDS.search(str(error)) is not None


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what a disk, a lock or a full memory does to DuckDB into words for an operator."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        if not _is_of_the_machine(error):
            raise
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

"""Opening a database: its tables, the steps up from earlier versions, the workspace's secret."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import duckdb

from est_pipeline.errors import StorageError
from est_pipeline.store.database import DATABASE_NAME, Database, connection_options, storage_errors
from est_pipeline.store.queries import read_query

SCHEMA_VERSION = 3

_MIGRATIONS = {2: "migrate_to_2", 3: "migrate_to_3"}
"""The query that brings a store to a version from the one before."""


def open_database(folder: Path, *, new_secret: str | None = None) -> Database:
    """Open the database in a folder, made ready for use; both are created where there are none.

    Args:
        folder: where the database lies.
        new_secret: the secret (hexadecimal) of a store that has none yet; drawn where not given.

    Raises:
        LockedError: another program has the database open.
        StorageError: the folder or the database cannot be read or written, or the database was
            made by a later version of this program.
    """
    # DuckDB's own place for it, stated so that what a killed run left there can be removed
    spill = folder / f"{DATABASE_NAME}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"Mappen {folder} går inte att skapa ({error.strerror}).",
            advice="Kontrollera att du får skriva i arbetsmappen.",
        ) from error
    with storage_errors():
        connection = duckdb.connect(str(folder / DATABASE_NAME), config=connection_options(spill))
    try:
        shutil.rmtree(spill, ignore_errors=True)
        return _made_ready(connection, new_secret)
    except BaseException:
        connection.close()
        raise


def open_in_memory(scratch: Path) -> Database:
    """Open an empty database that is gone when it is closed; `scratch` takes what is too large."""
    return _made_ready(duckdb.connect(":memory:", config=connection_options(scratch)))


def _made_ready(connection: duckdb.DuckDBPyConnection, new_secret: str | None = None) -> Database:
    database = Database(connection)
    with storage_errors():
        connection.execute("SET TimeZone = 'UTC'")
        # a misspelt table must not turn into a Python variable of that name
        connection.execute("SET python_enable_replacements = false")
        if not database.value("has_schema"):
            with database.transaction():
                connection.execute(read_query("schema"))
                database.do("write_schema_version", version=SCHEMA_VERSION)
        _migrate(database)
        if database.table("read_secret").num_rows == 0:
            database.do("write_secret", secret=new_secret or secrets.token_hex(32))
        version = database.value("read_schema_version")
    if version != SCHEMA_VERSION:
        raise StorageError(
            f"Databasen {DATABASE_NAME} har version {version}; programmet kan version "
            f"{SCHEMA_VERSION}.",
            advice="Kör med den version av programmet som arbetsmappen senast kördes med.",
        )
    return database


def _migrate(database: Database) -> None:
    """Bring a store of an earlier version up to this one, step by step."""
    found = database.value("read_schema_version")
    for version, query in _MIGRATIONS.items():
        if version > found:
            with database.transaction():
                database.do(query)
                database.do("write_schema_version", version=version)

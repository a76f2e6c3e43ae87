"""Reading the published tables: never the database itself, so a reader never blocks a run."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from est_pipeline.errors import WorkspaceError
from est_pipeline.store.publish import PUBLISHED_TABLES


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Give a published table whole; its columns are documented in `PUBLISHED_TABLES`.

    Raises:
        WorkspaceError: nothing has been published in this workspace yet.
    """
    file = folder / f"{name}.parquet"
    if not file.is_file():
        raise WorkspaceError(
            f"Tabellen {file.name} finns inte i {folder}.", advice="Kör `est run` först."
        )
    return pd.read_parquet(file)


def query_tables(folder: Path, query: str) -> pd.DataFrame:
    """Answer a question in SQL over the published tables, each under its own name.

    Args:
        folder: where the tables lie.
        query: one SELECT of DuckDB's SQL. `placing` is a reserved word: write `"placing"`.
    """
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name in PUBLISHED_TABLES:
            connection.register(name, read_table(folder, name))
        answer: pd.DataFrame = connection.sql(query).to_arrow_table().to_pandas()
        return answer

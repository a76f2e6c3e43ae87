"""The queries of the store, read from `sql/`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def read_query(name: str) -> str:
    """Give the text of `sql/<name>.sql`."""
    return (files("est_pipeline.store") / "sql" / f"{name}.sql").read_text(encoding="utf-8")

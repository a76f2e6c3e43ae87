"""Rows that were not accepted, written back in the source's own shape, ready to be mended."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from est_pipeline.ingest.files import write_atomically
from est_pipeline.ingest.reading.dialect import Dialect

_MARK = "-att-ratta"


def write_quarantine(folder: Path, stem: str, *, rows: pd.DataFrame, dialect: Dialect) -> Path:
    """Write quarantined rows so that they can be mended and dropped again.

    Args:
        folder: the source's folder under `data/karantan/`.
        stem: the name without its ending.
        rows: `line_number` and the file's own columns, masked.
        dialect: the separator and columns of the original file.

    Returns:
        The file written: CSV with the original's columns and separator (UTF-8 with a byte-order
        mark, so that Excel reads å ä ö; with semicolons for a workbook), or JSON for a JSON
        original.
    """
    cells = rows.sort_values("line_number").drop(columns="line_number")
    if dialect.file_format == "json":
        records = [
            {k: v for k, v in row.items() if pd.notna(v)} for row in cells.to_dict("records")
        ]
        text = json.dumps(records, ensure_ascii=False, indent=1)
        return write_atomically(folder / f"{stem}{_MARK}.json", text.encode())
    guarded = cells.apply(guard_formulas)
    text = guarded.to_csv(index=False, sep=dialect.delimiter or ";", lineterminator="\r\n")
    return write_atomically(folder / f"{stem}{_MARK}.csv", text.encode("utf-8-sig"))


def remove_quarantine(folder: Path, stem: str) -> None:
    """Remove the quarantined rows of a file that has been taken back; the original stays."""
    for ending in ("csv", "json"):
        (folder / f"{stem}{_MARK}.{ending}").unlink(missing_ok=True)


def guard_formulas(cells: pd.Series) -> pd.Series:
    """Put an apostrophe before cells that a spreadsheet would run; `dialect` takes it off."""
    if cells.dtype != "str":
        return cells
    is_number = cells.str.fullmatch(r"[+-]\d+(?:[.,]\d+)?").fillna(False).astype(bool)
    runs = cells.str.match(r"[=+@\-\t]").fillna(False).astype(bool) & ~is_number
    return cells.where(~runs, "'" + cells)

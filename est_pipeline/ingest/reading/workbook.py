"""Workbooks (`.xlsx`): the sheet that holds the reports, its cells as the text they show.

The same contract as a CSV file: column names in a row, one report a row, line numbers as Excel
shows them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from est_pipeline.domain.text import counted
from est_pipeline.errors import RefusedFileError
from est_pipeline.ingest.reading.dialect import (
    HEADER_SEARCH_LINES,
    Dialect,
    HeaderScore,
    unique_names,
)

_ROWS_AT_A_TIME = 20_000
_MOST_BYTES_UNPACKED = 1024**3
_LARGEST_RATIO = 300
_SMALL_BYTES = 50 * 1024**2
"""A workbook that unpacks to less than this may be packed as tightly as it likes."""

_LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class OpenWorkbook:
    """A readable workbook: what it is, and its cells in tables of text with `line_number`."""

    dialect: Dialect
    blocks: Iterator[pa.Table] = field(repr=False)


def open_workbook(file: Path, *, header_score: HeaderScore) -> OpenWorkbook:
    """Open the sheet whose column names are known.

    Raises:
        RefusedFileError: it is no workbook, holds far more than it seems to, or several of its
            sheets hold reports.
    """
    _refuse_bombs(file)
    try:
        book = CalamineWorkbook.from_path(str(file))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable() from error
    scored = [_find_header(sheet, header_score) for sheet in sheets if sheet.total_height]
    if not scored:
        raise RefusedFileError(
            "tom_fil",
            "Arbetsboken innehåller inga ifyllda blad.",
            advice="Gör om uttaget och lägg filen i inkorgen igen.",
        )
    best = max(scored, key=lambda found: found.score)
    rivals = [f.sheet.name for f in scored if f.score and f.score >= 0.8 * best.score]
    if len(rivals) > 1:
        raise RefusedFileError(
            "flera_blad",
            f"Flera blad ser ut att innehålla rapporter: {', '.join(rivals)}.",
            advice="Spara varje blad som en egen fil, så att inget blir oläst.",
        )
    names = best.cells
    while names and not names[-1].strip():
        names = names[:-1]
    dialect = Dialect(
        file_format="xlsx",
        encoding="",
        delimiter="",
        header_line=best.line,
        header=unique_names(names),
        not_rows=tuple((line, "rubrikrad ovanför kolumnnamnen") for line in best.lines_above),
        sheet=best.sheet.name,
        unread_sheets=tuple(f.sheet.name for f in scored if f is not best),
    )
    return OpenWorkbook(dialect, _cell_blocks(best.sheet, dialect))


def _refuse_bombs(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _unreadable() from error
    if not any(member.filename.lower().endswith("workbook.xml") for member in members):
        raise RefusedFileError(
            "inte_excel",
            "Filen är en zip-fil men ingen Excel-arbetsbok (.xlsx).",
            advice="Packa upp den och lägg filerna i inkorgen var för sig, som CSV eller .xlsx.",
        )
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    is_nested = any(m.filename.lower().endswith((".zip", ".xlsx", ".7z", ".gz")) for m in members)
    if (
        is_nested
        or unpacked > _MOST_BYTES_UNPACKED
        or (unpacked > _SMALL_BYTES and unpacked > _LARGEST_RATIO * packed)
    ):
        raise RefusedFileError(
            "misstankt_arkiv",
            "Arbetsboken innehåller andra arkiv eller packar upp till något orimligt stort.",
            advice="Spara bladet med rapporterna som CSV UTF-8 och lägg den filen i inkorgen.",
        )


def _unreadable() -> RefusedFileError:
    return RefusedFileError(
        "trasig_excel",
        "Arbetsboken går inte att läsa; den kan vara skadad eller halvt kopierad.",
        advice="Öppna den i Excel, spara den på nytt som .xlsx eller CSV UTF-8 och lägg den i "
        "inkorgen igen.",
    )


@dataclass(frozen=True)
class _FoundHeader:
    sheet: CalamineSheet
    score: int
    line: int
    cells: tuple[str, ...]
    lines_above: tuple[int, ...]


def _find_header(sheet: CalamineSheet, header_score: HeaderScore) -> _FoundHeader:
    """Find the row of a sheet that yields the most known names; else the first with anything."""
    top = [
        tuple(text or "" for text in map(cell_text, row))
        for row in islice(sheet.iter_rows(), HEADER_SEARCH_LINES)
    ]
    scores = [header_score(row) for row in top]
    score = max(scores, default=0)
    filled = [number for number, row in enumerate(top) if any(row)]
    at = scores.index(score) if score else (filled[0] if filled else 0)
    above = tuple(number + 1 for number in filled if number < at)
    return _FoundHeader(sheet, score, at + 1, top[at] if top else (), above if score else ())


def _cell_blocks(sheet: CalamineSheet, dialect: Dialect) -> Iterator[pa.Table]:
    rows = enumerate(sheet.iter_rows(), start=1)  # from the sheet's first row
    below = ((line, row) for line, row in rows if line > dialect.header_line)
    width = len(dialect.header)
    try:
        while chunk := list(islice(below, _ROWS_AT_A_TIME)):
            widest = max(len(row) for _, row in chunk)
            cells = [[*row, *[None] * (max(width, widest) - len(row))] for _, row in chunk]
            columns = list(zip(*cells, strict=True))
            extra = sum(any(cell_text(c) for c in column) for column in columns[width:])
            if extra:
                raise RefusedFileError(
                    "kolumn_utan_namn",
                    f"{counted(extra, 'kolumn', 'kolumner')} till höger har innehåll men inget "
                    "kolumnnamn.",
                    advice="Skriv kolumnnamn över dem eller ta bort dem.",
                )
            yield pa.table(
                {"line_number": pa.array(np.array([line for line, _ in chunk], dtype=np.int64))}
                | {
                    name: pa.array(list(map(cell_text, column)), pa.large_string())
                    for name, column in zip(dialect.header, columns, strict=False)
                }
            )
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable() from error


def cell_text(value: object) -> str | None:
    """Give a cell as text: whole numbers without decimals, moments in ISO form, yes and no."""
    if value is None or value == "":
        return None
    write = _WRITERS.get(type(value), str)
    return write(value)


def _number_text(number: float) -> str:
    is_whole = number.is_integer() and abs(number) < _LARGEST_EXACT
    return str(int(number)) if is_whole else repr(number)


def _moment_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d" if moment.time() == time(0) else "%Y-%m-%d %H:%M:%S")


def _length_text(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    bool: lambda is_true: "ja" if is_true else "nej",
    float: _number_text,
    datetime: _moment_text,
    date: date.isoformat,
    time: lambda clock: clock.strftime("%H:%M:%S"),
    timedelta: _length_text,
}

"""What a file's structure is: its encoding, its separator, the row that holds the column names.

Nothing is guessed in silence: what was decided is returned to stand in the receipt.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from est_pipeline.errors import RefusedFileError

DELIMITERS = (";", ",", "\t", "|")
HEADER_SEARCH_LINES = 40
"""How far down the column names may stand."""

MOST_COLUMNS = 1_000
_MOST_HEADER_LINES = 6  # column names with line breaks in them

csv.field_size_limit(2**31 - 1)  # a giant cell is answered by the checks, not by the reader

FileFormat = Literal["csv", "json", "xlsx"]

HeaderScore = Callable[[Sequence[str]], int]
"""How many cells of a line are header names that the source or the form knows."""


@dataclass(frozen=True)
class Dialect:
    """What was found out about a file; stands in its receipt.

    Attributes:
        file_format: what sort of file it is.
        encoding: of a text file.
        delimiter: between the cells of a CSV file.
        header_line: the line on which the column names end.
        header: the column names, each once.
        not_rows: lines above the header that are no rows: (line number, why).
        sheet: the sheet of a workbook.
        unread_sheets: its other sheets, which hold no reports.
    """

    file_format: FileFormat
    encoding: str
    delimiter: str
    header_line: int
    header: tuple[str, ...]
    not_rows: tuple[tuple[int, str], ...] = ()
    sheet: str = ""
    unread_sheets: tuple[str, ...] = ()


def split_line(line: str, delimiter: str) -> list[str]:
    """Split one record into its cells, quotes (and line breaks within them) honoured."""
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])


def join_line(cells: Sequence[str], delimiter: str) -> str:
    """Write cells as one CSV line."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n")


def detect_csv_dialect(text: str, *, encoding: str, header_score: HeaderScore) -> Dialect:
    r"""Find the separator and the header row: those that yield the most known names.

    Where no line has a known name the first line counts as the header, so that the refusal can
    list what was found.

    Args:
        text: the beginning of the file, line ends `\n`.
        encoding: as `encoding.detect_encoding` told it.
        header_score: tells header names.

    Raises:
        RefusedFileError: the header has more columns than any report.
    """
    lines = text.split("\n", HEADER_SEARCH_LINES)[:HEADER_SEARCH_LINES]
    declared = re.match(r'^"?sep=(.)"?$', lines[0])
    delimiters = (declared[1],) if declared else DELIMITERS
    best: tuple[int, int, int, str] | None = None
    for number in range(len(lines)):
        record, last = _record(lines, number)
        if not record.strip():
            continue
        for delimiter in delimiters:
            score = header_score([cell.strip() for cell in split_line(record, delimiter)])
            if score and (best is None or score > best[0]):
                best = (score, number, last, delimiter)
    if best is None:
        number = next((n for n, line in enumerate(lines) if line.strip()), 0)
        last, delimiter = number, max(delimiters, key=lines[number].count)
    else:
        _, number, last, delimiter = best
    record = "\n".join(lines[number : last + 1])
    above = [
        (n + 1, "raden sep=" if declared and n == 0 else "rubrikrad ovanför kolumnnamnen")
        for n in range(number if best else 0)
        if lines[n].strip()
    ]
    return Dialect(
        file_format="csv",
        encoding=encoding,
        delimiter=delimiter,
        header_line=last + 1,
        header=unique_names(split_line(record, delimiter)),
        not_rows=tuple(above),
    )


def _record(lines: Sequence[str], number: int) -> tuple[str, int]:
    """Give the record that begins on a line and the line it ends on: quotes may span lines."""
    record = lines[number]
    for last in range(number, min(number + _MOST_HEADER_LINES, len(lines))):
        record = "\n".join(lines[number : last + 1])
        if record.count('"') % 2 == 0:
            return record, last
    return lines[number], number


def unique_names(cells: Iterable[str]) -> tuple[str, ...]:
    """Give the column names: trimmed, empty and repeated ones numbered so that none is lost.

    Raises:
        RefusedFileError: there are more columns than any report has.
    """
    seen: set[str] = set()
    result: list[str] = []
    for position, cell in enumerate(cells, start=1):
        if position > MOST_COLUMNS:
            raise RefusedFileError(
                "for_manga_kolumner",
                f"Filen har fler än {MOST_COLUMNS} kolumner.",
                advice="Kontrollera att rätt fil har lämnats och att kolumnerna är skilda med rätt "
                "tecken.",
            )
        label = " ".join(cell.replace("﻿", "").split()) or f"kolumn {position}"
        name, number = label, 1
        while name in seen:
            number += 1
            name = f"{label} ({number})"
        seen.add(name)
        result.append(name)
    return tuple(result)

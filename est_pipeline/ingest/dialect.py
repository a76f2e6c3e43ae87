"""Reading a file as it came: encoding, separator, header row; cells as text with line numbers.

Nothing is guessed in silence: what was decided is returned to stand in the receipt, and a file
whose encoding or header cannot be told is refused with its reason.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from est_pipeline.errors import RefusedFileError

BLOCK_BYTES = 32 * 1024 * 1024
"""How much of a file is held as text at a time; bounds the memory of a large file."""

DELIMITERS = (";", ",", "\t", "|")
_HEADER_SEARCH_LINES = 40
_LINE = "line_number"

csv.field_size_limit(2**31 - 1)  # a giant cell is answered by the checks, not by the reader

HeaderScore = Callable[[Sequence[str]], int]
"""How many cells of a line are header names that the source or the form knows."""


@dataclass(frozen=True)
class Dialect:
    """What was found out about a file; stands in its receipt."""

    encoding: str
    delimiter: str
    header_line: int
    header: tuple[str, ...]
    not_rows: tuple[tuple[int, str], ...] = ()
    """Lines above the header that are no rows: (line number, why)."""


@dataclass(frozen=True)
class RawRows:
    """A block of a file: cells as text, one column per header and `line_number` (1 = first line).

    `misshapen` holds the rows whose number of fields differs from the header's: `line_number`,
    `field_count` and the `text` of the row. `not_rows` lists lines that are no rows.
    """

    frame: pd.DataFrame
    misshapen: pd.DataFrame
    not_rows: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class RawTable:
    """A readable file: its dialect and its rows in blocks."""

    dialect: Dialect
    blocks: Iterator[RawRows] = field(repr=False)
    is_empty: bool = False
    """Whether it is sound but holds no row at all, so that nothing can be said of its columns."""


def read_table(
    file: Path, *, file_format: Literal["csv", "json"], header_score: HeaderScore
) -> RawTable:
    """Open a delivered file as rows of text.

    Args:
        file: the file as it came.
        file_format: as the source's file states.
        header_score: tells the header row and the separator by the names they yield.

    Raises:
        RefusedFileError: the structure fails as a whole (empty, unreadable, no header row).
    """
    if file.stat().st_size == 0:
        raise RefusedFileError(
            "tom_fil", "Filen är tom (0 byte).", advice="Gör om uttaget och släpp filen igen."
        )
    if file_format == "json":
        return _read_json(file)
    encoding = detect_encoding(file)
    blocks = _text_blocks(file, encoding)
    first = next(blocks, "")
    dialect = _detect_dialect(first, encoding, header_score)
    return RawTable(dialect, _csv_rows(itertools.chain([first], blocks), dialect))


def detect_encoding(file: Path) -> str:
    """Tell a file's encoding by its byte-order mark, by being valid UTF-8, or by its å ä ö.

    Raises:
        RefusedFileError: the bytes fit several encodings, or none (a binary file).
    """
    with file.open("rb") as stream:
        head = stream.read(4)
        for mark, name in (
            (codecs.BOM_UTF8, "utf-8-sig"),
            (codecs.BOM_UTF16_LE, "utf-16"),
            (codecs.BOM_UTF16_BE, "utf-16"),
        ):
            if head.startswith(mark):
                return name
        stream.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        counts = np.zeros(256, dtype=np.int64)
        is_utf8 = True
        while block := stream.read(BLOCK_BYTES):
            counts += np.bincount(np.frombuffer(block, dtype=np.uint8), minlength=256)
            if is_utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    is_utf8 = False
        if is_utf8:
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                is_utf8 = False
    if counts[0]:
        raise RefusedFileError(
            "binar_fil",
            "Filen innehåller tecken som inte finns i en textfil.",
            advice="Spara uttaget som CSV och släpp den filen.",
        )
    return "utf-8" if is_utf8 else _eight_bit_encoding(counts)


def _eight_bit_encoding(counts: np.ndarray) -> str:
    """Tell cp1252, mac roman and DOS (cp850) apart by how well each explains the high bytes."""
    high = {n: int(counts[n]) for n in range(128, 256) if counts[n]}
    total = sum(high.values())
    explained = {}
    for name in ("cp1252", "mac_roman", "cp850"):
        letters = set("åäöÅÄÖéÉ".encode(name))
        marks = set("–—’‘”“…§°½´·".encode(name, errors="ignore"))
        swedish = sum(n for byte, n in high.items() if byte in letters)
        fitting = swedish + sum(n for byte, n in high.items() if byte in marks - letters)
        explained[name] = (swedish, fitting)
    ranked = sorted(explained, key=lambda name: explained[name], reverse=True)
    best, second = ranked[0], ranked[1]
    swedish, fitting = explained[best]
    if swedish == 0 or fitting < 0.9 * total or swedish == explained[second][0]:
        raise RefusedFileError(
            "oklar_kodning",
            "Det går inte att avgöra vilken teckenkodning filen har; å, ä och ö skulle bli fel.",
            advice="Spara om filen som »CSV UTF-8« i Excel och släpp den igen.",
        )
    return best


def _text_blocks(file: Path, encoding: str) -> Iterator[str]:
    """Give the file as text in blocks that end where a line ends, line ends all alike."""
    rest = ""
    with file.open("r", encoding=encoding, newline=None) as stream:
        while block := stream.read(BLOCK_BYTES):
            cut = block.rfind("\n") + 1
            if cut == 0:
                rest += block
                continue
            yield rest + block[:cut]
            rest = block[cut:]
    if rest:
        yield rest


def split_line(line: str, delimiter: str) -> list[str]:
    """Split one record into its cells, quotes (and line breaks within them) honoured."""
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])


def _detect_dialect(text: str, encoding: str, header_score: HeaderScore) -> Dialect:
    """Find the separator and the header row: those that yield the most known names."""
    lines = text.split("\n", _HEADER_SEARCH_LINES)[:_HEADER_SEARCH_LINES]
    declared = re.match(r'^"?sep=(.)"?$', lines[0].strip("\r"))
    delimiters = (declared[1],) if declared else DELIMITERS
    best: tuple[int, int, str] | None = None
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        for delimiter in delimiters:
            score = header_score([cell.strip() for cell in split_line(line, delimiter)])
            if score and (best is None or score > best[0]):
                best = (score, number, delimiter)
    if best is None:
        found = next((line for line in lines if line.strip()), "")
        delimiter = max(delimiters, key=found.count)
        header = tuple(cell.strip() for cell in split_line(found, delimiter))
        return Dialect(encoding, delimiter, lines.index(found) + 1 if found else 1, header)
    _, number, delimiter = best
    header = _unique(cell.strip().removeprefix("﻿") for cell in split_line(lines[number], delimiter))
    above = tuple(
        (n + 1, "raden sep=" if declared and n == 0 else "rubrikrad ovanför kolumnnamnen")
        for n in range(number)
        if lines[n].strip()
    )
    return Dialect(encoding, delimiter, number + 1, header, above)


def _unique(names: Iterator[str]) -> tuple[str, ...]:
    """Number empty and repeated header names so that no column is lost."""
    seen: dict[str, int] = {}
    result = []
    for position, name in enumerate(names, start=1):
        label = name or f"kolumn {position}"
        seen[label] = seen.get(label, 0) + 1
        result.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return tuple(result)


def _csv_rows(blocks: Iterator[str], dialect: Dialect) -> Iterator[RawRows]:
    first_line = 1
    for text in blocks:
        lines = pc.split_pattern(pa.scalar(text, pa.string()), "\n").values
        if len(lines) and lines[-1].as_py() == "":
            lines = lines[:-1]
        numbers = np.arange(first_line, first_line + len(lines), dtype=np.int64)
        quotes = pc.count_substring(lines, '"').to_numpy()
        if (quotes % 2).any():
            # a cell with a line break in it (or a stray quote): read the rest record by record
            rest = itertools.chain([text], blocks)
            yield from _csv_records(rest, dialect, first_line)
            return
        first_line += len(lines)
        yield _parse_lines(lines, numbers, dialect)


def _is_blank(lines: pa.Array, delimiter: str) -> np.ndarray:
    """Tell lines that hold nothing but spaces, separators and empty quotes."""
    pattern = rf'^[\s"{re.escape(delimiter)}]*$'
    return np.asarray(pc.match_substring_regex(lines, pattern).to_numpy(zero_copy_only=False))


def _parse_lines(lines: pa.Array, numbers: np.ndarray, dialect: Dialect) -> RawRows:
    """Parse lines that are one row each; the line's own number travels as its first cell."""
    kept = (numbers > dialect.header_line) & ~_is_blank(lines, dialect.delimiter)
    lines, numbers = lines.filter(pa.array(kept)), numbers[kept]
    numbered = pc.binary_join_element_wise(
        pa.array(numbers).cast(pa.string()), lines, dialect.delimiter
    )
    text = pc.binary_join(pa.ListArray.from_arrays([0, len(numbered)], numbered), "\n")[0]
    misshapen: list[tuple[int, int, str]] = []

    def set_aside(row: pacsv.InvalidRow) -> str:
        number, _, rest = row.text.partition(dialect.delimiter)
        misshapen.append((int(number), row.actual_columns - 1, rest))
        return "skip"

    names = (_LINE, *dialect.header)
    if len(numbers):
        table = pacsv.read_csv(
            pa.py_buffer(text.as_py().encode()),
            read_options=pacsv.ReadOptions(column_names=names, block_size=8 * 1024 * 1024),
            parse_options=pacsv.ParseOptions(
                delimiter=dialect.delimiter, invalid_row_handler=set_aside
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in dialect.header} | {_LINE: pa.int64()},
                strings_can_be_null=False,
            ),
        )
        frame = table.to_pandas()
    else:
        frame = pd.DataFrame({name: [] for name in names})
    return _tidy(frame, misshapen, dialect)


def _csv_records(blocks: Iterator[str], dialect: Dialect, first_line: int) -> Iterator[RawRows]:
    """Parse with the csv module, which keeps count of lines through quoted line breaks."""
    lines = (line for text in blocks for line in io.StringIO(text, newline=""))
    # strict: a quotation mark that never closes must not swallow the rows after it
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    while True:
        rows: list[list[str]] = []
        numbers: list[int] = []
        misshapen: list[tuple[int, int, str]] = []
        started = reader.line_num
        try:
            for cells in itertools.islice(reader, 200_000):
                number, started = first_line + started, reader.line_num
                if number <= dialect.header_line or not any(cell.strip() for cell in cells):
                    continue
                if len(cells) == len(dialect.header):
                    rows.append(cells)
                    numbers.append(number)
                else:
                    misshapen.append((number, len(cells), join_line(cells, dialect.delimiter)))
        except csv.Error:
            raise RefusedFileError(
                "trasig_csv",
                f"Filen går inte att läsa från rad {first_line + started}: "
                "citattecknen går inte ihop, så det syns inte var raden slutar.",
                advice="Rätta citattecknen på raden och släpp filen igen.",
            ) from None
        if not rows and not misshapen and reader.line_num == started:
            return
        frame = pd.DataFrame(rows, columns=list(dialect.header), dtype="str")
        frame.insert(0, _LINE, np.array(numbers, dtype=np.int64))
        yield _tidy(frame, misshapen, dialect)


def join_line(cells: Sequence[str], delimiter: str) -> str:
    """Write cells as one CSV line."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n")


def _tidy(frame: pd.DataFrame, misshapen: list[tuple[int, int, str]], dialect: Dialect) -> RawRows:
    """Strip cells, make empty ones missing, take in rows whose extra cells are all empty."""
    width = len(dialect.header)
    mended: dict[int, list[str]] = {}
    wrong: list[tuple[int, int, str]] = []
    for number, count, text in sorted(misshapen):
        cells = split_line(text, dialect.delimiter)
        if count > width and not any(cell.strip() for cell in cells[width:]):
            mended[number] = cells[:width]
        else:
            wrong.append((number, count, text))
    if mended:
        extra = pd.DataFrame(list(mended.values()), columns=list(dialect.header), dtype="str")
        extra.insert(0, _LINE, np.array(list(mended), dtype=np.int64))
        frame = pd.concat([frame, extra]).sort_values(_LINE, ignore_index=True)
    frame = frame.astype({_LINE: "int64"})
    for name in dialect.header:
        frame[name] = clean_cells(frame[name])
    is_header = pd.Series(True, index=frame.index)
    for name in dialect.header:
        is_header &= frame[name].eq(name).fillna(False)
        if not is_header.any():
            break
    not_rows = tuple((int(n), "kolumnnamnen en gång till") for n in frame.loc[is_header, _LINE])
    return RawRows(
        frame.loc[~is_header].reset_index(drop=True),
        _misshapen(wrong),
        not_rows,
    )


def clean_cells(cells: pd.Series) -> pd.Series:
    """Trim cells, drop the apostrophe that protects a formula cell, make empty cells missing."""
    array = pc.utf8_trim_whitespace(pa.array(cells, type=pa.string(), from_pandas=True))
    guarded = pc.match_substring_regex(array, r"^'[=+@\-]")
    if pc.any(guarded).as_py():
        array = pc.if_else(pc.fill_null(guarded, False), pc.utf8_slice_codeunits(array, 1), array)
    array = pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
    return pd.Series(array.to_pandas(), index=cells.index, dtype="str", name=cells.name)


def _read_json(file: Path) -> RawTable:
    """Read a list of records: nested fields get dotted names, a row's line is its number."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise RefusedFileError(
            "ogiltig_json",
            "Filen är inte giltig JSON.",
            advice="Hämta svaret på nytt; det kan ha blivit avbrutet.",
        ) from None
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise RefusedFileError(
            "ingen_lista",
            "Filen innehåller ingen lista med poster.",
            advice="Hämta svaret på nytt.",
        )
    if not content:
        return RawTable(Dialect("utf-8", "", 0, ()), iter(()), is_empty=True)
    frame = pd.json_normalize(content)
    for name in frame.columns:
        text = frame[name].map(_json_text, na_action="ignore")
        frame[name] = clean_cells(text.astype("str"))
    header = tuple(map(str, frame.columns))
    frame.insert(0, _LINE, np.arange(1, len(content) + 1, dtype=np.int64))
    return RawTable(Dialect("utf-8", "", 0, header), iter([RawRows(frame, _misshapen([]))]))


def _json_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _misshapen(rows: Sequence[tuple[int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _LINE: np.array([number for number, _, _ in rows], dtype=np.int64),
            "field_count": np.array([count for _, count, _ in rows], dtype=np.int64),
            "text": pd.Series([text for _, _, text in rows], dtype="str"),
        }
    )

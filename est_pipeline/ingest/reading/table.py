"""Reading a file as it came: rows of text with the line numbers that a spreadsheet shows.

A file whose structure cannot be told is refused with its reason; a line that is no row (a title,
a sum, the column names once more) is named.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from est_pipeline.domain.text import fold
from est_pipeline.errors import RefusedFileError
from est_pipeline.ingest.reading.dialect import (
    Dialect,
    FileFormat,
    HeaderScore,
    detect_csv_dialect,
    join_line,
    split_line,
)
from est_pipeline.ingest.reading.encoding import detect_encoding, utf8_blocks

LINE = "line_number"
_RECORDS_AT_A_TIME = 50_000

_WORKBOOK_MAGIC = b"PK\x03\x04"
_OLD_OFFICE_MAGIC = b"\xd0\xcf\x11\xe0"

_TOTAL = re.compile(
    r"^(?:del|slut)?(?:summa|summering|total(?:t|summa)?|sum)\b"
    r"|^(?:totalt )?antal(?: \w+)?:?\s*\d*$"
)
_FOOTNOTE = re.compile(
    r"^(?:kalla|uttag|utskrift|utskriven|rapport(?:en)? (?:skapad|genererad)|export(?:erad)?"
    r"|skapad|genererad|sida \d+|filter|urval|slut pa|not)\b|^\*"
)
"""Folded words that begin a note below the rows of an export."""
_NUMBER = re.compile(r"[+-]?[\d\s]*(?:[.,]\d+)?\s?%?")

# signs that show nothing but turn text round, hide in it or upset a terminal
_UNSEEN = (
    r"[\x01-\x08\x0B\x0C\x0E-\x1F\x7F\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2069}\x{FEFF}]+"
)
_CONTROL_BYTES = bytes(n for n in range(32) if n not in b"\t\n\r") + b"\x7f"
_UNSEEN_LEADS = (b"\xe2\x80", b"\xe2\x81", b"\xef\xbb\xbf")


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


def read_table(file: Path, *, file_format: FileFormat, header_score: HeaderScore) -> RawTable:
    """Open a delivered file as rows of text.

    Args:
        file: the file as it came.
        file_format: as the source's file states; a workbook is told by its content.
        header_score: tells the header row and the separator by the names they yield.

    Raises:
        RefusedFileError: the structure fails as a whole (empty, unreadable, no header row).
    """
    with file.open("rb") as stream:
        magic = stream.read(4)
    if not magic:
        raise RefusedFileError(
            "tom_fil",
            "Filen är tom (0 byte).",
            advice="Gör om uttaget och lägg filen i inkorgen igen.",
        )
    if magic == _OLD_OFFICE_MAGIC:
        raise RefusedFileError(
            "gammal_excel",
            "Filen är en äldre Excelfil (.xls) eller skyddad med lösenord.",
            advice="Spara den utan lösenord som Excel-arbetsbok (.xlsx) eller CSV UTF-8.",
        )
    if magic == _WORKBOOK_MAGIC:
        from est_pipeline.ingest.reading.workbook import open_workbook

        book = open_workbook(file, header_score=header_score)
        return RawTable(book.dialect, (_tidy_cells(cells, book.dialect) for cells in book.blocks))
    if file_format == "json":
        return _read_json(file)
    encoding = detect_encoding(file)
    blocks = utf8_blocks(file, encoding)
    first = next(blocks, b"")
    dialect = detect_csv_dialect(
        first[:4_000_000].decode(errors="ignore"), encoding=encoding, header_score=header_score
    )
    return RawTable(dialect, _without_footer(_csv_rows(itertools.chain([first], blocks), dialect)))


def _csv_rows(blocks: Iterator[bytes], dialect: Dialect) -> Iterator[RawRows]:
    """Read block by block: as one line a row while that holds, else record by record."""
    lines_before = 0
    for block in blocks:
        if b'"' in block and _has_open_quotes(block):
            # a cell with a line break in it (or a stray quote): read the rest record by record
            rest = itertools.chain([block], blocks)
            yield from _csv_records(rest, dialect, lines_before)
            return
        line_count = block.count(b"\n") + (not block.endswith(b"\n"))
        yield _parse_lines(block, line_count, lines_before, dialect)
        lines_before += line_count


def _has_open_quotes(block: bytes) -> bool:
    lines = pc.split_pattern(pa.scalar(block, pa.large_binary()), b"\n").values
    return bool((pc.count_substring(lines, b'"').to_numpy() % 2).any())


def _parse_lines(block: bytes, line_count: int, lines_before: int, dialect: Dialect) -> RawRows:
    """Parse lines that are one row each: a row's number follows from its place in the block."""
    skipped = max(0, min(dialect.header_line - lines_before, line_count))
    start = 0
    for _ in range(skipped):
        start = block.find(b"\n", start) + 1
    if skipped == line_count or not start < len(block):
        return _tidy(_no_cells(dialect), [], dialect)
    first_line = lines_before + skipped + 1
    misshapen: list[tuple[int, int, str]] = []
    invalid: list[int] = []

    def set_aside(row: pacsv.InvalidRow) -> str:
        invalid.append(row.number)
        misshapen.append((first_line + row.number - 1, row.actual_columns, row.text))
        return "skip"

    body = pa.py_buffer(memoryview(block)[start:])
    table = pacsv.read_csv(
        body,
        # one thread and one block: only then are the numbers of the rows known
        read_options=pacsv.ReadOptions(
            column_names=dialect.header, use_threads=False, block_size=body.size + 1
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.delimiter, invalid_row_handler=set_aside, ignore_empty_lines=False
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(dialect.header, pa.large_string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    numbers = np.delete(
        np.arange(first_line, first_line + line_count - skipped, dtype=np.int64),
        np.array(invalid, dtype=np.int64) - 1,
    )
    cells = {LINE: pa.array(numbers)} | {
        name: table[name].combine_chunks() for name in dialect.header
    }
    return _tidy(pa.table(cells), misshapen, dialect, may_hide=_may_hide_signs(block))


def _no_cells(dialect: Dialect) -> pa.Table:
    return pa.table(
        {LINE: pa.array([], pa.int64())}
        | {name: pa.array([], pa.large_string()) for name in dialect.header}
    )


def _may_hide_signs(block: bytes) -> bool:
    """Tell quickly whether a block can hold any of the signs that show nothing."""
    return any(lead in block for lead in _UNSEEN_LEADS) or (
        len(block.translate(None, _CONTROL_BYTES)) != len(block)
    )


def _csv_records(blocks: Iterator[bytes], dialect: Dialect, lines_before: int) -> Iterator[RawRows]:
    """Parse with the csv module, which keeps count of lines through quoted line breaks."""
    lines = (line for block in blocks for line in io.StringIO(block.decode(), newline=""))
    # strict: a quotation mark that never closes must not swallow the rows after it
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    first_line = lines_before + 1
    while True:
        rows: list[list[str]] = []
        numbers: list[int] = []
        misshapen: list[tuple[int, int, str]] = []
        started = reader.line_num
        begun = started
        try:
            for cells in itertools.islice(reader, _RECORDS_AT_A_TIME):
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
                advice="Rätta citattecknen på raden och lägg filen i inkorgen igen.",
            ) from None
        if reader.line_num == begun:
            return
        columns = zip(*rows, strict=True) if rows else ((),) * len(dialect.header)
        cells_by_name = {LINE: pa.array(numbers, pa.int64())} | {
            name: pa.array(column, pa.large_string())
            for name, column in zip(dialect.header, columns, strict=True)
        }
        yield _tidy(pa.table(cells_by_name), misshapen, dialect)


def _tidy_cells(cells: pa.Table, dialect: Dialect) -> RawRows:
    return _tidy(cells, [], dialect)


def _tidy(
    table: pa.Table,
    misshapen: Sequence[tuple[int, int, str]],
    dialect: Dialect,
    *,
    may_hide: bool = True,
) -> RawRows:
    """Clean the cells; take in rows whose extra cells are empty; leave out what is no row."""
    width = len(dialect.header)
    mended: dict[int, list[str]] = {}
    wrong: list[tuple[int, int, str]] = []
    for number, count, text in sorted(misshapen):
        cells = split_line(text, dialect.delimiter)
        if count > width and not any(cell.strip() for cell in cells[width:]):
            mended[number] = cells[:width]
        elif any(cell.strip() for cell in cells):
            wrong.append((number, count, text))
    if mended:
        extra = {LINE: pa.array(mended, pa.int64())} | {
            name: pa.array(column, pa.large_string())
            for name, column in zip(dialect.header, zip(*mended.values(), strict=True), strict=True)
        }
        table = pa.concat_tables([table, pa.table(extra)]).sort_by(LINE).combine_chunks()
    cleaned = {LINE: table[LINE]}
    is_blank: pa.Array | None = None
    for name in dialect.header:
        column = clean_cells(table[name], may_hide=may_hide)
        cleaned[name] = column
        if is_blank is None or column.null_count:
            empty = pc.is_null(column)
            is_blank = empty if is_blank is None else pc.and_(is_blank, empty)
        else:
            is_blank = pa.array(np.zeros(len(column), dtype=bool))
    frame = pa.table(cleaned).to_pandas()
    blank = np.zeros(len(frame), dtype=bool) if is_blank is None else np.asarray(is_blank)
    is_header, is_total = _repeats_header(frame, dialect), _is_total(frame, dialect)
    not_rows = [(int(n), "kolumnnamnen en gång till") for n in frame.loc[is_header, LINE]]
    not_rows += [(int(n), "en summarad") for n in frame.loc[is_total & ~is_header, LINE]]
    kept = ~(blank | is_header | is_total)
    if not kept.all():
        frame = frame.loc[kept].reset_index(drop=True)
    return RawRows(frame, _misshapen(wrong), tuple(sorted(not_rows)))


def _repeats_header(frame: pd.DataFrame, dialect: Dialect) -> np.ndarray:
    """Tell rows that hold the column names once more; cells without a name may be empty."""
    repeats = np.ones(len(frame), dtype=bool)
    for name in dialect.header:
        if re.fullmatch(r"kolumn \d+|.* \(\d+\)", name):
            continue
        repeats &= frame[name].eq(name).fillna(False).to_numpy(dtype=bool)
        if not repeats.any():
            break
    return repeats


def _is_total(frame: pd.DataFrame, dialect: Dialect) -> np.ndarray:
    """Tell sums: a word for it in the first cell that is not empty, and else only numbers."""
    is_total = np.zeros(len(frame), dtype=bool)
    filled = pd.Series(True, index=frame.index)
    for name in dialect.header[:3]:
        cells = frame[name]
        hits = np.asarray(
            pc.fill_null(
                pc.match_substring_regex(
                    pa.array(cells, pa.large_string(), from_pandas=True),
                    r"^\s*(?:del|slut)?(?:summa|total|sum\b|antal)",
                    ignore_case=True,
                ),
                False,
            )
        )
        for position in np.flatnonzero(hits & filled.to_numpy()):
            row = frame.iloc[position][list(dialect.header)].dropna()
            rest = [str(cell) for cell in row.iloc[1:]]
            is_total[position] = bool(
                row.index[0] == name
                and _TOTAL.search(fold(str(row.iloc[0])))
                and all(_NUMBER.fullmatch(cell) for cell in rest)
            )
        filled &= cells.isna()
        if not filled.any():
            break
    return is_total


def _without_footer(blocks: Iterator[RawRows]) -> Iterator[RawRows]:
    """Leave out the notes that stand below the last row of a file, and name them."""
    held: RawRows | None = None
    for block in blocks:
        if held is not None:
            yield held
        held = block
    if held is None:
        return
    last_row = int(held.frame[LINE].max()) if len(held.frame) else 0
    below = held.misshapen[(held.misshapen[LINE] > last_row) & held.misshapen["field_count"].eq(1)]
    is_note = below["text"].map(lambda text: bool(_FOOTNOTE.search(fold(text).strip('" '))))
    notes = below[is_note.to_numpy(dtype=bool)]
    if notes.empty:
        yield held
        return
    named = tuple((int(n), "en anteckning under raderna") for n in notes[LINE])
    yield RawRows(
        held.frame,
        held.misshapen.drop(notes.index).reset_index(drop=True),
        (*held.not_rows, *named),
    )


def clean_cells(cells: pa.ChunkedArray | pa.Array, *, may_hide: bool = True) -> pa.Array:
    """Trim cells, take out signs that show nothing, make empty cells missing.

    The apostrophe that protects a formula cell is taken off: the quarantine's file has put it
    there.
    """
    array = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    if array.null_count == len(array):
        return array
    if may_hide:
        array = pc.replace_substring_regex(array, _UNSEEN, "")
    array = pc.utf8_trim_whitespace(array)
    guarded = pc.starts_with(array, "'")
    if pc.any(guarded).as_py():
        guarded = pc.match_substring_regex(array, r"^'[=+@\-]")
        array = pc.if_else(pc.fill_null(guarded, False), pc.utf8_slice_codeunits(array, 1), array)
    is_empty = pc.equal(array, "")
    if pc.any(is_empty).as_py():
        array = pc.if_else(is_empty, pa.scalar(None, array.type), array)
    return array


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
        return RawTable(Dialect("json", "utf-8", "", 0, ()), iter(()), is_empty=True)
    frame = pd.json_normalize(content)
    header = tuple(map(str, frame.columns))
    cells = {LINE: pa.array(np.arange(1, len(content) + 1, dtype=np.int64))}
    for position, name in enumerate(header):
        text = frame.iloc[:, position].map(_json_text, na_action="ignore").astype("str")
        cells[name] = clean_cells(pa.array(text, pa.large_string(), from_pandas=True))
    rows = RawRows(pa.table(cells).to_pandas(), _misshapen([]))
    return RawTable(Dialect("json", "utf-8", "", 0, header), iter([rows]))


def _json_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _misshapen(rows: Sequence[tuple[int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            LINE: np.array([number for number, _, _ in rows], dtype=np.int64),
            "field_count": np.array([count for _, count, _ in rows], dtype=np.int64),
            "text": pd.Series([text for _, _, text in rows], dtype="str"),
        }
    )

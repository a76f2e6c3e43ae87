"""Cells with coordinates -> numbers.

Numbers with decimal comma or point, spaces between thousands, degrees with minutes and seconds,
both coordinates in one cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_COARSEST_M = 10.0  # a number in metres that is rounded further is no position
_COARSEST_DEGREES = 0.001
_LARGEST_DEGREE = 1000.0  # above it a number is metres

_PLAIN = r"^[+-]?\d+(?:[.,]\d+)?$"
_SPACED = r"^[+-]?\d{1,3}(?:[\s\x{00a0}\x{2009}\x{202f}]\d{3})+(?:[.,]\d+)?$"
_LOOKS_LIKE_ONE = r"^(?:\d{5,7},\d{5,7}|[\d\s\x{00a0}\x{2009}\x{202f}]{13,})$"
_EXPONENT = re.compile(r"([+-]?)(\d+)(?:[.,](\d*))?\s?e\s?([+-]?\d+)", re.IGNORECASE)
_SIDE = r"(?P<side{0}>[NSEWÖOVnsewöov])"
_DEGREES = re.compile(
    rf"(?:{_SIDE.format(1)}\s*)?(?P<sign>[+-]?)(?P<degrees>\d{{1,3}}(?:[.,]\d+)?)"
    r"(?:\s*(?:[°º˚*]|grader|deg)\s*"
    r"(?:(?P<minutes>\d{1,2}(?:[.,]\d+)?)\s*(?:['′’‘´`]|min\b)?\s*"
    r"(?:(?P<seconds>\d{1,2}(?:[.,]\d+)?)\s*(?:[\"″”“]|['′’´]{2}|s\b|sek\b)?\s*)?)?"
    r"|\s+(?P<bare_minutes>\d{1,2})\s+(?P<bare_seconds>\d{1,2}(?:[.,]\d+)?)"
    r"|\s+(?P<decimal_minutes>\d{1,2}[.,]\d+)\s*['′’]?)?"
    rf"\s*(?:{_SIDE.format(2)})?"
)
_SIDED_METRES = re.compile(
    r"(?:(?P<before>[NEXYnexy])\s*[:=]?\s*)?(?P<number>(?:\d{1,3}(?:\s\d{3})+|\d+)(?:[.,]\d+)?)\s*m?\s*(?P<after>[NEne])?"
)
_IN_ONE_CELL = r"^(?P<first>[+-]?\d+\.\d+)(?:\s*[,;/|]\s*|\s+)(?P<second>[+-]?\d+\.\d+)$"
NORTH, EAST = 1, 2
_LONGEST_CELL = 120  # signs; no position needs more, and every way to part a cell is tried


class _Number(NamedTuple):
    """One number read; which axis its letter names (0: none), whether digits have been lost."""

    value: float
    axis: int = 0
    is_rounded: bool = False
    is_exact: bool = False


@dataclass(frozen=True)
class Cells:
    """A column read; `second` is the other number of a cell that holds both."""

    is_there: np.ndarray
    value: np.ndarray
    second: np.ndarray
    axis: np.ndarray
    is_rounded: np.ndarray
    is_exact: np.ndarray


def are_coordinates(cells: pd.Series) -> pd.Series:
    """Tell which cells hold a coordinate, or both coordinates of a point; empty cells do."""
    read = read_cells(cells, may_hold_both=np.ones(len(cells), dtype=bool))
    return pd.Series(~read.is_there | np.isfinite(read.value), index=cells.index)


def read_cells(cells: pd.Series, *, may_hold_both: np.ndarray) -> Cells:
    """Read a column of coordinates; a whole column of plain numbers in one go."""
    count = len(cells)
    array = pa.array(cells, type=pa.large_string(), from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    is_there = np.asarray(pc.is_valid(array))
    value, second = np.full(count, np.nan), np.full(count, np.nan)
    axis = np.zeros(count, dtype=np.int8)
    is_rounded, is_exact = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    read = Cells(is_there, value, second, axis, is_rounded, is_exact)
    left = np.flatnonzero(is_there)
    if not len(left):
        return read
    alone = left[may_hold_both[left]]
    if len(alone):  # 6475000,533500 looks like one number and is two
        part = array if len(alone) == count else array.take(pa.array(alone))
        is_both = np.asarray(pc.match_substring_regex(part, _LOOKS_LIKE_ONE))
        left, alone = np.setdiff1d(left, alone[is_both], assume_unique=True), alone[is_both]
    for pattern in (_PLAIN, _SPACED):
        if len(left):
            part = array if len(left) == count else array.take(pa.array(left))
            fits = np.asarray(pc.match_substring_regex(part, pattern))
            hit = left[fits]
            if len(hit):
                own = part if fits.all() else part.filter(pa.array(fits))
                value[hit] = _cast(own, is_spaced=pattern == _SPACED)
            left = left[~fits]
    left = np.concatenate([left, alone])
    if len(left):
        _read_odd(array.take(pa.array(left)), left, may_hold_both, read)
    return read


def _cast(numbers: pa.Array, *, is_spaced: bool) -> np.ndarray:
    if is_spaced:
        numbers = pc.replace_substring_regex(numbers, r"[^0-9.,+-]", "")
    plain = pc.replace_substring(numbers, ",", ".")
    plain = pc.utf8_ltrim(plain, "+")
    values: np.ndarray = pc.cast(plain, pa.float64()).to_numpy()
    return values


def _read_odd(cells: pa.Array, rows: np.ndarray, may_hold_both: np.ndarray, read: Cells) -> None:
    """Read cells that are no plain number, by distinct cell."""
    parts = pc.extract_regex(cells, _IN_ONE_CELL)
    is_both = np.asarray(pc.is_valid(parts)) & may_hold_both[rows]
    if is_both.any():
        own = parts.filter(pa.array(is_both))
        read.value[rows[is_both]] = _cast(pc.struct_field(own, "first"), is_spaced=False)
        read.second[rows[is_both]] = _cast(pc.struct_field(own, "second"), is_spaced=False)
    is_odd = ~is_both & (np.asarray(pc.utf8_length(cells)) <= _LONGEST_CELL)
    cells, rows = cells.filter(pa.array(is_odd)), rows[is_odd]
    if not len(rows):
        return
    encoded = pc.dictionary_encode(cells)
    codes = encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    groups = np.split(rows[order], np.flatnonzero(np.diff(codes[order])) + 1)
    for cell, at in zip(encoded.dictionary.to_pylist(), groups, strict=True):
        both = _two_numbers(cell)
        one = None if both and both[0].axis + both[1].axis else _one_number(cell)
        is_both = may_hold_both[at] & (both is not None) & (one is None)
        if both is not None:
            _put(at[is_both], both[0], both[1], read)
        if one is not None:
            _put(at[~is_both], one, None, read)


def _put(rows: np.ndarray, number: _Number, second: _Number | None, read: Cells) -> None:
    read.value[rows] = number.value
    read.axis[rows] = number.axis
    read.is_rounded[rows] = number.is_rounded
    read.is_exact[rows] = number.is_exact
    if second is not None:
        read.second[rows] = second.value
        read.is_rounded[rows] |= second.is_rounded
        if number.axis == 0 and second.axis:
            read.axis[rows] = NORTH + EAST - second.axis


def _one_number(cell: str) -> _Number | None:
    """Read a cell as one number: metres, degrees with a fraction, degrees with minutes."""
    text = cell.replace("\N{MINUS SIGN}", "-").strip()
    if re.fullmatch(r"[+-]?\d{5,7},\d{5,7}", text):
        return None  # northing and easting with a comma between them
    if re.fullmatch(_PLAIN, text):
        return _Number(_float(text))
    if re.fullmatch(r"[+-]?\d{1,3}(?:\s\d{3})+(?:[.,]\d+)?", text):
        return _Number(_float(text)) if sum(map(str.isdigit, text)) < 13 else None
    if match := re.fullmatch(r"([+-]?\d{1,3}(?:([.,'])\d{3})+)(?:(?!\2)[.,](\d+))?", text):
        whole = re.sub(r"[.,']", "", match[1])
        if match[3] or match[1].count(match[2]) > 1 or match[2] == "'":
            return _Number(float(f"{whole}.{match[3] or 0}"))
    if match := _EXPONENT.fullmatch(text):
        sign, whole, fraction, exponent = match[1], match[2], match[3] or "", int(match[4])
        if abs(exponent) > 12:
            return None
        value = float(f"{sign}{whole}.{fraction or 0}e{exponent}")
        coarsest = _COARSEST_M if abs(value) >= _LARGEST_DEGREE else _COARSEST_DEGREES
        return _Number(value, is_rounded=10.0 ** (exponent - len(fraction)) > coarsest)
    return _degrees(text) or _sided_metres(text)


def _degrees(text: str) -> _Number | None:
    match = _DEGREES.fullmatch(text)
    if match is None or (match["side1"] and match["side2"]):
        return None
    minutes = match["minutes"] or match["bare_minutes"] or match["decimal_minutes"]
    seconds = match["seconds"] or match["bare_seconds"]
    parts = [_float(part) if part else 0.0 for part in (match["degrees"], minutes, seconds)]
    if max(parts[1:]) >= 60 or (minutes and parts[0] % 1) or (seconds and parts[1] % 1):
        return None
    value = parts[0] + parts[1] / 60 + parts[2] / 3600
    side = (match["side1"] or match["side2"] or "").upper()
    if side in {"S", "W", "V"} or match["sign"] == "-":
        value = -value
    axis = 0 if not side else NORTH if side in {"N", "S"} else EAST
    return _Number(value, axis, is_exact=bool(minutes))


def _sided_metres(text: str) -> _Number | None:
    match = _SIDED_METRES.fullmatch(text)
    if match is None or (match["before"] and match["after"]):
        return None
    side = (match["before"] or match["after"] or "").upper()
    # X and Y mean different axes to surveyors and to programs
    axis = {"N": NORTH, "E": EAST}.get(side, 0)
    return _Number(_float(match["number"]), axis)


def _two_numbers(cell: str) -> tuple[_Number, _Number] | None:
    """Read a cell as both coordinates, where exactly one way to part it makes sense."""
    text = cell.replace("\N{MINUS SIGN}", "-").strip()
    if match := re.fullmatch(r"point\s*\(\s*(\S+)\s+(\S+)\s*\)", text, re.IGNORECASE):
        east, north = _one_number(match[1]), _one_number(match[2])
        return (north, east) if north and east else None
    text = text.strip("()[] ")
    if match := re.fullmatch(r"(\d+,\d+),\s*(\d+,\d+)", text):
        return _Number(_float(match[1])), _Number(_float(match[2]))
    if match := re.fullmatch(r"(\d{5,7}),(\d{5,7})", text):
        return _Number(_float(match[1])), _Number(_float(match[2]))
    if match := re.fullmatch(r"(\d \d{3} \d{3})[ ,;]+(\d{3} \d{3}|\d \d{3} \d{3})", text):
        return _Number(_float(match[1])), _Number(_float(match[2]))
    for separator in (r"\s*[;/|]\s*", r",\s+", r"\s+"):
        found = []
        for match in re.finditer(separator, text):
            first, second = _one_number(text[: match.start()]), _one_number(text[match.end() :])
            if first and second and not (first.axis and first.axis == second.axis):
                found.append((first, second))
        if len(found) == 1:
            return found[0]
        if found:
            sided = [both for both in found if both[0].axis and both[1].axis]
            return sided[0] if len(sided) == 1 else None
    return None


def _float(digits: str) -> float:
    return float(re.sub(r"\s", "", digits).replace(",", "."))

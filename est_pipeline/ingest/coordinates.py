"""Coordinates as reporters write them -> WGS 84, told apart by what the source declares and range.

Numbers with decimal comma or point, spaces between thousands, degrees with minutes and seconds,
both coordinates in one cell. What is read in another way than declared is noted; what can be
read in two ways is refused.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyproj import Transformer

from est_pipeline.domain.geography import WGS84

Bounds = tuple[float, float, float, float]

_RT90 = "EPSG:3021"
_SOUTHERN_ZONES = {12.0: 3007, 13.5: 3008, 15.0: 3009, 16.5: 3010, 18.0: 3011}
_NORTHERN_ZONES = {14.25: 3012, 15.75: 3013, 17.25: 3014, 18.75: 3015, 20.25: 3016, 21.75: 3017}
_NORTHERN_ZONES |= {23.25: 3018}
_NORTHERN_FROM_LAT = 62.0
_SWEDEN: Bounds = (10.0, 55.0, 24.5, 69.5)

CRS_NAMES = {
    WGS84: "WGS 84",
    "EPSG:3006": "SWEREF 99 TM",
    _RT90: "RT 90 2,5 gon V",
} | {
    f"EPSG:{code}": f"SWEREF 99 {int(meridian):02d} {int(meridian % 1 * 60):02d}"
    for meridian, code in (_SOUTHERN_ZONES | _NORTHERN_ZONES).items()
}
"""What the coordinate systems in use in Sweden are called."""

STATES = (
    "",
    "koordinat_ej_tal",
    "koordinat_halv",
    "koordinat_avrundad",
    "koordinat_siffror",
    "koordinat_tvetydig",
    "koordinat_utanfor",
)
"""What can be wrong with a position; nothing comes first."""
_OUTSIDE = STATES.index("koordinat_utanfor")

SWAPPED = "omkastad"
"""Ends the note of a position whose two numbers stood in each other's place."""

_COARSEST_M = 10.0  # a number in metres that is rounded further is no position
_COARSEST_DEGREES = 0.001
_LARGEST_DEGREE = 1000.0  # above it a number is metres
_POWERS = tuple(10.0**exponent for exponent in range(-9, 4) if exponent)

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
_NORTH, _EAST = 1, 2
_LONGEST_CELL = 120  # signs; no position needs more, and every way to part a cell is tried


class _Number(NamedTuple):
    """One number read; which axis its letter names (0: none), whether digits have been lost."""

    value: float
    axis: int = 0
    is_rounded: bool = False
    is_exact: bool = False


@dataclass(frozen=True)
class _Cells:
    """A column read; `second` is the other number of a cell that holds both."""

    is_there: np.ndarray
    value: np.ndarray
    second: np.ndarray
    axis: np.ndarray
    is_rounded: np.ndarray
    is_exact: np.ndarray


class _Candidate(NamedTuple):
    """One way to read a pair of numbers."""

    crs: str
    is_swapped: bool
    position: int
    """Of the system among all that are tried."""


def read_coordinates(
    text: pd.DataFrame,
    *,
    declared_crs: str | None,
    metric_crs: str,
    bounds: Bounds | None,
    missing: Sequence[tuple[float, float]] = ((0.0, 0.0),),
) -> pd.DataFrame:
    """Read each row's position.

    `lat` and `lon` are WGS 84, `northing` and `easting` in the system that the source declares,
    else in the workspace's. A row that lies outside the bounds when read so is read otherwise
    where exactly one other way leads inside: the two numbers exchanged, degrees in the columns of
    metres or the reverse, and, where the source declares no system, SWEREF 99 TM, the local
    SWEREF 99 zone or RT 90. Without a declared system a row that two ways explain is refused.

    Args:
        text: `lat`, `lon`, `northing`, `easting` as text, missing where empty.
        declared_crs: the system of northing and easting that the source's file states.
        metric_crs: the workspace's system, where it states none.
        bounds: west, south, east, north of the workspace in WGS 84; without them nothing but
            the declared reading is tried.
        missing: pairs of numbers that mean that there is no position.

    Returns:
        On the index of `text`: `lon`, `lat` (WGS 84), `state`, `note` and `is_east_at_fault`, which
        tells that the fault is the second number's alone. The state is empty or a
        reason code: `koordinat_ej_tal`, `koordinat_halv`, `koordinat_avrundad`,
        `koordinat_siffror`, `koordinat_tvetydig`, `koordinat_utanfor`; with the last the declared
        reading is given all the same, with the others nothing. The note is the system read, with
        ` omkastad` behind it where the two numbers had changed places; missing without position.
    """
    count = len(text)
    state, note = np.zeros(count, dtype=np.int8), np.full(count, -1, dtype=np.int8)
    lon, lat = np.full(count, np.nan), np.full(count, np.nan)
    is_open, is_east = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    plane = _plane_systems(declared_crs, metric_crs, bounds)
    systems = tuple(dict.fromkeys((WGS84, *plane)))
    for north_name, east_name, primary in (
        ("lat", "lon", WGS84),
        ("northing", "easting", plane[0]),
    ):
        pair = _read_pair(text[north_name], text[east_name], missing)
        if pair is None:
            continue
        state = np.where(state == 0, pair.state, state)
        rows = np.flatnonzero(is_open & pair.is_whole)
        if not len(rows):
            continue
        is_open[rows] = False
        is_declared = primary == WGS84 or declared_crs is not None
        found = _locate(
            pair.north[rows], pair.east[rows], _ways(primary, systems), bounds, is_declared
        )
        coarse = (found.state == 0) & pair.is_coarse_in_degrees[rows]
        coarse &= found.crs == systems.index(WGS84)
        found.state[coarse | pair.is_coarse[rows]] = STATES.index("koordinat_avrundad")
        is_east[rows] = pair.is_coarse_east[rows] | (
            (found.state == STATES.index("koordinat_siffror"))
            & _is_north_sound(pair.north[rows], _ways(primary, systems), bounds)
        )
        state[rows] = np.where(state[rows] == 0, found.state, state[rows])
        lon[rows], lat[rows] = found.lon, found.lat
        note[rows] = found.crs * 2 + (found.is_swapped ^ pair.is_exchanged[rows])
    has_point = (state == 0) | (state == _OUTSIDE)
    note[state != 0] = -1
    notes = [_note(crs, is_swapped) for crs in systems for is_swapped in (False, True)]
    return pd.DataFrame(
        {
            "lon": np.where(has_point, lon, np.nan),
            "lat": np.where(has_point, lat, np.nan),
            "state": _words(state, STATES, text.index),
            "note": _words(note, notes, text.index),
            "is_east_at_fault": is_east,
        },
        index=text.index,
    )


def _words(codes: np.ndarray, words: Sequence[str], index: pd.Index) -> pd.Series:
    """Give each row's word by its position; -1 gives none."""
    places = pa.array(codes.astype(np.int32), mask=codes < 0)
    words_of_rows = pa.array(words, type=pa.large_string()).take(places)
    return pd.Series(words_of_rows.to_pandas(), dtype="str").set_axis(index)


def _note(crs: str, is_swapped: bool) -> str:
    return f"{crs} {SWAPPED}" if is_swapped else crs


def are_coordinates(cells: pd.Series) -> pd.Series:
    """Tell which cells hold a coordinate, or both coordinates of a point; empty cells do."""
    read = _read_cells(cells, may_hold_both=np.ones(len(cells), dtype=bool))
    return pd.Series(~read.is_there | np.isfinite(read.value), index=cells.index)


def to_wgs84(easting: pd.Series, northing: pd.Series, *, crs: str) -> tuple[pd.Series, pd.Series]:
    """Give `lon` and `lat` of points in another coordinate system; missing stays missing."""
    lon, lat = _transform(
        easting.to_numpy(dtype="float64"), northing.to_numpy(dtype="float64"), crs
    )
    return pd.Series(lon, index=easting.index), pd.Series(lat, index=easting.index)


def read_numbers(cells: pd.Series) -> pd.Series:
    """Read numbers with decimal comma or point and spaces between thousands."""
    plain = cells.str.replace("\N{MINUS SIGN}", "-")
    plain = plain.str.replace(r"[\s ]", "", regex=True).str.replace(",", ".")
    return pd.to_numeric(plain, errors="coerce").astype("float64")


@dataclass(frozen=True)
class _Pair:
    """The two numbers of each row; `state` says why there are not two."""

    north: np.ndarray
    east: np.ndarray
    state: np.ndarray
    is_coarse: np.ndarray
    is_coarse_east: np.ndarray
    is_coarse_in_degrees: np.ndarray
    is_exchanged: np.ndarray

    @property
    def is_whole(self) -> np.ndarray:
        whole: np.ndarray = np.isfinite(self.north) & np.isfinite(self.east)
        return whole


def _read_pair(
    north_cells: pd.Series, east_cells: pd.Series, missing: Sequence[tuple[float, float]]
) -> _Pair | None:
    has_north, has_east = north_cells.notna().to_numpy(), east_cells.notna().to_numpy()
    if not (has_north.any() or has_east.any()):
        return None
    first = _read_cells(north_cells, may_hold_both=~has_east)
    second = _read_cells(east_cells, may_hold_both=~has_north)
    north, east = first.value.copy(), second.value.copy()
    axes = [first.axis, second.axis]
    for cells in (first, second):
        both = np.isfinite(cells.second)
        north[both], east[both] = cells.value[both], cells.second[both]
        if both.any():
            axes[0] = np.where(both, cells.axis, axes[0])
            axes[1] = np.where(both, 0, axes[1])
    is_exchanged = (axes[0] == _EAST) | (axes[1] == _NORTH)
    north, east = np.where(is_exchanged, east, north), np.where(is_exchanged, north, east)
    is_missing = np.zeros(len(north), dtype=bool)
    for a, b in missing:
        is_missing |= (north == a) & (east == b)
        # a lone zero beside an empty cell is no position either
        is_missing |= (a == b == 0) & (
            ((first.value == 0) & ~has_east) | ((second.value == 0) & ~has_north)
        )
    north[is_missing] = east[is_missing] = np.nan
    lacks = ~(np.isfinite(north) & np.isfinite(east)) & ~is_missing & (has_north | has_east)
    is_half = lacks & (has_north != has_east)
    is_half &= np.isfinite(first.value) | np.isfinite(second.value)
    state = np.zeros(len(north), dtype=np.int8)
    state[lacks] = STATES.index("koordinat_ej_tal")
    state[is_half] = STATES.index("koordinat_halv")
    # a cell that holds both beside one that is filled says too much
    doubled = np.flatnonzero(lacks & has_north & has_east)
    if len(doubled):
        alone = np.ones(len(doubled), dtype=bool)
        for column in (north_cells, east_cells):
            both = _read_cells(column.iloc[doubled], may_hold_both=alone)
            state[doubled[np.isfinite(both.second)]] = STATES.index("koordinat_tvetydig")
    is_exact = first.is_exact | second.is_exact
    with np.errstate(invalid="ignore"):
        tenths = (north * 10 % 1 == 0) & (east * 10 % 1 == 0)
    return _Pair(
        north=north,
        east=east,
        state=state,
        is_coarse=first.is_rounded | second.is_rounded,
        is_coarse_east=second.is_rounded & ~first.is_rounded,
        is_coarse_in_degrees=tenths & ~is_exact,
        is_exchanged=is_exchanged & ~is_missing,
    )


def _read_cells(cells: pd.Series, *, may_hold_both: np.ndarray) -> _Cells:
    """Read a column of coordinates; a whole column of plain numbers in one go."""
    count = len(cells)
    array = pa.array(cells, type=pa.large_string(), from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    is_there = np.asarray(pc.is_valid(array))
    value, second = np.full(count, np.nan), np.full(count, np.nan)
    axis = np.zeros(count, dtype=np.int8)
    is_rounded, is_exact = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    read = _Cells(is_there, value, second, axis, is_rounded, is_exact)
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


def _read_odd(cells: pa.Array, rows: np.ndarray, may_hold_both: np.ndarray, read: _Cells) -> None:
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


def _put(rows: np.ndarray, number: _Number, second: _Number | None, read: _Cells) -> None:
    read.value[rows] = number.value
    read.axis[rows] = number.axis
    read.is_rounded[rows] = number.is_rounded
    read.is_exact[rows] = number.is_exact
    if second is not None:
        read.second[rows] = second.value
        read.is_rounded[rows] |= second.is_rounded
        if number.axis == 0 and second.axis:
            read.axis[rows] = _NORTH + _EAST - second.axis


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
    axis = 0 if not side else _NORTH if side in {"N", "S"} else _EAST
    return _Number(value, axis, is_exact=bool(minutes))


def _sided_metres(text: str) -> _Number | None:
    match = _SIDED_METRES.fullmatch(text)
    if match is None or (match["before"] and match["after"]):
        return None
    side = (match["before"] or match["after"] or "").upper()
    # X and Y mean different axes to surveyors and to programs
    axis = {"N": _NORTH, "E": _EAST}.get(side, 0)
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


@dataclass(frozen=True)
class _Located:
    """Points in WGS 84, what is wrong with them, and the way in which they were read."""

    lon: np.ndarray
    lat: np.ndarray
    state: np.ndarray
    crs: np.ndarray
    is_swapped: np.ndarray


def _locate(
    north: np.ndarray,
    east: np.ndarray,
    ways: Sequence[_Candidate],
    bounds: Bounds | None,
    is_declared: bool,
) -> _Located:
    """Choose for each pair of numbers the one way of reading that leads inside the bounds."""
    primary = ways[0]
    if bounds is None:
        lon, lat = _transform(east, north, primary.crs)
        state = np.where(np.isfinite(lon) & np.isfinite(lat), 0, _OUTSIDE).astype(np.int8)
        crs = np.full(len(north), primary.position, dtype=np.int8)
        return _Located(lon, lat, state, crs, np.zeros(len(north), dtype=bool))
    lon, lat = np.full(len(north), np.nan), np.full(len(north), np.nan)
    chosen = np.zeros(len(north), dtype=np.int8)
    fitting = np.zeros(len(north), dtype=np.int8)
    asked = np.arange(len(north))
    for position, way in enumerate(ways):
        if is_declared and position == 1:  # what fits as declared is settled
            asked = np.flatnonzero(fitting == 0)
        rows = asked[_in_box(north[asked], east[asked], way, bounds)]
        if not len(rows):
            continue
        x, y = (north, east) if way.is_swapped else (east, north)
        found_lon, found_lat = _transform(x[rows], y[rows], way.crs)
        inside = _inside(found_lon, found_lat, bounds)
        hit = rows[inside]
        lon[hit], lat[hit] = found_lon[inside], found_lat[inside]
        chosen[hit] = position
        fitting[hit] += 1
    outside = np.flatnonzero(fitting == 0)
    if len(outside):
        lon[outside], lat[outside] = _transform(east[outside], north[outside], primary.crs)
    state = np.where(fitting == 1, 0, STATES.index("koordinat_tvetydig")).astype(np.int8)
    lost = _has_lost_digits(north[outside], east[outside], ways, bounds)
    state[outside] = np.where(lost, STATES.index("koordinat_siffror"), _OUTSIDE)
    crs = np.array([way.position for way in ways], dtype=np.int8)
    is_swapped = np.array([way.is_swapped for way in ways])
    return _Located(lon, lat, state, crs[chosen], is_swapped[chosen])


def _has_lost_digits(
    north: np.ndarray, east: np.ndarray, ways: Sequence[_Candidate], bounds: Bounds
) -> np.ndarray:
    """Tell pairs that would lie inside with the decimal sign elsewhere, or with more digits."""
    lost = np.zeros(len(north), dtype=bool)
    for way in ways:
        if way.is_swapped or not len(north):
            continue
        west, south, east_end, north_end = _box(way.crs, bounds)
        fits = [np.zeros(len(north), dtype=bool), np.zeros(len(north), dtype=bool)]
        for power in (1.0, *_POWERS):  # a number that has kept its decimal sign is just wrong
            may = [(number % 1 == 0) | (power == 1) for number in (north, east)]
            fits[0] |= (north * power >= south) & (north * power <= north_end) & may[0]
            fits[1] |= (east * power >= west) & (east * power <= east_end) & may[1]
        lost |= fits[0] & fits[1] & ~_in_box(north, east, way, bounds)
    return lost


def _is_north_sound(
    north: np.ndarray, ways: Sequence[_Candidate], bounds: Bounds | None
) -> np.ndarray:
    """Tell northings and latitudes that lie inside the bounds as they are."""
    sound = np.zeros(len(north), dtype=bool)
    for way in ways:
        if bounds is not None and not way.is_swapped:
            _, south, _, north_end = _box(way.crs, bounds)
            sound |= (north >= south) & (north <= north_end)
    return sound


def _ways(primary: str, systems: Sequence[str]) -> tuple[_Candidate, ...]:
    """Give the ways to read a pair of numbers, the declared one first."""
    ordered = dict.fromkeys((primary, *systems))
    return tuple(
        _Candidate(crs, is_swapped, systems.index(crs))
        for crs in ordered
        for is_swapped in (False, True)
    )


def _plane_systems(declared: str | None, metric: str, bounds: Bounds | None) -> tuple[str, ...]:
    """Give the systems that northing and easting may be in: the declared one, else all in use."""
    if declared is not None:
        return (declared,)
    if bounds is None:
        return (metric,)
    west, south, east, north = bounds
    if not (_SWEDEN[0] <= west < east <= _SWEDEN[2] and _SWEDEN[1] <= south < north <= _SWEDEN[3]):
        return (metric,)
    zones = _NORTHERN_ZONES if (south + north) / 2 >= _NORTHERN_FROM_LAT else _SOUTHERN_ZONES
    local = min(zones, key=lambda meridian: abs(meridian - (west + east) / 2))
    return tuple(dict.fromkeys((metric, "EPSG:3006", f"EPSG:{zones[local]}", _RT90)))


def _in_box(north: np.ndarray, east: np.ndarray, way: _Candidate, bounds: Bounds) -> np.ndarray:
    west, south, east_end, north_end = _box(way.crs, bounds)
    x, y = (north, east) if way.is_swapped else (east, north)
    fits: np.ndarray = (x >= west) & (x <= east_end) & (y >= south) & (y <= north_end)
    return fits


def _inside(lon: np.ndarray, lat: np.ndarray, bounds: Bounds) -> np.ndarray:
    west, south, east, north = bounds
    inside: np.ndarray = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


@functools.cache
def _box(crs: str, bounds: Bounds) -> Bounds:
    """Give the box in a system that holds the whole of the bounds."""
    if crs == WGS84:
        return bounds
    there = Transformer.from_crs(WGS84, crs, always_xy=True)
    west, south, east, north = there.transform_bounds(*bounds, densify_pts=21)
    return west, south, east, north


@functools.cache
def _to_wgs84(crs: str) -> Transformer:
    return Transformer.from_crs(crs, WGS84, always_xy=True)


def _transform(x: np.ndarray, y: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    """Give `lon` and `lat`; missing where a number is, or where the point lies nowhere."""
    known = np.isfinite(x) & np.isfinite(y)
    if crs == WGS84 or not known.any():
        nowhere = np.full(len(x), np.nan)
        return (x, y) if crs == WGS84 else (nowhere, nowhere.copy())
    lon, lat = _to_wgs84(crs).transform(np.where(known, x, 0.0), np.where(known, y, 0.0))
    finite = known & np.isfinite(lon) & np.isfinite(lat)
    return np.where(finite, lon, np.nan), np.where(finite, lat, np.nan)

"""Coordinates as reporters write them -> WGS 84, told apart by what the source declares and range.

`coordinate_cells` reads the numbers. What is read in another way than declared is noted; what can
be read in two ways is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from est_pipeline.domain.geography import WGS84
from est_pipeline.ingest.checking.coordinate_cells import EAST, NORTH, read_cells
from est_pipeline.ingest.checking.coordinate_systems import (
    Bounds,
    box_of,
    lies_within,
    plane_systems,
    to_lon_lat,
)

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

_POWERS = tuple(10.0**exponent for exponent in range(-9, 4) if exponent)


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
    plane = plane_systems(declared_crs, metric_crs, bounds)
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
    first = read_cells(north_cells, may_hold_both=~has_east)
    second = read_cells(east_cells, may_hold_both=~has_north)
    north, east = first.value.copy(), second.value.copy()
    axes = [first.axis, second.axis]
    for cells in (first, second):
        both = np.isfinite(cells.second)
        north[both], east[both] = cells.value[both], cells.second[both]
        if both.any():
            axes[0] = np.where(both, cells.axis, axes[0])
            axes[1] = np.where(both, 0, axes[1])
    is_exchanged = (axes[0] == EAST) | (axes[1] == NORTH)
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
            both = read_cells(column.iloc[doubled], may_hold_both=alone)
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
        lon, lat = to_lon_lat(east, north, primary.crs)
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
        found_lon, found_lat = to_lon_lat(x[rows], y[rows], way.crs)
        inside = lies_within(found_lon, found_lat, bounds)
        hit = rows[inside]
        lon[hit], lat[hit] = found_lon[inside], found_lat[inside]
        chosen[hit] = position
        fitting[hit] += 1
    outside = np.flatnonzero(fitting == 0)
    if len(outside):
        lon[outside], lat[outside] = to_lon_lat(east[outside], north[outside], primary.crs)
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
        west, south, east_end, north_end = box_of(way.crs, bounds)
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
            _, south, _, north_end = box_of(way.crs, bounds)
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


def _in_box(north: np.ndarray, east: np.ndarray, way: _Candidate, bounds: Bounds) -> np.ndarray:
    west, south, east_end, north_end = box_of(way.crs, bounds)
    x, y = (north, east) if way.is_swapped else (east, north)
    fits: np.ndarray = (x >= west) & (x <= east_end) & (y >= south) & (y <= north_end)
    return fits

"""The coordinate systems in use in Sweden: their names and bounds, points from one to another."""

from __future__ import annotations

import functools

import numpy as np
from pyproj import Transformer

from est_pipeline.domain.geography import WGS84

Bounds = tuple[float, float, float, float]

RT_90 = "EPSG:3021"
_SOUTHERN_ZONES = {12.0: 3007, 13.5: 3008, 15.0: 3009, 16.5: 3010, 18.0: 3011}
_NORTHERN_ZONES = {14.25: 3012, 15.75: 3013, 17.25: 3014, 18.75: 3015, 20.25: 3016, 21.75: 3017}
_NORTHERN_ZONES |= {23.25: 3018}
_NORTHERN_FROM_LAT = 62.0
_SWEDEN: Bounds = (10.0, 55.0, 24.5, 69.5)

CRS_NAMES = {
    WGS84: "WGS 84",
    "EPSG:3006": "SWEREF 99 TM",
    RT_90: "RT 90 2,5 gon V",
} | {
    f"EPSG:{code}": f"SWEREF 99 {int(meridian):02d} {int(meridian % 1 * 60):02d}"
    for meridian, code in (_SOUTHERN_ZONES | _NORTHERN_ZONES).items()
}
"""What the coordinate systems in use in Sweden are called."""


def plane_systems(declared: str | None, metric: str, bounds: Bounds | None) -> tuple[str, ...]:
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
    return tuple(dict.fromkeys((metric, "EPSG:3006", f"EPSG:{zones[local]}", RT_90)))


def lies_within(lon: np.ndarray, lat: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Tell which points lie within the bounds."""
    west, south, east, north = bounds
    inside: np.ndarray = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


@functools.cache
def box_of(crs: str, bounds: Bounds) -> Bounds:
    """Give the box in a system that holds the whole of the bounds."""
    if crs == WGS84:
        return bounds
    there = Transformer.from_crs(WGS84, crs, always_xy=True)
    west, south, east, north = there.transform_bounds(*bounds, densify_pts=21)
    return west, south, east, north


@functools.cache
def _to_wgs84(crs: str) -> Transformer:
    return Transformer.from_crs(crs, WGS84, always_xy=True)


def to_lon_lat(x: np.ndarray, y: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    """Give `lon` and `lat`; missing where a number is, or where the point lies nowhere."""
    known = np.isfinite(x) & np.isfinite(y)
    if crs == WGS84 or not known.any():
        nowhere = np.full(len(x), np.nan)
        return (x, y) if crs == WGS84 else (nowhere, nowhere.copy())
    lon, lat = _to_wgs84(crs).transform(np.where(known, x, 0.0), np.where(known, y, 0.0))
    finite = known & np.isfinite(lon) & np.isfinite(lat)
    return np.where(finite, lon, np.nan), np.where(finite, lat, np.nan)

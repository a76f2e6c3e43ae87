"""Which coordinate system a layer is in where its file does not say: told by the values.

Every Swedish system gives numbers of its own size, and the zones of one family differ in where
they put the municipality. So each system is tried, and the one that puts the layer within the
workspace's bounds is right; where several do, nobody can tell and the layer is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from est_pipeline.domain.geography import WGS84
from est_pipeline.errors import ConfigError

Bounds = tuple[float, float, float, float]
Numbers = NDArray[np.float64]

SWEREF_ZONES = {
    3007: "12 00",
    3008: "13 30",
    3012: "14 15",
    3009: "15 00",
    3013: "15 45",
    3010: "16 30",
    3014: "17 15",
    3011: "18 00",
    3015: "18 45",
    3016: "20 15",
    3017: "21 45",
    3018: "23 15",
}
RT90_ZONES = {
    3019: "7,5 gon V",
    3020: "5 gon V",
    3021: "2,5 gon V",
    3022: "0 gon",
    3023: "2,5 gon O",
    3024: "5 gon O",
}
SYSTEMS: dict[str, str] = {
    WGS84: "WGS 84",
    "EPSG:3006": "SWEREF 99 TM",
    **{f"EPSG:{code}": f"SWEREF 99 {zone}" for code, zone in SWEREF_ZONES.items()},
    **{f"EPSG:{code}": f"RT 90 {zone}" for code, zone in RT90_ZONES.items()},
}
"""The systems that are tried, and what they are called in Sweden."""

_LARGEST_SAMPLE = 5_000
_RIVAL_SHARE = 0.5
"""A system that puts at least this share as many points within the bounds is a rival."""


@dataclass(frozen=True)
class System:
    """A coordinate system, and whether the two numbers stand in the other order."""

    crs: str
    is_swapped: bool = False

    @property
    def name(self) -> str:
        """What it is called in Sweden; its code where it has no such name here."""
        return SYSTEMS.get(self.crs, self.crs)


def check_crs(name: str) -> str:
    """Give the name of a coordinate system back where pyproj knows it.

    Raises:
        ConfigError: it is unknown.
    """
    try:
        CRS.from_user_input(name)
    except CRSError:
        raise ConfigError(
            f"Koordinatsystemet {name!r} är okänt.",
            advice="Skriv till exempel EPSG:3006 (SWEREF 99 TM) eller EPSG:3009 (SWEREF 99 15 00).",
        ) from None
    return name


def are_degrees(easts: Numbers, norths: Numbers) -> bool:
    """Tell whether all values could be longitudes and latitudes."""
    return bool((np.abs(easts) <= 180).all() and (np.abs(norths) <= 90).all())


def to_lon_lat(easts: Numbers, norths: Numbers, *, system: System) -> tuple[Numbers, Numbers]:
    """Give longitude and latitude (WGS 84) of points in a system; infinite where it has none."""
    if system.is_swapped:
        easts, norths = norths, easts
    if system.crs == WGS84:
        return easts, norths
    transformer = Transformer.from_crs(system.crs, WGS84, always_xy=True)
    lon, lat = transformer.transform(easts, norths)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def are_within(lon: Numbers, lat: Numbers, bounds: Bounds) -> NDArray[np.bool_]:
    """Tell which points lie within the bounds, borders included."""
    west, south, east, north = bounds
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def tell_system(
    easts: Numbers,
    norths: Numbers,
    *,
    bounds: Bounds | None,
    file_name: str,
    crs: str = "",
    may_swap: bool = True,
) -> System:
    """Tell the coordinate system of points by which one puts them within the bounds.

    Args:
        easts: first number of each point (easting or longitude, unless swapped).
        norths: second number of each point.
        bounds: the workspace's, in WGS 84.
        file_name: named in errors.
        crs: the system, where it is known and only the order of the numbers is not.
        may_swap: whether the numbers may stand in the other order.

    Raises:
        ConfigError: no system fits, or several do.
    """
    if bounds is None:
        if crs:
            return System(crs)
        raise ConfigError(
            f"{file_name} säger inte vilket koordinatsystem den har, och arbetsmappen har inga "
            "gränser att pröva mot.",
            advice="Ange det med --crs, till exempel --crs EPSG:3006.",
        )
    step = max(1, len(easts) // _LARGEST_SAMPLE)
    easts, norths = easts[::step], norths[::step]
    counts: dict[System, int] = {}
    for code in (crs,) if crs else SYSTEMS:
        for is_swapped in (False, True) if may_swap else (False,):
            system = System(code, is_swapped)
            lon, lat = to_lon_lat(easts, norths, system=system)
            counts[system] = int(are_within(lon, lat, bounds).sum())
    best = max(counts, key=lambda system: counts[system])
    if counts[best] == 0:
        if crs:
            return System(crs)
        raise ConfigError(
            f"{file_name} säger inte vilket koordinatsystem den har, och i inget av dem som "
            "prövats (WGS 84, SWEREF 99, RT 90) ligger den inom kommunens gränser.",
            advice="Ange systemet med --crs, eller kontrollera granser under [omrade] i est.toml.",
        )
    rivals = [s for s in counts if counts[s] >= _RIVAL_SHARE * counts[best]]
    if len(rivals) > 1:
        names = " och ".join(
            f"{s.name} ({s.crs}{', omkastad ordning' if s.is_swapped else ''})" for s in rivals
        )
        raise ConfigError(
            f"{file_name} säger inte vilket koordinatsystem den har, och talen "
            f"passar både {names}.",
            advice="Ange rätt system med --crs.",
        )
    return best

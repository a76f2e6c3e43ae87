"""Hexagons of equal size over a town: which one a point is in, which cover an area, which touch.

The hexagons are those of H3 (Uber 2018): each has an id of its own that is the same everywhere,
and within a town their areas differ by less than one per cent, so each is an equal share of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from shapely.geometry.base import BaseGeometry

RESOLUTION = 9
"""H3 resolution: in Sweden about 300 m between opposite sides (8 hectares), a few blocks.

A district of a town has some twenty of them: small enough to send somebody to, large enough for
most positions to be in the right one.
"""

EARTH_RADIUS_M = 6_371_008.8


def locate_cells(
    lon: pd.Series[float], lat: pd.Series[float], *, resolution: int = RESOLUTION
) -> pd.Series[str]:
    """Give the hexagon that each point is in; missing where there is no point.

    Args:
        lon: longitudes, WGS 84.
        lat: latitudes, on the same index.
        resolution: H3 resolution.
    """
    import h3

    # many reports share a point (a named place, an address): each is looked up once
    points, distinct = pd.factorize(pd.MultiIndex.from_arrays([lon, lat]))
    found = [
        h3.latlng_to_cell(y, x, resolution) if x == x and y == y else None  # noqa: PLR0124 - not NaN
        for x, y in distinct
    ]
    cells = pd.Series(found, dtype="str").to_numpy()
    return pd.Series(cells[points], index=lon.index, dtype="str")


def cover_area(areas: Sequence[BaseGeometry], *, resolution: int = RESOLUTION) -> tuple[str, ...]:
    """Give every hexagon that one of some areas reaches into, in the order of their ids.

    Args:
        areas: polygons, WGS 84; they may touch or overlap.
        resolution: H3 resolution.
    """
    import h3
    import shapely

    whole = shapely.union_all(list(areas))
    if whole.is_empty:
        return ()
    shape = h3.geo_to_h3shape(whole)
    return tuple(sorted(h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap")))


def touching(cells: Sequence[str]) -> csr_array:
    """Tell which of some hexagons share a side: 1 in row i, column j where i and j do."""
    import h3
    from scipy.sparse import coo_array

    number = {cell: position for position, cell in enumerate(cells)}
    pairs = [
        (position, number[other])
        for cell, position in number.items()
        for other in h3.grid_ring(cell, 1)
        if other in number
    ]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return coo_array((np.ones(len(pairs)), (rows, columns)), shape=(len(cells), len(cells))).tocsr()


def with_surroundings(cells: Sequence[str], *, rings: int = 1) -> tuple[str, ...]:
    """Give some hexagons and those within so many steps of them, in the order of their ids."""
    import h3

    return tuple(sorted({other for cell in cells for other in h3.grid_disk(cell, rings)}))


def centres_of(cells: Sequence[str]) -> pd.DataFrame:
    """Give the middle of each hexagon: `lon`, `lat`, on the ids."""
    import h3

    middle: list[Any] = [h3.cell_to_latlng(cell) for cell in cells]
    return pd.DataFrame(middle, columns=["lat", "lon"], index=list(cells), dtype="float64")[
        ["lon", "lat"]
    ]


def outline_of(cell: str) -> tuple[tuple[float, float], ...]:
    """Give the corners of a hexagon, (lon, lat), the first one again at the end."""
    import h3

    corners = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
    return (*corners, corners[0])


def width_m(cell: str) -> float:
    """Give the distance in metres between opposite sides of a hexagon."""
    import h3

    return float(np.sqrt(2 * h3.cell_area(cell, unit="m^2") / np.sqrt(3)))


def metres_from(lon: np.ndarray, lat: np.ndarray, *, middle: tuple[float, float]) -> np.ndarray:
    """Give points as metres east and north of a middle (lon, lat); good within a town.

    Returns:
        One row a point, two columns.
    """
    east = np.radians(lon - middle[0]) * np.cos(np.radians(middle[1])) * EARTH_RADIUS_M
    north = np.radians(lat - middle[1]) * EARTH_RADIUS_M
    return np.column_stack([east, north])

"""What lies under the reports on the map: districts, base map and bounds, as plain coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry, BaseMultipartGeometry

from est_pipeline.lagesbild.content import (
    Line,
    MapFeature,
    MapGround,
    Outline,
)
from est_pipeline.lagesbild.fields import text_of
from est_pipeline.lagesbild.map_layers import WebTiles


def build_ground(
    *,
    districts: gpd.GeoDataFrame,
    basemap: gpd.GeoDataFrame,
    attribution: str,
    tiles: WebTiles | None = None,
) -> MapGround:
    """Give outlines and base map no finer than a screen can show, five decimals (one metre)."""
    west, south, east, north = (float(edge) for edge in districts.total_bounds)
    tolerance = max(east - west, north - south) / 3000
    outlines = districts.geometry.simplify(tolerance)
    features: list[MapFeature] = []
    for map_class, name, geometry in zip(
        basemap["map_class"], basemap["name"], basemap.geometry.simplify(tolerance / 2), strict=True
    ):
        # a feature may be of several parts, and of several kinds: each area is one of its own, so
        # that the outline of one is never taken for a hole of another
        parts = list(_parts(geometry))
        about = text_of(map_class), text_of(name)
        features += [MapFeature(*about, True, rings) for rings in _polygons(parts)]
        lines = tuple(_line(part.coords) for part in parts if isinstance(part, shapely.LineString))
        if lines:
            features.append(MapFeature(*about, False, lines))
    return MapGround(
        outlines=tuple(
            Outline(str(district_id), str(name), _polygons(_parts(geometry)))
            for district_id, name, geometry in zip(
                districts["district_id"], districts["name"], outlines, strict=True
            )
        ),
        features=tuple(features),
        attribution=attribution,
        bounds=(round(west, 5), round(south, 5), round(east, 5), round(north, 5)),
        tiles=tiles,
    )


def _parts(geometry: BaseGeometry | None) -> Iterator[BaseGeometry]:
    """Give the single parts of a geometry, however deep they lie; of none, nothing."""
    for part in shapely.get_parts(geometry) if geometry is not None else ():
        if isinstance(part, BaseMultipartGeometry):
            yield from _parts(part)
        elif not part.is_empty:
            yield part


def _polygons(parts: Iterable[BaseGeometry]) -> tuple[tuple[Line, ...], ...]:
    return tuple(
        (_line(part.exterior.coords), *(_line(hole.coords) for hole in part.interiors))
        for part in parts
        if isinstance(part, shapely.Polygon)
    )


def _line(coordinates: Iterable[tuple[float, ...]]) -> Line:
    return tuple((round(float(each[0]), 5), round(float(each[1]), 5)) for each in coordinates)

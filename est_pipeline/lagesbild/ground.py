"""What lies under the reports on the map: districts, base map and bounds, as plain coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from est_pipeline.lagesbild.content import (
    Line,
    MapFeature,
    MapGround,
    Outline,
)
from est_pipeline.lagesbild.fields import text_of
from est_pipeline.lagesbild.map_layers import WebTiles

if TYPE_CHECKING:
    pass


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
    features = []
    for map_class, name, geometry in zip(
        basemap["map_class"], basemap["name"], basemap.geometry.simplify(tolerance / 2), strict=True
    ):
        if geometry is None or geometry.is_empty:
            continue
        is_area = geometry.geom_type in {"Polygon", "MultiPolygon"}
        lines = (
            tuple(ring for polygon in _polygons(geometry) for ring in polygon)
            if is_area
            else tuple(_line(part.coords) for part in _parts(geometry) if hasattr(part, "coords"))
        )
        features.append(MapFeature(text_of(map_class), text_of(name), is_area, lines))
    return MapGround(
        outlines=tuple(
            Outline(str(district_id), str(name), _polygons(geometry))
            for district_id, name, geometry in zip(
                districts["district_id"], districts["name"], outlines, strict=True
            )
        ),
        features=tuple(features),
        attribution=attribution,
        bounds=(round(west, 5), round(south, 5), round(east, 5), round(north, 5)),
        tiles=tiles,
    )


def _parts(geometry: BaseGeometry) -> Iterator[BaseGeometry]:
    yield from shapely.get_parts(geometry)


def _polygons(geometry: BaseGeometry) -> tuple[tuple[Line, ...], ...]:
    return tuple(
        (_line(part.exterior.coords), *(_line(hole.coords) for hole in part.interiors))
        for part in _parts(geometry)
        if isinstance(part, shapely.Polygon)
    )


def _line(coordinates: Iterable[tuple[float, ...]]) -> Line:
    return tuple((round(float(each[0]), 5), round(float(each[1]), 5)) for each in coordinates)

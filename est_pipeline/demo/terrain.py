"""Where the demo's reports lie: points well inside a district, and named places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from est_pipeline.domain.geography import WGS84, districts_of_points
from est_pipeline.domain.schemas import REST_ID

METRIC = "EPSG:3006"
MARGIN_M = 60.0
"""Points keep this distance from every border, so that rounding cannot move them across."""


@dataclass(frozen=True)
class Spot:
    """A place of the gazetteer with the district that its point lies in."""

    name: str
    place_type: str
    district_id: str
    easting_m: float
    northing_m: float
    precision_m: float


class Terrain:
    """The districts and places of the workspace, in metres."""

    def __init__(
        self,
        districts: gpd.GeoDataFrame,
        places: pd.DataFrame,
        magnets: dict[str, dict[str, float]],
    ) -> None:
        """Take the layers as `domain.geography` reads them, and what attracts reports where."""
        metric = districts.to_crs(METRIC)
        ids = [str(district_id) for district_id in metric["district_id"]]
        self.district_ids = (*ids, REST_ID)
        self.district_names = {
            str(row.district_id): str(row.name_)
            for row in districts.rename(columns={"name": "name_"}).itertuples()
        }
        self._inner = {
            district_id: shapely.buffer(shape, -MARGIN_M)
            for district_id, shape in zip(ids, metric.geometry, strict=True)
        }
        self._all = shapely.buffer(shapely.union_all(metric.geometry.to_numpy()), MARGIN_M)
        self._to_plane = Transformer.from_crs(WGS84, METRIC, always_xy=True)
        self._to_globe = Transformer.from_crs(METRIC, WGS84, always_xy=True)
        self.spots = self._spots(places, districts)
        self._by_name = {spot.name: spot for spot in self.spots}
        self._magnets = {
            district_id: [
                (self._by_name[name], weight)
                for name, weight in magnets.get(district_id, {}).items()
                if name in self._by_name and self._by_name[name].district_id == district_id
            ]
            for district_id in self.district_ids
        }

    def _spots(self, places: pd.DataFrame, districts: gpd.GeoDataFrame) -> tuple[Spot, ...]:
        lon, lat = places["lon"].astype("float64"), places["lat"].astype("float64")
        where = districts_of_points(lon, lat, districts=districts, rest_id=REST_ID)
        easting, northing = self._to_plane.transform(lon.to_numpy(), lat.to_numpy())
        return tuple(
            Spot(str(name), str(kind), str(district), float(e), float(n), float(precision))
            for name, kind, district, e, n, precision in zip(
                places["name"],
                places["place_type"],
                where,
                easting,
                northing,
                places["precision_m"],
                strict=True,
            )
        )

    def spot(self, name: str, *, district_id: str) -> Spot:
        """Give the place of that name, else the first one that the district has."""
        found = self._by_name.get(name)
        if found is not None and found.district_id == district_id:
            return found
        return next(spot for spot in self.spots if spot.district_id == district_id)

    def named_spots(
        self, district_id: str, place_types: Sequence[str], *, largest_m: float = 300
    ) -> list[Spot]:
        """List a district's places of some types, those that are known precisely enough."""
        return [
            spot
            for spot in self.spots
            if spot.district_id == district_id
            and spot.place_type in place_types
            and spot.precision_m <= largest_m
        ]

    def weight(self, spot: Spot) -> float:
        """Tell how much a place attracts reports; 1 for a place that nothing is said of."""
        return next((w for s, w in self._magnets[spot.district_id] if s is spot), 1.0)

    def draw(self, district_id: str, rng: np.random.Generator) -> tuple[float, float, Spot | None]:
        """Draw a point of a district: near a place that attracts, or anywhere in it.

        Returns:
            Easting and northing in metres, and the place where the point is near one.
        """
        magnets = self._magnets[district_id]
        share = 1.0 if district_id == REST_ID else 0.45
        if magnets and rng.random() < share:
            weights = np.array([weight for _, weight in magnets])
            spot = magnets[int(rng.choice(len(magnets), p=weights / weights.sum()))][0]
            spread = 180.0 if district_id == REST_ID else 45.0
            point = self.draw_near(spot, rng, spread_m=spread)
            if point is not None:
                return (*point, spot)
        if district_id == REST_ID:
            outside = [spot for spot in self.spots if spot.district_id == REST_ID]
            while True:
                spot = outside[int(rng.integers(len(outside)))]
                point = self.draw_near(spot, rng, spread_m=120.0)
                if point is not None:
                    return (*point, None)
        return (*self._anywhere(district_id, rng), None)

    def draw_near(
        self, spot: Spot, rng: np.random.Generator, *, spread_m: float
    ) -> tuple[float, float] | None:
        """Draw a point near a place and well inside its district; none where there is no room."""
        for _ in range(6):
            easting = spot.easting_m + float(rng.normal(0, spread_m))
            northing = spot.northing_m + float(rng.normal(0, spread_m))
            if self.is_inside(easting, northing, spot.district_id):
                return easting, northing
        return None

    def is_inside(self, easting: float, northing: float, district_id: str) -> bool:
        """Tell whether a point lies in a district (outside all for the rest), with a margin."""
        if district_id == REST_ID:
            return not shapely.intersects_xy(self._all, easting, northing)
        return bool(shapely.contains_xy(self._inner[district_id], easting, northing))

    def _anywhere(self, district_id: str, rng: np.random.Generator) -> tuple[float, float]:
        shape = self._inner[district_id]
        west, south, east, north = shape.bounds
        while True:
            easting = float(rng.uniform(west, east))
            northing = float(rng.uniform(south, north))
            if shapely.contains_xy(shape, easting, northing):
                return easting, northing

    def lon_lat(self, eastings: Sequence[float], northings: Sequence[float]) -> list[list[float]]:
        """Give longitudes and latitudes of points in metres."""
        lon, lat = self._to_globe.transform(np.array(eastings), np.array(northings))
        return [list(map(float, lon)), list(map(float, lat))]

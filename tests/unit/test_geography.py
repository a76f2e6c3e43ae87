"""Which district a point is in, what a layer may hold, and folding, whatever index rows have."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from est_pipeline.domain.geography import (
    WGS84,
    districts_of_points,
    neighbouring_districts,
    read_basemap,
    read_districts,
)
from est_pipeline.domain.text import fold, fold_series
from est_pipeline.errors import ConfigError
from est_pipeline.lagesbild.ground import build_ground


def squares(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    names = [f"d{number}" for number in range(len(boxes))]
    shapes = [shapely.box(*box) for box in boxes]
    return gpd.GeoDataFrame({"district_id": names}, geometry=shapes, crs="EPSG:4326")


def test_a_point_on_a_shared_border_is_in_the_first_district_and_outside_in_the_rest() -> None:
    districts = squares((0, 0, 1, 1), (1, 0, 2, 1), (0.5, 0.5, 3, 3))
    lon = pd.Series([0.5, 1.0, 1.5, 0.9, 2.5, 9.0, np.nan, 0.5], index=[9, 4, 4, 1, 7, 3, 2, 8])
    lat = pd.Series([0.5, 0.5, 0.5, 0.9, 2.5, 9.0, 0.5, np.nan], index=lon.index)
    found = districts_of_points(lon, lat, districts=districts, rest_id="rest")
    assert found.index.tolist() == lon.index.tolist()
    assert found.iloc[:6].tolist() == ["d0", "d0", "d1", "d0", "d2", "rest"]
    assert found.iloc[6:].isna().all()


def test_the_first_district_of_many_points_is_the_one_that_shapely_finds() -> None:
    rng = np.random.default_rng(1)
    circles = [shapely.Point(x, y).buffer(r) for x, y, r in rng.uniform(0.5, 2, (6, 3))]
    districts = gpd.GeoDataFrame(
        {"district_id": [f"d{n}" for n in range(6)]}, geometry=circles, crs="EPSG:4326"
    )
    lon, lat = (pd.Series(rng.uniform(-1, 4, 3000)) for _ in range(2))
    found = districts_of_points(lon, lat, districts=districts, rest_id="rest")
    inside = [shapely.intersects_xy(circle, lon.to_numpy(), lat.to_numpy()) for circle in circles]
    expected = np.where(np.any(inside, axis=0), np.argmax(inside, axis=0), -1)
    assert found.tolist() == [f"d{n}" if n >= 0 else "rest" for n in expected]


def test_folding_a_part_of_a_column_folds_that_part() -> None:
    words = pd.Series(["Åby", "RYD", None, "S:t  Lars"], index=["a", "b", "c", "d"])
    part = words.iloc[[3, 2, 1]]
    folded = fold_series(part)
    assert folded.index.tolist() == ["d", "c", "b"]
    assert folded.dropna().tolist() == [fold("S:t  Lars"), fold("RYD")]


def test_neighbours_share_a_line_or_lie_within_so_many_metres() -> None:
    side = 0.01  # some 1,100 m in latitude
    districts = squares(
        (15.6, 58.4, 15.6 + side, 58.4 + side),
        (15.6, 58.4 + side, 15.6 + side, 58.4 + 2 * side),
        (15.6, 58.4 + 2.5 * side, 15.6 + side, 58.4 + 3 * side),
    )
    ids = districts["district_id"].tolist()
    touching = neighbouring_districts(districts, within_m=0, metric_crs="EPSG:3006")
    assert touching == ((ids[0], ids[1]),)
    near = neighbouring_districts(districts, within_m=600, metric_crs="EPSG:3006")
    assert near == ((ids[0], ids[1]), (ids[1], ids[2]))


def _square(lon: float, lat: float = 58.4, size: float = 0.01) -> shapely.Polygon:
    return shapely.box(lon, lat, lon + size, lat + size)


def _layer(file: Path, ids: list[Any], names: list[Any]) -> Path:
    shapes = [_square(15.6 + 0.02 * number) for number in range(len(ids))]
    layer = gpd.GeoDataFrame({"id": ids, "namn": names}, geometry=shapes, crs=WGS84)
    layer.to_file(file, driver="GeoJSON")
    return file


@pytest.mark.parametrize(
    ("ids", "names", "answer"),
    [
        (["ryd", "ovriga"], ["Ryd", "Berga"], "kan inte ha id 'ovriga'"),
        (["Övriga", "ryd"], ["Ryd", "Berga"], "kan inte ha id 'Övriga'"),
        (["ryd", "oplacerad"], ["Ryd", "Berga"], "kan inte ha id 'oplacerad'"),
        (["ryd", "--"], ["Ryd", "Berga"], "kan inte ha id '--'"),
        (["Ö-1", "o.1"], ["Ryd", "Berga"], "id 'Ö-1' och 'o.1' är för lika"),
        (["ryd", "berga"], ["Ryd", None], "stadsdel nummer 2 i filen saknar 'namn'"),
        ([None, "berga"], ["Ryd", "Berga"], "stadsdel nummer 1 i filen saknar 'id'"),
    ],
)
def test_districts_that_cannot_be_told_apart_are_refused(
    tmp_path: Path, ids: list[Any], names: list[Any], answer: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(answer)):
        read_districts(
            _layer(tmp_path / "stadsdelar.geojson", ids, names), id_key="id", name_key="namn"
        )


def test_ids_with_signs_and_spaces_are_fine(tmp_path: Path) -> None:
    file = _layer(tmp_path / "stadsdelar.geojson", ["O 1", "Ö/2"], ["Ryd", "Berga"])
    districts = read_districts(file, id_key="id", name_key="namn")
    assert districts["district_id"].tolist() == ["O 1", "Ö/2"]


def test_a_base_map_may_hold_nothing_and_anything(tmp_path: Path) -> None:
    file = tmp_path / "baskarta.geojson"
    file.write_text('{"type":"FeatureCollection","attribution":"X","features":[]}', "utf-8")
    empty, attribution = read_basemap(file)
    assert (len(empty), attribution) == (0, "X")
    line = shapely.LineString([(15.6, 58.4), (15.61, 58.41)])
    shapes = [
        shapely.Point(15.6, 58.4),
        shapely.MultiPoint([(15.6, 58.4), (15.61, 58.4)]),
        shapely.GeometryCollection([line, _square(15.6), shapely.Point(15.6, 58.4)]),
        shapely.MultiPolygon([_square(15.5), _square(15.62)]),
        None,
    ]
    layer = gpd.GeoDataFrame(
        {"klass": ["gront"] * len(shapes), "namn": [""] * len(shapes)}, geometry=shapes, crs=WGS84
    )
    districts = read_districts(
        _layer(tmp_path / "s.geojson", ["ryd"], ["Ryd"]), id_key="id", name_key="namn"
    )
    basemap = layer.rename(columns={"klass": "map_class", "namn": "name"})
    ground = build_ground(districts=districts, basemap=basemap, attribution="")
    assert [(each.is_area, len(each.lines)) for each in ground.features] == [
        (True, 1),
        (False, 1),
        (True, 1),
        (True, 1),
    ]

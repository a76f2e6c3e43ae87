"""Which district a point is in, and folding, whatever index the rows have."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from est_pipeline.domain.geography import districts_of_points, neighbouring_districts
from est_pipeline.domain.text import fold, fold_series


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

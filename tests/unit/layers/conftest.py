"""Layers made for the test."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pytest


@pytest.fixture(scope="session")
def layer_of() -> Callable[..., gpd.GeoDataFrame]:
    """Makes a layer (SWEREF 99 TM) of attributes and shapes."""

    def make(shapes: list[Any], **attributes: list[Any]) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(attributes, geometry=shapes, crs="EPSG:3006")

    return make

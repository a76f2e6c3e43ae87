"""One demo plan for all tests of this folder: making one takes two seconds."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from est_pipeline.config import Configuration, read_configuration
from est_pipeline.demo import DemoPlan, demo_settings, plan_demo
from est_pipeline.domain.geography import read_districts, read_places
from est_pipeline.workspace import write_workspace


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    root: Path = tmp_path_factory.mktemp("demo") / "arbetsmapp"
    write_workspace(root, settings=demo_settings)
    return read_configuration(root)


@pytest.fixture(scope="session")
def districts(configuration: Configuration) -> gpd.GeoDataFrame:
    area = configuration.settings.area
    return read_districts(
        configuration.paths.data / area.districts_file,
        id_key=area.district_id_key,
        name_key=area.district_name_key,
    )


@pytest.fixture(scope="session")
def places(configuration: Configuration) -> pd.DataFrame:
    return read_places(configuration.paths.data / configuration.settings.area.places_file)


@pytest.fixture(scope="session")
def plan(
    configuration: Configuration, districts: gpd.GeoDataFrame, places: pd.DataFrame
) -> DemoPlan:
    return plan_demo(configuration=configuration, districts=districts, places=places)

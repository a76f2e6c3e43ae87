"""The made-up week, built once."""

import pytest

from est_pipeline.config import Configuration
from est_pipeline.lagesbild.content import Lagesbild
from est_pipeline.lagesbild.page import render_page
from tests.lagesbild_frames import make_configuration, make_content


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return make_configuration(tmp_path_factory.mktemp("arbetsmapp"), registry_number="KS 2026-000")


@pytest.fixture(scope="session")
def content(configuration: Configuration) -> Lagesbild:
    return make_content(configuration)


@pytest.fixture(scope="session")
def page(content: Lagesbild) -> str:
    return render_page(content)

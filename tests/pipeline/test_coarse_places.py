"""Dwellings and incidents against employees leave the store with their district only."""

from typing import Any

import pytest

HEAD = "rapport_id;start;kategori;underkategori;platstyp;plats;lat;lon\n"


@pytest.mark.parametrize(
    ("row", "is_coarse"),
    [
        ("1;2026-11-16 21:30;incident mot anställd;;;Skäggetorps centrum;58,4271;15,5827", True),
        ("1;2026-11-16 21:30;boendestörning;;;Ryds centrum;;", True),
        ("1;2026-11-16 21:30;stöld;;flerfamiljshus;Skäggetorps centrum;58,4271;15,5827", True),
        ("1;2026-11-16 21:30;stöld;;torg;Skäggetorps centrum;58,4271;15,5827", False),
    ],
)
def test_place_is_given_coarsely(workspace: Any, row: str, is_coarse: bool) -> None:
    workspace.drop("tib", "a.csv", HEAD + row + "\n")
    workspace.take_in()
    for table in ("report", "incident"):
        [found] = workspace.table(table).to_dict("records")
        assert found["is_coarse"] == is_coarse
        assert found["district_id"] in {"skaggetorp", "ryd"}
        hidden = [found[name] for name in ("place_id", "place_name", "lon", "lat", "precision_m")]
        assert all(value is None or value != value for value in hidden) == is_coarse

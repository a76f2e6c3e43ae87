"""The notebook runs as it stands, and reads nothing but the published tables."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from est_pipeline import open_workspace
from est_pipeline.errors import WorkspaceError
from est_pipeline.pipeline import open_store

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
ROWS = "rapport_id;start;kategori;plats\n" + "".join(
    f"{n};2026-11-{day:02} 21:30;{category};{place}\n"
    for n, (day, category, place) in enumerate(
        [(2, "brand", "Stora torget"), (10, "klotter", "Ryd"), (17, "brand", "Stora torget")]
    )
)


@pytest.fixture
def filled(workspace: Any) -> Any:
    workspace.drop("tib", "november.csv", ROWS)
    workspace.take_in()
    return workspace


@pytest.mark.slow
@pytest.mark.parametrize("name", [file.name for file in sorted(NOTEBOOKS.glob("*.ipynb"))])
def test_notebook_runs(filled: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EST_WORKSPACE", str(filled.root))
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    assert not [cell for cell in notebook.cells if cell.get("outputs")], "save without outputs"
    database = filled.paths.store / "est.duckdb"
    before = database.read_bytes()
    done = NotebookClient(notebook, timeout=120).execute()
    shown = str([cell.get("outputs") for cell in done.cells])
    assert "Linköpings kommun" in shown
    assert "Stora torget" in shown
    assert database.read_bytes() == before


def test_reading_does_not_wait_for_a_run(filled: Any) -> None:
    from est_pipeline.store.warehouse import Warehouse

    with Warehouse.open(filled.paths):  # a run holds the database
        opened = open_workspace(filled.root)
        assert len(opened.reports()) == 3
        assert opened.sql("SELECT count(*) AS n FROM incident")["n"].tolist() == [3]
        assert opened.weekly_counts()["incident_count"].sum() == 3


def test_what_the_analyses_are_given_is_the_same_as_in_the_run(workspace: Any) -> None:
    fire = "1;2026-11-17 21:30;brand;Ryds centrum\n"
    header = "rapport_id;start;kategori;plats\n"
    workspace.drop("rtog", "rtog.csv", header + fire)
    workspace.drop("vaktare", "v.csv", header + fire + "2;2026-11-18 08:00;trasig belysning;Ryd\n")
    workspace.take_in()
    read = open_workspace(workspace.root).occurrences()
    with open_store(workspace.configuration) as warehouse:
        stored = warehouse.occurrences(
            as_of=datetime(2026, 11, 23, 7, tzinfo=UTC),
            first_week="2026-W01",
            last_week="2026-W53",
            coarse=workspace.configuration.coarse_rule,
        )
    for frame in (read, stored):
        frame["source_ids"] = frame["source_ids"].map(list)
    pd.testing.assert_frame_equal(read, stored)
    assert sorted(stored["kind"]) == ["environment_case", "incident"]
    assert stored["source_ids"].tolist()[0] == ["rtog", "vaktare"]


def test_a_folder_that_is_no_workspace_is_said(tmp_path: Path, workspace: Any) -> None:
    with pytest.raises(WorkspaceError, match="est init"):
        open_workspace(tmp_path)
    with pytest.raises(WorkspaceError, match="est run"):
        open_workspace(workspace.root).reports()


def test_the_map_fetches_no_tiles(filled: Any) -> None:
    drawn = open_workspace(filled.root).map("2026-W47")
    assert "openstreetmap.org" not in drawn.get_root().render()

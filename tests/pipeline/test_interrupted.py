"""A run that dies between two side effects: the next one carries on, nothing lost or doubled."""

from datetime import datetime
from typing import Any

import pytest

from est_pipeline import deliveries, pipeline
from est_pipeline.corrections import Correction, correct_places
from est_pipeline.errors import StorageError
from est_pipeline.ingest.inbox import move_to_archive
from est_pipeline.store.warehouse import Warehouse

HEADER = "rapport_id;start;kategori;plats\n"
FAULT_POINTS = [
    "load_delivery",
    "move_to_archive",
    "open_file",
    "write_quarantine",
    "write_receipt",
    "finish",
]


class PowerCutError(BaseException):
    """What nothing in the program may catch."""


def drop_three_files(workspace: Any) -> None:
    for name in "abc":
        workspace.drop(
            "tib", f"{name}.csv", HEADER + f"{name}1;2026-11-17 21:30;brand;Ryd\n{name}2;;brand;\n"
        )


@pytest.mark.parametrize("is_done_first", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("point", FAULT_POINTS)
def test_killed_at_each_side_effect(
    workspace: Any, monkeypatch: pytest.MonkeyPatch, point: str, is_done_first: bool
) -> None:
    drop_three_files(workspace)
    calls = 0
    owner: Any = deliveries
    if point == "load_delivery":
        owner = Warehouse
    elif point == "finish":
        owner = deliveries.FileLoad
    original = getattr(owner, point)

    def cut(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != 2:
            return original(*arguments, **options)
        if is_done_first:
            original(*arguments, **options)
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(owner, point, cut)
        with pytest.raises(PowerCutError):
            workspace.take_in("2026-11-23T08:00:00+01:00")
    workspace.take_in("2026-11-23T08:10:00+01:00")

    assert sorted(workspace.reports["report_id"]) == ["tib:a1", "tib:b1", "tib:c1"]
    files = [f for f in workspace.status()["files"] if f["state"] == "intagen"]
    assert sorted(file["file_name"] for file in files) == ["a.csv", "b.csv", "c.csv"]
    assert not [f for f in workspace.status()["files"] if f["state"] == "mottagen"]
    assert [f.name for f in (workspace.paths.inbox / "tib").iterdir()] == []
    assert len(list(workspace.paths.archive.glob("tib/*/*.csv"))) == 3
    assert len(list(workspace.paths.quarantine.glob("tib/*"))) == 3
    assert len(list(workspace.paths.receipts.glob("tib/*-kvitto.html"))) == 3
    assert not list(workspace.root.rglob("*.part"))


LATER_POINTS = ["load_placements", "publish", "write_doubts", "lagesbild.json", "lagesbild.html"]


@pytest.mark.parametrize("is_done_first", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("point", LATER_POINTS)
def test_killed_between_the_store_and_the_page(
    workspace: Any, monkeypatch: pytest.MonkeyPatch, point: str, is_done_first: bool
) -> None:
    drop_three_files(workspace)
    workspace.drop("tib", "okand.csv", HEADER + "o1;2026-11-17 21:30;brand;Grottan\n")
    run(workspace)
    correct_places(workspace.configuration, [Correction("Grottan", "ryd")])
    workspace.drop("tib", "d.csv", HEADER + "d1;2026-11-18 21:30;brand;Berga\n")
    owner: Any = Warehouse if hasattr(Warehouse, point) else pipeline
    name = "write_atomically" if "." in point else point
    original = getattr(owner, name)

    def cut(*arguments: Any, **options: Any) -> Any:
        if "." in point and arguments[0].name != point:
            return original(*arguments, **options)
        if is_done_first:
            original(*arguments, **options)
        raise PowerCutError

    page = workspace.paths.reports / "intern" / "2026-W47" / "lagesbild.html"
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, cut)
        with pytest.raises(PowerCutError):
            run(workspace)
    assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    run(workspace)
    assert sorted(workspace.reports["report_id"]) == [
        "tib:a1",
        "tib:b1",
        "tib:c1",
        "tib:d1",
        "tib:o1",
    ]
    placed = workspace.reports.set_index("report_id")["district_id"]
    assert placed["tib:o1"] == "ryd"
    assert not list(workspace.root.rglob("*.part"))
    assert not list(workspace.root.rglob("*.tmp"))


def run(workspace: Any) -> None:
    pipeline.run_week(
        workspace.configuration, as_of=datetime.fromisoformat("2026-11-23T08:00:00+01:00")
    )


def test_a_file_that_is_open_elsewhere_waits_and_the_others_go_on(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_three_files(workspace)

    def locked(file: Any, target: Any) -> None:
        if file.name == "b.csv":
            raise StorageError("b.csv går inte att flytta till arkivet (används).")
        move_to_archive(file, target)

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "move_to_archive", locked)
        assert len(workspace.take_in("2026-11-23T08:00:00+01:00")) == 2
    assert len(workspace.reports) == 2
    assert len(workspace.take_in("2026-11-23T08:10:00+01:00")) == 1
    assert len(workspace.reports) == 3


def test_two_runs_at_once_the_second_says_so(workspace: Any, est: Any) -> None:
    from est_pipeline.workspace import hold_workspace

    with hold_workspace(workspace.paths):
        done = est("run", "--workspace", workspace.root)
    assert done.returncode == 8
    assert "annan körning" in done.stderr

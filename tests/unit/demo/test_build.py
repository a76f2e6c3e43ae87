"""What the demo does with a folder that holds something already."""

from pathlib import Path

import pytest

from est_pipeline.demo import TRUTHS_NAME, demo_settings, remove_demo, write_demo
from est_pipeline.errors import WorkspaceError
from est_pipeline.workspace import is_demo_or_free, write_workspace


def content(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_real_workspace_is_refused_and_untouched(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    before = content(tmp_path)
    with pytest.raises(WorkspaceError, match="ingen övningsmapp"):
        write_demo(tmp_path)
    assert content(tmp_path) == before


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "brev.txt").write_text("viktigt", encoding="utf-8")
    with pytest.raises(WorkspaceError):
        write_demo(tmp_path)
    assert content(tmp_path) == {"brev.txt": b"viktigt"}


def test_an_earlier_demo_may_be_made_anew(tmp_path: Path) -> None:
    assert is_demo_or_free(tmp_path / "ny")
    assert is_demo_or_free(tmp_path)
    write_workspace(tmp_path, settings=demo_settings)
    assert is_demo_or_free(tmp_path)


def test_removing_a_demo_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    write_workspace(tmp_path, settings=demo_settings)
    (tmp_path / TRUTHS_NAME).write_text("{}", encoding="utf-8")
    (tmp_path / "anteckning.txt").write_text("min", encoding="utf-8")
    remove_demo(tmp_path)
    assert content(tmp_path) == {"anteckning.txt": b"min"}
    remove_demo(tmp_path)  # nothing left to remove is no error

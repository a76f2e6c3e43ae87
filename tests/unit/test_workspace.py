"""A new workspace works, and the repository's own data folder is one."""

from pathlib import Path
from typing import Any

import pytest

from est_pipeline.config import read_configuration
from est_pipeline.errors import WorkspaceError
from est_pipeline.workspace import default_files, is_demo_or_free, write_workspace

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = [
    "polisen",
    "polisen-api",
    "mos",
    "stangastaden",
    "ordningsvakter",
    "vaktare",
    "tib",
    "faltgruppen",
    "utb",
    "kof",
    "sf",
    "vof",
    "rtog",
    "est-gruppen",
]


def test_the_repository_is_a_workspace_equal_to_a_new_one() -> None:
    files = default_files()
    for name, content in files.items():
        assert (REPOSITORY / name).read_bytes() == content, name
    beside = {
        file.relative_to(REPOSITORY).as_posix()
        for folder in ("data/kallor", "data/referens")
        for file in (REPOSITORY / folder).iterdir()
    }
    assert beside <= set(files)


def test_a_new_workspace_knows_its_sources_and_has_an_inbox_for_each(tmp_path: Path) -> None:
    paths = write_workspace(tmp_path / "ny mapp å")
    configuration = read_configuration(tmp_path / "ny mapp å")
    assert list(configuration.settings.sources) == SOURCES
    assert {folder.name for folder in paths.inbox.iterdir() if folder.is_dir()} == set(SOURCES)
    assert configuration.settings.retention.decision == ""


def test_init_never_writes_over_anything(workspace: Any, tmp_path: Path) -> None:
    before = workspace.paths.settings.read_bytes()
    with pytest.raises(WorkspaceError, match="redan en arbetsmapp"):
        write_workspace(workspace.root)
    assert workspace.paths.settings.read_bytes() == before
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "LAS-MIG.txt").write_text("mitt")
    with pytest.raises(WorkspaceError, match="LAS-MIG"):
        write_workspace(tmp_path)
    assert not (tmp_path / "data").exists()


def test_a_demo_takes_only_what_is_free_or_a_demo(workspace: Any, tmp_path: Path) -> None:
    assert not is_demo_or_free(workspace.root)
    assert is_demo_or_free(tmp_path / "finns inte")
    (tmp_path / "tom").mkdir()
    assert is_demo_or_free(tmp_path / "tom")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "viktigt.docx").touch()
    assert not is_demo_or_free(tmp_path / "full")
    settings = workspace.paths.settings
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("pahittade_uppgifter = false", "pahittade_uppgifter = true"), encoding="utf-8"
    )
    assert is_demo_or_free(workspace.root)

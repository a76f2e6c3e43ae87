"""Files are taken in as they arrive, when they have come whole."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from est_pipeline import watching
from est_pipeline.errors import WorkspaceError

ROWS = "start;kategori\n2026-11-16 21:30;brand\n"


@pytest.mark.parametrize("polls", [False, True])
def test_a_file_that_comes_slowly_is_taken_in_once_and_whole(
    workspace: Any, monkeypatch: pytest.MonkeyPatch, polls: bool
) -> None:
    monkeypatch.setattr(watching, "_PAUSE_MS", 100)
    monkeypatch.setattr(watching, "_POLLING_MS", 100)
    monkeypatch.setattr(watching, "_SETTLING_S", 0.6)
    stop = threading.Event()
    turns = watching.inbox_changes(workspace.paths, polls=polls, stop=stop)
    next(turns)  # what waited already
    file: Path = workspace.paths.inbox / "tib" / "långsam.csv"

    def copy() -> None:
        time.sleep(0.3)
        with file.open("w", encoding="utf-8") as stream:
            stream.write(ROWS)
            for n in range(6):
                stream.flush()
                time.sleep(0.2)
                stream.write(f"2026-11-17 1{n}:30;brand\n")

    writer = threading.Thread(target=copy)
    writer.start()
    next(turns)
    [receipt] = workspace.take_in()
    writer.join()
    stop.set()
    assert receipt.rows_read == 7


def test_without_an_inbox_there_is_nothing_to_watch(workspace: Any) -> None:
    import shutil

    shutil.rmtree(workspace.paths.inbox)
    with pytest.raises(WorkspaceError, match="finns inte"):
        next(watching.inbox_changes(workspace.paths))

"""Waiting for files in the inbox, so that each is taken in when it has come whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from est_pipeline.config import Paths
from est_pipeline.errors import WorkspaceError

_PAUSE_MS = 2_000
_SETTLING_S = 2.0
_POLLING_MS = 5_000


def inbox_changes(
    paths: Paths, *, polls: bool = False, stop: Event | None = None
) -> Iterator[None]:
    """Give a turn at once, and then one each time that files have come and stopped growing.

    Args:
        paths: the workspace.
        polls: look at the folder now and then instead of asking the system to tell: a folder on a
            file server tells nothing.
        stop: ends the waiting when it is set.

    Raises:
        WorkspaceError: the library that watches is not installed, or there is no inbox.
    """
    try:
        from watchfiles import watch
    except ModuleNotFoundError:
        raise WorkspaceError(
            "Bevakning kräver tillägget watchfiles.",
            advice='Installera det: pip install "est-pipeline[watch]".',
        ) from None
    if not paths.inbox.is_dir():
        raise WorkspaceError(
            f"Inkorgen {paths.inbox} finns inte.", advice="Skapa arbetsmappen med `est init`."
        )
    yield
    for _ in watch(
        paths.inbox,
        debounce=_PAUSE_MS,
        stop_event=stop,
        raise_interrupt=False,
        force_polling=polls,
        poll_delay_ms=_POLLING_MS,
    ):
        _wait_until_settled(paths.inbox)
        yield


def _wait_until_settled(folder: Path) -> None:
    """Wait until no file in a folder grows."""
    before = _sizes(folder)
    while True:
        time.sleep(_SETTLING_S)
        after = _sizes(folder)
        if after == before:
            return
        before = after


def _sizes(folder: Path) -> dict[Path, int]:
    sizes = {}
    for file in folder.rglob("*"):
        try:
            sizes[file] = file.stat().st_size
        except OSError:  # gone, or held by another program: the run tells
            continue
    return sizes

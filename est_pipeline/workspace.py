"""Workspaces: making one from the package's own defaults, and holding one while it is worked on."""

from __future__ import annotations

import os
import platform
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from filelock import FileLock, Timeout

from est_pipeline.config import Paths, read_configuration
from est_pipeline.errors import LockedError, StorageError, WorkspaceError

_LOCK_PATIENCE_S = 10
_INBOX_NOTE = """\
Här lämnar rapportörerna sina filer: en mapp för varje källa.

Lägg filen i källans mapp (data/inkorg/<källa>/). När körningen har gått är filen flyttad till
arkivet, och kvittot ligger i data/kvitton/<källa>/.
"""
_REPORTS_NOTE = """\
Här hamnar lägesbilderna: reports/<utgåva>/<vecka>/lagesbild.html. Öppna filen i en webbläsare.
"""


def default_files() -> dict[str, bytes]:
    """Give every file of a new workspace: path from its root, with `/`, and content."""
    return {
        **{f"data/{path}": content for path, content in _walk(_defaults(), "")},
        "data/inkorg/LAS-MIG.txt": _INBOX_NOTE.encode(),
        "reports/LAS-MIG.txt": _REPORTS_NOTE.encode(),
    }


def write_workspace(root: Path, *, settings: Callable[[str], str] | None = None) -> Paths:
    """Make a workspace that works from the package's own defaults.

    Args:
        root: a folder that does not exist, is empty, or holds no workspace yet.
        settings: changes the text of `est.toml` on its way (the demo does).

    Raises:
        WorkspaceError: the folder holds a workspace already, or files that would be overwritten.
        StorageError: the folder cannot be written to.
    """
    paths = Paths(root.resolve())
    content = default_files()
    if paths.settings.exists():
        raise WorkspaceError(
            f"{root} är redan en arbetsmapp.",
            advice="Inget är ändrat. Välj en annan mapp, eller kör `est run` i den som finns.",
        )
    taken = sorted(name for name in content if (paths.root / name).exists())
    if taken:
        raise WorkspaceError(
            f"{root} innehåller redan {taken[0]}.", advice="Inget är ändrat. Välj en tom mapp."
        )
    if settings is not None:
        name = "data/est.toml"
        content[name] = settings(content[name].decode()).encode()
    try:
        for name, value in content.items():
            file = paths.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(value)
        for source_id in read_configuration(root).sources:
            (paths.inbox / source_id).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"Det går inte att skapa arbetsmappen {root} ({error.strerror}).",
            advice="Kontrollera att du får skriva där.",
        ) from error
    return paths


def is_demo_or_free(root: Path) -> bool:
    """Tell whether a folder may be (re)made as a demo: missing, empty, or a demo itself."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return True
    try:
        settings = tomllib.loads((root / "data" / "est.toml").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return False
    return settings.get("kommun", {}).get("pahittade_uppgifter") is True


@contextmanager
def hold_workspace(paths: Paths) -> Iterator[None]:
    """Hold a workspace so that no second run works on it; a second one waits ten seconds.

    Raises:
        LockedError: another run holds it still.
        StorageError: the folder cannot be written to.
    """
    try:
        paths.store.mkdir(parents=True, exist_ok=True)
        lock = FileLock(paths.store / "est.lock")
        lock.acquire(timeout=_LOCK_PATIENCE_S)
    except Timeout:
        raise LockedError(
            f"En annan körning arbetar i samma arbetsmapp just nu{_holder(paths)}.",
            advice="Vänta tills den är klar och kör igen.",
        ) from None
    except OSError as error:
        raise StorageError(
            f"Det går inte att skriva i {paths.data} ({error.strerror}).",
            advice="Kontrollera att du får skriva i arbetsmappen.",
        ) from error
    try:
        with suppress(OSError):  # only for the words to whoever comes second
            _holder_note(paths).write_text(
                f"process {os.getpid()} på datorn {platform.node()}", encoding="utf-8"
            )
        yield
    finally:
        with suppress(OSError):
            _holder_note(paths).unlink(missing_ok=True)
        lock.release()


def _holder_note(paths: Paths) -> Path:
    # beside the lock: Windows lets nobody read a file that is locked
    return paths.store / "est.lock.txt"


def _holder(paths: Paths) -> str:
    try:
        return f" ({_holder_note(paths).read_text(encoding='utf-8')})"
    except OSError:
        return ""


def _defaults() -> Traversable:
    return files("est_pipeline") / "defaults"


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name == "__pycache__" or entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_bytes()

"""The inbox: which files wait, from which source, and their way into the archive."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from est_pipeline.config import Paths
from est_pipeline.errors import StorageError
from est_pipeline.ingest.files import digest_of, safe_name

_IGNORED_NAMES = {"thumbs.db", "desktop.ini", "las-mig.txt"}
_IGNORED_ENDINGS = (".part", ".tmp", ".crdownload", ".swp")


@dataclass(frozen=True)
class InboxFile:
    """One file that waits, and the source whose folder it lies in."""

    source_id: str
    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Inbox:
    """What waits in the inbox, and what lies there that nobody can take."""

    files: tuple[InboxFile, ...]
    notes: tuple[str, ...]


def read_inbox(paths: Paths, source_ids: Collection[str]) -> Inbox:
    """List the files that wait, by source and name.

    Hidden files, unfinished downloads and lock files of office programs are passed over in
    silence; links and what lies outside a source's folder are named in `notes` and left alone.
    """
    files: list[InboxFile] = []
    notes: list[str] = []
    try:
        entries = sorted(paths.inbox.iterdir()) if paths.inbox.is_dir() else []
    except OSError as error:
        raise StorageError(
            f"Inkorgen går inte att läsa ({error.strerror}).",
            advice="Kontrollera rättigheterna till mappen data/inkorg.",
        ) from error
    for entry in entries:
        if _is_ignored(entry.name):
            continue
        if not entry.is_dir() or entry.is_symlink():
            notes.append(f"{safe_name(entry.name)} ligger inte i någon källas mapp och lämnades.")
        elif entry.name not in source_ids:
            if any(not _is_ignored(child.name) for child in entry.iterdir()):
                notes.append(
                    f"Mappen inkorg/{safe_name(entry.name)} hör inte till någon källa i est.toml; "
                    "filerna i den lämnades."
                )
        else:
            _add_files(entry, files, notes)
    return Inbox(tuple(files), tuple(notes))


def _add_files(folder: Path, files: list[InboxFile], notes: list[str]) -> None:
    for path in sorted(folder.iterdir()):
        if _is_ignored(path.name):
            continue
        if path.is_symlink() or not path.is_file():
            notes.append(
                f"{safe_name(path.name)} i inkorg/{folder.name} är ingen fil och lämnades."
            )
            continue
        try:
            before = path.stat()
            digest = digest_of(path)
            after = path.stat()
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                notes.append(
                    f"{safe_name(path.name)} i inkorg/{folder.name} håller på att kopieras och "
                    "väntar till nästa körning."
                )
                continue
            files.append(InboxFile(folder.name, path, digest, after.st_size))
        except OSError:
            notes.append(
                f"{safe_name(path.name)} i inkorg/{folder.name} går inte att läsa just nu "
                "(öppen i ett annat program?) och väntar till nästa körning."
            )


def _is_ignored(name: str) -> bool:
    lowered = name.lower()
    return (
        lowered.startswith((".", "~$"))
        or lowered.endswith(_IGNORED_ENDINGS)
        or lowered in _IGNORED_NAMES
    )


def delivery_stem(file: InboxFile, *, received_at: datetime) -> str:
    """Give the name by which a delivery is known in archive, receipts and quarantine."""
    return f"{received_at:%Y%m%dT%H%M%S}-{file.sha256[:8]}-{safe_name(file.path.name)}"


def move_to_archive(file: Path, target: Path) -> None:
    """Move an original into the archive, untouched.

    Raises:
        StorageError: the file is open elsewhere, or the archive cannot be written to.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            file.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:  # inbox and archive may lie on different disks
                raise
            part = target.with_name(f".{target.name}.part")
            shutil.copy2(file, part)
            part.replace(target)
            file.unlink()
    except OSError as error:
        raise StorageError(
            f"{safe_name(file.name)} går inte att flytta till arkivet ({error.strerror}).",
            advice="Stäng filen om den är öppen i ett annat program, och kontrollera att det går "
            "att skriva i data/arkiv.",
        ) from error

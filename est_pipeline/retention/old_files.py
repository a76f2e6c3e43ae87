"""Files that grow old: originals, receipts and quarantined rows, found by the day they came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from est_pipeline.config import Configuration
from est_pipeline.domain.text import counted
from est_pipeline.errors import StorageError
from est_pipeline.store.warehouse import Warehouse

_STAMP = re.compile(r"(?<!\d)(\d{8}T\d{6})-[0-9a-f]{8}-")
"""What `ingest.inbox.delivery_stem` puts before a delivery's name: when it came, local time."""

_NOTES = {"las-mig.txt", "thumbs.db", "desktop.ini", ".ds_store", ".gitkeep"}


class Room(StrEnum):
    """Where files lie that grow old."""

    ARCHIVE = "original"
    RECEIPTS = "kvitton"
    QUARANTINE = "karantänfiler"


@dataclass(frozen=True)
class OldFile:
    """A file whose time is over; `is_known` where it belongs to a file that the store knows."""

    room: Room
    source_id: str
    path: Path
    byte_count: int
    is_known: bool = True


def find_old_files(
    warehouse: Warehouse,
    *,
    configuration: Configuration,
    originals_from: date,
    answers_from: date,
) -> tuple[tuple[OldFile, ...], tuple[str, ...]]:
    """List the files whose time is over.

    An original is as old as its delivery; one that the store knows nothing of, a receipt and a
    quarantined file are as old as their own name says. What waits to be taken in is passed over.

    Args:
        warehouse: the open store.
        configuration: the workspace.
        originals_from: originals that came before this day are listed.
        answers_from: likewise for receipts and quarantined rows.

    Returns:
        The files by path, and what is left alone and why, in Swedish.
    """
    paths = configuration.paths
    deliveries = warehouse.deliveries().dropna(subset="archive_name")
    local = deliveries["received_at"].dt.tz_convert(configuration.zone).dt.date
    received_on = dict(zip(deliveries["archive_name"], local, strict=True))
    stems = {Path(name).stem for name in received_on}
    waiting = {delivery.archive_name for delivery in warehouse.pending_deliveries()}
    old: list[OldFile] = []
    undated = linked = 0
    for room, folder, kept_from in (
        (Room.ARCHIVE, paths.archive, originals_from),
        (Room.RECEIPTS, paths.receipts, answers_from),
        (Room.QUARANTINE, paths.quarantine, answers_from),
    ):
        for file, is_link in _walk(folder):
            name = file.relative_to(folder).as_posix()
            if is_link:
                linked += 1
                continue
            if file.name.lower() in _NOTES or name in waiting:
                continue
            came_on = received_on.get(name) if room is Room.ARCHIVE else None
            came_on = came_on or _day_in(file.name)
            if came_on is None:
                undated += 1
            elif came_on < kept_from:
                old.append(
                    OldFile(
                        room=room,
                        source_id=name.split("/")[0] if "/" in name else "",
                        path=file,
                        byte_count=file.lstat().st_size,
                        is_known=name in received_on or _stem_of(file.name) in stems,
                    )
                )
    notes = []
    if undated:
        notes.append(
            f"{counted(undated, 'fil', 'filer')} i arkiv, kvitton eller karantan har inget datum i "
            "namnet och ingen rad i databasen. De lämnas: gå igenom dem för hand."
        )
    if linked:
        notes.append(
            f"{counted(linked, 'länk', 'länkar')} i arkiv, kvitton eller karantan följs inte och "
            "lämnas."
        )
    old.sort(key=lambda file: file.path)
    return tuple(old), tuple(notes)


def _walk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Give every file under a folder, and every link, which is not followed."""
    try:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise StorageError(
            f"Mappen {folder.name} går inte att läsa ({error.strerror}).",
            advice="Kontrollera rättigheterna till den.",
        ) from error
    for entry in entries:
        if _is_link(entry):
            yield entry, True
        elif entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry, False


def _is_link(path: Path) -> bool:
    """Tell a symbolic link, or on Windows a junction, from what really lies there."""
    return path.is_symlink() or path.resolve() != path.parent.resolve() / path.name


def _day_in(name: str) -> date | None:
    """Give the day that a file's own name says it came, where it says so."""
    stamp = _STAMP.search(name)
    if stamp is None:
        return None
    try:
        return datetime.strptime(stamp[1][:8], "%Y%m%d").date()  # noqa: DTZ007 -- a day, local
    except ValueError:
        return None


def _stem_of(name: str) -> str:
    return re.sub(r"-(?:kvitto|att-ratta)\.\w+$", "", name)


def delete_files(files: tuple[OldFile, ...], *, archive: Path) -> tuple[OldFile, ...]:
    """Delete files, and the archive's folders that are empty then; give those that stayed."""
    left = tuple(file for file in files if not delete_file(file.path))
    for folder in sorted({f.path.parent for f in files if f.room is Room.ARCHIVE}, reverse=True):
        for level in (folder, *folder.parents):
            if level == archive or archive not in level.parents:
                break
            with suppress(OSError):  # not empty, or gone already
                level.rmdir()
    return left


def delete_file(file: Path) -> bool:
    """Delete a file; tell whether it is gone."""
    try:
        file.unlink(missing_ok=True)
    except OSError:  # open in another program, or write-protected
        return False
    return True

"""The deletion log `data/gallring/gallring.csv`: when, under which decision, how much."""

from __future__ import annotations

import os
from datetime import datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from est_pipeline.errors import StorageError
from est_pipeline.ingest.quarantine import guard_formulas
from est_pipeline.retention.old_files import OldFile, Room
from est_pipeline.retention.plan import PurgePlan

LOG_COLUMNS = (
    "tidpunkt",
    "läge",
    "beslut",
    "plankod",
    "gallrat per",
    "rapporter före vecka",
    "original före",
    "kvitton och karantän före",
    "källa",
    "rapporter",
    "rader",
    "original",
    "kvitton",
    "karantänfiler",
    "byte",
    "ligger kvar",
    "program",
)
"""The columns of the deletion log `data/gallring/gallring.csv`: one row a source and step."""

_ALL_SOURCES = "(alla)"


class LogState(StrEnum):
    """How far a purge had come when the log was written."""

    STARTED = "påbörjad"
    DONE = "klar"
    PARTLY = "delvis"


def append_log(
    log: Path,
    plan: PurgePlan,
    state: LogState,
    *,
    at: datetime,
    left: tuple[OldFile, ...] = (),
) -> None:
    """Add a purge to the deletion log: one row a source, counts only.

    Raises:
        StorageError: the log cannot be written.
    """
    tallies = _tallies(plan, left)
    head = {
        "tidpunkt": at.isoformat(timespec="seconds"),
        "läge": state.value,
        "beslut": plan.decision,
        "plankod": plan.code,
        "gallrat per": plan.as_of_on.isoformat(),
        "rapporter före vecka": str(plan.boundaries.first_kept_week),
        "original före": plan.boundaries.originals_from.isoformat(),
        "kvitton och karantän före": plan.boundaries.answers_from.isoformat(),
        "program": f"est_pipeline {version('est-pipeline')}",
    }
    rows = tallies.assign(**head)[list(LOG_COLUMNS)].astype("str").apply(guard_formulas)
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab+") as stream:
            is_new = stream.tell() == 0
            if not is_new:
                stream.seek(-1, os.SEEK_END)
                if stream.read(1) != b"\n":  # a power cut in the middle of a row
                    stream.write(b"\r\n")
            text = rows.to_csv(index=False, header=is_new, sep=";", lineterminator="\r\n")
            stream.write(text.encode("utf-8-sig" if is_new else "utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StorageError(
            f"Det går inte att skriva gallringsloggen {log.name} ({error.strerror}).",
            advice="Stäng den om den är öppen i ett annat program, och kör igen.",
        ) from error


def _tallies(plan: PurgePlan, left: tuple[OldFile, ...]) -> pd.DataFrame:
    """Count what goes by source: one row a source, or one for all where nothing has a source."""
    reports = plan.reports.groupby("source_id")[["report_count", "row_count"]].sum()
    reports.columns = pd.Index(["rapporter", "rader"])
    kept = {file.path for file in left}
    files = pd.DataFrame(
        [
            (file.source_id, str(file.room), file.byte_count, file.path in kept)
            for file in plan.files
        ],
        columns=["källa", "rum", "byte", "ligger kvar"],
    )
    gone = files[~files["ligger kvar"].astype(bool)]
    by_room = gone.groupby(["källa", "rum"]).size().unstack()
    by_room = by_room.reindex(columns=[str(room) for room in Room])
    tallies = pd.concat(
        [
            reports,
            by_room,
            gone.groupby("källa")["byte"].sum(),
            files.groupby("källa")["ligger kvar"].sum(),
        ],
        axis=1,
    )
    if tallies.empty:
        tallies = tallies.reindex([_ALL_SOURCES])
    tallies.index.name = "källa"
    return tallies.fillna(0).astype("int64").sort_index().reset_index()

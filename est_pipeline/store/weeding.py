"""What the store knows of weeding: which rows go, what was weeded before, the file written anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from est_pipeline.store.database import Database


@dataclass(frozen=True)
class Limits:
    """From when on what is stored stays.

    Attributes:
        first_kept_week: the first ISO week (`2026-W47`) whose reports stay.
        kept_from: that week's first moment.
        originals_from: files received before this moment have no original any more.
        zone_name: the workspace's time zone, for months and days.
    """

    first_kept_week: str
    kept_from: datetime
    originals_from: datetime
    zone_name: str


@dataclass(frozen=True)
class Weeded:
    """What would go at some limits.

    Attributes:
        reports: one row a source and month: `source_id`, `month` (of the report's start, local
            time, `2026-11`), `report_count`, `row_count` and `digest`, which changes when other
            rows would go.
        emptied: files that have no row left then and still have their name: `file_id` and where
            the original lies, relative to the archive.
    """

    reports: pd.DataFrame
    emptied: Mapping[int, str]


@dataclass(frozen=True)
class NewPurge:
    """A purge that begins."""

    plan_code: str
    decision: str
    as_of_on: date
    started_at: datetime


@dataclass(frozen=True)
class Purge(NewPurge):
    """A row of table `purge`.

    Attributes:
        weeded_before_week: rows of weeks before it are gone; missing while they are not.
        completed_at: when everything was gone everywhere; missing where it was interrupted.
    """

    purge_id: int
    weeded_before_week: str | None
    completed_at: datetime | None


def find_weeded(database: Database, limits: Limits) -> Weeded:
    """Give what would go at these limits; table `weeded_report` holds it afterwards."""
    database.do(
        "create_weeded_report",
        first_kept_week=limits.first_kept_week,
        kept_from=limits.kept_from,
        zone_name=limits.zone_name,
    )
    database.do(
        "create_weeded_note",
        first_kept_week=limits.first_kept_week,
        kept_from=limits.kept_from,
        zone_name=limits.zone_name,
    )
    emptied = database.table("read_emptied_deliveries", received_before=limits.originals_from)
    return Weeded(
        reports=database.frame("read_weeded_counts"),
        emptied={row["file_id"]: row["archive_name"] for row in emptied.to_pylist()},
    )


def copy_alive(database: Database, fresh: Path) -> None:
    """Copy all that is alive into a new database file; what was deleted is not in it."""
    for file in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        file.unlink(missing_ok=True)  # of a copy that was interrupted
    database.do("attach_fresh", path=str(fresh))
    database.do("copy_to_fresh")

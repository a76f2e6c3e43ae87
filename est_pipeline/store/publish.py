"""The published Parquet tables: what notebooks and exports read while the database is busy.

Each table is written beside its old version and then takes its place in one step, so a reader sees
the old one or the new one, never half of either. The same content gives the same bytes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb
import pandas as pd

from est_pipeline.domain.schemas import WEEKLY_COUNTS
from est_pipeline.store.queries import read_query

REPORT_DOCUMENTATION = MappingProxyType(
    {
        "report_id": "source, colon, and the row's own id; else a hash of its content and a number",
        "kind": "incident, environment_case, found_by_effort or context; never added together",
        "source_id": "the source that reported",
        "file_name": "the earliest file that shows this version of the report",
        "line_number": "line in that file, as a spreadsheet shows it",
        "occurred_from": "start, UTC",
        "occurred_to": "end, UTC; missing where one moment is stated",
        "is_time_known": "false where only the day is known",
        "is_long_interval": "the interval is long: its midpoint decides the week",
        "iso_week": "ISO week in local time, such as 2026-W47",
        "reported_at": "when the source says that it was reported, UTC",
        "received_at": "when a file first showed the report, UTC",
        "report_type": "type in the reporting form, Swedish",
        "category_code": "category; missing for context without one",
        "subcategory_code": "category, second level",
        "severity": "1 to 4, as the reporter sees it",
        "reliability": "seen, told or suspected, Swedish",
        "incident_number": "incidents that the row stands for; -1 nets off an earlier row",
        "is_police_reported": "reported to the police, as the reporter knows it",
        "place_type": "type of place, such as a school",
        "placing": "how it got its place, from coordinates to none (quote the name in SQL)",
        "district_id": "district; ovriga outside all, oplacerad without any place",
        "place_id": "place in the gazetteer",
        "place_name": "name of that place",
        "place_text": "what stood, masked, where no place was recognised; an address without its "
        "number",
        "lon": "longitude, WGS 84; missing where only the district is known",
        "lat": "latitude, likewise",
        "precision_m": "radius in metres within which the place is known",
        "title": "heading, where the source's file keeps it",
        "free_text": "text, where the source's file keeps it",
        "file_sha256": "checksum of the file named",
        "version_at": "what dates this version: when it came, or what its file says, UTC",
        "incident_id": "the incident that it reports; missing for the other kinds",
        "is_lead_report": "true where it gives its incident's week, place and category",
        "is_coarse": "the place could point at a person: only its district leaves the store",
    }
)
"""The columns of `report.parquet`: one row a report, its latest version."""

INCIDENT_DOCUMENTATION = MappingProxyType(
    {
        "incident_id": "report_id of its earliest report",
        "iso_week": "ISO week in local time of its most precisely placed report, as all below",
        "occurred_from": "start, UTC",
        "occurred_to": "end, UTC; missing where one moment is stated",
        "is_time_known": "false where only the day is known",
        "is_long_interval": "the interval is long: its midpoint decides the week",
        "category_code": "category",
        "subcategory_code": "category, second level",
        "district_id": "district; ovriga outside all, oplacerad without any place",
        "place_id": "place in the gazetteer",
        "place_name": "name of that place",
        "lon": "longitude, WGS 84; missing where only the district is known",
        "lat": "latitude, likewise",
        "precision_m": "radius in metres within which the place is known",
        "incident_number": "incidents that it stands for; -1 nets off an earlier row",
        "report_count": "reports of the same incident",
        "source_ids": "the sources that reported it, a list",
        "report_ids": "its reports, earliest first, a list",
        "join_reason": "why several reports are one incident; missing where there is one",
        "is_coarse": "the place could point at a person: only its district leaves the store",
        "known_at": "when the first of its reports was known, UTC",
    }
)
"""The columns of `incident.parquet`: one row an incident, of kind incident only.

Where several reports are one incident, the most precisely placed one gives week, time, place and
category.
"""

WEEK_DISTRICT_CATEGORY_DOCUMENTATION = MappingProxyType(
    {
        "iso_week": "ISO week in local time, such as 2026-W47",
        "district_id": "district; ovriga outside all, oplacerad without any place",
        "category_code": "category",
        "incident_count": "incidents, netted; one that several actors reported counts once",
        "report_count": "reports of kind incident",
        "environment_case_count": "environment cases",
        "found_by_effort_count": "what was found because somebody looked",
    }
)
"""The columns of `week_district_category.parquet`, zeros included.

A week that has been weeded has the counts it had when its first rows went.
"""

MEETING_NOTE_DOCUMENTATION = MappingProxyType(
    {
        "note_id": "source, type and the row's own id, colons between; else a hash of its content",
        "source_id": "the source that delivered it",
        "own_id": "the id by which a later row changes it",
        "note_type": "beslut or anteckning",
        "meeting_week": "ISO week of the lägesbild that the meeting had before it",
        "problem": "the problem, masked",
        "likely_cause": "its likely cause, masked",
        "measure": "what is to be done, masked; missing for a note",
        "place_text": "where, as it stood, masked",
        "district_id": "district; missing where none is stated or known",
        "lon": "longitude of the named place (WGS 84); missing where the gazetteer has none",
        "lat": "latitude of the named place (WGS 84)",
        "precision_m": "how exactly the place is known, metres",
        "function_name": "the function that does it; never a person",
        "due_on": "by when",
        "state": "öppen, klar or avbruten; missing for a note",
        "comment": "text of a note, or a remark on a decision, masked",
        "file_name": "the file that shows its latest version",
        "line_number": "line in that file",
        "first_known_at": "when the first of its rows came, UTC",
        "version_at": "when its latest row was saved, or else came, UTC",
    }
)
"""The columns of `meeting_note.parquet`: one row a decision or note of the EST group's meetings.

A later row with the same id changes it; a cell that it leaves empty stays as it was,
and one in which it has a hyphen is empty from then on.
"""

PUBLISHED_TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "report": REPORT_DOCUMENTATION,
        "incident": INCIDENT_DOCUMENTATION,
        "week_district_category": WEEK_DISTRICT_CATEGORY_DOCUMENTATION,
        "meeting_note": MEETING_NOTE_DOCUMENTATION,
    }
)
"""Every published table with its columns, in order, and what each holds."""

_ROW_GROUP_SIZE = 122_880
_RENAME_PAUSES_S = (0.1, 0.2, 0.4, 0.8, 0.0)
"""Pauses after each try to rename over a file that somebody has open."""


@dataclass(frozen=True)
class Published:
    """Which tables were written, and which kept their old version since a reader held them."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]

    @property
    def notices(self) -> tuple[str, ...]:
        """What the operator should know, in Swedish; nothing where all tables were written."""
        return tuple(
            f"Tabellen {path.name} är öppen i ett annat program och har därför kvar sitt "
            "förra innehåll. Stäng programmet och kör igen."
            for path in self.kept
        )


def write_tables(
    connection: duckdb.DuckDBPyConnection, *, folder: Path, counts: pd.DataFrame
) -> Published:
    """Write the published tables of the current view `report` and of the weekly counts.

    Args:
        connection: a connection in which the view `report` exists.
        folder: where the tables lie.
        counts: as `domain.schemas.WEEKLY_COUNTS` has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    kept: list[Path] = []
    connection.register("weekly_counts", counts[list(WEEKLY_COUNTS.columns)])
    try:
        for name in PUBLISHED_TABLES:
            path = folder / f"{name}.parquet"
            fresh = folder / f"{name}.parquet.tmp"
            connection.sql(read_query(f"publish_{name}")).write_parquet(
                str(fresh), compression="zstd", row_group_size=_ROW_GROUP_SIZE
            )
            (written if move_into_place(fresh, path) else kept).append(path)
    finally:
        connection.unregister("weekly_counts")
    return Published(written=tuple(written), kept=tuple(kept))


def move_into_place(fresh: Path, path: Path) -> bool:
    """Let a finished file take the place of an old one in one step.

    Windows does not rename over a file that somebody has open: after a few tries the old one
    stays and the fresh one is removed.

    Returns:
        Whether the fresh file is in place.
    """
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())  # else a power cut may leave the new name on an empty file
    for pause in _RENAME_PAUSES_S:
        with suppress(PermissionError):
            fresh.replace(path)
            return True
        time.sleep(pause)
    fresh.unlink()
    return False

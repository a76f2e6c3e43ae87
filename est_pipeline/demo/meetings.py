"""The demo's meetings: what was decided and noted, in the meeting's own form."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from est_pipeline.domain.meeting import MEETING_COLUMNS, NoteState, NoteType
from est_pipeline.domain.weeks import IsoWeek

_COLUMNS = {ours: column for column, ours in MEETING_COLUMNS.items()}


@dataclass(frozen=True)
class Minutes:
    """One file of the meeting's form: when it comes, and its rows by our columns."""

    source_id: str
    file_name: str
    received_at: datetime
    rows: tuple[dict[str, str], ...]

    def render(self) -> bytes:
        """Give the file as the page saves it in meeting mode."""
        out = io.StringIO()
        writer = csv.DictWriter(
            out, list(MEETING_COLUMNS), delimiter=";", lineterminator="\r\n", restval=""
        )
        writer.writeheader()
        writer.writerows({_COLUMNS[name]: cell for name, cell in row.items()} for row in self.rows)
        return out.getvalue().encode("utf-8-sig")


def plan_meetings(
    meetings: list[dict[str, Any]], *, last: IsoWeek, zone: ZoneInfo
) -> tuple[Minutes, ...]:
    """Write the minutes of meetings, each about a week and held on the Monday after it.

    Args:
        meetings: `planterat.moten` of the scenario.
        last: the last week of the demo.
        zone: the workspace's time zone.
    """
    found = []
    for meeting in meetings:
        week = last.plus(int(meeting["vecka"]))
        monday = week.plus(1).monday
        held_at = datetime.combine(monday, time.fromisoformat(meeting["klockan"]), tzinfo=zone)
        rows = [
            *(_decision(each, week=week, monday=monday) for each in meeting.get("beslut", ())),
            *(_change(each, week=week, last=last) for each in meeting.get("andringar", ())),
            *(_note(each, week=week) for each in meeting.get("anteckningar", ())),
        ]
        found.append(
            Minutes(
                meeting["kalla"],
                meeting["fil"].format(year=week.year, week=week.number),
                held_at,
                tuple(row | {"saved_at": held_at.isoformat()} for row in rows),
            )
        )
    return tuple(found)


def decisions_as_of(minutes: tuple[Minutes, ...], *, today: date) -> list[dict[str, Any]]:
    """Give each decision as it stands in the end, with the line on which it was made."""
    found: dict[str, dict[str, Any]] = {}
    for file in minutes:
        for line_number, row in enumerate(file.rows, start=2):
            if row["note_type"] != NoteType.DECISION:
                continue
            made = {
                "source_id": file.source_id,
                "file_name": file.file_name,
                "line_number": line_number,
                "own_id": row["own_id"],
                "meeting_week": row.get("meeting_week", ""),
                "due_on": row.get("due_on", ""),
            }
            decision = found.setdefault(row["own_id"], made)
            decision["state"] = row.get("state") or decision.get("state", NoteState.OPEN.value)
            decision["is_overdue"] = (
                decision["state"] == NoteState.OPEN and str(decision["due_on"]) < today.isoformat()
            )
    return list(found.values())


def _decision(decided: dict[str, Any], *, week: IsoWeek, monday: date) -> dict[str, str]:
    return {
        "note_type": NoteType.DECISION.value,
        "own_id": f"{week}-{decided['nummer']}",
        "meeting_week": str(week),
        "problem": decided["problem"],
        "likely_cause": decided["trolig_orsak"],
        "measure": decided["vad"],
        "place_text": decided["plats"],
        "district_name": decided["stadsdel"],
        "function_name": decided["funktion"],
        "due_on": (monday + timedelta(days=decided["klart_dygn"])).isoformat(),
        "state": NoteState.OPEN.value,
    }


def _change(change: dict[str, Any], *, week: IsoWeek, last: IsoWeek) -> dict[str, str]:
    return {
        "note_type": NoteType.DECISION.value,
        "own_id": f"{last.plus(int(change['vecka']))}-{change['nummer']}",
        "meeting_week": str(week),
        "state": change["lage"],
        "comment": change["anteckning"],
    }


def _note(note: dict[str, Any], *, week: IsoWeek) -> dict[str, str]:
    return {
        "note_type": NoteType.NOTE.value,
        "own_id": "",
        "meeting_week": str(week),
        "comment": note["anteckning"],
        "district_name": note["stadsdel"],
        "function_name": note["funktion"],
    }

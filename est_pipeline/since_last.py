"""What the page before said, and what the store says of it now: the two moments of a comparison."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from est_pipeline.config import WEEKDAYS, Configuration
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.lagesbild.meeting import LastWeek
from est_pipeline.store.warehouse import Warehouse

_KEYS = {
    Kind.INCIDENT: "incidents",
    Kind.ENVIRONMENT_CASE: "environment_cases",
    Kind.FOUND_BY_EFFORT: "found_by_effort",
}


def read_last_week(
    warehouse: Warehouse, *, configuration: Configuration, week: IsoWeek, as_of: datetime
) -> LastWeek:
    """Compare the week before a page's with itself as it was when its page was written.

    The moment is the `as_of` of the page issued for it; where there is none, the one by which its
    reports had to be in. The store is left derived at that earlier moment: ask it for all else
    first.

    Args:
        warehouse: the open store.
        configuration: the workspace.
        week: the week of the page that is to be written.
        as_of: what is known now.
    """
    last = week.plus(-1)
    issued = _issued_figures(configuration, last)
    issued_at = _moment_of(issued)
    is_issued_page = issued_at is not None and issued_at < as_of
    compared_at = issued_at if is_issued_page else deadline_of(last, configuration)
    notes = warehouse.meeting_notes(as_of=as_of)
    nothing = LastWeek(
        week=last,
        compared_at=None,
        is_issued_page=False,
        is_weeded=str(last) < (warehouse.weeded_before_week() or ""),
        issued_counts={},
        changes=pd.DataFrame(),
        notes=notes,
        notes_then=notes.iloc[:0],
    )
    if compared_at is None or compared_at >= as_of or nothing.is_weeded:
        return nothing
    is_known = is_issued_page or warehouse.knows_anything(as_of=compared_at)
    if not is_known:
        return nothing
    changes = warehouse.week_changes(iso_week=str(last), compared_at=compared_at, as_of=as_of)
    return LastWeek(
        week=last,
        compared_at=compared_at,
        is_issued_page=is_issued_page,
        is_weeded=False,
        issued_counts=_counts_of(issued) if is_issued_page else {},
        changes=changes,
        notes=notes,
        notes_then=warehouse.meeting_notes(as_of=compared_at),
    )


def deadline_of(week: IsoWeek, configuration: Configuration) -> datetime:
    """Give the moment by which the reports of a week had to be in: its meeting's deadline."""
    meeting = configuration.settings.meeting
    day = week.plus(1).monday + timedelta(days=WEEKDAYS.index(meeting.weekday))
    return datetime.combine(day, meeting.deadline, tzinfo=configuration.zone)


def _issued_figures(configuration: Configuration, week: IsoWeek) -> dict[str, Any]:
    """Read the figures of the page issued for a week; none where it is missing or unreadable."""
    file = configuration.paths.reports / "intern" / str(week) / "lagesbild.json"
    try:
        figures = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return figures if isinstance(figures, dict) else {}


def _moment_of(figures: dict[str, Any]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(figures.get("as_of", "")))
    except ValueError:
        return None
    return moment if moment.utcoffset() is not None else None


def _counts_of(figures: dict[str, Any]) -> dict[Kind, int]:
    """Give the page's own counts by kind; those that it does not state are left out."""
    total = figures.get("total")
    stated = total if isinstance(total, dict) else {}
    counts = {kind: (stated.get(key) or {}).get("count") for kind, key in _KEYS.items()}
    return {kind: count for kind, count in counts.items() if isinstance(count, int)}

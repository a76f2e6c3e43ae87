"""What the page before said, and what the store says of it now: the two moments of a comparison.

The earlier moment is that of the page that lay on the table at the meeting, not of a page issued
anew since: what the meeting itself decided, and what came afterwards, is what the next page tells.
It is the last issue from before a file of that very meeting came, and from no later than two hours
after the deadline; where there is none, the first issue made after that. Only issues from before
the page's own `as_of` count, so that the same moment gives the same page whatever is issued later.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from est_pipeline.config import WEEKDAYS, Configuration
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.issuing import read_issues
from est_pipeline.lagesbild.meeting import LastWeek
from est_pipeline.store.warehouse import Warehouse

_KEYS = {
    Kind.INCIDENT: "incidents",
    Kind.ENVIRONMENT_CASE: "environment_cases",
    Kind.FOUND_BY_EFFORT: "found_by_effort",
}
_MEETING_BEGINS_WITHIN = timedelta(hours=2)
"""So long after the deadline a page may still be made for the meeting."""


@dataclass(frozen=True)
class _Then:
    """The moment that a meeting had its figures from, and those of its page.

    `is_on_table` is false of a page that was first made after the meeting; without a page there are
    no figures.
    """

    moment: datetime
    is_on_table: bool
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_issued(self) -> bool:
        return bool(self.figures)


def read_last_week(
    warehouse: Warehouse, *, configuration: Configuration, week: IsoWeek, as_of: datetime
) -> LastWeek:
    """Compare the week before a page's with itself as it was when its meeting was held.

    The moment is the `as_of` of the page that lay on the table then; where no page was issued, the
    one by which its reports had to be in. Decisions are compared with the last meeting that had
    been held: that of the week before, unless its deadline is still to come. The store is left
    derived at an earlier moment: ask it for all else first.

    Args:
        warehouse: the open store.
        configuration: the workspace.
        week: the week of the page that is to be written.
        as_of: what is known now.
    """
    last = week.plus(-1)
    then = _then(warehouse, last, configuration=configuration, as_of=as_of)
    is_met = deadline_of(last, configuration) < as_of
    met = last if is_met else last.plus(-1)
    met_then = then if is_met else _then(warehouse, met, configuration=configuration, as_of=as_of)
    notes = warehouse.meeting_notes(as_of=as_of)
    notes_then = notes
    if met_then is not None:
        notes_then = warehouse.meeting_notes(as_of=_before_meeting(met_then, met, configuration))
    without_figures = LastWeek(
        week=last,
        met_week=met,
        compared_at=None,
        is_issued_page=False,
        is_weeded=str(last) < (warehouse.weeded_before_week() or ""),
        has_new_settings=False,
        issued_counts={},
        changes=pd.DataFrame(),
        notes=notes,
        notes_then=notes_then,
    )
    if then is None or without_figures.is_weeded:
        return without_figures
    return replace(
        without_figures,
        compared_at=then.moment,
        is_issued_page=then.is_issued,
        has_new_settings=_has_new_settings(then.figures, configuration),
        issued_counts=_counts_of(then.figures),
        changes=warehouse.week_changes(
            iso_week=str(last),
            compared_at=then.moment,
            as_of=as_of,
            is_as_received=then.is_issued,
        ),
    )


def deadline_of(week: IsoWeek, configuration: Configuration) -> datetime:
    """Give the moment by which the reports of a week had to be in: its meeting's deadline."""
    meeting = configuration.settings.meeting
    day = week.plus(1).monday + timedelta(days=WEEKDAYS.index(meeting.weekday))
    return datetime.combine(day, meeting.deadline, tzinfo=configuration.zone)


def _then(
    warehouse: Warehouse, week: IsoWeek, *, configuration: Configuration, as_of: datetime
) -> _Then | None:
    """Give the moment of a meeting's figures; none where nothing was known before `as_of`."""
    deadline = deadline_of(week, configuration)
    issues = [
        (moment, figures)
        for figures in read_issues(configuration.paths.reports / "intern" / str(week))
        if (moment := _moment_of(figures)) is not None and moment < as_of
    ]
    if issues:
        # sorted() is stable: of one moment the highest number is last
        issues = sorted(issues, key=lambda issue: issue[0])
        came_at = warehouse.meeting_file_came_at(iso_week=str(week), after=deadline, as_of=as_of)
        last_moment = deadline + _MEETING_BEGINS_WITHIN
        on_table = [
            issue
            for issue in issues
            if issue[0] <= last_moment and (came_at is None or issue[0] < came_at)
        ]
        moment, figures = on_table[-1] if on_table else issues[0]
        return _Then(moment, bool(on_table), figures)
    if deadline < as_of and warehouse.knows_anything(as_of=deadline):
        return _Then(deadline, is_on_table=True)
    return None


def _before_meeting(then: _Then, met: IsoWeek, configuration: Configuration) -> datetime:
    """Give the moment whose decisions the last meeting had before it: what it decided is since.

    A page that was first made after the meeting knows what was decided there already.
    """
    return then.moment if then.is_on_table else min(then.moment, deadline_of(met, configuration))


def _has_new_settings(figures: dict[str, Any], configuration: Configuration) -> bool:
    """Tell whether a page was made with other settings, or other decisions on what is the same."""
    return figures.get("configuration_checksum") not in (None, configuration.checksum)


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

"""Who has reported: each source against the rhythm that is expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from est_pipeline.domain.kinds import DeliveryState, Rhythm, SourceState
from est_pipeline.domain.schemas import MOMENT

NORMAL_WEEKS = 12
"""How many weeks before the one judged tell what is normal for a source."""

_FEWEST_WEEKS = 6


@dataclass(frozen=True)
class Expectation:
    """What is expected of a source, and what it is called."""

    name: str
    short_name: str
    rhythm: Rhythm


def judge_sources(
    deliveries: pd.DataFrame,
    reports: pd.DataFrame,
    *,
    expected: Mapping[str, Expectation],
    as_of: datetime,
    weeks_before: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Tell how each source stands against its rhythm.

    A source is on time while its last file is no older than one interval of its rhythm, late
    up to two, then silent. One whose last file says that there is nothing to report has said
    so; one that never sent a file that could be taken in is not connected. A source that
    reports when there is cause is never late.

    Args:
        deliveries: the delivered files as known at `as_of`: `source_id`, `received_at`, `state`,
            `is_nothing_to_report`.
        reports: the reports of the week: `source_id`.
        expected: every source of the workspace, in the order in which they are shown.
        as_of: the moment to judge at.
        weeks_before: the reports of the `NORMAL_WEEKS` weeks before: `source_id`, `iso_week`,
            `report_count`, only where there are any, and `week_number` from 0 (the earliest).

    Returns:
        One row a source: `source_id`, `source_name`, `short_name`, `state` (a `SourceState`),
        `last_file_at` (missing where none), `report_count` (reports of the week), `usual_low` and
        `usual_high` (the middle half of the weeks before since the source's first report in them;
        missing where these are fewer than six).
    """
    usual = _usual_counts(weeks_before)
    taken = deliveries[
        deliveries["state"].isin([DeliveryState.ACCEPTED.value, DeliveryState.KNOWN.value])
    ].sort_values("received_at", kind="stable")
    latest = taken.groupby("source_id").last()
    counts = reports["source_id"].value_counts()
    rows = []
    for source_id, source in expected.items():
        known = source_id in latest.index
        last_at = latest["received_at"].get(source_id)
        says_nothing = known and bool(latest.at[source_id, "is_nothing_to_report"])
        rows.append(
            {
                "source_id": source_id,
                "source_name": source.name,
                "short_name": source.short_name or source.name,
                "state": str(_state(last_at, source.rhythm, says_nothing, as_of)),
                "last_file_at": last_at,
                "report_count": int(counts.get(source_id, 0)),
                "usual_low": usual.get(source_id, (None, None))[0],
                "usual_high": usual.get(source_id, (None, None))[1],
            }
        )
    columns = [
        *("source_id", "source_name", "short_name", "state", "last_file_at", "report_count"),
        *("usual_low", "usual_high"),
    ]
    return pd.DataFrame(rows, columns=columns).astype(
        {
            "last_file_at": MOMENT,
            "report_count": "int64",
            "usual_low": "Int64",
            "usual_high": "Int64",
        }
    )


def _usual_counts(weeks_before: pd.DataFrame | None) -> dict[str, tuple[int, int]]:
    """Give the middle half of each source's weekly counts, zeros included."""
    if weeks_before is None or weeks_before.empty:
        return {}
    table = weeks_before.pivot_table(
        index="source_id", columns="week_number", values="report_count", aggfunc="sum"
    ).reindex(columns=range(NORMAL_WEEKS))
    found = {}
    for source_id, counts in table.iterrows():
        first = counts.first_valid_index()
        known = counts.loc[first:].fillna(0)
        if len(known) >= _FEWEST_WEEKS:
            # weeks, not shares of weeks: the quartile that is a count that was seen
            low, high = known.quantile([0.25, 0.75], interpolation="nearest")
            found[str(source_id)] = (int(low), int(high))
    return found


def _state(
    last_at: datetime | None, rhythm: Rhythm, says_nothing: bool, as_of: datetime
) -> SourceState:
    if last_at is None:
        return SourceState.NOT_CONNECTED
    age = as_of - last_at
    interval = timedelta(days=rhythm.days) if rhythm.days else None
    if interval is None or age <= interval:
        return SourceState.NOTHING if says_nothing else SourceState.ON_TIME
    return SourceState.LATE if age <= 2 * interval else SourceState.SILENT

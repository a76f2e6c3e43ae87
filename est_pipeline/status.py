"""`est status`: every file that came and every source, for people and for other programs."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import pandas as pd

from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.domain.text import counted
from est_pipeline.pipeline import open_store, source_states
from est_pipeline.retention import purge_state

_FILE_COLUMNS = (
    "source_id",
    "file_name",
    "sha256",
    "state",
    "reason",
    "rows_read",
    "accepted_count",
    "quarantined_count",
    "known_count",
    "left_out_count",
    "received_at",
)
_LATEST_FILES = 15


def read_status(configuration: Configuration, *, as_of: datetime) -> dict[str, Any]:
    """Give files and sources as known at `as_of`, in plain values.

    Returns:
        `files`: one entry a delivered file, oldest first. `sources`: one entry a source with
        `last_file_at` and `state` (i tid, sen, tyst, inget att rapportera, ej ansluten).
        `purge`: `decision`, `last_at`, `is_unfinished`, and what is older than the configuration
        lets it be: `due_report_count`, `due_file_count`. Moments are ISO 8601 in the workspace's
        time zone.
    """
    with open_store(configuration) as warehouse:
        deliveries = warehouse.deliveries(as_of=as_of)
        week_reports = pd.DataFrame({"source_id": pd.Series(dtype="str")})
        sources = source_states(deliveries, week_reports, configuration=configuration, as_of=as_of)
        weeding = purge_state(warehouse, configuration=configuration, as_of=as_of)
    received_at = _local(deliveries["received_at"], configuration)
    files = [
        {name: _plain(row[name]) for name in _FILE_COLUMNS} | {"received_at": moment}
        for row, moment in zip(deliveries.to_dict("records"), received_at, strict=True)
    ]
    last_file_at = _local(sources["last_file_at"], configuration)
    return {
        "files": files,
        "sources": [
            {"source_id": row["source_id"], "last_file_at": _plain(last), "state": row["state"]}
            for row, last in zip(sources.to_dict("records"), last_file_at, strict=True)
        ],
        "purge": {
            "decision": weeding.decision,
            "last_at": weeding.last_at.astimezone(configuration.zone).isoformat()
            if weeding.last_at
            else None,
            "is_unfinished": weeding.is_unfinished,
            "due_report_count": weeding.due_report_count,
            "due_file_count": weeding.due_file_count,
        },
    }


def describe(found: dict[str, Any]) -> str:
    """Give the status as lines for an operator: sources, the latest files, weeding."""
    from est_pipeline.lagesbild.wording import DELIVERY_WORDS

    lines = ["Källor"]
    for source in found["sources"]:
        last = source["last_file_at"]
        when = (
            f"senaste filen {last[:16].replace('T', ' kl. ')}"
            if last
            else "har inte lämnat någon fil"
        )
        lines.append(f"  {source['source_id']:<16}{source['state']:<24}{when}")
    files = found["files"]
    lines += ["", f"Filer ({counted(len(files), 'fil', 'filer')}, de senaste sist)"]
    for file in files[-_LATEST_FILES:]:
        outcome = (
            file["reason"]
            if file["state"] == DeliveryState.REFUSED.value
            else f"lästa {file['rows_read']}, mottagna {file['accepted_count']}, "
            f"i karantän {file['quarantined_count']}, redan kända {file['known_count']}, "
            f"bortvalda (gäller inte oss) {file['left_out_count']}"
        )
        state = DELIVERY_WORDS[DeliveryState(file["state"])]
        lines.append(f"  {file['source_id']:<16}{file['file_name']}: {state}; {outcome}")
    return "\n".join([*lines, "", "Gallring", *(f"  {line}" for line in _weeding(found["purge"]))])


def _weeding(purge: dict[str, Any]) -> list[str]:
    """Give how weeding stands: the last one, an interrupted one, what is due."""
    last = purge["last_at"]
    lines = [f"senast {last[:16].replace('T', ' kl. ')}" if last else "inget är gallrat än"]
    if purge["is_unfinished"]:
        lines.append("en gallring avbröts: kör `est purge` och slutför den")
    reports, files = purge["due_report_count"], purge["due_file_count"]
    if not (reports or files):
        lines.append("inget är äldre än tiderna i est.toml")
    else:
        due = (
            f"{counted(reports, 'rapport', 'rapporter')} och {counted(files, 'fil', 'filer')} är "
            "äldre än tiderna i est.toml"
        )
        lines.append(
            f"{due}: kör `est purge`"
            if purge["decision"]
            else f"{due}, men där står inget gallringsbeslut: ingenting gallras"
        )
    return lines


def _local(moments: pd.Series, configuration: Configuration) -> list[str | None]:
    local = moments.dt.tz_convert(configuration.zone)
    return [moment.isoformat() if pd.notna(moment) else None for moment in local]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value

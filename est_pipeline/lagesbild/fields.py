"""The fields of a frame's row as plain Python values: missing becomes empty or None."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a frame; for the few rows of a page, never for a whole table."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def text_of(value: object) -> str:
    """Give a text, empty where it is missing."""
    return value if isinstance(value, str) else ""


def number_of(value: Any) -> float | None:
    """Give a number, None where it is missing."""
    return None if pd.isna(value) else float(value)


def whole_of(value: Any) -> int | None:
    """Give a whole number, None where it is missing."""
    return None if pd.isna(value) else int(value)


def start_of(row: dict[str, Any], zone: ZoneInfo) -> datetime:
    """Give a report's start in local time; the contract of the report table never leaves it out."""
    start: datetime = pd.Timestamp(row["occurred_from"]).tz_convert(zone).to_pydatetime()
    return start


def local_of(value: Any, zone: ZoneInfo) -> datetime | None:
    """Give a moment in local time, None where it is missing."""
    return None if pd.isna(value) else pd.Timestamp(value).tz_convert(zone).to_pydatetime()

"""ISO weeks in the workspace's own time zone.

A week is written `2026-W47`. Years have 52 or 53 weeks and the last days of December may
belong to week 1 of the next year (ISO 8601).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

_WEEK = re.compile(r"^(\d{4})-?[Ww](\d{1,2})$")


@dataclass(frozen=True, order=True)
class IsoWeek:
    """One ISO week; ordered in time."""

    year: int
    number: int

    def __post_init__(self) -> None:
        """Refuse a week that its year does not have."""
        date.fromisocalendar(self.year, self.number, 1)

    @classmethod
    def parse(cls, text: str) -> IsoWeek:
        """Give the week written as `2026-W47`; ValueError where no such week exists."""
        match = _WEEK.match(text.strip())
        if match is None:
            raise ValueError(text)
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> IsoWeek:
        """Give the ISO week of a calendar day."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @property
    def monday(self) -> date:
        """The first day of the week."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """The last day of the week."""
        return date.fromisocalendar(self.year, self.number, 7)

    @property
    def ordinal(self) -> int:
        """The number of the week counted on from 0001-W01, which is 0; no year makes a gap."""
        return (self.monday.toordinal() - 1) // 7

    @classmethod
    def of_ordinal(cls, ordinal: int) -> IsoWeek:
        """Give the week with this `ordinal`."""
        return cls.of(date.fromordinal(7 * ordinal + 1))

    def plus(self, weeks: int) -> IsoWeek:
        """Give the week so many weeks later (earlier where negative)."""
        return IsoWeek.of(self.monday + timedelta(weeks=weeks))

    def start(self, zone: ZoneInfo) -> datetime:
        """Monday 00:00 in the given time zone."""
        return datetime.combine(self.monday, time(), tzinfo=zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """The moment after the week: next Monday 00:00 in the given time zone."""
        return self.plus(1).start(zone)

    def __str__(self) -> str:
        """Write the week as `2026-W47`."""
        return f"{self.year:04d}-W{self.number:02d}"


def last_full_week(as_of: datetime, zone: ZoneInfo) -> IsoWeek:
    """Give the last week that had ended at the moment `as_of`."""
    return IsoWeek.of(as_of.astimezone(zone).date()).plus(-1)


def week_range(first: IsoWeek, last: IsoWeek) -> list[IsoWeek]:
    """Give every week from `first` to `last`, both included; empty where `last` is earlier."""
    span = (last.monday - first.monday).days // 7
    return [first.plus(step) for step in range(span + 1)]


def iso_weeks_of(moments: pd.Series, zone: ZoneInfo) -> pd.Series:
    """Give the ISO week (`2026-W47`) of each aware moment, in local time; missing stays missing.

    Args:
        moments: aware timestamps.
        zone: the workspace's time zone.
    """
    calendar = moments.dt.tz_convert(zone).dt.isocalendar()
    year = calendar["year"].astype("string").str.zfill(4)
    week = calendar["week"].astype("string").str.zfill(2)
    weeks: pd.Series = (year + "-W" + week).astype("str")
    return weeks

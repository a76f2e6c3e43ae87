"""What has been read of a column of times so far, and the moments in UTC that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from est_pipeline.domain.schemas import MOMENT
from est_pipeline.ingest.checking.spoken_times import Reading

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock's, zones come after

NOTES = ("sommartid_lucka", "sommartid_dubbel", "serienummer", "tidsord", "intervall")
"""What may be noted of how a cell was read; of several the first."""
FAULTS = ("tid_olaslig", "tid_saknas", "tid_tvetydig")
"""Why a cell that is not empty could not be read."""


@dataclass(frozen=True)
class Moments:
    """Times read, one a cell.

    `moment` is in UTC, missing where unreadable; `is_time_known` tells whether a clock time was
    given; `end` is the end in UTC where the cell states an interval; `note` is one of `NOTES` or
    missing; `fault` is one of `FAULTS`, or empty where the cell was read or is empty.
    """

    moment: pd.Series
    is_time_known: pd.Series
    end: pd.Series
    note: pd.Series
    fault: pd.Series


def to_utc(naive: pd.Series, zone: ZoneInfo) -> pd.Series:
    """Take local wall-clock times as moments in UTC; see `read_moments` for summer time."""
    first_of_two = np.ones(len(naive), dtype=bool)
    local = naive.dt.tz_localize(zone, ambiguous=first_of_two, nonexistent="shift_forward")
    moments: pd.Series = local.dt.tz_convert("UTC").astype(MOMENT)
    return moments


def wall_clock(moments: pd.Series, zone: ZoneInfo) -> pd.Series:
    """Give what the clocks of a zone showed at each moment."""
    wall: pd.Series = moments.dt.tz_convert(zone).dt.tz_localize(None)
    return wall


class Found:
    """What has been read so far, in seconds of the wall clock (of UTC where a zone was given)."""

    def __init__(self, count: int) -> None:
        self.seconds = np.zeros(count, dtype=np.int64)
        self.end_seconds = np.zeros(count, dtype=np.int64)
        self.is_read = np.zeros(count, dtype=bool)
        self.is_utc = np.zeros(count, dtype=bool)
        self.has_clock = np.zeros(count, dtype=bool)
        self.has_end = np.zeros(count, dtype=bool)
        self.note = np.full(count, -1, dtype=np.int8)
        self.fault = np.full(count, -1, dtype=np.int8)

    def put(
        self,
        rows: np.ndarray,
        seconds: np.ndarray,
        *,
        has_clock: bool | np.ndarray,
        is_utc: bool = False,
        note: str = "",
    ) -> None:
        """Take down that rows were read."""
        self.seconds[rows] = seconds
        self.is_read[rows] = True
        self.has_clock[rows] = has_clock
        self.is_utc[rows] = is_utc
        if note:
            self.note[rows] = NOTES.index(note)

    def put_reading(self, rows: np.ndarray, reading: Reading) -> None:
        """Take down one reading, and its end where it has one, for all rows that say the same."""
        shift = 60 * (reading.zone_minutes or 0)
        self.put(
            rows,
            np.full(len(rows), seconds_of(reading.start) - shift),
            has_clock=reading.has_clock,
            is_utc=reading.zone_minutes is not None,
            note=reading.note,
        )
        if reading.end is not None:
            self.end_seconds[rows] = seconds_of(reading.end) - shift
            self.has_end[rows] = True

    def moments(self, index: pd.Index, zone: ZoneInfo) -> Moments:
        """Give what was read as moments; local time becomes UTC."""
        moment, changed = self._utc(self.seconds, self.is_read, zone)
        note = np.where(changed >= 0, changed, self.note)
        if self.has_end.any():
            end, _ = self._utc(self.end_seconds, self.has_end, zone)
        else:
            end = np.full(len(index), np.datetime64("NaT"), dtype="datetime64[us]")
        return Moments(
            moment=pd.Series(moment, index=index).dt.tz_localize("UTC"),
            is_time_known=pd.Series(self.has_clock & self.is_read, index=index),
            end=pd.Series(end, index=index).dt.tz_localize("UTC"),
            note=_words(note, NOTES, None, index),
            fault=_words(np.where(self.is_read, -1, self.fault), FAULTS, "", index),
        )

    def _utc(
        self, seconds: np.ndarray, is_there: np.ndarray, zone: ZoneInfo
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give moments in UTC and, per row, the position in `NOTES` of what summer time did."""
        moments = np.full(len(seconds), np.datetime64("NaT"), dtype="datetime64[us]")
        moments[is_there] = (seconds[is_there] * 1_000_000).view("datetime64[us]")
        changed = np.full(len(seconds), -1, dtype=np.int8)
        rows = np.flatnonzero(is_there & ~self.is_utc)
        if len(rows):
            naive = pd.Series(moments[rows])
            utc = to_utc(naive, zone)
            moments[rows] = utc.dt.tz_localize(None).to_numpy()
            changed[rows[(wall_clock(utc, zone) != naive).to_numpy()]] = 0
            second = naive.dt.tz_localize(
                zone, ambiguous=np.zeros(len(rows), dtype=bool), nonexistent="shift_forward"
            )
            changed[rows[(second.dt.tz_convert("UTC") != utc).to_numpy()]] = 1
        return moments, changed


def _words(
    codes: np.ndarray, words: Sequence[str], otherwise: str | None, index: pd.Index
) -> pd.Series:
    """Give each row's word by its position; -1 gives `otherwise`."""
    if (codes < 0).all():
        return pd.Series(otherwise, index=index, dtype="str")
    table = pa.array([*words, otherwise], type=pa.string())
    return pd.Series(table.take(pa.array(codes % len(table))).to_pandas(), dtype="str").set_axis(
        index
    )


def seconds_of(moment: datetime) -> int:
    """Give the seconds of a wall clock's time since 1970."""
    return round((moment - _EPOCH).total_seconds())

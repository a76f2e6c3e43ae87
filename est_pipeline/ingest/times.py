"""Times as reporters write them -> moments in UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from est_pipeline.domain.schemas import MOMENT

ISO_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M%z",
    "%Y-%m-%d %H.%M",
    "%Y-%m-%d",
    "%Y%m%d %H:%M",
    "%Y%m%d",
)
"""Tried, in this order, after the formats that the source's own file states."""

_MONTHS = {
    "januari": "January",
    "februari": "February",
    "mars": "March",
    "april": "April",
    "maj": "May",
    "juni": "June",
    "juli": "July",
    "augusti": "August",
    "september": "September",
    "oktober": "October",
    "november": "November",
    "december": "December",
}
_MONTH = re.compile(r"\b(" + "|".join(_MONTHS) + r")\b", re.IGNORECASE)


@dataclass(frozen=True)
class Moments:
    """Times read: `moment` (UTC, missing where unreadable) and whether the clock time was given."""

    moment: pd.Series
    is_time_known: pd.Series


def read_moments(
    cells: pd.Series,
    *,
    formats: Sequence[str],
    zone: ZoneInfo,
    reference: pd.Series | None = None,
) -> Moments:
    """Read times by the given formats and then by the ISO forms; local time becomes UTC.

    A local time that occurs twice when summer time ends is read as the first of the two; one
    that is skipped when it begins is moved forward over the gap. A format without a year takes
    the latest year that does not put the moment more than a day after `reference`.

    Args:
        cells: text; missing stays missing.
        formats: strptime formats of the source's own file; Swedish month names are understood.
        zone: the zone of times written without one.
        reference: aware moments from which a missing year is inferred (when it was reported).
    """
    moment = pd.Series(pd.NaT, index=cells.index, dtype=MOMENT)
    is_time_known = pd.Series(False, index=cells.index)
    text = _plain(cells)
    for form in (*formats, *ISO_FORMATS):
        open_cells = text.notna() & moment.isna()
        if not open_cells.any():
            break
        part = text[open_cells]
        if "%Y" in form or "%y" in form:
            read = _parse(part, form, zone)
        elif reference is not None:
            read = _parse_without_year(part, form, zone, reference[open_cells])
        else:
            continue
        hit = read.notna()
        moment.loc[read.index[hit]] = read[hit]
        if any(mark in form for mark in ("%H", "%I", "%X")):
            is_time_known.loc[read.index[hit]] = True
    return Moments(moment, is_time_known)


def _plain(cells: pd.Series) -> pd.Series:
    """Write months in English, `T` as a space, and colons into zones, so that few forms remain."""
    text = cells.str.replace(r"(\d)[Tt](\d)", r"\1 \2", regex=True)
    text = text.str.replace(r"(\d)[Zz]$", r"\1+00:00", regex=True)
    text = text.str.replace(r"(:\d{2})[.,]\d+", r"\1", regex=True)
    has_month = text.str.contains(r"[A-Za-z]{3,}", regex=True).fillna(False).astype(bool)
    if has_month.any():
        named = text[has_month].str.replace(
            _MONTH, lambda match: _MONTHS[match[0].lower()], regex=True
        )
        text = text.where(~has_month, named)
    return text


def _parse(cells: pd.Series, form: str, zone: ZoneInfo) -> pd.Series:
    if "%z" in form:
        read = pd.to_datetime(cells, format=form, errors="coerce", utc=True)
        return read.astype(MOMENT)
    naive = pd.to_datetime(cells, format=form, errors="coerce")
    if getattr(naive.dt, "tz", None) is not None:
        return naive.astype(MOMENT)
    return to_utc(naive, zone)


def to_utc(naive: pd.Series, zone: ZoneInfo) -> pd.Series:
    """Take local wall-clock times as moments in UTC; see `read_moments` for summer time."""
    first_of_two = np.ones(len(naive), dtype=bool)
    local = naive.dt.tz_localize(zone, ambiguous=first_of_two, nonexistent="shift_forward")
    moments: pd.Series = local.dt.tz_convert("UTC").astype(MOMENT)
    return moments


def _parse_without_year(
    cells: pd.Series, form: str, zone: ZoneInfo, reference: pd.Series
) -> pd.Series:
    year = reference.dt.tz_convert(zone).dt.year
    read = pd.Series(pd.NaT, index=cells.index, dtype=MOMENT)
    for step in (0, 1):
        candidate = (year - step).astype("Int64").astype("str") + " " + cells
        moment = _parse(candidate, "%Y " + form, zone)
        fits = moment.notna() & (moment <= reference + pd.Timedelta(days=1)) & read.isna()
        read = read.where(~fits, moment)
    return read

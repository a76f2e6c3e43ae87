"""Times as reporters write them -> moments in UTC.

The common forms are read by position, a whole column at a time; a day and a clock time in other
words by their distinct days and clock times; what is left goes, by distinct cell, to
`spoken_times`. A form that the source's own file states goes before all others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from est_pipeline.config import Source
from est_pipeline.domain.schemas import MOMENT
from est_pipeline.domain.text import fold
from est_pipeline.ingest.checking.found_times import (
    FAULTS,
    Found,
    Moments,
    seconds_of,
    to_utc,
    wall_clock,
)
from est_pipeline.ingest.checking.spoken_times import (
    FIRST_SERIAL,
    LAST_SERIAL,
    NEEDS_ANCHOR,
    ClockSpan,
    Grammar,
    Reading,
)
from est_pipeline.ingest.checking.time_forms import (
    COMMON,
    DAY_SECONDS,
    compile_form,
    read_by_position,
)

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
_SERIAL_EPOCH_DAYS = -25_569  # Excel's day 0, 1899-12-30, seen from 1970
_LAST_MINUTE = pd.Timedelta(hours=23, minutes=59)


@dataclass(frozen=True)
class Spans:
    """When each report's incident began and ended, and what is wrong with the two cells.

    The notes are those of the two cells; a note that both have stands with the start only.
    """

    occurred_from: pd.Series
    occurred_to: pd.Series
    is_time_known: pd.Series
    from_fault: pd.Series
    to_fault: pd.Series
    from_note: pd.Series
    to_note: pd.Series


def read_moments(
    cells: pd.Series,
    *,
    formats: Sequence[str],
    zone: ZoneInfo,
    reference: pd.Series | None = None,
    words: Mapping[str, ClockSpan] | None = None,
    said_at: pd.Series | None = None,
) -> Moments:
    """Read times by the given formats and then by the forms in use; local time becomes UTC.

    A local time that occurs twice when summer time ends is read as the first of the two; one
    that is skipped when it begins is moved forward over the gap. A date without a year takes
    the latest year that does not put the moment more than a day after `reference`.

    Args:
        cells: text; missing stays missing.
        formats: strptime formats of the source's own file; Swedish month names are understood.
            Where one of them has the month before the day, so has any other form with slashes.
        zone: the zone of times written without one.
        reference: aware moments from which a missing year is inferred (when it was reported).
        words: the source's own words for parts of a day, such as kväll, with their clock times.
        said_at: aware moments before which a weekday lies, and near which a date with two digits
            for its year does (when it was reported, else when the file came).
    """
    found, anchors = Found(len(cells)), _Anchors(zone, said_at, reference)
    array = _text_array(cells)
    open_rows = np.flatnonzero(~np.asarray(pc.is_null(array)))
    declared = [template for form in formats if (template := compile_form(form)) is not None]
    open_rows = read_by_position(array, open_rows, (*declared, *COMMON), found)
    if len(open_rows):
        open_rows = _read_by_formats(cells, open_rows, formats, anchors, found)
    if len(open_rows):
        open_rows = _read_serials(array, open_rows, found)
    if len(open_rows):
        grammar = Grammar(
            is_month_first=_is_month_first(formats),
            words=words or {},
            infers_year=reference is not None,
        )
        open_rows = _read_day_and_clock(array, open_rows, grammar, found)
        _read_by_grammar(cells, open_rows, grammar, anchors, found)
    return found.moments(cells.index, zone)


def read_spans(
    start_cells: pd.Series,
    end_cells: pd.Series,
    *,
    formats: Sequence[str],
    zone: ZoneInfo,
    reference: pd.Series | None = None,
    words: Mapping[str, ClockSpan] | None = None,
    said_at: pd.Series | None = None,
) -> Spans:
    """Read start and end together: the end may stand in the start's cell, or be a clock time only.

    An end that is only a clock time takes the start's day, or the next where it would lie before
    the start. An end that is only a day is that day's last minute. An end said to be unknown is
    none. The options are those of `read_moments`.
    """

    def read(cells: pd.Series) -> Moments:
        return read_moments(
            cells, formats=formats, zone=zone, reference=reference, words=words, said_at=said_at
        )

    start, end = read(start_cells), read(end_cells)
    stated = end.end.fillna(end.moment)
    only_day = end.moment.notna() & end.end.isna() & ~end.is_time_known
    if only_day.any():
        day = wall_clock(end.moment[only_day], zone)
        stated.loc[only_day] = to_utc(day + _LAST_MINUTE, zone)
    fault = end.fault.where(end.fault.ne("tid_saknas"), "")
    may_be_clock = fault.ne("") & start.moment.notna()
    if may_be_clock.any():
        clocks = _read_clocks(end_cells[may_be_clock], start.moment[may_be_clock], zone)
        stated.loc[clocks.index] = clocks
        fault = fault.mask(fault.index.isin(clocks.index), "")
    is_given = stated.notna() | fault.ne("")
    return Spans(
        occurred_from=start.moment,
        occurred_to=stated.where(is_given, start.end),
        is_time_known=start.is_time_known,
        from_fault=start.fault,
        to_fault=fault,
        from_note=start.note,
        to_note=end.note.where(end.note.ne(start.note)),
    )


def join_clocks(text: pd.DataFrame, raw: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Put the clock times that a source writes in columns of their own behind its dates.

    Args:
        text: a report's columns as text.
        raw: the same rows in the file's own columns.
        source: names the columns of clock times; most sources have none.
    """
    own = {fold(str(column)): column for column in raw.columns}
    joined = {}
    for name, wanted in (
        ("occurred_from", source.times.start_clock),
        ("occurred_to", source.times.end_clock),
    ):
        column = own.get(fold(wanted)) if wanted else None
        if column is None:
            continue
        clock = raw[column].map(_clock_of_fraction, na_action="ignore").astype("str")
        # a database writes a date as the midnight at which it begins
        day = text[name].str.replace(r"[ T]00:00(?::00(?:\.0+)?)?$", "", regex=True)
        both = (day + " " + clock).where(day.notna(), clock)
        joined[name] = both.where(clock.notna(), text[name])
    return text.assign(**joined) if joined else text


def _clock_of_fraction(cell: str) -> str:
    """Give a clock time that stands as Excel's fraction of a day the way that it is written."""
    if not re.fullmatch(r"0[.,]\d{2,}", cell):
        return cell
    minutes = round(float(cell.replace(",", ".")) * 24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@dataclass(frozen=True)
class _Anchors:
    """What a cell may lean on: the zone, when it was said, and whence a missing year comes."""

    zone: ZoneInfo
    said_at: pd.Series | None
    reference: pd.Series | None


def _text_array(cells: pd.Series) -> pa.Array:
    array = pa.array(cells, type=pa.large_string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _read_by_formats(
    cells: pd.Series,
    rows: np.ndarray,
    formats: Sequence[str],
    anchors: _Anchors,
    found: Found,
) -> np.ndarray:
    """Read by the source's own formats with strptime, in their order; give the rows left."""
    text = _plain(cells.iloc[rows]) if formats else cells.iloc[:0]
    for form in formats:
        if not len(rows):
            break
        if "%Y" in form or "%y" in form:
            read = _parse(text, form)
        elif anchors.reference is not None:
            read = _parse_without_year(text, form, anchors.zone, anchors.reference.iloc[rows])
        else:
            continue
        hit = read.notna().to_numpy()
        has_clock = any(mark in form for mark in ("%H", "%I", "%X"))
        is_utc = read.dt.tz is not None
        naive = (read.dt.tz_localize(None) if is_utc else read).astype("datetime64[s]")
        seconds = naive[hit].to_numpy().astype(np.int64)
        found.put(rows[hit], seconds, has_clock=has_clock, is_utc=is_utc)
        rows, text = rows[~hit], text[~hit]
    return rows


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


def _parse(cells: pd.Series, form: str) -> pd.Series:
    """Read by a format; aware where the format has a zone, else by the wall clock."""
    if "%z" in form:
        return pd.to_datetime(cells, format=form, errors="coerce", utc=True).astype(MOMENT)
    return pd.to_datetime(cells, format=form, errors="coerce")


def _parse_without_year(
    cells: pd.Series, form: str, zone: ZoneInfo, reference: pd.Series
) -> pd.Series:
    year = reference.dt.tz_convert(zone).dt.year
    read = pd.Series(pd.NaT, index=cells.index, dtype=MOMENT)
    for step in (0, 1):
        candidate = (year - step).astype("Int64").astype("str") + " " + cells
        moment = _parse(candidate, "%Y " + form)
        if moment.dt.tz is None:
            moment = to_utc(moment, zone)
        fits = moment.notna() & (moment <= reference + pd.Timedelta(days=1)) & read.isna()
        read = read.where(~fits, moment)
    return read


def _read_serials(array: pa.Array, rows: np.ndarray, found: Found) -> np.ndarray:
    """Read Excel's day numbers (1900 system) of the years 2000 to 2099; give the rows left."""
    text = array.take(pa.array(rows))
    is_number = np.asarray(pc.match_substring_regex(text, r"^\d{5}(?:[.,]\d{1,15})?$"))
    if not is_number.any():
        return rows
    own = pc.replace_substring(text.filter(pa.array(is_number)), ",", ".")
    value = pc.cast(own, pa.float64()).to_numpy()
    # seconds where the fraction is fine enough to hold them, else minutes
    unit = np.where(np.asarray(pc.utf8_length(own)) >= 11, 1, 60)
    in_day = np.rint((value % 1) * DAY_SECONDS / unit).astype(np.int64) * unit
    days = np.floor(value).astype(np.int64)
    is_date = (days >= FIRST_SERIAL) & (days < LAST_SERIAL)
    seconds = (days + _SERIAL_EPOCH_DAYS) * DAY_SECONDS + in_day
    hit = np.flatnonzero(is_number)[is_date]
    found.put(rows[hit], seconds[is_date], has_clock=(in_day > 0)[is_date], note="serienummer")
    return np.delete(rows, hit)


_DAY_AND_CLOCK = (
    r"^(?P<day>.+?)(?:,\s*|\s+)(?:[Kk][Ll]\.?\s*)?"
    r"(?P<clock>\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)$"
)


def _read_day_and_clock(
    array: pa.Array, rows: np.ndarray, grammar: Grammar, found: Found
) -> np.ndarray:
    """Read a day in any words and a clock time after it by their distinct parts.

    A year of rows has 366 days and 1,440 minutes, but half a million of both together.
    """
    if not len(rows):
        return rows
    parts = pc.extract_regex(array.take(pa.array(rows)), _DAY_AND_CLOCK)
    day = pc.dictionary_encode(pc.struct_field(parts, "day"))
    clock = pc.dictionary_encode(pc.struct_field(parts, "clock"))
    days = [grammar.day(text) for text in day.dictionary.to_pylist()]
    clocks = [grammar.clock(text) for text in clock.dictionary.to_pylist()]
    missing = -1
    day_seconds = np.array(
        [missing if d is None else seconds_of(d) for d in days] or [missing], dtype=np.int64
    )
    is_day = np.array([d is not None for d in days] or [False])
    clock_seconds = np.array(
        [missing if c is None else c for c in clocks] or [missing], dtype=np.int64
    )
    at_day = pc.fill_null(day.indices, 0).to_numpy(zero_copy_only=False)
    at_clock = pc.fill_null(clock.indices, 0).to_numpy(zero_copy_only=False)
    hit = np.asarray(pc.is_valid(day.indices)) & is_day[at_day] & (clock_seconds[at_clock] >= 0)
    seconds = day_seconds[at_day] + clock_seconds[at_clock]
    found.put(rows[hit], seconds[hit], has_clock=True)
    rest: np.ndarray = rows[~hit]
    return rest


def _read_by_grammar(
    cells: pd.Series,
    rows: np.ndarray,
    grammar: Grammar,
    anchors: _Anchors,
    found: Found,
) -> None:
    """Read what is left by distinct cell, and by its anchors where it speaks of them."""
    if not len(rows):
        return
    text = cells.iloc[rows].to_numpy(dtype=object)
    leaning = []
    for cell, at in pd.Series(np.arange(len(rows))).groupby(text, sort=False).indices.items():
        answer = grammar.read(str(cell))
        if answer is NEEDS_ANCHOR:
            leaning.append(at)
        else:
            _settle(answer, rows[at], found)
    if not leaning:
        return
    at = np.sort(np.concatenate(leaning))
    local = [
        pd.Series(pd.NaT, index=range(len(at)), dtype="datetime64[us]")
        if anchor is None
        else wall_clock(anchor.iloc[rows[at]].reset_index(drop=True), anchors.zone).dt.floor("min")
        for anchor in (anchors.said_at, anchors.reference)
    ]
    keys = pd.DataFrame({"text": text[at], "said": local[0], "reference": local[1]})
    for _, same in keys.groupby(list(keys.columns), sort=False, dropna=False):
        first = same.iloc[0]
        answer = grammar.read(
            first["text"],
            said_at=None if pd.isna(first["said"]) else first["said"].to_pydatetime(),
            reference=None if pd.isna(first["reference"]) else first["reference"].to_pydatetime(),
            is_final=True,
        )
        _settle(answer, rows[at[same.index.to_numpy()]], found)


def _settle(answer: Reading | str, rows: np.ndarray, found: Found) -> None:
    if isinstance(answer, Reading):
        found.put_reading(rows, answer)
    else:
        found.fault[rows] = FAULTS.index(answer)


def _read_clocks(cells: pd.Series, start: pd.Series, zone: ZoneInfo) -> pd.Series:
    """Give the ends that are only clock times: on the start's day, or the next if earlier."""
    grammar = Grammar()
    table = {cell: grammar.clock(cell, is_alone=True) for cell in cells.unique()}
    seconds = cells.map({cell: value for cell, value in table.items() if value is not None})
    seconds = seconds.dropna().astype("int64")
    wall = wall_clock(start.loc[seconds.index], zone)
    end = wall.dt.normalize() + pd.to_timedelta(seconds, unit="s").astype("timedelta64[us]")
    end = end.where(end >= wall, end + pd.Timedelta(days=1))
    return to_utc(end, zone)


def _is_month_first(formats: Sequence[str]) -> bool:
    """Tell whether the source's own formats have the month before the day, and the year last."""
    for form in formats:
        month, day = form.find("%m"), form.find("%d")
        year = max(form.find("%Y"), form.find("%y"))
        if min(month, day) >= 0 and year > max(month, day):
            return month < day
    return False

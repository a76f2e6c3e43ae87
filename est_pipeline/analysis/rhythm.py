"""Rhythm: on which weekday and at which hour things happen, and what stands out against before.

An incident that is known to have happened between two moments is spread over the hours between
them, as much to each as its share of the time (aoristic weights: Ratcliffe 2002, "Aoristic
signatures and the spatio-temporal analysis of high volume crime patterns", Journal of Quantitative
Criminology 18; that this comes closer to the truth than start, middle or end: Ashby & Bowers 2013,
"A comparison of methods for temporal analysis of aoristic crime", Crime Science 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek, week_range

if TYPE_CHECKING:
    from datetime import tzinfo

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

HOURS_A_DAY: Final = 24
HOURS_A_WEEK: Final = 168
_SECOND: Final = 1_000_000
"""Moments are counted in microseconds."""
_HOUR: Final = 3600 * _SECOND

LONGEST_SPAN: Final = timedelta(hours=24)
"""A longer span says nothing about the hour, and is kept out."""
RECENT_WEEKS: Final = 12
HISTORY_WEEKS: Final = 156
"""Three whole years before at most, so that every season weighs the same."""
YEAR_WEEKS: Final = 52
"""A year, and the weeks that the table of hours is about."""
FEWEST_HISTORY_WEEKS: Final = 26
FEWEST_RECENT: Final = 20.0
FEWEST_BEFORE: Final = 60.0
FEWEST_IN_BLOCK: Final = 5.0
BLOCK_HOURS: Final = 4
FALSE_DISCOVERY_RATE: Final = 0.1

USED, COARSE, UNKNOWN_TIME, LONG_SPAN = "used", "coarse", "unknown_time", "long_span"
MORE, FEWER, USUAL, TOO_FEW = "more", "fewer", "usual", "too_few"

ALL: Final = ""
"""Stands for every district, or every category, where one row is about all of them."""


# --- the weights ----------------------------------------------------------------------------------


def aoristic_weights(starts: pd.Series, ends: pd.Series, *, zone: tzinfo) -> pd.DataFrame:
    """Give each hour of the local week its share of each incident (Ratcliffe 2002).

    The share is that of the real time that passed: when clocks go forward the hour that is missing
    gets nothing, and when they go back the doubled hour gets both. Without an end, or with one
    before its start, the hour of the start gets all. A week and more tells nothing about the hour:
    each of the 168 gets the same.

    Args:
        starts: aware moments, none missing.
        ends: aware moments; missing where one moment is known.
        zone: the time zone whose weekdays and hours are meant.

    Returns:
        One row an incident and hour of the week: `position` (in `starts`, from 0), `weekday`
        (0 is Monday), `hour` (0 to 23), `weight` (together 1 an incident).
    """
    start = _microseconds(starts)
    has_end = ends.notna().to_numpy("bool")
    end = np.where(has_end, _microseconds(ends.where(has_end, starts)), start)
    length = np.maximum(end - start, 0)
    is_week = length >= HOURS_A_WEEK * _HOUR
    positions = np.flatnonzero(~is_week)
    position, slot, overlap = _slots(start[positions], length[positions], zone=zone)
    hour_of_week = _hours_of_week(slot, zone=zone)
    flat = np.flatnonzero(is_week)
    found = pd.DataFrame(
        {
            "position": np.concatenate([positions[position], np.repeat(flat, HOURS_A_WEEK)]),
            "hour_of_week": np.concatenate(
                [hour_of_week, np.tile(np.arange(HOURS_A_WEEK), len(flat))]
            ),
            "weight": np.concatenate([overlap, np.full(len(flat) * HOURS_A_WEEK, 1 / 168)]),
        }
    )
    summed = found.groupby(["position", "hour_of_week"], as_index=False)["weight"].sum()
    return pd.DataFrame(
        {
            "position": summed["position"],
            "weekday": summed["hour_of_week"] // HOURS_A_DAY,
            "hour": summed["hour_of_week"] % HOURS_A_DAY,
            "weight": summed["weight"],
        }
    )


def _slots(start: Whole, length: Whole, *, zone: tzinfo) -> tuple[Whole, Whole, Numbers]:
    """Cut spans at the borders of the clock's hours: row, start of the slot, share in it."""
    # hours begin on the hour in UTC too, but for the zones that are off by half or a quarter of one
    offsets = _local(np.concatenate([start, start + length]), zone=zone)[1] % _HOUR
    size = _HOUR if not offsets.any() else _HOUR // 4
    first = start // size
    # an end on the border belongs to the slot before it
    last = np.maximum((start + length - 1) // size, first)
    number = last - first + 1
    row = np.repeat(np.arange(len(start)), number)
    step = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    slot = (first[row] + step) * size
    inside = np.minimum(slot + size, (start + length)[row]) - np.maximum(slot, start[row])
    share = np.where(length[row] > 0, inside / np.maximum(length[row], 1), 1.0)
    return row, slot, share


def _hours_of_week(slot: Whole, *, zone: tzinfo) -> Whole:
    distinct, inverse = np.unique(slot, return_inverse=True)
    local, _ = _local(distinct, zone=zone)
    hours = local // _HOUR
    # 1 January 1970 was a Thursday
    of_week: Whole = (hours + 3 * HOURS_A_DAY) % HOURS_A_WEEK
    return of_week[inverse]


def _local(moments: Whole, *, zone: tzinfo) -> tuple[Whole, Whole]:
    """Give the wall clock's time, and how far it is from UTC, both in microseconds."""
    aware = pd.DatetimeIndex(moments.astype("datetime64[us]"), tz="UTC").tz_convert(zone)
    local = aware.tz_localize(None).to_numpy("datetime64[us]").astype("int64")
    return local, local - moments


def _microseconds(moments: pd.Series) -> Whole:
    whole: Whole = pd.DatetimeIndex(moments).tz_convert("UTC").as_unit("us").asi8
    return whole


# --- the occurrences ------------------------------------------------------------------------------


def use_of_times(occurrences: pd.DataFrame, *, longest: timedelta = LONGEST_SPAN) -> pd.Series[str]:
    """Tell of each occurrence whether its hour may be used, and if not, why.

    Returns:
        `used`, `coarse` (the hour could point at a person), `unknown_time` (only the day is known)
        or `long_span` (longer than `longest`); the first that applies.
    """
    span = occurrences["occurred_to"] - occurrences["occurred_from"]
    said = np.select(
        [
            occurrences["is_coarse"].to_numpy("bool"),
            ~occurrences["is_time_known"].to_numpy("bool"),
            (span > longest).to_numpy("bool") | occurrences["is_long_interval"].to_numpy("bool"),
        ],
        [COARSE, UNKNOWN_TIME, LONG_SPAN],
        default=USED,
    )
    return pd.Series(said, index=occurrences.index, dtype="str")


def spread_hours(
    occurrences: pd.DataFrame,
    *,
    zone: tzinfo,
    kind: Kind = Kind.INCIDENT,
    longest: timedelta = LONGEST_SPAN,
) -> pd.DataFrame:
    """Spread the occurrences of one kind over weekdays and hours, those whose hour may be used.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`.
        zone: the workspace's time zone.
        kind: incidents or environment cases; the two are never added.
        longest: longer spans are left out.

    Returns:
        One row an ISO week (in which the occurrence is counted), district, category, weekday and
        hour: `iso_week, district_id, category_code, weekday` (0 is Monday), `hour, weight` (how
        many occurrences). Only cells that have one.
    """
    chosen = occurrences[occurrences["kind"] == kind.value]
    used = chosen[use_of_times(chosen, longest=longest) == USED]
    weights = aoristic_weights(used["occurred_from"], used["occurred_to"], zone=zone)
    position = weights["position"].to_numpy()
    keys = ["iso_week", "district_id", "category_code"]
    spread = weights.assign(
        **{key: used[key].to_numpy()[position] for key in keys},
        weight=weights["weight"] * used["occurrence_count"].to_numpy()[position],
    )
    spread = spread.astype(dict.fromkeys(keys, "str"))
    keys += ["weekday", "hour"]
    summed: pd.DataFrame = spread.groupby(keys)["weight"].sum().reset_index()
    return summed


def count_times(
    occurrences: pd.DataFrame,
    *,
    kind: Kind = Kind.INCIDENT,
    longest: timedelta = LONGEST_SPAN,
) -> pd.DataFrame:
    """Count how many occurrences have a usable hour, and how many not, and why.

    Returns:
        One row a week, district and category: `occurrence_count` is the sum of `used_count`,
        `coarse_count`, `unknown_time_count` and `long_span_count`.
    """
    chosen = occurrences[occurrences["kind"] == kind.value]
    use = use_of_times(chosen, longest=longest)
    number = chosen["occurrence_count"]
    counted = chosen[["iso_week", "district_id", "category_code"]].assign(
        occurrence_count=number,
        **{
            f"{each}_count": number.where(use == each, 0)
            for each in (USED, COARSE, UNKNOWN_TIME, LONG_SPAN)
        },
    )
    summed: pd.DataFrame = counted.groupby(
        ["iso_week", "district_id", "category_code"], as_index=False
    ).sum()
    return summed


def sum_rhythm(
    spread: pd.DataFrame,
    *,
    by: Sequence[str] = ("district_id", "category_code"),
    block_hours: int = 1,
) -> pd.DataFrame:
    """Sum spread hours over weeks: weekday by hour, zeros included, for each of some groups.

    Args:
        spread: as `spread_hours` gives it.
        by: the columns that make a group; none gives one table for all.
        block_hours: hours in a block of the day; a divisor of 24.

    Returns:
        The columns of `by`, then `weekday`, `from_hour`, `to_hour` and `weight`, in that order.

    Raises:
        ValueError: the blocks don't fill a day.
    """
    blocks = _in_blocks(spread, block_hours=block_hours)
    keys = [*by, "weekday", "from_hour"]
    summed = blocks.groupby(keys)["weight"].sum()
    groups = blocks[list(by)].drop_duplicates().sort_values(list(by)) if by else pd.DataFrame([{}])
    grid = pd.DataFrame(
        [(day, hour) for day in range(7) for hour in range(0, HOURS_A_DAY, block_hours)],
        columns=["weekday", "from_hour"],
    )
    full = groups.merge(grid, how="cross")
    filled = summed.reindex(pd.MultiIndex.from_frame(full[keys]), fill_value=0.0)
    return full.assign(
        to_hour=full["from_hour"] + block_hours, weight=filled.to_numpy("float64")
    ).reset_index(drop=True)


def _in_blocks(spread: pd.DataFrame, *, block_hours: int) -> pd.DataFrame:
    if block_hours < 1 or HOURS_A_DAY % block_hours:
        raise ValueError(f"{block_hours} hours are not a whole part of a day")
    return spread.assign(from_hour=spread["hour"] // block_hours * block_hours)


# --- what stands out ------------------------------------------------------------------------------


def judge_rhythm(
    spread: pd.DataFrame,
    *,
    week: IsoWeek,
    first_week: IsoWeek,
    recent_weeks: int = RECENT_WEEKS,
    history_weeks: int = HISTORY_WEEKS,
    block_hours: int = BLOCK_HOURS,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
) -> pd.DataFrame:
    """Tell which blocks of the week have more, or fewer, than their long-run share of late.

    Of all that a block ever had, as large a part should be recent as of the whole week: so a
    general rise is no finding, only another rhythm. The test is the binomial one, conditional on
    the block's total, with mid-p; the binomial tail is written as the incomplete beta function,
    which takes aoristic sums that are no whole numbers. Incidents come several at a time, so the
    sums are first divided by the dispersion of the weekly ones (Pearson; the larger of the group's
    and the block's own, at least 1): six incidents in one night remain one night. Benjamini &
    Hochberg (1995) over all the blocks of all groups, since each of them could stand out.

    Args:
        spread: as `spread_hours` gives it.
        week: the last of the recent weeks.
        first_week: the first week of which there is anything; weeks since then without a row are
            zeros.
        recent_weeks: how many weeks are recent.
        history_weeks: how many weeks before them at most; whole years where there is one.
        block_hours: hours in a block of the day; a divisor of 24.
        false_discovery_rate: the share of what stands out that chance may have made; where
            nothing is different, also the probability that anything stands out.

    Returns:
        One row a group and block. Groups are all together, each district and each category:
        `district_id` and `category_code` (empty: all), `weekday`, `from_hour`, `to_hour`,
        `recent_sum`, `expected_sum` (what the share before would give), `before_sum`,
        `recent_total`, `before_total`, `before_weeks`, `dispersion`, `p_value` (two-sided) and
        `p_adjusted` (both missing where too few), and `verdict`: `more`, `fewer`, `usual` or
        `too_few`.
    """
    weeks = _compared_weeks(week, first_week, recent_weeks, history_weeks)
    table, weekly = _weekly_blocks(spread, weeks=weeks, block_hours=block_hours)
    a_week = 7 * HOURS_A_DAY // block_hours
    group = np.arange(len(table)) // a_week
    before_weeks = len(weeks) - recent_weeks
    totals = weekly.reshape(-1, a_week, len(weeks)).sum(axis=1)
    whole, whole_total = weekly.sum(axis=1), totals.sum(axis=1)
    recent, recent_total = (each[:, before_weeks:].sum(axis=1) for each in (weekly, totals))
    before, before_total = whole - recent, whole_total - recent_total
    is_enough = (whole >= FEWEST_IN_BLOCK) & (
        (recent_total >= FEWEST_RECENT)
        & (before_total >= FEWEST_BEFORE)
        & (before_weeks >= FEWEST_HISTORY_WEEKS)
    )[group]
    dispersion = _dispersion(weekly, totals, group=group)
    part = (recent_total / np.maximum(whole_total, 1e-9))[group]
    p_value = np.full(len(table), np.nan)
    p_value[is_enough] = mid_p(
        (recent / dispersion)[is_enough], (whole / dispersion)[is_enough], part=part[is_enough]
    )
    adjusted = _adjusted(p_value)
    expected = before / np.maximum(before_total, 1e-9)[group] * recent_total[group]
    stands_out = adjusted <= false_discovery_rate
    verdict = np.select(
        [~is_enough, stands_out & (recent > whole * part), stands_out],
        [TOO_FEW, MORE, FEWER],
        default=USUAL,
    )
    return table.assign(
        recent_sum=recent,
        expected_sum=expected,
        before_sum=before,
        recent_total=recent_total[group],
        before_total=before_total[group],
        before_weeks=before_weeks,
        dispersion=dispersion,
        p_value=p_value,
        p_adjusted=adjusted,
        verdict=pd.Series(verdict, index=table.index, dtype="str"),
    )


def mid_p(found: Numbers, whole: Numbers, *, part: Numbers) -> Numbers:
    """Give the two-sided mid-p of `found` out of `whole`, where a share `part` is expected.

    For whole numbers these are the binomial tails P(X > found) + P(X = found) / 2 and its mirror,
    the smaller one twice; in between it runs on smoothly.
    """
    from scipy.special import betainc

    found = np.clip(found, 0.0, whole)

    def at_least(number: Numbers) -> Numbers:
        inside = betainc(np.maximum(number, 1e-12), np.maximum(whole - number + 1, 1e-12), part)
        tail: Numbers = np.where(number <= 0, 1.0, np.where(number > whole, 0.0, inside))
        return tail

    above = (at_least(found) + at_least(found + 1)) / 2
    two_sided: Numbers = np.minimum(2 * np.minimum(above, 1 - above), 1.0)
    return two_sided


def _weekly_blocks(
    spread: pd.DataFrame, *, weeks: Sequence[IsoWeek], block_hours: int
) -> tuple[pd.DataFrame, Numbers]:
    """Give the groups' blocks, and each block's sum a week (rows in the same order)."""
    blocks = _in_blocks(spread, block_hours=block_hours)
    number = blocks["iso_week"].map({str(each): place for place, each in enumerate(weeks)})
    blocks = blocks.assign(number=number).dropna(subset="number").astype({"number": "int64"})
    groups = pd.concat(
        [
            blocks.assign(district_id=ALL, category_code=ALL),
            blocks.assign(category_code=ALL),
            blocks.assign(district_id=ALL),
        ]
    )
    by = ["district_id", "category_code"]
    table = sum_rhythm(groups, by=by, block_hours=block_hours).drop(columns="weight")
    keys = [*by, "weekday", "from_hour"]
    place = pd.Series(range(len(table)), index=pd.MultiIndex.from_frame(table[keys]))
    row = place.reindex(pd.MultiIndex.from_frame(groups[keys])).to_numpy("int64")
    weekly = np.zeros((len(table), len(weeks)))
    np.add.at(weekly, (row, groups["number"].to_numpy()), groups["weight"].to_numpy("float64"))
    return table, weekly


def _dispersion(weekly: Numbers, totals: Numbers, *, group: Whole) -> Numbers:
    """Give how much more the weekly sums vary than single incidents would make them (at least 1).

    Pearson's statistic around each block's share of the week's total.
    """
    share = weekly.sum(axis=1) / np.maximum(totals.sum(axis=1), 1e-9)[group]
    usual = share[:, np.newaxis] * totals[group]
    squared = np.where(usual > 0, (weekly - usual) ** 2 / np.where(usual > 0, usual, 1.0), 0.0)
    is_there = (usual > 0).sum(axis=1)
    of_block = squared.sum(axis=1) / np.maximum(is_there - 1, 1)
    groups = len(totals)
    summed = np.bincount(group, weights=squared.sum(axis=1), minlength=groups)
    of_group = summed / np.maximum(np.bincount(group, weights=is_there, minlength=groups), 1)
    larger: Numbers = np.maximum(np.maximum(of_block, of_group[group]), 1.0)
    return larger


def _compared_weeks(
    week: IsoWeek, first_week: IsoWeek, recent_weeks: int, history_weeks: int
) -> list[IsoWeek]:
    """Give the weeks that are compared, the recent ones last; whole years before where possible."""
    last_before = week.plus(-recent_weeks)
    there = len(week_range(first_week, last_before))
    before = min(there, history_weeks)
    if before >= YEAR_WEEKS:
        before -= before % YEAR_WEEKS
    return week_range(last_before.plus(1 - before), week)


def _adjusted(p_value: Numbers) -> Numbers:
    from scipy.stats import false_discovery_control

    adjusted = np.full(len(p_value), np.nan)
    is_judged = ~np.isnan(p_value)
    if is_judged.any():
        adjusted[is_judged] = false_discovery_control(p_value[is_judged], method="bh")
    return adjusted


def busiest_blocks(table: pd.DataFrame, *, by: Sequence[str] = ("district_id",)) -> pd.DataFrame:
    """Give each group's block with most; the earliest in the week where several have as many.

    Args:
        table: as `sum_rhythm` gives it.
        by: the columns that make a group.

    Returns:
        One row a group that has anything, with the columns of `table`.
    """
    ordered = table.assign(rounded=table["weight"].round(9)).sort_values(
        [*by, "rounded", "weekday", "from_hour"],
        ascending=[True] * len(by) + [False, True, True],
        kind="stable",
    )
    first = ordered.drop_duplicates(list(by)) if by else ordered.head(1)
    return first[first["weight"] > 0].drop(columns="rounded").reset_index(drop=True)


# --- all of it ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rhythm:
    """When things happen: the last year's hours, and what stands out of late.

    `blocks` has one row a district (and all together: empty), weekday and block of the day:
    `district_id, weekday, from_hour, to_hour, weight`. `times` has one row a district (and all
    together) with the counts of `count_times`. Both are of the weeks from `first_week` to
    `last_week`. `judged` is as `judge_rhythm` gives it, of the `recent_weeks` up to `last_week`.
    """

    blocks: pd.DataFrame
    times: pd.DataFrame
    judged: pd.DataFrame
    first_week: IsoWeek
    last_week: IsoWeek
    recent_weeks: int
    block_hours: int


def find_rhythm(
    occurrences: pd.DataFrame,
    *,
    zone: tzinfo,
    week: IsoWeek,
    kind: Kind = Kind.INCIDENT,
    longest: timedelta = LONGEST_SPAN,
    recent_weeks: int = RECENT_WEEKS,
    history_weeks: int = HISTORY_WEEKS,
    block_hours: int = BLOCK_HOURS,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
) -> Rhythm:
    """Find when things happen, up to a week, and what stands out against the long run.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`, at least of the last year; later weeks are left
            out.
        zone: the workspace's time zone.
        week: the last week.
        kind: incidents or environment cases; the two are never added.
        longest: see `spread_hours`.
        recent_weeks: see `judge_rhythm`.
        history_weeks: see `judge_rhythm`.
        block_hours: see `judge_rhythm`.
        false_discovery_rate: see `judge_rhythm`.
    """
    known = occurrences[
        (occurrences["kind"] == kind.value) & (occurrences["iso_week"] <= str(week))
    ]
    first = IsoWeek.parse(str(known["iso_week"].min())) if len(known) else week
    shown = max(first, week.plus(1 - YEAR_WEEKS))
    spread = spread_hours(known, zone=zone, kind=kind, longest=longest)
    last_year = _with_all(spread[spread["iso_week"] >= str(shown)])
    times = count_times(known[known["iso_week"] >= str(shown)], kind=kind, longest=longest)
    return Rhythm(
        blocks=sum_rhythm(last_year, by=["district_id"], block_hours=block_hours),
        times=_with_all(times).groupby("district_id").sum(numeric_only=True).reset_index(),
        judged=judge_rhythm(
            spread,
            week=week,
            first_week=first,
            recent_weeks=recent_weeks,
            history_weeks=history_weeks,
            block_hours=block_hours,
            false_discovery_rate=false_discovery_rate,
        ),
        first_week=shown,
        last_week=week,
        recent_weeks=recent_weeks,
        block_hours=block_hours,
    )


def _with_all(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the rows once under their district, and once under that which stands for all."""
    return pd.concat([frame.assign(district_id=ALL), frame])

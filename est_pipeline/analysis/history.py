"""What a week's counts are compared with: like with like.

Three things make an honest history. The same sources throughout (a stable panel: a reporter who
joined is no rise). The same age (what was known of each earlier week as long after it as has now
passed since the week judged: late rows are no fall). And not more than five years, so that a week
costs the same in year ten as in year five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek

LONGEST_PERIOD = 260
"""Weeks; five years."""
_PERIODS = (260, 208, 156, 104, 78, 52, 39, 26, 13, 8)
_LONG_ENOUGH = 104
_QUARTER = 13
_RECENT = 26
_BY_CHANCE = 0.01
_FULL_COVERAGE = 0.9
_LEAST_COVERAGE = 0.5
_SETTLED_AFTER = 8
"""Weeks after which the reports of a week are counted as all there."""
_SETTLING_WEEKS = 52
_FEWEST_FOR_COMPLETENESS = 30
_BEGUN_BEFORE = pd.Timedelta(days=7)
"""A week that ended so long before anything was known of a source came with the source's history,
and tells nothing of how late it reports."""


@dataclass(frozen=True)
class Panel:
    """The sources that a comparison rests on, and the weeks it reaches back.

    `coverage` is the panel's share of the last half-year's occurrences; `others` reported too, but
    not throughout.
    """

    source_ids: tuple[str, ...]
    others: tuple[str, ...]
    period_weeks: int
    coverage: float


@dataclass(frozen=True)
class History:
    """Weekly counts of one kind up to a week, comparable with it.

    Attributes:
        weeks: the weeks of the comparison and last the week judged.
        counts: one row a district and category (in this order, `district_id`, `category_code`),
            one column a week; zeros included. Only the panel's, at the judged week's age.
        exposure: one a week: how complete its counts are, relative to the judged week's.
        outside_panel: the judged week's occurrences by district and category that only sources
            outside the panel reported, where there are any.
        completeness: the share of a week's occurrences that is usually known at this age; missing
            where too few tell.
        panel: whose occurrences are counted.
        sources_of_week: one row a district, category and source of the judged week: how many
            occurrences it reported (an occurrence of several sources counts for each).
    """

    weeks: tuple[IsoWeek, ...]
    counts: pd.DataFrame
    exposure: NDArray[np.float64]
    outside_panel: pd.Series[int]
    completeness: float | None
    panel: Panel
    sources_of_week: pd.DataFrame

    @property
    def week(self) -> IsoWeek:
        """The week judged."""
        return self.weeks[-1]


@dataclass(frozen=True)
class CountedOccurrences:
    """The occurrences of one kind as arrays, made ready once for many weeks.

    Arrays of one length: `week` (`IsoWeek.ordinal`), `district`,
    `category` and `reporters` (codes into the tuples of the same name; `reporters` are the
    distinct combinations of sources), `number`, `known_at` (UTC), `days_after` (days from the end
    of the occurrence's week to the moment it was known; negative within it) and `is_backfilled`.
    """

    week: NDArray[np.int64]
    district: NDArray[np.int64]
    category: NDArray[np.int64]
    reporters: NDArray[np.int64]
    number: NDArray[np.int64]
    known_at: NDArray[np.datetime64]
    days_after: NDArray[np.float64]
    is_backfilled: NDArray[np.bool_]
    district_ids: tuple[str, ...]
    category_codes: tuple[str, ...]
    source_ids: tuple[str, ...]
    has_source: NDArray[np.bool_]
    zone: ZoneInfo

    @property
    def first_week(self) -> IsoWeek | None:
        """The first week that has an occurrence; none where there is none."""
        return IsoWeek.of_ordinal(int(self.week.min())) if len(self.week) else None


def index_occurrences(
    occurrences: pd.DataFrame,
    *,
    kind: Kind,
    zone: ZoneInfo,
    district_ids: Sequence[str],
    category_codes: Sequence[str],
) -> CountedOccurrences:
    """Make the occurrences of one kind ready for being counted week by week.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`.
        kind: incidents or environment cases, never both.
        zone: the time zone that weeks are counted in.
        district_ids: districts in the order in which they are shown; others found come after.
        category_codes: categories likewise.
    """
    chosen = occurrences[occurrences["kind"] == kind.value]
    weeks, week_names = pd.factorize(chosen["iso_week"])
    parsed = [IsoWeek.parse(str(name)) for name in week_names]
    numbers = np.array([week.ordinal for week in parsed], dtype=np.int64)
    ends = pd.DatetimeIndex([week.end(zone) for week in parsed], tz=zone).tz_convert("UTC")
    known_at = pd.DatetimeIndex(chosen["known_at"])
    districts = _listed_first(district_ids, chosen["district_id"])
    categories = _listed_first(category_codes, chosen["category_code"])
    reporters, combinations = pd.factorize(chosen["source_ids"].map(tuple))
    source_ids = sorted({source for each in combinations for source in each})
    has_source = np.array(
        [[source in each for source in source_ids] for each in combinations], dtype=bool
    ).reshape(len(combinations), len(source_ids))
    after = np.asarray((known_at - ends.take(weeks)) / pd.Timedelta(days=1), dtype=np.float64)
    return CountedOccurrences(
        week=numbers.take(weeks),
        district=pd.Index(districts).get_indexer(pd.Index(chosen["district_id"])).astype(np.int64),
        category=pd.Index(categories)
        .get_indexer(pd.Index(chosen["category_code"]))
        .astype(np.int64),
        reporters=reporters.astype(np.int64),
        number=chosen["occurrence_count"].to_numpy(dtype=np.int64),
        known_at=known_at.tz_convert("UTC").tz_localize(None).to_numpy(),
        days_after=after,
        is_backfilled=_is_backfilled(known_at, ends.take(weeks), reporters, has_source),
        district_ids=tuple(districts),
        category_codes=tuple(categories),
        source_ids=tuple(source_ids),
        has_source=has_source,
        zone=zone,
    )


def _listed_first(listed: Sequence[str], found: pd.Series[str]) -> list[str]:
    return list(dict.fromkeys([*listed, *sorted(found.unique())]))


def _is_backfilled(
    known_at: pd.DatetimeIndex,
    week_ends: pd.DatetimeIndex,
    reporters: NDArray[np.int64],
    has_source: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Tell which occurrences came with a source's history: their weeks lie before its first."""
    if not len(known_at):
        return np.empty(0, dtype=bool)
    first = pd.Series(known_at).groupby(reporters).min().to_numpy()
    latest = first.max()
    first_of_source = np.where(has_source, first[:, None], latest).min(axis=0)
    first_of_combination = np.where(has_source, first_of_source[None, :], latest).min(axis=1)
    begun = pd.DatetimeIndex(first_of_combination[reporters]).tz_localize(None)
    return np.asarray(week_ends.tz_localize(None) < begun - _BEGUN_BEFORE)


def weekly_history(
    counted: CountedOccurrences,
    *,
    week: IsoWeek,
    as_of: datetime,
    longest: int = LONGEST_PERIOD,
) -> History:
    """Give the counts that a week is compared with, as they were known at the same age.

    Args:
        counted: as `index_occurrences` gives it.
        week: the week judged.
        as_of: the moment it is judged at; what was known later does not count.
        longest: at most so many weeks back.
    """
    last = week.ordinal
    age = (as_of - week.end(counted.zone)) / timedelta(days=1)
    # not by adding weeks to the age: a week that ends in summer time is an hour longer ago
    is_known = counted.known_at <= np.datetime64(as_of.astimezone(UTC).replace(tzinfo=None))
    # what came with a source's history is there for a week of before it came, too: its own report
    # dates are another clock than that of deliveries, so its age says nothing
    is_known |= counted.is_backfilled
    in_reach = is_known & (counted.week <= last) & (counted.week >= last - longest)
    panel = _panel(counted, in_reach, last=last, longest=longest)
    in_panel = np.isin(
        counted.reporters,
        np.flatnonzero(counted.has_source[:, _positions(counted, panel.source_ids)].any(axis=1)),
    )
    first = last - panel.period_weeks
    at_age = in_reach & (counted.week >= first)
    at_age &= (counted.days_after <= age) | counted.is_backfilled
    weeks = tuple(week.plus(number - last) for number in range(first, last + 1))
    cells = pd.MultiIndex.from_product(
        [counted.district_ids, counted.category_codes], names=["district_id", "category_code"]
    )
    completeness = _completeness(counted, in_reach & in_panel, last=last, age=age)
    this_week = in_reach & (counted.week == last)
    outside = _count(counted, this_week & ~in_panel, first=last, weeks=1)[:, 0]
    return History(
        weeks=weeks,
        counts=pd.DataFrame(
            _count(counted, at_age & in_panel, first=first, weeks=len(weeks)),
            index=cells,
            columns=[str(each) for each in weeks],
        ),
        exposure=_exposure(counted, at_age & in_panel, first=first, last=last, share=completeness),
        outside_panel=pd.Series(outside, index=cells)[outside != 0],
        completeness=completeness,
        panel=panel,
        sources_of_week=_sources(counted, this_week),
    )


def _positions(counted: CountedOccurrences, source_ids: Sequence[str]) -> list[int]:
    return [counted.source_ids.index(source_id) for source_id in source_ids]


def _count(
    counted: CountedOccurrences, chosen: NDArray[np.bool_], *, first: int, weeks: int
) -> NDArray[np.int64]:
    """Count the chosen occurrences: one row a district and category, one column a week."""
    categories = len(counted.category_codes)
    cell = counted.district[chosen] * categories + counted.category[chosen]
    flat = np.bincount(
        cell * weeks + counted.week[chosen] - first,
        weights=counted.number[chosen],
        minlength=len(counted.district_ids) * categories * weeks,
    )
    counts = flat.reshape(len(counted.district_ids) * categories, weeks)
    # a row that nets off one of another week may leave a week below nothing
    return np.maximum(np.rint(counts), 0).astype(np.int64)


def _panel(
    counted: CountedOccurrences, in_reach: NDArray[np.bool_], *, last: int, longest: int
) -> Panel:
    """Choose how far back to compare, and on whose reports.

    A source is in the panel of a period when it reported in each of its quarters, and began before
    it, as far as chance lets one tell: one that joined within its first quarter is a step in the
    history, not a part of it. The period is
    the longest one whose panel stands for nearly all of the last half-year; failing that, the
    longest whose panel stands for most of it: a source that has just joined must not make the
    history short.
    """
    sources = len(counted.source_ids)
    if not in_reach.any():
        return Panel((), counted.source_ids, 0, 0.0)
    available = min(last - int(counted.week[in_reach].min()), longest)
    active = np.zeros((sources, longest + 1), dtype=bool)
    combination, back = counted.reporters[in_reach], last - counted.week[in_reach]
    seen = np.unique(combination * (longest + 1) + back)
    for source in range(sources):
        own = seen[counted.has_source[seen // (longest + 1), source]]
        active[source, own % (longest + 1)] = True
    begun = np.where(active.any(axis=1), longest - np.argmax(active[:, ::-1], axis=1), -1)
    # a source that reports in so great a share of the weeks is not silent longer by chance
    share = np.clip(active.sum(axis=1) / np.maximum(begun + 1, 1), 0.01, 0.999)
    longest_silence = np.log(_BY_CHANCE) / np.log(1 - share)
    recent = in_reach & (counted.week > last - _RECENT)
    weight = np.bincount(
        counted.reporters[recent], counted.number[recent], minlength=len(counted.has_source)
    )
    found = []
    for period in [available, *(each for each in _PERIODS if each < available)]:
        # whole quarters back from the judged week; a rest shorter than one joins the earliest
        edges = range(0, max(period + 1 - _QUARTER, 0) + 1, _QUARTER)
        ends = [*list(edges)[1:], period + 1]
        regular = np.array(
            [active[:, a:b].any(axis=1) for a, b in zip(edges, ends, strict=True)]
        ).all(axis=0)
        regular &= begun >= period - longest_silence
        inside = counted.has_source[:, regular].any(axis=1)
        coverage = float(weight[inside].sum() / weight.sum()) if weight.sum() > 0 else 0.0
        found.append((period, regular, coverage))
    chosen = next(
        (each for each in found if each[0] >= _LONG_ENOUGH and each[2] >= _FULL_COVERAGE),
        next(
            (each for each in found if each[2] >= _LEAST_COVERAGE),
            max(found, key=lambda each: (each[2], each[0])),
        ),
    )
    period, regular, coverage = chosen
    names = np.array(counted.source_ids)
    reported = active[:, : period + 1].any(axis=1)
    return Panel(
        source_ids=tuple(str(name) for name in names[regular]),
        others=tuple(str(name) for name in names[~regular & reported]),
        period_weeks=period,
        coverage=coverage,
    )


def _completeness(
    counted: CountedOccurrences, chosen: NDArray[np.bool_], *, last: int, age: float
) -> float | None:
    """Give the share of what is known of settled weeks that was known at this age."""
    back = last - counted.week
    settled = chosen & ~counted.is_backfilled
    settled &= (back > _SETTLED_AFTER) & (back <= _SETTLED_AFTER + _SETTLING_WEEKS)
    settled &= counted.days_after <= age + 7.0 * _SETTLED_AFTER
    total = counted.number[settled].sum()
    if total < _FEWEST_FOR_COMPLETENESS:
        return None
    known = counted.number[settled & (counted.days_after <= age)].sum()
    return float(np.clip(known / total, 0, 1))


def _exposure(
    counted: CountedOccurrences,
    chosen: NDArray[np.bool_],
    *,
    first: int,
    last: int,
    share: float | None,
) -> NDArray[np.float64]:
    """Give how complete each week's counts are against the judged week's.

    A week that came with a source's history is complete; the others are as incomplete as the
    judged week, which is what makes them comparable.
    """
    weeks = last - first + 1
    at = counted.week[chosen] - first
    total = np.bincount(at, counted.number[chosen], minlength=weeks)
    backfilled = np.bincount(
        at, counted.number[chosen] * counted.is_backfilled[chosen], minlength=weeks
    )
    if share is None or share <= 0:
        return np.ones(weeks)
    complete = np.divide(backfilled, total, out=np.zeros(weeks), where=total > 0)
    complete = np.clip(complete, 0, 1)
    # of what is complete, only the share would have been known at this age
    return np.asarray(1 / (complete * share + (1 - complete)))


def _sources(counted: CountedOccurrences, this_week: NDArray[np.bool_]) -> pd.DataFrame:
    """Count the judged week's occurrences by district, category and source."""
    frame = pd.DataFrame(
        {
            "district_id": np.array(counted.district_ids, dtype=object)[
                counted.district[this_week]
            ],
            "category_code": np.array(counted.category_codes, dtype=object)[
                counted.category[this_week]
            ],
            "reporters": counted.reporters[this_week],
            "occurrence_count": counted.number[this_week],
        }
    )
    pairs = np.argwhere(counted.has_source)
    sources = pd.DataFrame(
        {
            "reporters": pairs[:, 0],
            "source_id": np.array(counted.source_ids, dtype=object)[pairs[:, 1]]
            if len(pairs)
            else np.empty(0, dtype=object),
        }
    )
    keys = ["district_id", "category_code", "source_id"]
    return (
        frame.merge(sources, on="reporters", validate="m:m")
        .groupby(keys, sort=True)["occurrence_count"]
        .sum()
        .reset_index()
    )

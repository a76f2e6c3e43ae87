"""How well a ranking of places foretells where the next week's incidents are.

Hit rate and predictive accuracy index (Chainey, Tompson & Uhlig 2008) and predictive efficiency
index (Hunt 2016) for an area budget that is fixed beforehand. Where places are ranked equal, the
hits among them are shared out: what a draw by lot would give on average, the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from est_pipeline.analysis.hexagons import touching, width_m
from est_pipeline.analysis.place_scores import LONGEST_WEEKS, fading_weight, score_cells
from est_pipeline.analysis.places import YEAR_WEEKS, cells_of, choose_rows
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from scipy.sparse import csr_array

BUDGETS = (0.01, 0.02, 0.05)
"""Shares of the area that somebody may be sent to, fixed beforehand."""
OWN_RULE = "recency_weighted"
"""The rule by which `rank_places` ranks."""
BACKTEST_RULES = (OWN_RULE, "last_week", "last_year", "all_so_far", "kernel_density", "random")
MADE_WITHIN = timedelta(days=1)
"""A week's picture is made within a day after its end, when the weekly files have come."""
KERNEL_BANDWIDTH_M = 500.0
"""Bandwidth of the quartic kernel that ours is held against, a usual choice in a town."""

_COLUMNS = (
    *("iso_week", "rule", "budget", "cell_count", "area_share"),
    *("incident_count", "outside_count", "hit_count", "best_hit_count"),
)


def prediction_accuracy(
    observed: Sequence[float] | np.ndarray, predicted: Sequence[float] | np.ndarray
) -> pd.DataFrame:
    """Score a ranking of cells of equal area, for each number of cells taken.

    Args:
        observed: incidents of each cell in the time foretold.
        predicted: what was expected of each cell before.

    Returns:
        One row a number of cells taken, highest prediction first: `cell_count`, `area_share`,
        `hit_count`, `hit_rate`, `pai` (hit rate through area share) and `pei` (hits through the
        most that so many cells could have hit); the last three missing where nothing happened.
    """
    happened = np.clip(np.asarray(observed, dtype="float64"), 0, None)
    expected = np.asarray(predicted, dtype="float64")
    if happened.shape != expected.shape or happened.ndim != 1:
        raise ValueError("one observed and one predicted number a cell")
    order = np.argsort(-expected, kind="stable")
    _, tie, size = np.unique(-expected[order], return_inverse=True, return_counts=True)
    mean = np.bincount(tie, weights=happened[order], minlength=len(size)) / size
    hits = np.cumsum(mean[tie])
    best = np.cumsum(np.sort(happened)[::-1])
    cell_count = np.arange(1, len(happened) + 1)
    area_share = cell_count / max(len(happened), 1)
    hit_rate = hits / (happened.sum() or np.nan)
    return pd.DataFrame(
        {
            "cell_count": cell_count,
            "area_share": area_share,
            "hit_count": hits,
            "hit_rate": hit_rate,
            "pai": hit_rate / area_share,
            "pei": hits / np.where(best > 0, best, np.nan),
        }
    )


def backtest_places(
    occurrences: pd.DataFrame,
    *,
    first_week: IsoWeek,
    last_week: IsoWeek,
    zone: ZoneInfo,
    area_cells: Sequence[str],
    budgets: Sequence[float] = BUDGETS,
    made_within: timedelta = MADE_WITHIN,
    kind: Kind = Kind.INCIDENT,
    on_progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Rank the cells of an area week after week with what was known then, and score each rule.

    Each week is foretold at the end of the week before (and `made_within` after it), from the
    incidents that had happened and were known by then; it is scored by the incidents that are
    known of it today. What a source delivered with its first file is its history and counts as
    known in time (`known_in_time`). Only incidents with a point that is known at least as well
    as a cell is wide take part; where several rows net each other off, what is left counts.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`, with the history before `first_week`.
        first_week: first week to foretell.
        last_week: last one, included.
        zone: the workspace's time zone, in which a week ends.
        area_cells: the hexagons of the area (`hexagons.cover_area`), all of one resolution.
        budgets: shares of the area; never more cells than that are taken, but at least one.
        made_within: how long after a week's end its picture is made.
        kind: incidents, or environment cases; never both.
        on_progress: called with the weeks done and all weeks.

    Returns:
        One row a week foretold, rule and budget: `iso_week`, `rule` (`BACKTEST_RULES`), `budget`,
        `cell_count` (taken), `area_share` (what they are of the area), `incident_count` (in the
        area that week), `outside_count` (the other incidents of the week: outside, without a
        point, too vaguely placed), `hit_count` (of `incident_count`, in the cells taken) and
        `best_hit_count` (the most that so many cells could have hit). Weeks with nothing known
        before them are left out.
    """
    cells = tuple(dict.fromkeys(area_cells))
    rows = choose_rows(occurrences, kind=kind, last_week=last_week)
    if rows.empty or not cells:
        return pd.DataFrame(columns=list(_COLUMNS))
    earliest = int(rows["week_ordinal"].min())
    history = _History(
        cell=_cell_numbers(rows, cells),
        week=rows["week_ordinal"].to_numpy() - earliest,
        known_in=_known_in(rows, earliest=earliest, zone=zone, made_within=made_within),
        count=rows["occurrence_count"].to_numpy(dtype="float64"),
        cell_count=len(cells),
        week_count=last_week.ordinal - earliest + 1,
    )
    neighbours = touching(cells)
    reach = _kernel_weight(width_m(cells[0]))
    taken = [(share, max(int(share * len(cells) + 1e-9), 1)) for share in budgets]
    begins = max(first_week.ordinal - earliest, 1)
    found = []
    for target, known in enumerate(history.known_at_ends(), start=1):
        if target < begins or not known.long_run.any():
            continue
        iso_week = str(IsoWeek.of_ordinal(earliest + target))
        happened, outside = history.happened(target)
        whole, ordered = happened.sum(), np.sort(happened)[::-1].cumsum()
        scores = _scores(known, neighbours=neighbours, reach=reach, week_count=target)
        found += [
            (
                *(iso_week, rule, share, size, size / len(cells), whole, outside),
                *(_hits_within(score, happened, size), ordered[size - 1]),
            )
            for rule, score in scores.items()
            for share, size in taken
        ]
        if on_progress:
            on_progress(target - begins + 1, history.week_count - begins)
    return pd.DataFrame(found, columns=list(_COLUMNS))


def summarise_places(
    frame: pd.DataFrame, *, replicates: int = 1999, block_weeks: int = 4, seed: int = 1
) -> pd.DataFrame:
    """Put the rules side by side over all weeks of a backtest, with 95 % intervals.

    The intervals come from a circular block bootstrap over weeks (Politis & Romano 1992), the
    same weeks drawn for every rule, so that differences are paired.

    Args:
        frame: as `backtest_places` gives it.
        replicates: bootstrap replicates.
        block_weeks: weeks in a row that are drawn together.
        seed: of the draws.

    Returns:
        One row a budget and rule: `budget`, `rule`, `week_count`, `incident_count`, `hit_count`,
        `area_share`, then `hit_rate`, `pai` and `pei`, each with `_low` and `_high`, and
        `gain`, `gain_low`, `gain_high`: the hit rate of our own rule less this one's. All of
        them are missing where no incident happened.
    """
    weeks = frame["iso_week"].nunique()
    drawn = _weeks_drawn(weeks, replicates=replicates, block_weeks=block_weeks, seed=seed)
    summaries = []
    for budget, part in frame.groupby("budget", sort=True):
        table = part.pivot(index="iso_week", columns="rule").sort_index()
        hits = table["hit_count"]
        rules = [rule for rule in BACKTEST_RULES if rule in hits.columns]
        happened = table["incident_count"][rules[0]].to_numpy(dtype="float64")
        best = table["best_hit_count"][rules[0]].to_numpy(dtype="float64")
        share = float(part["area_share"].iloc[0])
        own = hits[OWN_RULE].to_numpy(dtype="float64")
        for rule in rules:
            of_rule = hits[rule].to_numpy(dtype="float64")
            summaries.append(
                {
                    "budget": budget,
                    "rule": rule,
                    "week_count": weeks,
                    "incident_count": happened.sum(),
                    "hit_count": of_rule.sum(),
                    "area_share": share,
                    **_interval("hit_rate", of_rule, happened, drawn),
                    **_interval("pai", of_rule, happened * share, drawn),
                    **_interval("pei", of_rule, best, drawn),
                    **_interval("gain", own - of_rule, happened, drawn),
                }
            )
    return pd.DataFrame(summaries)


def known_in_time(
    occurrences: pd.DataFrame, *, zone: ZoneInfo, made_within: timedelta = MADE_WITHIN
) -> pd.Series:
    """Give when each occurrence counts as known: its history came at once with the first file.

    Where a source had been reporting elsewhere and handed over years in one go, `known_at` says
    when the handing over was, not when the municipality would have known. What came within a day
    of the first that is known from any of its sources counts as known when its week had ended.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`.
        zone: the workspace's time zone.
        made_within: how long after a week's end its picture is made.

    Returns:
        Aware moments in UTC, on the index of `occurrences`.
    """
    known_at = occurrences["known_at"].dt.tz_convert("UTC").dt.as_unit("us")
    exploded = occurrences["source_ids"].explode()
    at = known_at.reindex(exploded.index)
    first_of_source = at.groupby(exploded.to_numpy()).transform("min")
    first = first_of_source.groupby(level=0).max().reindex(occurrences.index)
    ends = {
        week: (IsoWeek.parse(week).end(zone) + made_within).astimezone(UTC)
        for week in occurrences["iso_week"].unique()
    }
    week_end = pd.to_datetime(occurrences["iso_week"].map(ends), utc=True).dt.as_unit("us")
    is_history = known_at <= first + timedelta(days=1)
    earlier = known_at.where(known_at < week_end, week_end)
    counts_from: pd.Series = known_at.mask(is_history, earlier)
    return counts_from


# --- one week after another -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Known:
    """What was known of each cell at the end of a week."""

    long_run: np.ndarray
    faded: np.ndarray
    last_year: np.ndarray
    last_week: np.ndarray


@dataclass(frozen=True)
class _History:
    """The rows of a backtest as numbers: cell (-1 outside), week, week in which it is known."""

    cell: np.ndarray
    week: np.ndarray
    known_in: np.ndarray
    count: np.ndarray
    cell_count: int
    week_count: int

    def happened(self, week: int) -> tuple[np.ndarray, float]:
        """Give a week's incidents of each cell as known today, and those in none of them."""
        is_then = self.week == week
        is_inside = is_then & (self.cell >= 0)
        counts = self._by_cell(is_inside, self.count)
        elsewhere = self.count[is_then & (self.cell < 0)].sum()
        return np.clip(counts, 0, None), max(float(elsewhere), 0.0)

    def known_at_ends(self) -> Iterator[_Known]:
        """Give what was known at the end of each week but the last, from the first week on."""
        long_run, faded, last_year = np.zeros((3, self.cell_count))
        inside = self.cell >= 0
        # within a loop over weeks, each change is found by its week
        comes = _by_week(np.where(inside, self.known_in, -1))
        leaves_year = _by_week(self._leaving(YEAR_WEEKS))
        leaves_long = _by_week(self._leaving(LONGEST_WEEKS))
        fade = float(fading_weight(1))
        for week in range(self.week_count - 1):
            new = comes.get(week, _NONE)
            late = week - self.week[new]
            long_run += self._by_cell(new[late < LONGEST_WEEKS], self.count)
            long_run -= self._by_cell(leaves_long.get(week, _NONE), self.count)
            last_year += self._by_cell(new[late < YEAR_WEEKS], self.count)
            last_year -= self._by_cell(leaves_year.get(week, _NONE), self.count)
            faded = faded * fade + np.bincount(
                self.cell[new],
                weights=self.count[new] * fading_weight(late),
                minlength=self.cell_count,
            )
            yield _Known(
                long_run=np.clip(long_run, 0, None),
                faded=faded,
                last_year=np.clip(last_year, 0, None),
                last_week=np.clip(self._by_cell(new[late == 0], self.count), 0, None),
            )

    def _leaving(self, window: int) -> np.ndarray:
        """Give the week in which each row leaves a window of so many weeks; -1 for never in it."""
        is_in = (self.cell >= 0) & (self.known_in < self.week + window)
        return np.where(is_in, self.week + window, -1)

    def _by_cell(self, chosen: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.bincount(self.cell[chosen], weights=weights[chosen], minlength=self.cell_count)


_NONE = np.zeros(0, dtype=np.int64)


def _by_week(weeks: np.ndarray) -> dict[int, np.ndarray]:
    """Give the positions of the rows of each week; what has a week below 0 is left out."""
    order = np.argsort(weeks, kind="stable")
    order = order[weeks[order] >= 0]
    starts = np.flatnonzero(np.diff(weeks[order], prepend=-1))
    return {int(weeks[part[0]]): part for part in np.split(order, starts)[1:]}


def _scores(
    known: _Known, *, neighbours: csr_array, reach: float, week_count: int
) -> dict[str, np.ndarray | None]:
    """Give each rule's score of the cells; None where the rule is the lot."""
    counted_weeks = min(week_count, LONGEST_WEEKS)
    scores = {
        OWN_RULE: score_cells(
            known.long_run, known.faded, neighbours=neighbours, week_count=counted_weeks
        ),
        "last_week": known.last_week,
        "last_year": known.last_year,
        "all_so_far": known.long_run,
        "kernel_density": known.long_run + reach * (neighbours @ known.long_run),
        "random": None,
    }
    return {rule: scores[rule] for rule in BACKTEST_RULES}


def _kernel_weight(distance_m: float) -> float:
    """Give a neighbour's weight in a quartic kernel, the middle having 1."""
    return max(1 - (distance_m / KERNEL_BANDWIDTH_M) ** 2, 0.0) ** 2


def _hits_within(score: np.ndarray | None, happened: np.ndarray, size: int) -> float:
    """Give the incidents in the so many highest cells; equal ones share the last ranks."""
    if score is None:
        return float(happened.sum()) * size / len(happened)
    lowest = np.partition(score, len(score) - size)[len(score) - size]
    above, level = score > lowest, score == lowest
    left = size - above.sum()
    return float(happened[above].sum() + happened[level].sum() * left / level.sum())


def _cell_numbers(rows: pd.DataFrame, cells: Sequence[str]) -> np.ndarray:
    """Give the number of each row's cell among those of the area, -1 for outside."""
    import h3

    resolution = h3.get_resolution(cells[0])
    found = cells_of(rows, resolution=resolution)
    return pd.Index(cells).get_indexer(pd.Index(found))


def _known_in(
    rows: pd.DataFrame, *, earliest: int, zone: ZoneInfo, made_within: timedelta
) -> np.ndarray:
    """Give the first week, from `earliest` on, at whose end each row had happened and was known."""
    weeks = rows["week_ordinal"].to_numpy()
    made_at = pd.DatetimeIndex(
        [
            (IsoWeek.of_ordinal(week).end(zone) + made_within).astimezone(UTC)
            for week in range(earliest, int(weeks.max()) + 1)
        ]
    )
    known_at = known_in_time(rows, zone=zone, made_within=made_within)
    place = np.searchsorted(made_at.as_unit("us").asi8, known_at.astype("int64").to_numpy())
    known_in: np.ndarray = np.maximum(place, weeks - earliest)
    return known_in


def _weeks_drawn(weeks: int, *, replicates: int, block_weeks: int, seed: int) -> np.ndarray:
    """Give how often each replicate draws each week: blocks of weeks in a row, round the end."""
    length = min(block_weeks, max(weeks, 1))
    blocks = -(-weeks // length)
    random = np.random.default_rng(seed)
    starts = random.integers(max(weeks, 1), size=(replicates, blocks, 1))
    chosen = ((starts + np.arange(length)) % max(weeks, 1)).reshape(replicates, -1)[:, :weeks]
    flat = chosen + weeks * np.arange(replicates)[:, None]
    drawn: np.ndarray = np.bincount(flat.ravel(), minlength=weeks * replicates)
    return drawn.reshape(replicates, weeks)


def _interval(
    name: str, above: np.ndarray, below: np.ndarray, drawn: np.ndarray
) -> dict[str, float]:
    """Give a ratio of sums over weeks and its 95 % bootstrap interval."""
    if not below.sum():
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), np.nan)
    sums = drawn @ below
    ratios = (drawn @ above)[sums > 0] / sums[sums > 0]
    low, high = np.quantile(ratios, [0.025, 0.975])
    return {name: above.sum() / below.sum(), f"{name}_low": low, f"{name}_high": high}

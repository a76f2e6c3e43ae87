"""Judging the weeks of a history again: each with what was known then, on several processors.

This is the only module of the backtest that knows how a week is judged.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from est_pipeline.analysis.calibration import RiseSize, draw_added, read_rises
from est_pipeline.analysis.history import (
    LONGEST_PERIOD,
    CountedOccurrences,
    History,
    index_occurrences,
    weekly_history,
)
from est_pipeline.analysis.signals import FEWEST_WEEKS, judge_week
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek

FEWEST_WEEKS_BEFORE = FEWEST_WEEKS
"""A week with a shorter history is not judged."""

_KEPT_COLUMNS = [
    *("level", "district_id", "category_code", "count", "expected", "p_high"),
    *("pit_below", "pit_upto", "verdict", "is_slow_rise", "history_weeks"),
]
_MOST_PROCESSES = 8
_FEWEST_TASKS_A_PROCESS = 20
"""A process takes a second or two to start: less work than this is done where it is."""


@dataclass(frozen=True)
class Bench:
    """What every week of one kind is judged with.

    Attributes:
        kind: incidents or environment cases.
        counted: all occurrences of the kind.
        calendar: holidays, breaks and other days of the whole history.
        steps: dated steps.
        neighbours: pairs of districts beside one another.
        age: how long after its end each week is judged.
    """

    kind: Kind
    counted: CountedOccurrences
    calendar: pd.DataFrame
    steps: pd.DataFrame | None
    neighbours: tuple[tuple[str, str], ...]
    age: timedelta

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone."""
        return self.counted.zone


def make_bench(
    occurrences: pd.DataFrame,
    *,
    kind: Kind,
    zone: ZoneInfo,
    district_ids: Sequence[str],
    category_codes: Sequence[str],
    calendar: pd.DataFrame,
    steps: pd.DataFrame | None = None,
    neighbours: Sequence[tuple[str, str]] = (),
    age: timedelta,
) -> tuple[Bench, float]:
    """Make the occurrences of one kind ready, and tell which share came with its source's history.

    Nobody knows when those would have been known, had the source reported at the time; they count
    as known when their week ended. (Only here: a week judged for the page knows when they came.)
    """
    counted = index_occurrences(
        occurrences,
        kind=kind,
        zone=zone,
        district_ids=district_ids,
        category_codes=category_codes,
    )
    days_after = np.where(
        counted.is_backfilled, np.minimum(counted.days_after, 0.0), counted.days_after
    )
    backfilled = float(counted.is_backfilled.mean()) if len(counted.is_backfilled) else 0.0
    bench = Bench(
        kind=kind,
        counted=replace(counted, days_after=days_after),
        calendar=calendar,
        steps=steps,
        neighbours=tuple(neighbours),
        age=age,
    )
    return bench, backfilled


def history_then(bench: Bench, week: IsoWeek) -> History:
    """Give the history of a week as it was known when the week was judged."""
    as_of: datetime = week.end(bench.zone) + bench.age
    return weekly_history(bench.counted, week=week, as_of=as_of)


def judge(bench: Bench, history: History) -> tuple[pd.DataFrame, bool]:
    """Judge the week that a history ends with: its comparisons, and whether every fit was found."""
    first_on = history.week.plus(-LONGEST_PERIOD - 1).monday
    calendar = bench.calendar
    calendar = calendar[(calendar["last_on"] >= first_on)]
    judgement = judge_week(
        history, calendar=calendar, steps=bench.steps, neighbours=bench.neighbours
    )
    frame = judgement.comparisons[_KEPT_COLUMNS].assign(iso_week=str(history.week))
    return frame, judgement.has_converged


def judge_as_then(bench: Bench, week: IsoWeek) -> tuple[pd.DataFrame, bool]:
    """Judge a week with what was known then: one row a comparison."""
    history = history_then(bench, week)
    if len(history.weeks) - 1 < FEWEST_WEEKS_BEFORE:
        return pd.DataFrame(columns=[*_KEPT_COLUMNS, "iso_week"]), True
    return judge(bench, history)


def judge_planted(bench: Bench, *, site: dict[str, Any], size: RiseSize, seed: int) -> pd.DataFrame:
    """Plant a rise and judge its weeks one by one, until it is found.

    In each week the rise so far stands in the history, as it would have. A shorter rise is the
    beginning of a longer one, so only the longest is planted.

    Args:
        bench: what is judged.
        site: a row of `calibration.choose_rise_sites`.
        size: how much is added.
        seed: of what is added.

    Returns:
        One row a week, as `calibration.measure_detection` reads it.
    """
    first = IsoWeek.parse(str(site["first_week"]))
    cell = (str(site["district_id"]), str(site["category_code"]))
    added = draw_added(int(site["site_number"]), size, float(site["expected"]), seed=seed)
    found: list[pd.DataFrame] = []
    for number in range(1, len(added) + 1):
        history = history_then(bench, first.plus(number - 1))
        frame, _ = judge(bench, _plant(history, cell, first, added[:number]))
        frame = frame.assign(size_code=size.code)
        found.append(read_rises(frame, site=site, week_of_rise=number))
        if found[-1]["is_clear"].any():
            break
    return pd.concat(found, ignore_index=True)


def _plant(
    history: History, cell: tuple[str, str], first: IsoWeek, added: NDArray[np.int64]
) -> History:
    counts = history.counts.to_numpy(copy=True)
    row = history.counts.index.get_loc(cell)
    for number, extra in enumerate(added):
        week = str(first.plus(number))
        if week in history.counts.columns:
            counts[row, history.counts.columns.get_loc(week)] += extra
    planted = pd.DataFrame(counts, index=history.counts.index, columns=history.counts.columns)
    return replace(history, counts=planted)


# --- several processors ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """A piece of work: a function that is given the bench of a kind, and the rest by name."""

    kind: Kind
    function: Callable[..., Any]
    arguments: dict[str, Any]


Work = Callable[[Sequence[Task]], Iterator[Any]]
"""Does tasks and hands over their results in the tasks' own order."""

_benches: dict[Kind, Bench] = {}
"""What a process of its own has been given; empty in the process that leads."""


def _take_benches(benches: Sequence[Bench]) -> None:
    _benches.update({bench.kind: bench for bench in benches})


def _do(task: Task) -> Any:
    return task.function(_benches[task.kind], **task.arguments)


@contextmanager
def workers(benches: Sequence[Bench], *, task_count: int) -> Iterator[Work]:
    """Give what does tasks; the results do not depend on how many processes share them."""
    processes = min(
        os.cpu_count() or 1, _MOST_PROCESSES, max(task_count // _FEWEST_TASKS_A_PROCESS, 1)
    )
    if processes == 1:
        at_hand = {bench.kind: bench for bench in benches}
        yield lambda tasks: (each.function(at_hand[each.kind], **each.arguments) for each in tasks)
        return
    # spawn is what Windows has, and what is safe beside the threads of the numeric libraries
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_take_benches,
        initargs=(tuple(benches),),
    )
    try:
        yield lambda tasks: pool.map(_do, tasks)
    finally:
        pool.shutdown(cancel_futures=True)

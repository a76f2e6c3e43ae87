"""Judging the weeks of a history again: each with what was known then, on several processors.

This is the only module of the backtest that knows how a week is judged.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from est_pipeline.analysis.calibration import RiseSize, draw_added, read_rises
from est_pipeline.analysis.history import (
    CountedOccurrences,
    History,
    weekly_history,
)
from est_pipeline.analysis.signals import FEWEST_WEEKS, judge_week
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.judging import Rules

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
    """What every week of one kind is judged with: all its occurrences, and the workspace's rules.

    Each week is judged `age` after its end.
    """

    kind: Kind
    counted: CountedOccurrences
    rules: Rules
    age: timedelta


def make_bench(
    counted: CountedOccurrences, *, kind: Kind, rules: Rules, age: timedelta
) -> tuple[Bench, float]:
    """Make one kind ready, and tell which share of it came with its source's history.

    Nobody knows when those would have been known, had the source reported at the time; they count
    as known when their week ended. (Only here: a week judged for the page knows when they came.)
    """
    # how much earlier each is taken to have been known: at the end of its week, if it came later
    earlier = np.where(counted.is_backfilled, np.maximum(counted.days_after, 0.0), 0.0)
    as_if = replace(
        counted,
        known_at=counted.known_at - np.rint(earlier * 86_400).astype("timedelta64[s]"),
        days_after=counted.days_after - earlier,
    )
    backfilled = float(counted.is_backfilled.mean()) if len(counted.is_backfilled) else 0.0
    return Bench(kind, as_if, rules, age), backfilled


def history_then(bench: Bench, week: IsoWeek) -> History:
    """Give the history of a week as it was known when the week was judged."""
    as_of: datetime = week.end(bench.counted.zone) + bench.age
    return weekly_history(bench.counted, week=week, as_of=as_of)


def judge(bench: Bench, history: History) -> tuple[pd.DataFrame, bool]:
    """Judge the week that a history ends with: its comparisons, and whether every fit was found."""
    rules = bench.rules
    # nobody knows of which source's silence a week long past was warned
    judgement = judge_week(
        history,
        calendar=rules.calendar,
        steps=rules.steps,
        neighbours=rules.neighbours,
        false_discovery_rate=rules.false_discovery_rate,
        with_bands=False,
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
    threading.Thread(target=_leave_with_leader, daemon=True).start()


def _leave_with_leader() -> None:
    """End this process when the one that leads is gone, however it ended."""
    leader = multiprocessing.parent_process()
    if leader is not None:
        leader.join()
        os._exit(1)


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

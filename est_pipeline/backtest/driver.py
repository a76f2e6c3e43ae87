"""`est backtest`: the weeks of a workspace's own history judged again, and what came of it.

The store is read once and given back before the long work begins, so that a run need not wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from est_pipeline.analysis import calibration
from est_pipeline.analysis.hexagons import cover_area
from est_pipeline.analysis.prediction_accuracy import backtest_places, summarise_places
from est_pipeline.backtest.assembly import build_content, measure_kind
from est_pipeline.backtest.content import KindResult, render_json
from est_pipeline.backtest.judging import (
    FEWEST_WEEKS_BEFORE,
    Bench,
    Task,
    Work,
    judge_as_then,
    judge_planted,
    make_bench,
    workers,
)
from est_pipeline.backtest.page import render_page
from est_pipeline.backtest.wording import answer
from est_pipeline.config import WEEKDAYS, Configuration
from est_pipeline.deliveries import read_reference
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek, last_full_week, week_range
from est_pipeline.errors import WeekError
from est_pipeline.ingest.files import write_atomically
from est_pipeline.ingest.intake import Reference
from est_pipeline.judging import JUDGED_KINDS, Rules, index_kind, read_rules
from est_pipeline.pipeline import open_store

Progress = Callable[[int, int], None] | None

SEED = 2023_196
"""Of everything that is drawn; the same input gives the same report."""
SITES = 40
"""Cells and weeks of the history in which rises of each size are planted."""
_EARLIEST_WEEK = "0001-W01"


@dataclass(frozen=True)
class BacktestDone:
    """What a backtest came to: the report, and its first sentences."""

    page: Path
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    """What was read from the workspace, once."""

    occurrences: pd.DataFrame
    reference: Reference
    rules: Rules
    rebuildable_from: IsoWeek | None


def run_backtest(
    configuration: Configuration,
    *,
    as_of: datetime,
    first: IsoWeek | None = None,
    last: IsoWeek | None = None,
    week_count: int | None = None,
    on_progress: Progress = None,
) -> BacktestDone:
    """Judge the weeks of the history again and write the report.

    Args:
        configuration: the workspace.
        as_of: only what was known then takes part.
        first: the first week to judge; the first that can be judged where missing or earlier.
        last: the last week to judge; the last full one where missing.
        week_count: so many weeks up to the last one; not together with `first`.
        on_progress: told how much of how much is done.

    Raises:
        WeekError: the weeks asked for do not exist, or have not ended.
    """
    last = _checked_last(last, as_of=as_of, configuration=configuration)
    if week_count is not None:
        first = last.plus(1 - week_count)
    if first is not None and first > last:
        raise WeekError(
            f"Första veckan {first} ligger efter den sista, {last}.",
            advice="Byt plats på dem, eller utelämna den ena.",
        )
    known = _read_known(configuration, last=last, as_of=as_of)
    benches, backfilled_share = _make_benches(known, configuration)
    weeks = {bench.kind: _judgeable(bench, known, first=first, last=last) for bench in benches}
    meter = _Meter(on_progress, benches, weeks)
    with workers(benches, task_count=meter.total) as work:
        results = tuple(
            _test_kind(bench, weeks[bench.kind], work=work, meter=meter)
            for bench in benches
            if weeks[bench.kind]
        )
    tested = sorted(set(chain.from_iterable(weeks.values())))
    rankings = _rank_places(
        known, weeks.get(Kind.INCIDENT, []), configuration=configuration, meter=meter
    )
    content = build_content(
        configuration=configuration,
        as_of=as_of,
        last=last,
        tested=tested,
        history_from=min(filter(None, (b.counted.first_week for b in benches)), default=None),
        backfilled_share=backfilled_share,
        seed=SEED,
        kinds=results,
        rankings=rankings,
        program_version=version("est-pipeline"),
    )
    folder = configuration.paths.reports / "backtest" / str(last)
    write_atomically(folder / "backtest.json", render_json(content).encode())
    page = write_atomically(folder / "backtest.html", render_page(content).encode())
    meter.finish()
    return BacktestDone(page, tuple(f"{point.lead} {point.text}" for point in answer(content)))


def _checked_last(
    last: IsoWeek | None, *, as_of: datetime, configuration: Configuration
) -> IsoWeek:
    full = last_full_week(as_of, configuration.zone)
    if last is not None and last > full:
        raise WeekError(f"Vecka {last} är inte slut än.", advice=f"Senaste hela veckan är {full}.")
    return last or full


def _read_known(configuration: Configuration, *, last: IsoWeek, as_of: datetime) -> _Known:
    reference = read_reference(configuration)
    with open_store(configuration) as warehouse:
        occurrences = warehouse.occurrences(
            as_of=as_of,
            first_week=_EARLIEST_WEEK,
            last_week=str(last),
            coarse=configuration.coarse_rule,
        )
        weeded_before = warehouse.weeded_before_week()
    earliest = str(occurrences["iso_week"].min()) if len(occurrences) else str(last)
    rules = read_rules(configuration, reference.districts, first=IsoWeek.parse(earliest), last=last)
    rebuildable_from = IsoWeek.parse(weeded_before) if weeded_before else None
    return _Known(occurrences, reference, rules, rebuildable_from)


def _make_benches(known: _Known, configuration: Configuration) -> tuple[list[Bench], float]:
    """Give a bench for each kind that there is something of, and the share of old history."""
    made = [
        make_bench(
            index_kind(
                known.occurrences,
                kind=kind,
                configuration=configuration,
                districts=known.reference.districts,
            ),
            kind=kind,
            rules=known.rules,
            age=_meeting_age(configuration),
        )
        for kind in JUDGED_KINDS
        if (known.occurrences["kind"] == kind.value).any()
    ]
    total = sum(len(bench.counted.week) for bench, _ in made)
    backfilled = sum(len(bench.counted.week) * share for bench, share in made)
    return [bench for bench, _ in made], backfilled / total if total else 0.0


def _meeting_age(configuration: Configuration) -> timedelta:
    """Give how long after its end a week is judged: when its reports should be in."""
    meeting = configuration.settings.meeting
    deadline = timedelta(hours=meeting.deadline.hour, minutes=meeting.deadline.minute)
    return timedelta(days=WEEKDAYS.index(meeting.weekday)) + deadline


def _judgeable(
    bench: Bench, known: _Known, *, first: IsoWeek | None, last: IsoWeek
) -> list[IsoWeek]:
    """Give the weeks that have enough history before them, within those asked for."""
    history_from = bench.counted.first_week
    if history_from is None:
        return []
    if known.rebuildable_from:
        history_from = max(history_from, known.rebuildable_from)
    earliest = history_from.plus(FEWEST_WEEKS_BEFORE)
    return week_range(max(first, earliest) if first else earliest, last)


class _Meter:
    """Tells how much of how much is done; a judged week is the unit."""

    def __init__(
        self, on_progress: Progress, benches: Sequence[Bench], weeks: dict[Kind, list[IsoWeek]]
    ) -> None:
        self._tell = on_progress
        self._done = 0
        planted = SITES * max(calibration.RISE_LENGTHS) * len(calibration.RISE_SIZES)
        judged = [len(weeks[bench.kind]) for bench in benches]
        ranked = len(weeks.get(Kind.INCIDENT, []))
        self.total = sum(count + planted for count in judged if count) + ranked

    def add(self, amount: int = 1) -> None:
        self._done = min(self._done + amount, self.total)
        if self._tell and self._done < self.total:
            self._tell(self._done, self.total)

    def finish(self) -> None:
        if self._tell:
            self._tell(self.total, self.total)


def _test_kind(bench: Bench, weeks: Sequence[IsoWeek], *, work: Work, meter: _Meter) -> KindResult:
    """Judge the weeks of one kind as then, plant rises, and measure both."""
    judged, unconverged = [], 0
    tasks = [Task(bench.kind, judge_as_then, {"week": week}) for week in weeks]
    for frame, has_converged in work(tasks):
        judged.append(frame)
        unconverged += not has_converged
        meter.add()
    comparisons = pd.concat(judged, ignore_index=True)
    sites = calibration.choose_rise_sites(comparisons, seed=SEED, sites=SITES)
    rises = _plant_rises(bench, comparisons, sites, work=work, meter=meter)
    return measure_kind(
        comparisons,
        rises,
        kind=bench.kind,
        occurrence_count=int(bench.counted.number.sum()),
        unconverged_count=unconverged,
        seed=SEED,
    )


def _plant_rises(
    bench: Bench,
    comparisons: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    work: Work,
    meter: _Meter,
) -> pd.DataFrame:
    """Judge every week of every planted rise, and the same weeks without."""
    if sites.empty:
        return calibration.no_rises()
    records: list[dict[str, Any]] = [
        {str(key): value for key, value in site.items()} for site in sites.to_dict("records")
    ]
    tasks = [
        Task(bench.kind, judge_planted, {"site": site, "size": size, "seed": SEED})
        for site in records
        for size in calibration.RISE_SIZES
    ]
    found: list[pd.DataFrame] = []
    for frame in work(tasks):
        found.append(frame)
        meter.add(max(calibration.RISE_LENGTHS))
    unplanted = calibration.read_unplanted(comparisons, sites)
    return pd.concat([*found, unplanted], ignore_index=True)


def _rank_places(
    known: _Known, weeks: Sequence[IsoWeek], *, configuration: Configuration, meter: _Meter
) -> pd.DataFrame | None:
    """Rank the places of each week with what was known then; none where nothing can be scored."""
    if not weeks:
        return None
    scored = backtest_places(
        known.occurrences,
        first_week=weeks[0],
        last_week=weeks[-1],
        zone=configuration.zone,
        area_cells=cover_area(list(known.reference.districts.geometry)),
        made_within=_meeting_age(configuration),
        on_progress=lambda _done, _all: meter.add(),
    )
    if scored.empty:
        return None
    summary = summarise_places(scored, seed=SEED)
    is_scored = summary["hit_rate"].notna()
    return summary[is_scored] if is_scored.any() else None

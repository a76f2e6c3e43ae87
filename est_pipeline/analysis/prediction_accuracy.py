"""How well a ranking of places foretells where the next week's incidents are.

Hit rate and predictive accuracy index (Chainey, Tompson & Uhlig 2008) and predictive efficiency
index (Hunt 2016) for an area budget that is fixed beforehand. Where places are ranked equal, the
hits among them are shared out: what a draw by lot would give on average, the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from est_pipeline.analysis.hexagons import locate_cells, touching, width_m
from est_pipeline.analysis.place_scores import (
    LONGEST_WEEKS,
    blend_rates,
    fading_weight,
    shrink_rates,
)
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

BUDGETS = (0.01, 0.02, 0.05)
"""Shares of the area that somebody may be sent to, fixed beforehand."""
OWN_RULE = "recency_weighted"
"""The rule by which `rank_places` ranks."""
BACKTEST_RULES = (
    OWN_RULE,
    "last_week",
    "last_year",
    "all_so_far",
    "kernel_density",
    "random",
)
MADE_WITHIN = timedelta(days=1)
"""A week's picture is made within a day after its end, when the weekly files have come."""
KERNEL_BANDWIDTH_M = 500.0
YEAR_WEEKS = 52


def prediction_accuracy(
    observed: Sequence[float] | np.ndarray, predicted: Sequence[float] | np.ndarray
) -> pd.DataFrame:
    """Score a ranking of cells of equal area, for each number of cells taken.

    Args:
        observed: incidents of each cell in the time foretold.
        predicted: what was expected of each cell before.

    Returns:
        One row a number of cells taken, highest prediction first: `cell_count`, `area_share`,
        `hit_count`, `hit_rate`, `pai` (hit rate through area share) and `pei` (through the
        best that so many cells could have hit); the last three missing where nothing happened.
    """
    happened = np.clip(np.asarray(observed, dtype="float64"), 0, None)
    expected = np.asarray(predicted, dtype="float64")
    if happened.shape != expected.shape or happened.ndim != 1:
        raise ValueError("one observed and one predicted number a cell")
    cell_count = np.arange(1, len(happened) + 1)
    hits = _hits_by_rank(expected, happened)
    best = np.cumsum(np.sort(happened)[::-1])
    area_share = cell_count / max(len(happened), 1)
    whole = happened.sum() if happened.any() else np.nan
    return pd.DataFrame(
        {
            "cell_count": cell_count,
            "area_share": area_share,
            "hit_count": hits,
            "hit_rate": hits / whole,
            "pai": hits / whole / area_share,
            "pei": hits / np.where(best > 0, best, np.nan),
        }
    )


def _hits_by_rank(expected: np.ndarray, happened: np.ndarray) -> np.ndarray:
    """Give the hits of the first 1, 2, ... cells, equal ranks sharing theirs out."""
    order = np.argsort(-expected, kind="stable")
    _, tie, size = np.unique(-expected[order], return_inverse=True, return_counts=True)
    mean = np.bincount(tie, weights=happened[order], minlength=len(size)) / size
    hits: np.ndarray = np.cumsum(mean[tie])
    return hits


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
    raise NotImplementedError


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
        `gain`, `gain_low`, `gain_high`: the hit rate of our own rule less this one's.
    """
    raise NotImplementedError

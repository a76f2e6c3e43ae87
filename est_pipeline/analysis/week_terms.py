"""What is known beforehand of a week: the rhythm of the year, holidays, breaks, dated steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from est_pipeline.analysis.count_model import Array, Terms
from est_pipeline.domain.special_days import HOLIDAY
from est_pipeline.domain.weeks import IsoWeek

DAYS_IN_YEAR = 365.2425
WEEKS_IN_YEAR = DAYS_IN_YEAR / 7

_YEAR = 52
_TWO_YEARS = 104
_LEVEL_SD, _DRIFT_SD, _TREND_SD = 1.0, 0.1, 0.3
_SEASON_SD = (0.5, 0.3)
_UNSEEN_SEASON_SD = 0.25
_DAY_TYPE_SD, _NAMED_DAY_SD, _STEP_SD = 0.5, 0.3, 1.0
_OFTEN_ENOUGH = 2

STEP_COLUMNS = ("first_on", "district_id", "category_code", "reason")
"""A dated step: from `first_on` on (a date) counts may lie elsewhere; an empty district or category
stands for all."""


@dataclass(frozen=True)
class WeekTerms:
    """The shared terms of some weeks: one row a week, one column a term; and their priors."""

    values: Array
    sd: Array
    years: Array


def no_steps() -> pd.DataFrame:
    """Give the dated steps of a workspace that has none."""
    return pd.DataFrame(columns=list(STEP_COLUMNS))


def shared_terms(
    weeks: Sequence[IsoWeek], *, calendar: pd.DataFrame, used: NDArray[np.bool_]
) -> WeekTerms:
    """Give what the districts share in each week.

    Trend; one wave a year, a second from two years' history on; the share of the week that is of
    each type of day in the calendar; and, from two years on, each day or break that comes
    back under the same name. A trend counts years from the last week.

    Less than a year shows no rhythm of the year, but there is one: its wave is drawn closely
    towards none, and what it may do is part of what is not known of the weeks ahead.

    Args:
        weeks: the weeks, oldest first.
        calendar: `first_on`, `last_on`, `day_type`, `name`.
        used: which weeks the fit rests on.
    """
    years = (np.arange(len(weeks)) - (len(weeks) - 1)) / WEEKS_IN_YEAR
    columns: list[Array] = [years]
    sd = [_TREND_SD]
    fitted = int(used.sum())
    middle = [week.monday.timetuple().tm_yday + 3 for week in weeks]
    angle = 2 * np.pi * np.array(middle, dtype=np.float64) / DAYS_IN_YEAR
    for wave in range(1, 2 + (fitted >= _TWO_YEARS)):
        columns += [np.cos(wave * angle), np.sin(wave * angle)]
        sd += [_SEASON_SD[wave - 1] if fitted >= _YEAR else _UNSEEN_SEASON_SD] * 2
    days = _days_of(calendar, weeks)
    for _, shares in _by(days, "day_type", len(weeks)):
        columns.append(shares)
        sd.append(_DAY_TYPE_SD)
    if fitted >= _TWO_YEARS:
        for _, shares in _by(days, "name", len(weeks)):
            seen = {weeks[int(place)].year for place in np.flatnonzero((shares > 0) & used)}
            if len(seen) >= _OFTEN_ENOUGH:
                columns.append(shares / shares.max())
                sd.append(_NAMED_DAY_SD)
    return WeekTerms(np.column_stack(columns), np.array(sd), years)


def _days_of(calendar: pd.DataFrame, weeks: Sequence[IsoWeek]) -> pd.DataFrame:
    """Give one row a calendar day and entry: `place` (of its week), `day_type`, `name`."""
    first = weeks[0].monday.toordinal()
    start = np.array([day.toordinal() for day in calendar["first_on"]], dtype=np.int64)
    length = np.array([day.toordinal() for day in calendar["last_on"]], dtype=np.int64) - start + 1
    rows = np.repeat(np.arange(len(calendar)), np.maximum(length, 0))
    within = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, np.maximum(length, 0))
    day = start[rows] + within
    found = pd.DataFrame(
        {
            "place": (day - first) // 7,
            "weekday": day % 7,
            "day_type": calendar["day_type"].to_numpy()[rows],
            "name": calendar["name"].to_numpy()[rows],
        }
    )
    # ordinal 1 was a Monday; a holiday that is a Sunday changes nothing
    is_idle = (found["day_type"] == HOLIDAY) & (found["weekday"] == 0)
    inside = (found["place"] >= 0) & (found["place"] < len(weeks))
    return found[inside & ~is_idle]


def _by(days: pd.DataFrame, column: str, weeks: int) -> list[tuple[str, Array]]:
    """Give for each value of a column the share of each week's days that have it."""
    return [
        (str(value), np.minimum(np.bincount(group, minlength=weeks) / 7, 1.0))
        for value, group in days.groupby(column, sort=True)["place"]
    ]


def model_terms(
    shared: WeekTerms,
    *,
    weeks: Sequence[IsoWeek],
    district_ids: Sequence[str],
    category_code: str,
    steps: pd.DataFrame,
    log_exposure: Array,
) -> Terms:
    """Put the terms of one model together: the shared ones, and the dated steps that touch it.

    Args:
        shared: as `shared_terms` gives it.
        weeks: the same weeks.
        district_ids: the model's districts; one that is empty stands for all together.
        category_code: the model's category; empty for all together.
        steps: `STEP_COLUMNS`.
        log_exposure: how complete each week's counts are, as a logarithm.
    """
    values = np.broadcast_to(shared.values, (len(district_ids), *shared.values.shape))
    sd = shared.sd
    for first_on, district_id, category in zip(
        steps["first_on"], steps["district_id"], steps["category_code"], strict=True
    ):
        if category and category_code not in ("", category):
            continue
        after = np.array([week.sunday >= first_on for week in weeks], dtype=np.float64)
        hit = np.array([each in ("", district_id) or not district_id for each in district_ids])
        if hit.any() and 0 < after.sum() < len(weeks):
            values = np.concatenate([values, (hit[:, None] * after)[:, :, None]], axis=2)
            sd = np.append(sd, _STEP_SD)
    return Terms(
        own=np.column_stack([np.ones(len(weeks)), shared.years]),
        shared=np.ascontiguousarray(values),
        log_exposure=log_exposure,
        own_sd=np.array([_LEVEL_SD, _DRIFT_SD]),
        shared_sd=sd,
    )

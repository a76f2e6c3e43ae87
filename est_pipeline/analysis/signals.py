"""Is this real? Each count of a week against what is usual, and against what chance gives.

Every district and category, the districts' totals, the categories over the whole city, and the city
are compared with what the counts model expects. One family of comparisons a week: a clear rise is
one that the Benjamini-Hochberg procedure lets through at the false discovery rate asked for, so of
all quiet weeks at most that share has one. What is raised beyond 5 % but not beyond what so many
comparisons bring by chance is a watch.

Sources: `count_model`, `slow_rises`, `short_history`; Benjamini & Hochberg (1995), Controlling the
false discovery rate, Journal of the Royal Statistical Society B 57, 289-300.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from est_pipeline.analysis.count_model import (
    Array,
    CountModel,
    Prediction,
    Terms,
    fit_counts,
    predictive_cdf,
    predictive_quantile,
)
from est_pipeline.analysis.history import History
from est_pipeline.analysis.short_history import e_test
from est_pipeline.analysis.slow_rises import chart_rises
from est_pipeline.analysis.week_terms import model_terms, no_steps, shared_terms
from est_pipeline.domain.kinds import Level, Verdict
from est_pipeline.domain.schemas import UNPLACED_ID
from est_pipeline.domain.weeks import IsoWeek

FALSE_DISCOVERY_RATE = 0.1
WATCH_BELOW = 0.05
"""The share of quiet comparisons that chance alone makes a watch."""
LEFT_OUT_WEEKS = 8
"""The most recent weeks are no part of what is usual: a rise that has begun would hide itself."""
BAND_WEEKS = 26
_BAND = (0.05, 0.95)
_LEFT_OUT_OF_A_YEAR = 4
_YEAR = 52
_CERTAIN = 1e6
FEWEST_WEEKS = 8
FEWEST_WEEKS_FOR_MODEL = 26
FEWEST_FOR_RISE = 3
"""A rise rests on at least so many; of two incidents nobody can say anything."""
FEWEST_FOR_WATCH = 2
FEWEST_IN_CLIMB = 5
FEWEST_IN_HISTORY = 10
"""A category (for a district's total: a district) with fewer in its whole history is not judged."""

COMPARISON_COLUMNS = (
    "level", "district_id", "other_district_id", "category_code", "count", "expected", "low",
    "high", "p_high", "p_low", "pit_below", "pit_upto", "p_slow", "rising_since", "verdict",
    "is_slow_rise", "is_fall_ruled_out", "history_count", "history_weeks", "mean_before",
    "count_since", "expected_since",
)  # fmt: skip
"""One row a comparison.

`district_id` and `category_code` are empty where all are meant; `other_district_id` is the second
of two neighbours. `expected`, `low` and `high` (the middle 90 %) are of the predicted count;
`p_high` and `p_low` are mid-p of so many or more and of so few or fewer; `pit_below` and `pit_upto`
are P(Y < count) and P(Y <= count). `p_slow` and `rising_since` (`2026-W42`, missing where nothing
climbs) are the slow rise's, `count_since` and `expected_since` the sums from that week on.
`is_fall_ruled_out`: a source that usually reports is silent, so a low count says nothing.
`history_count` and `history_weeks`: what it is compared with; `mean_before` is the plain mean a
week of these.
"""

BAND_COLUMNS = (
    "level", "district_id", "category_code", "iso_week", "count", "expected", "low", "high",
)  # fmt: skip
"""One row a comparison of a district, a category or the city, and week of the last half-year."""


@dataclass(frozen=True)
class Judgement:
    """All comparisons of one week and kind.

    Attributes:
        comparisons: `COMPARISON_COLUMNS`; cells by district and category, then totals, then
            neighbours. Neighbours stand only where both districts together stick out.
        bands: `BAND_COLUMNS`, oldest week first.
        judged_count: how many comparisons were judged by the model: 5 % of them may be a watch by
            chance alone.
        has_converged: every model's fit was found; what was not found is not judged.
    """

    comparisons: pd.DataFrame
    bands: pd.DataFrame
    judged_count: int
    has_converged: bool


@dataclass(frozen=True)
class Judged:
    """One kind's counts of a week: what they are compared with, and what that says."""

    history: History
    judgement: Judgement


@dataclass(frozen=True)
class _Series:
    """The series of one model: who they are, their counts (N, T), and who judges them."""

    level: Level
    district_ids: tuple[str, ...]
    category_code: str
    counts: Array
    is_judged: NDArray[np.bool_]


def judge_week(
    history: History,
    *,
    calendar: pd.DataFrame,
    steps: pd.DataFrame | None = None,
    neighbours: Sequence[tuple[str, str]] = (),
    silent_ids: Sequence[str] = (),
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
    with_bands: bool = True,
) -> Judgement:
    """Judge every count of the week that a history ends with.

    Args:
        history: as `weekly_history` gives it: one kind, the stable panel, equal age.
        calendar: holidays, breaks and other days from the history's first week on, as
            `read_calendar` gives them.
        steps: dated steps, `week_terms.STEP_COLUMNS`.
        neighbours: pairs of districts that lie beside one another.
        silent_ids: sources that should have reported the week and have not.
        false_discovery_rate: the share of quiet weeks that may have a clear rise.
        with_bands: whether the last half-year's bands are asked for, which take their time.
    """
    weeks = history.weeks
    ruled_out = bool(set(silent_ids) & set(history.panel.source_ids))
    if len(weeks) - 1 < FEWEST_WEEKS_FOR_MODEL:
        short = pd.concat([_judge_short(series) for series in _all_series(history)])
        return Judgement(
            comparisons=_ordered(short.assign(is_fall_ruled_out=ruled_out)),
            bands=pd.DataFrame(columns=list(BAND_COLUMNS)),
            judged_count=0,
            has_converged=True,
        )
    left_out = LEFT_OUT_WEEKS if len(weeks) > _YEAR else _LEFT_OUT_OF_A_YEAR
    used = np.arange(len(weeks)) < len(weeks) - 1 - left_out
    shared = shared_terms(weeks, calendar=calendar, used=used)
    compared, joint, bands, has_converged = [], [], [], True
    for series in _all_series(history):
        terms = model_terms(
            shared,
            weeks=weeks,
            district_ids=series.district_ids,
            category_code=series.category_code,
            steps=no_steps() if steps is None else steps,
            log_exposure=np.log(history.exposure),
        )
        model = fit_counts(series.counts, terms, used=used)
        if not model.has_converged:
            # no verdict rather than a wrong figure
            has_converged = False
            compared.append(_judge_not_at_all(series))
            continue
        recent = terms.last(left_out + 1)
        compared.append(_compare(series, model.predict(recent), weeks))
        if series.level in (Level.CELL, Level.DISTRICT):
            joint.append(_compare_neighbours(series, model, recent, neighbours, weeks))
        if with_bands and series.level is not Level.CELL:
            bands.append(_band(series, model.predict(terms.last(BAND_WEEKS)), weeks))
    alone = _give_verdicts(
        pd.concat(compared, ignore_index=True).assign(is_fall_ruled_out=ruled_out),
        rate=false_discovery_rate,
    )
    together = (
        _raised_together(pd.concat(joint), alone, rate=false_discovery_rate) if joint else alone[:0]
    )
    return Judgement(
        comparisons=_ordered(
            pd.concat([alone, together.assign(is_fall_ruled_out=ruled_out)])
            if len(together)
            else alone
        ),
        bands=pd.concat(bands, ignore_index=True)[list(BAND_COLUMNS)]
        if bands
        else pd.DataFrame(columns=list(BAND_COLUMNS)),
        judged_count=int((alone["verdict"] != Verdict.TOO_FEW.value).sum()),
        has_converged=has_converged,
    )


# --- the series -----------------------------------------------------------------------------------


def _all_series(history: History) -> Iterator[_Series]:
    """Give the series of each model: cells by category, then the totals."""
    districts = tuple(history.counts.index.unique("district_id"))
    categories = tuple(history.counts.index.unique("category_code"))
    counts = history.counts.to_numpy(dtype=np.float64).reshape(
        len(districts), len(categories), len(history.weeks)
    )
    placed = np.array([district_id != UNPLACED_ID for district_id in districts], dtype=bool)
    known = tuple(district_id for district_id in districts if district_id != UNPLACED_ID)
    alive = [place for place in range(len(categories)) if counts[:, place].any()]
    for place in alive:
        cells = counts[placed, place]
        yield _series(Level.CELL, known, categories[place], cells, before=cells[:, :-1].sum())
    if known:
        totals = counts[placed].sum(axis=1)
        yield _series(Level.DISTRICT, known, "", totals, before=totals[:, :-1].sum(axis=1))
    for place in alive:
        total = counts[:, place].sum(axis=0, keepdims=True)
        yield _series(Level.CATEGORY, ("",), categories[place], total, before=total[:, :-1].sum())
    city = counts.sum(axis=(0, 1))[None, :]
    yield _series(Level.CITY, ("",), "", city, before=city[:, :-1].sum())


def _series(
    level: Level, district_ids: tuple[str, ...], category: str, counts: Array, *, before: Any
) -> _Series:
    return _Series(
        level=level,
        district_ids=district_ids,
        category_code=category,
        counts=counts,
        is_judged=np.broadcast_to(np.asarray(before) >= FEWEST_IN_HISTORY, len(counts)),
    )


# --- one model's comparisons ----------------------------------------------------------------------


def _compare(
    series: _Series, recent: Prediction, weeks: Sequence[IsoWeek], *, other: str = ""
) -> pd.DataFrame:
    """Compare each series' last week with what is expected, and chart the weeks left out."""
    length = recent.log_mean.shape[1]
    p_slow, began = chart_rises(series.counts[:, -length:], recent)
    few = series.counts[:, -length:].sum(axis=1) < FEWEST_IN_CLIMB
    p_slow = np.where(few, 1.0, p_slow)
    names = [str(week) for week in weeks[-length:]]
    climbs = np.arange(length) >= began[:, None]
    means = np.exp(recent.log_mean + recent.log_mean_se**2 / 2)
    since = [names[place] if place < length else None for place in began]
    now = recent[:, -1]
    count = series.counts[:, -1]
    below, upto = predictive_cdf(count - 1, now), predictive_cdf(count, now)
    before = series.counts[:, :-1].sum(axis=1)
    return pd.DataFrame(
        {
            "level": series.level.value,
            "district_id": list(series.district_ids),
            "other_district_id": other,
            "category_code": series.category_code,
            "count": count.astype(np.int64),
            "expected": means[:, -1],
            "low": pd.array(predictive_quantile(_BAND[0], now), dtype="Int64"),
            "high": pd.array(predictive_quantile(_BAND[1], now), dtype="Int64"),
            "p_high": 1 - (below + upto) / 2,
            "p_low": (below + upto) / 2,
            "pit_below": below,
            "pit_upto": upto,
            "p_slow": p_slow,
            "rising_since": pd.array(since, dtype="str"),
            "verdict": np.where(series.is_judged, Verdict.USUAL.value, Verdict.TOO_FEW.value),
            "is_slow_rise": False,
            "history_count": before.astype(np.int64),
            "history_weeks": len(weeks) - 1,
            "count_since": (series.counts[:, -length:] * climbs).sum(axis=1).astype(np.int64),
            "expected_since": (means * climbs).sum(axis=1),
        }
    )


def _compare_neighbours(
    series: _Series,
    model: CountModel,
    recent: Terms,
    neighbours: Sequence[tuple[str, str]],
    weeks: Sequence[IsoWeek],
) -> pd.DataFrame:
    """Compare the sums of two districts side by side, where both have something this week."""
    rows = [_compare(_none_of(series), model.predict(recent)[:0], weeks)]
    for pair in neighbours:
        members = np.isin(series.district_ids, pair)
        if members.sum() < len(pair) or not (series.counts[members, -1] > 0).all():
            continue
        both = replace(
            series,
            level=Level.NEIGHBOURS,
            district_ids=pair[:1],
            counts=series.counts[members].sum(axis=0, keepdims=True),
            is_judged=np.array([series.is_judged[members].all()]),
        )
        rows.append(_compare(both, model.predict_sum(recent, members)[None], weeks, other=pair[1]))
    return pd.concat(rows[1:] or rows, ignore_index=True)


def _none_of(series: _Series) -> _Series:
    return replace(
        series, district_ids=(), counts=series.counts[:0], is_judged=series.is_judged[:0]
    )


def _band(series: _Series, prediction: Prediction, weeks: Sequence[IsoWeek]) -> pd.DataFrame:
    """Give what was expected in each of the last weeks."""
    length = prediction.log_mean.shape[1]
    repeated = np.repeat(np.arange(len(series.district_ids)), length)
    expected = np.exp(prediction.log_mean + prediction.log_mean_se**2 / 2)
    return pd.DataFrame(
        {
            "level": series.level.value,
            "district_id": np.array(series.district_ids, dtype=object)[repeated],
            "category_code": series.category_code,
            "iso_week": [str(week) for week in weeks[-length:]] * len(series.district_ids),
            "count": series.counts[:, -length:].ravel().astype(np.int64),
            "expected": expected.ravel(),
            "low": predictive_quantile(_BAND[0], prediction).ravel(),
            "high": predictive_quantile(_BAND[1], prediction).ravel(),
        }
    )


def _judge_short(series: _Series) -> pd.DataFrame:
    """Compare with too few weeks for a model: the e-test against the rate of those there are."""
    before = series.counts[:, :-1].sum(axis=1)
    weeks = series.counts.shape[1] - 1
    level = np.log((before + 0.5) / max(weeks, 1))[:, None]
    prediction = Prediction(
        log_mean=level,
        log_mean_se=1 / np.sqrt(before + 0.5)[:, None],
        dispersion=np.ones_like(level),
        dispersion_df=np.full_like(level, _CERTAIN),
    )
    frame = _compare(series, prediction, [IsoWeek(2000, 1)] * (weeks + 1)).assign(p_slow=1.0)
    frame["rising_since"] = pd.array([None] * len(frame), dtype="str")
    frame["verdict"] = Verdict.SHORT_HISTORY.value
    if weeks < FEWEST_WEEKS:
        return _without_figures(frame)
    tests = [
        e_test(int(now), int(earlier), earlier_weeks=weeks)
        for now, earlier in zip(series.counts[:, -1], before, strict=True)
    ]
    frame["p_high"] = [1.0 if np.isnan(high) else high for _, high, _ in tests]
    frame["p_low"] = [1.0 if np.isnan(low) else low for _, _, low in tests]
    return frame


def _judge_not_at_all(series: _Series) -> pd.DataFrame:
    """Give the counts alone, where no model could be fitted."""
    return _without_figures(_judge_short(series))


def _without_figures(frame: pd.DataFrame) -> pd.DataFrame:
    unknown = ["expected", "p_high", "p_low", "pit_below", "pit_upto"]
    return frame.assign(
        **dict.fromkeys(unknown, np.nan),
        low=pd.array([pd.NA] * len(frame), dtype="Int64"),
        high=pd.array([pd.NA] * len(frame), dtype="Int64"),
        verdict=Verdict.TOO_FEW.value,
    )


# --- verdicts -------------------------------------------------------------------------------------


def _give_verdicts(frame: pd.DataFrame, *, rate: float) -> pd.DataFrame:
    """Judge one week's comparisons as one family."""
    judged = frame["verdict"] != Verdict.TOO_FEW.value
    count = frame["count"]
    is_rise = _let_through(frame["p_high"], judged, rate) & (count >= FEWEST_FOR_RISE)
    is_fall = _let_through(frame["p_low"], judged, rate) & ~frame["is_fall_ruled_out"]
    is_slow = _let_through(frame["p_slow"], judged, rate)
    is_raised = judged & (frame["p_high"] < WATCH_BELOW) & (count >= FEWEST_FOR_WATCH)
    verdict = frame["verdict"].mask(is_raised | is_slow, Verdict.WATCH.value)
    verdict = verdict.mask(is_fall & ~is_slow, Verdict.CLEAR_FALL.value)
    verdict = verdict.mask(is_rise, Verdict.CLEAR_RISE.value)
    return frame.assign(verdict=verdict, is_slow_rise=is_slow)


def _let_through(p: pd.Series[float], judged: pd.Series[bool], rate: float) -> pd.Series[bool]:
    """Tell which comparisons the Benjamini-Hochberg procedure lets through."""
    from scipy.stats import false_discovery_control

    through = pd.Series(data=False, index=p.index)
    if judged.any():
        through[judged] = false_discovery_control(p[judged].clip(0, 1)) <= rate
    return through


def _raised_together(joint: pd.DataFrame, alone: pd.DataFrame, *, rate: float) -> pd.DataFrame:
    """Give the neighbours that stick out together, where neither does so for itself."""
    judged = joint["verdict"] != Verdict.TOO_FEW.value
    through = _let_through(joint["p_high"], judged, rate) & (joint["count"] >= FEWEST_FOR_RISE)
    risen = alone[alone["verdict"] == Verdict.CLEAR_RISE.value]
    known = set(zip(risen["district_id"], risen["category_code"], strict=True))
    is_new = [
        (first, category) not in known and (second, category) not in known
        for first, second, category in zip(
            joint["district_id"], joint["other_district_id"], joint["category_code"], strict=True
        )
    ]
    chosen = joint[through & np.array(is_new, dtype=bool)]
    return chosen.assign(verdict=Verdict.WATCH.value)


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    mean = frame["history_count"] / frame["history_weeks"].clip(lower=1)
    return frame.assign(mean_before=mean)[list(COMPARISON_COLUMNS)].reset_index(drop=True)

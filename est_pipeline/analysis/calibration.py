"""Does the judging keep what it promises? Observed against promised, on weeks already judged.

Three questions, each with what chance alone would leave open. How often does a quiet comparison
look unusual (a p below 5 % should occur in 5 % of them)? Are the predicted distributions right in
all their parts (the randomised probability integral transform is then even between 0 and 1)? And
which rises are found: known ones are added to the history's own weeks, and the weeks judged again.

The comparisons of one week share the weather, the football match and the fitted model, so weeks
are drawn again (cluster bootstrap), not comparisons; where a bootstrap of few alarms would claim
too much, the exact binomial interval takes its place.

Sources:
    Czado, Gneiting & Held (2009), Predictive model assessment for count data, Biometrics 65,
    1254-1261 (randomised PIT).
    Clopper & Pearson (1934), The use of confidence or fiducial limits, Biometrika 26, 404-413.
    Cameron, Gelbach & Miller (2008), Bootstrap-based improvements for inference with clustered
    errors, Review of Economics and Statistics 90, 414-427.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta, binom

from est_pipeline.domain.kinds import Level, Verdict
from est_pipeline.domain.weeks import IsoWeek

PROMISES = (0.01, 0.05, 0.10)
"""The shares of p below these levels are compared with the levels themselves."""
ALARM_WEEK_PROMISE = 0.10
"""At most this share of quiet weeks has a clear rise: the false discovery rate of a week in which
nothing happens is the probability of any discovery."""
TOLERANCE = 0.2
"""A share this much off, relative to the promise, keeps it for every practical purpose."""
LEAST_EXPECTED = 0.25
"""Rises are planted where at least so many a week are expected, about one a month: three times
next to nothing is nothing."""
FEWEST_COMPARISONS = 200
FEWEST_WEEKS = 26
"""With fewer comparisons or weeks nothing is said about a promise."""

EXPECTED_EDGES = (0.0, 1.0, 3.0, 10.0, np.inf)
"""Classes of expected counts, half open: [0, 1), [1, 3), [3, 10), [10, inf)."""
HISTORY_EDGES = (0.0, 26.0, 52.0, 104.0, np.inf)
"""Classes of the length of the history in weeks, half open."""

_DRAWS = 999
_INTERVAL = (0.025, 0.975)


class Promise(StrEnum):
    """How an observed share stands to what was promised."""

    KEPT = "kept"
    ABOVE = "above"
    BELOW = "below"
    UNKNOWN = "unknown"


def judged_only(judged: pd.DataFrame) -> pd.DataFrame:
    """Leave out what the model said nothing of, and neighbours: they stand only if they stick out.

    Comparisons on a short history are made by another test, and never alarm.
    """
    return judged[_has_p(judged) & (judged["verdict"] != Verdict.SHORT_HISTORY.value)]


def _has_p(judged: pd.DataFrame) -> pd.Series[bool]:
    is_judged = (judged["verdict"] != Verdict.TOO_FEW.value) & judged["p_high"].notna()
    return is_judged & (judged["level"] != Level.NEIGHBOURS.value)


# --- false alarms ---------------------------------------------------------------------------------


def measure_false_alarms(
    judged: pd.DataFrame, *, seed: int, promises: Sequence[float] = PROMISES
) -> pd.DataFrame:
    """Compare the observed shares of low p with the promised ones, group by group.

    Real history holds real rises, so what is observed is an upper bound of the false alarms.

    Args:
        judged: one row a comparison: `iso_week`, `level`, `expected`, `p_high` (mid-p of unusually
            many), `verdict`, `history_weeks` (weeks of history it rests on).
        seed: of the drawing of weeks.
        promises: levels of p.

    Returns:
        One row a `grouping` (`level`: what is compared; `expected` and `history`: the cells by
        expected count and by weeks of history, a short one too), `group` and `promised`:
        `comparison_count`, `week_count`, `alarm_count`, `share`, `low` and `high` (95 %),
        `verdict` (of `Promise`).
    """
    chosen = judged_only(judged)
    cells = chosen[chosen["level"] == Level.CELL.value]
    ever = judged[_has_p(judged) & (judged["level"] == Level.CELL.value)]
    rows = []
    for grouping, frame, labels in (
        ("level", chosen, chosen["level"]),
        ("expected", cells, class_of(cells["expected"], EXPECTED_EDGES)),
        ("history", ever, class_of(ever["history_weeks"], HISTORY_EDGES)),
    ):
        for group in sorted(labels.unique()):
            part = frame[labels == group]
            for promised in promises:
                rows.append(
                    {
                        "grouping": grouping,
                        "group": str(group),
                        "promised": promised,
                        **_observed(part, part["p_high"] < promised, promised, seed=seed),
                    }
                )
    return pd.DataFrame(rows, columns=["grouping", "group", "promised", *_OBSERVED])


_OBSERVED = (
    *("comparison_count", "week_count", "alarm_count"),
    *("share", "low", "high", "verdict"),
)


def _observed(
    frame: pd.DataFrame, is_alarm: pd.Series[bool], promised: float, *, seed: int
) -> dict[str, object]:
    weeks, names = pd.factorize(frame["iso_week"], sort=True)
    counts = np.bincount(weeks, minlength=len(names))
    alarms: NDArray[np.float64] = np.bincount(
        weeks, weights=is_alarm.to_numpy(dtype=np.float64), minlength=len(names)
    ).astype(np.float64)
    comparisons: NDArray[np.float64] = counts.astype(np.float64)
    share = float(alarms.sum() / comparisons.sum())
    low, high = share_interval(alarms, comparisons, seed=seed)
    enough = len(frame) >= FEWEST_COMPARISONS and len(names) >= FEWEST_WEEKS
    return {
        "comparison_count": len(frame),
        "week_count": len(names),
        "alarm_count": int(alarms.sum()),
        "share": share,
        "low": low,
        "high": high,
        "verdict": (judge_promise(low, high, promised) if enough else Promise.UNKNOWN).value,
    }


def share_interval(
    hits: NDArray[np.float64], sizes: NDArray[np.float64], *, seed: int
) -> tuple[float, float]:
    """Give the 95 % interval of a share over clusters: bootstrap, no narrower than binomial.

    Args:
        hits: one a cluster.
        sizes: one a cluster, of how many.
        seed: of the drawing of clusters.
    """
    low, high = binomial_interval(int(hits.sum()), int(sizes.sum()))
    if len(sizes) > 1:
        drawn = np.random.default_rng(seed).multinomial(
            len(sizes), np.full(len(sizes), 1 / len(sizes)), size=_DRAWS
        )
        of = drawn @ sizes
        shares = (drawn @ hits)[of > 0] / of[of > 0]
        drawn_low, drawn_high = np.quantile(shares, _INTERVAL)
        low, high = min(low, float(drawn_low)), max(high, float(drawn_high))
    return low, high


def binomial_interval(hits: int, of: int) -> tuple[float, float]:
    """Give the exact 95 % interval of a share (Clopper & Pearson); 0 to 1 of nothing."""
    if of == 0:
        return 0.0, 1.0
    low = float(beta.ppf(_INTERVAL[0], hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(_INTERVAL[1], hits + 1, of - hits)) if hits < of else 1.0
    return low, high


def judge_promise(low: float, high: float, promised: float) -> Promise:
    """Tell whether an interval leaves open that a share is as promised, within `TOLERANCE`."""
    if low > promised * (1 + TOLERANCE):
        return Promise.ABOVE
    if high < promised * (1 - TOLERANCE):
        return Promise.BELOW
    return Promise.KEPT


def class_of(values: pd.Series[float], edges: Sequence[float]) -> pd.Series[int]:
    """Give the number of the half-open class, from 0, that each value falls into."""
    numbers = np.digitize(values.to_numpy(dtype=np.float64), np.asarray(edges)[1:-1])
    return pd.Series(numbers, index=values.index, dtype="int64")


@dataclass(frozen=True)
class AlarmWeeks:
    """How many weeks had a clear rise, and how many comparisons stood at `håll koll` or above.

    `share` of the weeks had at least one clear rise (`low` and `high`: 95 %), against at most
    `ALARM_WEEK_PROMISE` in quiet weeks. `raised_by_chance` is how many comparisons chance alone
    gives a p below 5 %, `raised_count` how many had one.
    """

    week_count: int
    alarm_week_count: int
    share: float
    low: float
    high: float
    verdict: Promise
    raised_count: int
    raised_by_chance: float


def count_alarm_weeks(judged: pd.DataFrame) -> AlarmWeeks:
    """Count the weeks with at least one clear rise.

    Args:
        judged: one row a comparison: `iso_week`, `level`, `p_high`, `verdict`; also neighbours.
    """
    chosen = judged_only(judged)
    is_clear = judged["verdict"] == Verdict.CLEAR_RISE.value
    weeks = int(chosen["iso_week"].nunique())
    alarm_weeks = int(judged.loc[is_clear, "iso_week"].nunique())
    low, high = binomial_interval(alarm_weeks, weeks)
    verdict = Promise.UNKNOWN
    if weeks >= FEWEST_WEEKS:
        # fewer alarms than promised is no broken promise: it says "at most"
        verdict = Promise.ABOVE if low > ALARM_WEEK_PROMISE else Promise.KEPT
    return AlarmWeeks(
        week_count=weeks,
        alarm_week_count=alarm_weeks,
        share=alarm_weeks / weeks if weeks else 0.0,
        low=low,
        high=high,
        verdict=verdict,
        raised_count=int((chosen["p_high"] < 0.05).sum()),
        raised_by_chance=0.05 * len(chosen),
    )


# --- the whole distribution -----------------------------------------------------------------------


def pit_histogram(judged: pd.DataFrame, *, seed: int, bins: int = 10) -> pd.DataFrame:
    """Give the histogram of the randomised PIT of the cells, with what chance leaves open.

    A hump in the middle means that the predicted spread is too wide, two high ends that it is too
    narrow, a slope that the expected counts are too low or too high.

    Args:
        judged: one row a comparison: `level`, `verdict`, `p_high`, `pit_below` (P(Y < y)),
            `pit_upto` (P(Y <= y)).
        seed: of the random part.
        bins: how many.

    Returns:
        One row a bin: `bin_from`, `bin_to`, `comparison_count`, `share`, `low` and `high`: the
        bounds between which all bins lie in 95 of 100 right histograms (Bonferroni).
    """
    chosen = judged_only(judged)
    chosen = chosen[chosen["level"] == Level.CELL.value]
    below, upto = (chosen[name].to_numpy(dtype=np.float64) for name in ("pit_below", "pit_upto"))
    values = below + np.random.default_rng(seed).random(len(chosen)) * (upto - below)
    counts, edges = np.histogram(np.clip(values, 0, 1), bins=bins, range=(0, 1))
    total = max(len(chosen), 1)
    tail = 0.05 / bins / 2
    return pd.DataFrame(
        {
            "bin_from": edges[:-1],
            "bin_to": edges[1:],
            "comparison_count": counts,
            "share": counts / total,
            "low": binom.ppf(tail, len(chosen), 1 / bins) / total,
            "high": binom.ppf(1 - tail, len(chosen), 1 / bins) / total,
        }
    )


# --- planted rises --------------------------------------------------------------------------------

RISE_LENGTHS = (1, 3, 6)
"""Weeks."""


@dataclass(frozen=True)
class RiseSize:
    """How much a planted rise adds to a week: a share of what is expected, or a number."""

    code: str
    factor: float = 1.0
    added: float = 0.0

    def mean_added(self, expected: float) -> float:
        """Give the mean of the number of occurrences added to a week."""
        return (self.factor - 1) * expected + self.added


RISE_SIZES = (
    RiseSize("x1.5", factor=1.5),
    RiseSize("x2", factor=2),
    RiseSize("x3", factor=3),
    RiseSize("+5", added=5),
)

NO_RISE = "none"
"""The code of the same cells and weeks without anything planted."""


def choose_rise_sites(judged: pd.DataFrame, *, seed: int, sites: int) -> pd.DataFrame:
    """Draw cells and weeks of the history into which rises are planted.

    Equally many are drawn from each class of expected counts that occurs, as far as they reach.

    Args:
        judged: one row a comparison: `iso_week`, `level`, `district_id`, `category_code`,
            `expected`, `verdict`, `p_high`; every week up to the last.
        seed: of the drawing.
        sites: how many are drawn in all.

    Returns:
        One row a site: `site_number`, `first_week`, `district_id`, `category_code`, `expected`,
        `expected_class`; a rise of the longest of `RISE_LENGTHS` fits before the last week.
    """
    chosen = judged_only(judged)
    chosen = chosen[(chosen["level"] == Level.CELL.value) & (chosen["expected"] >= LEAST_EXPECTED)]
    columns = ["first_week", "district_id", "category_code", "expected"]
    if not chosen.empty:
        last = IsoWeek.parse(str(judged["iso_week"].max()))
        latest = str(last.plus(1 - max(RISE_LENGTHS)))
        chosen = chosen[chosen["iso_week"] <= latest]
    chosen = chosen.rename(columns={"iso_week": "first_week"})[columns]
    # no drawing may depend on the order of the rows
    chosen = chosen.sort_values(columns[:3], ignore_index=True)
    chosen["expected_class"] = class_of(chosen["expected"], EXPECTED_EDGES)
    generator = np.random.default_rng(seed)
    groups = [group for _, group in chosen.groupby("expected_class", sort=True)]
    picked: list[pd.DataFrame] = []
    left = sites
    for number, group in sorted(enumerate(groups), key=lambda each: len(each[1])):
        share = min(len(group), left // (len(groups) - len(picked)))
        rows = generator.permutation(len(group))[:share]
        picked.append(group.iloc[np.sort(rows)].assign(order=number))
        left -= share
    if not picked:
        return chosen.assign(site_number=pd.Series(dtype="int64"))
    found = pd.concat(picked).sort_values(["order", "first_week", "district_id", "category_code"])
    return found.drop(columns="order").assign(site_number=range(len(found))).reset_index(drop=True)


def draw_added(site: int, size: RiseSize, expected: float, *, seed: int) -> NDArray[np.int64]:
    """Draw how many occurrences a planted rise adds to each of its weeks (Poisson).

    The longest of `RISE_LENGTHS` is drawn; a shorter rise is its beginning.
    """
    key = [seed, site, sorted(each.code for each in RISE_SIZES).index(size.code)]
    generator = np.random.default_rng(key)
    drawn = generator.poisson(size.mean_added(expected), size=max(RISE_LENGTHS))
    return drawn.astype(np.int64)


def read_rises(judged: pd.DataFrame, *, site: dict[str, Any], week_of_rise: int) -> pd.DataFrame:
    """Tell what was said of a site's cell in one week of its rises.

    Args:
        judged: the comparisons of that week, and for each size anew: `size_code`, `level`,
            `district_id`, `category_code`, `verdict`, `is_slow_rise`.
        site: a row of `choose_rise_sites`.
        week_of_rise: from 1.

    Returns:
        One row a size, as `measure_detection` reads it.
    """
    own = judged[
        (judged["level"] == Level.CELL.value)
        & (judged["district_id"] == site["district_id"])
        & (judged["category_code"] == site["category_code"])
    ]
    is_clear = own["verdict"] == Verdict.CLEAR_RISE.value
    is_raised = is_clear | (own["verdict"] == Verdict.WATCH.value) | own["is_slow_rise"]
    return pd.DataFrame(
        {
            "site_number": site["site_number"],
            "expected_class": site["expected_class"],
            "size_code": own["size_code"],
            "week_of_rise": week_of_rise,
            "is_clear": is_clear,
            "is_raised": is_raised.astype(bool),
        }
    ).reset_index(drop=True)


def no_rises() -> pd.DataFrame:
    """Give the frame of verdicts on planted rises where none was planted."""
    types = {"site_number": "int64", "expected_class": "int64", "size_code": "str"}
    types |= {"week_of_rise": "int64", "is_clear": "bool", "is_raised": "bool"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})


def read_unplanted(judged: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Tell what was said of the same cells and weeks with nothing planted (`NO_RISE`)."""
    by_week = dict(tuple(judged.assign(size_code=NO_RISE).groupby("iso_week")))
    found = [
        read_rises(
            by_week[str(IsoWeek.parse(str(site["first_week"])).plus(number))],
            site={str(key): value for key, value in site.items()},
            week_of_rise=number + 1,
        )
        for site in sites.to_dict("records")
        for number in range(max(RISE_LENGTHS))
    ]
    return pd.concat(found, ignore_index=True)


def measure_detection(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Tell which planted rises were found while they lasted, and how soon.

    Args:
        verdicts: one row a site, size and week of the rise, at least until it is found:
            `site_number`, `expected_class`,
            `size_code`, `week_of_rise` (from 1), `is_clear` (tydlig ökning), `is_raised` (at least
            håll koll, or a slow rise).

    Returns:
        One row a `size_code`, `length_weeks` and `expected_class` (-1: all of them): `rise_count`,
        `found_count`, `share`, `low`, `high` (95 %), `raised_share`, `median_weeks` (from the
        rise's start to the clear rise, where found).
    """
    rows = []
    for length in RISE_LENGTHS:
        during = verdicts[verdicts["week_of_rise"] <= length]
        keys = ["size_code", "site_number", "expected_class"]
        found_in = during["week_of_rise"].where(during["is_clear"])
        rises = (
            during.assign(found_in=found_in)
            .groupby(keys, sort=True)
            .agg(found_in=("found_in", "min"), is_raised=("is_raised", "any"))
            .reset_index()
        )
        everywhere = rises.assign(expected_class=-1)
        for (code, _), part in pd.concat([everywhere, rises]).groupby(
            ["size_code", "expected_class"], sort=True
        ):
            found = int(part["found_in"].notna().sum())
            low, high = binomial_interval(found, len(part))
            rows.append(
                {
                    "size_code": code,
                    "length_weeks": length,
                    "expected_class": int(part["expected_class"].iloc[0]),
                    "rise_count": len(part),
                    "found_count": found,
                    "share": found / len(part),
                    "low": low,
                    "high": high,
                    "raised_share": float(part["is_raised"].mean()),
                    "median_weeks": float(part["found_in"].median()) if found else np.nan,
                }
            )
    return pd.DataFrame(rows, columns=_DETECTION)


_DETECTION = [
    *("size_code", "length_weeks", "expected_class", "rise_count", "found_count"),
    *("share", "low", "high", "raised_share", "median_weeks"),
]

"""Do the signals keep their promise? Quiet weeks by the thousand, and how soon a rise is seen.

Three tables: the model's share of p below 5 % over a grid of means and dispersions; whole weeks,
from occurrences to verdicts, under what upsets such analyses in practice; and what part of planted
rises is found beside the usual rules, all at the same share of false alarms.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from est_pipeline.analysis.count_model import Terms, fit_counts, predictive_cdf
from est_pipeline.analysis.history import index_occurrences, weekly_history
from est_pipeline.analysis.signals import LEFT_OUT_WEEKS, judge_week
from est_pipeline.analysis.slow_rises import chart_rises
from est_pipeline.analysis.week_terms import model_terms, no_steps, shared_terms
from est_pipeline.domain.kinds import Kind, Verdict
from est_pipeline.domain.weeks import IsoWeek, week_range
from tests.benchmarks.quiet_cities import (
    DISTRICTS,
    ZONE,
    City,
    draw_counts,
    judged_at,
    swedish_calendar,
    wave,
)
from tests.benchmarks.usual_rules import ears_c1, poisson_year, root_band

Array = NDArray[np.float64]

SEED = 20261121
PROMISE = 0.05
MEANS = (0.5, 1.0, 3.0, 10.0)
DISPERSIONS = (1.0, 1.5, 2.0)
YEARS = (2, 5)
BINS = 10


# --- the model alone ------------------------------------------------------------------------------


def terms_of(weeks: Sequence[IsoWeek]) -> tuple[Terms, NDArray[np.bool_]]:
    """Give the model's terms for four districts and some weeks, and which weeks are fitted."""
    used = np.arange(len(weeks)) < len(weeks) - 1 - LEFT_OUT_WEEKS
    calendar = swedish_calendar(weeks[0].monday, weeks[-1].sunday)
    terms = model_terms(
        shared_terms(weeks, calendar=calendar, used=used),
        weeks=weeks,
        district_ids=DISTRICTS,
        category_code="a",
        steps=no_steps(),
        log_exposure=np.zeros(len(weeks)),
    )
    return terms, used


def weeks_up_to(last: IsoWeek, years: float) -> list[IsoWeek]:
    """Give the weeks of so many years and the week judged."""
    return week_range(last.plus(-round(years * 52)), last)


def grid_cell(years: float, mean: float, dispersion: float, series: int) -> dict[str, Any]:
    """Judge the last week of so many quiet series; four districts each."""
    random = np.random.default_rng([SEED, int(years * 10), int(mean * 10), int(dispersion * 10)])
    lasts = [IsoWeek(2025, 40).plus(-int(back)) for back in random.integers(0, 104, 12)]
    prepared = [terms_of(weeks_up_to(last, years)) for last in lasts]
    below, upto, converged = [], [], 0
    for each in range(series):
        terms, used = prepared[each % len(prepared)]
        expected = mean * wave(len(used), 0.3, random)
        shape = np.broadcast_to(expected, (len(DISTRICTS), len(used)))
        counts = draw_counts(shape, dispersion, random)
        model = fit_counts(counts, terms, used=used)
        now = model.predict(terms.last(1))[:, -1]
        below.append(predictive_cdf(counts[:, -1] - 1, now))
        upto.append(predictive_cdf(counts[:, -1], now))
        converged += model.has_converged
    low, high = np.array(below).ravel(), np.array(upto).ravel()
    return {
        "years": years,
        "mean": mean,
        "dispersion": dispersion,
        **shares(low, high, random),
        "converged": converged / series,
    }


def shares(below: Array, upto: Array, random: np.random.Generator) -> dict[str, float]:
    """Give the share of p below 5 % in either direction, and how even the randomised PIT is."""
    from scipy.stats import chisquare

    p_high, p_low = 1 - (below + upto) / 2, (below + upto) / 2
    pit = below + random.random(below.shape) * (upto - below)
    bins = np.bincount(np.minimum((pit * BINS).astype(int), BINS - 1), minlength=BINS)
    share = float((p_high < PROMISE).mean())
    return {
        "p_high_5": share,
        "se": float(np.sqrt(share * (1 - share) / len(p_high))),
        "p_high_1": float((p_high < PROMISE / 5).mean()),
        "p_low_5": float((p_low < PROMISE).mean()),
        "pit_p": float(chisquare(bins).pvalue),
        "pit_worst": float(np.abs(bins / bins.sum() * BINS - 1).max()),
    }


def grid(series: int, *, processes: int) -> pd.DataFrame:
    """Give one row a cell of the grid."""
    cells = [(*cell, series) for cell in itertools.product(YEARS, MEANS, DISPERSIONS)]
    return pd.DataFrame(_spread(grid_cell, cells, processes=processes))


# --- whole weeks ----------------------------------------------------------------------------------

WITH_WEEK_53 = IsoWeek(2026, 53)
SCENARIOS: dict[str, City] = {
    "five years": City(),
    "two years only": City(years=2),
    "one year only": City(years=1),
    "eight months only": City(years=0.67),
    "a strong yearly wave": City(wave=0.6),
    "rising 20 % a year": City(trend=0.2),
    "falling 15 % a year": City(trend=-0.15),
    "30 % of rows a week late": City(late_share=0.3),
    "late, older history came at once": City(late_share=0.3, known_from_years=1.5),
    **{
        f"a reporter joined {weeks} weeks before": City(joined_before=weeks)
        for weeks in (4, 14, 30, 60, 98, 112, 160, 210)
    },
    "districts of 0.1 to 3 times the mean": City(spread=(0.1, 0.3, 0.6, 3.0)),
    "variance mean + 0.1 mean^2": City(alpha=0.1),
    "week 53 in the history": City(last=IsoWeek(2022, 3)),
    "week 53 itself, and those after": City(last=IsoWeek(2027, 2)),
    "summer break, 0.6 times": City(summer=0.6, last=IsoWeek(2025, 30)),
    "levels that wander 2 % a week": City(walk=0.02),
}
JUDGED_A_CITY = 3
_WEEKS_APART = 1


def judge_city(name: str, seed: int) -> pd.DataFrame:
    """Draw one city and judge its last weeks: one row a comparison."""
    city = SCENARIOS[name]
    random = np.random.default_rng([SEED, *name.encode(), seed])
    occurrences = city.draw(random)
    counted = index_occurrences(
        occurrences,
        kind=Kind.INCIDENT,
        zone=ZONE,
        district_ids=DISTRICTS,
        category_codes=[f"c{place:02d}" for place in range(len(city.means))],
    )
    first = counted.first_week
    assert first is not None
    calendar = swedish_calendar(
        first.monday, city.last.sunday + timedelta(days=7), with_summer=city.summer != 1.0
    )
    found = []
    for back in range(0, JUDGED_A_CITY * _WEEKS_APART, _WEEKS_APART):
        week = city.last.plus(-back)
        history = weekly_history(counted, week=week, as_of=judged_at(week))
        judgement = judge_week(history, calendar=calendar)
        found.append(
            judgement.comparisons.assign(
                city=seed,
                week=str(week),
                has_converged=judgement.has_converged,
                period=history.panel.period_weeks,
                panel=len(history.panel.source_ids),
            )
        )
    return pd.concat(found, ignore_index=True)


def judge_cities(name: str, seeds: Sequence[int]) -> pd.DataFrame:
    """Draw and judge some cities."""
    return pd.concat([judge_city(name, int(seed)) for seed in seeds], ignore_index=True)


def scenario(name: str, frame: pd.DataFrame) -> dict[str, Any]:
    """Count what the last weeks of some quiet cities were said to be."""
    random = np.random.default_rng([SEED, 53])
    cities = frame["city"].nunique()
    judged = frame[frame["verdict"] != Verdict.TOO_FEW.value]
    cells = judged[judged["level"] == "cell"]
    found = shares(
        cells["pit_below"].to_numpy(dtype=np.float64),
        cells["pit_upto"].to_numpy(dtype=np.float64),
        random,
    )
    # the weeks of a city share their fit, so the city is the unit of the simulation error
    by_city = (cells["p_high"] < PROMISE).groupby(cells["city"]).mean()
    weekly = frame.groupby(["city", "week"])
    clear = weekly["verdict"].agg(lambda verdict: (verdict == Verdict.CLEAR_RISE.value).any())
    fall = weekly["verdict"].agg(lambda verdict: (verdict == Verdict.CLEAR_FALL.value).any())
    totals = judged[judged["level"] != "cell"]
    return {
        "scenario": name,
        **found,
        "se": float(by_city.std() / np.sqrt(cities)),
        "totals_p_high_5": float((totals["p_high"] < PROMISE).mean()),
        "weeks_with_clear_rise": float(clear.mean()),
        "weeks_se": float(clear.groupby("city").mean().std() / np.sqrt(cities)),
        "weeks_with_clear_fall": float(fall.mean()),
        "weeks_with_slow_rise": float(weekly["is_slow_rise"].any().mean()),
        "p_slow_5": float((cells["p_slow"] < PROMISE).mean()),
        "period": float(frame["period"].mean()),
        "converged": float(frame["has_converged"].mean()),
    }


def whole_weeks(
    cities: int, *, processes: int, names: Sequence[str] = tuple(SCENARIOS)
) -> pd.DataFrame:
    """Give one row a scenario."""
    chunks = max(min(cities // 5, 8), 1)
    calls = [(name, part) for name in names for part in np.array_split(np.arange(cities), chunks)]
    found = _spread(judge_cities, calls, processes=processes)
    return pd.DataFrame(
        [
            scenario(name, pd.concat(found[place * chunks : (place + 1) * chunks]))
            for place, name in enumerate(names)
        ]
    )


# --- rises found ----------------------------------------------------------------------------------

RISE_MEAN = 3.0
RISE_WEEKS = 6
RISES = {"threefold week": (1, 3.0), "60 % over six weeks": (RISE_WEEKS, 1.6)}
FALSE_ALARMS = (0.01, 0.05, 0.1)
OURS = "the counts model"


def draw_rise(random: np.random.Generator, weeks: int, dispersion: float) -> dict[str, Array]:
    """Draw one quiet city of four districts, and the same with each rise in the first of them.

    What the rise adds is drawn on top of the same quiet counts, so that the two are paired.
    """
    expected = RISE_MEAN * wave(weeks, 0.2, random)
    quiet = draw_counts(np.broadcast_to(expected, (len(DISTRICTS), weeks)), dispersion, random)
    found = {"quiet": quiet}
    for name, (length, times) in RISES.items():
        risen = quiet.copy()
        risen[0, -length:] += draw_counts((times - 1) * expected[-length:], dispersion, random)
        found[name] = risen
    return found


def scores(
    situations: dict[str, Array], prepared: Sequence[tuple[Terms, NDArray[np.bool_]]]
) -> dict[tuple[str, str], Array]:
    """Give each rule's score by situation and rule: (districts, the last six weeks).

    Ours, for a single week: how unlikely the count is. The chart's height is a score of its own.
    No fit rests on the weeks of a rise, so the situations share theirs.
    """
    found: dict[tuple[str, str], list[Array]] = {}
    for step, (terms, used) in enumerate(prepared):
        model = fit_counts(situations["quiet"][:, step : step + len(used)], terms, used=used)
        recent = model.predict(terms.last(LEFT_OUT_WEEKS + 1))
        for situation, all_counts in situations.items():
            # a rise is in the first district alone
            upto = all_counts[: None if situation == "quiet" else 1, step : step + len(used)]
            for name, rule in RULES.items():
                found.setdefault((situation, name), []).append(rule(upto))
            own = recent[: len(upto)]
            below = predictive_cdf(upto[:, -1] - 1, own[:, -1])
            p_high = 1 - (below + predictive_cdf(upto[:, -1], own[:, -1])) / 2
            p_slow, _ = chart_rises(upto[:, -LEFT_OUT_WEEKS - 1 :], own)
            found.setdefault((situation, OURS), []).append(-np.log(p_high))
            found.setdefault((situation, "chart"), []).append(-np.log(p_slow))
    return {key: np.column_stack(values) for key, values in found.items()}


RULES: dict[str, Callable[[Array], Array]] = {
    "Poisson against the year before": poisson_year,
    "EARS C1": ears_c1,
    "square-root band of eight weeks": root_band,
}


def rise_chunk(seed: int, series: int, years: float, dispersion: float) -> pd.DataFrame:
    """Give the scores of some series: one row a series, situation and rule."""
    random = np.random.default_rng([SEED, seed, int(dispersion * 10)])
    lasts = [IsoWeek(2025, 40).plus(-int(back)) for back in random.integers(0, 52, 6)]
    prepared = {
        last: [terms_of(weeks_up_to(last.plus(-back), years)) for back in range(RISE_WEEKS)][::-1]
        for last in lasts
    }
    weeks = round(years * 52) + 1 + RISE_WEEKS - 1
    rows = []
    for each in range(series):
        last = lasts[each % len(lasts)]
        situations = draw_rise(random, weeks, dispersion)
        found = scores(situations, prepared[last])
        for situation, rule in itertools.product(situations, (OURS, *RULES)):
            week = found[situation, rule]
            over = np.maximum(week, found[situation, "chart"]) if rule == OURS else week
            rows += [
                (seed, each, situation, rule, in_week, in_six_weeks)
                for in_week, in_six_weeks in zip(week[:, -1], over.max(axis=1), strict=True)
            ]
    return pd.DataFrame(
        rows, columns=["seed", "series", "situation", "rule", "in_week", "in_six_weeks"]
    )


def found_rises(series: int, *, processes: int, years: float = 5) -> pd.DataFrame:
    """Give the share of rises that each rule finds at each share of false alarms.

    A threshold between two possible scores is drawn by lot, so that every rule has the same share.
    """
    chunk = min(50, series)
    found = []
    for dispersion in (1.0, 1.5):
        calls = [(seed, chunk, years, dispersion) for seed in range(max(series // chunk, 1))]
        frame = pd.concat(_spread(rise_chunk, calls, processes=processes))
        for (rise, column), allowed in itertools.product(
            zip(RISES, ("in_week", "in_six_weeks"), strict=True), FALSE_ALARMS
        ):
            pairs = {}
            for rule in (OURS, *RULES):
                of_rule = frame[frame["rule"] == rule]
                quiet = of_rule.loc[of_rule["situation"] == "quiet", column].to_numpy()
                risen = of_rule.loc[of_rule["situation"] == rise, column].to_numpy()
                pairs[rule] = (quiet.reshape(len(risen), -1), risen)
            hits = {rule: found_at(*pair, allowed) for rule, pair in pairs.items()}
            # thresholds are estimates too: draw the series again, quiet and risen together
            random = np.random.default_rng([SEED, 200])
            again = random.integers(0, len(risen), (200, len(risen)))
            drawn = {
                rule: np.array(
                    [found_at(pair[0][draw], pair[1][draw], allowed).mean() for draw in again]
                )
                for rule, pair in pairs.items()
            }
            for rule, hit in hits.items():
                low, high = np.quantile(drawn[OURS] - drawn[rule], [0.025, 0.975])
                found.append(
                    {
                        "rise": rise,
                        "dispersion": dispersion,
                        "false_alarms": allowed,
                        "rule": rule,
                        "found": hit.mean(),
                        "ours_ahead_by": hits[OURS].mean() - hit.mean(),
                        "from": low,
                        "to": high,
                    }
                )
    return pd.DataFrame(found)


def found_at(quiet: Array, risen: Array, allowed: float) -> Array:
    """Give for each rise how surely the threshold for so many false alarms finds it."""
    edge = np.quantile(quiet, 1 - allowed, method="higher")
    above, at = (quiet > edge).mean(), (quiet == edge).mean()
    by_lot = np.clip((allowed - above) / at, 0, 1) if at else 0.0
    return np.where(risen > edge, 1.0, np.where(risen == edge, by_lot, 0.0))


# --- running --------------------------------------------------------------------------------------


def _spread(work: Callable[..., Any], calls: Sequence[tuple[Any, ...]], *, processes: int) -> Any:
    if processes < 2:
        return [work(*call) for call in calls]
    # one thread each: the matrices are small
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    with get_context("spawn").Pool(processes) as pool:
        return pool.starmap(work, calls, chunksize=1)


def summary(cells: pd.DataFrame) -> str:
    """Say whether the grid keeps within its limits."""
    whole = cells["p_high_5"].mean()
    error = float(np.sqrt((cells["se"] ** 2).sum()) / len(cells))
    low = cells[cells["p_high_5"] + 2 * cells["se"] < 0.03]
    high = cells[cells["p_high_5"] - 2 * cells["se"] > 0.065]
    return (
        f"over the whole grid {whole:.2%} (simulation error {error:.2%}), from "
        f"{cells['p_high_5'].min():.2%} to {cells['p_high_5'].max():.2%}; "
        f"beyond 3 to 6.5 %: {len(low) + len(high)} of {len(cells)} cells"
    )


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1500, help="series a cell of the grid")
    parser.add_argument("--cities", type=int, default=100, help="cities a scenario")
    parser.add_argument("--rises", type=int, default=1000, help="planted rises")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--scenario", action="append", default=[])
    chosen = parser.parse_args()
    pd.set_option("display.width", 250, "display.max_columns", 30, "display.max_rows", 200)
    if chosen.series:
        cells = grid(chosen.series, processes=chosen.processes)
        print(cells.round(4).to_string(), summary(cells), sep="\n", flush=True)
    if chosen.cities:
        weeks = whole_weeks(
            chosen.cities,
            processes=chosen.processes,
            names=chosen.scenario or tuple(SCENARIOS),
        )
        print(weeks.round(4).to_string(), flush=True)
    if chosen.rises:
        print(found_rises(chosen.rises, processes=chosen.processes).round(4).to_string())


if __name__ == "__main__":
    main()

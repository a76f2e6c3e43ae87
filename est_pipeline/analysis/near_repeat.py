"""Near repeats: whether, how far and how long the risk stays raised after an incident.

Pairs of incidents are counted by how far apart they lie in space and in time, and the counts are
put beside what other times at the same places would give (Knox 1964, "The detection of space-time
interactions", Applied Statistics 13; in bands, with a band for the same place: Johnson et al. 2007,
"Space-time patterns of risk", Journal of Quantitative Criminology 23).

That test takes any difference between the trends of two places for a near repeat: a quarter that
grew, a square that is lively in summer only, a source that joined (Kulldorff & Hjalmars 1999, "The
Knox method and other tests for space-time interaction", Biometrics 55). So times change places
only within a window of eight weeks: what drifts slower than that is the same before and after.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from est_pipeline.domain.geography import WGS84
from est_pipeline.domain.kinds import Kind

if TYPE_CHECKING:
    from datetime import date, tzinfo

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Metric = Literal["euclidean", "manhattan"]

DISTANCE_BANDS: Final = (0.0, 0.1, 100.0, 200.0, 400.0)
"""Metres, half-open; the first band is the same place."""
DAY_BANDS: Final = (0, 7, 14, 21, 28)
"""Days, half-open."""
WINDOW_DAYS: Final = 56
"""Twice the longest band: shorter windows find no less until then, and let less drift through."""
YEARS: Final = 5
PERMUTATIONS: Final = 999
LEVEL: Final = 0.05
SEED: Final = 19640101
WORST_PRECISION_M: Final = 100.0
"""A point known worse than the width of a band says nothing about bands."""
LONGEST_SPAN: Final = timedelta(days=3)
"""A longer span has no day; three let a weekend's burglary in."""
MOST_INCIDENTS: Final = 20_000
"""Of a category, the newest: enough for a verdict, and a week's run stays a matter of seconds."""
FEWEST_INCIDENTS: Final = 30
FEWEST_PAIRS: Final = 10
FEWEST_IN_CELL: Final = 5

USED, NO_POINT, IMPRECISE, LONG_SPAN = "used", "no_point", "imprecise", "long_span"
NETTED: Final = "netted"
RAISED, UNCLEAR, USUAL, TOO_FEW = "raised", "unclear", "usual", "too_few"

CELL = ("from_m", "to_m", "from_day", "to_day")


# --- pairs ----------------------------------------------------------------------------------------


def count_pairs(
    easting_m: npt.ArrayLike,
    northing_m: npt.ArrayLike,
    days: npt.ArrayLike,
    *,
    distance_bands: Sequence[float] = DISTANCE_BANDS,
    day_bands: Sequence[int] = DAY_BANDS,
    metric: Metric = "euclidean",
) -> pd.DataFrame:
    """Count the pairs in each cell of distance and days (the Knox table).

    Args:
        easting_m: metres, one a point.
        northing_m: likewise.
        days: the day of each, as a number.
        distance_bands: rising edges in metres; bands are half-open, [a, b).
        day_bands: rising edges in days, likewise.
        metric: how distance is measured; Manhattan is along the axes.

    Returns:
        One row a cell, by distance and then days: `from_m, to_m, from_day, to_day, pair_count`.
    """
    places, day = _places(easting_m, northing_m), np.asarray(days, dtype="int64")
    pairs = _Pairs(
        places, _no_window(day), day_bands=day_bands, bands=distance_bands, metric=metric
    )
    return _cells(distance_bands, day_bands).assign(pair_count=pairs.count(day).ravel())


def knox_test(
    easting_m: npt.ArrayLike,
    northing_m: npt.ArrayLike,
    days: npt.ArrayLike,
    *,
    distance_bands: Sequence[float] = DISTANCE_BANDS,
    day_bands: Sequence[int] = DAY_BANDS,
    metric: Metric = "euclidean",
    window_days: int | None = WINDOW_DAYS,
    permutations: int = PERMUTATIONS,
    seed: int | Sequence[int] = SEED,
) -> pd.DataFrame:
    """Test each cell of distance and days for more pairs than times at other places would give.

    Times change places within windows of `window_days`, counted back from the last day. The
    p-values have the real order among them (the +1 rule), and are adjusted for the number of cells
    by the largest statistic over all cells (Westfall & Young 1993; single step): where nothing
    repeats, one table in twenty has a cell at 5 %. The statistic is a count's root, centred and
    scaled by its permutations, so that thin cells don't outshout the others.

    The order of the points doesn't matter, and the same seed gives the same figures.

    Args:
        easting_m: metres, one a point.
        northing_m: likewise.
        days: the day of each, as a number.
        distance_bands: rising edges in metres; bands are half-open, [a, b).
        day_bands: rising edges in days, likewise.
        metric: how distance is measured; Manhattan is along the axes.
        window_days: how far a time may move; None is the plain Knox test.
        permutations: how many orders are drawn.
        seed: of the draws.

    Returns:
        One row a cell, by distance and then days: `from_m, to_m, from_day, to_day, pair_count,
        expected_count` (the permutations' mean), `p_value`, `p_adjusted`.
    """
    places, day = _places(easting_m, northing_m), np.asarray(days, dtype="int64")
    order = np.lexsort((places[:, 1], places[:, 0], day))
    places, day = places[order], day[order]
    window = _no_window(day)
    if window_days is not None and len(day):
        window = (day[-1] - day) // window_days
    pairs = _Pairs(
        places,
        window,
        day_bands=day_bands,
        bands=distance_bands,
        metric=metric,
        window_days=window_days,
    )
    observed = pairs.count(day)
    drawn = np.stack(
        [pairs.count(each) for each in _permuted(day, window, times=permutations, seed=seed)]
    )
    p_value = (1 + (drawn >= observed).sum(axis=0)) / (permutations + 1)
    roots = np.sqrt(np.concatenate([observed[np.newaxis], drawn]) + 0.375)
    spread = roots.std(axis=0)
    scaled = (roots - roots.mean(axis=0)) / np.where(spread > 0, spread, np.inf)
    largest = scaled[1:].max(axis=(1, 2))
    at_least = largest[:, np.newaxis, np.newaxis] >= scaled[0] - 1e-9
    adjusted = (1 + at_least.sum(axis=0)) / (permutations + 1)
    return _cells(distance_bands, day_bands).assign(
        pair_count=observed.ravel(),
        expected_count=drawn.mean(axis=0).ravel(),
        p_value=p_value.ravel(),
        p_adjusted=np.maximum(adjusted, p_value).ravel(),
    )


class _Pairs:
    """The pairs that are near in space, once; their days are looked up in each permutation."""

    def __init__(
        self,
        places: Numbers,
        window: Whole,
        *,
        bands: Sequence[float],
        day_bands: Sequence[int],
        metric: Metric,
        window_days: int | None = None,
    ) -> None:
        first, second, distance = _near_pairs(
            places,
            window,
            reach_m=bands[-1],
            # a time stays in its window: farther windows never come near in time
            windows_apart=0 if window_days is None else -(-day_bands[-1] // window_days),
            metric=metric,
        )
        band = np.searchsorted(bands, distance, side="right") - 1
        inside = (band >= 0) & (band < len(bands) - 1)
        # by band, and within it by place in memory: the days are looked up a thousand times
        order = np.lexsort((second[inside], first[inside], band[inside]))
        self._first, self._second = first[inside][order], second[inside][order]
        self._borders = np.searchsorted(band[inside][order], np.arange(len(bands)))
        self._day_bands = np.asarray(day_bands)

    def count(self, day: Whole) -> Whole:
        """Count the pairs of each distance band (rows) and day band (columns)."""
        # as few bytes as five years need; the days count from the first
        if len(day):
            day = day - day.min()
        day = day.astype("int16" if day.max(initial=0) < 2**15 else "int32")
        apart = np.abs(day.take(self._first) - day.take(self._second))
        below = np.array(
            [
                [np.count_nonzero(apart[start:end] < edge) for edge in self._day_bands]
                for start, end in pairwise(self._borders)
            ],
            dtype="int64",
        )
        return np.diff(below, axis=1)


def _near_pairs(
    places: Numbers, window: Whole, *, reach_m: float, windows_apart: int, metric: Metric
) -> tuple[Whole, Whole, Numbers]:
    """Give the pairs within reach whose windows are no farther apart than stated, each once."""
    from scipy.spatial import cKDTree

    firsts, seconds = [np.empty(0, dtype="int64")], [np.empty(0, dtype="int64")]
    for each in np.unique(window):
        members = np.flatnonzero((window >= each) & (window <= each + windows_apart))
        tree = cKDTree(places[members])
        # a little wider than the reach: the exact distance decides
        found = tree.query_pairs(
            reach_m * (1 + 1e-9) + 1e-6, p=1 if metric == "manhattan" else 2, output_type="ndarray"
        )
        a, b = members[found[:, 0]], members[found[:, 1]]
        is_own = (window[a] == each) | (window[b] == each)
        firsts.append(a[is_own])
        seconds.append(b[is_own])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    apart = np.abs(places[first] - places[second])
    distance: Numbers = apart.sum(axis=1) if metric == "manhattan" else np.hypot(*apart.T)
    return first, second, distance


def _permuted(
    day: Whole, window: Whole, *, times: int, seed: int | Sequence[int]
) -> Iterator[Whole]:
    """Give the days in a random order within each window, so many times."""
    generator = np.random.default_rng(seed)
    by_window = np.argsort(window, kind="stable")
    for _ in range(times):
        order = np.argsort(window[by_window] + generator.random(len(day)), kind="stable")
        drawn = np.empty_like(day)
        drawn[by_window] = day[by_window[order]]
        yield drawn


def _places(easting_m: npt.ArrayLike, northing_m: npt.ArrayLike) -> Numbers:
    return np.column_stack(
        [np.asarray(easting_m, dtype="float64"), np.asarray(northing_m, dtype="float64")]
    )


def _no_window(day: Whole) -> Whole:
    return np.zeros(len(day), dtype="int64")


def _cells(distance_bands: Sequence[float], day_bands: Sequence[int]) -> pd.DataFrame:
    return pd.DataFrame(
        [(*metres, *days) for metres in pairwise(distance_bands) for days in pairwise(day_bands)],
        columns=list(CELL),
    )


@dataclass(frozen=True)
class NearRepeats:
    """What the risk does after an incident, category by category.

    `categories` has one row a category: `category_code`, `incident_count`, `used_count`,
    `no_point_count`, `imprecise_count`, `long_span_count` (the four together are
    `incident_count`), `pair_count` (in all cells), `verdict` (`raised`; `unclear`: cells are
    raised, but not from the origin on; `usual`; `too_few`), and where raised `reach_m` and
    `reach_days` (outer edges), `reach_pair_count`, `reach_expected_count` and `p_value` (the
    category's smallest).

    `cells` has one row a category that is not too few, and cell: `category_code`, the columns of
    `knox_test`, `is_raised`.
    """

    categories: pd.DataFrame
    cells: pd.DataFrame


# --- the occurrences ------------------------------------------------------------------------------


def use_of_points(
    points: pd.DataFrame,
    *,
    worst_precision_m: float = WORST_PRECISION_M,
    longest: timedelta = LONGEST_SPAN,
) -> pd.Series[str]:
    """Tell of each occurrence whether its place and day are known well enough, and if not, why.

    Returns:
        `used`, `netted` (an earlier row that this one nets off, or the one that does), `no_point`,
        `imprecise` (worse than `worst_precision_m`) or `long_span`; the first that applies.
    """
    span = points["occurred_to"] - points["occurred_from"]
    said = np.select(
        [
            _is_netted(points),
            points["lon"].isna().to_numpy("bool"),
            ~(points["precision_m"] <= worst_precision_m).to_numpy("bool"),
            (span > longest).to_numpy("bool"),
        ],
        [NETTED, NO_POINT, IMPRECISE, LONG_SPAN],
        default=USED,
    )
    return pd.Series(said, index=points.index, dtype="str")


def _is_netted(points: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which rows count for nothing: those below one, and as many alike as they take back."""
    alike = ["category_code", "district_id", "occurred_from", "lon", "lat"]
    number = points["occurrence_count"]
    by_alike = points.assign(is_kept=number > 0).groupby(alike, dropna=False, sort=False)
    left = by_alike["occurrence_count"].transform("sum")
    rank = by_alike["is_kept"].cumsum()
    return ((number <= 0) | (rank > left)).to_numpy("bool")


def find_near_repeats(  # noqa: PLR0913 - the bands and limits of the method, each with a default
    points: pd.DataFrame,
    *,
    zone: tzinfo,
    metric_crs: str,
    last_on: date,
    years: int = YEARS,
    most_incidents: int = MOST_INCIDENTS,
    kind: Kind = Kind.INCIDENT,
    distance_bands: Sequence[float] = DISTANCE_BANDS,
    day_bands: Sequence[int] = DAY_BANDS,
    metric: Metric = "euclidean",
    window_days: int | None = WINDOW_DAYS,
    worst_precision_m: float = WORST_PRECISION_M,
    permutations: int = PERMUTATIONS,
    level: float = LEVEL,
    seed: int = SEED,
) -> NearRepeats:
    """Find, category by category, how far and how long the risk stays raised after an incident.

    A row is one incident however many it states, on the local day of its middle. A cell is raised
    when its adjusted p is at most `level`, and lower where only few of the categories have any
    such cell (Benjamini & Bogomolov 2014): quiet categories don't get a finding from being many.
    The reach is the largest rectangle of cells from the origin that are all raised or too thin to
    tell (fewer than `FEWEST_IN_CELL` pairs), with a raised one at either edge.

    Args:
        points: of `domain.schemas.OCCURRENCES` at least `kind, category_code, district_id,
            occurred_from, occurred_to, lon, lat, precision_m, occurrence_count`.
        zone: the workspace's time zone.
        metric_crs: the plane system in which metres are measured.
        last_on: the last local day; later rows are left out, and those too that lie more than
            `years` before it.
        years: how far back.
        most_incidents: how many of a category, the newest; the last day among them is whole.
        kind: incidents or environment cases; the two are never added.
        distance_bands: see `knox_test`.
        day_bands: see `knox_test`.
        metric: see `knox_test`.
        window_days: see `knox_test`.
        worst_precision_m: points known worse are left out.
        permutations: see `knox_test`.
        level: probability of a finding where nothing repeats.
        seed: of the draws; each category has its own from it.

    Returns:
        What was found in each category, and the cells that it rests on.
    """
    chosen = points[points["kind"] == kind.value]
    middle = _middle(chosen)
    day = middle.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    ends = pd.Timestamp(last_on)
    chosen = chosen.assign(day=day)[(day <= ends) & (day > ends - pd.DateOffset(years=years))]
    newest = chosen.groupby("category_code")["day"].rank(method="min", ascending=False)
    chosen = chosen[newest <= most_incidents]
    use = use_of_points(chosen, worst_precision_m=worst_precision_m)
    placed = _project(chosen[use == USED], metric_crs=metric_crs)
    summaries, tables = [], []
    for category_code, said in use[use != NETTED].groupby(chosen["category_code"]):
        number = said.value_counts()
        own = placed[placed["category_code"] == category_code]
        place = (own["easting_m"], own["northing_m"], own["day_number"])
        observed = count_pairs(
            *place, distance_bands=distance_bands, day_bands=day_bands, metric=metric
        )
        pair_count = int(observed["pair_count"].sum())
        is_enough = len(own) >= FEWEST_INCIDENTS and pair_count >= FEWEST_PAIRS
        summaries.append(
            {
                "category_code": str(category_code),
                "incident_count": len(said),
                **{
                    f"{each}_count": int(number.get(each, 0))
                    for each in (USED, NO_POINT, IMPRECISE, LONG_SPAN)
                },
                "pair_count": pair_count,
                "verdict": USUAL if is_enough else TOO_FEW,
            }
        )
        if is_enough:
            table = knox_test(
                *place,
                distance_bands=distance_bands,
                day_bands=day_bands,
                metric=metric,
                window_days=window_days,
                permutations=permutations,
                seed=[seed, zlib.crc32(str(category_code).encode())],
            )
            tables.append(table.assign(category_code=str(category_code)))
    summary = pd.DataFrame(
        summaries,
        columns=[
            *("category_code", "incident_count", "used_count", "no_point_count"),
            *("imprecise_count", "long_span_count", "pair_count", "verdict"),
        ],
    ).astype({"category_code": "str", "verdict": "str"})
    cells = _raised(tables, level=level)
    return NearRepeats(_with_reach(summary, cells), cells)


def _middle(points: pd.DataFrame) -> pd.Series:
    """Give the middle of each occurrence's time; where only one moment is known, that one."""
    start = points["occurred_from"]
    half = (points["occurred_to"] - start) / 2
    middle: pd.Series = start + half.where(half > pd.Timedelta(0), pd.Timedelta(0))
    return middle


def _project(points: pd.DataFrame, *, metric_crs: str) -> pd.DataFrame:
    from pyproj import Transformer

    transformer = Transformer.from_crs(WGS84, metric_crs, always_xy=True)
    easting_m, northing_m = transformer.transform(
        points["lon"].to_numpy("float64"), points["lat"].to_numpy("float64")
    )
    return points.assign(
        easting_m=easting_m,
        northing_m=northing_m,
        day_number=points["day"].to_numpy("datetime64[D]").astype("int64"),
    )


def _raised(tables: Sequence[pd.DataFrame], *, level: float) -> pd.DataFrame:
    """Say which cells are raised: within a category at a level that the number of categories sets.

    Where R of m categories have something by Benjamini & Hochberg, their cells are held against
    R / m of the level.
    """
    columns = [
        *("category_code", *CELL, "pair_count", "expected_count"),
        *("p_value", "p_adjusted", "is_raised"),
    ]
    if not tables:
        return pd.DataFrame(columns=columns).astype({"category_code": "str", "is_raised": "bool"})
    cells = pd.concat(tables, ignore_index=True)
    smallest = np.sort(cells.groupby("category_code")["p_adjusted"].min().to_numpy())
    ranks = np.arange(1, len(smallest) + 1)
    passed = ranks[smallest <= level * ranks / len(smallest)]
    share = passed.max() / len(smallest) if len(passed) else 1 / len(smallest)
    is_raised = (cells["p_adjusted"] <= level * share) & (cells["pair_count"] >= FEWEST_IN_CELL)
    cells = cells.assign(is_raised=is_raised)[columns].astype({"category_code": "str"})
    return cells.sort_values("category_code", kind="stable", ignore_index=True)


def _with_reach(summary: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    columns = ["reach_m", "reach_days", "reach_pair_count", "reach_expected_count", "p_value"]
    rows = {
        str(category_code): reach
        for category_code, table in cells.groupby("category_code")
        if (reach := _reach(table)) is not None
    }
    found = pd.DataFrame(
        list(rows.values()), index=pd.Index(list(rows), dtype="str"), columns=columns
    ).astype("float64")
    joined = summary.join(found, on="category_code")
    has_raised = joined["category_code"].isin(cells.loc[cells["is_raised"], "category_code"])
    verdict = joined["verdict"].mask(has_raised, UNCLEAR).mask(joined["reach_m"].notna(), RAISED)
    return joined.assign(verdict=verdict.astype("str"))


def _reach(table: pd.DataFrame) -> tuple[float, float, float, float, float] | None:
    """Give the outer edges and counts of the rectangle from the origin with most beyond chance."""
    best: tuple[float, tuple[float, float, float, float, float]] | None = None
    is_open = table["is_raised"] | (table["pair_count"] < FEWEST_IN_CELL)
    for to_m in sorted(table["to_m"].unique()):
        for to_day in sorted(table["to_day"].unique()):
            inside = (table["to_m"] <= to_m) & (table["to_day"] <= to_day)
            is_raised = inside & table["is_raised"]
            reaches = (is_raised & (table["to_m"] == to_m)).any() and (
                is_raised & (table["to_day"] == to_day)
            ).any()
            if not (reaches and is_open[inside].all()):
                continue
            pairs = float(table.loc[inside, "pair_count"].sum())
            expected = float(table.loc[inside, "expected_count"].sum())
            if best is None or pairs - expected > best[0]:
                p_value = float(table["p_adjusted"].min())
                best = pairs - expected, (float(to_m), float(to_day), pairs, expected, p_value)
    return None if best is None else best[1]

"""Recurring places: named places and hexagons ranked for next week, with what each rests on.

The ranking is that of `place_scores`; whether a place is new, rising or fading is a test, not a
percentage; and what would not stay at the top if its points were moved by their own uncertainty
is not called a recurring place (`place_stability`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import pandas as pd

from est_pipeline.analysis.hexagons import (
    RESOLUTION,
    centres_of,
    locate_cells,
    touching,
    width_m,
    with_surroundings,
)
from est_pipeline.analysis.place_scores import (
    LONGEST_WEEKS,
    blend_rates,
    fading_weight,
    score_cells,
    shrink_rates,
)
from est_pipeline.analysis.place_stability import share_of_moves_near_top
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek

RECENT_WEEKS = 12
YEAR_WEEKS = 52
TOP = 10
"""So many named places, and so many hexagons, are looked at."""
FEWEST_WEEKS = 3
"""A place that has had incidents in fewer weeks of the last year does not recur."""
STABLE_SHARE = 0.8
"""A hexagon stays near the top in this share of the moves, or is not called a recurring place."""
STATE_LEVEL = 0.05
"""Two-sided level at which a place's recent share differs from that of all places."""

_BLOCK_WEEKS = 4  # so that a series of a few weeks counts as one event in the dispersion
_FEWEST_BEFORE = 12


class Unit(StrEnum):
    """What is ranked."""

    NAMED = "named"
    CELL = "cell"


class PlaceState(StrEnum):
    """How a place's last 12 weeks stand beside the rest of its year."""

    PERSISTENT = "persistent"
    NEW = "new"
    RISING = "rising"
    FADING = "fading"
    SHORT_HISTORY = "short_history"


class Standing(StrEnum):
    """Whether a ranked place is called a recurring place, else why not."""

    RECURRING = "recurring"
    SELDOM = "seldom"
    VAGUE = "vague"
    UNSTABLE = "unstable"
    BELOW_TOP = "below_top"


@dataclass(frozen=True)
class PlaceBasis:
    """What a ranking rests on: incidents of the last `week_count` weeks, by how they are placed.

    `placed_count` have a point or a named place; `coarse_count` are shown by district only;
    `vague_count` have a place that is known less well than a hexagon is wide (the name of a whole
    district, say); `unplaced_count` have neither point nor named place. `cell_width_m` is
    missing where no incident has a point.
    """

    week_count: int
    incident_count: int
    placed_count: int
    coarse_count: int
    vague_count: int
    unplaced_count: int
    cell_width_m: float | None

    @property
    def unplaced_share(self) -> float | None:
        """The share that could not be ranked; missing where there is no incident."""
        return 1 - self.placed_count / self.incident_count if self.incident_count else None


def choose_rows(
    occurrences: pd.DataFrame,
    *,
    kind: Kind,
    last_week: IsoWeek,
    known_by: datetime | None = None,
) -> pd.DataFrame:
    """Give the occurrences of one kind up to a week, each once, with the week as a number.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`.
        kind: incidents or environment cases.
        last_week: the last week, included.
        known_by: only what was known at this moment; all where missing.

    Returns:
        Its columns and `week_ordinal` (`IsoWeek.ordinal`), by week, on a new index. What is
        coarse has neither place nor point, whatever stood there.
    """
    chosen = occurrences[occurrences["kind"] == kind.value]
    if known_by is not None:
        chosen = chosen[chosen["known_at"] <= known_by]
    ordinals = {week: IsoWeek.parse(week).ordinal for week in chosen["iso_week"].unique()}
    chosen = chosen.assign(week_ordinal=chosen["iso_week"].map(ordinals).astype("int64"))
    chosen = (
        chosen[chosen["week_ordinal"] <= last_week.ordinal]
        .sort_values(["week_ordinal", "occurrence_id", "known_at"], kind="stable")
        .drop_duplicates("occurrence_id")
        .reset_index(drop=True)
    )
    hidden = ["place_id", "place_name", "lon", "lat", "precision_m"]
    chosen[hidden] = chosen[hidden].mask(chosen["is_coarse"])
    return chosen


def cells_of(rows: pd.DataFrame, *, resolution: int = RESOLUTION) -> pd.Series[str]:
    """Give the hexagon of each row; missing without a point, or where it is known too vaguely.

    Args:
        rows: `lon`, `lat`, `precision_m` (missing where nothing is said of it).
        resolution: H3 resolution.
    """
    cells = locate_cells(rows["lon"], rows["lat"], resolution=resolution)
    return cells.mask(rows["precision_m"] > _cell_width(rows, resolution=resolution))


def _cell_width(rows: pd.DataFrame, *, resolution: int) -> float:
    """Give how wide a hexagon is where the rows are; infinite where none has a point."""
    points = rows[["lon", "lat"]].dropna()
    if points.empty:
        return float("inf")
    some = locate_cells(points["lon"][:1], points["lat"][:1], resolution=resolution)
    return width_m(str(some.iloc[0]))


def describe_basis(
    occurrences: pd.DataFrame,
    *,
    week: IsoWeek,
    known_by: datetime | None = None,
    kind: Kind = Kind.INCIDENT,
    resolution: int = RESOLUTION,
) -> PlaceBasis:
    """Count what could be ranked and what could not, over the year up to a week.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`.
        week: the last week, included.
        known_by: only what was known at this moment; all where missing.
        kind: incidents or environment cases.
        resolution: H3 resolution.
    """
    rows = choose_rows(occurrences, kind=kind, last_week=week, known_by=known_by)
    week_count = _history_weeks(rows, week)
    rows = rows[rows["week_ordinal"] > week.ordinal - YEAR_WEEKS]
    cells = cells_of(rows, resolution=resolution)
    count = rows["occurrence_count"]
    has_point, is_coarse = rows["lon"].notna(), rows["is_coarse"]
    width = _cell_width(rows, resolution=resolution)
    is_named = rows["place_id"].notna() & ~(rows["precision_m"] > width)
    is_placed = cells.notna() | is_named
    left = ~is_placed & ~is_coarse
    return PlaceBasis(
        week_count=min(week_count, YEAR_WEEKS),
        incident_count=int(count.sum()),
        placed_count=int(count[is_placed].sum()),
        coarse_count=int(count[is_coarse].sum()),
        vague_count=int(count[left & has_point].sum()),
        unplaced_count=int(count[left & ~has_point].sum()),
        cell_width_m=width if np.isfinite(width) else None,
    )


def rank_places(
    occurrences: pd.DataFrame,
    *,
    week: IsoWeek,
    known_by: datetime | None = None,
    kind: Kind = Kind.INCIDENT,
    resolution: int = RESOLUTION,
    top: int = TOP,
    replicates: int = 200,
    seed: int = 1,
) -> pd.DataFrame:
    """Rank named places and hexagons by the incidents that next week may be expected to bring.

    A hexagon counts every point in it, those of its named places too; a named place counts what
    was reported by its name. So the two are ranked each for itself, on the same scale.

    Whether a place is new, rising or fading: given its incidents of the year, how many would
    fall in the last 12 weeks if it went with all the other places together? The share of the
    others rests on a count too, and incidents come in series, so the count is beta-binomial with
    a dispersion from four-week blocks (that of the other places). A place differs where the
    mid-p (Lancaster 1961) is below 0.025 on either side. It is new where it has had incidents in
    fewer than three weeks before, else rising. A year before which there are fewer than 12 weeks
    to compare with gives `short_history`.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`, up to five years of them.
        week: the last week that counts, included; the ranking is for the one after.
        known_by: only what was known at this moment; all where missing.
        kind: incidents or environment cases.
        resolution: H3 resolution of the hexagons.
        top: how many of each are looked at.
        replicates: moves of the points.
        seed: of the moves.

    Returns:
        One row a place that has had incidents, named places first, by rank: `unit` (`Unit`),
        `unit_id` (place id or hexagon), `rank` (from 1, within the unit), `score` (expected a
        week), `week_count` (weeks of the year that there are), `count_year`, `count_recent` (last
        12 weeks), `count_before` (the year without them), `weeks_with` (weeks of the year with
        incidents), `last_week` (the latest with one), `category_code` and `category_count` (the
        most common of the year), `district_id` (most common), `place_id`, `place_name` and
        `named_count` (most common named place of the year, and its incidents in it), `lon`, `lat`
        (of the named place, or the middle of the hexagon), `precision_m` (median),
        `state` (`PlaceState`), `state_p` (two-sided mid-p), `stability` (share of moves after
        which it is still near the top with half of its incidents; missing below the top) and
        `standing` (`Standing`).
    """
    rows = choose_rows(occurrences, kind=kind, last_week=week, known_by=known_by)
    rows = rows[rows["week_ordinal"] > week.ordinal - LONGEST_WEEKS]
    history = _history_weeks(rows, week)
    rows = rows.assign(
        age=week.ordinal - rows["week_ordinal"],
        cell=cells_of(rows, resolution=resolution),
    )
    named = rows.assign(unit_id=rows["place_id"]).dropna(subset=["unit_id"])
    in_cell = rows.assign(unit_id=rows["cell"]).dropna(subset=["unit_id"])
    ranked = [
        _rank(part, unit=unit, history=history, top=top)
        for unit, part in ((Unit.NAMED, named), (Unit.CELL, in_cell))
    ]
    cells = ranked[1]
    if not cells.empty:
        middle = centres_of(cells["unit_id"].to_list())
        stability = share_of_moves_near_top(
            in_cell,
            cells=cells.set_index("unit_id")["rank"],
            week_count=history,
            top=top,
            replicates=replicates,
            seed=seed,
        )
        cells = cells.assign(
            lon=middle["lon"].to_numpy(),
            lat=middle["lat"].to_numpy(),
            stability=cells["unit_id"].map(stability),
        )
    width = _cell_width(rows, resolution=resolution)
    found = pd.concat([ranked[0], cells], ignore_index=True)
    return found.assign(standing=_standing(found, top=top, width=width))[_COLUMNS]


_COLUMNS = [
    *("unit", "unit_id", "rank", "score", "week_count", "count_year", "count_recent"),
    *("count_before", "weeks_with", "last_week", "category_code", "category_count", "district_id"),
    *("place_id", "place_name", "named_count", "lon", "lat", "precision_m", "state", "state_p"),
    *("stability", "standing"),
]


def _history_weeks(rows: pd.DataFrame, week: IsoWeek) -> int:
    """Give how many weeks there are, from the first with a row to `week`, both included."""
    if rows.empty:
        return 0
    return min(week.ordinal - int(rows["week_ordinal"].min()) + 1, LONGEST_WEEKS)


def _rank(rows: pd.DataFrame, *, unit: Unit, history: int, top: int) -> pd.DataFrame:
    """Give one row a unit, highest score first; equal scores by recent count, count, id."""
    year = rows[rows["age"] < YEAR_WEEKS]
    count = "occurrence_count"
    of_year = year.groupby("unit_id")
    of_recent = year[year["age"] < RECENT_WEEKS].groupby("unit_id")
    weekly = year.groupby(["unit_id", "iso_week"], as_index=False)[count].sum()
    of_weeks = weekly[weekly[count] > 0].groupby("unit_id")["iso_week"]
    whole = rows.groupby("unit_id")
    faded = rows[count] * fading_weight(rows["age"].to_numpy())
    table = pd.DataFrame(
        {
            "long_run": whole[count].sum(),
            "faded": faded.groupby(rows["unit_id"]).sum(),
            "count_year": of_year[count].sum(),
            "count_recent": of_recent[count].sum(),
            "weeks_with": of_weeks.size(),
            "last_week": of_weeks.max(),
            "lon": whole["lon"].median(),
            "lat": whole["lat"].median(),
            "precision_m": whole["precision_m"].median(),
            "district_id": _most_common(rows, "district_id")["district_id"],
        }
    )
    table = table.join(
        _most_common(year, "category_code").rename(columns={"size": "category_count"})
    )
    by_name = _most_common(year, "place_id").rename(columns={"size": "named_count"})
    names = rows.dropna(subset=["place_id"]).groupby("place_id")["place_name"].last()
    table = table.join(by_name)
    table["place_name"] = table["place_id"].map(names).astype("str")
    whole_numbers = ["count_year", "count_recent", "weeks_with", "category_count", "named_count"]
    table[whole_numbers] = table[whole_numbers].fillna(0).clip(lower=0).astype("int64")
    table["count_before"] = (table["count_year"] - table["count_recent"]).clip(lower=0)
    table["score"] = _score(table, unit=unit, history=history)
    table = table.join(_judge_states(year, history=history))
    table = (
        table.rename_axis("unit_id")
        .reset_index()
        .astype({"unit_id": "str"})
        .sort_values(
            ["score", "count_recent", "count_year", "unit_id"],
            ascending=[False, False, False, True],
            kind="stable",
        )
        .reset_index(drop=True)
    )
    return table.assign(
        unit=str(unit),
        rank=np.arange(1, len(table) + 1),
        week_count=min(history, YEAR_WEEKS),
        # moving the points changes nothing in what was reported by name
        stability=np.where(np.arange(len(table)) < top, 1.0, np.nan),
    )


def _score(table: pd.DataFrame, *, unit: Unit, history: int) -> np.ndarray:
    if table.empty:
        return np.zeros(0)
    if unit is Unit.NAMED:
        rates = blend_rates(
            table["long_run"].to_numpy(), table["faded"].to_numpy(), week_count=history
        )
        return shrink_rates(rates, towards=float(rates.mean()), week_count=history)
    around = with_surroundings(table.index.to_list())
    spread = table[["long_run", "faded"]].reindex(list(around), fill_value=0.0)
    scores = score_cells(
        spread["long_run"].to_numpy(),
        spread["faded"].to_numpy(),
        neighbours=touching(around),
        week_count=history,
    )
    return pd.Series(scores, index=list(around)).reindex(table.index).to_numpy()


def _most_common(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Give each unit's most common value (`column`) and its incidents (`size`)."""
    counts = (
        rows.dropna(subset=[column])
        .groupby(["unit_id", column])["occurrence_count"]
        .sum()
        .rename("size")
        .reset_index()
        .sort_values(["unit_id", "size", column], ascending=[True, False, True], kind="stable")
    )
    return counts.drop_duplicates("unit_id").set_index("unit_id")


# --- new, rising, fading --------------------------------------------------------------------------


def _judge_states(year: pd.DataFrame, *, history: int) -> pd.DataFrame:
    """Give `state` and `state_p` of each unit."""
    from scipy.stats import betabinom

    blocks = min(history, YEAR_WEEKS) // _BLOCK_WEEKS
    recent_blocks = RECENT_WEEKS // _BLOCK_WEEKS
    block = year["age"] // _BLOCK_WEEKS
    counts = (
        year[block < blocks]
        .assign(block=block[block < blocks])
        .pivot_table(index="unit_id", columns="block", values="occurrence_count", aggfunc="sum")
        .reindex(columns=range(blocks))
        .fillna(0)
        .clip(lower=0)
    )
    units = counts.index
    if (blocks - recent_blocks) * _BLOCK_WEEKS < _FEWEST_BEFORE:
        units = pd.Index(year["unit_id"].unique())
        return pd.DataFrame(
            {"state": str(PlaceState.SHORT_HISTORY), "state_p": np.nan}, index=units
        )
    table = counts.to_numpy()
    own = table.sum(axis=1)
    recent = table[:, :recent_blocks].sum(axis=1)
    others = own.sum() - own
    by_chance = recent_blocks / blocks
    share = (recent.sum() - recent + by_chance) / (others + 1)
    # what two counts differ by in a place that goes with the rest, against a plain binomial
    spread = _dispersion_of_others(table) * (1 + own / np.maximum(others, 1))
    kin = np.clip((spread - 1) / np.maximum(own - 1, 1), 1e-6, 0.99)
    weight = 1 / kin - 1
    chance = betabinom(own, share * weight, (1 - share) * weight)
    half = chance.pmf(recent) / 2
    above, below = chance.sf(recent) + half, chance.cdf(recent) - half
    before = year[(year["age"] >= RECENT_WEEKS)]
    weeks_before = (
        before.groupby(["unit_id", "age"])["occurrence_count"]
        .sum()
        .gt(0)
        .groupby(level="unit_id")
        .sum()
        .reindex(units, fill_value=0)
        .to_numpy()
    )
    state = np.select(
        [
            (above < STATE_LEVEL / 2) & (weeks_before < FEWEST_WEEKS),
            above < STATE_LEVEL / 2,
            below < STATE_LEVEL / 2,
        ],
        [str(PlaceState.NEW), str(PlaceState.RISING), str(PlaceState.FADING)],
        default=str(PlaceState.PERSISTENT),
    )
    state_p = np.minimum(2 * np.minimum(above, below), 1.0)
    return pd.DataFrame({"state": state, "state_p": state_p}, index=units)


def _dispersion_of_others(table: np.ndarray) -> np.ndarray:
    """Give for each place the dispersion of the other places' blocks, at least 1.

    Pearson's statistic against each place's own sum spread as all places together were.
    """
    profile = table.sum(axis=0)
    used = profile > 0
    freedom = max(int(used.sum()) - 1, 1)
    expected = table.sum(axis=1)[:, None] * profile[used] / max(profile.sum(), 1)
    pearson = ((table[:, used] - expected) ** 2 / np.where(expected > 0, expected, 1)).sum(axis=1)
    has_any = table.sum(axis=1) > 0
    others = max(int(has_any.sum()) - 1, 1) * freedom
    dispersion: np.ndarray = np.maximum((pearson.sum() - pearson) / others, 1.0)
    return dispersion


def _standing(found: pd.DataFrame, *, top: int, width: float) -> np.ndarray:
    is_named = found["unit"] == str(Unit.NAMED)
    standing: np.ndarray = np.select(
        [
            found["rank"] > top,
            found["weeks_with"] < FEWEST_WEEKS,
            is_named & (found["precision_m"] > width),
            found["stability"] < STABLE_SHARE,
        ],
        [
            str(Standing.BELOW_TOP),
            str(Standing.SELDOM),
            str(Standing.VAGUE),
            str(Standing.UNSTABLE),
        ],
        default=str(Standing.RECURRING),
    )
    return standing

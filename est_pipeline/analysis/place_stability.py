"""Do the top places stay at the top when each point is moved by its own uncertainty?

Positions in police registers are off by tens of metres (a Swedish study found a median error of
83 m), so a hexagon can owe its rank to points that belong next door. Each point is drawn anew
within the radius in which its place is known; where nothing is said of it, from a bivariate
normal with that median error. Points that share a named place share its error, and move
together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from est_pipeline.analysis.hexagons import centres_of, metres_from, touching, with_surroundings
from est_pipeline.analysis.place_scores import fading_weight, score_cells

UNSTATED_MEDIAN_M = 83.0
"""Median error of a position of which nothing is said."""

NEAR_TOP = 2
"""After the points are moved, a place should be among this many times the top."""
KEPT_SHARE = 0.5
"""A hexagon that loses more than half of its incidents owes its rank to its neighbours' points."""

_SPREAD = 61  # points of the lattice that stands for a position's uncertainty


def share_of_moves_near_top(
    rows: pd.DataFrame,
    *,
    cells: pd.Series[int],
    week_count: int,
    top: int,
    replicates: int,
    seed: int,
) -> pd.Series[float]:
    """Give for each top hexagon the share of moves after which it is still near the top.

    Near the top are twice as many as the top: the last of these are often so alike that a single
    incident changes their order. It must also keep at least half of its incidents: where few
    hexagons have any, one stays near the top whatever happens to it.

    Only what lies near enough to a contender to change anything is moved: the first three times
    `top` hexagons and what surrounds them.

    Args:
        rows: one row an incident with a hexagon: `cell`, `lon`, `lat`, `precision_m`, `place_id`
            (missing where it has no name), `age` (weeks), `occurrence_count`.
        cells: the rank of each hexagon, from 1, on its id.
        week_count: how many weeks the history has.
        top: how many count as the top.
        replicates: how often the points are moved.
        seed: of the moves.

    Returns:
        On the ids of the `top` first hexagons.
    """
    contenders = cells.index[cells <= 3 * top]
    near = with_surroundings(list(contenders), rings=2)
    moved_area = with_surroundings(near)
    universe = pd.Index(sorted({*moved_area, *with_surroundings(cells.index.to_list())}))
    neighbours = touching(universe.to_list())
    at = universe.get_indexer(pd.Index(rows["cell"]))
    count = rows["occurrence_count"].to_numpy(dtype="float64")
    faded = count * fading_weight(rows["age"].to_numpy())

    moves = np.flatnonzero(rows["cell"].isin(near))
    positions, distinct = _positions(rows.iloc[moves])
    around = pd.Index(_cells_around(distinct, cells=moved_area).ravel())
    reached = universe.get_indexer(around).reshape(len(distinct), _SPREAD)
    # what lies in one hexagon however it is moved need not be drawn
    leaves = (reached != at[moves][np.unique(positions, return_index=True)[1], None]).any(axis=1)
    moves, positions = moves[leaves[positions]], positions[leaves[positions]]
    # rows of the same named place move together, any other row for itself
    named, _ = pd.factorize(rows["place_id"].iloc[moves])
    alone = named.max(initial=-1) + 1 + np.arange(len(moves))
    together = np.where(named >= 0, named, alone)

    chosen = universe.get_indexer(cells.index[cells <= top])
    random = np.random.default_rng(seed)
    stays = np.zeros(len(chosen))
    size = len(universe)
    whole = np.bincount(at, weights=count, minlength=size)
    still = whole - np.bincount(at[moves], weights=count[moves], minlength=size)
    still_faded = np.bincount(at, weights=faded, minlength=size)
    still_faded -= np.bincount(at[moves], weights=faded[moves], minlength=size)
    for _ in range(replicates):
        drawn = random.integers(_SPREAD, size=together.max(initial=-1) + 1)[together]
        now = reached[positions, drawn]
        moved = (still + np.bincount(now, weights=count[moves], minlength=size)).clip(0)
        moved_faded = still_faded + np.bincount(now, weights=faded[moves], minlength=size)
        scores = score_cells(moved, moved_faded, neighbours=neighbours, week_count=week_count)
        limit = np.sort(scores)[::-1][min(NEAR_TOP * top, size) - 1]
        stays += (scores[chosen] >= limit) & (moved[chosen] >= whole[chosen] * KEPT_SHARE)
    return pd.Series(stays / max(replicates, 1), index=universe[chosen])


def _positions(rows: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Give the number of each row's position, and the distinct positions."""
    keys = rows[["lon", "lat", "precision_m"]]
    number = keys.groupby(list(keys.columns), dropna=False, sort=False).ngroup().to_numpy()
    return number, keys.iloc[np.unique(number, return_index=True)[1]]


def _cells_around(positions: pd.DataFrame, *, cells: tuple[str, ...]) -> np.ndarray:
    """Give the hexagon at each point of a lattice over each position's uncertainty.

    Hexagons of one resolution are, within a town, the points that lie nearest to their middle.
    """
    from scipy.spatial import cKDTree

    middles = centres_of(cells)
    middle = (float(middles["lon"].mean()), float(middles["lat"].mean()))
    tree = cKDTree(metres_from(middles["lon"].to_numpy(), middles["lat"].to_numpy(), middle=middle))
    points = metres_from(positions["lon"].to_numpy(), positions["lat"].to_numpy(), middle=middle)
    radius = positions["precision_m"].to_numpy(dtype="float64")
    # equal areas of a disc, turned by the golden angle (Vogel 1979)
    within = (np.arange(_SPREAD) + 0.5) / _SPREAD
    angle = np.arange(_SPREAD) * np.pi * (3 - np.sqrt(5))
    turned = np.column_stack([np.cos(angle), np.sin(angle)])
    sigma = UNSTATED_MEDIAN_M / np.sqrt(2 * np.log(2))
    unstated = sigma * np.sqrt(-2 * np.log1p(-within))
    reach = np.where(
        np.isnan(radius)[:, None],
        unstated[None, :],
        np.nan_to_num(radius)[:, None] * np.sqrt(within),
    )
    lattice = points[:, None, :] + reach[:, :, None] * turned[None, :, :]
    _, nearest = tree.query(lattice.reshape(-1, 2))
    return np.asarray(cells, dtype=object)[nearest].reshape(len(positions), _SPREAD)

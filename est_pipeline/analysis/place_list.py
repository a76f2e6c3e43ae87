"""From the ranked places to a list for a meeting: each spot once, by the name people know."""

from __future__ import annotations

import numpy as np
import pandas as pd

from est_pipeline.analysis.hexagons import locate_cells, metres_from
from est_pipeline.analysis.places import Standing, Unit

MOST_LISTED = 8
"""More places than this are no priorities."""


def list_places(ranked: pd.DataFrame, *, most: int = MOST_LISTED) -> pd.DataFrame:
    """Choose from the named places and the hexagons so that no incident stands in two rows.

    Where the recurring named places in a hexagon hold at least half of its incidents, they stand
    for it; else the hexagon stands for them. A hexagon that is too uncertain to be called a
    recurring place is given only if no named place stands for it.

    Args:
        ranked: as `rank_places` gives it.
        most: how many recurring places are listed.

    Returns:
        Rows of `ranked`: the recurring ones, at most so many, highest score first, then those
        that are too uncertain (`Standing.UNSTABLE`, `Standing.VAGUE`) and would have stood among
        them.
    """
    recurs = ranked["standing"] == str(Standing.RECURRING)
    is_named = ranked["unit"] == str(Unit.NAMED)
    cells, names = ranked[~is_named], ranked[is_named & recurs]
    inside = _cells_of_names(names, cells=cells)
    by_name = names["count_year"].groupby(inside).sum()
    by_name_here = cells["unit_id"].map(by_name).astype("float64").fillna(0)
    named_share = by_name_here / cells["count_year"].clip(lower=1)
    stands_for_itself = cells["unit_id"].where(named_share < 0.5)
    kept_cells = cells[stands_for_itself.notna()]
    recurring_cells = kept_cells[kept_cells["standing"] == str(Standing.RECURRING)]
    kept_names = names[~inside.isin(recurring_cells["unit_id"])]
    order = ["score", "count_recent", "count_year", "unit_id"]
    listed = (
        pd.concat([kept_names, recurring_cells])
        .sort_values(order, ascending=[False, False, False, True], kind="stable")
        .head(most)
    )
    doubtful = pd.concat([ranked[is_named], kept_cells])
    doubtful = doubtful[
        doubtful["standing"].isin([str(Standing.UNSTABLE), str(Standing.VAGUE)])
        & (doubtful["score"] >= (listed["score"].min() if len(listed) == most else 0))
    ].sort_values(order, ascending=[False, False, False, True], kind="stable")
    return pd.concat([listed, doubtful], ignore_index=True)


def find_nearest(points: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Give the named place that lies nearest to each point, how far and in which direction.

    Args:
        points: `lon`, `lat`.
        places: `place_name`, `lon`, `lat`; may be empty.

    Returns:
        On the index of `points`: `place_name` of the nearest one, `distance_m`, and `bearing`
        (where the point lies as seen from the place, degrees from north); missing without places.
    """
    found = pd.DataFrame(
        {"place_name": None, "distance_m": np.nan, "bearing": np.nan}, index=points.index
    )
    if places.empty or points.empty:
        return found
    middle = (float(points["lon"].iloc[0]), float(points["lat"].iloc[0]))
    here, there = (
        metres_from(each["lon"].to_numpy(), each["lat"].to_numpy(), middle=middle)
        for each in (points, places)
    )
    way = here[:, None, :] - there[None, :, :]
    distance = np.hypot(way[..., 0], way[..., 1])
    nearest = distance.argmin(axis=1)
    row = np.arange(len(here))
    east, north = way[row, nearest].T
    return pd.DataFrame(
        {
            "place_name": places["place_name"].to_numpy()[nearest],
            "distance_m": distance[row, nearest],
            "bearing": np.degrees(np.arctan2(east, north)) % 360,
        },
        index=points.index,
    )


def _cells_of_names(names: pd.DataFrame, *, cells: pd.DataFrame) -> pd.Series[str]:
    """Give the hexagon in which each named place lies."""
    import h3

    if cells.empty:
        return pd.Series(None, index=names.index, dtype="str")
    resolution = h3.get_resolution(cells["unit_id"].iloc[0])
    return locate_cells(names["lon"], names["lat"], resolution=resolution)

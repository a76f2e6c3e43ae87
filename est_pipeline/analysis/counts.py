"""Weekly counts with their zeros: a week without reports is a figure too."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from est_pipeline.domain.schemas import WEEKLY_COUNTS
from est_pipeline.domain.weeks import IsoWeek, week_range

_CELL = ["iso_week", "district_id", "category_code"]


def count_weeks(
    sparse: pd.DataFrame,
    *,
    first: IsoWeek,
    last: IsoWeek,
    district_ids: Sequence[str],
    category_codes: Sequence[str],
) -> pd.DataFrame:
    """Fill the weekly counts of some weeks with their zeros.

    Args:
        sparse: the columns of `domain.schemas.WEEKLY_COUNTS`, only cells that have a report.
        first: first week.
        last: last week, included; nothing comes back where it lies before `first`.
        district_ids: districts in the order in which they are shown.
        category_codes: categories in the order in which they are shown.

    Returns:
        One row a week, district and category (`WEEKLY_COUNTS`), in that order. A district or
        category that has reports but is not listed, since the configuration has changed, comes
        after the listed ones: what is counted doesn't vanish.

    Raises:
        pandera.errors.SchemaError: a cell stands twice in `sparse`, or a column is wrong.
    """
    weeks = [str(week) for week in week_range(first, last)]
    chosen = WEEKLY_COUNTS.validate(sparse)
    chosen = chosen.loc[chosen["iso_week"].isin(weeks)]
    grid = pd.MultiIndex.from_product(
        [
            weeks,
            _listed_first(district_ids, found=chosen["district_id"]),
            _listed_first(category_codes, found=chosen["category_code"]),
        ],
        names=_CELL,
    )
    filled = chosen.set_index(_CELL).reindex(grid, fill_value=0).reset_index()
    return WEEKLY_COUNTS.validate(filled.astype(dict.fromkeys(_CELL, "str")))


def first_week(sparse: pd.DataFrame) -> IsoWeek | None:
    """Give the first week that has a report; none where there is no report."""
    if sparse.empty:
        return None
    return IsoWeek.parse(str(sparse["iso_week"].min()))


def _listed_first(listed: Sequence[str], *, found: pd.Series[str]) -> list[str]:
    """Give the listed ids as they stand, then those found beside them in sorted order."""
    return list(dict.fromkeys([*listed, *sorted(found.unique())]))

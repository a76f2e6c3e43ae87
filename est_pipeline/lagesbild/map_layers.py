"""What the map shows beside the week's rows: incidents of the weeks before, and web tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import pandas as pd

from est_pipeline.domain.kinds import InformationClass, Kind
from est_pipeline.domain.weeks import week_range
from est_pipeline.lagesbild.fields import number_of, records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from est_pipeline.domain.weeks import IsoWeek

OPEN = InformationClass.OPEN
INTERNAL = InformationClass.INTERNAL

EARLIER_WEEKS = 3
"""How many weeks before the week the map shows, fainter the older they are."""
MOST_EARLIER = 1500
"""Where the weeks before have more positions than this, the oldest are left out, whole weeks."""
_DECIMALS = 4
"""Positions of the weeks before are rounded to this, about ten metres."""


@dataclass(frozen=True)
class Point:
    """A position as exactly as it is known: WGS 84, and the radius of doubt in metres."""

    lon: Annotated[float, INTERNAL]
    lat: Annotated[float, INTERNAL]
    precision_m: Annotated[float | None, INTERNAL]


@dataclass(frozen=True)
class EarlierIncidents:
    """Incidents of one category at one position in one of the weeks before."""

    weeks_ago: Annotated[int, INTERNAL]
    category_code: Annotated[str, INTERNAL]
    category_name: Annotated[str, INTERNAL]
    count: Annotated[int, INTERNAL]
    lon: Annotated[float, INTERNAL]
    lat: Annotated[float, INTERNAL]
    precision_m: Annotated[float | None, INTERNAL]


@dataclass(frozen=True)
class EarlierWeeks:
    """The weeks before on the map, the newest first; `incidents` are those that have a point.

    `left_out_count` is how many of the `EARLIER_WEEKS` had too many positions to be drawn. What
    is shown coarsely has no point and is never among them.
    """

    iso_weeks: Annotated[tuple[str, ...], INTERNAL]
    incidents: Annotated[tuple[EarlierIncidents, ...], INTERNAL]
    left_out_count: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class WebTiles:
    """A background that a page fetches from somebody's server when it is opened."""

    url: Annotated[str, OPEN]
    attribution: Annotated[str, OPEN]

    @property
    def host(self) -> str:
        """Whose server, as the policy of the page names it."""
        return urlsplit(self.url).netloc


def build_earlier_weeks(
    occurrences: pd.DataFrame, *, week: IsoWeek, category_names: Mapping[str, str]
) -> EarlierWeeks:
    """Give the incidents of the weeks before that have a point and may be shown with it.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`, the weeks before among them.
        week: the week of the page.
        category_names: the name of each category.
    """
    weeks = [str(each) for each in reversed(week_range(week.plus(-EARLIER_WEEKS), week.plus(-1)))]
    chosen = occurrences[
        (occurrences["kind"] == Kind.INCIDENT.value)
        & occurrences["iso_week"].isin(weeks)
        & ~occurrences["is_coarse"]
        & occurrences["lon"].notna()
        & occurrences["lat"].notna()
    ]
    keys = ["weeks_ago", "category_code", "lon", "lat", "precision_m"]
    counted = (
        chosen.assign(
            weeks_ago=chosen["iso_week"].map({name: n for n, name in enumerate(weeks, start=1)}),
            lon=chosen["lon"].round(_DECIMALS),
            lat=chosen["lat"].round(_DECIMALS),
        )
        .groupby(keys, dropna=False, observed=True)["occurrence_count"]
        .sum()
        .reset_index()
    )
    counted = counted[counted["occurrence_count"] > 0].sort_values(keys, kind="stable")
    upto = counted["weeks_ago"].value_counts().reindex(range(1, EARLIER_WEEKS + 1), fill_value=0)
    kept = int((upto.cumsum() <= MOST_EARLIER).sum())
    return EarlierWeeks(
        iso_weeks=tuple(weeks[:kept]),
        incidents=tuple(
            EarlierIncidents(
                weeks_ago=int(row["weeks_ago"]),
                category_code=str(row["category_code"]),
                category_name=category_names.get(
                    str(row["category_code"]), str(row["category_code"])
                ),
                count=int(row["occurrence_count"]),
                lon=float(row["lon"]),
                lat=float(row["lat"]),
                precision_m=number_of(row["precision_m"]),
            )
            for row in records(counted[counted["weeks_ago"] <= kept])
        ),
        left_out_count=EARLIER_WEEKS - kept,
    )

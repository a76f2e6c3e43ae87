"""The signals on series that nobody made up: how often is p below 1, 5 and 10 %, week after week?

Real weeks are not quiet: some of what stands out is real. What is asked is whether the shares stay
near what is promised, over two years of weeks, each judged with what came before it alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from est_pipeline.analysis.history import LONGEST_PERIOD, History, Panel
from est_pipeline.domain.weeks import IsoWeek

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
ROLLING_WEEKS = 104
SHARES = (0.01, 0.05, 0.1)
SEED = 20261121

_ST_LOUIS_CATEGORIES = {
    1: "homicide",
    3: "robbery",
    4: "assault",
    5: "burglary",
    6: "larceny",
    7: "vehicle_theft",
    8: "arson",
    14: "vandalism",
    18: "drugs",
}


@dataclass(frozen=True)
class RealSeries:
    """Weekly counts: one row a district and category, one column an ISO week, oldest first."""

    name: str
    country: str
    counts: pd.DataFrame

    def upto(self, back: int) -> History:
        """Give the history that ends so many weeks before the last."""
        end = self.counts.shape[1] - back
        counts = self.counts.iloc[:, max(end - 1 - LONGEST_PERIOD, 0) : end]
        return History(
            weeks=tuple(IsoWeek.parse(str(name)) for name in counts.columns),
            counts=counts,
            exposure=np.ones(counts.shape[1]),
            outside_panel=pd.Series(dtype="int64"),
            completeness=None,
            panel=Panel(("all",), (), counts.shape[1] - 1, 1.0),
            sources_of_week=pd.DataFrame(),
        )


def st_louis(real: Path = REAL) -> RealSeries:
    """Read 72 monthly files: 79 neighbourhoods and parks by kind of crime, 2008 to 2013."""
    months = []
    with zipfile.ZipFile(real / "stlouis" / "monthly_2008_2013.zip") as archive:
        for name in archive.namelist():
            with archive.open(name) as stream:
                month = pd.read_csv(stream, dtype="str", encoding="latin-1")
            month.columns = pd.Index(
                [column.removeprefix("ï»¿").strip() for column in month.columns]
            )
            start = next(column for column in month.columns if column.startswith("DateOccur"))
            months.append(
                pd.DataFrame(
                    {
                        "start": pd.to_datetime(month[start], format="%m/%d/%Y %H:%M"),
                        "number": month["Count"].astype("int64"),
                        "district_id": month["Neighborhood"].str.strip(),
                        "category_code": pd.to_numeric(month["Crime"], errors="coerce") // 10000,
                    }
                )
            )
    rows = pd.concat(months, ignore_index=True)
    rows["category_code"] = rows["category_code"].map(_ST_LOUIS_CATEGORIES).fillna("other")
    inside = rows["district_id"].isin([str(number) for number in range(1, 89)])
    return RealSeries("St. Louis", "US", _weekly(rows[inside], "2008-01-07", "2013-12-29"))


def salmonella(real: Path = REAL) -> RealSeries:
    """Read the weekly cases of Salmonella Newport in the sixteen German states."""
    wide = pd.read_csv(real / "methods" / "salmNewport_states.csv")
    weeks = [str(IsoWeek.of(day.date())) for day in pd.to_datetime(wide["epoch"])]
    counts = wide.drop(columns="epoch").T
    counts.columns = pd.Index(weeks)
    counts.index = pd.MultiIndex.from_product(
        [counts.index, ["newport"]], names=["district_id", "category_code"]
    )
    return RealSeries("Salmonella Newport", "DE", counts)


def police_notices(real: Path = REAL) -> RealSeries:
    """Read the police's notices of Östergötland: municipalities, all kinds and the commonest."""
    rows = pd.read_csv(real / "polisen" / "handelser_ostergotland.csv", dtype="str")
    rows["start"] = pd.to_datetime(rows["datetime"].str.slice(0, 10), format="%Y-%m-%d")
    rows["district_id"] = rows["name"].str.rsplit(", ", n=1).str[-1]
    commonest = rows["type"].value_counts().index[:6]
    rows["category_code"] = rows["type"].where(rows["type"].isin(commonest), "annat")
    rows["number"] = 1
    many = rows["district_id"].value_counts()
    rows = rows[rows["district_id"].isin(many.index[many >= 30])]
    return RealSeries("police notices", "SE", _weekly(rows, "2022-10-31", "2026-04-26"))


def _weekly(rows: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    inside = rows[rows["start"].between(pd.Timestamp(first), pd.Timestamp(last) + timedelta(1))]
    place = (inside["start"] - pd.Timestamp(first)).dt.days // 7
    wide = (
        inside.assign(place=place)
        .pivot_table(
            index=["district_id", "category_code"],
            columns="place",
            values="number",
            aggfunc="sum",
            fill_value=0,
        )
        .clip(lower=0)
    )
    full = pd.MultiIndex.from_product(
        [wide.index.unique("district_id"), wide.index.unique("category_code")],
        names=["district_id", "category_code"],
    )
    weeks = int((pd.Timestamp(last) - pd.Timestamp(first)).days + 1) // 7
    wide = wide.reindex(index=full, columns=range(weeks), fill_value=0)
    start = IsoWeek.of(pd.Timestamp(first).date())
    wide.columns = pd.Index([str(start.plus(step)) for step in range(weeks)])
    return wide


SERIES: dict[str, Callable[[], RealSeries]] = {
    "stlouis": st_louis,
    "salmonella": salmonella,
    "polisen": police_notices,
}

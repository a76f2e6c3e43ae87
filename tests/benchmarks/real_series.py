"""The signals on series that nobody made up: how often is p below 1, 5 and 10 %, week after week?

Real weeks are not quiet: some of what stands out is real. What is asked is whether the shares stay
near what is promised, over two years of weeks, each judged with what came before it alone.
"""

from __future__ import annotations

import argparse
import os
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from est_pipeline.analysis.history import LONGEST_PERIOD, History, Panel
from est_pipeline.analysis.signals import judge_week
from est_pipeline.domain.kinds import Verdict
from est_pipeline.domain.special_days import read_calendar
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
    """Read 72 monthly files: 88 neighbourhoods by kind of crime, 2008 to 2013."""
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


SERIES: dict[str, Callable[[Path], RealSeries]] = {
    "stlouis": st_louis,
    "salmonella": salmonella,
    "polisen": police_notices,
}


def judge_back(series: RealSeries, backs: Sequence[int]) -> tuple[pd.DataFrame, float]:
    """Judge some weeks, each with what came before it; with the processor's seconds."""
    found, seconds = [], 0.0
    for back in backs:
        history = series.upto(back)
        calendar = read_calendar(
            Path("there is no such file"),
            country=series.country,
            first=history.weeks[0].monday,
            last=history.week.sunday,
        )
        started = time.process_time()
        judgement = judge_week(history, calendar=calendar)
        seconds += time.process_time() - started
        found.append(
            judgement.comparisons.assign(
                week=str(history.week), has_converged=judgement.has_converged
            )
        )
    return pd.concat(found, ignore_index=True), seconds


def rolling(series: RealSeries, *, weeks: int, step: int, processes: int) -> tuple[Any, float]:
    """Judge the last weeks one by one; give the comparisons and the seconds a week."""
    backs = np.arange(0, weeks, step)
    if processes < 2:
        frame, seconds = judge_back(series, [int(back) for back in backs])
        return frame, seconds / len(backs)
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    parts = [[int(back) for back in part] for part in np.array_split(backs, processes * 4)]
    with get_context("spawn").Pool(processes) as pool:
        found = pool.starmap(judge_back, [(series, part) for part in parts if part], chunksize=1)
    frame = pd.concat([each for each, _ in found], ignore_index=True)
    return frame, sum(seconds for _, seconds in found) / len(backs)


def with_pit(frame: pd.DataFrame) -> pd.DataFrame:
    """Give what was judged, with its randomised PIT."""
    judged = frame[frame["verdict"] != Verdict.TOO_FEW.value]
    below = judged["pit_below"].to_numpy(dtype=np.float64)
    upto = judged["pit_upto"].to_numpy(dtype=np.float64)
    random = np.random.default_rng(SEED)
    return judged.assign(pit=below + random.random(len(judged)) * (upto - below))


def calibration(judged: pd.DataFrame) -> pd.DataFrame:
    """Give one row a level: the shares of p below some limits, and how even the PIT is."""
    rows = []
    for level, part in judged.groupby("level", sort=False):
        bins = np.histogram(part["pit"], bins=10, range=(0, 1))[0]
        weekly = part.groupby("week")["p_high"].apply(lambda p: (p < SHARES[1]).mean())
        rows.append(
            {
                "level": level,
                "comparisons": len(part),
                **{f"p_high_{share:.0%}": (part["p_high"] < share).mean() for share in SHARES},
                "se_5%": weekly.std() / np.sqrt(len(weekly)),
                **{f"p_low_{share:.0%}": (part["p_low"] < share).mean() for share in SHARES},
                "seen_to_expected": part["count"].sum() / part["expected"].sum(),
                "pit_lowest": bins.min() / len(part) * 10,
                "pit_highest": bins.max() / len(part) * 10,
            }
        )
    return pd.DataFrame(rows)


def write_plot(judged: pd.DataFrame, name: str, folder: Path) -> Path:
    """Draw each level's PIT histogram, even where the promise is kept; an SVG file."""
    import altair as alt

    bins = pd.concat(
        [
            pd.DataFrame(
                {
                    "level": level,
                    "from": np.arange(10) / 10,
                    "share": np.histogram(part["pit"], bins=10, range=(0, 1))[0] / len(part),
                }
            )
            for level, part in judged.groupby("level", sort=False)
        ]
    )
    bars = (
        alt.Chart(bins)
        .mark_bar()
        .encode(
            x=alt.X("from:O", title="PIT", axis=alt.Axis(format=".1f")),
            y=alt.Y("share:Q", title="share of comparisons", axis=alt.Axis(format="%")),
        )
    )
    line = alt.Chart(bins).mark_rule(strokeDash=[4, 4]).encode(y=alt.datum(0.1))
    chart = (
        (bars + line)
        .properties(width=180, height=120)
        .facet(column=alt.Column("level:N", title=name))
    )
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"calibration_{name.lower().replace(' ', '_').replace('.', '')}.svg"
    chart.save(str(file))
    return file


def main() -> None:
    """Print each series' figures, and draw its calibration where a folder is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, default=REAL, help="the folder of public data sets")
    parser.add_argument("--series", action="append", choices=sorted(SERIES), default=[])
    parser.add_argument("--weeks", type=int, default=ROLLING_WEEKS)
    parser.add_argument("--step", type=int, default=1, help="judge every n-th of these weeks")
    parser.add_argument("--plots", type=Path, help="a folder for the calibration plots")
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    pd.set_option("display.width", 250, "display.max_columns", 30)
    for name in chosen.series or SERIES:
        series = SERIES[name](chosen.real)
        frame, seconds = rolling(
            series, weeks=chosen.weeks, step=chosen.step, processes=chosen.processes
        )
        judged = with_pit(frame)
        weekly = frame.groupby("week")
        clear = weekly["verdict"].agg(lambda all_: (all_ == Verdict.CLEAR_RISE.value).sum())
        print(
            f"{series.name}: {len(weekly)} weeks of {len(series.counts)} cells, "
            f"{seconds:.2f} s a week; fits not found in "
            f"{1 - weekly['has_converged'].all().mean():.0%} of the weeks; "
            f"{clear.mean():.2f} clear rises and "
            f"{weekly['is_slow_rise'].sum().mean():.2f} slow rises a week"
        )
        print(calibration(judged).round(4).to_string(), flush=True)
        if chosen.plots:
            print(write_plot(judged, series.name, chosen.plots))


if __name__ == "__main__":
    main()

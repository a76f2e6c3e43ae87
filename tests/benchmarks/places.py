"""How well are next week's places foretold? Robberies of Memphis, the incidents of St. Louis.

Week after week, with what was known then: the share of the next week's incidents that lie in 1, 2
and 5 % of the area by our ranking, beside last week, last year, all so far, a kernel density and
the lot. Differences are paired over weeks, with 95 % intervals from a block bootstrap.

    python -m tests.benchmarks.places
    python -m tests.benchmarks.places --weeks 52 --real ../shared/real
"""

from __future__ import annotations

import argparse
import time
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from est_pipeline.analysis.hexagons import cover_area, width_m
from est_pipeline.analysis.prediction_accuracy import (
    OWN_RULE,
    backtest_places,
    summarise_places,
)
from est_pipeline.domain.schemas import OCCURRENCES
from est_pipeline.domain.weeks import IsoWeek, iso_weeks_of

ZONE = ZoneInfo("America/Chicago")


def memphis(real: Path) -> pd.DataFrame:
    """The robberies of 2019, as occurrences."""
    layer = gpd.read_file(real / "memphis" / "memphis_robberies.geojson")
    # the clock is local, whatever the file says of its zone
    start = layer["date"].dt.tz_localize(None)
    return occurrences_of(start, lon=layer.geometry.x, lat=layer.geometry.y, precision_m=np.nan)


def st_louis(real: Path) -> pd.DataFrame:
    """The police's incidents of 2008 to 2013, rows that net others off included, as occurrences.

    Columns beside those of the contract: `offence`, the first figures of the police's code.
    """
    months = []
    with zipfile.ZipFile(real / "stlouis" / "monthly_2008_2013.zip") as archive:
        for name in archive.namelist():
            with archive.open(name) as stream:
                month = pd.read_csv(stream, dtype="str", encoding="latin-1")
            month.columns = [column.removeprefix("ï»¿").strip() for column in month.columns]
            start = next(column for column in month.columns if column.startswith("DateOccur"))
            months.append(
                month[["Count", "XCoord", "YCoord", "Crime"]].assign(
                    start=pd.to_datetime(month[start], format="%m/%d/%Y %H:%M")
                )
            )
    rows = pd.concat(months, ignore_index=True)
    rows = rows[rows["start"] >= "2008-01-07"].reset_index(drop=True)
    east, north = rows["XCoord"].astype("float64"), rows["YCoord"].astype("float64")
    has_point = east != 0
    points = gpd.GeoSeries(gpd.points_from_xy(east, north), crs="ESRI:102696").to_crs("EPSG:4326")
    found = occurrences_of(
        rows["start"],
        lon=points.x.where(has_point),
        lat=points.y.where(has_point),
        precision_m=30.0,
        count=rows["Count"].astype("int64"),
    )
    return found.assign(offence=rows["Crime"].str.strip().str.slice(stop=-4).to_numpy())


def occurrences_of(
    start: pd.Series,
    *,
    lon: pd.Series,
    lat: pd.Series,
    precision_m: float,
    count: pd.Series | int = 1,
) -> pd.DataFrame:
    """Rows of a police register as `OCCURRENCES`, known when they happened."""
    moments = (
        start.dt.tz_localize(ZONE, ambiguous=False, nonexistent="shift_forward")
        .dt.tz_convert("UTC")
        .dt.as_unit("us")
    )
    frame = pd.DataFrame(
        {
            "occurrence_id": [f"row:{number}" for number in range(len(start))],
            "kind": "incident",
            "iso_week": iso_weeks_of(moments, ZONE),
            "occurred_from": moments,
            "occurred_to": pd.Series(pd.NaT, index=moments.index, dtype=moments.dtype),
            "is_time_known": True,
            "is_long_interval": False,
            "district_id": "staden",
            "category_code": "brott",
            "place_id": pd.Series(None, index=moments.index, dtype="str"),
            "place_name": pd.Series(None, index=moments.index, dtype="str"),
            "lon": lon.to_numpy(dtype="float64"),
            "lat": lat.to_numpy(dtype="float64"),
            "precision_m": precision_m,
            "is_coarse": False,
            "occurrence_count": count,
            "source_ids": [["polisen"]] * len(start),
            "known_at": moments,
        }
    )
    return OCCURRENCES.validate(frame)


def area_of(file: Path) -> tuple[str, ...]:
    """The hexagons of a city, from its districts."""
    layer = gpd.read_file(file).to_crs("EPSG:4326")
    return cover_area(layer.geometry.make_valid().to_list())


def compare(
    occurrences: pd.DataFrame, *, cells: tuple[str, ...], first: IsoWeek, last: IsoWeek
) -> pd.DataFrame:
    """Our ranking beside the others over some weeks."""
    return summarise_places(
        backtest_places(occurrences, first_week=first, last_week=last, zone=ZONE, area_cells=cells)
    )


def told(name: str, summary: pd.DataFrame, *, seconds: float, cells: tuple[str, ...]) -> None:
    """Print one comparison."""
    some = summary.iloc[0]
    print(
        f"\n{name}: {some['incident_count']:.0f} incidents in {some['week_count']:.0f} weeks, "
        f"{len(cells)} hexagons of {width_m(cells[0]):.0f} m, {seconds:.1f} s"
    )
    for budget, part in summary.groupby("budget"):
        print(f"  {budget:.0%} of the area")
        for row in part.itertuples():
            gain = (
                ""
                if row.rule == OWN_RULE
                else f"  ours better by {row.gain:+.2%} [{row.gain_low:+.2%}, {row.gain_high:+.2%}]"
            )
            print(
                f"    {row.rule:<17} hits {row.hit_rate:6.2%} [{row.hit_rate_low:.2%}, "
                f"{row.hit_rate_high:.2%}]  PAI {row.pai:5.2f}  PEI {row.pei:.2f}{gain}"
            )


def main() -> None:
    """Compare on both cities; St. Louis also on few incidents, as a town of ours has."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, default=Path("../shared/real"))
    parser.add_argument("--weeks", type=int, default=156, help="weeks of St. Louis")
    chosen = parser.parse_args()
    robberies = memphis(chosen.real)
    city = st_louis(chosen.real)
    around = area_of(chosen.real / "memphis" / "memphis_precincts.geojson")
    inside = area_of(chosen.real / "stlouis" / "neighborhoods.geojson")
    last = IsoWeek(2013, 52)
    few = city[city["occurrence_count"] > 0].sample(frac=0.05, random_state=1)
    begin = last.plus(1 - chosen.weeks)
    for name, rows, cells, first, end in (
        ("Memphis, robberies", robberies, around, IsoWeek(2019, 27), IsoWeek(2019, 52)),
        ("St. Louis, all", city, inside, begin, last),
        ("St. Louis, robberies", city[city["offence"] == "3"], inside, begin, last),
        ("St. Louis, damage", city[city["offence"] == "14"], inside, begin, last),
        ("St. Louis, one in twenty", few, inside, begin, last),
    ):
        started = time.perf_counter()
        summary = compare(rows, cells=cells, first=first, last=end)
        told(name, summary, seconds=time.perf_counter() - started, cells=cells)


if __name__ == "__main__":
    main()

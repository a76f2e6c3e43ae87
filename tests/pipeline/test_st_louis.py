"""Another city is another folder: 72 monthly files of St. Louis, no line of program changed."""

import random
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from est_pipeline.config import read_configuration
from est_pipeline.pipeline import report
from est_pipeline.store.file_load import FileLoad

pytestmark = [pytest.mark.real, pytest.mark.slow]

AT = "2014-01-06T09:00:00-06:00"
ROWS = 345_613
BY_ARRIVAL = ("received_at", "file_name", "line_number", "file_sha256", "version_at")

SETTINGS = """
[kommun]
namn = "City of St. Louis"
grupp = "EST St. Louis"
tidszon = "America/Chicago"
helgdagar_land = "US"

[omrade]
restens_namn = "Outside the city"
plant_koordinatsystem = "EPSG:32615"
stadsdelar = "referens/neighborhoods.geojson"
stadsdelens_id = "NHD_NUM"
stadsdelens_namn = "NHD_NAME"

[perioder]
tidigaste_datum = 1990-01-01

[gallring]
rapporter_manader = 240
arkiv_manader = 240

[kallor]
slmpd = "St. Louis Metropolitan Police"
"""

SOURCE = r"""
rytm = "månad"
koordinatsystem = "ESRI:102696"
saknade_koordinater = [[0, 0]]
positionsfel_m = 30

[kolumner]
start = ["DateOccured", "DateOccur"]
kategori = "ucr"
antal_handelser = "Count"
n = "YCoord"
e = "XCoord"

[[harled]]
kolumn = "Crime"
monster = '^(?P<ucr>\d{1,2})\d{4}$'

[koder.kategori]
"1" = "homicide"
"3" = "robbery"
"4" = "assault"
"5" = "burglary"
"6" = "larceny"
"7" = "vehicle_theft"
"8" = "arson"
"14" = "vandalism"
"*" = "other"

[tid]
format = ["%m/%d/%Y %H:%M"]
"""

CATEGORIES = [
    "homicide",
    "robbery",
    "assault",
    "burglary",
    "larceny",
    "vehicle_theft",
    "arson",
    "vandalism",
    "other",
]


def new_city(root: Path, shared_real: Path) -> Path:
    """Make the city's workspace in a folder."""
    files = {
        "est.toml": SETTINGS.encode(),
        "kallor/slmpd.toml": SOURCE.encode(),
        "referens/kategorier.toml": "".join(
            f'[[kategori]]\nkod = "{code}"\nnamn = "{code.replace("_", " ").capitalize()}"\n\n'
            for code in CATEGORIES
        ).encode(),
        "referens/neighborhoods.geojson": (
            shared_real / "stlouis" / "neighborhoods.geojson"
        ).read_bytes(),
    }
    for name, content in files.items():
        file = root / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return root


@pytest.fixture(scope="module")
def city(shared_real: Path, tmp_path_factory: pytest.TempPathFactory, desk_of: Any) -> Any:
    """The workspace with all months taken in, and its receipts."""
    desk = desk_of(new_city(tmp_path_factory.mktemp("st-louis"), shared_real))
    with zipfile.ZipFile(shared_real / "stlouis" / "monthly_2008_2013.zip") as archive:
        for name in archive.namelist():
            desk.drop("slmpd", Path(name).name, archive.read(name))
    return desk, desk.take_in(AT)


@pytest.fixture(scope="module")
def recorded(shared_real: Path) -> pd.DataFrame:
    """The rows as the police delivered them, read without our program."""
    months = []
    with zipfile.ZipFile(shared_real / "stlouis" / "monthly_2008_2013.zip") as archive:
        for name in archive.namelist():
            with archive.open(name) as stream:
                month = pd.read_csv(stream, dtype="str", encoding="latin-1")
            month.columns = [column.removeprefix("ï»¿").strip() for column in month.columns]
            start = next(column for column in month.columns if column.startswith("DateOccur"))
            months.append(
                pd.DataFrame(
                    {
                        "file_name": Path(name).name,
                        "line_number": range(2, len(month) + 2),
                        "start": pd.to_datetime(month[start], format="%m/%d/%Y %H:%M"),
                        "count": month["Count"].astype("int64"),
                        "neighborhood": month["Neighborhood"].str.strip(),
                        "x": month["XCoord"].astype("float64"),
                    }
                )
            )
    return pd.concat(months, ignore_index=True)


@pytest.fixture(scope="module")
def joined(city: Any, recorded: pd.DataFrame) -> pd.DataFrame:
    return recorded.merge(
        city[0].reports, on=["file_name", "line_number"], how="left", validate="1:1"
    )


def test_every_row_is_accounted_for(city: Any, recorded: pd.DataFrame) -> None:
    desk, receipts = city
    assert len(receipts) == 72
    parts = ("accepted_count", "quarantined_count", "known_count", "left_out_count")
    for receipt in receipts:
        assert receipt.rows_read == sum(getattr(receipt, part) for part in parts)
    assert sum(receipt.rows_read for receipt in receipts) == len(recorded) == ROWS
    assert len(desk.reports) == sum(receipt.accepted_count for receipt in receipts)
    # nothing but absurd years is set aside
    reasons = pd.concat([receipt.findings for receipt in receipts])["reason_code"]
    assert set(reasons) <= {"tid_orimlig"}
    too_early = recorded["start"] < "1990-01-01"
    assert sum(receipt.quarantined_count for receipt in receipts) == too_early.sum()


def test_placed_points_agree_with_the_neighbourhood_that_the_police_recorded(
    joined: pd.DataFrame,
) -> None:
    placed = joined[joined["lon"].notna()]
    assert (placed["district_id"] == placed["neighborhood"]).mean() >= 0.95
    # 0,0 is a missing coordinate, never a place
    assert (joined.loc[joined["x"] == 0, "district_id"].dropna() == "oplacerad").all()
    assert len(placed) == (joined["district_id"].notna() & (joined["x"] != 0)).sum()


def test_weekly_sums_are_right_with_netting(city: Any, recorded: pd.DataFrame) -> None:
    counts = city[0].table("week_district_category")
    known = recorded[recorded["start"] >= "1990-01-01"]
    calendar = known["start"].dt.isocalendar()
    week = calendar["year"].astype("str") + "-W" + calendar["week"].astype("str").str.zfill(2)
    expected = known.groupby(week)["count"].sum()
    found = counts.groupby("iso_week")["incident_count"].sum()
    assert (found.reindex(expected.index) == expected).all()
    assert found.sum() == expected.sum()
    assert recorded["count"].eq(-1).sum() > 6_000


def test_zeros_are_there(city: Any) -> None:
    counts = city[0].table("week_district_category")
    per_week = counts.groupby("iso_week").size()
    assert set(per_week) == {(88 + 2) * len(CATEGORIES)}
    assert counts["iso_week"].is_monotonic_increasing
    assert "2009-W53" in set(counts["iso_week"])


def test_the_page_of_a_city_with_88_districts(city: Any) -> None:
    desk, _ = city
    configuration = read_configuration(desk.root)
    page = report(configuration, as_of=datetime.fromisoformat(AT))
    text = page.read_text(encoding="utf-8")
    assert "Outside the city" in text
    assert "Linköping" not in text
    assert len(text) < 4_000_000


def test_the_same_months_again_add_nothing(
    city: Any, shared_real: Path, desk_of: Callable[[Path], Any]
) -> None:
    desk, _ = city
    before = len(desk.reports)
    with zipfile.ZipFile(shared_real / "stlouis" / "monthly_2008_2013.zip") as archive:
        for name in archive.namelist()[:2]:
            desk.drop("slmpd", Path(name).name, archive.read(name))
    again = desk.take_in(AT)
    assert sum(receipt.accepted_count for receipt in again) == 0
    assert len(desk.reports) == before


def test_in_another_order_repeated_and_interrupted_the_months_give_the_same_tables(
    shared_real: Path, desk_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(shared_real / "stlouis" / "monthly_2008_2013.zip") as archive:
        months = {Path(name).name: archive.read(name) for name in archive.namelist()[::12]}
    assert len(months) == 6

    straight = desk_of(new_city(tmp_path / "straight", shared_real))
    for name, content in months.items():
        straight.drop("slmpd", name, content)
    straight.take_in(AT)

    shuffled = desk_of(new_city(tmp_path / "shuffled", shared_real))
    names = [*months, *months]
    random.Random(5).shuffle(names)
    finish = FileLoad.finish
    for number, name in enumerate(names):
        shuffled.drop("slmpd", f"{number}-{name}", months[name])
        with monkeypatch.context() as patch:
            if number % 3 == 0:
                patch.setattr(FileLoad, "finish", cut_off)
                with pytest.raises(KeyboardInterrupt):
                    shuffled.take_in(AT)
                patch.setattr(FileLoad, "finish", finish)
        if number % 2:
            shuffled.take_in(AT)
    shuffled.take_in(AT)

    for table, key in (
        ("report", ["report_id"]),
        ("incident", ["incident_id"]),
        ("week_district_category", ["iso_week", "district_id", "category_code"]),
    ):
        one, other = (
            desk.table(table)
            .drop(columns=[c for c in BY_ARRIVAL if c in desk.table(table)])
            .sort_values(key, ignore_index=True)
            for desk in (straight, shuffled)
        )
        pd.testing.assert_frame_equal(one, other)
    counts = straight.reports["incident_number"]
    assert counts.min() == -1, "a row that nets another off is kept as a row"
    assert straight.table("week_district_category")["incident_count"].sum() == counts.sum()


def cut_off(*_: Any) -> None:
    raise KeyboardInterrupt

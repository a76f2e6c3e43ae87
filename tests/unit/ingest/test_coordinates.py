"""Coordinates told apart by what is declared and by range; the ambiguous is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from est_pipeline.ingest.checking.coordinate_cells import are_coordinates
from est_pipeline.ingest.checking.coordinate_systems import to_lon_lat
from est_pipeline.ingest.checking.coordinates import read_coordinates

LINKOPING = (15.2, 58.0, 16.1, 58.7)
POINT = (15.6216, 58.4109)
COLUMNS = ["lat", "lon", "northing", "easting"]


def plane(crs: str) -> tuple[str, str]:
    """The point's northing and easting in whole metres."""
    east, north = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*POINT)
    return str(round(north)), str(round(east))


def read(*rows: tuple[str, str, str, str], declared: str | None = None, **more: Any) -> Any:
    text = pd.DataFrame(
        [[cell or None for cell in row] for row in rows], columns=COLUMNS, dtype="str"
    )
    options: dict[str, Any] = {"metric_crs": "EPSG:3006", "bounds": LINKOPING} | more
    return read_coordinates(text, declared_crs=declared, **options)


def degrees(lat: str, lon: str) -> tuple[str, str, str, str]:
    return (lat, lon, "", "")


def metres(northing: str, easting: str) -> tuple[str, str, str, str]:
    return ("", "", northing, easting)


def is_the_point(found: pd.DataFrame, *, within: float = 0.0003) -> bool:
    return bool(
        (found["state"] == "").all()
        and np.allclose(found[["lon", "lat"]], POINT, rtol=0, atol=within)
    )


TM = plane("EPSG:3006")


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("58,4109", "15,6216"),
        ("58.4109", "15.6216"),
        ("+58.4109", "15.6216"),
        ("58,4109 N", "15,6216 Ö"),
        ("58.4109°N", "15.6216°E"),
        ("N58,4109", "E15,6216"),
        ("58° 24,654'", "15° 37,296'"),
        ("58°24'39,2\"N", "15°37'17,8\"E"),
        ("58° 24′ 39″ N", "15° 37′ 18″ E"),
        ("58 24 39", "15 37 18"),
        ("58 24,654", "15 37,296"),
        ("58º24’39’’", "15º37’18’’"),
    ],
)
def test_degrees_in_every_form(lat: str, lon: str) -> None:
    found = read(degrees(lat, lon))
    assert is_the_point(found)
    assert found["note"].tolist() == ["EPSG:4326"]


@pytest.mark.parametrize("crs", ["EPSG:3006", "EPSG:3009", "EPSG:3021"])
@pytest.mark.parametrize("is_swapped", [False, True])
def test_systems_are_told_apart_where_none_is_declared(crs: str, is_swapped: bool) -> None:
    north, east = plane(crs)
    found = read(metres(east, north) if is_swapped else metres(north, east))
    assert is_the_point(found)
    assert found["note"].tolist() == [f"{crs} omkastad" if is_swapped else crs]


@pytest.mark.parametrize("code", [*range(3006, 3019), 3021])
def test_a_declared_system_is_the_one(code: int) -> None:
    crs = f"EPSG:{code}"
    north, east = plane(crs)
    assert is_the_point(read(metres(north, east), declared=crs))
    swapped = read(metres(east, north), declared=crs)
    assert is_the_point(swapped)
    assert swapped["note"].tolist() == [f"{crs} omkastad"]


def test_another_system_than_the_declared_is_not_guessed() -> None:
    found = read(metres(*plane("EPSG:3009")), metres(*plane("EPSG:3021")), declared="EPSG:3006")
    assert found["state"].tolist() == ["koordinat_utanfor"] * 2
    assert found["note"].isna().all()


def test_a_zone_from_elsewhere_is_not_guessed() -> None:
    assert read(metres(*plane("EPSG:3008")))["state"].tolist() == ["koordinat_utanfor"]


def test_what_two_systems_explain_is_refused_unless_one_is_declared() -> None:
    # bounds so wide that one pair of numbers is a place in two systems
    wide = (11.0, 55.5, 24.0, 69.0)
    row = metres("6580000", "400000")
    assert read(row, bounds=wide)["state"].tolist() == ["koordinat_tvetydig"]
    declared = read(row, bounds=wide, declared="EPSG:3006")
    assert (declared["state"].item(), declared["note"].item()) == ("", "EPSG:3006")


def test_metres_among_degrees_and_degrees_among_metres() -> None:
    found = read(degrees(*TM), metres("58.4109", "15.6216"), metres("15.6216", "58.4109"))
    assert is_the_point(found)
    assert found["note"].tolist() == ["EPSG:3006", "EPSG:4326", "EPSG:4326 omkastad"]
    assert is_the_point(read(metres("58.4109", "15.6216"), declared="EPSG:3006"))


def test_swapped_by_range_and_by_letter() -> None:
    found = read(
        degrees("15,6216", "58,4109"), degrees("15,6216 E", "58,4109 N"), metres(TM[1], TM[0])
    )
    assert is_the_point(found)
    assert found["note"].str.endswith("omkastad").all()


@pytest.mark.parametrize(
    "cell",
    [
        "58.4109, 15.6216",
        "58.4109,15.6216",
        "58.4109 15.6216",
        "58,4109 15,6216",
        "58,4109, 15,6216",
        "58,4109,15,6216",
        "58,4109; 15,6216",
        "(58.4109, 15.6216)",
        "58.4109 N, 15.6216 E",
        "58°24'39\"N 15°37'18\"E",
        "58° 24' 39\" N 15° 37' 18\" E",
        "POINT(15.6216 58.4109)",
        f"{TM[0]}, {TM[1]}",
        f"{TM[0]},{TM[1]}",
        f"{TM[0]} {TM[1]}",
        f"N {TM[0]} E {TM[1]}",
        f"{TM[0][0]} {TM[0][1:4]} {TM[0][4:]} {TM[1][:3]} {TM[1][3:]}",
    ],
)
def test_both_coordinates_in_one_cell(cell: str) -> None:
    for row in (degrees(cell, ""), degrees("", cell), metres(cell, "")):
        assert is_the_point(read(row)), row


def test_a_pair_beside_a_filled_cell_is_refused() -> None:
    found = read(degrees("58.4109, 15.6216", "15.6216"), metres(TM[0], f"{TM[0]} {TM[1]}"))
    assert found["state"].tolist() == ["koordinat_tvetydig"] * 2


@pytest.mark.parametrize(
    "northing", [f"{TM[0][0]} {TM[0][1:4]} {TM[0][4:]}", f"{TM[0][0]}.{TM[0][1:4]}.{TM[0][4:]}"]
)
def test_thousands(northing: str) -> None:
    for easting in (f"{TM[1][:3]} {TM[1][3:]}", f"{TM[1][:3]}\N{NO-BREAK SPACE}{TM[1][3:]},0"):
        assert is_the_point(read(metres(northing, easting)))


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (metres("6,47E+06", "5,36E+05"), "koordinat_avrundad"),
        (metres("1E+05", "1E+05"), "koordinat_avrundad"),
        (degrees("5,8E+01", "1,6E+01"), "koordinat_avrundad"),
        (degrees("58,4", "15,6"), "koordinat_avrundad"),
        (degrees("58", "15,6"), "koordinat_avrundad"),
        (degrees("584109", "156216"), "koordinat_siffror"),
        (degrees("58,4109", "156216"), "koordinat_siffror"),
        (metres("647462", "536320"), "koordinat_siffror"),
        (degrees("58,4109", "156,216"), "koordinat_utanfor"),
        (degrees("59,3300", "18,0600"), "koordinat_utanfor"),
        (degrees("-58,4109", "15,6216"), "koordinat_utanfor"),
        (metres("6580000", "674000"), "koordinat_utanfor"),
        (metres("9" * 30, "9" * 30), "koordinat_utanfor"),
        (metres(TM[0], "0"), "koordinat_utanfor"),
        (degrees("58,4109", ""), "koordinat_halv"),
        (metres("", TM[1]), "koordinat_halv"),
        (degrees("abc", "15,6216"), "koordinat_ej_tal"),
        (degrees("58°61'", "15°37'"), "koordinat_ej_tal"),
        (degrees("inf", "nan"), "koordinat_ej_tal"),
    ],
)
def test_what_is_refused_says_why(row: tuple[str, str, str, str], state: str) -> None:
    found = read(row)
    assert found["state"].tolist() == [state]
    assert found["note"].isna().all()


def test_the_number_at_fault_is_named() -> None:
    found = read(
        degrees("58,4109", "156216"),
        degrees("584109", "15,6216"),
        metres("6474626", "5,36E+05"),
        metres("6,47E+06", "5,36E+05"),
    )
    assert found["is_east_at_fault"].tolist() == [True, False, True, False]


def test_numbers_with_an_exponent_and_all_their_digits_are_taken() -> None:
    found = read(metres(f"{TM[0][0]},{TM[0][1:]}E+06", f"{TM[1][0]},{TM[1][1:]}E+05"))
    assert is_the_point(found)


def test_zeros_and_the_sources_own_missing_pair_are_no_position() -> None:
    rows = (degrees("0", "0"), degrees("0,0", ""), metres("0", "0"), degrees("", ""))
    found = read(*rows)
    assert (found["state"] == "").all()
    assert found["lat"].isna().all()
    assert found["note"].isna().all()
    own = read(degrees("58,1000", "15,3000"), missing=((58.1, 15.3),))
    assert own["lat"].isna().all()
    beside = read(("0", "0", *TM))
    assert is_the_point(beside)


def test_without_bounds_only_the_declared_reading() -> None:
    found = read(metres(*TM), metres(*plane("EPSG:3021")), bounds=None)
    assert is_the_point(found.iloc[:1])
    assert found["note"].tolist() == ["EPSG:3006", "EPSG:3006"]


def test_another_country_tries_no_swedish_systems() -> None:
    st_louis = (-90.4, 38.5, -90.1, 38.8)
    to_feet = Transformer.from_crs("EPSG:4326", "ESRI:102696", always_xy=True)
    east, north = to_feet.transform(-90.2, 38.63)
    row = metres(f"{north:.1f}", f"{east:.1f}")
    found = read(row, declared="ESRI:102696", bounds=st_louis)
    assert np.allclose(found[["lon", "lat"]], (-90.2, 38.63), atol=1e-5)
    undeclared = read(row, bounds=st_louis, metric_crs="EPSG:32615")
    assert undeclared["state"].tolist() == ["koordinat_utanfor"]


def test_rows_keep_their_places() -> None:
    north, east = plane("EPSG:3021")
    rows = [
        degrees("58,4109", "15,6216"),
        metres(*TM),
        degrees("", ""),
        metres(east, north),
        degrees("58.4109, 15.6216", ""),
        degrees("abc", "1"),
    ]
    text = pd.DataFrame(rows * 20, columns=COLUMNS, dtype="str").replace("", None)
    order = np.random.default_rng(7).permutation(len(text))
    options: dict[str, Any] = {
        "declared_crs": None,
        "metric_crs": "EPSG:3006",
        "bounds": LINKOPING,
    }
    shuffled = read_coordinates(text.iloc[order], **options)
    pd.testing.assert_frame_equal(shuffled.sort_index(), read_coordinates(text, **options))
    assert read_coordinates(text.iloc[:0], **options).empty


def test_every_cell_that_is_no_coordinate_is_told() -> None:
    cells = pd.Series(["58,4", None, "x", "58.4109, 15.6216", "12:30", "inf"], dtype="str")
    assert are_coordinates(cells).tolist() == [True, True, False, True, False, False]


def test_a_gigantic_cell_costs_nothing() -> None:
    found = read(degrees("1 " * 16_000, ""), degrees("1" * 32_000 + "x", "1"))
    assert found["state"].tolist() == ["koordinat_ej_tal"] * 2


def test_points_that_lie_nowhere_are_missing() -> None:
    lon, lat = to_lon_lat(
        np.array([536320.0, np.nan, 1e30]), np.array([6474626.0, 1.0, 1e30]), "EPSG:3006"
    )
    assert np.isfinite(lon).tolist() == np.isfinite(lat).tolist() == [True, False, False]


def test_the_receipt_tells_how_positions_were_read(workspace: Any) -> None:
    north, east = plane("EPSG:3009")
    workspace.drop(
        "tib",
        "a.csv",
        "rapport_id;start;kategori;n;e\n"
        f"1;2026-11-16;brand;{north};{east}\n2;2026-11-16;brand;{TM[1]};{TM[0]}\n",
    )
    workspace.take_in()
    [page] = Path(workspace.paths.receipts / "tib").glob("*.html")
    said = page.read_text(encoding="utf-8")
    assert "1 rad: koordinaterna lästes som SWEREF 99 15 00." in said
    assert "1 rad: koordinaterna lästes som SWEREF 99 TM, N och E hade bytt plats." in said

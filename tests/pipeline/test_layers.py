"""A municipality's own layers, from the command line to a report placed by them."""

import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from pyproj import Transformer

from tests.layer_shapes import ORIGIN, square

AS_OF = "2026-11-23T09:00"
LON, LAT = Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True).transform(
    ORIGIN[0] + 500, ORIGIN[1] + 500
)


def answer(done: Any, exit_code: int) -> str:
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("Fel: ")
    return str(line)


def districts(folder: Path) -> Path:
    layer = gpd.GeoDataFrame(
        {"KOD": ["vast", "ost"], "NAMN": ["Västerort", "Österort"]},
        geometry=[square(0, 0), square(1000, 0)],
        crs="EPSG:3006",
    )
    file = folder / "stadsdelar.shp"
    layer.to_crs("EPSG:3009").to_file(file, encoding="cp1252")
    return file


def test_from_three_files_to_a_placed_report(est: Any, desk_of: Any, tmp_path: Path) -> None:
    root = tmp_path / "kommun"
    assert est("init", root).returncode == 0
    desk = desk_of(root)
    here = ("--workspace", root)

    done = est("districts", "import", districts(tmp_path), "--id", "KOD", *here)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 stadsdelar ur stadsdelar.shp." in done.stdout
    assert "stadsdelar-före.geojson" in done.stdout

    feed = tmp_path / "gtfs.zip"
    with zipfile.ZipFile(feed, "w") as archive:
        archive.writestr(
            "stops.txt",
            "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
            f"1,Åängens vändplan,{LAT},{LON},,\n",
        )
    done = est("places", "import", feed, *here)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 plats är ny." in done.stdout

    streets = tmp_path / "gator.gpkg"
    gpd.GeoDataFrame(
        {"namn": ["Provgatan"]},
        geometry=[shapely.LineString([ORIGIN, (ORIGIN[0] + 900, ORIGIN[1] + 900)])],
        crs="EPSG:3006",
    ).to_file(streets)
    done = est("basemap", "import", streets, "--attribution", "© Provkommunen", *here)
    assert (done.returncode, done.stderr) == (0, "")

    desk.drop("tib", "v47.csv", "rapport_id;start;kategori;plats\n"
              "1;2026-11-17 21:30;brand;Åängens vändplan\n")  # fmt: skip
    done = est("run", *here, "--as-of", AS_OF)
    assert (done.returncode, done.stderr) == (0, "")
    [report] = desk.reports.to_dict("records")
    assert (report["district_id"], report["place_id"]) == ("vast", "aangens-vandplan")
    page = desk.paths.reports / "intern" / "2026-W47" / "lagesbild.html"
    text = page.read_text(encoding="utf-8")
    assert "Västerort" in text
    assert "© Provkommunen" in text


def test_mistakes_are_one_swedish_sentence(est: Any, workspace: Any, tmp_path: Path) -> None:
    here = ("--workspace", workspace.root)
    for command in ("places", "districts", "basemap"):
        said = answer(est(command, "import", tmp_path / "borta.gpkg", *here), 7)
        assert "finns inte" in said
        broken = tmp_path / "trasig.gpkg"
        broken.write_bytes(b"nej")
        assert "innehåller något annat" in answer(est(command, "import", broken, *here), 4)
    said = answer(est("districts", "import", districts(tmp_path), "--id", "X", *here), 4)
    assert "Det finns: KOD, NAMN" in said
    done = est("basemap", "import", tmp_path / "x.gpkg", "--class", "berg", *here)
    assert done.returncode == 2
    assert "grönt" in done.stderr

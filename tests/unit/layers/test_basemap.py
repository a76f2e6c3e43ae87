import json
import struct
import zlib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from est_pipeline.domain.geography import read_basemap
from est_pipeline.errors import ConfigError, FileNotTakenError
from est_pipeline.layers.basemap import OSM_CREDIT, import_basemap
from est_pipeline.layers.map_shapes import AIM_BYTES
from tests.layer_shapes import ORIGIN, square

CREDIT = "© Provkommunen"


def line(*points: tuple[float, float]) -> shapely.LineString:
    """A line through points in metres from the origin."""
    return shapely.LineString([(ORIGIN[0] + e, ORIGIN[1] + n) for e, n in points])


def street(number: float = 0) -> shapely.LineString:
    return line((0, 100 * number), (900, 100 * number))


def target(desk: Any) -> Path:
    return desk.paths.data / "referens" / "baskarta.geojson"


def drawn(desk: Any) -> gpd.GeoDataFrame:
    return read_basemap(target(desk))[0]


def classes(desk: Any) -> dict[str, str]:
    found = drawn(desk)
    return dict(zip(found["name"].fillna(""), found["map_class"], strict=True))


def take(desk: Any, *files: Path, **more: Any) -> str:
    more.setdefault("attribution", CREDIT)
    more.setdefault("replace", True)
    return " ".join(import_basemap(desk.configuration, files, **more))


# --- classes --------------------------------------------------------------------------------------


def test_openstreetmap_tags(layer_of: Any, workspace: Any, tmp_path: Path) -> None:
    tags = {
        "Motorvägen": ("highway", "motorway", "motorvag"),
        "Storgatan": ("highway", "primary", "huvudgata"),
        "Smågatan": ("highway", "residential", "gata"),
        "Gångvägen": ("highway", "footway", None),
        "Infarten": ("highway", "service", None),
        "Banan": ("railway", "rail", "jarnvag"),
        "Nedlagda banan": ("railway", "abandoned", None),
        "Ån": ("waterway", "river", "vatten_linje"),
        "Diket": ("waterway", "ditch", None),
    }
    names = list(tags)
    columns = {
        key: [value if each == key else None for each, value, _ in tags.values()]
        for key in ("highway", "railway", "waterway")
    }
    file = tmp_path / "karta.gpkg"
    layer_of([street(n) for n in range(len(names))], name=names, **columns).to_file(
        file, layer="lines"
    )
    layer_of(
        [square(0, 2000, 400), square(2000, 2000, 400), square(4000, 0, 400)],
        name=["Sjön", "Parken", "Huset"],
        natural=["water", None, None],
        leisure=[None, "park", None],
        building=[None, None, "yes"],
    ).to_file(file, layer="multipolygons")
    said = take(workspace, file)
    expected = {name: made for name, (_, _, made) in tags.items() if made}
    assert classes(workspace) == expected | {"Sjön": "vatten_yta", "Parken": "gront"}
    assert "1 objekt i lagret multipolygons är inte med" in said


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("fclass", ["motorway", "secondary", "residential", "path"]),
        ("OBJEKTTYP", ["Motorväg", "Landsväg", "Lokalgata", "Gångväg"]),
        ("detaljtyp", ["Motortrafikled", "Huvudgata", "Smaväg", "Traktorväg"]),
    ],
)
def test_words_of_other_layers(
    layer_of: Any, workspace: Any, tmp_path: Path, column: str, values: list[str]
) -> None:
    file = tmp_path / "lager.gpkg"
    names = ["A", "B", "C", "D"]
    layer_of([street(n) for n in range(4)], namn=names, **{column: values}).to_file(file)
    take(workspace, file)
    assert classes(workspace) == {"A": "motorvag", "B": "huvudgata", "C": "gata"}


def test_functional_road_class_of_the_road_database(
    layer_of: Any, workspace: Any, tmp_path: Path
) -> None:
    file = tmp_path / "nvdb.gpkg"
    layer = layer_of(
        [street(n) for n in range(4)], Namn=["A", "B", "C", "D"], FunkVagklass=[1, 4, 7, 9]
    )
    layer.to_file(file)
    take(workspace, file)
    assert classes(workspace) == {"A": "huvudgata", "B": "huvudgata", "C": "gata"}


@pytest.mark.parametrize(
    ("name", "is_area", "expected"),
    [
        ("vagnat", False, "gata"),
        ("Gator_2026", False, "gata"),
        ("jarnvag_l", False, "jarnvag"),
        ("Järnvägar", False, "jarnvag"),
        ("vattendrag", False, "vatten_linje"),
        ("vatten_y", True, "vatten_yta"),
        ("grönytor", True, "gront"),
        ("gis_osm_water_a_free_1", True, "vatten_yta"),
        ("gis_osm_railways_free_1", False, "jarnvag"),
    ],
)
def test_names_of_layers(
    layer_of: Any, workspace: Any, tmp_path: Path, name: str, is_area: bool, expected: str
) -> None:
    file = tmp_path / "lager.gpkg"
    layer_of([square(0, 0) if is_area else street()], namn=["X"]).to_file(file, layer=name)
    take(workspace, file)
    assert classes(workspace) == {"X": expected}


@pytest.mark.parametrize(
    ("family", "is_area", "expected"),
    [
        ("gata", False, "gata"),
        ("vatten", False, "vatten_linje"),
        ("vatten", True, "vatten_yta"),
        ("järnväg", False, "jarnvag"),
        ("grönt", True, "gront"),
    ],
)
def test_what_a_file_holds_can_be_said(
    layer_of: Any, workspace: Any, tmp_path: Path, family: str, is_area: bool, expected: str
) -> None:
    file = tmp_path / "lager.gpkg"
    layer_of([square(0, 0) if is_area else street()], namn=["X"]).to_file(file, layer="abc")
    with pytest.raises(ConfigError, match="--class"):
        take(workspace, file)
    take(workspace, file, family=family)
    assert classes(workspace) == {"X": expected}


# --- clipped, joined, simplified ------------------------------------------------------------------


def test_lines_are_clipped_to_the_bounds(layer_of: Any, workspace: Any, tmp_path: Path) -> None:
    file = tmp_path / "vag.gpkg"
    layer_of(
        [line((0, 0), (500_000, 0)), line((400_000, 0), (500_000, 0))], namn=["Lång", "Borta"]
    ).to_file(file)
    take(workspace, file)
    west, south, east, north = drawn(workspace).total_bounds
    assert 15.2 <= west <= east <= 16.1
    assert 58.0 <= south <= north <= 58.7
    assert set(classes(workspace)) == {"Lång"}


def test_pieces_of_a_street_become_one_line_within_the_tolerance(
    layer_of: Any, workspace: Any, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    points = [(e, float(rng.uniform(-3, 3))) for e in range(0, 2000, 20)]
    pieces = [line(*points[n : n + 11]) for n in range(0, 90, 10)]
    file = tmp_path / "vag.gpkg"
    layer_of(pieces, namn=["Ågatan"] * len(pieces)).to_file(file)
    take(workspace, file, tolerance_m=8)
    [shape] = drawn(workspace).to_crs("EPSG:3006").geometry
    assert shape.geom_type == "LineString"
    assert len(shape.coords) == 2
    assert shapely.hausdorff_distance(shapely.union_all(pieces), shape, densify=0.01) < 12


def test_areas_stay_valid_and_small_ones_go(layer_of: Any, workspace: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    reach = 800 + rng.uniform(-120, 120, 400)
    lake = shapely.Polygon(
        np.column_stack([ORIGIN[0] + reach * np.cos(angles), ORIGIN[1] + reach * np.sin(angles)])
    )
    file = tmp_path / "vatten.gpkg"
    layer_of([lake, square(3000, 0, 5)], namn=["Sjön", "Pölen"]).to_file(file)
    take(workspace, file, tolerance_m=30)
    found = drawn(workspace)
    assert list(found["name"]) == ["Sjön"]
    assert found.is_valid.all()
    assert found.to_crs("EPSG:3006").area.iloc[0] == pytest.approx(lake.area, rel=0.05)


def many_streets(count: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(5)
    start = np.column_stack(
        [rng.uniform(505_000, 555_000, count), rng.uniform(6_435_000, 6_500_000, count)]
    )
    steps = rng.normal(0, 40, (count, 10, 2)).cumsum(axis=1)
    kinds = rng.choice(["primary", "tertiary", "residential", "unclassified"], count)
    return gpd.GeoDataFrame(
        {"highway": kinds, "name": [f"Väg {n}" for n in range(count)]},
        geometry=[shapely.LineString(each) for each in start[:, None] + steps],
        crs="EPSG:3006",
    )


@pytest.mark.parametrize("count", [3_000, 30_000])
def test_a_large_network_fits_and_the_report_says_how(
    workspace: Any, tmp_path: Path, count: int
) -> None:
    file = tmp_path / "vag.gpkg"
    many_streets(count).to_file(file)
    said = take(workspace, file)
    assert target(workspace).stat().st_size <= AIM_BYTES
    assert "För att kartan ska bli högst 400 kB" in said
    assert len(drawn(workspace)) > 500


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3006", "EPSG:3009", "EPSG:3021"])
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp"])
def test_formats_and_systems(
    layer_of: Any, workspace: Any, tmp_path: Path, ending: str, crs: str
) -> None:
    file = tmp_path / f"gator.{ending}"
    layer = layer_of([street()], namn=["Ågatan"])
    layer.to_crs(crs).to_file(file)
    take(workspace, file)
    found = drawn(workspace)
    assert list(found["name"]) == ["Ågatan"]
    expected = layer.to_crs("EPSG:4326").geometry.iloc[0]
    assert shapely.hausdorff_distance(found.geometry.iloc[0], expected) < 5e-5


def test_geojson_in_metres_that_says_degrees(layer_of: Any, workspace: Any, tmp_path: Path) -> None:
    content = json.loads(layer_of([street()], namn=["Ågatan"]).to_json(drop_id=True))
    content.pop("crs", None)
    file = tmp_path / "gator.geojson"
    file.write_text(json.dumps(content), encoding="utf-8")
    assert "SWEREF 99 TM" in take(workspace, file)
    assert list(drawn(workspace)["name"]) == ["Ågatan"]


OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="prov">
<node id="1" lat="58.41" lon="15.60"/><node id="2" lat="58.42" lon="15.61"/>
<node id="3" lat="58.42" lon="15.60"/>
<way id="10"><nd ref="1"/><nd ref="2"/>
<tag k="highway" v="residential"/><tag k="name" v="Ågatan"/></way>
<way id="11"><nd ref="1"/><nd ref="3"/><tag k="railway" v="rail"/><tag k="name" v="Banan"/></way>
<way id="12"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
<tag k="natural" v="water"/><tag k="name" v="Sjön"/></way>
</osm>
"""


def number(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def message(field: int, content: bytes | int) -> bytes:
    """One field of a protocol buffer: a number, or bytes with their length."""
    if isinstance(content, int):
        return number(field << 3) + number(content)
    return number(field << 3 | 2) + number(len(content)) + content


def zigzag(values: list[int]) -> bytes:
    steps = [b - a for a, b in zip([0, *values], values, strict=False)]
    return b"".join(number(2 * step if step >= 0 else -2 * step - 1) for step in steps)


def osm_pbf() -> bytes:
    """A small .osm.pbf: one way of two nodes (https://wiki.openstreetmap.org/wiki/PBF_Format)."""
    words = [b"", b"highway", b"residential", b"name", "Ågatan".encode()]
    table = b"".join(message(1, word) for word in words)
    dense = message(1, zigzag([1, 2])) + message(8, zigzag([584100000, 584200000]))
    dense += message(9, zigzag([156000000, 156100000]))
    way = message(1, 10) + message(2, bytes([1, 3])) + message(3, bytes([2, 4]))
    way += message(8, zigzag([1, 2]))
    block = message(1, table) + message(2, message(2, dense)) + message(2, message(3, way))
    header = message(4, b"OsmSchema-V0.6") + message(4, b"DenseNodes")
    out = b""
    for kind, content in ((b"OSMHeader", header), (b"OSMData", block)):
        blob = message(2, len(content)) + message(3, zlib.compress(content))
        head = message(1, kind) + message(3, len(blob))
        out += struct.pack(">I", len(head)) + head + blob
    return out


needs_osm = pytest.mark.skipif(
    "OSM" not in pyogrio.list_drivers(), reason="this build of GDAL has no OSM driver"
)


@needs_osm
def test_an_osm_file(workspace: Any, tmp_path: Path) -> None:
    file = tmp_path / "uttag.osm"
    file.write_text(OSM, encoding="utf-8")
    take(workspace, file, attribution="")
    assert classes(workspace) == {"Ågatan": "gata", "Banan": "jarnvag", "Sjön": "vatten_yta"}
    assert read_basemap(target(workspace))[1] == OSM_CREDIT


@needs_osm
def test_an_osm_pbf_file(workspace: Any, tmp_path: Path) -> None:
    file = tmp_path / "uttag.osm.pbf"
    file.write_bytes(osm_pbf())
    take(workspace, file, attribution="")
    assert classes(workspace) == {"Ågatan": "gata"}


def test_osm_without_the_reader_is_answered(
    workspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "uttag.osm"
    file.write_text(OSM, encoding="utf-8")
    monkeypatch.setattr(pyogrio, "list_drivers", lambda: {"GPKG": "rw"})
    with pytest.raises(ConfigError, match="GeoPackage eller GeoJSON i stället"):
        take(workspace, file)


@pytest.mark.parametrize("name", ["tom.osm", "trasig.pbf", "annat.txt", "vrt.osm", "stum.geojson"])
def test_broken_files_change_nothing(workspace: Any, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    starts = {"trasig.pbf": osm_pbf()[:40], "vrt.osm": b"<OGRVRTDataSource/>"}
    file.write_bytes(starts.get(name, b""))
    before = target(workspace).read_bytes()
    with pytest.raises(ConfigError):
        take(workspace, file)
    assert target(workspace).read_bytes() == before
    with pytest.raises(FileNotTakenError):
        take(workspace, tmp_path / "borta.gpkg")


# --- whose map, and what was there ----------------------------------------------------------------


def test_whose_map_it_is_must_be_known(layer_of: Any, workspace: Any, tmp_path: Path) -> None:
    file = tmp_path / "gator.gpkg"
    layer_of([street()], namn=["Ågatan"]).to_file(file)
    with pytest.raises(ConfigError, match="--attribution"):
        take(workspace, file, attribution="")
    take(workspace, file, attribution=" © Provkommunen\u202e ")
    assert read_basemap(target(workspace))[1] == "© Provkommunen"


def test_openstreetmap_is_named_whatever_the_operator_writes(
    layer_of: Any, workspace: Any, tmp_path: Path
) -> None:
    file = tmp_path / "gator.gpkg"
    layer_of([street()], namn=["Ågatan"], osm_id=["1"]).to_file(file)
    take(workspace, file, attribution="Kartavdelningen")
    assert read_basemap(target(workspace))[1] == f"Kartavdelningen. {OSM_CREDIT}"


def test_what_the_files_do_not_hold_stays_unless_replaced(
    layer_of: Any, workspace: Any, tmp_path: Path
) -> None:
    file = tmp_path / "gator.gpkg"
    layer_of([street()], namn=["Ågatan"]).to_file(file)
    before, credit = read_basemap(target(workspace))
    content = target(workspace).read_bytes()
    said = take(workspace, file, replace=False)
    after, both = read_basemap(target(workspace))
    assert "Kvar från den förra kartan: vatten, järnväg och grönt" in said
    for name in ("vatten_yta", "vatten_linje", "jarnvag", "gront"):
        assert after["map_class"].eq(name).sum() == before["map_class"].eq(name).sum()
    assert list(after["name"][after["map_class"].eq("gata")]) == ["Ågatan"]
    assert both.startswith(CREDIT)
    assert credit.rstrip(".") in both
    assert target(workspace).with_name("baskarta-före.geojson").read_bytes() == content
    assert "inget är ändrat" in take(workspace, file, replace=False)
    take(workspace, file)
    assert set(drawn(workspace)["map_class"]) == {"gata"}


@pytest.mark.real
def test_the_streets_of_a_city_fit(workspace: Any, shared_real: Path) -> None:
    geo = shared_real / "geo"
    names = ("gator_centrum_osm", "vagnat_vast_osm_2018", "jarnvag_centrum_handdigit")
    take(workspace, *(geo / f"{name}.geojson" for name in names))
    assert target(workspace).stat().st_size <= AIM_BYTES
    assert {"gata", "jarnvag"} <= set(drawn(workspace)["map_class"])

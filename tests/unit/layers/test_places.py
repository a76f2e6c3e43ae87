import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from est_pipeline.domain.geography import read_places
from est_pipeline.domain.text import fold
from est_pipeline.errors import ConfigError, FileNotTakenError
from est_pipeline.layers.place_lists import read_place_list
from est_pipeline.layers.place_merging import merge_places
from est_pipeline.layers.places import import_places
from tests.layer_shapes import ORIGIN, square

BOUNDS = (15.2, 58.0, 16.1, 58.7)
METRIC = "EPSG:3006"
TO_WGS84 = Transformer.from_crs(METRIC, "EPSG:4326", always_xy=True)


def spot(east: float = 0, north: float = 0) -> tuple[float, float]:
    """Longitude and latitude so many metres from the origin."""
    lon, lat = TO_WGS84.transform(ORIGIN[0] + east, ORIGIN[1] + north)
    return round(lon, 7), round(lat, 7)


def read(file: Path, **more: Any) -> Any:
    return read_place_list(file, bounds=BOUNDS, metric_crs=METRIC, **more)


def written(
    tmp_path: Path, text: str, *, name: str = "platser.csv", encoding: str = "utf-8"
) -> Path:
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return file


def gazetteer(desk: Any) -> pd.DataFrame:
    return read_places(desk.paths.data / "referens" / "platser.csv").set_index("name")


# --- shapes of lists ------------------------------------------------------------------------------

LON, LAT = spot()
IN_3009 = Transformer.from_crs(METRIC, "EPSG:3009", always_xy=True).transform(*ORIGIN)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    "text",
    [
        f"namn;lat;lon\nÅby skola;{LAT};{LON}\n",
        f"namn;lat;lon\nÅby skola;{LAT};{LON}\n".replace(".", ","),
        f"Name,Latitude,Longitude\nÅby skola,{LAT},{LON}\n",
        f"Benämning\tLatitud\tLongitud\nÅby skola\t{LAT}\t{LON}\n",
        f"Skolenhet;Breddgrad;Längdgrad\nÅby skola;{LAT};{LON}\n",
        f"namn;n;e\nÅby skola;{ORIGIN[1]};{ORIGIN[0]}\n",
        f"Namn;X-koordinat;Y-koordinat\nÅby skola;{ORIGIN[1]};{ORIGIN[0]}\n",
        f"Namn;X;Y\nÅby skola;{ORIGIN[0]};{ORIGIN[1]}\n",
        "Namn;N (SWEREF 99 TM);E (SWEREF 99 TM)\nÅby skola;6 474 000,0;532 000,0\n",
        f"namn;Nord;Öst\nÅby skola;{IN_3009[1]:.2f};{IN_3009[0]:.2f}\n",
        f"Kommunens skolor 2026\n\nnamn;lat;lon\nÅby skola;{LAT};{LON}\n",
        f"namn;lon;lat\nÅby skola;{LAT};{LON}\n",
    ],
)
def test_lists_in_many_shapes(tmp_path: Path, text: str, encoding: str) -> None:
    found = read(written(tmp_path, text, encoding=encoding)).places
    assert list(found["name"]) == ["Åby skola"]
    assert found["lon"].iloc[0] == pytest.approx(LON, abs=2e-5)
    assert found["lat"].iloc[0] == pytest.approx(LAT, abs=2e-5)
    assert found["precision_m"].iloc[0] == 25


def test_swapped_numbers_are_said(tmp_path: Path) -> None:
    notes = read(written(tmp_path, f"namn;lat;lon\nÅby;{LON};{LAT}\n")).notes
    assert any("omkastad ordning" in note for note in notes)


def test_rows_that_cannot_be_used_are_counted_with_their_lines(tmp_path: Path) -> None:
    text = (
        f"namn;lat;lon\nGod;{LAT};{LON}\nUtan läge;;\nNoll;0;0\nOrd;norr;öst\n;{LAT};{LON}\n"
        f"=1+1;{LAT};{LON}\n12;{LAT};{LON}\n{'x' * 300};{LAT};{LON}\nBorta;55.6;13.0\n"
        f"Fel;{LAT};{LON};extra;mer\n"
    )
    result = read(written(tmp_path, text))
    assert list(result.places["name"]) == ["God"]
    said = " ".join(result.notes)
    for words in (
        "3 rader utan läsbar position är inte med (rad 3, 4, 5)",
        "1 plats utan namn",
        "1 plats med namn som ser ut som formler",
        "1 plats med namn som inte är ord",
        "1 plats med namn längre än 100 tecken",
        "1 plats utanför kommunens gränser",
        "1 rad med fel antal kolumner",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("namn;adress\nÅby;Gatan 1\n", "ingen kolumn för position"),
        (f"lat;lon\n{LAT};{LON}\n", "ingen kolumn för namn"),
        ("namn;lat;lon\n", "inga platser som går att ta in"),
        ("namn;lat;lon\nÅby;55.6;13.0\n", "inom kommunens gränser"),
        ("", "tom"),
        ('namn;lat;lon\n"Åby;58.4;15.6\n', "citattecknen"),
    ],
)
def test_lists_that_cannot_be_taken(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read(written(tmp_path, text))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotTakenError):
        read(tmp_path / "borta.csv")


def test_the_name_column_can_be_named(tmp_path: Path) -> None:
    file = written(tmp_path, f"objekt;lat;lon\nÅby;{LAT};{LON}\n")
    assert list(read(file, name_column="OBJEKT").places["name"]) == ["Åby"]
    with pytest.raises(ConfigError, match="--name-column"):
        read(file, name_column="finns inte")


def test_hostile_names_are_harmless(tmp_path: Path, workspace: Any) -> None:
    rows = [
        '"Rad\nbruten"',
        '"Semi;kolon"',
        '"Cita""t"',
        "Ba\u202eklänges",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "Tab\tb",
    ]
    text = "namn;lat;lon\n" + "".join(
        f"{name};{spot(400 * n)[1]};{spot(400 * n)[0]}\n" for n, name in enumerate(rows)
    )
    import_places(workspace.configuration, written(tmp_path, text))
    names = set(gazetteer(workspace).index)
    assert {"Rad bruten", "Semi;kolon", 'Cita"t', "Baklänges", "Tab b"} <= names
    text = (workspace.paths.data / "referens" / "platser.csv").read_text(encoding="utf-8")
    assert "\u202e" not in text


# --- GTFS -----------------------------------------------------------------------------------------


def stops(*rows: tuple[str, str, float, float, str, str]) -> str:
    lines = ["stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station"]
    for stop_id, name, east, north, kind, parent in rows:
        lon, lat = spot(east, north)
        lines.append(f"{stop_id},{name},{lat},{lon},{kind},{parent}")
    return "\n".join(lines) + "\n"


FEED = stops(
    ("s1", "Resecentrum", 0, 0, "1", ""),
    ("s1a", "Resecentrum läge A", 60, 0, "0", "s1"),
    ("s1b", "Resecentrum läge B", -60, 0, "", "s1"),
    ("s1e", "Entré norr", 200, 0, "2", "s1"),
    ("2a", "Torget", 5000, 0, "", ""),
    ("2b", "Torget", 5080, 0, "", ""),
    ("3", "Bortom", 900_000, 0, "", ""),
)


@pytest.mark.parametrize("is_packed", [False, True], ids=["txt", "zip"])
def test_gtfs_gives_one_place_a_station(tmp_path: Path, is_packed: bool) -> None:
    file = written(tmp_path, FEED, name="stops.txt")
    if is_packed:
        packed = tmp_path / "gtfs.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(file, "stops.txt")
            archive.writestr("../../utanför.txt", "nej")
        file = packed
    result = read(file)
    found = result.places.set_index("name")
    assert list(found.index) == ["Resecentrum", "Torget"]
    assert (found["place_type"] == "hållplats").all()
    for name, (east, north), reach in (("Resecentrum", (0, 0), 60), ("Torget", (5040, 0), 40)):
        lon, lat = spot(east, north)
        assert found.loc[name, "lon"] == pytest.approx(lon, abs=1e-6)
        assert found.loc[name, "lat"] == pytest.approx(lat, abs=1e-6)
        assert found.loc[name, "precision_m"] == pytest.approx(reach + 25, abs=2)
    assert "1 rad för entréer" in " ".join(result.notes)
    assert not (tmp_path.parent / "utanför.txt").exists()


def test_a_zip_without_stops_or_no_zip_at_all(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "annat.zip", "w") as archive:
        archive.writestr("agency.txt", "x")
    for name in ("annat.zip", "trasig.zip"):
        if name == "trasig.zip":
            (tmp_path / name).write_bytes(b"PK\3\4 nej")
        with pytest.raises(ConfigError):
            read(tmp_path / name)


@given(st.lists(st.tuples(st.floats(-140, 140), st.floats(-140, 140)), min_size=2, max_size=8))
def test_the_precision_covers_every_position(
    tmp_path_factory: pytest.TempPathFactory, offsets: list[tuple[float, float]]
) -> None:
    rows = [(f"{n}", "Torget", e, m, "", "") for n, (e, m) in enumerate(offsets)]
    file = written(tmp_path_factory.mktemp("gtfs"), stops(*rows), name="stops.txt")
    found = read(file).places
    back = Transformer.from_crs("EPSG:4326", METRIC, always_xy=True)
    centres = [
        back.transform(lon, lat) for lon, lat in zip(found["lon"], found["lat"], strict=True)
    ]
    for east, north in offsets:
        apart = [np.hypot(x - ORIGIN[0] - east, y - ORIGIN[1] - north) for x, y in centres]
        assert any(d <= reach + 0.5 for d, reach in zip(apart, found["precision_m"], strict=True))


def test_same_name_far_apart_stays_two_places(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        stops(("1", "Torget", 0, 0, "", ""), ("2", "Torget", 3000, 0, "", "")),
        name="s.txt",
    )
    assert len(read(file).places) == 2


# --- vector layers --------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3006", "EPSG:3009", "EPSG:3021"])
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp"])
def test_points_of_a_vector_layer(layer_of: Any, tmp_path: Path, ending: str, crs: str) -> None:
    file = tmp_path / f"skolor.{ending}"
    layer_of([shapely.Point(*ORIGIN)], NAMN=["Åby skola"], typ=["skola"]).to_crs(crs).to_file(file)
    found = read(file).places
    assert list(found["name"]) == ["Åby skola"]
    assert list(found["place_type"]) == ["skola"]
    assert found["lon"].iloc[0] == pytest.approx(LON, abs=2e-5)
    assert found["precision_m"].iloc[0] == 25


def test_an_area_is_a_point_with_a_precision_of_its_size(layer_of: Any, tmp_path: Path) -> None:
    file = tmp_path / "parker.gpkg"
    horseshoe = shapely.difference(square(0, 0), square(200, 200, 900))
    layer_of([square(5000, 0, 200), horseshoe], namn=["Parken", "Hästskon"]).to_file(file)
    found = read(file).places.set_index("name")
    assert found.loc["Parken", "precision_m"] == pytest.approx(142, abs=2)
    point = shapely.Point(found.loc["Hästskon", "lon"], found.loc["Hästskon", "lat"])
    shape = gpd.GeoSeries([horseshoe], crs=METRIC).to_crs("EPSG:4326").iloc[0]
    assert shape.contains(point)
    assert found.loc["Hästskon", "precision_m"] > 700


# --- into the gazetteer ---------------------------------------------------------------------------


def test_known_places_stay_as_they_are_unless_replaced(workspace: Any, tmp_path: Path) -> None:
    before = gazetteer(workspace).loc["Stora torget"]
    file = written(
        tmp_path, f"namn;lat;lon\nSTORA TORGET;{before['lat'] + 0.001};{before['lon']}\n"
    )
    target = workspace.paths.data / "referens" / "platser.csv"
    content = target.read_bytes()
    notes = import_places(workspace.configuration, file)
    assert "1 plats fanns redan och är orörda; --replace" in " ".join(notes)
    assert target.read_bytes() == content
    import_places(workspace.configuration, file, replace=True, precision_m=40)
    after = gazetteer(workspace).loc["Stora torget"]
    assert after["lat"] == pytest.approx(before["lat"] + 0.001)
    assert after["precision_m"] == 40
    assert after["place_type"] == "torg"
    assert target.with_name("platser-före.csv").read_bytes() == content


def test_an_alias_counts_as_known(workspace: Any, tmp_path: Path) -> None:
    place = gazetteer(workspace).loc["Mjärdevi"]
    file = written(tmp_path, f"namn;lat;lon\nMjärdevi center;{place['lat']};{place['lon']}\n")
    assert "1 plats fanns redan" in " ".join(import_places(workspace.configuration, file))


def test_the_same_name_elsewhere_gets_a_qualifier_and_a_note(
    workspace: Any, tmp_path: Path
) -> None:
    place = gazetteer(workspace).loc["Linghem"]
    file = written(
        tmp_path,
        f"namn;lat;lon;typ\nLinghem;{place['lat'] + 0.01};{place['lon']};hållplats\n"
        "Kvarnen;58.4100;15.6200;\nKvarnen;58.4300;15.5750;\nKvarnen;58.3000;15.7000;\n",
    )
    notes = " ".join(import_places(workspace.configuration, file))
    names = gazetteer(workspace).index
    assert "Linghem → Linghem (hållplats)" in notes
    assert {"Linghem", "Linghem (hållplats)", "Kvarnen (Skäggetorp)"} <= set(names)
    assert "Kvarnen" not in names  # nobody can tell which of the three is meant
    assert sum(name.startswith("Kvarnen") for name in names) == 3
    again = import_places(workspace.configuration, file)
    assert "inget är ändrat" in again[-1]


def test_a_place_that_is_called_as_a_district_is_said(workspace: Any, tmp_path: Path) -> None:
    file = written(tmp_path, "namn;lat;lon\nSkäggetorp;58.43;15.58\n")
    assert "heter som en stadsdel" in " ".join(import_places(workspace.configuration, file))


def test_ids_bare_numbers_and_repeats(workspace: Any, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "id;namn;lat;lon\n1;Alfa;58.40;15.60\n2;Beta;58.41;15.60\nstora-torget;Gamma;58.2;15.6\n"
        "delta-hus;Delta;58.42;15.60\n",
    )
    import_places(workspace.configuration, file)
    ids = gazetteer(workspace)["place_id"]
    assert ids["Alfa"] == "alfa"
    assert ids["Delta"] == "delta-hus"
    assert ids["Gamma"] != "stora-torget"
    assert ids.is_unique


def test_a_workspace_without_places_gets_the_file(workspace: Any, tmp_path: Path) -> None:
    target = workspace.paths.data / "referens" / "platser.csv"
    target.unlink()
    file = written(tmp_path, "namn;lat;lon\nAlfa;58.40;15.60\n")
    assert "är skriven" in import_places(workspace.configuration, file, place_type="skola")[-1]
    assert gazetteer(workspace).loc["Alfa", "place_type"] == "skola"


def test_the_workspaces_own_file_adds_nothing(workspace: Any, tmp_path: Path) -> None:
    target = workspace.paths.data / "referens" / "platser.csv"
    copy = tmp_path / "kopia.csv"
    copy.write_bytes(target.read_bytes())
    assert "inget är ändrat" in import_places(workspace.configuration, copy)[-1]


NAMES = st.text(st.sampled_from("aåbÖ ();|\"'-1x"), min_size=2, max_size=6)


@settings(max_examples=20)  # each one makes a workspace and takes in two files
@given(
    st.lists(
        st.tuples(
            NAMES, st.floats(15.3, 15.9), st.floats(58.1, 58.6), st.sampled_from(["", "torg"])
        ),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
)
def test_whatever_comes_in_the_gazetteer_can_be_read(
    desk_at: Any,
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, float, float, str]],
    replace: bool,
) -> None:
    folder = tmp_path_factory.mktemp("platser")
    desk = desk_at(folder / "arbetsmapp")
    before = set(gazetteer(desk)["place_id"])
    frame = pd.DataFrame(rows, columns=["namn", "lon", "lat", "typ"])
    file = folder / "in.csv"
    frame.to_csv(file, sep=";", index=False)
    try:
        import_places(desk.configuration, file, replace=replace)
    except ConfigError:
        return
    after = gazetteer(desk)
    assert before <= set(after["place_id"])
    assert after["place_id"].is_unique
    assert not after.index.map(fold).duplicated().any()
    content = (desk.paths.data / "referens" / "platser.csv").read_bytes()
    import_places(desk.configuration, file)
    assert (desk.paths.data / "referens" / "platser.csv").read_bytes() == content


def test_many_places_are_quick(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    count = 40_000
    frame = pd.DataFrame(
        {
            "namn": [f"Plats nummer {n % 25_000}" for n in range(count)],
            "lat": rng.uniform(58.1, 58.6, count),
            "lon": rng.uniform(15.3, 16.0, count),
        }
    )
    frame.loc[:10_000, "namn"] = "Samma namn"
    file = tmp_path / "stor.csv"
    frame.to_csv(file, sep=";", index=False)
    found = read(file).places
    assert 25_000 < len(found) < count
    former = pd.DataFrame(
        {c: pd.Series(dtype="str") for c in ("plats_id", "namn", "alias", "typ", "lat", "lon")}
    )
    districts = gpd.GeoDataFrame(
        {"district_id": ["a"], "name": ["Alfa"]},
        geometry=[shapely.box(15.5, 58.3, 15.7, 58.5)],
        crs="EPSG:4326",
    )
    merged, _ = merge_places(
        found, former=former, districts=districts, metric_crs=METRIC, origin="prov"
    )
    assert merged["plats_id"].is_unique
    assert not merged["namn"].map(fold).duplicated().any()


@pytest.mark.real
def test_the_bus_stops_of_a_city_come_in(workspace: Any, shared_real: Path) -> None:
    file = shared_real / "geo" / "hallplatser_linkoping_2014.csv"
    before = len(gazetteer(workspace))
    import_places(workspace.configuration, file, place_type="hållplats")
    after = gazetteer(workspace)
    assert 600 < len(after) - before <= 734
    assert {"Abisko", "Klostergatan (hållplats)"} <= set(after.index)

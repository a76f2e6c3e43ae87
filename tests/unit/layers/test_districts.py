import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from est_pipeline.domain.geography import read_districts
from est_pipeline.errors import ConfigError, FileNotTakenError
from est_pipeline.layers.districts import check_districts, import_districts
from tests.layer_shapes import ORIGIN, square

BOUNDS = (15.2, 58.0, 16.1, 58.7)


def check(layer: gpd.GeoDataFrame, **more: Any) -> Any:
    return check_districts(layer.to_crs("EPSG:4326"), metric_crs="EPSG:3006", bounds=BOUNDS, **more)


def said(result: Any) -> str:
    return " ".join(result.notes)


def imported(desk: Any) -> gpd.GeoDataFrame:
    return read_districts(
        desk.paths.data / "referens" / "stadsdelar.geojson", id_key="id", name_key="namn"
    )


# --- the checks -----------------------------------------------------------------------------------


def test_neighbours_without_fault_give_no_notes(layer_of: Any) -> None:
    result = check(layer_of([square(0, 0), square(1000, 0)], id=["a", "b"], namn=["Å", "Ö"]))
    assert result.notes == ()
    assert list(result.districts["district_id"]) == ["a", "b"]


def test_a_large_overlap_is_refused_with_its_area_and_allowed_when_asked_for(layer_of: Any) -> None:
    layer = layer_of([square(0, 0), square(800, 0)], id=["a", "b"], namn=["Alfa", "Beta"])
    with pytest.raises(ConfigError, match=r"Alfa och Beta överlappar .* 0,20 km².*--allow"):
        check(layer)
    assert "Alfa står först och gäller där" in said(check(layer, allow_overlaps=True))


def test_a_sliver_is_accepted_and_mentioned(layer_of: Any) -> None:
    layer = layer_of([square(0, 0), square(999, 0)], id=["a", "b"], namn=["Alfa", "Beta"])
    result = check(layer)
    assert "1 smal överlappning" in said(result)
    assert "Alfa och Beta" in said(result)


def test_districts_within_one_another_overlap(layer_of: Any) -> None:
    layer = layer_of([square(0, 0), square(200, 200, 300)], id=["a", "b"], namn=["Ut", "In"])
    with pytest.raises(ConfigError, match="Ut och In överlappar"):
        check(layer)


def test_a_hole_that_districts_enclose_is_reported_with_its_area(layer_of: Any) -> None:
    ring = [
        square(e, n) for e in (0, 1000, 2000) for n in (0, 1000, 2000) if (e, n) != (1000, 1000)
    ]
    names = [f"Del {n}" for n in range(8)]
    result = check(layer_of(ring, id=list("abcdefgh"), namn=names))
    assert "Ett hål på 1,00 km² mellan" in said(result)


def test_a_crack_between_neighbours_is_reported_though_its_ends_are_open(layer_of: Any) -> None:
    layer = layer_of([square(0, 0), square(1008, 0)], id=["a", "b"], namn=["Alfa", "Beta"])
    notes = said(check(layer))
    assert "En springa på" in notes
    assert "mellan Alfa och Beta" in notes


def test_districts_far_apart_have_no_gap_between_them(layer_of: Any) -> None:
    layer = layer_of([square(0, 0), square(4000, 0)], id=["a", "b"], namn=["Alfa", "Beta"])
    assert check(layer).notes == ()


def test_an_l_shaped_district_has_no_crack(layer_of: Any) -> None:
    shape = shapely.union_all([square(0, 0), square(1000, 0), square(0, 1000)])
    assert check(layer_of([shape], id=["a"], namn=["Hörn"])).notes == ()


def bow_tie() -> shapely.Polygon:
    x, y = ORIGIN
    return shapely.Polygon([(x, y), (x + 1000, y + 1000), (x + 1000, y), (x, y + 1000)])


def test_a_bow_tie_is_refused_by_name_and_spot(layer_of: Any) -> None:
    layer = layer_of([bow_tie(), square(3000, 0)], id=["a", "b"], namn=["Fluga", "Hel"])
    with pytest.raises(ConfigError, match=r"Gränsen för Fluga korsar sig själv vid lat 58\.4") as e:
        check(layer)
    assert "Hel" not in str(e.value)


def test_a_spike_is_taken_off_since_it_has_no_area(layer_of: Any) -> None:
    x, y = ORIGIN
    spiked = shapely.Polygon(
        [(x, y), (x + 1000, y), (x + 1000, y + 500), (x + 1500, y + 500), (x + 1000, y + 500),
         (x + 1000, y + 1000), (x, y + 1000)]
    )  # fmt: skip
    assert not spiked.is_valid
    result = check(layer_of([spiked], id=["a"], namn=["Spets"]))
    assert "Spets hade ett fel" in said(result)
    metric = result.districts.to_crs("EPSG:3006")
    assert metric.is_valid.all()
    assert metric.area.iloc[0] == pytest.approx(1e6, rel=1e-4)


@pytest.mark.parametrize(
    ("ids", "names", "expected"),
    [
        (["a", "a"], ["Alfa", "Beta"], "Id:t 'a' finns på 2 rader"),
        (["a", "b"], ["Alfa", "ALFA"], "Namnet 'Alfa' finns på 2 rader"),
        (["a", "b"], ["Alfa", None], "rad 2 saknar namn"),
        (["a", "b"], ["Alfa", " \u200f "], "rad 2 saknar namn"),
        (["a", None], ["Alfa", "Beta"], "Beta saknar id"),
        (["ovriga", "b"], ["Alfa", "Beta"], "'ovriga' är upptaget"),
        (["a<b>", "b"], ["Alfa", "Beta"], "tecken som inte går för sig"),
        (["a", "b"], ["Övriga Linköping", "Beta"], "heter som det som ligger utanför"),
    ],
)
def test_ids_and_names(layer_of: Any, ids: list[Any], names: list[Any], expected: str) -> None:
    layer = layer_of([square(0, 0), square(2000, 0)], id=ids, namn=names)
    with pytest.raises(ConfigError, match=expected):
        check(layer, rest_name="Övriga Linköping")


def test_all_faults_are_told_in_one_go(layer_of: Any) -> None:
    shapes = [square(0, 0), shapely.Point(*ORIGIN), square(300_000, 0)]
    layer = layer_of(shapes, id=["a", "a", "c"], namn=["Alfa", "Prick", "Bort"])
    with pytest.raises(ConfigError) as error:
        check(layer)
    for words in ("Id:t 'a'", "Prick är ingen yta utan en punkt", "Bort ligger utanför kommunens"):
        assert words in str(error.value)


def test_ids_are_made_of_names_where_there_are_none(layer_of: Any) -> None:
    result = check(layer_of([square(0, 0)], STADSDEL=["Skäggetorp"]))
    assert list(result.districts["district_id"]) == ["skaggetorp"]


def test_numbers_as_ids_are_text_without_decimals(layer_of: Any) -> None:
    layer = layer_of([square(0, 0), square(2000, 0)], KOD=[101.0, 102.0], NAMN=["A", "B"])
    assert list(check(layer).districts["district_id"]) == ["101", "102"]


def test_population_and_aliases_stay_unless_the_layer_states_them(layer_of: Any) -> None:
    former = gpd.GeoDataFrame(
        {
            "district_id": ["a", "b", "c"],
            "name": ["Alfa", "Beta", "Gamma"],
            "aliases": [("Alfatorp",), (), ()],
            "population": [100.0, 200.0, float("nan")],
        },
        geometry=[square(0, 0)] * 3,
        crs="EPSG:4326",
    )
    layer = layer_of(
        [square(0, 0), square(2000, 0), square(4000, 0)],
        id=["a", "b", "ny"],
        namn=["Alfa", "Beta", "Gamma"],
        befolkning=[None, 250, None],
        alias=[None, "Betaby|Betatorp", None],
    )
    result = check(layer, former=former)
    assert list(result.districts["aliases"]) == [["Alfatorp"], ["Betaby", "Betatorp"], []]
    assert list(result.districts["population"].fillna(-1)) == [100, 250, -1]
    assert "Gamma hade id c och får ny" in said(result)


@given(st.integers(1, 6), st.integers(1, 6), st.floats(1, 89))
def test_tilings_stay_valid_and_without_overlap_when_rounded(
    columns: int, rows: int, angle: float
) -> None:
    cells = [square(e * 40, n * 40, 40) for e in range(columns) for n in range(rows)]
    turned = [shapely.affinity.rotate(cell, angle, origin=ORIGIN) for cell in cells]
    layer = gpd.GeoDataFrame(
        {
            "id": [f"d{n}" for n in range(len(cells))],
            "namn": [f"Del {n}" for n in range(len(cells))],
        },
        geometry=turned,
        crs="EPSG:3006",
    )
    result = check(layer)
    assert result.districts.is_valid.all()
    assert result.notes == ()


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3006", "EPSG:3009", "EPSG:3021"])
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp"])
def test_formats_and_systems_give_the_same_districts(
    layer_of: Any, workspace: Any, tmp_path: Path, ending: str, crs: str
) -> None:
    layer = layer_of([square(0, 0), square(1000, 0)], id=["a", "o"], namn=["Åby", "Östra"])
    file = tmp_path / f"lager.{ending}"
    layer.to_crs(crs).to_file(file)
    import_districts(workspace.configuration, file)
    found = imported(workspace)
    assert list(found["name"]) == ["Åby", "Östra"]
    expected = layer.to_crs("EPSG:4326").geometry
    apart = shapely.hausdorff_distance(found.geometry.to_numpy(), expected.to_numpy())
    assert (apart < 2e-5).all()
    text = (workspace.paths.data / "referens" / "stadsdelar.geojson").read_text(encoding="utf-8")
    assert not any(len(number) > 6 for number in pd.Series(text).str.findall(r"\.(\d+)").iloc[0])


@pytest.mark.parametrize("crs", ["EPSG:3006", "EPSG:3009", "EPSG:3021", "EPSG:4326"])
def test_a_shapefile_without_prj_is_told_by_its_values(
    layer_of: Any, workspace: Any, tmp_path: Path, crs: str
) -> None:
    layer = layer_of([square(0, 0)], id=["a"], namn=["Åby"])
    file = tmp_path / "lager.shp"
    layer.to_crs(crs).to_file(file)
    (tmp_path / "lager.prj").unlink()
    notes = import_districts(workspace.configuration, file)
    assert any("anger inget koordinatsystem" in note for note in notes)
    expected = layer.to_crs("EPSG:4326").geometry.iloc[0]
    assert imported(workspace).geometry.iloc[0].hausdorff_distance(expected) < 2e-5


def test_geojson_in_metres_that_says_degrees(layer_of: Any, workspace: Any, tmp_path: Path) -> None:
    layer = layer_of([square(0, 0)], id=["a"], namn=["Åby"])
    content = json.loads(layer.to_json(drop_id=True))
    content.pop("crs", None)
    file = tmp_path / "lager.geojson"
    file.write_text(json.dumps(content), encoding="utf-8")
    notes = import_districts(workspace.configuration, file)
    assert any("anger grader men har meter" in n and "SWEREF 99 TM" in n for n in notes)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "cp850"])
@pytest.mark.parametrize("has_cpg", [True, False], ids=["cpg", "no-cpg"])
def test_letters_of_a_shapefile(
    layer_of: Any, workspace: Any, tmp_path: Path, encoding: str, has_cpg: bool
) -> None:
    names = ["Åby", "Skäggetorp", "Östra Ön"]
    layer = layer_of([square(0, 0), square(2000, 0), square(4000, 0)], id=list("abc"), namn=names)
    file = tmp_path / "lager.shp"
    layer.to_file(file, encoding=encoding)
    cpg = tmp_path / "lager.cpg"
    assert names[1].encode(encoding) in (tmp_path / "lager.dbf").read_bytes()
    if not has_cpg:
        cpg.unlink(missing_ok=True)
    import_districts(workspace.configuration, file)
    assert list(imported(workspace)["name"]) == names


def test_letters_go_by_the_bytes_where_the_cpg_is_wrong(
    layer_of: Any, workspace: Any, tmp_path: Path
) -> None:
    layer = layer_of([square(0, 0)], id=["a"], namn=["Skäggetorp"])
    file = tmp_path / "lager.shp"
    layer.to_file(file, encoding="cp1252")
    (tmp_path / "lager.cpg").write_text("UTF-8", encoding="ascii")
    import_districts(workspace.configuration, file)
    assert list(imported(workspace)["name"]) == ["Skäggetorp"]


@pytest.mark.parametrize("gone", [".shx", ".dbf"])
def test_a_shapefile_with_a_part_missing(
    layer_of: Any, workspace: Any, tmp_path: Path, gone: str
) -> None:
    file = tmp_path / "lager.shp"
    layer_of([square(0, 0)], id=["a"], namn=["Åby"]).to_file(file)
    (tmp_path / f"lager{gone}").unlink()
    with pytest.raises(ConfigError, match=rf"inte att läsa utan lager\{gone}"):
        import_districts(workspace.configuration, file)


def test_the_layer_is_chosen_among_several(layer_of: Any, workspace: Any, tmp_path: Path) -> None:
    file = tmp_path / "karta.gpkg"
    layer_of([square(0, 0)], id=["a"], namn=["Åby"]).to_file(file, layer="nya")
    layer_of([square(0, 0)], id=["b"], namn=["Öby"]).to_file(file, layer="gamla")
    layer_of([shapely.Point(*ORIGIN)], namn=["Prick"]).to_file(file, layer="punkter")
    with pytest.raises(ConfigError, match="--layer: nya, gamla"):
        import_districts(workspace.configuration, file)
    import_districts(workspace.configuration, file, layer="gamla")
    assert list(imported(workspace)["name"]) == ["Öby"]
    with pytest.raises(ConfigError, match="inget lager 'finns inte'"):
        import_districts(workspace.configuration, file, layer="finns inte")


HOSTILE = {
    "tom.geojson": b"",
    "trasig.geojson": b'{"type": "FeatureCollection", "features": [',
    "vrt.geojson": b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd',
    "vrt.gpkg": b"<OGRVRTDataSource></OGRVRTDataSource>",
    "avbruten.gpkg": b"SQLite format 3\0" + b"\0" * 100,
    "lista.csv": b"id;namn\n",
    "packad.zip": b"PK\3\4",
    "inga.geojson": b'{"type":"FeatureCollection","features":[]}',
    "oandlig.geojson": b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
    b'{"id":"a","namn":"A"},"geometry":{"type":"Polygon","coordinates":'
    b"[[[1e999,0],[1,0],[1,1],[1e999,0]]]}}]}",
    "latin.geojson": '{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
    '{"id":"a","namn":"Skäggetorp"},"geometry":{"type":"Polygon","coordinates":'
    "[[[15.6,58.4],[15.7,58.4],[15.7,58.5],[15.6,58.4]]]}}]}".encode("cp1252"),
    "utan-yta.geojson": b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
    b'{"id":"a","namn":"A"},"geometry":null}]}',
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_and_broken_files_change_nothing(workspace: Any, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(HOSTILE[name])
    folder = workspace.paths.data / "referens"
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    with pytest.raises(ConfigError) as error:
        import_districts(workspace.configuration, file)
    assert error.value.advice
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


def test_a_missing_file(workspace: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotTakenError):
        import_districts(workspace.configuration, tmp_path / "borta.gpkg")


def test_a_layer_far_away_says_what_its_numbers_look_like(
    layer_of: Any, workspace: Any, tmp_path: Path
) -> None:
    file = tmp_path / "fel.gpkg"
    layer = layer_of([square(0, 0)], id=["a"], namn=["Åby"])
    layer.set_crs("EPSG:3011", allow_override=True).to_file(file)
    with pytest.raises(ConfigError, match=r"gränser; talen ser ut som SWEREF 99 TM"):
        import_districts(workspace.configuration, file)
    import_districts(workspace.configuration, file, crs="EPSG:3006")


def test_the_former_file_is_kept_and_a_second_import_changes_nothing(
    layer_of: Any, workspace: Any, tmp_path: Path
) -> None:
    target = workspace.paths.data / "referens" / "stadsdelar.geojson"
    before = target.read_bytes()
    file = tmp_path / "ny.gpkg"
    layer_of([square(0, 0)], id=["a"], namn=["Åby"]).to_file(file)
    notes = import_districts(workspace.configuration, file)
    assert "Inte längre med: Skäggetorp" in " ".join(notes)
    backup = target.with_name("stadsdelar-före.geojson")
    assert backup.read_bytes() == before
    written = target.read_bytes()
    assert "inget är ändrat" in import_districts(workspace.configuration, file)[-1]
    assert (backup.read_bytes(), target.read_bytes()) == (before, written)


def test_the_workspaces_own_file_can_be_imported(workspace: Any, tmp_path: Path) -> None:
    target = workspace.paths.data / "referens" / "stadsdelar.geojson"
    copy = tmp_path / "kopia.geojson"
    copy.write_bytes(target.read_bytes())
    before = imported(workspace)
    import_districts(workspace.configuration, copy)
    after = imported(workspace)
    columns = ["district_id", "name", "aliases", "population"]
    pd.testing.assert_frame_equal(pd.DataFrame(before[columns]), pd.DataFrame(after[columns]))


def test_names_of_the_keys_follow_the_configuration(
    layer_of: Any, workspace: Any, tmp_path: Path
) -> None:
    settings = workspace.paths.settings
    text = settings.read_text(encoding="utf-8")
    text = text.replace('stadsdelens_id = "id"', 'stadsdelens_id = "kod"')
    settings.write_text(text.replace('_namn = "namn"', '_namn = "stadsdel"'), encoding="utf-8")
    file = tmp_path / "ny.gpkg"
    layer_of([square(0, 0)], id=["a"], namn=["Åby"]).to_file(file)
    import_districts(workspace.configuration, file)
    found = read_districts(
        workspace.paths.data / "referens" / "stadsdelar.geojson", id_key="kod", name_key="stadsdel"
    )
    assert list(found["name"]) == ["Åby"]


@pytest.mark.real
def test_the_election_districts_of_a_city_come_in(workspace: Any, shared_real: Path) -> None:
    import_districts(
        workspace.configuration, shared_real / "geo" / "valdistrikt_2026_linkoping_stad.geojson"
    )
    assert len(imported(workspace)) == 70

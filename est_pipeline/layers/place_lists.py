"""Lists of places as municipalities have them: CSV, GTFS stops or a vector layer.

Positions of one name within 300 m of each other are one place.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from est_pipeline.domain.geography import WGS84
from est_pipeline.domain.text import counted, fold, fold_series
from est_pipeline.errors import ConfigError, FileNotTakenError, RefusedFileError
from est_pipeline.ingest.reading.table import read_table
from est_pipeline.layers.coordinates import Bounds, are_within, check_crs, tell_system, to_lon_lat
from est_pipeline.layers.reading import AREAS, LINES, POINTS, clean_text, find_column, read_layer

HEADER_WORDS: dict[str, tuple[str, ...]] = {
    "name": (
        "namn",
        "name",
        "platsnamn",
        "plats",
        "stop_name",
        "hallplats",
        "hallplatsnamn",
        "hallplatsens_namn",
        "gatunamn",
        "tatort",
        "ort",
        "benamning",
        "beteckning",
        "skolenhet",
        "skolenhetsnamn",
        "skolnamn",
        "skola",
        "anlaggning",
        "place",
        "place_name",
        "title",
        "rubrik",
    ),
    "lat": ("lat", "latitud", "latitude", "stop_lat", "breddgrad"),
    "lon": ("lon", "long", "lng", "longitud", "longitude", "stop_lon", "langdgrad"),
    "northing": ("n", "nord", "norr", "north", "northing", "y"),
    "easting": ("e", "o", "ost", "east", "easting", "x"),
    "place_type": ("typ", "type", "platstyp", "kategori", "category", "slag"),
    "place_id": ("plats_id", "place_id", "id"),
    "aliases": ("alias", "aliases", "aven_kallad", "alternativt_namn", "smeknamn"),
    "precision_m": ("noggrannhet_m", "noggrannhet", "precision_m", "precision", "osakerhet_m"),
    "stop_id": ("stop_id",),
    "location_type": ("location_type",),
    "parent": ("parent_station",),
}
"""What a column holds -> its folded names, the best first."""

_SYSTEM_WORDS = re.compile(
    r"(?:^|_)(?:sweref|sweref_?99|99|tm|1[0-9]_?[0-9]{2}|15_?00|wgs|wgs_?84|84|rt|rt_?90|90|epsg"
    r"|3006|3009|4326|koord|koordinat|koordinater|coord|coordinate|position|grader|deg|meter)"
    r"(?=_|$)"
)
"""Parts of a header that say which system, not which axis."""

SAME_PLACE_M = 300
"""Positions of the same name this near each other are one place."""

STOP_TYPE = "hållplats"

_MOST_NAMED = 5
_LONGEST_NAME = 100
_LARGEST_STOPS_BYTES = 500_000_000


@dataclass(frozen=True)
class PlaceList:
    """Places as a file lists them: `place_id` (may be missing), `name`, `aliases` (text with `|`).

    Further `place_type` (may be missing), `lon`, `lat` (WGS 84) and `precision_m`. `notes` are
    Swedish sentences.
    """

    places: pd.DataFrame
    notes: tuple[str, ...]


def read_place_list(
    file: Path,
    *,
    bounds: Bounds | None,
    metric_crs: str,
    layer: str = "",
    crs: str = "",
    name_column: str = "",
    precision_m: float = 25,
) -> PlaceList:
    """Read a file's places, within the bounds, positions of one place put together.

    Args:
        file: CSV, GTFS (`stops.txt` or the zip with it), GeoPackage, GeoJSON or Shapefile.
        bounds: the workspace's, in WGS 84; what lies outside is left out.
        metric_crs: the system that distances are measured in.
        layer: the layer in the file, where it has several.
        crs: the coordinate system, where the operator states it.
        name_column: the column with the names; found by its name if empty.
        precision_m: within how many metres a place is known, where the file does not say.

    Raises:
        FileNotTakenError: the file is missing.
        ConfigError: it is no list of places.
    """
    if not file.is_file():
        raise FileNotTakenError(
            f"Filen {file} finns inte.", advice="Kontrollera sökvägen och stavningen."
        )
    if file.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory() as folder:
            rows, notes = _read_text(
                _unpack_stops(file, Path(folder)), crs=crs, bounds=bounds, name_column=name_column
            )
    elif file.suffix.lower() in {".csv", ".txt", ".tsv"}:
        rows, notes = _read_text(file, crs=crs, bounds=bounds, name_column=name_column)
    else:
        rows, notes = _read_vector(
            file, layer=layer, crs=crs, bounds=bounds, name_column=name_column, metric=metric_crs
        )
    rows["precision_m"] = rows["precision_m"].where(rows["precision_m"] > 0)
    rows["precision_m"] = rows["precision_m"].fillna(rows.pop("reach_m").clip(lower=precision_m))
    rows, left_out = _usable(rows)
    notes += left_out
    if bounds is not None:
        is_within = are_within(rows["lon"].to_numpy(), rows["lat"].to_numpy(), bounds)
        if not is_within.all():
            outside = counted(int((~is_within).sum()), "plats", "platser")
            notes.append(f"{outside} utanför kommunens gränser är inte med.")
        rows = rows.loc[is_within].reset_index(drop=True)
    if rows.empty:
        raise ConfigError(
            f"{file.name} har inga platser som går att ta in. {' '.join(notes)}".strip(),
            advice="Kontrollera kolumnerna och granser under [omrade] i est.toml.",
        )
    places = _put_together(rows, metric_crs=metric_crs)
    joined = len(rows) - len(places)
    head = f"{counted(len(places), 'plats', 'platser')} ur {file.name}"
    if joined:
        head += f", av {counted(len(rows), 'läge', 'lägen')}: lägen med samma namn är en plats"
    return PlaceList(places, (f"{head}.", *notes))


def _unpack_stops(file: Path, folder: Path) -> Path:
    """Take stops.txt out of a GTFS feed; no other file and no path of the archive is used."""
    try:
        with zipfile.ZipFile(file) as archive:
            found = next(
                (e for e in archive.infolist() if Path(e.filename).name == "stops.txt"), None
            )
            if found is None or found.file_size > _LARGEST_STOPS_BYTES:
                raise ConfigError(
                    f"{file.name} innehåller ingen stops.txt som går att läsa.",
                    advice="Lämna en GTFS-fil, eller packa upp filen och ta in platserna ur den.",
                )
            target = folder / "stops.txt"
            with archive.open(found) as stream, target.open("wb") as out:
                shutil.copyfileobj(stream, out)
            return target
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise ConfigError(
            f"{file.name} går inte att packa upp.", advice="Hämta filen på nytt."
        ) from error


def _header_word(header: str) -> str:
    """Give a header as its bare word: `N (SWEREF 99 TM)` is `n`, `X-koordinat` is `x`."""
    word = re.sub(r"[^a-z0-9]+", "_", fold(header)).strip("_")
    before = ""
    while before != word:
        before, word = word, _SYSTEM_WORDS.sub("", word).strip("_")
    return word or re.sub(r"[^a-z0-9]+", "_", fold(header)).strip("_")


def _columns(headers: Sequence[str]) -> dict[str, str]:
    """Tell what each column holds, by its own name and then by its bare word."""
    own = {re.sub(r"[^a-z0-9]+", "_", fold(h)).strip("_"): h for h in reversed(headers)}
    bare = {_header_word(h): h for h in reversed(headers)}
    found: dict[str, str] = {}
    for what, words in HEADER_WORDS.items():
        for table in (own, bare):
            hit = next((table[word] for word in words if word in table), None)
            if hit is not None and hit not in found.values():
                found[what] = hit
                break
    return found


def _score(cells: Sequence[str]) -> int:
    found = _columns([cell for cell in cells if cell])
    has_position = {"lat", "lon"} <= set(found) or {"northing", "easting"} <= set(found)
    return len(found) + (10 if has_position else 0) if len(found) > 1 else 0


def _read_text(
    file: Path, *, crs: str, bounds: Bounds | None, name_column: str
) -> tuple[pd.DataFrame, list[str]]:
    if crs:
        check_crs(crs)
    try:
        table = read_table(file, file_format="csv", header_score=_score)
        blocks = list(table.blocks)
    except RefusedFileError as error:
        raise ConfigError(f"{file.name}: {error.message}", advice=error.advice) from error
    header = list(table.dialect.header)
    columns = _columns(header)
    named = find_column(header, wanted=name_column, known=(), option="--name-column")
    if named:
        columns["name"] = named
    pair = next(
        (p for p in (("lon", "lat"), ("easting", "northing")) if set(p) <= set(columns)), None
    )
    if "name" not in columns or pair is None:
        lacking = "namn" if "name" not in columns else "position (lat och lon, eller n och e)"
        raise ConfigError(
            f"{file.name} har ingen kolumn för {lacking}.",
            advice=f"Kolumnerna är: {', '.join(header[:12])}. Döp om dem"
            f"{', eller peka ut namnet med --name-column' if lacking == 'namn' else ''}.",
        )
    notes = []
    bad = sum(len(block.misshapen) for block in blocks)
    if bad:
        notes.append(f"{counted(bad, 'rad', 'rader')} med fel antal kolumner är inte med.")
    cells = pd.concat([block.frame for block in blocks], ignore_index=True)
    rows = pd.DataFrame({what: cells[column] for what, column in columns.items()})
    rows["line_number"] = cells["line_number"]
    rows, stop_notes = _stops(rows)
    easts, norths = _numbers(rows[pair[0]]), _numbers(rows[pair[1]])
    is_known = easts.notna() & norths.notna() & ~(easts.eq(0) & norths.eq(0))
    if not is_known.all():
        lines = rows.loc[~is_known, "line_number"]
        some = ", ".join(str(n) for n in lines[:_MOST_NAMED]) + (
            " med flera" if len(lines) > _MOST_NAMED else ""
        )
        notes.append(
            f"{counted(len(lines), 'rad', 'rader')} utan läsbar position är inte med (rad {some})."
        )
    rows = rows.loc[is_known].reset_index(drop=True)
    lon, lat = easts[is_known].to_numpy(), norths[is_known].to_numpy()
    if len(rows):
        system = (
            tell_system(lon, lat, bounds=bounds, file_name=file.name, crs=crs)
            if (bounds is not None or pair[0] != "lon")
            else None
        )
        if system is not None:
            lon, lat = to_lon_lat(lon, lat, system=system)
            if system.crs != WGS84 or system.is_swapped:
                order = "; de två talen står i omkastad ordning" if system.is_swapped else ""
                notes.append(f"Positionerna är {system.name}{order}.")
    result = pd.DataFrame(
        {
            "place_id": rows.get("place_id", _none(rows)),
            "name": rows["name"],
            "aliases": rows.get("aliases", _none(rows)),
            "place_type": rows.get("place_type", _none(rows)),
            "lon": lon,
            "lat": lat,
            "precision_m": _numbers(rows.get("precision_m", _none(rows))),
            "reach_m": 0.0,
        }
    )
    return result.loc[np.isfinite(lon) & np.isfinite(lat)].reset_index(drop=True), [
        *stop_notes,
        *notes,
    ]


def _none(rows: pd.DataFrame) -> pd.Series:
    return pd.Series(None, index=rows.index, dtype="str")


def _numbers(cells: pd.Series) -> pd.Series:
    """Read numbers with decimal comma or point and spaces between thousands."""
    bare = cells.str.replace(r"[\s\u00a0\u202f]+|°$", "", regex=True).str.replace(",", ".")
    numbers = pd.to_numeric(bare, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _stops(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Give the stops of a GTFS feed the name of their station; entrances and nodes are no places.

    Source: GTFS Schedule reference, stops.txt, `location_type` and `parent_station`.
    """
    if not {"stop_id"} <= set(rows.columns):
        return rows, []
    kind = rows["location_type"].fillna("0") if "location_type" in rows else None
    if "parent" in rows:
        stations = rows.dropna(subset=["name"]).drop_duplicates("stop_id")
        names = stations.set_index("stop_id")["name"]
        rows = rows.assign(name=rows["parent"].map(names).astype("str").fillna(rows["name"]))
    notes = []
    if kind is not None:
        is_stop = kind.str.strip().isin(["0", "1", ""])
        if not is_stop.all():
            count = counted(int((~is_stop).sum()), "rad", "rader")
            notes.append(f"{count} för entréer och gångar i stationer är inte med.")
        rows = rows.loc[is_stop].reset_index(drop=True)
    if "place_type" not in rows:
        rows = rows.assign(place_type=STOP_TYPE)
    return rows, notes


def _read_vector(
    file: Path, *, layer: str, crs: str, bounds: Bounds | None, name_column: str, metric: str
) -> tuple[pd.DataFrame, list[str]]:
    found = read_layer(file, layer=layer, crs=crs, bounds=bounds, kinds=AREAS | LINES | POINTS)
    frame = found.frame
    headers = [str(column) for column in frame.columns if column != frame.geometry.name]
    columns = _columns(headers)
    named = find_column(headers, wanted=name_column, known=(), option="--name-column")
    if not named and "name" not in columns:
        raise ConfigError(
            f"Det syns inte vilken kolumn i {file.name} som är platsens namn.",
            advice="Peka ut den med --name-column. Det finns: "
            f"{', '.join(headers[:12]) or 'inga kolumner'}.",
        )
    shapes = frame.geometry.to_crs(metric).to_numpy()
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    inner = shapely.point_on_surface(shapes)
    # how far the thing itself reaches from the point that stands for it
    reach = shapely.hausdorff_distance(inner, shapes)
    points = gpd.GeoSeries(inner, crs=metric).to_crs(WGS84)

    def text_of(what: str) -> pd.Series:
        return clean_text(frame[columns[what]]) if what in columns else _none(frame)

    rows = pd.DataFrame(
        {
            "place_id": text_of("place_id"),
            "name": clean_text(frame[named or columns["name"]]),
            "aliases": text_of("aliases"),
            "place_type": text_of("place_type"),
            "lon": points.x.to_numpy(),
            "lat": points.y.to_numpy(),
            "precision_m": _numbers(text_of("precision_m")),
            "reach_m": np.nan_to_num(reach),
        }
    )
    notes = list(found.notes)
    if found.left_out_count:
        notes.append(f"{counted(found.left_out_count, 'rad', 'rader')} utan position är inte med.")
    return rows, notes


def _usable(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Leave out names that cannot name a place in a text, and say how many."""
    rows = rows.assign(
        name=clean_text(rows["name"]),
        aliases=rows["aliases"].astype("str"),
        place_type=clean_text(rows["place_type"]),
    )
    names = rows["name"]
    reasons = (
        ("utan namn", names.isna()),
        ("med namn som ser ut som formler", names.str.match(r"[=+@\-]").fillna(False)),
        ("med namn som inte är ord", ~names.str.contains(r"[^\W\d_]{2}").fillna(False)),
        (f"med namn längre än {_LONGEST_NAME} tecken", names.str.len().gt(_LONGEST_NAME)),
    )
    is_usable = pd.Series(True, index=rows.index)
    notes = []
    for what, is_wrong in reasons:
        number = int((is_wrong & is_usable).sum())
        if number:
            notes.append(f"{counted(number, 'plats', 'platser')} {what} är inte med.")
        is_usable &= ~is_wrong
    return rows.loc[is_usable].reset_index(drop=True), notes


def _put_together(rows: pd.DataFrame, *, metric_crs: str) -> pd.DataFrame:
    """Make positions of the same name within 300 m of each other one place, at their mean.

    The precision covers them all. One row a place, in the order of folded names and positions.
    """
    folded = fold_series(rows["name"])
    points = gpd.GeoSeries(gpd.points_from_xy(rows["lon"], rows["lat"]), crs=WGS84).to_crs(
        metric_crs
    )
    group = _groups(folded, points)
    easts, norths = points.x, points.y
    mean_east = easts.groupby(group).transform("mean")
    mean_north = norths.groupby(group).transform("mean")
    reach = np.hypot(easts - mean_east, norths - mean_north)
    is_moved = reach.groupby(group).transform("max").gt(1)
    covering = (reach + rows["precision_m"]).where(reach.gt(1), rows["precision_m"])
    centre = gpd.GeoSeries(gpd.points_from_xy(mean_east, mean_north), crs=metric_crs).to_crs(WGS84)
    spelled = rows.assign(
        lon=rows["lon"].where(~is_moved, centre.x.to_numpy()),
        lat=rows["lat"].where(~is_moved, centre.y.to_numpy()),
        precision_m=covering,
        group=group,
        folded=folded,
    )
    places = spelled.groupby("group", sort=True, as_index=False).agg(
        place_id=("place_id", "first"),
        name=("name", "first"),
        aliases=("aliases", "first"),
        place_type=("place_type", "first"),
        lon=("lon", "first"),
        lat=("lat", "first"),
        precision_m=("precision_m", "max"),
        folded=("folded", "first"),
        position_count=("lon", "size"),
    )
    places["precision_m"] = np.ceil(places["precision_m"] - 1e-6)
    ordered = places.sort_values(["folded", "lon", "lat"], ignore_index=True)
    return ordered.drop(columns=["group", "folded"])


def _groups(folded: pd.Series, points: gpd.GeoSeries) -> pd.Series:
    """Number the clusters of positions with the same name, each within reach of another."""
    label = np.arange(len(folded))
    often = np.flatnonzero(folded.duplicated(keep=False).to_numpy())
    if len(often):
        code = pd.factorize(folded.iloc[often])[0]
        # positions on one grid cell are alike: a million rows of one name stay cheap
        keys = pd.MultiIndex.from_arrays(
            [code, (points.x.iloc[often] // 50).to_numpy(), (points.y.iloc[often] // 50).to_numpy()]
        )
        cell, cells = pd.factorize(keys)
        first = pd.Series(often).groupby(cell).first().to_numpy()
        shapes = points.iloc[first].to_numpy()
        pair = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=SAME_PLACE_M)
        owner = np.array([each[0] for each in cells])
        left, right = pair[:, owner[pair[0]] == owner[pair[1]]]
        root = np.arange(len(first))
        while True:
            least = root.copy()
            np.minimum.at(least, left, root[right])
            least = least[least]
            if (least == root).all():
                break
            root = least
        label[often] = first[root][cell]
    return pd.Series(label, index=folded.index)

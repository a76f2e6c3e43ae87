"""Places from a municipality's own lists: CSV, GTFS stops or a vector layer, into the gazetteer.

Positions of one name within 300 m of each other are one place. A name that leads to two spots
leads nowhere, so the later one gets a qualifier in its name and a note says so.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from est_pipeline.config import Configuration
from est_pipeline.domain.geography import (
    WGS84,
    districts_of_points,
    read_districts,
    read_places,
)
from est_pipeline.domain.text import counted, fold, fold_series, slug
from est_pipeline.errors import ConfigError, FileNotTakenError, RefusedFileError
from est_pipeline.ingest.files import safe_name
from est_pipeline.ingest.reading.table import read_table
from est_pipeline.layers.coordinates import (
    Bounds,
    are_within,
    check_crs,
    tell_system,
    to_lon_lat,
)
from est_pipeline.layers.reading import (
    AREAS,
    LINES,
    POINTS,
    clean_text,
    clean_word,
    find_column,
    read_layer,
)
from est_pipeline.layers.writing import DECIMALS, replace_layer
from est_pipeline.workspace import hold_workspace

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
OTHER_TYPE = "plats"

_LONGEST_NAME = 100
_LARGEST_STOPS_BYTES = 500_000_000
_MOST_NAMED = 5
_COLUMNS = ("plats_id", "namn", "alias", "typ", "lat", "lon", "noggrannhet_m", "ursprung")
_ID_SHAPE = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9_-]{0,79}")


@dataclass(frozen=True)
class PlaceList:
    """Places as a file lists them: `place_id` (may be missing), `name`, `aliases` (text with `|`).

    Further `place_type` (may be missing), `lon`, `lat` (WGS 84) and `precision_m`. `notes` are
    Swedish sentences.
    """

    places: pd.DataFrame
    notes: tuple[str, ...]


def import_places(
    configuration: Configuration,
    file: Path,
    *,
    place_type: str = "",
    layer: str = "",
    crs: str = "",
    name_column: str = "",
    precision_m: float = 25,
    replace: bool = False,
) -> tuple[str, ...]:
    """Add a file's places to the workspace's gazetteer.

    Returns:
        The report in Swedish, a sentence an entry; the last says what was written.

    Raises:
        FileNotTakenError: the file is missing.
        ConfigError: it cannot be read as places; nothing is changed.
        StorageError, LockedError: the workspace cannot be written to.
    """
    area = configuration.settings.area
    target = configuration.paths.data / area.places_file
    found = read_place_list(
        file,
        bounds=area.bounds,
        metric_crs=area.metric_crs,
        layer=layer,
        crs=crs,
        name_column=name_column,
        precision_m=precision_m,
    )
    if place_type:
        found.places["place_type"] = clean_text(pd.Series([place_type])).iloc[0]
    with hold_workspace(configuration.paths):
        districts = read_districts(
            configuration.paths.data / area.districts_file,
            id_key=area.district_id_key,
            name_key=area.district_name_key,
        )
        former = _read_former(target)
        merged, notes = merge_places(
            found.places,
            former=former,
            districts=districts,
            metric_crs=area.metric_crs,
            origin=f"inläst från {safe_name(file.name)}",
            replace=replace,
        )
        content = merged.to_csv(index=False, sep=";", lineterminator="\n").encode()
        written = replace_layer(target, content, check=read_places)
    return (*found.notes, *notes, written)


# --- reading --------------------------------------------------------------------------------------


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


# --- merging --------------------------------------------------------------------------------------


def _read_former(target: Path) -> pd.DataFrame:
    """Read the gazetteer as text, so that what is not touched stays as it was written."""
    read_places(target)
    if not target.is_file():
        return pd.DataFrame({name: pd.Series(dtype="str") for name in _COLUMNS})
    return pd.read_csv(target, sep=";", dtype="str", encoding="utf-8-sig", keep_default_na=False)


def merge_places(
    new: pd.DataFrame,
    *,
    former: pd.DataFrame,
    districts: gpd.GeoDataFrame,
    metric_crs: str,
    origin: str,
    replace: bool = False,
) -> tuple[pd.DataFrame, list[str]]:
    """Put new places to the gazetteer.

    A place is known where its id, or its folded name or alias, stands there within 300 m. The
    same name elsewhere gets a qualifier: its type, its district or a number.

    Args:
        new: as `read_place_list` gives them.
        former: the gazetteer as text, in the columns of `platser.csv`.
        districts: as `read_districts` gives them; they qualify names.
        metric_crs: the system that distances are measured in.
        origin: what `ursprung` says of the new places.
        replace: give known places the new position, precision and type.

    Returns:
        The gazetteer as text: the former rows in their order, then the new ones by name; and
        notes in Swedish.
    """
    new = new.reset_index(drop=True).assign(
        place_type=new["place_type"].fillna(OTHER_TYPE).to_numpy()
    )
    new["east"], new["north"] = _metres(new["lon"], new["lat"], metric_crs=metric_crs)
    words = _known_words(former, metric_crs=metric_crs)
    folded = fold_series(new["name"])
    known = _match(folded, new, words)
    by_id = _match_id(new, words)
    known = known.fillna(by_id)
    is_open = known.isna()
    # two spots of one name, here or in the gazetteer: the bare name leads nowhere
    is_taken = folded.isin(words["word"])
    is_double = folded.duplicated(keep=False)
    shown = new["name"].copy()
    clash = is_open & (is_taken | is_double)
    if clash.any():
        shown, known = _qualify(
            new, clash=clash, known=known, words=words, districts=districts, is_taken=is_taken
        )
    notes = _merge_notes(new, shown, known=known, clash=clash, replace=replace)
    fresh = known.isna()
    added = _as_rows(new[fresh], shown[fresh], former=former, origin=origin)
    kept = former.copy()
    if replace and (~fresh).any():
        kept = _updated(kept, new[~fresh], known[~fresh].astype("int64"), origin=origin)
    columns = [*former.columns, *(c for c in _COLUMNS if c not in former.columns)]
    merged = pd.concat([kept, added], ignore_index=True).reindex(columns=columns).fillna("")
    shadowed = fold_series(shown[fresh]).isin(fold_series(districts["name"].astype("str")))
    if shadowed.any():
        notes.append(
            f"{_some(shown[fresh][shadowed])} heter som en stadsdel: rapporter som bara nämner "
            "namnet hamnar i stadsdelen, inte på platsen."
        )
    return merged, notes


def _metres(lon: pd.Series, lat: pd.Series, *, metric_crs: str) -> tuple[pd.Series, pd.Series]:
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=WGS84, index=lon.index)
    there = points.to_crs(metric_crs)
    return there.x, there.y


def _known_words(former: pd.DataFrame, *, metric_crs: str) -> pd.DataFrame:
    """Give every name and alias of the gazetteer: `word`, `row`, id, type and point in metres."""
    lon, lat = (
        pd.to_numeric(former[name].str.replace(",", "."), errors="coerce").astype("float64")
        for name in ("lon", "lat")
    )
    east, north = _metres(lon, lat, metric_crs=metric_crs)
    words = pd.DataFrame(
        {
            "word": [
                [name, *aliases.split("|")]
                for name, aliases in zip(former["namn"], former["alias"].fillna(""), strict=True)
            ],
            "row": np.arange(len(former)),
            "place_id": former["plats_id"],
            "place_type": former["typ"],
            "east": east,
            "north": north,
        }
    ).explode("word", ignore_index=True)
    words["word"] = fold_series(words["word"].astype("str"))
    return words.loc[words["word"].ne("")].reset_index(drop=True)


def _match(folded: pd.Series, new: pd.DataFrame, words: pd.DataFrame) -> pd.Series:
    """Give the row of the gazetteer with the same word within 300 m, the nearest; else missing."""
    left = pd.DataFrame({"word": folded, "n": new.index, "e1": new["east"], "n1": new["north"]})
    both = left.merge(words, on="word", how="inner", validate="m:m")
    both["distance_m"] = np.hypot(both["east"] - both["e1"], both["north"] - both["n1"])
    near = both.loc[both["distance_m"].le(SAME_PLACE_M)].sort_values(["n", "distance_m", "row"])
    found = near.drop_duplicates("n").set_index("n")["row"]
    return found.reindex(new.index).astype("float64")


def _match_id(new: pd.DataFrame, words: pd.DataFrame) -> pd.Series:
    """Give the row with the same id within 300 m; a bare number is nobody's id."""
    rows = words.drop_duplicates("row")
    ids = new["place_id"].astype("str").where(new["place_id"].map(_is_id))
    return _match(ids.astype("str"), new, rows.assign(word=rows["place_id"]).dropna(subset="word"))


def _is_id(text: object) -> bool:
    return isinstance(text, str) and _ID_SHAPE.fullmatch(text) is not None


def _qualify(
    new: pd.DataFrame,
    *,
    clash: pd.Series,
    known: pd.Series,
    words: pd.DataFrame,
    districts: gpd.GeoDataFrame,
    is_taken: pd.Series,
) -> tuple[pd.Series, pd.Series]:
    """Give names that lead to several spots a qualifier that tells them apart."""
    shown, known = new["name"].copy(), known.copy()
    names = districts.set_index("district_id")["name"].astype("str")
    where = districts_of_points(new["lon"], new["lat"], districts=districts, rest_id="")
    district = where.map(names).astype("str")
    folded = fold_series(new["name"])
    pairs = set(zip(words["word"], words["place_type"].fillna("").map(fold), strict=True))
    other_type = pd.Series(
        [(w, fold(t)) not in pairs for w, t in zip(folded, new["place_type"], strict=True)],
        index=new.index,
    )
    is_single = ~folded.where(clash).duplicated(keep=False)
    by_type = new["place_type"].where(is_taken & is_single & other_type)
    # where the gazetteer has the bare name, the new one is the second
    number = folded.groupby(folded).cumcount().add(1) + is_taken.astype("int64")
    tries: list[pd.Series] = [by_type, district.where(district.ne("").fillna(False))]
    waiting = clash.copy()
    for qualifier in tries:
        name = (new["name"] + " (" + qualifier + ")").where(waiting & qualifier.notna())
        word = fold_series(name.astype("str"))
        again = _match(word, new, words)
        is_free = name.notna() & ~word.isin(words["word"]) & ~word.duplicated(keep=False)
        done = is_free | again.notna()
        shown, known = shown.where(~done, name), known.fillna(again)
        waiting &= ~done
    taken = set(words["word"].dropna()) | set(fold_series(shown[~waiting]))
    step = 0
    while waiting.any():
        name = (new["name"] + " (" + (number + step).astype("str") + ")").where(waiting)
        word = fold_series(name.astype("str"))
        again = _match(word, new, words)
        is_free = name.notna() & ~word.isin(taken) & ~word.duplicated()
        done = is_free | again.notna()
        shown, known = shown.where(~done, name), known.fillna(again)
        taken |= set(word[done])
        waiting &= ~done
        step += 1
    return shown.astype("str"), known


def _some(names: pd.Series) -> str:
    listed = [str(name) for name in names[:_MOST_NAMED]]
    rest = len(names) - len(listed)
    return ", ".join(listed) + (f" och {rest} till" if rest > 0 else "")


def _merge_notes(
    new: pd.DataFrame, shown: pd.Series, *, known: pd.Series, clash: pd.Series, replace: bool
) -> list[str]:
    notes = []
    is_known = known.notna()
    if is_known.any():
        count = counted(int(is_known.sum()), "plats", "platser")
        notes.append(
            f"{count} fanns redan och har fått filens läge."
            if replace
            else f"{count} fanns redan och är orörda; --replace ger dem filens läge."
        )
    renamed = clash & ~is_known
    if renamed.any():
        pairs = new["name"][renamed] + " → " + shown[renamed]
        notes.append(
            f"{counted(int(renamed.sum()), 'plats', 'platser')} har ett namn som också finns på "
            f"ett annat ställe och heter därför: {_some(pairs)}. Ändra i platser.csv om ett namn "
            "ska leda till en av dem."
        )
    notes.append(f"{counted(int((~is_known).sum()), 'plats är ny', 'platser är nya')}.")
    return notes


def _as_rows(
    new: pd.DataFrame, shown: pd.Series, *, former: pd.DataFrame, origin: str
) -> pd.DataFrame:
    stated = new["place_id"].astype("str").where(new["place_id"].map(_is_id))
    ids = stated.astype("str").fillna(shown.map(slug).str.slice(0, 80).astype("str"))
    digest = shown.map(lambda name: hashlib.sha256(name.encode()).hexdigest()[:8])
    ids = ids.where(ids.ne("").fillna(False), "plats-" + digest)
    taken = set(former["plats_id"])
    repeated = ids.isin(taken) | ids.duplicated()
    ids = ids.where(~repeated, ids + "-" + digest)
    return pd.DataFrame(
        {
            "plats_id": ids,
            "namn": shown,
            "alias": new["aliases"].astype("str").fillna("").map(_alias_text),
            "typ": new["place_type"],
            "lat": new["lat"].map(_degrees),
            "lon": new["lon"].map(_degrees),
            "noggrannhet_m": new["precision_m"].map("{:.0f}".format),
            "ursprung": origin,
        }
    )


def _alias_text(text: str) -> str:
    words = filter(None, map(clean_word, text.split("|"))) if text else ()
    return "|".join(word for word in words if word[0] not in "=+@-")


def _degrees(value: float) -> str:
    return f"{value:.{DECIMALS}f}"


def _updated(
    kept: pd.DataFrame, new: pd.DataFrame, known: pd.Series, *, origin: str
) -> pd.DataFrame:
    """Give known rows the new position; where two new places are the same row, the first counts."""
    update = new.assign(row=known).drop_duplicates("row").set_index("row")
    texts: dict[str, tuple[str, Callable[[float], str]]] = {
        "lat": ("lat", _degrees),
        "lon": ("lon", _degrees),
        "noggrannhet_m": ("precision_m", "{:.0f}".format),
    }
    for column, (name, write) in texts.items():
        kept.loc[update.index, column] = update[name].map(write)
    kept.loc[update.index, "typ"] = update["place_type"].where(
        update["place_type"].ne(OTHER_TYPE), kept.loc[update.index, "typ"]
    )
    if "ursprung" in kept.columns:
        kept.loc[update.index, "ursprung"] = origin
    return kept

"""Districts, places and base map: reading the reference layers, and which district a point is in.

Coordinates are WGS 84 (`lon`, `lat`) unless a name says otherwise.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.text import fold, slug
from est_pipeline.errors import ConfigError

WGS84 = "EPSG:4326"
_SAME_LINE_M = 1.0
"""Outlines drawn along the same line from two layers may lie this far apart."""


def read_districts(file: Path, *, id_key: str, name_key: str) -> gpd.GeoDataFrame:
    """Read the districts in the order in which the file lists them.

    Returns:
        One row a district: `district_id`, `name`, `aliases` (tuple), `population` (missing where
        not stated), `geometry` (WGS 84).

    Raises:
        ConfigError: the file is missing or unreadable, a key is absent, an id or name is missing,
            an id stands twice, is one of ours or too like another, a geometry is no polygon or is
            not valid.
    """
    layer = _read_layer(file)
    for key in (id_key, name_key):
        if key not in layer.columns:
            found = ", ".join(map(str, layer.columns.drop("geometry")))
            raise ConfigError(
                f"{file.name}: egenskapen {key!r} saknas hos stadsdelarna. Det finns: {found}.",
                advice="Ändra stadsdelens_id eller stadsdelens_namn under [omrade] i est.toml.",
            )
    for key in (id_key, name_key):
        if layer[key].isna().any():
            number = int(layer[key].isna().to_numpy().argmax()) + 1
            raise ConfigError(
                f"{file.name}: stadsdel nummer {number} i filen saknar {key!r}.",
                advice="Fyll i det i ett kartprogram.",
            )
    ids = layer[id_key].astype("str")
    if ids.duplicated().any():
        twice = ids[ids.duplicated()].iloc[0]
        raise ConfigError(f"{file.name}: stadsdelen {twice!r} finns två gånger.")
    _check_ids(ids, file)
    wrong = ~layer.geom_type.isin(["Polygon", "MultiPolygon"]) | ~layer.is_valid
    if wrong.any():
        raise ConfigError(
            f"{file.name}: stadsdelen {ids[wrong].iloc[0]!r} är ingen giltig yta.",
            advice="Rätta ytan i ett kartprogram; ofta korsar gränsen sig själv.",
        )
    aliases = layer["alias"] if "alias" in layer.columns else pd.Series([None] * len(layer))
    return gpd.GeoDataFrame(
        {
            "district_id": ids.to_numpy(),
            "name": layer[name_key].astype("str").to_numpy(),
            "aliases": [_words(value) for value in aliases],
            "population": pd.to_numeric(layer.get("befolkning"), errors="coerce")
            if "befolkning" in layer.columns
            else np.nan,
        },
        geometry=layer.geometry.to_numpy(),
        crs=WGS84,
    )


def _check_ids(ids: pd.Series, file: Path) -> None:
    """Refuse ids that are ours, or that cannot be told apart in links and file names."""
    reserved = {slug(REST_ID), slug(UNPLACED_ID), ""}
    slugs: dict[str, str] = {}
    for district_id in ids:
        short = slug(district_id)
        if short in reserved:
            raise ConfigError(
                f"{file.name}: en stadsdel kan inte ha id {district_id!r}.",
                advice="Programmet använder det självt, eller så har det varken bokstav eller "
                "siffra. Ge stadsdelen ett annat id.",
            )
        if short in slugs:
            raise ConfigError(
                f"{file.name}: stadsdelarnas id {slugs[short]!r} och {district_id!r} är för lika.",
                advice="Det räcker inte att stora bokstäver, prickar eller skiljetecken skiljer "
                "dem åt. Ge en av dem ett annat id.",
            )
        slugs[short] = district_id


def neighbouring_districts(
    districts: gpd.GeoDataFrame, *, within_m: float, metric_crs: str
) -> tuple[tuple[str, str], ...]:
    """Give the pairs of districts that lie beside one another, in the order of the file.

    Args:
        districts: as `read_districts` gives them.
        within_m: how far apart their outlines may be.
        metric_crs: the system in which distances are metres.
    """
    shapes = districts.to_crs(metric_crs)
    first, second = shapes.sindex.query(
        shapes.geometry, predicate="dwithin", distance=max(within_m, _SAME_LINE_M)
    )
    ids = districts["district_id"].to_numpy()
    return tuple(
        (str(ids[a]), str(ids[b])) for a, b in sorted(zip(first, second, strict=True)) if a < b
    )


def read_places(file: Path) -> pd.DataFrame:
    """Read the gazetteer; a workspace may do without one.

    Returns:
        One row a place: `place_id`, `name`, `aliases` (tuple), `place_type`, `lat`, `lon`,
        `precision_m`.

    Raises:
        ConfigError: a column is missing, a position is no number, or a name stands twice.
    """
    columns = {
        "plats_id": "place_id",
        "namn": "name",
        "alias": "aliases",
        "typ": "place_type",
        "lat": "lat",
        "lon": "lon",
        "noggrannhet_m": "precision_m",
    }
    if not file.is_file():
        return pd.DataFrame(columns=list(columns.values()))
    places = pd.read_csv(file, sep=";", dtype="str", encoding="utf-8-sig")
    missing = [name for name in columns if name not in places.columns]
    if missing:
        raise ConfigError(f"{file.name}: kolumnen {missing[0]!r} saknas.")
    places = places.rename(columns=columns)[list(columns.values())]
    for name in ("lat", "lon", "precision_m"):
        numbers = pd.to_numeric(places[name].str.replace(",", "."), errors="coerce")
        if numbers.isna().any():
            line = int(np.flatnonzero(numbers.isna())[0]) + 2
            raise ConfigError(f"{file.name}, rad {line}: {name} ska vara ett tal.")
        places[name] = numbers
    places["aliases"] = [_words(value) for value in places["aliases"]]
    folded = places["name"].map(fold)
    if folded.duplicated().any():
        twice = places["name"][folded.duplicated()].iloc[0]
        raise ConfigError(f"{file.name}: platsen {twice!r} finns två gånger.")
    return places


def read_basemap(file: Path) -> tuple[gpd.GeoDataFrame, str]:
    """Read the base map and its attribution; both are empty where the workspace has none.

    Returns:
        One row a feature (`map_class`, `name`, `geometry`), and the attribution to show.
    """
    if not file.is_file():
        return gpd.GeoDataFrame({"map_class": [], "name": []}, geometry=[], crs=WGS84), ""
    attribution = _top_level_text(file, "attribution")
    layer = _read_layer(file)
    if layer.empty:
        return gpd.GeoDataFrame({"map_class": [], "name": []}, geometry=[], crs=WGS84), attribution
    return (
        gpd.GeoDataFrame(
            {
                "map_class": layer["klass"] if "klass" in layer.columns else "gata",
                "name": layer["namn"] if "namn" in layer.columns else None,
            },
            geometry=layer.geometry,
            crs=WGS84,
        ),
        attribution,
    )


def districts_of_points(
    lon: pd.Series, lat: pd.Series, *, districts: gpd.GeoDataFrame, rest_id: str
) -> pd.Series:
    """Give the district id of each point; a point on a border belongs to the first listed district.

    Args:
        lon: longitudes, WGS 84; missing where a row has no point.
        lat: latitudes likewise.
        districts: as `read_districts` gives them; their order decides on a shared border.
        rest_id: the id for points outside every district.

    Returns:
        District ids on the index of `lon`; missing where there is no point.
    """
    has_point = (lon.notna() & lat.notna()).to_numpy()
    x, y = (values.to_numpy("float64")[has_point] for values in (lon, lat))
    first = np.full(len(x), len(districts), dtype=np.int64)
    for number, area in enumerate(districts.geometry.to_numpy()):
        west, south, east, north = area.bounds
        near = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        near = np.flatnonzero(near & (first == len(districts)))
        shapely.prepare(area)
        # intersects keeps the points on a border; an earlier district has taken its own already
        first[near[shapely.intersects_xy(area, x[near], y[near])]] = number
    names = pa.array([*districts["district_id"], rest_id], type=pa.string())
    chosen = np.full(len(lon), -1, dtype=np.int64)
    chosen[has_point] = first
    taken = names.take(pa.array(chosen, mask=chosen < 0))
    return pd.Series(taken.to_pandas().array, index=lon.index, dtype="str")


def _read_layer(file: Path) -> gpd.GeoDataFrame:
    if not file.is_file():
        raise ConfigError(
            f"Filen {file.name} saknas i {file.parent.name}.",
            advice="Återställ den, eller peka ut en annan under [omrade] i est.toml.",
        )
    try:
        layer = gpd.read_file(file)
    except Exception as error:  # pyogrio raises many kinds for an unreadable layer
        raise ConfigError(f"{file.name} går inte att läsa som kartlager.") from error
    if layer.crs is None:
        layer = layer.set_crs(WGS84)
    return layer.to_crs(WGS84)


def _top_level_text(file: Path, key: str) -> str:
    import json

    if file.suffix.lower() not in {".geojson", ".json"}:
        return ""
    return str(json.loads(file.read_text(encoding="utf-8")).get(key, ""))


def _words(value: object) -> tuple[str, ...]:
    """Give the aliases of a cell: a list, or text with `|` between the words."""
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(str(word) for word in value)
    if isinstance(value, str) and value:
        return tuple(word.strip() for word in value.split("|") if word.strip())
    return ()

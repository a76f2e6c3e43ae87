"""The base map from a municipality's own layers or OpenStreetMap: told apart, clipped, simplified.

A base map is ground for the eye, not a source of positions: it is made as coarse as it must be to
keep the page small, streets near the districts last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from est_pipeline.config import Configuration
from est_pipeline.domain.geography import WGS84, read_basemap, read_districts
from est_pipeline.domain.text import counted, fold, fold_series
from est_pipeline.errors import ConfigError
from est_pipeline.ingest.files import safe_name
from est_pipeline.layers.coordinates import Bounds
from est_pipeline.layers.reading import (
    AREAS,
    LINES,
    OSM_FORMATS,
    VECTOR_FORMATS,
    Layer,
    clean_text,
    find_column,
    read_layers,
)
from est_pipeline.layers.writing import geojson_bytes, replace_layer, round_geometries
from est_pipeline.workspace import hold_workspace

FAMILIES: dict[str, tuple[str, ...]] = {
    "gata": ("gata", "huvudgata", "motorvag"),
    "vatten": ("vatten_yta", "vatten_linje"),
    "järnväg": ("jarnvag",),
    "grönt": ("gront",),
}
"""What an operator may say that a file holds -> the classes of the base map."""

OSM_CREDIT = "© OpenStreetMap-bidragsgivare"
AIM_BYTES = 400_000
"""The base map travels in every page."""

_HEAD_BYTES = 2_000
"""Room for the attribution and the origin."""

_DROPPED = 9
_MINOR = 6
"""Ranks say what goes first when the map is too large: 1 goes last, from 6 on never comes in."""

WORDS: dict[str, tuple[str, int]] = {
    # OpenStreetMap, highway (https://wiki.openstreetmap.org/wiki/Key:highway)
    "motorway": ("motorvag", 1),
    "motorway_link": ("motorvag", 3),
    "trunk": ("huvudgata", 1),
    "trunk_link": ("huvudgata", 3),
    "primary": ("huvudgata", 1),
    "primary_link": ("huvudgata", 3),
    "secondary": ("huvudgata", 2),
    "secondary_link": ("huvudgata", 3),
    "tertiary": ("gata", 3),
    "tertiary_link": ("gata", 4),
    "unclassified": ("gata", 4),
    "residential": ("gata", 4),
    "pedestrian": ("gata", 4),
    "living_street": ("gata", 5),
    "road": ("gata", 5),
    **dict.fromkeys(
        ("service", "track", "footway", "cycleway", "path", "steps", "bridleway", "corridor"),
        ("gata", _MINOR),
    ),
    # railway, waterway, natural, landuse, leisure
    **dict.fromkeys(("rail", "light_rail", "tram", "subway"), ("jarnvag", 1)),
    "narrow_gauge": ("jarnvag", 3),
    **dict.fromkeys(
        ("water", "riverbank", "lake", "reservoir", "bay", "strait", "dock", "sea"), ("vatten", 2)
    ),
    **dict.fromkeys(("river", "canal"), ("vatten", 2)),
    **dict.fromkeys(("basin", "pond"), ("vatten", 4)),
    "stream": ("vatten", 5),
    **dict.fromkeys(("ditch", "drain"), ("vatten", _MINOR)),
    **dict.fromkeys(
        ("park", "nature_reserve", "recreation_ground", "village_green", "cemetery"), ("gront", 3)
    ),
    **dict.fromkeys(("forest", "wood", "allotments", "golf_course"), ("gront", 4)),
    **dict.fromkeys(("grass", "meadow", "grassland", "scrub", "heath"), ("gront", 5)),
    **dict.fromkeys(
        ("construction", "proposed", "abandoned", "disused", "razed", "dismantled", "platform"),
        ("", _DROPPED),
    ),
    # Swedish layers (Lantmäteriet's topography, NVDB, municipalities' own), folded
    **dict.fromkeys(("motorvag", "motortrafikled"), ("motorvag", 1)),
    **dict.fromkeys(("motesfri vag", "europavag", "riksvag"), ("huvudgata", 1)),
    **dict.fromkeys(
        ("huvudgata", "huvudled", "genomfartsled", "landsvag", "lansvag", "landsvag stor"),
        ("huvudgata", 2),
    ),
    **dict.fromkeys(("lokalgata stor", "uppsamlingsgata", "allman vag"), ("gata", 3)),
    **dict.fromkeys(
        ("gata", "lokalgata", "gagata", "landsvag liten", "bilvag", "gatunat", "vag"), ("gata", 4)
    ),
    **dict.fromkeys(("lokalgata liten", "smavag", "enskild vag", "kvartersgata"), ("gata", 5)),
    **dict.fromkeys(
        (
            "smavag enkel standard",
            "gangvag",
            "cykelvag",
            "gang- och cykelvag",
            "gc-vag",
            "gcm-vag",
            "traktorvag",
            "stig",
            "parkvag",
            "vandringsled",
            "elljusspar",
            "skogsbilvag",
        ),
        ("gata", _MINOR),
    ),
    **dict.fromkeys(("jarnvag", "jarnvagsspar", "sparvag", "tunnelbana"), ("jarnvag", 1)),
    **dict.fromkeys(("industrispar", "stickspar", "museijarnvag"), ("jarnvag", 4)),
    **dict.fromkeys(
        (
            "vatten",
            "vatten_yta",
            "vatten_linje",
            "sjo",
            "insjo",
            "hav",
            "alv",
            "a",
            "kanal",
            "vattenyta",
            "vattendrag",
            "vattendragsyta",
            "vattendragsmitt",
            "anlagt vatten",
        ),
        ("vatten", 2),
    ),
    "damm": ("vatten", 4),
    "back": ("vatten", 5),
    "dike": ("vatten", _MINOR),
    **dict.fromkeys(
        (
            "gront",
            "park",
            "gronomrade",
            "gronyta",
            "naturreservat",
            "kyrkogard",
            "begravningsplats",
        ),
        ("gront", 3),
    ),
    **dict.fromkeys(
        ("skog", "barrskog", "lovskog", "blandskog", "barr- och blandskog", "koloniomrade"),
        ("gront", 4),
    ),
    **dict.fromkeys(("ang", "hagmark", "grasmark"), ("gront", 5)),
}
"""A word of an attribute (folded) -> class (`vatten` until its shape is known) and rank."""

_LAYER_STEMS: tuple[tuple[str, str], ...] = (
    (r"jarnvag|rail|(?:^|[^a-z])spar(?:$|[^a-z])|sparvag|tunnelbana", "järnväg"),
    (
        r"vatten|water|hydro|sjoar|(?:^|[^a-z])sjo(?:$|[^a-z])|river|(?:^|[^a-z])a(?:r)?(?:$|[^a-z])",
        "vatten",
    ),
    (
        r"vagnat|vagar|(?:^|[^a-z])vag|vag(?:$|[^a-z])|gat(?:a|or|u)|gator|road|street|highway|nvdb|trafik",
        "gata",
    ),
    (r"gron|park|skog|forest|wood|(?:^|[^a-z])green", "grönt"),
)
"""A folded layer or file name that holds the stem -> what the layer holds, tried in this order."""

_DEFAULTS = {
    "gata": ("gata", 4),
    "vatten": ("vatten", 2),
    "järnväg": ("jarnvag", 1),
    "grönt": ("gront", 3),
}
_OSM_KEYS = ("highway", "railway", "waterway", "natural", "landuse", "leisure", "water")
_WORD_COLUMNS = (
    "klass",
    "fclass",
    "class",
    "objekttyp",
    "detaljtyp",
    "objekttypnamn",
    "vagtyp",
    "gatutyp",
    "vagkategori",
    "markslag",
    "marktyp",
    "kategori",
    "category",
    "typ",
    "type",
    "andamal",
)
_NAME_COLUMNS = (
    "namn",
    "name",
    "gatunamn",
    "vagnamn",
    "name:sv",
    "benamning",
    "ortnamn",
    "vatten_namn",
)
_ROAD_CLASS = re.compile(
    r"funk\w*klass|(?:^|_)fvk(?:$|_)|klass_181|vagklass|functional.?road.?class"
)
_ROAD_RANKS = {
    0: ("huvudgata", 1),
    1: ("huvudgata", 1),
    2: ("huvudgata", 1),
    3: ("huvudgata", 2),
    4: ("huvudgata", 2),
    5: ("gata", 3),
    6: ("gata", 4),
    7: ("gata", 4),
    8: ("gata", 5),
    9: ("gata", _MINOR),
}
"""NVDB's functional road class, 0 (the most important) to 9."""

_ORDER = ("gront", "vatten_yta", "vatten_linje", "gata", "huvudgata", "jarnvag", "motorvag")
_RUNGS = (
    # streets and other features up to this rank: near the districts, elsewhere; tolerance times
    (5, 5, 1.0),
    (5, 5, 1.5),
    (5, 4, 1.5),
    (5, 4, 2.0),
    (5, 3, 2.0),
    (5, 3, 2.5),
    (4, 3, 2.0),
    (4, 2, 2.5),
    (4, 2, 4.0),
    (3, 2, 4.0),
    (3, 2, 6.0),
    (2, 2, 8.0),
    (2, 1, 12.0),
    (1, 1, 20.0),
)
_NEAR_MARGIN = 0.15
_LEAST_TOLERANCE_M = 2
_MOST_NAMED = 5


@dataclass(frozen=True)
class BaseMap:
    """Features ready to be written: `map_class`, `name`, `geometry` (WGS 84, rounded), in order."""

    features: gpd.GeoDataFrame
    tolerance_m: float
    notes: tuple[str, ...]


def import_basemap(
    configuration: Configuration,
    files: Sequence[Path],
    *,
    family: str = "",
    attribution: str = "",
    tolerance_m: float = 8,
    replace: bool = False,
    layer: str = "",
    crs: str = "",
) -> tuple[str, ...]:
    """Make the workspace's base map out of files; what they do not hold stays as it was.

    Args:
        configuration: the workspace.
        files: layers, each of one or several classes.
        family: what all the files hold, where they do not say (a key of `FAMILIES`).
        attribution: whose the data is, where the files do not say.
        tolerance_m: how far a simplified line may lie from the true one.
        replace: leave out what the former map has and the files do not.
        layer: the layer in the files, where not all are meant.
        crs: the coordinate system, where the operator states it.

    Returns:
        The report in Swedish, a sentence an entry; the last says what was written.

    Raises:
        FileNotTakenError: a file is missing.
        ConfigError: one cannot be read, or whose data it is, is not known; nothing is changed.
        StorageError, LockedError: the workspace cannot be written to.
    """
    area = configuration.settings.area
    target = configuration.paths.data / area.basemap_file
    if target.suffix.lower() not in {".geojson", ".json"}:
        raise ConfigError(
            f"Baskartan i arbetsmappen står i {target.name}, som inte är GeoJSON.",
            advice="Ändra baskarta under [omrade] i est.toml till referens/baskarta.geojson.",
        )
    layers = [
        found
        for file in files
        for found in _read_file(file, layer=layer, crs=crs, bounds=area.bounds)
    ]
    credit = credit_of(layers, attribution=attribution)
    with hold_workspace(configuration.paths):
        districts = read_districts(
            configuration.paths.data / area.districts_file,
            id_key=area.district_id_key,
            name_key=area.district_name_key,
        )
        edges = tuple(float(edge) for edge in districts.total_bounds)
        classified, notes = classify_layers(layers, family=family)
        imported = {
            name
            for name, classes in FAMILIES.items()
            if classified["map_class"].isin(classes).any()
        }
        kept, kept_credit, kept_notes = (
            ([], "", []) if replace else _kept(target, imported=imported, bounds=area.bounds)
        )
        kept_bytes = len(geojson_bytes(kept)) if kept else 0
        made = simplify_map(
            classified,
            bounds=area.bounds,
            near=_widened(edges),
            metric_crs=area.metric_crs,
            tolerance_m=max(tolerance_m, _LEAST_TOLERANCE_M),
            aim_bytes=max(AIM_BYTES - _HEAD_BYTES - kept_bytes, AIM_BYTES // 8),
        )
        members = {
            "attribution": _joined([credit, kept_credit]),
            "ursprung": f"Inläst från {', '.join(safe_name(file.name) for file in files)}; "
            f"förenklad till omkring {_metres(made.tolerance_m)}.",
        }
        content = geojson_bytes([*kept, *_written(made.features)], members=members)
        written = replace_layer(target, content, check=read_basemap)
    head = f"{_summary(made.features)}. Kartan är {_kilobytes(len(content))}."
    told = [note for each in layers for note in each.notes]
    return (
        *told,
        *notes,
        head,
        *made.notes,
        *kept_notes,
        f"På kartan står: {members['attribution']}",
        written,
    )


def _read_file(file: Path, *, layer: str, crs: str, bounds: Bounds | None) -> list[Layer]:
    if file.suffix.lower() in OSM_FORMATS and file.is_file():
        if "OSM" not in pyogrio.list_drivers():
            raise ConfigError(
                f"Den här installationen kan inte läsa {file.name} direkt.",
                advice="Spara uttaget ur OpenStreetMap som GeoPackage eller GeoJSON i stället.",
            )
        wanted = [layer] if layer else ["lines", "multipolygons"]
        return [
            found
            for name in wanted
            for found in read_layers(
                file, layer=name, crs=crs, bounds=bounds, clip=True, formats=VECTOR_FORMATS
            )
        ]
    return read_layers(
        file,
        layer=layer,
        crs=crs,
        bounds=bounds,
        kinds=AREAS | LINES,
        clip=True,
        formats=VECTOR_FORMATS,
    )


def credit_of(layers: Sequence[Layer], *, attribution: str) -> str:
    """Give whose the data is: what the operator says, what the files say, OpenStreetMap's credit.

    Raises:
        ConfigError: nobody says it of one of the files.
    """
    stated = clean_text(pd.Series([attribution], dtype="object")).fillna("").iloc[0]
    credit = [stated] if stated else []
    for layer in layers:
        if layer.is_osm:
            named = layer.text if "openstreetmap" in layer.text.lower() else OSM_CREDIT
            if "openstreetmap" not in stated.lower():
                credit.append(named)
        elif not stated:
            if not layer.text:
                raise ConfigError(
                    f"{layer.file_name} säger inte vem som har gjort kartan; det ska stå på den.",
                    advice="Ange det med --attribution, till exempel --attribution "
                    '"© Lantmäteriet" eller "Kartdata: Linköpings kommun".',
                )
            credit.append(layer.text)
    return _joined(credit)


def _joined(sentences: Sequence[str]) -> str:
    """Put credits together, each once, ending in no full stop but between sentences."""
    single = [part for each in sentences for part in each.split(". ")]
    distinct = dict.fromkeys(part.strip().rstrip(".") for part in single if part.strip(" ."))
    return ". ".join(distinct)


def _widened(edges: tuple[float, ...]) -> Bounds:
    west, south, east, north = edges
    wide, high = (east - west) * _NEAR_MARGIN, (north - south) * _NEAR_MARGIN
    return (west - wide, south - high, east + wide, north + high)


# --- which class ----------------------------------------------------------------------------------


def classify_layers(
    layers: Sequence[Layer], *, family: str = ""
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Tell what each feature is by its attributes, then by its layer's name.

    Args:
        layers: as read.
        family: what they hold, where the operator says so; goes before the names of layers.

    Returns:
        `map_class`, `rank`, `name` and `geometry` (WGS 84) of what belongs on a base map; and
        notes in Swedish.

    Raises:
        ConfigError: nothing in the layers does.
    """
    frames, notes = [], []
    for layer in layers:
        found = _classify(layer, family=family)
        frames.append(found)
        unknown = found["rank"].isna()
        if unknown.any():
            notes.append(
                f"{counted(int(unknown.sum()), 'objekt', 'objekt')} i lagret {layer.name} är inte "
                "med: det syns inte om de är gata, vatten, järnväg eller grönt (--class säger det)."
            )
    every = pd.concat(frames, ignore_index=True)
    chosen = every.loc[every["rank"].lt(_MINOR) & every["map_class"].notna()]
    if chosen.empty:
        names = ", ".join(dict.fromkeys(layer.name for layer in layers))
        raise ConfigError(
            f"Ingen gata, inget vatten, ingen järnväg och inget grönt hittades i {names}.",
            advice="Säg vad lagret innehåller med --class, till exempel --class vatten.",
        )
    minor = int((every["rank"].ge(_MINOR) & every["rank"].lt(_DROPPED)).sum())
    if minor:
        notes.append(
            f"{counted(minor, 'objekt är för litet', 'objekt är för små')} för kartan och inte "
            "med: gångvägar, infarter, diken och liknande."
        )
    return gpd.GeoDataFrame(chosen.reset_index(drop=True), geometry="geometry", crs=WGS84), notes


def _classify(layer: Layer, *, family: str) -> pd.DataFrame:
    frame = layer.frame
    columns = {fold(str(c)): str(c) for c in reversed(list(frame.columns)) if c != "geometry"}
    word_class = pd.Series(None, index=frame.index, dtype="object")
    rank = pd.Series(np.nan, index=frame.index)
    for key in (*_OSM_KEYS, *_WORD_COLUMNS):
        values = _attribute(frame, key, columns)
        if values is None:
            continue
        folded = fold_series(values)
        known = folded.map({word: number for word, (_, number) in WORDS.items()}).astype("float64")
        is_new = rank.isna() & known.notna()
        word_class = word_class.mask(is_new, folded.map({w: c for w, (c, _) in WORDS.items()}))
        rank = rank.mask(is_new, known)
    for name, column in columns.items():
        if _ROAD_CLASS.search(name):
            number = pd.to_numeric(frame[column], errors="coerce").astype("float64")
            is_new = rank.isna() & number.isin(list(_ROAD_RANKS))
            word_class = word_class.mask(
                is_new, number.map({k: c for k, (c, _) in _ROAD_RANKS.items()})
            )
            rank = rank.mask(is_new, number.map({k: r for k, (_, r) in _ROAD_RANKS.items()}))
    service = _attribute(frame, "service", columns)
    if service is not None:
        is_siding = word_class.eq("jarnvag") & service.isin(["yard", "siding", "spur", "crossover"])
        rank = rank.mask(is_siding, 5)
    name_column = find_column(list(columns.values()), wanted="", known=_NAME_COLUMNS, option="")
    names = (
        clean_text(frame[name_column])
        if name_column
        else pd.Series(None, index=frame.index, dtype="str")
    )
    meant = family or _family_of_name(layer)
    if meant:
        default, number = _DEFAULTS[meant]
        own = {*FAMILIES[meant], default, ""}
        is_other = rank.isna() | (~word_class.isin(own) if family else False)
        word_class = word_class.mask(is_other, default)
        # a street without a name goes before one with a name
        unnamed = names.isna() & (meant == "gata")
        rank = rank.mask(is_other, unnamed.map({True: number + 1, False: number}).astype("float64"))
    kinds = frame.geometry.geom_type
    is_area, is_line = kinds.isin(AREAS), kinds.isin(LINES)
    map_class = word_class.mask(
        word_class.eq("vatten"), is_area.map({True: "vatten_yta", False: "vatten_linje"})
    )
    wants_area = map_class.isin(["gront", "vatten_yta"])
    fits = (wants_area & is_area) | (~wants_area & is_line)
    return pd.DataFrame(
        {
            "map_class": map_class.where(fits & map_class.ne("")),
            "rank": rank.mask(rank.notna() & ~fits, _DROPPED),
            "name": names,
            "geometry": frame.geometry.to_numpy(),
        }
    )


def _attribute(frame: gpd.GeoDataFrame, key: str, columns: Mapping[str, str]) -> pd.Series | None:
    """Give an attribute as text, also where OpenStreetMap's rare keys stand in `other_tags`."""
    if key in columns:
        return clean_text(frame[columns[key]])
    if key in {*_OSM_KEYS, "service"} and "other_tags" in columns:
        tags = frame[columns["other_tags"]].astype("str")
        found: pd.Series = tags.str.extract(rf'"{key}"=>"([^"]*)"', expand=False).astype("str")
        return found
    return None


def _family_of_name(layer: Layer) -> str:
    """Tell what a layer holds by its own name, else by its file's."""
    for name in (layer.name, Path(layer.file_name).stem):
        folded = fold(name)
        for stem, family in _LAYER_STEMS:
            if re.search(stem, folded):
                return family
    return ""


# --- how fine -------------------------------------------------------------------------------------


def simplify_map(
    features: gpd.GeoDataFrame,
    *,
    bounds: Bounds | None,
    near: Bounds,
    metric_crs: str,
    tolerance_m: float = 8,
    aim_bytes: int = AIM_BYTES,
) -> BaseMap:
    """Clip features, join them by name and class, and simplify them until they are small enough.

    Args:
        features: as `classify_layers` gives them.
        bounds: the workspace's, in WGS 84.
        near: a box around the districts: here minor streets stay the longest.
        metric_crs: the system that the tolerance is measured in.
        tolerance_m: how far a simplified line may lie from the true one, to begin with.
        aim_bytes: how large the features may be as text.

    Raises:
        ConfigError: nothing lies within the bounds.
    """
    clipped = _clip(features, bounds) if bounds is not None else features
    if clipped.empty:
        raise ConfigError(
            "Inget i filerna ligger inom kommunens gränser.",
            advice="Kontrollera granser under [omrade] i est.toml, och koordinatsystemet.",
        )
    clipped = clipped.assign(
        is_near=shapely.intersects(clipped.geometry.to_numpy(), shapely.box(*near))
    )
    joined = _join(clipped, metric_crs=metric_crs)
    made, size, fits = joined.iloc[:0], 0, False
    for near_rank, far_rank, factor in _RUNGS:
        tolerance = tolerance_m * factor
        limit = joined["is_near"].map({True: near_rank, False: far_rank})
        chosen = joined["rank"].le(limit)
        drawn = _generalise(joined.loc[chosen], tolerance_m=tolerance)
        # no need to write out what cannot fit; a point takes some twenty signs
        points = int(shapely.get_num_coordinates(drawn.geometry.to_numpy()).sum())
        if points * 15 > aim_bytes and factor < _RUNGS[-1][2]:
            continue
        made = _rounded(drawn)
        size = len(geojson_bytes(_written(made)))
        fits = size <= aim_bytes
        if fits:
            break
    if made.empty:
        raise ConfigError(
            "Inget i filerna är stort nog att rita.",
            advice="Minska --tolerance, eller lämna ett uttag för hela kommunen.",
        )
    notes = []
    if factor > 1:
        notes.append(
            f"För att kartan ska bli högst {_kilobytes(AIM_BYTES)} är linjerna förenklade till "
            f"{_metres(tolerance)} i stället för {_metres(tolerance_m)}"
            + ("" if chosen.all() else ", och de minsta vägarna och ytorna är borttagna")
            + "."
        )
    if not fits:
        count = len(made)
        made = _largest(made, metric_crs=metric_crs, near=near, aim_bytes=aim_bytes)
        notes.append(
            "Det räckte inte: bara de "
            f"{counted(len(made), 'största objektet', 'största objekten')} "
            f"av {count} är med. Lämna ett mindre uttag om något viktigt saknas."
        )
    return BaseMap(made[["map_class", "name", "geometry"]], tolerance, tuple(notes))


def _clip(features: gpd.GeoDataFrame, bounds: Bounds) -> gpd.GeoDataFrame:
    box = shapely.box(*bounds)
    shapes = features.geometry.to_numpy().copy()
    shapely.prepare(box)
    is_cut = shapely.intersects(box, shapes) & ~shapely.contains(box, shapes)
    broken = is_cut & ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    shapes[is_cut] = shapely.intersection(shapes[is_cut], box)
    touches = shapely.intersects(box, shapes) & ~shapely.is_empty(shapes)
    return features.set_geometry(shapes, crs=WGS84).loc[touches].reset_index(drop=True)


def _join(features: gpd.GeoDataFrame, *, metric_crs: str) -> gpd.GeoDataFrame:
    """Join lines end to end and areas side by side: one row a class, rank, name and nearness."""
    metric = features.to_crs(metric_crs)
    keys = ["map_class", "rank", "name", "is_near"]
    parts = metric.assign(name=metric["name"].fillna("")).explode(ignore_index=True)
    is_line = ~parts["map_class"].isin(["gront", "vatten_yta"])
    wanted = parts.geometry.geom_type.eq(is_line.map({True: "LineString", False: "Polygon"}))
    parts = parts.loc[wanted]
    parts = parts.assign(group=parts.groupby(keys, sort=True).ngroup()).sort_values(
        "group", kind="stable", ignore_index=True
    )
    rows = parts.drop_duplicates("group")[[*keys, "group"]].set_index("group")
    joined = pd.Series(None, index=rows.index, dtype="object")
    is_line = ~parts["map_class"].isin(["gront", "vatten_yta"])
    if is_line.any():
        groups, numbers = np.unique(parts.loc[is_line, "group"], return_inverse=True)
        lines = shapely.multilinestrings(parts.geometry[is_line].to_numpy(), indices=numbers)
        joined.loc[groups] = shapely.line_merge(lines)
    for group, areas in parts[~is_line].groupby("group")["geometry"]:
        joined.loc[group] = shapely.union_all(shapely.make_valid(areas.to_numpy()))
    found = gpd.GeoDataFrame(rows.assign(geometry=joined), geometry="geometry", crs=metric_crs)
    place = {name: n for n, name in enumerate(_ORDER)}
    return found.assign(place=found["map_class"].map(place)).sort_values(
        ["place", "rank", "name", "is_near"], ignore_index=True
    )


def _generalise(rows: gpd.GeoDataFrame, *, tolerance_m: float) -> gpd.GeoDataFrame:
    """Simplify, keeping areas whole, and leave out what is too small to be seen."""
    parts = rows.explode(index_parts=False)
    parts = parts.set_geometry(parts.geometry.simplify(tolerance_m, preserve_topology=True))
    kinds = parts.geometry.geom_type
    least_area = (4 * tolerance_m) ** 2
    is_area = kinds.eq("Polygon") & parts.geometry.area.ge(least_area)
    is_line = kinds.eq("LineString") & (
        parts["name"].ne("") | parts.geometry.length.ge(2 * tolerance_m)
    )
    collected = pd.Series(None, index=rows.index, dtype="object")
    if is_line.any():
        lines = parts.loc[is_line]
        owners, numbers = np.unique(lines.index, return_inverse=True)
        collected.loc[owners] = shapely.multilinestrings(lines.geometry.to_numpy(), indices=numbers)
    for owner, areas in parts.loc[is_area].geometry.groupby(level=0):
        filled = [_without_small_holes(area, least_area) for area in areas]
        # simplified one by one, two parts may have come to overlap
        collected.loc[owner] = shapely.union_all(shapely.make_valid(filled))
    kept = rows.assign(geometry=collected).loc[collected.notna()]
    return gpd.GeoDataFrame(kept, geometry="geometry", crs=rows.crs).reset_index(drop=True)


def _without_small_holes(area: Any, least_area: float) -> Any:
    holes = [ring for ring in area.interiors if shapely.Polygon(ring).area >= least_area]
    return shapely.Polygon(area.exterior, holes)


def _rounded(drawn: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give features in WGS 84 as they are written; what rounding leaves nothing of is left out."""
    placed = drawn.to_crs(WGS84)
    shapes = round_geometries(list(placed.geometry))
    single = gpd.GeoSeries(
        [shapely.get_geometry(s, 0) if shapely.get_num_geometries(s) == 1 else s for s in shapes],
        crs=WGS84,
        index=placed.index,
    )
    is_drawable = single.geom_type.isin(AREAS | LINES) & ~single.is_empty
    return placed.set_geometry(single).loc[is_drawable].reset_index(drop=True)


def _largest(
    made: gpd.GeoDataFrame, *, metric_crs: str, near: Bounds, aim_bytes: int
) -> gpd.GeoDataFrame:
    """Keep the most important features that fit: near the districts first, then by size."""
    frame_bytes = len(geojson_bytes([])) - 2  # a comma and a line break part the features
    sizes = [len(geojson_bytes([each])) - frame_bytes for each in _written(made)]
    metric = made.to_crs(metric_crs).geometry
    order = pd.DataFrame(
        {
            "is_far": ~made.intersects(shapely.box(*near)),
            "rank": made["rank"],
            "extent": -(metric.length + np.sqrt(metric.area)),
            "size": sizes,
        }
    ).sort_values(["is_far", "rank", "extent"], kind="stable")
    kept = order.index[order["size"].cumsum().le(aim_bytes)]
    return made.loc[sorted(kept)].reset_index(drop=True)


# --- what is written ------------------------------------------------------------------------------


def _written(features: gpd.GeoDataFrame) -> list[tuple[dict[str, str], Any]]:
    return [
        ({"klass": map_class, **({"namn": name} if name else {})}, geometry)
        for map_class, name, geometry in zip(
            features["map_class"], features["name"], features.geometry, strict=True
        )
    ]


def _kept(
    target: Path, *, imported: set[str], bounds: Bounds | None
) -> tuple[list[tuple[dict[str, Any], Any]], str, list[str]]:
    """Give what the former map has of classes that the files do not hold, as it stands there."""
    try:
        former = json.loads(target.read_text(encoding="utf-8-sig"))
        read_basemap(target)
        features = [
            (dict(each["properties"]), shapely.geometry.shape(each["geometry"]))
            for each in former["features"]
        ]
    except FileNotFoundError:
        return [], "", []
    except (OSError, ValueError, KeyError, TypeError, ConfigError):
        return [], "", [f"Den förra {target.name} gick inte att läsa och är ersatt."]
    replaced = {name for family in imported for name in FAMILIES[family]}
    box = shapely.box(*bounds) if bounds is not None else None
    kept = [
        (properties, shape)
        for properties, shape in features
        if properties.get("klass", "gata") not in replaced
        and (box is None or shape.intersects(box))
    ]
    if not kept:
        return [], "", []
    names = [
        family
        for family, classes in FAMILIES.items()
        if any(properties.get("klass") in classes for properties, _ in kept)
    ]
    listed = " och ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "övrigt"
    return (
        kept,
        str(former.get("attribution", "")),
        [f"Kvar från den förra kartan: {listed}. Kör med --replace för att ta bort det."],
    )


def _summary(features: gpd.GeoDataFrame) -> str:
    parts = []
    for family, classes in FAMILIES.items():
        points = shapely.get_num_coordinates(
            features.geometry[features["map_class"].isin(classes)].to_numpy()
        ).sum()
        if points:
            parts.append(f"{family} ({counted(int(points), 'punkt', 'punkter')})")
    return "På kartan finns nu ur filerna " + ", ".join(parts)


def _kilobytes(size: int) -> str:
    return f"{max(1, round(size / 1000))} kB"


def _metres(length: float) -> str:
    return f"{length:g} m".replace(".", ",")

"""What a feature of a map layer is: street, water, railway or green, and how important."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from est_pipeline.domain.geography import WGS84
from est_pipeline.domain.text import counted, fold, fold_series
from est_pipeline.errors import ConfigError
from est_pipeline.layers.reading import AREAS, LINES, Layer, clean_text, find_column

FAMILIES: dict[str, tuple[str, ...]] = {
    "gata": ("gata", "huvudgata", "motorvag"),
    "vatten": ("vatten_yta", "vatten_linje"),
    "järnväg": ("jarnvag",),
    "grönt": ("gront",),
}
"""What an operator may say that a file holds -> the classes of the base map."""

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

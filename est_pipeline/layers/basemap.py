"""The base map from a municipality's own layers or OpenStreetMap: told apart, clipped, simplified.

A base map is ground for the eye, not a source of positions: it is made as coarse as it must be to
keep the page small, streets near the districts last.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from est_pipeline.config import Configuration
from est_pipeline.domain.geography import read_basemap, read_districts
from est_pipeline.domain.text import counted
from est_pipeline.errors import ConfigError
from est_pipeline.ingest.files import safe_name
from est_pipeline.layers.coordinates import Bounds
from est_pipeline.layers.map_classes import FAMILIES, classify_layers
from est_pipeline.layers.map_shapes import AIM_BYTES, in_file_form, kilobytes, metres, simplify_map
from est_pipeline.layers.reading import (
    AREAS,
    LINES,
    OSM_FORMATS,
    VECTOR_FORMATS,
    Layer,
    clean_text,
    read_layers,
)
from est_pipeline.layers.writing import geojson_bytes, replace_layer
from est_pipeline.workspace import hold_workspace

OSM_CREDIT = "© OpenStreetMap-bidragsgivare"

_HEAD_BYTES = 2_000
"""Room for the attribution and the origin."""

_NEAR_MARGIN = 0.15
_LEAST_TOLERANCE_M = 2


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
            f"förenklad till omkring {metres(made.tolerance_m)}.",
        }
        content = geojson_bytes([*kept, *in_file_form(made.features)], members=members)
        written = replace_layer(target, content, check=read_basemap)
    head = f"{_summary(made.features)}. Kartan är {kilobytes(len(content))}."
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


# --- what is written ------------------------------------------------------------------------------


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

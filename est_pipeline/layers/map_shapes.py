"""Making a base map small enough to travel in every page: clipped, joined and simplified.

Streets near the districts keep their detail the longest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from est_pipeline.domain.geography import WGS84
from est_pipeline.domain.text import counted
from est_pipeline.errors import ConfigError
from est_pipeline.layers.coordinates import Bounds
from est_pipeline.layers.reading import AREAS, LINES
from est_pipeline.layers.writing import geojson_bytes, round_geometries

AIM_BYTES = 400_000
"""The base map travels in every page."""

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


@dataclass(frozen=True)
class BaseMap:
    """Features ready to be written: `map_class`, `name`, `geometry` (WGS 84, rounded), in order."""

    features: gpd.GeoDataFrame
    tolerance_m: float
    notes: tuple[str, ...]


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
        size = len(geojson_bytes(in_file_form(made)))
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
            f"För att kartan ska bli högst {kilobytes(AIM_BYTES)} är linjerna förenklade till "
            f"{metres(tolerance)} i stället för {metres(tolerance_m)}"
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
    sizes = [len(geojson_bytes([each])) - frame_bytes for each in in_file_form(made)]
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


def in_file_form(features: gpd.GeoDataFrame) -> list[tuple[dict[str, str], Any]]:
    """Give each feature as its properties and its geometry."""
    return [
        ({"klass": map_class, **({"namn": name} if name else {})}, geometry)
        for map_class, name, geometry in zip(
            features["map_class"], features["name"], features.geometry, strict=True
        )
    ]


def kilobytes(size: int) -> str:
    """Write a size in whole kilobytes."""
    return f"{max(1, round(size / 1000))} kB"


def metres(length: float) -> str:
    """Write a length in metres."""
    return f"{length:g} m".replace(".", ",")

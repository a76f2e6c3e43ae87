"""Districts from a municipality's own layer: checked, repaired where nothing changes, and written.

Areas are measured in square metres in the workspace's metric system.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from est_pipeline.config import Configuration
from est_pipeline.domain.geography import WGS84, read_districts
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.text import counted, fold, slug
from est_pipeline.errors import ConfigError
from est_pipeline.ingest.files import safe_name
from est_pipeline.layers.coordinates import Bounds
from est_pipeline.layers.reading import AREAS, clean_text, find_column, read_layer
from est_pipeline.layers.writing import geojson_bytes, replace_layer, round_geometries
from est_pipeline.workspace import hold_workspace

ID_COLUMNS = (
    "id",
    "stadsdel_id",
    "stadsdels_id",
    "district_id",
    "kod",
    "stadsdelskod",
    "omradeskod",
    "omrades_id",
    "regso",
    "regsokod",
    "deso",
    "desokod",
    "nyckelkod",
    "code",
)
NAME_COLUMNS = (
    "namn",
    "name",
    "stadsdel",
    "stadsdelsnamn",
    "stadsdelnamn",
    "omrade",
    "omradesnamn",
    "distrikt",
    "distriktsnamn",
    "regsonamn",
    "benamning",
    "beteckning",
)

SLIVER_M2 = 500
"""An overlap or a gap smaller than this comes from drawing, not from a decision."""

SLIVER_WIDTH_M = 3
"""So does one that is narrower than this on average, however long the border is."""

CRACK_WIDTH_M = 20
"""A gap that is open at its ends is found when it is narrower than this."""

SMALLEST_GAP_M2 = 5
"""A smaller gap is a rounding of the coordinates."""

UNCHANGED_M2 = 1
"""A repair that changes an area by no more than this changes nothing."""

_MOST_NOTES = 10
_LONGEST_ID = 60
_ID_SHAPE = rf"\w[\w .:/-]{{0,{_LONGEST_ID - 1}}}"


@dataclass(frozen=True)
class DistrictLayer:
    """Districts ready to be written, and what there is to say about them.

    `districts`: `district_id`, `name`, `aliases` (list), `population` (missing where not stated)
    and `geometry` (WGS 84, rounded), in the order of the file. `notes` are Swedish sentences.
    """

    districts: gpd.GeoDataFrame
    notes: tuple[str, ...]


def import_districts(
    configuration: Configuration,
    file: Path,
    *,
    layer: str = "",
    crs: str = "",
    id_column: str = "",
    name_column: str = "",
    allow_overlaps: bool = False,
) -> tuple[str, ...]:
    """Check a layer and put it in place of the workspace's districts.

    Returns:
        The report in Swedish, a sentence an entry; the last says what was written.

    Raises:
        FileNotTakenError: the file is missing.
        ConfigError: it cannot be read or is not good enough; nothing is changed.
        StorageError, LockedError: the workspace cannot be written to.
    """
    area = configuration.settings.area
    target = configuration.paths.data / area.districts_file
    if target.suffix.lower() not in {".geojson", ".json"}:
        raise ConfigError(
            f"Stadsdelarna i arbetsmappen står i {target.name}, som inte är GeoJSON.",
            advice="Ändra stadsdelar under [omrade] i est.toml till referens/stadsdelar.geojson.",
        )
    keys = {"id_key": area.district_id_key, "name_key": area.district_name_key}
    found = read_layer(file, layer=layer, crs=crs, bounds=area.bounds, kinds=AREAS)
    with hold_workspace(configuration.paths):
        former, said = _former(target, **keys)
        checked = check_districts(
            found.frame,
            id_column=id_column,
            name_column=name_column,
            preferred=(area.district_id_key, area.district_name_key),
            metric_crs=area.metric_crs,
            bounds=area.bounds,
            former=former,
            allow_overlaps=allow_overlaps,
            rest_name=area.rest_name,
        )
        if found.left_out_count:
            raise ConfigError(
                f"{file.name}: {counted(found.left_out_count, 'rad', 'rader')} saknar yta.",
                advice="Rita ytan eller ta bort raden i ett kartprogram.",
            )
        origin = f"Inläst från {safe_name(file.name)}"
        content = geojson_bytes(
            (
                _properties(row, origin=origin, **keys),
                geometry,
            )
            for row, geometry in zip(
                checked.districts.drop(columns="geometry").to_dict("records"),
                checked.districts.geometry,
                strict=True,
            )
        )
        written = replace_layer(target, content, check=lambda trial: read_districts(trial, **keys))
    head = f"{counted(len(checked.districts), 'stadsdel', 'stadsdelar')} ur {file.name}."
    return (head, *found.notes, *said, *checked.notes, written)


def _former(
    target: Path, *, id_key: str, name_key: str
) -> tuple[gpd.GeoDataFrame | None, tuple[str, ...]]:
    """Read the districts until now; a broken file is a reason to import, not a hindrance."""
    if not target.is_file():
        return None, ()
    try:
        return read_districts(target, id_key=id_key, name_key=name_key), ()
    except ConfigError:
        return None, (
            f"Den förra {target.name} gick inte att läsa: folkmängd och alias ur den följer inte "
            "med.",
        )


def _properties(row: dict[str, Any], *, origin: str, id_key: str, name_key: str) -> dict[str, Any]:
    population = row["population"]
    return {
        id_key: row["district_id"],
        name_key: row["name"],
        **({"alias": row["aliases"]} if row["aliases"] else {}),
        **({"befolkning": int(population)} if pd.notna(population) else {}),
        "ursprung": origin,
    }


def check_districts(
    frame: gpd.GeoDataFrame,
    *,
    metric_crs: str,
    bounds: Bounds | None,
    id_column: str = "",
    name_column: str = "",
    preferred: tuple[str, str] = ("id", "namn"),
    former: gpd.GeoDataFrame | None = None,
    allow_overlaps: bool = False,
    rest_name: str = "",
) -> DistrictLayer:
    """Check the districts of a layer, all faults in one go.

    Args:
        frame: attributes and geometry (WGS 84), in the order that decides.
        metric_crs: the system that areas are measured in.
        bounds: the workspace's, in WGS 84.
        id_column: the column with ids; found by its name, or made from the names, if empty.
        name_column: the column with names; found by its name if empty.
        preferred: the workspace's own names of the two columns.
        former: the districts until now, as `read_districts` gives them; population and aliases
            are kept for an id that was there, unless the layer states them.
        allow_overlaps: accept overlaps larger than slivers; the district listed first has them.
        rest_name: what is outside the districts is called; no district may have the same name.

    Raises:
        ConfigError: a district is no sound area, has no name, is there twice, lies outside the
            bounds, or overlaps another.
    """
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    name_key = find_column(
        columns, wanted=name_column, known=(fold(preferred[1]), *NAME_COLUMNS), option="--name"
    )
    if name_key is None:
        raise ConfigError(
            "Det syns inte vilken kolumn som är stadsdelens namn.",
            advice=f"Peka ut den med --name. Det finns: {', '.join(columns) or 'inga kolumner'}.",
        )
    id_key = find_column(
        columns, wanted=id_column, known=(fold(preferred[0]), *ID_COLUMNS), option="--id"
    )
    names = clean_text(frame[name_key])
    notes: list[str] = []
    if id_key is None or id_key == name_key:
        ids = names.map(slug, na_action="ignore").str.slice(0, _LONGEST_ID)
        notes.append("Stadsdelarnas id är gjorda av namnen, som skaggetorp av Skäggetorp.")
    else:
        ids = clean_text(frame[id_key])
    faults = [
        *_naming_faults(ids, names, rest_name=rest_name),
        *_shape_faults(frame, _called(ids, names), bounds=bounds),
    ]
    _refuse(faults)
    geometries, repair_notes = _repair(frame, names, metric_crs=metric_crs)
    notes += repair_notes
    rounded = gpd.GeoSeries(round_geometries(geometries), crs=WGS84)
    metric = shapely.make_valid(rounded.to_crs(metric_crs).to_numpy())
    overlap_notes, overlap_faults = _overlaps(metric, names, allow_overlaps=allow_overlaps)
    _refuse(
        overlap_faults,
        advice="Rätta gränserna i ett kartprogram, eller kör igen med --allow-overlaps: då gäller "
        "den stadsdel som står först i filen.",
    )
    notes += overlap_notes + _gaps(metric, names) + _beyond(rounded, names, bounds=bounds)
    aliases, population, kept_notes = _kept(frame, ids, names, former=former)
    return DistrictLayer(
        gpd.GeoDataFrame(
            {
                "district_id": ids.to_numpy(),
                "name": names.to_numpy(),
                "aliases": aliases,
                "population": population.to_numpy(),
            },
            geometry=rounded.to_numpy(),
            crs=WGS84,
        ),
        (*notes, *kept_notes),
    )


def _refuse(faults: list[str], *, advice: str = "Rätta lagret i ett kartprogram.") -> None:
    if faults:
        said = " ".join(_shorten(faults))
        raise ConfigError(
            f"Stadsdelarna går inte att ta in. {said}", advice=f"{advice} Inget är ändrat."
        )


def _shorten(sentences: Iterable[str], *, what: str = "fler fel") -> list[str]:
    listed = list(sentences)
    rest = len(listed) - _MOST_NOTES
    return listed[:_MOST_NOTES] + ([f"Och {rest} {what}."] if rest > 0 else [])


def _called(ids: pd.Series, names: pd.Series) -> pd.Series:
    """Give what a district is called in a message, even where it has no name."""
    rows = pd.Series([f"rad {n + 1}" for n in range(len(names))], index=names.index, dtype="str")
    return names.fillna(ids).fillna(rows)


def _naming_faults(ids: pd.Series, names: pd.Series, *, rest_name: str) -> list[str]:
    called = _called(ids, names)
    faults = [f"Stadsdelen på rad {n + 1} saknar namn." for n in np.flatnonzero(names.isna())]
    no_id = names.notna() & (ids.isna() | ids.eq(""))
    faults += [f"Stadsdelen {name} saknar id." for name in called[no_id]]
    for values, word in ((ids, "Id:t"), (names, "Namnet")):
        folded = values.dropna().map(fold) if word == "Namnet" else values.dropna()
        counts = folded[folded.ne("")].value_counts(sort=False)
        faults += [
            f"{word} {values[folded.index[folded.eq(str(value))][0]]!r} finns på {count} rader."
            for value, count in counts[counts.gt(1)].items()
        ]
    odd = ids.notna() & ids.ne("") & ~ids.str.fullmatch(_ID_SHAPE).fillna(False)
    faults += [
        f"Id:t {str(value)[:_LONGEST_ID]!r} är för långt eller har tecken som inte går för sig."
        for value in ids[odd]
    ]
    taken = {REST_ID, UNPLACED_ID}
    faults += [
        f"Id:t {value!r} är upptaget: det betyder något annat i programmet."
        for value in ids[ids.isin(taken)]
    ]
    if rest_name:
        same = names.notna() & names.map(fold, na_action="ignore").eq(fold(rest_name))
        faults += [
            f"Stadsdelen {name} heter som det som ligger utanför stadsdelarna."
            for name in called[same]
        ]
    return faults


def _shape_faults(
    frame: gpd.GeoDataFrame, called: pd.Series, *, bounds: Bounds | None
) -> list[str]:
    kinds = frame.geometry.geom_type
    nouns = {"Point": "en punkt", "MultiPoint": "punkter", "LineString": "en linje"}
    faults = [
        f"{name} är ingen yta utan {nouns.get(kind, 'linjer eller blandade objekt')}."
        for name, kind in zip(called, kinds, strict=True)
        if kind not in AREAS
    ]
    if bounds is not None:
        is_outside = ~frame.geometry.intersects(shapely.box(*bounds))
        faults += [
            f"{name} ligger utanför kommunens gränser (granser i est.toml)."
            for name in called[is_outside.to_numpy()]
        ]
    return faults


def _repair(
    frame: gpd.GeoDataFrame, names: pd.Series, *, metric_crs: str
) -> tuple[list[Any], list[str]]:
    """Make broken areas valid where that leaves their size as it was; refuse the others by name."""
    geometries = list(frame.geometry)
    broken = np.flatnonzero(~frame.geometry.is_valid)
    notes, faults = [], []
    for n in broken:
        mended = _areas_of(shapely.make_valid(geometries[n]))
        before, after = gpd.GeoSeries([geometries[n], mended], crs=WGS84).to_crs(metric_crs).area
        if mended.is_empty or not abs(before - after) <= UNCHANGED_M2:
            faults.append(f"Gränsen för {names.iloc[n]} korsar sig själv{_where(geometries[n])}.")
            continue
        geometries[n] = mended
        notes.append(
            f"Gränsen för {names.iloc[n]} hade ett fel som gick att rätta utan att ytan ändrades."
        )
    _refuse(faults)
    return geometries, notes


def _where(geometry: Any) -> str:
    """Say where an area is broken, from the geometry library's own words."""
    found = re.search(r"\[(-?[\d.]+) (-?[\d.]+)\]", str(shapely.is_valid_reason(geometry)))
    if found is None:
        return ""
    return f" vid lat {float(found[2]):.5f}, lon {float(found[1]):.5f}"


def _areas_of(geometry: Any) -> Any:
    parts = shapely.get_parts(shapely.get_parts(np.array([geometry], dtype=object)))
    kept = [part for part in parts if part.geom_type in AREAS and not part.is_empty]
    return shapely.union_all(kept) if kept else shapely.Polygon()


def _is_sliver(area: Any) -> bool:
    return bool(area.area < SLIVER_M2 or 2 * area.area / area.length < SLIVER_WIDTH_M)


def _size(square_metres: float) -> str:
    if square_metres >= 100_000:
        return f"{square_metres / 1e6:.2f}".replace(".", ",") + " km²"
    return f"{round(square_metres):,}".replace(",", "\u00a0") + " m²"


def _overlaps(
    metric: Any, names: pd.Series, *, allow_overlaps: bool
) -> tuple[list[str], list[str]]:
    tree = shapely.STRtree(metric)
    first, second = tree.query(metric, predicate="intersects")
    pairs = sorted((int(a), int(b)) for a, b in zip(first, second, strict=True) if a < b)
    shared = [(a, b, _areas_of(shapely.intersection(metric[a], metric[b]))) for a, b in pairs]
    # the grid of six decimals leaves crumbs of a decimetre along every slanting border
    shared = [each for each in shared if each[2].area >= 1]
    slivers = [each for each in shared if _is_sliver(each[2])]
    large = [each for each in shared if not _is_sliver(each[2])]
    notes = []
    if slivers:
        total = sum(each[2].area for each in slivers)
        widest = max(slivers, key=lambda each: each[2].area)
        notes.append(
            f"{counted(len(slivers), 'smal överlappning', 'smala överlappningar')} längs "
            f"gränserna, tillsammans {_size(total)} (störst {_pair(widest, names)}): stadsdelen "
            "som står först gäller."
        )
    said = [
        f"{names.iloc[a]} och {names.iloc[b]} överlappar varandra med {_size(area.area)}."
        for a, b, area in sorted(large, key=lambda each: -each[2].area)
    ]
    if allow_overlaps:
        ruled = [
            f"{sentence} {names.iloc[a]} står först och gäller där."
            for sentence, (a, _, _) in zip(
                said, sorted(large, key=lambda each: -each[2].area), strict=True
            )
        ]
        return notes + _shorten(ruled, what="fler överlappningar"), []
    return notes, said


def _pair(overlap: tuple[int, int, Any], names: pd.Series) -> str:
    return f"{names.iloc[overlap[0]]} och {names.iloc[overlap[1]]}, {_size(overlap[2].area)}"


def _gaps(metric: Any, names: pd.Series) -> list[str]:
    """Find holes that districts enclose, and cracks between neighbours, open at their ends."""
    union = shapely.union_all(metric)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors]
    # closing: grown and shrunk by half a crack's width, the union swallows the cracks
    half = CRACK_WIDTH_M / 2
    closed = shapely.buffer(union, half, join_style="mitre", mitre_limit=2)
    closed = shapely.buffer(closed, -half, join_style="mitre", mitre_limit=2)
    filled = [union, *holes]
    cracks = shapely.get_parts(shapely.difference(closed, shapely.union_all(filled)))
    found = [(hole, "Ett hål") for hole in holes] + [(crack, "En springa") for crack in cracks]
    tree = shapely.STRtree(metric)
    sentences = []
    for area, noun in sorted(found, key=lambda each: -each[0].area):
        around = sorted(int(n) for n in tree.query(area, predicate="dwithin", distance=0.5))
        if area.area < SMALLEST_GAP_M2 or (noun == "En springa" and len(around) < 2):
            continue
        listed = [str(names.iloc[n]) for n in around]
        between = (
            f"i {listed[0]}"
            if len(listed) == 1
            else f"mellan {', '.join(listed[:-1])} och {listed[-1]}"
        )
        sentences.append(f"{noun} på {_size(area.area)} {between} hör inte till någon stadsdel.")
    return _shorten(sentences, what="fler luckor")


def _beyond(rounded: gpd.GeoSeries, names: pd.Series, *, bounds: Bounds | None) -> list[str]:
    if bounds is None:
        return []
    partly = ~rounded.within(shapely.box(*bounds)).to_numpy()
    return _shorten(
        [
            f"{name} sticker ut utanför kommunens gränser (granser i est.toml); koordinater där "
            "tas inte emot."
            for name in names[partly]
        ],
        what="fler som sticker ut",
    )


def _kept(
    frame: gpd.GeoDataFrame, ids: pd.Series, names: pd.Series, *, former: gpd.GeoDataFrame | None
) -> tuple[list[list[str]], pd.Series, list[str]]:
    """Give aliases and population: the layer's own, else what the district had before."""
    columns = {fold(str(column)): column for column in reversed(list(frame.columns))}
    stated = (
        pd.to_numeric(frame[columns["befolkning"]], errors="coerce")
        if "befolkning" in columns
        else pd.Series(np.nan, index=frame.index)
    ).astype("float64")
    stated = stated.where(np.isfinite(stated) & (stated >= 0)).round()
    words = (
        [_alias_words(value) for value in frame[columns["alias"]]]
        if "alias" in columns
        else [[] for _ in ids]
    )
    if former is None or former.empty:
        return words, stated, []
    before = former.set_index("district_id")
    population = stated.fillna(ids.map(before["population"]).astype("float64"))
    known = {str(key): [str(word) for word in value] for key, value in before["aliases"].items()}
    aliases = [own or known.get(key, []) for own, key in zip(words, ids, strict=True)]
    notes = []
    gone = [str(name) for key, name in before["name"].items() if str(key) not in set(ids)]
    if gone:
        listed = ", ".join(gone[:_MOST_NOTES]) + (" med flera" if len(gone) > _MOST_NOTES else "")
        notes.append(f"Inte längre med: {listed}.")
    renamed = {fold(str(name)): str(key) for key, name in before["name"].items()}
    notes += _shorten(
        [
            f"{name} hade id {renamed[fold(name)]} och får {key}: dess historik står kvar under "
            "det gamla. Behåll det gamla med en kolumn för det (--id)."
            for key, name in zip(ids, names, strict=True)
            if renamed.get(fold(name), key) != key
        ],
        what="fler som byter id",
    )
    return aliases, population, notes


def _alias_words(value: object) -> list[str]:
    if isinstance(value, list | tuple | np.ndarray):
        parts = [str(each) for each in value]
    elif isinstance(value, str):
        text = value.strip()
        # a list comes as JSON text where the format has no lists
        parts = (
            text.strip("[]").replace('"', "").split(",")
            if text.startswith("[")
            else text.split("|")
        )
    else:
        return []
    cleaned = clean_text(pd.Series(parts, dtype="object"))
    return [str(word) for word in cleaned.dropna()]

"""Reading a vector layer as it came: which file it is, which layer, which system, which letters.

What could not be read from the file but had to be told is said in the layer's notes.
"""

from __future__ import annotations

import json
import re
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from est_pipeline.domain.geography import WGS84
from est_pipeline.domain.text import fold
from est_pipeline.errors import ConfigError, FileNotTakenError
from est_pipeline.layers.coordinates import (
    Bounds,
    are_degrees,
    are_within,
    check_crs,
    tell_system,
    to_lon_lat,
)

POINTS = frozenset({"Point", "MultiPoint"})
LINES = frozenset({"LineString", "MultiLineString", "LinearRing"})
AREAS = frozenset({"Polygon", "MultiPolygon"})

_TAB = re.compile(rb"\s*!table", re.IGNORECASE)
_STARTS: dict[str, re.Pattern[bytes]] = {
    ".gpkg": re.compile(rb"SQLite format 3\0"),
    ".geojson": re.compile(rb"(?:\xef\xbb\xbf)?\s*\{"),
    ".json": re.compile(rb"(?:\xef\xbb\xbf)?\s*\{"),
    ".shp": re.compile(rb"\x00\x00\x27\x0a"),
    ".fgb": re.compile(rb"fgb"),
    ".tab": _TAB,
    ".mif": re.compile(rb"\s*version", re.IGNORECASE),
    ".osm": re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|osm)"),
    ".pbf": re.compile(rb".{0,16}OSMHeader", re.DOTALL),
}
"""How a file of each kind begins: the reader itself would open anything that calls itself so."""

_SIGNS = {"Cc": " ", "Zl": " ", "Zp": " ", "Zs": " ", "Cf": "", "Cs": "", "Co": "", "Cn": ""}
"""What becomes of signs that nobody sees, by category: line breaks, marks that turn text around."""

_LARGEST_JSON_BYTES = 50_000_000
"""Above this a GeoJSON file is not searched for a word on its origin."""

_LAYER_FORMATS = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".tab", ".mif")
OSM_FORMATS = (".osm", ".pbf")
VECTOR_FORMATS = (*_LAYER_FORMATS, *OSM_FORMATS)
_NAMES = "GeoPackage (.gpkg), GeoJSON (.geojson) eller Shapefile (.shp)"


@dataclass(frozen=True)
class Layer:
    """A layer of a file in WGS 84, its attributes untouched.

    `frame` has the attributes and `geometry` (two dimensions, none missing or empty);
    `left_out_count` says how many features had no geometry. `text` is the file's own word on
    its origin (attribution, licence), where it has one.
    """

    file_name: str
    name: str
    frame: gpd.GeoDataFrame
    notes: tuple[str, ...] = ()
    left_out_count: int = 0
    text: str = ""
    is_osm: bool = False


def check_file(file: Path, *, formats: Sequence[str] = _LAYER_FORMATS) -> None:
    """Make sure that a file is there, is of a kind that can be read, and is what it says.

    Raises:
        FileNotTakenError: it is missing.
        ConfigError: it is of another kind, or lacks the files that belong to it.
    """
    if not file.is_file():
        raise FileNotTakenError(
            f"Filen {file} finns inte.", advice="Kontrollera sökvägen och stavningen."
        )
    suffix = file.suffix.lower()
    if suffix not in formats:
        packed = " Packa upp filen först." if suffix in {".zip", ".7z", ".rar", ".gz"} else ""
        osm = " eller OpenStreetMap (.osm, .osm.pbf)" if ".osm" in formats else ""
        raise ConfigError(
            f"{file.name} är ingen fil som går att läsa som kartlager.",
            advice=f"Spara lagret som {_NAMES}{osm}.{packed}",
        )
    if suffix == ".shp":
        _check_shapefile(file)
    with file.open("rb") as stream:
        start = stream.read(512)
    if not _STARTS[suffix].match(start):
        raise ConfigError(
            f"{file.name} heter som ett kartlager men innehåller något annat"
            f"{' (den är tom)' if not start else ''}.",
            advice=f"Spara lagret på nytt som {_NAMES}.",
        )


def read_layers(
    file: Path,
    *,
    layer: str = "",
    crs: str = "",
    bounds: Bounds | None,
    kinds: frozenset[str] = AREAS | LINES | POINTS,
    clip: bool = False,
    formats: Sequence[str] = _LAYER_FORMATS,
) -> list[Layer]:
    """Read the layers of a file that have geometries.

    Args:
        file: the file as it came.
        layer: the one to read; all of them where none is named.
        crs: the coordinate system, where the operator states it; goes before the file's own.
        bounds: the workspace's, in WGS 84; tells the system where the file is silent.
        kinds: geometry types that a layer must be able to hold to be read at all.
        clip: whether features outside `bounds` may be skipped while reading.
        formats: file endings that are accepted.

    Raises:
        FileNotTakenError: the file is missing.
        ConfigError: it cannot be read, has no such layer, or its system cannot be told.
    """
    check_file(file, formats=formats)
    if crs:
        check_crs(crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reader's words are English and for programmers
        try:
            listed = pyogrio.list_layers(file)
        except Exception as error:  # pyogrio raises many kinds for an unreadable file
            raise _unreadable(file) from error
        names = [str(name) for name, kind in listed if _may_hold(kind, kinds)]
        if layer:
            if layer not in {str(name) for name, _ in listed}:
                raise ConfigError(
                    f"{file.name} har inget lager {layer!r}.",
                    advice=f"Det finns: {_listing([str(name) for name, _ in listed])}.",
                )
            names = [layer]
        if not names:
            raise ConfigError(
                f"{file.name} har inget lager med {_noun(kinds)}.",
                advice=f"Lagren i filen: {_listing([str(name) for name, _ in listed]) or 'inga'}.",
            )
        return [_read(file, name, crs=crs, bounds=bounds, clip=clip) for name in names]


def read_layer(
    file: Path, *, layer: str = "", crs: str = "", bounds: Bounds | None, kinds: frozenset[str]
) -> Layer:
    """Read the one layer of a file that is meant.

    Raises:
        FileNotTakenError: the file is missing.
        ConfigError: it cannot be read, or has several layers and none is named.
    """
    check_file(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            listed = pyogrio.list_layers(file)
        except Exception as error:  # pyogrio raises many kinds for an unreadable file
            raise _unreadable(file) from error
    fitting = [str(name) for name, kind in listed if _may_hold(kind, kinds)]
    layer = layer or (fitting[0] if len(fitting) == 1 else "")
    if not layer and len(fitting) > 1:
        raise ConfigError(
            f"{file.name} har flera lager.",
            advice=f"Välj ett med --layer: {_listing(fitting)}.",
        )
    [found] = read_layers(file, layer=layer, crs=crs, bounds=bounds, kinds=kinds)
    if found.frame.empty:
        raise ConfigError(
            f"Lagret {found.name!r} i {file.name} är tomt.",
            advice="Kontrollera uttaget, eller välj ett annat lager med --layer.",
        )
    return found


def clean_text(values: pd.Series) -> pd.Series:
    """Give attributes as text: whole numbers without decimals, no control signs, single spaces.

    Missing stays missing, and so does what is empty once cleaned.
    """
    distinct = pd.Series(values.dropna().unique(), dtype="object")
    table = dict(zip(distinct, [clean_word(value) for value in distinct], strict=True))
    return pd.Series(
        [table.get(value) if pd.notna(value) else None for value in values.astype("object")],
        index=values.index,
        dtype="str",
    )


def clean_word(value: object) -> str | None:
    """Give one value as clean text, as `clean_text` does; nothing where nothing is left."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = unicodedata.normalize("NFC", str(value))
    bare = "".join(_SIGNS.get(unicodedata.category(sign), sign) for sign in text)
    return re.sub(r"\s+", " ", bare).strip() or None


def find_column(
    columns: Sequence[str], *, wanted: str, known: Sequence[str], option: str
) -> str | None:
    """Give the column that is meant: the one the operator names, else the first known name.

    Args:
        columns: the layer's own names.
        wanted: named by the operator; empty where it is to be found.
        known: folded names to look for, the best first.
        option: the option that names it, for the advice.

    Raises:
        ConfigError: the column named is not there.
    """
    folded = {fold(column): column for column in reversed(columns)}
    if wanted:
        if wanted in columns:
            return wanted
        if fold(wanted) in folded:
            return folded[fold(wanted)]
        raise ConfigError(
            f"Kolumnen {wanted!r} ({option}) finns inte.",
            advice=f"Det finns: {_listing(list(columns)) or 'inga kolumner'}.",
        )
    return next((folded[name] for name in known if name in folded), None)


def _listing(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(clean_word(name) or "" for name in names[:most])
    return shown + (f" och {len(names) - most} till" if len(names) > most else "")


def _may_hold(kind: object, kinds: frozenset[str]) -> bool:
    """Tell whether a layer of this geometry type can hold what is looked for."""
    if kind is None or (isinstance(kind, float) and np.isnan(kind)):
        return False
    plain = (
        str(kind).removesuffix(" ZM").removesuffix(" Z").removesuffix(" M").removeprefix("2.5D ")
    )
    curves = {
        "CurvePolygon": "Polygon",
        "MultiSurface": "MultiPolygon",
        "CompoundCurve": "LineString",
    }
    plain = curves.get(plain, plain)
    return plain in kinds or plain in {"Unknown", "GeometryCollection", "Geometry"}


def _noun(kinds: frozenset[str]) -> str:
    return "ytor" if kinds == AREAS else "kartobjekt"


def _read(file: Path, name: str, *, crs: str, bounds: Bounds | None, clip: bool) -> Layer:
    suffix = file.suffix.lower()
    notes: list[str] = []
    options = {}
    if suffix == ".shp":
        encoding, note = _dbf_encoding(file)
        options = {"encoding": encoding} if encoding else {}
        notes += [note] if note else []
    if suffix in OSM_FORMATS:
        frame = _frame(file, name, bbox=bounds if clip else None)
    else:
        try:
            info = pyogrio.read_info(file, layer=name, **options)
        except Exception as error:  # pyogrio raises many kinds for an unreadable layer
            raise _unreadable(file) from error
        window = _window(crs or str(info["crs"] or ""), bounds) if clip else None
        frame = _frame(file, name, bbox=window, **options)
        if clip and frame.empty:
            # perhaps the file's own word on its system is wrong: read all and look at the values
            frame = _frame(file, name, bbox=None, **options)
    has_shape = frame.geometry.notna() & ~frame.geometry.is_empty
    left_out_count = int((~has_shape).sum())
    frame = frame.loc[has_shape].reset_index(drop=True)
    if len(frame):
        frame, told = _to_wgs84(frame, file=file, crs=crs, bounds=bounds)
        notes += told
    else:
        frame = frame.set_crs(WGS84, allow_override=True)
    is_osm, text = _origin(file, name, list(frame.columns))
    return Layer(file.name, name, frame, tuple(notes), left_out_count, text, is_osm)


def _frame(
    file: Path, name: str, *, bbox: Bounds | None, encoding: str | None = None
) -> gpd.GeoDataFrame:
    more = {"encoding": encoding} if encoding else {}
    try:
        frame = pyogrio.read_dataframe(file, layer=name, bbox=bbox, **more)
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"Bokstäverna i {file.name} går inte att läsa.",
            advice="Spara lagret på nytt med teckenkodningen UTF-8.",
        ) from error
    except Exception as error:  # pyogrio raises many kinds for an unreadable layer
        raise _unreadable(file) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ConfigError(
            f"Lagret {name!r} i {file.name} har inga kartobjekt.",
            advice="Välj ett annat lager med --layer.",
        )
    return frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)


def _window(crs: str, bounds: Bounds | None) -> Bounds | None:
    """Give the bounds in the layer's own system; nothing where that system is not known."""
    if bounds is None or not crs:
        return None
    try:
        transformer = Transformer.from_crs(WGS84, crs, always_xy=True)
        west, south, east, north = transformer.transform_bounds(*bounds)
    except (CRSError, ProjError):
        return None
    edges = (float(west), float(south), float(east), float(north))
    return edges if np.isfinite(edges).all() else None


def _to_wgs84(
    frame: gpd.GeoDataFrame, *, file: Path, crs: str, bounds: Bounds | None
) -> tuple[gpd.GeoDataFrame, list[str]]:
    points = shapely.get_coordinates(frame.geometry.to_numpy())
    if not np.isfinite(points).all():
        raise ConfigError(
            f"{file.name} har koordinater som inte är tal.", advice="Spara lagret på nytt."
        )
    declared = crs or frame.crs
    notes: list[str] = []
    is_false = (
        not crs
        and declared is not None
        and CRS.from_user_input(declared).is_geographic
        and not are_degrees(points[:, 0], points[:, 1])
    )
    if declared is None or is_false:
        system = tell_system(points[:, 0], points[:, 1], bounds=bounds, file_name=file.name)
        why = "anger grader men har meter" if is_false else "anger inget koordinatsystem"
        order = ", med nord och öst i omkastad ordning" if system.is_swapped else ""
        notes.append(f"{file.name} {why}; värdena visar att det är {system.name}{order}.")
        if system.is_swapped:
            frame = frame.set_geometry(
                shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
            )
        declared = system.crs
    frame = frame.set_crs(declared, allow_override=True)
    try:
        frame = frame.to_crs(WGS84)
    except (CRSError, ProjError, RuntimeError) as error:
        raise ConfigError(
            f"{file.name} har ett koordinatsystem som inte går att räkna om.",
            advice="Ange det med --crs, till exempel --crs EPSG:3006.",
        ) from error
    placed = shapely.get_coordinates(frame.geometry.to_numpy())
    if not np.isfinite(placed).all() or (bounds is not None and not _touch(frame, bounds)):
        raise ConfigError(
            f"{file.name} ligger helt utanför kommunens gränser{_hint(points, bounds=bounds)}.",
            advice="Ange rätt koordinatsystem med --crs, eller kontrollera granser under [omrade] "
            "i est.toml.",
        )
    return frame, notes


def _touch(frame: gpd.GeoDataFrame, bounds: Bounds) -> bool:
    return bool(shapely.intersects(frame.geometry.to_numpy(), shapely.box(*bounds)).any())


def _hint(points: np.ndarray, *, bounds: Bounds | None) -> str:
    """Say what the coordinates look like instead, where exactly one system fits."""
    try:
        system = tell_system(points[:, 0], points[:, 1], bounds=bounds, file_name="")
    except ConfigError:
        return ""
    lon, lat = to_lon_lat(points[:, 0], points[:, 1], system=system)
    if bounds is None or not are_within(lon, lat, bounds).any():
        return ""
    order = " med nord och öst i omkastad ordning" if system.is_swapped else ""
    return f"; talen ser ut som {system.name}{order}"


def _unreadable(file: Path) -> ConfigError:
    return ConfigError(
        f"{file.name} går inte att läsa som kartlager; den kan vara trasig eller avbruten.",
        advice="Hämta eller spara den på nytt. Prova om den går att öppna i ett kartprogram.",
    )


def _origin(file: Path, name: str, columns: Sequence[str]) -> tuple[bool, str]:
    """Tell whether a layer comes from OpenStreetMap, and the file's own word on its origin."""
    signs = {"osm_id", "osm_way_id", "osm_way", "other_tags", "@id"}
    words = fold(f"{file.stem} {name}")
    is_osm = (
        file.suffix.lower() in OSM_FORMATS
        or bool(signs & set(columns))
        or re.search(r"(?:^|[^a-z])osm(?:$|[^a-z]|raster|data)|openstreetmap|geofabrik", words)
        is not None
    )
    text = ""
    is_json = file.suffix.lower() in {".geojson", ".json"}
    if is_json and file.stat().st_size <= _LARGEST_JSON_BYTES:
        try:
            content = json.loads(file.read_text(encoding="utf-8-sig"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            return is_osm, ""
        for key in ("attribution", "copyright", "licens", "license", "ursprung"):
            if isinstance(content.get(key), str) and content[key].strip():
                text = clean_word(content[key]) or ""
                break
        is_osm = is_osm or "overpass" in str(content.get("generator", "")).lower()
    return is_osm or "openstreetmap" in text.lower(), text


# --- shapefiles -----------------------------------------------------------------------------------


def _sibling(file: Path, suffix: str) -> Path | None:
    """Give the file that belongs to a shapefile, whatever the case of its ending."""
    wanted = (file.stem + suffix).lower()
    return next((each for each in file.parent.iterdir() if each.name.lower() == wanted), None)


def _check_shapefile(file: Path) -> None:
    missing = [suffix for suffix in (".shx", ".dbf") if _sibling(file, suffix) is None]
    if missing:
        names = " och ".join(file.stem + suffix for suffix in missing)
        raise ConfigError(
            f"{file.name} är en Shapefile och går inte att läsa utan {names}.",
            advice="En Shapefile är flera filer med samma namn: lägg .shp, .shx, .dbf och .prj "
            "(och .cpg om den finns) i samma mapp.",
        )


def _dbf_encoding(file: Path) -> tuple[str | None, str]:
    """Tell the encoding of a shapefile's texts by their bytes, then by its own word (.cpg).

    Returns:
        The encoding, and a note where the bytes go against the file's own word or are all there
        is; no encoding where every text is plain ASCII.
    """
    table = _sibling(file, ".dbf")
    if table is None:
        return None, ""
    content = table.read_bytes()
    text = content[int.from_bytes(content[8:10], "little") :]
    if text.isascii():
        return None, ""
    stated = _sibling(file, ".cpg")
    word = stated.read_text(encoding="ascii", errors="replace").strip() if stated else ""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        is_agreed = fold(word).replace("-", "") in {"utf8", "65001"}
        return "UTF-8", "" if is_agreed else f"Texten i {table.name} är UTF-8."
    known = {"1252": "cp1252", "88591": "cp1252", "iso88591": "cp1252", "850": "cp850"}
    key = re.sub(r"^(?:ansi|cp|windows|ibm|oem)", "", re.sub(r"[^a-z0-9]", "", word.lower()))
    if key in known:
        return known[key], ""
    letters = {
        name: sum(text.count(sign.encode(name)) for sign in "åäöÅÄÖé")
        for name in ("cp1252", "cp850", "mac_roman")
    }
    best = max(letters, key=lambda name: letters[name])
    called = {"cp1252": "Windows-text (cp1252)", "cp850": "DOS-text (cp850)"}
    return best, f"Texten i {table.name} är läst som {called.get(best, 'Mac-text (mac roman)')}."

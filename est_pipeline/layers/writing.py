"""Writing a reference layer: the same bytes for the same layer, whole or not at all, undoable."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from est_pipeline.ingest.files import write_atomically

DECIMALS = 6
"""Of a degree: about a decimetre."""

_AREA_TYPES = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))


def round_geometries(geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Give WGS 84 geometries with six decimals and no height, still valid.

    Shared corners of neighbours round to the same point, so no gap opens between them; only where
    rounding itself makes an area cross its own border is that area rebuilt on the grid.
    """
    array = np.asarray(geometries, dtype=object)
    flat = shapely.force_2d(array)
    rounded = shapely.transform(flat, lambda points: np.round(points, DECIMALS))
    is_area = np.isin(shapely.get_type_id(rounded), _AREA_TYPES)
    broken = is_area & ~shapely.is_valid(rounded)
    if broken.any():
        whole = shapely.make_valid(flat[broken])
        rounded[broken] = shapely.set_precision(whole, 10.0**-DECIMALS)
    return list(rounded)


def geojson_bytes(
    features: Iterable[tuple[Mapping[str, Any], BaseGeometry]],
    *,
    members: Mapping[str, str] | None = None,
) -> bytes:
    """Write features as GeoJSON with one feature a line, so that a difference can be read.

    Args:
        features: properties and geometry (WGS 84, already rounded), in the order to write.
        members: texts beside the features, such as the attribution.
    """
    head = [f"{_json(key)}:{_json(value)}," for key, value in (members or {}).items() if value]
    lines = [
        f'{{"type":"Feature","properties":{_json(properties)},"geometry":{_geometry(geometry)}}}'
        for properties, geometry in features
    ]
    text = "\n".join(["{", '"type":"FeatureCollection",', *head, '"features":['])
    return (text + "\n" + ",\n".join(lines) + "\n]\n}\n").encode()


def replace_layer(file: Path, content: bytes, *, check: Callable[[Path], object]) -> str:
    """Put a layer in place of the workspace's own, which is kept beside it as `namn-före`.

    Args:
        file: the workspace's file.
        content: what it shall hold.
        check: reads the file as the weekly run does; what it cannot read is not put in place.

    Returns:
        What became of the former file, in Swedish.

    Raises:
        StorageError: the folder cannot be written to.
    """
    former = file.read_bytes() if file.is_file() else None
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / file.name
        trial.write_bytes(content)
        check(trial)
    if former == content:
        return f"{file.name} var redan sådan; inget är ändrat."
    if former is None:
        write_atomically(file, content)
        return f"{file.name} är skriven."
    backup = file.with_name(f"{file.stem}-före{file.suffix}")
    write_atomically(backup, former)
    write_atomically(file, content)
    return f"{file.name} är skriven. Den förra ligger kvar som {backup.name}."


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _geometry(geometry: BaseGeometry) -> str:
    shape = shapely.geometry.mapping(geometry)
    return _json({"type": shape["type"], "coordinates": _plain(shape["coordinates"])})


def _plain(coordinates: Any) -> Any:
    if isinstance(coordinates, float | int):
        return round(float(coordinates), DECIMALS)
    return [_plain(each) for each in coordinates]

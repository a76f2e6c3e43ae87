"""Places from a municipality's own lists into the gazetteer."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from est_pipeline.config import Configuration
from est_pipeline.domain.geography import read_districts, read_places
from est_pipeline.ingest.files import safe_name
from est_pipeline.layers.place_lists import read_place_list
from est_pipeline.layers.place_merging import COLUMNS, merge_places
from est_pipeline.layers.reading import clean_text
from est_pipeline.layers.writing import replace_layer
from est_pipeline.workspace import hold_workspace


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


def _read_former(target: Path) -> pd.DataFrame:
    """Read the gazetteer as text, so that what is not touched stays as it was written."""
    read_places(target)
    if not target.is_file():
        return pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    return pd.read_csv(target, sep=";", dtype="str", encoding="utf-8-sig", keep_default_na=False)

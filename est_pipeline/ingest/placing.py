"""Placing: which district and which point a report belongs to, how that was found, how precisely.

Coordinates go first, then a place or address of the gazetteer, then a district by name, then
what the free text names. What cannot be placed is kept, counted and shown as unplaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from est_pipeline.config import COLUMN_KEYS, Source
from est_pipeline.domain.geography import districts_of_points
from est_pipeline.domain.kinds import Placing
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.text import fold_series


@dataclass(frozen=True)
class Gazetteer:
    """Names that lead to a place or a district.

    `entries` is indexed by the folded name: `place_id`, `place_name`, `lon`, `lat`,
    `precision_m` and `district_id`; for a district's own name only `district_id` is given.
    """

    entries: pd.DataFrame
    place_pattern: str
    district_pattern: str

    @property
    def place_names(self) -> pd.Index:
        """The folded names that lead to a place."""
        return self.entries.index[self.entries["place_id"].notna()]

    @property
    def district_names(self) -> pd.Index:
        """The folded names that lead to a district as a whole."""
        return self.entries.index[self.entries["place_id"].isna()]


def build_gazetteer(places: pd.DataFrame, districts: gpd.GeoDataFrame) -> Gazetteer:
    """Make one look-up of every name and alias of the places and districts.

    Args:
        places: as `domain.geography.read_places` gives them.
        districts: as `domain.geography.read_districts` gives them; a district's name goes
            before a place of the same name.
    """
    where = districts_of_points(
        places["lon"].astype("float64"),
        places["lat"].astype("float64"),
        districts=districts,
        rest_id=REST_ID,
    )
    located = pd.DataFrame(
        {
            "word": [(n, *a) for n, a in zip(places["name"], places["aliases"], strict=True)],
            "place_id": places["place_id"],
            "place_name": places["name"],
            "lon": places["lon"].astype("float64"),
            "lat": places["lat"].astype("float64"),
            "precision_m": places["precision_m"].astype("float64"),
            "district_id": where,
        }
    )
    named = pd.DataFrame(
        {
            "word": [(n, *a) for n, a in zip(districts["name"], districts["aliases"], strict=True)],
            "district_id": districts["district_id"].to_numpy(),
        }
    )
    entries = pd.concat([named, located], ignore_index=True).explode("word", ignore_index=True)
    entries["word"] = fold_series(entries["word"].astype("str"))
    entries = entries.drop_duplicates("word").set_index("word")
    for name in ("place_id", "place_name", "district_id"):
        entries[name] = entries.get(name, pd.Series(dtype="str")).astype("str")
    is_place = entries["place_id"].notna()
    return Gazetteer(
        entries=entries[["place_id", "place_name", "lon", "lat", "precision_m", "district_id"]],
        place_pattern=_alternatives(entries.index[is_place]),
        district_pattern=_alternatives(entries.index[~is_place]),
    )


def _alternatives(words: pd.Index) -> str:
    """Give an RE2 pattern that finds any of the folded names, the longest first, genitive too."""
    longest_first = sorted((str(word) for word in words if word), key=lambda w: (-len(w), w))
    if not longest_first:
        return ""
    names = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first)
    return rf"(?:^|[^\pL\pN])(?P<word>{names})s?(?:$|[^\pL\pN])"


def place_reports(
    reports: pd.DataFrame, *, gazetteer: Gazetteer, districts: gpd.GeoDataFrame, source: Source
) -> pd.DataFrame:
    """Give each report its district and, where known, its point.

    Args:
        reports: typed reports with `lon`, `lat` (numbers or missing) and the texts `place`,
            `address`, `district_name` and those that the source's `platstext` names.
        gazetteer: names of places and districts.
        districts: the areas, in the order that decides on shared borders.
        source: gives the position error of its coordinates and the texts to read.

    Returns:
        `placing`, `district_id`, `place_id`, `place_name`, `lon`, `lat`, `precision_m` on the
        index of `reports`.
    """
    result = pd.DataFrame(
        {
            "placing": pd.Series(str(Placing.NONE), index=reports.index, dtype="str"),
            "district_id": pd.Series(UNPLACED_ID, index=reports.index, dtype="str"),
            "place_id": pd.Series(None, index=reports.index, dtype="str"),
            "place_name": pd.Series(None, index=reports.index, dtype="str"),
            "lon": reports["lon"].astype("float64"),
            "lat": reports["lat"].astype("float64"),
            "precision_m": pd.Series(np.nan, index=reports.index),
        }
    )
    has_point = result["lon"].notna() & result["lat"].notna()
    result.loc[has_point, "placing"] = Placing.COORDINATES
    result.loc[has_point, "precision_m"] = source.position_error_m
    result.loc[has_point, "district_id"] = districts_of_points(
        result["lon"][has_point], result["lat"][has_point], districts=districts, rest_id=REST_ID
    )
    place, address, named = (
        fold_series(reports[name]) for name in ("place", "address", "district_name")
    )
    places, areas = gazetteer.place_names, gazetteer.district_names
    named_place = _look_up(place, places)
    # a point keeps its coordinates and takes the name that the reporter gave the place
    _name_points(result, has_point, named_place, gazetteer)
    texts = [fold_series(reports[COLUMN_KEYS[key]]) for key in source.place_text]
    steps = [
        (named_place, Placing.PLACE),
        (_find(place, gazetteer.place_pattern), Placing.PLACE),
        (_look_up(_without_number(address), places), Placing.ADDRESS),
        (_find(address, gazetteer.place_pattern), Placing.ADDRESS),
        (_look_up(place, areas), Placing.DISTRICT),
        (_look_up(named, areas), Placing.DISTRICT),
        (_find(place, gazetteer.district_pattern), Placing.DISTRICT),
        (_find(address, gazetteer.district_pattern), Placing.DISTRICT),
        *((_find(text, gazetteer.place_pattern), Placing.TEXT_PLACE) for text in texts),
        *((_find(text, gazetteer.district_pattern), Placing.TEXT_DISTRICT) for text in texts),
    ]
    for words, way in steps:
        usable = words.notna() & result["placing"].eq(Placing.NONE)
        if not usable.any():
            continue
        hits = gazetteer.entries.loc[words[usable]].set_axis(words.index[usable])
        result.loc[usable, hits.columns] = hits
        result.loc[usable, "placing"] = str(way)
    return result


def _name_points(
    result: pd.DataFrame, has_point: pd.Series, words: pd.Series, gazetteer: Gazetteer
) -> None:
    named = has_point & words.notna()
    if named.any():
        hits = gazetteer.entries.loc[words[named], ["place_id", "place_name"]]
        result.loc[named, ["place_id", "place_name"]] = hits.set_axis(words.index[named])


def _look_up(folded: pd.Series, names: pd.Index) -> pd.Series:
    """Give the folded text where it is exactly a known name."""
    return folded.where(folded.isin(names))


def _without_number(folded: pd.Series) -> pd.Series:
    """Give the street of an address: number, stair and postal place are cut off."""
    return folded.str.replace(r"[\s,]+\d.*$", "", regex=True)


def _find(folded: pd.Series, pattern: str) -> pd.Series:
    """Give the first known name that stands within the text."""
    none = pd.Series(None, index=folded.index, dtype="str")
    if not pattern or not folded.notna().any():
        return none
    distinct = pd.Series(folded.dropna().unique(), dtype="str")
    array = pa.array(distinct, type=pa.string(), from_pandas=True)
    words = pc.struct_field(pc.extract_regex(array, pattern), "word")
    spaced = pc.replace_substring_regex(words, r"\s+", " ")
    table = pd.Series(spaced.to_pandas().to_numpy(), index=distinct.to_numpy(), dtype="str")
    return folded.map(table.dropna()).astype("str")

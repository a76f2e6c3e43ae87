"""Which district and which point a report belongs to, how that was found, how precisely.

Coordinates go first, then a place or address of the gazetteer (as listed, within a longer text,
inflected, misspelt), then a district by name, then what the free text names. What cannot be placed
is kept, counted and shown as unplaced.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from est_pipeline.config import COLUMN_KEYS, Source
from est_pipeline.domain.geography import districts_of_points
from est_pipeline.domain.kinds import Placing
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.ingest.placing.gazetteer import Gazetteer
from est_pipeline.ingest.placing.name_forms import key_of
from est_pipeline.ingest.placing.names import Recognition, Way
from est_pipeline.ingest.placing.texts import Texts

_WAYS = list(Placing)
_NONE = _WAYS.index(Placing.NONE)
_POINT = _WAYS.index(Placing.COORDINATES)


class _Placed:
    """How far the placing of some reports has come: the entry and the way of each row."""

    def __init__(self, gazetteer: Gazetteer, has_point: np.ndarray) -> None:
        self.gazetteer = gazetteer
        self.entry = np.full(len(has_point), -1, dtype=np.int64)
        self.way: np.ndarray = np.where(has_point, _POINT, _NONE).astype(np.int8)
        self._noted: list[dict[str, object]] = []
        self._district = pd.factorize(gazetteer.entries["district_id"])[0]

    @property
    def left(self) -> np.ndarray:
        """The rows that have no place yet."""
        left: np.ndarray = np.flatnonzero(self.way == _NONE)
        return left

    def rows(self, rows: np.ndarray, entries: np.ndarray, way: Placing) -> np.ndarray:
        """Place those of the rows that have an entry and no place yet; give their numbers."""
        hit = (entries >= 0) & (self.way[rows] == _NONE)
        chosen: np.ndarray = rows[hit]
        self.entry[chosen] = entries[hit]
        self.way[chosen] = _WAYS.index(way)
        return chosen

    def by_name(self, texts: Texts, entry_of: np.ndarray, way: Placing) -> None:
        """Place the rows whose text is a listed name."""
        left = self.left
        chosen = self.rows(left, texts.on_rows(entry_of, left), way)
        spelt = np.array([text.strip() in self.gazetteer.spellings for text in texts.raw], bool)
        is_exact = int(np.append(spelt, False)[texts.codes[chosen]].sum())
        self._note(Way.EXACT, is_exact)
        self._note(Way.FOLDED, len(chosen) - is_exact)

    def by_name_within(
        self, texts: Texts, way: Placing, *, is_place: bool, similarity: float = 100
    ) -> None:
        """Place the rows in whose text a listed name stands.

        A longer name, of which that one is a part, goes before it although it is misspelt
        (`Västr Valla` is not `Valla`); and where it could be several, that one is none of them.
        """
        left = self.left
        used = texts.used(left)
        passing = self.gazetteer.sieve.passing(pa.array(texts.raw, type=pa.string()).take(used))
        used = used[passing]
        entry_of = np.full(len(texts.raw), -1, dtype=np.int64)
        entry_of[used] = self.gazetteer.within(
            [texts.folded[value] for value in used], is_place=is_place
        )
        if is_place and similarity < 100:
            words = self.gazetteer.entries.index
            named = {value: str(words[entry_of[value]]) for value in used if entry_of[value] >= 0}
            asked = texts.values_of(np.array(list(named), dtype=np.int64))
            found = self.gazetteer.recognise(
                {text: named[values[0]] for text, values in asked.items()},
                is_place=True,
                similarity=similarity,
            )
            longer = np.full(len(texts.raw), -1, dtype=np.int64)
            for text, match in found.items():
                longer[asked[text]] = self.gazetteer.number_of.get(match.word, -1)
                entry_of[asked[text]] = -1
            chosen = self.rows(left, texts.on_rows(longer, left), way)
            certain = {text: match for text, match in found.items() if match.word}
            self._note_texts(texts, chosen, asked, certain)
        chosen = self.rows(left, texts.on_rows(entry_of, left), way)
        if is_place:
            self._note(Way.WITHIN, len(chosen))

    def by_likeness(
        self, texts: Texts, way: Placing, *, stated: np.ndarray | None, similarity: float
    ) -> None:
        """Place the rows whose text is a listed name inflected, shortened or misspelt.

        Args:
            texts: the column.
            way: `PLACE` or `ADDRESS` for the names of places, `DISTRICT` for those of districts.
            stated: the entry of the district that each row states; a place elsewhere is no match.
            similarity: how like a listed name (of 100) a misspelt one must be.
        """
        left = self.left
        if stated is not None:
            # what is exactly a district's name is not misspelt
            is_name = np.append(self.gazetteer.exact(texts.folded, is_place=False) >= 0, True)
            left = left[~is_name[texts.codes[left]]]
        asked = texts.values_of(texts.used(left))
        found = self.gazetteer.recognise(
            dict.fromkeys(asked, ""), is_place=way is not Placing.DISTRICT, similarity=similarity
        )
        entry_of = np.full(len(texts.raw), -1, dtype=np.int64)
        several = np.zeros(len(texts.raw) + 1, dtype=bool)
        for text, recognition in found.items():
            several[asked[text]] = recognition.way is Way.SEVERAL
            if recognition.way is not Way.SEVERAL:
                entry = self.gazetteer.number_of[recognition.word]
                if stated is None or self._agrees(text, entry):
                    entry_of[asked[text]] = entry
        entries = texts.on_rows(entry_of, left)
        if stated is not None:
            elsewhere = (stated[left] >= 0) & (
                self._district[stated[left]] != self._district[entries]
            )
            entries = np.where(elsewhere, -1, entries)
        chosen = self.rows(left, entries, way)
        unsure = left[several[texts.codes[left]]]
        self._note_texts(texts, np.append(chosen, unsure), asked, found)

    def by_texts(self, columns: list[pd.Series]) -> None:
        """Place rows by what free texts name: first a place in any of them, then a district."""
        found = [self._search(column) for column in columns] if len(self.left) else []
        for is_place, way in ((True, Placing.TEXT_PLACE), (False, Placing.TEXT_DISTRICT)):
            for rows, entries in found:
                self.rows(rows, entries[is_place], way)

    def result(
        self,
        *,
        lon: np.ndarray,
        lat: np.ndarray,
        districts: gpd.GeoDataFrame | None = None,
        position_error_m: float = 0,
    ) -> pd.DataFrame:
        """Give the columns that `place_reports` gives, on numbered rows."""
        entries, is_point = self.gazetteer.entries, self.way == _POINT
        is_named = self.entry >= 0
        result = pd.DataFrame(
            {
                "placing": _spread(pd.Series([str(way) for way in _WAYS]), self.way),
                **{
                    name: _spread(entries[name], self.entry)
                    for name in ("district_id", "place_id", "place_name")
                },
                **{
                    name: np.where(
                        is_named,
                        np.append(entries[name].to_numpy("float64"), np.nan)[self.entry],
                        own,
                    )
                    for name, own in (
                        ("lon", lon),
                        ("lat", lat),
                        ("precision_m", np.where(is_point, position_error_m, np.nan)),
                    )
                },
            }
        )
        result["district_id"] = result["district_id"].fillna(UNPLACED_ID)
        if districts is not None and is_point.any():
            result.loc[is_point, "district_id"] = districts_of_points(
                result["lon"][is_point],
                result["lat"][is_point],
                districts=districts,
                rest_id=REST_ID,
            )
        return result

    def matches(self) -> pd.DataFrame:
        """Give how names were recognised, for the receipt; see `place_reports`."""
        return pd.DataFrame(self._noted, columns=list(MATCH_COLUMNS)).astype(_MATCH_TYPES)

    def _search(self, column: pd.Series) -> tuple[np.ndarray, dict[bool, np.ndarray]]:
        """Give the rows in whose text a name stands, and the first place and district in each."""
        left = self.left
        texts = pa.array(
            column if len(left) == len(column) else column.iloc[left], type=pa.string()
        )
        if isinstance(texts, pa.ChunkedArray):
            texts = texts.combine_chunks()
        rows = left[self.gazetteer.sieve.passing(texts)]
        passing = Texts(column, rows)
        places = self.gazetteer.within(passing.folded, is_place=True)
        areas = np.full(len(places), -1, dtype=np.int64)
        without = np.flatnonzero(places < 0)
        areas[without] = self.gazetteer.within(
            [passing.folded[value] for value in without], is_place=False
        )
        return rows, {
            True: passing.on_rows(places, rows),
            False: passing.on_rows(areas, rows),
        }

    def _agrees(self, text: str, entry: int) -> bool:
        """Tell whether the place lies in the district that its text names beside it, if any."""
        (named,) = self.gazetteer.within([text], is_place=False)
        if named < 0 or self._district[named] == self._district[entry]:
            return True
        place, district = (str(self.gazetteer.entries.index[n]) for n in (entry, named))
        return key_of([district]) in key_of(place.split())

    def _note_texts(
        self,
        texts: Texts,
        rows: np.ndarray,
        asked: dict[str, list[int]],
        found: dict[str, Recognition],
    ) -> None:
        counts = np.bincount(texts.codes[rows], minlength=len(texts.raw))
        for text, recognition in found.items():
            values = asked[text]
            self._note(
                recognition.way,
                int(counts[values].sum()),
                text=texts.raw[values[int(counts[values].argmax())]],
                name=self._names(recognition),
                score=recognition.score,
            )

    def _names(self, recognition: Recognition) -> str:
        words = [recognition.word] if recognition.word else list(recognition.candidates)
        return " eller ".join(str(self.gazetteer.entries["name"][word]) for word in words)

    def _note(self, way: Way, count: int, **about: object) -> None:
        if count:
            self._noted.append({"way": str(way), "row_count": count, **about})


def _spread(values: pd.Series, numbers: np.ndarray) -> pd.Series:
    """Give the value of each number; missing for -1."""
    dictionary = pa.array(values, type=pa.string(), from_pandas=True)
    if isinstance(dictionary, pa.ChunkedArray):
        dictionary = dictionary.combine_chunks()
    taken = dictionary.take(pa.array(numbers, mask=numbers < 0))
    return pd.Series(taken.to_pandas(), dtype="str")


_MATCH_TYPES = {"way": "str", "text": "str", "name": "str", "score": "Int64", "row_count": "int64"}
MATCH_COLUMNS = tuple(_MATCH_TYPES)
"""How names were recognised: see `place_reports`."""


def empty_matches() -> pd.DataFrame:
    """Give a frame of recognised names without any."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _MATCH_TYPES.items()})


def place_reports(
    reports: pd.DataFrame,
    *,
    gazetteer: Gazetteer,
    districts: gpd.GeoDataFrame,
    source: Source,
    similarity: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give each report its district and, where known, its point.

    Args:
        reports: typed reports with `lon`, `lat` (numbers or missing) and the texts `place`,
            `address`, `district_name` and those that the source's `platstext` names.
        gazetteer: names of places and districts.
        districts: the areas, in the order that decides on shared borders.
        source: gives the position error of its coordinates and the texts to read.
        similarity: how like a listed name (of 100) a misspelt place or address must be.

    Returns:
        First `placing`, `district_id`, `place_id`, `place_name`, `lon`, `lat`, `precision_m` on
        the index of `reports`. Then, for the receipt, how names of places and addresses were
        recognised: `way` (`names.Way`), `row_count`, and for the inexact ones, one row a
        distinct text, `text` (as it stood, not masked, without street number), `name` (listed;
        several with ` eller ` between) and `score`.
    """
    lon = reports["lon"].to_numpy(dtype="float64", na_value=np.nan)
    lat = reports["lat"].to_numpy(dtype="float64", na_value=np.nan)
    placed = _Placed(gazetteer, ~(np.isnan(lon) | np.isnan(lat)))
    every = np.arange(len(reports))

    place = Texts(reports["place"], every)
    named_place = gazetteer.exact(place.folded, is_place=True)
    placed.by_name(place, named_place, Placing.PLACE)
    placed.by_name_within(place, Placing.PLACE, is_place=True, similarity=similarity)

    street = Texts(reports["address"], placed.left, is_street=True)
    placed.by_name(street, gazetteer.exact(street.folded, is_place=True), Placing.ADDRESS)
    placed.by_name_within(street, Placing.ADDRESS, is_place=True, similarity=similarity)
    address = Texts(reports["address"], placed.left)
    placed.by_name_within(address, Placing.ADDRESS, is_place=True)

    of_place = place.on_rows(gazetteer.exact(place.folded, is_place=False), every)
    district = Texts(reports["district_name"], placed.left)
    of_row = district.on_rows(gazetteer.exact(district.folded, is_place=False), every)
    stated = np.where(of_place >= 0, of_place, of_row)
    placed.by_likeness(place, Placing.PLACE, stated=stated, similarity=similarity)
    placed.by_likeness(street, Placing.ADDRESS, stated=stated, similarity=similarity)

    placed.rows(every, stated, Placing.DISTRICT)
    placed.by_name_within(place, Placing.DISTRICT, is_place=False)
    placed.by_name_within(address, Placing.DISTRICT, is_place=False)
    placed.by_likeness(place, Placing.DISTRICT, stated=None, similarity=similarity)
    placed.by_texts([reports[COLUMN_KEYS[key]] for key in source.place_text])
    result = placed.result(
        lon=lon, lat=lat, districts=districts, position_error_m=source.position_error_m
    )
    # a point keeps its coordinates and takes the name that the reporter gave the place
    names = np.where(placed.way == _POINT, place.on_rows(named_place, every), placed.entry)
    for name in ("place_id", "place_name"):
        result[name] = _spread(gazetteer.entries[name], names)
    return result.set_axis(reports.index), placed.matches()


def place_texts(texts: pd.Series, *, gazetteer: Gazetteer, similarity: float) -> pd.DataFrame:
    """Look stored texts of unplaced reports up again, as `place_reports` does for a place.

    Args:
        texts: distinct texts of places.
        gazetteer: names of places and districts, as they are now.
        similarity: how like a listed name (of 100) a misspelt one must be.

    Returns:
        One row a text, on the index of `texts`, with the columns of `place_reports`.
    """
    every = np.arange(len(texts))
    placed = _Placed(gazetteer, np.zeros(len(texts), dtype=bool))
    place = Texts(texts, every)
    placed.by_name(place, gazetteer.exact(place.folded, is_place=True), Placing.PLACE)
    placed.by_name_within(place, Placing.PLACE, is_place=True, similarity=similarity)
    stated = place.on_rows(gazetteer.exact(place.folded, is_place=False), every)
    placed.by_likeness(place, Placing.PLACE, stated=stated, similarity=similarity)
    placed.rows(every, stated, Placing.DISTRICT)
    placed.by_name_within(place, Placing.DISTRICT, is_place=False)
    placed.by_likeness(place, Placing.DISTRICT, stated=None, similarity=similarity)
    nowhere = np.full(len(texts), np.nan)
    return placed.result(lon=nowhere, lat=nowhere).set_axis(texts.index)

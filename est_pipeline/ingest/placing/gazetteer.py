"""The gazetteer: every name that leads to a place or a district, and the ways to look one up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from est_pipeline.domain.geography import districts_of_points
from est_pipeline.domain.schemas import REST_ID
from est_pipeline.domain.text import fold_series
from est_pipeline.ingest.placing.names import NameIndex, Recognition
from est_pipeline.ingest.placing.search import NameFinder, Sieve, build_sieve

_RULES = b"1"
"""Raise it when names are recognised by other rules: then unplaced rows are looked up again."""


@dataclass(frozen=True)
class Gazetteer:
    """Names that lead to a place or a district.

    `entries` is indexed by the folded name: `name` (the place's or district's own), `place_id`,
    `place_name`, `lon`, `lat`, `precision_m` and `district_id`; for a district's name no place is
    given. `spellings` are the names as they are listed.
    """

    entries: pd.DataFrame
    spellings: frozenset[str]

    @cached_property
    def is_place(self) -> np.ndarray:
        """Whether an entry leads to a place, by number of the entry; else it is a district."""
        is_place: np.ndarray = self.entries["place_id"].notna().to_numpy(dtype=bool)
        return is_place

    @cached_property
    def checksum(self) -> str:
        """A checksum of all names and of where they lead, and of the rules by which they do."""
        content = self.entries.to_csv(lineterminator="\n").encode()
        return hashlib.sha256(_RULES + content).hexdigest()[:20]

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of each folded name's entry."""
        return {str(word): number for number, word in enumerate(self.entries.index)}

    @cached_property
    def sieve(self) -> Sieve:
        """Lets through the raw texts in which a name may stand."""
        return build_sieve([str(word) for word in self.entries.index])

    @cached_property
    def _finders(self) -> dict[bool, tuple[NameFinder, np.ndarray]]:
        numbers = {kind: np.flatnonzero(self.is_place == kind) for kind in (True, False)}
        return {
            kind: (NameFinder([str(word) for word in self.entries.index[chosen]]), chosen)
            for kind, chosen in numbers.items()
        }

    @cached_property
    def _indexes(self) -> dict[bool, NameIndex]:
        words = np.array([str(word) for word in self.entries.index], dtype=object)
        owners = self.entries["place_id"].where(self.is_place, self.entries["district_id"])
        return {
            kind: NameIndex(
                tuple(words[self.is_place == kind]),
                tuple(owners[self.is_place == kind]),
                tuple(words[self.is_place != kind]),
            )
            for kind in (True, False)
        }

    def exact(self, folded: list[str], *, is_place: bool) -> np.ndarray:
        """Give the entry of each folded text that is exactly a name; -1 for none."""
        numbers = self.entries.index.get_indexer(pd.Index(folded, dtype="str"))
        return np.where((numbers >= 0) & (self.is_place[numbers] == is_place), numbers, -1)

    def within(self, folded: list[str], *, is_place: bool) -> np.ndarray:
        """Give the entry of the first name that stands within each folded text; -1 for none."""
        finder, numbers = self._finders[is_place]
        found = finder.first_of_each(folded)
        entries: np.ndarray = np.append(numbers, -1).take(found)
        return entries

    def recognise(
        self, folded: dict[str, str], *, is_place: bool, similarity: float
    ) -> dict[str, Recognition]:
        """Recognise folded texts whose names are inflected, shortened or misspelt.

        See `NameIndex.recognise`.
        """
        if not folded:
            return {}
        return self._indexes[is_place].recognise(folded, similarity=similarity)

    def nearest(self, folded: list[str]) -> dict[str, Recognition]:
        """Give the name that each folded text is most like, however little."""
        places, districts = (self._indexes[kind].nearest(folded) for kind in (True, False))
        return districts | {
            text: found
            for text, found in places.items()
            if text not in districts or found.score >= districts[text].score
        }


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
            "name": places["name"],
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
            "name": districts["name"].to_numpy(),
            "district_id": districts["district_id"].to_numpy(),
        }
    )
    entries = pd.concat([named, located], ignore_index=True).explode("word", ignore_index=True)
    spellings = frozenset(entries["word"].astype("str").str.strip())
    entries["word"] = fold_series(entries["word"].astype("str"))
    entries = entries[entries["word"] != ""].drop_duplicates("word").set_index("word")
    for name in ("name", "place_id", "place_name", "district_id"):
        entries[name] = entries.get(name, pd.Series(dtype="str")).astype("str")
    columns = ["name", "place_id", "place_name", "lon", "lat", "precision_m", "district_id"]
    return Gazetteer(entries=entries[columns], spellings=spellings)

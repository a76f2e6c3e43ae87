"""A column of texts by its distinct values, so that each is looked up once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from est_pipeline.domain.text import fold_series

_FROM_STREET_NUMBER = r"[\s,]+\d.*$"

_MOST_ASKED = 20_000
"""So many distinct texts of a block are asked about at most: more are no names of places."""


class Texts:
    """A column of texts by its distinct values: their number on each row, -1 where missing.

    `folded` are the values to look up. `asked` are those to recognise a name in: they show by a
    number that a street number followed.
    """

    def __init__(self, cells: pd.Series, rows: np.ndarray, *, is_street: bool = False) -> None:
        array = pa.array(cells if len(rows) == len(cells) else cells.iloc[rows], type=pa.string())
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if is_street:
            array = pc.replace_substring_regex(array, _FROM_STREET_NUMBER, " 1")
        encoded = array.dictionary_encode()
        self.codes = np.full(len(cells), -1, dtype=np.int64)
        self.codes[rows] = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        self.raw = [str(text) for text in encoded.dictionary.to_pylist()]
        self.asked = fold_series(pd.Series(self.raw, dtype="str")).tolist()
        self.folded = self.asked
        if is_street:
            self.raw = [text.removesuffix(" 1") for text in self.raw]
            self.folded = [text.removesuffix(" 1") for text in self.asked]

    def used(self, rows: np.ndarray) -> np.ndarray:
        """Give the numbers of the values that stand on some rows."""
        is_used = np.zeros(len(self.raw) + 1, dtype=bool)
        is_used[self.codes[rows]] = True
        return np.flatnonzero(is_used[:-1])

    def values_of(self, used: np.ndarray) -> dict[str, list[int]]:
        """Give the numbers of some values by the text to ask about: several may fold alike.

        Where there are too many to be names of places, only the most frequent ones are given.
        """
        if len(used) > _MOST_ASKED:
            counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.raw))[used]
            used = np.sort(used[np.argsort(-counts, kind="stable")[:_MOST_ASKED]])
        by_text: dict[str, list[int]] = {}
        for value in used.tolist():
            by_text.setdefault(self.asked[value], []).append(value)
        return by_text

    def on_rows(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Spread what is known of each value over rows; -1 where the cell is missing."""
        every: np.ndarray = np.append(values, -1)
        spread: np.ndarray = every.take(self.codes[rows], mode="wrap")
        return spread


def streets_of(addresses: pd.Series) -> pd.Series:
    """Give the street of each address: number, stair, flat and postal place are cut off."""
    return addresses.str.replace(_FROM_STREET_NUMBER, "", regex=True)

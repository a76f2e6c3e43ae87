"""Folding: the form in which words are compared, so that case, accents and spacing don't matter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_SPACES = re.compile(r"\s+")
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def fold(word: str) -> str:
    """Give a word in lower case, without accents (å becomes a), with single spaces."""
    decomposed = unicodedata.normalize("NFKD", word).lower()
    bare = "".join(sign for sign in decomposed if unicodedata.category(sign) != "Mn")
    return _SPACES.sub(" ", bare).strip()


def unturned(text: str) -> str:
    """Give a text without the signs that turn the reading direction of what comes after them."""
    return text.translate(_TURNING)


def map_distinct(cells: pd.Series, function: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Apply a function to the distinct values of a column of text, and spread its answers.

    Args:
        cells: text; missing stays missing.
        function: gives one answer a value, in their order.
    """
    encoded = pa.array(cells, type=pa.large_string(), from_pandas=True)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    encoded = encoded.dictionary_encode()
    answers = function(pd.Series(encoded.dictionary.to_pandas(), dtype="str"))
    places = pc.fill_null(encoded.indices, -1).to_numpy()
    return pd.Series(
        answers.array.take(places, allow_fill=True), index=cells.index, name=cells.name
    )


def spread_words(words: Sequence[str], places: np.ndarray, *, index: pd.Index) -> pd.Series:
    """Give a column of text in which each row has the word at its place in `words`."""
    return pd.Series(pd.array(list(words), dtype="str").take(places), index=index)


def fold_series(words: pd.Series) -> pd.Series:
    """Fold a column of text as `fold` does, in one vectorised go; missing stays missing."""
    array = pa.array(words, type=pa.string(), from_pandas=True)
    folded = pc.utf8_lower(pc.utf8_normalize(array, form="NFKD"))
    folded = pc.replace_substring_regex(folded, r"\p{Mn}+", "")
    folded = pc.utf8_trim_whitespace(
        pc.replace_substring_regex(folded, r"[\s\v\x1c-\x1f\x{85}\p{Z}]+", " ")
    )
    # a Series of its own would be aligned with the index instead of taking it
    return pd.Series(folded.to_pandas().array, index=words.index, dtype="str", name=words.name)


def slug(word: str) -> str:
    """Give an ASCII slug (`ovriga-linkoping`) for use in ids and file names."""
    return re.sub(r"[^a-z0-9]+", "-", fold(word)).strip("-")


def counted(number: int, singular: str, plural: str) -> str:
    """Give a number with its Swedish noun: `1 rad`, `2 rader`, `12 000 rader`."""
    return f"{whole_figure(number)} {singular if number == 1 else plural}"


def whole_figure(number: int) -> str:
    """Give a whole number in figures: `12 000`, with a hard space."""
    return f"{number:,}".replace(",", "\u00a0")

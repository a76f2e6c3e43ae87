"""Masking of direct personal data in text, wherever it stands.

Masked text never carries what was masked: `[personnummer]`, `[telefon]` and so on stand in its
place. The archive holds the only unmasked originals.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from stdnum import luhn

_DAY = r"(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_SEPARATOR = r"[\s\x{00A0}]?[-+\x{2010}-\x{2015}\x{2212}]?[\s\x{00A0}]?"
_NAME = r"\p{Lu}[\p{Ll}]+(?:-\p{Lu}\p{Ll}+)?"
_FULL_NAME = rf"{_NAME}(?:\s+(?:(?:von|af|de|al|el)\s+)?{_NAME})*"

_NAME_CUES = (
    "heter|hette|namn|namnet|vid namn|kallas|vittnet|vittne|eleven|elev|pojken|flickan|mannen"
    "|kvinnan|hyresgästen|hyresgäst|anmälaren|anmälare|gärningsmannen|målsäganden|målsägande"
    "|kontakta|kontakt|ring|av|med|herr|fru|fröken|mamma|pappa|boende|granne|grannen"
)
"""Words after which two capitalised words are a person's name."""

# (label, RE2 pattern): what stands around a match is kept by the groups 1 and 2
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("kontonummer", r"()\bSE\s?[0-9]{2}(?:\s?[0-9]{4}){5}\b()"),
    (
        "e-post",
        r"()\b[\p{L}0-9._%+\-]+\s?(?:@|\(at\)|\[at\])\s?[\p{L}0-9\-]+(?:\.[\p{L}0-9\-]+)+()",
    ),
    (
        "personnummer",
        rf"(^|[^0-9])(?:(?:18|19|20)\s?)?[0-9]{{2}}\s?-?{_MONTH}\s?-?{_DAY}{_SEPARATOR}[0-9Xx]{{4}}"
        r"([^0-9]|$)",
    ),
    (
        "telefon",
        r"(^|[^0-9,.\-])(?:(?:\+|00)46[\s\-]?\(?0?\)?|0)[\s\-]?[1-9](?:[\s\-/]{0,2}[0-9]){6,9}"
        r"([^0-9]|$)",
    ),
    ("ip-adress", r"(^|[^0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}([^0-9.]|$)"),
    (
        "registreringsnummer",
        r"(^|[^\p{L}0-9])[A-HJ-PR-UW-Z]{3}[\s\-]?[0-9]{2}[0-9A-HJ-PR-UW-Z]([^\p{L}0-9]|$)",
    ),
    (
        "lägenhet",
        r"(?i)()\b(?:lgh|lägenhet|lägenhetsnummer|lght|apt)\.?\s*(?:nr\.?|nummer)?\s*[0-9]{1,4}\b()",
    ),
    (
        "namn",
        rf"(\b(?:(?i:{_NAME_CUES})):?\s+){_NAME}\s+(?:(?:von|af|de|al|el)\s+)?{_NAME}(?:\s+{_NAME})?()",
    ),
    (
        "namn",
        rf"(\b(?i:heter|hette|vid namn|namn:|namnet|kallas(?: för)?|eleven|vittnet|hyresgästen"
        rf"|anmälaren|målsäganden)\s+){_FULL_NAME}()",
    ),
)


@dataclass(frozen=True)
class Masked:
    """Masked text and, per row, how many things of which sort were masked."""

    text: pd.Series
    counts: dict[str, int]


# what every find has: several digits close together, an at sign, a flat, or a word before a name;
# most cells have none of it and go no further
_SIEVE = (
    r"(?:[0-9][^0-9\n]{0,4}){4}|[0-9]{2}|@|\(at\)|\[at\]|(?i:lgh|lägenhet|lght|apt)"
    rf"|(?i:{_NAME_CUES}|namn:)"
)


def mask_text(cells: pd.Series) -> Masked:
    """Mask direct personal data in a column of text.

    Identity and coordination numbers, phone numbers, e-mail and IP addresses, account and
    registration numbers, flat numbers, and names where the words around say that it is one.

    Returns:
        The column with `[sort]` in place of each find, and the number of cells per sort.
    """
    array = pa.array(cells, type=pa.large_string(), from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if array.null_count == len(array):
        return Masked(cells.astype("str"), {})
    encoded = array.dictionary_encode()
    codes = np.asarray(pc.fill_null(encoded.indices, -1))
    distinct = encoded.dictionary
    suspects = np.flatnonzero(np.asarray(pc.match_substring_regex(distinct, _SIEVE)))
    times_seen = np.bincount(codes[codes >= 0], minlength=len(distinct))[suspects]
    texts, counts = _mask_distinct(distinct.take(pa.array(suspects)), times_seen)
    if not counts:
        return Masked(cells.astype("str"), {})
    words = np.array([*distinct.to_pylist(), None], dtype=object)
    words[suspects] = np.asarray(texts.to_pandas(), dtype=object)
    # a missing cell has code -1, which is the None at the end
    return Masked(pd.Series(words[codes], index=cells.index, dtype="str", name=cells.name), counts)


def _mask_distinct(texts: pa.Array, times_seen: np.ndarray) -> tuple[pa.Array, dict[str, int]]:
    """Mask distinct texts; give them and the number of cells per sort, each as often as seen."""
    counts: dict[str, int] = {}
    for label, pattern in _PATTERNS:
        hits = np.asarray(pc.match_substring_regex(texts, pattern))
        if not hits.any():
            continue
        counts[label] = counts.get(label, 0) + int(times_seen[hits].sum())
        # neighbours share the sign between them, so a second pass finds what the first stepped over
        for _ in range(2):
            texts = pc.replace_substring_regex(texts, pattern, rf"\1[{label}]\2")
    return texts, counts


def mask_columns(
    frame: pd.DataFrame, columns: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Mask several columns of a frame in one go; give it and the number of cells per sort."""
    if not columns:
        return frame, {}
    # one long column: the patterns are costly to prepare and cheap to apply
    stacked = pd.concat([frame[name] for name in columns], ignore_index=True)
    masked = mask_text(stacked)
    size = len(frame)
    parts = {
        name: masked.text.iloc[number * size : (number + 1) * size].set_axis(frame.index)
        for number, name in enumerate(columns)
    }
    return frame.assign(**parts), masked.counts


@functools.lru_cache(maxsize=1024)
def mask_word(text: str) -> str:
    """Mask direct personal data in one piece of text, a file's name say."""
    return str(mask_text(pd.Series([text], dtype="str")).text.iloc[0])


_IDENTITY_NUMBER = rf"^(?:18|19|20)?[0-9]{{2}}{_MONTH}{_DAY}[-+]?[0-9]{{4}}$"


def hide_identity_numbers(ids: pd.Series) -> pd.Series:
    """Put a digest in the place of a row id that is, or holds, a person's number or address.

    A whole id in the shape of an identity number is hidden only if its last digit is the right
    check digit, so that ids made of a date and a serial number stay what they are. Other finds
    count only in an id that no register would make: with a space or an at sign in it. The digest
    keeps rows apart.
    """
    looks_like = ids.str.match(_IDENTITY_NUMBER).fillna(False).astype(bool)
    is_odd = ids.str.contains(r"[\s@]", regex=True).fillna(False).astype(bool)
    if not (looks_like | is_odd).any():
        return ids
    hidden = {text: _digest(text) for text in ids[looks_like].unique() if _has_check_digit(text)}
    hidden |= {text: _digest(text) for text in ids[is_odd].unique() if mask_word(text) != text}
    return ids.replace(hidden)


def _digest(text: str) -> str:
    return "dold-" + hashlib.sha256(text.encode()).hexdigest()[:16]


def _has_check_digit(text: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of the nine before it."""
    return luhn.is_valid("".join(filter(str.isdigit, text))[-10:])

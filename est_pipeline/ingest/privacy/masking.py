"""Masking of direct personal data in text, wherever it stands.

Masked text never carries what was masked: `[personnummer]`, `[telefon]` and so on stand in its
place. The archive holds the only unmasked originals.

All cells go through a sieve (RE2, a few tenths of a second a million sentences); the few that pass
are searched with precise patterns, sort by sort.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from est_pipeline.ingest.privacy.contact_data import COMPUTERS, MAIL, PHONES
from est_pipeline.ingest.privacy.disguises import ODD_SIGNS, in_usual_signs
from est_pipeline.ingest.privacy.finds import Sort, Span, blank_out, cover, plain
from est_pipeline.ingest.privacy.harmless import without_harmless
from est_pipeline.ingest.privacy.identity_numbers import (
    IDENTITY_NUMBERS,
    LOOKS_LIKE_ID,
    has_check_digit,
)
from est_pipeline.ingest.privacy.person_names import NAMES
from est_pipeline.ingest.privacy.registry_numbers import (
    ACCOUNTS,
    CASES,
    FLATS,
    LOOKS_LIKE_CASE,
    PLATES,
    is_case_number,
)

_SORTS: tuple[Sort, ...] = (
    MAIL,
    COMPUTERS,
    CASES,
    ACCOUNTS,
    IDENTITY_NUMBERS,
    PHONES,
    PLATES,
    FLATS,
    NAMES,
)
"""In the order of the search: what one finds is no longer there for the next."""
_AFTER_HARMLESS = frozenset(
    sort.label for sort in (ACCOUNTS, IDENTITY_NUMBERS, PHONES, PLATES, FLATS)
)
"""Sorts that digits of dates, times and places could be taken for: those are set aside before."""

_TOGETHER: tuple[tuple[Sort, ...], ...] = (
    (IDENTITY_NUMBERS,),
    (PHONES, COMPUTERS, MAIL, FLATS, ACCOUNTS, ODD_SIGNS),
    (NAMES, PLATES, CASES),
)
"""All sorts, in groups so that the states of their joint sieve still fit into what RE2 keeps."""

_LABELS = tuple(sort.label for sort in _SORTS)
_TOKEN = re.compile(rf"\[(?:{'|'.join(_LABELS)})(?: [0-9a-f]{{8}})?\]")
"""What masking itself has put there."""

_SAMPLE = 4_000
_PIECE = 600
LONGEST_CELL = 32_767
"""What a cell can hold in Excel; a longer text is replaced by its length, not searched."""

_FEW = 64
"""Up to so many cells, preparing the sieves takes longer than searching every cell."""


@dataclass(frozen=True)
class Masked:
    """Masked text, and the number of cells in which something of each sort was masked."""

    text: pd.Series
    counts: dict[str, int]


def mask_text(cells: pd.Series, *, key: bytes = b"") -> Masked:
    """Mask direct personal data in a column of text.

    Identity and coordination numbers, phone numbers, e-mail and IP addresses, account and
    registration numbers, flat numbers, and names where the words around say that it is one. A
    case number of the police or the social services becomes `[ärende <8 hex>]`, the same number
    always the same eight signs, so that a case can be recognised.

    Args:
        cells: Text; missing cells stay missing.
        key: Secret of the workspace, which the caller supplies. Without it, whoever knows how
            case numbers look could try them all until the eight signs fit.

    Returns:
        The column with `[sort]` in place of each find, and the number of cells per sort.
    """
    chunks = pa.array(cells, type=pa.large_string(), from_pandas=True)
    parts, counts = [], Counter[str]()
    pieces = chunks.chunks if isinstance(chunks, pa.ChunkedArray) else [chunks]
    for chunk in pieces:
        part, found = _mask_array(chunk, key)
        parts.append(part)
        counts.update(found)
    if all(part is chunk for part, chunk in zip(parts, pieces, strict=True)):
        return Masked(cells.astype("str"), {})
    values = pd.array(pa.chunked_array(parts), dtype="str")
    return Masked(pd.Series(values, index=cells.index, name=cells.name), dict(counts))


def _mask_array(cells: pa.Array, key: bytes) -> tuple[pa.Array, dict[str, int]]:
    """Mask an array; give it (itself where nothing was found) and the number of cells per sort."""
    if len(cells) <= _FEW or not _is_repetitive(cells):
        masked, finds = _mask_values(cells, key)
        return masked, {label: len(rows) for label, rows in finds.items()}
    encoded = cells.dictionary_encode()
    distinct = encoded.dictionary
    masked, finds = _mask_values(distinct, key)
    if masked is distinct:
        return cells, {}
    seen = np.bincount(np.asarray(encoded.indices.drop_null()), minlength=len(distinct))
    counts = {label: int(seen[rows].sum()) for label, rows in finds.items()}
    return masked.take(encoded.indices), counts


def _mask_values(values: pa.Array, key: bytes) -> tuple[pa.Array, dict[str, np.ndarray]]:
    """Mask texts by sieve and search; give them and the rows of the finds, sort by sort."""
    if len(values) <= _FEW:
        is_suspect = pc.is_valid(values)
    else:
        is_suspect = functools.reduce(pc.or_, (_pass(values, *sorts) for sorts in _TOGETHER))
        is_suspect = pc.or_(
            is_suspect, pc.fill_null(pc.greater(pc.utf8_length(values), LONGEST_CELL), False)
        )
    suspects = values.filter(is_suspect).to_pylist()
    texts, finds = _mask_distinct(suspects, key)
    if texts == suspects:
        return values, {}
    rows = np.flatnonzero(np.asarray(is_suspect))
    masked = pc.replace_with_mask(values, is_suspect, pa.array(texts, type=values.type))
    return masked, {label: rows[sorted(found)] for label, found in sorted(finds.items())}


def _is_repetitive(cells: pa.Array) -> bool:
    """Tell by its beginning whether a column repeats few values: each is then searched once."""
    sample = cells.slice(0, _SAMPLE)
    return len(sample.unique()) < _SAMPLE / 4


def _pass(cells: pa.Array, *sorts: Sort) -> pa.Array:
    """Tell which cells there may be a find of one of the sorts in; missing cells have none."""
    joint = "|".join(f"(?:{sort.sieve})" for sort in sorts)
    passes = pc.fill_null(pc.match_substring_regex(cells, joint), False)
    if not any(sort.in_vain for sort in sorts):
        return passes
    doubtful = cells.filter(passes)
    still = (
        pc.match_substring_regex(
            pc.replace_substring_regex(doubtful, sort.in_vain, "") if sort.in_vain else doubtful,
            sort.sieve,
        )
        for sort in sorts
    )
    return pc.replace_with_mask(passes, passes, functools.reduce(pc.or_, still))


def _mask_distinct(texts: list[str], key: bytes) -> tuple[list[str], dict[str, set[int]]]:
    """Mask distinct texts; give them, and per sort the positions at which something was found."""
    long = [at for at, text in enumerate(texts) if len(text) > _PIECE]
    done, finds = _mask_short(["" if len(text) > _PIECE else text for text in texts], key)
    for at in long:
        done[at], labels = _mask_long(texts[at], key)
        for label in labels:
            finds.setdefault(label, set()).add(at)
    return done, finds


def _mask_long(text: str, key: bytes) -> tuple[str, set[str]]:
    """Mask a long text piece by piece, twice, so that no find lies across a cut both times.

    The precise patterns may take a time that grows with the square of the text's length.
    """
    if len(text) > LONGEST_CELL:
        return f"[för lång text: {len(text)} tecken]", set()
    labels: set[str] = set()
    for begin in (_PIECE, _PIECE // 2):
        pieces = [text[:begin], *_cut(text, begin)]
        masked, finds = _mask_short(pieces, key)
        text = "".join(masked)
        labels |= finds.keys()
    return text, labels


def _cut(text: str, begin: int) -> Iterator[str]:
    """Cut a text into pieces, between words where there are any."""
    while begin < len(text):
        end = begin + _PIECE
        blank = text.rfind(" ", begin + _PIECE // 2, end)
        end = end if blank < 0 else blank
        yield text[begin:end]
        begin = end


def _mask_short(texts: list[str], key: bytes) -> tuple[list[str], dict[str, set[int]]]:
    composed = [in_usual_signs(text) for text in texts]
    done = list(texts)
    finds: dict[str, set[int]] = {}
    # a find can lay bare another beside it: again, until nothing more is found
    left = list(range(len(done)))
    while left:
        again = []
        sorts_of = _sorts_to_try([composed[at] for at in left])
        for at, sorts in zip(left, sorts_of, strict=True):
            if not sorts:
                continue
            masked, labels = _mask_once(composed[at], sorts, key)
            if labels:
                done[at] = composed[at] = masked
                again.append(at)
                for label in labels:
                    finds.setdefault(label, set()).add(at)
        left = again
    return done, finds


def _sorts_to_try(texts: list[str]) -> list[list[Sort]]:
    """Give, per text, the sorts of which the sieve says that there may be something."""
    if len(texts) <= _FEW:
        return [list(_SORTS)] * len(texts)
    array = pa.array(texts, type=pa.large_string())
    tries: list[list[Sort]] = [[] for _ in texts]
    for sort in _SORTS:
        for row in np.flatnonzero(np.asarray(_pass(array, sort))).tolist():
            tries[row].append(sort)
    return tries


def _mask_once(text: str, sorts: Sequence[Sort], key: bytes) -> tuple[str, list[str]]:
    """Mask what is found of some sorts; give the text and the labels of what was found."""
    shown = plain(text)
    if "[" in shown:
        shown = _TOKEN.sub(blank_out, shown)
    found: list[tuple[Span, str]] = []
    is_covered = False
    for sort in sorts:
        if not is_covered and sort.label in _AFTER_HARMLESS:
            shown = without_harmless(shown)
            is_covered = True
        spans = sort.find(shown)
        if spans:
            spans = _joined(spans)
            found += [(span, sort.label) for span in spans]
            shown = cover(shown, spans)
    for (start, end), label in sorted(found, reverse=True):
        sign = f" {_recognised(text[start:end], key)}" if label == CASES.label else ""
        text = f"{text[:start]}[{label}{sign}]{text[end:]}"
    return text, [label for _, label in found]


def _joined(spans: list[Span]) -> list[Span]:
    """Join spans that overlap."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _recognised(case_number: str, key: bytes) -> str:
    """Give eight signs by which a case number is recognised, however it was spelt."""
    canonical = "".join(filter(str.isalnum, case_number)).upper()
    return hashlib.blake2b(canonical.encode(), digest_size=4, key=key[:64]).hexdigest()


def mask_columns(
    frame: pd.DataFrame, columns: Sequence[str], *, key: bytes = b""
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Mask columns of a frame (see `mask_text`); give it and the number of cells per sort."""
    counts = Counter[str]()
    masked = {}
    for name in columns:
        result = mask_text(frame[name], key=key)
        masked[name] = result.text
        counts.update(result.counts)
    return (frame.assign(**masked) if masked else frame), dict(counts)


@functools.lru_cache(maxsize=1024)
def mask_word(text: str, *, key: bytes = b"") -> str:
    """Mask direct personal data in one piece of text, a file's name say."""
    [masked], _ = _mask_distinct([text], key)
    return masked


_ODD_ID = r"[\s@]"


def hide_identity_numbers(ids: pd.Series, *, key: bytes = b"") -> pd.Series:
    """Put a digest in the place of a row id that is, or holds, a person's number or address.

    A whole id in the shape of an identity number is hidden only if its last digit is the right
    check digit, so that ids made of a date and a serial number stay what they are. Case numbers of
    the police and the social services are hidden too. Other finds count only in an id that no
    register would make: with a space or an at sign in it. The digest keeps rows apart; `key` is
    the workspace's secret (see `mask_text`).
    """
    may_be = ids.str.contains(f"{LOOKS_LIKE_ID}|{LOOKS_LIKE_CASE}|{_ODD_ID}", regex=True)
    suspects = ids[may_be.fillna(False).astype(bool)].unique()
    hidden = {text: _digest(text, key) for text in suspects if _is_personal_id(text)}
    return ids.where(~ids.isin(list(hidden)), ids.map(hidden)) if hidden else ids


def _is_personal_id(text: str) -> bool:
    if re.search(LOOKS_LIKE_ID, text):
        return has_check_digit(text)
    return is_case_number(text) or (bool(re.search(_ODD_ID, text)) and mask_word(text) != text)


def _digest(text: str, key: bytes) -> str:
    return "dold-" + hashlib.blake2b(text.encode(), digest_size=8, key=key[:64]).hexdigest()

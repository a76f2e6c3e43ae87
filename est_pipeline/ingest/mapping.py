"""From a source's own columns to ours: headers, derived columns, selections.

The mapping is data (`data/kallor/<id>.toml`); every source also accepts EST-mallen.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from est_pipeline.config import COLUMN_KEYS, EXTRA_COLUMNS, FORM_COLUMNS, Selection, Source
from est_pipeline.domain.schemas import TEXT_COLUMNS
from est_pipeline.domain.text import fold, map_distinct
from est_pipeline.errors import RefusedFileError
from est_pipeline.ingest.reading.dialect import HeaderScore

_FORM = {**FORM_COLUMNS, **EXTRA_COLUMNS}
_REQUIRED = ("category", "occurred_from")
_NOT_IN_KEY = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class HeaderMap:
    """Which of a file's columns hold which of ours.

    `columns` gives, for each of our columns, the file's columns to take it from: the first that
    is not empty counts. `unused` are the file's columns that nothing was made of.
    """

    columns: dict[str, tuple[str, ...]]
    unused: tuple[str, ...]
    is_form: bool
    is_meeting_form: bool = False


def header_scorer(source: Source) -> HeaderScore:
    """Give the function that counts a line's cells which are header names of form or source."""
    known = {header_key(name) for name in _FORM}
    known |= {header_key(name) for names in source.columns.values() for name in names}
    known |= {header_key(derived.column) for derived in source.derived}
    return lambda cells: sum(header_key(cell) in known for cell in cells if cell)


def header_key(name: str) -> str:
    """Give the form in which header names are compared: without case, accents and punctuation."""
    return _NOT_IN_KEY.sub("", fold(name))


def map_headers(header: Sequence[str], source: Source, *, is_empty: bool = False) -> HeaderMap:
    """Match a file's header against EST-mallen and against the source's own export.

    Names are compared as they stand, then without regard to case, accents and punctuation. The
    shape that explains more of the header is taken, and what it leaves open is looked for in the
    other. A file that can hold no header since it has no rows (`is_empty`, an empty list) needs
    none.

    Raises:
        RefusedFileError: a column that every report needs is missing; what is needed, what was
            found and what may have been meant are listed.
    """
    if is_empty:
        return HeaderMap({}, (), is_form=False)
    derived = [group for rule in source.derived for group in re.compile(rule.pattern).groupindex]
    form = {name: (column,) for column, name in _FORM.items()}
    own = {COLUMN_KEYS[key]: names for key, names in source.columns.items()}
    as_form, as_own = match_columns(form, header, ()), match_columns(own, header, derived)
    is_form = len(as_form) > len(as_own) or not own
    columns, others, wanted = (as_form, as_own, form) if is_form else (as_own, as_form, own)
    taken = {column for names in columns.values() for column in names}
    columns |= {
        name: names
        for name, names in others.items()
        if name not in columns and not taken & set(names)
    }
    used = {column for names in columns.values() for column in names}
    used |= {rule.column for rule in source.derived} | {rule.column for rule in source.selections}
    clocks = {fold(source.times.start_clock), fold(source.times.end_clock)}
    used |= {column for column in header if not is_form and fold(column) in clocks}
    unused = tuple(column for column in header if column not in used)
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        needed = {name: wanted.get(name, form[name]) for name in missing}
        listed = ", ".join(" eller ".join(names) for names in needed.values())
        raise RefusedFileError(
            "kolumner_saknas",
            f"Kolumner saknas. Behövs: {listed}. Finns i filen: {', '.join(header)}."
            + _nearest_guesses(needed.values(), unused),
            advice="Kontrollera att rätt fil har lämnats och att raden med kolumnnamn är med.",
        )
    return HeaderMap(columns, unused, is_form)


def _nearest_guesses(needed: Iterable[Sequence[str]], unused: Sequence[str]) -> str:
    """Say which of the file's columns may be meant; it is never acted upon."""
    by_key = {header_key(column): column for column in unused}
    guesses = []
    for names in needed:
        near = [
            by_key[key]
            for name in names
            for key in difflib.get_close_matches(header_key(name), by_key, n=1, cutoff=0.7)
        ]
        if near:
            guesses.append(f"Menas »{near[0]}« med {names[0]}?")
    return "".join(f" {guess}" for guess in guesses)


def match_columns(
    wanted: Mapping[str, tuple[str, ...]], header: Sequence[str], derived: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Give, for each of our columns, those of a file that hold it, by the names it may have."""
    exact = {column: column for column in (*header, *derived)}
    keys: dict[str, str] = {}
    for column in (*header, *derived):
        keys.setdefault(header_key(column), column)
    found = {}
    for name, candidates in wanted.items():
        hits = [exact.get(word) or keys.get(header_key(word)) for word in candidates]
        kept = tuple(dict.fromkeys(hit for hit in hits if hit))
        if kept:
            found[name] = kept
    return found


def derive_columns(raw: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Give the file's rows with the columns that the source takes out of a column's text."""
    extra: dict[str, pd.Series] = {}
    for rule in source.derived:
        pattern = re.compile(rule.pattern)
        if rule.column not in raw.columns:
            extra |= {
                group: pd.Series(None, index=raw.index, dtype="str") for group in pattern.groupindex
            }
            continue
        groups = raw[rule.column].str.extract(pattern)
        extra |= {group: groups[group].astype("str") for group in pattern.groupindex}
    return raw.assign(**extra)


def select_rows(raw: pd.DataFrame, source: Source) -> pd.Series:
    """Tell which rows concern us by the source's own rules; the others are left out."""
    kept = pd.Series(True, index=raw.index)
    for rule in source.selections:
        if rule.column not in raw.columns:
            raise RefusedFileError(
                "kolumner_saknas",
                f"Kolumnen {rule.column} saknas; utan den går det inte att se vilka rader "
                f"som gäller oss. Finns i filen: {', '.join(map(str, raw.columns[1:]))}.",
                advice="Kontrollera att rätt fil har lämnats.",
            )
        kept &= _passes(raw[rule.column], rule)
    return kept


def _passes(cells: pd.Series, rule: Selection) -> pd.Series:
    if rule.is_one_of:
        return cells.isin(list(rule.is_one_of))
    if rule.ends_with:
        return cells.str.endswith(rule.ends_with).fillna(False).astype(bool)
    return cells.str.contains(str(rule.pattern), regex=True).fillna(False).astype(bool)


def map_columns(
    raw: pd.DataFrame, header_map: HeaderMap, *, only: Sequence[str] = TEXT_COLUMNS
) -> pd.DataFrame:
    """Give the rows in our columns, as text: `line_number` and `TEXT_COLUMNS` (or some of them)."""
    mapped = {"line_number": raw["line_number"]}
    for name in only:
        columns = [c for c in header_map.columns.get(name, ()) if c in raw.columns]
        if not columns:
            mapped[name] = pd.Series(None, index=raw.index, dtype="str")
            continue
        cells = raw[columns[0]]
        for other in columns[1:]:
            cells = cells.where(cells.notna(), raw[other])
        mapped[name] = cells.astype("str")
    return pd.DataFrame(mapped)


def map_codes(words: pd.Series, codes: dict[str, str]) -> pd.Series:
    """Translate a source's own words by its code map; a word without an entry stays as it is.

    A key is compared folded; one that ends in `*` stands for any ending, the longest first.
    """
    if not codes:
        return words
    exact = {fold(key): code for key, code in codes.items() if not key.endswith("*")}
    prefixes = sorted(
        ((fold(key[:-1]), code) for key, code in codes.items() if key.endswith("*")),
        key=lambda entry: -len(entry[0]),
    )

    def translate(word: str) -> str:
        folded = fold(word)
        code = exact.get(folded)
        if code is None:
            code = next((c for prefix, c in prefixes if folded.startswith(prefix)), word)
        return code

    return map_distinct(words, lambda distinct: distinct.map(translate).astype("str"))


def pad_ids(text: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Give the ids back the leading zeros that a spreadsheet has eaten, as the source states."""
    if not source.id_digits:
        return text
    ids = [name for name in ("source_row_id", "replaces_row_id") if name in text]
    return text.assign(
        **{
            name: text[name].where(
                ~text[name].str.fullmatch(r"\d+").fillna(False).astype(bool),
                text[name].str.zfill(source.id_digits),
            )
            for name in ids
        }
    )


def key_of_rows(raw: pd.DataFrame, *, unstable: Sequence[str]) -> pd.Series:
    """Give each row's own cells as one text: `header=value` of every cell that is not empty.

    The order of the columns does not matter; columns that change from one export to the next
    (`unstable`) are left out. From this text a row gets its identity where the source gives none.
    """
    folded = {column: fold(str(column)) for column in raw.columns}
    skipped = {fold(name) for name in unstable} | {"line_number"}
    columns = sorted((c for c in raw.columns if folded[c] not in skipped), key=lambda c: folded[c])
    if raw.empty or not columns:
        return pd.Series("", index=raw.index, dtype="str")
    parts = []
    for column in columns:
        cells = pa.array(raw[column], type=pa.large_string(), from_pandas=True)
        if cells.null_count < len(cells):
            name, end, between = (
                pa.scalar(word, cells.type) for word in (f"{folded[column]}=", "\x1f", "")
            )
            parts.append(pc.binary_join_element_wise(name, cells, end, between))
    if not parts:
        return pd.Series("", index=raw.index, dtype="str")
    nothing = pa.scalar("", pa.large_string())
    joined = pc.binary_join_element_wise(*parts, nothing, null_handling="skip")
    return pd.Series(joined.to_pandas().array, index=raw.index, dtype="str")


def count_by(values: pd.Series) -> dict[str, int]:
    """Count the values of a column, most frequent first."""
    counts = values.value_counts()
    return {str(name): int(n) for name, n in zip(counts.index, np.asarray(counts), strict=True)}

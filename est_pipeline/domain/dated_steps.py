"""Dated steps: known moments from which counts may lie elsewhere, kept by the municipality.

A new routine, a category that is used otherwise, a place that closed: what changed the counting is
no rise and no fall, and only a human knows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from est_pipeline.domain.text import fold
from est_pipeline.errors import ConfigError

_COLUMNS = {
    "fran": "first_on",
    "stadsdel": "district_id",
    "kategori": "category_code",
    "orsak": "reason",
}


def read_steps(
    file: Path, *, districts: Mapping[str, str], category_words: Mapping[str, str]
) -> pd.DataFrame:
    """Read the dated steps; a workspace may do without any.

    Args:
        file: semicolons, one row a step.
        districts: what a district may be written as, folded -> `district_id`.
        category_words: what a category may be written as, folded -> its code.

    Returns:
        One row a step, in order of time: `first_on` (date), `district_id` and `category_code`
        (empty for all of them), `reason`.

    Raises:
        ConfigError: a column is missing, or a date, district or category is wrong; the line is
            named.
    """
    if not file.is_file():
        return pd.DataFrame(columns=list(_COLUMNS.values()))
    try:
        steps = pd.read_csv(file, sep=";", dtype="str", encoding="utf-8-sig", keep_default_na=False)
    except (UnicodeDecodeError, ValueError) as error:
        raise ConfigError(
            f"{file.name} går inte att läsa.",
            advice="Spara filen som CSV UTF-8 med semikolon mellan kolumnerna.",
        ) from error
    missing = [name for name in _COLUMNS if name not in steps.columns]
    if missing:
        raise ConfigError(
            f"{file.name}: kolumnen {missing[0]!r} saknas.",
            advice=f"Första raden ska vara {';'.join(_COLUMNS)}.",
        )
    steps = steps.rename(columns=_COLUMNS)[list(_COLUMNS.values())]
    moments = pd.to_datetime(steps["first_on"].str.strip(), format="%Y-%m-%d", errors="coerce")
    if moments.isna().any():
        line = int(moments.isna().to_numpy().argmax()) + 2
        raise ConfigError(f"{file.name}, rad {line}: datumet skrivs 2026-11-16.")
    return steps.assign(
        first_on=moments.dt.date,
        district_id=_known(steps["district_id"], districts, "stadsdelen", file),
        category_code=_known(steps["category_code"], category_words, "kategorin", file),
    ).sort_values("first_on", kind="stable", ignore_index=True)


def _known(words: pd.Series[str], known: Mapping[str, str], what: str, file: Path) -> list[str]:
    found = []
    for line, word in enumerate(words.str.strip(), start=2):
        if word and fold(word) not in known:
            raise ConfigError(
                f"{file.name}, rad {line}: {what} {word!r} finns inte.",
                advice=f"Tillåtna: {_listed(known.values())}. Tomt betyder alla.",
            )
        found.append(known[fold(word)] if word else "")
    return found


def _listed(values: Collection[str]) -> str:
    return ", ".join(dict.fromkeys(values))

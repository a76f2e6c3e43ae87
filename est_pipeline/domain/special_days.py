"""The calendar: public holidays by law, and the entries that the municipality keeps itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from est_pipeline.errors import ConfigError

HOLIDAY = "helgdag"
_COLUMNS = {"fran": "first_on", "till": "last_on", "slag": "day_type", "namn": "name"}


def read_calendar(file: Path, *, country: str, first: date, last: date) -> pd.DataFrame:
    """Give what stands in the calendar from `first` to `last`, both included.

    Args:
        file: the municipality's own entries (breaks, end of term, events); may be missing.
        country: whose public holidays count, as ISO 3166 (`SE`).
        first: first day asked for.
        last: last day asked for.

    Returns:
        One row an entry that touches the period, in order: `first_on`, `last_on` (dates, both
        included), `day_type` (`helgdag` for a public holiday, else as the file says), `name`.

    Raises:
        ConfigError: a column or a date of the file is wrong; the line is named.
    """
    entries = pd.concat([_public_holidays(country, first, last), _own_entries(file)])
    touches = (entries["last_on"] >= first) & (entries["first_on"] <= last)
    return entries[touches].sort_values(["first_on", "last_on", "name"], ignore_index=True)


def _public_holidays(country: str, first: date, last: date) -> pd.DataFrame:
    import holidays

    years = range(first.year, last.year + 1)
    try:
        days = holidays.country_holidays(country, years=years, language="sv")
    except NotImplementedError:
        raise ConfigError(
            f"data/est.toml, nyckeln kommun.helgdagar_land: landet {country!r} har inga helgdagar "
            "i programmet.",
            advice="Skriv landets två bokstäver, till exempel SE.",
        ) from None
    rows = [(day, day, HOLIDAY, name) for day, name in sorted(days.items()) if name != "Söndag"]
    return pd.DataFrame(rows, columns=list(_COLUMNS.values()))


def _own_entries(file: Path) -> pd.DataFrame:
    if not file.is_file():
        return pd.DataFrame(columns=list(_COLUMNS.values()))
    entries = pd.read_csv(file, sep=";", dtype="str", encoding="utf-8-sig")
    missing = [name for name in _COLUMNS if name not in entries.columns]
    if missing:
        raise ConfigError(f"{file.name}: kolumnen {missing[0]!r} saknas.")
    entries = entries.rename(columns=_COLUMNS)[list(_COLUMNS.values())]
    for name in ("first_on", "last_on"):
        moments = pd.to_datetime(entries[name], format="%Y-%m-%d", errors="coerce")
        if moments.isna().any():
            line = int(moments.isna().to_numpy().argmax()) + 2
            raise ConfigError(f"{file.name}, rad {line}: datumet skrivs 2026-11-16.")
        entries[name] = moments.dt.date
    return entries

"""Files of made-up EST-mall rows, any size, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from est_pipeline.config import FORM_COLUMNS

CHUNK = 250_000
CATEGORIES = np.array(
    ["skadegörelse", "brand", "narkotika", "våld och hot", "ordningsstörning", "nedskräpning"]
)
PLACES = np.array(["Skäggetorps centrum", "Ryds centrum", "Berga centrum", "Stora torget", "", ""])
VERBS = np.array(["såg", "hörde", "mötte", "fann", "rapporterade", "noterade"])
THINGS = np.array(
    ["en grupp ungdomar", "krossat glas", "en trasig lampa", "en moped utan ljus", "skrik", "rök"]
)
SPOTS = np.array(["vid torget", "bakom skolan", "nära hållplatsen", "i parken", "på gångvägen"])


def write_rows(
    file: Path,
    rows: int,
    *,
    seed: int = 1,
    first_day: str = "2016-01-04",
    days: int = 3_650,
    first_id: int = 0,
) -> Path:
    """Write a file of the form: mostly distinct free text, 3 % of it with personal data."""
    draw = np.random.default_rng(seed)
    for start in range(0, rows, CHUNK):
        chunk = make_rows(
            min(CHUNK, rows - start),
            draw,
            first_day=first_day,
            days=days,
            first_id=first_id + start,
        )
        chunk.to_csv(file, sep=";", index=False, mode="a" if start else "w", header=not start)
    return file


def make_rows(
    rows: int, draw: np.random.Generator, *, first_day: str, days: int, first_id: int
) -> pd.DataFrame:
    """Give rows of the form as text."""

    def some(words: np.ndarray) -> pd.Series:
        return pd.Series(words[draw.integers(0, len(words), rows)], dtype="str")

    def digits(low: int, high: int) -> pd.Series:
        return pd.Series(draw.integers(low, high, rows)).astype("str")

    start = pd.Series(
        pd.Timestamp(first_day) + pd.to_timedelta(draw.integers(0, days * 1440, rows), unit="min")
    )
    reported = start + pd.to_timedelta(draw.integers(10, 3_000, rows), unit="min")
    text = (
        "Personal "
        + some(VERBS)
        + " "
        + some(THINGS)
        + " "
        + some(SPOTS)
        + " klockan "
        + digits(0, 24)
        + ", notering "
        + digits(0, 10**6)
        + " i loggen, lugnt när vi gick därifrån"
    )
    born = start.dt.strftime("%y%m%d") + "-" + digits(1000, 9999)
    phone = "ring 070-" + digits(1_000_000, 9_999_999)
    secret = born.where(draw.random(rows) < 0.5, phone)
    text = text.where(draw.random(rows) >= 0.03, text + " " + secret)
    has_point = draw.random(rows) < 0.7
    lat = pd.Series(np.round(draw.uniform(58.385, 58.435, rows), 5)).astype("str")
    lon = pd.Series(np.round(draw.uniform(15.55, 15.68, rows), 5)).astype("str")
    known = {
        "rapport_id": "R" + pd.Series(np.arange(first_id, first_id + rows)).astype("str"),
        "rapporttyp": "händelse",
        "start": start.dt.strftime("%Y-%m-%d %H:%M"),
        "inrapporterad": reported.dt.strftime("%Y-%m-%d %H:%M"),
        "kategori": some(CATEGORIES),
        "allvarlighetsgrad": digits(1, 5),
        "tillförlitlighet": some(np.array(["sett själv", "uppgift", "misstanke"])),
        "plats": some(PLACES),
        "lat": lat.where(has_point, ""),
        "lon": lon.where(has_point, ""),
        "antal_händelser": "1",
        "polisanmäld": some(np.array(["ja", "nej", ""])),
        "fritext": text,
    }
    return pd.DataFrame(known, index=range(rows)).reindex(columns=list(FORM_COLUMNS), fill_value="")

"""Small weeks that pages are made of in the tests, and three years to put behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from est_pipeline.domain.weeks import IsoWeek, week_range

HEADER = "rapport_id;rapporttyp;start;slut;kategori;plats;antal_händelser\n"
HISTORY_WEEKS = 156
SPOTS = {
    "Skäggetorps centrum": ("klotter", 1.5),
    "Ryds centrum": ("brand", 0.8),
    "Berga centrum": ("oljud", 0.6),
    "Stora torget": ("misshandel", 1.6),
    "Ekholmens centrum": ("stöld", 0.7),
}
"""A place -> what happens there, and how often a week."""


@dataclass(frozen=True)
class SmallWeek:
    """What is dropped for one page, source by source, and when the page is made."""

    deliveries: dict[str, str]
    as_of: str = "2026-11-23T09:00:00+01:00"
    week: str = "2026-W47"
    has_history: bool = False


def history_rows(
    *, last_week: str = "2026-W46", weeks: int = HISTORY_WEEKS, share: float = 1.0
) -> str:
    """Give quiet years of the form, ended by a week: the same few places, chance alone."""
    draw = np.random.default_rng(7)
    last = IsoWeek.parse(last_week)
    lines = []
    for week in week_range(last.plus(1 - weeks), last):
        for place, (category, level) in SPOTS.items():
            for _ in range(int(draw.poisson(level * share))):
                start = pd.Timestamp(week.monday) + pd.Timedelta(int(draw.integers(0, 168)), "h")
                number = len(lines) + 1
                lines.append(f"H{number};händelse;{start:%Y-%m-%d %H:%M};;{category};{place};\n")
    return HEADER + "".join(lines)


QUIET = (
    HEADER
    + "Q1;händelse;2026-11-17 21:30;;klotter;Skäggetorps centrum;\n"
    + "Q2;händelse;2026-11-18 22:10;;misshandel;Stora torget;\n"
    + "Q3;händelse;2026-11-20 23:45;;misshandel;Stora torget;\n"
    + "Q4;händelse;2026-11-19 13:00;;brand;Ryds centrum;\n"
    + "Q5;händelse;2026-11-21 01:00;;oljud;Berga centrum;\n"
)

LOUD_AND_LONG = (
    QUIET
    + "".join(
        f"L{number};händelse;2026-11-{16 + number % 7} {18 + number % 5}:{number:02};;klotter;"
        "Skäggetorps centrum;\n"
        for number in range(14)
    )
    + "".join(
        f"B{number};händelse;2026-11-{19 + number % 3} 23:{10 + number};;brand;Ryds centrum;\n"
        for number in range(6)
    )
    + "M1;otrygg plats;2026-11-17 08:00;;belysning;Berga centrum;\n"
    + "F1;insatsfynd;2026-11-19 20:00;;narkotika;Trädgårdsföreningen;\n"
)

WEEKS = {
    "loud": SmallWeek(
        {
            "tib": HEADER
            + "1;händelse;2026-11-17 21:30;;skadegörelse;Skäggetorps centrum;\n"
            + "2;händelse;2026-11-18 22:10;;klotter;Skäggetorps centrum;2\n"
            + "3;händelse;2026-11-20 23:45;;misshandel;Stora torget;\n"
            + "4;händelse;2026-11-16;;brand;Ryd;\n"
            + "5;otrygg plats;2026-11-17 08:00;;belysning;Berga;\n"
            + "6;insatsfynd;2026-11-19 20:00;;narkotika;Trädgårdsföreningen;\n"
            + "7;händelse;2026-11-19 20:00;;stöld;bakom en buske;\n"
            + "8;händelse;2026-11-10 20:00;;stöld;Lambohov;\n"
            + "9;kommande;2026-11-28 12:00;;kommande;Stora torget;\n"
        }
    ),
    "nothing": SmallWeek({"tib": HEADER + "1;inget att rapportera;;;;;\n"}),
    "unplaced": SmallWeek({"tib": HEADER + "1;händelse;2026-11-17 21:30;;skadegörelse;;\n"}),
    "first_week": SmallWeek(
        {
            "tib": HEADER
            + "1;händelse;2026-11-17 21:30;;skadegörelse;Skäggetorps centrum;\n"
            + "2;händelse;2026-11-19 02:00;;misshandel;Stora torget;\n"
        }
    ),
    "week_53": SmallWeek(
        {
            "tib": HEADER
            + "1;händelse;2026-12-27 23:30;;klotter;Stora torget;\n"
            + "2;händelse;2026-12-28 00:30;;klotter;Ryds centrum;\n"
            + "3;händelse;2026-12-31 23:55;;misshandel;Stora torget;\n"
            + "4;händelse;2027-01-01 00:05;;brand;Ryds centrum;\n"
            + "5;händelse;2027-01-03 23:59;;brand;Skäggetorps centrum;\n"
            + "6;händelse;2027-01-04 00:00;;stöld;Berga centrum;\n"
        },
        as_of="2027-01-04T09:00:00+01:00",
        week="2026-W53",
    ),
    "new_year": SmallWeek(
        {
            "tib": HEADER
            + "1;händelse;2025-12-28 23:59;;klotter;Stora torget;\n"
            + "2;händelse;2025-12-29 00:01;;klotter;Ryds centrum;\n"
            + "3;händelse;2025-12-31 23:30;;misshandel;Stora torget;\n"
            + "4;händelse;2026-01-04 12:00;;brand;Skäggetorps centrum;\n"
        },
        as_of="2026-01-05T09:00:00+01:00",
        week="2026-W01",
    ),
    # SF has not reported since week 42 in all that have a history: it is silent in each of them
    "one_silent": SmallWeek({"tib": QUIET}, has_history=True),
    "quiet": SmallWeek(
        {"tib": QUIET, "sf": HEADER + "1;inget att rapportera;;;;;\n"}, has_history=True
    ),
    # the school saw what TiB saw: two reports, one incident
    "loud_after_years": SmallWeek(
        {
            "tib": LOUD_AND_LONG,
            "utb": HEADER + "1;händelse;2026-11-18 22:20;;misshandel;Stora torget;\n",
        },
        has_history=True,
    ),
    "no_incidents_in_berga": SmallWeek(
        {"tib": "".join(line for line in QUIET.splitlines(True) if "Berga" not in line)},
        has_history=True,
    ),
    "only_unplaced": SmallWeek(
        {
            "tib": HEADER
            + "U1;händelse;2026-11-17 21:30;;klotter;;\n"
            + "U2;händelse;2026-11-18 21:30;;klotter;bakom en buske;\n"
            + "U3;otrygg plats;2026-11-18 21:30;;belysning;;\n"
        },
        has_history=True,
    ),
}
"""The pages that are held word for word. The file's name is the page's name."""

"""Swedish dates and times of day, as the page and the receipts write them; no locale is asked."""

from __future__ import annotations

from datetime import date, datetime

WEEKDAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
SHORT_WEEKDAYS = ("mån", "tis", "ons", "tors", "fre", "lör", "sön")
MONTHS = (
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
)
SHORT_MONTHS = (
    *("jan", "feb", "mars", "apr", "maj", "juni"),
    *("juli", "aug", "sep", "okt", "nov", "dec"),
)
NBSP = "\N{NO-BREAK SPACE}"


def clock(moment: datetime) -> str:
    """Write a time of day: `09.00`."""
    return f"{moment:%H.%M}"


def day(on: date) -> str:
    """Write a day of the week at hand: `mån 16 nov`."""
    return f"{SHORT_WEEKDAYS[on.weekday()]} {on.day}{NBSP}{SHORT_MONTHS[on.month - 1]}"


def dated_moment(moment: datetime) -> str:
    """Write a moment that is read by itself: `mån 23 nov 2026 kl. 07.05`."""
    return f"{day(moment)} {moment.year} kl.{NBSP}{clock(moment)}"

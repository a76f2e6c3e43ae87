"""Swedish numbers, dates and grammar: the parts that sentences are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from babel.numbers import format_decimal

from est_pipeline.domain.dates import MONTHS, NBSP, SHORT_WEEKDAYS, WEEKDAYS, clock, day
from est_pipeline.domain.text import fold
from est_pipeline.domain.weeks import IsoWeek

__all__ = [
    "MONTHS",
    "NBSP",
    "NUMBER_WORDS",
    "SHORT_WEEKDAYS",
    "WEEKDAYS",
    "WORD_JOINER",
    "Noun",
    "capital",
    "clock",
    "counted",
    "date_range",
    "day",
    "day_and_clock",
    "figure",
    "full_moment",
    "genitive",
    "inside",
    "listed",
    "listed_phrases",
    "lower_first",
    "moment_before",
    "number_word",
    "short_week",
    "span",
    "tallied",
    "week_number",
]

NUMBER_WORDS = (
    *("noll", "en", "två", "tre", "fyra", "fem", "sex"),
    *("sju", "åtta", "nio", "tio", "elva", "tolv"),
)
WORD_JOINER = "\N{WORD JOINER}"
"""Keeps a line from being broken after a dash."""


@dataclass(frozen=True)
class Noun:
    """A noun that can be counted: its two forms and its gender (`en` or `ett`)."""

    one: str
    many: str
    article: str = "en"


# --- numbers and lists ----------------------------------------------------------------------------


def figure(number: float) -> str:
    """Write a number in figures: decimal comma, space between thousands."""
    return format_decimal(number, format="#,##0.#", locale="sv_SE").replace("-", "\N{MINUS SIGN}")


def number_word(number: int, article: str = "en") -> str:
    """Write a number for running text: in words up to twelve, in figures from 13 on."""
    if number == 1:
        return article
    return NUMBER_WORDS[number] if 0 <= number < len(NUMBER_WORDS) else figure(number)


def counted(number: int, noun: Noun) -> str:
    """Write a number and its noun for running text: `en händelse`, `två händelser`, `13 ...`."""
    if number == 0:
        return f"inga {noun.many}"
    return f"{number_word(number, noun.article)} {noun.one if number == 1 else noun.many}"


def tallied(number: int, noun: Noun) -> str:
    """Write a number in figures and its noun: `1 händelse`, `22 händelser`."""
    return f"{figure(number)}{NBSP}{noun.one if number == 1 else noun.many}"


def listed(parts: Sequence[str]) -> str:
    """Join words as Swedish does: `a`, `a och b`, `a, b och c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} och {parts[-1]}"


def listed_phrases(parts: Sequence[str]) -> str:
    """Join parts that may hold an `och` of their own, the last of them then with `samt`."""
    if len(parts) < 2 or not any(" och " in part for part in parts):
        return listed(parts)
    return f"{', '.join(parts[:-1])} samt {parts[-1]}"


def genitive(name: str) -> str:
    """Give a name's genitive: `Ryds`, `Citys`; nothing is added after s, x and z."""
    return name if name[-1:].lower() in {"s", "x", "z"} else f"{name}s"


def capital(text: str) -> str:
    """Give a text with its first letter in upper case and the rest as it stands."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """Give a name as it stands inside a sentence, unless it opens with an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def inside(name: str) -> str:
    """Give an area's name inside a sentence: a describing first word loses its capital."""
    first = name.split(" ", maxsplit=1)[0]
    describes = " " in name and fold(first) in {"ovriga", "resten", "hela", "utanfor", "andra"}
    return lower_first(name) if describes else name


def span(low: int, high: int) -> str:
    """Write a span of counts: `7–20`, or one figure where both ends are the same."""
    return figure(low) if low == high else f"{figure(low)}–{WORD_JOINER}{figure(high)}"


# --- time -----------------------------------------------------------------------------------------


def day_and_clock(moment: datetime) -> str:
    """Write a moment of the week at hand: `mån 16 nov 09.00`."""
    return f"{day(moment)} {clock(moment)}"


def moment_before(moment: datetime, as_of: datetime) -> str:
    """Write an earlier moment; the year stands only where it is another than that of `as_of`."""
    if moment.year == as_of.year:
        return day_and_clock(moment)
    return f"{day(moment)} {moment.year} {clock(moment)}"


def full_moment(moment: datetime) -> str:
    """Write a moment in full: `måndag 23 november 2026 kl. 09.00`."""
    month = MONTHS[moment.month - 1]
    return (
        f"{WEEKDAYS[moment.weekday()]} {moment.day} {month} {moment.year} kl.{NBSP}{clock(moment)}"
    )


def date_range(first: date, last: date) -> str:
    """Write a span of days: `16–22 november 2026`, also across months and years."""
    end = f"{last.day} {MONTHS[last.month - 1]} {last.year}"
    if first.year != last.year:
        return f"{first.day} {MONTHS[first.month - 1]} {first.year}–{end}"
    if first.month != last.month:
        return f"{first.day} {MONTHS[first.month - 1]}–{end}"
    return end if first == last else f"{first.day}–{end}"


def week_number(iso_week: str) -> int:
    """Give the number of a week written `2026-W47`."""
    return IsoWeek.parse(iso_week).number


def short_week(iso_week: str) -> str:
    """Write a week as `v. 47`."""
    return f"v.{NBSP}{week_number(iso_week)}"

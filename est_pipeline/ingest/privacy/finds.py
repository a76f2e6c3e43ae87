"""What a sort of personal datum is to the masking: a label, a cheap sieve, a precise finder."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Span = tuple[int, int]
"""Where a find begins and ends in the text, in characters."""

FILLER = "\x1a"
"""Stands where something is found already: no digit, no letter, no separator."""

LETTERS = "A-Za-zÀ-ÖØ-öø-ɏ"
"""Latin letters, as they stand within a character class; RE2 and Python read it alike."""

BLANKS = r" \t\x{00A0}"
DASHES = r"\-\x{2013}\x{2014}"
GAP = f"[{BLANKS}]"
DASH = f"[{DASHES}]"
"""What a sieve takes for a space and for a dash; `plain` makes ordinary ones of them."""

PAUSE = rf"[.:={BLANKS}{DASHES}]*"
"""What a sieve lets stand between a word and the number that it announces."""


@dataclass(frozen=True)
class Sort:
    """A sort of personal datum.

    Attributes:
        label: What stands in the place of a find, in square brackets.
        sieve: An RE2 pattern that every text with such a find matches, and few others do.
        find: Gives finds in a plain text (see `plain`): not all need be given at once, as the
            search goes on until there are no more.
        in_vain: RE2 pattern of what often passes the sieve and never is a find.
    """

    label: str
    sieve: str
    find: Callable[[str], list[Span]]
    in_vain: str = ""


def plain(text: str) -> str:
    """Give the text with ordinary spaces and dashes, each character where it was."""
    text = text.replace("\t", " ")
    if text.isascii():
        return text
    return text.replace("\u00a0", " ").replace("\u2013", "-").replace("\u2014", "-")


def blank_out(match: re.Match[str]) -> str:
    """Give what covers a match: as many signs, none of which is part of any find."""
    return FILLER * (match.end() - match.start())


def cover(text: str, spans: list[Span]) -> str:
    """Put filler over the spans; the text keeps its length."""
    for start, end in spans:
        text = text[:start] + FILLER * (end - start) + text[end:]
    return text


def digits_of(text: str) -> str:
    """Give the digits of a text and nothing else."""
    return "".join(filter(str.isdigit, text))

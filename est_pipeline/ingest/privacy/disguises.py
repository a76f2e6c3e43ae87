"""Signs in disguise: other scripts' digits, other dashes and spaces, signs without width."""

from __future__ import annotations

import re
import unicodedata

from est_pipeline.ingest.privacy.finds import Sort


def _odd_ranges() -> str:
    """Give, as the inside of a character class, the signs that hide a digit or letter."""
    usual = {0xA0, 0x2013, 0x2014}  # common in Swedish text; the sieves know them
    blocks = (range(0x80, 0x3001), range(0xA620, 0xAC00), range(0xFE00, 0xFF5F))
    odd = {
        number
        for block in blocks
        for number in block
        if unicodedata.category(chr(number)) in {"Nd", "Cf", "Zs", "Zl", "Zp", "Pd"}
        or 0x300 <= number < 0x370  # accents on their own
        or number > 0xFF00  # full width
        or number == 0x2212  # the minus sign
    } - usual
    starts = sorted(number for number in odd if number - 1 not in odd)
    ends = sorted(number for number in odd if number + 1 not in odd)
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


_ODD = f"[{_odd_ranges()}\U0001d7ce-\U0001d7ff]"
_ODD_SIGN = re.compile(_ODD)
ODD_SIGNS = Sort("", _ODD, lambda _: [])
"""No sort of its own: what stands in such signs must be read before anything can be found."""


def in_usual_signs(text: str) -> str:
    """Give a text with odd signs in the usual ones; any other text as it is."""
    if text.isascii() or not _ODD_SIGN.search(text):
        return text
    return "".join(map(_usual_sign, unicodedata.normalize("NFKC", text)))


def _usual_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign == "\u2212":
        return "-"
    match unicodedata.category(sign):
        case "Cf":
            return ""
        case "Nd":
            return str(unicodedata.digit(sign))
        case "Pd":
            return "-"
        case "Zs" | "Zl" | "Zp":
            return " "
    return sign

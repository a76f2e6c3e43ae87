"""Numbers that are nobody's: dates, times, coordinates, sums of money, ids of our own.

They are covered before the finders search for what looks like them.
"""

from __future__ import annotations

import re

from est_pipeline.ingest.privacy.finds import LETTERS, blank_out, cover

_DAY = r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_COMPACT_DAY = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_OTHER_DAY = (
    r"(?:0?[1-9]|[12][0-9]|3[01])(?P<between>[-./])(?:0?[1-9]|1[0-2])(?P=between)(?:19|20)[0-9]{2}"
)
_HOUR = r"(?:[01]?[0-9]|2[0-4])"
_HARMLESS = re.compile(
    "|".join(
        (
            # a day and a time, spans of days
            rf"{_DAY}[T ]{_HOUR}[:.][0-5][0-9](?:[:.][0-5][0-9](?:[.,][0-9]+)?)?"
            r"(?:\s?Z|[+-][0-9]{2}:?[0-9]{2})?(?![0-9])",
            rf"{_COMPACT_DAY}T[0-9]{{4,6}}(?:[.,][0-9]+)?"
            r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?(?![0-9])",
            rf"{_DAY}\s?[-/]\s?{_DAY}(?![0-9])",
            rf"{_COMPACT_DAY}\s?[-/]\s?{_COMPACT_DAY}(?![0-9])",
            rf"(?<![0-9][-./]){_OTHER_DAY}(?![0-9]|\s?[-+]\s?[0-9]{{4}})"
            rf"(?:,?\s(?:kl\.?\s?)?{_HOUR}[.:][0-5][0-9](?![0-9]))?",
            # times and spans of them
            rf"(?<![.,:-]){_HOUR}[.:][0-5][0-9](?::[0-5][0-9])?\s?-\s?{_HOUR}[.:][0-5][0-9]"
            r"(?![0-9]|\.[0-9])",
            rf"(?<![.,:-])(?<![0-9]\s){_HOUR}[.:][0-5][0-9](?![0-9]|[.][0-9])(?!-[0-9])",
            # degrees
            r"(?<![.,])(?<![0-9][\s-])(?!0[0-9])[0-9]{1,3}[.,][0-9]{4,}"
            r"(?![0-9]|[ -]?[0-9]{2} [0-9])(?!-[0-9]{4})",
            # our own case ids
            r"(?<![A-Za-z-])20[0-9]{2}-[0-9]{6}(?![0-9]|-[0-9])",
            # sums
            r"(?<![.,])(?<![0-9]\s)[1-9][0-9]{0,2}(?:\s[0-9]{3})+(?:,[0-9]+)?\s?"
            r"(?:kr|kronor|SEK|:-)(?![a-zåäö])",
        )
    )
)
"""Harmless from a digit on that no digit precedes."""
_HARMLESS_CODE = re.compile(
    rf"[A-Z](?<![{LETTERS}0-9].)[A-Z]{{0,4}}-?20(?:1[89]|2[0-9]|3[0-5])"
    r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-[0-9]{4}(?![0-9])"
)
"""An own id of letters, day and serial number, which looks like a personal number."""
_NUMBER_CUES = ("P2", "P-", "PN", "NR", "PERS")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")
_DIGITS = re.compile(r"[0-9]+")


def without_harmless(text: str) -> str:
    """Cover dates with times, spans of them, coordinates, our own ids and sums of money."""
    if text.count("-") >= 4:
        text = _UUID.sub(blank_out, text)
    spans = [
        match.span()
        for match in _HARMLESS_CODE.finditer(text)
        if not match[0].startswith(_NUMBER_CUES)
    ]
    text = cover(text, spans)
    spans = []
    end = 0
    for digits in _DIGITS.finditer(text):
        match = _HARMLESS.match(text, digits.start()) if digits.start() >= end else None
        if match:
            spans.append(match.span())
            end = match.end()
    return cover(text, spans)

"""Personal and coordination numbers in text, in every spelling."""

from __future__ import annotations

import re

from stdnum import luhn

from est_pipeline.ingest.privacy.finds import BLANKS, DASHES, LETTERS, PAUSE, Sort, Span, digits_of

_MONTH = r"(?:0[1-9]|1[0-2])"
# a coordination number has the day plus 60
_DAY = r"(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"
_SERIAL = (
    r"(?:[0-9]{2} ?[0-9]{2}"  # four digits
    r"|(?=[^\s]{4}(?![A-Za-z0-9]))(?:[0-9]{0,3}[Xx*?#]{1,4}|[A-Z]{1,2}[0-9]{2,3}))"  # or a reserve
)
_USUAL = re.compile(
    r"(?<![0-9])(?P<century>(?:18|19|20) ?)?"
    r"(?P<year>[0-9]{2})(?P<gap>[ ./-]?)"
    rf"(?P<month>{_MONTH})(?P=gap)(?P<day>{_DAY})(?P<mark> ?[-+/._:~]? ?)(?P<serial>{_SERIAL})"
    # a range of dates, and a time with seconds, go on after what looks like the last four
    r"(?![0-9]|-[0-9]{2}-[0-9]{2}|:[0-9])"
)
_SPACED = re.compile(
    r"[0-9](?<![0-9].)(?<![0-9] .) [0-9](?: [0-9] [0-9])? ?[ ./-]? ?[01] [0-9]"
    r" ?[ ./-]? ?[0-9] [0-9]"
    r" ?[-+/.]? ?[0-9] [0-9] [0-9] [0-9](?! ?[0-9])"
)
_DAY_FIRST = re.compile(
    r"(?<![0-9])(?:0[1-9]|[12][0-9]|3[01])(?P<gap>[ ./-]?)(?:0[1-9]|1[0-2])(?P=gap)"
    r"(?:19|20)?[0-9]{2}"
    r" ?[-+] ?[0-9]{4}(?![0-9]|-[0-9]{2}-[0-9]{2}|[:.][0-9])"
)
# digits in any groups: the check digit must be right, or a dash stand before the last four
_ANY_GROUPS = re.compile(
    r"[0-9](?<![0-9][0-9])(?<![0-9][.,][0-9])(?:[ ./-]?[0-9]){5}(?:[ ./-]?[0-9]{2})?"
    r"[ ./-]?[0-9](?: ?[0-9]){3}"
    r"(?![0-9]|[.,:][0-9]|-[0-9])"
)
_CUE = r"(?:person|pers|prs|p|samordnings|samordn)(?:\.|-| )?(?:nummer|num|nr|no)"
_CUED = re.compile(
    rf"(?i)(?<![{LETTERS}]){_CUE}\b\.?(?: ?[:=] ?| är | var | )?"
    r"(?P<hit>[0-9](?:[ ./+-]{0,3}[0-9x*]){5,13})(?![0-9])"
)
_LOST_ZERO = re.compile(rf"[0-9](?<![0-9.,][0-9]){_MONTH}{_DAY}[0-9]{{4}}(?![0-9]|[.,][0-9])")

_SIX_DIGITS = re.compile(r"(?:[0-9][^0-9]*){6}")
_UNIT = re.compile(
    r"\s?(?:kr|kronor|sek|:-|st|m|km|meter|personer|pers|besökare|deltagare)\b", re.I
)
_MOMENT_BEFORE = re.compile(r"(?i)\b(?:den|datum|tid|tidpunkt|klockan|kl\.?)[ :]*$")
_TIME = re.compile(r"(?:[01][0-9]|2[0-4])[0-5][0-9]")
_RECENT = {True: range(2018, 2036), False: range(2018, 2030)}
"""Years, with and without century, in which a date and four digits may well be a moment: whoever
was born then is a young child, or (30 being 1930) very old."""

_S = rf"[./{BLANKS}{DASHES}]*"
_B = rf"[{BLANKS}]*"
_SIEVE = (
    # year, month, day, and four signs of which the last two are digits or stand for them
    rf"(?:^|[^0-9])(?:[12]{_B}[089]{_B})?[0-9]{_B}[0-9]{_S}(?:0{_S}[1-9]|1{_S}[0-2]){_S}"
    rf"[0-9]{_S}[0-9][+./_:~{BLANKS}{DASHES}]*[0-9A-Zx*?#]{_B}[0-9A-Zx*?#]"
    rf"{_B}[0-9Xx*?#]{_B}[0-9Xx*?#](?:[^0-9]|$)"
    # day first
    rf"|[0-3][0-9]{_S}[01][0-9]{_S}(?:19|20)?[0-9][0-9]{_B}[+{DASHES}]{_B}[0-9]{{4}}(?:[^0-9]|$)"
    r"|(?:^|[^0-9.,])[0-9]{9}(?:[^0-9]|$)"
    rf"|(?i:{_CUE}){PAUSE}(?i:är|var)?{PAUSE}[0-9]"
)
LOOKS_LIKE_ID = rf"^(?:18|19|20)?[0-9]{{2}}{_MONTH}{_DAY}[-+]?[0-9]{{4}}$"
"""A whole cell in the shape of an identity number."""


def has_check_digit(text: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of the nine before it."""
    return luhn.is_valid(digits_of(text)[-10:])


def has_date(digits: str) -> bool:
    """Tell whether ten digits, or twelve with a century, begin with a date (or day plus 60)."""
    if len(digits) == 12 and digits[:2] not in {"18", "19", "20"}:
        return False
    month, day = int(digits[-8:-6]), int(digits[-6:-4])
    return 1 <= month <= 12 and (1 <= day <= 31 or 61 <= day <= 91)


def _is_usual(text: str, match: re.Match[str]) -> bool:
    """Tell whether what has the usual shape is a number of a person, and not a moment or a code."""
    century, serial, mark = match["century"], match["serial"], match["mark"].strip()
    year = int((century or "20").strip() + match["year"])
    before, after = text[: match.start()], text[match.end() :]
    is_right = serial.replace(" ", "").isdigit() and has_check_digit(match[0])
    if not serial[-1].isdigit() and "?" in serial and mark not in {"-", "+"}:
        return False
    if not serial[0].isdigit() and not mark and match["gap"]:
        return False
    if re.match("07[02369]", match[0]) and match[0].isdigit() and len(match[0]) == 10:
        return is_right  # else a phone number
    if mark in {".", ":"} or (mark not in {"-", "+"} and re.match(r"[.,][0-9]", after)):
        return is_right and not re.match(r"[.,][0-9]", after)
    if mark in {"-", "+"} or not serial.isdigit():
        return True
    if _UNIT.match(after):
        return False
    if year in _RECENT[bool(century)] and _TIME.fullmatch(serial):
        return is_right and not _MOMENT_BEFORE.search(before)
    return True


def _is_person(text: str, match: re.Match[str]) -> bool:
    """Tell whether digits in odd groups are a number of a person."""
    digits = digits_of(match[0])
    if not has_date(digits) or _UNIT.match(text, match.end()):
        return False
    if _MOMENT_BEFORE.search(text[: match.start()]) and _TIME.fullmatch(digits[-4:]):
        return False
    return has_check_digit(digits) or bool(re.search(r"[0-9]-[0-9]{4}$", match[0]))


def find_identity_numbers(text: str) -> list[Span]:
    """Find personal and coordination numbers, all those of one way of writing.

    In the usual shapes a valid date is enough, as the check digit may be mistyped; in others the
    check digit must be right. A date followed by a time of day is left alone.
    """
    if not _SIX_DIGITS.search(text):
        return []
    return (
        [match.span() for match in _USUAL.finditer(text) if _is_usual(text, match)]
        or [match.span() for match in _ANY_GROUPS.finditer(text) if _is_person(text, match)]
        or [match.span() for match in _SPACED.finditer(text) if has_date(digits_of(match[0]))]
        or [match.span() for match in _DAY_FIRST.finditer(text)]
        or [match.span() for match in _LOST_ZERO.finditer(text) if has_check_digit("0" + match[0])]
        or [match.span("hit") for match in _CUED.finditer(text)]
    )


IDENTITY_NUMBERS = Sort("personnummer", _SIEVE, find_identity_numbers)

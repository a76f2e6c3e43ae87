"""Phone numbers, e-mail addresses and addresses of computers in text."""

from __future__ import annotations

import ipaddress
import re

from est_pipeline.ingest.privacy.finds import (
    BLANKS,
    DASHES,
    GAP,
    LETTERS,
    PAUSE,
    Sort,
    Span,
    digits_of,
)

# --- e-mail

_AT = r"(?:@|[(\[{<]\s?(?:at|a|@|snabel-?\s?a)\s?[)\]}>]|\bsnabel-?a\b)"
_DOT = r"(?:\.|\s?[(\[{]\s?(?:dot|punkt|\.)\s?[)\]}]\s?)"
_MAIL = re.compile(
    rf"(?i)[{LETTERS}0-9._%+'-]*[{LETTERS}0-9_%+-]\s{{0,2}}{_AT}\s{{0,2}}"
    rf"[{LETTERS}0-9-]+(?:{_DOT}[{LETTERS}0-9-]+)+"
)
_MAIL_CUT = re.compile(rf"[{LETTERS}0-9._%+-]+@[{LETTERS}0-9-]{{2,}}")
_MAIL_IN_WORDS = re.compile(
    rf"(?i)[{LETTERS}0-9._%+-]+ (?:at|snabel-?a) [{LETTERS}0-9-]+(?: ?\. ?| (?:dot|punkt) )"
    r"(?:se|com|nu|org|net|eu|no|dk|fi)\b"
)
MAIL = Sort(
    "e-post",
    r"@|(?i:[(\[{<]\s?(?:at|a|snabel-?\s?a)\s?[)\]}>]|snabel-?a"
    rf"|{GAP}at{GAP}[a-zåäö0-9-]+(?:{GAP}?\.|{GAP}dot{GAP}|{GAP}punkt{GAP}))",
    lambda text: [
        match.span() for p in (_MAIL, _MAIL_IN_WORDS, _MAIL_CUT) for match in p.finditer(text)
    ],
)

# --- addresses of computers

_IP4 = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9])")
_IP6 = re.compile(
    r"(?<![0-9A-Za-z:.])(?=[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*:)[0-9A-Fa-f:]{2,39}"
    r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3})?"
    r"(?:%[0-9A-Za-z]+)?(?![0-9A-Za-z:])"
)
_VERSION = re.compile(
    r"(?i)(?:version|ver\.?|v\.?|release|utgåva|avsnitt|punkt|kap\.?|kapitel)\s?$"
)


def _find_computers(text: str) -> list[Span]:
    found = []
    for match in _IP4.finditer(text):
        parts = match[0].split(".")
        is_address = all(int(part) <= 255 and (part == "0" or part[0] != "0") for part in parts)
        if is_address and not _VERSION.search(text[: match.start()][-12:]):
            found.append(match.span())
    for match in _IP6.finditer(text):
        words = match[0].partition("%")[0].rstrip(":") if match[0].endswith(":") else match[0]
        for address in (match[0], words):
            try:
                ipaddress.IPv6Address(address.partition("%")[0])
            except ValueError:
                continue
            if len(digits_of(address)) + len(re.findall("[a-fA-F]", address)) >= 3:
                found.append((match.start(), match.start() + len(address)))
            break
    return found


COMPUTERS = Sort(
    "ip-adress",
    r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9A-Fa-f:]::?[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:"
    r"|::[0-9A-Fa-f]|[0-9A-Fa-f]::",
    _find_computers,
)

# --- phone numbers

_SEP = r"[ ./()-]{0,3}"
_STRONG_CUE = (
    r"(?:tel|tele|tfn|tlf|tlfn|telnr|telefon|telefonen|mob|mobil|mobilen|mobiltelefon|phone|fax|jour"
    r"|whatsapp|sms)"
)
_WEAK_CUE = (
    r"(?:ring|ringa|ringer|ringt|nås på|når man på|nr|nummer|numret|sms:a|messa|växel|växeln)"
)
_CUED = re.compile(
    rf"(?i)(?<![{LETTERS}])(?:(?P<strong>{_STRONG_CUE}[ .-]?(?:nr|nummer|numret)?)|{_WEAK_CUE})"
    r"(?:[ .:=]{0,3}(?:nr|nummer|är|på|till|hem|arb|arbete|mobil)\b)?[ .:=]{0,3}"
    r"(?P<hit>(?:\((?=0[0-9]{1,3}\)))?[0-9](?:[ ./()-]{0,2}[0-9]){4,11})(?![0-9]|[,:][0-9])"
)
_SWEDISH = re.compile(
    r"(?<![0-9])(?<![0-9][.,:/-])(?:\( ?\+ ?46 ?\)|\(0046\)|\+ ?46|(?<![0-9] )00 ?46|\+ ?\(46\))"
    rf"[ ./-]{{0,3}}(?:\(0\)|0)?{_SEP}[1-9](?:{_SEP}[0-9]){{5,9}}(?![0-9])"
)
_ABROAD = re.compile(
    r"(?<![0-9])(?<![0-9][.,:/ -])(?:\+ ?|00)[1-9](?:[ .()-]{0,2}[0-9]){7,13}(?![0-9]|[.,][0-9])"
)
_NATIONAL = re.compile(
    r"(?<![0-9])(?<![0-9][.,:/-])(?:\((?=0[0-9]{1,3}\)))?0[1-9][0-9]{0,2}\)?"
    rf"(?:{_SEP}[0-9]){{4,9}}(?![0-9]|[,:][0-9])"
)
_SPELT_OUT = re.compile(r"(?<![0-9])(?<![0-9] )0(?:[ .-]{1,3}[0-9]){8,9}(?! ?[0-9])")
# spreadsheets drop the zero in front
_LOST_ZERO = re.compile(
    r"(?<![0-9.,+-])(?<![0-9] )7[02369][ /-]?[0-9](?:[0-9]{6}|[0-9]{2} [0-9]{2} ?[0-9]{2})"
    r"(?![0-9]|[.,:][0-9])"
    r"|(?<![0-9.,+-])467[02369][0-9]{7}(?![0-9])"
)
_UNIT = re.compile(r"(?i)\s?(?:kr|kronor|sek|:-|st|personer|besökare|deltagare|meter|km|m|kvm)\b")
_PUBLIC = {"112", "11414", "11313", "1177", "116000", "116111", "116117", "90000", "118118"}
_DATE = re.compile(
    r"(?:(?:19|20)[0-9]{2}[-./ ](?:0[1-9]|1[0-2])[-./ ][0-3][0-9]"
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]"
    r"|[0-3]?[0-9][-./ ][01]?[0-9][-./ ](?:19|20)[0-9]{2}"
    r"|[0-2][0-9][.:]?[0-5][05] ?- ?[0-2][0-9][.:]?[0-5][05])(?![0-9])"
)


def _is_national(text: str, match: re.Match[str]) -> bool:
    """Tell whether digits that begin with a zero stand in the groups of a phone number."""
    number, digits = match[0], digits_of(match[0])
    is_tail = bool(re.search(r"[0-9] $", text[: match.start()][-2:])) and bool(
        re.fullmatch(r"[0-9]{3}(?: [0-9]{3})+", number)  # of an amount: 2 013 123 456
    )
    if is_tail or _UNIT.match(text, match.end()) or _DATE.match(number):
        return False
    first = re.match(r"\(?([0-9]+)", number)
    area = first[1] if first else ""
    is_whole = len(area) == len(digits)
    has_mark = bool(re.match(r"\(?0[0-9]{1,3}\)?\s?[-/)]", number))
    if re.match("07[02369]", digits):
        is_usual = len(digits) == 10 or (has_mark and 9 <= len(digits) <= 11)
        return len(area) >= 3 and is_usual
    if digits.startswith("08"):
        return _is_of_stockholm(number, digits) and (is_whole or area == "08")
    is_usual = digits[3] != "0" or has_mark or is_whole
    return len(area) > 2 and 9 <= len(digits) <= 10 and is_usual


def _is_of_stockholm(number: str, digits: str) -> bool:
    """Tell whether digits that begin with 08 are a number rather than hours: 08-12, 08.15."""
    if digits[2] == "0" or re.match(r"08-[0-9]{2}[-.:]", number):
        return False
    if len(digits) == 8:
        groups = r"\(?08\)?[ /-]+[0-9]{2,3}[ ./]?[0-9]{1,3}[ ./]?[0-9]{2}"
        return bool(re.fullmatch(groups, number))
    return 9 <= len(digits) <= 10


def _is_cued(text: str, match: re.Match[str]) -> bool:
    """Tell whether digits after a word such as tfn are a phone number."""
    number, digits = match["hit"], digits_of(match["hit"])
    if digits in _PUBLIC or _DATE.match(number) or _UNIT.match(text, match.end()):
        return False
    if re.fullmatch(r"[0-9]{1,2}[.:-][0-9]{2}.*", number) and not number.startswith("0"):
        return False
    return len(digits) >= (5 if match["strong"] else 6)


def _is_abroad(text: str, match: re.Match[str]) -> bool:
    """Tell whether digits after a plus are a phone number rather than a place or a sum."""
    return not _UNIT.match(text, match.end()) and not re.match(r"[+ 0-9]{2,5}\.[0-9]{3}", match[0])


def find_phones(text: str) -> list[Span]:
    """Find phone numbers, all those of one way of writing.

    Swedish and foreign ones are known by their digits, local ones by a word before them.
    """
    return (
        [match.span() for match in _NATIONAL.finditer(text) if _is_national(text, match)]
        or [match.span() for match in _SWEDISH.finditer(text)]
        or [match.span("hit") for match in _CUED.finditer(text) if _is_cued(text, match)]
        or [match.span() for match in _ABROAD.finditer(text) if _is_abroad(text, match)]
        or [match.span() for match in _SPELT_OUT.finditer(text)]
        or [m.span() for m in _LOST_ZERO.finditer(text) if not _UNIT.match(text, m.end())]
    )


_G = rf"[./(){BLANKS}{DASHES}]*"
_START = r"(?:^|[^0-9])"
PHONES = Sort(
    "telefon",
    rf"\+{_G}[1-9](?:{_G}[0-9]){{7}}"
    rf"|{_START}00{GAP}?[1-9](?:{_G}[0-9]){{7}}"
    r"|(?:^|[^0-9.,:/\-]|[^0-9][.,:/\-])"
    rf"08(?:{_G}[1-9][0-9][0-9]|[)/{BLANKS}{DASHES}]+[1-9][0-9])(?:{_G}[0-9]){{3}}"
    rf"|{_START}0[1-9][0-9](?:{_G}[0-9]){{6}}"
    rf"|{_START}0(?:[.{BLANKS}{DASHES}]+[0-9]){{8}}"
    rf"|{_START}7[02369][/{BLANKS}{DASHES}]?[0-9]{{3}}{GAP}?[0-9]{{2}}{GAP}?[0-9]{{2}}"
    r"(?:[^0-9]|$)"
    r"|(?:^|[^0-9])467[02369][0-9]{7}(?:[^0-9]|$)"
    rf"|(?:^|[^{LETTERS}])(?i:{_STRONG_CUE}|{_WEAK_CUE}){PAUSE}"
    rf"(?i:(?:nr|nummer|numret|är|på|till|hem|arb|arbete|mobil){PAUSE})*"
    rf"\(?[0-9](?:{_G}[0-9]){{4}}",
    find_phones,
)

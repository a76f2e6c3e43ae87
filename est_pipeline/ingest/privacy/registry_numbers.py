"""Numbers of vehicles, accounts, flats and other registers' cases in text."""

from __future__ import annotations

import re

from stdnum import iban, luhn

from est_pipeline.ingest.privacy.finds import (
    BLANKS,
    DASH,
    DASHES,
    GAP,
    LETTERS,
    PAUSE,
    Sort,
    Span,
    digits_of,
)

# --- accounts

_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2} ?[0-9]{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}"
    r"(?:[ -]?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])"
)
_SWEDISH_IBAN = re.compile(r"(?i)(?<![A-Za-z0-9])SE ?[0-9]{2}(?:[ -]?[0-9]){20}(?![0-9])")
_CARD = re.compile(r"(?<![0-9])(?<![0-9][.,])[2-6][0-9]{3}(?:[ -]?[0-9]){11,12}(?![0-9]|[.,][0-9])")
_NUMBER = r"[0-9](?:[ .,-]{0,2}[0-9]){4,22}"
_BANKS = "(?:swedbank|nordea|handelsbanken|seb|länsförsäkringar|ica banken|sparbanken|skandia)"
_ACCOUNT_CUE = (
    r"(?:bankgiro|plusgiro|postgiro|bg|pg|swish|bankkonto|lönekonto|sparkonto|personkonto|konto"
    r"|kontot|account|clearing|clear|clnr|cl|kort|bankkort|kontokort|kreditkort|betalkort)"
)
_CUED_ACCOUNT = re.compile(
    rf"(?i)(?<![{LETTERS}]){_ACCOUNT_CUE}[ .-]?(?:nr|nummer|numret|no)?\b"
    r"[ .:=]{0,3}(?:är |till |på |i |nr\.? )?"
    rf"(?:{_BANKS}[ ,:]{{1,3}})?"
    rf"(?P<hit>{_NUMBER})(?![0-9])"
)
_CLEARING = re.compile(
    rf"(?i)(?<![{LETTERS}])clear(?:ing)?[ .-]?(?:nr|nummer|no)?\b[ .:=]{{0,3}}"
    r"(?P<hit>[0-9]{4}(?:[ -]?[0-9])?)(?![0-9])"
)
_MONEY = re.compile(r"(?i)\s?(?:kr|kronor|sek|:-|tkr|mkr)(?![a-zåäö])")
_MOMENT = re.compile(
    r"(?:19|20)[0-9]{2}[-. ](?:0[1-9]|1[0-2])[-. ][0-3][0-9]|[0-2]?[0-9]\.[0-5][0-9](?![0-9])"
)


def _find_accounts(text: str) -> list[Span]:
    found = [match.span() for match in _SWEDISH_IBAN.finditer(text)]
    found += [match.span() for match in _IBAN.finditer(text) if iban.is_valid(match[0])]
    for match in _CARD.finditer(text):
        digits = digits_of(match[0])
        if luhn.is_valid(digits) and (len(digits) == 16 or digits[0] == "3"):
            found.append(match.span())
    found += [
        match.span("hit")
        for match in _CUED_ACCOUNT.finditer(text)
        if not _MONEY.match(text, match.end()) and not _MOMENT.match(match["hit"])
    ]
    found += [match.span("hit") for match in _CLEARING.finditer(text)]
    return found


ACCOUNTS = Sort(
    "kontonummer",
    rf"(?i:SE{GAP}?[0-9]{{2}}(?:(?:{GAP}|{DASH})?[0-9]){{20}}"
    rf"|(?:^|[^a-z0-9])[a-z]{{2}}{GAP}?[0-9]{{2}}(?:(?:{GAP}|{DASH})?[a-z0-9]{{4}}){{2}}"
    r"[a-z0-9 -]{0,8}[0-9]"
    rf"|(?:^|[^a-zåäö]){_ACCOUNT_CUE}{PAUSE}(?:nr|nummer|numret|no)?{PAUSE}(?:är|till|på|i|nr)?{PAUSE}"
    rf"(?:{_BANKS})?[,]?{PAUSE}[0-9](?:(?:{GAP}|[.,]|{DASH}){{0,2}}[0-9]){{3}})"
    rf"|(?:^|[^0-9])[2-6][0-9]{{3}}(?:(?:{GAP}|{DASH})?[0-9]){{11}}",
    _find_accounts,
)

# --- vehicles

_PLATE = r"[A-HJ-PR-UW-Z]{3}[ -]?[0-9]{2}[0-9A-HJ-PR-UW-Z]"
_UPPER_PLATE = re.compile(
    rf"(?<![{LETTERS}0-9])(?<![{LETTERS}0-9]-){_PLATE}(?![{LETTERS}0-9]|[.,:-][0-9]| [0-9]{{3}})"
)
_VEHICLE_CUE = (
    r"(?:reg\.?(?: ?/ ?skylt)?[ .-]{0,2}(?:nr|nummer|numret|skylt|skylten|no)?"
    r"|registreringsnummer|registreringsnumret|registreringsnr|registrering|registreringsskylt|regskylt|skylt|skylten|skyltar|skyltad|registrerad"
    r"|nummerskylt|nummerplåt|nummerplåten|bil|bilen|personbil|personbilen|fordon|fordonet|moped|mopeden|mc"
    r"|motorcykel|motorcykeln|lastbil|skåpbil|släp|släpet|volvo|saab|bmw|audi|toyota|vw|ford|kia|opel)"
)
_CUED_PLATE = re.compile(
    rf"(?i)(?<![{LETTERS}]){_VEHICLE_CUE}(?:[ :.,=]{{1,3}}|(?<=[.:]))"
    r"(?:med |är |var |nr\.? |[\"'(])?"
    rf"(?P<hit>[A-HJ-PR-UW-Z]{{3}}[ -]?[0-9]{{2}}[0-9A-HJ-PR-UW-Z])(?![{LETTERS}0-9]|[.,:-][0-9])"
)
_ODD_CUE = (
    r"(?i:reg\.?[ .-]{0,2}(?:nr|nummer|numret|skylt|skylten)"
    r"|registreringsnummer|registreringsnr|registreringsnumret)"
)
_ODD_PLATE = re.compile(
    rf"(?<![{LETTERS}]){_ODD_CUE}[ :.=]{{1,3}}(?i:är |med )?"
    r"(?P<hit>(?=[A-ZÅÄÖ0-9 -]*[A-ZÅÄÖ])(?=[A-ZÅÄÖ -]*[0-9])"
    rf"[A-ZÅÄÖ0-9]{{1,7}}(?:[ -][A-ZÅÄÖ0-9]{{1,5}}){{0,2}})(?![{LETTERS}0-9])"
)
_NO_PLATES = frozenset({
    "BUS", "CHF", "DEN", "DKK", "DNR", "EAN", "ENG", "EUR", "FAX", "GBP", "GPS", "GSM", "HUS",
    "ISO", "KAP", "KLM", "KOD", "LED", "LGH", "LSS", "LTE", "MED", "MOB", "NOK", "NOR", "OCH",
    "PER", "POS", "RAD", "RAL", "RUM", "SAL", "SAS", "SEK", "SFS", "SMS", "TEL", "TFN", "TLF",
    "USB", "USD"
})  # fmt: skip
"""What stands before three digits and a space more often than it is a plate."""


def _find_plates(text: str) -> list[Span]:
    found = [
        match.span()
        for match in _UPPER_PLATE.finditer(text)
        if match[0][:3] not in _NO_PLATES or match[0][3].isdigit()
    ]
    found += [
        match.span("hit")
        for match in _CUED_PLATE.finditer(text)
        if match["hit"][:3].upper() not in _NO_PLATES or match["hit"][3].isdigit()
    ]
    found += [match.span("hit") for match in _ODD_PLATE.finditer(text)]
    return found


PLATES = Sort(
    "registreringsnummer",
    rf"(?:^|[^{LETTERS}0-9])[A-HJ-PR-UW-Z]{{3}}(?:{GAP}|{DASH})?[0-9]{{2}}[0-9A-HJ-PR-UW-Z]"
    rf"(?:[^{LETTERS}0-9]|$)"
    rf"|(?:^|[^{LETTERS}])(?i:{_VEHICLE_CUE}[:.,=\"'({BLANKS}]{{0,4}}"
    rf"(?:(?:med|är|var|nr\.?)[:{BLANKS}][\"'({BLANKS}]?)?"
    rf"[a-z]{{3}}(?:{GAP}|{DASH})?[0-9]{{2}}[0-9a-z](?:[^{LETTERS}0-9]|$))"
    rf"|{_ODD_CUE}{PAUSE}(?i:är|med)?{PAUSE}[A-ZÅÄÖ0-9 \-]*[0-9]",
    _find_plates,
)

# --- flats

_FLAT_CUE = (
    r"(?:lägenhet(?:en)?(?:s(?:nummer|numret|nr))?|lgh(?:s?nr|s?nummer)?|lght|lägh|läg|apt"
    r"|apartment)"
)
_MONTHS = "jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec"
_FLAT = re.compile(
    rf"(?i)(?<![{LETTERS}]){_FLAT_CUE}[ .:#-]{{0,3}}(?:nr\b|nummer|no\b)?[ .:#-]{{0,3}}"
    r"[a-z]?-?[0-9]{1,4}(?:-[0-9]{1,2}(?![0-9-]))?(?:[a-z](?![a-zåäö]))?"
    r"(?:(?: ?[/&+-] ?|, ?| och | samt | eller )[0-9]{4}(?![0-9]|[-.:][0-9]))*"
    r"(?![0-9]|[.:][0-9]{2}|-[0-9]{2}-)"
    r"(?! ?(?:rok\b|r ?o ?k\b|rum|kvm|m2|m²|st\b|år\b|veckor|dagar|person|kr\b|trapp|min\b|tim"
    rf"|/[0-9]|(?:{_MONTHS})[a-z]*\b))"
)
FLATS = Sort(
    "lägenhet",
    rf"(?i:{_FLAT_CUE})[.:#{BLANKS}{DASHES}]*(?i:nr|nummer|no)?[.:#{BLANKS}{DASHES}]*(?i:[a-z])?"
    rf"{DASH}?[0-9]",
    lambda text: [match.span() for match in _FLAT.finditer(text)],
)

# --- cases

_POLICE_CASE = r"(?:[0-9]{4} ?- ?)?K ?[0-9]{3,7} ?[-/] ?(?:20)?[0-9]{2}"
_OFFICE = r"(?:SOCN?|SN|SON|SOF|IFO|ASN|OSN|ÄN|ÄON|VON|SÄN|IFN|LSS)"
_OFFICE_CASE = rf"{_OFFICE}[ -]?(?:20)?[0-9]{{2}} ?[-/:.] ?[0-9]{{1,6}}"
_BARE_CASE = re.compile(
    rf"(?i:(?<![{LETTERS}0-9])(?:{_POLICE_CASE}))(?![0-9A-Za-z]|-[0-9])"
    rf"|(?<![{LETTERS}0-9-]){_OFFICE_CASE}(?![0-9]|-[0-9])"
    rf"|(?<![{LETTERS}0-9-])AM ?- ?[0-9]{{2,7}} ?- ?[0-9]{{2}}(?![0-9]|-[0-9])"
)
_CODE = r"(?:[A-ZÅÄÖa-zåäö]{1,6}(?:[ .-]|(?=[0-9])))?"
_CASE_CUE = (
    r"(?:dnr|d-nr|dnummer|diarienummer|diarienumret|diarienr|diarie|diariet|akt|aktnr|aktnummer"
    r"|målnr|målnummer|mål)"
)
_CUED_CASE = re.compile(
    rf"(?<![{LETTERS}])(?i:{_CASE_CUE})(?i:[ .:=]{{0,3}}(?:nr|nummer)\b)?[ .:=]{{1,3}}(?i:är )?"
    rf"(?P<hit>{_CODE}(?=[0-9./:-]*[0-9]{{2}})[0-9][0-9./:-]*[0-9](?:-[0-9]+)?)(?![0-9])"
)
_OFFICE_CUE = (
    "(?:ärende|ärendet|ärenden|ärendenr|ärendenummer|ärendenumret|ref|referens|referensnr"
    "|orosanmälan|anmälan|utredning)"
)
_CUED_OFFICE = re.compile(
    rf"(?<![{LETTERS}])(?i:{_OFFICE_CUE})"
    r"(?i:[ .:=]{0,3}(?:nr|nummer)\b)?[ .:=]{1,3}(?i:är )?"
    r"(?P<hit>[A-ZÅÄÖ]{2,6}[ -]?20[0-9]{2}[-/:.][0-9]{1,6}|20[0-9]{2}/[0-9]{1,6}"
    r"|[0-9]{1,6}/(?:20)?[0-9]{2}"
    r"|(?:[A-ZÅÄÖ]{2,6}[ -]?)[0-9]{1,6}[-/](?:20)?[0-9]{2})(?![0-9]|-[0-9])"
)
_NO_CASE = re.compile(
    r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-[0-3][0-9]$|[0-3]?[0-9]/[01]?[0-9]$"
    r"|[0-2]?[0-9][.:][0-5][0-9]$"
)


def _find_cases(text: str) -> list[Span]:
    found = [match.span() for match in _BARE_CASE.finditer(text)]
    for pattern in (_CUED_CASE, _CUED_OFFICE):
        found += [
            match.span("hit")
            for match in pattern.finditer(text)
            if not _NO_CASE.match(match["hit"])
        ]
    return found


LOOKS_LIKE_CASE = (
    rf"^\s*(?:(?:[0-9]{{4}}\s?-\s?)?[Kk]\s?[0-9]{{3}}|{_OFFICE}[ -]?[0-9]{{2}}|AM\s?-\s?[0-9])"
)
"""Begins as a case number of the police, a prosecutor or the social services does."""


def is_case_number(text: str) -> bool:
    """Tell whether a whole cell is a case number of the police or the social services."""
    return bool(_BARE_CASE.fullmatch(text.strip()))


CASES = Sort(
    "ärende",
    rf"(?i:K{GAP}?[0-9]{{3,7}}{GAP}?(?:/|{DASH}){GAP}?[0-9]{{2}}"
    rf"|(?:^|[^{LETTERS}])AM{GAP}?{DASH}{GAP}?[0-9])"
    rf"|{_OFFICE}(?:{GAP}|{DASH})?[0-9]{{2,4}}{GAP}?(?:[/:.]|{DASH}){GAP}?[0-9]"
    rf"|(?i:(?:^|[^{LETTERS}])(?:{_CASE_CUE})"
    rf"{PAUSE}(?:nr|nummer)?{PAUSE}(?:är)?{PAUSE}"
    rf"(?:[a-zåäö]+(?:{GAP}|[.]|{DASH})?)?[0-9]+(?:[./:]|{DASH})?[0-9]"
    # an office's own word stands before any number: only two parts make a case number
    rf"|(?:^|[^{LETTERS}])(?:{_OFFICE_CUE})"
    rf"{PAUSE}(?:nr|nummer)?{PAUSE}(?:är)?{PAUSE}"
    rf"(?:[a-zåäö]+(?:{GAP}|{DASH})?)?[0-9]+(?:[./:]|{DASH})[0-9])",
    _find_cases,
)

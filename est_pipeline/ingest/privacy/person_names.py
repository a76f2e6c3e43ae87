"""Names of people in text: after words that introduce one, and by common first names.

A name is two or three words with capital letters of which the first is a common first name, or
what stands after a word such as `heter`, `vittnet`, `kontakta`. Places and institutions that are
called after a person (Anna Lindhs plats, Karl Johans gata) are left alone.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

from est_pipeline.ingest.privacy.finds import GAP, LETTERS, Sort, Span

_UPPER = "".join(c for c in map(chr, range(0x250)) if c.isupper() and c.isalpha())
_LOWER = "".join(c for c in map(chr, range(0x250)) if c.islower() and c.isalpha())


_NAMES = files("est_pipeline.ingest.privacy") / "names"


def _read_names(file: str) -> frozenset[str]:
    text = (_NAMES / file).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


FIRST_NAMES = _read_names("first_names.txt")
SURNAMES = _read_names("surnames.txt")

_WORDS = tomllib.loads((_NAMES / "words.toml").read_text(encoding="utf-8"))


def _words(key: str) -> frozenset[str]:
    return frozenset(_WORDS[key].split())


_ALSO_WORDS, _NEED_A_SURNAME = _words("also_words"), _words("need_a_surname")
_STRONG, _WEAK = _words("before_any_name"), _words("before_two_words")
_WEAK_SINGLE = _WEAK | _words("before_first_name")
_CUES = _STRONG | _WEAK
_LABEL_ENDS, _NAMED_THINGS = _words("label_ends"), _words("named_things")
_PLACE_WORDS, _BEFORE_A_PLACE = _words("place_words"), _words("before_a_place")
_NO_NAMES, _SMALL_WORDS = _words("no_names"), _words("small_words")
_INTRODUCING = _CUES | _WEAK_SINGLE | _LABEL_ENDS
_NAMING = frozenset({"heta", "heter", "hette", "kallas", "kallad"})

_LINKS = "von|van|af|av|de|da|dos|del|della|der|den|al|el|bin|ibn|ben|la|le|di|du|ter|zu"
_WORD = (
    rf"(?:[{_UPPER}](?:['’][{_UPPER}])?[{_LOWER}]+(?:[{_UPPER}][{_LOWER}]+)?"
    rf"(?:[-'’][{_UPPER}]?[{_LOWER}]+)*|[{_UPPER}][{_LOWER}]?-[{_UPPER}][{_LOWER}]+)"
)
_TOKEN = re.compile(rf"{_WORD}|[{_UPPER}]\.(?= ?[{_UPPER}])|[{_UPPER}](?= [{_UPPER}][{_LOWER}])")
_CAPITAL = re.compile(f"[{_UPPER}]")
_TWO_CAPITALS = re.compile(f"[{_UPPER}][{_UPPER}]")
_RUN = re.compile(
    rf"(?<![{LETTERS}0-9'’])(?<![{LETTERS}0-9]-)(?:{_TOKEN.pattern})"
    rf"(?: {{1,2}}(?:(?:{_LINKS}) ){{0,2}}(?:{_TOKEN.pattern})| ?(?<=\.)(?:{_WORD})){{0,5}}"
    rf"(?![{LETTERS}])"
)
_INITIAL = re.compile(rf" [{_UPPER}](?:\.|(?![{LETTERS}0-9-]))")
_SURNAME_ENDINGS = tuple(
    ending + genitive
    for ending in (
        "sson", "sdotter", "dotter", "kvist", "qvist", "ović", "ovic", "ević", "evic", "oglu",
        "zadeh", "opoulos", "czyk", "lski", "nski", "rski", "wski", "cki", "enko",
    )
    for genitive in ("", "s")
)  # fmt: skip

_LABEL = (
    r"(?:(?:för|efter|tilltals)?namn|fullständigt namn|namnet(?: är| på \w+ är)?|underskrift"
    r"|signerat|signatur|undertecknat|kallas för|kallar sig(?: för)?|alias|mvh|hälsningar"
    r"|lystrar till)"
)
_LABELS = re.compile(rf"(?i)(?<![{LETTERS}])(?:vid )?{_LABEL}(?P<mark>[ :,.]*)$")
_STREETS = (
    "gata|gatan|väg|vägen|plats|platsen|torg|torget|park|parken|skola|skolan|förskola|förskolan"
    "|gymnasium|gymnasiet|gymnasieskola|friskola|allé|allén|gränd|gränden|kyrka|kyrkan|kyrkogård"
    "|församling|centrum|arena|skärgård|socken|universitet"
)
_OF_A_PERSON = (
    "gat|plan|planen|stig|stigen|backe|backen|kapell|center|bro|bron|minne|minnesplats|minneslund"
    "|kulle|tunnel|tunneln|staty|statyn|källa|hem|museum|museet|konsthall|brygga|hamn|udde|äng"
    "|trappa|trappor|hörna|krog|restaurang|pizzeria|salong|bageri|konditori|café|kafé|kiosk|livs"
    "|stiftelse|fond|cup|bibliotek|hall|hallen|idrottsplats|ip|sjukhus|vårdcentral|hotell|rondell"
    "|rondellen|terrass|esplanad|strand|kaj|lekplats|grav|grotta|led|leden|festival|dag|marknad"
    "|kvarter|högskola|institut|institutet"
)
_PLACE_AFTER = re.compile(rf"(?i)[ -](?:{_STREETS})(?![a-zåäö])")
_PLACE_AFTER_GENITIVE = re.compile(rf"(?i)[ -](?:{_STREETS}|{_OF_A_PERSON})(?![a-zåäö])")

_PLACE_ENDINGS = (
    "gatan", "vägen", "torget", "skolan", "platsen", "parken", "gränd", "gränden", "allén",
    "hallen", "kyrkan", "centrum", "stigen", "backen", "gården", "rondellen", "bron", "huset",
    "området", "gymnasiet", "stadion", "arenan", "hemmet", "trafiken", "tjänsten", "verket",
    "bolaget", "föreningen", "förvaltningen", "nämnden", "kommunen", "byrån", "staden", "köping",
)  # fmt: skip


class _Token(NamedTuple):
    text: str
    start: int
    end: int

    @property
    def bare(self) -> str:
        """The word without the s of the genitive, where that leaves a first name."""
        return (
            self.text[:-1]
            if self.text.endswith("s") and self.text not in FIRST_NAMES
            else self.text
        )


def _is_first_name(word: str) -> bool:
    if word in FIRST_NAMES:
        return True
    head, dash, tail = word.partition("-")
    return bool(dash) and head in FIRST_NAMES and tail[:1].isupper()


_SURNAME_START = re.compile(rf"(?:[OD]['’]|Mc|Al-|El-)[{_UPPER}]")


def _is_plain_first_name(word: str) -> bool:
    return word not in _ALSO_WORDS and _is_first_name(word)


def _is_surname(word: str) -> bool:
    return (
        word in SURNAMES
        or word.removesuffix("s") in SURNAMES
        or word.lower().endswith(_SURNAME_ENDINGS)
        or bool(_SURNAME_START.match(word))
        or ("-" in word and any(_is_surname(part) for part in word.split("-") if part))
    )


def _ends_as_a_place(word: str) -> bool:
    return word.lower().removesuffix("s").endswith(_PLACE_ENDINGS)


def _is_no_name(word: str) -> bool:
    return word in _PLACE_WORDS or word in _NO_NAMES or _ends_as_a_place(word)


def holds_first_name(text: str) -> bool:
    """Tell whether a word with a capital is a common first name and no other word.

    For cells in which no person may stand at all: one name is enough, where `find_names` wants two.
    A name that is part of that of a place or an institution (Elsa Brändströms skola) is none.
    """
    return any(
        _is_plain_first_name(token[0])
        and not _is_place_noun(token[0])
        and not _begins_a_place(text, token.start())
        for token in _TOKEN.finditer(text)
    )


def _begins_a_place(text: str, start: int) -> bool:
    """Tell whether the name that begins here goes on as that of a place: Lars | församling."""
    match = _RUN.match(text, start)
    if match is None:
        return False
    tokens = tuple(
        _Token(token[0], start + token.start(), start + token.end())
        for token in _TOKEN.finditer(match[0])
    )
    run = _Run(tokens, text[:start], text[match.end() :])
    return bool(tokens) and run.name_from(0) is None


_BETWEEN = " :,(\"'”"
"""What may stand between a word that introduces a name and the name."""


def _last_word(text: str) -> str:
    words = text[-40:].rstrip(_BETWEEN).split()
    return words[-1].lstrip("(\"'”.,").lower() if words else ""


def _names_a_thing(before: str) -> bool:
    """Tell whether it is a thing that heter something: the street, the school (that) heter."""
    words = [word.strip(",.:") for word in before[-60:].lower().split()[:-1] if word != "som"]
    return bool(words) and words[-1] in _NAMED_THINGS


@dataclass(frozen=True)
class _Run:
    """Words with capitals that stand side by side, and what stands around them."""

    tokens: tuple[_Token, ...]
    before: str
    after: str

    def name_from(self, index: int, *, most: int = 4) -> Span | None:
        """Give the name that begins at a word, unless it is that of a place."""
        words = list(self.tokens[index : index + most])
        reaches_end = index + most >= len(self.tokens)
        for at, word in enumerate(words):
            if word.text in _PLACE_WORDS and at > 0 and _is_place_noun(word.text):
                return None  # Anna Lindhs Plats
            if _is_no_name(word.text):
                words, reaches_end = words[:at], False
                break
        if not words:
            return None
        if reaches_end and _is_place_before(words[-1].text, self.after):
            return None
        return words[0].start, words[-1].end


def _is_place_noun(word: str) -> bool:
    return bool(_PLACE_AFTER_GENITIVE.match(" " + word))


def _is_place_before(last_word: str, after: str) -> bool:
    """Tell whether a name goes on as that of a place: Anna Lindhs | plats."""
    is_genitive = last_word[-1:] in {"s", "S", "x", "z"}
    return bool((_PLACE_AFTER_GENITIVE if is_genitive else _PLACE_AFTER).match(after))


def _find_in_run(run: _Run) -> list[Span]:
    """Give the name in a run of capitalised words, with what introduces it left out."""
    tokens = run.tokens
    if not tokens:  # an initial, say, that what stands after it makes none
        return []
    previous = _last_word(run.before)
    index = 0
    while index < len(tokens) - 1 and tokens[index].text.lower() in _CUES:
        previous = tokens[index].text.lower()
        index += 1
    count = len(tokens) - index
    word = tokens[index].text
    label = _LABELS.search(run.before[-40:]) if index == 0 and previous in _LABEL_ENDS else None
    # "i hans namn Anna" is odd, "namn: Anna" is not
    is_labelled = label is not None and (
        ":" in label["mark"] or not label[0].lower().startswith(("namn ", "efternamn", "förnamn"))
    )
    if is_labelled or (
        previous in _STRONG
        and not (index == 0 and previous in _NAMING and _names_a_thing(run.before))
    ):
        span = None if _is_no_name(word) else run.name_from(index)
        if span:
            return [span]
    is_pair = count >= 2 and not any(_is_no_name(token.text) for token in tokens[index : index + 2])
    is_first_name = count == 1 and _is_plain_first_name(tokens[index].bare)
    if (previous in _WEAK and is_pair) or (previous in _WEAK_SINGLE and is_first_name):
        span = run.name_from(index)
        if span:
            return [span]
    return _find_by_lists(run, previous)


def _find_by_lists(run: _Run, previous: str) -> list[Span]:
    """Give the name that a common first name, or the ending of a surname, makes known."""
    tokens = run.tokens
    for at in range(len(tokens) - 1):
        word, following = tokens[at].text, tokens[at + 1].text
        before = tokens[at - 1].text.lower() if at else previous
        if before in _BEFORE_A_PLACE:
            return []
        is_known = _is_first_name(word) and (
            _is_surname(tokens[-1].text)
            or _is_surname(following)
            or (word not in _NEED_A_SURNAME and not _is_no_name(following))
        )
        is_ending = (
            following.lower().endswith(_SURNAME_ENDINGS)
            and not _is_no_name(word)
            and not _is_no_name(following)
        )
        is_turned = _is_surname(word) and _is_first_name(following)
        is_initial = len(word.rstrip(".")) == 1 and _is_surname(following)
        if is_known or is_ending or is_turned or is_initial:
            span = run.name_from(at)
            return [span] if span else []
    return []


_TURNED = re.compile(rf"(?<![{LETTERS}])({_WORD}), ?({_WORD})(?![{LETTERS}])")
_CAPITALS = re.compile(
    rf"(?<![{LETTERS}-])([{_UPPER}]{{2,}}(?:-[{_UPPER}]+)?) "
    rf"((?:(?i:{_LINKS}) )?[{_UPPER}][{_UPPER}'’-]+)(?![{LETTERS}-])"
)
_CAPITAL_AFTER_CUE = re.compile(
    rf"(?<![{LETTERS}])(?i:{_LABEL}|{'|'.join(sorted(_STRONG))})[ :,(]+"
    rf"([{_UPPER}]{{2,}})(?![{LETTERS}-])"
)
_SMALL_WORD = re.compile(f"[{_LOWER}]+")
_SMALL = re.compile(
    rf"(?<![{LETTERS}-])([{_LOWER}]{{2,}}(?:-[{_LOWER}]+)?) ([{_LOWER}-]{{2,}})(?![{LETTERS}])"
)
_SMALL_FIRST = frozenset(name.lower() for name in FIRST_NAMES - _ALSO_WORDS) - _SMALL_WORDS
_SMALL_STARTS = frozenset(name.lower() for name in FIRST_NAMES)
_SMALL_SURNAMES = frozenset(name.lower() for name in SURNAMES)
_CAPITAL_FIRST = frozenset(name.upper() for name in FIRST_NAMES)
_CAPITAL_WORDS = frozenset(name.upper() for name in _ALSO_WORDS)
_CAPITAL_NO_NAMES = frozenset(
    word.upper() for word in _PLACE_WORDS | _NO_NAMES | {"Och", "I", "På", "Är"}
)
_CUES_BEFORE_SMALL = _STRONG - {"kallas", "kallad"}


def _overlapping(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Give matches of two words, each word tried as the first one."""
    found, at = [], 0
    while match := pattern.search(text, at):
        found.append(match)
        at = match.start(2)
    return found


def _find_in_capitals(text: str) -> list[Span]:
    """Give names in capitals only: ANNA BERG, and ANNA after a word that introduces a name."""
    found = []
    for match in _overlapping(_CAPITALS, text):
        first, last = match[1], match[2]
        head = first.partition("-")[0]
        surname = last.rpartition(" ")[2].capitalize()
        if (
            (first in _CAPITAL_FIRST or head in _CAPITAL_FIRST)
            and (_is_surname(surname) or (head not in _CAPITAL_WORDS and len(last) > 2))
            and last not in _CAPITAL_NO_NAMES
            and not _ends_as_a_place(last)
            and not _is_place_before(last, text[match.end() :])
        ) or (_is_surname(first.capitalize()) and last in _CAPITAL_FIRST - _CAPITAL_WORDS):
            found.append(match.span())
        elif last in _CAPITAL_FIRST and first.lower() in _INTRODUCING:
            found.append(match.span(2))
    return found + [
        match.span(1) for match in _CAPITAL_AFTER_CUE.finditer(text) if match[1] in _CAPITAL_FIRST
    ]


def _find_cased(text: str) -> list[Span]:
    """Give names in capitals only, or in small letters only."""
    found = _find_in_capitals(text) if _TWO_CAPITALS.search(text) else []
    if _SMALL_STARTS.isdisjoint(_SMALL_WORD.findall(text)):
        return found
    for match in _overlapping(_SMALL, text):
        first, last = match[1], match[2]
        is_first = first in _SMALL_FIRST or first.partition("-")[0] in _SMALL_FIRST
        has_ending = last.endswith(_SURNAME_ENDINGS)
        is_last = last in _SMALL_SURNAMES or last.removesuffix("s") in _SMALL_SURNAMES
        if (
            (is_first and is_last) or (has_ending and first.capitalize() in FIRST_NAMES)
        ) and not _is_place_before(last, text[match.end() :]):
            found.append(match.span())
        elif first in _CUES_BEFORE_SMALL and last in _SMALL_FIRST:
            found.append(match.span(2))
    return found


def find_names(text: str) -> list[Span]:
    """Find names of people."""
    found: list[Span] = []
    end = 0
    for capital in _CAPITAL.finditer(text):
        start = capital.start()
        match = _RUN.match(text, start) if start >= end else None
        if not match:
            continue
        end = match.end()
        is_alone = " " not in match[0] and "." not in match[0]
        initial = _INITIAL.match(text, end) if is_alone and _is_plain_first_name(match[0]) else None
        if initial:
            end = initial.end()
            found.append((start, end))
        if initial or (is_alone and _last_word(text[:start]) not in _INTRODUCING):
            continue
        tokens = tuple(
            _Token(token[0], start + token.start(), start + token.end())
            for token in _TOKEN.finditer(match[0])
        )
        found += _find_in_run(_Run(tokens, text[:start], text[end:]))
    if ", " in text:
        found += [
            match.span()
            for match in _overlapping(_TURNED, text)
            if _is_surname(match[1])
            and _is_plain_first_name(match[2])
            and not any(begin < match.start() < until for begin, until in found)
        ]
    return found or _find_cased(text)


def _any_of(words: frozenset[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words))


_U, _L = "A-ZÀ-ÖØ-ÞĀ-Ɏ", "a-zà-öø-ÿĀ-ɏ"
_SON = "(?:sson|dotter|[kq]vist|vi[cć]|oglu|zadeh|opoulos|czyk|[lnrw]ski|cki|enko)s?"
_LINK = rf"(?:(?:{_LINKS}){GAP})?"
_NO_LETTER = f"[^{LETTERS}]"
_SPACE = r"[ \t\n\r\x{00A0}:,(\"'”]+"
_LINK = rf"(?:(?:{_LINKS}){GAP})?"
_CAPITALISED = rf"[{_U}](?:['’][{_U}])?(?:[{_U}]?[{_L}]|[{_L}]?-)"
# kept small: a pattern beyond some 30,000 signs is more than RE2's fast way can hold
_SIEVE = "|".join(
    (
        rf"(?:^|{_NO_LETTER})(?:{_any_of((FIRST_NAMES - _NEED_A_SURNAME) | _SMALL_FIRST)})s?"
        rf"(?:{_NO_LETTER}|$)",
        rf"(?:^|{_NO_LETTER})(?:{_any_of(_NEED_A_SURNAME)})s?{GAP}{{1,2}}[{_U}{_L}]",
        rf"(?i:{_any_of(_STRONG)}|{_LABEL}){_SPACE}(?:{_CAPITALISED}|[{_U}][{_U}. \x{{00A0}}])",
        rf"(?i:{_any_of(_WEAK)}){_SPACE}"
        rf"{_CAPITALISED}[{_U}{_L}'’-]*{GAP}{{1,2}}{_LINK}{_LINK}[{_U}]",
        rf"[{_U}]{{2}}['’{_U}-]*{GAP}(?:(?i:{_LINKS}){GAP})?[{_U}]['’{_U}-]",
        rf"(?:^|{_NO_LETTER})[{_U}](?:\.{GAP}?|{GAP})(?:{_any_of(SURNAMES)})s?(?:{_NO_LETTER}|$)",
        rf"{_SON}(?:{_NO_LETTER}|$)",
    )
)
_NAMED_AFTER = (
    rf"[{_U}][{_U}{_L}-]+{GAP}[{_U}][{_L}]+s{GAP}(?:{_STREETS})(?:{_NO_LETTER}|$)"
    rf"|(?i:sankta?|s:ta?){GAP}[{_U}][{_L}]+"
)
NAMES = Sort("namn", _SIEVE, find_names, _NAMED_AFTER)

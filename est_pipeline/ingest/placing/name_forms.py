"""The words of Swedish place names: kinds of places, sides of town, endings, shortened words.

All on folded texts (`domain.text.fold`). A name's key is the name without what inflection and the
joining of words put on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

SHORT = 5
"""A name with fewer letters is never recognised by likeness: too many words are like it."""

NUMBER = "#"
"""Stands for a number that ends a run of words, such as a street number."""


def _folded(words: str) -> frozenset[str]:
    return frozenset(words.split())


_HEADS = {
    head: forms.split()
    for head, forms in {
        "arena": "arena arenan",
        "aveny": "aveny avenyn",
        "backe": "backe backen",
        "bad": "bad badet",
        "bibliotek": "bibliotek biblioteket",
        "bro": "bro bron",
        "centrum": "centrum centrumet centret center centern centr",
        "dal": "dal dalen",
        "fabrik": "fabrik fabriken",
        "forening": "forening foreningen",
        "galleria": "galleria gallerian",
        "gang": "gang gangen",
        "gard": "gard garden",
        "gata": "gata gatan gat",
        "grand": "grand granden",
        "gymnasium": "gymnasium gymnasiet",
        "hage": "hage hagen",
        "hall": "hallen",
        "hallplats": "hallplats hallplatsen",
        "hus": "hus huset",
        "kulle": "kulle kullen",
        "kyrka": "kyrka kyrkan",
        "led": "led leden",
        "omrade": "omrade omradet",
        "park": "park parken",
        "parkering": "parkering parkeringen",
        "plan": "plan planen",
        "plats": "plats platsen",
        "rondell": "rondell rondellen",
        "sjukhus": "sjukhus sjukhuset",
        "skog": "skog skogen",
        "skola": "skola skolan",
        "slott": "slott slottet",
        "stad": "stad staden",
        "stadion": "stadion",
        "station": "station stationen",
        "stig": "stig stigen",
        "torg": "torg torget",
        "tunnel": "tunnel tunneln",
        "universitet": "universitet universitetet",
        "vag": "vag vagen",
        "vall": "vall vallen",
        "viadukt": "viadukt viadukten",
        "ang": "ang angen",
    }.items()
}
"""What a place is called after its kind, and the forms of the word, folded."""

_HEAD_OF = {form: head for head, forms in _HEADS.items() for form in forms}
_HEAD_ENDINGS = sorted(_HEAD_OF, key=len, reverse=True)

_ENDINGS = ("ens", "ets", "ns", "ts", "en", "et", "n", "t")
"""Definite forms that a reporter puts on a name that is listed without them."""

FILLERS = _folded(
    """
    vid invid intill utanfor innanfor ovanfor nedanfor framfor bakom bredvid nara strax runt kring
    omkring langs langsmed utmed i inne in pa ute uppe nere hos mellan och samt eller av om fran
    till mot emot mitt mittemot genom under over via narheten narhet korsningen korsning hornet
    hornan kvarteret kv omradet
    """
)
"""Words between names: a name does not reach over them."""

_SIDES = {
    side: group
    for group in ("norra norr nord", "sodra soder syd sor", "ostra oster ost", "vastra vaster vast")
    for side in group.split()
}
_SIDES |= {word: word for word in _folded("stora lilla gamla nya ovre nedre inre yttre")}
"""Words that tell two places apart that else have the same name."""
_SIDE_PREFIXES = ("norr", "nord", "soder", "syd", "ost", "vast")

_LEADING = {
    "n": ("norra",),
    "s": ("sodra",),
    "o": ("ostra",),
    "v": ("vastra",),
    "s:t": ("sankt",),
    "st": ("sankt",),
    "s:ta": ("sankta",),
    "s:a": ("sankta", "sodra"),
    "st:a": ("stora", "sankta"),
    "l:a": ("lilla",),
    "g:a": ("gamla",),
    "n:a": ("norra", "nya"),
    "o:a": ("ostra",),
    "v:a": ("vastra",),
}
"""Shortened words that stand before a name."""
_TRAILING = {
    "c": ("centrum",),
    "ctr": ("centrum",),
    "g": ("gatan",),
    "v": ("vagen",),
    "pl": ("plats", "platsen"),
    "gymn": ("gymnasium",),
    "stn": ("station",),
    "omr": ("omradet",),
    "hpl": ("hallplats",),
}
"""Shortened words that stand after one, or (with a point) at the end of one."""
_SHORTENED_ENDINGS = {
    "g": ("gatan",),
    "gat": ("gatan",),
    "v": ("vagen",),
    "vag": ("vagen",),
    "pl": ("plats", "platsen", "plan"),
    "sk": ("skolan",),
    "p": ("parken",),
    "t": ("torget",),
    "omr": ("omradet",),
}

TOKEN = re.compile(r"[^\W\d_]+(?::[^\W\d_]+)?\.?|\d+[^\W_]*|[^\w\s-]")  # a hyphen joins


@cache
def kind_split(word: str) -> tuple[str, str]:
    """Give what a word says of a place and which kind of place: `skäggetorps|skolan`."""
    for form in (word, word.removesuffix("s")):
        if form in _HEAD_OF:
            return "", _HEAD_OF[form]
    for form in (word, word.removesuffix("s")):
        for ending in _HEAD_ENDINGS:
            if form.endswith(ending) and len(form) >= len(ending) + 2:
                return without_genitive(form.removesuffix(ending)), _HEAD_OF[ending]
    return without_genitive(word), ""


def without_genitive(word: str) -> str:
    """Give a name without the s that ties it to what follows: `skäggetorps`."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word


@cache
def part_of(word: str) -> str:
    """Give what a word adds to the key of a name."""
    return "".join(kind_split(word))


def key_of(words: Sequence[str]) -> str:
    """Give a name without what inflection and the joining of words put on it."""
    return "".join(map(part_of, words))


@cache
def indefinite_forms(word: str) -> tuple[str, ...]:
    """Give what may be left of a name when a definite form is taken off, which names lack."""
    if kind_split(word)[1]:
        return ()
    shorter = ((word.removesuffix(ending), len(ending)) for ending in _ENDINGS)
    least = {1: SHORT - 1, 2: SHORT, 3: SHORT}
    return tuple(form for form, n in shorter if form != word and len(form) >= least[n])


def without_definite_form(key: str) -> str:
    """Give a listed name (`Garnisonen`) in its indefinite form."""
    if len(key) >= 9:
        for ending in ("en", "et"):
            if key.endswith(ending):
                return key.removesuffix(ending)
        if key.endswith("an"):
            return key[:-1]
    return key


def words_of(text: str) -> list[str]:
    """Give the words and numbers of a text, without the point that shortens one."""
    return [token.rstrip(".") for token in TOKEN.findall(text) if token[0].isalnum()]


def readings_of(segment: Sequence[str], place: int) -> tuple[str, ...]:
    """Give what a word can stand for: first itself, then what it can be short for."""
    token = segment[place]
    word = token.rstrip(".")
    is_shortened = token.endswith(".") or segment[place + 1 : place + 2] == [NUMBER]
    long: list[str] = []
    if place == 0 or token in {"s:t", "st:a", "s:ta"}:
        long += _LEADING.get(word, ())
    if place > 0:
        long += _TRAILING.get(word, ())
    if is_shortened:
        for ending, written_out in _SHORTENED_ENDINGS.items():
            if word.endswith(ending) and len(word) >= len(ending) + 2:
                long += [word.removesuffix(ending) + full for full in written_out]
    return (word, *long)


def sides_of(words: Sequence[str]) -> set[str]:
    """Give which sides of town, or which of two, the words say."""
    return {_SIDES[word] for word in words if word in _SIDES}


def side_prefix(word: str) -> str:
    """Give the side of town that a word begins with; empty where it names none."""
    for prefix in _SIDE_PREFIXES:
        if word.startswith(prefix):
            return _SIDES[prefix]
    return ""

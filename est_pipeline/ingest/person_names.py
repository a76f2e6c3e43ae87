"""Names of people in text: after words that introduce one, and by common first names.

A name is two or three words with capital letters of which the first is a common first name, or
what stands after a word such as `heter`, `vittnet`, `kontakta`. Places and institutions that are
called after a person (Anna Lindhs plats, Karl Johans gata) are left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

from est_pipeline.ingest.finds import GAP, LETTERS, Sort, Span

_UPPER = "".join(c for c in map(chr, range(0x250)) if c.isupper() and c.isalpha())
_LOWER = "".join(c for c in map(chr, range(0x250)) if c.islower() and c.isalpha())


def _read_names(file: str) -> frozenset[str]:
    text = (files("est_pipeline.ingest") / "names" / file).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


FIRST_NAMES = _read_names("first_names.txt")
SURNAMES = _read_names("surnames.txt")

_ALSO_WORDS = frozenset(
    """Alma Bo Dag Dan Dana Folke Frank Hans Hao Iris Jan Juni June Kai Kent Klara Lea Li Lill
    Lilly Line Linn Liv Loke Lova Love Luna Maj Mark Max Medina Mei Milan Milo Ming Mira My Nada
    Nova Nur Odd Per Ray Regina Rita Roda Rosa Roy Saga Said Sally Sam Siv Sofia Stella Sten Stig
    Ted Thi Tim Tor Tove Ture Tuva Uno Urban Vega Victoria Viking Viktoria Viola Wei Yan Zara""".split()
)
"""First names that are words, places or firms too (a restaurant, a cinema, a hospital)."""
_NEED_A_SURNAME = frozenset(
    """Dag Hans Hao Juni June Klara Line Love Luna Maj Mark Max Medina Mei Milan Ming My Nada
    Nova Nur Odd Per Ray Regina Rita Roda Rosa Saga Stella Sten Stig Thi Tor Urban Vega Victoria
    Viking Viktoria Viola Yan Zara""".split()
)
"""Those of them that make a name only before a common surname."""
_SMALL_WORDS = frozenset("amin barn iman jana marie mina nina nora tina tone".split())
"""What further first names mean in small letters."""

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
    rf"(?: {{1,2}}(?:(?:{_LINKS}) ){{0,2}}(?:{_TOKEN.pattern})| ?(?<=\.)(?:{_WORD})){{0,5}}(?![{LETTERS}])"
)
_SURNAME_ENDINGS = tuple(
    ending + genitive
    for ending in (
        "sson", "sdotter", "dotter", "kvist", "qvist", "ović", "ovic", "ević", "evic", "oglu",
        "zadeh", "opoulos", "czyk", "lski", "nski", "rski", "wski", "cki", "enko",
    )
    for genitive in ("", "s")
)  # fmt: skip

# After these anything with a capital is a name.
_STRONG = frozenset(
    """heter hette kallas kallad vittnet vittne vittnen eleven elev elever eleverna pojken pojke
    flickan flicka mannen kvinnan hyresgästen hyresgäst anmälaren anmälare gärningsmannen
    gärningsman målsäganden målsägande målsägaren misstänkte misstänkta offret herr fru fröken
    mamma mamman pappa pappan sonen son dottern dotter brodern bror systern syster maken make makan
    sambon sambo pojkvän pojkvännen flickvän flickvännen exman exmaken kompis kompisen kompisar
    vännen vän mormor farmor morfar farfar farbror moster faster kusin kusinen grannen tonåringen
    ynglingen brukaren brukare klienten klient patienten patient vårdnadshavare vårdnadshavaren
    lärare läraren rektor rektorn kurator kuratorn mentor handläggare handläggaren kontaktperson
    kontaktpersonen kommissarie inspektör skolsköterska skolsköterskan assistent assistenten
    fältassistent socialsekreterare socialsekreteraren anhörig anhörige tränaren rapportör
    rapportören uppgiftslämnare uppgiftslämnaren inringaren sagesman kollegan kollega bekant
    förövaren rånaren namne dömde åtalade åtalad gripne kunden killen tjejen barnet""".split()
)
# After these only two words, or one common first name.
_WEAK = frozenset(
    """av med ring ringa ringde kontakta kontaktade kontakt boende granne ägare ägaren enligt mejla
    maila sms:a hälsa mötte träffade polis polisen väktare väktaren ordningsvakt ordningsvakten
    vakten personal chef chefen misstänkt föräldern förälder vaktmästare vaktmästaren förare föraren
    passagerare passageraren polisman hotade slog namn namnet efternamn förnamn""".split()
)
# After these only one common first name.
_WEAK_SINGLE = _WEAK | frozenset("hos från till åt mot för och samt".split())
_CUES = _STRONG | _WEAK
_LABEL = (
    r"(?:(?:för|efter|tilltals)?namn|fullständigt namn|namnet(?: är| på \w+ är)?|underskrift|signerat"
    r"|signatur|undertecknat|kallas för|kallar sig(?: för)?|alias|mvh|hälsningar|lystrar till)"
)
_LABEL_ENDS = frozenset(
    """namn förnamn efternamn tilltalsnamn namnet är underskrift signerat signatur undertecknat för
    sig alias mvh hälsningar till""".split()
)
"""The last words of such a label."""
_LABELS = re.compile(rf"(?i)(?<![{LETTERS}])(?:vid )?{_LABEL}(?P<mark>[ :,.]*)$")
_INTRODUCING = _CUES | _WEAK_SINGLE | _LABEL_ENDS
_NAMING = frozenset({"heter", "hette", "kallas", "kallad"})
_NAMED_THINGS = frozenset(
    """gata gatan väg vägen plats platsen skola skolan torg torget område området park parken
    gård gården centrum centrumet hus huset krog krogen restaurang restaurangen pizzeria
    pizzerian butik butiken affär affären klubb klubben förening föreningen buss bussen
    linje linjen båten fartyget hund hunden katt katten häst hästen kvarter kvarteret
    stadsdel stadsdelen film filmen spel spelet app appen projekt projektet grupp
    gruppen gäng gänget låt låten program programmet företag företaget firma firman
    stråk stråket rondell rondellen bro bron tunnel tunneln sjö sjön skog skogen
    festival festivalen evenemang evenemanget hållplats hållplatsen station stationen
    lokal lokalen hall hallen arena arenan by byn ort orten stad staden kommun kommunen
    insats insatsen operation operationen metod metoden""".split()
)
"""What else than a person may be called something."""

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

_PLACE_WORDS = frozenset(
    """Gata Gatan Väg Vägen Plats Platsen Plan Torg Torget Park Parken Skola Skolan Gymnasium Allé
    Gymnasiet Gränd Stig Stigen Backe Backen Kyrka Kyrkan Center Centrum City Bro Bron Minne Arena
    Arenan Hall Hallen Stadion Museum Hotell Hotel Restaurang Pizzeria Krog Bar Café Kafé Burgers
    Hamburgare Hamburgerrestaurang Huset Hus Kulturhus Bibliotek Bio Kommun Kommunen Region Regionen
    Län Universitet Sjukhus Vårdcentral Resecentrum Station Stationen Stora Lilla Norra Södra Västra
    Östra Gamla Nya Inre Yttre Övre Nedre Sankt Sankta Polisen Polis Securitas Stångåstaden
    Östgötatrafiken Socialtjänsten Räddningstjänsten Ica Coop Lidl Willys Hemköp Maxi Kvantum Konsum
    Systembolaget Apoteket Bilprovningen Försäkringskassan Arbetsförmedlingen Kriminalvården Skatteverket
    Trafikverket Samhall Hansa Bank Banken Fastigheter Bostad Bostäder Bygg Taxi Buss Västtrafik Ab
    Sverige Linköping Linköpings Norrköping Norrköpings Östergötland Östergötlands Stockholm Göteborg
    Malmö Motala Mjölby Skäggetorp Skäggetorps Ryd Ryds Berga Lambohov Johannelund Tannefors
    Vasastaden Innerstaden Ekholmen Hjulsbro Ullstämma Malmslätt Vidingsjö Ikano Mercedes Volvo Saab
    Toyota Audi Ford Kia Opel Peugeot Renault Skoda Tesla Citroen Mazda Nissan Fiat Honda Yamaha
    Lördag Söndag Måndag Tisdag Onsdag Torsdag Fredag Januari Februari Mars April Maj Juni Juli
    Augusti September Oktober November December""".split()
)
_PLACE_ENDINGS = (
    "gatan", "vägen", "torget", "skolan", "platsen", "parken", "gränd", "gränden", "allén",
    "hallen", "kyrkan", "centrum", "stigen", "backen", "gården", "rondellen", "bron", "huset",
    "området", "gymnasiet", "stadion", "arenan", "hemmet", "trafiken", "tjänsten", "verket",
    "bolaget", "föreningen", "förvaltningen", "nämnden", "kommunen", "byrån", "staden", "köping",
)  # fmt: skip
_BEFORE_A_PLACE = frozenset(
    """sankt sankta s:t s:ta st kung kungen drottning prins prinsessan kvarteret kv statyn hotell
    hotel restaurang restaurangen pizzeria pizzerian café kafé krogen förskolan skolan fartyget
    båten m/s s/s stiftelsen butiken puben baren salongen färjan gatan vägen torget parken bussen
    hållplats hållplatsen filmen boken låten serien stormen ovädret""".split()
)
_NO_NAMES = frozenset(
    """Okänd Okänt Okända Ej Inte Ingen Inga Inget Saknas Uppgift Uppgifter Se Anonym Anonymt Vet Nej Ja
    Den Det De Han Hon Hen Hans Hennes Deras Vi Jag Du Ni Man En Ett Flera Någon Några Annan Sekretess
    Efter Innan Vid På Från Till Och Men Som När Där Då Ambulans Ambulansen Vakt Vakten Väktare
    Ordningsvakt Patrull Alla Båda Ingenting Platsen Polispatrull Rektor Lärare Personal Elev Förälder
    Anmälan Ärende Skyddad Dold Borttaget Maskerat Hemlig Id Ok""".split()
)


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
    if previous in _WEAK and (
        (count >= 2 and not any(_is_no_name(token.text) for token in tokens[index : index + 2]))
        or (
            previous in _WEAK_SINGLE
            and _is_first_name(tokens[index].bare)
            and tokens[index].bare not in _ALSO_WORDS
            and count == 1
        )
    ):
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
    rf"(?<![{LETTERS}-])([{_UPPER}]{{2,}}(?:-[{_UPPER}]+)?) ((?:(?i:{_LINKS}) )?[{_UPPER}][{_UPPER}'’-]+)(?![{LETTERS}-])"
)
_SMALL = re.compile(
    rf"(?<![{LETTERS}-])([{_LOWER}]{{2,}}(?:-[{_LOWER}]+)?) ([{_LOWER}-]{{2,}})(?![{LETTERS}])"
)
_SMALL_FIRST = frozenset(name.lower() for name in FIRST_NAMES - _ALSO_WORDS) - _SMALL_WORDS
_SMALL_STARTS = frozenset(name.lower() for name in FIRST_NAMES)
_SMALL_SURNAMES = frozenset(name.lower() for name in SURNAMES)
_CAPITAL_FIRST = frozenset(name.upper() for name in FIRST_NAMES)
_CAPITAL_SURNAMES = frozenset(name.upper() for name in SURNAMES)
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


def _find_cased(text: str) -> list[Span]:
    """Give names in capitals only, or in small letters only."""
    found = []
    for match in _overlapping(_CAPITALS, text) if _TWO_CAPITALS.search(text) else []:
        first, last = match[1], match[2]
        head = first.partition("-")[0]
        surname = last.rpartition(" ")[2].capitalize()
        if (
            (first in _CAPITAL_FIRST or head in _CAPITAL_FIRST)
            and (_is_surname(surname) or (head not in _CAPITAL_WORDS and len(last) > 2))
            and last not in _CAPITAL_NO_NAMES
            and not _ends_as_a_place(last)
            and not _is_place_before(last, text[match.end() :])
        ):
            found.append(match.span())
        elif _is_surname(first.capitalize()) and last in _CAPITAL_FIRST - _CAPITAL_WORDS:
            found.append(match.span())
    if _SMALL_STARTS.isdisjoint(text.replace("-", " ").split()):
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
        if is_alone and _last_word(text[:start]) not in _INTRODUCING:
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
            if _is_surname(match[1]) and _is_first_name(match[2]) and match[2] not in _ALSO_WORDS
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
        rf"(?i:{_any_of(_STRONG)}|{_LABEL}){_SPACE}(?:{_CAPITALISED}|[{_U}][. \x{{00A0}}])",
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

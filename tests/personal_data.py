"""Made-up personal data in Swedish sentences, and harmless text that looks like it; all seeded.

The persons do not exist: dates, serial numbers and digits are drawn at random.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

SENTENCES = (
    "Väktare såg {x} vid {place} och larmade polisen.",
    "Vid {place} den {day} påträffades en lapp med {x} på.",
    "{x}",
    "Skadegörelse i trapphuset vid {place}, se {x}.",
    "Klotter anmält kl. {time}. {x}. Åtgärdat samma dag.",
    "Enligt uppgift {x}; inget mer känt om händelsen ({day} {time}).",
    "Ungdomar samlades på {place} {time}-23.15 ({x}), lugnt därefter.",
    "Boendestörning, {x}, omkring {count} personer på platsen.",
    "Buss {line} fick stanna vid {place} – {x} – i cirka {count} minuter.",
    "Patrullen noterade: {x}\nDärefter lämnades {place}.",
    "Fältarna var på plats {day} och skrev upp {x}, alla var lugna",
    "Återkommande oljud från grannfastigheten. Notering: {x}! Fastighetsägaren är informerad.",
)
PLACES = (
    "Stora Torget",
    "Skäggetorps centrum",
    "Ryds centrum",
    "Berga centrum",
    "Resecentrum",
    "Anna Lindhs plats",
    "Elsa Brändströms skola",
    "Trädgårdstorget",
    "Karl Johans gata",
    "Lambohovs skola",
    "Johannelunds centrum",
    "Sankt Lars park",
    "Magnus Ladulås gata",
)
FIRST = (
    "Anna", "Erik", "Fatima", "Mohammed", "Lars", "Karin", "Ahmed", "Åsa", "Örjan", "Linnéa",
    "Ann-Marie", "Karl-Erik", "Hodan", "Yusuf", "Zlatan", "Jelena", "Björn", "Elsa", "Ebba",
    "Omar", "Leyla", "Hassan", "Göran", "Ingrid", "Sven", "Mikael", "Emma", "Noor",
    "Abdirahman", "Katarzyna", "Svetlana", "Nguyen", "Kalle", "Pelle", "Ronja", "Filip",
    "Hamza", "Amina",
)  # fmt: skip
LAST = (
    "Andersson", "Johansson", "Berg", "Öberg", "Åkesson", "Lindqvist", "Hassan", "Mohamed",
    "Ali", "Hussein", "Nyström", "Ek", "Ström", "Petrović", "Yilmaz", "Al-Khalili", "Nguyen",
    "Kowalski", "Svensson-Berg", "Wallin", "Björklund", "Ahmadi", "Warsame", "Tolvansson",
    "Dahl", "Sjögren", "Karimi", "Haddad", "Bergqvist", "O'Brien",
)  # fmt: skip


class Planted(NamedTuple):
    """A sentence with something personal in it, and what of it must not be left."""

    sort: str
    text: str
    secrets: tuple[str, ...]


def _check_digit(nine: str) -> str:
    doubled = (int(sign) * (2 - at % 2) for at, sign in enumerate(nine))
    return str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def identity_number(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Give a personal or coordination number in one of its spellings, now and then mistyped."""
    century, year = rng.choice([("19", rng.randrange(30, 100)), ("20", rng.randrange(0, 18))])
    day = rng.randrange(1, 29) + (60 if rng.random() < 0.2 else 0)
    parts = [f"{year:02d}", f"{rng.randrange(1, 13):02d}", f"{day:02d}"]
    serial = _digits(rng, 3)
    check = _check_digit("".join(parts) + serial)
    if rng.random() < 0.25:
        check = str((int(check) + rng.randrange(1, 10)) % 10)
    last = serial + check
    yy, mm, dd = parts
    date = yy + mm + dd
    full = century + date
    spelt = rng.choice(
        [
            f"{date}-{last}",
            f"{full}-{last}",
            f"{date}{last}",
            f"{full}{last}",
            f"{date}+{last}",
            f"{date} {last}",
            f"{full} {last}",
            f"{date}–{last}",
            f"{full} - {last}",
            f"{date}\u00a0{last}",
            f"{date} – {last}",
            f"{date}- {last}",
            f"{date}\u2011{last}",
            f"{century}{yy}-{mm}-{dd}-{last}",
            f"{century}{yy}-{mm}-{dd} {last}",
            f"{century}{yy}.{mm}.{dd}-{last}",
            f"{century}{yy}/{mm}/{dd}-{last}",
            f"{yy}-{mm}-{dd}-{last}",
            f"{yy}.{mm}.{dd}-{last}",
            f"{yy}/{mm}/{dd} - {last}",
            f"{century} {yy} {mm} {dd}-{last[:2]} {last[2:]}",
            f"{yy} {mm} {dd}-{last}",
            f"{century} {date}-{last}",
            f"{date}-{last[:2]} {last[2:]}",
            " ".join(date) + " - " + " ".join(last),
            " ".join(date + last),
            f"{date}-{last}".translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789"}),
            f"{date}\u00ad-{last}",
            f"{date[:4]}\u200b{date[4:]}-{last}",
            f"{date}\u2212{last}",
            f"pnr{date}-{last}",
            f"personnummer:{full}{last}",
            f"p-nr {date} {last}",
            f"id_{date}-{last}_kopia",
            f"{date}-XXXX",
            f"{full}-xxxx",
            f"{date}-T{last[:3]}",
            f"{full}-TF{last[:2]}",
            f"{date}-{last[:2]}XX",
            f"person {date}/{last}",
        ]
    )
    return spelt, (date, last, f"{date}-{last}", spelt)


def phone(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    mobile = rng.choice(["070", "072", "073", "076", "079"])
    area = rng.choice(["013", "011", "031", "040", "0142", "0141", "0122"])
    a, b, c = str(rng.randrange(200, 1000)), _digits(rng, 2), _digits(rng, 2)
    rest = a + b + c
    land = f"{rng.randrange(10, 100)}{_digits(rng, 4 if len(area) == 3 else 3)}"
    pairs = f"{land[:2]} {land[2:4]} {land[4:]}" if len(area) == 3 else f"{land[:3]} {land[3:]}"
    spelt, number = rng.choice(
        [
            (f"{mobile}-{a} {b} {c}", rest),
            (f"{mobile}{rest}", rest),
            (f"{mobile} {rest}", rest),
            (f"{mobile}-{rest}", rest),
            (f"{mobile} {a} {b} {c}", rest),
            (f"{mobile}/{a} {b} {c}", rest),
            (f"{mobile} - {a}{b}{c}", rest),
            (f"{mobile}-{a}-{b}-{c}", rest),
            (f"tfn {mobile}.{a}.{b}.{c}", rest),
            (f"{mobile}.{a}.{b}.{c}", rest),
            (f"({mobile}) {a} {b} {c}", rest),
            (f"{mobile}–{a}\u00a0{b}\u00a0{c}", rest),
            (f"+46{mobile[1:]}{rest}", rest),
            (f"+46 {mobile[1:]} {a} {b} {c}", rest),
            (f"+46 (0){mobile[1:]}-{a} {b} {c}", rest),
            (f"0046{mobile[1:]}{rest}", rest),
            (f"0046 {mobile[1:]}-{rest}", rest),
            (f"+46-{mobile[1:]}-{rest}", rest),
            (" ".join(mobile + rest), " ".join(rest)),
            (f"tel:{mobile}{rest}", rest),
            (f"mobil {mobile[1:]}-{a} {b} {c}", rest),
            (f"{area}-{pairs}", land),
            (f"({area}) {pairs}", land),
            (f"{area}{land}", land),
            (f"{area} - {pairs}", land),
            (f"{area}/{pairs}", land),
            (f"+46 {area[1:]} {pairs}", land),
            (f"08-{a} {b} {c}", rest),
            (f"08-{a}{b}{c}", rest),
            (f"08-{land[:2]} {land[2:4]} 17", land),
            (f"tfn {pairs} 1", land),
            (f"tel. {land}", land),
            (f"telefonnr {area}-{land[:5]}", land[:5]),
            (f"ring {land[:2]} {land[2:4]} 42", land),
            (f"+47 {a} {b} {c}1", rest),
            (f"+358 40 {a} {b}{c}", rest),
        ]
    )
    return spelt, (spelt, number, spelt[-6:])


def name(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    strange = rng.choice(["Zdravkina", "Ozlemia", "Tjorven", "Qadanur", "Xerxina"])
    full = rng.choice([f"{first} {last}", f"{first} {last}", f"{first} von {last}"])
    spelt, secrets = rng.choice(
        [
            (full, (first, last)),
            (f"{full}s bil", (first, last)),
            (f"{last}, {first}", (first, last)),
            (f"eleven {first}", (first,)),
            (f"vittnet {strange}", (strange,)),
            (f"en man som heter {strange} {last}", (strange, last)),
            (f"Namn: {strange}", (strange,)),
            (f"Namn: {full}", (first, last)),
            (f"kontakta {strange} {last}", (strange, last)),
            (f"hyresgästen {full}", (first, last)),
            (f"herr {last}", (last,)),
            (f"fru {last}", (last,)),
            (f"målsägande: {full}", (first, last)),
            (f"hennes son {first}", (first,)),
            (f"ring {first}", (first,)),
            (f"{first.upper()} {last.upper()}", (first.upper(), last.upper())),
            (f"pojken kallas för {strange}", (strange,)),
            (f"eleven ({first})", (first,)),
            (f"samtal med {full}", (first, last)),
            (f"av {strange} {last}", (strange, last)),
            (f"Vittne {full}", (first, last)),
            (f"anmälaren, {full},", (first, last)),
            (f"{first} B. {last}", (first, last)),
            (f"{first}\u00a0{last}", (first, last)),
        ]
    )
    return spelt, secrets


def mail(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    between = rng.choice([".", "_", "", "-"])
    user = f"{rng.choice(FIRST).lower()}{between}{rng.choice('xq')}{_digits(rng, 3)}"
    home = rng.choice(["example.se", "mejl.exempel.nu", "exempel-bolag.com", "åkeri.se"])
    spelt = rng.choice(
        [
            f"{user}@{home}",
            f"{user} @ {home}",
            f"{user} (at) {home}",
            f"{user}[at]{home}",
            f"{user} [snabel-a] {home}",
            f"{user}(snabela){home}",
            f"mailto:{user}@{home}",
            f"<{user}@{home}>",
            f"{user.upper()}@{home.upper()}",
            f"{user} snabel-a {home}",
            f"{user}@ {home}",
            f"{user}＠{home}",
            f"{user}(a){home}",
        ]
    )
    return spelt, (user, user.upper(), home)


def plate(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    letters = "".join(rng.choices("ABCDEFGHJKLMNOPRSTUWXYZ", k=2)) + rng.choice("GJXYZ")
    number = _digits(rng, 2) + rng.choice("0123456789ABCDEFGHJKLMNPRSTUWXYZ")
    low = (letters + number).lower()
    spelt = rng.choice(
        [
            f"{letters} {number}",
            f"{letters}{number}",
            f"{letters}-{number}",
            f"({letters}{number})",
            f"{letters}\u00a0{number}",
            f"reg.nr {low}",
            f"regnr: {low}",
            f"regnr {low[:3]} {low[3:]}",
            f"reg nr {low}",
            f"registreringsnummer {low}",
            f"bilen {low}",
            f"moped med reg.nr {low}",
            f"reg.skylt {low}",
            f"Reg.nr:{low}",
        ]
    )
    plain = letters + number
    spaced = (f"{text[:3]}{between}{text[3:]}" for text in (plain, low) for between in " -\u00a0")
    return spelt, (plain, low, *spaced)


def address(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    four = ".".join(str(rng.randrange(20, 250)) for _ in range(4))
    six = ":".join(f"{rng.randrange(0x1000, 0xFFFF):x}" for _ in range(8))
    short = f"2001:db8::{rng.randrange(0x1000, 0xFFFF):x}:{rng.randrange(0x10, 0xFF):x}"
    spelt = rng.choice(
        [four, f"IP {four}", f"{four}:8080", six, short, f"[{short}]", f"{four}, port 80"]
    )
    return spelt, (four, six, short)


def account(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    twenty = _digits(rng, 20)
    iban = f"SE{98 - int(twenty + '281400') % 97:02d}{twenty}"
    fifteen = rng.choice("45") + _digits(rng, 14)
    total = sum(
        (int(d) * 2 - 9 if int(d) > 4 else int(d) * 2) if at % 2 == 0 else int(d)
        for at, d in enumerate(fifteen)
    )
    card = fifteen + str(-total % 10)
    fours = " ".join(card[at : at + 4] for at in range(0, 16, 4))
    giro = f"{_digits(rng, 3)}-{rng.randrange(1000, 9999)}"
    clearing = f"{rng.randrange(3000, 9999)}"
    number = _digits(rng, 9)
    spelt, secrets = rng.choice(
        [
            (iban, (iban, iban[-8:])),
            (
                " ".join(iban[at : at + 4] for at in range(0, 24, 4)),
                (iban[4:8] + " " + iban[8:12],),
            ),
            (card, (card,)),
            (fours, (fours,)),
            (fours.replace(" ", "-"), (card[:4] + "-" + card[4:8],)),
            (f"bg {giro}", (giro,)),
            (f"bankgiro: {giro}", (giro,)),
            (f"pg {number[:2]} {number[2:4]} {number[4:6]}-7", (number[:2] + " " + number[2:4],)),
            (f"plusgiro {number[:6]}-{number[6]}", (number[:6],)),
            (f"clearing {clearing}, konto {number}", (clearing + ",", number)),
            (
                f"clearingnr {clearing}-5 kontonr {number[:3]} {number[3:6]} {number[6:]}",
                (clearing, number[:3] + " " + number[3:6]),
            ),
            (
                f"konto {clearing}-9, {number[:3]} {number[3:6]} {number[6:]}",
                (clearing, number[3:6] + " " + number[6:]),
            ),
            (f"kontonummer {clearing} {number}", (clearing, number)),
            (
                f"swish 123 {number[:3]} {number[3:5]} {number[5:7]}",
                (number[:3] + " " + number[3:5],),
            ),
        ]
    )
    return spelt, secrets


def flat(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    number = f"{rng.randrange(10, 17)}{rng.randrange(1, 9):02d}"
    few = str(rng.randrange(1, 99))
    spelt, secret = rng.choice(
        [
            (f"lgh {number}", number),
            (f"Lgh {number}", number),
            (f"lgh. {number}", number),
            (f"lgh{number}", number),
            (f"lägenhet {few}", f"lägenhet {few}"),
            (f"lght {number}", number),
            (f"lägenhetsnummer {number}", number),
            (f"lgh nr {number}", number),
            (f"lgh.nr {number}", number),
            (f"Storgatan 5 A, lgh {number}, 582 24 Linköping", number),
            (f"lägenhet nr {few}", f"nr {few}"),
            (f"lgh: {number}", number),
            (f"lägenhet: {number}", number),
            (f"LGH {number}", number),
            (f"lägenheten {number}", number),
            (f"lgh-nr {number}", number),
            (f"lägenhetsnr {number}", number),
        ]
    )
    return spelt, (secret,)


def case(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    number = str(rng.randrange(1000, 999999))
    serial = f"{rng.randrange(1, 99999):05d}"
    spelt, secret = rng.choice(
        [
            (f"5000-K{number}-26", number),
            (f"K{number}-26", number),
            (f"0500-K{number}-25", number),
            (f"k{number}-26", number),
            (f"5000-K{number}/26", number),
            (f"K {number}-26", number),
            (f"dnr SOC 2026-{number}", number),
            (f"dnr 2026/{number}", number),
            (f"Dnr: 2026-{serial}", serial),
            (f"ärende SN-2026-{serial}", serial),
            (f"SN 2026/{serial}", serial),
            (f"diarienummer 2026-{number}", number),
            (f"ärendenr SN 2026-{serial}", serial),
            (f"dnr {number}/2026", f"{number}/"),
            (f"diarienr SN-2026-{serial}", serial),
        ]
    )
    return spelt, (secret,)


SORTS: dict[str, Callable[[random.Random], tuple[str, tuple[str, ...]]]] = {
    "personnummer": identity_number,
    "telefon": phone,
    "namn": name,
    "e-post": mail,
    "registreringsnummer": plate,
    "ip-adress": address,
    "kontonummer": account,
    "lägenhet": flat,
    "ärende": case,
}
_WEIGHTS = (30, 20, 20, 8, 6, 4, 6, 4, 4)


def _sentence(rng: random.Random, inner: str) -> str:
    return rng.choice(SENTENCES).format(
        x=inner,
        place=rng.choice(PLACES),
        day=f"2026-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}",
        time=f"{rng.randrange(10, 24)}.{rng.randrange(60):02d}",
        count=rng.randrange(2, 60),
        line=rng.randrange(1, 600),
    )


def planted(count: int, *, seed: int) -> Iterator[Planted]:
    """Give sentences with one personal datum each, of all sorts and spellings."""
    rng = random.Random(seed)
    for sort in rng.choices(list(SORTS), weights=_WEIGHTS, k=count):
        secrets: tuple[str, ...] = ()
        while not secrets:
            spelt, parts = SORTS[sort](rng)
            text = _sentence(rng, spelt)
            # what stands in the sentence around it as well says nothing
            around = text.replace(spelt, "", 1)
            secrets = tuple(part for part in parts if part in text and part not in around)
        yield Planted(sort, text, secrets)


def _harmless(rng: random.Random) -> str:
    y, m, d = rng.randrange(2019, 2028), rng.randrange(1, 13), rng.randrange(1, 29)
    h, mi, s = rng.randrange(24), rng.randrange(60), rng.randrange(60)
    h2 = min(23, h + 2)
    n, e = rng.randrange(6470000, 6480000), rng.randrange(530000, 540000)
    lat, lon = f"58.{_digits(rng, 6)}", f"15.{_digits(rng, 6)}"
    k = rng.randrange(1, 999)
    month = rng.choice(["januari", "februari", "mars", "april", "maj", "juni", "november"])
    return rng.choice(
        [
            # times and dates
            f"{y}-{m:02d}-{d:02d}",
            f"{y}-{m:02d}-{d:02d} {h:02d}:{mi:02d}",
            f"{y}-{m:02d}-{d:02d} {h:02d}.{mi:02d}",
            f"{y}-{m:02d}-{d:02d}T{h:02d}:{mi:02d}:{s:02d}+01:00",
            f"{y}-{m:02d}-{d:02d}T{h:02d}:{mi:02d}:{s:02d}.123Z",
            f"{y}{m:02d}{d:02d}",
            f"{y}{m:02d}{d:02d}T{h:02d}{mi:02d}{s:02d}Z",
            f"{y}{m:02d}{d:02d}{h:02d}{mi:02d}{s:02d}",
            f"{d}/{m}",
            f"{d}/{m} {y}",
            f"{d:02d}/{m:02d}/{y} kl {h:02d}.{mi:02d}",
            f"{d:02d}.{m:02d}.{y} {h:02d}:{mi:02d}",
            f"den {d} {month} {y} kl. {h:02d}.{mi:02d}",
            f"{h:02d}.{mi:02d}-{h2:02d}.15",
            f"{h:02d}:{mi:02d}–{h2:02d}:30",
            f"kl {h:02d}{mi:02d}",
            f"kl. {h:02d}{mi:02d}-{h2:02d}45",
            f"{d:02d}-{m:02d}-{y} {h:02d}:{mi:02d}",
            f"{y}-{m:02d}-{d:02d}--{y}-{m:02d}-{min(28, d + 3):02d}",
            f"{y}-{m:02d}-{d:02d} – {y}-{m:02d}-28",
            f"{y}-{m:02d}-{d:02d}/{y}-{m:02d}-28",
            f"{y % 100:02d}{m:02d}{d:02d}",
            f"{h:02d}.{mi:02d}, {h2:02d}.{mi:02d} och 23.40",
            f"den {y}-{m:02d}-{d:02d} {h:02d}{mi:02d}",
            f"{y}-{m:02d}-{d:02d} kl 21-23",
            f"natten till {d}.{m}.{y}",
            # places
            f"{lat}, {lon}",
            f"{lat} {lon}",
            f"{lat.replace('.', ',')}; {lon.replace('.', ',')}",
            f"{n}, {e}",
            f"{n} {e}",
            f"N {n} E {e}",
            f"{n}.{k}, {e}.{k}",
            "58°24'39\"N 15°37'17\"E",
            f"N58 {mi}.{k} E15 37.123",
            f"{e}.25;{n}.75",
            f"Storgatan {k % 99 + 1} A, 582 {d:02d} Linköping",
            f"Rydsvägen {k}",
            "SE-581 81 Linköping",
            f"E4 vid avfart {d + 90}",
            f"väg 3{d}",
            f"fastighet Berga 1:{d}",
            f"Anna Lindhs plats {d}",
            f"Karl Johans gata {d}",
            "på Stora Torget",
            "vid Folkungaskolan",
            "Elsa Brändströms skola",
            "Magnus Ladulås gata 12",
            "utanför Anders Ljungstedts gymnasium",
            "på Max Hamburgare vid Ikano",
            "vid Sankt Lars park",
            "med Linköpings Kommun",
            "av Stora Torget",
            "med Region Östergötland",
            "i höjd med Stångebro Bro",
            "Skolan heter Berga Skola",
            "gatan heter Storgatan",
            "nära Maria Kyrka",
            "Saga Bio i city",
            "på Karl Dahlgrensgatan",
            "Hans bil stod kvar",
            "Polisen Östergötland är informerad",
            "ring polisen på 114 14",
            "ring 112",
            "ring 1177 vid behov",
            # sums and counts
            f"{k} 500 kr",
            f"1 {k:03d} 567,50",
            f"{k},50 kronor",
            f"{k} 000 000 kr",
            f"{k} {mi:02d}0 kr",
            f"SEK {k:03d}",
            "EUR 250",
            f"{k} personer",
            f"{k} {mi:03d} besökare",
            f"{h}-{h + 10} personer",
            f"0-{k} st",
            f"antal: {k * 1000}",
            f"{k}.5 procent",
            f"{k} meter",
            "omkring 1 200 000 invånare",
            f"{y} {y + 1} {y + 2}",
            "10-12 stycken, 15-20 år",
            # lines, weeks, ids
            f"buss {d}-{d + 2}",
            f"linje {k}",
            "buss 211 och 212",
            f"BUS {k:03d}",
            f"tåg {k}",
            f"v. {d + 20}",
            f"v.{d + 20} {y}",
            f"{y}-W{d + 20}",
            f"vecka {d + 10}-{d + 12}",
            f"{y}-{_digits(rng, 6)}",
            f"R{y}{m:02d}{d:02d}-{_digits(rng, 4)}",
            f"ärende {y}-{_digits(rng, 6)}",
            f"rapport R{y}{m:02d}{d:02d}-0012",
            f"läsåret {y}/{(y + 1) % 100}",
            "lag 2023:196",
            f"SFS 2010:{k}",
            f"version 1.{h}.{mi}.2",
            f"3 kap. {d} §",
            f"lägenhet med {h} rum",
            "lägenhet på 3 rum",
            f"{k} lägenheter",
            "orgnr 212000-0449",
            "organisationsnummer 556012-5790",
            f"EST-{y}-{k:04d}",
            f"rum {k}",
            f"sal {k}",
            "RUM 101",
            f"plan {d % 9}",
            f"hiss {d}",
        ]
    )


def harmless(count: int, *, seed: int) -> list[str]:
    """Give sentences with dates, times, places, sums, lines and ids in them, but no person."""
    rng = random.Random(seed)
    return [_sentence(rng, _harmless(rng)) for _ in range(count)]

"""A first source file for an unknown export, for a human to finish.

What the header and the cells suggest is written down with its grounds; what is uncertain stands
as a comment. Nothing is connected until somebody has put the file in `data/kallor/`.
"""

from __future__ import annotations

import difflib
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from est_pipeline.config import Configuration
from est_pipeline.domain.text import counted, fold
from est_pipeline.errors import RefusedFileError
from est_pipeline.ingest.checking.times import read_moments
from est_pipeline.ingest.privacy.masking import mask_text, mask_word
from est_pipeline.ingest.reading.table import read_table

_READ_ROWS = 20_000
_MOST_CODES = 60
_LIKENESS = 0.86
_MOSTLY = 0.8

_USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "rapport_id": (
        *("id", "ärende id", "ärendenummer", "ärendenr", "löpnummer", "löpnr", "nummer", "nr"),
        *("rapportnummer", "händelse id", "incident id", "case number", "report number"),
    ),
    "inrapporterad": (
        *("skapad", "registrerad", "inkommen", "inkom", "rapporterad", "anmäld", "anmälningsdatum"),
        *("registreringsdatum", "skapad datum", "reported", "created", "reported date"),
    ),
    "start": (
        *("datum", "tid", "tidpunkt", "händelsetid", "händelsedatum", "inträffade", "inträffat"),
        *("starttid", "start", "från", "datum och tid", "upptäckt", "brottsdatum", "larmtid"),
        *("date", "datetime", "occurred", "incident date", "start time"),
    ),
    "slut": ("slut", "sluttid", "till", "avslutad", "end", "end time"),
    "kategori": (
        *("kategori", "typ", "händelsetyp", "ärendetyp", "brottstyp", "brottskod", "felkod"),
        *("rubricering", "orsak", "händelse", "type", "category", "offense", "crime"),
    ),
    "underkategori": ("underkategori", "undertyp", "detalj", "subcategory"),
    "plats": ("plats", "ställe", "objekt", "anläggning", "lokal", "platsnamn", "location", "place"),
    "adress": ("adress", "gata", "gatuadress", "besöksadress", "address", "street"),
    "stadsdel": ("stadsdel", "område", "distrikt", "bostadsområde", "neighborhood", "district"),
    "n": ("n", "nord", "norr", "x koordinat", "sweref n", "northing", "n koordinat"),
    "e": ("e", "ö", "öst", "y koordinat", "sweref e", "easting", "e koordinat"),
    "lat": ("lat", "latitud", "latitude", "wgs84 lat"),
    "lon": ("lon", "long", "lng", "longitud", "longitude", "wgs84 lon"),
    "antal_händelser": ("antal", "antal händelser", "count"),
    "allvarlighetsgrad": ("allvarlighetsgrad", "allvarlighet", "prioritet", "prio", "severity"),
    "polisanmäld": ("polisanmäld", "polisanmälan", "anmält till polis"),
    "platstyp": ("platstyp", "typ av plats"),
    "fritext": (
        *("beskrivning", "fritext", "kommentar", "anteckning", "notering", "händelsebeskrivning"),
        *("text", "övrigt", "description", "comment"),
    ),
}
"""What the columns of the form are usually called elsewhere, the likeliest first."""

_TIME_FORMATS = (
    *("%d.%m.%Y %H.%M", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M", "%m/%d/%Y %H:%M"),
    *("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%m/%d/%Y", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%y%m%d %H:%M"),
    *("%m/%d/%Y %I:%M:%S %p", "%d %B %Y %H:%M", "%d %B %Y", "%y%m%d"),
)
# (name, EPSG code, northing from and to, easting from and to), metres
_PLANE_SYSTEMS = (
    ("SWEREF 99 TM", "EPSG:3006", (6_100_000, 7_700_000), (260_000, 930_000)),
    ("SWEREF 99 15 00", "EPSG:3009", (6_100_000, 7_700_000), (50_000, 255_000)),
    ("RT 90 2,5 gon V", "EPSG:3021", (6_100_000, 7_700_000), (1_200_000, 1_900_000)),
)


def draft_source(file: Path, *, configuration: Configuration, source_id: str) -> str:
    """Propose a source file (TOML) for an export that nobody has described yet.

    Args:
        file: an export as it came.
        configuration: the categories that its words may mean.
        source_id: what the source is to be called.

    Returns:
        The text of `data/kallor/<source_id>.toml`: what is certain enough stands as keys, the
        rest as comments. No cell of a free text is in it.

    Raises:
        RefusedFileError: the file cannot be read as a table, or has no rows.
    """
    table = read_table(
        file, file_format="json" if file.suffix.lower() == ".json" else "csv", header_score=_score
    )
    blocks = [block.frame for block in itertools.islice(table.blocks, 4)]
    rows = pd.concat(blocks, ignore_index=True).head(_READ_ROWS) if blocks else pd.DataFrame()
    if rows.empty:
        raise RefusedFileError(
            "inga_rader",
            "Filen har inga rader att utgå från.",
            advice="Ta en export från en vecka då något hände.",
        )
    header = table.dialect.header
    columns = _guess_columns(header, rows, configuration.zone)
    lines = [
        f"# Utkast för källan {source_id}, gjort av filen {mask_word(file.name)}.",
        "# Gå igenom raderna, rätta det som är fel och spara filen i data/kallor/.",
        f'# Lägg också till källan i data/est.toml under [kallor]: {source_id} = "Källans namn"',
        f"# Pröva sedan: est check FIL --source {source_id}",
        "",
        f'kortnamn = "{source_id}"',
        'rytm = "vecka"  # dag, vecka, månad eller vid behov',
        'slag = "handelse"  # handelse, miljoarende, insatsfynd eller sammanhang',
        'fritext = "kastas"  # kastas, maskeras eller offentlig',
        "positionsfel_m = 25  # hur långt fel en position kan vara",
        *(['filformat = "json"'] if table.dialect.file_format == "json" else []),
        *_plane_system(columns, rows),
        "",
        "[kolumner]",
        *_column_lines(columns, header),
        *_time_lines(columns, rows, configuration.zone),
        *_category_lines(columns, rows, configuration),
    ]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(name)))


_KNOWN_KEYS = {_key(name) for names in _USUAL_NAMES.values() for name in names}


def _score(cells: Sequence[str]) -> int:
    """Score a line as the header: names that are usual, and cells that are words."""
    keys = [_key(cell) for cell in cells]
    worded = sum(bool(key) and not any(sign.isdigit() for sign in key) for key in keys)
    return 10 * sum(key in _KNOWN_KEYS for key in keys) + (worded if worded > 1 else 0)


def _guess_columns(header: Sequence[str], rows: pd.DataFrame, zone: ZoneInfo) -> dict[str, str]:
    """Give the file's column for each of ours that one resembles; each is used once."""
    filled = [name for name in header if rows[name].notna().any()]
    keys = {_key(name): name for name in reversed(filled)}
    ranked = [
        (likeness, -rank, ours, key)
        for ours, names in _USUAL_NAMES.items()
        for rank, usual in enumerate(names)
        for key in keys
        if (likeness := difflib.SequenceMatcher(None, _key(usual), key).ratio()) >= _LIKENESS
    ]
    found: dict[str, str] = {}
    for _, _, ours, key in sorted(ranked, reverse=True):
        if ours not in found and keys[key] not in found.values():
            found[ours] = keys[key]
    if "start" not in found:
        free = [name for name in filled if name not in found.values()]
        times = [name for name in free if _share_of_times(rows[name], zone) > _MOSTLY]
        if times or "inrapporterad" in found:
            found["start"] = times[0] if times else found["inrapporterad"]
    return {ours: found[ours] for ours in _USUAL_NAMES if ours in found}


def _share_of_times(cells: pd.Series, zone: ZoneInfo) -> float:
    """Give the share of a column's values that are a day, or a day and a clock time."""
    values = cells.dropna().drop_duplicates().head(200)
    dated = values[values.str.contains(r"\d[-./ ]\d{1,2}[-./ ]\d", regex=True)]
    read = int(read_moments(dated, formats=(), zone=zone).moment.notna().sum())
    return max(read, *(_count_read(dated, form) for form in _TIME_FORMATS)) / max(1, len(values))


def _count_read(cells: pd.Series, form: str) -> int:
    return int(pd.to_datetime(cells, format=form, errors="coerce", utc=True).notna().sum())


def _column_lines(columns: dict[str, str], header: Sequence[str]) -> Iterator[str]:
    for ours, column in columns.items():
        yield f"{_ascii(ours)} = {_quoted(column)}"
    for needed in ("start", "kategori"):
        if needed not in columns:
            yield f'# {needed} = ""  # BEHÖVS: vilken kolumn?'
    if not columns.keys() & {"plats", "adress", "stadsdel", "n", "lat"}:
        yield '# plats = ""  # BEHÖVS: plats, adress, stadsdel, n och e, eller lat och lon'
    unused = [name for name in header if name not in columns.values()]
    if unused:
        yield "# Används inte: " + ", ".join(map(_quoted, unused))


def _plane_system(columns: dict[str, str], rows: pd.DataFrame) -> list[str]:
    if not {"n", "e"} <= columns.keys():
        return []
    north, east = (_median(rows[columns[name]]) for name in ("n", "e"))
    for name, code, (south, top), (west, right) in _PLANE_SYSTEMS:
        if south < north < top and west < east < right:
            return [f'koordinatsystem = "{code}"  # {name}']
        if south < east < top and west < north < right:
            return [f'koordinatsystem = "{code}"  # {name}; N och E verkar ha bytt plats']
    return ['# koordinatsystem = ""  # okänt: siffrorna passar inget svenskt system']


def _median(cells: pd.Series) -> float:
    plain = cells.str.replace(r"\s", "", regex=True).str.replace(",", ".")
    return float(pd.to_numeric(plain, errors="coerce").median())


def _time_lines(columns: dict[str, str], rows: pd.DataFrame, zone: ZoneInfo) -> list[str]:
    """Give `[tid]` where the times are not written in a form that is always understood."""
    names = [columns[name] for name in ("start", "slut", "inrapporterad") if name in columns]
    cells = [rows[name] for name in dict.fromkeys(names)]
    unread = pd.concat(cells).dropna().drop_duplicates() if cells else pd.Series(dtype="str")
    formats: list[str] = []
    unread = unread[read_moments(unread, formats=(), zone=zone).moment.isna()]
    while len(unread):
        hits = {form: _count_read(unread, form) for form in _TIME_FORMATS}
        best = max(hits, key=lambda form: hits[form])
        if not hits[best]:
            break
        formats.append(best)
        unread = unread[pd.to_datetime(unread, format=best, errors="coerce").isna()]
    lines = ["", "[tid]", f"format = [{', '.join(map(_quoted, formats))}]"] if formats else []
    if len(unread):
        shown = mask_text(unread.head(3)).text
        lines += ["", "# Tider som inte gick att läsa: " + "; ".join(map(_plain, shown))]
    return lines


def _category_lines(
    columns: dict[str, str], rows: pd.DataFrame, configuration: Configuration
) -> Iterator[str]:
    """Propose a category for each word of the category column; what is known needs no entry."""
    if "kategori" not in columns:
        return
    counts = mask_text(rows[columns["kategori"]]).text.value_counts()
    known = configuration.categories.words
    codes = set(configuration.categories.codes)
    open_words = [(str(w), int(n)) for w, n in counts.items() if fold(str(w)) not in known]
    yield ""
    yield f"# {counted(len(counts) - len(open_words), 'ord förstås', 'ord förstås')} redan."
    if not open_words:
        return
    yield "[koder.kategori]"
    for word, number in open_words[:_MOST_CODES]:
        near = difflib.get_close_matches(fold(word), known, n=1, cutoff=0.75)
        rows_said = counted(number, "rad", "rader")
        if near:
            code, sub = known[near[0]]
            meant = _quoted(f"{code}/{sub}" if sub else code)
            yield f"{_quoted(word)} = {meant}  # {rows_said}; liknar {near[0]}"
        else:
            yield f'# {_quoted(word)} = ""  # {rows_said}: vilken kategori?'
    if len(open_words) > _MOST_CODES:
        yield f"# och {counted(len(open_words) - _MOST_CODES, 'ord', 'ord')} till"
    yield "# Koder: " + ", ".join(sorted(codes))


def _ascii(name: str) -> str:
    return name.translate(str.maketrans("åäö", "aao"))


def _plain(text: str) -> str:
    """Give a text as it can stand in a comment: on one line."""
    return " ".join(text.split())[:80]


def _quoted(text: str) -> str:
    """Write a TOML string; JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "")

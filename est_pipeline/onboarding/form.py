"""The reporting form (EST-mallen) and its instruction, written from what the program reads.

The columns, the words that are allowed, the categories and the faults come from the same tables
that check a file, so that form, instruction and checks never disagree.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader

from est_pipeline.config import FORM_COLUMNS, Configuration
from est_pipeline.domain.kinds import KIND_WORDS, Kind, Reliability, ReportType
from est_pipeline.domain.meeting import MEETING_COLUMNS
from est_pipeline.errors import ConfigError
from est_pipeline.ingest.files import write_atomically
from est_pipeline.ingest.reasons import MEETING_REASONS, REASONS

REQUIRED_COLUMNS = ("start", "kategori")
"""Columns of the form that every report needs (`plats` or another place is asked for)."""

COLUMN_HELP: dict[str, str] = {
    "rapport_id": "Ert eget nummer på raden, om ni har ett. Då kan raden rättas eller återkallas.",
    "rapporttyp": "Tomt betyder händelse.",
    "start": "När det hände eller började: 2026-11-16 21:30, eller bara 2026-11-16.",
    "slut": "När det slutade, om det är känt. Vet ni bara mellan vilka tider: skriv båda.",
    "inrapporterad": "När det rapporterades hos er.",
    "kategori": "Vad det gäller; se kategorierna nedan. Många andra ord förstås.",
    "underkategori": "Närmare bestämt, till exempel klotter.",
    "allvarlighetsgrad": "1 (lindrigt) till 4 (mycket allvarligt).",
    "tillförlitlighet": "Hur ni vet det.",
    "plats": "Platsens namn, till exempel Skäggetorps centrum. En stadsdel går också bra.",
    "adress": "Gata, helst med nummer.",
    "n": "Nord i SWEREF 99 TM, sju siffror.",
    "e": "Öst i SWEREF 99 TM, sex siffror.",
    "lat": "Eller latitud i WGS 84, till exempel 58,4102.",
    "lon": "Longitud i WGS 84, till exempel 15,6216.",
    "platstyp": "Till exempel skola, torg eller flerfamiljshus.",
    "antal_händelser": "Om raden står för flera händelser; tomt betyder en.",
    "polisanmäld": "ja eller nej.",
    "åtgärd_vidtagen": "Vad ni gjorde.",
    "fritext": "Läses för att hitta platsen och kastas sedan. Skriv inga namn eller personnummer.",
    "ersätter_rapport_id": "Numret på en tidigare rad som den här ersätter.",
}
"""What is written in each column of the form, for the reporter."""

MEETING_HELP: dict[str, str] = {
    "typ": "**behövs**: beslut eller anteckning",
    "id": "radens eget nummer, som 2026-W47-1. En senare rad med samma id ändrar beslutet: tomma "
    "celler ändrar inget, ett bindestreck tömmer cellen. Använd aldrig ett id igen till något "
    "annat",
    "möte": "lägesbildens vecka, 2026-W47; tomt betyder den senaste hela veckan. En rad som bara "
    "ändrar ett beslut flyttar det inte till ett annat möte",
    "problem": "problemet som beslutet gäller",
    "trolig_orsak": "vad det troligen beror på",
    "vad": "vad som ska göras; behövs för ett nytt beslut",
    "plats": "var; ett namn ur platslistan ger stadsdelen",
    "stadsdel": "stadsdelens namn, om platsen inte säger det",
    "funktion": "vilken funktion som gör det, aldrig en person; behövs för ett nytt beslut",
    "klart_senast": "dagen då det ska vara klart, 2026-11-30, eller en vecka, v. 49: den första "
    "med det numret från mötet och framåt",
    "läge": "öppen, klar eller avbruten; tomt betyder öppen för ett nytt beslut. En avbruten "
    "anteckning visas inte",
    "anteckning": "texten i en anteckning, eller en kommentar till beslutet",
    "sparad": "när raden sparades, 2026-11-23T10:15:30+01:00; sidan skriver det. Säger två rader "
    "olika gäller den som sparades sist. Tomt betyder när filen kom in, och då säger en rad som "
    "redan är känd inget nytt",
}
"""What is written in each column of the meeting's form, for the EST group."""

_ALLOWED = {
    "rapporttyp": tuple(word.value for word in ReportType),
    "tillförlitlighet": tuple(word.value for word in Reliability),
    "allvarlighetsgrad": ("1", "2", "3", "4"),
    "polisanmäld": ("ja", "nej"),
}
_KIND_NAMES = {
    Kind.INCIDENT: "händelse",
    Kind.ENVIRONMENT_CASE: "miljöärende",
    Kind.FOUND_BY_EFFORT: "insatsfynd",
    Kind.CONTEXT: "sammanhang (visas, räknas inte)",
}
assert set(_KIND_NAMES) == set(KIND_WORDS.values())  # noqa: S101 -- a new kind needs a name here


def write_form(configuration: Configuration, folder: Path, *, source_id: str = "") -> list[Path]:
    """Write the empty form and its instruction into a folder; give the files.

    A source that may deliver decisions and notes gets the meeting's own form as well.

    Args:
        configuration: categories, meeting and whom the reports are for.
        folder: where to write.
        source_id: the source that gets them, so that its own inbox is named.

    Raises:
        ConfigError: there is no such source.
    """
    if source_id and source_id not in configuration.sources:
        raise ConfigError(
            f"Källan {source_id} finns inte.",
            advice="Källor: " + ", ".join(configuration.sources) + ".",
        )
    forms = {"est-mall.csv": tuple(FORM_COLUMNS)}
    if source_id in configuration.settings.meeting.note_sources:
        forms["est-mote.csv"] = tuple(MEETING_COLUMNS)
    return [
        *(write_atomically(folder / name, _header(columns)) for name, columns in forms.items()),
        write_atomically(
            folder / "est-instruktion.html",
            render_instruction(configuration, source_id=source_id).encode(),
        ),
    ]


def _header(columns: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(columns)
    return out.getvalue().encode("utf-8-sig")


def render_instruction(configuration: Configuration, *, source_id: str = "") -> str:
    """Give the instruction for reporters as a self-contained HTML page."""
    settings = configuration.settings
    takes_notes = source_id in settings.meeting.note_sources
    environment = Environment(
        loader=PackageLoader("est_pipeline.onboarding"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("instruktion.html.j2").render(
        municipality=settings.municipality,
        meeting=settings.meeting,
        source=configuration.sources.get(source_id),
        source_id=source_id,
        columns=[
            {
                "name": name,
                "is_required": name in REQUIRED_COLUMNS,
                "help": COLUMN_HELP[name],
                "allowed": ", ".join(_ALLOWED.get(name, ())),
            }
            for name in FORM_COLUMNS
        ],
        categories=[
            {
                "name": category.name,
                "kind": _KIND_NAMES[category.kind],
                "subcategories": ", ".join(sub.name for sub in category.subcategories),
            }
            for category in configuration.categories
        ],
        meeting_columns=[
            {"name": name, "help": text.replace("*", "")} for name, text in MEETING_HELP.items()
        ]
        if takes_notes
        else [],
        reasons=[
            reason for code, reason in REASONS.items() if takes_notes or code not in MEETING_REASONS
        ],
    )

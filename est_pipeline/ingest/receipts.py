"""The receipt back to the reporter: what was taken, what was not, which line, why, how to mend."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from jinja2 import Environment, PackageLoader

from est_pipeline.config import FORM_COLUMNS
from est_pipeline.domain.dates import dated_moment
from est_pipeline.domain.kinds import Placing
from est_pipeline.domain.text import counted, whole_figure
from est_pipeline.ingest.checking.reports import empty_findings
from est_pipeline.ingest.files import write_atomically
from est_pipeline.ingest.placing.names import Way
from est_pipeline.ingest.placing.reports import MATCH_COLUMNS, empty_matches
from est_pipeline.ingest.quarantine import guard_formulas
from est_pipeline.ingest.reading.dialect import Dialect
from est_pipeline.ingest.reasons import REASONS, describe_note

_SHOWN_FINDINGS = 200
_COMMON = 3  # times; what is rarer stands in the list below anyhow
_SHOWN_MATCHES = 100
_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 med BOM",
    "utf-16": "UTF-16",
    "cp1252": "Windows (cp1252)",
    "mac_roman": "Mac Roman",
    "cp850": "DOS (cp850)",
}
_DELIMITERS = {";": "semikolon", ",": "komma", "\t": "tabb", "|": "lodstreck"}
_LISTED_BY = {
    Way.EXACT: "har namnet skrivet som i platslistan",
    Way.FOLDED: "har namnet med andra versaler, prickar eller mellanslag",
    Way.WITHIN: "har namnet inne i en längre text",
}
_PLACED_BY = {
    Placing.COORDINATES: "på koordinater",
    Placing.PLACE: "på platsens namn",
    Placing.ADDRESS: "på adressen",
    Placing.DISTRICT: "på stadsdelens namn",
    Placing.TEXT_PLACE: "på en plats som nämns i texten",
    Placing.TEXT_DISTRICT: "på en stadsdel som nämns i texten",
    Placing.NONE: "utan plats",
}


@dataclass(frozen=True)
class Receipt:
    """What a receipt says of one delivered file; masked, so that it can be sent on."""

    source_name: str
    addressee: str
    file_name: str
    received_at: datetime
    is_check: bool = False
    refused_because: str = ""
    mend_file: str = ""
    reason_code: str = ""
    rows_read: int = 0
    accepted_count: int = 0
    quarantined_count: int = 0
    known_count: int = 0
    left_out_count: int = 0
    dialect: Dialect | None = None
    is_form: bool = False
    is_meeting_form: bool = False
    unused_columns: tuple[str, ...] = ()
    placed_by: dict[str, int] = field(default_factory=dict)
    matches: pd.DataFrame = field(default_factory=empty_matches)
    masked: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    not_rows: tuple[tuple[int, str], ...] = ()
    findings: pd.DataFrame = field(default_factory=empty_findings)
    quarantine_name: str = ""
    is_demo: bool = False
    is_history: bool = False
    goes_on_from_cut_file: bool = False
    late_weeks: dict[str, int] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The outcome in one sentence."""
        if self.refused_because:
            return "Filen togs inte in."
        if self.rows_read == 0:
            return "Filen är läst men innehåller inga rader."
        if self.quarantined_count:
            rows = counted(self.quarantined_count, "rad behöver", "rader behöver")
            return f"{rows} rättas. {self._accepted}".rstrip()
        if not self.accepted_count and self.known_count:
            return (
                "Alla rader är redan kända. Inget nytt skulle tas in."
                if self.is_check
                else "Alla rader var redan kända. Inget nytt togs in."
            )
        if not self.accepted_count:
            return "Filen är läst. Ingen rad gäller oss."
        if not self.is_check:
            return "Allt är mottaget. Tack!"
        is_all = self.accepted_count == self.rows_read
        return "Alla rader skulle tas emot." if is_all else self._accepted

    @property
    def _accepted(self) -> str:
        """How many rows were accepted, or would be; nothing of none."""
        if not self.accepted_count:
            return ""
        if self.is_check:
            return f"{counted(self.accepted_count, 'rad', 'rader')} skulle tas emot."
        return f"{counted(self.accepted_count, 'rad är mottagen', 'rader är mottagna')}."


def write_receipt(folder: Path, stem: str, receipt: Receipt, *, zone: ZoneInfo) -> Path:
    """Write the receipt as HTML for reading and as CSV for sorting; give the first."""
    write_atomically(folder / f"{stem}-kvitto.csv", _as_csv(receipt).encode("utf-8-sig"))
    return write_atomically(
        folder / f"{stem}-kvitto.html", render_receipt(receipt, zone=zone).encode()
    )


@functools.cache
def _template() -> object:
    environment = Environment(
        loader=PackageLoader("est_pipeline.ingest"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("kvitto.html.j2")


def render_receipt(receipt: Receipt, *, zone: ZoneInfo) -> str:
    """Give the receipt as a self-contained HTML page."""
    findings = explain(receipt.findings)
    dialect = receipt.dialect
    recognised = explain_matches(receipt.matches)
    return _template().render(  # type: ignore[attr-defined, no-any-return]
        receipt=receipt,
        received_at=dated_moment(receipt.received_at.astimezone(zone)),
        findings=findings.head(_SHOWN_FINDINGS).to_dict("records"),
        hidden_findings=max(0, len(findings) - _SHOWN_FINDINGS),
        commonest=_commonest(receipt.findings),
        encoding=_ENCODINGS.get(dialect.encoding, dialect.encoding) if dialect else "",
        delimiter=_DELIMITERS.get(dialect.delimiter, "") if dialect else "",
        placed_by=[
            (text, receipt.placed_by[way])
            for way, text in _PLACED_BY.items()
            if receipt.placed_by.get(way)
        ],
        listed_by=_listed_by(receipt.matches),
        recognised=recognised[:_SHOWN_MATCHES],
        hidden_recognised=max(0, len(recognised) - _SHOWN_MATCHES),
        masked=sorted(receipt.masked.items()),
        notes=[(describe_note(code), number) for code, number in sorted(receipt.notes.items())],
        form_columns=", ".join(FORM_COLUMNS),
        counted=counted,
        figure=whole_figure,
    )


def explain(findings: pd.DataFrame) -> pd.DataFrame:
    """Give findings with what is wrong and how to mend it: `wrong`, `mend` added."""
    return findings.assign(
        wrong=[REASONS[code].wrong for code in findings["reason_code"]],
        mend=[REASONS[code].mend for code in findings["reason_code"]],
    )


def _listed_by(matches: pd.DataFrame) -> list[tuple[str, int]]:
    """Give how many names of places stood as they are listed, and how."""
    counts = matches.groupby("way")["row_count"].sum()
    return [(text, int(counts[way])) for way, text in _LISTED_BY.items() if way in counts.index]


def explain_matches(matches: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Give each text that is no listed name: what stood, what it was taken for, how many rows."""
    inexact = matches[matches["way"].isin([Way.INFLECTED, Way.ALIKE, Way.SEVERAL])]
    words = {
        Way.INFLECTED: "{name} (annan böjning eller förkortning)",
        Way.ALIKE: "{name} (likhet {score} av 100)",
        Way.SEVERAL: "kan vara {name}, så platsen är inte tolkad",
    }
    return [
        (text, words[Way(way)].format(name=name, score=score), int(number))
        for way, text, name, score, number in zip(
            *(inexact[column] for column in MATCH_COLUMNS), strict=True
        )
    ]


def _commonest(findings: pd.DataFrame) -> list[tuple[int, str, str]]:
    """Give the faults that come back most, three at most: how many, what is wrong, how to mend."""
    counts = findings["reason_code"].value_counts()
    counts = counts[counts >= _COMMON].head(3)
    return [
        (int(n), REASONS[str(code)].wrong, REASONS[str(code)].mend) for code, n in counts.items()
    ]


def _as_csv(receipt: Receipt) -> str:
    """Give the receipt as a table: first the sums, then one line per fault."""
    if receipt.refused_because:
        sums: list[tuple[str, str, str]] = [
            ("avvisad", receipt.reason_code, receipt.refused_because)
        ]
    else:
        sums = [
            ("lästa", str(receipt.rows_read), ""),
            ("mottagna", str(receipt.accepted_count), ""),
            ("i karantän", str(receipt.quarantined_count), ""),
            ("redan kända", str(receipt.known_count), ""),
            ("bortvalda (gäller inte oss)", str(receipt.left_out_count), ""),
        ]
    head = pd.DataFrame(sums, columns=["avser", "antal", "fel"]).astype("str")
    findings = explain(receipt.findings)
    body = pd.DataFrame(
        {
            "avser": pd.Series("fel", index=findings.index, dtype="str"),
            "rad": findings["line_number"].astype("str"),
            "kolumn": findings["column"],
            "det_stod": findings["value"],
            "orsakskod": findings["reason_code"],
            "fel": findings["wrong"],
            "gör_så_här": findings["mend"],
        }
    )
    columns = ["avser", "antal", "rad", "kolumn", "det_stod", "orsakskod", "fel", "gör_så_här"]
    taken_for = pd.DataFrame(
        explain_matches(receipt.matches), columns=["det_stod", "tolkat_som", "antal"]
    )
    places = taken_for.assign(avser="plats", antal=taken_for["antal"].astype("str"))
    columns += ["tolkat_som"] if len(places) else []
    table = pd.concat([head, body, places], ignore_index=True).reindex(columns=columns)
    return (
        table.astype("str")
        .apply(guard_formulas)
        .to_csv(index=False, sep=";", lineterminator="\r\n")
    )

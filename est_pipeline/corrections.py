"""`est places`: what could not be placed, and the corrections that teach the reference layers.

A correction adds an alias to a place (`referens/platser.csv`) or to a district. The stored rows
get their place at the next run.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from est_pipeline.config import Configuration
from est_pipeline.deliveries import read_reference
from est_pipeline.domain.schemas import UNPLACED_ID
from est_pipeline.domain.text import counted, fold, fold_series
from est_pipeline.errors import ConfigError, FileNotTakenError
from est_pipeline.ingest.files import write_atomically
from est_pipeline.ingest.placing.gazetteer import Gazetteer
from est_pipeline.ingest.privacy.masking import mask_word
from est_pipeline.ingest.quarantine import guard_formulas
from est_pipeline.store.reading import read_table
from est_pipeline.workspace import hold_workspace

CSV_COLUMNS = ("text", "antal", "förslag", "likhet", "plats_id", "stadsdel")
"""The correction file: the last two are for a human to fill in, one of them on a row."""

_LEAST_LIKENESS = 70
"""A guess that is less like the text would only mislead."""


@dataclass(frozen=True)
class Correction:
    """A text that is to be an alias of a place or a district (its id or its name)."""

    text: str
    target: str
    line: int = 0
    is_district: bool | None = None


@dataclass(frozen=True)
class Corrected:
    """What corrections did: how many aliases are new, and how many were there."""

    added_count: int
    known_count: int

    @property
    def sentence(self) -> str:
        """The outcome in Swedish."""
        known = f" {counted(self.known_count, 'fanns', 'fanns')} redan." if self.known_count else ""
        if not self.added_count:
            return f"Inget alias är tillagt.{known}"
        added = counted(self.added_count, "alias är tillagt", "alias är tillagda")
        return f"{added}.{known} Vid nästa `est run` får raderna sin plats."


def list_unplaced(configuration: Configuration) -> pd.DataFrame:
    """List the texts of places that the stored reports could not be placed by.

    Returns:
        One row a text (spellings that fold alike are one), the most frequent first:
        `report_count`, `text`, `last_on` (local date), `sources`, and the nearest listed name with
        its likeness of 100 (`guess`, `score`, `target_id`; missing where nothing is near).

    Raises:
        WorkspaceError: nothing has been published in this workspace yet.
    """
    reports = read_table(configuration.paths.store, "report")
    rows = reports[reports["district_id"].eq(UNPLACED_ID) & reports["place_text"].notna()]
    rows = rows.assign(
        folded=fold_series(rows["place_text"]),
        day=rows["occurred_from"].dt.tz_convert(configuration.zone).dt.strftime("%Y-%m-%d"),
    )
    found = (
        rows.groupby("folded", sort=False)
        .agg(
            report_count=("report_id", "size"),
            text=("place_text", lambda texts: texts.mode().iloc[0]),
            last_on=("day", "max"),
            sources=("source_id", lambda ids: ", ".join(sorted(set(ids)))),
        )
        .reset_index()
    )
    gazetteer = read_reference(configuration).gazetteer
    near = gazetteer.nearest(found["folded"].tolist())
    guesses = [near.get(text) for text in found["folded"]]
    is_near = pd.Series([g is not None and g.score >= _LEAST_LIKENESS for g in guesses], dtype=bool)
    words = [guess.word if guess else None for guess in guesses]
    entries = gazetteer.entries.reindex(words).set_axis(found.index).loc[is_near]
    found["guess"] = entries["name"]
    found["score"] = pd.Series([guess.score if guess else None for guess in guesses], dtype="Int64")
    found["score"] = found["score"].where(is_near)
    found["target_id"] = entries["place_id"].fillna(entries["district_id"])
    found = found.sort_values(["report_count", "text"], ascending=[False, True])
    return found.drop(columns="folded").reset_index(drop=True)


def describe_unplaced(unplaced: pd.DataFrame, *, limit: int) -> str:
    """Give the list as lines for an operator, and what to do with it."""
    if unplaced.empty:
        return "Alla rapporter med en platstext har fått en plats."
    total = counted(int(unplaced["report_count"].sum()), "rapport", "rapporter")
    lines = [f"{total} kunde inte placeras, av {counted(len(unplaced), 'text', 'olika texter')}:"]
    for row in unplaced.head(limit).to_dict("records"):
        is_near = isinstance(row["guess"], str)
        guess = f", kanske {row['guess']} ({row['score']} av 100)" if is_near else ""
        lines.append(
            f"{row['report_count']:>6}  {row['text']}  (senast {row['last_on']}, {row['sources']}"
            f"{guess})"
        )
    if len(unplaced) > limit:
        more = counted(len(unplaced) - limit, "text", "texter")
        lines.append(f"Och {more} till; visa fler med --limit.")
    lines.append(
        'Lär in en plats: est places alias "TEXT" PLATS. Många på en gång: est places --csv FIL, '
        "fyll i plats_id eller stadsdel, och sedan est places correct FIL."
    )
    return "\n".join(lines)


def write_correction_file(unplaced: pd.DataFrame, file: Path) -> Path:
    """Write the list as a CSV for a human to fill in and hand to `correct_places`."""
    ids = unplaced["guess"] + " (" + unplaced["target_id"] + ")"
    table = pd.DataFrame(
        {
            "text": unplaced["text"],
            "antal": unplaced["report_count"].astype("str"),
            "förslag": ids.fillna(""),
            "likhet": unplaced["score"].astype("str").fillna(""),
            "plats_id": "",
            "stadsdel": "",
        },
        columns=list(CSV_COLUMNS),
    ).astype("str")
    text = table.apply(guard_formulas).to_csv(index=False, sep=";", lineterminator="\r\n")
    return write_atomically(file, text.encode("utf-8-sig"))


def read_corrections(file: Path) -> list[Correction]:
    """Read the rows of a correction file in which a human has filled in a place or a district.

    Raises:
        FileNotTakenError: there is no such file.
        ConfigError: it is no correction file, or a row names both a place and a district.
    """
    if not file.is_file():
        raise FileNotTakenError(f"Filen {file} finns inte.", advice="Kontrollera sökvägen.")
    rows = list(csv.reader(io.StringIO(_decoded(file), newline=""), delimiter=";"))
    header = [fold(cell) for cell in rows[0]] if rows else []
    wanted = {name: fold(name) for name in ("text", "plats_id", "stadsdel")}
    missing = [name for name, folded in wanted.items() if folded not in header]
    if missing:
        raise ConfigError(
            f"{file.name}: kolumnen {missing[0]!r} saknas.",
            advice="Börja om från den fil som est places --csv FIL skriver.",
        )
    at = {name: header.index(folded) for name, folded in wanted.items()}
    corrections = []
    for line, row in enumerate(rows[1:], start=2):
        cells = {name: row[n].strip() if n < len(row) else "" for name, n in at.items()}
        if cells["plats_id"] and cells["stadsdel"]:
            raise ConfigError(
                f"{file.name}, rad {line}: både plats_id och stadsdel är ifyllda.",
                advice="Fyll i bara den ena.",
            )
        target = cells["plats_id"] or cells["stadsdel"]
        if target:
            text = cells["text"].removeprefix("'")  # a formula's guard, see guard_formulas
            corrections.append(Correction(text, target, line, bool(cells["stadsdel"])))
    return corrections


def correct_places(
    configuration: Configuration, corrections: Sequence[Correction], *, file_name: str = ""
) -> Corrected:
    """Add each text as an alias of its place or district: all of them, or none.

    Raises:
        ConfigError: a target is unknown, a text leads elsewhere already or may point at a person;
            every such row is named, and nothing has been changed.
    """
    with hold_workspace(configuration.paths):
        reference = read_reference(configuration)
        gazetteer = reference.gazetteer
        faults: list[str] = []
        new: dict[str, tuple[str, bool, str]] = {}
        known_count = 0
        for correction in corrections:
            where = f"rad {correction.line}: " if correction.line else ""
            found = _target(correction, gazetteer)
            text = " ".join(correction.text.split())
            folded = fold(text)
            fault = _fault(text, found, correction)
            if fault or found is None:
                faults.append(where + fault)
                continue
            leads_to = new[folded][:2] if folded in new else _leads_to(gazetteer, folded)
            if leads_to == found:
                known_count += 1
            elif leads_to:
                faults.append(f"{where}”{text}” leder redan till {leads_to[0]}.")
            else:
                new[folded] = (*found, text)
        if faults:
            raise ConfigError(
                f"{file_name}: ".removeprefix(": ") + " ".join(faults),
                advice="Inget är ändrat. Rätta och kör igen.",
            )
        _write(configuration, new.values())
    return Corrected(len(new), known_count)


def _fault(text: str, found: tuple[str, bool] | None, correction: Correction) -> str:
    if not fold(text):
        return "texten är tom."
    if "|" in text:
        return f"”{text}” innehåller tecknet |, som skiljer alias åt."
    if mask_word(text) != text or "[" in text:
        return "texten kan peka ut en person. Skriv bara platsens namn som alias."
    if found is None:
        kind = "stadsdel" if correction.is_district else "plats"
        return f"det finns ingen {kind} som heter {correction.target}."
    return ""


def _target(correction: Correction, gazetteer: Gazetteer) -> tuple[str, bool] | None:
    """Give the id that a correction names by id or name, and whether it is a district's."""
    entries, named = gazetteer.entries, fold(correction.target)
    for is_district in (
        (False, True) if correction.is_district is None else (correction.is_district,)
    ):
        chosen = entries[gazetteer.is_place != is_district]
        column = "district_id" if is_district else "place_id"
        hits = chosen[
            (chosen[column] == correction.target) | (fold_series(chosen["name"]) == named)
        ]
        if not hits.empty:
            return str(hits[column].iloc[0]), is_district
    return None


def _leads_to(gazetteer: Gazetteer, folded: str) -> tuple[str, bool] | None:
    if folded not in gazetteer.number_of:
        return None
    number = gazetteer.number_of[folded]
    is_place = bool(gazetteer.is_place[number])
    column = "place_id" if is_place else "district_id"
    return str(gazetteer.entries[column].iloc[number]), not is_place


def _write(configuration: Configuration, aliases: Iterable[tuple[str, bool, str]]) -> None:
    area, data = configuration.settings.area, configuration.paths.data
    of_places: dict[str, list[str]] = {}
    of_districts: dict[str, list[str]] = {}
    for target, is_district, text in aliases:
        (of_districts if is_district else of_places).setdefault(target, []).append(text)
    if of_districts:
        file = data / area.districts_file
        content = _with_district_aliases(file, of_districts, id_key=area.district_id_key)
        write_atomically(file, content)
    if of_places:
        file = data / area.places_file
        write_atomically(file, _with_place_aliases(file, of_places))


def _with_place_aliases(file: Path, aliases: dict[str, list[str]]) -> bytes:
    """Give the gazetteer with new aliases; every other row stays as it is, sign by sign."""
    content = file.read_bytes()
    lines = content.decode("utf-8-sig").splitlines(keepends=True)
    (header,) = csv.reader([lines[0]], delimiter=";")
    id_at, alias_at = header.index("plats_id"), header.index("alias")
    for number, line in enumerate(lines[1:], start=1):
        row = next(csv.reader([line], delimiter=";"), [])
        if len(row) == len(header) and row[id_at] in aliases:
            row[alias_at] = "|".join([*filter(None, [row[alias_at]]), *aliases[row[id_at]]])
            ending = line[len(line.rstrip("\r\n")) :]
            out = io.StringIO()
            csv.writer(out, delimiter=";", lineterminator=ending).writerow(row)
            lines[number] = out.getvalue()
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    return mark + "".join(lines).encode()


def _with_district_aliases(file: Path, aliases: dict[str, list[str]], *, id_key: str) -> bytes:
    """Give the district layer with new aliases; a feature on a line of its own stays there.

    Raises:
        ConfigError: the layer is no GeoJSON.
    """
    if file.suffix.lower() not in {".geojson", ".json"}:
        raise ConfigError(
            f"Stadsdelarna ligger i {file.name}, som inte går att ändra härifrån.",
            advice="Lägg till texten i egenskapen alias i ett kartprogram. Inget är ändrat.",
        )

    def extend(feature: dict[str, Any]) -> bool:
        properties = feature.get("properties") or {}
        new = aliases.get(str(properties.get(id_key)), [])
        old = properties.get("alias") or []
        if new:
            properties["alias"] = "|".join([old, *new]) if isinstance(old, str) else [*old, *new]
        return bool(new)

    lines = file.read_text(encoding="utf-8-sig").split("\n")
    changed = 0
    for number, line in enumerate(lines):
        try:
            feature = json.loads(line.rstrip().removesuffix(","))
        except ValueError:
            continue
        if isinstance(feature, dict) and feature.get("type") == "Feature" and extend(feature):
            comma = "," if line.rstrip().endswith(",") else ""
            lines[number] = json.dumps(feature, ensure_ascii=False) + comma
            changed += 1
    if changed:
        return "\n".join(lines).encode()
    layer = json.loads("\n".join(lines))
    for feature in layer["features"]:
        extend(feature)
    return (json.dumps(layer, ensure_ascii=False, indent=1) + "\n").encode()


def _decoded(file: Path) -> str:
    """Give a correction file's text: UTF-8 as it was written, or as Excel on Windows saves it."""
    content = file.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")

"""Checking reports: first the text, then the typed values; every fault of a row in one go.

A fault is a finding: `line_number`, `column` (ours), `reason_code`, `value` (as it stood). A
row with a finding is quarantined; the other rows of the file go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from est_pipeline.config import Configuration, Source
from est_pipeline.domain.schemas import MOMENT
from est_pipeline.ingest.checking.coordinate_cells import are_coordinates
from est_pipeline.ingest.checking.values import type_reports
from est_pipeline.ingest.mapping import count_by
from est_pipeline.ingest.privacy.masking import LONGEST_CELL

_CLOCK_SLACK_HOURS = 1  # clocks of reporters' systems differ
_WRITTEN_IN = {"hours_ahead": "occurred_from", "hours_long": "occurred_to"}


NOTE_COLUMNS = ("start_note", "end_note", "position_note")
FINDING_COLUMNS = ("line_number", "column", "reason_code", "value")


@dataclass(frozen=True)
class Checked:
    """Typed reports without faults, and the findings on the others.

    `notes` counts the reports of which the receipt says how a time or a position was read.
    """

    reports: pd.DataFrame
    findings: pd.DataFrame
    notes: dict[str, int] = field(default_factory=dict)


def empty_findings() -> pd.DataFrame:
    """Give a findings frame without rows."""
    return pd.DataFrame(
        {
            "line_number": pd.Series(dtype="int64"),
            "column": pd.Series(dtype="str"),
            "reason_code": pd.Series(dtype="str"),
            "value": pd.Series(dtype="str"),
        }
    )


def _text_contract() -> pa.DataFrameSchema:
    """Give the contract of the text: what can be said before a value is typed."""
    short = pa.Check.str_length(max_value=LONGEST_CELL, error="for_lang_text")

    rounded = pa.Check.str_matches(r"^(?!\d(?:[.,]\d+)?[eE]\+\d{2,3}$)", error="id_avrundat")

    def coordinate() -> pa.Column:
        return pa.Column("str", pa.Check(are_coordinates, error="koordinat_ej_tal"), nullable=True)

    def own_id() -> pa.Column:
        return pa.Column("str", [rounded, short], nullable=True)

    return pa.DataFrameSchema(
        {
            "northing": coordinate(),
            "easting": coordinate(),
            "lat": coordinate(),
            "lon": coordinate(),
            "severity": pa.Column(
                "str",
                pa.Check.str_matches(r"^[1-4](?:[.,]0+)?$", error="ogiltig_allvarlighetsgrad"),
                nullable=True,
            ),
            "incident_number": pa.Column(
                "str",
                pa.Check.str_matches(r"^[+\-−]?\d{1,4}(?:[.,]0+)?$", error="antal_ej_heltal"),
                nullable=True,
            ),
            # 1,23E+11: digits are lost, and with them what told two reports apart
            "source_row_id": own_id(),
            "replaces_row_id": own_id(),
            "free_text": pa.Column("str", short, nullable=True),
            "place": pa.Column("str", short, nullable=True),
        },
        name="text",
    )


_TEXT_CONTRACT = _text_contract()


def check_reports(
    text: pd.DataFrame, *, configuration: Configuration, source: Source, received_at: datetime
) -> Checked:
    """Type the reports of a file and find every fault of every row.

    Args:
        text: `line_number` and `TEXT_COLUMNS` as text, as `mapping.map_columns` gives them.
        configuration: categories, bounds, time zone.
        source: time formats, codes, coordinate system, kind.
        received_at: when the file came; nothing can have happened after it.

    Returns:
        Typed reports: the columns of `PLACED` that need no placing, the texts that placing
        reads, `lon` and `lat`; and findings.
    """
    findings = [find_failures(_TEXT_CONTRACT, text, text)]
    typed = type_reports(text, configuration=configuration, source=source, received_at=received_at)
    findings.append(find_failures(_typed_contract(configuration), typed, text))
    found = _name_plane_coordinates(pd.concat(findings, ignore_index=True), text)
    found = found.drop_duplicates(["line_number", "column", "reason_code"])
    found = found.sort_values(["line_number", "column"], ignore_index=True)
    is_sound = ~typed["line_number"].isin(found["line_number"])
    reports = typed.loc[is_sound].reset_index(drop=True)
    notes = pd.concat([reports[name] for name in NOTE_COLUMNS], ignore_index=True)
    return Checked(reports, found, count_by(notes))


def _typed_contract(configuration: Configuration) -> pa.DataFrameSchema:
    """Give the contract of the typed values: what must be true of one report."""
    settings = configuration.settings
    earliest = pd.Timestamp(settings.periods.earliest_on, tz=configuration.zone).tz_convert("UTC")

    def states(*codes: str) -> pa.Column:
        return pa.Column("str", [pa.Check.ne(code, error=code) for code in codes], nullable=False)

    west, south, east, north = settings.area.bounds or (-180, -90, 180, 90)
    return pa.DataFrameSchema(
        {
            "category_state": states("kategori_saknas", "okand_kategori"),
            "occurred_from_state": states("tid_saknas", "tid_olaslig", "tid_tvetydig"),
            "occurred_to_state": states("tid_olaslig", "tid_tvetydig"),
            "reported_at_state": states("tid_olaslig", "tid_tvetydig"),
            "report_type_state": states("okand_rapporttyp", "aterkallad_utan_id"),
            "lat_state": states(
                "koordinat_halv",
                "koordinat_avrundad",
                "koordinat_siffror",
                "koordinat_tvetydig",
                "koordinat_utanfor",
            ),
            "lon_state": states("koordinat_avrundad", "koordinat_siffror"),
            "occurred_from": pa.Column(
                MOMENT, pa.Check.ge(earliest, error="tid_orimlig"), nullable=True
            ),
            "hours_ahead": pa.Column(
                "float64", pa.Check.le(_CLOCK_SLACK_HOURS, error="tid_i_framtiden"), nullable=True
            ),
            "hours_long": pa.Column(
                "float64", pa.Check.ge(0, error="slut_fore_start"), nullable=True
            ),
            "lon": pa.Column(
                "float64", pa.Check.in_range(west, east, error="koordinat_utanfor"), nullable=True
            ),
            "lat": pa.Column(
                "float64", pa.Check.in_range(south, north, error="koordinat_utanfor"), nullable=True
            ),
        },
        name="typed",
    )


def find_failures(
    contract: pa.DataFrameSchema, frame: pd.DataFrame, text: pd.DataFrame
) -> pd.DataFrame:
    """Hold a frame against a contract and give its failures as findings."""
    # a column without a value to check is nullable everywhere and costs most of the time
    is_filled = [name for name in contract.columns if _has_values(frame[name])]
    try:
        contract.select_columns(is_filled).validate(frame[is_filled], lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
    else:
        return empty_findings()
    broken = cases["index"].isna()
    if broken.any():  # a failure without a row is a fault of the program, not of the file
        raise AssertionError(cases[broken].to_string())
    column = cases["column"].astype("str").str.removesuffix("_state").replace(_WRITTEN_IN)
    rows = cases["index"].astype("int64").to_numpy()
    finding = pd.DataFrame(
        {
            "line_number": text["line_number"].to_numpy()[text.index.get_indexer(rows)],
            "column": column.to_numpy(),
            "reason_code": cases["check"].astype("str").to_numpy(),
            "row": rows,
        }
    ).drop_duplicates()
    value = pd.Series(None, index=finding.index, dtype="str")
    for name, part in finding.groupby("column"):
        if name in text.columns:
            value.loc[part.index] = text[name].reindex(part["row"]).to_numpy()
    finding["value"] = value
    return finding[list(FINDING_COLUMNS)].reset_index(drop=True)


def _has_values(cells: pd.Series) -> bool:
    return bool(cells.notna().any()) and not (cells.dtype == "str" and cells.eq("").all())


def _name_plane_coordinates(findings: pd.DataFrame, text: pd.DataFrame) -> pd.DataFrame:
    """Let a fault in `lat` or `lon` name northing and easting where the point was given in them."""
    is_position = findings["column"].isin(["lat", "lon"]) & findings["value"].isna()
    if not is_position.any():
        return findings
    column = findings["column"].replace({"lat": "northing", "lon": "easting"})
    cells = text.set_index("line_number")
    stood = [
        cells.at[line, name] if is_plane else value
        for line, name, is_plane, value in zip(
            findings["line_number"], column, is_position, findings["value"], strict=True
        )
    ]
    return findings.assign(
        column=findings["column"].where(~is_position, column),
        value=pd.Series(stood, index=findings.index, dtype="str"),
    )

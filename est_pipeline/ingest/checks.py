"""Checking reports: first the text, then the typed values; every fault of a row in one go.

A fault is a finding: `line_number`, `column` (ours), `reason_code`, `value` (as it stood). A
row with a finding is quarantined; the other rows of the file go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from est_pipeline.config import Configuration, Source
from est_pipeline.domain.kinds import Kind, Reliability, ReportType
from est_pipeline.domain.schemas import MOMENT
from est_pipeline.domain.text import fold, fold_series, map_distinct, spread_words
from est_pipeline.domain.weeks import iso_weeks_of
from est_pipeline.ingest.coordinates import are_coordinates, read_coordinates, read_numbers
from est_pipeline.ingest.mapping import count_by, map_codes
from est_pipeline.ingest.privacy import LONGEST_CELL
from est_pipeline.ingest.times import read_moments, read_spans

_LARGEST_NUMBER = 10_000
_CLOCK_SLACK_HOURS = 1  # clocks of reporters' systems differ
_WRITTEN_IN = {"hours_ahead": "occurred_from", "hours_long": "occurred_to"}

_REPORT_TYPES = {fold(kind.value): kind.value for kind in ReportType} | {
    "handelser": ReportType.INCIDENT.value,
    "iakttagelser": ReportType.OBSERVATION.value,
    "inget": ReportType.NOTHING.value,
    "inget att anmala": ReportType.NOTHING.value,
    **dict.fromkeys(
        ("aterkallas", "aterkallelse", "makulerad", "makuleras", "utgar", "borttagen"),
        ReportType.WITHDRAWN.value,
    ),
}
_RELIABILITIES = {fold(word.value): word.value for word in Reliability}
_YES_NO = {
    **dict.fromkeys(("ja", "j", "yes", "y", "true", "sant", "1", "x"), True),
    **dict.fromkeys(("nej", "n", "no", "false", "falskt", "0"), False),
}
_KIND_OF_TYPE = {
    ReportType.UNSAFE_PLACE.value: Kind.ENVIRONMENT_CASE.value,
    ReportType.FOUND_BY_EFFORT.value: Kind.FOUND_BY_EFFORT.value,
    ReportType.COMING.value: Kind.CONTEXT.value,
    ReportType.NOTHING.value: Kind.CONTEXT.value,
    ReportType.WITHDRAWN.value: Kind.CONTEXT.value,
}

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


def type_reports(
    text: pd.DataFrame, *, configuration: Configuration, source: Source, received_at: datetime
) -> pd.DataFrame:
    """Give the typed values of each report; what cannot be read is missing.

    The columns ending in `_state` hold, per row, the reason code of a value that could not be
    read although something stood there, or that is missing although it is needed; `hours_ahead`
    is how long after the file's arrival the start lies (missing for what is coming), `hours_long`
    how long the incident lasted.
    """
    zone = ZoneInfo(source.times.zone_name) if source.times.zone_name else configuration.zone
    formats = source.times.formats
    came = pd.Series(pd.Timestamp(received_at).tz_convert("UTC"), index=text.index).astype(MOMENT)
    told = read_moments(text["reported_at"], formats=formats, zone=zone, said_at=came)
    reported = told.moment
    span = read_spans(
        text["occurred_from"],
        text["occurred_to"],
        formats=formats,
        zone=zone,
        reference=reported if source.times.year_from_reported else None,
        words=source.times.words,
        said_at=reported.fillna(came),
    )
    report_type = _translate(
        map_codes(text["report_type"], source.codes.report_type), _REPORT_TYPES
    ).where(text["report_type"].notna(), ReportType.INCIDENT.value)
    takes_back = report_type.eq(ReportType.WITHDRAWN.value)
    says_nothing = report_type.eq(ReportType.NOTHING.value) | takes_back
    has_id = text["source_row_id"].notna() | text["replaces_row_id"].notna()
    category_code, subcategory_code = _categories(text, configuration, source)
    # "nothing to report" and "taken back" need no time: they speak of the moment of saying so
    occurred_from = span.occurred_from.where(
        ~(says_nothing & span.occurred_from.isna()), reported.fillna(came)
    )
    area = configuration.settings.area
    position = read_coordinates(
        text,
        declared_crs=source.crs,
        metric_crs=area.metric_crs,
        bounds=area.bounds,
        missing=source.missing_coordinates,
    )
    # the contract of the text says which cell is no number, that of the values which is outside
    is_told = position["state"].eq("koordinat_ej_tal") | (
        position["state"].eq("koordinat_utanfor") & position["lat"].notna()
    )
    length = span.occurred_to - occurred_from
    is_long = (
        length > pd.Timedelta(days=configuration.settings.periods.long_interval_days)
    ).fillna(False)
    middle = (occurred_from + length / 2).astype(MOMENT)
    severity = _whole_numbers(text["severity"], otherwise=0)
    typed = pd.DataFrame(
        {
            "line_number": text["line_number"],
            "source_row_id": text["source_row_id"],
            "replaces_row_id": text["replaces_row_id"],
            "kind": _kinds(report_type, category_code, configuration, source),
            "report_type": report_type,
            "occurred_from": occurred_from,
            "occurred_to": span.occurred_to,
            "is_time_known": span.is_time_known,
            "is_long_interval": is_long.astype(bool),
            "iso_week": iso_weeks_of(occurred_from.where(~is_long, middle), configuration.zone),
            "reported_at": reported,
            "category_code": category_code,
            "subcategory_code": subcategory_code,
            "severity": severity.astype("Int8").where(severity.between(1, 4)),
            "reliability": _translate(text["reliability"], _RELIABILITIES),
            "incident_number": _whole_numbers(text["incident_number"], otherwise=1),
            "is_police_reported": map_distinct(
                text["is_police_reported"],
                lambda distinct: fold_series(distinct).map(_YES_NO).astype("boolean"),
            ),
            "place_type": text["place_type"],
            "place": text["place"],
            "address": text["address"],
            "district_name": text["district_name"],
            "free_text": text["free_text"],
            "title": text["title"],
            "lon": position["lon"],
            "lat": position["lat"],
            "hours_ahead": _hours(occurred_from - pd.Timestamp(received_at)).where(
                report_type.ne(ReportType.COMING.value)
            ),
            "hours_long": _hours(length),
            "start_note": span.from_note,
            "end_note": span.to_note,
            "position_note": position["note"],
        }
    )
    has_category = text["category"].notna()
    states: dict[str, pd.Series | np.ndarray] = {
        "category_state": spread_words(
            ["", "kategori_saknas", "okand_kategori"],
            np.where(says_nothing | category_code.notna(), 0, np.where(~has_category, 1, 2)),
            index=text.index,
        ),
        "occurred_from_state": span.from_fault.where(
            text["occurred_from"].notna(), "tid_saknas"
        ).mask(occurred_from.notna() | (says_nothing & text["occurred_from"].isna()), ""),
        "occurred_to_state": span.to_fault,
        # a moment said to be unknown is none
        "reported_at_state": told.fault.where(told.fault.ne("tid_saknas"), ""),
        "report_type_state": spread_words(
            ["", "okand_rapporttyp", "aterkallad_utan_id"],
            np.where(report_type.isna(), 1, np.where(takes_back & ~has_id, 2, 0)),
            index=text.index,
        ),
        "lat_state": position["state"].mask(is_told | position["is_east_at_fault"], ""),
        "lon_state": position["state"].where(position["is_east_at_fault"], ""),
    }
    return typed.assign(**states)


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


def _translate(words: pd.Series, table: dict[str, str]) -> pd.Series:
    return map_distinct(words, lambda distinct: fold_series(distinct).map(table).astype("str"))


def _hours(length: pd.Series) -> pd.Series:
    hours: pd.Series = length.dt.total_seconds() / 3600
    return hours


def _whole_numbers(cells: pd.Series, *, otherwise: int) -> pd.Series:
    """Read whole numbers; what the contract of the text has found faulty is `otherwise`."""
    numbers = map_distinct(cells, read_numbers).astype("float64")
    return numbers.where(numbers.abs() < _LARGEST_NUMBER, otherwise).round().astype("int32")


def _categories(
    text: pd.DataFrame, configuration: Configuration, source: Source
) -> tuple[pd.Series, pd.Series]:
    """Give category and subcategory codes; a word that leads nowhere gives none."""
    words = configuration.categories.words
    codes = configuration.categories.codes
    own = {
        f"{code}/{word}": sub
        for (code, word), sub in configuration.categories.subcategory_words.items()
    }

    def read(distinct: pd.Series) -> pd.Series:
        """Give `code/subcategory` of each word, the subcategory empty where it says none."""
        folded = fold_series(distinct)
        found = [
            word
            if word.partition("/")[0] in codes
            else "/".join(p or "" for p in words[key])
            if key in words
            else None
            for word, key in zip(distinct, folded, strict=True)
        ]
        return pd.Series(found, dtype="str")

    read_words = map_distinct(map_codes(text["category"], source.codes.category), read)
    category_code = map_distinct(
        read_words, lambda distinct: distinct.str.replace(r"/.*", "", regex=True)
    )
    from_category = map_distinct(
        read_words, lambda distinct: distinct.str.extract(r"/(.+)", expand=False).astype("str")
    )
    if not text["subcategory"].notna().any():
        return category_code, from_category
    pairs = category_code + "/" + map_distinct(text["subcategory"], fold_series)
    stated = map_distinct(pairs, partial(_look_up, table=own))
    return category_code, stated.where(stated.notna(), from_category)


def _look_up(words: pd.Series, *, table: dict[str, str]) -> pd.Series:
    return words.map(table).astype("str")


def _kinds(
    report_type: pd.Series, category_code: pd.Series, configuration: Configuration, source: Source
) -> pd.Series:
    """Give each report's kind: context stays context, then form type, category, source.

    A source file may give a category another kind than the categories file does.
    """
    kind = pd.Series(source.kind.value, index=report_type.index, dtype="str")
    if source.kind is Kind.CONTEXT:
        return kind
    by_category = {
        category.code: category.kind.value
        for category in configuration.categories
        if category.kind is not Kind.INCIDENT
    } | {code: word.value for code, word in source.codes.kind.items()}
    for words, table in ((category_code, by_category), (report_type, _KIND_OF_TYPE)):
        said = map_distinct(words, partial(_look_up, table=table))
        kind = said.fillna(kind)
    return kind

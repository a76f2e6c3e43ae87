"""Reports from text to values: times, position, kind, category and the other codes."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from est_pipeline.config import Configuration, Source
from est_pipeline.domain.kinds import Kind, Reliability, ReportType
from est_pipeline.domain.schemas import MOMENT
from est_pipeline.domain.text import fold, fold_series, map_distinct, spread_words
from est_pipeline.domain.weeks import iso_weeks_of
from est_pipeline.ingest.checking.coordinates import read_coordinates
from est_pipeline.ingest.checking.found_times import Moments
from est_pipeline.ingest.checking.times import Spans, read_moments, read_spans
from est_pipeline.ingest.mapping import map_codes

_LARGEST_NUMBER = 10_000

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
    says_nothing = report_type.isin([ReportType.NOTHING.value, ReportType.WITHDRAWN.value])
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
    return typed.assign(**_states(text, typed, told=told, span=span, position=position))


def _states(
    text: pd.DataFrame, typed: pd.DataFrame, *, told: Moments, span: Spans, position: pd.DataFrame
) -> dict[str, pd.Series | np.ndarray]:
    """Say of each value why it could not be read or may not be missing; empty where all is well."""
    report_type, occurred_from = typed["report_type"], typed["occurred_from"]
    takes_back = report_type.eq(ReportType.WITHDRAWN.value)
    says_nothing = report_type.eq(ReportType.NOTHING.value) | takes_back
    has_id = text["source_row_id"].notna() | text["replaces_row_id"].notna()
    category_fault = np.where(text["category"].isna(), 1, 2)
    # the contract of the text says which cell is no number, that of the values which is outside
    is_told = position["state"].eq("koordinat_ej_tal") | (
        position["state"].eq("koordinat_utanfor") & position["lat"].notna()
    )
    return {
        "category_state": spread_words(
            ["", "kategori_saknas", "okand_kategori"],
            np.where(says_nothing | typed["category_code"].notna(), 0, category_fault),
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


def _translate(words: pd.Series, table: dict[str, str]) -> pd.Series:
    return map_distinct(words, lambda distinct: fold_series(distinct).map(table).astype("str"))


def _hours(length: pd.Series) -> pd.Series:
    hours: pd.Series = length.dt.total_seconds() / 3600
    return hours


def _whole_numbers(cells: pd.Series, *, otherwise: int) -> pd.Series:
    """Read whole numbers; what the contract of the text has found faulty is `otherwise`."""
    numbers = map_distinct(cells, _read_numbers).astype("float64")
    return numbers.where(numbers.abs() < _LARGEST_NUMBER, otherwise).round().astype("int32")


def _read_numbers(cells: pd.Series) -> pd.Series:
    """Read numbers with decimal comma or point and spaces between thousands."""
    plain = cells.str.replace("\N{MINUS SIGN}", "-")
    plain = plain.str.replace(r"[\s ]", "", regex=True).str.replace(",", ".")
    return pd.to_numeric(plain, errors="coerce").astype("float64")


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

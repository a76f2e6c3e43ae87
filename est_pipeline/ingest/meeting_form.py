"""The meeting's own form: told by its header, checked row by row, every fault in one go.

Its text is the EST group's own and is kept, masked; whoever is to do something is a function.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa

from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import Placing
from est_pipeline.domain.meeting import (
    MEETING_COLUMNS,
    MEETING_NOTES,
    OTHER_NAMES,
    NoteState,
    NoteType,
)
from est_pipeline.domain.protection import holds_any
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.text import fold, map_distinct, spread_words
from est_pipeline.domain.weeks import IsoWeek, last_full_week
from est_pipeline.ingest.checking.reports import find_failures
from est_pipeline.ingest.checking.times import read_moments
from est_pipeline.ingest.mapping import HeaderMap, header_key, match_columns
from est_pipeline.ingest.placing.gazetteer import Gazetteer
from est_pipeline.ingest.placing.reports import place_texts
from est_pipeline.ingest.privacy.masking import LONGEST_CELL
from est_pipeline.ingest.privacy.person_names import find_names, holds_first_name

_NAMES = {ours: (column, *OTHER_NAMES.get(ours, ())) for column, ours in MEETING_COLUMNS.items()}
_TELLING = frozenset({"note_type", "measure", "comment", "function_name", "due_on", "state"})
"""Columns that no reporting form has; `note_type` and one more of them tell the meeting's form."""

_TYPES = {
    "beslut": NoteType.DECISION,
    "anteckning": NoteType.NOTE,
    "anteckningar": NoteType.NOTE,
    "notering": NoteType.NOTE,
    "muntlig komplettering": NoteType.NOTE,
}
_STATES = {
    **dict.fromkeys(("oppen", "oppet", "pagar", "pagaende", "ej klar"), NoteState.OPEN),
    **dict.fromkeys(("klar", "klart", "gjord", "gjort", "genomford", "genomfort"), NoteState.DONE),
    **dict.fromkeys(
        ("avbruten", "avbrutet", "struken", "struket", "installd"), NoteState.CANCELLED
    ),
}
_EVERYWHERE = frozenset({"hela kommunen", "kommunen", "alla", "hela staden"})

_WEEK_FORMS = re.compile(
    r"(?:(?P<year>\d{4})\s*-?\s*)?(?:vecka|v\.?|w)?\s*(?P<number>\d{1,2})(?:[\s,/]+(?P<after>\d{4}))?"
)


def meeting_header_keys() -> frozenset[str]:
    """Give the form's header names in the form in which header names are compared."""
    return frozenset(header_key(name) for names in _NAMES.values() for name in names)


def is_meeting_form(header: Sequence[str]) -> bool:
    """Tell the meeting's form by its header: its type column and two of those only it has."""
    found = _TELLING & match_columns(_NAMES, header, ()).keys()
    return "note_type" in found and len(found) >= 3


def map_meeting_headers(header: Sequence[str]) -> HeaderMap:
    """Match a header of the meeting's form."""
    columns = match_columns(_NAMES, header, ())
    used = {column for names in columns.values() for column in names}
    unused = tuple(column for column in header if column not in used)
    return HeaderMap(columns, unused, is_form=False, is_meeting_form=True)


def _text_contract() -> pa.DataFrameSchema:
    short = pa.Check.str_length(max_value=LONGEST_CELL, error="for_lang_text")
    rounded = pa.Check.str_matches(r"^(?!\d(?:[.,]\d+)?[eE]\+\d{2,3}$)", error="id_avrundat")
    columns = {
        name: pa.Column("str", short, nullable=True)
        for name in ("problem", "likely_cause", "measure", "comment", "place_text")
    }
    return pa.DataFrameSchema(
        columns | {"own_id": pa.Column("str", [rounded, short], nullable=True)}, name="meeting text"
    )


def _states(*codes: str) -> pa.Column:
    return pa.Column("str", [pa.Check.ne(code, error=code) for code in codes], nullable=False)


_TEXT_CONTRACT = _text_contract()
_TYPED_CONTRACT = pa.DataFrameSchema(
    {
        "note_type_state": _states("okand_typ"),
        "own_id_state": _states("okant_beslut"),
        "meeting_week_state": _states("mote_olasligt"),
        "measure_state": _states("vad_saknas"),
        "comment_state": _states("anteckning_saknas"),
        "function_name_state": _states("funktion_saknas", "funktion_ar_person"),
        "district_name_state": _states("okand_stadsdel"),
        "due_on_state": _states("dag_olaslig", "tid_tvetydig", "klart_fore_motet"),
        "state_state": _states("okant_lage"),
    },
    name="meeting typed",
)


def check_notes(
    text: pd.DataFrame,
    masked: pd.DataFrame,
    *,
    configuration: Configuration,
    gazetteer: Gazetteer,
    districts: gpd.GeoDataFrame,
    received_at: datetime,
    known_ids: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Type the rows of the form and find every fault of every row.

    Args:
        text: `line_number` and the form's columns (ours) as they stood.
        masked: the same rows and columns without personal data; what is kept comes from here.
        configuration: time zone, departments with their functions, names of the areas.
        gazetteer: names of places and districts.
        districts: the districts.
        received_at: when the file came.
        known_ids: the decisions of this source that the store knows: a row may change them.

    Returns:
        The sound rows, with the columns of `MEETING_NOTES` but `row_key`; and the findings.
    """
    typed = _type_notes(
        text,
        masked,
        configuration=configuration,
        gazetteer=gazetteer,
        districts=districts,
        received_at=received_at,
        known_ids=known_ids,
    )
    found = pd.concat(
        [
            find_failures(_TEXT_CONTRACT, text, text),
            find_failures(_TYPED_CONTRACT, typed, text),
        ],
        ignore_index=True,
    )
    found = found.drop_duplicates(["line_number", "column", "reason_code"])
    found = found.sort_values(["line_number", "column"], ignore_index=True)
    is_sound = ~typed["line_number"].isin(found["line_number"])
    columns = [name for name in MEETING_NOTES.columns if name != "row_key"]
    return typed.loc[is_sound, columns].reset_index(drop=True), found


def _type_notes(
    text: pd.DataFrame,
    masked: pd.DataFrame,
    *,
    configuration: Configuration,
    gazetteer: Gazetteer,
    districts: gpd.GeoDataFrame,
    received_at: datetime,
    known_ids: Collection[str],
) -> pd.DataFrame:
    zone = configuration.zone
    note_type = _look_up(text["note_type"], _TYPES)
    state = _look_up(text["state"], _STATES)
    is_decision = note_type.eq(NoteType.DECISION.value)
    is_whole = text["measure"].notna()
    own_ids = masked["own_id"]
    is_told = own_ids.isin(set(known_ids) | set(own_ids[is_decision & is_whole].dropna()))
    changes = is_decision & ~is_whole & own_ids.notna()
    week = _meeting_weeks(text["meeting_week"], received_at=received_at, zone=zone)
    due_on, due_fault = _due_days(text["due_on"], received_at=received_at, zone=zone)
    first_days = map_distinct(week, _mondays)
    similarity = configuration.settings.area.place_similarity
    rest_name = configuration.settings.area.rest_name
    stated = _district_ids(text["district_name"], gazetteer, districts, rest_name, similarity)
    is_everywhere = text["district_name"].map(fold, na_action="ignore").isin(_EVERYWHERE)
    placed = _named_places(text["place_text"], gazetteer, similarity)
    is_dwelling = text["place_text"].map(
        lambda cell: holds_any(cell, configuration.coarse_rule.dwelling_words), na_action="ignore"
    )
    points = placed[["lon", "lat", "precision_m"]].mask(is_dwelling.eq(True))
    functions = {fold(department.function) for department in configuration.departments.values()}
    names_person = map_distinct(
        text["function_name"],
        lambda cells: pd.Series([_names_a_person(cell, functions) for cell in cells], dtype="str"),
    ).notna()
    states = {
        "note_type_state": note_type.isna(),
        "own_id_state": changes & ~is_told,
        "meeting_week_state": text["meeting_week"].notna() & week.isna(),
        "measure_state": is_decision & ~is_whole & own_ids.isna(),
        "comment_state": note_type.eq(NoteType.NOTE.value) & text["comment"].isna(),
        "district_name_state": text["district_name"].notna() & stated.isna() & ~is_everywhere,
        "state_state": text["state"].notna() & state.isna(),
    }
    codes = {
        "note_type_state": "okand_typ",
        "own_id_state": "okant_beslut",
        "meeting_week_state": "mote_olasligt",
        "measure_state": "vad_saknas",
        "comment_state": "anteckning_saknas",
        "district_name_state": "okand_stadsdel",
        "state_state": "okant_lage",
    }
    lacks_function = (
        is_decision & is_whole & text["function_name"].isna() & ~own_ids.isin(set(known_ids))
    )
    is_before = (due_on < first_days).fillna(False).astype(bool) & is_whole & is_decision
    return pd.DataFrame(
        {
            "line_number": text["line_number"],
            "own_id": own_ids,
            "note_type": note_type,
            "meeting_week": week.fillna(str(last_full_week(received_at, zone))).where(
                is_whole | note_type.eq(NoteType.NOTE.value)
            ),
            "problem": masked["problem"],
            "likely_cause": masked["likely_cause"],
            "measure": masked["measure"],
            "place_text": masked["place_text"],
            "district_id": stated.fillna(placed["district_id"].where(~is_everywhere)),
            **points,
            "function_name": masked["function_name"],
            "due_on": due_on,
            "state": state,
            "comment": masked["comment"],
            **{
                name: spread_words(
                    ["", codes[name]], is_faulty.to_numpy(dtype=int), index=text.index
                )
                for name, is_faulty in states.items()
            },
            "function_name_state": spread_words(
                ["", "funktion_saknas", "funktion_ar_person"],
                np.where(names_person, 2, lacks_function.astype(int)),
                index=text.index,
            ),
            "due_on_state": due_fault.mask(is_before, "klart_fore_motet"),
        }
    ).astype({"due_on": "str", "district_id": "str", "meeting_week": "str"})


def _look_up(words: pd.Series, table: dict[str, NoteType] | dict[str, NoteState]) -> pd.Series:
    codes = {word: str(code) for word, code in table.items()}
    return map_distinct(words, lambda cells: cells.map(fold).map(codes).astype("str"))


def _names_a_person(cell: str, functions: Collection[str]) -> str | None:
    """Give the cell where it names a person; a function of the configuration never does."""
    if fold(cell) in functions:
        return None
    return cell if find_names(cell) or holds_first_name(cell) else None


def read_week(text: str, *, near: date) -> IsoWeek | None:
    """Read a week as people write it (2026-W47, v. 47, 47); the nearest one without a year."""
    match = _WEEK_FORMS.fullmatch(fold(text))
    if match is None:
        return None
    number, year = int(match["number"]), match["year"] or match["after"]
    years = [int(year)] if year else [near.year + step for step in (-1, 0, 1)]
    weeks = []
    for each in years:
        try:
            weeks.append(IsoWeek(each, number))
        except ValueError:  # this year has no such week
            continue
    return min(weeks, key=lambda week: abs((week.monday - near).days), default=None)


def _meeting_weeks(cells: pd.Series, *, received_at: datetime, zone: ZoneInfo) -> pd.Series:
    """Give the week of the lägesbild of each meeting; a date is the meeting's own day."""
    near = received_at.astimezone(zone).date()
    days, _ = _read_days(cells, received_at=received_at, zone=zone)

    def read(texts: pd.Series) -> pd.Series:
        weeks = [read_week(text, near=near) for text in texts]
        return pd.Series([str(week) if week else None for week in weeks], dtype="str")

    before = map_distinct(
        days,
        lambda texts: pd.Series(
            [str(IsoWeek.of(date.fromisoformat(text)).plus(-1)) for text in texts], dtype="str"
        ),
    )
    weeks = map_distinct(cells, read)
    return weeks.fillna(before)


def _mondays(weeks: pd.Series) -> pd.Series:
    return pd.Series([IsoWeek.parse(week).monday.isoformat() for week in weeks], dtype="str")


def _due_days(
    cells: pd.Series, *, received_at: datetime, zone: ZoneInfo
) -> tuple[pd.Series, pd.Series]:
    """Give the last day of each row (of a week its Sunday), and why a day cannot be read."""
    near = received_at.astimezone(zone).date()
    days, fault = _read_days(cells, received_at=received_at, zone=zone)

    def read(texts: pd.Series) -> pd.Series:
        weeks = [read_week(text, near=near) for text in texts]
        return pd.Series([week.sunday.isoformat() if week else None for week in weeks], dtype="str")

    due_on = map_distinct(cells, read).fillna(days)
    return due_on, fault.mask(due_on.notna(), "")


def _read_days(
    cells: pd.Series, *, received_at: datetime, zone: ZoneInfo
) -> tuple[pd.Series, pd.Series]:
    came = pd.Series(pd.Timestamp(received_at).tz_convert("UTC"), index=cells.index)
    read = read_moments(cells, formats=(), zone=zone, said_at=came.dt.as_unit("us"))
    days = read.moment.dt.tz_convert(zone).dt.strftime("%Y-%m-%d").astype("str")
    fault = spread_words(
        ["", "dag_olaslig", "tid_tvetydig"],
        np.where(cells.isna() | days.notna(), 0, np.where(read.fault.eq("tid_tvetydig"), 2, 1)),
        index=cells.index,
    )
    return days, fault


def _district_ids(
    cells: pd.Series,
    gazetteer: Gazetteer,
    districts: gpd.GeoDataFrame,
    rest_name: str,
    similarity: float,
) -> pd.Series:
    """Give the district of each name, as it is listed, inflected or slightly misspelt."""
    listed = {
        fold(name): district_id
        for name, district_id in zip(districts["name"], districts["district_id"], strict=True)
    }
    listed |= {district_id: district_id for district_id in districts["district_id"]}
    listed |= {fold(rest_name): REST_ID, REST_ID: REST_ID}

    def read(names: pd.Series) -> pd.Series:
        found = place_texts(names, gazetteer=gazetteer, similarity=similarity)
        by_name = found["district_id"].where(found["placing"].eq(Placing.DISTRICT.value))
        return names.map(fold).map(listed).astype("str").fillna(by_name)

    return map_distinct(cells, read)


def _named_places(cells: pd.Series, gazetteer: Gazetteer, similarity: float) -> pd.DataFrame:
    """Give the district and the point of each named place, where they are known."""
    names = pd.Series(cells.dropna().unique(), dtype="str")
    found = place_texts(names, gazetteer=gazetteer, similarity=similarity)
    found["district_id"] = found["district_id"].where(found["district_id"].ne(UNPLACED_ID))
    return found.set_axis(names).reindex(cells).set_axis(cells.index)

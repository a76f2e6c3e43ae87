"""The meeting's own form: told by its header, checked row by row, every fault in one go.

Its text is the EST group's own and is kept, masked; whoever is to do something is a function.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa

from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import Placing
from est_pipeline.domain.meeting import (
    EMPTIED_COLUMNS,
    EMPTIED_MARK,
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

# with a year the letter has to stand: 2026-12 is a month
_WEEK_FORMS = re.compile(
    r"(?:(?P<year>\d{4})\s*-?\s*(?:vecka|v\.?|w)|(?:vecka|v\.?|w)?)\s*(?P<number>\d{1,2})"
    r"|(?:vecka|v\.?|w)\s*(?P<number_before>\d{1,2})[\s,/]+(?P<after>\d{4})"
)
_EMPTIED_MARKS = frozenset({EMPTIED_MARK, "–", "—"})  # a word processor makes one of the other
_YEARS_AHEAD = 10
"""How many years after a file came a day or a week in it can lie; a later one is misspelt."""


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
        "own_id_state": _states("okant_beslut", "id_anvands"),
        "meeting_week_state": _states("mote_olasligt"),
        "measure_state": _states("vad_saknas"),
        "comment_state": _states("anteckning_saknas"),
        "function_name_state": _states("funktion_saknas", "funktion_ar_person"),
        "district_name_state": _states("okand_stadsdel"),
        "due_on_state": _states("dag_olaslig", "tid_tvetydig", "klart_fore_motet"),
        "state_state": _states("okant_lage"),
        "saved_at_state": _states("tid_olaslig", "tid_tvetydig"),
    },
    name="meeting typed",
)


def no_known_notes() -> pd.DataFrame:
    """Give what `check_notes` takes for `known` where the store knows nothing of a source."""
    columns = ("own_id", "note_type", "meeting_week", "text")
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})


@dataclass(frozen=True)
class CheckedNotes:
    """The sound rows of the form, what is wrong with the others, and what is told of the sound.

    Attributes:
        rows: the columns of `MEETING_NOTES` but `row_key`.
        findings: one row a fault.
        notes: codes of `reasons.describe_note`, and of how many sound rows each is said.
    """

    rows: pd.DataFrame
    findings: pd.DataFrame
    notes: dict[str, int]


def check_notes(
    text: pd.DataFrame,
    masked: pd.DataFrame,
    *,
    configuration: Configuration,
    gazetteer: Gazetteer,
    districts: gpd.GeoDataFrame,
    received_at: datetime,
    known: pd.DataFrame,
) -> CheckedNotes:
    """Type the rows of the form and find every fault of every row.

    Args:
        text: `line_number` and the form's columns (ours) as they stood.
        masked: the same rows and columns without personal data; what is kept comes from here.
        configuration: time zone, departments with their functions, names of the areas.
        gazetteer: names of places and districts.
        districts: the districts.
        received_at: when the file came.
        known: the decisions and notes of this source that the store knows, as
            `Warehouse.known_notes` gives them: a row may change them.
    """
    is_mark = text.isin(_EMPTIED_MARKS)
    typed = _type_notes(
        text.mask(is_mark),
        masked.mask(is_mark),
        is_mark=is_mark,
        configuration=configuration,
        gazetteer=gazetteer,
        districts=districts,
        received_at=received_at,
        known=known,
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
    dwelling_count = int((typed["names_dwelling"] & is_sound).sum())
    return CheckedNotes(
        rows=typed.loc[is_sound, columns].reset_index(drop=True),
        findings=found,
        notes={"bostad": dwelling_count} if dwelling_count else {},
    )


def _type_notes(
    text: pd.DataFrame,
    masked: pd.DataFrame,
    *,
    is_mark: pd.DataFrame,
    configuration: Configuration,
    gazetteer: Gazetteer,
    districts: gpd.GeoDataFrame,
    received_at: datetime,
    known: pd.DataFrame,
) -> pd.DataFrame:
    zone = configuration.zone
    years = _Years(
        configuration.settings.periods.earliest_on.year,
        received_at.astimezone(zone).year + _YEARS_AHEAD,
    )
    note_type = _look_up(text["note_type"], _TYPES)
    state = _look_up(text["state"], _STATES)
    is_decision = note_type.eq(NoteType.DECISION.value)
    is_whole = text["measure"].notna()
    is_note = note_type.eq(NoteType.NOTE.value)
    own_ids = masked["own_id"]
    known_decisions = set(known.loc[known["note_type"].eq(NoteType.DECISION.value), "own_id"])
    is_told = own_ids.isin(known_decisions | set(own_ids[is_decision & is_whole].dropna()))
    changes = is_decision & ~is_whole & own_ids.notna()
    stated_week = _meeting_weeks(
        text["meeting_week"], received_at=received_at, zone=zone, years=years
    )
    saved = read_moments(text["saved_at"], formats=(), zone=zone)
    rows = pd.DataFrame(
        {
            "own_id": own_ids,
            "note_type": note_type,
            "stated_week": stated_week,
            "text": masked["measure"].where(is_decision, masked["comment"]),
            "saved_at": saved.moment,
        }
    )
    newest = str(last_full_week(received_at, zone))
    same = _as_known(rows, known, newest=newest)
    week = stated_week.fillna(same["week"]).fillna(newest)
    says_whole = (is_decision & is_whole) | is_note
    is_used = says_whole & (
        same["is_other"] | _is_used_again(rows.assign(week=week), is_whole=says_whole)
    )
    # what a change says is measured against the meeting at which the decision was made
    made = week.where(says_whole, _decided_weeks(rows.assign(week=week), known, is_whole))
    first_days = map_distinct(made.fillna(newest), _mondays)
    asked = first_days.where(says_whole | stated_week.isna(), map_distinct(stated_week, _mondays))
    due_on, due_fault = _due_days(
        text["due_on"], asked, received_at=received_at, zone=zone, years=years
    )
    similarity = configuration.settings.area.place_similarity
    rest_name = configuration.settings.area.rest_name
    stated = _district_ids(text["district_name"], gazetteer, districts, rest_name, similarity)
    is_everywhere = text["district_name"].map(fold, na_action="ignore").isin(_EVERYWHERE)
    placed = _named_places(text["place_text"], gazetteer, similarity)
    names_dwelling = (
        text["place_text"]
        .map(
            lambda cell: holds_any(cell, configuration.coarse_rule.dwelling_words),
            na_action="ignore",
        )
        .eq(True)
    )
    points = placed[["lon", "lat", "precision_m"]].mask(names_dwelling)
    district_id = stated.fillna(placed["district_id"].where(~is_everywhere))
    is_emptied = pd.DataFrame(
        {
            "problem": is_mark["problem"],
            "likely_cause": is_mark["likely_cause"],
            "place_text": is_mark["place_text"] | names_dwelling,
            # the district went with the place, unless the row states one
            "district_id": is_mark["district_name"]
            | (is_mark["place_text"] & is_whole & district_id.isna()),
            "due_on": is_mark["due_on"],
            "comment": is_mark["comment"],
        }
    )
    functions = {fold(department.function) for department in configuration.departments.values()}
    names_person = map_distinct(
        text["function_name"],
        lambda cells: pd.Series([_names_a_person(cell, functions) for cell in cells], dtype="str"),
    ).notna()
    states = {
        "note_type_state": note_type.isna(),
        "meeting_week_state": text["meeting_week"].notna() & stated_week.isna(),
        "measure_state": is_decision & ~is_whole & own_ids.isna(),
        "comment_state": is_note & text["comment"].isna(),
        "district_name_state": text["district_name"].notna() & stated.isna() & ~is_everywhere,
        "state_state": text["state"].notna() & state.isna(),
    }
    codes = {
        "note_type_state": "okand_typ",
        "meeting_week_state": "mote_olasligt",
        "measure_state": "vad_saknas",
        "comment_state": "anteckning_saknas",
        "district_name_state": "okand_stadsdel",
        "state_state": "okant_lage",
    }
    lacks_function = (
        is_decision & is_whole & text["function_name"].isna() & ~own_ids.isin(known_decisions)
    )
    is_before = (due_on < first_days).fillna(False).astype(bool) & is_decision
    return pd.DataFrame(
        {
            "line_number": text["line_number"],
            "own_id": own_ids,
            "note_type": note_type,
            "meeting_week": week.where(says_whole),
            "problem": masked["problem"],
            "likely_cause": masked["likely_cause"],
            "measure": masked["measure"],
            "place_text": masked["place_text"].mask(names_dwelling),
            "district_id": district_id,
            **points,
            "function_name": masked["function_name"],
            "due_on": due_on,
            "state": state,
            "comment": masked["comment"],
            "emptied": _names_of(is_emptied),
            "saved_at": saved.moment,
            "names_dwelling": names_dwelling,
            **{
                name: spread_words(
                    ["", codes[name]], is_faulty.to_numpy(dtype=int), index=text.index
                )
                for name, is_faulty in states.items()
            },
            "own_id_state": spread_words(
                ["", "okant_beslut", "id_anvands"],
                np.where(is_used, 2, (changes & ~is_told).astype(int)),
                index=text.index,
            ),
            "saved_at_state": saved.fault.mask(saved.fault.eq("tid_saknas"), ""),
            "function_name_state": spread_words(
                ["", "funktion_saknas", "funktion_ar_person"],
                np.where(names_person, 2, lacks_function.astype(int)),
                index=text.index,
            ),
            "due_on_state": due_fault.mask(is_before, "klart_fore_motet"),
        }
    ).astype({"due_on": "str", "district_id": "str", "meeting_week": "str"})


@dataclass(frozen=True)
class _Years:
    """The years in which a day of the form can lie."""

    first: int
    last: int

    def hold(self, day: date) -> bool:
        """Tell whether a day lies in them."""
        return self.first <= day.year <= self.last


def _names_of(is_emptied: pd.DataFrame) -> pd.Series:
    """Give the names of the columns that each row empties, with commas between; none is missing."""
    names = [
        ",".join(name for name, is_one in zip(is_emptied.columns, row, strict=True) if is_one)
        for row in is_emptied[list(EMPTIED_COLUMNS)].itertuples(index=False)
    ]
    return pd.Series([each or None for each in names], index=is_emptied.index, dtype="str")


def _as_known(rows: pd.DataFrame, known: pd.DataFrame, *, newest: str) -> pd.DataFrame:
    """Compare rows with what the store has under the same id.

    A row that leaves its meeting out and says what the store has is about the same meeting: the
    same file comes a week later as well.

    Args:
        rows: `own_id`, `note_type`, `stated_week` and `text` (what is to be done, or the note).
        known: as `check_notes` takes it.
        newest: the week of the meeting of a row that leaves it out.

    Returns:
        `week`, that of the meeting where the row is the known one; and `is_other`, whether the
        id stands for something else: of another type, or of another meeting.
    """
    found: dict[str, list[tuple[str, str, str]]] = {}
    for own_id, *rest in known[["own_id", "note_type", "meeting_week", "text"]].itertuples(
        index=False
    ):
        found.setdefault(str(own_id), []).append((str(rest[0]), str(rest[1]), str(rest[2])))

    def compare(
        own_id: str, note_type: str, stated_week: str, text: str
    ) -> tuple[str | None, bool]:
        alike = [each for each in found.get(own_id, ()) if each[0] == note_type]
        if not alike:
            return None, own_id in found
        [(_, week, known_text)] = alike
        is_repeat = not stated_week and text == known_text
        is_other = not is_repeat and (stated_week or newest) != week
        return (None, True) if is_other else (week, False)

    cells = rows[["own_id", "note_type", "stated_week", "text"]].fillna("")
    told = [compare(*map(str, row)) for row in cells.itertuples(index=False)]
    return pd.DataFrame(
        {
            "week": pd.Series([week for week, _ in told], index=rows.index, dtype="str"),
            "is_other": pd.Series([other for _, other in told], index=rows.index, dtype=bool),
        }
    )


def _is_used_again(rows: pd.DataFrame, *, is_whole: pd.Series) -> pd.Series:
    """Tell the whole rows whose id an earlier row of the file has for something else.

    The same words again are only known. Other words are a later version of the same thing where
    both rows say when they were saved, and are of one type and one meeting.
    """
    whole = rows[is_whole & rows["own_id"].notna()].fillna({"text": ""})
    first = whole.drop_duplicates("own_id").set_index("own_id")
    first = first.reindex(whole["own_id"]).set_axis(whole.index)
    is_alike = whole["note_type"].eq(first["note_type"]) & whole["week"].eq(first["week"])
    is_version = whole["saved_at"].notna() & first["saved_at"].notna()
    is_same = is_alike & (is_version | whole["text"].eq(first["text"]))
    is_again = whole.duplicated("own_id") & ~is_same
    return is_again.reindex(rows.index, fill_value=False)


def _decided_weeks(rows: pd.DataFrame, known: pd.DataFrame, is_whole: pd.Series) -> pd.Series:
    """Give the week of the meeting at which the decision of each row was made, where it is told."""
    in_file = rows[is_whole & rows["note_type"].eq(NoteType.DECISION.value)]
    stored = known[known["note_type"].eq(NoteType.DECISION.value)]
    weeks = dict(zip(in_file["own_id"], in_file["week"], strict=True))
    weeks |= dict(zip(stored["own_id"], stored["meeting_week"], strict=True))
    return rows["own_id"].map(weeks).astype("str")


def _look_up(words: pd.Series, table: dict[str, NoteType] | dict[str, NoteState]) -> pd.Series:
    codes = {word: str(code) for word, code in table.items()}
    return map_distinct(words, lambda cells: cells.map(fold).map(codes).astype("str"))


def _names_a_person(cell: str, functions: Collection[str]) -> str | None:
    """Give the cell where it names a person; a function of the configuration never does."""
    if fold(cell) in functions:
        return None
    return cell if find_names(cell) or holds_first_name(cell) else None


def read_week(text: str, *, near: date, is_from_then_on: bool = False) -> IsoWeek | None:
    """Read a week as people write it: 2026-W47, v. 47, 47.

    Without a year it is the one nearest to `near`, or the first that does not end before it
    (`is_from_then_on`).
    """
    match = _WEEK_FORMS.fullmatch(fold(text))
    if match is None:
        return None
    number, year = int(match["number"] or match["number_before"]), match["year"] or match["after"]
    years = [int(year)] if year else [near.year + step for step in range(-1, 3)]
    weeks = []
    for each in years:
        try:
            week = IsoWeek(each, number)
            is_over = is_from_then_on and not year and week.sunday < near
        except (
            ValueError,
            OverflowError,
        ):  # this year has no such week, or ends after the calendar
            continue
        if not is_over:
            weeks.append(week)
    return min(weeks, key=lambda week: abs((week.monday - near).days), default=None)


def _meeting_weeks(
    cells: pd.Series, *, received_at: datetime, zone: ZoneInfo, years: _Years
) -> pd.Series:
    """Give the week of the lägesbild of each meeting; a date is the meeting's own day."""
    near = received_at.astimezone(zone).date()
    days, _ = _read_days(cells, received_at=received_at, zone=zone, years=years)

    def read(texts: pd.Series) -> pd.Series:
        weeks = [read_week(text, near=near) for text in texts]
        return pd.Series(
            [str(week) if week and years.hold(week.monday) else None for week in weeks], dtype="str"
        )

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
    cells: pd.Series,
    first_days: pd.Series,
    *,
    received_at: datetime,
    zone: ZoneInfo,
    years: _Years,
) -> tuple[pd.Series, pd.Series]:
    """Give the last day of each row (of a week its Sunday), and why a day cannot be read.

    A week without a year is the first that does not end before the row's own of `first_days`.
    """
    days, fault = _read_days(cells, received_at=received_at, zone=zone, years=years)

    def read(cell: str, first_day: str) -> str | None:
        week = read_week(cell, near=date.fromisoformat(first_day), is_from_then_on=True)
        return week.sunday.isoformat() if week and years.hold(week.monday) else None

    weeks = [
        None if pd.isna(cell) else read(cell, first_day)
        for cell, first_day in zip(cells, first_days, strict=True)
    ]
    due_on = pd.Series(weeks, index=cells.index, dtype="str").fillna(days)
    return due_on, fault.mask(due_on.notna(), "")


def _read_days(
    cells: pd.Series, *, received_at: datetime, zone: ZoneInfo, years: _Years
) -> tuple[pd.Series, pd.Series]:
    came = pd.Series(pd.Timestamp(received_at).tz_convert("UTC"), index=cells.index)
    read = read_moments(cells, formats=(), zone=zone, said_at=came.dt.as_unit("us"))
    local = read.moment.dt.tz_convert(zone)
    is_near = local.dt.year.between(years.first, years.last)
    days = local.where(is_near).dt.strftime("%Y-%m-%d").astype("str")
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

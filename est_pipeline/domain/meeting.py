"""The meeting's own form: decisions and notes, its columns, its words, and the contract of a row.

A decision says what is done about a problem, where, by which function (never by whom) and by when;
a note is what somebody added by word of mouth. The page writes the form in meeting mode, and it can
be filled in by hand.
"""

from __future__ import annotations

from enum import StrEnum

import pandas as pd
import pandera.pandas as pa

from est_pipeline.domain.schemas import MOMENT


class NoteType(StrEnum):
    """What a row of the form is."""

    DECISION = "beslut"
    NOTE = "anteckning"


class NoteState(StrEnum):
    """How a decision stands."""

    OPEN = "öppen"
    DONE = "klar"
    CANCELLED = "avbruten"


MEETING_COLUMNS: dict[str, str] = {
    "typ": "note_type",
    "id": "own_id",
    "möte": "meeting_week",
    "problem": "problem",
    "trolig_orsak": "likely_cause",
    "vad": "measure",
    "plats": "place_text",
    "stadsdel": "district_name",
    "funktion": "function_name",
    "klart_senast": "due_on",
    "läge": "state",
    "anteckning": "comment",
    "sparad": "saved_at",
}
"""The form's columns as people see them -> ours."""

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "meeting_week": ("vecka",),
    "measure": ("insats", "åtgärd"),
}
"""Headers that are understood as well, by our column."""

EMPTIED_MARK = "-"
"""What stands in a cell that is to be empty from now on; an empty cell says nothing."""

EMPTIED_COLUMNS = ("problem", "likely_cause", "place_text", "district_id", "due_on", "comment")
"""The columns of `MEETING_NOTES` that a later row can empty."""

_WEEK = r"^\d{4}-W\d{2}$"


def _text(*checks: pa.Check, nullable: bool = True) -> pa.Column:
    return pa.Column("str", list(checks), nullable=nullable)


MEETING_NOTES = pa.DataFrameSchema(
    {
        "line_number": pa.Column("int64", pa.Check.ge(1), unique=True),
        "row_key": _text(nullable=False),
        "own_id": _text(),
        "note_type": _text(pa.Check.isin([word.value for word in NoteType]), nullable=False),
        "meeting_week": _text(pa.Check.str_matches(_WEEK)),
        "problem": _text(),
        "likely_cause": _text(),
        "measure": _text(),
        "place_text": _text(),
        "district_id": _text(),
        "lon": pa.Column("float64", nullable=True),
        "lat": pa.Column("float64", nullable=True),
        "precision_m": pa.Column("float64", nullable=True),
        "function_name": _text(),
        "due_on": _text(pa.Check.str_matches(r"^\d{4}-\d{2}-\d{2}$")),
        "state": _text(pa.Check.isin([word.value for word in NoteState])),
        "comment": _text(),
        "emptied": _text(),
        "saved_at": pa.Column(MOMENT, nullable=True),
    },
    strict=True,
    ordered=True,
    name="meeting_notes",
)
"""What ingest hands over of the meeting's form: one row a row of the file, masked.

A cell that is missing says nothing: an earlier row with the same id still holds for that column,
unless `emptied` names it (some of `EMPTIED_COLUMNS`, with a comma between). `row_key` leaves out
`saved_at`, the moment that the row itself says it was saved.
`meeting_week` is the week of the lägesbild that the meeting had before it. `lon`, `lat` and
`precision_m` are those of the named place in `place_text`, where the gazetteer knows it.
"""


_OTHER_TYPES = {
    "line_number": "int64",
    "lon": "float64",
    "lat": "float64",
    "precision_m": "float64",
    "saved_at": MOMENT,
}
MEETING_NOTE_TYPES = {name: _OTHER_TYPES.get(name, "str") for name in MEETING_NOTES.columns}
"""The pandas type of each column of `MEETING_NOTES`."""


def empty_notes() -> pd.DataFrame:
    """Give a frame with the columns and types of `MEETING_NOTES` and no row."""
    return pd.DataFrame(
        {name: pd.Series(dtype=type_) for name, type_ in MEETING_NOTE_TYPES.items()}
    )

"""What the meeting needs of the page: decisions, last week as it stands now, the agenda."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd

from est_pipeline.domain.kinds import InformationClass, Kind
from est_pipeline.domain.meeting import NoteState, NoteType
from est_pipeline.lagesbild.fields import local_of, number_of, records, text_of
from est_pipeline.lagesbild.map_layers import Point

if TYPE_CHECKING:
    from est_pipeline.config import Configuration
    from est_pipeline.domain.weeks import IsoWeek

OPEN = InformationClass.OPEN
INTERNAL = InformationClass.INTERNAL

COUNTED_KINDS = (Kind.INCIDENT, Kind.ENVIRONMENT_CASE, Kind.FOUND_BY_EFFORT)
UNCHANGED = "same"
"""The reason of what counts as it did (`store/sql/read_week_changes.sql` names them all)."""
DECIDED_OTHERWISE = "decided"
"""What only the issued page knew, whose settings or decisions on joins were others."""
UNEXPLAINED = "unexplained"
"""What only the issued page knew, though its settings were the same."""


@dataclass(frozen=True)
class Decision:
    """A decision of an earlier meeting; a function does it, never a person named.

    `point` is that of the named place, where the gazetteer knows it.
    """

    own_id: Annotated[str, INTERNAL]
    meeting_week: Annotated[str, INTERNAL]
    problem: Annotated[str, INTERNAL]
    likely_cause: Annotated[str, INTERNAL]
    measure: Annotated[str, INTERNAL]
    place_text: Annotated[str, INTERNAL]
    district_name: Annotated[str, INTERNAL]
    point: Annotated[Point | None, INTERNAL]
    function_name: Annotated[str, INTERNAL]
    due_on: Annotated[date | None, INTERNAL]
    state: Annotated[NoteState, INTERNAL]
    comment: Annotated[str, INTERNAL]
    is_overdue: Annotated[bool, INTERNAL]
    is_new: Annotated[bool, INTERNAL]


@dataclass(frozen=True)
class SpokenNote:
    """What somebody added by word of mouth at the last meeting."""

    meeting_week: Annotated[str, INTERNAL]
    text: Annotated[str, INTERNAL]
    place_text: Annotated[str, INTERNAL]
    district_name: Annotated[str, INTERNAL]
    function_name: Annotated[str, INTERNAL]


@dataclass(frozen=True)
class FigureThenNow:
    """A kind's count in last week, when its page was written and now."""

    kind: Annotated[Kind, INTERNAL]
    count_then: Annotated[int, INTERNAL]
    count_now: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class FigureChange:
    """Reports that make a difference for one reason; `source_name` is empty where none is meant."""

    kind: Annotated[Kind, INTERNAL]
    reason: Annotated[str, INTERNAL]
    source_name: Annotated[str, INTERNAL]
    count_then: Annotated[int, INTERNAL]
    count_now: Annotated[int, INTERNAL]
    report_count: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class SinceLast:
    """What has come of the last meeting, and of the figures that it had before it.

    Attributes:
        iso_week: the week before the page's.
        compared_at: the moment that its figures are compared with; missing where nothing was known
            then.
        is_issued_page: that moment is the one of the page issued for the week; else it is the one
            by which the reports had to be in.
        is_weeded: its rows are gone, and its counts are those that were kept.
        figures: then and now, kind by kind; now minus then is the sum of `changes`.
        changes: why they differ.
        decisions: those open, then those done or broken off since the last meeting.
        notes: what was noted at the last meeting.
    """

    iso_week: Annotated[str, INTERNAL]
    compared_at: Annotated[datetime | None, INTERNAL]
    is_issued_page: Annotated[bool, INTERNAL]
    is_weeded: Annotated[bool, INTERNAL]
    figures: Annotated[tuple[FigureThenNow, ...], INTERNAL]
    changes: Annotated[tuple[FigureChange, ...], INTERNAL]
    decisions: Annotated[tuple[Decision, ...], INTERNAL]
    notes: Annotated[tuple[SpokenNote, ...], INTERNAL]

    def in_state(self, state: NoteState) -> tuple[Decision, ...]:
        """Give the decisions that stand so."""
        return tuple(each for each in self.decisions if each.state is state)

    @property
    def on_map(self) -> tuple[tuple[int, Decision, Point], ...]:
        """Give what is still to be done at a known place: its number on the page, it, its point."""
        return tuple(
            (number, each, each.point)
            for number, each in enumerate(self.decisions, start=1)
            if each.state is NoteState.OPEN and each.point
        )


@dataclass(frozen=True)
class AgendaItem:
    """A section of the page that the meeting goes through, and how long it may take."""

    heading_id: Annotated[str, INTERNAL]
    minutes: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class MeetingPlan:
    """What meeting mode needs: the agenda, functions to choose from, where its file is dropped."""

    agenda: Annotated[tuple[AgendaItem, ...], INTERNAL]
    function_names: Annotated[tuple[str, ...], INTERNAL]
    inbox_name: Annotated[str, INTERNAL]


@dataclass(frozen=True)
class LastWeek:
    """What the store says of last week and of the meetings' decisions, as frames.

    Attributes:
        week: the week before the page's.
        met_week: the week whose meeting was the last one held: this, or the one before it.
        compared_at: the moment of the comparison, where anything was known then.
        is_issued_page: whether a page of the week was issued at that moment.
        is_weeded: whether the week's rows are gone.
        has_new_settings: whether that page had other settings, or decisions on what is the same.
        issued_counts: the counts on that page, by kind.
        changes: as `Warehouse.week_changes` gives them.
        notes: decisions and notes as known now, as `Warehouse.meeting_notes` gives them.
        notes_then: the same as known when the last meeting was held; the same as `notes` where
            nothing is known of that.
    """

    week: IsoWeek
    met_week: IsoWeek
    compared_at: datetime | None
    is_issued_page: bool
    is_weeded: bool
    has_new_settings: bool
    issued_counts: Mapping[Kind, int]
    changes: pd.DataFrame
    notes: pd.DataFrame
    notes_then: pd.DataFrame


def build_since_last(
    last: LastWeek, *, as_of: datetime, configuration: Configuration, names: Mapping[str, str]
) -> SinceLast:
    """Build what the page says of the time since the last meeting."""
    figures, changes = _figures(last, configuration)
    return SinceLast(
        iso_week=str(last.week),
        compared_at=local_of(last.compared_at, configuration.zone),
        is_issued_page=last.is_issued_page,
        is_weeded=last.is_weeded,
        figures=figures,
        changes=changes,
        decisions=_decisions(last, as_of=as_of, configuration=configuration, names=names),
        notes=_notes(last, names),
    )


def build_plan(configuration: Configuration) -> MeetingPlan:
    """Build the agenda, by the configuration's minutes."""
    meeting = configuration.settings.meeting
    minutes = meeting.minutes
    agenda = (
        AgendaItem("sedan-rubrik", minutes.since_last),
        AgendaItem("laget-rubrik", minutes.situation),
        AgendaItem("omraden-rubrik", minutes.areas),
        AgendaItem("karta-rubrik", minutes.map),
        AgendaItem("muntligt-rubrik", minutes.spoken),
        AgendaItem("kommande-rubrik", minutes.coming),
        AgendaItem("beslut-rubrik", minutes.decisions),
    )
    functions = tuple(dict.fromkeys(each.function for each in configuration.departments.values()))
    sources = [each for each in meeting.note_sources if each in configuration.sources]
    return MeetingPlan(agenda, functions, f"data/inkorg/{sources[0]}" if sources else "")


def _figures(
    last: LastWeek, configuration: Configuration
) -> tuple[tuple[FigureThenNow, ...], tuple[FigureChange, ...]]:
    if last.compared_at is None or last.is_weeded:
        return (), ()
    sums = last.changes.groupby("kind")[["count_then", "count_now"]].sum().to_dict("index")
    figures, left_over = [], []
    reason = DECIDED_OTHERWISE if last.has_new_settings else UNEXPLAINED
    for kind in COUNTED_KINDS:
        counts = sums.get(kind.value, {"count_then": 0, "count_now": 0})
        then, now = int(counts["count_then"]), int(counts["count_now"])
        issued = last.issued_counts.get(kind, then)
        figures.append(FigureThenNow(kind, issued, now))
        if issued != then:
            left_over.append(FigureChange(kind, reason, "", issued, then, 0))
    changes = tuple(
        FigureChange(
            kind=Kind(row["kind"]),
            reason=str(row["reason"]),
            source_name=configuration.shown_name(str(row["source_id"])),
            count_then=int(row["count_then"]),
            count_now=int(row["count_now"]),
            report_count=int(row["report_count"]),
        )
        for row in records(last.changes[last.changes["reason"].ne(UNCHANGED)])
    )
    return tuple(figures), (*changes, *left_over)


def _decisions(
    last: LastWeek, *, as_of: datetime, configuration: Configuration, names: Mapping[str, str]
) -> tuple[Decision, ...]:
    decided = last.notes[last.notes["note_type"].eq(NoteType.DECISION.value)]
    states_then = last.notes_then.set_index("note_id")["state"]
    before = decided["note_id"].map(states_then)
    is_shown = decided["state"].eq(NoteState.OPEN.value) | decided["state"].ne(before)
    today = as_of.astimezone(configuration.zone).date()
    found = [
        Decision(
            own_id=str(row["own_id"]),
            meeting_week=text_of(row["meeting_week"]),
            problem=text_of(row["problem"]),
            likely_cause=text_of(row["likely_cause"]),
            measure=text_of(row["measure"]),
            place_text=text_of(row["place_text"]),
            district_name=names.get(text_of(row["district_id"]), ""),
            point=_point(row),
            function_name=text_of(row["function_name"]),
            due_on=(due := None if pd.isna(row["due_on"]) else row["due_on"]),
            state=(state := NoteState(row["state"])),
            comment=text_of(row["comment"]),
            is_overdue=state is NoteState.OPEN and due is not None and due < today,
            is_new=row["note_id"] not in states_then.index,
        )
        for row in records(decided[is_shown])
    ]
    order = list(NoteState)
    return tuple(
        sorted(
            found,
            key=lambda each: (
                order.index(each.state),
                not each.is_overdue,
                each.due_on or date.max,
                each.meeting_week,
                each.own_id,
            ),
        )
    )


def _point(row: Mapping[str, Any]) -> Point | None:
    lon, lat = number_of(row["lon"]), number_of(row["lat"])
    if lon is None or lat is None:
        return None
    return Point(lon, lat, number_of(row["precision_m"]))


def _notes(last: LastWeek, names: Mapping[str, str]) -> tuple[SpokenNote, ...]:
    """Give the notes of the last meeting, by the week that they name, whenever their file came."""
    is_of_meeting = last.notes["meeting_week"].between(str(last.met_week), str(last.week))
    spoken = last.notes[last.notes["note_type"].eq(NoteType.NOTE.value) & is_of_meeting]
    return tuple(
        SpokenNote(
            meeting_week=text_of(row["meeting_week"]),
            text=text_of(row["comment"]),
            place_text=text_of(row["place_text"]),
            district_name=names.get(text_of(row["district_id"]), ""),
            function_name=text_of(row["function_name"]),
        )
        for row in records(spoken)
    )

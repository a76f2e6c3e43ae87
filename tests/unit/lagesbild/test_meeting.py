"""Sedan förra mötet in words: every sentence pattern, right in number and gender."""

from datetime import date
from typing import Any

import pytest

from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.meeting import NoteState
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.lagesbild.meeting import SinceLast
from est_pipeline.lagesbild.meeting_words import (
    decisions_sentence,
    due_words,
    figure_sentences,
    place_words,
    problem_words,
    state_words,
)
from tests.lagesbild_frames import (
    NOTES,
    make_changes,
    make_content,
    make_last_week,
    make_notes,
)

SAME = ("incident", "same", "polisen", 10, 10, 0)


def since(configuration: Configuration, **changes: Any) -> SinceLast:
    found = make_content(configuration, last_week=make_last_week(**changes)).since_last
    assert found is not None
    return found


def sentences(configuration: Configuration, *rows: tuple[Any, ...], **changes: Any) -> list[str]:
    found = since(configuration, changes=make_changes(rows), **changes)
    return [sentence.replace("\xa0", " ") for sentence in figure_sentences(found)]


def test_as_the_product_says_it(configuration: Configuration) -> None:
    found = figure_sentences(since(configuration))
    assert [sentence.replace("\xa0", " ") for sentence in found] == [
        "Vecka 46 har nu 72 händelser, 67 när den skrevs: fem sena rapporter från UTB.",
        "En händelse har fått en annan stadsdel; summan är densamma.",
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("late", "utb", 0, 1, 1)], "11 händelser, 10 när den skrevs: en sen rapport från UTB."),
        (
            [("late", "utb", 0, 5, 5), ("late", "sf", 0, 1, 1)],
            "16 händelser, 10 när den skrevs: fem sena rapporter från UTB och en från SF.",
        ),
        (
            [("late", "utb", 0, 4, 2)],
            "10 när den skrevs: två sena rapporter från UTB (+4).",
        ),
        (
            [("withdrawn", "sf", 1, 0, 1)],
            "11 när den skrevs: en återkallad rapport från SF.",
        ),
        (
            [("undone", "sf", 2, 0, 2)],
            ": två rapporter ur återtagna filer från SF.",
        ),
        ([("joined", "sf", 1, 0, 1)], "en händelse som slagits ihop med en annan."),
        ([("joined", "sf", 2, 0, 2)], "två händelser som slagits ihop med andra."),
        ([("split", "sf", 0, 1, 1)], "en rapport som inte längre är hopslagen."),
        ([("week", "sf", 1, 0, 1)], "en händelse som flyttats till en annan vecka."),
        ([("week", "sf", 0, 2, 2)], "två händelser som flyttats hit från en annan vecka."),
        ([("kind", "sf", 1, 0, 1)], "en rapport som nu räknas som ett annat slag (−1)."),
        ([("number", "sf", 1, 4, 1)], "en rapport med ändrat antal (+3)."),
        ([("cut", "sf", 1, 0, 1)], "en rad som klipptes av i en halv fil från SF."),
        ([("counted", "sf", 0, 1, 1)], "en rapport som nu räknas."),
        ([("returned", "sf", 0, 1, 1)], "en rapport som räknas igen."),
        (
            [("replaced", "sf", 1, 1, 2)],
            "11 händelser, lika många som när den skrevs, men inte samma: en rättad rapport.",
        ),
        (
            [("late", "utb", 0, 1, 1), ("withdrawn", "sf", 1, 0, 1)],
            "11 händelser, lika många som när den skrevs, men inte samma: en sen rapport från UTB "
            "och en återkallad rapport från SF.",
        ),
        ([], "Vecka 46 har 10 händelser, lika många som när den skrevs. Inget har ändrats."),
    ],
)
def test_each_reason_in_words(
    configuration: Configuration, rows: list[tuple[Any, ...]], said: str
) -> None:
    [text] = sentences(configuration, SAME, *(("incident", *row) for row in rows))
    assert text.endswith(said)


def test_corrections_leave_the_sum(configuration: Configuration) -> None:
    found = sentences(
        configuration,
        SAME,
        ("incident", "category", "sf", 2, 2, 2),
        ("incident", "district", "sf", 1, 1, 1),
        ("environment_case", "category", "mos", 1, 1, 1),
    )
    assert found == [
        "Vecka 46 har 13 händelser, lika många som när den skrevs.",
        "Två händelser har fått en annan kategori och en händelse har fått en annan stadsdel; "
        "summan är densamma.",
        "Ett miljöärende har fått en annan kategori; summan är densamma.",
    ]


def test_other_kinds_are_told_apart(configuration: Configuration) -> None:
    found = sentences(configuration, SAME, ("environment_case", "late", "mos", 0, 1, 1))
    assert found[1] == "Miljöärenden: 1 nu, 0 när den skrevs (en sen rapport från MOS)."


def test_what_it_is_compared_with_is_said(configuration: Configuration) -> None:
    no_page = sentences(configuration, SAME, is_issued_page=False)
    assert no_page[0].startswith("Någon lägesbild för vecka 46 har inte skrivits.")
    assert no_page[1].startswith("Vecka 46 har 10 händelser, lika många som då.")
    [nothing] = sentences(configuration, compared_at=None)
    assert nothing == "Det finns ingen tidigare lägesbild att jämföra med."
    [weeded] = sentences(configuration, is_weeded=True)
    assert "är gallrade" in weeded
    [unexplained] = sentences(configuration, SAME, issued_counts={Kind.INCIDENT: 12})
    assert "10 händelser, 12 när den skrevs: okänd orsak (−2)." in unexplained
    [decided] = sentences(
        configuration, SAME, issued_counts={Kind.INCIDENT: 12}, has_new_settings=True
    )
    assert "10 händelser, 12 när den skrevs: beslut om vad som är samma" in decided
    assert "(−2)" in decided


def test_decisions_in_words(configuration: Configuration) -> None:
    found = since(configuration)
    assert decisions_sentence(found) == (
        "Av tre beslut är ett klart och två öppna; ett skulle redan ha varit klart."
    )
    overdue, still_open, done = found.decisions
    assert [state_words(each) for each in found.decisions] == ["försenat", "öppet", "klart"]
    assert (overdue.is_new, still_open.is_new) == (False, True)
    assert done.state is NoteState.DONE
    assert due_words(still_open).replace("\xa0", " ") == "fre 4 dec"
    assert place_words(overdue) == "Stora torget, Ryd"
    assert place_words(still_open) == "Stora torget"
    assert problem_words(overdue) == "Klotter varje natt. Trolig orsak: Mörkt."
    assert [note.text for note in found.notes] == ["Lugnare på torget"]


def test_done_before_is_not_told_again(configuration: Configuration) -> None:
    found = since(configuration, notes_then=make_notes(NOTES[2:]))
    assert [each.own_id for each in found.decisions] == ["b1", "b2"]
    assert [note.text for note in found.notes] == ["Lugnare på torget"]  # by their own week
    later = since(configuration, met_week=IsoWeek.parse("2026-W47"))
    assert later.notes == ()
    assert decisions_sentence(found).startswith("Två beslut är öppna; ett skulle")
    nothing = since(configuration, notes=make_notes(NOTES[:0]), notes_then=make_notes(NOTES[:0]))
    assert decisions_sentence(nothing).startswith("Inga beslut")


def test_due_today_is_not_overdue(configuration: Configuration) -> None:
    today = [(*NOTES[0][:4], "2026-11-23", *NOTES[0][5:])]
    [decision] = since(configuration, notes=make_notes(today)).decisions
    assert decision.due_on == date(2026, 11, 23)
    assert not decision.is_overdue
    assert (
        decisions_sentence(since(configuration, notes=make_notes(today))) == "Ett beslut är öppet."
    )

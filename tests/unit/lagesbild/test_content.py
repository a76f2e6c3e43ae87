"""What the content object holds, from frames made by hand."""

import json
from datetime import datetime

import pandas as pd
import pytest

from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek, week_range
from est_pipeline.lagesbild.assembly import compare
from est_pipeline.lagesbild.content import Lagesbild, render_json
from est_pipeline.lagesbild.page import render_page
from est_pipeline.lagesbild.rows import holds_any, own_id
from tests.lagesbild_frames import (
    INCIDENTS,
    WEEK,
    as_reports,
    make_content,
    make_counts,
    make_row,
    make_source_states,
)


def weeks_back(number: int) -> list[IsoWeek]:
    return week_range(WEEK.plus(-number), WEEK)


def test_a_comparison_counts_the_weeks_before_and_not_the_week() -> None:
    comparison = compare([*range(1, 27), 99], weeks_back(26), history_weeks=26)
    assert comparison.count == 99
    assert comparison.previous == 26
    assert comparison.span is not None
    assert (comparison.span.low, comparison.span.high) == (3, 24)
    assert comparison.span.median == 13.5
    assert not comparison.is_short_history


@pytest.mark.parametrize(
    ("before", "has_span", "previous"),
    [(0, False, None), (1, False, 4), (7, False, 4), (8, True, 4)],
)
def test_a_short_history_is_never_filled_with_zeros(
    before: int, has_span: bool, previous: int | None
) -> None:
    comparison = compare([4] * before + [5], weeks_back(before), history_weeks=26)
    assert (comparison.span is not None) is has_span
    assert comparison.previous == previous
    assert comparison.is_short_history
    assert len(comparison.history) == before


def test_weeks_before_the_first_stated_week_are_left_out(configuration: Configuration) -> None:
    counts = make_counts(INCIDENTS)
    counts.attrs["first_week"] = "2026-W45"
    content = make_content(configuration, counts=counts)
    assert content.total is not None
    assert [each.iso_week for each in content.total.incidents.history] == ["2026-W45", "2026-W46"]


def test_the_parts_are_the_whole(content: Lagesbild) -> None:
    assert content.total is not None
    assert content.unplaced is not None
    parts = [*content.areas, content.unplaced]
    for name in ("incidents", "environment_cases", "found_by_effort"):
        total = getattr(content.total, name)
        assert total.count == sum(getattr(area, name).count for area in parts)
        for number, week in enumerate(total.history):
            inside = [getattr(area, name).history[number] for area in parts]
            assert {each.iso_week for each in inside} == {week.iso_week}
            assert week.count == sum(each.count for each in inside)
    for area in parts:
        assert area.incidents.count == sum(each.count for each in area.categories)


def test_kinds_are_never_added(content: Lagesbild) -> None:
    assert content.total is not None
    assert content.total.incidents.count == sum(INCIDENTS.values())
    assert content.total.found_by_effort.count == 2
    assert {row.kind for row in content.rows} == {
        Kind.INCIDENT,
        Kind.ENVIRONMENT_CASE,
        Kind.FOUND_BY_EFFORT,
    }


@pytest.mark.parametrize(
    "values",
    [
        {"place_type": "bostad"},
        {"place_type": "Flerfamiljshus"},
        {"place_type": "Lägenhet"},
        {"category_code": "incident_mot_anstalld"},
        {"category_code": "ordningsstorning", "subcategory_code": "boendestorning"},
        {"category_code": "stold_och_inbrott", "subcategory_code": "inbrott_bostad"},
    ],
    ids=lambda values: "-".join(values.values()),
)
def test_homes_and_employees_are_shown_coarsely(
    configuration: Configuration, values: dict[str, str]
) -> None:
    exact = {
        "lon": 15.61234,
        "lat": 58.41234,
        "precision_m": 10.0,
        "place_name": "Hemgatan 3",
        "placing": "coordinates",
        "district_id": "city",
        "occurred_from": pd.Timestamp("2026-11-18T21:37Z"),
    }
    content = make_content(configuration, reports=as_reports([make_row(1, **(exact | values))]))
    (row,) = content.rows
    assert row.is_coarse
    assert row.point is None
    assert row.place_name == ""
    assert row.occurred_from is None
    assert row.exact is not None
    assert row.exact.place_name == "Hemgatan 3"
    assert content.places == ()
    text = render_json(content)
    assert [each for each in ("Hemgatan", "15.61234", "T22:37", "T21:37") if each in text] == []


def test_a_square_is_no_home(configuration: Configuration) -> None:
    words = configuration.settings.protection.dwelling_words
    assert holds_any("Flerfamiljshus", words)
    assert not holds_any("torg", words)
    assert not holds_any("", words)


def test_violence_in_close_relations_is_kept_off_the_page(configuration: Configuration) -> None:
    public = {"source_id": "polisen-api", "kind": "context", "category_code": "vald_och_hot"}
    shown = make_row(1, title="Misshandel", free_text="Bråk på Stora torget.", **public)
    hidden = make_row(2, title="Misshandel", free_text="Misshandel i nära relation.", **public)
    content = make_content(configuration, reports=as_reports([shown, hidden]))
    assert [notice.text for notice in content.notices] == ["Bråk på Stora torget."]
    assert content.hidden_notice_count == 1
    page = render_page(content)
    assert "En notis visas inte" in page
    assert "nära relation" not in page + render_json(content)


def test_free_text_is_shown_for_public_context_only(configuration: Configuration) -> None:
    secret = {"title": "RUBRIK-X", "free_text": "FRITEXT-X"}
    context = {"kind": "context", "category_code": "ovrigt"}
    content = make_content(
        configuration,
        reports=as_reports(
            [
                make_row(1, **secret),
                make_row(2, **secret, **context, source_id="polisen"),
                make_row(
                    3,
                    kind="context",
                    category_code="kommande",
                    report_type="kommande",
                    source_id="est-gruppen",
                    **secret,
                ),
                make_row(4, title="Öppen", free_text="text", **context, source_id="polisen-api"),
            ]
        ),
    )
    assert [notice.title for notice in content.notices] == ["Öppen"]
    assert len(content.coming) == 1
    assert "-X" not in render_json(content)


def test_rows_lead_to_file_and_line(content: Lagesbild) -> None:
    row = next(row for row in content.rows if row.source_id == "polisen")
    assert content.basis is not None
    (file,) = [each for each in content.basis.deliveries if each.number == row.file_number]
    assert (file.source_id, file.file_name) == ("polisen", "vecka47.csv")
    assert row.line_number is not None


def test_json_is_stable_and_complete(content: Lagesbild) -> None:
    text = render_json(content)
    assert text == render_json(content)
    figures = json.loads(text)
    assert figures["schema_version"] == 3
    assert figures["iso_week"] == "2026-W47"
    assert figures["as_of"] == "2026-11-23T09:00:00+01:00"
    assert figures["program_version"] == "0.1.0"
    assert figures["made_up_data"] is False
    assert len(figures["rows"]) == len(content.rows)
    assert list(figures) == sorted(figures)


def test_times_are_local(configuration: Configuration) -> None:
    reports = as_reports([make_row(1, occurred_from=pd.Timestamp("2026-11-21T23:30Z"))])
    (row,) = make_content(configuration, reports=reports).rows
    assert row.occurred_from == datetime(2026, 11, 22, 0, 30, tzinfo=configuration.zone)
    assert row.own_id == own_id(row.report_id, secret=b"tests")


def test_a_source_of_context_alone_says_nothing_of_calm(configuration: Configuration) -> None:
    states = make_source_states(configuration, state="ej ansluten")
    states.loc[states["source_id"] == "polisen-api", "state"] = "i tid"
    empty = as_reports([])
    content = make_content(configuration, source_states=states, reports=empty)
    assert content.basis is not None
    assert [s.source_id for s in content.basis.sources if not s.is_counted] == ["polisen-api"]
    assert "Ingen källa som rapporterar händelser är ansluten ännu." in render_page(content)

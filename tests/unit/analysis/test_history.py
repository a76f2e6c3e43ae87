"""Like with like: the stable panel, equal age, netted rows, odd histories."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from est_pipeline.analysis.history import (
    CountedOccurrences,
    History,
    index_occurrences,
    weekly_history,
)
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.weeks import IsoWeek, week_range
from tests.benchmarks.quiet_cities import ZONE, judged_at

LAST = IsoWeek(2026, 47)
FIRST = LAST.plus(-120)


def rows(
    source: str | tuple[str, ...],
    *,
    first: IsoWeek = FIRST,
    last: IsoWeek = LAST,
    number: int = 1,
    every: int = 1,
    days_after: float = 0.25,
    **values: Any,
) -> pd.DataFrame:
    """So many occurrences in every n-th week, known so many days after it."""
    weeks = week_range(first, last)[::every] * number
    frame = {
        "kind": "incident",
        "iso_week": [str(week) for week in weeks],
        "district_id": "ryd",
        "category_code": "brand",
        "occurrence_count": 1,
        "source_ids": [(source,) if isinstance(source, str) else source] * len(weeks),
        "known_at": pd.DatetimeIndex(
            [week.end(ZONE) + timedelta(days=days_after) for week in weeks]
        ).tz_convert("UTC"),
    }
    return pd.DataFrame(frame | values)


def index(*frames: pd.DataFrame, kind: Kind = Kind.INCIDENT) -> CountedOccurrences:
    return index_occurrences(
        pd.concat(frames, ignore_index=True),
        kind=kind,
        zone=ZONE,
        district_ids=["ryd", "berga"],
        category_codes=["brand", "klotter"],
    )


def history(*frames: pd.DataFrame, week: IsoWeek = LAST, as_of: datetime | None = None) -> History:
    return weekly_history(index(*frames), week=week, as_of=as_of or judged_at(week))


def counts(found: History, cell: tuple[str, str] = ("ryd", "brand")) -> list[int]:
    return [int(count) for count in found.counts.loc[cell]]


# --- the panel ------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [1, 4, 14, 30, 60])
def test_a_newcomer_is_left_out_and_shown(before: int) -> None:
    found = history(rows("polisen", number=2), rows("ny", first=LAST.plus(-before)))
    assert found.panel.source_ids == ("polisen",)
    assert found.panel.others == ("ny",)
    assert found.panel.period_weeks == 120
    assert set(counts(found)) == {2}
    assert found.outside_panel.to_dict() == {("ryd", "brand"): 1}
    assert found.sources_of_week.to_dict("records") == [
        {
            "district_id": "ryd",
            "category_code": "brand",
            "source_id": source,
            "occurrence_count": number,
        }
        for source, number in (("ny", 1), ("polisen", 2))
    ]


def test_what_a_newcomer_tells_beside_an_old_source_counts_once() -> None:
    found = history(
        rows("polisen", last=LAST.plus(-5)), rows(("ny", "polisen"), first=LAST.plus(-4))
    )
    assert set(counts(found)) == {1}
    assert found.outside_panel.empty


def test_one_who_left_is_outside_the_panel() -> None:
    found = history(rows("polisen", number=3), rows("kof", last=LAST.plus(-20)))
    assert found.panel.source_ids == ("polisen",)
    assert set(counts(found)) == {3}


@pytest.mark.parametrize(("before", "period"), [(40, 39), (38, 26), (30, 26), (100, 78)])
def test_a_newcomer_that_tells_most_makes_the_history_shorter(before: int, period: int) -> None:
    found = history(rows("polisen"), rows("ny", number=3, first=LAST.plus(-before)))
    assert found.panel.source_ids == ("ny", "polisen")
    assert found.panel.period_weeks == period
    # it is there all the time: no step within what the week is compared with
    assert set(counts(found)) == {4}


@pytest.mark.parametrize("begun", [120, 112])
def test_a_source_that_reports_now_and_then_is_in_the_panel(begun: int) -> None:
    found = history(rows("polisen", number=2), rows("kof", first=LAST.plus(-begun), every=6))
    assert found.panel.source_ids == ("kof", "polisen")


def test_no_more_than_five_years() -> None:
    found = history(rows("polisen", first=LAST.plus(-600)))
    assert len(found.weeks) == 261
    assert found.weeks[-1] == found.week == LAST


# --- age ------------------------------------------------------------------------------------------


def test_late_rows_are_compared_at_equal_age() -> None:
    frames = [rows("polisen", number=3), rows("polisen", number=2, days_after=7.5)]
    monday = history(*frames)
    assert set(counts(monday)) == {3}
    assert monday.completeness == pytest.approx(0.6)
    a_week_later = history(*frames, as_of=judged_at(LAST) + timedelta(days=8))
    assert set(counts(a_week_later)) == {5}
    assert a_week_later.completeness == 1


def test_what_was_not_known_does_not_count() -> None:
    late = rows("polisen", first=LAST.plus(-50), last=LAST.plus(-50), number=9, days_after=400)
    assert max(counts(history(rows("polisen"), late))) == 1
    # the week judged as it was known then: rows of later weeks and arrivals are not there
    then = LAST.plus(-10)
    found = history(rows("polisen"), rows("polisen", days_after=3), week=then)
    assert found.week == then
    assert set(counts(found)) == {1}


def test_a_history_that_came_at_once_is_not_late_but_complete() -> None:
    begun = pd.Timestamp(LAST.plus(-60).end(ZONE)).tz_convert("UTC")
    frames = [rows("polisen", number=3), rows("polisen", number=2, days_after=7.5)]
    for frame in frames:
        frame["known_at"] = frame["known_at"].where(frame["known_at"] > begun, begun)
    found = history(*frames)
    early, late = counts(found)[:55], counts(found)[65:]
    assert set(early) == {5}
    assert set(late) == {3}
    assert found.completeness == pytest.approx(0.6)
    assert found.exposure[:55] == pytest.approx(np.full(55, 1 / 0.6))
    assert found.exposure[65:] == pytest.approx(np.ones(56))


def test_a_week_of_before_the_history_came_has_that_history() -> None:
    bulk = rows("polisen", known_at=pd.Timestamp("2026-11-20", tz="UTC"))
    earlier = LAST.plus(-10)
    found = history(bulk, week=earlier)
    assert counts(found) == [1] * len(found.weeks)
    assert len(found.weeks) == 111


def test_too_few_tell_nothing_of_completeness() -> None:
    assert history(rows("polisen", first=LAST.plus(-20))).completeness is None


# --- counting -------------------------------------------------------------------------------------


def test_week_53_is_a_week() -> None:
    last = IsoWeek(2027, 2)
    found = history(rows("polisen", first=IsoWeek(2026, 40), last=last), week=last)
    names = [str(week) for week in found.weeks]
    assert names[-4:] == ["2026-W52", "2026-W53", "2027-W01", "2027-W02"]
    assert set(counts(found)) == {1}
    assert IsoWeek.of_ordinal(IsoWeek(2026, 53).ordinal) == IsoWeek(2026, 53)
    assert IsoWeek(2027, 1).ordinal - IsoWeek(2026, 53).ordinal == 1


def test_a_row_may_net_off_another_but_no_week_lies_below_nothing() -> None:
    week = LAST.plus(-3)
    off = rows("polisen", first=week, last=week, number=2, occurrence_count=-1)
    found = history(rows("polisen"), off)
    assert counts(found)[-5:] == [1, 0, 1, 1, 1]


def test_kinds_are_counted_apart() -> None:
    other = rows("polisen", kind="environment_case", number=5)
    kinds = {kind.value for kind in (Kind.INCIDENT, Kind.ENVIRONMENT_CASE)}
    other["kind"] = Kind.ENVIRONMENT_CASE.value
    assert len(kinds) == 2
    assert set(counts(history(rows("polisen"), other))) == {1}


def test_every_cell_is_there_and_what_is_not_listed_comes_after() -> None:
    found = history(rows("polisen"), rows("polisen", district_id="aaa", category_code="aaa"))
    assert list(found.counts.index) == [
        (district, category)
        for district in ("ryd", "berga", "aaa")
        for category in ("brand", "klotter", "aaa")
    ]
    assert found.counts.to_numpy().sum() == 2 * 121


def test_no_occurrence_at_all() -> None:
    nothing = rows("polisen").iloc[:0]
    counted = index(nothing)
    assert counted.first_week is None
    found = weekly_history(counted, week=LAST, as_of=judged_at(LAST))
    assert found.weeks == (LAST,)
    assert found.counts.shape == (4, 1)
    assert found.counts.to_numpy().sum() == 0
    assert found.completeness is None


def test_one_week_of_history() -> None:
    found = history(rows("polisen", first=LAST.plus(-1)))
    assert [str(week) for week in found.weeks] == ["2026-W46", "2026-W47"]
    assert counts(found) == [1, 1]


def test_the_order_of_rows_does_not_matter() -> None:
    frames: Sequence[pd.DataFrame] = [
        rows("polisen", number=2),
        rows("kof", every=3, district_id="berga"),
        rows("ny", first=LAST.plus(-9)),
    ]
    whole = pd.concat(frames, ignore_index=True)
    first = history(whole)
    second = history(whole.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(first.counts, second.counts)
    pd.testing.assert_frame_equal(first.sources_of_week, second.sources_of_week)
    pd.testing.assert_series_equal(first.outside_panel, second.outside_panel)
    assert first.panel == second.panel
    assert (first.exposure == second.exposure).all()

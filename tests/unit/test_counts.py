"""Weekly counts with their zeros."""

import pandas as pd
import pandera.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from est_pipeline.analysis.counts import count_weeks, first_week
from est_pipeline.domain.schemas import WEEKLY_COUNTS
from est_pipeline.domain.weeks import IsoWeek, week_range

DISTRICTS = ["skaggetorp", "ryd", "oplacerad"]
CATEGORIES = ["brand", "skadegorelse"]
FIRST, LAST = IsoWeek(2026, 51), IsoWeek(2027, 2)


def sparse(*cells: tuple[str, str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [(week, district, category, n, n, 2 * n, 3 * n) for week, district, category, n in cells],
        columns=list(WEEKLY_COUNTS.columns),
    )
    text = dict.fromkeys(["iso_week", "district_id", "category_code"], "str")
    return frame.astype({name: text.get(name, "int64") for name in frame.columns})


def count(cells: pd.DataFrame, *, first: IsoWeek = FIRST, last: IsoWeek = LAST) -> pd.DataFrame:
    return count_weeks(
        cells, first=first, last=last, district_ids=DISTRICTS, category_codes=CATEGORIES
    )


def test_every_week_is_there_also_week_53_and_the_turn_of_the_year() -> None:
    counts = count(sparse(("2026-W53", "ryd", "brand", 2)))
    weeks = ["2026-W51", "2026-W52", "2026-W53", "2027-W01", "2027-W02"]
    assert counts["iso_week"].unique().tolist() == weeks
    assert len(counts) == len(weeks) * len(DISTRICTS) * len(CATEGORIES)
    (cell,) = counts[counts["report_count"] != 0].to_numpy().tolist()
    assert cell == ["2026-W53", "ryd", "brand", 2, 2, 4, 6]


def test_rows_come_by_week_and_then_as_the_ids_are_listed() -> None:
    counts = count(sparse(), first=FIRST, last=FIRST)
    assert counts["district_id"].tolist() == [d for d in DISTRICTS for _ in CATEGORIES]
    assert counts["category_code"].tolist() == CATEGORIES * len(DISTRICTS)


def test_other_weeks_are_left_out() -> None:
    cells = sparse(("2026-W50", "ryd", "brand", 1), ("2027-W03", "ryd", "brand", 1))
    assert count(cells)["report_count"].sum() == 0


def test_ids_that_the_configuration_no_longer_lists_are_still_counted() -> None:
    cells = sparse(
        ("2026-W52", "ryd", "nedlagd", 1),
        ("2026-W52", "gammal", "brand", 2),
        ("2026-W40", "annan", "brand", 2),
    )
    counts = count(cells)
    assert counts["report_count"].sum() == 3
    assert counts["district_id"].unique().tolist() == [*DISTRICTS, "gammal"]
    assert counts["category_code"].unique().tolist() == [*CATEGORIES, "nedlagd"]


def test_no_weeks_give_no_rows() -> None:
    counts = count(sparse(), first=LAST, last=FIRST)
    assert counts.empty
    WEEKLY_COUNTS.validate(counts)


def test_a_netted_cell_may_be_negative() -> None:
    cells = sparse(("2026-W52", "ryd", "brand", 1)).assign(incident_count=-1)
    assert count(cells)["incident_count"].sum() == -1


def test_a_cell_that_stands_twice_is_refused() -> None:
    cell = ("2026-W52", "ryd", "brand", 1)
    with pytest.raises(pandera.errors.SchemaError):
        count(sparse(cell, cell))


def test_the_input_is_left_as_it_was() -> None:
    cells = sparse(("2026-W52", "ryd", "brand", 1))
    before = cells.copy()
    count(cells)
    pd.testing.assert_frame_equal(cells, before)


def test_first_week() -> None:
    assert first_week(sparse()) is None
    cells = sparse(("2027-W01", "ryd", "brand", 1), ("2026-W53", "ryd", "brand", 1))
    assert first_week(cells) == IsoWeek(2026, 53)


@given(
    cells=st.dictionaries(
        st.tuples(
            st.sampled_from([str(week) for week in week_range(IsoWeek(2026, 49), LAST)]),
            st.sampled_from([*DISTRICTS, "annan"]),
            st.sampled_from([*CATEGORIES, "annat"]),
        ),
        st.integers(1, 9),
        max_size=12,
    )
)
def test_filling_with_zeros_changes_no_sum(cells: dict[tuple[str, str, str], int]) -> None:
    given_counts = sparse(*((*cell, number) for cell, number in cells.items()))
    counts = count(given_counts)
    inside = given_counts[given_counts["iso_week"].between(str(FIRST), str(LAST))]
    for name in ("incident_count", "report_count", "environment_case_count"):
        assert counts[name].sum() == inside[name].sum()
        assert (counts[name] != 0).sum() == len(inside)

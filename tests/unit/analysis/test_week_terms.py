"""What is known beforehand of a week: its place in the year, its holidays, dated steps."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from est_pipeline.analysis.count_model import Terms, fit_counts
from est_pipeline.analysis.week_terms import (
    STEP_COLUMNS,
    WEEKS_IN_YEAR,
    WeekTerms,
    model_terms,
    no_steps,
    shared_terms,
)
from est_pipeline.domain.weeks import IsoWeek, week_range

COLUMNS = ["first_on", "last_on", "day_type", "name"]
NO_DAYS = pd.DataFrame(columns=COLUMNS)


def calendar(*rows: tuple[date, date, str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=COLUMNS)


def terms(first: str, last: str, days: pd.DataFrame = NO_DAYS) -> tuple[WeekTerms, list[IsoWeek]]:
    weeks = week_range(IsoWeek.parse(first), IsoWeek.parse(last))
    return shared_terms(weeks, calendar=days, used=np.ones(len(weeks), dtype=bool)), weeks


def test_a_second_wave_needs_two_years_and_a_free_first_one_a_year() -> None:
    for last, columns in {"2025-W51": 3, "2025-W52": 3, "2026-W51": 3, "2026-W52": 5}.items():
        assert terms("2025-W01", last)[0].values.shape[1] == columns
    short, long = (terms("2025-W01", last)[0].sd[1] for last in ("2025-W51", "2025-W52"))
    assert short < long


def test_the_trend_counts_years_from_the_last_week() -> None:
    found, weeks = terms("2024-W01", "2026-W10")
    assert found.years[-1] == 0
    assert found.years[0] == pytest.approx(-(len(weeks) - 1) / WEEKS_IN_YEAR)


def test_week_53_lies_between_52_and_1_in_the_rhythm_of_the_year() -> None:
    found, weeks = terms("2019-W01", "2022-W10")
    names = [str(week) for week in weeks]
    assert "2020-W53" in names
    wave = found.values[:, 1:3]
    steps = np.linalg.norm(np.diff(wave, axis=0), axis=1)
    # every week is about as far from the one before, over each turn of a year as well
    assert steps == pytest.approx(np.full(len(steps), 2 * np.pi / WEEKS_IN_YEAR), rel=0.15)
    same = [names.index(name) for name in ("2019-W30", "2020-W30", "2021-W30")]
    assert np.abs(wave[same] - wave[same[0]]).max() < 0.08


def test_a_holiday_is_a_share_of_its_week_and_none_on_a_sunday() -> None:
    thursday, sunday = date(2026, 5, 14), date(2026, 5, 24)
    found, weeks = terms(
        "2026-W01",
        "2026-W30",
        calendar(
            (thursday, thursday, "helgdag", "Kristi himmelsfärdsdag"),
            (sunday, sunday, "helgdag", "Pingstdagen"),
        ),
    )
    share = found.values[:, -1]
    assert [str(weeks[place]) for place in np.flatnonzero(share)] == ["2026-W20"]
    assert share.max() == pytest.approx(1 / 7)


def test_a_break_over_new_year_falls_into_both_years_weeks() -> None:
    found, weeks = terms(
        "2025-W40", "2026-W10", calendar((date(2025, 12, 20), date(2026, 1, 7), "lov", "Jullov"))
    )
    share = dict(zip([str(week) for week in weeks], found.values[:, -1], strict=True))
    assert share["2025-W51"] == pytest.approx(2 / 7)
    assert share["2025-W52"] == share["2026-W01"] == 1
    assert share["2026-W02"] == pytest.approx(3 / 7)
    assert sum(share.values()) == pytest.approx(19 / 7)


def test_entries_that_overlap_make_no_more_than_a_whole_week() -> None:
    monday, friday = date(2026, 2, 16), date(2026, 2, 20)
    found, _ = terms(
        "2026-W01",
        "2026-W12",
        calendar(
            (monday, date(2026, 2, 22), "lov", "Sportlov"), (monday, friday, "lov", "Fritids")
        ),
    )
    assert found.values[:, -1].max() == 1


def test_a_day_is_known_by_name_from_two_years_on_and_when_it_came_back() -> None:
    days = calendar(
        *(
            (date(year, 12, 24), date(year, 12, 24), "helgdag", "Julafton")
            for year in (2023, 2024, 2025)
        ),
        (date(2024, 6, 6), date(2024, 6, 6), "helgdag", "Nationaldag"),
    )
    with_name, _ = terms("2023-W40", "2026-W10", days)
    assert with_name.values.shape[1] == 1 + 4 + 1 + 1
    assert with_name.values[:, -1].max() == 1
    # in 2023 it was a Sunday
    assert (with_name.values[:, -1] > 0).sum() == 2
    short, _ = terms("2024-W40", "2026-W10", days)
    assert short.values.shape[1] == 1 + 2 + 1


def test_days_outside_the_weeks_are_left_out() -> None:
    found, _ = terms(
        "2026-W10", "2026-W30", calendar((date(2020, 1, 1), date(2020, 1, 1), "helgdag", "Nyår"))
    )
    assert found.values.shape[1] == 1 + 2


# --- dated steps ----------------------------------------------------------------------------------


def steps(*rows: tuple[date, str, str]) -> pd.DataFrame:
    return pd.DataFrame([(*row, "ny rutin") for row in rows], columns=list(STEP_COLUMNS))


def model_of(found: pd.DataFrame, *, category: str = "brand", first: str = "2025-W01") -> Terms:
    shared, weeks = terms(first, "2026-W20")
    return model_terms(
        shared,
        weeks=weeks,
        district_ids=("ryd", "berga"),
        category_code=category,
        steps=found,
        log_exposure=np.zeros(len(weeks)),
    )


def test_a_step_touches_its_own_from_its_week_on() -> None:
    plain = model_of(no_steps())
    found = model_of(steps((date(2025, 12, 30), "ryd", "brand")))
    assert found.shared.shape[2] == plain.shared.shape[2] + 1
    step = found.shared[:, :, -1]
    assert (step[1] == 0).all()
    # the Tuesday's own week counts
    assert step[0].tolist() == [0.0] * 52 + [1.0] * 20


@pytest.mark.parametrize(
    ("row", "category", "is_there"),
    [
        ((date(2025, 9, 1), "ryd", "klotter"), "brand", False),
        ((date(2025, 9, 1), "ryd", "klotter"), "", True),
        ((date(2025, 9, 1), "", ""), "brand", True),
        ((date(2025, 9, 1), "skaggetorp", ""), "brand", False),
        ((date(2020, 9, 1), "", ""), "brand", False),
        ((date(2030, 9, 1), "", ""), "brand", False),
    ],
)
def test_a_step_that_touches_nothing_is_no_term(
    row: tuple[date, str, str], category: str, is_there: bool
) -> None:
    plain = model_of(no_steps(), category=category)
    found = model_of(steps(row), category=category)
    assert (found.shared.shape[2] > plain.shared.shape[2]) == is_there


def test_a_step_entered_by_hand_is_no_rise() -> None:
    random = np.random.default_rng(1)
    plain = model_of(no_steps(), first="2023-W01")
    stepped = model_of(steps((date(2026, 1, 5), "", "")), first="2023-W01")
    weeks = len(plain.own)
    level = np.where(np.arange(weeks) < weeks - 19, 4.0, 8.0)
    counts = random.poisson(level, (2, weeks)).astype(float)
    used = np.arange(weeks) < weeks - 9
    means = [
        np.exp(fit_counts(counts, each, used=used).predict(each).log_mean[:, -1]).mean()
        for each in (plain, stepped)
    ]
    assert means[1] == pytest.approx(8, rel=0.2)
    assert means[0] < means[1] * 0.9

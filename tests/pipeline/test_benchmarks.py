"""The benchmarks still run, on few rows; what they measure is printed, not tested."""

from pathlib import Path

from tests.benchmarks import near_repeat, rhythm
from tests.benchmarks.ingest import compare
from tests.benchmarks.weekly import week_over


def test_one_file_is_measured_against_floor_and_peer(tmp_path: Path) -> None:
    found = compare(2_000, tmp_path)
    assert list(found) == ["DuckDB loads the file", "the usual notebook", "est ingest"]
    assert all(measured.seconds > 0 and measured.peak_mib > 10 for measured in found.values())


def test_a_week_over_a_year_is_measured(tmp_path: Path) -> None:
    assert week_over(1, tmp_path, rows_a_year=300) > 0


def test_the_rhythm_of_quiet_years_is_judged() -> None:
    assert rhythm.found_share(rhythm.Quiet(mean=8, years=1), draws=2)[0] <= 1


def test_the_near_repeats_of_drifting_places_are_judged() -> None:
    rates = near_repeat.SCENARIOS["half grow, half shrink"]
    share = near_repeat.found_share(
        rates, draws=2, window_days=near_repeat.WINDOW_DAYS, number=60, permutations=19
    )
    assert 0 <= share <= 1

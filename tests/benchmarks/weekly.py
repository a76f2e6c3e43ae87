"""A week's run of 1,000 new rows over one year of history and over ten."""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.made_up_rows import write_rows
from tests.benchmarks.whole_process import measure

ROWS_A_YEAR = 50_000
NEW_ROWS = 1_000
RUNS = 3


def run_a_week(root: str) -> None:
    """The main job, on what waits in the inbox."""
    from est_pipeline.config import read_configuration
    from est_pipeline.pipeline import run_week

    run_week(read_configuration(Path(root)), as_of=datetime(2026, 11, 23, 8, tzinfo=UTC))


def week_over(years: int, folder: Path, *, rows_a_year: int = ROWS_A_YEAR) -> float:
    """Give the seconds of the quickest of some weekly runs over so many years of history."""
    from est_pipeline.workspace import write_workspace

    root = folder / f"{years}"
    inbox = write_workspace(root).inbox / "tib"
    first_year = 2026 - years
    write_rows(
        inbox / "historik.csv",
        rows_a_year * years,
        first_day=f"{first_year}-11-16",
        days=365 * years,
    )
    run_a_week(str(root))
    seconds = []
    for run in range(RUNS):
        write_rows(
            inbox / f"vecka-{run}.csv",
            NEW_ROWS,
            seed=run + 2,
            first_day="2026-11-16",
            days=5,
            first_id=10_000_000 + run * NEW_ROWS,
        )
        seconds.append(measure("tests.benchmarks.weekly:run_a_week", root=str(root)).seconds)
    return min(seconds)


def main() -> None:
    """Print the two and their ratio."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        one, ten = (week_over(years, Path(folder)) for years in (1, 10))
    print(f"one year {one:.2f} s, ten years {ten:.2f} s: {ten / one:.2f} times as long")


if __name__ == "__main__":
    main()

"""Peak memory of one very large file."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.made_up_rows import write_rows
from tests.benchmarks.whole_process import measure


def main() -> None:
    """Print the peak memory beside the size of the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        file = write_rows(Path(folder) / "rapporter.csv", rows)
        size = file.stat().st_size / 1024**2
        ours = measure(
            "tests.benchmarks.ingest:take_in", file=str(file), root=str(Path(folder) / "w")
        )
    print(
        f"{rows:,} rows, {size:,.0f} MiB: peak {ours.peak_mib:,.0f} MiB, "
        f"{ours.peak_mib / size:.2f} of the file's size, {ours.seconds:,.0f} s"
    )


if __name__ == "__main__":
    main()

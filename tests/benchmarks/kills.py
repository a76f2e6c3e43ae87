"""The main job killed at random moments, again and again: nothing lost, nothing doubled."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from est_pipeline.config import Paths, read_configuration
from est_pipeline.pipeline import run_week
from est_pipeline.status import read_status
from est_pipeline.workspace import write_workspace

FILES = 25
ROWS = 40
"""A tenth of them has a category that nobody knows and ends in quarantine."""

_RUN = """
import sys
from datetime import datetime
from pathlib import Path
from est_pipeline.config import read_configuration
from est_pipeline.pipeline import run_week
configuration = read_configuration(Path(sys.argv[1]))
print("begun", flush=True)
run_week(configuration, as_of=datetime.fromisoformat(sys.argv[2]))
"""


@dataclass(frozen=True)
class Survived:
    """What was there after all the kills and one run in peace."""

    kill_count: int
    finished_count: int
    reports: pd.DataFrame
    status: dict[str, list[dict[str, object]]]
    paths: Paths


def kill_again_and_again(root: Path, *, kills: int, seed: int, longest_s: float) -> Survived:
    """Drop files, kill the run so many times at random moments, then let it run to its end.

    Files come while runs are killed; a run that finishes before its moment counts as finished.
    """
    draw = random.Random(seed)
    paths = write_workspace(root)
    waiting = list(range(FILES))
    killed = finished = 0
    while killed < kills:
        if waiting and draw.random() < max(0.3, 2 * FILES / kills):
            _drop(paths, waiting.pop())
        moment = f"2026-11-23T09:00:{killed % 60:02}+01:00"
        run = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(root), moment],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if run.stdout is not None:
            run.stdout.readline()  # the libraries are there; now it works
        time.sleep(draw.uniform(0, longest_s))
        if run.poll() is None:
            run.kill()
            killed += 1
        else:
            finished += 1
            if not waiting:
                _drop(paths, FILES + finished)
        run.communicate()
    for number in waiting:
        _drop(paths, number)
    configuration = read_configuration(root)
    end = pd.Timestamp("2026-11-23T10:00:00+01:00").to_pydatetime()
    run_week(configuration, as_of=end)
    return Survived(
        kill_count=killed,
        finished_count=finished,
        reports=pd.read_parquet(paths.store / "report.parquet"),
        status=read_status(configuration, as_of=end),
        paths=paths,
    )


def _drop(paths: Paths, number: int) -> None:
    rows = [
        f"{number}-{row};2026-11-{10 + row % 7} 21:30;{'brand' if row % 10 else 'xx'};Ryd"
        for row in range(ROWS)
    ]
    text = "\n".join(["rapport_id;start;kategori;plats", *rows, ""])
    (paths.inbox / "tib" / f"fil-{number:03}.csv").write_text(text, encoding="utf-8")


def faults(survived: Survived) -> list[str]:
    """Tell what was lost, doubled or left half done; empty where all is well."""
    files = survived.status["files"]
    reports = survived.reports
    said = []
    if len(files) < FILES:
        said.append(f"{len(files)} files are known")
    if {file["state"] for file in files} != {"intagen"}:
        said.append(f"states {sorted({str(file['state']) for file in files})}")
    if not reports["report_id"].is_unique or len(reports) != len(files) * ROWS * 9 // 10:
        said.append(f"{len(reports)} reports of {len(files)} files")
    for folder, ending, name in (
        (survived.paths.quarantine, "*.csv", "quarantined files"),
        (survived.paths.receipts, "*.html", "receipts"),
        (survived.paths.archive, "*.csv", "originals"),
    ):
        count = len(list(folder.rglob(ending)))
        if count != len(files):
            said.append(f"{count} {name} of {len(files)} files")
    left = [p.name for p in (survived.paths.inbox / "tib").iterdir()]
    if left:
        said.append(f"left in the inbox: {left}")
    halves = [p.name for p in survived.paths.data.rglob("*.part")]
    pages = list(survived.paths.reports.rglob("lagesbild.html"))
    if len(pages) != 1 or not pages[0].read_text(encoding="utf-8").rstrip().endswith("</html>"):
        said.append("the page is not whole")
    return said + [f"half a file: {name}" for name in halves]


def main() -> None:
    """Print how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        survived = kill_again_and_again(
            Path(folder) / "w", kills=given.kills, seed=given.seed, longest_s=4
        )
        found = faults(survived)
    print(
        f"killed {survived.kill_count} times, finished {survived.finished_count} times between: "
        + ("; ".join(found) or "every row found once")
    )
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()

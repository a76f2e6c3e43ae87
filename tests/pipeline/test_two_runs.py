"""Two runs at once, and a disk that is full: nothing is lost and somebody says why."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from est_pipeline import workspace as rooms
from est_pipeline.workspace import hold_workspace

ROWS = "rapport_id;start;kategori\n" + "".join(f"{n};2026-11-16 21:30;brand\n" for n in range(500))


def test_the_second_run_says_who_holds_the_workspace(
    workspace: Any, est: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    import os

    with hold_workspace(workspace.paths):
        second = est("status", "--workspace", workspace.root)
    assert second.returncode == 8
    assert f"process {os.getpid()}" in second.stderr
    assert not rooms._holder_note(workspace.paths).exists()


def test_a_full_disk_loses_nothing(workspace: Any) -> None:
    """No file may grow beyond a limit, as on a disk that is full; then there is room again."""
    if sys.platform == "win32":
        import pytest

        pytest.skip("Windows has no limit on the size of files")
    workspace.take_in()  # the database stands
    run = textwrap.dedent(
        f"""
        import resource, signal, sys
        from datetime import datetime, UTC
        from pathlib import Path
        from est_pipeline.config import read_configuration
        from est_pipeline.errors import StorageError
        from est_pipeline.pipeline import ingest
        configuration = read_configuration(Path({str(workspace.root)!r}))
        limit = int(sys.argv[1])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            ingest(configuration, as_of=datetime(2026, 11, 23, 7, tzinfo=UTC))
        except StorageError as error:
            print(error)
            sys.exit(6)
        """
    )
    for limit in (0, 500, 3_000, 20_000):
        workspace.drop(
            "tib", f"{limit}.csv", ROWS.replace(";brand", f";brand\n{limit}x{limit};x;brand", 1)
        )
        failed = subprocess.run(
            [sys.executable, "-c", run, str(limit)], capture_output=True, text=True, check=False
        )
        assert failed.returncode == 6, failed.stderr
        assert "Traceback" not in failed.stderr
    receipts = workspace.take_in()
    assert sum(r.rows_read for r in receipts) == 4 * 501
    assert sum(r.quarantined_count for r in receipts) == 4
    assert len(workspace.reports) == 500

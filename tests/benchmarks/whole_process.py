"""Running a piece of work as a process of its own: its time and its peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_WRAPPER = """
import importlib, json, resource, sys
module, function, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
getattr(importlib.import_module(module), function)(**arguments)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("peak_kb", peak)
"""


@dataclass(frozen=True)
class Measured:
    """Wall-clock seconds of the process, and its peak memory in MiB."""

    seconds: float
    peak_mib: float


def measure(function: str, **arguments: object) -> Measured:
    """Run `module:function` in a new interpreter."""
    module, _, name = function.partition(":")
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _WRAPPER, module, name, json.dumps(arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Measured(seconds, int(done.stdout.rsplit(maxsplit=1)[1]) / 1024)

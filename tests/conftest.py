"""What every test may ask for: hypothesis profiles, the public data sets, a browser."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Error, sync_playwright

from est_pipeline.config import Configuration, Paths, read_configuration
from est_pipeline.ingest.receipts import Receipt
from est_pipeline.lagesbild.paper import find_problem
from est_pipeline.pipeline import ingest
from est_pipeline.status import read_status
from est_pipeline.workspace import write_workspace

REPOSITORY = Path(__file__).resolve().parents[1]
IS_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}

# No deadline: the first example pays for imports. In CI the same examples every time, so that a red
# run is about the change; while developing new ones each time, so that they are found at all.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("dev", deadline=None, max_examples=50)
settings.load_profile("ci" if IS_CI else "dev")

BROWSER_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
BROWSER_PATHS = (
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
    "Chromium/Application/chrome.exe",
)
BROWSER_ARGUMENTS = [
    "--no-sandbox",  # CI runs as root, where Chromium's sandbox does not start
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--font-render-hinting=none",  # the same text widths on every machine
]


@pytest.fixture(scope="session")
def shared_real() -> Path:
    """The folder of public data sets that lies beside the checkout on the developers' machines."""
    folder = REPOSITORY.parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip("the public data sets (../shared/real) are not beside this checkout")
    return folder


def find_browser() -> Path | None:
    """The browser to test with: $EST_CHROMIUM, else the first one found in the usual places."""
    configured = os.environ.get("EST_CHROMIUM")
    if configured:
        return Path(configured)
    for name in BROWSER_NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        for path in BROWSER_PATHS:
            candidate = Path(os.environ.get(variable, "")) / path
            if os.environ.get(variable) and candidate.is_file():
                return candidate
    return None


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running browser; open pages with `chromium.new_context()` and close them in the test."""
    executable = find_browser()
    if executable is None:
        reason = (
            "no Chromium, Chrome or Edge was found: install one (Debian: apt-get install chromium) "
            "or name its executable in EST_CHROMIUM"
        )
        if IS_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=executable, headless=True, args=BROWSER_ARGUMENTS
            )
        except Error as error:
            pytest.fail(f"{executable} did not start: {error}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pango() -> None:
    """Asked for by tests that make a PDF: WeasyPrint and Pango are on this machine."""
    problem = find_problem()
    if problem is not None:
        if IS_CI:
            pytest.fail(str(problem))
        pytest.skip(str(problem))


@pytest.fixture
def workspace(tmp_path: Path) -> "Desk":
    """A new workspace with the package's own defaults."""
    return Desk.new(tmp_path / "arbetsmapp")


@dataclass(frozen=True)
class Desk:
    """A workspace with the moves of a coordinator: drop files, take them in, look at what came."""

    root: Path

    @classmethod
    def new(cls, root: Path) -> "Desk":
        write_workspace(root)
        return cls(root)

    @property
    def paths(self) -> Paths:
        return Paths(self.root)

    @property
    def configuration(self) -> Configuration:
        return read_configuration(self.root)

    def drop(self, source_id: str, name: str, content: str | bytes) -> Path:
        file = self.paths.inbox / source_id / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def take_in(self, at: str = "2026-11-23T08:00:00+01:00") -> list[Receipt]:
        done = ingest(self.configuration, as_of=datetime.fromisoformat(at))
        return [receipt for receipt, _ in done.taken_in.receipts]

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.paths.store / f"{name}.parquet")

    @property
    def reports(self) -> pd.DataFrame:
        return self.table("report")

    def status(self, at: str = "2026-11-23T09:00:00+01:00") -> dict[str, Any]:
        return read_status(self.configuration, as_of=datetime.fromisoformat(at))


@pytest.fixture(scope="session")
def desk_at() -> Callable[[Path], Desk]:
    """Makes a workspace with the package's own defaults in a folder."""
    return Desk.new


@pytest.fixture(scope="session")
def desk_of() -> Callable[[Path], Desk]:
    """Gives the moves on a workspace that stands already."""
    return Desk


@pytest.fixture
def est() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line as a process of its own, as an operator does."""

    def run(*arguments: object, check: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                "-c",
                "from est_pipeline.cli import main; main()",
                *map(str, arguments),
            ],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=check,
            timeout=300,
        )

    return run

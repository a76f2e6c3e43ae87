"""The page of a small week, word for word: what changes here is seen before it is meant.

To take over a change on purpose: EST_WRITE_GOLDEN=1 python -m pytest tests/golden
"""

import html
import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from est_pipeline.pipeline import report
from tests.recount import figures_in, recount
from tests.small_weeks import WEEKS, SmallWeek, history_rows

FOLDER = Path(__file__).parent
NEVER_THE_SAME = {"configuration_checksum", "program_version"}
COUNTED_DIGITS = 4
"""So many digits of a share or an expectation are held: the last ones differ between machines."""


@pytest.fixture(scope="module")
def with_history(tmp_path_factory: pytest.TempPathFactory, desk_at: Callable[[Path], Any]) -> Path:
    """A workspace with three quiet years in it, made once; copied before anything is added."""
    desk = desk_at(tmp_path_factory.mktemp("historik") / "arbetsmapp")
    desk.drop("sf", "till v 42.csv", history_rows(last_week="2026-W42", weeks=20, share=0.3))
    desk.take_in("2026-10-19T08:00:00+02:00")
    desk.drop("tib", "historik.csv", history_rows())
    desk.take_in("2026-11-16T08:00:00+01:00")
    return Path(desk.root)


@pytest.fixture
def desk(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    desk_at: Callable[[Path], Any],
    desk_of: Callable[[Path], Any],
) -> Any:
    """The workspace of a small week, its files taken in."""
    small: SmallWeek = request.param
    root = tmp_path / "arbetsmapp"
    if small.has_history:
        shutil.copytree(request.getfixturevalue("with_history"), root)
    desk = desk_of(root) if small.has_history else desk_at(root)
    for source_id, content in small.deliveries.items():
        desk.drop(source_id, f"vecka {small.week[-2:]}.csv", content)
    desk.take_in(str(pd.Timestamp(small.as_of) - pd.Timedelta(hours=1)))
    return desk


def words_of(page: str) -> str:
    """What is read on the page: its text, one line a block, without scripts and drawings."""
    page = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", "", page)
    page = re.sub(r"</?(p|li|h\d|tr|td|th|caption|dt|dd|section|div|summary)\b[^>]*>", "\n", page)
    lines = html.unescape(re.sub(r"<[^>]+>", "", page)).split("\n")
    return "\n".join(line for each in lines if (line := " ".join(each.split()))) + "\n"


def figures_of(text: str) -> str:
    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: kept(v) for k, v in value.items() if k not in NEVER_THE_SAME}
        if isinstance(value, float):
            return float(f"{value:.{COUNTED_DIGITS}g}") if abs(value) < 1 else round(value, 2)
        return [kept(v) for v in value] if isinstance(value, list) else value

    return json.dumps(kept(json.loads(text)), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@pytest.mark.parametrize(
    ("name", "desk"), [(name, small) for name, small in WEEKS.items()], indirect=["desk"], ids=WEEKS
)
def test_page_word_for_word_and_number_for_number(name: str, desk: Any) -> None:
    small = WEEKS[name]
    page = report(desk.configuration, as_of=datetime.fromisoformat(small.as_of))
    assert page.parent.name == small.week
    checksum = desk.configuration.checksum
    words = words_of(page.read_text(encoding="utf-8"))
    figures = page.with_suffix(".json").read_text(encoding="utf-8")
    assert recount(desk, small.week) == figures_in(json.loads(figures))
    found = {
        f"{name}.txt": words.replace(checksum, "[kontrollsumma]"),
        f"{name}.json": figures_of(figures),
    }
    for file, text in found.items():
        golden = FOLDER / file
        if os.environ.get("EST_WRITE_GOLDEN"):
            golden.write_text(text, encoding="utf-8", newline="\n")
        assert text == golden.read_text(encoding="utf-8"), file
        assert len(text.encode()) < 500_000

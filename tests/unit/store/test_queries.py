"""The queries: each says what it gives, each is used, and a moment is never read in SQL."""

import re
from pathlib import Path

import pytest

import est_pipeline.store

ROOM = Path(est_pipeline.store.__file__).parent
QUERIES = sorted((ROOM / "sql").glob("*.sql"))
CODE = "".join(path.read_text(encoding="utf-8") for path in sorted(ROOM.glob("*.py")))


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_says_what_it_gives(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    head = re.match(r"(--[^\n]*\n)+", text)
    assert head, "no comment at the head"
    assert re.search(r"one row|gives? no result|no\s+(-- )?result", head[0], re.IGNORECASE)


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_is_used(path: Path) -> None:
    name = re.sub(r"^publish_.*", "publish_{name}", path.stem)
    assert f'"{name}"' in CODE


@pytest.mark.parametrize(
    "path",
    [path for path in QUERIES if path.stem.startswith(("read_", "publish_"))],
    ids=lambda path: path.stem,
)
def test_what_gives_several_rows_states_their_order(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    gives_one_row = re.search(r"^-- One row:", text, re.MULTILINE)
    assert gives_one_row or "ORDER BY" in text

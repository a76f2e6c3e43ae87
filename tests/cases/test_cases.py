"""Every case in the YAML files of this folder, held against its exact outcome."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

FOLDER = Path(__file__).parent
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]
KEYS = {
    "name",
    "source",
    "file",
    "text",
    "encoding",
    "newline",
    "refused",
    "counts",
    "findings",
    "notes",
    "reports",
    "not_rows",
}
PARTS = ("accepted", "quarantined", "known", "left_out")


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], workspace: Any) -> None:
    assert set(case) <= KEYS, "a key of this case is misspelt"
    text = case["text"].replace("\n", case.get("newline", "\n"))
    source = case.get("source", "tib")
    workspace.drop(
        source, case.get("file", "rapport.csv"), text.encode(case.get("encoding", "utf-8"))
    )
    [receipt] = workspace.take_in()

    assert receipt.reason_code == case.get("refused", "")
    counts = {"read": receipt.rows_read} | {
        part: getattr(receipt, f"{part}_count") for part in PARTS
    }
    assert counts == {"read": 0} | dict.fromkeys(PARTS, 0) | case.get("counts", {})
    assert counts["read"] == sum(counts[part] for part in PARTS)
    findings = receipt.findings[["line_number", "column", "reason_code"]]
    assert findings.to_numpy().tolist() == case.get("findings", [])
    if "notes" in case:
        assert receipt.notes == case["notes"]
    assert [line for line, _ in receipt.not_rows] == case.get("not_rows", [])

    stored = workspace.reports
    assert len(stored) <= counts["accepted"]
    for key, expected in case.get("reports", {}).items():
        [row] = find(stored, source, key).to_dict("records")
        assert {name: plain(row[name]) for name in expected} == expected


def find(stored: pd.DataFrame, source: str, key: str | int) -> pd.DataFrame:
    if isinstance(key, int):
        return stored[stored["line_number"] == key]
    return stored[stored["report_id"] == f"{source}:{key}"]


def plain(value: Any) -> Any:
    """A stored value as YAML writes it; moments in local time."""
    if isinstance(value, pd.Timestamp):
        return value.tz_convert("Europe/Stockholm").strftime("%Y-%m-%d %H:%M")
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    return value.item() if hasattr(value, "item") else value


def test_names_are_unique() -> None:
    names = [case.id for case in CASES]
    assert len(names) == len(set(names))

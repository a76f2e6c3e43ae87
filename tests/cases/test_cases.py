"""Every case in the YAML files of this folder, held against its exact outcome."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
import yaml

from est_pipeline.ingest.receipts import render_receipt

FOLDER = Path(__file__).parent
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]
KEYS = {
    "name",
    "bytes",
    "sheets",
    "receipt",
    "absent",
    "masked",
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
    source = case.get("source", "tib")
    workspace.drop(source, case.get("file", "rapport.csv"), content_of(case))
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

    page = render_receipt(receipt, zone=workspace.configuration.zone)
    assert [words for words in case.get("receipt", []) if words not in page] == []
    if "masked" in case:
        assert receipt.masked == case["masked"]
    assert [word for word in case.get("absent", []) if found_outside_archive(workspace, word)] == []

    stored = workspace.reports
    assert len(stored) <= counts["accepted"]
    for key, expected in case.get("reports", {}).items():
        [row] = find(stored, source, key).to_dict("records")
        assert {name: plain(row[name]) for name in expected} == expected


def content_of(case: dict[str, Any]) -> bytes:
    """The file's bytes: a text in an encoding, a workbook of sheets, or bytes in hexadecimal."""
    if "bytes" in case:
        return bytes.fromhex(case["bytes"])
    if "sheets" in case:
        book = io.BytesIO()
        with xlsxwriter.Workbook(book, {"remove_timezone": True}) as workbook:
            moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
            for name, rows in case["sheets"].items():
                sheet = workbook.add_worksheet(name)
                for number, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        if isinstance(cell, dt.date):
                            sheet.write_datetime(number, column, cell, moment)
                        elif isinstance(cell, str):
                            sheet.write_string(number, column, cell)
                        elif cell is not None:
                            sheet.write(number, column, cell)
        return book.getvalue()
    text: str = case["text"].replace("\n", case.get("newline", "\n"))
    return text.encode(case.get("encoding", "utf-8"))


def found_outside_archive(workspace: Any, word: str) -> bool:
    """Whether a word stands in any file of the workspace, or in a file's name, but the archive."""
    raw = [word.encode(), word.encode("utf-16-le")]
    for path in workspace.root.rglob("*"):
        if not path.is_relative_to(workspace.paths.archive) and (
            word in path.name or (path.is_file() and any(r in path.read_bytes() for r in raw))
        ):
            return True
    return bool(workspace.reports.astype("str").apply(lambda c: c.str.contains(word)).any().any())


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

"""The README promises what the program has: exit codes, keys, reasons, tables."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from est_pipeline import errors
from est_pipeline.config import FORM_COLUMNS, models
from est_pipeline.domain.meeting import MEETING_COLUMNS
from est_pipeline.ingest.reasons import REASONS
from est_pipeline.onboarding.form import MEETING_HELP
from est_pipeline.store.publish import PUBLISHED_TABLES

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
MODELS = [
    model
    for model in vars(models).values()
    if isinstance(model, type)
    and issubclass(model, BaseModel)
    and model.__module__ == models.__name__
]


def section(heading: str) -> str:
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^\1 |\Z)", README, re.M | re.S)
    assert found, heading
    return found[2]


def test_every_error_has_its_own_exit_code_in_the_table() -> None:
    classes = [
        e for e in vars(errors).values() if isinstance(e, type) and e.__module__ == errors.__name__
    ]
    own = {e.__name__: e.exit_code for e in classes if e is not errors.EstError}
    assert len(set(own.values())) == len(own)
    rows = re.findall(r"^\| (\d+) \|.*\| `(\w+)` \|$", section("Exit codes"), re.M)
    assert {name: int(code) for code, name in rows} == own


@pytest.mark.parametrize("model", MODELS, ids=[model.__name__ for model in MODELS])
def test_every_key_of_the_configuration_is_named(model: type[BaseModel]) -> None:
    text = section("Configuration")
    keys = [field.alias or name for name, field in model.model_fields.items()]
    tables = {"kategori", "forvaltning", "harled", "urval"}
    missing = [k for k in keys if not re.search(rf"[`\[.]{k}[`\].]", text) and k not in tables]
    assert missing == []


def test_reasons_for_quarantine() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section("Reasons for quarantine"), re.M)
    assert rows == list(REASONS)


def test_reasons_for_refusal() -> None:
    used: set[str] = set()
    for file in (REPOSITORY / "est_pipeline").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        used |= set(re.findall(r"RefusedFileError\(\s*\"(\w+)\"", text))
    line = re.search(r"^- \*\*Refused files\*\*.*$", README, re.M)
    assert line
    assert set(re.findall(r"`(\w+)`", line[0])) - {"reason_code"} == used


@pytest.mark.parametrize("table", list(PUBLISHED_TABLES))
def test_published_columns(table: str) -> None:
    text = section("Published tables")
    after = text[text.index(f"data/lager/{table}.parquet") :]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", after.split("\n**", 1)[0], re.M)
    assert dict(rows) == dict(PUBLISHED_TABLES[table])


def test_the_meetings_form_is_explained_column_by_column() -> None:
    rows = re.findall(r"^\| `([\wåäö]+)` \| (.*) \|$", section("Beslut och mötesläge"), re.M)
    assert dict(rows) == MEETING_HELP
    assert [name for name, _ in rows] == list(MEETING_COLUMNS)


def test_the_form_is_explained_column_by_column() -> None:
    text = section("EST-mallen")
    named = re.findall(r"`([\wåäö]+)`", "\n".join(re.findall(r"^\| (`.*?) \|", text, re.M)))
    assert named == list(FORM_COLUMNS)

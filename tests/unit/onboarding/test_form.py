"""The form and its instruction say what the checks hold a file to."""

import re
from typing import Any

import pytest

from est_pipeline.config import FORM_COLUMNS
from est_pipeline.domain.meeting import MEETING_COLUMNS
from est_pipeline.errors import ConfigError
from est_pipeline.ingest.reasons import MEETING_REASONS, REASONS
from est_pipeline.onboarding.form import (
    COLUMN_HELP,
    MEETING_HELP,
    REQUIRED_COLUMNS,
    write_form,
)


def test_the_form_is_taken_in_as_it_is_written(workspace: Any, tmp_path: Any) -> None:
    form, _ = write_form(workspace.configuration, tmp_path)
    assert form.read_text(encoding="utf-8-sig").strip().split(";") == list(FORM_COLUMNS)
    row = dict.fromkeys(FORM_COLUMNS, "") | {"start": "2026-11-16 21:30", "kategori": "brand"}
    workspace.drop("tib", form.name, form.read_bytes() + ";".join(row.values()).encode())
    [receipt] = workspace.take_in()
    assert (receipt.rows_read, receipt.accepted_count) == (1, 1)


def test_the_columns_said_to_be_needed_are_the_ones_that_are(workspace: Any) -> None:
    full = {"start": "2026-11-16", "kategori": "brand", "plats": "Ryd"}
    for name in full:
        rest = {k: v for k, v in full.items() if k != name}
        workspace.drop("tib", f"{name}.csv", f"{';'.join(rest)}\n{';'.join(rest.values())}\n")
        [receipt] = workspace.take_in()
        assert bool(receipt.refused_because) == (name in REQUIRED_COLUMNS)


def test_the_instruction_names_every_column_category_and_reason(
    workspace: Any, tmp_path: Any
) -> None:
    assert list(COLUMN_HELP) == list(FORM_COLUMNS)
    _, instruction = write_form(workspace.configuration, tmp_path, source_id="tib")
    text = instruction.read_text(encoding="utf-8")
    for name in FORM_COLUMNS:
        assert re.search(rf"<th scope=\"row\">{name}\b", text)
    for category in workspace.configuration.categories:
        assert f">{category.name}<" in text
    for code, reason in REASONS.items():
        assert (reason.mend in text) == (code not in MEETING_REASONS), code
    assert "inkorg/tib" in text
    assert "måndag kl. 09.00" in text


def test_an_unknown_source_is_answered(workspace: Any, tmp_path: Any) -> None:
    with pytest.raises(ConfigError, match="finns inte"):
        write_form(workspace.configuration, tmp_path, source_id="ingen")


def test_the_group_gets_the_meetings_form_and_its_words(workspace: Any, tmp_path: Any) -> None:
    assert list(MEETING_HELP) == list(MEETING_COLUMNS)
    _, form, instruction = write_form(workspace.configuration, tmp_path, source_id="est-gruppen")
    text = instruction.read_text(encoding="utf-8")
    assert all(reason.mend in text for reason in REASONS.values())
    row = dict.fromkeys(MEETING_COLUMNS, "") | {"typ": "anteckning", "anteckning": "Lugnt"}
    workspace.drop("est-gruppen", form.name, form.read_bytes() + ";".join(row.values()).encode())
    [receipt] = workspace.take_in()
    assert (receipt.rows_read, receipt.accepted_count) == (1, 1)
    assert receipt.is_meeting_form

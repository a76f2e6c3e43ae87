"""From when on things stay: months back from a day, whole weeks, the shorter of two times."""

from datetime import date
from typing import Any

import duckdb
import pytest

from est_pipeline.retention.plan import boundaries_at, months_before
from est_pipeline.store.warehouse import Warehouse


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 23), 60, date(2021, 11, 23)),
        (date(2026, 1, 31), 1, date(2025, 12, 31)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
        (date(2026, 12, 1), 24, date(2024, 12, 1)),
        (date(2026, 1, 1), 1, date(2025, 12, 1)),
        (date(2026, 1, 1), 10**9, date.min),
    ],
)
def test_months_before(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


@pytest.mark.parametrize(
    ("report_months", "archive_months", "expected"),
    [
        (60, 24, ("2021-W47", date(2024, 11, 23), date(2024, 11, 23))),
        (6, 24, ("2026-W21", date(2024, 11, 23), date(2026, 5, 23))),
        (10**9, 10**9, ("0001-W01", date.min, date.min)),
    ],
)
def test_boundaries(
    workspace: Any, report_months: int, archive_months: int, expected: tuple[str, date, date]
) -> None:
    text = workspace.paths.settings.read_text(encoding="utf-8")
    text = text.replace("rapporter_manader = 60", f"rapporter_manader = {report_months}")
    text = text.replace("arkiv_manader = 24", f"arkiv_manader = {archive_months}")
    workspace.paths.settings.write_text(text, encoding="utf-8")
    found = boundaries_at(date(2026, 11, 23), workspace.configuration)
    assert (str(found.first_kept_week), found.originals_from, found.answers_from) == expected


def test_no_time_is_too_long(workspace: Any) -> None:
    text = workspace.paths.settings.read_text(encoding="utf-8")
    text = text.replace("rapporter_manader = 60", "rapporter_manader = 99999")
    workspace.paths.settings.write_text(text, encoding="utf-8")
    assert workspace.status()["purge"]["due_report_count"] == 0


def test_a_store_made_before_weeding_gets_its_tables(workspace: Any) -> None:
    workspace.take_in()
    with duckdb.connect(str(workspace.paths.store / "est.duckdb")) as connection:
        later = ("purge", "retained_count", "placement", "placing_basis", "withdrawn_row")
        later += ("workspace_secret", "meeting_note")
        connection.execute("".join(f"DROP TABLE {name};" for name in later))
        for name in ("size_bytes", "open_line"):
            connection.execute(f"ALTER TABLE delivery DROP COLUMN {name}")
        connection.execute("UPDATE schema_version SET version = 1")
    with Warehouse.open(workspace.paths) as warehouse:
        assert warehouse.purges() == []
        assert warehouse.weeded_before_week() is None


def test_a_store_in_memory_has_no_file_to_write_anew() -> None:
    with Warehouse.open_in_memory() as warehouse:
        warehouse.rewrite()
        assert warehouse.purges() == []

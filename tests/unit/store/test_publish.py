"""The published tables: whole, documented, the same bytes for the same content."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from est_pipeline.config import Paths
from est_pipeline.domain.schemas import REPORT_COLUMNS, WEEKLY_COUNTS
from est_pipeline.errors import StorageError
from est_pipeline.store import PUBLISHED_TABLES, Published, Warehouse
from est_pipeline.store import publish as publish_module

AS_OF = datetime(2026, 11, 10, 8, tzinfo=UTC)
ROWS = [
    {"title": "1", "lon": 15.62, "lat": 58.41, "placing": "coordinates", "precision_m": 10.0},
    {"title": "2", "kind": "environment_case"},
    {"title": "3", "category_code": None},
    {"title": "4", "occurred_from": AS_OF - timedelta(days=30), "iso_week": "2026-W41"},
]


@pytest.fixture
def publish(intake: Any, tmp_path: Path) -> Callable[[], Published]:
    intake(ROWS, on_day=1)

    def published() -> Published:
        return intake.warehouse.publish(
            folder=tmp_path, as_of=AS_OF, counts=intake.warehouse.weekly_counts(as_of=AS_OF)
        )

    return published


def test_every_table_is_written_with_its_documented_columns(
    publish: Callable[[], Published], tmp_path: Path
) -> None:
    published = publish()
    assert published.kept == ()
    assert published.notices == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "incident.parquet",
        "meeting_note.parquet",
        "report.parquet",
        "week_district_category.parquet",
    ]
    for name, documentation in PUBLISHED_TABLES.items():
        assert pq.read_schema(tmp_path / f"{name}.parquet").names == list(documentation)
        assert all(documentation.values())


def test_documented_columns_are_those_of_the_contracts() -> None:
    assert tuple(PUBLISHED_TABLES["report"]) == (*REPORT_COLUMNS, "is_coarse")
    assert list(PUBLISHED_TABLES["week_district_category"]) == list(WEEKLY_COUNTS.columns)


def test_tables_hold_what_is_known(
    publish: Callable[[], Published], intake: Any, tmp_path: Path
) -> None:
    publish()
    report = pd.read_parquet(tmp_path / "report.parquet")
    known = intake.warehouse.reports(as_of=AS_OF, first_week="0000-W01", last_week="9999-W52")
    assert not report.pop("is_coarse").any()
    pd.testing.assert_frame_equal(report.astype(known.dtypes.to_dict()), known)
    assert str(report["occurred_from"].dtype) == "datetime64[us, UTC]"
    incident = pd.read_parquet(tmp_path / "incident.parquet")
    assert (
        incident["incident_id"].tolist() == known.query("kind == 'incident'")["report_id"].tolist()
    )
    assert incident["iso_week"].tolist() == ["2026-W41", "2026-W45", "2026-W45"]
    assert incident["report_count"].eq(1).all()
    assert [list(sources) for sources in incident["source_ids"]] == [["mos"]] * 3
    counts = pd.read_parquet(tmp_path / "week_district_category.parquet")
    assert counts["incident_count"].tolist() == [1, 1]


def test_the_same_content_gives_the_same_bytes(
    publish: Callable[[], Published], tmp_path: Path
) -> None:
    publish()
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    publish()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_many_rows_give_the_same_bytes_whatever_the_order_in_the_store(
    new_intake: Callable[[Warehouse], Any],
    placed: Callable[..., pd.DataFrame],
    tmp_path: Path,
) -> None:
    """More rows than one row group, so that threads share the work."""
    template = placed([{"title": "a"}])
    count = 150_000
    many = template.loc[template.index.repeat(count)].reset_index(drop=True)
    many["line_number"] = range(2, count + 2)
    many["source_row_id"] = (many["line_number"] * 7919 % 1_000_003).astype("str")
    many["row_key"] = many["source_row_id"]
    written = []
    for name, rows in {"a": many, "b": many.iloc[::-1]}.items():
        with Warehouse.open_in_memory() as warehouse:
            intake = new_intake(warehouse)
            intake.load(rows, on_day=1)
            counts = warehouse.weekly_counts(as_of=AS_OF)
            warehouse.publish(folder=tmp_path / name, as_of=AS_OF, counts=counts)
        written.append((tmp_path / name / "report.parquet").read_bytes())
    assert pq.ParquetFile(tmp_path / "a" / "report.parquet").num_row_groups > 1
    assert written[0] == written[1]


def test_an_empty_store_gives_empty_tables(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.publish(folder=tmp_path, as_of=AS_OF, counts=warehouse.weekly_counts(as_of=AS_OF))
    for name, documentation in PUBLISHED_TABLES.items():
        table = pq.read_table(tmp_path / f"{name}.parquet")
        assert (table.num_rows, table.column_names) == (0, list(documentation))


def test_a_table_that_is_held_open_keeps_its_old_version_and_says_so(
    publish: Callable[[], Published], intake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where nothing is renamed over a file that a program has open."""
    publish()
    old = (tmp_path / "report.parquet").read_bytes()
    intake([{"title": "ny"}], on_day=2)
    rename = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target.name == "report.parquet":
            raise PermissionError
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(publish_module, "_RENAME_PAUSES_S", (0.0, 0.0))
    published = publish()
    assert [path.name for path in published.kept] == ["report.parquet"]
    assert published.notices[0].startswith("Tabellen report.parquet är öppen i ett annat program")
    assert (tmp_path / "report.parquet").read_bytes() == old
    assert len(pd.read_parquet(tmp_path / "incident.parquet")) == 4
    assert list(tmp_path.glob("*.tmp")) == []


def test_a_table_freed_in_time_is_replaced(
    publish: Callable[[], Published], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.replace
    tries: list[Path] = []

    def refuse_once(self: Path, target: Path) -> Path:
        tries.append(target)
        if len(tries) == 1:
            raise PermissionError
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", refuse_once)
    monkeypatch.setattr(publish_module, "_RENAME_PAUSES_S", (0.0, 0.0))
    assert publish().kept == ()
    assert len(tries) == len(PUBLISHED_TABLES) + 1


def test_a_folder_that_cannot_be_written_is_said_in_swedish(
    publish: Callable[[], Published], tmp_path: Path
) -> None:
    (tmp_path / "report.parquet.tmp").mkdir()
    with pytest.raises(StorageError, match="går inte att läsa eller skriva"):
        publish()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the old file; see above")
def test_a_reader_of_a_table_does_not_stop_the_run(intake: Any, tmp_path: Path) -> None:
    intake(ROWS, on_day=1)
    paths = Paths(tmp_path)
    code = (
        "import sys, pyarrow.parquet as pq; f = pq.ParquetFile(sys.argv[1]);"
        "print('open', flush=True); sys.stdin.read(); print(f.read().num_rows)"
    )
    counts = intake.warehouse.weekly_counts(as_of=AS_OF)
    intake.warehouse.publish(folder=paths.store, as_of=AS_OF, counts=counts)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(paths.store / "report.parquet")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        intake([{"title": "ny"}], on_day=2)
        published = intake.warehouse.publish(folder=paths.store, as_of=AS_OF, counts=counts)
        told, _ = reader.communicate("")
    assert published.kept == ()
    assert told == "4\n"
    assert len(pd.read_parquet(paths.store / "report.parquet")) == 5

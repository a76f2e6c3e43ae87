"""The store against a slow model of it in plain Python, on random files, repeats and undoings."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from est_pipeline.store import Warehouse

DAY_0 = datetime(2026, 11, 2, 8, tzinfo=UTC)
VOLATILE = ["received_at", "file_name", "line_number", "file_sha256", "version_at"]

row_ids = st.sampled_from([None, "a", "b", "c", "d"])
rows = st.fixed_dictionaries(
    {
        "source_row_id": row_ids,
        "replaces_row_id": st.sampled_from([None, None, None, "a", "b", "c"]),
        "title": st.sampled_from(["x", "y"]),
    }
)
some_rows = st.lists(rows, max_size=5)


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


@dataclass
class File:
    """A file as the model remembers it."""

    name: str
    source_id: str
    sha256: str
    received_at: datetime
    version_at: datetime
    sightings: list[tuple[str, str, int]]
    undone_at: datetime | None = None

    def is_live(self, as_of: datetime) -> bool:
        return self.received_at <= as_of and not (self.undone_at and self.undone_at <= as_of)


def key_of(row: dict[str, Any]) -> str:
    """The key that the fixtures give a row."""
    return repr(sorted(row.items()))


def content_of(row: dict[str, Any]) -> str:
    return hashlib.sha256(key_of(row).encode()).hexdigest()[:20]


def sightings_of(source_id: str, file_rows: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """What a file shows: report, content and line of each row."""
    seen: Counter[str] = Counter()
    found = []
    for line, row in enumerate(file_rows, start=2):
        content = content_of(row)
        own = row["source_row_id"]
        if own is None:
            own = f"{content}-{seen[content]}"
            seen[content] += 1
        found.append((f"{source_id}:{own}", content, line))
    return found


class Model:
    """Everything as known at a moment, worked out from the list of files each time."""

    def __init__(self) -> None:
        self.files: list[File] = []
        self.replaced_by_content: dict[str, str | None] = {}

    def take(self, file: File, file_rows: list[dict[str, Any]]) -> tuple[int, int]:
        """Notes a file; gives how many of its rows are new and how many are known."""
        for row in file_rows:
            self.replaced_by_content[content_of(row)] = row["replaces_row_id"]
        live = [earlier for earlier in self.files if earlier.undone_at is None]
        for earlier in live:
            if (earlier.source_id, earlier.sha256) == (file.source_id, file.sha256):
                file.version_at = earlier.version_at
                break
        known = {(r, c) for earlier in live for r, c, _ in earlier.sightings}
        accepted_count = 0
        for report, content, _ in file.sightings:
            accepted_count += (report, content) not in known
            known.add((report, content))
        self.files.append(file)
        return accepted_count, len(file.sightings) - accepted_count

    def current(self, as_of: datetime) -> dict[str, tuple[Any, ...]]:
        """Report to (content, file, line, received_at, version_at)."""
        shown: dict[str, list[tuple[File, str, int]]] = {}
        for file in self.files:
            if file.is_live(as_of):
                for report, content, line in file.sightings:
                    shown.setdefault(report, []).append((file, content, line))
        latest = {}
        for report, sightings in shown.items():
            version_at, _, content = max((f.version_at, line, c) for f, c, line in sightings)
            file, line = next((f, line) for f, c, line in sightings if c == content)
            received_at = min(f.received_at for f, _, _ in sightings)
            latest[report] = (content, file.name, line, received_at, version_at)
        aim = {
            report: f"{report.partition(':')[0]}:{target}"
            for report, (content, *_) in latest.items()
            if (target := self.replaced_by_content[content]) is not None
        }
        gone = {aim[report] for report in aim if not in_a_ring(report, aim)}
        return {report: row for report, row in latest.items() if report not in gone}


def in_a_ring(report: str, aim: dict[str, str]) -> bool:
    """Whether following what a report replaces leads back to it."""
    place = aim.get(report)
    for _ in aim:
        if place is None or place == report:
            break
        place = aim.get(place)
    return place == report


def current_of(warehouse: Warehouse, as_of: datetime) -> pd.DataFrame:
    return warehouse.reports(as_of=as_of, first_week="0000-W01", last_week="9999-W52")


@pytest.fixture(scope="module")
def emptied() -> Iterator[Callable[[], Warehouse]]:
    """One store for all examples, emptied for each: opening one takes longer than filling it."""
    tables = ("delivery", "report_version", "known_row")
    with Warehouse.open_in_memory() as warehouse:

        def empty() -> Warehouse:
            for table in tables:
                warehouse._database.connection.execute(f"DELETE FROM {table}")
            warehouse._derived_as_of = None
            return warehouse

        yield empty


take_step = st.tuples(
    st.just("take"),
    st.sampled_from(["mos", "tib"]),
    some_rows,
    st.none() | st.integers(-3, 3),
)
again_step = st.tuples(st.just("again"), st.integers(0, 20))
undo_step = st.tuples(st.just("undo"), st.lists(st.integers(0, 20), min_size=1, max_size=2))
steps = st.lists(take_step | take_step | again_step | undo_step, min_size=1, max_size=9)


@given(steps=steps)
@settings(max_examples=40)
def test_the_store_knows_at_each_moment_what_the_model_knows(
    emptied: Callable[[], Warehouse],
    new_intake: Callable[[Warehouse], Any],
    steps: list[tuple[Any, ...]],
) -> None:
    warehouse = emptied()
    intake = new_intake(warehouse)
    model = Model()
    taken: list[tuple[str, list[dict[str, Any]], datetime | None, int]] = []
    for number, step in enumerate(steps):
        if step[0] == "undo":
            undo(warehouse, model, [taken[i % len(taken)][3] for i in step[1] if taken], number)
            continue
        if step[0] == "again":
            if not taken:
                continue
            source_id, file_rows, version_at, _ = taken[step[1] % len(taken)]
        else:
            _, source_id, file_rows, offset = step
            version_at = None if offset is None else day(offset)
        name = f"{number}.csv"
        file_id = intake(
            file_rows, on_day=number, name=name, source_id=source_id, version_at=version_at
        )
        taken.append((source_id, file_rows, version_at, file_id))
        delivery = warehouse.delivery(file_id)
        file = File(
            name=name,
            source_id=source_id,
            sha256=delivery.sha256,
            received_at=day(number),
            version_at=version_at or day(number),
            sightings=sightings_of(source_id, file_rows),
        )
        expected = model.take(file, file_rows)
        assert (delivery.accepted_count, delivery.known_count) == expected
    for number in range(-1, len(steps) + 1):
        stored = current_of(warehouse, day(number))
        found = {
            row.report_id: (row.file_name, row.line_number, row.received_at, row.version_at)
            for row in stored.itertuples()
        }
        expected_rows = model.current(day(number))
        assert found == {report: row[1:] for report, row in expected_rows.items()}
        wording = {row.report_id: row.title for row in stored.itertuples()}
        titles = {content_of(row): row["title"] for _, file_rows, *_ in taken for row in file_rows}
        assert wording == {report: titles[row[0]] for report, row in expected_rows.items()}


def undo(warehouse: Warehouse, model: Model, file_ids: list[int], number: int) -> None:
    """Takes files back in both, and holds the counts against the model's two states."""
    by_name = {file.name: file for file in model.files}
    chosen = {
        file_id: by_name[warehouse.delivery(file_id).file_name]
        for file_id in file_ids
        if warehouse.delivery(file_id).undone_at is None
    }
    if not chosen:
        return
    before = model.current(day(99))
    for file in chosen.values():
        file.undone_at = day(number)
    after = model.current(day(99))
    touched = {report for file in chosen.values() for report, _, _ in file.sightings}
    result = warehouse.load_undo(list(chosen), undone_at=day(number))
    stayed = [(before[r][0], after[r][0]) for r in touched & before.keys() & after.keys()]
    assert result.gone_count == len(touched & before.keys() - after.keys())
    assert result.kept_count == sum(old == new for old, new in stayed)
    assert result.reverted_count == sum(old != new for old, new in stayed)
    assert result.returned_count == len(after.keys() - before.keys())


@given(
    files=st.lists(st.tuples(some_rows, st.integers(-3, 3)), min_size=1, max_size=4),
    data=st.data(),
)
@settings(max_examples=25)
def test_dated_files_give_the_same_table_in_any_order_and_repeated(
    emptied: Callable[[], Warehouse],
    new_intake: Callable[[Warehouse], Any],
    files: list[tuple[list[dict[str, Any]], int]],
    data: st.DataObject,
) -> None:
    numbers = range(len(files))
    repeats = data.draw(st.lists(st.sampled_from(numbers), max_size=3))
    order = data.draw(st.permutations([*numbers, *repeats]))
    tables = []
    for sequence in (numbers, order):
        warehouse = emptied()
        intake = new_intake(warehouse)
        for position, number in enumerate(sequence):
            file_rows, version = files[number]
            # its number stands in the file, so that files are never the same bytes by chance
            marked = [{**row, "place_text": f"fil {number}"} for row in file_rows]
            intake(marked, on_day=position, name=f"{number}.csv", version_at=day(version))
        tables.append(current_of(warehouse, day(99)).drop(columns=VOLATILE))
    pd.testing.assert_frame_equal(*tables)


@given(files=st.lists(some_rows, min_size=1, max_size=4), data=st.data())
@settings(max_examples=25)
def test_rows_without_ids_give_the_same_table_in_any_order_and_repeated(
    emptied: Callable[[], Warehouse],
    new_intake: Callable[[Warehouse], Any],
    files: list[list[dict[str, Any]]],
    data: st.DataObject,
) -> None:
    numbers = range(len(files))
    repeats = data.draw(st.lists(st.sampled_from(numbers), max_size=3))
    order = data.draw(st.permutations([*numbers, *repeats]))
    tables = []
    for sequence in (numbers, order):
        warehouse = emptied()
        intake = new_intake(warehouse)
        for position, number in enumerate(sequence):
            intake([{"title": row["title"]} for row in files[number]], on_day=position)
        tables.append(current_of(warehouse, day(99)).drop(columns=VOLATILE))
    pd.testing.assert_frame_equal(*tables)

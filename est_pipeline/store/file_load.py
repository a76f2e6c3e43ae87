"""One file on its way into the store: its rows wait, are told apart, and go in at once."""

from __future__ import annotations

from dataclasses import asdict, replace

import pandas as pd
import pyarrow as pa

from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.domain.meeting import MEETING_NOTE_TYPES
from est_pipeline.store.database import PLACED_TYPES, Database, storage_errors
from est_pipeline.store.deliveries import (
    Delivery,
    DeliveryOutcome,
    NewDelivery,
    Settled,
)

CHUNK_ROWS = 122_880
"""Rows that are handed over to DuckDB at a time: one of its row groups.

A chunk that ends within a row group makes the next one write that group anew, which costs more
than all the rest of staging.
"""

TRIAL_FILE_ID = 0
"""The number of a file that is only tried; those of stored files begin at 1."""

_ARROW_TYPES = {
    "str": pa.large_string(),
    "int64": pa.int64(),
    "int32": pa.int32(),
    "Int8": pa.int8(),
    "bool": pa.bool_(),
    "boolean": pa.bool_(),
    "float64": pa.float64(),
    "datetime64[us, UTC]": pa.timestamp("us", tz="UTC"),
}
_NOTES_ARROW = pa.schema(
    [(name, _ARROW_TYPES[type_]) for name, type_ in MEETING_NOTE_TYPES.items()]
)
_PLACED_ARROW = pa.schema([(name, _ARROW_TYPES[type_]) for name, type_ in PLACED_TYPES.items()])


class FileLoad:
    """One file on its way in: stage its rows, settle which are new, finish.

    `Warehouse.file_load` and `Warehouse.trial_load` make it.
    """

    def __init__(
        self, database: Database, delivery: Delivery, *, repeat_of: Delivery | None
    ) -> None:
        """Begin with a file whose temporary tables stand; see `Warehouse.file_load`."""
        self.delivery = delivery
        self.is_finished = False
        self._database = database
        self._repeat_of = repeat_of
        self._settled: Settled | None = None
        self._waiting = _PLACED_ARROW.empty_table()

    def stage_notes(self, notes: pd.DataFrame) -> None:
        """Let rows of the meeting's form wait until the whole file is there.

        Args:
            notes: rows of the file as `domain.meeting.MEETING_NOTES` has them.
        """
        if self._settled is not None:
            raise RuntimeError("the file is settled")
        chunk = pa.Table.from_pandas(notes, schema=_NOTES_ARROW, preserve_index=False)
        connection = self._database.connection
        with storage_errors():
            connection.register("note_chunk", chunk)
            try:
                self._database.do("stage_notes", source_id=self.delivery.source_id)
            finally:
                connection.unregister("note_chunk")

    def stage_reports(self, placed: pd.DataFrame) -> None:
        """Let placed rows wait until the whole file is there; call it once a chunk.

        Args:
            placed: rows of the file as `domain.schemas.PLACED` has them.
        """
        if self._settled is not None:
            raise RuntimeError("the file is settled")
        chunk = pa.Table.from_pandas(placed, schema=_PLACED_ARROW, preserve_index=False)
        self._waiting = pa.concat_tables([self._waiting, chunk])
        whole = len(self._waiting) - len(self._waiting) % CHUNK_ROWS
        self._stage(self._waiting.slice(0, whole))
        self._waiting = self._waiting.slice(whole)

    def _stage(self, rows: pa.Table) -> None:
        """Hand rows over to DuckDB, a chunk at a time."""
        connection = self._database.connection
        with storage_errors():
            for start in range(0, len(rows), CHUNK_ROWS):
                connection.register("placed_chunk", rows.slice(start, CHUNK_ROWS))
                try:
                    self._database.do("stage_rows")
                finally:
                    connection.unregister("placed_chunk")

    def settle(self) -> Settled:
        """Tell the new rows from those that the store knows.

        Returns:
            Their counts. The rows of an earlier file with the same bytes (`repeat_of`) are all
            known, also those that were not staged this time.
        """
        if self._settled is None:
            self._stage(self._waiting)
            self._waiting = self._waiting.slice(0, 0)
            database, repeat_of = self._database, self._repeat_file_id
            with storage_errors():
                database.do("create_repeated_row")
                if repeat_of is not None:
                    database.do("delete_staged_repeats", repeat_of=repeat_of)
                database.do("create_known_line", **self._identity, repeat_of=repeat_of)
                database.do(
                    "create_known_note", source_id=self.delivery.source_id, repeat_of=repeat_of
                )
                counts = database.frame("read_settled").iloc[0]
            self._settled = Settled(
                accepted_count=int(counts["accepted_count"]),
                known_count=int(counts["known_count"]),
            )
        return self._settled

    def accepted_weeks(self) -> dict[str, int]:
        """Give how many of the new rows lie in each ISO week, by week."""
        self.settle()
        with storage_errors():
            weeks = self._database.frame("read_accepted_weeks")
        return {
            str(week): int(count)
            for week, count in zip(weeks["iso_week"], weeks["report_count"], strict=True)
        }

    def settled_rows(self) -> pd.DataFrame:
        """Give what became of each row.

        Returns:
            One row a row staged or known: `line_number`, `report_id`, `is_known`; by line.
        """
        self.settle()
        with storage_errors():
            return self._database.frame("read_settled_rows", source_id=self.delivery.source_id)

    def finish(self, outcome: DeliveryOutcome) -> None:
        """Store the rows and how the file was settled, and commit.

        Raises:
            ValueError: the rows read are not the sum of those accepted, quarantined, known and
                left out; or rows of a refused file were staged.
            StorageError: the disk is full or fails; then nothing is stored.
        """
        if self.delivery.file_id == TRIAL_FILE_ID:
            raise RuntimeError("a trial cannot be finished")
        settled = self.settle()
        stored_count = settled.accepted_count + settled.known_count
        if outcome.state is DeliveryState.REFUSED:
            if stored_count:
                raise ValueError("a refused file brings no rows")
        elif outcome.rows_read != (
            stored_count + outcome.quarantined_count + outcome.left_out_count
        ):
            raise ValueError(f"the rows of the file don't add up: {outcome}, {settled}")
        version_at = outcome.version_at
        if self._repeat_of is not None:
            # the same bytes say nothing newer: an old file dropped again must not win
            version_at = self._repeat_of.version_at
        dated = {
            "is_history": outcome.is_history,
            "received_at": self.delivery.received_at,
            "file_id": self.delivery.file_id,
        }
        database = self._database
        with storage_errors(), database.transaction():
            database.do("load_report_versions", source_id=self.delivery.source_id, **dated)
            database.do("load_known_rows", **dated)
            database.do(
                "load_meeting_notes",
                file_id=self.delivery.file_id,
                repeat_of=self._repeat_file_id,
                version_at=version_at or self.delivery.received_at,
            )
            if outcome.cut_file_ids:
                database.do(
                    "load_withdrawn_rows",
                    file_id=self.delivery.file_id,
                    cut_file_ids=list(outcome.cut_file_ids),
                )
            database.do(
                "load_outcome",
                file_id=self.delivery.file_id,
                **parameters_of(replace(outcome, version_at=version_at)),
                **asdict(settled),
            )
        self.is_finished = True

    @property
    def _repeat_file_id(self) -> int | None:
        return None if self._repeat_of is None else self._repeat_of.file_id

    @property
    def _identity(self) -> dict[str, object]:
        return {"file_id": self.delivery.file_id, "source_id": self.delivery.source_id}


def parameters_of(record: NewDelivery | DeliveryOutcome) -> dict[str, object]:
    """Give a record's fields as the parameters of a query."""
    return {
        name: str(value) if isinstance(value, DeliveryState) else value
        for name, value in asdict(record).items()
        if name != "cut_file_ids"
    }


def trial_delivery(delivery: NewDelivery) -> Delivery:
    """Give the delivery that a file would be noted as, under the number of trials."""
    return Delivery(
        **asdict(delivery),
        file_id=TRIAL_FILE_ID,
        version_at=delivery.received_at,
        state=DeliveryState.RECEIVED,
        reason_code=None,
        reason=None,
        rows_read=0,
        accepted_count=0,
        quarantined_count=0,
        known_count=0,
        left_out_count=0,
        undone_at=None,
        encoding=None,
        is_nothing_to_report=False,
        is_history=False,
        size_bytes=None,
        open_line=None,
    )

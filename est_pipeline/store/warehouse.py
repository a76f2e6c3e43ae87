"""The warehouse: files go in row by row, and what was known at any moment comes out.

A row that is taken in leaves a sighting: this file shows this content of this report. What is
known at a moment (`as_of`) is derived from the sightings of the files that had come by then and
had not been undone, so it doesn't depend on the order in which the same files came, and a file
that is taken back takes back all that it changed.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandas as pd
import pyarrow as pa

from est_pipeline.config import Paths
from est_pipeline.domain.incidents import (
    JOINED_COLUMNS,
    JoinedReports,
    PairSearch,
    nothing_joined,
)
from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.domain.protection import NOTHING_COARSE, CoarseRule
from est_pipeline.domain.schemas import OCCURRENCES, UNNAMED_POINTS, WEEKLY_COUNTS
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.errors import FileNotTakenError, StorageError
from est_pipeline.store.database import DATABASE_NAME, Database, storage_errors
from est_pipeline.store.deliveries import (
    Delivery,
    NewDelivery,
    NewPlacing,
    UndoResult,
)
from est_pipeline.store.file_load import FileLoad, parameters_of, trial_delivery
from est_pipeline.store.opening import open_database, open_in_memory
from est_pipeline.store.publish import Published, move_into_place, write_tables
from est_pipeline.store.weeding import Limits, NewPurge, Purge, Weeded, copy_alive, find_weeded

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_SHORTEST_CHECKSUM = 8


@dataclass(frozen=True)
class Joining:
    """How the reports of any moment become incidents.

    `search` says which pairs are looked at. `join` is given these pairs (as
    `sql/read_candidate_pairs.sql` has them) and the reports that `decided_ids` name (`report_id`,
    `source_id`, `occurred_from`), and says which are one incident.
    """

    search: PairSearch
    decided_ids: tuple[str, ...]
    join: Callable[[pd.DataFrame, pd.DataFrame], JoinedReports]


class Warehouse:
    """The store of a workspace; use it in a `with` statement.

    Only one process holds the database at a time. All moments go in and come out with a time
    zone (out in UTC); nothing here reads the clock.
    """

    def __init__(
        self,
        database: Database,
        *,
        joining: Joining | None = None,
        scratch: Path | None = None,
        paths: Paths | None = None,
    ) -> None:
        """Take over an open database, and a folder to remove in the end; see `open`."""
        self._database = database
        self._scratch = scratch
        self._paths = paths
        self._joining = joining
        self._derived_as_of: tuple[datetime, bool] | None = None
        self._joined: JoinedReports | None = None
        self._is_taking_in = False

    @classmethod
    def open(
        cls, paths: Paths, *, joining: Joining | None = None, new_secret: str | None = None
    ) -> Warehouse:
        """Open the store of a workspace, and create it where there is none.

        Args:
            paths: the workspace's folders.
            joining: how reports become incidents; without it each report is one of its own.
            new_secret: the secret (hexadecimal) of a new store; drawn at random where not given.

        Raises:
            LockedError: another program has the database open.
            StorageError: the folder or the database cannot be read or written, or the database
                was made by a later version of this program.
        """
        return cls(open_database(paths.store, new_secret=new_secret), joining=joining, paths=paths)

    @classmethod
    def open_in_memory(cls, *, joining: Joining | None = None) -> Warehouse:
        """Open an empty store that is gone when it is closed, for checking and for tests."""
        scratch = Path(tempfile.mkdtemp(prefix="est-"))
        return cls(open_in_memory(scratch), joining=joining, scratch=scratch)

    @property
    def secret(self) -> bytes:
        """The workspace's secret, by which case numbers of other registers are recognised."""
        with storage_errors():
            return bytes.fromhex(self._database.value("read_secret"))

    def close(self) -> None:
        """Close the store; what was not finished is as if it had never begun."""
        self._database.connection.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        """Give the open store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    # --- files ------------------------------------------------------------------------------------

    def load_delivery(self, delivery: NewDelivery) -> int:
        """Note a file as received, in a transaction of its own.

        Returns:
            Its `file_id`.
        """
        with storage_errors():
            return int(self._database.value("load_delivery", **parameters_of(delivery)))

    def delivery(self, file_id: int) -> Delivery:
        """Give one delivered file; KeyError where there is none with this number."""
        found = self._deliveries("read_delivery", file_id=file_id)
        if not found:
            raise KeyError(file_id)
        return found[0]

    def pending_deliveries(self) -> list[Delivery]:
        """Give the files that are received but not settled, oldest first."""
        return self._deliveries("read_pending_deliveries")

    def live_delivery_with(self, source_id: str, sha256: str) -> Delivery | None:
        """Give the first file of a source with exactly these bytes, taken in and not undone."""
        found = self._deliveries("read_live_delivery_with", source_id=source_id, sha256=sha256)
        return found[0] if found else None

    def deliveries_matching(self, name_or_sha: str) -> list[Delivery]:
        """Give the files that can be taken back under a name or the start of a checksum.

        Args:
            name_or_sha: the file's name, or at least the first eight digits of its checksum.
        """
        word = name_or_sha.lower()
        is_checksum = re.fullmatch(rf"[0-9a-f]{{{_SHORTEST_CHECKSUM},64}}", word) is not None
        return self._deliveries(
            "read_deliveries_matching",
            file_name=name_or_sha,
            sha256_prefix=word if is_checksum else None,
        )

    def deliveries(self, as_of: datetime | None = None) -> pd.DataFrame:
        """Give the delivered files as known at a moment (now where it is missing).

        Returns:
            One row a file, oldest first, the fields of `Delivery`; `state` is `återtagen` for a
            file that had been undone by then.
        """
        with storage_errors():
            return self._database.frame("read_deliveries", as_of=as_of or _END_OF_TIME)

    def accepted_lines(self, file_id: int) -> pd.Series[int]:
        """Give the line numbers of a file whose rows are in the store, new or known, ascending."""
        with storage_errors():
            return self._database.frame("read_accepted_lines", file_id=file_id)["line_number"]

    def has_earlier_delivery(self, source_id: str, received_at: datetime) -> bool:
        """Tell whether a source had a file taken in that came before a moment."""
        with storage_errors():
            return bool(
                self._database.value(
                    "read_has_earlier_delivery", source_id=source_id, received_at=received_at
                )
            )

    def open_ended_deliveries(self, source_id: str, *, size_bytes: int) -> pd.DataFrame:
        """Give the files of a source that end within a line and are smaller than a size.

        Returns:
            One row a file, newest first: `file_id`, `size_bytes`, `sha256`.
        """
        with storage_errors():
            return self._database.frame(
                "read_open_ended", source_id=source_id, size_bytes=size_bytes
            )

    @contextmanager
    def file_load(self, file_id: int, *, repeat_of: int | None = None) -> Iterator[FileLoad]:
        """Take a received file in.

        Its rows wait in temporary tables; `FileLoad.finish` stores them in one transaction. All is
        as before unless it was called, whatever happens inside.

        Args:
            file_id: the file, received and not settled (ValueError otherwise).
            repeat_of: an earlier file with the same bytes, taken in and not undone: the rows that
                it brought are known, whatever has changed in the configuration since, and its
                wording keeps the date that it has.
        """
        delivery = self.delivery(file_id)
        if delivery.state is not DeliveryState.RECEIVED:
            raise ValueError(f"file {file_id} is settled already: {delivery.state}")
        with self._staging(repeat_of) as repeated:
            yield FileLoad(self._database, delivery, repeat_of=repeated)

    @contextmanager
    def trial_load(
        self, delivery: NewDelivery, *, repeat_of: int | None = None
    ) -> Iterator[FileLoad]:
        """See what would become of a file; nothing of it is stored and it cannot be finished.

        Args:
            delivery: the file, which has not been noted as received.
            repeat_of: as for `file_load`.
        """
        with self._staging(repeat_of) as repeated:
            yield FileLoad(self._database, trial_delivery(delivery), repeat_of=repeated)

    @contextmanager
    def _staging(self, repeat_of: int | None) -> Iterator[Delivery | None]:
        """Make the temporary tables for one file's rows, and take them away.

        Gives the file that this one repeats, where there is one. The tables live outside the
        transaction that stores them: inside it DuckDB would keep every chunk that was handed over
        until the end.
        """
        if self._is_taking_in:
            raise RuntimeError("another file is being taken in")
        self._is_taking_in = True
        try:
            with storage_errors():
                self._database.do("create_staged_row")
                self._database.do("create_staged_note")
            yield None if repeat_of is None else self.delivery(repeat_of)
        finally:
            self._is_taking_in = False
            self._derived_as_of = None
            with suppress(duckdb.Error):  # on the way out of a fault: they go with the connection
                self._database.do("drop_staged")

    def load_undo(self, file_ids: Sequence[int], *, undone_at: datetime) -> UndoResult:
        """Take files back, with all that they changed.

        Args:
            file_ids: files that are taken in and not undone.
            undone_at: from when on they count as taken back.

        Raises:
            FileNotTakenError: one of them is not taken in, or taken back already; then nothing
                is changed.
        """
        chosen = sorted(set(file_ids))
        self._derived_as_of = None
        with storage_errors(), self._database.transaction():
            self._derive(_END_OF_TIME)
            self._database.do("create_report_before")
            undone = self._database.frame("load_undo", file_ids=chosen, undone_at=undone_at)
            if len(undone) != len(chosen):
                raise FileNotTakenError(
                    "Filen är inte inläst, eller redan återtagen.",
                    advice="Se vilka filer som är inlästa med `est status`.",
                )
            self._derived_as_of = None
            self._derive(_END_OF_TIME)
            counts = self._database.frame("read_undo_result", file_ids=chosen).iloc[0]
            note_count = self._database.value("read_note_row_count", file_ids=chosen)
            self._database.do("drop_report_before")
        reports = {str(name): int(count) for name, count in counts.items()}
        return UndoResult(**reports, note_count=int(note_count))

    # --- later placings ---------------------------------------------------------------------------

    def unplaced_texts(self, *, basis: str, as_of: datetime) -> pd.Series[str]:
        """Give the distinct texts of rows that had no place when they came, in order.

        Args:
            basis: a checksum of what decides on a place; none are given where it was the same
                when `load_placements` was last called.
            as_of: only what was known then counts.
        """
        with storage_errors():
            last = self._database.frame("read_placing_basis", as_of=as_of)["basis"]
            if last.tolist() == [basis]:
                return pd.Series(dtype="str")
            return self._database.frame("read_unplaced_texts")["place_text"]

    def load_placements(
        self, placed_texts: pd.DataFrame, *, basis: str, known_at: datetime
    ) -> NewPlacing:
        """Place rows that had no place when they came, or place them otherwise than since.

        Args:
            placed_texts: one row a text: `place_text`, `placing`, `district_id`, `place_id`,
                `place_name`, `lon`, `lat`, `precision_m`; `placing` is `none` where the text leads
                nowhere.
            basis: as for `unplaced_texts`.
            known_at: from when on the rows count as placed so.
        """
        connection = self._database.connection
        table = pa.Table.from_pandas(placed_texts, preserve_index=False)
        with storage_errors():
            self._derive(known_at)
            connection.register("placed_text", table)
            try:
                self._database.do("create_new_placement")
            finally:
                connection.unregister("placed_text")
            counts = self._database.frame("read_new_placement").iloc[0]
            with self._database.transaction():
                self._database.do("delete_placements", known_at=known_at)
                self._database.do("load_placements", known_at=known_at)
                self._database.do("load_placing_basis", known_at=known_at, basis=basis)
            self._database.do("drop_new_placement")
        self._derived_as_of = None
        return NewPlacing(**{str(name): int(count) for name, count in counts.items()})

    # --- what was known ---------------------------------------------------------------------------

    def reports(self, *, as_of: datetime, first_week: str, last_week: str) -> pd.DataFrame:
        """Give the reports of some weeks as known at a moment.

        A report of another week comes along where its incident counts in one of these.

        Args:
            as_of: only what was known then counts.
            first_week: first ISO week (`2026-W47`).
            last_week: last ISO week, included.

        Returns:
            One row a report, its latest version: `domain.schemas.REPORT_COLUMNS` with the types of
            `PLACED`; by week, start and id.
        """
        with storage_errors():
            self._derive_incidents(as_of)
            return self._database.frame("read_reports", first_week=first_week, last_week=last_week)

    def joined_reports(self, *, as_of: datetime) -> JoinedReports:
        """Give which reports were one incident at a moment, and which pairs were in doubt."""
        with storage_errors():
            return self._derive_incidents(as_of)

    def source_weeks(self, *, as_of: datetime, first_week: str, last_week: str) -> pd.DataFrame:
        """Count each source's reports in some weeks as known at a moment.

        Returns:
            One row a source and week that has a report: `source_id`, `iso_week`, `report_count`.
        """
        with storage_errors():
            self._derive(as_of)
            return self._database.frame(
                "read_source_weeks", first_week=first_week, last_week=last_week
            )

    def weekly_counts(self, *, as_of: datetime) -> pd.DataFrame:
        """Count what was known at a moment by week, district and category.

        A week that has been weeded has the counts that were kept when its first rows went, whatever
        has come since: its rows can no longer say.

        Returns:
            The columns of `domain.schemas.WEEKLY_COUNTS`, only the cells that have a report; by
            week, district and category.
        """
        begun = str(IsoWeek.of(as_of.astimezone(UTC).date()))
        with storage_errors():
            self._derive_incidents(as_of)
            counts = self._database.frame("read_weekly_counts")
            retained = self._database.frame("read_retained_counts", last_week=begun)
        if not retained.empty:
            counts = counts[~counts["iso_week"].isin(retained["iso_week"])]
            counts = pd.concat([retained, counts], ignore_index=True)
            counts = counts.sort_values(list(WEEKLY_COUNTS.unique), ignore_index=True)
        return WEEKLY_COUNTS.validate(counts)

    def known_notes(self, source_id: str) -> pd.DataFrame:
        """Give a source's decisions and notes by their own ids, as its files stand now.

        Returns:
            One row a decision or note: `own_id`, `note_type`, `meeting_week`, `text` (what is to
            be done, or the note itself).
        """
        with storage_errors():
            return self._database.frame("read_known_notes", source_id=source_id)

    def meeting_notes(self, *, as_of: datetime) -> pd.DataFrame:
        """Give the decisions and notes of the meetings as known at a moment.

        Returns:
            One row a decision or note, its latest version: the columns of
            `publish.MEETING_NOTE_DOCUMENTATION`; by week and id. A cell that a later row leaves
            empty keeps what an earlier one said.
        """
        with storage_errors():
            self._derive(as_of)
            return self._database.frame("publish_meeting_note")

    def meeting_file_came_at(
        self, *, iso_week: str, after: datetime, as_of: datetime
    ) -> datetime | None:
        """Tell when the first file of a meeting came.

        Args:
            iso_week: the week of the meeting's lägesbild (`2026-W46`).
            after: files that came by then are of an earlier meeting.
            as_of: only what had come then counts.
        """
        with storage_errors():
            rows = self._database.table(
                "read_meeting_file_came_at", iso_week=iso_week, after=after, as_of=as_of
            ).to_pylist()
        return next((_in_utc(row["came_at"]) for row in rows if row["came_at"]), None)

    def knows_anything(self, *, as_of: datetime) -> bool:
        """Tell whether any report was known at a moment."""
        with storage_errors():
            return bool(self._database.value("read_knows_anything", as_of=as_of))

    def week_changes(
        self, *, iso_week: str, compared_at: datetime, as_of: datetime, is_as_received: bool
    ) -> pd.DataFrame:
        """Tell why a week's figures differ between two moments, as known at each.

        Args:
            iso_week: the week (`2026-W46`).
            compared_at: the earlier moment.
            as_of: the later moment.
            is_as_received: whether history that came after the earlier moment was unknown then,
                as it was to a page that was made then.

        Returns:
            One row a kind, reason and source that has a report in the week: `kind`, `reason` (see
            `sql/read_week_changes.sql`), `source_id`, `count_then`, `count_now`, `report_count`.
            The sums over a kind are the week's counts at the two moments.
        """
        with storage_errors():
            self._derive_incidents(as_of)
            self._database.do("create_counted_report")
            self._database.do("create_cut_now", as_of=as_of)
            self._database.do("create_counted_now")
            self._derive_incidents(compared_at, is_as_received=is_as_received)
            self._database.do("create_counted_report")
            found = self._database.frame(
                "read_week_changes", iso_week=iso_week, compared_at=compared_at
            )
            self._database.do("drop_counted")
        return found

    def occurrences(
        self, *, as_of: datetime, first_week: str, last_week: str, coarse: CoarseRule
    ) -> pd.DataFrame:
        """Give the incidents and environment cases of some weeks as known at a moment.

        Args:
            as_of: only what was known then counts.
            first_week: first ISO week (`2026-W47`).
            last_week: last ISO week, included.
            coarse: which of them leave the store with their district only.

        Returns:
            One row an incident or environment case: `domain.schemas.OCCURRENCES`.
        """
        with storage_errors():
            self._derive_incidents(as_of)
            self._derive_published(coarse)
            found = self._database.frame(
                "read_occurrences", first_week=first_week, last_week=last_week
            )
        return OCCURRENCES.validate(found)

    def unnamed_points(self, *, as_of: datetime, first_week: str, last_week: str) -> pd.DataFrame:
        """Give where and when the occurrences of some weeks were, without saying which is which.

        Places stand as exactly as they are known, those of homes too: near repeats among cellars
        are seen in no other way. So this is for counts over the whole municipality alone, and
        nothing of it is published or shown.

        Args:
            as_of: only what was known then counts.
            first_week: first ISO week (`2026-W47`).
            last_week: last ISO week, included.

        Returns:
            One row an incident or environment case: `domain.schemas.UNNAMED_POINTS`.
        """
        with storage_errors():
            self._derive_incidents(as_of)
            found = self._database.frame(
                "read_unnamed_points", first_week=first_week, last_week=last_week
            )
        return UNNAMED_POINTS.validate(found)

    def publish(
        self,
        *,
        folder: Path,
        as_of: datetime,
        counts: pd.DataFrame,
        coarse: CoarseRule = NOTHING_COARSE,
    ) -> Published:
        """Write the published Parquet tables as known at a moment.

        Args:
            folder: where the tables lie.
            as_of: only what was known then counts.
            counts: the weekly counts with their zeros (`domain.schemas.WEEKLY_COUNTS`).
            coarse: what leaves the store with its district only.

        Raises:
            StorageError: the folder cannot be written.
        """
        with storage_errors():
            self._derive_incidents(as_of)
            self._derive_published(coarse)
            return write_tables(self._database.connection, folder=folder, counts=counts)

    # --- weeding ----------------------------------------------------------------------------------

    def weeded(self, limits: Limits) -> Weeded:
        """Tell which reports and file names would go at these limits; nothing is changed."""
        with storage_errors():
            return find_weeded(self._database, limits)

    def purges(self) -> list[Purge]:
        """Give the purges so far, in order."""
        with storage_errors():
            rows = self._database.table("read_purges").to_pylist()
        return [Purge(**{name: _in_utc(value) for name, value in row.items()}) for row in rows]

    def weeded_before_week(self) -> str | None:
        """Give the first ISO week that can still be rebuilt; none where nothing was weeded."""
        weeks = [p.weeded_before_week for p in self.purges() if p.weeded_before_week is not None]
        return max(weeks, default=None)

    def load_purge(self, purge: NewPurge) -> int:
        """Note that a purge begins, in a transaction of its own.

        Returns:
            Its `purge_id`.
        """
        with storage_errors():
            return int(self._database.value("load_purge", **asdict(purge)))

    def delete_weeded(self, purge_id: int, limits: Limits, *, unnamed: Sequence[int]) -> None:
        """Delete what `weeded` tells of, keep the counts of its weeks, in one transaction.

        What was deleted can be read in the database's file until `rewrite`.

        Args:
            purge_id: the purge that this is part of.
            limits: from when on what is stored stays.
            unnamed: the numbers of files whose name goes, where they have no row left.
        """
        counts = self.weekly_counts(as_of=_END_OF_TIME)
        self._derived_as_of = None
        connection = self._database.connection
        with storage_errors(), self._database.transaction():
            find_weeded(self._database, limits)
            connection.register("weekly_counts", counts)
            self._database.do("load_retained_counts")
            connection.unregister("weekly_counts")
            self._database.do("delete_weeded_rows")
            self._database.do(
                "load_unnamed_deliveries", file_ids=list(unnamed), zone_name=limits.zone_name
            )
            self._database.do(
                "load_weeded_before",
                purge_id=purge_id,
                weeded_before_week=limits.first_kept_week,
            )

    def load_purge_completed(self, purge_id: int, *, completed_at: datetime) -> None:
        """Note that a purge, and each before it, is done."""
        with storage_errors():
            self._database.do("load_purge_completed", purge_id=purge_id, completed_at=completed_at)

    def rewrite(self) -> None:
        """Write the database anew, so that nothing deleted can be read in its file.

        DuckDB only marks what is deleted as free. The copy takes the old file's place in one step:
        killed at any moment, the old or the new one is there.

        Raises:
            StorageError: the disk is full, or another program has the file open; then the old file
                is there, with remnants of what was deleted.
        """
        if self._paths is None:
            return
        path = self._paths.store / DATABASE_NAME
        fresh = path.with_name(f"{DATABASE_NAME}.fresh")
        with storage_errors():
            copy_alive(self._database, fresh)
            self._database.connection.close()  # writes what is left in the journal and removes it
        # a journal that is left belongs to the old file and must not meet the new one
        is_settled = not path.with_name(f"{DATABASE_NAME}.wal").exists()
        is_moved = is_settled and move_into_place(fresh, path)
        self._database = open_database(self._paths.store)
        self._derived_as_of = None
        if not is_moved:
            raise StorageError(
                f"Databasen {DATABASE_NAME} är öppen i ett annat program och kan inte skrivas om.",
                advice="Stäng det andra programmet och kör `est purge` igen: gallringen är inte "
                "klar förrän databasen är omskriven.",
            )

    def _derive(self, as_of: datetime, *, is_as_received: bool = False) -> None:
        """Derive the current reports of a moment, once for all that asks about it.

        Where `is_as_received`, history that came later counts as unknown then.
        """
        if self._derived_as_of == (as_of, is_as_received):
            return
        self._derived_as_of = None
        self._joined = None
        self._database.do("create_latest_version", as_of=as_of, is_as_received=is_as_received)
        self._database.do("create_current_report")
        self._database.do("create_joined_report")
        self._database.do("create_current_placement", as_of=as_of)
        self._database.do("create_report")
        self._database.do("create_current_note", as_of=as_of)
        self._derived_as_of = (as_of, is_as_received)

    def _derive_incidents(self, as_of: datetime, *, is_as_received: bool = False) -> JoinedReports:
        """Derive which of a moment's reports are one incident, from what was known then alone."""
        self._derive(as_of, is_as_received=is_as_received)
        if self._joined is not None:
            return self._joined
        if self._joining is None:
            self._joined = nothing_joined()
            return self._joined
        search = self._joining.search
        pairs = self._database.frame(
            "read_candidate_pairs",
            minutes=search.minutes,
            metres=search.metres,
            zone=search.zone_name,
            codes=list(search.blocks),
            blocks=list(search.blocks.values()),
            left_out=list(search.left_out),
        )
        decided = self._database.frame(
            "read_decided_reports", report_ids=list(self._joining.decided_ids)
        )
        outcome = self._joining.join(pairs, decided)
        connection = self._database.connection
        connection.register("joined", outcome.joined[list(JOINED_COLUMNS)])
        try:
            self._database.do("load_joined_report")
        finally:
            connection.unregister("joined")
        self._joined = outcome
        return outcome

    def _derive_published(self, coarse: CoarseRule) -> None:
        """Derive the reports as they leave the store."""
        shapes = self._database.frame("read_report_shapes")
        is_covered = [coarse.covers(*shape) for shape in shapes.itertuples(index=False, name=None)]
        connection = self._database.connection
        connection.register("coarse_shape", shapes[pd.Series(is_covered, dtype=bool)])
        try:
            self._database.do("create_coarse_report")
        finally:
            connection.unregister("coarse_shape")
        self._database.do("create_published_report")

    def _deliveries(self, query: str, **parameters: object) -> list[Delivery]:
        with storage_errors():
            rows = self._database.table(query, **parameters).to_pylist()
        return [_delivery(row) for row in rows]


def _delivery(row: dict[str, Any]) -> Delivery:
    is_undone = row["undone_at"] is not None
    state = DeliveryState.UNDONE if is_undone else DeliveryState(row["state"])
    return Delivery(**{name: _in_utc(value) for name, value in row.items()} | {"state": state})


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value

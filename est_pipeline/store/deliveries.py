"""What the store knows of a delivered file, and what comes of taking it in or taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.domain.text import counted


@dataclass(frozen=True)
class NewDelivery:
    """A file that has come and been archived, before anything in it is read."""

    source_id: str
    file_name: str
    sha256: str
    received_at: datetime
    archive_name: str | None = None
    configuration_sha256: str | None = None


@dataclass(frozen=True)
class Delivery:
    """A row of table `delivery`; every moment is in UTC.

    Attributes:
        file_id: number of the file, rising in the order of arrival.
        source_id: the source that sent it.
        file_name: its name as delivered.
        sha256: checksum of its bytes, hexadecimal.
        received_at: when it came.
        version_at: what dates the wording of its rows: `received_at`, or what the file says.
        state: where it stands; `UNDONE` where `undone_at` is set.
        reason_code: why it was refused, stable.
        reason: the same in Swedish.
        rows_read: rows in the file; always the sum of the four counts that follow.
        accepted_count: rows that were new to the store.
        quarantined_count: rows with a fault.
        known_count: rows whose content the store had already.
        left_out_count: rows that a filter of the source's own file left out.
        undone_at: when it was taken back.
        encoding: character encoding it was read with.
        archive_name: where its original lies, relative to the archive.
        configuration_sha256: checksum of the configuration it was read with.
        is_nothing_to_report: it says that there is nothing to report.
        is_history: its rows count as known from their own report date.
        size_bytes: how long it is.
        open_line: its last row, where the file ends without a line end.
    """

    file_id: int
    source_id: str
    file_name: str
    sha256: str
    received_at: datetime
    version_at: datetime
    state: DeliveryState
    reason_code: str | None
    reason: str | None
    rows_read: int
    accepted_count: int
    quarantined_count: int
    known_count: int
    left_out_count: int
    undone_at: datetime | None
    encoding: str | None
    archive_name: str | None
    configuration_sha256: str | None
    is_nothing_to_report: bool
    is_history: bool
    size_bytes: int | None
    open_line: int | None


@dataclass(frozen=True)
class DeliveryOutcome:
    """How a file was settled; the store itself counts what was accepted and what was known.

    Attributes:
        state: `ACCEPTED`, `KNOWN` or `REFUSED`.
        rows_read: rows in the file.
        quarantined_count: rows with a fault.
        left_out_count: rows that a filter of the source's own file left out.
        version_at: what dates the wording of its rows; `received_at` where missing. A file with
            the same bytes as an earlier one has the date of that one.
        reason_code: why the file was refused, stable.
        reason: the same in Swedish.
        encoding: character encoding it was read with.
        archive_name: where its original lies, where that has changed since it came.
        configuration_sha256: checksum of the configuration, where that has changed since.
        is_nothing_to_report: it says that there is nothing to report.
        is_history: history loaded in bulk: rows count as known from their own `reported_at`
            (from `received_at` where they have none), so that earlier weeks can be rebuilt.
        size_bytes: how long the file is.
        open_line: its last row, where the file ends without a line end.
        cut_file_ids: earlier files that this one goes on from where they end within a line: the
            row that was cut off counts no longer.
    """

    state: DeliveryState
    rows_read: int = 0
    quarantined_count: int = 0
    left_out_count: int = 0
    version_at: datetime | None = None
    reason_code: str | None = None
    reason: str | None = None
    encoding: str | None = None
    archive_name: str | None = None
    configuration_sha256: str | None = None
    is_nothing_to_report: bool = False
    is_history: bool = False
    size_bytes: int | None = None
    open_line: int | None = None
    cut_file_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Settled:
    """How many of the rows that were staged are new, and how many the store knew."""

    accepted_count: int
    known_count: int


@dataclass(frozen=True)
class UndoResult:
    """What taking files back changed, in reports.

    Attributes:
        gone_count: reports that no other file had shown.
        reverted_count: reports that have gone back to the version of another file.
        kept_count: reports that live on unchanged through another file.
        returned_count: reports that are back, since what replaced them is gone.
        note_count: rows of the meeting's form that count no longer.
    """

    gone_count: int
    reverted_count: int
    kept_count: int
    returned_count: int
    note_count: int = 0


@dataclass(frozen=True)
class NewPlacing:
    """What placing rows that had no place when they came changed, in reports.

    Attributes:
        placed_count: reports that have got a place.
        lost_count: reports that had been given a place since and have none again.
        moved_count: reports that had been given a place since and have got another.
    """

    placed_count: int = 0
    lost_count: int = 0
    moved_count: int = 0

    @property
    def sentences(self) -> tuple[str, ...]:
        """The changes in Swedish, for the operator; none where nothing changed."""
        parts = (
            (
                self.placed_count,
                "tidigare oplacerad rapport har fått en plats.",
                "tidigare oplacerade rapporter har fått en plats.",
            ),
            (
                self.moved_count,
                "rapport har fått en annan plats, sedan platslistan ändrats.",
                "rapporter har fått en annan plats, sedan platslistan ändrats.",
            ),
            (
                self.lost_count,
                "rapport är oplacerad igen, sedan platslistan ändrats.",
                "rapporter är oplacerade igen, sedan platslistan ändrats.",
            ),
        )
        return tuple(counted(number, one, many) for number, one, many in parts if number)

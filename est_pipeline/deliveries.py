"""One delivered file, from the inbox to the store: archived, read, stored, answered.

The order of the side effects is what makes a killed run harmless: the file is noted as received,
moved into the archive, read from there, answered with receipt and quarantine (whose names are
decided by the delivery, so that doing it again overwrites), and last committed in one
transaction. The next run begins with what is noted as received and not settled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from est_pipeline.config import Configuration
from est_pipeline.domain.geography import read_districts, read_places
from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.domain.text import counted
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.errors import EstError, FileNotTakenError, RefusedFileError, StorageError
from est_pipeline.ingest.files import digest_of, digests_of_beginnings, safe_name
from est_pipeline.ingest.inbox import InboxFile, delivery_stem, move_to_archive, read_inbox
from est_pipeline.ingest.intake import Intake, OpenFile, Reference, Tally, open_file
from est_pipeline.ingest.meeting_form import no_known_notes
from est_pipeline.ingest.quarantine import remove_quarantine, write_quarantine
from est_pipeline.ingest.reading.encoding import ends_with_a_line
from est_pipeline.ingest.receipts import Receipt, write_receipt
from est_pipeline.store.deliveries import (
    Delivery,
    DeliveryOutcome,
    NewDelivery,
    Settled,
    UndoResult,
)
from est_pipeline.store.file_load import FileLoad
from est_pipeline.store.warehouse import Warehouse

_LOG = logging.getLogger(__name__)
_HISTORY_AGE = timedelta(days=31)
"""How far back the first file of a source must reach to count as history loaded in bulk."""


@dataclass(frozen=True)
class TakenIn:
    """What a run took in: each file's receipt and where it lies, and what stayed in the inbox."""

    receipts: tuple[tuple[Receipt, Path], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TakenBack:
    """What taking a file back changed."""

    file_name: str
    result: UndoResult

    @property
    def sentence(self) -> str:
        """The change in Swedish."""
        result = self.result
        parts = []
        if result.gone_count or not result.note_count:
            parts.append(counted(result.gone_count, "rapport är borta", "rapporter är borta"))
        if result.note_count:
            parts.append(
                counted(
                    result.note_count,
                    "rad med beslut eller anteckning är återtagen",
                    "rader med beslut och anteckningar är återtagna",
                )
            )
        if result.reverted_count:
            parts.append(
                counted(
                    result.reverted_count,
                    "rapport har sin förra lydelse igen",
                    "rapporter har sin förra lydelse igen",
                )
            )
        if result.returned_count:
            parts.append(
                counted(
                    result.returned_count,
                    "ersatt rapport är tillbaka",
                    "ersatta rapporter är tillbaka",
                )
            )
        if result.kept_count:
            parts.append(
                counted(
                    result.kept_count,
                    "rapport finns kvar genom en annan fil",
                    "rapporter finns kvar genom en annan fil",
                )
            )
        return (
            f"{self.file_name} är återtagen: {', '.join(parts)}. Originalet ligger kvar i arkivet."
        )


def read_reference(configuration: Configuration) -> Reference:
    """Read the layers that files are placed against."""
    area, data = configuration.settings.area, configuration.paths.data
    return Reference.of(
        read_districts(
            data / area.districts_file,
            id_key=area.district_id_key,
            name_key=area.district_name_key,
        ),
        read_places(data / area.places_file),
    )


def take_in_inbox(
    warehouse: Warehouse,
    *,
    configuration: Configuration,
    reference: Reference,
    received_at: datetime,
    on_progress: Callable[[int, int], None] | None = None,
) -> TakenIn:
    """Take in what an interrupted run left behind and then everything in the inbox.

    Args:
        warehouse: the open store.
        configuration: the workspace.
        reference: districts and gazetteer.
        received_at: the moment that counts as the files' arrival.
        on_progress: told after each file how many of how many are done.
    """
    inbox = read_inbox(configuration.paths, configuration.sources)
    left = warehouse.pending_deliveries()
    waiting = {(file.source_id, file.sha256): file for file in inbox.files}
    resumed: set[Path] = set()
    receipts: list[tuple[Receipt, Path]] = []
    total = len(left) + len(inbox.files)
    notes = list(inbox.notes)

    def take_in(delivery: Delivery, waiting_file: InboxFile | None) -> None:
        try:
            if waiting_file is not None:
                original = configuration.paths.archive / str(delivery.archive_name)
                move_to_archive(waiting_file.path, original)
        except StorageError as error:  # open elsewhere: the others go on, it waits for the next run
            notes.append(f"{error} Filen väntar till nästa körning.")
            return
        receipts.append(_settle(warehouse, delivery, configuration, reference))
        if on_progress:
            on_progress(len(receipts), total)

    for delivery in left:
        if delivery.source_id not in configuration.sources:
            notes.append(
                f"{delivery.file_name} väntar: källan {delivery.source_id} finns inte längre "
                "i est.toml."
            )
            continue
        original = configuration.paths.archive / str(delivery.archive_name)
        is_moved = original.is_file()
        unmoved = None if is_moved else waiting.pop((delivery.source_id, delivery.sha256), None)
        if unmoved is not None:
            resumed.add(unmoved.path)
        take_in(delivery, unmoved)
    for file in inbox.files:
        if file.path not in resumed:
            take_in(_receive(warehouse, file, configuration, received_at), file)
    return TakenIn(tuple(receipts), tuple(notes))


def check_file(
    warehouse: Warehouse,
    file: Path,
    *,
    source_id: str,
    configuration: Configuration,
    reference: Reference,
    received_at: datetime,
) -> Receipt:
    """Do all but store: give the receipt that a file would get, and leave everything as it was."""
    digest = digest_of(file)
    stored = warehouse.live_delivery_with(source_id, digest)
    probe = NewDelivery(source_id, safe_name(file.name), digest, received_at)
    with warehouse.trial_load(probe, repeat_of=stored.file_id if stored else None) as load:
        intake = _intake(warehouse, load.delivery, stored, configuration, reference)
        try:
            opened, settled = _read_rows(load, file, intake)
            outcome = _outcome(load, opened, settled, file=file, warehouse=warehouse)
            receipt = _receipt(load, configuration, opened, settled, outcome=outcome)
        except RefusedFileError as error:
            receipt = _refusal(load.delivery, configuration, error)
    return replace(receipt, is_check=True)


def take_back(
    warehouse: Warehouse, name: str, *, configuration: Configuration, undone_at: datetime
) -> TakenBack:
    """Take back the file with this name or checksum, every time it was delivered.

    Raises:
        FileNotTakenError: no such file has been taken in, or several different ones have the name.
    """
    found = warehouse.deliveries_matching(name) or warehouse.deliveries_matching(safe_name(name))
    contents = {delivery.sha256 for delivery in found}
    if not found:
        raise FileNotTakenError(
            f"Ingen inläst fil heter {name}.", advice="Kör `est status` och se vad filerna heter."
        )
    if len(contents) > 1:
        listed = "; ".join(
            f"{delivery.sha256[:12]} ({delivery.source_id}, "
            f"{delivery.received_at.astimezone(configuration.zone):%Y-%m-%d kl. %H.%M})"
            for delivery in found
        )
        raise FileNotTakenError(
            f"Flera olika filer heter {name}: {listed}.",
            advice="Ange kontrollsumman för den som ska tas tillbaka.",
        )
    result = warehouse.load_undo([delivery.file_id for delivery in found], undone_at=undone_at)
    for delivery in found:
        remove_quarantine(configuration.paths.quarantine / delivery.source_id, _stem(delivery))
    return TakenBack(found[0].file_name, result)


def _receive(
    warehouse: Warehouse, file: InboxFile, configuration: Configuration, received_at: datetime
) -> Delivery:
    """Note a file as received, and under which name it will lie in the archive."""
    local = received_at.astimezone(configuration.zone)
    stem = delivery_stem(file, received_at=local)
    archive_name = f"{file.source_id}/{local:%Y}/{stem}"
    file_id = warehouse.load_delivery(
        NewDelivery(
            source_id=file.source_id,
            file_name=safe_name(file.path.name),
            sha256=file.sha256,
            received_at=received_at,
            archive_name=archive_name,
            configuration_sha256=configuration.checksum,
        )
    )
    return warehouse.delivery(file_id)


def _settle(
    warehouse: Warehouse, delivery: Delivery, configuration: Configuration, reference: Reference
) -> tuple[Receipt, Path]:
    """Read an archived file into the store, answer it, and commit."""
    original = configuration.paths.archive / str(delivery.archive_name)
    stored = warehouse.live_delivery_with(delivery.source_id, delivery.sha256)
    intake = _intake(warehouse, delivery, stored, configuration, reference)
    try:
        with warehouse.file_load(
            delivery.file_id, repeat_of=stored.file_id if stored else None
        ) as load:
            if original.is_file() and digest_of(original) != delivery.sha256:
                raise RefusedFileError(
                    "fil_andrad",
                    "Filen ändrades medan den lästes; den kopierades kanske fortfarande.",
                    advice="Lägg den i inkorgen igen när kopieringen är klar.",
                )
            opened, settled = _read_rows(load, original, intake)
            outcome = _outcome(load, opened, settled, file=original, warehouse=warehouse)
            receipt = _receipt(load, configuration, opened, settled, outcome=outcome)
            if opened.tally.quarantined_rows:
                rows = pd.concat(opened.tally.quarantined_rows, ignore_index=True)
                quarantined = write_quarantine(
                    configuration.paths.quarantine / delivery.source_id,
                    _stem(delivery),
                    rows=rows,
                    dialect=opened.dialect,
                )
                receipt = replace(receipt, quarantine_name=quarantined.name)
            path = _answer(delivery, receipt, configuration)
            load.finish(outcome)
    except RefusedFileError as error:
        receipt = _refusal(delivery, configuration, error)
        path = _answer(delivery, receipt, configuration)
        with warehouse.file_load(delivery.file_id) as load:
            load.finish(
                DeliveryOutcome(
                    state=DeliveryState.REFUSED,
                    reason_code=error.reason_code,
                    reason=error.message,
                )
            )
    return receipt, path


def _intake(
    warehouse: Warehouse,
    delivery: Delivery,
    stored: Delivery | None,
    configuration: Configuration,
    reference: Reference,
) -> Intake:
    known = warehouse.accepted_lines(stored.file_id) if stored else ()
    takes_notes = delivery.source_id in configuration.settings.meeting.note_sources
    return Intake(
        source=configuration.sources[delivery.source_id],
        secret=warehouse.secret,
        configuration=configuration,
        reference=reference,
        received_at=delivery.received_at,
        known_lines=frozenset(int(line) for line in known),
        takes_notes=takes_notes,
        known_notes=warehouse.known_notes(delivery.source_id) if takes_notes else no_known_notes(),
    )


def _read_rows(load: FileLoad, file: Path, intake: Intake) -> tuple[OpenFile, Settled]:
    """Read a file to its end into the open transaction."""
    if not file.is_file():
        raise RefusedFileError(
            "fil_borta",
            "Filen försvann innan den hann läsas.",
            advice="Lägg den i inkorgen igen.",
        )
    with _aside_at_a_fault(file):
        opened = open_file(file, intake=intake)
    stage = load.stage_notes if opened.header_map.is_meeting_form else load.stage_reports
    blocks = iter(opened.placed)
    while True:
        with _aside_at_a_fault(file):
            placed = next(blocks, None)
        if placed is None:
            break
        stage(placed)
    return opened, load.settle()


@contextmanager
def _aside_at_a_fault(file: Path) -> Iterator[None]:
    """Refuse the file whose content the program cannot get through, and log the fault as its own.

    The file is noted as received: were the fault let through, every run to come would stop at it.

    Raises:
        RefusedFileError: the program failed at the file's content.
    """
    try:
        yield
    except (EstError, OSError, MemoryError):  # no fault of the program
        raise
    except Exception as fault:
        _LOG.exception("the program failed at the content of %s", file.name)
        raise RefusedFileError(
            "programfel",
            "Programmet klarade inte att läsa filen. Felet ligger i programmet, inte hos er "
            f"({type(fault).__name__}).",
            advice="Skicka felmeddelandet från körningen till den som sköter programmet, och lägg "
            "filen i inkorgen igen när felet är rättat.",
        ) from fault


def _outcome(
    load: FileLoad, opened: OpenFile, settled: Settled, *, file: Path, warehouse: Warehouse
) -> DeliveryOutcome:
    """Say how a file that has been read to its end is settled."""
    tally, delivery = opened.tally, load.delivery
    is_known = settled.known_count > 0 and settled.accepted_count == 0
    size = file.stat().st_size
    is_text = opened.dialect.file_format == "csv"
    return DeliveryOutcome(
        state=DeliveryState.KNOWN
        if is_known and not tally.quarantined_count
        else DeliveryState.ACCEPTED,
        rows_read=tally.rows_read,
        quarantined_count=tally.quarantined_count,
        left_out_count=tally.left_out_count,
        version_at=tally.newest_reported_at or delivery.received_at,
        encoding=opened.dialect.encoding or None,
        is_nothing_to_report=tally.is_nothing_to_report,
        is_history=_is_history(tally, delivery, warehouse),
        size_bytes=size,
        open_line=tally.last_line if is_text and not ends_with_a_line(file) else None,
        cut_file_ids=_files_gone_on_from(file, size, delivery.source_id, warehouse)
        if is_text
        else (),
    )


def _is_history(tally: Tally, delivery: Delivery, warehouse: Warehouse) -> bool:
    """Tell history loaded in bulk: among a source's first files, and reaching far back."""
    oldest = tally.oldest_reported_at
    return (
        oldest is not None
        and oldest < delivery.received_at - _HISTORY_AGE
        and not warehouse.has_earlier_delivery(delivery.source_id, delivery.received_at)
    )


def _files_gone_on_from(
    file: Path, size: int, source_id: str, warehouse: Warehouse
) -> tuple[int, ...]:
    """Find the earlier files that were this one half-copied, cut off within their last line."""
    shorter = warehouse.open_ended_deliveries(source_id, size_bytes=size)
    if shorter.empty:
        return ()
    beginnings = digests_of_beginnings(file, map(int, shorter["size_bytes"]))
    is_beginning = shorter["size_bytes"].map(beginnings).eq(shorter["sha256"])
    with file.open("rb") as stream:

        def goes_on(end: int) -> bool:
            stream.seek(end)
            return stream.read(1) not in (b"\n", b"\r")

        cut = shorter[is_beginning & shorter["size_bytes"].map(goes_on)]
    return tuple(map(int, cut["file_id"]))


def _receipt(
    load: FileLoad,
    configuration: Configuration,
    opened: OpenFile,
    settled: Settled,
    *,
    outcome: DeliveryOutcome,
) -> Receipt:
    tally, delivery = opened.tally, load.delivery
    arrived_in = IsoWeek.of(delivery.received_at.astimezone(configuration.zone).date())
    return replace(
        _blank_receipt(delivery, configuration),
        rows_read=tally.rows_read,
        accepted_count=settled.accepted_count,
        quarantined_count=tally.quarantined_count,
        known_count=settled.known_count,
        left_out_count=tally.left_out_count,
        dialect=opened.dialect,
        is_form=opened.header_map.is_form,
        is_meeting_form=opened.header_map.is_meeting_form,
        unused_columns=opened.header_map.unused,
        placed_by=dict(tally.placed_by),
        matches=tally.all_matches(),
        masked=dict(tally.masked),
        notes=dict(tally.notes),
        not_rows=tuple(tally.not_rows),
        findings=tally.all_findings(),
        is_history=outcome.is_history,
        goes_on_from_cut_file=bool(outcome.cut_file_ids),
        # the week that has just ended is what the next page is about
        late_weeks={
            week: count
            for week, count in load.accepted_weeks().items()
            if week < str(arrived_in.plus(-1))
        },
    )


def _refusal(delivery: Delivery, configuration: Configuration, error: RefusedFileError) -> Receipt:
    return replace(
        _blank_receipt(delivery, configuration),
        refused_because=str(error),
        reason_code=error.reason_code,
    )


def _blank_receipt(delivery: Delivery, configuration: Configuration) -> Receipt:
    source = configuration.sources[delivery.source_id]
    department = configuration.departments.get(source.department)
    return Receipt(
        source_name=source.name,
        addressee=department.function if department else "",
        file_name=delivery.file_name,
        received_at=delivery.received_at,
        is_demo=configuration.settings.municipality.is_demo,
    )


def _stem(delivery: Delivery) -> str:
    """Give the name under which a delivery's receipt and quarantine are found."""
    return Path(str(delivery.archive_name)).stem


def _answer(delivery: Delivery, receipt: Receipt, configuration: Configuration) -> Path:
    return write_receipt(
        configuration.paths.receipts / delivery.source_id,
        _stem(delivery),
        receipt,
        zone=configuration.zone,
    )

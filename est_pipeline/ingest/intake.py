"""One file on its way in: table -> mapped -> checked -> placed -> masked, block by block."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd

from est_pipeline.config import FORM_COLUMNS, Configuration, Source
from est_pipeline.domain.kinds import FreeText, ReportType
from est_pipeline.domain.meeting import MEETING_COLUMNS, MEETING_NOTES, empty_notes
from est_pipeline.domain.schemas import PLACED, UNPLACED_ID, empty_placed
from est_pipeline.errors import RefusedFileError
from est_pipeline.ingest.checking.reports import check_reports, empty_findings
from est_pipeline.ingest.checking.times import join_clocks, read_moments
from est_pipeline.ingest.mapping import (
    HeaderMap,
    count_by,
    derive_columns,
    header_key,
    header_scorer,
    key_of_rows,
    map_columns,
    map_headers,
    pad_ids,
    select_rows,
)
from est_pipeline.ingest.meeting_form import (
    check_notes,
    is_meeting_form,
    map_meeting_headers,
    meeting_header_keys,
    no_known_notes,
)
from est_pipeline.ingest.placing.gazetteer import Gazetteer, build_gazetteer
from est_pipeline.ingest.placing.reports import MATCH_COLUMNS, empty_matches, place_reports
from est_pipeline.ingest.placing.texts import streets_of
from est_pipeline.ingest.privacy.masking import hide_identity_numbers, mask_columns, mask_text
from est_pipeline.ingest.reading.dialect import Dialect, HeaderScore, split_line
from est_pipeline.ingest.reading.table import RawRows, read_table

_WORKERS = 2
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_SHOWN_CHARACTERS = 200  # of a faulty cell in the receipt; enough to recognise it by

FORM_NAMES = {name: column for column, name in {**MEETING_COLUMNS, **FORM_COLUMNS}.items()}
"""Our column -> its name in its form, for a fault in a column that the file does not have."""

_UNMASKED_COLUMNS = frozenset(
    {
        "occurred_from",
        "occurred_to",
        "reported_at",
        "northing",
        "easting",
        "lat",
        "lon",
        "severity",
        "incident_number",
        "saved_at",
    }
)
"""Our columns of times and numbers, left alone; every other cell is masked wherever it is shown."""

_ID_COLUMNS = ("source_row_id", "replaces_row_id")
_EVERY_ID_COLUMN = (*_ID_COLUMNS, "own_id")


@dataclass(frozen=True)
class Reference:
    """The reference layers that ingest reads against."""

    districts: gpd.GeoDataFrame
    gazetteer: Gazetteer

    @classmethod
    def of(cls, districts: gpd.GeoDataFrame, places: pd.DataFrame) -> Reference:
        """Build the look-ups once for a run."""
        return cls(districts, build_gazetteer(places, districts))


@dataclass
class Tally:
    """What has been found while a file is read; complete once its last block is read."""

    rows_read: int = 0
    quarantined_count: int = 0
    left_out_count: int = 0
    not_rows: list[tuple[int, str]] = field(default_factory=list)
    findings: list[pd.DataFrame] = field(default_factory=list)
    quarantined_rows: list[pd.DataFrame] = field(default_factory=list)
    placed_by: Counter[str] = field(default_factory=Counter)
    matches: list[pd.DataFrame] = field(default_factory=list)
    masked: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    newest_reported_at: pd.Timestamp | None = None
    accepted_types: Counter[str] = field(default_factory=Counter)
    oldest_reported_at: pd.Timestamp | None = None
    last_line: int = 0

    def add(self, block: Tally) -> None:
        """Add what was found in the next block."""
        for name in _SUMMED:
            found = getattr(self, name)
            found += getattr(block, name)
            setattr(self, name, found)
        for name, choose in _CHOSEN.items():
            known = [v for v in (getattr(self, name), getattr(block, name)) if v is not None]
            setattr(self, name, choose(known) if known else None)

    def all_findings(self) -> pd.DataFrame:
        """Every finding of the file in the order of its lines."""
        return pd.concat(self.findings, ignore_index=True) if self.findings else empty_findings()

    def all_matches(self) -> pd.DataFrame:
        """How names of places were recognised in the whole file, the most frequent first."""
        if not self.matches:
            return empty_matches()
        columns = [name for name in MATCH_COLUMNS if name != "row_count"]
        summed = pd.concat(self.matches, ignore_index=True).groupby(columns, dropna=False)
        counts = summed["row_count"].sum().reset_index()
        return counts.sort_values(["row_count", "text"], ascending=[False, True], kind="stable")

    @property
    def is_nothing_to_report(self) -> bool:
        """Whether the file says that there is nothing to report, and nothing else."""
        return set(self.accepted_types) == {ReportType.NOTHING.value}


_CHOSEN: dict[str, Callable[[list[Any]], Any]] = {
    "newest_reported_at": max,
    "oldest_reported_at": min,
    "last_line": max,
}
_SUMMED = tuple(part.name for part in fields(Tally) if part.name not in _CHOSEN)


@dataclass(frozen=True)
class Intake:
    """Against what a file is read: its source, the configuration, the layers, when it came.

    `known_lines` are the lines that an earlier file with the same bytes brought: they are counted
    as read and go no further, whatever has changed in the configuration since. `secret` is the
    workspace's own, for the hash of case numbers. `takes_notes`: the source may deliver the
    meeting's form; `known_notes` are its decisions and notes that the store knows.
    """

    source: Source
    configuration: Configuration
    reference: Reference
    received_at: datetime
    known_lines: frozenset[int] = frozenset()
    secret: bytes = b""
    takes_notes: bool = False
    known_notes: pd.DataFrame = field(default_factory=no_known_notes)


@dataclass(frozen=True)
class OpenFile:
    """A file whose structure is sound: what it is, and its rows on their way in.

    `placed` must be read to its end before `tally` is complete. Its frames are of the contract
    `MEETING_NOTES` where the file is the meeting's form, else of `PLACED`.
    """

    dialect: Dialect
    header_map: HeaderMap
    placed: Iterator[pd.DataFrame] = field(repr=False)
    tally: Tally


def open_file(file: Path, *, intake: Intake) -> OpenFile:
    """Open a delivered file; its rows come as frames of a contract (see `OpenFile`).

    Raises:
        RefusedFileError: the file fails as a whole. It can also be raised while the rows are read.
    """
    source = intake.source
    score = header_scorer(source)
    if intake.takes_notes:
        note_keys = meeting_header_keys()

        def score(cells: Sequence[str], of_reports: HeaderScore = score) -> int:
            return max(of_reports(cells), sum(header_key(cell) in note_keys for cell in cells))

    table = read_table(
        file,
        file_format="json" if file.suffix.lower() == ".json" else source.file_format,
        header_score=score,
    )
    header = table.dialect.header
    is_notes = is_meeting_form(header)
    if is_notes and not intake.takes_notes:
        raise RefusedFileError(
            "inte_motets_kalla",
            "Filen är mötets egen blankett, med beslut och anteckningar, och den här källan "
            "lämnar inga sådana.",
            advice="Lägg den i EST-gruppens mapp i inkorgen, eller lägg till källan i [mote] "
            "beslut_fran i est.toml.",
        )
    header_map = (
        map_meeting_headers(header)
        if is_notes
        else map_headers(header, source, is_empty=table.is_empty)
    )
    tally = Tally(not_rows=list(table.dialect.not_rows))
    take = _place_notes if is_notes else _place_block

    def place(block: RawRows) -> tuple[pd.DataFrame, Tally]:
        return take(block, table.dialect, header_map, intake)

    return OpenFile(
        table.dialect, header_map, _collect(map_ahead(place, table.blocks), tally), tally
    )


def _collect(blocks: Iterator[tuple[pd.DataFrame, Tally]], tally: Tally) -> Iterator[pd.DataFrame]:
    for placed, found in blocks:
        tally.add(found)
        yield placed


def map_ahead(function: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """Apply a function to each item, the next ones while the last result is worked on.

    The results come in the order of the items. At most as many items are held as there are
    workers: two, since the libraries below use the other cores themselves.
    """
    waiting: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(_WORKERS) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= _WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _place_block(
    block: RawRows, dialect: Dialect, header_map: HeaderMap, intake: Intake
) -> tuple[pd.DataFrame, Tally]:
    """Take one block through mapping, checks, placing and masking; give it and its tally."""
    source = intake.source
    raw, tally = _begin_block(block, dialect, intake)
    if raw.empty:
        return empty_placed(), tally
    if not header_map.is_form:
        raw = derive_columns(raw, source)
    text = pad_ids(map_columns(raw, header_map), source)
    if not header_map.is_form:
        text = join_clocks(text, raw, source)
        _date_file(text["reported_at"], intake, tally)
        kept = select_rows(raw, source)
        tally.left_out_count += int((~kept).sum())
        raw, text = (frame.loc[kept].reset_index(drop=True) for frame in (raw, text))
        if raw.empty:
            return empty_placed(), tally
    checked = check_reports(
        text, configuration=intake.configuration, source=source, received_at=intake.received_at
    )
    own_cells = raw[["line_number", *dialect.header]]
    shown = _mask_cells(own_cells, header_map, tally, secret=intake.secret)
    _quarantine_rows(shown, checked.findings, header_map, tally, secret=intake.secret)
    tally.notes.update(checked.notes)
    reports = checked.reports
    if reports.empty:
        return empty_placed(), tally
    where, matches = place_reports(
        reports,
        gazetteer=intake.reference.gazetteer,
        districts=intake.reference.districts,
        source=source,
        similarity=intake.configuration.settings.area.place_similarity,
    )
    tally.matches.append(matches.assign(text=mask_text(matches["text"], key=intake.secret).text))
    tally.placed_by.update(count_by(where["placing"]))
    tally.accepted_types.update(count_by(reports["report_type"]))
    oldest = reports["reported_at"].min()
    tally.oldest_reported_at = oldest if pd.notna(oldest) else None
    accepted = shown
    if len(reports) < len(shown):
        accepted = shown.loc[shown["line_number"].isin(reports["line_number"])]
    keys = key_of_rows(accepted, unstable=source.unstable_columns)
    ids = _hidden_ids(reports, accepted, header_map, source=source, secret=intake.secret)
    return _to_contract(reports.assign(**ids), where, keys, intake), tally


def _begin_block(block: RawRows, dialect: Dialect, intake: Intake) -> tuple[pd.DataFrame, Tally]:
    """Count a block's rows; give those that go on, without misshapen and known ones."""
    raw = block.frame
    tally = Tally(rows_read=len(raw) + len(block.misshapen), not_rows=list(block.not_rows))
    tally.last_line = max(
        (int(rows["line_number"].max()) for rows in (raw, block.misshapen) if len(rows)), default=0
    )
    _quarantine_misshapen(block.misshapen, dialect, tally, secret=intake.secret)
    if intake.known_lines:
        raw = raw.loc[~raw["line_number"].isin(intake.known_lines)].reset_index(drop=True)
    return raw, tally


def _place_notes(
    block: RawRows, dialect: Dialect, header_map: HeaderMap, intake: Intake
) -> tuple[pd.DataFrame, Tally]:
    """Take one block of the meeting's form through masking and checks; give it and its tally."""
    raw, tally = _begin_block(block, dialect, intake)
    if raw.empty:
        return empty_notes(), tally
    columns = tuple(MEETING_COLUMNS.values())
    own_cells = raw[["line_number", *dialect.header]]
    shown = _mask_cells(own_cells, header_map, tally, secret=intake.secret)
    checked = check_notes(
        map_columns(raw, header_map, only=columns),
        map_columns(shown, header_map, only=columns),
        configuration=intake.configuration,
        gazetteer=intake.reference.gazetteer,
        districts=intake.reference.districts,
        received_at=intake.received_at,
        known=intake.known_notes,
    )
    _quarantine_rows(shown, checked.findings, header_map, tally, secret=intake.secret)
    tally.notes.update(checked.notes)
    accepted = shown.loc[shown["line_number"].isin(checked.rows["line_number"])]
    keys = key_of_rows(accepted, unstable=header_map.columns.get("saved_at", ()))
    notes = checked.rows.assign(row_key=keys.array)
    return MEETING_NOTES.validate(notes[list(MEETING_NOTES.columns)]), tally


def _hidden_ids(
    reports: pd.DataFrame,
    shown: pd.DataFrame,
    header_map: HeaderMap,
    *,
    source: Source,
    secret: bytes,
) -> dict[str, pd.Series]:
    """Give the ids of the reports without the numbers of persons, as `shown` has them already."""
    mapped = map_columns(shown, header_map, only=_ID_COLUMNS)
    ours = pad_ids(mapped, source).set_axis(reports.index)
    return {
        name: ours[name]
        if set(header_map.columns.get(name, ())) <= set(shown.columns)
        else hide_identity_numbers(reports[name], key=secret)  # taken out of another column's text
        for name in _ID_COLUMNS
    }


def _date_file(reported: pd.Series, intake: Intake, tally: Tally) -> None:
    """Keep the newest moment of a file whose rows carry no revision stamp of their own."""
    if not intake.source.newest_row_dates_file:
        return
    moments = read_moments(
        reported, formats=intake.source.times.formats, zone=intake.configuration.zone
    ).moment
    newest = moments.max()
    tally.newest_reported_at = newest if pd.notna(newest) else None


def _mask_cells(
    raw: pd.DataFrame, header_map: HeaderMap, tally: Tally, *, secret: bytes
) -> pd.DataFrame:
    """Mask every cell in which a person could stand; times, numbers and row ids are left alone."""
    names = {column: ours for ours, columns in header_map.columns.items() for column in columns}
    ids = [column for column in raw.columns if names.get(column) in _EVERY_ID_COLUMN]
    free = [
        column
        for column in raw.columns
        if column not in ids
        and column != "line_number"
        and names.get(column) not in _UNMASKED_COLUMNS
    ]
    masked, counts = mask_columns(raw, free, key=secret)
    tally.masked.update(counts)
    return masked.assign(
        **{column: hide_identity_numbers(raw[column], key=secret) for column in ids}
    )


def _quarantine_rows(
    shown: pd.DataFrame,
    findings: pd.DataFrame,
    header_map: HeaderMap,
    tally: Tally,
    *,
    secret: bytes,
) -> None:
    """Set the rows with findings aside as they stood, masked, under the file's own columns."""
    if findings.empty:
        return
    own_name = {name: columns[0] for name, columns in header_map.columns.items()}
    rows = shown.loc[shown["line_number"].isin(findings["line_number"])].copy()
    # a cell that is no time and no number after all may hold anything
    for name in _UNMASKED_COLUMNS & set(findings["column"]):
        column = own_name.get(name)
        if column in rows.columns:
            lines = findings.loc[findings["column"] == name, "line_number"]
            is_faulty = rows["line_number"].isin(lines)
            rows[column] = rows[column].mask(is_faulty, mask_text(rows[column], key=secret).text)
    tally.quarantined_count += len(rows)
    tally.quarantined_rows.append(rows)
    tally.findings.append(
        findings.assign(
            column=findings["column"].map(FORM_NAMES | own_name),
            value=mask_text(findings["value"], key=secret).text.str.slice(0, _SHOWN_CHARACTERS),
        )
    )


def _quarantine_misshapen(
    misshapen: pd.DataFrame, dialect: Dialect, tally: Tally, *, secret: bytes
) -> None:
    """Set aside rows with too many or too few fields, cell by cell as far as they go."""
    if misshapen.empty:
        return
    tally.quarantined_count += len(misshapen)
    width = len(dialect.header)
    masked = mask_text(misshapen["text"], key=secret)
    tally.masked.update(masked.counts)
    cells = [split_line(text, dialect.delimiter) for text in masked.text]
    columns = [*dialect.header, *(f"+{n}" for n in range(1, 1 + max(map(len, cells)) - width))]
    rows = pd.DataFrame(
        [row + [None] * (len(columns) - len(row)) for row in cells], columns=columns, dtype="str"
    )
    rows.insert(0, "line_number", misshapen["line_number"].to_numpy())
    tally.quarantined_rows.append(rows)
    counts = misshapen["field_count"].astype("str")
    tally.findings.append(
        pd.DataFrame(
            {
                "line_number": misshapen["line_number"],
                "column": "(hela raden)",
                "reason_code": "fel_antal_falt",
                "value": counts + f" fält, ska vara {width}",
            }
        )
    )


def _to_contract(
    reports: pd.DataFrame, where: pd.DataFrame, keys: pd.Series, intake: Intake
) -> pd.DataFrame:
    """Put a block's reports into the shape of the contract, with nothing in it but what is kept."""
    rule = intake.source.free_text
    nothing = pd.Series(None, index=reports.index, dtype="str")
    kept = {}
    for name in ("title", "free_text"):
        if rule is FreeText.PUBLIC:
            kept[name] = reports[name]
        else:
            kept[name] = (
                mask_text(reports[name], key=intake.secret).text
                if rule is FreeText.MASK
                else nothing
            )
    # an address without its number points at no dwelling
    stood = reports["place"].fillna(streets_of(reports["address"]))
    unmatched = stood.where(where["district_id"].eq(UNPLACED_ID))
    placed = reports.assign(
        row_key=keys.set_axis(reports.index),
        place_text=mask_text(unmatched, key=intake.secret).text,
        place_type=mask_text(reports["place_type"], key=intake.secret).text,
        **{name: where[name] for name in where.columns},
        **kept,
    )
    return PLACED.validate(placed[list(PLACED.columns)].reset_index(drop=True))

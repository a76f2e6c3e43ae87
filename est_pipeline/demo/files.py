"""From rows to the sources' own files: headers, codes, separators, encodings, byte for byte."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from est_pipeline.config import FORM_COLUMNS, Configuration
from est_pipeline.demo.authors import Calendar
from est_pipeline.demo.rows import Row
from est_pipeline.demo.scenario import Sender
from est_pipeline.domain.kinds import Kind, Placing, ReportType
from est_pipeline.domain.text import fold
from est_pipeline.domain.weeks import IsoWeek


@dataclass
class Entry:
    """One line of a file: a report, or something that is wrong with one.

    `role` is new, correction, repeat, nothing, coming or bad. `cells` overwrites cells by the
    form's column (as `start`); `beyond` are cells beyond the header; `faults` are the planted
    faults as (form column or empty, reason code); `secrets` are planted personal data as (sort,
    the text as it stands); `note` says what a correction changes.
    """

    row: Row
    role: str
    cells: dict[str, str] = field(default_factory=dict)
    beyond: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    note: str = ""
    file: DemoFile | None = None
    line_number: int = 0


@dataclass(eq=False)
class DemoFile:
    """One file of a source: the weeks it is for, when it comes, its lines in order."""

    source_id: str
    name: str
    week: IsoWeek | None
    received_at: datetime
    entries: list[Entry] = field(default_factory=list)


class Renderer:
    """Writes the files of the sources in their own shape, as their source files declare it."""

    def __init__(self, configuration: Configuration, senders: dict[str, Sender]) -> None:
        """Take the sources' column and code maps from the configuration."""
        self._configuration = configuration
        self._senders = senders
        self._names = {
            category.code: (category.name, {sub.code: sub.name for sub in category.subcategories})
            for category in configuration.categories
        }

    def header(self, source_id: str) -> list[str]:
        """List a source's header names in the order of its file."""
        columns = self._configuration.sources[source_id].columns
        if not columns:
            return list(FORM_COLUMNS)
        own = [name for names in columns.values() for name in names]
        return [*dict.fromkeys(own), *self._senders[source_id].extra]

    def column(self, source_id: str, form_column: str) -> str:
        """Give the header name under which a column of the form stands in a source's file."""
        columns = self._configuration.sources[source_id].columns
        if not columns:
            return form_column
        return columns[_key(form_column)][0]

    def render(self, file: DemoFile) -> bytes:
        """Give the bytes of a file and number its entries as a spreadsheet does."""
        sender = self._senders[file.source_id]
        header = self.header(file.source_id)
        out = io.StringIO()
        writer = csv.writer(out, delimiter=sender.delimiter, lineterminator=sender.line_end)
        writer.writerow(header)
        for number, entry in enumerate(file.entries, start=2):
            entry.file, entry.line_number = file, number
            cells = self.cells(entry)
            writer.writerow([*(cells.get(name, "") for name in header), *entry.beyond])
        return out.getvalue().encode(sender.encoding)

    def cells(self, entry: Entry) -> dict[str, str]:
        """Give a line's cells by the header name of its file."""
        row, source_id = entry.row, entry.row.source_id
        sender, source = self._senders[source_id], self._configuration.sources[source_id]
        by_form = {**self._form_cells(row, sender), **entry.cells}
        if not source.columns:
            return by_form
        cells = dict(sender.extra)
        folded = {_key(name): value for name, value in by_form.items()}
        for key, names in source.columns.items():
            cells[names[0]] = folded.get(key, "")
        for key, names in source.columns.items():
            # what the fallback's own column says already need not be said again
            if any(cells.get(name) == folded.get(key) for name in names[1:]):
                cells[names[0]] = ""
        return cells

    def _form_cells(self, row: Row, sender: Sender) -> dict[str, str]:
        source = self._configuration.sources[row.source_id]
        says_nothing = row.report_type == ReportType.NOTHING
        clock = sender.time_format if row.is_time_known else sender.date_format
        cells = {
            "rapport_id": row.row_id,
            "rapporttyp": _word(row.report_type, source.codes.report_type),
            "start": row.start.strftime(clock),
            "slut": row.end.strftime(sender.time_format) if row.end else "",
            "inrapporterad": row.reported.strftime(sender.time_format),
            "plats": row.place,
            "adress": row.address,
            "fritext": row.text,
        }
        if not says_nothing:
            cells |= self._category_cells(row, source.codes.category)
            cells["allvarlighetsgrad"] = str(row.severity)
        if row.way is Placing.COORDINATES:
            cells |= self._coordinate_cells(row, sender)
        return cells

    def _category_cells(self, row: Row, codes: dict[str, str]) -> dict[str, str]:
        if codes:
            wanted = "/".join(filter(None, (row.category_code, row.subcategory_code)))
            return {"kategori": _word(wanted, codes)}
        name, subcategories = self._names[row.category_code]
        return {
            "kategori": name,
            "underkategori": subcategories.get(row.subcategory_code or "", ""),
        }

    def _coordinate_cells(self, row: Row, sender: Sender) -> dict[str, str]:
        columns = self._configuration.sources[row.source_id].columns
        if columns and "n" in columns:
            if row.northing_m is None or row.easting_m is None:
                raise ValueError(row)
            return {"n": f"{row.northing_m:.0f}", "e": f"{row.easting_m:.0f}"}
        if row.lon_lat is None:
            raise ValueError(row)
        lon, lat = (f"{value:.{sender.decimals}f}" for value in row.lon_lat)
        mark = sender.decimal_mark
        return {"lat": lat.replace(".", mark), "lon": lon.replace(".", mark)}


def _key(form_column: str) -> str:
    return fold(form_column)


def _word(code: str, table: dict[str, str]) -> str:
    """Give the first of a source's own words for a code of ours."""
    return next((word for word, ours in table.items() if ours == code), code)


def lay_out(
    rows: list[Row], *, senders: dict[str, Sender], calendar: Calendar, zone: ZoneInfo
) -> list[DemoFile]:
    """Sort rows into the files that they come with, and number each source's rows.

    The old history comes in bulk on the Monday before the first weekly files; a week's file
    comes on the Monday after it. A weekly file without rows says that there is nothing to report.
    """
    files: list[DemoFile] = []
    for source_id, sender in senders.items():
        own = [row for row in rows if row.source_id == source_id]
        own.sort(key=lambda row: (row.file_week, row.reported, row.start, row.category_code))
        for number, row in enumerate(own, start=1):
            row.row_id = sender.row_number.format(number=number) if sender.row_number else ""
        files += _history_files(own, sender, calendar, zone)
        for step in range((calendar.last.monday - calendar.weekly_first.monday).days // 7 + 1):
            week = calendar.weekly_first.plus(step)
            if calendar.is_sending(source_id, week):
                files.append(_weekly_file(own, sender, week, zone))
    return sorted(files, key=lambda file: (file.received_at, file.source_id, file.name))


def _monday(week: IsoWeek, clock: str, zone: ZoneInfo) -> datetime:
    """Give a clock time on the Monday after a week."""
    return datetime.combine(week.plus(1).monday, time.fromisoformat(clock), tzinfo=zone)


def _history_files(
    own: list[Row], sender: Sender, calendar: Calendar, zone: ZoneInfo
) -> list[DemoFile]:
    old = [row for row in own if row.file_week < calendar.weekly_first]
    received_at = _monday(calendar.weekly_first.plus(-1), sender.clock, zone)
    years = sorted({row.file_week.year for row in old})
    groups = [[year] for year in years] if sender.is_history_by_year else [years]
    if len(groups) > 2 and sum(row.file_week.year == years[0] for row in old) < len(old) / 8:
        groups = [groups[0] + groups[1], *groups[2:]]
    files = []
    for number, group in enumerate(filter(None, groups)):
        period = str(group[0]) if len(group) == 1 else f"{group[0]}-{group[-1]}"
        file = DemoFile(
            source_id=sender.source_id,
            name=sender.history_name.format(period=period),
            week=None,
            received_at=received_at + timedelta(minutes=number),
        )
        file.entries = [Entry(row, "new") for row in old if row.file_week.year in group]
        files.append(file)
    return files


def _weekly_file(own: list[Row], sender: Sender, week: IsoWeek, zone: ZoneInfo) -> DemoFile:
    file = DemoFile(
        source_id=sender.source_id,
        name=sender.weekly_name.format(year=week.year, week=week.number),
        week=week,
        received_at=_monday(week, sender.clock, zone),
    )
    file.entries = [Entry(row, "new") for row in own if row.file_week == week]
    if not file.entries and sender.can_say_nothing:
        file.entries = [nothing_to_report(sender, week)]
    return file


def nothing_to_report(sender: Sender, week: IsoWeek) -> Entry:
    """Give the line that says that a week had nothing to report; it needs no time of its own."""
    sunday = datetime.combine(week.sunday, time(20, 30))
    row = Row(
        source_id=sender.source_id,
        kind=Kind.CONTEXT,
        report_type=str(ReportType.NOTHING),
        category_code="",
        subcategory_code=None,
        district_id="",
        way=Placing.NONE,
        start=sunday,
        end=None,
        is_time_known=True,
        reported=sunday,
        file_week=week,
        row_id=sender.row_number.format(number=900000 + week.year % 100 * 100 + week.number)
        if sender.row_number
        else "",
    )
    return Entry(row, "nothing", cells={"start": ""})

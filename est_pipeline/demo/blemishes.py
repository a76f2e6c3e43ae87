"""What real files have besides good rows: corrections, repeats, broken rows, personal data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

from est_pipeline.demo.authors import Author
from est_pipeline.demo.files import DemoFile, Entry, Renderer
from est_pipeline.demo.planted import bulk_or_weekly, stream_of
from est_pipeline.demo.rows import Row, skip_summer_gap
from est_pipeline.demo.scenario import Sender
from est_pipeline.domain.kinds import Kind, Placing, ReportType
from est_pipeline.domain.schemas import REST_ID
from est_pipeline.domain.weeks import IsoWeek

_WEEKS_WITH_CORRECTIONS = 10


@dataclass
class Spoiler:
    """Adds to the files what is planted in single lines; a row is used for one thing only."""

    author: Author
    renderer: Renderer
    files: list[DemoFile]
    _used: set[int] = field(default_factory=set)

    def file_of(self, source_id: str, week: int | str) -> DemoFile:
        """Give a source's file so many weeks from the last, or its last bulk file."""
        own = [file for file in self.files if file.source_id == source_id]
        if isinstance(week, str):
            return [file for file in own if file.week is None][-1]
        wanted = self.author.calendar.last.plus(week)
        return next(file for file in own if file.week == wanted)

    def spoil(self) -> list[Row]:
        """Add everything; give the rows that were added and count as reports of what is coming."""
        self.add_secrets()
        self.add_corrections()
        self.add_repeats()
        self.add_nothing()
        coming = self.add_coming()
        self.add_broken_rows()
        return coming

    def _plain_entries(self, file: DemoFile) -> list[Entry]:
        """List the lines that nothing is planted in yet."""
        return [
            entry
            for entry in file.entries
            if entry.role == "new" and not entry.row.plan and id(entry.row) not in self._used
        ]

    def add_secrets(self) -> None:
        """Put made-up personal data into free texts, and into one place that nobody knows."""
        by_plan = {entry.row.plan: entry for file in self.files for entry in file.entries}
        for number, planned in enumerate(self.author.scenario.planted["personuppgifter"]):
            entry = by_plan[f"hemlig:{number}"]
            text = planned["text"].format(*planned["uppgifter"].values())
            entry.cells[planned["kolumn"]] = text
            entry.secrets = tuple(planned["uppgifter"].items())

    def add_corrections(self) -> None:
        """Let rows come again a week later with the same id and other content."""
        last = self.author.calendar.last
        weeks = [last.plus(-back) for back in range(_WEEKS_WITH_CORRECTIONS - 1, -1, -1)]
        kinds = list(self.author.scenario.planted["rattelser"])
        for number, week in enumerate(weeks):
            chosen = kinds if week == last else (kinds[number % 3],)
            for kind in chosen:
                self._correct(kind, week)

    def _correct(self, kind: str, week: IsoWeek) -> None:
        source_id = str(self.author.scenario.planted["rattelser"][kind])
        back = (week.monday - self.author.calendar.last.monday).days // 7
        before, after = self.file_of(source_id, back - 1), self.file_of(source_id, back)
        rise = self.author.scenario.planted["okning"]
        for entry in self._plain_entries(before):
            row = entry.row
            is_risen = (row.category_code, row.district_id) == (rise["kategori"], rise["stadsdel"])
            if row.kind is not Kind.INCIDENT or is_risen or row.file_week != before.week:
                continue
            changed = self._changed(row, kind, week)
            if changed is None:
                continue
            self._used |= {id(row), id(changed)}
            after.entries.append(Entry(changed, "correction", note=kind))
            return

    def _changed(self, row: Row, kind: str, week: IsoWeek) -> Row | None:
        """Give a row's new version; none where the row cannot be changed in that way."""
        if kind == "kategori":
            if row.category_code == "ovrigt":
                return None
            return replace(row, category_code="ovrigt", subcategory_code=None, file_week=week)
        if row.way is not Placing.DISTRICT or row.district_id == REST_ID:
            return None
        if kind == "tid":
            shift = timedelta(days=3)
            end = row.end - shift if row.end else None
            start = skip_summer_gap(row.start - shift)
            return replace(row, start=start, end=end, file_week=week)
        names = self.author.terrain.district_names
        rise = self.author.scenario.planted["okning"]
        other = next(i for i in names if i not in (row.district_id, rise["stadsdel"]))
        return replace(row, district_id=other, place=names[other], file_week=week)

    def add_repeats(self) -> None:
        """Let rows of the week before come once more, unchanged."""
        for back in range(8):
            for source_id in self.author.scenario.planted["upprepar"]:
                before, after = self.file_of(source_id, -back - 1), self.file_of(source_id, -back)
                plain = [e for e in self._plain_entries(before) if not e.cells]
                for entry in plain[:1]:
                    self._used.add(id(entry.row))
                    after.entries.append(Entry(entry.row, "repeat"))

    def add_nothing(self) -> None:
        """Let the last "inget att rapportera" say which days it is about."""
        planted = self.author.scenario.planted["inget_att_rapportera"]
        (entry,) = self.file_of(planted["kalla"], 0).entries
        week = self.author.calendar.last
        entry.cells |= {"start": week.monday.isoformat(), "slut": week.sunday.isoformat()}

    def add_coming(self) -> list[Row]:
        """Add reports of what is coming; they are shown and never counted."""
        rows = []
        for number, planned in enumerate(self.author.scenario.planted["kommande"], start=1):
            sender = self.author.scenario.senders[planned["kalla"]]
            file = self.file_of(planned["kalla"], planned["vecka"])
            day = self.author.calendar.last.monday + timedelta(days=planned["dygn"])
            spot = self.author.terrain.spot(planned["plats"], district_id=planned["stadsdel"])
            row = Row(
                source_id=planned["kalla"],
                kind=Kind.CONTEXT,
                report_type=str(ReportType.COMING),
                category_code="kommande",
                subcategory_code="evenemang",
                district_id=planned["stadsdel"],
                way=Placing.PLACE,
                start=datetime.combine(day, time.fromisoformat(planned["klockan"])),
                end=None,
                is_time_known=True,
                reported=file.entries[-1].row.reported,
                file_week=self.author.calendar.last.plus(planned["vecka"]),
                place=spot.name,
                text=planned["text"],
                row_id=_own_number(sender, 7000 + number),
            )
            file.entries.append(Entry(row, "coming"))
            rows.append(row)
        return rows

    def add_broken_rows(self) -> None:
        """Add rows that must be quarantined, each with the faults that it must be told of."""
        for number, planned in enumerate(self.author.scenario.planted["trasiga"], start=1):
            file = self.file_of(planned["kalla"], planned["vecka"])
            entry = self._broken(planned, number)
            file.entries.insert(len(file.entries) // 2, entry)

    def _broken(self, planned: dict[str, Any], number: int) -> Entry:
        author, source_id = self.author, str(planned["kalla"])
        sender = author.scenario.senders[source_id]
        week = bulk_or_weekly(author, planned["vecka"])
        kinds = (Kind.INCIDENT, Kind.ENVIRONMENT_CASE)
        kind = next(k for k in kinds if _has_stream(author, planned["kategori"], source_id, k))
        row = author.write(
            stream_of(author, planned["kategori"], kind),
            source_id=source_id,
            district_id=str(author.scenario.planted["trasiga_i"]),
            start=datetime.combine(week.monday + timedelta(days=number % 5), time(12, 40)),
            way=Placing.COORDINATES if "punkt" in sender.way_weights else Placing.DISTRICT,
            plan="trasig",
        )
        row.row_id = _own_number(sender, 8000 + number)
        row.place = "" if row.way is Placing.COORDINATES else row.place
        cells: dict[str, str] = dict(planned["celler"])
        for column, days in planned.get("skift_dygn", {}).items():
            moment = row.start + timedelta(days=days)
            cells[column] = moment.strftime(sender.time_format)
        return Entry(
            row,
            "bad",
            cells=cells,
            beyond=tuple(planned.get("utanfor", ())),
            faults=tuple(planned["fel"].items()),
            secrets=tuple(planned.get("uppgifter", {}).items()),
        )


def _has_stream(author: Author, category_code: str, source_id: str, kind: Kind) -> bool:
    return any(
        stream.category_code == category_code and stream.kind is kind
        for stream in author.scenario.streams
        if kind is Kind.INCIDENT or source_id in stream.source_weights
    )


def _own_number(sender: Sender, number: int) -> str:
    return sender.row_number.format(number=number) if sender.row_number else ""

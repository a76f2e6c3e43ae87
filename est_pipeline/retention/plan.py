"""What a purge would delete, shown before anything is touched, and how weeding stands."""

from __future__ import annotations

import calendar
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pandas as pd

from est_pipeline.config import Configuration
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.errors import ConfigError, WeekError
from est_pipeline.retention.old_files import OldFile, find_old_files
from est_pipeline.store.warehouse import Warehouse
from est_pipeline.store.weeding import Limits


@dataclass(frozen=True)
class Boundaries:
    """From when on things stay.

    Attributes:
        first_kept_week: reports of weeks before it go.
        originals_from: originals that came before this day go.
        answers_from: likewise for receipts and quarantined rows.
    """

    first_kept_week: IsoWeek
    originals_from: date
    answers_from: date


@dataclass(frozen=True, eq=False)
class PurgePlan:
    """What a purge would delete.

    Attributes:
        as_of_on: the day that ages are counted from.
        decision: the gallringsbeslut.
        boundaries: from when on things stay.
        reports: one row a source and month: `source_id`, `month`, `report_count`, `row_count`.
        files: originals, receipts and quarantined rows, by path.
        unnamed: the numbers of files whose name goes from the database, all their rows being gone.
        is_unfinished: an earlier purge was interrupted, and what it deleted is perhaps not gone
            from the database's file.
        notes: what is left alone, and why, in Swedish.
        code: names exactly this plan; another content or another day has another code.
    """

    as_of_on: date
    decision: str
    boundaries: Boundaries
    reports: pd.DataFrame
    files: tuple[OldFile, ...]
    unnamed: tuple[int, ...]
    is_unfinished: bool
    notes: tuple[str, ...]
    code: str

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.reports.empty and not (self.files or self.unnamed or self.is_unfinished)

    @property
    def report_count(self) -> int:
        """How many reports would go."""
        return int(self.reports["report_count"].sum())

    @property
    def row_count(self) -> int:
        """How many rows of the database would go with them."""
        return int(self.reports["row_count"].sum())


@dataclass(frozen=True)
class PurgeState:
    """How weeding stands: the last one, and what is older than the configuration says."""

    decision: str
    last_at: datetime | None
    is_unfinished: bool
    due_report_count: int
    due_file_count: int


def plan_purge(warehouse: Warehouse, *, configuration: Configuration, as_of: datetime) -> PurgePlan:
    """Tell what a purge would delete; nothing is changed.

    Args:
        warehouse: the open store.
        configuration: the workspace.
        as_of: ages are counted from this moment's day in the workspace's time zone.

    Raises:
        ConfigError: the configuration names no gallringsbeslut.
    """
    if not configuration.settings.retention.decision.strip():
        raise ConfigError(
            "Ingenting gallras: data/est.toml nämner inget gallringsbeslut.",
            advice="När beslutet är fattat, skriv dess beteckning i [gallring] gallringsbeslut, "
            'till exempel "KS 2026-100, § 12", och kör igen.',
        )
    return _find(warehouse, configuration, as_of)


def purge_state(
    warehouse: Warehouse, *, configuration: Configuration, as_of: datetime
) -> PurgeState:
    """Tell when weeding was last done and what is due, whether or not there is a decision."""
    plan = _find(warehouse, configuration, as_of)
    done = [p.completed_at for p in warehouse.purges() if p.completed_at is not None]
    return PurgeState(
        decision=plan.decision,
        last_at=max(done, default=None),
        is_unfinished=plan.is_unfinished,
        due_report_count=plan.report_count,
        due_file_count=len(plan.files),
    )


def refuse_weeded_week(
    warehouse: Warehouse, week: IsoWeek, *, configuration: Configuration
) -> None:
    """Refuse to build a week whose rows have been weeded: its page would show zeros that are false.

    Raises:
        WeekError: the week lies before the first one that can still be rebuilt.
    """
    boundary = warehouse.weeded_before_week()
    if boundary is None or str(week) >= boundary:
        return
    first = IsoWeek.parse(boundary)
    page = configuration.paths.reports / "intern" / str(week) / "lagesbild.html"
    issued = (
        f"Sidan som gavs ut ligger kvar: {page}."
        if page.is_file()
        else f"Ingen utgiven sida för veckan finns i {page.parent.parent}."
    )
    raise WeekError(
        f"Rapporterna för vecka {week} är gallrade, och en ny sida skulle visa nollor som inte "
        f"stämmer. Första veckan som kan byggas är {first} (från {first.monday}).",
        advice=issued,
    )


def _find(warehouse: Warehouse, configuration: Configuration, as_of: datetime) -> PurgePlan:
    """Give the plan, whether or not a decision lets anybody carry it out."""
    as_of_on = as_of.astimezone(configuration.zone).date()
    decision = configuration.settings.retention.decision.strip()
    boundaries = boundaries_at(as_of_on, configuration)
    weeded = warehouse.weeded(limits_of(boundaries, configuration))
    files, notes = find_old_files(
        warehouse,
        configuration=configuration,
        originals_from=boundaries.originals_from,
        answers_from=boundaries.answers_from,
    )
    going = {file.path for file in files}
    archive = configuration.paths.archive
    unnamed = tuple(
        file_id
        for file_id, name in weeded.emptied.items()
        if archive / name in going or not os.path.lexists(archive / name)
    )
    purges = warehouse.purges()
    is_unfinished = bool(purges) and purges[-1].completed_at is None
    said = {
        "as_of_on": as_of_on,
        "decision": decision,
        "boundaries": boundaries,
        "reports": weeded.reports.to_dict("records"),
        "files": [
            (file.path.relative_to(configuration.paths.data), file.byte_count) for file in files
        ],
        "unnamed": unnamed,
        "is_unfinished": is_unfinished,
    }
    digest = hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()
    return PurgePlan(
        as_of_on=as_of_on,
        decision=decision,
        boundaries=boundaries,
        reports=weeded.reports.drop(columns="digest"),
        files=files,
        unnamed=unnamed,
        is_unfinished=is_unfinished,
        notes=notes,
        code=digest[:8].upper(),
    )


def boundaries_at(day: date, configuration: Configuration) -> Boundaries:
    """Give the boundaries that the configuration's months put on a day.

    Reports go by whole weeks, so that a week is either whole or weeded: the week that the boundary
    falls in stays.
    """
    retention = configuration.settings.retention
    return Boundaries(
        first_kept_week=IsoWeek.of(months_before(day, retention.report_months)),
        originals_from=months_before(day, retention.archive_months),
        answers_from=months_before(day, min(retention.report_months, retention.archive_months)),
    )


def months_before(day: date, months: int) -> date:
    """Give the day so many months earlier; the month's last day where it has no such day."""
    earlier = day.year * 12 + day.month - 1 - months
    year, month = divmod(earlier, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def limits_of(boundaries: Boundaries, configuration: Configuration) -> Limits:
    """Give the boundaries as the store wants them."""
    zone = configuration.zone
    return Limits(
        first_kept_week=str(boundaries.first_kept_week),
        kept_from=_midnight(boundaries.first_kept_week.monday, configuration),
        originals_from=_midnight(boundaries.originals_from, configuration),
        zone_name=zone.key,
    )


def _midnight(day: date, configuration: Configuration) -> datetime:
    """Give the day's first moment; the first of all moments where a zone would fall off the end."""
    if day == date.min:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.combine(day, time(), tzinfo=configuration.zone).astimezone(UTC)

"""The weekly run in reading order: a table of contents of the whole program.

inbox -> ingest -> store -> analysis -> lägesbild. Nothing here reads the clock: `as_of` comes
from the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from est_pipeline.analyses import analyse_week
from est_pipeline.analysis.counts import count_weeks, first_week
from est_pipeline.analysis.sources import NORMAL_WEEKS, Expectation, judge_sources
from est_pipeline.config import Configuration
from est_pipeline.deliveries import (
    TakenBack,
    TakenIn,
    check_file,
    read_reference,
    take_back,
    take_in_inbox,
)
from est_pipeline.domain.geography import read_basemap
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.special_days import read_calendar
from est_pipeline.domain.weeks import IsoWeek, last_full_week, week_range
from est_pipeline.errors import FileNotTakenError, WeekError
from est_pipeline.ingest.files import write_atomically
from est_pipeline.ingest.intake import Reference
from est_pipeline.ingest.placing.reports import place_texts
from est_pipeline.ingest.receipts import Receipt
from est_pipeline.issuing import issue_page
from est_pipeline.joining import count_doubts, joining_of, write_doubts
from est_pipeline.judging import silent_sources
from est_pipeline.lagesbild.assembly import build_content
from est_pipeline.lagesbild.content import Lagesbild
from est_pipeline.lagesbild.paper import render_pdf
from est_pipeline.lagesbild.rows import COMING_WEEKS
from est_pipeline.retention import (
    PurgeDone,
    PurgePlan,
    carry_out_purge,
    plan_purge,
    refuse_weeded_week,
)
from est_pipeline.since_last import read_last_week
from est_pipeline.store.deliveries import NewPlacing
from est_pipeline.store.warehouse import Warehouse
from est_pipeline.versions import library_versions, program_version
from est_pipeline.workspace import hold_workspace

Progress = Callable[[int, int], None] | None


@dataclass(frozen=True)
class Run:
    """What a run did: the files taken in, what the operator should know, the page it wrote."""

    taken_in: TakenIn
    notices: tuple[str, ...]
    placed_anew: NewPlacing
    page: Path | None = None
    week: IsoWeek | None = None


def run_week(
    configuration: Configuration,
    *,
    as_of: datetime,
    week: IsoWeek | None = None,
    with_pdf: bool = False,
    on_progress: Progress = None,
) -> Run:
    """Take in the inbox and build the lägesbild of a week (the last full one): the main job."""
    chosen = choose_week(week, as_of=as_of, configuration=configuration)
    reference = read_reference(configuration)
    with open_store(configuration) as warehouse:
        refuse_weeded_week(warehouse, chosen, configuration=configuration)
        done = take_in(warehouse, configuration, reference, as_of=as_of, on_progress=on_progress)
        page = write_lagesbild(
            warehouse, configuration, reference, week=chosen, as_of=as_of, with_pdf=with_pdf
        )
    return replace(done, page=page, week=chosen)


def ingest(configuration: Configuration, *, as_of: datetime, on_progress: Progress = None) -> Run:
    """Take in the inbox and publish the tables, without a page."""
    reference = read_reference(configuration)
    with open_store(configuration) as warehouse:
        return take_in(warehouse, configuration, reference, as_of=as_of, on_progress=on_progress)


@contextmanager
def open_store(
    configuration: Configuration, *, new_secret: str | None = None
) -> Iterator[Warehouse]:
    """Hold the workspace and its store for one piece of work (`new_secret`: `Warehouse.open`)."""
    joining = joining_of(configuration)
    with (
        hold_workspace(configuration.paths),
        Warehouse.open(configuration.paths, joining=joining, new_secret=new_secret) as warehouse,
    ):
        yield warehouse


def take_in(
    warehouse: Warehouse,
    configuration: Configuration,
    reference: Reference,
    *,
    as_of: datetime,
    on_progress: Progress,
) -> Run:
    """Take in the inbox as of a moment, and publish the tables as known then."""
    taken_in = take_in_inbox(
        warehouse,
        configuration=configuration,
        reference=reference,
        received_at=as_of,
        on_progress=on_progress,
    )
    placed_anew = place_anew(warehouse, configuration, reference, as_of=as_of)
    notices = publish_tables(warehouse, configuration, reference, as_of=as_of)
    return Run(taken_in, notices, placed_anew)


def place_anew(
    warehouse: Warehouse, configuration: Configuration, reference: Reference, *, as_of: datetime
) -> NewPlacing:
    """Look up again what could not be placed when it came: the gazetteer may know it by now."""
    similarity = configuration.settings.area.place_similarity
    basis = f"{reference.gazetteer.checksum}:{similarity}"
    texts = warehouse.unplaced_texts(basis=basis, as_of=as_of)
    if texts.empty:
        return NewPlacing()
    placed = place_texts(texts, gazetteer=reference.gazetteer, similarity=similarity)
    return warehouse.load_placements(placed.assign(place_text=texts), basis=basis, known_at=as_of)


def report(
    configuration: Configuration,
    *,
    as_of: datetime,
    week: IsoWeek | None = None,
    with_pdf: bool = False,
) -> Path:
    """Build the lägesbild of a week from what is stored, as it was known at `as_of`."""
    chosen = choose_week(week, as_of=as_of, configuration=configuration)
    reference = read_reference(configuration)
    with open_store(configuration) as warehouse:
        refuse_weeded_week(warehouse, chosen, configuration=configuration)
        return write_lagesbild(
            warehouse, configuration, reference, week=chosen, as_of=as_of, with_pdf=with_pdf
        )


def choose_week(week: IsoWeek | None, *, as_of: datetime, configuration: Configuration) -> IsoWeek:
    """Give the week asked for, or the last one that had ended.

    Raises:
        WeekError: the week had not begun at `as_of`.
    """
    full = last_full_week(as_of, configuration.zone)
    if week is None:
        return full
    if week.start(configuration.zone) > as_of:
        raise WeekError(
            f"Vecka {week} har inte börjat än.", advice=f"Senaste hela veckan är {full}."
        )
    return week


def publish_tables(
    warehouse: Warehouse, configuration: Configuration, reference: Reference, *, as_of: datetime
) -> tuple[str, ...]:
    """Publish the tables and the pairs in doubt; give what the operator should know."""
    last = last_full_week(as_of, configuration.zone)
    sparse = warehouse.weekly_counts(as_of=as_of)
    counts = fill_counts(sparse, configuration, reference, first=first_week(sparse), last=last)
    published = warehouse.publish(
        folder=configuration.paths.store,
        as_of=as_of,
        counts=counts,
        coarse=configuration.coarse_rule,
    )
    doubts = write_doubts(warehouse.joined_reports(as_of=as_of), configuration)
    return (*published.notices, *doubts)


def fill_counts(
    sparse: pd.DataFrame,
    configuration: Configuration,
    reference: Reference,
    *,
    first: IsoWeek | None,
    last: IsoWeek,
) -> pd.DataFrame:
    """Give the weekly counts of every district and category, zeros included."""
    return count_weeks(
        sparse,
        first=first or last,
        last=last,
        district_ids=[*reference.districts["district_id"], REST_ID, UNPLACED_ID],
        category_codes=configuration.categories.codes,
    )


def write_lagesbild(
    warehouse: Warehouse,
    configuration: Configuration,
    reference: Reference,
    *,
    week: IsoWeek,
    as_of: datetime,
    with_pdf: bool = False,
) -> Path:
    """Issue the `lagesbild.html` and `lagesbild.json` of a week, and its PDF; give the page."""
    sparse = warehouse.weekly_counts(as_of=as_of)
    history_from = week.plus(-configuration.settings.periods.history_weeks)
    earliest = first_week(sparse)
    first = min(week, max(history_from, earliest)) if earliest else week
    reports = warehouse.reports(
        as_of=as_of, first_week=str(week), last_week=str(week.plus(COMING_WEEKS))
    )
    deliveries = warehouse.deliveries(as_of=as_of)
    basemap, attribution = read_basemap(
        configuration.paths.data / configuration.settings.area.basemap_file
    )
    states = source_states(
        deliveries,
        reports[reports["iso_week"] == str(week)],
        configuration=configuration,
        as_of=as_of,
        weeks_before=weeks_before(warehouse, week=week, as_of=as_of),
    )
    silent_ids = silent_sources(
        states,
        rhythms={name: source.rhythm for name, source in configuration.sources.items()},
        week_ended_at=week.end(configuration.zone),
    )
    analyses = analyse_week(
        warehouse, configuration, reference, week=week, as_of=as_of, silent_ids=silent_ids
    )
    outcome = warehouse.joined_reports(as_of=as_of)
    joined = outcome.joined
    content = build_content(
        week=week,
        as_of=as_of,
        configuration=configuration,
        districts=reference.districts,
        basemap=basemap,
        attribution=attribution,
        calendar=read_calendar(
            configuration.paths.data / configuration.settings.area.calendar_file,
            country=configuration.settings.municipality.holiday_country,
            first=week.monday,
            last=week.plus(COMING_WEEKS).sunday,
        ),
        counts=fill_counts(sparse, configuration, reference, first=first, last=week),
        reports=reports,
        deliveries=deliveries[deliveries["received_at"] >= week.start(configuration.zone)],
        source_states=states,
        program_version=program_version(),
        libraries=library_versions(),
        secret=warehouse.secret,
        join_reasons=dict(zip(joined["report_id"], joined["join_reason"], strict=True)),
        doubt_count=count_doubts(outcome, week=str(week)),
        analyses=analyses,
        last_week=read_last_week(warehouse, configuration=configuration, week=week, as_of=as_of),
    )
    folder = configuration.paths.reports / "intern" / str(week)
    issued = issue_page(folder, content, write=write_atomically)
    if with_pdf:
        write_paper(issued.page.with_suffix(".pdf"), issued.content)
    return issued.page


def write_paper(file: Path, content: Lagesbild) -> None:
    """Write a page's PDF."""
    write_atomically(file, render_pdf(content))


def weeks_before(warehouse: Warehouse, *, week: IsoWeek, as_of: datetime) -> pd.DataFrame:
    """Give each source's reports in the weeks that tell what is normal before a week."""
    weeks = week_range(week.plus(-NORMAL_WEEKS), week.plus(-1))
    counts = warehouse.source_weeks(as_of=as_of, first_week=str(weeks[0]), last_week=str(weeks[-1]))
    numbers = {str(each): number for number, each in enumerate(weeks)}
    return counts.assign(week_number=counts["iso_week"].map(numbers))


def source_states(
    deliveries: pd.DataFrame,
    reports: pd.DataFrame,
    *,
    configuration: Configuration,
    as_of: datetime,
    weeks_before: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Tell how each source of the workspace stands against its rhythm at `as_of`."""
    expected = {
        source_id: Expectation(source.name, source.short_name, source.rhythm)
        for source_id, source in configuration.sources.items()
    }
    return judge_sources(
        deliveries, reports, expected=expected, as_of=as_of, weeks_before=weeks_before
    )


def check(configuration: Configuration, file: Path, *, source_id: str, as_of: datetime) -> Receipt:
    """Give the receipt that a file would get, and leave everything as it was.

    Args:
        configuration: the workspace.
        file: the file, anywhere.
        source_id: whose file it is; where empty, the source whose folder it lies in.
        as_of: the moment that counts as its arrival.

    Raises:
        FileNotTakenError: there is no such file, or nobody can tell whose it is.
    """
    if not file.is_file():
        raise FileNotTakenError(f"Filen {file} finns inte.", advice="Kontrollera sökvägen.")
    owner = source_id or file.resolve().parent.name
    if owner not in configuration.sources:
        raise FileNotTakenError(
            f"Det går inte att se vilken källa {file.name} hör till.",
            advice="Ange den med --source. Källor: " + ", ".join(configuration.sources) + ".",
        )
    reference = read_reference(configuration)
    with open_store(configuration) as warehouse:
        return check_file(
            warehouse,
            file,
            source_id=owner,
            configuration=configuration,
            reference=reference,
            received_at=as_of,
        )


def undo(configuration: Configuration, name: str, *, as_of: datetime) -> TakenBack:
    """Take a file back with all it changed, and publish the tables without it.

    Raises:
        FileNotTakenError: no such file has been taken in, or several different ones have the name.
    """
    reference = read_reference(configuration)
    with open_store(configuration) as warehouse:
        taken_back = take_back(warehouse, name, configuration=configuration, undone_at=as_of)
        publish_tables(warehouse, configuration, reference, as_of=as_of)
    return taken_back


def show_purge(configuration: Configuration, *, as_of: datetime, now: datetime) -> PurgePlan:
    """Tell what weeding would delete at a moment; nothing is changed.

    Raises:
        ConfigError: the configuration names no gallringsbeslut.
        WeekError: the moment lies in the future.
    """
    _refuse_future(as_of, now=now)
    with open_store(configuration) as warehouse:
        return plan_purge(warehouse, configuration=configuration, as_of=as_of)


def purge(
    configuration: Configuration, *, plan_code: str, as_of: datetime, now: datetime
) -> PurgeDone:
    """Carry out the plan that was shown, and publish the tables without what is gone.

    Raises:
        ConfigError: the configuration names no gallringsbeslut.
        WeekError: the moment lies in the future.
        PurgeError: what would be deleted is not what the code stands for.
    """
    _refuse_future(as_of, now=now)
    reference = read_reference(configuration)
    with open_store(configuration) as warehouse:
        return carry_out_purge(
            warehouse,
            plan_code=plan_code,
            configuration=configuration,
            as_of=as_of,
            at=now,
            publish_tables=lambda: publish_tables(warehouse, configuration, reference, as_of=now),
        )


def _refuse_future(as_of: datetime, *, now: datetime) -> None:
    if as_of > now:
        raise WeekError(
            "Det går inte att gallra för en dag som inte har kommit än.",
            advice="Utelämna --as-of, eller ange en tidpunkt som har varit.",
        )

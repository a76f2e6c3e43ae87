"""The week's work: take in, build the page, watch the inbox, see how things stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from est_pipeline.cli.making import command
from est_pipeline.cli.options import (
    as_of_option,
    pdf_option,
    read_moment,
    read_now,
    read_week,
    read_workspace,
    week_option,
    workspace_option,
)
from est_pipeline.cli.saying import progress, say_run

if TYPE_CHECKING:
    from est_pipeline.errors import PaperError


@command("run", "Ta in allt i inkorgen och bygg lägesbilden. Huvudkommandot.")
@workspace_option
@week_option
@as_of_option
@pdf_option
def run(*, workspace: Path, week: str, as_of: str, with_pdf: bool) -> None:
    """Take in the inbox and build the page."""
    from est_pipeline.pipeline import run_week

    problem = find_pdf_problem() if with_pdf else None
    configuration = read_workspace(workspace)
    done = run_week(
        configuration,
        as_of=read_moment(as_of, configuration),
        week=read_week(week),
        with_pdf=with_pdf and problem is None,
        on_progress=progress("Tar in filer"),
    )
    say_run(done)
    click.echo(f"Lägesbilden för vecka {done.week}: {done.page}")
    if with_pdf and done.page:
        say_pdf(done.page, problem=problem)


@command("ingest", "Ta in allt i inkorgen utan att bygga lägesbilden.")
@workspace_option
@as_of_option
def ingest(workspace: Path, as_of: str) -> None:
    """Take in the inbox."""
    from est_pipeline.pipeline import ingest as take_in

    configuration = read_workspace(workspace)
    moment = read_moment(as_of, configuration)
    say_run(take_in(configuration, as_of=moment, on_progress=progress("Tar in filer")))


@command("report", "Bygg lägesbilden av det som redan är intaget.")
@workspace_option
@week_option
@as_of_option
@pdf_option
def report(*, workspace: Path, week: str, as_of: str, with_pdf: bool) -> None:
    """Build the page."""
    from est_pipeline.pipeline import report as build

    problem = find_pdf_problem() if with_pdf else None
    configuration = read_workspace(workspace)
    page = build(
        configuration,
        as_of=read_moment(as_of, configuration),
        week=read_week(week),
        with_pdf=with_pdf and problem is None,
    )
    click.echo(f"Lägesbilden: {page}")
    if with_pdf:
        say_pdf(page, problem=problem)


def find_pdf_problem() -> PaperError | None:
    """Tell beforehand whether a PDF can be made: the page is to come also where it cannot."""
    from est_pipeline.lagesbild.paper import find_problem

    return find_problem()


def say_pdf(page: Path, *, problem: PaperError | None) -> None:
    """Say where a page's PDF is, or leave with what was in its way."""
    if problem:
        raise problem
    click.echo(f"PDF: {page.with_suffix('.pdf')}")


@command("watch", "Bevaka inkorgen och ta in filer när de kommer. Avsluta med Ctrl+C.")
@click.option(
    "--poll",
    is_flag=True,
    help="Titta efter filer med jämna mellanrum; behövs om inkorgen ligger på en filserver.",
)
@workspace_option
def watch(poll: bool, workspace: Path) -> None:
    """Take files in as they come."""
    from est_pipeline.errors import LockedError
    from est_pipeline.pipeline import ingest as take_in
    from est_pipeline.watching import inbox_changes

    configuration = read_workspace(workspace)
    click.echo(f"Bevakar {configuration.paths.inbox}. Avsluta med Ctrl+C.")
    for _ in inbox_changes(configuration.paths, polls=poll):
        try:
            done = take_in(read_workspace(workspace), as_of=read_now())
        except LockedError as error:  # the files wait for the next turn
            click.echo(f"Obs: {error}")
            continue
        if done.taken_in.receipts or done.taken_in.notes:
            say_run(done)
    click.echo("Bevakningen är avslutad.")


@command("status", "Visa vilka filer som kommit och hur det står till med källorna.")
@click.option("--json", "as_json", is_flag=True, help="Skriv som JSON för andra program.")
@workspace_option
@as_of_option
def status(as_json: bool, workspace: Path, as_of: str) -> None:
    """Show files and sources."""
    import json

    from est_pipeline.status import describe, read_status

    configuration = read_workspace(workspace)
    found = read_status(configuration, as_of=read_moment(as_of, configuration))
    click.echo(json.dumps(found, ensure_ascii=False, indent=1) if as_json else describe(found))

"""Trying the program's judgements on the workspace's own history."""

from __future__ import annotations

from pathlib import Path

import click

from est_pipeline.cli.making import command
from est_pipeline.cli.options import (
    as_of_option,
    read_moment,
    read_week,
    read_workspace,
    workspace_option,
)
from est_pipeline.cli.saying import progress, say


@command("backtest", "Pröva bedömningarna på den egna historiken: larmas det lagom?")
@click.option("--first", default="", metavar="VECKA", help="Första veckan som prövas.")
@click.option("--last", default="", metavar="VECKA", help="Sista veckan; annars senaste hela.")
@click.option(
    "--weeks",
    type=click.IntRange(min=1),
    default=None,
    metavar="ANTAL",
    help="Så många veckor före och med den sista; annars alla som går.",
)
@workspace_option
@as_of_option
def backtest(first: str, last: str, weeks: int | None, workspace: Path, as_of: str) -> None:
    """Judge the weeks of the history again."""
    from est_pipeline.backtest import run_backtest

    if first and weeks is not None:
        raise click.UsageError("--first och --weeks kan inte användas samtidigt.")
    configuration = read_workspace(workspace)
    done = run_backtest(
        configuration,
        as_of=read_moment(as_of, configuration),
        first=read_week(first),
        last=read_week(last),
        week_count=weeks,
        on_progress=progress("Prövar, steg"),
    )
    say(done.sentences)
    click.echo(f"Prövningen: {done.page}")

"""What is kept: take a file back, weed what may no longer be kept."""

from __future__ import annotations

from pathlib import Path

import click

from est_pipeline.cli.making import command
from est_pipeline.cli.options import (
    as_of_option,
    read_moment,
    read_now,
    read_workspace,
    workspace_option,
)


@command("undo", "Ta tillbaka en fil med allt den ändrade.")
@click.argument("file", metavar="FIL|KONTROLLSUMMA")
@workspace_option
@as_of_option
def undo(file: str, workspace: Path, as_of: str) -> None:
    """Take a file back."""
    from est_pipeline.pipeline import undo as take_back

    configuration = read_workspace(workspace)
    moment = read_moment(as_of, configuration)
    click.echo(take_back(configuration, Path(file).name, as_of=moment).sentence)


@command("purge", "Visa vad som ska gallras; gallra det först när planens kod anges.")
@click.option(
    "--execute",
    "plan_code",
    default="",
    metavar="PLANKOD",
    help="Gallra det som planen med den här koden visade.",
)
@workspace_option
@as_of_option
def purge(plan_code: str, workspace: Path, as_of: str) -> None:
    """Weed what may no longer be kept."""
    from est_pipeline import pipeline
    from est_pipeline.retention.wording import describe_done, describe_plan, explain_left

    configuration = read_workspace(workspace)
    now = read_now()
    moment = read_moment(as_of, configuration) if as_of else now
    if not plan_code:
        plan = pipeline.show_purge(configuration, as_of=moment, now=now)
        where = f' --workspace "{workspace}"' if workspace != Path() else ""
        when = f" --as-of {as_of}" if as_of else ""
        click.echo(describe_plan(plan, command=f"est purge{where}{when}"))
        return
    done = pipeline.purge(configuration, plan_code=plan_code, as_of=moment, now=now)
    click.echo(describe_done(done))
    if not done.is_complete:
        raise explain_left(done)

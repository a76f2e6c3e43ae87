"""A first folder: an empty workspace, or the demo."""

from __future__ import annotations

from pathlib import Path

import click

from est_pipeline.cli.making import command
from est_pipeline.cli.options import PATH
from est_pipeline.cli.saying import progress


@command("init", "Skapa en arbetsmapp.")
@click.argument("folder", type=PATH, metavar="MAPP")
def init(folder: Path) -> None:
    """Make a workspace."""
    from est_pipeline.workspace import write_workspace

    paths = write_workspace(folder)
    click.echo(f"Arbetsmappen {folder} är klar. Inställningarna står i {paths.settings}.")
    click.echo(f"Lägg filer i {paths.inbox} och kör: est run --workspace {folder}")


@command("demo", "Skapa en övningsmapp med påhittade uppgifter och bygg dess lägesbild.")
@click.argument("folder", type=PATH, metavar="MAPP")
@click.option("--seed", default=2026, metavar="TAL", help="Annat tal ger andra påhittade rader.")
def demo(folder: Path, seed: int) -> None:
    """Make the demo workspace and build its page."""
    from est_pipeline.demo import write_demo

    done = write_demo(folder, seed=seed, on_progress=progress("Tar in påhittade rapporter"))
    click.echo(f"Demon är klar: {done.rows_read} påhittade rader i {done.file_count} filer.")
    click.echo(f"Facit för det som planterats: {done.truths}")
    click.echo(f"Lägesbilden: {done.page}")

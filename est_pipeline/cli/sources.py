"""For those who report: try a file, the form, a new source's file."""

from __future__ import annotations

from pathlib import Path

import click

from est_pipeline.cli.making import command, group
from est_pipeline.cli.options import (
    PATH,
    as_of_option,
    read_moment,
    read_workspace,
    workspace_option,
)
from est_pipeline.cli.saying import say_receipt


@command("check", "Visa vilket kvitto en fil skulle få, utan att spara något.")
@click.argument("file", type=PATH, metavar="FIL")
@click.option(
    "--source",
    default="",
    metavar="KÄLLA",
    help="Vems filen är; annars den källa vars mapp den ligger i.",
)
@workspace_option
@as_of_option
def check(file: Path, source: str, workspace: Path, as_of: str) -> None:
    """Do all but store."""
    from est_pipeline.errors import RefusedFileError
    from est_pipeline.pipeline import check as check_file

    configuration = read_workspace(workspace)
    moment = read_moment(as_of, configuration)
    receipt = check_file(configuration, file, source_id=source, as_of=moment)
    say_receipt(receipt)
    if receipt.refused_because:
        raise SystemExit(RefusedFileError.exit_code)


@command("template", "Skriv rapportmallen och instruktionen för rapportörer.")
@click.argument("folder", type=PATH, metavar="MAPP", default=Path("est-mall"))
@click.option("--source", default="", metavar="KÄLLA", help="Källan som ska få dem.")
@workspace_option
def template(folder: Path, source: str, workspace: Path) -> None:
    """Write form and instruction."""
    from est_pipeline.onboarding.form import write_form

    for file in write_form(read_workspace(workspace), folder, source_id=source):
        click.echo(f"Skrev {file}")


@command(
    "draft",
    "Föreslå en källfil för en okänd export, för en människa att göra färdig.",
    short="Föreslå en källfil för en okänd export.",
)
@click.argument("file", type=PATH, metavar="FIL")
@click.option("--id", "source_id", default="ny-kalla", metavar="KÄLLA", help="Vad den ska heta.")
@workspace_option
def draft(file: Path, source_id: str, workspace: Path) -> None:
    """Propose a source file."""
    from est_pipeline.errors import FileNotTakenError
    from est_pipeline.onboarding.source_draft import draft_source

    if not file.is_file():
        raise FileNotTakenError(f"Filen {file} finns inte.", advice="Kontrollera sökvägen.")
    configuration = read_workspace(workspace)
    click.echo(draft_source(file, configuration=configuration, source_id=source_id), nl=False)


source = group("source", "Hjälp med en ny källa.", draft)

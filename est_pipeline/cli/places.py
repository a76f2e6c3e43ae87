"""Places: those not recognised, what they are, and the municipality's own."""

from __future__ import annotations

from pathlib import Path

import click

from est_pipeline.cli.making import command
from est_pipeline.cli.options import (
    PATH,
    crs_option,
    layer_option,
    read_workspace,
    workspace_option,
)
from est_pipeline.cli.saying import say


@command(
    "correct",
    "Lär in de platser som fyllts i i en CSV-fil från est places --csv.",
    short="Lär in de platser som fyllts i i en CSV-fil.",
)
@click.argument("file", type=PATH, metavar="FIL")
@workspace_option
def correct(file: Path, workspace: Path) -> None:
    """Take a filled-in correction file."""
    from est_pipeline.corrections import correct_places, read_corrections

    configuration = read_workspace(workspace)
    done = correct_places(configuration, read_corrections(file), file_name=file.name)
    click.echo(done.sentence)


@command(
    "alias",
    "Lär in att TEXT är en plats eller stadsdel: dess id eller namn.",
    short="Lär in att en text är en viss plats eller stadsdel.",
)
@click.argument("text", metavar="TEXT")
@click.argument("target", metavar="PLATS")
@workspace_option
def alias(text: str, target: str, workspace: Path) -> None:
    """Take one correction."""
    from est_pipeline.corrections import Correction, correct_places

    configuration = read_workspace(workspace)
    click.echo(correct_places(configuration, [Correction(text, target)]).sentence)


@command(
    "import",
    "Läs in platser ur CSV, GTFS (stops.txt eller zip) eller ett kartlager.",
    short="Läs in platser ur CSV, GTFS eller ett kartlager.",
)
@click.argument("file", type=PATH, metavar="FIL")
@click.option(
    "--typ", "place_type", default="", metavar="ORD", help="Platsernas typ, som hållplats."
)
@click.option("--name-column", default="", metavar="KOLUMN", help="Kolumnen med platsens namn.")
@click.option(
    "--precision",
    type=click.FloatRange(min=1, max=50_000),
    default=25,
    show_default=True,
    metavar="METER",
    help="Hur nära punkten platsen ligger, om filen inte säger det.",
)
@click.option(
    "--replace", is_flag=True, help="Flytta platser som redan finns till filens position."
)
@layer_option
@crs_option
@workspace_option
def places_import(
    *,
    file: Path,
    place_type: str,
    name_column: str,
    precision: float,
    replace: bool,
    layer: str,
    crs: str,
    workspace: Path,
) -> None:
    """Take in places."""
    from est_pipeline.layers.places import import_places

    say(
        import_places(
            read_workspace(workspace),
            file,
            place_type=place_type,
            layer=layer,
            crs=crs,
            name_column=name_column,
            precision_m=precision,
            replace=replace,
        )
    )


@click.group(
    commands=(correct, alias, places_import),
    help="Visa vilka platser som inte känts igen, och lär in dem.",
    short_help="Visa vilka platser som inte känts igen, och lär in dem.",
    invoke_without_command=True,
    options_metavar="[TILLVAL]",
    subcommand_metavar="[KOMMANDO ...]",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    metavar="ANTAL",
    help="Så många texter visas.",
)
@click.option(
    "--csv",
    "csv_file",
    type=PATH,
    default=None,
    metavar="FIL",
    help="Skriv alla som en CSV-fil att fylla i, för est places correct.",
)
@workspace_option
@click.pass_context
def places(context: click.Context, limit: int, csv_file: Path | None, workspace: Path) -> None:
    """List what could not be placed."""
    from est_pipeline.corrections import describe_unplaced, list_unplaced, write_correction_file

    if context.invoked_subcommand:
        return
    unplaced = list_unplaced(read_workspace(workspace))
    click.echo(describe_unplaced(unplaced, limit=limit))
    if csv_file is not None:
        click.echo(f"Att fylla i: {write_correction_file(unplaced, csv_file)}")

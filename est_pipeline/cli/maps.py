"""The map: the municipality's districts and the base map under them."""

from __future__ import annotations

from pathlib import Path

import click

from est_pipeline.cli.making import command, group
from est_pipeline.cli.options import (
    PATH,
    crs_option,
    layer_option,
    read_workspace,
    workspace_option,
)
from est_pipeline.cli.saying import say


@command(
    "import",
    "Läs in stadsdelarna ur GeoPackage, GeoJSON eller Shapefile och pröva dem.",
    short="Läs in stadsdelarna ur ett kartlager och pröva dem.",
)
@click.argument("file", type=PATH, metavar="FIL")
@click.option(
    "--id", "id_column", default="", metavar="KOLUMN", help="Kolumnen med stadsdelens id."
)
@click.option("--name", "name_column", default="", metavar="KOLUMN", help="Kolumnen med dess namn.")
@click.option(
    "--allow-overlaps",
    is_flag=True,
    help="Godta överlappningar: den stadsdel som står först i filen gäller.",
)
@layer_option
@crs_option
@workspace_option
def districts_import(
    *,
    file: Path,
    id_column: str,
    name_column: str,
    allow_overlaps: bool,
    layer: str,
    crs: str,
    workspace: Path,
) -> None:
    """Take in districts."""
    from est_pipeline.layers.districts import import_districts

    say(
        import_districts(
            read_workspace(workspace),
            file,
            layer=layer,
            crs=crs,
            id_column=id_column,
            name_column=name_column,
            allow_overlaps=allow_overlaps,
        )
    )


@command(
    "import",
    "Läs in gator, vatten, järnväg och grönt, klipp och förenkla dem till en baskarta.",
    short="Läs in, klipp och förenkla gator, vatten, järnväg och grönt.",
)
@click.argument("files", type=PATH, nargs=-1, required=True, metavar="FIL...")
@click.option(
    "--class",
    "family",
    type=click.Choice(["gata", "vatten", "järnväg", "grönt"]),
    default=None,
    metavar="KLASS",
    help="Vad filerna innehåller (gata, vatten, järnväg eller grönt), om de inte säger det.",
)
@click.option(
    "--attribution",
    default="",
    metavar="TEXT",
    help="Upphov som ska stå på kartan, om filen saknar.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, max=500),
    default=8,
    show_default=True,
    metavar="METER",
    help="Hur mycket linjerna får förenklas.",
)
@click.option(
    "--replace", is_flag=True, help="Ta bort det i den förra kartan som filerna inte ersätter."
)
@layer_option
@crs_option
@workspace_option
def basemap_import(
    *,
    files: tuple[Path, ...],
    family: str | None,
    attribution: str,
    tolerance: float,
    replace: bool,
    layer: str,
    crs: str,
    workspace: Path,
) -> None:
    """Take in a base map."""
    from est_pipeline.layers.basemap import import_basemap

    say(
        import_basemap(
            read_workspace(workspace),
            files,
            family=family or "",
            attribution=attribution,
            tolerance_m=tolerance,
            replace=replace,
            layer=layer,
            crs=crs,
        )
    )


districts = group("districts", "Stadsdelarna: kommunens egna ytor.", districts_import)
basemap = group("basemap", "Baskartan under stadsdelarna.", basemap_import)

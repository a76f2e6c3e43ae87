"""All commands by what they are for, and how a run of the program ends."""

from __future__ import annotations

import sys

import click

from est_pipeline.cli import keeping, maps, places, sources, starting, weekly
from est_pipeline.cli.making import group
from est_pipeline.errors import EstError

est = group(
    "est",
    "Veckans lägesbild för EST: från inkorg till en sida.",
    # a first folder
    starting.init,
    starting.demo,
    # the week
    weekly.run,
    weekly.ingest,
    weekly.report,
    weekly.watch,
    weekly.status,
    # those who report
    sources.check,
    sources.template,
    sources.source,
    # the municipality's ground
    places.places,
    maps.districts,
    maps.basemap,
    # what is kept
    keeping.undo,
    keeping.purge,
)
est = click.version_option(package_name="est-pipeline", message="est %(version)s")(est)


def main() -> None:
    """Run a command; an error that an operator can meet becomes one Swedish sentence."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console may not be UTF-8
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        est(prog_name="est")
    except EstError as error:
        click.echo(f"Fel: {error}", err=True)
        raise SystemExit(error.exit_code) from None

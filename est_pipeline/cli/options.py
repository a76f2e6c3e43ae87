"""What several commands are asked for, and what becomes of it: workspace, moment and week.

`read_now` is the only place in the program that reads the clock.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from est_pipeline.config import Configuration
    from est_pipeline.domain.weeks import IsoWeek

PATH = click.Path(path_type=Path)

workspace_option = click.option(
    "--workspace",
    type=PATH,
    default=Path(),
    metavar="MAPP",
    help="Arbetsmappen; annars mappen du står i.",
)
week_option = click.option(
    "--week", default="", metavar="VECKA", help="Vecka, som 2026-W47; annars senaste hela."
)
as_of_option = click.option(
    "--as-of",
    default="",
    metavar="TIDPUNKT",
    help="Uppgifter till och med, som 2026-11-23T09:00; annars nu.",
)
pdf_option = click.option(
    "--pdf",
    "with_pdf",
    is_flag=True,
    help="Skriv också lagesbild.pdf, för papper och e-post (tillägget pdf).",
)
layer_option = click.option(
    "--layer", default="", metavar="NAMN", help="Lagret i filen, om den har flera."
)
crs_option = click.option(
    "--crs",
    default="",
    metavar="SYSTEM",
    help="Koordinatsystemet, som EPSG:3006, när filen inte säger det.",
)


def read_workspace(workspace: Path) -> Configuration:
    """Read the settings of the workspace that a command is about."""
    from est_pipeline.config import read_configuration

    return read_configuration(workspace)


def read_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC).replace(microsecond=0)


def read_moment(text: str, configuration: Configuration) -> datetime:
    """Read `--as-of`, in the workspace's zone where it names none; without it, the clock.

    Raises:
        WeekError: If the text is no moment.
    """
    from est_pipeline.errors import WeekError

    if not text:
        return read_now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WeekError(
            f"Tidpunkten {text!r} går inte att läsa.", advice="Skriv så här: 2026-11-23T09:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=configuration.zone)


def read_week(text: str) -> IsoWeek | None:
    """Read `--week`; nothing where it is not given.

    Raises:
        WeekError: If there is no such week.
    """
    from est_pipeline.domain.weeks import IsoWeek
    from est_pipeline.errors import WeekError

    if not text:
        return None
    try:
        return IsoWeek.parse(text)
    except ValueError:
        raise WeekError(
            f"Veckan {text!r} finns inte.", advice="Skriv år och vecka så här: 2026-W47."
        ) from None

"""How commands and groups are made, so that their help has one shape."""

from __future__ import annotations

from collections.abc import Callable

import click


def command(
    name: str, help_text: str, *, short: str = ""
) -> Callable[[Callable[..., None]], click.Command]:
    """Make a function a command; `short` is its line in the list, where the help is too long."""
    return click.command(
        name, help=help_text, short_help=short or help_text, options_metavar="[TILLVAL]"
    )


def group(name: str, help_text: str, *commands: click.Command) -> click.Group:
    """Make a group that only holds commands together."""
    return click.Group(
        name,
        commands=commands,
        help=help_text,
        short_help=help_text,
        options_metavar="",
        subcommand_metavar="KOMMANDO ...",
    )

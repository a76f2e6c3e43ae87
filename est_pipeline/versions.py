"""Versions: the program and what it is built on, as the page's appendix lists them."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version

PACKAGE = "est-pipeline"


def program_version() -> str:
    """Give the program's own version."""
    return version(PACKAGE)


def library_versions() -> dict[str, str]:
    """Give the versions of Python and of the libraries that every run needs, by name.

    Extras are left out: what a page says does not rest on them.
    """
    found = {"Python": platform.python_version()}
    for line in requires(PACKAGE) or ():
        name = re.match(r"[\w.-]+", line)
        if name is None or "extra ==" in line:
            continue
        try:
            found[name[0]] = version(name[0])
        except PackageNotFoundError:  # for another system, such as tzdata
            continue
    return found

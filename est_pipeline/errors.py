"""The tree of errors an operator can meet: each has an exit code and advice in Swedish.

Everything that a municipal person can cause and mend ends here; the command line prints
`str(error)` and leaves with `error.exit_code`. Any other exception is a fault of the program.
"""

from __future__ import annotations


class EstError(Exception):
    """An error with a Swedish sentence, a Swedish advice and an exit code of its own."""

    exit_code = 1

    def __init__(self, message: str, *, advice: str = "") -> None:
        """Keep what is wrong (`message`) apart from how to mend it (`advice`)."""
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        """Say what is wrong and then, where there is one, the advice."""
        return f"{self.message} {self.advice}".strip()


class WorkspaceError(EstError):
    """The folder is no workspace, or the wrong kind of folder for the command."""

    exit_code = 3


class ConfigError(EstError):
    """A configuration or reference file is missing, unreadable or wrong."""

    exit_code = 4


class WeekError(EstError):
    """The week or the moment does not exist, lies in the future, or has had its rows weeded."""

    exit_code = 5


class StorageError(EstError):
    """A folder or file cannot be read or written (rights, full disk, open elsewhere)."""

    exit_code = 6


class FileNotTakenError(EstError):
    """The file named on the command line is missing, or is unknown to the store."""

    exit_code = 7


class LockedError(EstError):
    """Another run holds the workspace."""

    exit_code = 8


class RefusedFileError(EstError):
    """A whole input file cannot be read: its structure fails.

    `reason_code` is stable and stands in the receipt and in `est status --json`.
    """

    exit_code = 9

    def __init__(self, reason_code: str, message: str, *, advice: str = "") -> None:
        """Add the stable `reason_code` to message and advice."""
        super().__init__(message, advice=advice)
        self.reason_code = reason_code


class PurgeError(EstError):
    """What would be weeded is not what was shown: the plan's code no longer fits."""

    exit_code = 10


class PaperError(EstError):
    """The PDF cannot be made: WeasyPrint or Pango is missing. The page itself is made."""

    exit_code = 11

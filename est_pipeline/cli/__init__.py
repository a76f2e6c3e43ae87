"""The command line `est`: arguments in, Swedish words and an exit code out; no logic.

`program` lists the commands, each module beside it holds those of one kind of work. Libraries are
imported inside the commands, so that help and mistakes answer at once.
"""

from __future__ import annotations

import gettext
import os
from pathlib import Path

# click's own messages in Swedish: it asks gettext's default catalogue, which has to be named
# before click is imported for the first time
os.environ["LANGUAGE"] = "sv"
gettext.bindtextdomain("messages", Path(__file__).parents[1] / "locale")

from est_pipeline.cli.program import main  # noqa: E402 -- see above

__all__ = ["main"]

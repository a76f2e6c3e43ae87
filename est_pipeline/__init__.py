"""est_pipeline: from the inbox to the weekly lägesbild.

For notebooks: `open_workspace(folder)` gives the published tables, SQL over them and a map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from est_pipeline.notebook import Workspace, open_workspace

__all__ = ["Workspace", "open_workspace"]


def __getattr__(name: str) -> Any:
    """Load what a notebook needs only when it is asked for: the command line starts without."""
    if name in __all__:
        from est_pipeline import notebook

        return getattr(notebook, name)
    raise AttributeError(name)

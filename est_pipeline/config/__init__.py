"""Configuration: `data/est.toml` and `data/kallor/*.toml` become frozen objects.

A wrong file fails here, with file, line, key, what is allowed and what was probably meant.
"""

from est_pipeline.config.decisions import read_decision_file
from est_pipeline.config.models import (
    COLUMN_KEYS,
    EXTRA_COLUMNS,
    FORM_COLUMNS,
    WEEKDAYS,
    Derived,
    Selection,
    Settings,
    Source,
)
from est_pipeline.config.reading import Configuration, Department, Paths, read_configuration

__all__ = [
    "COLUMN_KEYS",
    "EXTRA_COLUMNS",
    "FORM_COLUMNS",
    "WEEKDAYS",
    "Configuration",
    "Department",
    "Derived",
    "Paths",
    "Selection",
    "Settings",
    "Source",
    "read_configuration",
    "read_decision_file",
]

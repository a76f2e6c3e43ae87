"""The contracts at the doors between the rooms, in pandera.

text (as it came) -> typed -> placed -> stored report -> weekly counts. A check's `error` in the
first two contracts is the reason code that stands in the receipt.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
import pandera.pandas as pa

from est_pipeline.domain.kinds import Kind, Placing, ReportType

UNPLACED_ID = "oplacerad"
"""District id of a report without any place."""
REST_ID = "ovriga"
"""District id of everything that lies outside the configured districts."""

MOMENT: Final = "datetime64[us, UTC]"

TEXT_COLUMNS = (
    "source_row_id",
    "report_type",
    "occurred_from",
    "occurred_to",
    "reported_at",
    "category",
    "subcategory",
    "severity",
    "reliability",
    "place",
    "address",
    "northing",
    "easting",
    "lat",
    "lon",
    "place_type",
    "incident_number",
    "is_police_reported",
    "action_taken",
    "free_text",
    "replaces_row_id",
    "district_name",
    "title",
)
"""A report as text: what every source's file is mapped to, empty cells missing."""


def _text(*checks: pa.Check, nullable: bool = True) -> pa.Column:
    return pa.Column("str", checks=list(checks), nullable=nullable, required=True)


def _moment(*, nullable: bool) -> pa.Column:
    return pa.Column(MOMENT, nullable=nullable)


PLACED = pa.DataFrameSchema(
    {
        "line_number": pa.Column("int64", pa.Check.ge(1), unique=True),
        "row_key": _text(nullable=False),
        "source_row_id": _text(),
        "replaces_row_id": _text(),
        "kind": _text(pa.Check.isin([kind.value for kind in Kind]), nullable=False),
        "report_type": _text(pa.Check.isin([kind.value for kind in ReportType]), nullable=False),
        "occurred_from": _moment(nullable=False),
        "occurred_to": _moment(nullable=True),
        "is_time_known": pa.Column("bool"),
        "is_long_interval": pa.Column("bool"),
        "iso_week": _text(pa.Check.str_matches(r"^\d{4}-W\d{2}$"), nullable=False),
        "reported_at": _moment(nullable=True),
        "category_code": _text(),
        "subcategory_code": _text(),
        "severity": pa.Column("Int8", pa.Check.in_range(1, 4), nullable=True),
        "reliability": _text(),
        "incident_number": pa.Column("int32"),
        "is_police_reported": pa.Column("boolean", nullable=True),
        "place_type": _text(),
        "placing": _text(pa.Check.isin([way.value for way in Placing]), nullable=False),
        "district_id": _text(nullable=False),
        "place_id": _text(),
        "place_name": _text(),
        "place_text": _text(),
        "lon": pa.Column("float64", pa.Check.in_range(-180, 180), nullable=True),
        "lat": pa.Column("float64", pa.Check.in_range(-90, 90), nullable=True),
        "precision_m": pa.Column("float64", pa.Check.ge(0), nullable=True),
        "title": _text(),
        "free_text": _text(),
    },
    strict=True,
    ordered=True,
    name="placed",
)
"""What ingest hands over: one row a report of one file, typed, placed and masked.

`row_key` is the row's own cells as masked text, from which an id is made where the source has
none. `iso_week` is the week of the start (of the midpoint where `is_long_interval`). `lon` and
`lat` are WGS 84 and missing where only the district is known; `precision_m` is the radius in
metres within which the place is known. `place_text` is what stood (masked) where no place was
recognised: the place, else the street of the address. `free_text` and `title` are missing unless
the source's file keeps them.
"""

REPORT_COLUMNS = (
    "report_id",
    "kind",
    "source_id",
    "file_name",
    "line_number",
    "occurred_from",
    "occurred_to",
    "is_time_known",
    "is_long_interval",
    "iso_week",
    "reported_at",
    "received_at",
    "report_type",
    "category_code",
    "subcategory_code",
    "severity",
    "reliability",
    "incident_number",
    "is_police_reported",
    "place_type",
    "placing",
    "district_id",
    "place_id",
    "place_name",
    "place_text",
    "lon",
    "lat",
    "precision_m",
    "title",
    "free_text",
    "file_sha256",
    "version_at",
    "incident_id",
    "is_lead_report",
)
"""The published `report` table: one row a report, its latest version."""

WEEKLY_COUNTS = pa.DataFrameSchema(
    {
        "iso_week": _text(pa.Check.str_matches(r"^\d{4}-W\d{2}$"), nullable=False),
        "district_id": _text(nullable=False),
        "category_code": _text(nullable=False),
        "incident_count": pa.Column("int64"),
        "report_count": pa.Column("int64", pa.Check.ge(0)),
        "environment_case_count": pa.Column("int64"),
        "found_by_effort_count": pa.Column("int64"),
    },
    unique=["iso_week", "district_id", "category_code"],
    strict=True,
    ordered=True,
    name="week_district_category",
)
"""The published `week_district_category` table, zeros included.

`incident_count` counts incidents, as many as their reports of kind incident state (a source that
nets off an earlier row states -1) and each once, however many actors reported it, in the cell of
the report that leads; `report_count` counts those reports, each in its own cell.
`environment_case_count` and `found_by_effort_count` are counts of their own, never added.
"""


OCCURRENCES = pa.DataFrameSchema(
    {
        "occurrence_id": _text(nullable=False),
        "kind": _text(
            pa.Check.isin([Kind.INCIDENT.value, Kind.ENVIRONMENT_CASE.value]), nullable=False
        ),
        "iso_week": _text(pa.Check.str_matches(r"^\d{4}-W\d{2}$"), nullable=False),
        "occurred_from": _moment(nullable=False),
        "occurred_to": _moment(nullable=True),
        "is_time_known": pa.Column("bool"),
        "is_long_interval": pa.Column("bool"),
        "district_id": _text(nullable=False),
        "category_code": _text(nullable=False),
        "place_id": _text(),
        "place_name": _text(),
        "lon": pa.Column("float64", nullable=True),
        "lat": pa.Column("float64", nullable=True),
        "precision_m": pa.Column("float64", nullable=True),
        "is_coarse": pa.Column("bool"),
        "occurrence_count": pa.Column("int64"),
        "source_ids": pa.Column(object),
        "known_at": _moment(nullable=False),
    },
    strict=True,
    ordered=True,
    name="occurrences",
)
"""What the analyses are given: one row an incident or an environment case (never added together).

`occurrence_count` is what it counts for (a source that nets off an earlier row states -1).
`source_ids` are those that reported it, `known_at` when the first of its reports was known. Where
`is_coarse`, the place could point at a person: only the district is given.
"""

UNNAMED_POINTS = pa.DataFrameSchema(
    {
        "kind": _text(
            pa.Check.isin([Kind.INCIDENT.value, Kind.ENVIRONMENT_CASE.value]), nullable=False
        ),
        "category_code": _text(nullable=False),
        "district_id": _text(nullable=False),
        "occurred_from": _moment(nullable=False),
        "occurred_to": _moment(nullable=True),
        "lon": pa.Column("float64", nullable=True),
        "lat": pa.Column("float64", nullable=True),
        "precision_m": pa.Column("float64", nullable=True),
        "occurrence_count": pa.Column("int64"),
    },
    strict=True,
    ordered=True,
    name="unnamed_points",
)
"""Where and when the occurrences were, with nothing that says which is which.

Places are exact, those of homes too: only counts over the whole municipality may be made of it.
"""


def empty_placed() -> pd.DataFrame:
    """Give a frame with the columns and types of `PLACED` and no row."""
    # pandera names the text type by its storage; a real frame has pandas' own `str`
    types = {name: str(column.dtype) for name, column in PLACED.columns.items()}
    return pd.DataFrame(
        {
            name: pd.Series(dtype="str" if dtype.startswith("string") else dtype)
            for name, dtype in types.items()
        }
    )

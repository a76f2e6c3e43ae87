"""The week's numbers counted twice: from the published rows with plain pandas, from the content.

Nothing of the program is used for the first count, so that it can contradict the second.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

KINDS = {
    "incidents": "incident",
    "environment_cases": "environment_case",
    "found_by_effort": "found_by_effort",
}
Figures = dict[str, Any]


def recount(desk: Any, iso_week: str) -> Figures:
    """Count a week from the rows of the published report table."""
    reports = desk.reports
    reports = reports[reports["report_type"] != "inget att rapportera"]
    history = reports[reports["iso_week"] < iso_week]
    week = reports[reports["iso_week"] == iso_week]
    incidents = _incidents(week)
    rows = week[week["kind"] == "incident"]
    districts = sorted({*reports["district_id"]})
    counts = {
        name: _per_district(incidents if kind == "incident" else week[week["kind"] == kind], kind)
        for name, kind in KINDS.items()
    }
    before = str(
        (
            pd.Timestamp.fromisocalendar(int(iso_week[:4]), int(iso_week[6:]), 1)
            - pd.Timedelta(days=7)
        ).strftime("%G-W%V")
    )
    previous = {
        name: _per_district(
            _incidents(history) if kind == "incident" else history[history["kind"] == kind],
            kind,
            week=before,
        )
        for name, kind in KINDS.items()
    }
    return {
        "areas": {
            each: {name: counts[name].get(each, 0) for name in KINDS}
            | {"reports": int((rows["district_id"] == each).sum())}
            for each in districts
            if any(counts[name].get(each, 0) for name in KINDS)
        },
        "total": {name: sum(counts[name].values()) for name in KINDS} | {"reports": len(rows)},
        "previous": None
        if history.empty
        else {name: sum(previous[name].values()) for name in KINDS},
        "categories": {
            key: int(number)
            for key, number in incidents.groupby(["district_id", "category_code"])["number"]
            .sum()
            .items()
        },
        "joined": {
            len_: int(number)
            for len_, number in incidents["report_count"].value_counts().items()
            if len_ > 1
        },
        "rows": len(incidents) + int(week["kind"].isin(list(KINDS.values())[1:]).sum()),
    }


def _incidents(reports: pd.DataFrame) -> pd.DataFrame:
    """Give one row an incident: the cell of the report that leads, the highest number stated."""
    rows = reports[reports["kind"] == "incident"]
    grouped = rows.groupby("incident_id")
    leads = rows[rows["is_lead_report"]].set_index("incident_id")
    assert leads.index.is_unique
    assert set(leads.index) == set(rows["incident_id"])
    return leads.assign(
        number=grouped["incident_number"].max(), report_count=grouped["report_id"].count()
    )


def _per_district(rows: pd.DataFrame, kind: str, *, week: str | None = None) -> dict[str, int]:
    if week is not None:
        rows = rows[rows["iso_week"] == week]
    by = rows.groupby("district_id")
    counted = by["number"].sum() if kind == "incident" else by["report_id"].count()
    return {str(each): int(number) for each, number in counted.items() if number}


def figures_in(content: dict[str, Any]) -> Figures:
    """Give the same numbers as the page's content says them."""
    areas = [each for each in [*content["areas"], content["unplaced"]] if each]
    total = content["total"]
    before = {name: total[name]["previous"] for name in KINDS}
    return {
        "areas": {
            area["district_id"]: {name: area[name]["count"] for name in KINDS}
            | {"reports": area["report_count"]}
            for area in areas
            if any(area[name]["count"] for name in KINDS)
        },
        "total": {name: total[name]["count"] for name in KINDS}
        | {"reports": total["report_count"]},
        "previous": None if before["incidents"] is None else before,
        "categories": {
            (area["district_id"], each["category_code"]): each["count"]
            for area in areas
            for each in area["categories"]
        },
        "joined": _sizes(content["rows"]),
        "rows": len(content["rows"]),
    }


def _sizes(rows: list[dict[str, Any]]) -> dict[int, int]:
    sizes = pd.Series([1 + len(row["others"]) for row in rows], dtype="int64").value_counts()
    return {int(size): int(number) for size, number in sizes.items() if size > 1}

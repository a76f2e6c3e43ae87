"""Occurrences for tests: a frame as the store hands it to the analyses, from a few words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from est_pipeline.domain.schemas import OCCURRENCES
from est_pipeline.domain.weeks import IsoWeek

ZONE = ZoneInfo("Europe/Stockholm")


def occurrences(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """A frame of `OCCURRENCES`: each row says `week` and what differs from a plain incident.

    What is not known earlier or later (`known_at`) is known on the Tuesday of its week.
    """
    found = []
    for number, row in enumerate(rows):
        given = dict(row)
        week = IsoWeek.parse(given.pop("week"))
        start = week.start(ZONE) + timedelta(days=1, hours=12)
        found.append(
            {
                "occurrence_id": f"r{number:05d}",
                "kind": "incident",
                "iso_week": str(week),
                "occurred_from": start,
                "occurred_to": None,
                "is_time_known": True,
                "is_long_interval": False,
                "district_id": "ryd",
                "category_code": "skadegorelse",
                "place_id": None,
                "place_name": None,
                "lon": None,
                "lat": None,
                "precision_m": None,
                "is_coarse": False,
                "occurrence_count": 1,
                "source_ids": ["polisen"],
                "known_at": start,
                **given,
            }
        )
    frame = pd.DataFrame(found, columns=list(OCCURRENCES.columns))
    for name in ("occurred_from", "occurred_to", "known_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    texts = [
        *("occurrence_id", "kind", "iso_week", "district_id"),
        *("category_code", "place_id", "place_name"),
    ]
    numbers = dict.fromkeys(("lon", "lat", "precision_m"), "float64")
    numbers |= dict.fromkeys(("is_time_known", "is_long_interval", "is_coarse"), "bool")
    return OCCURRENCES.validate(
        frame.astype({**dict.fromkeys(texts, "str"), **numbers, "occurrence_count": "int64"})
    )

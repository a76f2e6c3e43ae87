"""The demo as pure data: which files come when, and what is true of them."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from est_pipeline.config import Configuration, Paths
from est_pipeline.demo.authors import Author, Calendar
from est_pipeline.demo.background import draw_background
from est_pipeline.demo.blemishes import Spoiler
from est_pipeline.demo.files import DemoFile, Renderer, lay_out
from est_pipeline.demo.meetings import plan_meetings
from est_pipeline.demo.planted import (
    plant_duplicates,
    plant_late_rows,
    plant_long_intervals,
    plant_near_repeats,
    plant_recurring_place,
    plant_rise,
    plant_secrets,
)
from est_pipeline.demo.rows import Keeper, Row
from est_pipeline.demo.scenario import read_scenario
from est_pipeline.demo.terrain import Terrain
from est_pipeline.demo.truths import build_truths
from est_pipeline.domain.kinds import Placing
from est_pipeline.domain.weeks import IsoWeek

DEFAULT_SEED = 2026
DEFAULT_LAST_WEEK = IsoWeek(2026, 47)
TRUTHS_NAME = "demo-facit.json"
"""The file beside the demo workspace's folders that holds the truths."""


@dataclass(frozen=True)
class DemoDelivery:
    """One made-up file as it reaches the inbox of its source."""

    source_id: str
    file_name: str
    received_at: datetime
    content: bytes


@dataclass(frozen=True)
class DemoPlan:
    """All deliveries in the order in which they come, and what is true of them."""

    deliveries: tuple[DemoDelivery, ...]
    truths: dict[str, Any]

    @property
    def as_of(self) -> datetime:
        """The moment at which the demo's lägesbild is made."""
        return datetime.fromisoformat(self.truths["period"]["as_of"]).astimezone(
            self.deliveries[-1].received_at.tzinfo
        )

    @property
    def batches(self) -> tuple[tuple[datetime, tuple[DemoDelivery, ...]], ...]:
        """The deliveries by day, each with the moment when the last of the day had come."""
        days: dict[object, list[DemoDelivery]] = {}
        for delivery in self.deliveries:
            days.setdefault(delivery.received_at.date(), []).append(delivery)
        return tuple((batch[-1].received_at, tuple(batch)) for batch in days.values())


def plan_demo(
    *,
    configuration: Configuration,
    districts: gpd.GeoDataFrame,
    places: pd.DataFrame,
    seed: int = DEFAULT_SEED,
    last_week: IsoWeek = DEFAULT_LAST_WEEK,
) -> DemoPlan:
    """Make up three years of reports from eight sources; the same seed gives the same bytes.

    Args:
        configuration: the workspace's sources (whose headers and codes the files are written
            with), categories and time zone.
        districts: as `domain.geography.read_districts` gives them.
        places: as `domain.geography.read_places` gives them.
        seed: everything is drawn from it.
        last_week: the week that the demo's lägesbild is about.
    """
    scenario = read_scenario()
    terrain = Terrain(districts, places, scenario.magnets)
    weeks = int(scenario.planted["veckor"])
    calendar = Calendar(scenario, last_week.plus(1 - weeks), last_week)
    rng = np.random.Generator(np.random.PCG64(seed))
    author = Author(scenario, configuration, terrain, calendar, rng)
    keeper = Keeper()
    planted = {
        "rise": plant_rise(author, keeper),
        "near_repeats": plant_near_repeats(author, keeper),
        "late": plant_late_rows(author, keeper),
        "secrets": plant_secrets(author, keeper),
        "long_intervals": plant_long_intervals(author, keeper),
        "pairs": plant_duplicates(author, keeper),
        "recurring": plant_recurring_place(author, keeper),
    }
    draw_background(author, keeper)
    _fill_lon_lat(keeper.rows, terrain)
    files = lay_out(
        keeper.rows, senders=scenario.senders, calendar=calendar, zone=configuration.zone
    )
    renderer = Renderer(configuration, scenario.senders)
    spoiler = Spoiler(author, renderer, files)
    spoiler.spoil()
    _fill_lon_lat([entry.row for file in files for entry in file.entries], terrain)
    minutes = plan_meetings(scenario.planted["moten"], last=last_week, zone=configuration.zone)
    deliveries = [_delivery(file, renderer) for file in files]
    deliveries += [
        DemoDelivery(each.source_id, each.file_name, each.received_at, each.render())
        for each in minutes
    ]
    deliveries.sort(key=lambda each: each.received_at)
    truths = build_truths(
        seed=seed,
        calendar=calendar,
        scenario=scenario,
        terrain=terrain,
        renderer=renderer,
        files=files,
        minutes=minutes,
        planted=planted,
    )
    return DemoPlan(tuple(deliveries), truths)


def _fill_lon_lat(rows: list[Row], terrain: Terrain) -> None:
    """Give every row that is told by its point its longitude and latitude."""
    pointed = [row for row in rows if row.way is Placing.COORDINATES and row.lon_lat is None]
    lons, lats = terrain.lon_lat(
        [row.easting_m or 0.0 for row in pointed], [row.northing_m or 0.0 for row in pointed]
    )
    for row, lon, lat in zip(pointed, lons, lats, strict=True):
        row.lon_lat = (lon, lat)


def _delivery(file: DemoFile, renderer: Renderer) -> DemoDelivery:
    return DemoDelivery(file.source_id, file.name, file.received_at, renderer.render(file))


def write_delivery(paths: Paths, delivery: DemoDelivery) -> Path:
    """Drop a made-up file into the inbox of its source."""
    file = paths.inbox / delivery.source_id / delivery.file_name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(delivery.content)
    return file


def write_truths(paths: Paths, plan: DemoPlan) -> Path:
    """Write the truths beside the workspace's folders."""
    file = paths.root / TRUTHS_NAME
    file.write_bytes(truths_text(plan.truths).encode())
    return file


def truths_text(truths: dict[str, Any]) -> str:
    """Give the truths as JSON: one line for each entry, so that it can be read and compared."""
    parts = []
    for key, value in truths.items():
        if isinstance(value, list):
            body = "[\n" + ",\n".join(f"  {_compact(one)}" for one in value) + "\n ]"
        elif isinstance(value, dict):
            lines = (f"  {_compact(name)}: {_compact(one)}" for name, one in value.items())
            body = "{\n" + ",\n".join(lines) + "\n }"
        else:
            body = _compact(value)
        parts.append(f" {_compact(key)}: {body}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_DEMO_VALUES = {
    "grupp": '"EST-gruppen (övning)"',
    "kontakt": '"ingen: detta är en övning med påhittade uppgifter"',
    "diarienummer": '"ÖVNING 2026-1"',
    "pahittade_uppgifter": "true",
}


def demo_settings(text: str) -> str:
    """Turn the text of the default `est.toml` into the demo's: marked as made up on every page.

    Raises:
        ValueError: a key to change does not stand exactly once under `[kommun]`.
    """
    start = re.search(r"^\[kommun\]\s*$", text, re.MULTILINE)
    if start is None:
        raise ValueError("est.toml has no table [kommun]")
    following = re.search(r"^\[", text[start.end() :], re.MULTILINE)
    end = start.end() + following.start() if following else len(text)
    section = text[start.end() : end]
    for key, value in _DEMO_VALUES.items():
        section, count = re.subn(
            rf"^{key}[ \t]*=.*$", f"{key} = {value}", section, flags=re.MULTILINE
        )
        if count != 1:
            raise ValueError(f"{key} stands {count} times under [kommun] in est.toml")
    changed = text[: start.end()] + section + text[end:]
    before, after = tomllib.loads(text), tomllib.loads(changed)
    expected = {key: tomllib.loads(f"v = {value}")["v"] for key, value in _DEMO_VALUES.items()}
    if after != {**before, "kommun": {**before["kommun"], **expected}}:
        raise ValueError("est.toml could not be turned into the demo's")
    return changed

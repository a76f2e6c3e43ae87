"""The demo's made-up reality, read from `scenario.toml`: what happens where, who reports it how."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from est_pipeline.domain.kinds import Kind

SECTIONS = {
    "handelser": Kind.INCIDENT,
    "miljo": Kind.ENVIRONMENT_CASE,
    "insatsfynd": Kind.FOUND_BY_EFFORT,
}
"""The tables of `scenario.toml` that hold streams of reports -> the kind they give."""


@dataclass(frozen=True)
class Rhythm:
    """When in the week things happen: weights for the days, and for the hours from 06 to 05."""

    day_weights: tuple[float, ...]
    hour_weights: tuple[float, ...]


@dataclass(frozen=True)
class Stream:
    """What usually happens of one category and one kind, and who reports it."""

    kind: Kind
    category_code: str
    weekly_mean: dict[str, float]
    rhythm: Rhythm
    peak_week: int
    amplitude: float
    dispersion: float
    newcomer_share: float
    severities: tuple[int, ...]
    source_weights: dict[str, float]
    subcategory_weights: dict[str, float]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Sender:
    """How one source's files look and how its rows say where."""

    source_id: str
    row_number: str
    history_name: str
    weekly_name: str
    is_history_by_year: bool
    encoding: str
    delimiter: str
    line_end: str
    decimal_mark: str
    time_format: str
    date_format: str
    decimals: int
    extra: dict[str, str]
    way_weights: dict[str, float]
    place_types: tuple[str, ...]
    coverage: dict[str, float]
    rhythm: Rhythm | None
    late_share: float
    date_only_share: float
    interval_share: float
    delay_hours: float
    clock: str
    can_say_nothing: bool


@dataclass(frozen=True)
class Peak:
    """A day of the year on whose week more happens."""

    month_day: str
    category_codes: tuple[str, ...]
    district_ids: tuple[str, ...]
    factor: float


@dataclass(frozen=True)
class Scenario:
    """All of `scenario.toml`; `planted` is its table of planted truths as it stands."""

    streams: tuple[Stream, ...]
    senders: dict[str, Sender]
    peaks: tuple[Peak, ...]
    magnets: dict[str, dict[str, float]]
    streets: dict[str, tuple[str, ...]]
    school_breaks: frozenset[int]
    planted: dict[str, Any]


def read_scenario() -> Scenario:
    """Read the scenario that comes with the package."""
    text = resources.files("est_pipeline.demo").joinpath("scenario.toml").read_text("utf-8")
    content = tomllib.loads(text)
    rhythms = {
        name: Rhythm(tuple(entry["dygn"]), tuple(entry["timmar"]))
        for name, entry in content["rytmer"].items()
    }
    return Scenario(
        streams=tuple(
            _stream(kind, code, entry, rhythms)
            for section, kind in SECTIONS.items()
            for code, entry in content[section].items()
        ),
        senders={
            source_id: _sender(source_id, entry, rhythms)
            for source_id, entry in content["kallor"].items()
        },
        peaks=tuple(
            Peak(
                month_day=entry["manad_dag"],
                category_codes=tuple(entry["handelser"]),
                district_ids=tuple(entry["stadsdelar"]),
                factor=entry["faktor"],
            )
            for entry in content["toppar"]
        ),
        magnets=content["platser"],
        streets={name: tuple(streets) for name, streets in content["adresser"].items()},
        school_breaks=frozenset(content["skollov_veckor"]),
        planted=content["planterat"],
    )


def _stream(kind: Kind, code: str, entry: dict[str, Any], rhythms: dict[str, Rhythm]) -> Stream:
    return Stream(
        kind=kind,
        category_code=code,
        weekly_mean=entry["medel"],
        rhythm=rhythms[entry["rytm"]],
        peak_week=entry["topp_vecka"],
        amplitude=entry["amplitud"],
        dispersion=entry["spridning"],
        newcomer_share=entry["nytillskott"],
        severities=tuple(entry["allvarlighetsgrad"]),
        source_weights=entry["kallor"],
        subcategory_weights=entry["under"],
        texts=tuple(entry["texter"]),
    )


def _sender(source_id: str, entry: dict[str, Any], rhythms: dict[str, Rhythm]) -> Sender:
    return Sender(
        source_id=source_id,
        row_number=entry["radnummer"],
        history_name=entry["historik"],
        weekly_name=entry["veckofil"],
        is_history_by_year=entry["arsvis"],
        encoding=entry["teckenkod"],
        delimiter=entry["skiljetecken"],
        line_end=entry["radslut"],
        decimal_mark=entry["decimaltecken"],
        time_format=entry["tid"],
        date_format=entry["datum"],
        decimals=entry["decimaler"],
        extra=entry["extra"],
        way_weights=entry["lagen"],
        place_types=tuple(entry["platstyper"]),
        coverage=entry["tackning"],
        rhythm=rhythms[entry["rytm"]] if "rytm" in entry else None,
        late_share=entry["sen"],
        date_only_share=entry["utan_klockslag"],
        interval_share=entry["intervall"],
        delay_hours=entry["fordrojning_timmar"],
        clock=entry["klockan"],
        can_say_nothing=entry.get("har_rapporttyp", True),
    )

"""Content: one frozen object that holds all that the report of a backtest may know.

Rates only: no district, no place and no category is named, so every field is open.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from est_pipeline.analysis.calibration import Promise
from est_pipeline.domain.kinds import InformationClass, Kind
from est_pipeline.lagesbild.disclosure import plain

OPEN = InformationClass.OPEN

SCHEMA_VERSION = 1
"""Version of `backtest.json`; rises when a key changes its meaning or goes away."""


@dataclass(frozen=True)
class Share:
    """An observed share and its 95 % interval."""

    share: Annotated[float, OPEN]
    low: Annotated[float, OPEN]
    high: Annotated[float, OPEN]


@dataclass(frozen=True)
class AlarmRate:
    """How often p lay below a level, in one group of comparisons, against that level."""

    grouping: Annotated[str, OPEN]
    group: Annotated[str, OPEN]
    promised: Annotated[float, OPEN]
    comparison_count: Annotated[int, OPEN]
    week_count: Annotated[int, OPEN]
    alarm_count: Annotated[int, OPEN]
    observed: Annotated[Share, OPEN]
    verdict: Annotated[Promise, OPEN]


@dataclass(frozen=True)
class WeeksWithAlarm:
    """How many weeks had at least one clear rise, against the most that quiet weeks should have."""

    week_count: Annotated[int, OPEN]
    alarm_week_count: Annotated[int, OPEN]
    observed: Annotated[Share, OPEN]
    promised: Annotated[float, OPEN]
    verdict: Annotated[Promise, OPEN]
    raised_count: Annotated[int, OPEN]
    raised_by_chance: Annotated[float, OPEN]


@dataclass(frozen=True)
class PitBin:
    """One bar of the PIT histogram; chance leaves it between `low` and `high`."""

    bin_from: Annotated[float, OPEN]
    bin_to: Annotated[float, OPEN]
    comparison_count: Annotated[int, OPEN]
    share: Annotated[float, OPEN]
    low: Annotated[float, OPEN]
    high: Annotated[float, OPEN]

    @property
    def is_outside(self) -> bool:
        """Whether the bar lies where chance alone would not leave it."""
        return not self.low <= self.share <= self.high


@dataclass(frozen=True)
class Detection:
    """How many planted rises of one size and length were found while they lasted.

    `expected_class` numbers the class of expected counts (-1: all). `raised_share` were at least
    `håll koll` or a slow rise.
    """

    size_code: Annotated[str, OPEN]
    length_weeks: Annotated[int, OPEN]
    expected_class: Annotated[int, OPEN]
    rise_count: Annotated[int, OPEN]
    found_count: Annotated[int, OPEN]
    found: Annotated[Share, OPEN]
    raised_share: Annotated[float, OPEN]
    median_weeks: Annotated[float | None, OPEN]


@dataclass(frozen=True)
class KindResult:
    """The signals of one kind."""

    kind: Annotated[Kind, OPEN]
    occurrence_count: Annotated[int, OPEN]
    rates: Annotated[tuple[AlarmRate, ...], OPEN]
    weeks: Annotated[WeeksWithAlarm, OPEN]
    pit: Annotated[tuple[PitBin, ...], OPEN]
    detections: Annotated[tuple[Detection, ...], OPEN]
    unconverged_count: Annotated[int, OPEN]

    def rate(self, promised: float, *, level: str) -> AlarmRate | None:
        """Give the rate of one level of comparison; none where there was none."""
        for each in self.rates:
            if (each.grouping, each.group, each.promised) == ("level", level, promised):
                return each
        return None

    def detection(
        self, size_code: str, length_weeks: int, expected_class: int = -1
    ) -> Detection | None:
        """Give one combination of planted rises; none where none was planted."""
        wanted = (size_code, length_weeks, expected_class)
        for each in self.detections:
            if (each.size_code, each.length_weeks, each.expected_class) == wanted:
                return each
        return None


class Standing(StrEnum):
    """How our rule of ranking places stands to another one."""

    OWN = "own"
    AHEAD = "ahead"
    LEVEL = "level"
    BEHIND = "behind"


@dataclass(frozen=True)
class Ranking:
    """How well one rule of ranking places foretold the next week, at one share of the area.

    `hit_rate` is the share of the weeks' incidents that lay in the places chosen, `pai` that share
    over the share of the area, `pei` that share over the best that was possible. `gain` is our
    rule's hit rate less this one's, over the same weeks.
    """

    rule: Annotated[str, OPEN]
    budget: Annotated[float, OPEN]
    week_count: Annotated[int, OPEN]
    incident_count: Annotated[int, OPEN]
    hit_count: Annotated[float, OPEN]
    hit_rate: Annotated[Share, OPEN]
    pai: Annotated[Share, OPEN]
    pei: Annotated[Share, OPEN]
    gain: Annotated[Share, OPEN]
    standing: Annotated[Standing, OPEN]


@dataclass(frozen=True)
class Tested:
    """What was tested, and on what.

    `backfilled_share` of the occurrences came with their source's history, so that nobody knows
    how late they were. `seed` is that of everything drawn.
    """

    first_week: Annotated[str, OPEN]
    last_week: Annotated[str, OPEN]
    week_count: Annotated[int, OPEN]
    history_from: Annotated[str, OPEN]
    backfilled_share: Annotated[float, OPEN]
    seed: Annotated[int, OPEN]


@dataclass(frozen=True)
class Backtest:
    """Everything that the report may know.

    `tested` is missing where the history is too short for a single week to be judged;
    `history_weeks` is then how long it is.
    """

    schema_version: Annotated[int, OPEN]
    municipality_name: Annotated[str, OPEN]
    mark: Annotated[str, OPEN]
    contact: Annotated[str, OPEN]
    is_demo: Annotated[bool, OPEN]
    information_class: Annotated[InformationClass, OPEN]
    as_of: Annotated[datetime, OPEN]
    last_week: Annotated[str, OPEN]
    history_weeks: Annotated[int, OPEN]
    tested: Annotated[Tested | None, OPEN]
    kinds: Annotated[tuple[KindResult, ...], OPEN]
    rankings: Annotated[tuple[Ranking, ...], OPEN]
    program_version: Annotated[str, OPEN]
    configuration_checksum: Annotated[str, OPEN]


def render_json(content: Backtest) -> str:
    """Write the content as JSON, the same bytes for the same content."""
    return json.dumps(plain(content), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

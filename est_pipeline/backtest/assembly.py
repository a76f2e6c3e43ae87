"""From measured frames to the content of the report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from est_pipeline.analysis import calibration
from est_pipeline.analysis.calibration import Promise
from est_pipeline.analysis.prediction_accuracy import OWN_RULE
from est_pipeline.backtest.content import (
    SCHEMA_VERSION,
    AlarmRate,
    Backtest,
    Detection,
    KindResult,
    PitBin,
    Ranking,
    Share,
    Standing,
    Tested,
    WeeksWithAlarm,
)
from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import InformationClass, Kind, Level
from est_pipeline.domain.weeks import IsoWeek, week_range
from est_pipeline.lagesbild.fields import number_of, records

_DIGITS = 6
"""Figures are rounded to so many: processors differ in the last ones."""
_LEVEL_ORDER = [Level.CELL.value, Level.DISTRICT.value, Level.CATEGORY.value, Level.CITY.value]


def measure_kind(
    comparisons: pd.DataFrame,
    rises: pd.DataFrame,
    *,
    kind: Kind,
    occurrence_count: int,
    unconverged_count: int,
    seed: int,
) -> KindResult:
    """Measure the judged weeks of one kind.

    Args:
        comparisons: one row a comparison, as `calibration` reads them.
        rises: as `calibration.measure_detection` reads them.
        kind: incidents or environment cases.
        occurrence_count: how many there are of the kind.
        unconverged_count: weeks in which a fit was not found.
        seed: of what is drawn.
    """
    weeks = calibration.count_alarm_weeks(comparisons)
    rates = [
        _rate(row) for row in records(calibration.measure_false_alarms(comparisons, seed=seed))
    ]
    order = {name: place for place, name in enumerate(_LEVEL_ORDER)}
    rates.sort(key=lambda rate: (rate.grouping != "level", order.get(rate.group, 0)))
    return KindResult(
        kind=kind,
        occurrence_count=occurrence_count,
        rates=tuple(rates),
        weeks=WeeksWithAlarm(
            week_count=weeks.week_count,
            alarm_week_count=weeks.alarm_week_count,
            observed=Share(_round(weeks.share), _round(weeks.low), _round(weeks.high)),
            promised=calibration.ALARM_WEEK_PROMISE,
            verdict=weeks.verdict,
            raised_count=weeks.raised_count,
            raised_by_chance=_round(weeks.raised_by_chance),
        ),
        pit=tuple(
            PitBin(
                bin_from=_round(row["bin_from"]),
                bin_to=_round(row["bin_to"]),
                comparison_count=int(row["comparison_count"]),
                share=_round(row["share"]),
                low=_round(row["low"]),
                high=_round(row["high"]),
            )
            for row in records(calibration.pit_histogram(comparisons, seed=seed))
        ),
        detections=tuple(_detection(row) for row in records(calibration.measure_detection(rises))),
        unconverged_count=unconverged_count,
    )


def build_content(
    *,
    configuration: Configuration,
    as_of: datetime,
    last: IsoWeek,
    tested: Sequence[IsoWeek],
    history_from: IsoWeek | None,
    backfilled_share: float,
    seed: int,
    kinds: tuple[KindResult, ...],
    rankings: pd.DataFrame | None,
    program_version: str,
) -> Backtest:
    """Put together what the report may know.

    Args:
        configuration: the workspace.
        as_of: the moment that the history is known at.
        last: the last week asked for.
        tested: the weeks that could be judged, oldest first.
        history_from: the first week that has anything; none where there is nothing.
        backfilled_share: the share of occurrences that came with their source's history.
        seed: of what was drawn.
        kinds: what was measured of each kind.
        rankings: as `summarise_places` gives it.
        program_version: of est_pipeline.
    """
    settings = configuration.settings
    municipality = settings.municipality
    information_class = InformationClass(settings.internal.information_class)
    marks = [information_class.value.upper(), settings.internal.secrecy_mark, municipality.group]
    return Backtest(
        schema_version=SCHEMA_VERSION,
        municipality_name=municipality.name,
        mark=" · ".join(mark for mark in marks if mark),
        contact=municipality.contact,
        is_demo=municipality.is_demo,
        information_class=information_class,
        as_of=as_of.astimezone(configuration.zone),
        last_week=str(last),
        history_weeks=len(week_range(history_from, last)) if history_from else 0,
        tested=Tested(
            first_week=str(tested[0]),
            last_week=str(tested[-1]),
            week_count=len(tested),
            history_from=str(history_from),
            backfilled_share=_round(backfilled_share),
            seed=seed,
        )
        if tested
        else None,
        kinds=kinds,
        rankings=tuple(_ranking(row) for row in records(rankings)) if rankings is not None else (),
        program_version=program_version,
        configuration_checksum=configuration.checksum,
    )


def _rate(row: dict[str, Any]) -> AlarmRate:
    return AlarmRate(
        grouping=row["grouping"],
        group=row["group"],
        promised=float(row["promised"]),
        comparison_count=int(row["comparison_count"]),
        week_count=int(row["week_count"]),
        alarm_count=int(row["alarm_count"]),
        observed=_share(row, "share", "low", "high"),
        verdict=Promise(row["verdict"]),
    )


def _detection(row: dict[str, Any]) -> Detection:
    return Detection(
        size_code=row["size_code"],
        length_weeks=int(row["length_weeks"]),
        expected_class=int(row["expected_class"]),
        rise_count=int(row["rise_count"]),
        found_count=int(row["found_count"]),
        found=_share(row, "share", "low", "high"),
        raised_share=_round(row["raised_share"]),
        median_weeks=number_of(row["median_weeks"]),
    )


def _ranking(row: dict[str, Any]) -> Ranking:
    gain = _share(row, "gain", "gain_low", "gain_high")
    return Ranking(
        rule=row["rule"],
        budget=float(row["budget"]),
        week_count=int(row["week_count"]),
        incident_count=int(row["incident_count"]),
        hit_count=_round(row["hit_count"]),
        hit_rate=_share(row, "hit_rate", "hit_rate_low", "hit_rate_high"),
        pai=_share(row, "pai", "pai_low", "pai_high"),
        pei=_share(row, "pei", "pei_low", "pei_high"),
        gain=gain,
        standing=_standing(row["rule"], gain),
    )


def _standing(rule: str, gain: Share) -> Standing:
    if rule == OWN_RULE:
        return Standing.OWN
    if gain.low > 0:
        return Standing.AHEAD
    return Standing.BEHIND if gain.high < 0 else Standing.LEVEL


def _share(row: dict[str, Any], name: str, low: str, high: str) -> Share:
    return Share(_round(row[name]), _round(row[low]), _round(row[high]))


def _round(value: Any) -> float:
    return round(float(value), _DIGITS)

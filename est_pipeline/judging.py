"""Judging a week: a workspace's occurrences and rules, and what the signals say of each count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import pandas as pd

from est_pipeline.analysis.history import (
    LONGEST_PERIOD,
    CountedOccurrences,
    index_occurrences,
    weekly_history,
)
from est_pipeline.analysis.signals import Judged, judge_week
from est_pipeline.config import Configuration
from est_pipeline.domain.dated_steps import read_steps
from est_pipeline.domain.geography import neighbouring_districts
from est_pipeline.domain.kinds import Kind, Rhythm, SourceState
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.special_days import read_calendar
from est_pipeline.domain.text import fold
from est_pipeline.domain.weeks import IsoWeek

JUDGED_KINDS = (Kind.INCIDENT, Kind.ENVIRONMENT_CASE)
"""What effort found is never judged, and context is not counted."""


@dataclass(frozen=True)
class Rules:
    """What a workspace's files say about judging, read once for any number of weeks.

    `calendar` reaches from the first week asked for to the last; `steps` are the dated steps,
    `neighbours` the pairs of districts that lie beside one another.
    """

    calendar: pd.DataFrame
    steps: pd.DataFrame
    neighbours: tuple[tuple[str, str], ...]
    false_discovery_rate: float


def read_rules(
    configuration: Configuration, districts: gpd.GeoDataFrame, *, first: IsoWeek, last: IsoWeek
) -> Rules:
    """Read what decides on the judging of the weeks from `first` to `last`.

    Raises:
        ConfigError: the calendar or the file of dated steps is wrong.
    """
    settings, data = configuration.settings, configuration.paths.data
    written = dict(zip(districts["district_id"], districts["name"], strict=True))
    written[REST_ID] = settings.area.rest_name
    names = {
        fold(word): str(district_id)
        for district_id, name in written.items()
        for word in (str(district_id), str(name))
    }
    return Rules(
        calendar=read_calendar(
            data / settings.area.calendar_file,
            country=settings.municipality.holiday_country,
            first=first.plus(-LONGEST_PERIOD).monday,
            last=last.sunday,
        ),
        steps=read_steps(
            data / settings.signals.steps_file,
            districts=names,
            category_words={
                word: code
                for word, (code, sub) in configuration.categories.words.items()
                if sub is None
            },
        ),
        neighbours=neighbouring_districts(
            districts,
            within_m=settings.signals.neighbour_metres,
            metric_crs=settings.area.metric_crs,
        ),
        false_discovery_rate=settings.signals.false_discovery_rate,
    )


def index_kind(
    occurrences: pd.DataFrame,
    *,
    kind: Kind,
    configuration: Configuration,
    districts: gpd.GeoDataFrame,
) -> CountedOccurrences:
    """Make one kind's occurrences ready for any number of weeks."""
    return index_occurrences(
        occurrences,
        kind=kind,
        zone=configuration.zone,
        district_ids=[*districts["district_id"], REST_ID, UNPLACED_ID],
        category_codes=configuration.categories.codes,
    )


def judge_counted(
    counted: CountedOccurrences,
    *,
    week: IsoWeek,
    as_of: datetime,
    rules: Rules,
    silent_ids: tuple[str, ...] = (),
) -> Judged:
    """Judge one kind's counts of a week as they were known at a moment."""
    history = weekly_history(counted, week=week, as_of=as_of)
    judgement = judge_week(
        history,
        calendar=rules.calendar,
        steps=rules.steps,
        neighbours=rules.neighbours,
        silent_ids=silent_ids,
        false_discovery_rate=rules.false_discovery_rate,
    )
    return Judged(history, judgement)


def judge(
    occurrences: pd.DataFrame,
    *,
    configuration: Configuration,
    districts: gpd.GeoDataFrame,
    week: IsoWeek,
    as_of: datetime,
    silent_ids: tuple[str, ...] = (),
) -> dict[Kind, Judged]:
    """Judge the counts of a week, incidents and environment cases each for themselves.

    Args:
        occurrences: `domain.schemas.OCCURRENCES`, from at least five years before the week.
        configuration: the workspace.
        districts: as `read_districts` gives them.
        week: the week judged.
        as_of: the moment it is judged at.
        silent_ids: as `silent_sources` gives them.
    """
    rules = read_rules(configuration, districts, first=week, last=week)
    return {
        kind: judge_counted(
            index_kind(occurrences, kind=kind, configuration=configuration, districts=districts),
            week=week,
            as_of=as_of,
            rules=rules,
            silent_ids=silent_ids,
        )
        for kind in JUDGED_KINDS
    }


def silent_sources(
    source_states: pd.DataFrame, *, rhythms: Mapping[str, Rhythm], week_ended_at: datetime
) -> tuple[str, ...]:
    """Give the sources whose silence could make a week look calm.

    Those that are late or silent, and those that report weekly or oftener and have sent nothing
    since the week ended.
    """
    is_out = source_states["state"].isin([SourceState.LATE.value, SourceState.SILENT.value])
    weekly = [id_ for id_, rhythm in rhythms.items() if rhythm in (Rhythm.DAILY, Rhythm.WEEKLY)]
    often = source_states["source_id"].isin(weekly)
    is_out |= often & (source_states["last_file_at"] < week_ended_at)
    return tuple(source_states.loc[is_out, "source_id"])

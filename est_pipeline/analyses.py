"""What the analyses say of a week: from the store's occurrences to what the page is built of."""

from __future__ import annotations

from datetime import datetime

from est_pipeline.analysis.history import LONGEST_PERIOD
from est_pipeline.analysis.near_repeat import YEARS, find_near_repeats
from est_pipeline.analysis.rhythm import find_rhythm
from est_pipeline.config import Configuration
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.ingest.intake import Reference
from est_pipeline.judging import judge
from est_pipeline.lagesbild.assembly import Analyses
from est_pipeline.lagesbild.map_layers import build_earlier_weeks
from est_pipeline.lagesbild.recurring_places import build_recurring_places
from est_pipeline.store.warehouse import Warehouse


def analyse_week(
    warehouse: Warehouse,
    configuration: Configuration,
    reference: Reference,
    *,
    week: IsoWeek,
    as_of: datetime,
    silent_ids: tuple[str, ...],
) -> Analyses:
    """Analyse a week with at most five years before it, from what was known at a moment.

    Args:
        warehouse: the open store.
        configuration: the workspace.
        reference: districts and gazetteer.
        week: the week of the page.
        as_of: only what was known then counts.
        silent_ids: sources whose silence could make the week look calm.
    """
    occurrences = warehouse.occurrences(
        as_of=as_of,
        first_week=str(week.plus(-LONGEST_PERIOD)),
        last_week=str(week),
        coarse=configuration.coarse_rule,
    )
    points = warehouse.unnamed_points(
        as_of=as_of, first_week=str(week.plus(-53 * YEARS)), last_week=str(week)
    )
    districts = reference.districts
    return Analyses(
        judged=judge(
            occurrences,
            configuration=configuration,
            districts=districts,
            week=week,
            as_of=as_of,
            silent_ids=silent_ids,
        ),
        silent_ids=silent_ids,
        recurring=build_recurring_places(
            occurrences,
            week=week,
            places=reference.gazetteer.entries,
            district_names={
                **dict(zip(districts["district_id"], districts["name"], strict=True)),
                REST_ID: configuration.settings.area.rest_name,
                UNPLACED_ID: "",
            },
            category_names=configuration.categories.names,
        ),
        rhythm=find_rhythm(occurrences, zone=configuration.zone, week=week),
        near_repeats=find_near_repeats(
            points,
            zone=configuration.zone,
            metric_crs=configuration.settings.area.metric_crs,
            last_on=week.sunday,
        ),
        earlier=build_earlier_weeks(
            occurrences, week=week, category_names=configuration.categories.names
        ),
    )

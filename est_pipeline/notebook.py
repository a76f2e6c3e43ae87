"""What an analyst opens a workspace with: the published tables, SQL over them, and a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from est_pipeline.analysis.near_repeat import (
    DAY_BANDS,
    DISTANCE_BANDS,
    PERMUTATIONS,
    WINDOW_DAYS,
    Metric,
    NearRepeats,
    find_near_repeats,
)
from est_pipeline.analysis.places import rank_places
from est_pipeline.analysis.rhythm import count_times, spread_hours, sum_rhythm
from est_pipeline.config import Configuration, read_configuration
from est_pipeline.domain.geography import read_basemap, read_districts
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.schemas import OCCURRENCES
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.judging import judge
from est_pipeline.store.reading import query_tables, read_table

if TYPE_CHECKING:
    import folium


@dataclass(frozen=True)
class Workspace:
    """A workspace as an analyst sees it; nothing here changes it or holds up a run."""

    configuration: Configuration

    def reports(self) -> pd.DataFrame:
        """Give the reports: one row a report, its latest version; moments in UTC."""
        return read_table(self.configuration.paths.store, "report")

    def incidents(self) -> pd.DataFrame:
        """Give the incidents: one row an incident, of kind incident only; moments in UTC."""
        return read_table(self.configuration.paths.store, "incident")

    def weekly_counts(self) -> pd.DataFrame:
        """Give the counts: one row a week, district and category, zeros included."""
        return read_table(self.configuration.paths.store, "week_district_category")

    def meeting_notes(self) -> pd.DataFrame:
        """Give the meetings' decisions and notes: one row each, its latest version."""
        return read_table(self.configuration.paths.store, "meeting_note")

    def occurrences(self) -> pd.DataFrame:
        """Give what the analyses are given: incidents and environment cases, each once.

        Returns:
            One row an incident or environment case: `domain.schemas.OCCURRENCES`; moments in UTC.
            The two kinds are told apart by `kind` and never added together.
        """
        incidents = self.incidents().rename(
            columns={"incident_id": "occurrence_id", "incident_number": "occurrence_count"}
        )
        reports = self.reports()
        cases = reports[reports["kind"] == Kind.ENVIRONMENT_CASE.value].rename(
            columns={
                "report_id": "occurrence_id",
                "incident_number": "occurrence_count",
                "received_at": "known_at",
            }
        )
        found = pd.concat(
            [
                incidents.assign(kind=Kind.INCIDENT.value),
                cases.assign(source_ids=cases["source_id"].map(lambda source_id: [source_id])),
            ]
        )
        ordered = found.sort_values(["iso_week", "occurred_from", "occurrence_id"])
        chosen = ordered.loc[ordered["category_code"].notna(), list(OCCURRENCES.columns)]
        chosen = chosen.reset_index(drop=True)
        return OCCURRENCES.validate(chosen.astype({"occurrence_count": "int64"}))

    def signals(
        self, iso_week: str, *, as_of: datetime | None = None, kind: Kind = Kind.INCIDENT
    ) -> pd.DataFrame:
        """Judge the counts of a week as the page does: is this unusual, and how sure is that.

        Args:
            iso_week: such as `2026-W47`.
            as_of: only what was known then counts (aware; all that is published where missing).
            kind: incidents or environment cases, each judged for themselves.

        Returns:
            One row a comparison (`analysis.signals.COMPARISON_COLUMNS`): count, expected count,
            the middle 90 % of what is expected, mid-p and verdict.

        Raises:
            ValueError: there is no such week.
        """
        occurrences = self.occurrences()
        moment = as_of or max(
            IsoWeek.parse(iso_week).end(self.configuration.zone), occurrences["known_at"].max()
        )
        judged = judge(
            occurrences,
            configuration=self.configuration,
            districts=self.districts(),
            week=IsoWeek.parse(iso_week),
            as_of=moment,
        )
        return judged[kind].judgement.comparisons

    def rhythm(
        self,
        *,
        kind: Kind = Kind.INCIDENT,
        district_id: str | None = None,
        category_code: str | None = None,
        block_hours: int = 1,
    ) -> pd.DataFrame:
        """Give when things happen: one row a weekday, one column a block of the day, local time.

        What is only known to lie between two moments is spread over the hours between them
        (aoristic weights; see `analysis.rhythm`). Left out are those without a known time, those
        that span more than a day, and those that are shown coarsely; how many stands in the
        frame's `attrs` (`occurrence_count` is the sum of the others).

        Args:
            kind: incidents or environment cases; the two are never added.
            district_id: one district alone.
            category_code: one category alone.
            block_hours: hours in a block; a divisor of 24.
        """
        chosen = self.occurrences()
        if district_id is not None:
            chosen = chosen[chosen["district_id"] == district_id]
        if category_code is not None:
            chosen = chosen[chosen["category_code"] == category_code]
        spread = spread_hours(chosen, zone=self.configuration.zone, kind=kind)
        table = sum_rhythm(spread, by=[], block_hours=block_hours)
        counts = count_times(chosen, kind=kind).sum(numeric_only=True)
        wide = table.pivot_table(
            index="weekday", columns="from_hour", values="weight", aggfunc="sum"
        )
        wide.attrs |= {str(name): int(number) for name, number in counts.items()}
        return wide

    def near_repeats(
        self,
        *,
        distance_bands: Sequence[float] = DISTANCE_BANDS,
        day_bands: Sequence[int] = DAY_BANDS,
        metric: Metric = "euclidean",
        window_days: int | None = WINDOW_DAYS,
        permutations: int = PERMUTATIONS,
    ) -> NearRepeats:
        """Tell how far and how long the risk stays raised after an incident of each category.

        Reads the published incidents, so those at homes are left out (they have no point there);
        the page counts them too.

        Args:
            distance_bands: rising edges in metres, half-open.
            day_bands: rising edges in days, half-open.
            metric: `euclidean` or `manhattan`.
            window_days: within how many days times change places; None is the plain Knox test.
            permutations: how many orders are drawn.

        Returns:
            `categories` and `cells`, as `analysis.near_repeat.NearRepeats` describes them.
        """
        zone = self.configuration.zone
        points = self.occurrences()
        last = points["occurred_from"].max() if len(points) else pd.Timestamp(0, tz="UTC")
        return find_near_repeats(
            points,
            zone=zone,
            metric_crs=self.configuration.settings.area.metric_crs,
            last_on=last.tz_convert(zone).date(),
            distance_bands=distance_bands,
            day_bands=day_bands,
            metric=metric,
            window_days=window_days,
            permutations=permutations,
        )

    def sql(self, query: str) -> pd.DataFrame:
        """Answer one SELECT over the published tables, each by its name."""
        return query_tables(self.configuration.paths.store, query)

    def districts(self) -> gpd.GeoDataFrame:
        """Give the districts: `district_id`, `name`, `aliases`, `population`, `geometry`."""
        area = self.configuration.settings.area
        return read_districts(
            self.configuration.paths.data / area.districts_file,
            id_key=area.district_id_key,
            name_key=area.district_name_key,
        )

    def recurring_places(self, iso_week: str) -> pd.DataFrame:
        """Rank named places and hexagons for the week after a week, as the page does.

        Args:
            iso_week: the last week that counts, such as `2026-W47`.

        Returns:
            One row a place, the columns of `analysis.places.rank_places`: what it is expected to
            bring a week (`score`), the counts behind it, whether it is persistent, new, rising or
            fading, and whether it is called a recurring place (`standing`).
        """
        return rank_places(self.occurrences(), week=IsoWeek.parse(iso_week))

    def map(self, iso_week: str) -> folium.Map:
        """Draw the districts and one week's incident points; nothing is fetched from the web.

        Args:
            iso_week: such as `2026-W47`.
        """
        import folium

        districts = self.districts()
        west, south, east, north = (float(edge) for edge in districts.total_bounds)
        basemap, attribution = read_basemap(
            self.configuration.paths.data / self.configuration.settings.area.basemap_file
        )
        chart = folium.Map(tiles=None, attr=attribution)
        if not basemap.empty:
            lines = basemap[["geometry"]]
            folium.GeoJson(
                lines, style_function=lambda _: {"color": "#c9c9c0", "weight": 1}, control=False
            ).add_to(chart)
        folium.GeoJson(
            districts[["name", "geometry"]],
            style_function=lambda _: {"color": "#1d2735", "weight": 2, "fillOpacity": 0.05},
            tooltip=folium.GeoJsonTooltip(["name"], labels=False),
            control=False,
        ).add_to(chart)
        points = self.incidents()
        points = points[(points["iso_week"] == iso_week) & points["lon"].notna()]
        if not points.empty:
            layer = gpd.GeoDataFrame(
                points[["category_code"]],
                geometry=gpd.points_from_xy(points["lon"], points["lat"]),
                crs="EPSG:4326",
            )
            folium.GeoJson(
                layer,
                marker=folium.CircleMarker(radius=5, color="#2f5fa5", fill=True),
                tooltip=folium.GeoJsonTooltip(["category_code"], labels=False),
            ).add_to(chart)
        chart.fit_bounds([[south, west], [north, east]])
        return chart


def open_workspace(root: Path | str) -> Workspace:
    """Open a workspace for reading.

    Raises:
        WorkspaceError: the folder is no workspace.
        ConfigError: its configuration is wrong.
    """
    return Workspace(read_configuration(Path(root)))

"""What an analyst opens a workspace with: the published tables, SQL over them, and a map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from est_pipeline.config import Configuration, read_configuration
from est_pipeline.domain.geography import read_basemap, read_districts
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.schemas import OCCURRENCES
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
        chosen = ordered[list(OCCURRENCES.columns)].reset_index(drop=True)
        return OCCURRENCES.validate(chosen.astype({"occurrence_count": "int64"}))

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

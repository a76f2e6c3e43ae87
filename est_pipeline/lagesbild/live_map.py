"""The live map: folium and Leaflet, no network.

Its details are read from the page's tables, so map and table cannot disagree, and no text of a
report passes as markup.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2.utils import htmlsafe_json_dumps

from est_pipeline.domain.text import slug, unturned
from est_pipeline.lagesbild import swedish, wording
from est_pipeline.lagesbild.content import Lagesbild, MapFeature, Outline, Position
from est_pipeline.lagesbild.map_layers import EarlierWeeks
from est_pipeline.lagesbild.map_spots import (
    KIND_CLASSES,
    MEASURE_GAP,
    MEASURE_SIDE,
    MOST_LABELS,
    PRIORITY_RADIUS,
    features_by_class,
    incident_number_of,
    is_area,
    label_position,
    map_layers,
    radius,
)
from est_pipeline.lagesbild.recurring_places import RecurringPlace


@dataclass(frozen=True)
class LiveMap:
    """The parts of the live map: its element, and the scripts in the order in which they run."""

    element: str
    leaflet: str
    script: str


def live_map(content: Lagesbild) -> LiveMap:
    """Draw the live map with folium: vectors only, fixed ids, nothing fetched."""
    import folium
    from folium.template import Template
    from folium.utilities import JsCode

    class Map(folium.Map):
        default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium reads it from the class
        default_css: list[tuple[str, str]] = []  # noqa: RUF012

    class Finish(folium.MacroElement):
        """Controls in Swedish, attribution, names of the districts."""

        _template = Template(
            "{% macro script(this, kwargs) %}"
            "estFinish({{ this._parent.get_name() }}, {{ this.words|tojson }});"
            "{% endmacro %}"
        )

        def __init__(self, words: dict[str, Any]) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._name = "Finish"
            self.words = words

    ground = content.ground
    texts = _Texts()
    west, south, east, north = ground.bounds
    chart = Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        scroll_wheel_zoom=False,
        zoom_snap=0.25,
        zoom_delta=0.75,
        max_zoom=18,
        min_zoom=8,
    )
    chart._id = "est"
    if ground.tiles is not None:
        add_layer(
            folium.TileLayer(
                ground.tiles.url,
                attr=texts.put(html.escape(ground.tiles.attribution)),
                name="Webbkarta",
                control=False,
                max_zoom=18,
            ),
            chart,
            "webbkarta",
        )
    # areas of the base map would hide the tiles
    for map_class, features in features_by_class(ground.features if ground.tiles is None else ()):
        add_layer(
            folium.GeoJson(
                _collection(_feature_geometry(feature) for feature in features),
                control=False,
                interactive=False,
                class_name=f"k-{slug(map_class)}",
            ),
            chart,
            f"k_{slug(map_class).replace('-', '_')}",
        )
    add_layer(
        folium.GeoJson(
            _collection(
                (
                    ("MultiPolygon", outline.polygons),
                    {
                        "name": texts.put(outline.name),
                        "note": texts.put(_district_note(content, outline)),
                    },
                )
                for outline in ground.outlines
            ),
            control=False,
            class_name="k-stadsdel",
            on_each_feature=JsCode("estDistrict"),
        ),
        chart,
        "stadsdelar",
    )
    layers = map_layers(content)
    layer_of = {layer.category_code: number for number, layer in enumerate(layers)}
    if content.earlier is not None and content.earlier.incidents:
        _add_points(
            chart,
            name=texts.put(html.escape(wording.earlier_weeks(content.earlier))),
            layer_id="tidigare",
            points=[
                (
                    (each.lon, each.lat),
                    is_area(each.precision_m),
                    {
                        "c": layer_of.get(each.category_code, -1),
                        "n": _category_number(each.category_code, content.earlier),
                        "a": each.weeks_ago,
                        "k": each.count,
                        "r": radius(each.precision_m),
                    },
                )
                for each in content.earlier.incidents
            ],
            class_name="punkt p-tidigare",
            on_each="estEarlier",
        )
    places = content.recurring.certain if content.recurring else ()
    if places:
        add_layer(
            folium.GeoJson(
                _collection(_priority(number, place) for number, place in enumerate(places, 1)),
                name=wording.PRIORITY_LAYER,
                marker=folium.CircleMarker(radius=PRIORITY_RADIUS, class_name="p-prioritera"),
                class_name="p-prioritera",
                on_each_feature=JsCode("estPriority"),
            ),
            chart,
            "prioritera",
        )
    decisions = content.since_last.on_map if content.since_last else ()
    if decisions:
        add_layer(
            folium.GeoJson(
                _collection(
                    (("Point", (point.lon, point.lat)), {"number": number})
                    for number, _, point in decisions
                ),
                name=wording.MEASURE_LAYER,
                marker=folium.Marker(
                    icon=folium.DivIcon(
                        icon_size=(MEASURE_SIDE, MEASURE_SIDE),
                        icon_anchor=(-MEASURE_GAP, MEASURE_SIDE + MEASURE_GAP),
                        popup_anchor=(MEASURE_GAP + MEASURE_SIDE // 2, -MEASURE_SIDE),
                        html="",
                        class_name="p-beslut",
                    ),
                    # the way there by keyboard is the table, as for every other layer
                    keyboard=False,
                ),
                on_each_feature=JsCode("estDecision"),
            ),
            chart,
            "beslut",
        )
    for layer in layers:
        _add_points(
            chart,
            # Leaflet's layer control takes names as markup
            name=texts.put(html.escape(layer.name)),
            layer_id=layer.layer_id,
            points=[
                (
                    spot.position,
                    spot.is_area,
                    {
                        "rows": [row.own_id for row in spot.rows],
                        "counted": incident_number_of(spot),
                        "r": spot.radius,
                    },
                )
                for spot in layer.spots
            ],
            class_name=f"punkt {KIND_CLASSES[layer.kind]}",
            on_each="estSpot",
        )
    folium.LayerControl(collapsed=True, position="topright").add_to(chart)._id = "est"
    chart.fit_bounds([[south, west], [north, east]], padding=(18, 18))
    chart.add_child(
        Finish(
            {
                "attribution": texts.put(ground.attribution if ground.tiles is None else ""),
                "labels": [
                    {
                        "name": texts.put(outline.name),
                        "at": list(reversed(label_position(outline))),
                    }
                    for outline in ground.outlines
                ]
                if len(ground.outlines) <= MOST_LABELS
                else [],
                "categories": [texts.put(name) for name in _category_names(content.earlier)],
                "weeks": [swedish.short_week(each) for each in content.earlier.iso_weeks]
                if content.earlier
                else [],
                "one": wording.INCIDENT.one,
                "many": wording.INCIDENT.many,
            }
        )
    )
    figure: Any = chart.get_root()
    figure.render()
    return LiveMap(
        element=figure.html.render().strip(),
        leaflet=leaflet_script(),
        script=texts.fill(_compact(figure.script.render())),
    )


def _add_points(
    chart: Any,
    *,
    name: str,
    layer_id: str,
    points: list[tuple[Position, bool, dict[str, Any]]],
    class_name: str,
    on_each: str,
) -> None:
    """Add a layer of points that can be switched: circles of pixels, and areas to scale."""
    import folium
    from folium.utilities import JsCode

    group = folium.FeatureGroup(name=name)
    add_layer(group, chart, layer_id)
    for as_area, marker in (
        (True, folium.Circle(class_name=f"{class_name} yta")),
        (False, folium.CircleMarker(class_name=class_name)),
    ):
        chosen = [(where, more) for where, shape, more in points if shape is as_area]
        if chosen:
            add_layer(
                folium.GeoJson(
                    _collection((("Point", where), more) for where, more in chosen),
                    control=False,
                    marker=marker,
                    on_each_feature=JsCode(on_each),
                ),
                group,
                f"{layer_id}{'ytor' if as_area else 'punkter'}",
            )


def _category_names(earlier: EarlierWeeks | None) -> list[str]:
    incidents = earlier.incidents if earlier else ()
    return list({each.category_code: each.category_name for each in incidents}.values())


def _category_number(code: str, earlier: EarlierWeeks) -> int:
    return list({each.category_code: None for each in earlier.incidents}).index(code)


def _priority(number: int, place: RecurringPlace) -> tuple[tuple[str, Any], dict[str, Any]]:
    """Give a place to prioritise: its hexagon, or the named place's point."""
    geometry: tuple[str, Any] = (
        ("Polygon", [place.outline]) if place.outline else ("Point", (place.lon, place.lat))
    )
    return geometry, {"number": number}


class _Texts:
    """The workspace's texts, kept away from folium, which reads its own output as a template again.

    A name with braces in it would be run there. So folium gets a mark in its place, and the text is
    put where the mark stands when folium is done.
    """

    def __init__(self) -> None:
        self._kept: list[str] = []

    def put(self, text: str) -> str:
        self._kept.append(unturned(text))
        return f"est-text-{len(self._kept) - 1}"

    def fill(self, script: str) -> str:
        def kept(found: re.Match[str]) -> str:
            return str(htmlsafe_json_dumps(self._kept[int(found[1])]))

        return re.sub(r'"est-text-(\d+)"', kept, script)


def add_layer(layer: Any, chart: Any, layer_id: str) -> None:
    """Add a folium layer under a fixed id (folium's own are random)."""
    layer._id = layer_id
    layer.add_to(chart)


@cache
def leaflet_script() -> str:
    """Give Leaflet's script from the installed package."""
    text = _leaflet_file("leaflet.js").decode("utf-8").replace("\r\n", "\n")
    return re.sub(r"\n?//# sourceMappingURL=.*", "", text).strip()


@cache
def leaflet_style() -> str:
    """Give Leaflet's style sheet from the installed package, its images inside it."""

    def embedded(found: re.Match[str]) -> str:
        picture = base64.b64encode(_leaflet_file(found[1])).decode("ascii")
        return f"url(data:image/png;base64,{picture})"

    text = _leaflet_file("leaflet.css").decode("utf-8").replace("\r\n", "\n")
    text = re.sub(r"url\(#default#VML\)", "none", text)
    return re.sub(r"url\((images/[\w.-]+)\)", embedded, text).strip()


def _leaflet_file(name: str) -> bytes:
    folder = resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    return folder.joinpath(*name.split("/")).read_bytes()


def _compact(script: str) -> str:
    """Take out indentation and empty lines of folium's templates; no text lies across lines."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line)


def _collection(features: Iterable[tuple[tuple[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": kind, "coordinates": coordinates},
            }
            for (kind, coordinates), properties in features
        ],
    }


def _feature_geometry(feature: MapFeature) -> tuple[tuple[str, Any], dict[str, Any]]:
    if feature.is_area:
        return ("Polygon", feature.lines), {}
    return ("MultiLineString", feature.lines), {}


def _district_note(content: Lagesbild, outline: Outline) -> str:
    """Say how many of a district's incidents are known to the district only."""
    for area in content.areas:
        if area.district_id == outline.district_id and area.without_point_count:
            incidents = swedish.tallied(area.without_point_count, wording.INCIDENT)
            return f"{incidents} utan punkt på kartan"
    return ""

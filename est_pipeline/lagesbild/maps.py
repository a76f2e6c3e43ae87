"""Maps: the live map (folium and Leaflet, no network) and the still map (our own SVG).

Both are drawn from the same content: base map, districts, and one circle a position and layer,
whose size says how exactly the position is known. The live map's details are read from the
page's tables, so map and table cannot disagree, and no text of a report passes as markup. Colours
stand in the style sheet, by class.
"""

from __future__ import annotations

import base64
import html
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2.utils import htmlsafe_json_dumps

from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.text import slug, unturned
from est_pipeline.lagesbild import swedish, wording
from est_pipeline.lagesbild.content import (
    MAP_MARGIN,
    Lagesbild,
    Line,
    MapFeature,
    MapGround,
    Outline,
    Position,
    ReportRow,
)
from est_pipeline.lagesbild.map_layers import EarlierWeeks
from est_pipeline.lagesbild.recurring_places import RecurringPlace

RADIUS_STEPS = ((50, 5), (150, 8))
"""A position known within so many metres is drawn as a circle of so many pixels."""
AREA_FROM_M = 150
"""What is known less exactly than this is drawn as the area in which it lies, to scale."""
UNKNOWN_RADIUS = 12
"""The circle, in pixels, of a position of which nobody knows how exact it is."""

PRIORITY_RADIUS = 17

MOST_LABELS = 12
"""With more districts than this, names show on hover only."""

DRAWING_ORDER = ("gront", "vatten_yta", "vatten_linje", "gata", "huvudgata", "jarnvag", "motorvag")
"""Base map classes from the bottom up; others lie between areas and streets."""

KIND_CLASSES = {
    Kind.INCIDENT: "p-handelse",
    Kind.ENVIRONMENT_CASE: "p-miljo",
    Kind.FOUND_BY_EFFORT: "p-insats",
}

STILL_WIDTH = 900
METRES_PER_DEGREE = 111_320


@dataclass(frozen=True)
class Spot:
    """All rows of one layer that lie at one position.

    `radius` is in pixels, or where `is_area` in metres.
    """

    position: Position
    radius: int
    is_area: bool
    rows: tuple[ReportRow, ...]

    @property
    def precision_m(self) -> float | None:
        """How exactly the position is known."""
        point = self.rows[0].point
        return point.precision_m if point else None


@dataclass(frozen=True)
class MapLayer:
    """A layer that can be switched: a category of incidents, or one of the other kinds."""

    layer_id: str
    category_code: str
    name: str
    kind: Kind
    spots: tuple[Spot, ...]


def map_layers(content: Lagesbild) -> tuple[MapLayer, ...]:
    """Give the layers of a page: categories of incidents, most rows first, then other kinds."""
    grouped: dict[tuple[Kind, str, str], list[ReportRow]] = {}
    for row in content.rows:
        if row.point is not None:
            code, name = (
                (row.category_code, row.category_name)
                if row.kind is Kind.INCIDENT
                else (row.kind.value, swedish.capital(wording.KIND_NOUNS[row.kind].many))
            )
            grouped.setdefault((row.kind, code, name), []).append(row)
    kinds = list(KIND_CLASSES)
    ordered = sorted(
        grouped.items(), key=lambda item: (kinds.index(item[0][0]), -len(item[1]), item[0][1])
    )
    return tuple(
        MapLayer(f"lager{number}", code, name, kind, _spots(rows))
        for number, ((kind, code, name), rows) in enumerate(ordered)
    )


def _spots(rows: Iterable[ReportRow]) -> tuple[Spot, ...]:
    found: dict[tuple[Position, bool, int], list[ReportRow]] = {}
    for row in rows:
        if row.point is not None:
            position = (round(row.point.lon, 5), round(row.point.lat, 5))
            shape = (is_area(row.point.precision_m), radius(row.point.precision_m))
            found.setdefault((position, *shape), []).append(row)
    # areas and large circles first, so that they do not hide the small ones
    return tuple(
        Spot(position, size, as_area, tuple(members))
        for (position, as_area, size), members in sorted(
            found.items(), key=lambda item: (not item[0][1], -item[0][2])
        )
    )


def is_area(precision_m: float | None) -> bool:
    """Tell whether a position is known so vaguely that its area is drawn."""
    return precision_m is not None and precision_m > AREA_FROM_M


def radius(precision_m: float | None) -> int:
    """Give a circle's radius from how exactly its position is known: pixels, of areas metres."""
    if precision_m is None:
        return UNKNOWN_RADIUS
    steps = (size for limit, size in RADIUS_STEPS if precision_m <= limit)
    return next(steps, round(precision_m))


# --- the live map ---------------------------------------------------------------------------------


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
    for map_class, features in _by_class(ground.features if ground.tiles is None else ()):
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
                        "counted": _incident_number(spot),
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
                        "at": list(reversed(_label_position(outline))),
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


def _by_class(features: Iterable[MapFeature]) -> list[tuple[str, list[MapFeature]]]:
    found: dict[str, list[MapFeature]] = {}
    for feature in features:
        found.setdefault(feature.map_class, []).append(feature)
    order = {name: number for number, name in enumerate(DRAWING_ORDER)}
    return sorted(found.items(), key=lambda item: (order.get(item[0], 2.5), item[0]))


def _incident_number(spot: Spot) -> int:
    """Count a spot's incidents; the other kinds are never added to them."""
    return sum(row.incident_number for row in spot.rows if row.kind is Kind.INCIDENT)


def _district_note(content: Lagesbild, outline: Outline) -> str:
    """Say how many of a district's incidents are known to the district only."""
    for area in content.areas:
        if area.district_id == outline.district_id and area.without_point_count:
            reports = swedish.tallied(area.without_point_count, wording.REPORT)
            return f"{reports} utan punkt på kartan"
    return ""


def _label_position(outline: Outline) -> Position:
    ring = max((polygon[0] for polygon in outline.polygons), key=len)
    return sum(lon for lon, _ in ring) / len(ring), max(lat for _, lat in ring)


# --- the still map --------------------------------------------------------------------------------


class _Sheet:
    """Turns WGS 84 into a drawing's units: equirectangular at the middle latitude."""

    def __init__(self, ground: MapGround) -> None:
        west, south, east, north = ground.bounds
        across, along = (east - west) * MAP_MARGIN, (north - south) * MAP_MARGIN
        self.west, self.north = west - across, north + along * 1.6
        self.squeeze = math.cos(math.radians((south + north) / 2))
        self.scale = STILL_WIDTH / ((east - west + 2 * across) * self.squeeze)
        self.height = round((self.north - south + along) * self.scale)

    def place(self, position: Position) -> tuple[float, float]:
        lon, lat = position
        return (
            round((lon - self.west) * self.squeeze * self.scale, 1),
            round((self.north - lat) * self.scale, 1),
        )

    def path(self, lines: Iterable[Line], *, is_closed: bool) -> str:
        end = "Z" if is_closed else ""
        return "".join(
            "M" + " ".join(f"{x:g},{y:g}" for x, y in map(self.place, line)) + end for line in lines
        )

    def circle(self, position: Position, precision_m: float | None) -> str:
        """Give the attributes of a position's circle; an area is to scale."""
        x, y = self.place(position)
        size: float = radius(precision_m)
        if is_area(precision_m):
            size = round(max(size / self.metres_per_unit, RADIUS_STEPS[-1][1]), 1)
        return f'cx="{x:g}" cy="{y:g}" r="{size:g}"'

    @property
    def metres_per_unit(self) -> float:
        return METRES_PER_DEGREE / self.scale


def still_map(content: Lagesbild) -> str:
    """Draw the still map for paper and for readers without scripts, as one SVG element.

    Equirectangular, so distances hold within a city.
    """
    ground = content.ground
    sheet = _Sheet(ground)
    parts = [
        f'<svg class="stillkarta" viewBox="0 0 {STILL_WIDTH} {sheet.height}" role="img" '
        f'aria-label="{html.escape(map_label(content))}">'
    ]
    for map_class, features in _by_class(ground.features):
        for feature in features:
            path = sheet.path(feature.lines, is_closed=feature.is_area)
            parts.append(f'<path class="k-{slug(map_class)}" d="{path}"/>')
    for outline in ground.outlines:
        rings = [ring for polygon in outline.polygons for ring in polygon]
        parts.append(f'<path class="k-stadsdel" d="{sheet.path(rings, is_closed=True)}"/>')
    parts += [*_still_earlier(content, sheet), *_still_priorities(content, sheet)]
    counted: dict[Position, int] = {}
    for layer in map_layers(content):
        for spot in layer.spots:
            precision_m = spot.precision_m
            shape = sheet.circle(spot.position, precision_m)
            area = " yta" if spot.is_area else ""
            parts.append(f'<circle class="punkt {KIND_CLASSES[layer.kind]}{area}" {shape}/>')
            counted[spot.position] = counted.get(spot.position, 0) + _incident_number(spot)
    for position, number in sorted(counted.items()):
        if number > 1:
            x, y = sheet.place(position)
            parts.append(f'<text class="k-antal" x="{x + 9:g}" y="{y + 5:g}">{number}</text>')
    if len(ground.outlines) <= MOST_LABELS:
        for outline in ground.outlines:
            x, y = sheet.place(_label_position(outline))
            name = html.escape(outline.name)
            parts.append(f'<text class="k-namn" x="{x:g}" y="{y - 8:g}">{name}</text>')
    parts += _still_ranks(content, sheet)
    parts.append(_scale_bar(sheet))
    parts.append("</svg>")
    return "".join(parts)


def _still_earlier(content: Lagesbild, sheet: _Sheet) -> Iterator[str]:
    """Draw the weeks before, the oldest undermost."""
    for each in reversed(content.earlier.incidents if content.earlier else ()):
        shape = sheet.circle((each.lon, each.lat), each.precision_m)
        area = " yta" if is_area(each.precision_m) else ""
        yield f'<circle class="punkt p-tidigare{area} a{each.weeks_ago}" {shape}/>'


def _still_priorities(content: Lagesbild, sheet: _Sheet) -> Iterator[str]:
    """Draw the places to prioritise, each a hexagon or a ring."""
    for place in content.recurring.certain if content.recurring else ():
        if place.lon is None or place.lat is None:
            continue
        x, y = sheet.place((place.lon, place.lat))
        if place.outline:
            yield f'<path class="p-prioritera" d="{sheet.path([place.outline], is_closed=True)}"/>'
        else:
            yield f'<circle class="p-prioritera" cx="{x:g}" cy="{y:g}" r="{PRIORITY_RADIUS}"/>'


def _still_ranks(content: Lagesbild, sheet: _Sheet) -> Iterator[str]:
    """Write the numbers that the places to prioritise have in their table."""
    for rank, place in enumerate(content.recurring.certain if content.recurring else (), start=1):
        if place.lon is not None and place.lat is not None:
            x, y = sheet.place((place.lon, place.lat))
            left = x - PRIORITY_RADIUS - 3
            yield f'<text class="k-rang" x="{left:g}" y="{y + 6:g}">{rank}</text>'


def map_label(content: Lagesbild) -> str:
    """Write the map's text alternative."""
    week = swedish.week_number(content.head.iso_week)
    return (
        f"Karta över {wording.areas_of(content.head)}, vecka {week}. "
        "Tabellerna under kartan och listan över platser att prioritera säger samma sak i ord."
    )


def _scale_bar(sheet: _Sheet) -> str:
    longest = STILL_WIDTH / 6 * sheet.metres_per_unit
    step = 10 ** math.floor(math.log10(longest))
    metres = next(step * times for times in (5, 2, 1) if step * times <= longest)
    length = metres / sheet.metres_per_unit
    words = f"{swedish.figure(metres / 1000)} km" if metres >= 1000 else f"{metres:.0f} m"
    y = sheet.height - 14
    return (
        f'<path class="k-skala" d="M14,{y - 6}V{y}H{14 + length:.1f}V{y - 6}"/>'
        f'<text class="k-skaltext" x="{14 + length / 2:.1f}" y="{y - 6}">{words}</text>'
    )

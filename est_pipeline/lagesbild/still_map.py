"""The still map: our own SVG, for paper and readers without scripts, and its cuts by district.

Equirectangular, so distances hold within a city.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import shapely
from shapely.geometry.base import BaseGeometry

from est_pipeline.domain.text import slug
from est_pipeline.lagesbild import swedish
from est_pipeline.lagesbild.content import (
    MAP_MARGIN,
    Lagesbild,
    Line,
    MapFeature,
    MapGround,
    Outline,
    Position,
)
from est_pipeline.lagesbild.map_spots import (
    KIND_CLASSES,
    MEASURE_GAP,
    MEASURE_SIDE,
    MOST_LABELS,
    PRIORITY_RADIUS,
    RADIUS_STEPS,
    features_by_class,
    incident_number_of,
    is_area,
    label_position,
    map_label,
    map_layers,
    radius,
)

STILL_WIDTH = 900
DISTRICT_WIDTH, DISTRICT_HEIGHT = 300, 200
METRES_PER_DEGREE = 111_320

PRIORITY_RANK_GAP = 3
_SIMPLER = 0.4
"""Lines of a cut are simplified by this much, in its own units: less than can be seen."""


class _Sheet:
    """Turns WGS 84 into a drawing's units: equirectangular at the middle latitude."""

    def __init__(self, west: float, south: float, east: float, north: float, *, width: int) -> None:
        self.window = (west, south, east, north)
        self.squeeze = math.cos(math.radians((south + north) / 2))
        self.width = width
        self.scale = width / ((east - west) * self.squeeze)
        self.height = round((north - south) * self.scale)

    @classmethod
    def of_city(cls, ground: MapGround) -> _Sheet:
        """Give the sheet of the whole map, with room for the names above the districts."""
        west, south, east, north = ground.bounds
        across, along = (east - west) * MAP_MARGIN, (north - south) * MAP_MARGIN
        return cls(
            west - across, south - along, east + across, north + along * 1.6, width=STILL_WIDTH
        )

    @classmethod
    def of_district(cls, outline: Outline) -> _Sheet:
        """Give the sheet around one district, always of the same shape."""
        west, south, east, north = shapely.MultiPolygon(
            [(polygon[0], polygon[1:]) for polygon in outline.polygons]
        ).bounds
        squeeze = math.cos(math.radians((south + north) / 2))
        half_height = max(
            (north - south) / 2, (east - west) * squeeze / 2 * DISTRICT_HEIGHT / DISTRICT_WIDTH
        )
        half_height *= 1 + MAP_MARGIN
        half_width = half_height * DISTRICT_WIDTH / DISTRICT_HEIGHT / squeeze
        lon, lat = (west + east) / 2, (south + north) / 2
        return cls(
            lon - half_width,
            lat - half_height,
            lon + half_width,
            lat + half_height,
            width=DISTRICT_WIDTH,
        )

    @property
    def metres_per_unit(self) -> float:
        return METRES_PER_DEGREE / self.scale

    def place(self, position: Position) -> tuple[float, float]:
        lon, lat = position
        west, _, _, north = self.window
        return (
            round((lon - west) * self.squeeze * self.scale, 1),
            round((north - lat) * self.scale, 1),
        )

    def shows(self, position: Position, radius_m: float = 0) -> bool:
        """Tell whether a circle around a position reaches into the sheet."""
        x, y = self.place(position)
        reach = radius_m / self.metres_per_unit
        return -reach <= x <= self.width + reach and -reach <= y <= self.height + reach

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

    def cut(self, features: Iterable[MapFeature]) -> list[MapFeature]:
        """Give what of the base map lies on the sheet, no finer than can be seen there."""
        every = list(features)
        if not every:
            return []
        shapes = shapely.simplify(
            shapely.clip_by_rect([_shape(each) for each in every], *self.window),
            _SIMPLER / self.scale,
        )
        return [
            replace(each, lines=tuple(_lines(part)))
            for each, shape in zip(every, shapes, strict=True)
            for part in ([shape] if not each.is_area else shapely.get_parts(shape))
            if not part.is_empty
        ]


def _shape(feature: MapFeature) -> BaseGeometry:
    if feature.is_area:
        return shapely.Polygon(feature.lines[0], feature.lines[1:])
    return shapely.MultiLineString(feature.lines)


def _lines(shape: BaseGeometry) -> Iterator[Line]:
    """Give the rings of a polygon, or the lines of what has none."""
    for part in shapely.get_parts(shape):
        rings = [part.exterior, *part.interiors] if isinstance(part, shapely.Polygon) else [part]
        for ring in rings:
            yield tuple((float(lon), float(lat)) for lon, lat in ring.coords)


def still_map(content: Lagesbild) -> str:
    """Draw the still map for paper and for readers without scripts, as one SVG element."""
    ground = content.ground
    sheet = _Sheet.of_city(ground)
    parts = [*_ground(content, sheet, ground.features), *_earlier(content, sheet)]
    parts += [*_found(content, sheet)]
    if len(ground.outlines) <= MOST_LABELS:
        for outline in ground.outlines:
            x, y = sheet.place(label_position(outline))
            name = html.escape(outline.name)
            parts.append(f'<text class="k-namn" x="{x:g}" y="{y - 8:g}">{name}</text>')
    parts.append(_scale_bar(sheet, longest=STILL_WIDTH / 6))
    return _drawing(sheet, parts, label=map_label(content), class_name="stillkarta")


def district_map(content: Lagesbild, outline: Outline, *, label: str) -> str:
    """Draw the part of the still map that one district lies in, as one SVG element.

    What the weeks before brought is left out.
    """
    sheet = _Sheet.of_district(outline)
    parts = [
        *_ground(content, sheet, sheet.cut(content.ground.features)),
        *_found(content, sheet),
        _scale_bar(sheet, longest=DISTRICT_WIDTH / 3),
    ]
    return _drawing(sheet, parts, label=label, class_name="stadsdelskarta")


def _drawing(sheet: _Sheet, parts: Iterable[str], *, label: str, class_name: str) -> str:
    return (
        f'<svg class="{class_name}" viewBox="0 0 {sheet.width} {sheet.height}" role="img" '
        f'aria-label="{html.escape(label)}">{"".join(parts)}</svg>'
    )


def _ground(content: Lagesbild, sheet: _Sheet, features: Iterable[MapFeature]) -> Iterator[str]:
    for map_class, members in features_by_class(features):
        for feature in members:
            path = sheet.path(feature.lines, is_closed=feature.is_area)
            yield f'<path class="k-{slug(map_class)}" d="{path}"/>'
    for outline in content.ground.outlines:
        rings = [ring for polygon in outline.polygons for ring in polygon]
        yield f'<path class="k-stadsdel" d="{sheet.path(rings, is_closed=True)}"/>'


def _earlier(content: Lagesbild, sheet: _Sheet) -> Iterator[str]:
    """Draw the weeks before, the oldest undermost."""
    for each in reversed(content.earlier.incidents if content.earlier else ()):
        shape = sheet.circle((each.lon, each.lat), each.precision_m)
        area = " yta" if is_area(each.precision_m) else ""
        yield f'<circle class="punkt p-tidigare{area} a{each.weeks_ago}" {shape}/>'


def _found(content: Lagesbild, sheet: _Sheet) -> Iterator[str]:
    """Draw places to prioritise, the week's rows and their numbers, and what has been decided."""
    places = [
        (rank, place, (place.lon, place.lat))
        for rank, place in enumerate(content.recurring.certain if content.recurring else (), 1)
        if place.lon is not None and place.lat is not None and sheet.shows((place.lon, place.lat))
    ]
    for _, place, position in places:
        x, y = sheet.place(position)
        if place.outline:
            yield f'<path class="p-prioritera" d="{sheet.path([place.outline], is_closed=True)}"/>'
        else:
            yield f'<circle class="p-prioritera" cx="{x:g}" cy="{y:g}" r="{PRIORITY_RADIUS}"/>'
    yield from _spots(content, sheet)
    for _, _, point in content.since_last.on_map if content.since_last else ():
        if sheet.shows((point.lon, point.lat)):
            x, y = sheet.place((point.lon, point.lat))
            corner = f'x="{x + MEASURE_GAP:g}" y="{y - MEASURE_GAP - MEASURE_SIDE:g}"'
            side = f'width="{MEASURE_SIDE}" height="{MEASURE_SIDE}"'
            yield f'<rect class="p-beslut" {corner} {side}/>'
    for rank, _, position in places:
        x, y = sheet.place(position)
        left = x - PRIORITY_RADIUS - PRIORITY_RANK_GAP
        yield f'<text class="k-rang" x="{left:g}" y="{y + 6:g}">{rank}</text>'


def _spots(content: Lagesbild, sheet: _Sheet) -> Iterator[str]:
    """Draw the week's rows, and beside each position how many incidents lie there."""
    counted: dict[Position, int] = {}
    for layer in map_layers(content):
        for spot in layer.spots:
            if not sheet.shows(spot.position, spot.radius if spot.is_area else 0):
                continue
            shape = sheet.circle(spot.position, spot.precision_m)
            area = " yta" if spot.is_area else ""
            yield f'<circle class="punkt {KIND_CLASSES[layer.kind]}{area}" {shape}/>'
            counted[spot.position] = counted.get(spot.position, 0) + incident_number_of(spot)
    for position, number in sorted(counted.items()):
        if number > 1:
            x, y = sheet.place(position)
            yield f'<text class="k-antal" x="{x + 9:g}" y="{y + 5:g}">{number}</text>'


def _scale_bar(sheet: _Sheet, *, longest: float) -> str:
    """Draw the scale, as long as a round number of metres within `longest` units allows."""
    longest *= sheet.metres_per_unit
    step = 10 ** math.floor(math.log10(longest))
    metres = next(step * times for times in (5, 2, 1) if step * times <= longest)
    length = metres / sheet.metres_per_unit
    words = f"{swedish.figure(metres / 1000)} km" if metres >= 1000 else f"{metres:.0f} m"
    y = sheet.height - 14
    return (
        f'<path class="k-skala" d="M14,{y - 6}V{y}H{14 + length:.1f}V{y - 6}"/>'
        f'<text class="k-skaltext" x="{14 + length / 2:.1f}" y="{y - 6}">{words}</text>'
    )

"""What live and still map share: layers, positions, and how exactly a position is known.

One circle a position and layer, whose size says how exactly the position is known. Colours stand
in the style sheet, by class.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from est_pipeline.domain.kinds import Kind
from est_pipeline.lagesbild import swedish, wording
from est_pipeline.lagesbild.content import Lagesbild, MapFeature, Outline, Position, ReportRow

RADIUS_STEPS = ((50, 5), (150, 8))
"""A position known within so many metres is drawn as a circle of so many pixels."""
AREA_FROM_M = 150
"""What is known less exactly than this is drawn as the area in which it lies, to scale."""
UNKNOWN_RADIUS = 12
"""The circle, in pixels, of a position of which nobody knows how exact it is."""

PRIORITY_RADIUS = 17
MEASURE_SIDE = 13
"""The square, in pixels, of a place where something has been decided."""
MEASURE_GAP = 5
"""How far, in pixels, the square stands to the right and above its place, to hide nothing."""

MOST_LABELS = 12
"""With more districts than this, names show on hover only."""

DRAWING_ORDER = ("gront", "vatten_yta", "vatten_linje", "gata", "huvudgata", "jarnvag", "motorvag")
"""Base map classes from the bottom up; others lie between areas and streets."""

KIND_CLASSES = {
    Kind.INCIDENT: "p-handelse",
    Kind.ENVIRONMENT_CASE: "p-miljo",
    Kind.FOUND_BY_EFFORT: "p-insats",
}


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


def features_by_class(features: Iterable[MapFeature]) -> list[tuple[str, list[MapFeature]]]:
    """Group the features of the base map by class, from the bottom up."""
    found: dict[str, list[MapFeature]] = {}
    for feature in features:
        found.setdefault(feature.map_class, []).append(feature)
    order = {name: number for number, name in enumerate(DRAWING_ORDER)}
    return sorted(found.items(), key=lambda item: (order.get(item[0], 2.5), item[0]))


def incident_number_of(spot: Spot) -> int:
    """Count a spot's incidents; the other kinds are never added to them."""
    return sum(row.incident_number for row in spot.rows if row.kind is Kind.INCIDENT)


def label_position(outline: Outline) -> Position:
    """Give the position above which a district's name is written."""
    ring = max((polygon[0] for polygon in outline.polygons), key=len)
    return sum(lon for lon, _ in ring) / len(ring), max(lat for _, lat in ring)


def map_label(content: Lagesbild) -> str:
    """Write the map's text alternative."""
    week = swedish.week_number(content.head.iso_week)
    return (
        f"Karta över {wording.areas_of(content.head)}, vecka {week}. "
        "Tabellerna under kartan och listan över platser att prioritera säger samma sak i ord."
    )

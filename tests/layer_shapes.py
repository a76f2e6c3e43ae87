"""Shapes for tests of layers: a small town in metres, in the middle of the default workspace."""

import shapely

ORIGIN = (532_000, 6_474_000)
"""SWEREF 99 TM."""


def square(east: float, north: float, side: float = 1000) -> shapely.Polygon:
    """A square whose south-west corner lies so many metres from the origin."""
    x, y = ORIGIN[0] + east, ORIGIN[1] + north
    return shapely.box(x, y, x + side, y + side)

"""Charts: an area's weeks as bars and its hours as a grid, as inline SVG without a browser.

Altair describes the chart, vl-convert draws it. The pictures carry no ids, no texts and no
labels of their own; the page gives them their Swedish text alternative.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from est_pipeline.lagesbild.rhythm import AreaRhythm
from est_pipeline.lagesbild.weekly import ChartWeek

WIDTH, HEIGHT = 216, 56

BAND_COLOUR = "#dfe6ee"
BAR_COLOUR = "#8795a8"
NOW_COLOUR = "#1d2735"
BESIDE_COLOUR = "#b9c3d0"
"""The colours are also the page's handles: its style sheet replaces them in the dark."""

RHYTHM_WIDTH, RHYTHM_HEIGHT = 96, 98
RHYTHM_COLOURS = ("#f4f6f8", "#d9e2ee", "#b3c6de", "#86a5cb", "#5a83b6", "#2f5f9e")
"""The steps of shading, nothing first; handles of the page like the others."""

_GAP = 0.13
LEAST_TOP = 5
"""The scale reaches at least this far, so that one lone incident does not fill the chart."""

_ENGLISH_OR_UNUSED = re.compile(
    r' (?:aria-[a-z]+|role|class|xmlns:xlink|stroke-miterlimit)="[^"]*"'
    r'|<path class="background"[^>]*/>'
)
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")


def weekly_charts(areas: Sequence[Sequence[ChartWeek]], *, weeks: int, top: int) -> list[str]:
    """Draw one bar chart an area: `weeks` weeks before and, darker, the week itself.

    A bar's lower part is what is compared, the light part above it what came later or from sources
    that have not reported throughout. The band behind is what was expected each week. Weeks
    without history are left blank. All share one scale from zero, so that areas can be compared.

    Args:
        areas: each area's weeks, oldest first, the last one being the week itself.
        weeks: how many weeks before it the chart has room for.
        top: the count that the chart's full height stands for.

    Returns:
        SVG elements, without text alternative, in the order of the areas.
    """
    import vl_convert

    return [
        _tidy(vl_convert.vegalite_to_svg(_specification(area, weeks=weeks, top=top)), WIDTH, HEIGHT)
        for area in areas
    ]


def rhythm_charts(areas: Sequence[AreaRhythm]) -> list[str]:
    """Draw one grid an area: weekdays downwards from Monday, the hours of the day rightwards.

    Returns:
        SVG elements, without text alternative, in the order of the areas.
    """
    import vl_convert

    return [
        _tidy(vl_convert.vegalite_to_svg(_grid(area)), RHYTHM_WIDTH, RHYTHM_HEIGHT)
        for area in areas
    ]


def _grid(area: AreaRhythm) -> dict[str, Any]:
    specification = copy.deepcopy(_grid_template())
    specification["data"] = {
        "values": [
            {
                "from": number,
                "to": number + 1 - _GAP / 2,
                "low": -weekday,
                "high": -weekday - 1 + _GAP / 2,
                "shade": area.shade(count),
            }
            for weekday, day in enumerate(area.counts)
            for number, count in enumerate(day)
        ]
    }
    blocks = len(area.counts[0]) if area.counts else 1
    specification["encoding"]["x"]["scale"]["domain"] = [0, blocks]
    specification.pop("datasets", None)
    return specification


@cache
def _grid_template() -> dict[str, Any]:
    """Give the grid's description with everything but the figures; made once, since it is slow."""
    import altair

    across = altair.Scale(domain=[0, 1], nice=False)
    down = altair.Scale(domain=[-7, 0], nice=False, zero=False)
    chart = (
        altair.Chart(altair.InlineData(values=[]))
        .mark_rect()
        .encode(
            x=altair.X("from:Q", axis=None, scale=across),
            x2="to:Q",
            y=altair.Y("low:Q", axis=None, scale=down),
            y2="high:Q",
            color=altair.Color(
                "shade:O",
                legend=None,
                scale=altair.Scale(
                    domain=list(range(len(RHYTHM_COLOURS))), range=list(RHYTHM_COLOURS)
                ),
            ),
        )
        .properties(width=RHYTHM_WIDTH, height=RHYTHM_HEIGHT, padding=0)
        .configure(aria=False, background="transparent")
        .configure_view(stroke=None)
    )
    description: dict[str, Any] = chart.to_dict()
    return description


def top_of_scale(areas: Sequence[Sequence[ChartWeek]]) -> int:
    """Give the count that the full height of these areas' charts stands for."""
    counts = [max(week.count, week.high or 0) for area in areas for week in area]
    return max([LEAST_TOP, *counts])


def _specification(area: Sequence[ChartWeek], *, weeks: int, top: int) -> dict[str, Any]:
    specification = copy.deepcopy(_template())
    first = weeks + 1 - len(area)
    band_values = [
        {"from": first + number, "to": first + number + 1, "low": week.low, "high": week.high}
        for number, week in enumerate(area)
        if week.low is not None
    ]
    bars: list[dict[str, object]] = []
    for number, week in enumerate(area):
        count = max(week.count, 0)
        compared = count if week.compared is None else min(week.compared, count)
        edges = {"from": first + number + _GAP, "to": first + number + 1 - _GAP}
        is_now = number == len(area) - 1
        bars.append(edges | {"low": 0, "high": compared, "part": "now" if is_now else "bar"})
        if count > compared:
            bars.append(edges | {"low": compared, "high": count, "part": "beside"})
    for layer, values in zip(specification["layer"], (band_values, bars), strict=True):
        # Altair names data by a hash of its values, and both layers start out with the same none
        layer["data"] = {"values": values}
        layer["encoding"]["x"]["scale"]["domain"] = [0, weeks + 1]
        layer["encoding"]["y"]["scale"]["domain"] = [0, top]
    specification.pop("datasets", None)
    return specification


@cache
def _template() -> dict[str, Any]:
    """Give the chart's description with everything but the figures; made once, since it is slow."""
    import altair

    def placed(chart: Any) -> Any:
        scale = altair.Scale(domain=[0, 1], nice=False, clamp=True)
        return chart.encode(
            x=altair.X("from:Q", axis=None, scale=scale),
            x2="to:Q",
            y=altair.Y("low:Q", axis=None, scale=scale),
            y2="high:Q",
        )

    band = placed(altair.Chart(altair.InlineData(values=[])).mark_rect(color=BAND_COLOUR))
    colours = {"bar": BAR_COLOUR, "now": NOW_COLOUR, "beside": BESIDE_COLOUR}
    bars = placed(altair.Chart(altair.InlineData(values=[])).mark_rect()).encode(
        color=altair.Color(
            "part:N",
            legend=None,
            scale=altair.Scale(domain=list(colours), range=list(colours.values())),
        )
    )
    chart = (
        altair.layer(band, bars)
        .properties(width=WIDTH, height=HEIGHT, padding=0)
        .configure(aria=False, background="transparent")
        .configure_view(stroke=None)
    )
    description: dict[str, Any] = chart.to_dict()
    return description


def _tidy(svg: str, width: int, height: int) -> str:
    """Take out English labels and needless digits; let the picture follow its frame's width."""
    svg = _ENGLISH_OR_UNUSED.sub("", svg).replace('<path d="" display="none"/>', "")
    svg = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}", svg)
    opening = f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
    return re.sub(r"^<svg[^>]*>", opening, svg, count=1)

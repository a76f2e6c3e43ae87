"""Charts: one small weekly bar chart an area, as inline SVG without a browser.

Altair describes the chart, vl-convert draws it. The pictures carry no ids, no texts and no
labels of their own; the page gives them their Swedish text alternative.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from est_pipeline.lagesbild.content import Comparison

WIDTH, HEIGHT = 216, 56

BAND_COLOUR = "#dfe6ee"
BAR_COLOUR = "#8795a8"
NOW_COLOUR = "#1d2735"
"""The colours are also the page's handles: its style sheet replaces them in the dark."""

LEAST_TOP = 5
"""The scale reaches at least this far, so that one lone incident does not fill the chart."""

_ENGLISH_OR_UNUSED = re.compile(
    r' (?:aria-[a-z]+|role|class|xmlns:xlink|stroke-miterlimit)="[^"]*"'
    r'|<path class="background"[^>]*/>'
)
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")


def weekly_charts(comparisons: Sequence[Comparison], *, weeks: int) -> list[str]:
    """Draw one bar chart a comparison: `weeks` weeks before and, darker, the week itself.

    The band behind is the span of the weeks before. Weeks without history are left blank. Each
    chart has its own scale from zero.

    Returns:
        SVG elements, without text alternative, in the order of the comparisons.
    """
    import vl_convert

    return [
        _tidy(vl_convert.vegalite_to_svg(_specification(comparison, weeks=weeks)))
        for comparison in comparisons
    ]


def top_of_scale(comparison: Comparison) -> int:
    """Give the count that the chart's full height stands for."""
    return max(LEAST_TOP, comparison.count, *(each.count for each in comparison.history))


def _specification(comparison: Comparison, *, weeks: int) -> dict[str, Any]:
    specification = copy.deepcopy(_template())
    counts = [*(each.count for each in comparison.history), comparison.count]
    first = weeks + 1 - len(counts)
    band, bars = specification["layer"]
    bar_values = [
        {"week": first + number, "count": max(count, 0), "is_now": number == len(counts) - 1}
        for number, count in enumerate(counts)
    ]
    band_values = (
        [{"low": comparison.span.low, "high": comparison.span.high}] if comparison.span else []
    )
    # Altair names data by a hash of its values, and both layers start out with the same none
    bars["data"], band["data"] = {"values": bar_values}, {"values": band_values}
    specification.pop("datasets", None)
    for layer in (band, bars):
        layer["encoding"]["y"]["scale"]["domain"] = [0, top_of_scale(comparison)]
    bars["encoding"]["x"]["scale"]["domain"] = list(range(weeks + 1))
    return specification


@cache
def _template() -> dict[str, Any]:
    """Give the chart's description with everything but the figures; made once, since it is slow."""
    import altair

    def count_axis(name: str) -> Any:
        scale = altair.Scale(domain=[0, 1], nice=False, clamp=True)
        return altair.Y(f"{name}:Q", axis=None, scale=scale)

    band = (
        altair.Chart(altair.InlineData(values=[]))
        .mark_rect(color=BAND_COLOUR)
        .encode(y=count_axis("low"), y2="high:Q")
    )
    bars = (
        altair.Chart(altair.InlineData(values=[]))
        .mark_bar()
        .encode(
            x=altair.X(
                "week:O",
                axis=None,
                scale=altair.Scale(domain=[0], paddingInner=0.25, paddingOuter=0),
            ),
            y=count_axis("count"),
            color=altair.condition(
                "datum.is_now", altair.value(NOW_COLOUR), altair.value(BAR_COLOUR)
            ),
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


def _tidy(svg: str) -> str:
    """Take out English labels and needless digits; let the picture follow its frame's width."""
    svg = _ENGLISH_OR_UNUSED.sub("", svg).replace('<path d="" display="none"/>', "")
    svg = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}", svg)
    opening = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
    return re.sub(r"^<svg[^>]*>", opening, svg, count=1)

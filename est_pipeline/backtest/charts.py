"""Charts of the report, as inline SVG without a browser; the numbers stand in a table behind each.

Altair describes the chart, vl-convert draws it. The page gives each its Swedish text alternative,
and its style sheet replaces the colours in the dark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from est_pipeline.analysis.calibration import NO_RISE
from est_pipeline.backtest.content import Detection, PitBin, Share
from est_pipeline.lagesbild.charts import BAND_COLOUR, BAR_COLOUR, NOW_COLOUR

if TYPE_CHECKING:
    import altair

INK, SOFT = "#18202b", "#566070"
WIDTH = 420
_ROW_HEIGHT, _PLOT_HEIGHT = 30, 190
_FONT_SIZE = 13
_SWEDISH_NUMBER = "replace(format(datum.value, '.3~f'), '.', ',')"

_ENGLISH_OR_UNUSED = re.compile(
    r' (?:aria-[a-z]+|role|class|xmlns:xlink|stroke-miterlimit|font-family)="[^"]*"'
    r'|<path class="background"[^>]*/>'
)
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")


def interval_chart(
    rows: Sequence[tuple[str, Share]], *, promised: float | None = None, tolerance: float = 0.0
) -> str:
    """Draw shares in percent with their intervals, one row each, and what was promised."""
    import altair

    values: list[dict[str, Any]] = [
        {"label": label, "low": 100 * s.low, "share": 100 * s.share, "high": 100 * s.high}
        for label, s in rows
    ]
    y = altair.Y("label:N", sort=None, axis=_axis(""), scale=altair.Scale(padding=0.5))
    top = max((value["high"] for value in values), default=1.0)
    layers: list[Any] = []
    if promised is not None:
        top = max(top, 100 * promised * (1 + 2 * tolerance))
        edges = [100 * promised * (1 - tolerance), 100 * promised * (1 + tolerance)]
        layers += [
            _of([{"from": edges[0], "to": edges[1]}])
            .mark_rect(color=BAND_COLOUR)
            .encode(x=_x("from", top), x2="to:Q"),
            _of([{"promised": 100 * promised}])
            .mark_rule(color=INK, strokeDash=[4, 3])
            .encode(x=_x("promised", top)),
        ]
    layers += [
        _of(values)
        .mark_rule(color=BAR_COLOUR, strokeWidth=5)
        .encode(y=y, x=_x("low", top), x2="high:Q"),
        _of(values)
        .mark_point(color=NOW_COLOUR, filled=True, opacity=1, size=75)
        .encode(y=y, x=_x("share", top)),
    ]
    return _drawn(layers, height=_ROW_HEIGHT * max(len(values), 1))


def pit_chart(bins: Sequence[PitBin]) -> str:
    """Draw the PIT histogram in percent; the band is where chance leaves the bars."""
    import altair

    values = [{"from": b.bin_from, "to": b.bin_to, "zero": 0, "share": 100 * b.share} for b in bins]
    band = [
        {"from": b.bin_from, "to": b.bin_to, "low": 100 * b.low, "high": 100 * b.high} for b in bins
    ]
    top = max([*(value["share"] for value in values), *(each["high"] for each in band)])
    y: dict[str, Any] = {
        "scale": altair.Scale(domain=[0, top * 1.05], nice=False),
        "axis": _axis("procent"),
    }
    x: dict[str, Any] = {"scale": altair.Scale(domain=[0, 1]), "axis": _axis("")}
    layers = [
        _of(band)
        .mark_rect(color=BAND_COLOUR)
        .encode(x=altair.X("from:Q", **x), x2="to:Q", y=altair.Y("low:Q", **y), y2="high:Q"),
        _of(values)
        .mark_rect(color=BAR_COLOUR, stroke=SOFT, fillOpacity=0.55)
        .encode(x=altair.X("from:Q", **x), x2="to:Q", y=altair.Y("zero:Q", **y), y2="share:Q"),
    ]
    return _drawn(layers, height=_PLOT_HEIGHT)


def detection_chart(detections: Sequence[Detection], *, names: dict[str, str]) -> str:
    """Draw the share of planted rises found, one line a size, by how many weeks they last."""
    import altair

    values = [
        {
            "weeks": f"{each.length_weeks}",
            "share": 100 * each.found.share,
            "size": names[each.size_code],
        }
        for each in detections
        if each.expected_class < 0 and each.size_code != NO_RISE
    ]
    sizes = [names[code] for code in names if any(v["size"] == names[code] for v in values)]
    shapes = ["circle", "square", "triangle-up", "diamond"][: len(sizes)]
    encoding = {
        "x": altair.X("weeks:O", sort=None, axis=_axis("veckor som ökningen varar", angle=0)),
        "y": altair.Y(
            "share:Q",
            scale=altair.Scale(domain=[0, 100]),
            axis=_axis("procent som hittas"),
        ),
        "strokeDash": altair.StrokeDash("size:N", sort=sizes, legend=None),
    }
    shape = altair.Shape(
        "size:N",
        sort=sizes,
        scale=altair.Scale(domain=sizes, range=shapes),
        legend=altair.Legend(
            title=None, orient="bottom", columns=2, labelLimit=0, symbolFillColor=NOW_COLOUR
        ),
    )
    layers = [
        _of(values).mark_line(color=BAR_COLOUR).encode(**encoding),
        _of(values)
        .mark_point(color=NOW_COLOUR, filled=True, opacity=1, size=80)
        .encode(x=encoding["x"], y=encoding["y"], shape=shape),
    ]
    return _drawn(layers, height=_PLOT_HEIGHT)


def _of(values: list[dict[str, Any]]) -> altair.Chart:
    import altair

    return altair.Chart(altair.InlineData(values=values))


def _x(name: str, top: float) -> altair.X:
    import altair

    scale = altair.Scale(domain=[0, top * 1.03], nice=False)
    return altair.X(f"{name}:Q", scale=scale, axis=_axis("procent"))


def _axis(title: str, *, angle: int | None = None) -> altair.Axis:
    import altair

    more: dict[str, Any] = {} if angle is None else {"labelAngle": angle}
    if title.startswith("procent") or (not title and angle is None):
        number = f"isNumber(datum.value) ? {_SWEDISH_NUMBER} : datum.value"
        more["labelExpr"] = number
    return altair.Axis(
        title=title or None,
        grid=False,
        labelColor=INK,
        titleColor=SOFT,
        domainColor=SOFT,
        tickColor=SOFT,
        labelFontSize=_FONT_SIZE,
        titleFontSize=_FONT_SIZE,
        titleFontWeight="normal",
        labelLimit=0,
        tickCount=6,
        **more,
    )


def _drawn(layers: list[Any], *, height: int) -> str:
    import altair
    import vl_convert

    chart = (
        altair.layer(*layers)
        .properties(width=WIDTH, height=height, padding=4)
        .configure(aria=False, background="transparent")
        .configure_view(stroke=None)
        .configure_legend(labelFontSize=_FONT_SIZE, labelColor=INK)
    )
    return _tidy(vl_convert.vegalite_to_svg(chart.to_dict()))


def _tidy(svg: str) -> str:
    """Take out English labels and needless digits; let the picture follow its frame's width."""
    svg = _ENGLISH_OR_UNUSED.sub("", svg)
    svg = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}", svg)
    sizes = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert sizes is not None, "vl-convert states a view box"  # noqa: S101
    opening = f'<svg viewBox="0 0 {sizes[1]} {sizes[2]}" aria-hidden="true">'
    return re.sub(r"^<svg[^>]*>", opening, svg, count=1)

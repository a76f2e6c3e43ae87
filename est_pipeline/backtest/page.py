"""The report of a backtest: one HTML file without a script, rendered from its content."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from est_pipeline.analysis.calibration import NO_RISE, RISE_LENGTHS, TOLERANCE
from est_pipeline.backtest import charts, wording
from est_pipeline.backtest.content import Backtest, KindResult, Ranking
from est_pipeline.lagesbild import swedish
from est_pipeline.lagesbild.page import DEMO_MARK

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""Nothing from anywhere, and no script at all."""


def render_page(content: Backtest) -> str:
    """Render the report: one self-contained HTML file, the same bytes for the same content."""
    template = _environment().get_template("backtest.html.jinja")
    rankings = _by_budget(content.rankings)
    return template.render(
        content=content,
        tested=content.tested,
        words=wording,
        swedish=swedish,
        answer=wording.answer(content),
        demo_mark=DEMO_MARK if content.is_demo else "",
        drawn={result.kind: _drawn(result) for result in content.kinds if result.rates},
        rankings=rankings,
        ranking_charts={budget: _ranking_chart(found) for budget, found in rankings.items()},
        no_rise=NO_RISE,
        lengths=RISE_LENGTHS,
        tolerance=TOLERANCE,
        policy=POLICY,
        style=_style(),
    )


def _drawn(result: KindResult) -> dict[str, str]:
    rates = [
        (swedish.capital(wording.LEVEL_NAMES[level]), rate.observed)
        for level in wording.LEVEL_NAMES
        if (rate := result.rate(wording.MAIN_PROMISE, level=level.value)) is not None
    ]
    found = {
        "rates": charts.interval_chart(rates, promised=wording.MAIN_PROMISE, tolerance=TOLERANCE),
        "pit": charts.pit_chart(result.pit),
    }
    if result.detections:
        found["detections"] = charts.detection_chart(result.detections, names=wording.SIZE_NAMES)
    return found


def _by_budget(rankings: tuple[Ranking, ...]) -> dict[float, list[Ranking]]:
    found: dict[float, list[Ranking]] = {}
    for each in rankings:
        found.setdefault(each.budget, []).append(each)
    return found


def _ranking_chart(rankings: list[Ranking]) -> str:
    rows = [
        (swedish.capital(wording.RULE_NAMES.get(each.rule, each.rule)), each.hit_rate)
        for each in rankings
    ]
    return charts.interval_chart(rows)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("est_pipeline.backtest"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    own = resources.files("est_pipeline.backtest") / "templates" / "backtest.css"
    shared = resources.files("est_pipeline.lagesbild") / "assets" / "page.css"
    sheets = [file.read_text(encoding="utf-8").replace("\r\n", "\n") for file in (shared, own)]
    return "\n".join(sheet.strip() for sheet in sheets)

"""What the page says of each count: is it usual, and how sure is that.

The figures of the week's judging, as a page may know them; `verdict_words` says them in Swedish.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd

from est_pipeline.analysis.signals import WATCH_BELOW, Judged
from est_pipeline.domain.kinds import InformationClass, Kind, Level, Verdict
from est_pipeline.lagesbild.fields import records, whole_of

if TYPE_CHECKING:
    from est_pipeline.config import Configuration

INTERNAL = InformationClass.INTERNAL

STICKS_OUT = (Verdict.CLEAR_RISE, Verdict.WATCH, Verdict.CLEAR_FALL)


@dataclass(frozen=True)
class SourceShare:
    """How many of a comparison's occurrences a source of the panel reported."""

    source_name: Annotated[str, INTERNAL]
    count: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class JudgedCount:
    """One count of the week against what is expected of it.

    `count` is what is judged: the stable panel's. `outside_count` is what other sources alone
    reported. `low` and `high` hold the middle 90 % of what is expected. `p_high` is how often
    chance gives so many or more. `is_carried`: the total would be usual without a category or
    district that sticks out for itself.
    """

    kind: Annotated[Kind, INTERNAL]
    level: Annotated[Level, INTERNAL]
    district_id: Annotated[str, INTERNAL]
    district_name: Annotated[str, INTERNAL]
    other_district_name: Annotated[str, INTERNAL]
    category_code: Annotated[str, INTERNAL]
    category_name: Annotated[str, INTERNAL]
    count: Annotated[int, INTERNAL]
    outside_count: Annotated[int, INTERNAL]
    expected: Annotated[float | None, INTERNAL]
    low: Annotated[int | None, INTERNAL]
    high: Annotated[int | None, INTERNAL]
    p_high: Annotated[float | None, INTERNAL]
    verdict: Annotated[Verdict, INTERNAL]
    is_slow_rise: Annotated[bool, INTERNAL]
    rising_since: Annotated[str | None, INTERNAL]
    count_since: Annotated[int, INTERNAL]
    expected_since: Annotated[float, INTERNAL]
    is_carried: Annotated[bool, INTERNAL]
    sources: Annotated[tuple[SourceShare, ...], INTERNAL]


@dataclass(frozen=True)
class Method:
    """What the comparisons of one kind rest on.

    `judged_count` comparisons were judged; `chance_count` of them may be a watch by chance alone.
    `completeness` is the share of a week's occurrences that is usually known at this age.
    `silent_names`: sources whose silence rules out that anything is called a fall.
    """

    kind: Annotated[Kind, INTERNAL]
    week_count: Annotated[int, INTERNAL]
    first_week: Annotated[str, INTERNAL]
    source_names: Annotated[tuple[str, ...], INTERNAL]
    other_names: Annotated[tuple[str, ...], INTERNAL]
    silent_names: Annotated[tuple[str, ...], INTERNAL]
    completeness: Annotated[float | None, INTERNAL]
    judged_count: Annotated[int, INTERNAL]
    chance_count: Annotated[float, INTERNAL]
    false_discovery_rate: Annotated[float, INTERNAL]
    has_converged: Annotated[bool, INTERNAL]


@dataclass(frozen=True)
class ExpectedWeek:
    """What was expected of a district or of all together in one of the last weeks.

    `count` is the stable panel's, at the age that the judged week has.
    """

    kind: Annotated[Kind, INTERNAL]
    level: Annotated[Level, INTERNAL]
    district_id: Annotated[str, INTERNAL]
    iso_week: Annotated[str, INTERNAL]
    count: Annotated[int, INTERNAL]
    low: Annotated[int, INTERNAL]
    high: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class Judgements:
    """The week's comparisons, kind by kind, and what they rest on."""

    comparisons: Annotated[tuple[JudgedCount, ...], INTERNAL]
    bands: Annotated[tuple[ExpectedWeek, ...], INTERNAL]
    methods: Annotated[tuple[Method, ...], INTERNAL]

    def of(
        self, kind: Kind, *, level: Level, district_id: str = "", category_code: str = ""
    ) -> JudgedCount | None:
        """Give one comparison; none where it was not made."""
        return next(
            (
                each
                for each in self.comparisons
                if (each.kind, each.level, each.district_id, each.category_code)
                == (kind, level, district_id, category_code)
            ),
            None,
        )

    def grid(
        self, kind: Kind, *, district_ids: Iterable[str]
    ) -> tuple[tuple[str, tuple[JudgedCount | None, ...]], ...]:
        """Give a kind's comparisons by area (down; empty for all) and category (across; last all).

        Every row has a cell for each of `grid_categories`, and one for all categories together.
        """
        found = {
            (each.district_id, each.category_code): each
            for each in self.comparisons
            if each.kind is kind and each.level is not Level.NEIGHBOURS
        }
        codes = [*(code for code, _ in self.grid_categories(kind)), ""]
        rows = [
            (district_id, tuple(found.get((district_id, code)) for code in codes))
            for district_id in (*district_ids, "")
        ]
        return tuple((district_id, cells) for district_id, cells in rows if any(cells))

    def grid_categories(self, kind: Kind) -> tuple[tuple[str, str], ...]:
        """Give code and name of each category that a kind's comparisons know."""
        return tuple(
            dict.fromkeys(
                (each.category_code, each.category_name)
                for each in self.comparisons
                if each.kind is kind and each.category_code and each.level is not Level.NEIGHBOURS
            )
        )

    def of_neighbours(self, kind: Kind) -> tuple[JudgedCount, ...]:
        """Give a kind's comparisons of two neighbouring districts together."""
        return tuple(
            each
            for each in self.comparisons
            if each.kind is kind and each.level is Level.NEIGHBOURS
        )

    def signals(self) -> tuple[JudgedCount, ...]:
        """Give what sticks out for itself, the surest first; incidents before environment cases."""
        found = [
            each for each in self.comparisons if each.verdict in STICKS_OUT and not each.is_carried
        ]
        kinds = [method.kind for method in self.methods]
        return tuple(
            sorted(
                found,
                key=lambda each: (
                    STICKS_OUT.index(each.verdict),
                    kinds.index(each.kind),
                    1.0 if each.p_high is None else each.p_high,
                    -each.count,
                ),
            )
        )


# --- from the judging to the content --------------------------------------------------------------


def build_judgements(
    judged: Mapping[Kind, Judged],
    *,
    configuration: Configuration,
    names: Mapping[str, str],
    silent_ids: tuple[str, ...],
) -> Judgements:
    """Put the judging of a week into the words and figures that a page may know.

    Args:
        judged: as `judging.judge` gives it.
        configuration: the workspace.
        names: `district_id` -> what is shown.
        silent_ids: as `judging.silent_sources` gives them.
    """
    comparisons: list[JudgedCount] = []
    methods = []
    bands: list[ExpectedWeek] = []
    for kind, each_kind in judged.items():
        history, judgement = each_kind.history, each_kind.judgement
        of_week = history.sources_of_week
        shares = _shares(of_week[of_week["source_id"].isin(history.panel.source_ids)])
        # what began this week is no slow rise: the week's own verdict says it
        frame = judgement.comparisons
        is_older = frame["rising_since"] < str(history.weeks[-1])
        rows = records(frame.assign(is_slow_rise=frame["is_slow_rise"] & is_older.fillna(False)))
        comparisons += [
            _comparison(
                row,
                rows,
                kind=kind,
                configuration=configuration,
                names=names,
                outside=history.outside_panel,
                shares=shares,
            )
            for row in rows
        ]
        bands += _bands(judgement.bands, kind=kind)
        panel = set(history.panel.source_ids)
        methods.append(
            Method(
                kind=kind,
                week_count=len(history.weeks) - 1,
                first_week=str(history.weeks[0]),
                source_names=_names(history.panel.source_ids, configuration),
                other_names=_names(history.panel.others, configuration),
                silent_names=_names([each for each in silent_ids if each in panel], configuration),
                completeness=_rounded(history.completeness, 3),
                judged_count=judgement.judged_count,
                chance_count=round(judgement.judged_count * WATCH_BELOW, 1),
                false_discovery_rate=configuration.settings.signals.false_discovery_rate,
                has_converged=judgement.has_converged,
            )
        )
    return Judgements(tuple(comparisons), tuple(bands), tuple(methods))


def _bands(bands: pd.DataFrame, *, kind: Kind) -> list[ExpectedWeek]:
    drawn = bands[bands["level"].isin([Level.DISTRICT.value, Level.CITY.value])]
    return [
        ExpectedWeek(
            kind=kind,
            level=Level(row["level"]),
            district_id=str(row["district_id"]),
            iso_week=str(row["iso_week"]),
            count=int(row["count"]),
            low=int(row["low"]),
            high=int(row["high"]),
        )
        for row in records(drawn)
    ]


def _names(source_ids: Any, configuration: Configuration) -> tuple[str, ...]:
    return tuple(configuration.shown_name(str(source_id)) for source_id in source_ids)


def _rounded(number: Any, digits: int) -> float | None:
    """Give a figure with so many decimals that every machine writes the same."""
    return None if number is None or pd.isna(number) else round(float(number), digits)


def _shares(sources: pd.DataFrame) -> dict[tuple[str, str], pd.Series[int]]:
    """Give the sources' counts by district and category; empty stands for all."""
    found = {}
    for keys in (
        ["district_id", "category_code"], ["district_id"], ["category_code"], [],
    ):  # fmt: skip
        counts = sources.groupby([*keys, "source_id"])["occurrence_count"].sum()
        grouped = counts.reset_index()
        for name in ("district_id", "category_code"):
            if name not in keys:
                grouped[name] = ""
        for (district_id, category), group in grouped.groupby(["district_id", "category_code"]):
            found[(str(district_id), str(category))] = group.set_index("source_id")[
                "occurrence_count"
            ].sort_values(ascending=False, kind="stable")
    return found


def _outside(outside: pd.Series[int], district_ids: list[str], category: str) -> int:
    """Count what only sources outside the panel reported."""
    chosen = outside
    if district_ids:
        chosen = chosen[chosen.index.get_level_values("district_id").isin(district_ids)]
    if category:
        chosen = chosen[chosen.index.get_level_values("category_code") == category]
    return int(chosen.sum())


def _comparison(
    row: Mapping[str, Any],
    rows: list[dict[str, Any]],
    *,
    kind: Kind,
    configuration: Configuration,
    names: Mapping[str, str],
    outside: pd.Series[int],
    shares: Mapping[tuple[str, str], pd.Series[int]],
) -> JudgedCount:
    district_id, other_id = str(row["district_id"]), str(row["other_district_id"])
    category = str(row["category_code"])
    own = shares.get((district_id, category))
    categories = configuration.categories.names
    return JudgedCount(
        kind=kind,
        level=Level(row["level"]),
        district_id=district_id,
        district_name=names.get(district_id, district_id),
        other_district_name=names.get(other_id, other_id),
        category_code=category,
        category_name=categories.get(category, category),
        count=int(row["count"]),
        outside_count=_outside(
            outside, [each for each in (district_id, other_id) if each], category
        ),
        expected=_rounded(row["expected"], 1),
        low=whole_of(row["low"]),
        high=whole_of(row["high"]),
        p_high=_rounded(row["p_high"], 4),
        verdict=Verdict(row["verdict"]),
        is_slow_rise=bool(row["is_slow_rise"]),
        rising_since=None if pd.isna(row["rising_since"]) else str(row["rising_since"]),
        count_since=int(row["count_since"]),
        expected_since=_rounded(row["expected_since"], 1) or 0.0,
        is_carried=_is_carried(row, rows),
        sources=()
        if own is None or other_id
        else tuple(
            SourceShare(configuration.shown_name(str(source_id)), int(count))
            for source_id, count in own.items()
        ),
    )


def _is_carried(row: Mapping[str, Any], rows: list[dict[str, Any]]) -> bool:
    """Tell whether a total sticks out only through a part that is said for itself."""
    if row["level"] in (Level.CELL.value, Level.NEIGHBOURS.value) or pd.isna(row["high"]):
        return False
    verdict = Verdict(row["verdict"])
    parts = [
        part
        for part in rows
        if part["level"] == Level.CELL.value
        and Verdict(part["verdict"]) in (Verdict.CLEAR_RISE, Verdict.WATCH)
        and row["district_id"] in ("", part["district_id"])
        and row["category_code"] in ("", part["category_code"])
    ]
    excess = sum(part["count"] - part["expected"] for part in parts)
    return (
        verdict in (Verdict.CLEAR_RISE, Verdict.WATCH)
        and not row["is_slow_rise"]
        and excess > 0
        and row["count"] - excess <= row["high"]
    )

"""The trail: from each figure of the week to its rows, and from a row to file, line and rule.

Rows stand in one table a kind, grouped by area and within it by category. A figure leads to the
group that it counts; a category of all areas, a place and a source lead to a list of links.
Without scripts all the same: links within the page are all there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.text import slug
from est_pipeline.lagesbild.content import Lagesbild, PlaceCount, ReportRow
from est_pipeline.lagesbild.judgement import JudgedCount
from est_pipeline.lagesbild.wording import KIND_NOUNS

TABLE_IDS = {
    Kind.INCIDENT: "t-handelser",
    Kind.ENVIRONMENT_CASE: "t-miljo",
    Kind.FOUND_BY_EFFORT: "t-insats",
}
"""The id of each kind's table of rows (of its caption)."""

JOIN_WORDS = {
    "nara": "nära i tid och plats",
    "samma_plats": "samma plats",
    "lik_text": "lik text",
    "beslut": "beslut av en människa",
}
"""By which rule reports were joined: the first word of `join_reason` -> Swedish."""


@dataclass(frozen=True)
class CategoryGroup:
    """A kind's rows of one category in one area, in the order in which they happened."""

    anchor: str
    category_code: str
    name: str
    area_name: str
    rows: tuple[ReportRow, ...]

    @property
    def count(self) -> int:
        """What the rows count for."""
        return counted_rows(self.rows)


@dataclass(frozen=True)
class AreaGroup:
    """A kind's rows of one area, category by category."""

    anchor: str
    name: str
    categories: tuple[CategoryGroup, ...]

    @property
    def count(self) -> int:
        """What the rows count for."""
        return sum(each.count for each in self.categories)


@dataclass(frozen=True)
class RowList:
    """Rows that a figure counts and that lie in several groups: those of a place or a source."""

    anchor: str
    name: str
    rows: tuple[ReportRow, ...]


class Trail:
    """Where each figure's rows stand on a page."""

    def __init__(self, content: Lagesbild, *, has_guides: bool = True) -> None:
        """Group the rows of a page once.

        Without guides (on paper) no figure leads to a list of links between it and its rows.
        """
        self._areas = {
            kind: _area_groups(content, kind) for kind in TABLE_IDS if content.rows_of(kind)
        }
        self._anchors = {
            anchor
            for areas in self._areas.values()
            for area in areas
            for anchor in (area.anchor, *(each.anchor for each in area.categories))
        }
        if has_guides:
            self._anchors |= {
                group_id(kind, "", category.category_code)
                for kind, areas in self._areas.items()
                for area in areas
                for category in area.categories
            }
        self.places = tuple(
            _place_list(number if has_guides else None, each, content)
            for number, each in enumerate(content.places, start=1)
        )
        self.sources = _source_lists(content) if has_guides else ()

    def areas(self, kind: Kind) -> tuple[AreaGroup, ...]:
        """Give a kind's rows area by area, in the order of the districts."""
        return self._areas.get(kind, ())

    def categories(self, kind: Kind) -> tuple[tuple[str, str, tuple[CategoryGroup, ...]], ...]:
        """Give anchor, name and groups of each category of a kind, most rows first."""
        found: dict[str, list[CategoryGroup]] = {}
        for area in self.areas(kind):
            for group in area.categories:
                found.setdefault(group.category_code, []).append(group)
        ordered = sorted(
            found.items(), key=lambda item: (-sum(each.count for each in item[1]), item[0])
        )
        return tuple(
            (group_id(kind, "", code), groups[0].name, tuple(groups)) for code, groups in ordered
        )

    def to(self, kind: Kind, district_id: str = "", category_code: str = "") -> str:
        """Give the id that a figure leads to; empty where it has no rows on the page."""
        if not district_id and not category_code:
            return TABLE_IDS[kind] if self.areas(kind) else ""
        anchor = group_id(kind, district_id, category_code)
        return anchor if anchor in self._anchors else ""

    def to_source(self, source_id: str, kind: Kind) -> str:
        """Give the id of the list of a source's rows of one kind; empty where it has none."""
        anchor = source_anchor(source_id, kind)
        return anchor if any(each.anchor == anchor for each in self.sources) else ""

    def of(self, comparison: JudgedCount) -> str:
        """Give the id that a comparison leads to (of two districts, the first with rows)."""
        return self.to(comparison.kind, comparison.district_id, comparison.category_code)


def group_id(kind: Kind, district_id: str, category_code: str = "") -> str:
    """Give the id of a group of rows: `rader-incident.ryd.brand`; `..` where all areas count."""
    parts = [f"rader-{slug(kind.value)}", slug(district_id), slug(category_code)]
    return ".".join(parts).rstrip(".")


def counted_rows(rows: Iterable[ReportRow]) -> int:
    """Count what rows stand for: their incidents, or of the other kinds their number."""
    return sum(row.incident_number for row in rows)


def join_words(row: ReportRow) -> str:
    """Write by which rule a row's reports were joined; empty where there is one report."""
    words = dict.fromkeys(
        JOIN_WORDS.get(each.joined_by, "hör ihop") for each in row.others if each.joined_by
    )
    return ", ".join(words)


def _area_groups(content: Lagesbild, kind: Kind) -> tuple[AreaGroup, ...]:
    rows: dict[str, dict[str, list[ReportRow]]] = {}
    for row in content.rows_of(kind):
        rows.setdefault(row.district_id, {}).setdefault(row.category_code, []).append(row)
    order = [area.district_id for area in content.areas]
    codes = [each.category_code for each in (content.total.categories if content.total else ())]
    found = []
    for district_id in sorted(rows, key=lambda each: (_place_in(order, each), each)):
        own = rows[district_id]
        name = next(iter(own.values()))[0].district_name or "Utan känd plats"
        found.append(
            AreaGroup(
                anchor=group_id(kind, district_id),
                name=name,
                categories=tuple(
                    CategoryGroup(
                        anchor=group_id(kind, district_id, code),
                        category_code=code,
                        name=own[code][0].category_name or "Utan kategori",
                        area_name=name,
                        rows=tuple(own[code]),
                    )
                    for code in sorted(own, key=lambda each: (_place_in(codes, each), each))
                ),
            )
        )
    return tuple(found)


def _place_in(order: list[str], key: str) -> int:
    return order.index(key) if key in order else len(order)


def _place_list(number: int | None, place: PlaceCount, content: Lagesbild) -> RowList:
    return RowList(
        anchor=f"rader-plats-{number}" if number else "",
        name=place.place_name,
        rows=tuple(
            row
            for row in content.rows_of(Kind.INCIDENT)
            if (row.place_name, row.district_name) == (place.place_name, place.district_name)
        ),
    )


def source_anchor(source_id: str, kind: Kind) -> str:
    """Give the id of the list of a source's rows of one kind."""
    return f"rader-kalla-{slug(source_id)}.{slug(kind.value)}"


def _source_lists(content: Lagesbild) -> tuple[RowList, ...]:
    names: dict[str, str] = {}
    rows: dict[tuple[str, Kind], list[ReportRow]] = {}
    for row in content.rows:
        own = {row.source_id: row.source_name}
        own |= {each.source_id: each.source_name for each in row.others}
        names |= own
        for source_id in own:
            rows.setdefault((source_id, row.kind), []).append(row)
    kinds = list(TABLE_IDS)
    ordered = sorted(rows, key=lambda each: (names[each[0]], each[0], kinds.index(each[1])))
    return tuple(
        RowList(
            source_anchor(source_id, kind),
            f"{names[source_id]}, {KIND_NOUNS[kind].many}",
            tuple(rows[source_id, kind]),
        )
        for source_id, kind in ordered
    )

"""Issues: the number of an issued page, what it replaces, and what has changed in the figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from est_pipeline.domain.kinds import InformationClass, Kind, Verdict
from est_pipeline.lagesbild.judgement import STICKS_OUT, JudgedCount

if TYPE_CHECKING:
    from est_pipeline.lagesbild.content import Lagesbild

OPEN = InformationClass.OPEN
INTERNAL = InformationClass.INTERNAL

_KIND_KEYS = {
    Kind.INCIDENT: "incidents",
    Kind.ENVIRONMENT_CASE: "environment_cases",
    Kind.FOUND_BY_EFFORT: "found_by_effort",
}


@dataclass(frozen=True)
class ChangedCount:
    """A count of the week that is another than in the issue before.

    It is the whole municipality's where `area_name` and `category_name` are empty. `area_name` is
    also empty for what has no place, where `is_unplaced`.
    """

    kind: Annotated[Kind, INTERNAL]
    area_name: Annotated[str, INTERNAL]
    is_unplaced: Annotated[bool, INTERNAL]
    category_name: Annotated[str, INTERNAL]
    before: Annotated[int, INTERNAL]
    now: Annotated[int, INTERNAL]


@dataclass(frozen=True)
class ChangedVerdict:
    """A comparison that sticks out in one of the two issues and is judged otherwise in the other.

    `before` is missing where the issue before did not make it.
    """

    comparison: Annotated[JudgedCount, INTERNAL]
    before: Annotated[Verdict | None, INTERNAL]


@dataclass(frozen=True)
class Issue:
    """Which issue of its week a page is.

    `replaces_number` and `replaced_as_of` are those of the issue before, missing in the first.
    `new_row_count` and `gone_row_count` are rows of the week that came or went since it;
    `is_compared` is false where its figures could not be read.
    """

    number: Annotated[int, OPEN]
    replaces_number: Annotated[int | None, OPEN]
    replaced_as_of: Annotated[datetime | None, OPEN]
    is_compared: Annotated[bool, OPEN]
    counts: Annotated[tuple[ChangedCount, ...], INTERNAL]
    verdicts: Annotated[tuple[ChangedVerdict, ...], INTERNAL]
    new_row_count: Annotated[int | None, INTERNAL]
    gone_row_count: Annotated[int | None, INTERNAL]
    has_new_settings: Annotated[bool, OPEN]
    has_new_program: Annotated[bool, OPEN]


FIRST_ISSUE = Issue(
    number=1,
    replaces_number=None,
    replaced_as_of=None,
    is_compared=False,
    counts=(),
    verdicts=(),
    new_row_count=None,
    gone_row_count=None,
    has_new_settings=False,
    has_new_program=False,
)


def next_issue(
    before: Mapping[str, Any], content: Lagesbild, *, number: int, replaces_number: int
) -> Issue:
    """Say what an issue replaces, and what has changed in the figures since.

    Args:
        before: `lagesbild.json` of the issue that is replaced; empty where it cannot be read.
        content: what the new one shows.
        number: of the new one.
        replaces_number: of the one before.
    """
    head = before.get("head") or {}
    as_of = head.get("as_of")
    # before issues were numbered, rows had ids of another sort
    rows_before = {row["own_id"] for row in before.get("rows") or () if "issue" in before}
    rows_now = {row.own_id for row in content.rows}
    return Issue(
        number=number,
        replaces_number=replaces_number,
        replaced_as_of=datetime.fromisoformat(as_of).astimezone(content.head.as_of.tzinfo)
        if as_of
        else None,
        is_compared="total" in before,
        counts=_changed_counts(before, content),
        verdicts=_changed_verdicts(before, content),
        new_row_count=len(rows_now - rows_before) if "issue" in before else None,
        gone_row_count=len(rows_before - rows_now) if "issue" in before else None,
        has_new_settings=head.get("configuration_checksum")
        not in (None, content.head.configuration_checksum),
        has_new_program=head.get("program_version") not in (None, content.head.program_version),
    )


def _changed_counts(before: Mapping[str, Any], content: Lagesbild) -> tuple[ChangedCount, ...]:
    """Give the counts that differ: the kinds' totals, then areas, then categories of incidents."""
    total, total_before = content.total, before.get("total")
    if total is None or not total_before:
        return ()
    unplaced = [] if content.unplaced is None else [content.unplaced]
    unplaced_before = [before["unplaced"]] if before.get("unplaced") else []
    areas_before = {each["district_id"]: each for each in [*before["areas"], *unplaced_before]}
    names = {each["district_id"]: each["name"] for each in areas_before.values()}
    areas_now = {each.district_id: each for each in [*content.areas, *unplaced]}
    names |= {each.district_id: each.name for each in areas_now.values()}
    unplaced_ids = {each.district_id for each in unplaced}
    found = []
    for kind, key in _KIND_KEYS.items():
        found.append(
            ChangedCount(kind, "", False, "", total_before[key]["count"], getattr(total, key).count)
        )
        for district_id, name in names.items():
            was, now = areas_before.get(district_id), areas_now.get(district_id)
            found.append(
                ChangedCount(
                    kind=kind,
                    area_name=name,
                    is_unplaced=district_id in unplaced_ids,
                    category_name="",
                    before=was[key]["count"] if was else 0,
                    now=getattr(now, key).count if now else 0,
                )
            )
    categories_before = {each["name"]: each["count"] for each in total_before["categories"]}
    categories_now = {each.name: each.count for each in total.categories}
    found += [
        ChangedCount(
            kind=Kind.INCIDENT,
            area_name="",
            is_unplaced=False,
            category_name=name,
            before=categories_before.get(name, 0),
            now=categories_now.get(name, 0),
        )
        for name in {**categories_now, **categories_before}
    ]
    return tuple(each for each in found if each.before != each.now)


def _changed_verdicts(before: Mapping[str, Any], content: Lagesbild) -> tuple[ChangedVerdict, ...]:
    """Give the comparisons whose verdict differs, where one of the two sticks out."""
    judgements, known = content.judgements, before.get("judgements")
    if judgements is None or not known:
        return ()
    keys = ("kind", "level", "district_name", "other_district_name", "category_name")
    verdicts = {
        tuple(each[key] for key in keys): Verdict(each["verdict"]) for each in known["comparisons"]
    }
    found = [
        ChangedVerdict(each, verdicts.get(tuple(str(getattr(each, key)) for key in keys)))
        for each in judgements.comparisons
    ]
    return tuple(
        each
        for each in found
        if each.before != each.comparison.verdict
        and (each.before in STICKS_OUT or each.comparison.verdict in STICKS_OUT)
    )

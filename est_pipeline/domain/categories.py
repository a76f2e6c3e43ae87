"""Categories in two levels, their synonyms and the kind that each gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.text import fold


@dataclass(frozen=True)
class Subcategory:
    """The second level: a code that is stable and a name that is shown.

    `is_coarse`: place and hour could point at a person; shown with day and district only.
    """

    code: str
    name: str
    synonyms: tuple[str, ...] = ()
    is_coarse: bool = False


@dataclass(frozen=True)
class Category:
    """The first level, with the kind that a report of it has unless the report says otherwise.

    `is_coarse` as for a subcategory; `is_summary`: one report of it bundles several incidents.
    """

    code: str
    name: str
    kind: Kind = Kind.INCIDENT
    synonyms: tuple[str, ...] = ()
    subcategories: tuple[Subcategory, ...] = ()
    is_coarse: bool = False
    is_summary: bool = False


@dataclass(frozen=True)
class CategoryList:
    """All categories of a workspace, in the order in which they are shown."""

    categories: tuple[Category, ...]

    def __iter__(self) -> Iterator[Category]:
        """Go through the categories in the order in which they are shown."""
        return iter(self.categories)

    @property
    def codes(self) -> tuple[str, ...]:
        """The stable codes, in the order in which they are shown."""
        return tuple(category.code for category in self.categories)

    @property
    def names(self) -> dict[str, str]:
        """Map each category code to the name that is shown, in the order shown."""
        return {category.code: category.name for category in self.categories}

    @property
    def subcategory_names(self) -> dict[tuple[str, str], str]:
        """Map (category code, subcategory code) to the name that is shown."""
        return {
            (category.code, sub.code): sub.name
            for category in self.categories
            for sub in category.subcategories
        }

    @property
    def coarse_codes(self) -> frozenset[tuple[str, str]]:
        """The (category, subcategory) codes shown with day and district only; "" for none."""
        return frozenset(
            (category.code, code)
            for category in self.categories
            for code, is_coarse in (
                ("", category.is_coarse),
                *(
                    (sub.code, category.is_coarse or sub.is_coarse)
                    for sub in category.subcategories
                ),
            )
            if is_coarse
        )

    @cached_property
    def words(self) -> dict[str, tuple[str, str | None]]:
        """Map each folded word a reporter may write to (category code, subcategory code).

        A category's own words go before a subcategory's; a subcategory's word that several
        categories share decides nothing and is left out.
        """
        found: dict[str, tuple[str, str | None]] = {}
        seen: Counter[str] = Counter()
        for category in self.categories:
            for sub in category.subcategories:
                for word in {fold(word) for word in (sub.code, sub.name, *sub.synonyms)}:
                    seen[word] += 1
                    found[word] = (category.code, sub.code)
        found = {word: codes for word, codes in found.items() if seen[word] == 1}
        for category in self.categories:
            for own in (category.code, category.name, *category.synonyms):
                found[fold(own)] = (category.code, None)
        return found

    @cached_property
    def subcategory_words(self) -> dict[tuple[str, str], str]:
        """Map (category code, folded word) to the subcategory code."""
        return {
            (category.code, fold(word)): sub.code
            for category in self.categories
            for sub in category.subcategories
            for word in (sub.code, sub.name, *sub.synonyms)
        }

"""Which reports are shown coarsely, so that place and hour point at nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from est_pipeline.domain.text import fold


@dataclass(frozen=True)
class CoarseRule:
    """What is placed by its district only, wherever it is shown.

    Attributes:
        codes: (category, subcategory) codes; an empty subcategory stands for none stated.
        dwelling_words: words or beginnings; a place type that holds one is a dwelling.
    """

    codes: frozenset[tuple[str, str]] = frozenset()
    dwelling_words: tuple[str, ...] = ()

    def covers(self, category_code: str, subcategory_code: str, place_type: str) -> bool:
        """Tell whether a report of this category at this type of place is shown coarsely."""
        is_coarse = (category_code, subcategory_code) in self.codes
        return is_coarse or holds_any(place_type, self.dwelling_words)


NOTHING_COARSE = CoarseRule()
"""The rule of a workspace that shows every place."""


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Tell whether a text holds one of some words or beginnings, case and accents aside."""
    folded = fold(text)
    return any(fold(word) in folded for word in words)

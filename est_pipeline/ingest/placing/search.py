"""Listed names within longer texts: a sieve over raw texts, and a search of the few that pass.

RE2 reads a million texts in a fraction of a second while its automaton fits in its memory, and is
a hundred times slower when it does not. So a pattern holds a limited number of names' beginnings.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from est_pipeline.domain.text import fold

_MOST_NODES = 1500
"""Nodes of the letter tree of one pattern: with about twice as many, RE2 is still fast."""
_WORD = re.compile(r"[^\W_]+")
_BEYOND_LATIN_1 = r"[^\x{00}-\x{ff}\x{2010}-\x{2026}\x{20ac}]"
"""Signs that a letter can be composed of; a text with one of them always passes."""


@dataclass(frozen=True)
class Sieve:
    """Patterns that texts must match to be worth a search: `first`, then any of `then`."""

    first: str
    then: tuple[str, ...]

    def passing(self, texts: pa.Array) -> np.ndarray:
        """Give the numbers of the raw texts in which a name may stand; missing ones don't pass."""
        if not self.first:
            return np.empty(0, dtype=np.int64)
        passing = _matching(texts, self.first)
        if self.then and len(passing):
            some = texts.take(pa.array(passing))
            hits = np.zeros(len(passing), dtype=bool)
            for pattern in self.then:
                hits[_matching(some, pattern)] = True
            passing = passing[hits]
        return passing


def build_sieve(words: Sequence[str]) -> Sieve:
    """Make the sieve that lets every text through in which one of the folded names stands."""
    words = sorted({word for word in words if word})
    if not words:
        return Sieve("", ())
    if _count_nodes(words) <= _MOST_NODES:
        return Sieve(_pattern(words), ())
    length = max(map(len, words))
    while length > 1 and _count_nodes({word[:length] for word in words}) > _MOST_NODES:
        length -= 1
    groups: list[list[str]] = [[]]
    nodes = 0
    for word in words:
        nodes += len(word)
        if nodes > _MOST_NODES and groups[-1]:
            groups.append([])
            nodes = len(word)
        groups[-1].append(word)
    return Sieve(_pattern({word[:length] for word in words}), tuple(map(_pattern, groups)))


def _matching(texts: pa.Array, pattern: str) -> np.ndarray:
    matches = pc.match_substring_regex(texts, pattern, ignore_case=True)
    return np.flatnonzero(pc.fill_null(matches, False).to_numpy(zero_copy_only=False))


def _count_nodes(words: Iterable[str]) -> int:
    return len({word[:end] for word in words for end in range(1, len(word) + 1)})


def _pattern(words: Iterable[str]) -> str:
    names = "|".join("".join(map(_spellings, word)) for word in sorted(words))
    return rf"(?:^|[^\pL\pN])(?:{names})|{_BEYOND_LATIN_1}"


@cache
def _spellings(letter: str) -> str:
    """Give the pattern of what is folded to a letter among the signs of Latin 1."""
    if letter == " ":
        return r"[\s\v\x1c-\x1f\x{85}\x{a0}]+"
    accented = [chr(n) for n in range(0xA0, 0x100) if fold(chr(n)) == letter]
    return f"[{letter}{''.join(accented)}]" if accented else re.escape(letter)


class NameFinder:
    """Finds listed names that stand in folded texts as they are listed, genitive too."""

    def __init__(self, words: Sequence[str]) -> None:
        """Order the folded names by their first word, the longest name first."""
        by_first: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for number, word in enumerate(words):
            first = _WORD.search(word)
            if first and first.start() == 0:
                by_first[first[0]].append((word, number))
        self._by_first = {
            first: sorted(names, key=lambda name: (-len(name[0]), name[0]))
            for first, names in by_first.items()
        }

    def first(self, text: str) -> int:
        """Give the number of the first name in the text, the longest of several; -1 for none."""
        for token in _WORD.finditer(text):
            word, start = token[0], token.start()
            for key in (word, word[:-1]) if word.endswith("s") else (word,):
                for name, number in self._by_first.get(key, ()):
                    if text.startswith(name, start) and _ends(text, start + len(name)):
                        return number
        return -1

    def first_of_each(self, texts: Iterable[str]) -> np.ndarray:
        """Give for each text what `first` gives."""
        return np.fromiter((self.first(text) for text in texts), dtype=np.int64)


def _ends(text: str, end: int) -> bool:
    """Tell whether a name can end here: at the end of a word, or before its genitive s."""
    if text[end : end + 1] == "s":
        end += 1
    return not text[end : end + 1].isalnum()

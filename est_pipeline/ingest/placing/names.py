"""Names of places as people write them: inflected, shortened, run together, misspelt.

Works on folded texts (`domain.text.fold`) of the columns for place and address, never on free
text. A name is recognised by its key (the name without inflection) or, where that fails, by its
likeness to a listed one; what could be several places is recognised as none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, product
from typing import Any, NamedTuple

import numpy as np

from est_pipeline.ingest.placing.name_forms import (
    FILLERS,
    NUMBER,
    SHORT,
    TOKEN,
    indefinite_forms,
    key_of,
    kind_split,
    part_of,
    readings_of,
    side_prefix,
    sides_of,
    without_definite_form,
    without_genitive,
    words_of,
)

MARGIN = 4
"""So much more must a name be like the text than the next place's name, in points of likeness."""

_LONGEST_TEXT = 160
"""A longer text is no name of a place, and is not searched for names that it is like."""
_MOST_READINGS = 8


class Way(StrEnum):
    """How a name was recognised."""

    EXACT = "exact"
    FOLDED = "folded"
    WITHIN = "within"
    INFLECTED = "inflected"
    ALIKE = "alike"
    SEVERAL = "several"


@dataclass(frozen=True)
class Recognition:
    """What a text was recognised as.

    `word` is the folded name, empty where the text could be one of several (`SEVERAL`, whose
    names stand in `candidates`). `score` is the likeness of 100.
    """

    word: str
    way: Way
    score: int
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class NameIndex:
    """Listed names by key and by spelling.

    Args:
        words: folded names.
        owners: what each name leads to, such as a place's id.
        others: folded names of other things, which no misspelt name of these may contain.
    """

    words: tuple[str, ...]
    owners: tuple[str, ...]
    others: tuple[str, ...] = ()
    keys: dict[str, frozenset[str]] = field(init=False, repr=False)
    turned_keys: dict[str, frozenset[str]] = field(init=False, repr=False)
    owner_of: dict[str, str] = field(init=False, repr=False)
    known: frozenset[str] = field(init=False, repr=False)
    numbers: frozenset[str] = field(init=False, repr=False)
    most_words: int = field(init=False)
    _forms: dict[int, list[tuple[str, str]]] = field(init=False, repr=False)
    _memory: dict[tuple[str, str, float], Recognition | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the look-ups once."""
        strict: dict[str, set[str]] = defaultdict(set)
        loose: dict[str, set[str]] = defaultdict(set)
        turned: dict[str, set[str]] = defaultdict(set)
        forms: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for word in self.words:
            parts = words_of(word)
            key = key_of(parts)
            strict[key].add(word)
            if (shorter := without_definite_form(key)) != key:
                loose[shorter].add(word)
            if len(parts) > 1 and kind_split(parts[-1])[1]:
                turned[key].add(word)
            if len(word) >= SHORT:
                forms[len(word)].add((word, word))
                forms[len(key)].add((key, word))
        for key, words in loose.items():
            if key not in strict:
                strict[key] = words
        of = dict(zip(self.words, self.owners, strict=True))
        digits = {t for word in self.words for t in TOKEN.findall(word) if t[0].isdigit()}
        for name, value in {
            "keys": {key: frozenset(words) for key, words in strict.items()},
            "turned_keys": {key: frozenset(words) for key, words in turned.items()},
            "owner_of": of,
            "known": frozenset(strict) | {key_of(words_of(word)) for word in self.others},
            "numbers": frozenset(digits),
            "most_words": max((len(words_of(word)) for word in self.words), default=0),
            "_forms": {length: sorted(pairs) for length, pairs in sorted(forms.items())},
            "_memory": {},
        }.items():
            object.__setattr__(self, name, value)

    def recognise(self, texts: Mapping[str, str], *, similarity: float) -> dict[str, Recognition]:
        """Recognise folded texts.

        Args:
            texts: distinct folded texts, each with the listed name that stands in it, or with
                nothing. Where one does, only a longer name is looked for, of which it is a part.
            similarity: the least likeness, of 100; at 100 inflection alone counts.

        Returns:
            The texts that were recognised, or that could be one of several places.
        """
        # the blocks of a file, and the files of a run, repeat themselves
        new = {
            text: named
            for text, named in texts.items()
            if text and (text, named, similarity) not in self._memory
        }
        found = self._recognise_new(new, similarity) if self.words and new else {}
        self._memory.update({(text, of, similarity): found.get(text) for text, of in new.items()})
        answers = {
            text: self._memory[text, named, similarity] for text, named in texts.items() if text
        }
        return {text: answer for text, answer in answers.items() if answer is not None}

    def nearest(self, texts: Sequence[str]) -> dict[str, Recognition]:
        """Give the name that each text is most like, however little: advice for a human."""
        # a word out of many says little about the whole
        spans = {
            text: [
                span
                for span in self._spans(text)
                if 2 * sum(map(len, span.words)) > len(text.replace(" ", ""))
            ]
            for text in texts
            if len(text) <= _LONGEST_TEXT
        }
        alike = self._alike(spans, similarity=50, is_advice=True)
        return {
            text: Recognition(best[1], Way.ALIKE, int(best[0]))
            for text, scores in alike.items()
            if (best := max(((score, word) for word, score in scores.values()), default=None))
        }

    def _recognise_new(self, texts: Mapping[str, str], similarity: float) -> dict[str, Recognition]:
        found: dict[str, Recognition] = {}
        left: dict[str, list[Span]] = {}
        for text, named in texts.items():
            if len(text) > _LONGEST_TEXT:
                continue
            spans = list(self._spans(text))
            if named:
                spans = _longer_than(named, spans)
            words = self._inflected("" if named else text, spans)
            if words:
                found[text] = self._one_of(words, Way.INFLECTED, 100)
                spans = _longer_than(found[text].word, spans)
            if spans:
                left[text] = spans
        if similarity < 100 and left:
            for text, scores in self._alike(left, similarity=similarity).items():
                best, score = max(scores.values(), key=lambda of: (of[1], of[0]))
                whole = key_of(words_of(best))
                near = [
                    word
                    for word, other in scores.values()
                    if word == best
                    or (other > score - MARGIN and key_of(words_of(word)) not in whole)
                ]
                # goes before what is only a part of it
                found[text] = self._one_of(near, Way.ALIKE, int(score))
        return found

    def _one_of(self, words: Iterable[str], way: Way, score: int) -> Recognition:
        """Give the one place that the names lead to, or say that there are several."""
        by_owner = {self.owner_of[word]: word for word in sorted(words, reverse=True)}
        if len(by_owner) == 1:
            return Recognition(next(iter(by_owner.values())), way, score)
        return Recognition("", Way.SEVERAL, score, tuple(sorted(by_owner.values())))

    def _inflected(self, text: str, spans: Sequence[Span]) -> frozenset[str]:
        """Give the listed names whose key the text has; the longest part of the text decides."""
        best = (False, 0)
        words: frozenset[str] = frozenset()
        for span in spans:
            for key in _keys_to_try(span):
                if key in self.keys:
                    rank = (span.is_plain, len(span.words))
                    if rank > best:
                        best, words = rank, self.keys[key]
                    elif rank == best:
                        words |= self.keys[key]
        if words:
            return words
        tokens = [word for word in words_of(text) if word not in FILLERS]
        if len(tokens) > 1:  # "Ryd, centrum" and "centrum i Ryd"
            for order in (tokens, [*tokens[1:], tokens[0]]):
                if kind_split(order[-1])[1] and (key := key_of(order)) in self.turned_keys:
                    return self.turned_keys[key]
        return frozenset()

    def _spans(self, text: str) -> Iterator[Span]:
        """Give the runs of words in which a name can stand, in every reading."""
        for segment in self._segments(text):
            words_count = len(segment) - (segment[-1] == NUMBER)
            readings = [readings_of(segment, place) for place in range(words_count)]
            for start in range(words_count):
                # a name can be written in one word more than it has
                ends = range(start + 1, min(words_count, start + self.most_words + 1) + 1)
                yield from _plain_spans([words[0] for words in readings[start : ends.stop - 1]])
                for end in ends:
                    if max(map(len, readings[start:end])) > 1:
                        chosen = product(*readings[start:end])
                        for words in islice(chosen, 1, _MOST_READINGS):
                            before = key_of(words[:-1])
                            yield Span(words, before, before + part_of(words[-1]), is_plain=False)

    def _segments(self, text: str) -> list[list[str]]:
        segments: list[list[str]] = [[]]
        for token in TOKEN.findall(text):
            is_number = token[0].isdigit() and token not in self.numbers
            if is_number:
                segments[-1].append(NUMBER)
                segments.append([])
            elif token in FILLERS or not token[0].isalnum():
                segments.append([])
            else:
                segments[-1].append(token)
        return [segment for segment in segments if segment and segment != [NUMBER]]

    def _alike(
        self, spans: dict[str, list[Span]], *, similarity: float, is_advice: bool = False
    ) -> dict[str, dict[str, tuple[str, float]]]:
        """Give for each text the places whose names it is like: owner -> (name, likeness)."""
        texts_of: dict[Span, set[str]] = defaultdict(set)
        for text, its_spans in spans.items():
            for span in its_spans:
                texts_of[span].add(text)
        by_length: dict[int, dict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
        for span in texts_of:
            if is_advice or not any(key in self.known for key in _keys_to_try(span)):
                for form in {" ".join(span.words), span.key}:
                    if len(form) >= SHORT:
                        by_length[len(form)][form].append(span)
        result: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)
        for length in sorted(by_length):
            forms = by_length[length]
            for form, word, score in self._likeness(sorted(forms), length, similarity):
                for span in forms[form]:
                    if not is_advice and not self._may_be(span, word):
                        continue
                    owner = self.owner_of[word]
                    for text in texts_of[span]:
                        best = result[text].get(owner)
                        if best is None or (score, word) > (best[1], best[0]):
                            result[text][owner] = (word, score)
        return dict(result)

    def _likeness(
        self, forms: list[str], length: int, similarity: float
    ) -> Iterator[tuple[str, str, float]]:
        """Give the written forms and the listed names whose likeness reaches the threshold.

        The likeness is 100 less the share of edits (a letter too many, too few, another, or two
        that changed places) among the letters of the longer form plus one.
        """
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        share = 1 - similarity / 100
        most = int(share * (length / (1 - share) + 1)) if share < 1 else length
        near = [pair for n in range(length - most, length + most + 1) for pair in self._listed(n)]
        if not near or most < 1:
            return
        lengths = np.array([max(len(listed), length) for listed, _ in near])
        names = [listed for listed, _ in near]
        for start in range(0, len(forms), 4096):
            chunk = forms[start : start + 4096]
            edits: Any = cdist(
                chunk, names, scorer=OSA.distance, score_cutoff=most, dtype=np.int32, workers=1
            )
            scores = 100 * (1 - edits / (lengths + 1))
            for row, column in zip(*np.nonzero(scores >= similarity - 1e-9), strict=True):
                yield chunk[row], near[column][1], float(scores[row, column])

    def _listed(self, length: int) -> list[tuple[str, str]]:
        return self._forms.get(length, [])

    def _may_be(self, span: Span, word: str) -> bool:
        """Tell whether a likeness of letters can be one of places.

        Another kind of place (`skolan` for `gatan`), another side of town (`norra` for `södra`),
        or another listed name within the word (`Bergavägen` for `Bergsvägen`) is another place.
        """
        listed = words_of(word)
        if sides_of(span.words) - sides_of(listed):
            return False
        sides = {side_prefix(span.words[0]), side_prefix(listed[0])}
        if len(sides - {""}) > 1:
            return False
        my_head, their_head = kind_split(span.words[-1])[1], kind_split(listed[-1])[1]
        # "sjuhuset" ends in "huset", and can be "sjukhuset" all the same
        if my_head and their_head and not their_head.endswith(my_head):
            return False
        if my_head and my_head == their_head:
            mine, theirs = (key.removesuffix(my_head) for key in (span.key, key_of(listed)))
            if mine != theirs and (mine in self.known or len(theirs) < SHORT - 1):
                return False
        if len(span.words) == len(listed) > 1:
            return all(map(_may_be_word, span.words, listed))
        return all(len(part) >= SHORT - 1 or part in span.words for part in listed)


class Span(NamedTuple):
    """A run of words within a text; not plain where a shortened word was written out.

    `key` is the key of the words, `before` that of all but the last.
    """

    words: tuple[str, ...]
    before: str
    key: str
    is_plain: bool


def _longer_than(named: str, spans: Sequence[Span]) -> list[Span]:
    """Give the runs of which a listed name is only a part; none where no name is given."""
    words = words_of(named)
    part = key_of(words)
    return [span for span in spans if words and part in span.key and len(span.words) > len(words)]


def _plain_spans(words: Sequence[str]) -> Iterator[Span]:
    """Give the runs that begin with the first of the words."""
    before = ""
    for end, word in enumerate(words, start=1):
        key = before + part_of(word)
        yield Span(tuple(words[:end]), before, key, is_plain=True)
        before = key


def _keys_to_try(span: Span) -> Iterator[str]:
    """Give the key of some words, and those that they have without a definite form."""
    yield span.key
    for shorter in indefinite_forms(span.words[-1]):
        yield span.before + shorter


def _may_be_word(mine: str, theirs: str) -> bool:
    """Tell whether one word of a name of several can be another, misspelt."""
    if mine == theirs or key_of([mine]) == key_of([theirs]):
        return True
    specific = without_genitive(theirs)
    if len(specific) < SHORT - 1:
        return False
    from rapidfuzz.distance import OSA

    return bool(100 * (1 - OSA.distance(mine, theirs) / (max(len(mine), len(theirs)) + 1)) >= 70)

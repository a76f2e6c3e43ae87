"""Masking of long texts, of texts that are repeated, and of texts made to take long."""

import time

import pandas as pd
import pytest

from est_pipeline.ingest.privacy.masking import mask_text, mask_word
from tests.personal_data import planted

PLANTED = list(planted(1_000, seed=20_261_116))


def masked(*texts: str) -> list[str]:
    return mask_text(pd.Series(texts, dtype="str")).text.to_list()


@pytest.mark.parametrize("length", [500, 590, 600, 610, 900, 1_200, 5_000])
def test_nothing_hides_in_a_long_text(length: int) -> None:
    filler = "lugnt i parken hela kvällen "
    for shift in range(0, 40, 3):
        text = (filler * 300)[: length - shift] + " 850101-1234 " + filler * 30
        [found] = masked(text)
        assert "1234" not in found
        assert found.replace("[personnummer]", "850101-1234") == text


def test_what_no_cell_can_hold_is_not_repeated() -> None:
    assert masked("850101-1234 " * 5_000) == ["[för lång text: 60000 tecken]"]
    assert masked(*["x" * 40_000, "lugnt"] * 50)[:2] == ["[för lång text: 40000 tecken]", "lugnt"]


def test_distinct_texts_after_many_alike_are_searched_too() -> None:
    texts = ["lugnt"] * 5_000 + [f"ring 070-{n:07}" for n in range(5_000)]
    assert masked(*texts)[5_000:] == ["ring [telefon]"] * 5_000


def test_one_cell_alone_is_masked_as_among_many() -> None:
    """Few cells and many go through the search by different ways."""
    many = mask_text(pd.Series([p.text for p in PLANTED], dtype="str")).text
    for case, text in list(zip(PLANTED, many, strict=True))[::50]:
        assert mask_word(case.text) == text
    repeated = mask_text(pd.Series([PLANTED[0].text, "lugnt", None] * 4_000, dtype="str"))
    assert set(repeated.text.dropna()) == {many[0], "lugnt"}
    assert repeated.text.isna().sum() == 4_000
    assert set(repeated.counts.values()) == {4_000}


@pytest.mark.parametrize("sign", ["9", "a", " ", "-", "A ", "0 ", "Anna ", "@", "K1-", "reg "])
def test_no_text_takes_long(sign: str) -> None:
    """A search that goes back and forth would take minutes; a cell may hold 32,767 signs."""
    started = time.process_time()
    masked(sign * (32_000 // len(sign)))
    assert time.process_time() - started < 20

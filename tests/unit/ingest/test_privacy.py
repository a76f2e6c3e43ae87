"""Direct personal data in Swedish sentences: all of it found, and hardly anything else."""

import re
import time

import pandas as pd
import pytest

from est_pipeline.ingest.privacy import hide_identity_numbers, mask_columns, mask_text, mask_word
from tests.personal_data import harmless, planted

PLANTED = list(planted(5_000, seed=20_261_116))
LOOK_ALIKES = harmless(3_000, seed=47)


def masked(*texts: str) -> list[str]:
    return mask_text(pd.Series(texts, dtype="str")).text.to_list()


def test_all_of_5000_planted_in_sentences_are_found() -> None:
    texts = mask_text(pd.Series([p.text for p in PLANTED], dtype="str")).text
    left = [
        (case.sort, part, text)
        for case, text in zip(PLANTED, texts, strict=True)
        for part in case.secrets
        if part in text
    ]
    assert left == []
    assert {case.sort for case in PLANTED} >= {"personnummer", "telefon", "namn", "e-post"}


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


def test_at_most_one_in_a_hundred_look_alikes_is_masked() -> None:
    texts = mask_text(pd.Series(LOOK_ALIKES, dtype="str")).text
    wrong = [(a, b) for a, b in zip(LOOK_ALIKES, texts, strict=True) if a != b]
    assert len(wrong) <= len(LOOK_ALIKES) // 100, wrong[:20]


def test_masking_masked_text_changes_nothing() -> None:
    once = mask_text(pd.Series([p.text for p in PLANTED], dtype="str")).text
    twice = mask_text(once)
    assert twice.counts == {}
    assert twice.text.to_list() == once.to_list()


def test_one_cell_alone_is_masked_as_among_many() -> None:
    """Few cells and many go through the search by different ways."""
    many = mask_text(pd.Series([p.text for p in PLANTED], dtype="str")).text
    for case, text in list(zip(PLANTED, many, strict=True))[::50]:
        assert mask_word(case.text) == text
    repeated = mask_text(pd.Series([PLANTED[0].text, "lugnt", None] * 4_000, dtype="str"))
    assert set(repeated.text.dropna()) == {many[0], "lugnt"}
    assert repeated.text.isna().sum() == 4_000
    assert set(repeated.counts.values()) == {4_000}


@pytest.mark.parametrize(
    "number",
    [
        "850101-1234",
        "19850101-1234",
        "198501011234",
        "8501011234",
        "850101 1234",
        "850101+1234",
        "850101–1234",
        "1985 01 01-1234",
        "850161-1234",
        "19850161-1234",
        "850101-123X",
        "85 01 01 - 12 34",
        "８５０１０１-１２３４",
        "850101\u00a0-\u00a01234",
    ],
)
def test_identity_and_coordination_numbers_in_every_spelling(number: str) -> None:
    [text] = masked(f"Pojken uppgav {number} när vi frågade.")
    assert "1234" not in text
    assert "８５" not in text
    assert "[personnummer]" in text


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-16 21:30",
        "2026-11-16T21:30:00+01:00",
        "16/11 2026 kl. 21.30-23.15",
        "20261116",
        "58.41086, 15.62157",
        "N 6474321 E 536123",
        "12 500 kr",
        "1 234 567,50",
        "buss 10-12 mot Ryd",
        "linje 211 och 539",
        "Storgatan 12",
        "583 30 Linköping",
        "2026-001234",
        "v. 47",
        "ca 1200 personer",
        "Skäggetorps centrum",
        "Anna Lindhs plats",
        "Karl Johans gata",
        "Stora Torget",
        "Elsa Brändströms skola",
    ],
)
def test_harmless_words_and_numbers_stay(text: str) -> None:
    assert masked(text) == [text]


@pytest.mark.parametrize("case", ["5000-K123456-26", "K123456-26", "dnr SOC 2026-1234"])
def test_cases_of_other_registers_are_recognised_but_not_told(case: str) -> None:
    [first, again] = masked(f"Se {case}.", f"Jämför {case}, samma ärende")
    tokens = [re.findall(r"\[ärende ([0-9a-f]{8})\]", text) for text in (first, again)]
    assert tokens[0] == tokens[1] != []
    assert not re.search(r"123456|1234", first)
    keyed = mask_text(pd.Series([f"Se {case}."], dtype="str"), key=b"hemlighet").text[0]
    assert keyed != first, "the workspace's secret decides the signs"


def test_columns_are_masked_each_by_itself() -> None:
    frame = pd.DataFrame({"a": ["ring 070-123 45 67", None], "b": ["lugnt", "x"]}, index=[5, 2])
    found, counts = mask_columns(frame, ["a", "b"])
    assert found["a"][5] == "ring [telefon]"
    assert pd.isna(found["a"][2])
    assert found["b"].to_list() == ["lugnt", "x"]
    assert counts == {"telefon": 1}


def test_ids_keep_rows_apart_without_telling_whose() -> None:
    ids = pd.Series(["19121212-1212", "19121212-1212", "20261116-0001", "A1", None], dtype="str")
    hidden = hide_identity_numbers(ids)
    assert hidden[0] == hidden[1]
    assert hidden[0].startswith("dold-")
    assert hidden.to_list()[2:4] == ["20261116-0001", "A1"]
    assert pd.isna(hidden[4])


@pytest.mark.parametrize("sign", ["9", "a", " ", "-", "A ", "0 ", "Anna ", "@", "K1-", "reg "])
def test_no_text_takes_long(sign: str) -> None:
    """A search that goes back and forth would take minutes; a cell may hold 32,767 signs."""
    started = time.process_time()
    masked(sign * (32_000 // len(sign)))
    assert time.process_time() - started < 20

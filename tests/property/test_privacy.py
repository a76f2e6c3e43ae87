"""Masking holds for any text around what is masked, and never takes it up into its own words."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from est_pipeline.ingest.privacy.masking import mask_text, mask_word

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
DIGITS = st.text("0123456789 -+.:/,()KkXxTABC@[]", max_size=40)
SWEDISH = st.lists(
    st.sampled_from(
        ["vittnet", "heter", "Anna", "Berg", "anna", "svensson", "lgh", "1203", "tfn", "dnr", "kl.",
         "070-174 06 05", "850101-1234", "[namn]", "[ärende 1234abcd]", "ABC", "123", "och", ",",
         "2026-11-16", "21.30", "gata", "konto", "K123456-26", "ring", "Stora", "Torget", "(", "\n"]
    ),
    max_size=9,
).map(" ".join)  # fmt: skip


def _mask(text: str) -> str:
    return str(mask_text(pd.Series([text], dtype="str")).text.iloc[0])


@given(st.one_of(TEXT, DIGITS, SWEDISH))
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    once = _mask(text)
    assert _mask(once) == once


@given(st.lists(st.one_of(DIGITS, SWEDISH), min_size=1, max_size=5))
def test_many_cells_are_masked_as_each_alone(texts: list[str]) -> None:
    cells = pd.Series(texts * 80, dtype="str")
    assert mask_text(cells).text.tolist() == [mask_word(text) for text in texts] * 80


@given(TEXT, TEXT)
def test_a_number_is_found_in_any_text(before: str, after: str) -> None:
    masked = _mask(f"{before} 19121212-1212 {after}")
    assert "1212-1212" not in masked

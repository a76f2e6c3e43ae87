"""Folding: what counts as the same word."""

import pandas as pd
import pytest

from est_pipeline.domain.text import fold, fold_series


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("Skäggetorp", "skaggetorp"),
        ("  VÅLD\u00a0 och\thot ", "vald och hot"),
        ("Cafe\u0301", "cafe"),
        ("", ""),
    ],
)
def test_a_column_folds_as_its_words_do(word: str, folded: str) -> None:
    assert fold(word) == folded
    column = pd.Series([word, None, word], index=[7, 3, 5], dtype="str")
    found = fold_series(column)
    assert list(found.index) == [7, 3, 5], "each answer belongs to the row that asked"
    assert found.to_list()[::2] == [folded, folded]
    assert pd.isna(found.loc[3])

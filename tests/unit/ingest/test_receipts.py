"""What a receipt says of a file in one sentence, and how it writes moments and numbers."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from est_pipeline.ingest.receipts import Receipt, render_receipt

RECEIPT = Receipt(
    source_name="Polisen",
    addressee="",
    file_name="a.csv",
    received_at=datetime(2026, 11, 23, 6, 5, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("counts", "said", "said_of_a_check"),
    [
        (
            {"accepted_count": 34, "quarantined_count": 3},
            "3 rader behöver rättas. 34 rader är mottagna.",
            "3 rader behöver rättas. 34 rader skulle tas emot.",
        ),
        (
            {"accepted_count": 1, "quarantined_count": 1, "known_count": 9},
            "1 rad behöver rättas. 1 rad är mottagen.",
            "1 rad behöver rättas. 1 rad skulle tas emot.",
        ),
        (
            {"quarantined_count": 3, "known_count": 9},
            "3 rader behöver rättas.",
            "3 rader behöver rättas.",
        ),
        ({"accepted_count": 4}, "Allt är mottaget. Tack!", "Alla rader skulle tas emot."),
        (
            {"accepted_count": 4, "known_count": 2},
            "Allt är mottaget. Tack!",
            "4 rader skulle tas emot.",
        ),
        (
            {"known_count": 2},
            "Alla rader var redan kända. Inget nytt togs in.",
            "Alla rader är redan kända. Inget nytt skulle tas in.",
        ),
    ],
)
def test_only_what_was_accepted_is_called_so(
    counts: dict[str, Any], said: str, said_of_a_check: str
) -> None:
    receipt = replace(RECEIPT, rows_read=sum(counts.values()), **counts)
    assert receipt.verdict == said
    assert replace(receipt, is_check=True).verdict == said_of_a_check


def test_moments_and_numbers_are_written_as_on_the_page() -> None:
    receipt = replace(RECEIPT, rows_read=12345, accepted_count=12340, left_out_count=5)
    page = render_receipt(receipt, zone=ZoneInfo("Europe/Stockholm")).replace("\xa0", "~")
    assert "mån 23~nov 2026 kl.~07.05" in page
    assert "12~345" in page
    assert "Bortvalda (gäller inte oss)" in page


def test_a_fault_keeps_its_capitals() -> None:
    findings = pd.DataFrame(
        {
            "line_number": pd.Series([2, 3, 4], dtype="int64"),
            "column": ["rapport_id"] * 3,
            "value": ["1E+05"] * 3,
            "reason_code": ["id_avrundat"] * 3,
        }
    )
    receipt = replace(RECEIPT, rows_read=3, quarantined_count=3, findings=findings)
    page = render_receipt(receipt, zone=ZoneInfo("Europe/Stockholm")).replace("\xa0", " ")
    assert "<li>3 rader: Excel har avrundat" in page

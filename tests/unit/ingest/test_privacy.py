"""Masking: each sort in its spellings, what must be left alone, and the frames it works on."""

import pandas as pd
import pyarrow as pa
import pytest

from est_pipeline.ingest.privacy import masking as privacy
from est_pipeline.ingest.privacy.masking import (
    hide_identity_numbers,
    mask_columns,
    mask_text,
    mask_word,
)
from tests.personal_data import SORTS, harmless, planted

SPELLINGS = {
    "personnummer": [
        "19121212-1212",
        "121212-1212",
        "1212121212",
        "191212121212",
        "121212+1212",
        "121212 1212",
        "121212–1212",
        "19 12 12 12-12 12",
        "1912-12-12-1212",
        "1912.12.12 1212",
        "12/12/12-1212",
        "1 2 1 2 1 2 - 1 2 1 2",
        "1 2 1 2 1 2 1 2 1 2",
        "121212\u00a01212",
        "121212\u20111212",
        "121212\u2212\u200b1212",
        "12121\u00ad2-1212",
        "１２１２１２-１２１２",
        "١٢١٢١٢-١٢١٢",
        "121272-1219",  # a coordination number: the day and 60
        "850101-1234",  # the check digit is wrong
        "19850161-1234",
        "850101-XXXX",
        "850101-T123",
        "19850101-TF01",
        "850101-12**",
        "12121985-1234",  # day first
        "501011233",  # a spreadsheet took the zero
        "850101_1234",
        "2026-11-16-1234",  # a date it is, but nothing else ends in a dash and four digits
    ],
    "telefon": [
        "070-174 06 05",
        "0701740605",
        "070 1740605",
        "0701-74 06 05",
        "070.174.06.05",
        "070/1740605",
        "(013) 12 34 56",
        "013-123456",
        "013 – 12 34 56",
        "0142-123 45",
        "08-12 34 56",
        "08-465 004 04",
        "+46701740605",
        "+46 (0)70-174 06 05",
        "(+46) 70 174 06 05",
        "0046 70 174 06 05",
        "46701740605",
        "+47 22 12 34 56",
        "0 7 0 9 9 4 0 6 0 5",
        "701740605",  # a spreadsheet took the zero
    ],
    "e-post": [
        "tolvan@example.se",
        "tolvan @ example.se",
        "tolvan (at) example.se",
        "tolvan[at]example.se",
        "tolvan [snabel-a] example.se",
        "tolvan snabel-a example.se",
        "tolvan at example punkt se",
        "TOLVAN.T@EXAMPLE.SE",
        "tolvan@example",
        "tolvan＠example.se",
        "åsa.öberg@åkeri.se",
    ],
    "registreringsnummer": ["ABC 123", "ABC123", "ABC-123", "ABC12D", "ABC\u00a012D"],
    "ip-adress": [
        "192.168.10.20",
        "2001:db8::8a2e:370:7334",
        "2001:0db8:0:0:0:8a2e:370:7334",
        "fe80::1ff:fe23:4567:890a",
    ],
    "kontonummer": [
        "SE45 5000 0000 0583 9825 7466",
        "SE4550000000058398257466",
        "DE89 3704 0044 0532 0130 00",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "378282246310005",
    ],
    "lägenhet": [
        "lgh 1203",
        "Lgh1203",
        "lgh. nr 1203",
        "lght 1203",
        "lägenhet 12",
        "lägenhetsnummer 1101",
        "lägenhet nr 12",
        "lgh 1203 och 1204",
        "LGH 1203",
    ],
    "ärende": [
        "5000-K123456-26",
        "K123456-26",
        "0500-K1234-26",
        "k 123456-26",
        "SN-2026-00012",
        "SOC 2026/1234",
    ],
    "namn": [
        "Anna Berg",
        "Mohammed Al-Khalili",
        "Anna-Lena von Öberg",
        "Fatima B. Hassan",
        "Zdravkina Andersson",
        "Svensson, Erik",
        "Johansson Erik",
        "ANNA BERG",
        "anna svensson",
        "K. Andersson",
        "Ahmed S.",
        "A\u030asa Nilsson",
    ],
}

# word before, what it makes of the number or name after it
CUED = [
    ("tfn ", "12 34 56", "telefon"),
    ("tel. ", "123456", "telefon"),
    ("ring ", "12 34 56", "telefon"),
    ("telefonnr: ", "0142-1234", "telefon"),
    ("mobil ", "70-174 06 05", "telefon"),
    ("pnr", "850101-1234", "personnummer"),
    ("personnummer: ", "8501011234", "personnummer"),
    ("pnr ", "850101", "personnummer"),
    ("reg.nr ", "abc123", "registreringsnummer"),
    ("regnr: ", "abc 12d", "registreringsnummer"),
    ("Reg nr ", "DW 12345", "registreringsnummer"),
    ("bilen ", "abc123", "registreringsnummer"),
    ("bg ", "123-4567", "kontonummer"),
    ("bankgiro: ", "5050-1055", "kontonummer"),
    ("plusgiro ", "12 34 56-7", "kontonummer"),
    ("clearing ", "8327-9", "kontonummer"),
    ("konto ", "8327-9, 123 456 789-0", "kontonummer"),
    ("swish ", "123 456 78 90", "kontonummer"),
    ("dnr ", "2026/123", "ärende"),
    ("dnr ", "SOC 2026-1234", "ärende"),
    ("Dnr: ", "2026-001234", "ärende"),
    ("ärende ", "SN-2026-00012", "ärende"),
    ("eleven ", "Zdravkina", "namn"),
    ("vittnet ", "Zdravkina Zorb", "namn"),
    ("heter ", "Zdravkina", "namn"),
    ("som heter ", "mohammed", "namn"),
    ("Namn: ", "Zdravkina", "namn"),
    ("namn: ", "ANNA", "namn"),
    ("kontakta ", "Zdravkina Zorb", "namn"),
    ("ring ", "Lisa", "namn"),
    ("Hälsningar ", "Lisa", "namn"),
    ("hennes bror ", "Leo", "namn"),
    ("herr ", "Zorb", "namn"),
    ("kallas för ", "Zorro", "namn"),
]

LEFT_ALONE = [
    "2026-11-16 21:30",
    "2026-11-16 21.30",
    "2026-11-16T21:30:00+01:00",
    "20261116T213000Z",
    "20261116213000",
    "202611162131",  # a moment; as a personal number its last digit would be wrong
    "20261116 2131",
    "16/11 kl 21.30-23.15",
    "07.30-08.15",
    "0800-1630",
    "01-02-2026 21:30",
    "2026-11-16-2026-11-18",
    "2026-11-16 – 2026-11-18",
    "58.410912, 15.621571",
    "58,410912 15,621571",
    "6474321, 536123",
    "N 6474321 E 536123",
    "+58.4109+15.6216",
    "12 500 kr",
    "1 234 567,50",
    "2 013 123 456 kr",
    "buss 10-12",
    "linje 211 och BUS 211",
    "Rydsvägen 252 B, 582 24 Linköping",
    "2026-001234",
    "ärende 2026-001234",
    "R20261116-0012",
    "TIB-20261116-0012",
    "v. 47",
    "2026-W47",
    "ring 112 eller 114 14",
    "orgnr 212000-0449",
    "version 1.2.3.4",
    "SEK 500 och EUR 250",
    "lägenhet på 3 rum, 12 lägenheter, lägenhet 3 rok",
    "8f14e45f-ceea-467f-a9d2-0712345678ab",
    "Anna Lindhs plats",
    "Karl Johans gata 12",
    "Elsa Brändströms skola",
    "Sankt Lars park",
    "Stora Torget",
    "gatan heter Storgatan, skolan heter Berga Skola",
    "Hans bil. Max vid torget. Sten kastades.",
    "vittnet okänt, namn: saknas",
    "mellan 10 och 12 ungdomar i åldern 15-20 år",
]


def _mask(text: str) -> str:
    return str(mask_text(pd.Series([text], dtype="str")).text.iloc[0])


@pytest.mark.parametrize(
    ("sort", "spelt"),
    [(sort, spelt) for sort, spellings in SPELLINGS.items() for spelt in spellings],
)
def test_every_spelling_is_found(sort: str, spelt: str) -> None:
    token = "[ärende " if sort == "ärende" else f"[{sort}]"
    for before, after in (
        ("", ""),
        ("Man såg ", " vid torget kl 21.30."),
        ("(", ")"),
        ("se: ", ","),
    ):
        masked = _mask(f"{before}{spelt}{after}")
        assert masked.startswith(before + token)
        assert masked.endswith("]" + after)


@pytest.mark.parametrize(("cue", "secret", "sort"), CUED)
def test_found_by_the_word_before(cue: str, secret: str, sort: str) -> None:
    masked = _mask(f"Anteckning, {cue}{secret} enligt uppgift")
    assert secret not in masked
    assert f"[{sort}" in masked
    assert masked.endswith("enligt uppgift")


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_left_alone(text: str) -> None:
    for around in ("{}", "Det var {} som vanligt", "({})"):
        assert _mask(around.format(text)) == around.format(text)


def test_all_of_5000_planted_are_found() -> None:
    items = list(planted(5000, seed=2026))
    assert {item.sort for item in items} == set(SORTS)
    masked = mask_text(pd.Series([item.text for item in items], dtype="str")).text
    left = [
        (item.sort, item.text, text)
        for item, text in zip(items, masked, strict=True)
        if any(secret in text for secret in item.secrets)
    ]
    assert left == []


def test_at_most_two_of_a_thousand_harmless_are_masked() -> None:
    texts = harmless(5000, seed=2026)
    masked = mask_text(pd.Series(texts, dtype="str")).text
    wrong = [(text, out) for text, out in zip(texts, masked, strict=True) if text != out]
    assert len(wrong) <= 10, wrong


def test_no_sieve_holds_back_what_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        *(item.text for item in planted(3000, seed=7)),
        *harmless(500, seed=7),
        *(spelt for spellings in SPELLINGS.values() for spelt in spellings),
        *(cue + secret for cue, secret, _ in CUED),
    ]
    cells = pd.Series(texts, dtype="str")
    with_sieves = mask_text(cells)
    monkeypatch.setattr(privacy, "_FEW", len(texts))
    without = mask_text(cells)
    assert with_sieves.text.tolist() == without.text.tolist()
    assert with_sieves.counts == without.counts


def test_a_second_time_changes_nothing() -> None:
    cells = pd.Series([item.text for item in planted(2000, seed=3)], dtype="str")
    once = mask_text(cells).text
    again = mask_text(once)
    assert again.text.tolist() == once.tolist()
    assert again.counts == {}


def test_neighbours_are_all_found() -> None:
    text = "850101-1234,850102-2345, 070-174 06 05/070-174 06 06 tolvan@example.se;ABC123 lgh 1203"
    masked = _mask(text)
    assert not any(sign.isdigit() for sign in masked), masked
    assert "tolvan" not in masked


def test_missing_cells_index_and_name_are_kept() -> None:
    cells = pd.Series([None, "850101-1234", "lugnt"], index=[7, 3, 5], name="fritext", dtype="str")
    masked = mask_text(cells)
    assert masked.text.index.tolist() == [7, 3, 5]
    assert masked.text.name == "fritext"
    assert masked.text.isna().tolist() == [True, False, False]
    assert masked.text.tolist()[1:] == ["[personnummer]", "lugnt"]
    assert masked.text.dtype == cells.dtype
    assert mask_text(cells[:0]).text.empty
    assert mask_text(pd.Series([None, None], dtype="str")).text.isna().all()


def test_chunks_are_masked_each() -> None:
    chunks = pa.chunked_array([["850101-1234", None] * 100, ["lugnt"] * 100, ["ABC 123"]])
    masked = mask_text(pd.Series(pd.array(chunks, dtype="str")))
    assert masked.counts == {"personnummer": 100, "registreringsnummer": 1}
    assert len(masked.text) == 301
    assert masked.text.iloc[-1] == "[registreringsnummer]"


def test_a_cell_counts_once_a_sort() -> None:
    text = "850101-1234 och 850102-2345, 070-174 06 05"
    for copies in (2, 500):
        counts = mask_text(pd.Series([text] * copies, dtype="str")).counts
        assert counts == {"personnummer": copies, "telefon": copies}


def test_columns() -> None:
    frame = pd.DataFrame({"a": ["ABC 123"], "b": ["070-174 06 05"], "c": ["850101-1234"]})
    masked, counts = mask_columns(frame, ["a", "b"])
    assert masked.iloc[0].tolist() == ["[registreringsnummer]", "[telefon]", "850101-1234"]
    assert counts == {"registreringsnummer": 1, "telefon": 1}
    assert frame["a"].iloc[0] == "ABC 123"
    assert mask_columns(frame, []) == (frame, {})


def test_a_case_is_recognised_however_it_is_spelt() -> None:
    spellings = ["5000-K123456-26", "5000-k123456-26", "5000 - K 123456-26", "5000-K123456–26"]
    tokens = {mask_word(text) for text in spellings}
    assert len(tokens) == 1
    assert mask_word("5000-K123457-26") not in tokens
    assert mask_word("dnr SOC 2026-1234").removeprefix("dnr ") == mask_word("SOC-2026/1234")


def test_the_key_decides_the_sign_of_a_case() -> None:
    cells = pd.Series(["K123456-26"], dtype="str")
    without, first, second = (
        mask_text(cells, key=key).text.iloc[0] for key in (b"", b"one", b"x" * 100)
    )
    assert len({without, first, second}) == 3
    assert mask_word("K123456-26", key=b"one") == first


def test_row_ids_of_persons_and_cases_are_hidden() -> None:
    ids = pd.Series(
        ["19121212-1212", "20261116-0012", "R20261116-0012", "2026-001234", "5000-K123456-26",
         "SN-2026-00012", "KOF-2026-0001", "ring 070-174 06 05", "4711", None],
        dtype="str",
    )  # fmt: skip
    hidden = hide_identity_numbers(ids)
    is_hidden = hidden.str.startswith("dold-").fillna(False)
    assert is_hidden.tolist() == [True, False, False, False, True, True, False, True, False, False]
    assert hidden[~is_hidden].dropna().tolist() == ids[~is_hidden].dropna().tolist()
    assert hidden.isna().tolist() == ids.isna().tolist()
    assert (hide_identity_numbers(ids, key=b"x")[is_hidden] != hidden[is_hidden]).all()


def test_many_different_ids_are_hidden_in_one_go() -> None:
    ids = pd.Series([f"K{number}-26" for number in range(100_000, 130_000)], dtype="str")
    hidden = hide_identity_numbers(ids)
    assert hidden.str.startswith("dold-").all()
    assert hidden.is_unique

"""What must hold for any input: rows conserved, weeks there and back, masked stays masked."""

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from est_pipeline.domain.text import fold, fold_series
from est_pipeline.domain.weeks import IsoWeek, iso_weeks_of, week_range
from est_pipeline.ingest.privacy.masking import mask_text
from est_pipeline.ingest.reading.dialect import join_line

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HEADER = ["rapport_id", "rapporttyp", "start", "slut", "kategori", "plats", "lat", "lon", "fritext"]
ODD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
CELLS = st.one_of(
    st.sampled_from(
        ["", "brand", "2026-11-16 21:30", "Ryd", "58,41", "15,62", "=1+1", '"', "'", ";"]
    ),
    ODD,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, min_size=1, max_size=len(HEADER) + 2), max_size=8))
def test_every_row_is_somewhere(desk_at: Any, rows: list[list[str]]) -> None:
    """Well-formed CSV of any content: accepted, quarantined or known, never anything else."""
    text = "\n".join(join_line(row, ";") for row in [HEADER, *rows]) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        desk = desk_at(Path(folder) / "w")
        desk.drop("tib", "f.csv", text)
        [first] = desk.take_in("2026-11-23T08:00:00+01:00")
        assert not first.refused_because
        assert first.rows_read <= len(rows)  # lines of nothing but separators are no rows
        assert first.rows_read == first.accepted_count + first.quarantined_count + first.known_count
        stored = desk.reports
        assert len(stored) <= first.accepted_count
        if first.accepted_count:
            assert stored["report_id"].is_unique
        desk.drop("tib", "igen.csv", text)
        [again] = desk.take_in("2026-11-23T08:10:00+01:00")
        assert (again.rows_read, again.accepted_count) == (first.rows_read, 0)
        assert len(desk.reports) == len(stored)


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_weeks_there_and_back(day: date) -> None:
    week = IsoWeek.of(day)
    assert IsoWeek.parse(str(week)) == week
    assert week.monday <= day <= week.sunday
    assert week.plus(1).plus(-1) == week
    assert week.plus(1).monday == week.monday + timedelta(days=7)
    assert week_range(week, week.plus(3))[-1] == week.plus(3)


@given(st.integers(946_684_800, 2_208_988_800))
def test_the_week_of_a_moment_is_that_of_its_local_day(seconds: int) -> None:
    moment = pd.Series([pd.Timestamp(seconds, unit="s", tz="UTC")]).astype("datetime64[us, UTC]")
    local = moment.dt.tz_convert(STOCKHOLM).iloc[0]
    assert iso_weeks_of(moment, STOCKHOLM).iloc[0] == str(IsoWeek.of(local.date()))


# beyond Latin letters Python lowers by context (a final sigma), Arrow sign by sign
@given(st.text(st.characters(max_codepoint=0x24F), max_size=60))
def test_folding_a_column_is_folding_each_word(text: str) -> None:
    assert fold_series(pd.Series([text], dtype="str")).iloc[0] == fold(text)
    assert fold(fold(text)) == fold(text)


PERSONAL = st.sampled_from(
    ["19121212-1212", "121212-1212", "070-174 06 05", "tolvan@example.se", "ABC 123", "lgh 1101"]
)


@given(ODD, PERSONAL, ODD)
def test_masked_stays_masked(before: str, secret: str, after: str) -> None:
    once = mask_text(pd.Series([f"{before} {secret} {after}"], dtype="str"))
    assert secret not in once.text.iloc[0]
    twice = mask_text(once.text)
    assert twice.text.iloc[0] == once.text.iloc[0]


WORDS = st.sampled_from(
    [
        *("Anna", "ANNA", "anna", "A.", "A", "Åsa-Karin", "von", "av", "heter", "Vittnet", "namn:"),
        *("Andersson", "McDonald", "O'Neil", "850101", "-", "1234", "070", "kl.", "K", "dnr", "@"),
        *(
            "lgh",
            "reg.nr",
            "ABC",
            "12D",
            "konto",
            "SE",
            "[",
            "]",
            ".",
            ",",
            "\u00a0",
            "\u200b",
            "é",
        ),
    ]
)


@given(st.lists(WORDS, max_size=12), st.sampled_from(["", " ", "  ", "\n"]))
def test_masking_answers_any_words_and_is_done_in_one_go(words: list[str], between: str) -> None:
    once = mask_text(pd.Series([between.join(words)], dtype="str"))
    assert mask_text(once.text).text.iloc[0] == once.text.iloc[0]


@pytest.mark.real
def test_weeks_of_every_day_2004_to_2027(shared_real: Path) -> None:
    days = pd.read_csv(shared_real / "methods" / "iso_weeks_2004_2027.csv", parse_dates=["date"])
    noon = (days["date"] + pd.Timedelta(hours=12)).dt.tz_localize(STOCKHOLM).dt.tz_convert("UTC")
    found = iso_weeks_of(noon.astype("datetime64[us, UTC]"), STOCKHOLM)
    expected = days["iso_year"].astype("str") + "-W" + days["iso_week"].astype("str").str.zfill(2)
    assert (found == expected).all()

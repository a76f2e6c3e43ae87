"""Times in every form that reporters use, and those that must not be guessed."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from est_pipeline.config import Source, read_configuration
from est_pipeline.errors import ConfigError
from est_pipeline.ingest.checking.times import Moments, join_clocks, read_moments, read_spans

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SAID_AT = "2026-11-17 09:00"  # a Tuesday
WORDS = {
    "natten till": (22 * 60, 6 * 60),
    "natten mellan": (22 * 60, 6 * 60),
    "i natt": (22 * 60, 6 * 60),
    "kväll": (18 * 60, 23 * 60),
    "förmiddag": (9 * 60, 12 * 60),
}


def series(*cells: str | None) -> pd.Series:
    return pd.Series(list(cells), dtype="str")


def at(local: str, count: int = 1) -> pd.Series:
    moment = pd.Timestamp(local, tz=STOCKHOLM).tz_convert("UTC")
    return pd.Series([moment] * count).astype("datetime64[us, UTC]")


def read(*cells: str | None, formats: tuple[str, ...] = (), **options: Any) -> Moments:
    options.setdefault("said_at", at(SAID_AT, len(cells)))
    return read_moments(series(*cells), formats=formats, zone=STOCKHOLM, **options)


def local(moments: pd.Series) -> list[str | None]:
    text = moments.dt.tz_convert(STOCKHOLM).dt.strftime("%Y-%m-%d %H:%M:%S")
    return [None if pd.isna(value) else value.removesuffix(":00") for value in text]


AT_HALF_PAST_NINE = [
    "2026-11-16 21:30",
    "2026-11-16T21:30",
    "2026-11-16T21:30:00",
    "2026-11-16 21:30:00.123",
    "2026-11-16 21:30:00,1234567",
    "2026-11-16T20:30:00Z",
    "2026-11-16T20:30Z",
    "2026-11-16T21:30:00+01:00",
    "2026-11-16 21:30:00 +0100",
    "2026-11-16T15:30:00-05:00",
    "2026-11-16 21.30",
    "2026-11-16 kl. 21.30",
    "2026-11-16 kl 21:30",
    "2026-11-16, 21.30",
    "2026/11/16 21:30",
    "2026-11-16 ca kl 21.30",
    "2026-11-16 9:30 PM",
    "16/11 2026 21:30",
    "16/11-26 kl. 21.30",
    "16.11.2026 21.30",
    "16 nov 2026 kl 21:30",
    "16 november 2026\N{NO-BREAK SPACE}21.30",
    "den 16:e november 2026 klockan 21.30",
    "mån 16 nov 2026, 21:30",
    "måndagen den 16 november 2026 kl. 21.30",
    "2026-11-16 21:30 (mån)",
    "21:30 16/11 2026",
    "20261116 2130",
    "20261116 21:30",
    "20261116T213000",
    "20261116213000",
    "46342,896",
    "46342.8958333333",
]


@pytest.mark.parametrize("cell", AT_HALF_PAST_NINE)
def test_one_moment_in_every_form(cell: str) -> None:
    found = read(cell)
    assert local(found.moment) == ["2026-11-16 21:30"]
    assert found.is_time_known.tolist() == [True]
    assert found.end.isna().all()
    assert found.fault.tolist() == [""]


ON_THE_DAY = [
    "2026-11-16",
    "20261116",
    "261116",
    "26-11-16",
    "16/11 2026",
    "16/11-26",
    "16/11/2026",
    "16.11.2026",
    "16-11-2026",
    "16 nov 2026",
    "16-nov-26",
    "den 16 november 2026",
    "mån 16 nov 2026",
    "46342",
    "2026-11-16 okänt klockslag",
    "2026-11-16 okänd tid",
    "2026-11-16 ?",
    "2026-11-16 kl. ?",
    "ca 2026-11-16",
]


@pytest.mark.parametrize("cell", ON_THE_DAY)
def test_one_day_in_every_form(cell: str) -> None:
    found = read(cell)
    assert local(found.moment) == ["2026-11-16 00:00"]
    assert found.is_time_known.tolist() == [False]


@pytest.mark.parametrize(
    ("cell", "start", "end"),
    [
        ("2026-11-16 21-23", "2026-11-16 21:00", "2026-11-16 23:00"),
        ("2026-11-16 kl. 21-23", "2026-11-16 21:00", "2026-11-16 23:00"),
        ("kl 21-23 den 16/11 2026", "2026-11-16 21:00", "2026-11-16 23:00"),
        ("2026-11-16 21.00–23.30", "2026-11-16 21:00", "2026-11-16 23:30"),
        ("2026-11-16 2130-2330", "2026-11-16 21:30", "2026-11-16 23:30"),
        ("2026-11-16 mellan kl. 21 och 23", "2026-11-16 21:00", "2026-11-16 23:00"),
        ("2026-11-16 22-02", "2026-11-16 22:00", "2026-11-17 02:00"),
        ("2026-11-16 21-24", "2026-11-16 21:00", "2026-11-17 00:00"),
        ("2026-11-16 21:00-02:00", "2026-11-16 21:00", "2026-11-17 02:00"),
        ("16 nov 2026 21:00 till 02:00", "2026-11-16 21:00", "2026-11-17 02:00"),
        ("2026-11-16 21:00 - 2026-11-18 02:00", "2026-11-16 21:00", "2026-11-18 02:00"),
        ("2026-11-14 - 2026-11-16", "2026-11-14 00:00", "2026-11-16 23:59"),
        ("2026-11-14/2026-11-16", "2026-11-14 00:00", "2026-11-16 23:59"),
        ("14-16/11 2026", "2026-11-14 00:00", "2026-11-16 23:59"),
        ("lör 14 - mån 16 nov 2026", "2026-11-14 00:00", "2026-11-16 23:59"),
        ("28/11-2/12 2025", "2025-11-28 00:00", "2025-12-02 23:59"),
        ("28 dec - 2 jan 2026", "2025-12-28 00:00", "2026-01-02 23:59"),
    ],
)
def test_intervals_within_a_cell(cell: str, start: str, end: str) -> None:
    found = read(cell)
    assert (local(found.moment), local(found.end)) == ([start], [end])
    assert found.note.tolist() == ["intervall"]


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        *((cell, "tid_saknas") for cell in ("okänt", "okänd tid", "Okänt datum", "?", "??", "-")),
        *((cell, "tid_tvetydig") for cell in ("161126", "16 nov 21")),
        *(
            (cell, "tid_olaslig")
            for cell in (
                "i går",
                "måndag",
                "kväll",
                "21:30",
                "ca 21",
                "nan",
                "NA",
                "0",
                "12",
                "2026",
                "36525",
                "73051",
                "123456789",
                "2026-02-30",
                "2026-13-01",
                "13/13/2026",
                "31/9 2026",
                "16/11 21:30",
                "2026-11-16 25:00",
                "2026-11-16 24:01",
                "2026-11-16 21:60",
                "2026-11-16 kväll",
                "0000-00-00",
                "9999-12-31 24:00",
                "9999-12-31 22-02",
                "19811218-9876",
                "2026-11-16 - ",
                "14-16-18/11 2026 x",
            )
        ),
    ],
)
def test_what_cannot_be_read_says_why(cell: str, fault: str) -> None:
    found = read(cell.strip())
    if cell == "2026-11-16 - ":  # a dash for the clock time
        assert local(found.moment) == ["2026-11-16 00:00"]
        return
    assert found.moment.isna().all()
    assert found.fault.tolist() == [fault]


def test_a_gigantic_cell_costs_nothing() -> None:
    assert read("1 - " * 8_000, "2026 " * 6_000).fault.tolist() == ["tid_olaslig"] * 2


def test_an_empty_cell_has_no_fault() -> None:
    found = read(None, "2026-11-16")
    assert found.fault.tolist() == ["", ""]
    assert local(found.moment) == [None, "2026-11-16 00:00"]


def test_the_order_of_day_and_month_is_swedish_unless_the_source_says_otherwise() -> None:
    assert local(read("03/04/2026", "3/4 2026").moment) == ["2026-04-03 00:00"] * 2
    american = ("%m/%d/%Y %H:%M",)
    cells = ("03/04/2026 21:30", "3/4/2026 9:30", "03/04/2026", "3/4 2026")
    assert local(read(*cells, formats=american).moment) == [
        "2026-03-04 21:30",
        "2026-03-04 09:30",
        "2026-03-04 00:00",
        "2026-03-04 00:00",
    ]
    assert read("13/11/2026", formats=american).moment.isna().all()


def test_a_declared_format_goes_first() -> None:
    assert local(read("261116", formats=("%d%m%y",)).moment) == ["2016-11-26 00:00"]
    assert local(read("161126", formats=("%y%m%d",)).moment) == ["2016-11-26 00:00"]
    assert local(read("2026-03-04", formats=("%Y-%d-%m",)).moment) == ["2026-04-03 00:00"]
    assert local(read("16 november 2026 21.30", formats=("%d %B %Y %H.%M",)).moment) == [
        "2026-11-16 21:30"
    ]


def test_two_digit_years() -> None:
    found = read("16/11/79", "16/11/80", "16/11-00")
    assert local(found.moment) == ["2079-11-16 00:00", "1980-11-16 00:00", "2000-11-16 00:00"]
    # with dashes the year may stand first or last: the one near the report, if only one is
    assert local(read("16-11-26", "26-11-16").moment) == ["2026-11-16 00:00"] * 2
    assert read("16-11-26", said_at=at("2021-06-01")).fault.tolist() == ["tid_tvetydig"]
    assert read("26-11-16", said_at=None).fault.tolist() == ["tid_olaslig"]


def test_a_missing_year_is_taken_from_the_report_where_the_source_says_so() -> None:
    cells = ("16 nov 21.30", "28/12", "29 feb")
    assert read(*cells).fault.tolist() == ["tid_olaslig"] * 3
    reference = at("2027-01-04 08:00", 3)
    assert local(read(*cells, reference=reference).moment) == [
        "2026-11-16 21:30",
        "2026-12-28 00:00",
        None,
    ]


@pytest.mark.parametrize(
    ("cell", "start", "end"),
    [
        ("2026-11-16 kväll", "2026-11-16 18:00", "2026-11-16 23:00"),
        ("kvällen den 16 november 2026", "2026-11-16 18:00", "2026-11-16 23:00"),
        ("förmiddag 2026-11-16", "2026-11-16 09:00", "2026-11-16 12:00"),
        ("Natten till söndag", "2026-11-14 22:00", "2026-11-15 06:00"),
        ("natten till tisdag", "2026-11-16 22:00", "2026-11-17 06:00"),
        ("natten till onsdag", "2026-11-10 22:00", "2026-11-11 06:00"),
        ("natten till 2026-11-15", "2026-11-14 22:00", "2026-11-15 06:00"),
        ("natten mellan lördag och söndag", "2026-11-14 22:00", "2026-11-15 06:00"),
        ("i natt", "2026-11-16 22:00", "2026-11-17 06:00"),
        ("i lördags kväll", "2026-11-14 18:00", "2026-11-14 23:00"),
        ("på kvällen i går", "2026-11-16 18:00", "2026-11-16 23:00"),
        ("kvällen", "2026-11-16 18:00", "2026-11-16 23:00"),
        ("tisdag kväll", "2026-11-10 18:00", "2026-11-10 23:00"),
    ],
)
def test_parts_of_a_day_in_the_sources_own_words(cell: str, start: str, end: str) -> None:
    found = read(cell, words=WORDS)
    assert (local(found.moment), local(found.end)) == ([start], [end])
    assert found.note.tolist() == ["tidsord"]
    assert read(cell).moment.isna().all()


def test_a_weekday_leans_on_when_its_own_row_was_reported() -> None:
    said_at = pd.concat([at("2026-11-17 09:00"), at("2026-10-06 09:00")], ignore_index=True)
    found = read("natten till söndag", "natten till söndag", words=WORDS, said_at=said_at)
    assert local(found.moment) == ["2026-11-14 22:00", "2026-10-03 22:00"]
    assert read("natten till söndag", words=WORDS, said_at=None).moment.isna().all()


def test_summer_time_is_noted() -> None:
    found = read(
        "2026-03-29 02:30",
        "2026-10-25 02:30",
        "2026-10-25 02:30:00+01:00",
        "2026-03-29 03:00",
        "2026-10-25 03:00",
    )
    assert [None if pd.isna(note) else note for note in found.note] == [
        "sommartid_lucka",
        "sommartid_dubbel",
        None,
        None,
        None,
    ]
    assert found.moment.dt.strftime("%d %H:%M").tolist() == [
        "29 01:00",
        "25 00:30",
        "25 01:30",
        "29 01:00",
        "25 02:00",
    ]


def test_excels_fractions_to_the_minute_or_the_second() -> None:
    found = read("46342,5", "46342,0", "46342.89601", "46342,896013")
    assert local(found.moment) == [
        "2026-11-16 12:00",
        "2026-11-16 00:00",
        "2026-11-16 21:30:15",
        "2026-11-16 21:30:16",
    ]
    assert found.is_time_known.tolist() == [True, False, True, True]


def test_the_forms_by_position_agree_with_the_calendar() -> None:
    days = pd.Series(pd.date_range("1995-12-25", "2032-01-10", freq="7h13min"))
    expected = days.dt.floor("min")
    for form in ("%Y-%m-%d %H:%M", "%Y%m%d %H%M", "%Y-%m-%dT%H:%M:00Z"):
        found = read_moments(days.dt.strftime(form).astype("str"), formats=(), zone=ZoneInfo("UTC"))
        assert (found.moment.dt.tz_localize(None) == expected).all()
    for form in ("%d/%m/%Y %H:%M", "%d %b %Y kl %H.%M", "%m/%d/%y %H:%M"):
        declared = (form,) if form.startswith("%m") else ()
        found = read_moments(
            days.dt.strftime(form).astype("str"), formats=declared, zone=ZoneInfo("UTC")
        )
        near = expected.dt.year.between(1980, 2079)
        assert (found.moment.dt.tz_localize(None) == expected)[near].all()


def test_rows_keep_their_places_whatever_stands_between_them() -> None:
    cells = ["2026-11-16 21:30", "okänt", None, "16 nov 2026", "46342", "åäö", "2026-11-16"] * 50
    order = np.random.default_rng(7).permutation(len(cells))
    text = pd.Series(cells, dtype="str").iloc[order]
    found = read_moments(text, formats=(), zone=STOCKHOLM)
    assert found.moment.index.equals(text.index)
    alone = read_moments(text.sort_index(), formats=(), zone=STOCKHOLM)
    pd.testing.assert_series_equal(found.moment.sort_index(), alone.moment)
    pd.testing.assert_series_equal(found.fault.sort_index(), alone.fault)
    assert local(alone.moment.iloc[:7]) == [
        "2026-11-16 21:30",
        None,
        None,
        "2026-11-16 00:00",
        "2026-11-16 00:00",
        None,
        "2026-11-16 00:00",
    ]


def test_ends_by_clock_time_by_day_and_from_the_starts_cell() -> None:
    spans = read_spans(
        series("2026-11-16 21:30", "2026-11-16 21:30", "2026-11-16 21:30", "2026-11-16 21-23"),
        series("23:30", "0200", "2026-11-17", "okänt"),
        formats=(),
        zone=STOCKHOLM,
    )
    assert local(spans.occurred_to) == [
        "2026-11-16 23:30",
        "2026-11-17 02:00",
        "2026-11-17 23:59",
        "2026-11-16 23:00",
    ]
    assert spans.to_fault.tolist() == [""] * 4


def test_an_unreadable_end_is_a_fault_also_where_the_start_states_one() -> None:
    spans = read_spans(
        series("2026-11-16 21-23", "okänt"), series("x", "23:30"), formats=(), zone=STOCKHOLM
    )
    assert spans.to_fault.tolist() == ["tid_olaslig", "tid_olaslig"]
    assert spans.from_fault.tolist() == ["", "tid_saknas"]


def test_clock_times_in_columns_of_their_own() -> None:
    source = Source.model_validate(
        {"namn": "X", "tid": {"start_klockslag": "Klockan", "slut_klockslag": "Slutkl"}}
    )
    raw = pd.DataFrame(
        {
            "Datum": ["2026-11-16", "2026-11-16 00:00:00", "2026-11-16", "2026-11-16"],
            "KLOCKAN": ["21:30", "21.30", "0,8958", None],
            "Slutkl": ["23:00", None, "02:00", None],
        },
        dtype="str",
    )
    text = pd.DataFrame(
        {"occurred_from": raw["Datum"], "occurred_to": series(None, None, None, None)}
    )
    joined = join_clocks(text, raw, source)
    spans = read_spans(joined["occurred_from"], joined["occurred_to"], formats=(), zone=STOCKHOLM)
    assert local(spans.occurred_from) == ["2026-11-16 21:30"] * 3 + ["2026-11-16 00:00"]
    assert local(spans.occurred_to) == ["2026-11-16 23:00", None, "2026-11-17 02:00", None]


def test_a_source_file_explains_its_words_and_its_columns(workspace: Any) -> None:
    edit(workspace, "tib", '[tid.ord]\n"natten till" = "22-06"\n"kväll" = "18.00-23.00"\n')
    workspace.drop(
        "tib",
        "a.csv",
        "rapport_id;start;inrapporterad;kategori\n"
        "1;natten till söndag;2026-11-17 09:00;brand\n2;2026-11-16 kväll;;brand\n",
    )
    [receipt] = workspace.take_in()
    assert receipt.accepted_count == 2
    assert receipt.notes == {"tidsord": 2}
    stored = workspace.reports.set_index("report_id").sort_index()
    assert local(stored["occurred_from"]) == ["2026-11-14 22:00", "2026-11-16 18:00"]
    assert local(stored["occurred_to"]) == ["2026-11-15 06:00", "2026-11-16 23:00"]


def test_a_date_and_a_clock_column_through_the_whole_intake(workspace: Any) -> None:
    edit(
        workspace,
        "tib",
        '[kolumner]\nstart = "Datum"\nkategori = "Typ"\n\n[tid]\nstart_klockslag = "Klockslag"\n',
    )
    workspace.drop("tib", "a.csv", "Datum;Klockslag;Typ\n2026-11-16;21:30;brand\n")
    [receipt] = workspace.take_in()
    assert (receipt.accepted_count, receipt.unused_columns) == (1, ())
    assert local(workspace.reports["occurred_from"]) == ["2026-11-16 21:30"]


@pytest.mark.parametrize("span", ["kväll", "18", "18-25", "18.75-23", "18-18"])
def test_a_word_without_clock_times_is_a_mistake_in_the_file(workspace: Any, span: str) -> None:
    edit(workspace, "tib", f'[tid.ord]\n"kväll" = "{span}"\n')
    with pytest.raises(ConfigError, match="18-23"):
        read_configuration(workspace.root)


def test_the_receipt_tells_how_times_were_read(workspace: Any) -> None:
    workspace.drop(
        "tib",
        "a.csv",
        "rapport_id;start;kategori\n1;46342,896;brand\n"
        "2;2026-11-16 21-23;brand\n3;2026-10-25 02:30;brand\n",
    )
    workspace.take_in()
    [page] = Path(workspace.paths.receipts / "tib").glob("*.html")
    said = page.read_text(encoding="utf-8")
    assert "1 rad: tiden stod som ett dagnummer från Excel." in said
    assert "1 rad: start och slut stod i samma cell." in said
    assert "sommartiden slutar" in said


def edit(workspace: Any, source: str, more: str) -> None:
    file = workspace.paths.data / "kallor" / f"{source}.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n" + more, encoding="utf-8")

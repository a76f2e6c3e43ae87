"""The police's open events API: 160 overlapping weekly answers for all of Sweden, one empty."""

import html
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.pipeline import report

pytestmark = [pytest.mark.real, pytest.mark.slow]

AT = "2026-05-04T09:00:00+02:00"
NOT_COMPARED = ["received_at", "file_name", "line_number", "file_sha256", "version_at"]


@pytest.fixture(scope="module")
def answers(shared_real: Path) -> dict[str, bytes]:
    """Every answer by its name, as it came."""
    with zipfile.ZipFile(shared_real / "polisen" / "api_snapshots_weekly.zip") as archive:
        return {name: archive.read(name) for name in sorted(archive.namelist())}


@pytest.fixture(scope="module")
def notices(answers: dict[str, bytes]) -> dict[int, dict[str, Any]]:
    """Each Linköping notice with its latest wording, told without our program.

    An answer is as new as its newest notice.
    """

    def age(answer: list[dict[str, Any]]) -> pd.Timestamp:
        return max(pd.to_datetime(row["datetime"], format="%Y-%m-%d %H:%M:%S %z") for row in answer)

    read = [json.loads(content) for content in answers.values() if content]
    latest: dict[int, dict[str, Any]] = {}
    for answer in sorted(read, key=age):
        latest |= {row["id"]: row for row in answer if row["name"].endswith(", Linköping")}
    return latest


def taken_in_at_once(desk: Any, answers: dict[str, bytes]) -> list[Any]:
    for name, content in answers.items():
        desk.drop("polisen-api", name, content)
    return desk.take_in(AT)


@pytest.fixture(scope="module")
def stored(
    answers: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory, desk_at: Any
) -> Any:
    desk = desk_at(tmp_path_factory.mktemp("polisen") / "samtidigt")
    return desk, taken_in_at_once(desk, answers)


def test_every_linkoping_notice_is_there_once_in_its_latest_wording(
    stored: Any, notices: dict[int, dict[str, Any]]
) -> None:
    desk, _ = stored
    reports = desk.reports.set_index("report_id")
    assert len(reports) == len(notices) == 436
    expected = pd.DataFrame(notices.values()).set_index("id")
    expected.index = "polisen-api:" + expected.index.astype(str)
    reports = reports.loc[expected.index]
    assert (reports["free_text"] == expected["summary"].str.strip()).all()
    assert (reports["title"] == expected["name"].str.strip()).all()
    assert set(reports["kind"]) == {"context"}


def test_rows_in_are_rows_out_for_every_file(stored: Any, answers: dict[str, bytes]) -> None:
    desk, receipts = stored
    files = desk.status(AT)["files"]
    assert len(files) == len(receipts) == len(answers) == 161
    for file in files:
        parts = ("accepted_count", "quarantined_count", "known_count", "left_out_count")
        assert file["rows_read"] == sum(file[part] for part in parts)
    assert sum(file["rows_read"] for file in files) == 80_000
    assert sum(file["quarantined_count"] for file in files) == 0


def test_the_empty_answer_gets_a_clear_receipt(stored: Any) -> None:
    desk, receipts = stored
    [empty] = [receipt for receipt in receipts if receipt.file_name == "2025-W21-empty.json"]
    assert empty.reason_code == "tom_fil"
    [page] = desk.paths.receipts.glob("polisen-api/*-2025-W21-empty-kvitto.html")
    assert "Filen är tom" in page.read_text(encoding="utf-8")
    [file] = [f for f in desk.status(AT)["files"] if f["file_name"] == "2025-W21-empty.json"]
    assert (file["state"], file["rows_read"]) == ("avvisad", 0)


def test_notices_are_never_counted(stored: Any) -> None:
    desk, _ = stored
    counts = desk.table("week_district_category")
    assert counts[["incident_count", "report_count"]].to_numpy().sum() == 0
    assert desk.table("incident").empty


def test_the_clock_time_is_the_incidents_own_with_the_year_of_the_notice(stored: Any) -> None:
    reports = stored[0].reports.set_index("report_id")
    # "31 mars 10:19", published 2023-03-31; "07 september 10.25" local summer time
    local = reports["occurred_from"].dt.tz_convert("Europe/Stockholm")
    assert (local.dt.strftime("%H.%M").to_numpy() == clock_of(reports["title"])).all()
    gap = reports["reported_at"] - reports["occurred_from"]
    assert gap.between(pd.Timedelta(days=-1), pd.Timedelta(days=365)).all()
    assert reports["is_time_known"].all()


def clock_of(titles: pd.Series) -> np.ndarray:
    return titles.str.extract(r"(\d{1,2}[.:]\d{2}),")[0].str.replace(":", ".").to_numpy()


def test_two_notices_of_week_37_stand_in_skaggetorp(stored: Any) -> None:
    reports = stored[0].reports
    week = reports[reports["iso_week"] == "2025-W37"]
    in_skaggetorp = week[week["district_id"] == "skaggetorp"]
    assert len(in_skaggetorp) == 2
    assert in_skaggetorp["free_text"].str.contains("Skäggetorp").all()
    elsewhere = week[week["district_id"] != "skaggetorp"]
    assert not elsewhere["free_text"].str.contains("Skäggetorp").any()


def test_the_page_of_week_37_shows_them_there_and_counts_nothing(stored: Any) -> None:
    desk, _ = stored
    page = report(
        desk.configuration, as_of=datetime.fromisoformat(AT), week=IsoWeek.parse("2025-W37")
    )
    figures = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    reports = desk.reports
    of_week = reports[reports["iso_week"] == "2025-W37"]
    assert len(figures["notices"]) + figures["hidden_notice_count"] == len(of_week)
    districts = [notice["district_name"] for notice in figures["notices"]]
    assert districts.count("Skäggetorp") == 2
    for notice in figures["notices"]:
        assert ("Skäggetorp" in notice["text"]) == (notice["district_name"] == "Skäggetorp")
        assert notice["text"] in html.unescape(page.read_text(encoding="utf-8"))
    assert figures["total"]["incidents"]["count"] == 0
    # nobody who reports incidents has reported: that is not calm
    assert "Läget är okänt" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("district_id", "name"),
    [
        ("skaggetorp", r"\bSkäggetorps?\b"),
        ("ryd", r"\bRyds?\b"),
        ("berga", r"\bBergas?\b(?! hage)"),
    ],
)
def test_a_notice_that_names_a_district_is_placed_in_it(
    stored: Any, district_id: str, name: str
) -> None:
    reports = stored[0].reports
    names_it = reports["free_text"].fillna("").str.contains(name, regex=True)
    assert names_it.any()
    assert set(reports.loc[names_it, "district_id"]) == {district_id}


def test_a_second_run_adds_nothing(stored: Any, answers: dict[str, bytes]) -> None:
    desk, _ = stored
    before = desk.reports
    receipts = taken_in_at_once(desk, dict(list(answers.items())[:20]))
    assert sum(receipt.accepted_count for receipt in receipts) == 0
    pd.testing.assert_frame_equal(desk.reports, before)


def test_one_by_one_and_in_another_order_gives_the_same_store(
    stored: Any, answers: dict[str, bytes], tmp_path: Path, desk_at: Callable[[Path], Any]
) -> None:
    other = desk_at(tmp_path / "var-for-sig")
    names = sorted(answers)
    np.random.default_rng(37).shuffle(names)
    # thirty runs of a few files each: what matters is the order and that runs are apart
    for number, part in enumerate(np.array_split(np.array(names), 30)):
        for name in part:
            other.drop("polisen-api", str(name), answers[str(name)])
        other.take_in((pd.Timestamp(AT) + pd.Timedelta(hours=number)).isoformat())
    pd.testing.assert_frame_equal(
        other.reports.drop(columns=NOT_COMPARED), stored[0].reports.drop(columns=NOT_COMPARED)
    )

"""Reports that are one incident: found in the store, counted once, published, as known then."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from est_pipeline.domain.incidents import JoinedReports, PairSearch
from est_pipeline.domain.protection import NOTHING_COARSE
from est_pipeline.store import Joining, Warehouse

AT = datetime.fromisoformat("2026-11-04T21:00+01:00")
SEARCH = PairSearch(
    minutes=180,
    metres=250,
    zone_name="Europe/Stockholm",
    blocks={"brand": "brand", "skadegorelse": "brand"},
    left_out=("natt",),
)
POINT = {"placing": "coordinates", "lon": 15.57, "lat": 58.41, "precision_m": 20.0}


class Recorder:
    """Joins the pairs it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.pairs = pd.DataFrame()
        self.decided = pd.DataFrame()
        self.together: dict[str, str] = {}

    def __call__(self, pairs: pd.DataFrame, decided: pd.DataFrame) -> JoinedReports:
        self.pairs, self.decided = pairs, decided
        known = {*pairs["report_id_a"], *pairs["report_id_b"]}
        rows = [(i, name, "nara") for i, name in self.together.items() if i in known]
        columns = ["report_id", "incident_id", "join_reason"]
        return JoinedReports(pd.DataFrame(rows, columns=columns).astype("str"), pd.DataFrame())

    def found(self) -> list[tuple[str, str]]:
        return list(zip(self.pairs["report_id_a"], self.pairs["report_id_b"], strict=True))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def two_sources(
    recorder: Recorder, new_intake: Callable[[Warehouse], Any]
) -> Iterator[Callable[..., Any]]:
    joining = Joining(search=SEARCH, decided_ids=("polisen:1", "mos:okänd"), join=recorder)
    with Warehouse.open_in_memory(joining=joining) as warehouse:
        intake = new_intake(warehouse)

        def take_in(first: dict[str, Any], second: dict[str, Any], **changes: Any) -> Any:
            base = {"occurred_from": AT, "district_id": "ryd", **changes}
            intake([base | {"source_row_id": "1"} | first], on_day=3, source_id="polisen")
            intake([base | {"source_row_id": "2"} | second], on_day=4, source_id="mos")
            warehouse.weekly_counts(as_of=AT + timedelta(days=30))
            return intake

        yield take_in


@pytest.mark.parametrize(
    ("first", "second", "is_found"),
    [
        ({}, {}, True),
        ({}, {"occurred_from": AT + timedelta(minutes=180)}, True),
        ({}, {"occurred_from": AT + timedelta(minutes=181)}, False),
        ({}, {"occurred_from": AT - timedelta(minutes=180)}, True),
        ({}, {"occurred_from": AT - timedelta(minutes=181)}, False),
        ({}, {"occurred_from": AT - timedelta(days=2), "occurred_to": AT}, True),
        ({"occurred_to": AT + timedelta(days=3)}, {"occurred_from": AT + timedelta(days=2)}, True),
        ({"occurred_to": AT + timedelta(days=9), "is_long_interval": True}, {}, False),
        ({}, {"category_code": "skadegorelse"}, True),
        ({}, {"category_code": "fordon"}, False),
        ({"category_code": "fordon"}, {"category_code": "fordon"}, True),
        ({"category_code": "natt"}, {"category_code": "natt"}, False),
        ({}, {"kind": "environment_case"}, False),
        ({}, {"incident_number": -1}, False),
        ({}, {"incident_number": 0}, False),
        ({}, {"district_id": "berga"}, False),
        ({"district_id": "ovriga"}, {"district_id": "ovriga"}, False),
        ({"district_id": "oplacerad"}, {"district_id": "oplacerad"}, False),
        (POINT, {}, True),
        (POINT, POINT, True),
        (POINT, POINT | {"district_id": "berga"}, True),
        (POINT, POINT | {"lat": 58.41 + 289 / 111_400}, True),
        (POINT, POINT | {"lat": 58.41 + 292 / 111_400}, False),
        (POINT, POINT | {"lon": 15.57 + 289 / 58_400}, True),
        (POINT, POINT | {"lon": 15.57 + 292 / 58_400}, False),
        (POINT, POINT | {"lat": 58.41 + 400 / 111_400, "precision_m": 200.0}, True),
    ],
)
def test_which_pairs_are_looked_at(
    two_sources: Callable[..., Any],
    recorder: Recorder,
    first: dict[str, Any],
    second: dict[str, Any],
    is_found: bool,
) -> None:
    two_sources(first, second)
    assert recorder.found() == ([("mos:2", "polisen:1")] if is_found else [])


def test_an_unknown_clock_time_is_the_whole_local_day(
    two_sources: Callable[..., Any], recorder: Recorder
) -> None:
    two_sources({"is_time_known": False, "occurred_from": AT.replace(hour=0)}, {})
    [pair] = recorder.pairs.to_dict("records")
    assert pair["starts_at_b"] == AT.replace(hour=0)
    assert pair["ends_at_b"] == AT.replace(hour=0) + timedelta(days=1)
    assert pair["starts_at_a"] == pair["ends_at_a"] == AT


def test_two_reports_of_one_source_are_never_looked_at(
    two_sources: Callable[..., Any], recorder: Recorder
) -> None:
    intake = two_sources({"district_id": "city"}, {})
    intake([{"occurred_from": AT, "source_row_id": "3"}], on_day=5, source_id="mos")
    intake.current(30)
    assert recorder.found() == []


def test_a_report_that_is_decided_about_comes_along_where_it_is_known(
    two_sources: Callable[..., Any], recorder: Recorder
) -> None:
    intake = two_sources({}, {"district_id": "berga"})
    assert recorder.decided["report_id"].tolist() == ["polisen:1"]
    intake.current(2)
    assert recorder.decided.empty


def test_an_incident_of_two_reports_counts_once_where_it_is_known_best(
    two_sources: Callable[..., Any], recorder: Recorder, tmp_path: Path
) -> None:
    recorder.together = {"polisen:1": "polisen:1", "mos:2": "polisen:1"}
    intake = two_sources({}, POINT | {"iso_week": "2026-W46", "incident_number": 3})
    as_of = AT + timedelta(days=30)
    counts = intake.warehouse.weekly_counts(as_of=as_of)
    columns = ["iso_week", "incident_count", "report_count"]
    assert counts[columns].to_numpy().tolist() == [["2026-W45", 0, 1], ["2026-W46", 3, 1]]

    intake.warehouse.publish(folder=tmp_path, as_of=as_of, counts=counts)
    [incident] = pd.read_parquet(tmp_path / "incident.parquet").to_dict("records")
    assert incident["incident_id"] == "polisen:1"
    assert (incident["iso_week"], incident["lon"]) == ("2026-W46", 15.57)
    assert (incident["incident_number"], incident["report_count"]) == (3, 2)
    assert list(incident["source_ids"]) == ["mos", "polisen"]
    assert list(incident["report_ids"]) == ["mos:2", "polisen:1"]
    assert incident["join_reason"] == "nara"
    reports = pd.read_parquet(tmp_path / "report.parquet")
    assert set(reports["incident_id"]) == {"polisen:1"}
    assert reports.set_index("report_id")["is_lead_report"].to_dict() == {
        "mos:2": True,
        "polisen:1": False,
    }
    occurrences = intake.warehouse.occurrences(
        as_of=as_of, first_week="2026-W46", last_week="2026-W46", coarse=NOTHING_COARSE
    )
    [occurrence] = occurrences.to_dict("records")
    assert (occurrence["occurrence_id"], occurrence["kind"]) == ("polisen:1", "incident")
    assert occurrence["occurrence_count"] == 3
    assert list(occurrence["source_ids"]) == ["mos", "polisen"]
    assert occurrence["known_at"] == reports["received_at"].min() < reports["received_at"].max()
    # the page of the incident's week is given the report of the other week too
    given = intake.warehouse.reports(as_of=as_of, first_week="2026-W46", last_week="2026-W46")
    assert sorted(given["report_id"]) == ["mos:2", "polisen:1"]


def test_what_was_known_earlier_is_joined_from_what_was_known_then(
    two_sources: Callable[..., Any], recorder: Recorder
) -> None:
    recorder.together = {"polisen:1": "polisen:1", "mos:2": "polisen:1"}
    intake = two_sources({}, {})
    before, after = AT + timedelta(hours=20), AT + timedelta(days=9)  # the second file came between

    def count(as_of: datetime) -> list[int]:
        return intake.warehouse.weekly_counts(as_of=as_of)["incident_count"].tolist()

    assert (count(before), count(after), count(before)) == ([1], [1], [1])
    assert intake.warehouse.joined_reports(as_of=before).joined.empty
    assert len(intake.warehouse.joined_reports(as_of=after).joined) == 2


def test_without_rules_every_report_is_an_incident_of_its_own(intake: Any) -> None:
    intake([{"source_row_id": "1"}], on_day=1, source_id="polisen")
    intake([{"source_row_id": "2", "kind": "context"}], on_day=1, source_id="mos")
    reports = intake.current(2).set_index("report_id")
    assert reports["incident_id"].dropna().to_dict() == {"polisen:1": "polisen:1"}
    assert reports["is_lead_report"].to_dict() == {"polisen:1": True, "mos:2": False}

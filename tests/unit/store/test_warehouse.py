"""What the store knows at a moment, after files that come, repeat, correct and are taken back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.domain.protection import NOTHING_COARSE
from est_pipeline.domain.schemas import PLACED, REPORT_COLUMNS, UNNAMED_POINTS, empty_placed
from est_pipeline.errors import FileNotTakenError
from est_pipeline.store import DeliveryOutcome, NewDelivery, Warehouse

DAY_0 = datetime(2026, 11, 2, 8, tzinfo=UTC)


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


def counts(warehouse: Warehouse, file_id: int) -> tuple[int, int]:
    delivery = warehouse.delivery(file_id)
    return delivery.accepted_count, delivery.known_count


# --- rows that are alike --------------------------------------------------------------------------


def test_two_identical_rows_are_two_reports_and_known_in_the_next_file(intake: Any) -> None:
    first = intake([{"title": "a"}, {"title": "a"}], on_day=1)
    second = intake([{"title": "a"}, {"title": "b"}, {"title": "a"}], on_day=2)
    assert counts(intake.warehouse, first) == (2, 0)
    assert counts(intake.warehouse, second) == (1, 2)
    assert intake.titles(3) == ["a", "a", "b"]
    ids = intake.current(3).query("title == 'a'")["report_id"]
    assert sorted(word.rpartition("-")[2] for word in ids) == ["0", "1"]
    assert ids.str.startswith("mos:").all()


def test_a_third_identical_row_is_new(intake: Any) -> None:
    intake([{"title": "a"}] * 2, on_day=1)
    assert counts(intake.warehouse, intake([{"title": "a"}] * 3, on_day=2)) == (1, 2)


def test_same_id_and_content_twice_in_a_file_is_one_report(intake: Any) -> None:
    row = {"source_row_id": "7", "title": "a"}
    file_id = intake([row, row], on_day=1)
    assert counts(intake.warehouse, file_id) == (1, 1)
    assert intake.current(2)["report_id"].tolist() == ["mos:7"]


def test_same_id_with_another_content_on_a_later_line_supersedes(intake: Any) -> None:
    rows = [{"source_row_id": "7", "title": word} for word in "ab"]
    assert counts(intake.warehouse, intake(rows, on_day=1)) == (2, 0)
    assert intake.titles(2) == ["b"]


def test_same_bytes_twice_change_nothing_but_are_noted(intake: Any) -> None:
    rows = [{"title": "a"}, {"source_row_id": "7", "title": "b"}]
    first = intake(rows, on_day=1)
    before = intake.current(9)
    second = intake(rows, on_day=2, name="igen.csv")
    assert counts(intake.warehouse, second) == (0, 2)
    assert intake.warehouse.delivery(second).state is DeliveryState.KNOWN
    pd.testing.assert_frame_equal(intake.current(9), before)
    found = intake.warehouse.live_delivery_with("mos", intake.warehouse.delivery(first).sha256)
    assert found is not None
    assert found.file_id == first


def test_same_rows_from_another_source_are_other_reports(intake: Any) -> None:
    intake([{"source_row_id": "7", "title": "a"}], on_day=1)
    other = intake([{"source_row_id": "7", "title": "a"}], on_day=2, source_id="tib")
    assert counts(intake.warehouse, other) == (1, 0)
    assert sorted(intake.current(3)["report_id"]) == ["mos:7", "tib:7"]


def test_lines_of_the_same_bytes_are_known_whatever_they_would_become_today(
    warehouse: Warehouse, intake: Any, placed: Callable[..., pd.DataFrame]
) -> None:
    """The gazetteer or the mask has changed: lines 2 and 3 read differently, line 4 is new."""
    first = intake([{"title": "a"}, {"title": "b"}], on_day=1, quarantined_count=1)
    again = warehouse.load_delivery(NewDelivery("mos", "fil.csv", "f" * 64, day(2)))
    with warehouse.file_load(again, repeat_of=first) as load:
        # line 3 would be quarantined today and is not staged at all
        load.stage_reports(
            placed([{"title": "A", "line_number": 2}, {"title": "c", "line_number": 4}])
        )
        settled = load.settle()
        rows = load.settled_rows()
        load.finish(DeliveryOutcome(state=DeliveryState.ACCEPTED, rows_read=3))
    assert (settled.accepted_count, settled.known_count) == (1, 2)
    assert rows["line_number"].tolist() == [2, 3, 4]
    assert rows["is_known"].tolist() == [True, True, False]
    assert warehouse.accepted_lines(first).tolist() == [2, 3]
    assert warehouse.accepted_lines(again).tolist() == [2, 3, 4]
    assert intake.titles(3) == ["a", "b", "c"]
    warehouse.load_undo([first], undone_at=day(4))
    assert intake.titles(5) == ["a", "b", "c"]


# --- taking back ----------------------------------------------------------------------------------


def test_undo_takes_a_file_back_and_the_past_stays_as_it_was(intake: Any) -> None:
    file_id = intake([{"title": "a"}], on_day=1)
    assert intake.titles(2) == ["a"]
    result = intake.warehouse.load_undo([file_id], undone_at=day(3))
    assert (result.gone_count, result.reverted_count, result.kept_count) == (1, 0, 0)
    assert intake.titles(0.5) == []
    assert intake.titles(2) == ["a"]
    assert intake.titles(3) == []


def test_undo_gives_an_earlier_wording_back(intake: Any) -> None:
    intake([{"source_row_id": "7", "title": "förr"}], on_day=1)
    second = intake([{"source_row_id": "7", "title": "nu"}], on_day=2)
    assert intake.titles(1.5) == ["förr"]
    assert intake.titles(3) == ["nu"]
    result = intake.warehouse.load_undo([second], undone_at=day(4))
    assert (result.gone_count, result.reverted_count) == (0, 1)
    assert intake.titles(3) == ["nu"]
    assert intake.titles(5) == ["förr"]


def test_what_another_file_shows_too_lives_on_with_that_file(intake: Any) -> None:
    first = intake([{"title": "a"}], on_day=1, name="en.csv")
    intake([{"title": "b"}, {"title": "a"}], on_day=2, name="två.csv")
    result = intake.warehouse.load_undo([first], undone_at=day(3))
    assert (result.gone_count, result.kept_count) == (0, 1)
    row = intake.current(4).set_index("title").loc["a"]
    assert (row["file_name"], row["line_number"]) == ("två.csv", 3)
    assert row["received_at"] == day(2)


def test_what_only_undone_files_had_shown_is_accepted_anew(intake: Any) -> None:
    rows = [{"title": "a"}]
    intake.warehouse.load_undo([intake(rows, on_day=1)], undone_at=day(2))
    again = intake(rows, on_day=3)
    assert counts(intake.warehouse, again) == (1, 0)
    assert [intake.titles(n) for n in (1.5, 2.5, 3.5)] == [["a"], [], ["a"]]


def test_undo_of_what_replaces_gives_the_replaced_back(intake: Any) -> None:
    intake([{"source_row_id": "7", "title": "fel"}], on_day=1)
    better = intake([{"source_row_id": "8", "replaces_row_id": "7", "title": "rätt"}], on_day=2)
    assert intake.titles(3) == ["rätt"]
    assert intake.titles(1.5) == ["fel"]
    result = intake.warehouse.load_undo([better], undone_at=day(4))
    assert (result.gone_count, result.returned_count) == (1, 1)
    assert intake.titles(5) == ["fel"]


def test_undo_of_what_is_not_taken_in_changes_nothing(intake: Any) -> None:
    file_id = intake([{"title": "a"}], on_day=1)
    waiting = intake.warehouse.load_delivery(NewDelivery("mos", "b.csv", "b" * 64, day(1)))
    with pytest.raises(FileNotTakenError):
        intake.warehouse.load_undo([file_id, waiting], undone_at=day(2))
    assert intake.titles(3) == ["a"]
    intake.warehouse.load_undo([file_id], undone_at=day(2))
    with pytest.raises(FileNotTakenError):
        intake.warehouse.load_undo([file_id], undone_at=day(4))
    assert intake.warehouse.delivery(file_id).undone_at == day(2)


# --- replacing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_a_chain_of_corrections_leaves_the_last_whatever_the_order(
    intake: Any, order: tuple[int, ...]
) -> None:
    chain = [
        {"source_row_id": "a", "title": "a"},
        {"source_row_id": "b", "replaces_row_id": "a", "title": "b"},
        {"source_row_id": "c", "replaces_row_id": "b", "title": "c"},
    ]
    for position, number in enumerate(order):
        intake([chain[number]], on_day=position)
    assert intake.titles(9) == ["c"]


def test_rows_that_replace_one_another_in_a_ring_all_stay(intake: Any) -> None:
    ring = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "d"), ("e", "a"), ("x", "y"), ("y", None)]
    intake([{"source_row_id": i, "replaces_row_id": r, "title": i} for i, r in ring], on_day=1)
    # e stands outside the ring, so it does replace a; x replaces y
    assert intake.titles(2) == ["b", "c", "d", "e", "x"]


def test_only_the_latest_wording_replaces(intake: Any) -> None:
    intake([{"source_row_id": "7", "title": "sju"}], on_day=1)
    intake([{"source_row_id": "8", "replaces_row_id": "7", "title": "åtta"}], on_day=2)
    intake([{"source_row_id": "8", "title": "åtta igen"}], on_day=3)
    assert intake.titles(2.5) == ["åtta"]
    assert intake.titles(3.5) == ["sju", "åtta igen"]


def test_a_source_replaces_only_its_own_rows(intake: Any) -> None:
    intake([{"source_row_id": "7", "title": "mos"}], on_day=1)
    rows = [{"source_row_id": "8", "replaces_row_id": "7", "title": "tib"}]
    intake(rows, on_day=2, source_id="tib")
    assert intake.titles(3) == ["mos", "tib"]


# --- which version, and what was known when -------------------------------------------------------


def test_an_older_answer_that_comes_late_does_not_win(intake: Any) -> None:
    intake([{"source_row_id": "7", "title": "ny"}], on_day=1, version_at=day(-1))
    intake([{"source_row_id": "7", "title": "gammal"}], on_day=2, version_at=day(-2))
    assert intake.titles(3) == ["ny"]
    row = intake.current(3).iloc[0]
    assert (row["version_at"], row["received_at"]) == (day(-1), day(1))


def test_a_wording_that_comes_back_in_a_new_file_wins_again(intake: Any) -> None:
    for number, word in enumerate("aba"):
        intake([{"source_row_id": "7", "title": word}, {"title": f"fil {number}"}], on_day=number)
    current = [intake.current(n + 0.5).set_index("report_id") for n in range(3)]
    assert [frame.loc["mos:7", "title"] for frame in current] == ["a", "b", "a"]
    row = current[2].loc["mos:7"]
    assert (row["version_at"], row["received_at"]) == (day(2), day(0))


def test_an_old_file_dropped_again_does_not_bring_its_wording_back(intake: Any) -> None:
    for number, word in enumerate("abaa"):
        intake([{"source_row_id": "7", "title": word}], on_day=number)
    assert intake.titles(5) == ["b"]


def test_history_counts_as_known_from_its_own_report_date(intake: Any) -> None:
    rows = [
        {"title": "gammal", "reported_at": day(-100)},
        {"title": "utan datum"},
        {"title": "framtid", "reported_at": day(100)},
    ]
    file_id = intake(rows, on_day=1, is_history=True)
    everything = ["framtid", "gammal", "utan datum"]
    assert [intake.titles(n) for n in (-101, -99, 1)] == [[], ["gammal"], everything]
    intake.warehouse.load_undo([file_id], undone_at=day(2))
    # after the undo nobody is made to have known it before it came
    assert [intake.titles(n) for n in (-99, 1.5, 3)] == [[], everything, []]


def test_a_file_that_was_refused_or_waits_is_no_part_of_what_is_known(
    warehouse: Warehouse, intake: Any
) -> None:
    refused = warehouse.load_delivery(NewDelivery("mos", "a.csv", "a" * 64, day(1)))
    waiting = warehouse.load_delivery(NewDelivery("mos", "b.csv", "b" * 64, day(1)))
    with warehouse.file_load(refused) as load:
        load.finish(
            DeliveryOutcome(
                state=DeliveryState.REFUSED, reason_code="no_header", reason="Rubrikraden saknas."
            )
        )
    assert [d.file_id for d in warehouse.pending_deliveries()] == [waiting]
    assert warehouse.delivery(refused).reason == "Rubrikraden saknas."
    assert intake.titles(2) == []
    assert warehouse.deliveries()["state"].tolist() == ["avvisad", "mottagen"]


# --- one transaction ------------------------------------------------------------------------------


def test_a_load_that_is_not_finished_leaves_nothing(
    warehouse: Warehouse, intake: Any, placed: Callable[..., pd.DataFrame]
) -> None:
    file_id = warehouse.load_delivery(NewDelivery("mos", "a.csv", "a" * 64, day(1)))

    def interrupted() -> None:
        with warehouse.file_load(file_id) as load:
            load.stage_reports(placed([{"title": "a"}]))
            load.settle()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert intake.titles(2) == []
    assert [d.file_id for d in warehouse.pending_deliveries()] == [file_id]
    assert counts(warehouse, intake([{"title": "a"}], on_day=2)) == (1, 0)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (DeliveryOutcome(state=DeliveryState.ACCEPTED, rows_read=2), "add up"),
        (DeliveryOutcome(state=DeliveryState.REFUSED, rows_read=1), "no rows"),
    ],
    ids=["a-row-is-missing", "refused-with-rows"],
)
def test_an_outcome_that_does_not_add_up_is_not_stored(
    warehouse: Warehouse,
    intake: Any,
    placed: Callable[..., pd.DataFrame],
    outcome: DeliveryOutcome,
    message: str,
) -> None:
    file_id = warehouse.load_delivery(NewDelivery("mos", "a.csv", "a" * 64, day(1)))
    with warehouse.file_load(file_id) as load:
        load.stage_reports(placed([{"title": "a"}]))
        with pytest.raises(ValueError, match=message):
            load.finish(outcome)
    assert intake.titles(2) == []
    assert warehouse.delivery(file_id).state is DeliveryState.RECEIVED


def test_a_settled_file_is_not_loaded_again(intake: Any) -> None:
    file_id = intake([{"title": "a"}], on_day=1)
    with pytest.raises(ValueError, match="settled already"), intake.warehouse.file_load(file_id):
        pass


def test_one_file_at_a_time(warehouse: Warehouse) -> None:
    ids = [warehouse.load_delivery(NewDelivery("mos", n, n * 64, day(1))) for n in "ab"]
    with (
        warehouse.file_load(ids[0]),
        pytest.raises(RuntimeError, match="another file"),
        warehouse.file_load(ids[1]),
    ):
        pass
    with warehouse.file_load(ids[1]) as load:
        assert load.settle().accepted_count == 0


def test_a_trial_tells_what_would_become_of_a_file_and_leaves_nothing(
    warehouse: Warehouse, intake: Any, placed: Callable[..., pd.DataFrame]
) -> None:
    intake([{"title": "a"}], on_day=1)
    probe = NewDelivery("mos", "prov.csv", "e" * 64, day(2))
    with warehouse.trial_load(probe) as load:
        load.stage_reports(placed([{"title": "a"}, {"title": "b"}]))
        settled = load.settle()
        with pytest.raises(RuntimeError, match="trial"):
            load.finish(DeliveryOutcome(state=DeliveryState.ACCEPTED, rows_read=2))
    assert (settled.accepted_count, settled.known_count) == (1, 1)
    assert len(warehouse.deliveries()) == 1
    assert intake.titles(3) == ["a"]


def test_rows_in_chunks_are_numbered_over_the_whole_file(
    warehouse: Warehouse, placed: Callable[..., pd.DataFrame]
) -> None:
    file_id = warehouse.load_delivery(NewDelivery("mos", "a.csv", "a" * 64, day(1)))
    with warehouse.file_load(file_id) as load:
        load.stage_reports(empty_placed())
        for line in (4, 2, 3):
            load.stage_reports(placed([{"title": "a", "line_number": line}]))
        rows = load.settled_rows()
        with pytest.raises(RuntimeError, match="settled"):
            load.stage_reports(empty_placed())
        load.finish(DeliveryOutcome(state=DeliveryState.ACCEPTED, rows_read=3))
    assert [word[-1] for word in rows["report_id"]] == ["0", "1", "2"]


# --- deliveries -----------------------------------------------------------------------------------


def test_deliveries_are_told_as_they_stood(intake: Any) -> None:
    first = intake([{"title": "a"}], on_day=1)
    intake([{"title": "b"}], on_day=3)
    intake.warehouse.load_undo([first], undone_at=day(2))
    states = [intake.warehouse.deliveries(day(n))["state"].tolist() for n in range(4)]
    assert states == [[], ["intagen"], ["återtagen"], ["återtagen", "intagen"]]
    assert intake.warehouse.deliveries(day(1))["undone_at"].isna().all()
    everything = intake.warehouse.deliveries()
    assert everything["state"].tolist() == ["återtagen", "intagen"]
    assert str(everything["received_at"].dtype) == "datetime64[us, UTC]"
    assert intake.warehouse.delivery(first).state is DeliveryState.UNDONE


def test_files_are_found_by_name_or_by_the_start_of_their_checksum(intake: Any) -> None:
    first = intake([{"title": "a"}], on_day=1, name="vecka45.csv")
    second = intake([{"title": "b"}], on_day=2, name="vecka45.csv")
    find = intake.warehouse.deliveries_matching
    checksum = intake.warehouse.delivery(second).sha256
    assert [d.file_id for d in find("vecka45.csv")] == [first, second]
    assert [d.file_id for d in find(checksum[:8].upper())] == [second]
    assert [find(word) for word in (checksum[:7], "vecka", "")] == [[], [], []]
    intake.warehouse.load_undo([first], undone_at=day(3))
    assert [d.file_id for d in find("vecka45.csv")] == [second]


def test_an_unknown_file_is_a_fault_of_the_program(warehouse: Warehouse) -> None:
    with pytest.raises(KeyError):
        warehouse.delivery(1)


# --- types and time zones -------------------------------------------------------------------------


def test_the_rows_of_these_tests_keep_the_contract(placed: Callable[..., pd.DataFrame]) -> None:
    PLACED.validate(placed([{"title": "a", "severity": 3}, {"lon": 15.5, "lat": 58.4}]))


def test_reports_have_the_types_of_placed_rows(intake: Any) -> None:
    intake([{"title": "a", "severity": 3, "is_police_reported": True, "lon": 15.5}, {}], on_day=1)
    for frame in (intake.current(2), intake.current(0)):
        assert tuple(frame.columns) == REPORT_COLUMNS
        shared = [name for name in PLACED.columns if name in frame.columns]
        chosen = frame.assign(line_number=range(1, len(frame) + 1))[shared]
        PLACED.select_columns(shared).validate(chosen)
        assert str(frame["is_police_reported"].dtype) == "boolean"
        assert str(frame["free_text"].dtype) == "str"
        for name in ("received_at", "version_at"):
            assert str(frame[name].dtype) == "datetime64[us, UTC]"


def test_reports_come_by_week_start_and_id(intake: Any) -> None:
    rows = [
        {"source_row_id": "b", "occurred_from": day(1), "iso_week": "2026-W45"},
        {"source_row_id": "a", "occurred_from": day(1), "iso_week": "2026-W45"},
        {"source_row_id": "c", "occurred_from": day(0), "iso_week": "2026-W45"},
        {"source_row_id": "d", "occurred_from": day(-7), "iso_week": "2026-W44"},
        {"source_row_id": "e", "occurred_from": day(7), "iso_week": "2026-W46"},
    ]
    intake(rows, on_day=8)
    chosen = intake.warehouse.reports(as_of=day(9), first_week="2026-W44", last_week="2026-W45")
    assert chosen["report_id"].str[-1].tolist() == ["d", "c", "a", "b"]


def test_a_moment_without_time_zone_is_refused(warehouse: Warehouse) -> None:
    naive = datetime(2026, 11, 2)  # noqa: DTZ001
    with pytest.raises(ValueError, match="as_of has no time zone"):
        warehouse.weekly_counts(as_of=naive)
    with pytest.raises(ValueError, match="received_at has no time zone"):
        warehouse.load_delivery(NewDelivery("mos", "a.csv", "a" * 64, naive))


def test_stored_columns_are_those_of_placed_rows(warehouse: Warehouse) -> None:
    stored = {
        row[0]
        for row in warehouse._database.connection.execute("DESCRIBE report_version").fetchall()
    }
    own = {"file_id", "report_id", "content_id", "known_at"}
    assert stored - own == set(PLACED.columns) - {"row_key", "source_row_id"}


# --- counts ---------------------------------------------------------------------------------------


def test_kinds_are_counted_apart_and_context_not_at_all(intake: Any) -> None:
    rows = [
        {"title": "1"},
        {"title": "2", "incident_number": 3},
        {"title": "3", "kind": "environment_case"},
        {"title": "4", "kind": "found_by_effort", "incident_number": 2},
        {"title": "5", "kind": "context"},
        {"title": "6", "category_code": None},
        {"title": "7", "district_id": "berga", "incident_number": -1},
        {"title": "8", "district_id": "city", "kind": "environment_case"},
    ]
    intake(rows, on_day=1)
    assert intake.warehouse.weekly_counts(as_of=day(2)).to_numpy().tolist() == [
        ["2026-W45", "berga", "brand", -1, 1, 0, 0],
        ["2026-W45", "city", "brand", 0, 0, 1, 0],
        ["2026-W45", "ryd", "brand", 4, 2, 1, 2],
    ]
    assert intake.warehouse.weekly_counts(as_of=day(0)).empty


def test_occurrences_are_incidents_and_environment_cases_each_once(intake: Any) -> None:
    rows = [
        {"title": "1", "incident_number": 3},
        {"title": "2", "kind": "environment_case"},
        {"title": "3", "kind": "found_by_effort"},
        {"title": "4", "kind": "context"},
        {"title": "5", "category_code": None},
        {"title": "6", "incident_number": -1},
    ]
    intake(rows, on_day=1)
    weeks = {"first_week": "2026-W45", "last_week": "2026-W45"}
    found = intake.warehouse.occurrences(as_of=day(2), coarse=NOTHING_COARSE, **weeks)
    kinds = found.groupby("kind")["occurrence_count"].sum().to_dict()
    assert kinds == {"incident": 2, "environment_case": 1}
    assert not found["is_coarse"].any()
    none = intake.warehouse.occurrences(as_of=day(0), coarse=NOTHING_COARSE, **weeks)
    assert none.empty
    weeks = {"first_week": "2026-W46", "last_week": "2026-W50"}
    assert intake.warehouse.occurrences(as_of=day(2), coarse=NOTHING_COARSE, **weeks).empty


def test_counts_follow_the_moment_and_what_is_taken_in_between(intake: Any) -> None:
    def total() -> int:
        return int(intake.warehouse.weekly_counts(as_of=day(5))["report_count"].sum())

    first = intake([{"title": "a"}], on_day=1)
    assert total() == 1
    intake([{"title": "b"}], on_day=2)
    assert total() == 2
    intake.warehouse.load_undo([first], undone_at=day(3))
    assert total() == 1


def test_unnamed_points_are_exact_and_say_nothing_else(intake: Any) -> None:
    home = {"lon": 15.57, "lat": 58.41, "precision_m": 20.0, "placing": "coordinates"}
    rows = [
        {"title": "1", "place_type": "källare", "place_name": "Hos någon", **home},
        {"title": "2", "kind": "environment_case"},
        {"title": "3", "kind": "found_by_effort", **home},
        {"title": "4", "category_code": None, **home},
    ]
    intake(rows, on_day=1)
    weeks = {"first_week": "2026-W45", "last_week": "2026-W45"}
    found = intake.warehouse.unnamed_points(as_of=day(2), **weeks)
    assert list(found.columns) == list(UNNAMED_POINTS.columns)
    assert sorted(found["kind"]) == ["environment_case", "incident"]
    assert found["lon"].dropna().tolist() == [15.57]
    assert not found.astype(str).stack().str.contains("Hos|källare|mos:|fil.csv").any()
    assert intake.warehouse.unnamed_points(as_of=day(0), **weeks).empty

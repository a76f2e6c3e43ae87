"""`est backtest` from files to report, on a history of half a year."""

import json
from datetime import datetime
from typing import Any

import pytest

from est_pipeline.backtest import driver, judging, run_backtest
from est_pipeline.domain.weeks import IsoWeek
from tests.pipeline.test_judging import HEADER, quiet, rows

LAST = IsoWeek(2026, 47)
AS_OF = "2026-11-23T09:00:00+01:00"
HISTORY_WEEKS = 48


@pytest.fixture
def history(workspace: Any) -> Any:
    """A workspace with two categories in one district, quiet throughout."""
    for number, category in enumerate(("klotter", "brand")):
        content = HEADER + rows(
            f"{category}-", quiet(HISTORY_WEEKS, 5, seed=number), category=category
        )
        workspace.drop("tib", f"{category}.csv", content)
    workspace.take_in(at=AS_OF)
    return workspace


def report_of(workspace: Any, **options: Any) -> tuple[dict[str, Any], str]:
    done = run_backtest(workspace.configuration, as_of=datetime.fromisoformat(AS_OF), **options)
    figures = json.loads(done.page.with_suffix(".json").read_text(encoding="utf-8"))
    return figures, done.page.read_text(encoding="utf-8")


def test_the_command_writes_the_report(est: Any, history: Any) -> None:
    done = est(
        *("backtest", "--workspace", history.root, "--as-of", "2026-11-23T09:00", "--weeks", "4")
    )
    assert (done.returncode, done.stderr) == (0, "")
    page = history.paths.reports / "backtest" / "2026-W47" / "backtest.html"
    assert f"Prövningen: {page}" in done.stdout
    assert "historiken är för kort för att säga om larmen håller" in done.stdout
    figures = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert figures["tested"]["first_week"] == "2026-W44"
    assert figures["tested"]["week_count"] == 4


def test_every_week_that_can_be_judged_is_and_rises_are_planted(
    history: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "SITES", 2)
    told: list[tuple[int, int]] = []
    figures, page = report_of(history, on_progress=lambda done, of: told.append((done, of)))
    first = LAST.plus(1 - HISTORY_WEEKS + judging.FEWEST_WEEKS_BEFORE)
    assert figures["tested"]["first_week"] == str(first)
    assert figures["tested"]["week_count"] == HISTORY_WEEKS - judging.FEWEST_WEEKS_BEFORE
    [result] = figures["kinds"]
    assert result["kind"] == "incident"
    planted = {
        (each["size_code"], each["length_weeks"]): each
        for each in result["detections"]
        if each["expected_class"] == -1
    }
    assert len(planted) == 5 * 3
    assert {each["rise_count"] for each in planted.values()} == {2}
    assert planted["x3", 6]["found_count"] == 2
    assert planted["none", 6]["found_count"] == 0
    assert "Händelser: planterade ökningar hittas" in page
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_same_bytes_on_one_processor_and_on_two(
    history: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "SITES", 1)
    alone = report_of(history, week_count=9)
    monkeypatch.setattr(judging, "_FEWEST_TASKS_A_PROCESS", 1)
    monkeypatch.setattr(judging.os, "cpu_count", lambda: 2)
    assert report_of(history, week_count=9) == alone


def test_a_week_is_judged_with_what_was_known_then(workspace: Any) -> None:
    counts = quiet(HISTORY_WEEKS, 5, seed=4)
    first_file, asked = IsoWeek(2026, 36), {"first": IsoWeek(2026, 40), "last": IsoWeek(2026, 42)}
    weekly = len(counts) - 6
    workspace.drop("tib", "historik.csv", HEADER + rows("h", counts[:weekly], last=first_file))
    workspace.take_in(at="2026-09-07T08:00:00+02:00")
    for number, count in enumerate(counts[weekly:], start=1):
        week = first_file.plus(number)
        workspace.drop("tib", f"{week}.csv", HEADER + rows(f"{week}-", [count], last=week))
        workspace.take_in(at=f"{week.plus(1).monday}T08:00:00+02:00")
    before, _ = report_of(workspace, **asked)
    late = "".join(f"sen{n};2026-10-14 2{n % 4}:{n:02};2026-11-22;klotter;Ryd\n" for n in range(30))
    workspace.drop("tib", "sen.csv", HEADER + late)
    workspace.take_in(at=AS_OF)
    after, _ = report_of(workspace, **asked)
    [then], [now] = before["kinds"], after["kinds"]
    assert now["occurrence_count"] == then["occurrence_count"] + 30
    assert (now["pit"], now["rates"], now["weeks"]) == (then["pit"], then["rates"], then["weeks"])


def test_history_that_came_in_bulk_is_used_and_said(workspace: Any) -> None:
    # no report dates: the rows count as known when the file came, long after their weeks
    content = HEADER + "".join(
        f"{line.split(';')[0]};{line.split(';')[1]};;klotter;Ryd\n"
        for line in rows("h", quiet(HISTORY_WEEKS, 5, seed=3), last=LAST.plus(-6)).splitlines()
    )
    workspace.drop("tib", "historik.csv", content)
    workspace.take_in(at=AS_OF)
    figures, page = report_of(workspace, last=LAST.plus(-8), week_count=2)
    assert figures["tested"]["backfilled_share"] > 0.9
    assert figures["kinds"][0]["rates"][0]["comparison_count"] > 0
    assert "kom med källornas historik" in page


@pytest.mark.parametrize("weeks", [0, 5], ids=["empty", "five-weeks"])
def test_too_short_a_history_ends_with_0_and_a_sentence(
    est: Any, workspace: Any, weeks: int
) -> None:
    if weeks:
        workspace.drop("tib", "v.csv", HEADER + rows("k", quiet(weeks, 5, seed=1)))
        workspace.take_in(at=AS_OF)
    done = est("backtest", "--workspace", workspace.root, "--as-of", "2026-11-23T09:00")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Historiken är för kort för att pröva något.")
    assert ("Det finns ingen historik" in done.stdout) == (not weeks)


@pytest.mark.parametrize(
    ("options", "exit_code", "says"),
    [
        (("--weeks", "3", "--first", "2026-W40"), 2, "--first och --weeks"),
        (("--weeks", "0"), 2, "--weeks"),
        (("--weeks", "tre"), 2, "tre"),
        (("--last", "2026-W48"), 5, "inte slut än"),
        (("--first", "2026-W47", "--last", "2026-W40"), 5, "ligger efter den sista"),
        (("--first", "2026-W54"), 5, "2026-W54"),
    ],
)
def test_options_that_make_no_sense(
    est: Any, workspace: Any, options: tuple[str, ...], exit_code: int, says: str
) -> None:
    done = est(
        *("backtest", "--workspace", workspace.root, "--as-of", "2026-11-23T09:00"), *options
    )
    assert done.returncode == exit_code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_the_workspace_is_free_while_the_long_work_goes_on(
    history: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    was_free = []

    def judge_and_look(*arguments: Any, **more: Any) -> Any:
        with driver.open_store(history.configuration):
            was_free.append(True)
        return judging.judge_as_then(*arguments, **more)

    monkeypatch.setattr(driver, "judge_as_then", judge_and_look)
    monkeypatch.setattr(judging.os, "cpu_count", lambda: 1)  # a process of its own knows no patch
    report_of(history, week_count=1)
    assert was_free == [True]

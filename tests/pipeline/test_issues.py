"""Issued pages: numbered, kept as they were issued, the same bytes again, whole after a kill."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from est_pipeline import issuing, pipeline
from est_pipeline.pipeline import report

HEADER = "rapport_id;start;kategori;plats\n"
ONE = HEADER + "1;2026-11-17 21:30;skadegörelse;Skäggetorps centrum\n"
TWO = HEADER + "2;2026-11-18 21:30;brand;Ryd\n"
FIRST, SECOND = "2026-11-23T09:00:00+01:00", "2026-11-23T15:00:00+01:00"


class PowerCutError(BaseException):
    """Nobody catches it: like a machine that goes off."""


@pytest.fixture(autouse=True)
def _without_the_slow_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "library_versions", dict)


def issue(workspace: Any, at: str) -> Path:
    return report(workspace.configuration, as_of=datetime.fromisoformat(at))


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def number_of(file: Path) -> int:
    return int(json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["issue"]["number"])


def test_a_reissue_keeps_what_was_issued_and_says_what_it_replaces(workspace: Any) -> None:
    workspace.drop("tib", "a.csv", ONE)
    workspace.take_in("2026-11-23T08:00:00+01:00")
    page = issue(workspace, FIRST)
    first = contents(page.parent)
    assert list(first) == ["lagesbild.html", "lagesbild.json"]

    assert issue(workspace, FIRST) == page
    assert contents(page.parent) == first  # same input, same moment: same bytes, same number

    workspace.drop("tib", "b.csv", TWO)
    workspace.take_in("2026-11-23T14:00:00+01:00")
    assert issue(workspace, SECOND) == page
    second = contents(page.parent)
    assert second["lagesbild-utgava-1.html"] == first["lagesbild.html"]
    assert second["lagesbild-utgava-1.json"] == first["lagesbild.json"]
    text = second["lagesbild.html"].decode().replace("\N{NO-BREAK SPACE}", " ")
    assert "Utgåva 2, ersätter utgåva 1 från mån 23 nov 09.00." in text
    assert "Händelser 2 (förra utgåvan 1): Ryd 1 (0), brand 1 (0)." in text
    assert "En ny rad." in text

    issue(workspace, SECOND)
    assert contents(page.parent) == second

    # an earlier moment is the issue that said it, and nothing is written
    assert issue(workspace, FIRST).name == "lagesbild-utgava-1.html"
    assert contents(page.parent) == second

    issue(workspace, "2026-11-23T16:00:00+01:00")
    assert number_of(page) == 3
    assert contents(page.parent)["lagesbild-utgava-2.html"] == second["lagesbild.html"]


POINTS = ["lagesbild-utgava-1.html", "lagesbild-utgava-1.json", "lagesbild.html", "lagesbild.json"]


@pytest.mark.parametrize("is_done_first", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_while_issuing(
    workspace: Any, monkeypatch: pytest.MonkeyPatch, point: str, is_done_first: bool
) -> None:
    workspace.drop("tib", "a.csv", ONE)
    workspace.take_in("2026-11-23T08:00:00+01:00")
    page = issue(workspace, FIRST)
    paper = page.with_suffix(".pdf")
    paper.write_bytes(b"%PDF of issue 1")
    first = contents(page.parent)
    original = pipeline.write_atomically

    def cut(file: Path, content: bytes) -> Path:
        if file.name == point:
            if is_done_first:
                original(file, content)
            raise PowerCutError
        return original(file, content)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "write_atomically", cut)
        with pytest.raises(PowerCutError):
            issue(workspace, SECOND)
    # whoever asks for the first page gets it with its paper, whatever stood half done
    again = issue(workspace, FIRST)
    assert again.read_bytes() == first["lagesbild.html"]
    assert again.with_suffix(".pdf").read_bytes() == b"%PDF of issue 1"
    issue(workspace, SECOND)
    after = contents(page.parent)
    assert sorted(after) == sorted([*POINTS, "lagesbild-utgava-1.pdf"])
    assert after["lagesbild-utgava-1.pdf"] == b"%PDF of issue 1"
    assert after["lagesbild-utgava-1.html"] == first["lagesbild.html"]
    assert after["lagesbild-utgava-1.json"] == first["lagesbild.json"]
    assert number_of(page) == 2
    assert b"Utg\xc3\xa5va\xc2\xa02, ers" in after["lagesbild.html"]


def test_a_page_from_before_issues_were_numbered_is_the_first(workspace: Any) -> None:
    workspace.drop("tib", "a.csv", ONE)
    workspace.take_in("2026-11-23T08:00:00+01:00")
    page = issue(workspace, FIRST)
    figures = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    del figures["issue"]
    page.with_suffix(".json").write_text(json.dumps(figures), encoding="utf-8")
    page.write_text("gammal sida", encoding="utf-8")
    issue(workspace, FIRST)
    assert number_of(page) == 2
    kept = page.with_name("lagesbild-utgava-1.html")
    assert kept.read_text(encoding="utf-8") == "gammal sida"


def test_a_page_that_looks_otherwise_is_a_new_issue(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.drop("tib", "a.csv", ONE)
    workspace.take_in("2026-11-23T08:00:00+01:00")
    page = issue(workspace, FIRST)
    original = issuing.render_page
    monkeypatch.setattr(issuing, "render_page", lambda content: original(content) + "<!-- -->")
    issue(workspace, FIRST)
    assert number_of(page) == 2
    assert "Inga antal har ändrats." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"issue": 3}'])
def test_figures_that_cannot_be_read_stop_nothing(workspace: Any, text: str) -> None:
    workspace.drop("tib", "a.csv", ONE)
    workspace.take_in("2026-11-23T08:00:00+01:00")
    page = issue(workspace, FIRST)
    page.with_suffix(".json").write_text(text, encoding="utf-8")
    issue(workspace, FIRST)
    assert number_of(page) == 2
    assert "går inte att läsa" in page.read_text(encoding="utf-8")


def test_a_lost_page_of_an_issue_is_written_again(workspace: Any) -> None:
    workspace.drop("tib", "a.csv", ONE)
    workspace.take_in("2026-11-23T08:00:00+01:00")
    page = issue(workspace, FIRST)
    whole = page.read_bytes()
    page.unlink()
    assert issue(workspace, FIRST).read_bytes() == whole
    assert names(page.parent) == ["lagesbild.html", "lagesbild.json"]


def test_a_row_keeps_its_number_when_another_actor_s_report_comes_later(workspace: Any) -> None:
    workspace.drop("tib", "a.csv", HEADER + "1;2026-11-17 21:30;skadegörelse;Ryds centrum\n")
    workspace.take_in(FIRST)
    before = json.loads(issue(workspace, FIRST).with_suffix(".json").read_text("utf-8"))
    # of the same incident, and it began earlier
    workspace.drop("polisen", "b.csv", HEADER + "9;2026-11-17 21:25;skadegörelse;Ryds centrum\n")
    workspace.take_in(SECOND)
    after = json.loads(issue(workspace, SECOND).with_suffix(".json").read_text("utf-8"))
    [row], [joined] = before["rows"], after["rows"]
    assert len(joined["others"]) == 1
    assert joined["own_id"] == row["own_id"]
    assert after["issue"]["new_row_count"] == after["issue"]["gone_row_count"] == 0

"""`--pdf`: the page on paper beside the page, the same bytes twice, and what is said without it."""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from est_pipeline import pipeline
from est_pipeline.errors import StorageError
from est_pipeline.pipeline import report, run_week
from tests.paper_text import texts_of, words_of_page, words_of_pdf

AS_OF = "2026-11-23T09:00"
ROWS = (
    "rapport_id;rapporttyp;start;kategori;plats\n"
    "1;händelse;2026-11-17 21:30;brand;Ryd\n"
    "2;otrygg plats;2026-11-18 08:00;belysning;Berga\n"
)


@pytest.fixture
def desk(workspace: Any) -> Any:
    workspace.drop("tib", "vecka 47.csv", ROWS)
    return workspace


def folder_of(desk: Any) -> Path:
    folder: Path = desk.paths.reports / "intern" / "2026-W47"
    return folder


def without_weasyprint(folder: Path) -> str:
    """A folder to put first in PYTHONPATH: there WeasyPrint finds no Pango."""
    folder.mkdir()
    folder.joinpath("weasyprint.py").write_text("raise OSError('no Pango')\n", encoding="utf-8")
    return str(folder)


def test_run_and_report_write_the_same_pdf_beside_the_page(
    est: Any, desk: Any, pango: None
) -> None:
    done = est("run", "--workspace", desk.root, "--as-of", AS_OF, "--pdf")
    assert (done.returncode, done.stderr) == (0, "")
    file = folder_of(desk) / "lagesbild.pdf"
    assert done.stdout.splitlines()[-1] == f"PDF: {file}"
    first = file.read_bytes()
    page = file.with_suffix(".html").read_text(encoding="utf-8")
    assert words_of_page(page) - words_of_pdf(first) == {}
    assert "Sida 1 av" in texts_of(first)[0]
    # another process has other hashes, ids and clocks
    again = est("report", "--workspace", desk.root, "--as-of", AS_OF, "--pdf")
    assert again.returncode == 0
    assert file.read_bytes() == first


def test_an_old_pdf_stays_beside_its_own_page_only(desk: Any) -> None:
    moment = datetime.fromisoformat(f"{AS_OF}:00+01:00")
    file = run_week(desk.configuration, as_of=moment).page.with_suffix(".pdf")  # type: ignore[union-attr]
    assert not file.exists()
    file.write_bytes(b"%PDF of yesterday")
    report(desk.configuration, as_of=moment)
    assert file.exists()  # the same page, so still its paper
    report(desk.configuration, as_of=moment + timedelta(hours=1))
    assert sorted(each.name for each in file.parent.iterdir()) == [
        "lagesbild-utgava-1.html",
        "lagesbild-utgava-1.json",
        "lagesbild-utgava-1.pdf",
        "lagesbild.html",
        "lagesbild.json",
    ]


def test_a_run_killed_before_the_pdf_leaves_no_other_page_s_beside_the_page(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime.fromisoformat(f"{AS_OF}:00+01:00")
    later, last = moment + timedelta(hours=1), moment + timedelta(hours=2)
    file = run_week(desk.configuration, as_of=moment).page.with_suffix(".pdf")  # type: ignore[union-attr]
    file.write_bytes(b"%PDF of issue 1")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "write_paper", killed)
        with pytest.raises(KeyboardInterrupt):
            report(desk.configuration, as_of=later, with_pdf=True)
    report(desk.configuration, as_of=later)
    assert not file.exists()
    report(desk.configuration, as_of=last)
    kept = {each.name: each.read_bytes() for each in file.parent.glob("*.pdf")}
    assert kept == {"lagesbild-utgava-1.pdf": b"%PDF of issue 1"}


def test_a_pdf_that_is_open_stops_the_issue_before_anything_is_written(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime.fromisoformat(f"{AS_OF}:00+01:00")
    page = report(desk.configuration, as_of=moment)
    page.with_suffix(".pdf").write_bytes(b"%PDF of issue 1")
    before = {each.name: each.read_bytes() for each in page.parent.iterdir()}
    original = Path.replace

    def refuses(self: Path, target: Path) -> Path:
        if self.suffix == ".pdf":
            raise PermissionError(13, "Permission denied")
        return original(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuses)
        with pytest.raises(StorageError, match="flytta lagesbild"):
            report(desk.configuration, as_of=moment + timedelta(hours=1))
    assert {each.name: each.read_bytes() for each in page.parent.iterdir()} == before
    report(desk.configuration, as_of=moment + timedelta(hours=1))
    assert [each.name for each in page.parent.glob("*.pdf")] == ["lagesbild-utgava-1.pdf"]


def test_a_pdf_beside_a_page_that_nothing_is_known_of_goes(desk: Any) -> None:
    file = folder_of(desk) / "lagesbild.pdf"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"%PDF of nobody knows what")
    assert report(desk.configuration, as_of=datetime.fromisoformat(f"{AS_OF}:00+01:00")).is_file()
    assert not file.exists()


@pytest.mark.parametrize("command", ["run", "report"])
def test_without_pango_the_page_is_made_and_one_sentence_says_what_to_do(
    est: Any, desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    paths = [without_weasyprint(tmp_path / "fore"), *filter(None, sys.path)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    done = est(command, "--workspace", desk.root, "--as-of", AS_OF, "--pdf")
    assert done.returncode == 11
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("Fel: PDF:en kan inte göras: biblioteket Pango finns inte på datorn.")
    page = folder_of(desk) / "lagesbild.html"
    assert str(page) in done.stdout
    assert page.is_file()
    assert not page.with_suffix(".pdf").exists()
    if command == "run":
        assert "1 fil läst" in done.stdout

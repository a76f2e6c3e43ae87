"""Issuing a page: numbered, and what was issued before is kept as it was.

The newest issue of a week is `lagesbild.html` with `lagesbild.json` beside it; what it replaced
lies beside them as `lagesbild-utgava-1.html` and so on. The number follows from what stands in
the folder, so that nothing else has to be kept in step with it. A page that says what an issue
says already is that issue: same input and same moment, same bytes and no new number.

Order of writing: first the old issue's paper goes under its number and its page and figures are
copied there, then the new page is written, last the JSON. Until the JSON says the new number, the
old issue counts; what is kept under its number brings the page and its paper back. So a PDF beside
the page is always that page's own, wherever a run stops.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from est_pipeline.errors import StorageError
from est_pipeline.ingest.files import remove_file
from est_pipeline.lagesbild.content import Lagesbild, render_json
from est_pipeline.lagesbild.issues import FIRST_ISSUE, next_issue
from est_pipeline.lagesbild.page import render_page

_KEPT = re.compile(r"lagesbild-utgava-(\d{1,6})\.(?:html|json)")

Write = Callable[[Path, bytes], Path]


@dataclass(frozen=True)
class Issued:
    """An issued page: where it is and what it shows."""

    page: Path
    content: Lagesbild


@dataclass(frozen=True)
class _Standing:
    """An issue that stands in the folder: its number, its page, the text of its JSON."""

    number: int
    page: Path
    text: str

    @property
    def figures(self) -> dict[str, Any]:
        return _figures(self.text)


def issue_page(folder: Path, content: Lagesbild, *, write: Write) -> Issued:
    """Write a week's page, unless it has been issued already.

    Args:
        folder: the week's folder.
        content: what the page shows; its `issue` is decided here.
        write: writes a file whole or not at all (`ingest.files.write_atomically`).

    Raises:
        StorageError: the folder cannot be read or written, or the old issue's PDF is open in
            another program; the old issue then stands as it stood.
    """
    newest = folder / "lagesbild.html"
    try:
        current = _current(folder, newest)
        kept = sorted(_kept(folder), key=lambda each: -each.number)
        if current is not None:
            _bring_back(current, write=write)
        for standing in [*([current] if current else []), *kept]:
            same = _as_issued(standing, content, earlier=kept, write=write)
            if same is not None:
                return Issued(standing.page, same)
        issue = FIRST_ISSUE
        numbers = [each.number for each in [*kept, *([current] if current else [])]]
        if numbers:
            before = current or kept[0]
            issue = next_issue(
                before.figures,
                content,
                number=max(numbers) + 1,
                replaces_number=before.number,
            )
        if current is not None:
            _keep(current, write=write)
        else:
            remove_file(newest.with_suffix(".pdf"))  # of a page that nothing is known of
    except OSError as error:
        raise StorageError(
            f"Det går inte att läsa den utgivna sidan i mappen {folder.name} ({error.strerror}).",
            advice="Kontrollera att filerna där inte är öppna i ett annat program.",
        ) from error
    issued = replace(content, issue=issue)
    write(newest, render_page(issued).encode())
    write(newest.with_suffix(".json"), render_json(issued).encode())
    return Issued(newest, issued)


def read_issues(folder: Path) -> tuple[dict[str, Any], ...]:
    """Give the figures of every issue in a week's folder, by number, the newest issue last.

    What cannot be read is left out: an issue is known by what its JSON says.
    """
    kept = [_kept_file(folder, number, ".json") for number in sorted(_kept_numbers(folder))]
    texts = []
    for file in [*kept, folder / "lagesbild.json"]:
        with suppress(OSError):
            texts.append(file.read_text(encoding="utf-8", errors="replace"))
    return tuple(figures for text in texts if (figures := _figures(text)))


def _current(folder: Path, newest: Path) -> _Standing | None:
    """Give the newest issue; there is none until its JSON has been written."""
    file = newest.with_suffix(".json")
    if not file.is_file():
        return None
    text = file.read_text(encoding="utf-8", errors="replace")
    stated = _stated_issue(_figures(text)).get("number")
    if not isinstance(stated, int):  # from before issues were numbered, or unreadable
        stated = max((each.number for each in _kept(folder)), default=0) + 1
    return _Standing(stated, newest, text)


def _kept(folder: Path) -> Iterator[_Standing]:
    """Give the issues that were replaced."""
    for number in _kept_numbers(folder):
        page = _kept_file(folder, number, ".html")
        figures = page.with_suffix(".json")
        text = figures.read_text(encoding="utf-8", errors="replace") if figures.is_file() else ""
        yield _Standing(number, page, text)


def _kept_numbers(folder: Path) -> set[int]:
    names = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    return {int(found[1]) for name in names if (found := _KEPT.fullmatch(name))}


def _figures(text: str) -> dict[str, Any]:
    try:
        figures = json.loads(text)
    except ValueError:
        return {}
    return figures if isinstance(figures, dict) else {}


def _stated_issue(figures: dict[str, Any]) -> dict[str, Any]:
    stated = figures.get("issue")
    return stated if isinstance(stated, dict) else {}


def _kept_file(folder: Path, number: int, ending: str) -> Path:
    return folder / f"lagesbild-utgava-{number}{ending}"


def _bring_back(current: _Standing, *, write: Write) -> None:
    """Undo an issue that was never finished: its page stands where the newest one's should."""
    for ending in (".html", ".pdf"):
        kept = _kept_file(current.page.parent, current.number, ending)
        if kept.is_file():
            file, whole = current.page.with_suffix(ending), kept.read_bytes()
            if not file.is_file() or file.read_bytes() != whole:
                write(file, whole)


def _as_issued(
    standing: _Standing, content: Lagesbild, *, earlier: list[_Standing], write: Write
) -> Lagesbild | None:
    """Give the content as an issue showed it, where it shows exactly this; none otherwise."""
    stated = _stated_issue(standing.figures)
    if not stated:
        return None
    issue, replaced = FIRST_ISSUE, stated.get("replaces_number")
    if replaced is not None:
        before = next((each for each in earlier if each.number == replaced), None)
        issue = next_issue(
            before.figures if before else {},
            content,
            number=standing.number,
            replaces_number=replaced,
        )
    same = replace(content, issue=issue)
    if render_json(same) != standing.text:
        return None
    page = render_page(same).encode()
    if not standing.page.is_file():
        write(standing.page, page)
    return same if page == standing.page.read_bytes() else None


def _keep(current: _Standing, *, write: Write) -> None:
    """Keep the newest issue under its number; what is kept already is never written over."""
    _move_paper(current)
    for ending in (".html", ".json"):
        file = current.page.with_suffix(ending)
        kept = _kept_file(current.page.parent, current.number, ending)
        if file.is_file() and not kept.is_file():
            write(kept, file.read_bytes())


def _move_paper(current: _Standing) -> None:
    """Put the issue's PDF under its number, so that none stands beside the page that comes.

    Raises:
        StorageError: Windows does not move a file that is open.
    """
    file = current.page.with_suffix(".pdf")
    kept = _kept_file(current.page.parent, current.number, ".pdf")
    if kept.is_file():
        remove_file(file)
        return
    try:
        if file.is_file():
            file.replace(kept)
    except OSError as error:
        raise StorageError(
            f"Det går inte att flytta {file.name} i mappen {file.parent.name} till "
            f"{kept.name} ({error.strerror}). Sidan är oförändrad.",
            advice="Stäng PDF:en om den är öppen i ett annat program och kör igen.",
        ) from error

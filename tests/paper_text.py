"""Reading a PDF back, and what a page says, so that the two can be held against each other."""

import io
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pypdf

A4_POINTS = (595.28, 841.89)

_NOT_READ = {"script", "style", "svg", "template"}
_ONLY_ON_SCREEN = {
    "dold",
    "utan-skript",
    "inte-papper",
    "bara-mote",
    "inte-mote",
    "med-skript-bara",
}
"""Classes of what paper never shows: live controls, what is only heard, links on, the meeting."""
_VOID = {"br", "col", "hr", "img", "input", "link", "meta", "wbr"}


class _Seen(HTMLParser):
    """Gathers the text that both screen and paper show."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        classes = set((dict(attrs).get("class") or "").split())
        if self._hidden or tag in _NOT_READ or classes & _ONLY_ON_SCREEN:
            self._hidden += 1

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag not in _VOID:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)


@cache
def read_pdf(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


@cache
def texts_of(pdf: bytes) -> tuple[str, ...]:
    """The text of each sheet."""
    return tuple(sheet.extract_text() for sheet in read_pdf(pdf).pages)


def ids_missing(ids: list[str], pdf: bytes) -> list[str]:
    """Those of our ids that do not stand whole on any sheet."""
    found = set(re.findall(r"\w+", "\n".join(texts_of(pdf))))
    return [each for each in ids if each not in found]


def words_of_pdf(pdf: bytes) -> Counter[str]:
    return _words("\n".join(texts_of(pdf)))


def words_of_page(page: str) -> Counter[str]:
    """Each word and figure between head and foot that is seen, and how often it stands there."""
    seen = _Seen()
    seen.feed(page[page.index("<header") : page.index("</main>")])
    return _words(" ".join(seen.text))


def _words(text: str) -> Counter[str]:
    # a large figure and the small word beside it come out of a PDF as one: `25förra`
    return Counter(re.findall(r"\d+|[^\W\d]+", text))


def alternatives_of(pdf: bytes) -> list[str]:
    """The text alternative of each picture, in reading order; empty where there is none."""
    found: list[str] = []

    def walk(element: Any) -> None:
        element = element.get_object()
        if isinstance(element, list):
            for child in element:
                walk(child)
        elif isinstance(element, dict):
            if element.get("/S") == "/Figure":
                found.append(str(element.get("/Alt", "")))
            walk(element.get("/K", pypdf.generic.NullObject()))

    walk(read_pdf(pdf).root_object["/StructTreeRoot"])
    return found

"""Reading a PDF back, and what a page says, so that the two can be held against each other."""

import html
import io
import re
from collections import Counter
from functools import cache
from typing import Any

import pypdf

A4_POINTS = (595.28, 841.89)

_NEVER_ON_PAPER = re.compile(
    r'(?s)<(script|style|svg)\b.*?</\1>|<p class="not utan-skript">.*?</p>'
    r'|<(\w+)[^>]* class="dold"[^>]*>.*?</\2>'
)


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
    content = _NEVER_ON_PAPER.sub("", page[page.index("<header") : page.index("</main>")])
    return _words(html.unescape(re.sub(r"<[^>]+>", " ", content)))


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

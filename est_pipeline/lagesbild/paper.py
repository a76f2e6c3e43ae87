"""Paper: the page as a PDF, A4, by WeasyPrint and without a browser.

The same content, the same sections and the same rules for print as the page, in a head of its own:
no scripts, the still map, colours that are written out. WeasyPrint is an extra (`pdf`) and needs
Pango on the machine, so it is imported only when a PDF is made.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from est_pipeline.errors import PaperError
from est_pipeline.lagesbild.content import Lagesbild, shown_on_page
from est_pipeline.lagesbild.page import asset, fill_template, style_sheets

if TYPE_CHECKING:
    from types import ModuleType

PANGO_ADVICE = {
    "linux": "Installera det: sudo apt-get install libpangoft2-1.0-0 libharfbuzz-subset0.",
    "darwin": "Installera det: brew install pango.",
    "win32": "Installera MSYS2 från msys2.org och kör i dess fönster: "
    "pacman -S mingw-w64-ucrt-x86_64-pango. Ligger MSYS2 inte i C:\\msys64, ange mappen med "
    "dll-filerna i miljövariabeln WEASYPRINT_DLL_DIRECTORIES.",
}
"""How Pango comes to a machine, by `sys.platform`."""

BROWSER_ADVICE = (
    "Det går också bra att öppna lagesbild.html i en webbläsare och skriva ut den som PDF."
)

PDF_VARIANT = "pdf/ua-1"
"""Tagged, with language, title and text alternatives, so that a screen reader can read it."""

_SCREEN_RULES = re.compile(r"@media screen[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_PALETTE = re.compile(r":root\s*\{([^{}]*)\}")
_NAMED_COLOUR = re.compile(r"(--[\w-]+)\s*:\s*([^;]+);")
_USE_OF_NAME = re.compile(r"var\((--[\w-]+)\)")
_MIX = re.compile(r"color-mix\(in srgb, *#(\w+) +(\d+)%, *#(\w+)\)")
_WEIGHT = re.compile(r"(font-weight:|font:) *(\d{3})\b")

_PICTURE_START = re.compile(r"^<svg\b[^>]*>")
_PICTURE_TEXT = re.compile(r'<text class="([^"]*)"([^>]*>[^<]*</text>)')
_HALO_RULES = (
    'text{font-family:Inter,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif}'
    "text:not(.gloria){stroke:none}"
)
_NAMED_PICTURE = re.compile(r'<svg\b[^>]*\baria-label="([^"]*)"[^>]*>')
_NAMED_FIGURE = re.compile(
    r'<figure\b[^>]*\baria-label="([^"]*)"[^>]*>(?:(?!</figure>|<svg\b).)*<svg\b[^>]*>', re.DOTALL
)


def find_problem() -> PaperError | None:
    """Tell why no PDF can be made on this machine; nothing where one can."""
    try:
        _weasyprint()
    except PaperError as error:
        return error
    return None


def render_pdf(content: Lagesbild) -> bytes:
    """Render the page on paper: a tagged PDF, the same bytes for the same content and fonts.

    Raises:
        PaperError: WeasyPrint or Pango is missing.
    """
    weasyprint = _weasyprint()
    paper = render_paper(content)
    nothing_fetched = weasyprint.urls.URLFetcher(allowed_protocols=())
    pdf: bytes = weasyprint.HTML(string=paper, url_fetcher=nothing_fetched).write_pdf(
        pdf_variant=PDF_VARIANT,
        pdf_identifier=hashlib.sha256(paper.encode()).digest()[:16],
    )
    return pdf


def render_paper(content: Lagesbild) -> str:
    """Render the HTML that the PDF is made of: every row open, nothing that only screens know."""
    content = shown_on_page(content)
    sheets = (*style_sheets(content), asset("paper.css"))
    palette = read_palette(sheets)
    map_style = plain_style(asset("map.css"), palette) + _HALO_RULES
    paper = fill_template(
        "paper.html.jinja",
        content,
        on_paper=True,
        most_open_rows=sys.maxsize,
        map_element="",
        dress_map=lambda picture: _with_own_style(picture, map_style),
        style=plain_style("\n".join(sheets), palette),
    )
    return _with_titles(paper)


def _with_own_style(picture: str, style: str) -> str:
    """Put a picture's rules into it: WeasyPrint draws it by those, not by the page's.

    It does not know `paint-order` either, so each text is drawn twice: its halo, then itself.
    """
    picture = _PICTURE_TEXT.sub(r'<text class="\1 gloria"\2<text class="\1"\2', picture)
    return _PICTURE_START.sub(lambda found: f"{found[0]}<style>{style}</style>", picture, count=1)


def read_palette(sheets: Iterable[str]) -> dict[str, str]:
    """Read the named colours of style sheets, without those of the dark; the last value holds."""
    return {
        name: value.strip()
        for sheet in sheets
        for block in _PALETTE.findall(_SCREEN_RULES.sub("", sheet))
        for name, value in _NAMED_COLOUR.findall(block)
    }


def plain_style(style: str, palette: Mapping[str, str]) -> str:
    """Write a style sheet without names and without rules for screens, as WeasyPrint needs it."""
    style = _PALETTE.sub("", _SCREEN_RULES.sub("", style))
    style = _USE_OF_NAME.sub(lambda found: palette[found[1]], style)
    style = _MIX.sub(_mixed, style)
    # half steps of weight are for variable fonts; WeasyPrint takes whole hundreds
    return _WEIGHT.sub(lambda found: f"{found[1]} {(int(found[2]) + 50) // 100 * 100}", style)


def _mixed(found: re.Match[str]) -> str:
    share = int(found[2]) / 100
    mixed = (
        round(share * first + (1 - share) * second)
        for first, second in zip(_channels(found[1]), _channels(found[3]), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> bytes:
    return bytes.fromhex(colour if len(colour) == 6 else "".join(2 * digit for digit in colour))


def _with_titles(paper: str) -> str:
    """Give each picture its text alternative where a PDF takes it from: its own title element."""

    def titled(found: re.Match[str]) -> str:
        return f"{found[0]}<title>{found[1]}</title>"

    return _NAMED_FIGURE.sub(titled, _NAMED_PICTURE.sub(titled, paper))


def _weasyprint() -> ModuleType:
    """Import WeasyPrint, quietly: where Pango is missing it prints a page of English."""
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
            import weasyprint

            library: ModuleType = weasyprint
    except ModuleNotFoundError:
        raise PaperError(
            "PDF:en kan inte göras: tillägget WeasyPrint är inte installerat.",
            advice=f'Installera det: pip install "est-pipeline[pdf]". {BROWSER_ADVICE}',
        ) from None
    except OSError:
        how = PANGO_ADVICE.get(sys.platform, PANGO_ADVICE["linux"])
        raise PaperError(
            "PDF:en kan inte göras: biblioteket Pango finns inte på datorn.",
            advice=f"{how} {BROWSER_ADVICE}",
        ) from None
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # rules that only browsers know
    return library

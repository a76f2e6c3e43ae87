"""The page: one HTML file with everything in it, rendered from what its class may show."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from est_pipeline.domain.kinds import InformationClass, Kind, Level, SourceState
from est_pipeline.domain.meeting import MEETING_COLUMNS, NoteState
from est_pipeline.domain.text import slug, unturned
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.lagesbild import (
    charts,
    issue_words,
    meeting_words,
    near_repeats,
    place_wording,
    rhythm,
    swedish,
    trail,
    verdict_words,
    wording,
)
from est_pipeline.lagesbild.assembly import FEWEST_WEEKS_FOR_SPAN
from est_pipeline.lagesbild.content import Lagesbild, shown_on_page
from est_pipeline.lagesbild.live_map import leaflet_style, live_map
from est_pipeline.lagesbild.map_layers import WebTiles
from est_pipeline.lagesbild.map_spots import map_label
from est_pipeline.lagesbild.situation import MOST_SIGNALS, situation
from est_pipeline.lagesbild.still_map import district_map, still_map
from est_pipeline.lagesbild.weekly import weeks_of

MOST_CARDS = 9
"""With more areas than this, a table with small charts takes the place of the cards."""
MOST_OPEN_ROWS = 25
"""Longer tables are folded until somebody asks for them (on paper they are always open)."""

MOST_MORE_SIGNALS = 6
"""More than this are not all written out; the rest stand in the table of all comparisons."""
RESTS_ON = {
    "omraden-rubrik": "stadsdelarna",
    "jamforelser-rubrik": "alla jämförelser",
    "underlag-rubrik": "underlaget",
}
"""What a sentence links to: id of the section -> the words of the link."""

DEMO_MARK = "PÅHITTADE UPPGIFTER"


def render_page(content: Lagesbild) -> str:
    """Render a page: one self-contained HTML file, the same bytes for the same content.

    What lies above the page's own information class is taken away first.
    """
    content = shown_on_page(content)
    live = live_map(content)
    scripts = [asset("start.js"), live.leaflet, asset("page.js")]
    scripts += [asset("meeting.js")] if content.meeting else []
    scripts.append(live.script)
    return fill_template(
        "lagesbild.html.jinja",
        content,
        on_paper=False,
        most_open_rows=MOST_OPEN_ROWS,
        map_element=live.element,
        style="\n".join((leaflet_style(), asset("map.css"), *style_sheets(content))),
        start_script=scripts[0],
        scripts=scripts[1:],
        policy=_policy(scripts, tiles=content.ground.tiles),
    )


def fill_template(
    name: str,
    content: Lagesbild,
    *,
    on_paper: bool,
    dress_map: Callable[[str], str] = str,
    **own: object,
) -> str:
    """Fill an outer template with what all that show the sections need, and what is its `own`.

    Args:
        name: the template.
        content: what may be shown, already without what lies above its class.
        on_paper: it is for the PDF: what only leads from figures to rows is left out.
        dress_map: what is done to each still map before it stands on the page.
        own: what differs between screen and paper: `most_open_rows`, `map_element` (empty where
            there is no live map), `style`, and what only that template asks for.
    """
    head = content.head
    areas = content.areas
    weeks = [weeks_of(area, head=head, judgements=content.judgements) for area in areas]
    whole = content.total
    whole_weeks = [weeks_of(whole, head=head, judgements=content.judgements)] if whole else []
    top, whole_top = charts.top_of_scale(weeks), charts.top_of_scale(whole_weeks)
    drawn = [
        *charts.weekly_charts(weeks, weeks=head.history_weeks, top=top),
        *charts.weekly_charts(whole_weeks, weeks=head.history_weeks, top=whole_top),
    ]
    pictured = [*areas, *([whole] if whole else [])]
    named = [area.district_id for area in pictured]
    has_cards = len(areas) <= MOST_CARDS
    rhythm_of = {
        each.district_id: each
        for each in ((content.rhythm.whole, *content.rhythm.areas) if content.rhythm else ())
        if has_cards and each.is_enough
    }
    numbers = {area.district_id: area for area in areas}
    district_maps = {
        outline.district_id: dress_map(
            district_map(
                content, outline, label=wording.district_map_label(numbers[outline.district_id])
            )
        )
        for outline in content.ground.outlines
        if has_cards and outline.district_id in numbers
    }
    template = _environment().get_template(name)
    page = template.render(
        content=content,
        head=head,
        words=wording,
        issue_words=issue_words,
        on_paper=on_paper,
        trail=trail.Trail(content, has_guides=not on_paper),
        trails=trail,
        judging=verdict_words,
        meeting_words=meeting_words,
        NoteState=NoteState,
        note_columns=tuple(MEETING_COLUMNS),
        most_signals=MOST_SIGNALS,
        most_more=MOST_MORE_SIGNALS,
        rests_on=RESTS_ON,
        method_of={method.kind: method for method in content.judgements.methods}
        if content.judgements
        else {},
        area_judgements={
            area.district_id: content.judgements.of(
                Kind.INCIDENT,
                level=Level.DISTRICT if area.district_id else Level.CITY,
                district_id=area.district_id,
            )
            if content.judgements
            else None
            for area in pictured
        },
        place_words=place_wording,
        next_week=str(IsoWeek.parse(head.iso_week).plus(1)),
        slug=slug,
        swedish=swedish,
        rhythm_words=rhythm,
        near_repeat_words=near_repeats,
        Kind=Kind,
        SourceState=SourceState,
        demo_mark=DEMO_MARK if head.is_demo else "",
        situation=situation(content),
        pictured=pictured,
        charts=dict(zip(named, drawn, strict=True)),
        weeks_of_area=dict(zip(named, [*weeks, *whole_weeks], strict=True)),
        top_of_scale=dict.fromkeys(named, top) | {"": whole_top},
        first_week=str(IsoWeek.parse(head.iso_week).plus(-head.history_weeks)),
        area_names={area.district_id: area.name for area in areas},
        has_cards=has_cards,
        rhythm_of=rhythm_of,
        rhythm_charts=dict(
            zip(rhythm_of, charts.rhythm_charts(list(rhythm_of.values())), strict=True)
        ),
        still_map=dress_map(still_map(content)),
        district_maps=district_maps,
        map_label=map_label(content),
        fewest_weeks=FEWEST_WEEKS_FOR_SPAN,
        hides_internal=head.information_class is InformationClass.OPEN,
        **own,
    )
    return unturned(page)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("est_pipeline.lagesbild"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def asset(name: str) -> str:
    """Give the text of a file in `assets`."""
    file = resources.files("est_pipeline.lagesbild") / "assets" / name
    return file.read_text(encoding="utf-8").replace("\r\n", "\n").strip()


def style_sheets(content: Lagesbild) -> tuple[str, ...]:
    """Give the style sheets that screen and paper share: the page's, and what every sheet bears."""
    head = content.head
    sheet = f"v. {swedish.week_number(head.iso_week)} {head.iso_week[:4]}"
    if head.is_demo:
        sheet = f"{DEMO_MARK} · {sheet}"
    as_of = f"Uppgifter till och med {swedish.full_moment(head.as_of)}"
    margins = (
        "@page{"
        f"@top-left{{content:{_css_text(wording.mark(head))}}}"
        f"@top-right{{content:{_css_text(sheet)}}}"
        f"@bottom-left{{content:{_css_text(as_of)}}}"
        "}"
    )
    return "\n".join((asset("page.css"), asset("meeting.css"))), margins


def _css_text(text: str) -> str:
    """Write text as a CSS string that cannot end the string or the style element."""
    escaped = re.sub(r"[^\w .,:·–-]", lambda found: f"\\{ord(found[0]):x} ", text)
    return f'"{escaped}"'


def _policy(scripts: list[str], *, tiles: WebTiles | None) -> str:
    """Write the content security policy: exactly these scripts, and nothing from anywhere.

    Only where the workspace asks for web tiles may pictures come from that one host.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}'"
        for script in scripts
    )
    pictures = f" https://{tiles.host}" if tiles else ""
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        f"img-src data:{pictures}; base-uri 'none'; form-action 'none'"
    )

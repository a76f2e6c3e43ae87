"""Words: every Swedish sentence that the page shows (numbers, dates and grammar: `swedish`).

Rules of the house: short sentences, no blame, no adjective that the figures don't carry, numbers
up to twelve in words in running text and figures where numbers are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from est_pipeline.domain.kinds import (
    DeliveryState,
    InformationClass,
    Kind,
    Placing,
    Rhythm,
    SourceState,
)
from est_pipeline.domain.schemas import UNPLACED_ID
from est_pipeline.domain.text import fold
from est_pipeline.lagesbild.content import (
    AreaPicture,
    CalendarEntry,
    ComingEvent,
    Comparison,
    Delivery,
    Head,
    Lagesbild,
    Notice,
    ReportRow,
    RowOrigin,
    SourcePicture,
)
from est_pipeline.lagesbild.judgement import JudgedCount
from est_pipeline.lagesbild.map_layers import EarlierWeeks, Point
from est_pipeline.lagesbild.swedish import (
    NBSP,
    Noun,
    capital,
    clock,
    counted,
    day,
    day_and_clock,
    figure,
    inside,
    listed,
    lower_first,
    number_word,
    short_week,
    span,
    tallied,
    week_number,
)

MOST_AREAS_NAMED = 5
"""More areas than this are not all written out in a sentence."""
DAYS_BEFORE_WEEKS = 14
"""From this many days on, a silence is told in weeks."""


INCIDENT = Noun("händelse", "händelser")
REPORT = Noun("rapport", "rapporter")
INCIDENT_REPORT = Noun("rapport om händelser", "rapporter om händelser")
ENVIRONMENT_CASE = Noun("miljöärende", "miljöärenden", "ett")
FOUND_BY_EFFORT = Noun("insatsfynd", "insatsfynd", "ett")
NOTICE = Noun("notis", "notiser")
SOURCE = Noun("källa", "källor")
FILE = Noun("fil", "filer")
ROW = Noun("rad", "rader")
PAIR = Noun("rapportpar", "rapportpar", "ett")
WEEK = Noun("vecka", "veckor")
DAY = Noun("dag", "dagar")
AREA = Noun("stadsdel", "stadsdelar")

KIND_NOUNS = {
    Kind.INCIDENT: INCIDENT,
    Kind.ENVIRONMENT_CASE: ENVIRONMENT_CASE,
    Kind.FOUND_BY_EFFORT: FOUND_BY_EFFORT,
    Kind.CONTEXT: NOTICE,
}

STATE_WORDS = {
    SourceState.ON_TIME: "i tid",
    SourceState.LATE: "försenad",
    SourceState.SILENT: "har inte rapporterat",
    SourceState.NOTHING: "inget att rapportera",
    SourceState.NOT_CONNECTED: "ej ansluten",
}
STATE_SIGNS = {
    SourceState.ON_TIME: "●",
    SourceState.LATE: "◐",
    SourceState.SILENT: "✕",
    SourceState.NOTHING: "○",
    SourceState.NOT_CONNECTED: "–",
}

DELIVERY_WORDS = {
    DeliveryState.RECEIVED: "väntar på inläsning",
    DeliveryState.ACCEPTED: "inläst",
    DeliveryState.KNOWN: "redan känd",
    DeliveryState.REFUSED: "avvisad",
    DeliveryState.UNDONE: "återtagen",
}

PLACING_WORDS = {
    Placing.COORDINATES: "koordinat",
    Placing.PLACE: "platsens namn",
    Placing.ADDRESS: "adress",
    Placing.DISTRICT: "stadsdelens namn",
    Placing.TEXT_PLACE: "plats nämnd i texten",
    Placing.TEXT_DISTRICT: "stadsdel nämnd i texten",
    Placing.NONE: "ingen plats",
}


# --- time ---------------------------------------------------------------------------------------


def when(row: ReportRow | ComingEvent) -> str:
    """Write when something happened, as exactly as it is known and may be shown."""
    start, end = row.occurred_from, row.occurred_to
    if start is None:
        return day(row.occurred_on)
    if end is None:
        return day_and_clock(start)
    if start.date() == end.date():
        return f"{day_and_clock(start)}–{clock(end)}"
    return f"{day_and_clock(start)} – {day_and_clock(end)}"


def notice_when(notice: Notice) -> str:
    """Write when a notice's incident happened."""
    start = notice.occurred_from
    return day(notice.occurred_on) if start is None else day_and_clock(start)


def calendar_lines(content: Lagesbild) -> tuple[str, ...]:
    """Say what stands in the calendar for the week, and after it; nothing where nothing does."""
    head = content.head
    within = [entry for entry in content.calendar if entry.first_on <= head.last_on]
    after = [entry for entry in content.calendar if entry.last_on > head.last_on]
    return tuple(
        f"{lead} {listed([_calendar_entry(entry) for entry in entries])}."
        for lead, entries in (("I kalendern under veckan:", within), ("Framåt:", after))
        if entries
    )


def _calendar_entry(entry: CalendarEntry) -> str:
    name = lower_first(entry.name)
    if entry.first_on == entry.last_on:
        return f"{name} {day(entry.first_on)}"
    return f"{name} {day(entry.first_on)} till {day(entry.last_on)}"


def hidden_notices(number: int) -> str:
    """Say how many notices the workspace keeps off the page, and nothing of what they hold."""
    them = "den är bortvald" if number == 1 else "de är bortvalda"
    return f"{capital(counted(number, NOTICE))} visas inte; {them} i inställningarna."


# --- places ---------------------------------------------------------------------------------------


def precision(point: Point) -> str:
    """Write how exactly a position is known."""
    if point.precision_m is None:
        return "okänd noggrannhet"
    return f"inom {figure(round(point.precision_m))}{NBSP}m"


def placed(row: ReportRow) -> str:
    """Write how precisely a row is placed, and by what."""
    if row.district_id == UNPLACED_ID:
        return "plats saknas"
    if row.is_coarse:
        return "visas bara på stadsdelsnivå"
    if row.point is not None:
        return f"{precision(row.point)}, {PLACING_WORDS[Placing(row.placing)]}"
    return "bara stadsdelen är känd"


def area_name(row: ReportRow) -> str:
    """Write a row's area; what has no place says so."""
    return row.district_name or "Okänt"


def category(row: ReportRow) -> str:
    """Write a row's category and, where there is one, its subcategory."""
    if row.subcategory_name and fold(row.subcategory_name) != fold(row.category_name):
        return f"{row.category_name}: {lower_first(row.subcategory_name)}"
    return row.category_name


def place_of_event(event: ComingEvent | Notice) -> str:
    """Write where a notice or a coming event is: place, area, or that it is not known."""
    parts = [event.place_name] if event.place_name else []
    if event.district_name and fold(event.district_name) != fold(event.place_name):
        parts.append(event.district_name)
    return ", ".join(parts) or "plats ej angiven"


# --- comparisons ----------------------------------------------------------------------------------


def previous(comparison: Comparison) -> str:
    """Write the week before: `förra veckan 5`."""
    if comparison.previous is None:
        return "ingen tidigare vecka"
    return f"förra veckan {figure(comparison.previous)}"


def history(comparison: Comparison) -> str:
    """Write the weeks before in a few words: `26 v. före 2–9, median 5`."""
    weeks = len(comparison.history)
    if weeks == 0:
        return "kort historik: första veckan"
    if comparison.span is None:
        return f"kort historik: {tallied(weeks, WEEK)} före"
    low_high = span(comparison.span.low, comparison.span.high)
    often = _often(comparison)
    return f"{weeks}{NBSP}v. före {often}{low_high}, median {figure(comparison.span.median)}"


def _often(comparison: Comparison) -> str:
    """Write `oftast ` where some of the weeks before lie outside the span."""
    if comparison.span is None:
        return ""
    low, high = comparison.span.low, comparison.span.high
    return "oftast " if any(not low <= each.count <= high for each in comparison.history) else ""


def compared(comparison: Comparison) -> str:
    """Write a comparison for a sentence: previous week, span and median of the weeks before."""
    if comparison.previous is None:
        if comparison.count == 0:
            return "Det finns ingen tidigare vecka att jämföra med."
        return "Det är den första veckan med uppgifter, så det finns inget att jämföra med."
    weeks = len(comparison.history)
    start = f"Förra veckan {figure(comparison.previous)}"
    if comparison.span is None:
        before = "en vecka" if weeks == 1 else f"{number_word(weeks)} veckor"
        return f"{start}. Historiken är kort ({before}), så inget spann anges."
    low, high = figure(comparison.span.low), figure(comparison.span.high)
    between = f"{low} per vecka" if low == high else f"{low} till {high} per vecka"
    return (
        f"{start}; de {number_word(weeks)} veckorna före {_often(comparison)}{between}, "
        f"median {figure(comparison.span.median)}."
    )


def beside(comparison: Comparison, *, with_words: bool) -> str:
    """Write what stands in parentheses after an area's count; words only the first time."""
    if comparison.previous is None:
        return ""
    parts = [
        f"förra veckan {figure(comparison.previous)}" if with_words else figure(comparison.previous)
    ]
    if comparison.span is not None:
        low_high = span(comparison.span.low, comparison.span.high)
        parts.append(f"veckorna före {_often(comparison)}{low_high}" if with_words else low_high)
    return f" ({'; '.join(parts)})"


def chart_label(area: AreaPicture, iso_week: str, judged: JudgedCount | None = None) -> str:
    """Write a weekly chart's text alternative: what is seen, and what was expected."""
    comparison = area.incidents
    week = week_number(iso_week)
    if not comparison.history:
        return f"Vecka {week}: {tallied(comparison.count, INCIDENT)}. Tidigare veckor saknas."
    expected = ""
    if judged is not None and judged.low is not None and judged.high is not None:
        low, high = figure(judged.low), figure(judged.high)
        expected = f"; väntat {low}" if low == high else f"; väntat {low} till {high}"
    where = inside(area.name) if area.district_id else "hela kommunen"
    least = min(each.count for each in comparison.history)
    most = max(comparison.history, key=lambda each: each.count)
    weeks = len(comparison.history)
    lead = "Veckan före" if weeks == 1 else f"De {number_word(weeks)} veckorna före"
    if least == most.count:
        before = figure(least) if weeks == 1 else f"{figure(least)} varje vecka"
    else:
        before = (
            f"lägst {figure(least)} och högst {figure(most.count)} "
            f"(vecka {week_number(most.iso_week)})"
        )
    return (
        f"Händelser per vecka, {where}. {lead}: {before}. "
        f"Vecka {week}: {figure(comparison.count)}{expected}."
    )


def categories(area: AreaPicture, most: int = 4) -> str:
    """Write an area's commonest categories: `Skadegörelse 9 · ordningsstörning 6`."""
    shown = [f"{each.name}{NBSP}{figure(each.count)}" for each in area.categories[:most]]
    rest = sum(each.count for each in area.categories[most:])
    parts = [part if number == 0 else lower_first(part) for number, part in enumerate(shown)]
    if rest:
        parts.append(f"annat{NBSP}{figure(rest)}")
    return f"{NBSP}· ".join(parts)


def other_kinds(area: AreaPicture) -> str:
    """Write an area's environment cases and what was found by effort, counted for themselves."""
    parts = []
    for comparison, noun in (
        (area.environment_cases, ENVIRONMENT_CASE),
        (area.found_by_effort, FOUND_BY_EFFORT),
    ):
        if comparison.count:
            before = "" if comparison.previous is None else f" ({previous(comparison)})"
            parts.append(tallied(comparison.count, noun) + before)
    return f"{NBSP}· ".join(parts)


# --- the head -------------------------------------------------------------------------------------


def title(head: Head) -> str:
    """Write the page's heading."""
    return f"EST veckolägesbild, vecka {week_number(head.iso_week)}"


def areas_of(head: Head) -> str:
    """Write which areas the page is about."""
    if len(head.area_names) <= 2 * MOST_AREAS_NAMED:
        return listed([*head.area_names, inside(head.rest_name)])
    return f"{tallied(len(head.area_names), AREA)} och {inside(head.rest_name)}"


def mark(head: Head) -> str:
    """Write the mark that stands on every page: class, secrecy, group, registry number."""
    parts = [head.information_class.value.upper(), head.secrecy_mark, head.group]
    if head.registry_number:
        parts.append(f"dnr {head.registry_number}")
    return " · ".join(part for part in parts if part)


def head_order(sources: Sequence[SourcePicture]) -> list[SourcePicture]:
    """Give the connected sources as the head lists them: what is missing last.

    Who reports on demand and had no reason to is not named: that is neither calm nor missing.
    """
    order = [SourceState.ON_TIME, SourceState.NOTHING, SourceState.LATE, SourceState.SILENT]
    connected = [
        each
        for each in sources
        if each.state in order
        and (
            each.report_count
            or each.rhythm != Rhythm.ON_DEMAND
            or each.state is not SourceState.ON_TIME
        )
    ]
    return sorted(connected, key=lambda each: order.index(each.state))


def source_count(source: SourcePicture, number: int) -> str:
    """Write a source's count; where nothing was heard, nothing is known, and no zero is shown."""
    is_heard = source.state not in {SourceState.SILENT, SourceState.NOT_CONNECTED}
    return figure(number) if number or is_heard else "–"


def usual_reports(source: SourcePicture) -> str:
    """Write between which a source's reports a week lie in half of the weeks."""
    if source.state is SourceState.NOT_CONNECTED:
        return "–"
    if source.usual_low is None or source.usual_high is None:
        return "kort historik"
    low, high = figure(source.usual_low), figure(source.usual_high)
    return low if low == high else f"{low}–{high}"


def source_line(source: SourcePicture, head: Head) -> str:
    """Write one source in the head: what it gave, or how it stands.

    It is reports that are counted here, of which several can be about one incident.
    """
    if source.state is SourceState.SILENT:
        return f"{source.short_name} har inte rapporterat{silence(source, head)}"
    if source.state is SourceState.LATE:
        return f"{source.short_name} försenad"
    if source.state is SourceState.NOTHING:
        return f"{source.short_name} inget att rapportera"
    others = [
        tallied(number, noun)
        for number, noun in (
            (source.environment_case_count, ENVIRONMENT_CASE),
            (source.found_by_effort_count, FOUND_BY_EFFORT),
            (source.context_count, NOTICE),
        )
        if number
    ]
    noun = INCIDENT_REPORT if others else REPORT
    parts = [*([tallied(source.incident_count, noun)] if source.incident_count else []), *others]
    return f"{source.short_name} {listed(parts) if parts else '0 rapporter för veckan'}"


def silence(source: SourcePicture, head: Head) -> str:
    """Write for how long a source has been silent: ` på tre veckor`."""
    if source.last_file_at is None:
        return ""
    days = (head.as_of.date() - source.last_file_at.date()).days
    if days >= DAYS_BEFORE_WEEKS:
        return f" på {counted(days // 7, WEEK)}"
    return f" på {counted(days, DAY)}" if days > 0 else ""


# --- silence ------------------------------------------------------------------------------------


def is_unknown(content: Lagesbild) -> bool:
    """Tell whether nobody whose reports are counted has reported: a zero would say nothing."""
    sources = content.basis.sources if content.basis else ()
    return all(
        each.state in {SourceState.SILENT, SourceState.NOT_CONNECTED}
        for each in sources
        if each.is_counted
    )


def area_figure(area: AreaPicture, content: Lagesbild) -> str:
    """Write an area's count; a dash where nobody has reported, since silence is not calm."""
    if area.incidents.count == 0 and is_unknown(content):
        return "–"
    return figure(area.incidents.count)


def no_incidents(content: Lagesbild) -> str:
    """Write what an area without incidents says."""
    if is_unknown(content):
        return "Ingen källa har rapporterat. Läget är okänt."
    return "Inga händelser rapporterade."


# --- the basis ------------------------------------------------------------------------------------


def delivery_state(delivery: Delivery) -> str:
    """Write what became of a file, with the reason where there is one."""
    words = DELIVERY_WORDS[delivery.state]
    return f"{words}: {lower_first(delivery.reason)}" if delivery.reason else words


def trail(row: ReportRow) -> str:
    """Write where a row comes from: of each report source, file number of this page, line."""
    return "; ".join(_origin(each) for each in origins(row))


def origins(row: ReportRow) -> list[ReportRow | RowOrigin]:
    """Give where each report behind a row comes from, the one that leads first."""
    return [row, *row.others]


def _origin(row: ReportRow | RowOrigin) -> str:
    if row.file_number is None or row.line_number is None:
        return row.source_name
    return f"{row.source_name}, fil{NBSP}{row.file_number} rad{NBSP}{row.line_number}"


def in_reports(incident_count: int, report_count: int) -> str:
    """Write incidents and the reports behind them: `7 händelser i 9 rapporter`."""
    return f"{tallied(incident_count, INCIDENT)} i {tallied(report_count, REPORT)}"


def reports_beside(area: AreaPicture) -> str:
    """Write how many reports an area's incidents rest on, where that is another number."""
    if area.report_count == area.incidents.count:
        return ""
    return f"i {tallied(area.report_count, REPORT)}"


def rows_of_kind(rows: Sequence[ReportRow]) -> str:
    """Write how many rows of one kind there are; of incidents, how many and in how many reports."""
    report_count = sum(row.report_count for row in rows)
    if rows and rows[0].kind is Kind.INCIDENT:
        return in_reports(sum(row.incident_number for row in rows), report_count)
    return tallied(report_count, REPORT)


def joined_reports(content: Lagesbild) -> str:
    """Say which of the week's incidents several actors reported, and what waits for a human."""
    several = [row for row in content.rows_of(Kind.INCIDENT) if row.others]
    number = capital(counted(sum(row.report_count for row in several), REPORT))
    if not several:
        said = "Inga rapporter är hopslagna."
    elif len(several) == 1:
        said = f"{number} gäller en och samma händelse, som räknas en gång."
    else:
        said = f"{number} gäller {counted(len(several), INCIDENT)}, som räknas en gång var."
    doubts = content.basis.doubt_count if content.basis else 0
    if doubts == 0:
        return said
    if doubts == 1:
        return (
            f"{said} Ett rapportpar är tveksamt: rapporterna räknas som två händelser tills vidare."
        )
    pairs = capital(counted(doubts, PAIR))
    return f"{said} {pairs} är tveksamma; rapporterna i dem räknas var för sig tills vidare."


# --- the map ------------------------------------------------------------------------------------

PRIORITY_LAYER = "Platser att prioritera"


def district_map_label(area: AreaPicture) -> str:
    """Write the text alternative of a district's map."""
    number, without = area.incidents.count, area.without_point_count
    seen = tallied(max(number - without, 0), INCIDENT)
    return f"Karta över {area.name}: {seen} med punkt." if number else f"Karta över {area.name}."


MEASURE_LAYER = "Beslutade insatser"


def earlier_weeks(earlier: EarlierWeeks) -> str:
    """Write which weeks before the map shows: `Veckorna före (v. 44–46)`."""
    weeks = earlier.iso_weeks
    if len(weeks) == 1:
        return f"Veckan före ({short_week(weeks[0])})"
    return f"Veckorna före ({short_week(weeks[-1])}–{week_number(weeks[0])})"


def earlier_left_out(earlier: EarlierWeeks) -> str:
    """Say that weeks before are not drawn, and why; nothing where all of them are."""
    if not earlier.left_out_count:
        return ""
    if not earlier.iso_weeks:
        return "Veckorna före visas inte på kartan: de har för många punkter."
    return "Äldre veckor visas inte på kartan: de har för många punkter."


CLASS_EXPLANATIONS = {
    InformationClass.OPEN: "får spridas",
    InformationClass.INTERNAL: "för gruppens arbete, sprids inte vidare",
    InformationClass.SENSITIVE: "visas inte på sidan",
}

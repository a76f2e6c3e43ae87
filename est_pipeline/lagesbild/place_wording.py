"""Words of the places to prioritise: which place, why, and what is not known."""

from __future__ import annotations

from est_pipeline.analysis.place_stability import NEAR_TOP
from est_pipeline.analysis.places import FEWEST_WEEKS, STABLE_SHARE, TOP, PlaceState
from est_pipeline.domain.text import fold
from est_pipeline.lagesbild.recurring_places import RecurringPlace, RecurringPlaces
from est_pipeline.lagesbild.swedish import (
    NBSP,
    capital,
    counted,
    figure,
    inside,
    listed,
    lower_first,
    number_word,
    short_week,
    tallied,
)
from est_pipeline.lagesbild.wording import INCIDENT, WEEK

STATE_WORDS = {
    PlaceState.PERSISTENT: "återkommande",
    PlaceState.NEW: "ny",
    PlaceState.RISING: "tilltagande",
    PlaceState.FADING: "avtagande",
    PlaceState.SHORT_HISTORY: "kort historik",
}
_FEW_WEEKS = 8
_DIRECTIONS = (
    *("norr om", "nordost om", "öster om", "sydost om"),
    *("söder om", "sydväst om", "väster om", "nordväst om"),
)


def place(each: RecurringPlace, content: RecurringPlaces) -> str:
    """Name a place: its own name, else where it lies from the nearest named place."""
    if each.is_named:
        return each.place_name
    if not each.place_name:
        return f"Ett område i {inside(each.district_name)}" if each.district_name else "Ett område"
    far = each.distance_m is not None and each.distance_m > (content.cell_width_m or 0) / 2
    if not far or each.bearing is None:
        return f"Området vid {each.place_name}"
    return f"Området {_DIRECTIONS[round(each.bearing / 45) % 8]} {each.place_name}"


def district(each: RecurringPlace) -> str:
    """Name the district, unless the place is called the same."""
    is_said = not each.place_name or fold(each.district_name) == fold(each.place_name)
    return "" if is_said else each.district_name


def why(each: RecurringPlace, content: RecurringPlaces, *, iso_week: str) -> str:
    """Say in one sentence what a place rests on."""
    counts = (
        f"{_many(each.count_recent)} på {_weeks(content.recent_weeks)}"
        f", {figure(each.count_year)} på {_span(content.week_count)}"
        if content.week_count > content.recent_weeks
        else f"{_many(each.count_year)} på {_weeks(content.week_count)}"
    )
    # of the whole span, so it must stand right after the span's number
    is_all = each.category_count == each.count_year
    number = "alla" if is_all else f"varav {figure(each.category_count)}"
    most = f", {number} {lower_first(each.category_name)}"
    last = f"; senast {_week(each.last_week, iso_week)}" if each.last_week else ""
    return f"{counts}{most if each.category_name else ''}{last}."


def how_exactly(each: RecurringPlace, content: RecurringPlaces) -> str:
    """Say how exactly a place is known: by a radius, or as a hexagon."""
    if not each.is_named and content.cell_width_m is not None:
        return f"en sexhörning, {figure(round(content.cell_width_m, -1))}{NBSP}m bred"
    if each.precision_m is None:
        return "okänd noggrannhet"
    return f"inom {figure(each.precision_m)}{NBSP}m"


def uncertain(content: RecurringPlaces) -> str:
    """Name the places that are known too vaguely to be called recurring; empty where none is."""
    if not content.uncertain:
        return ""
    names = [
        f"{lower_first(name) if not each.is_named else name} ({tallied(each.count_year, INCIDENT)})"
        for each in content.uncertain
        for name in [place(each, content)]
    ]
    lead = (
        "Positionen är för osäker för att platsen"
        if len(names) == 1
        else "Positionerna är för osäkra för att platserna"
    )
    return f"{lead} ska kunna kallas återkommande: {listed(names)}."


def none_found(content: RecurringPlaces) -> str:
    """Say that no place recurs, or that nothing can be said."""
    if content.placed_count <= 0:
        return "Ingen händelse det senaste året har en plats som går att rangordna."
    if content.week_count < _FEW_WEEKS:
        return (
            f"Underlaget är bara {counted(content.week_count, WEEK)}: för litet för att säga vilka "
            "platser som återkommer."
        )
    return (
        f"Ingen plats har haft händelser i minst {number_word(FEWEST_WEEKS)} olika veckor "
        f"på {_span(content.week_count)}."
    )


def left_out(content: RecurringPlaces) -> str:
    """Say how many incidents could not be placed, and why."""
    whole = counted(content.incident_count, INCIDENT)
    missing = [
        (content.unplaced_count, "saknar närmare plats"),
        (content.coarse_count, "visas bara på stadsdelsnivå"),
        (content.vague_count, "har en plats som är för ungefärlig"),
    ]
    parts = [f"{figure(count)} {words}" for count, words in missing if count]
    lead = f"Underlaget är {whole} på {_span(content.week_count)}"
    if content.incident_count <= 0:
        return ""
    if not parts:
        return f"{lead}. {'Den' if content.incident_count == 1 else 'Alla'} har en plats."
    share = round(100 * (1 - content.placed_count / content.incident_count))
    # a share of few says nothing
    of_all = f" ({figure(share)}{NBSP}%)" if content.incident_count >= 100 else ""
    count = content.incident_count - content.placed_count
    return f"{lead}. {capital(number_word(count))}{of_all} är inte med: {listed(parts)}."


def how_chosen() -> str:
    """Say by which rule the places are chosen."""
    moved = figure(round(10 * STABLE_SHARE))
    return (
        "Platserna är ordnade efter hur många händelser nästa vecka kan väntas ge, av antalet "
        "på lång sikt (högst fem år) och på senare tid. En plats är med om den har haft händelser "
        f"i minst {number_word(FEWEST_WEEKS)} olika veckor det senaste året. Dessutom ska den vara "
        f"kvar bland de {number_word(NEAR_TOP * TOP)} främsta, med minst hälften av sina "
        f"händelser, i minst {moved} av 10 försök där varje punkt flyttas högst så långt som dess "
        "position är osäker."
    )


def about_states(content: RecurringPlaces) -> str:
    """Say what the words for a place's course mean, and how many chance alone gives."""
    if all(each.state is PlaceState.SHORT_HISTORY for each in content.certain):
        return (
            "Kort historik: det finns för få veckor för att säga om en plats är ny eller avtar."
            if content.certain
            else ""
        )
    return (
        f"Ny, tilltagande och avtagande: de senaste {figure(content.recent_weeks)} veckorna "
        "skiljer sig från resten av året mer än hos andra platser. Av tjugo platser där inget "
        "har ändrats får ungefär en ändå ett sådant ord."
    )


def _many(number: int) -> str:
    return "ingen händelse" if number == 0 else tallied(number, INCIDENT)


def _weeks(number: int) -> str:
    return tallied(number, WEEK)


def _span(weeks: int) -> str:
    return "ett år" if weeks >= 52 else _weeks(weeks)


def _week(iso_week: str, current: str) -> str:
    year = iso_week[:4]
    return short_week(iso_week) if year == current[:4] else f"{short_week(iso_week)} {year}"

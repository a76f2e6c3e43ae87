"""När det händer: the hours of the week on the page, from the analysis's frames to its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from est_pipeline.domain.kinds import InformationClass
from est_pipeline.domain.schemas import UNPLACED_ID
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.lagesbild.fields import records
from est_pipeline.lagesbild.swedish import (
    NBSP,
    WEEKDAYS,
    WORD_JOINER,
    Noun,
    capital,
    counted,
    figure,
    inside,
    listed,
    number_word,
    span,
    tallied,
)

if TYPE_CHECKING:
    from est_pipeline.analysis.rhythm import Rhythm

INTERNAL = InformationClass.INTERNAL

SHADES = 5
"""How many steps of shading the table has above none."""
FEWEST_FOR_PICTURE = 20
"""With fewer incidents with a usable hour than this, an area's card has no picture of its week."""
INCIDENT = Noun("händelse", "händelser")
WHOLE = "Hela kommunen"
"""What the page calls all areas together."""


@dataclass(frozen=True)
class Block:
    """A block of the week: `weekday` 0 is Monday, hours by the local clock, `to_hour` not in it.

    `count` is how many incidents, a part of one where only a span of time is known.
    """

    weekday: Annotated[int, INTERNAL]
    from_hour: Annotated[int, INTERNAL]
    to_hour: Annotated[int, INTERNAL]
    count: Annotated[float, INTERNAL]


@dataclass(frozen=True)
class StandingOut:
    """A block with more, or fewer, in the last weeks than its long-run share; empty: all."""

    district_name: Annotated[str, INTERNAL]
    category_name: Annotated[str, INTERNAL]
    block: Annotated[Block, INTERNAL]
    expected: Annotated[float, INTERNAL]
    is_more: Annotated[bool, INTERNAL]


@dataclass(frozen=True)
class AreaRhythm:
    """The hours of one area over the last year; what has no usable hour is counted beside it.

    `counts` has a row a weekday, Monday first, and in it a number a block of the day, from midnight
    on; empty where nothing has a usable hour.
    """

    district_id: Annotated[str, INTERNAL]
    name: Annotated[str, INTERNAL]
    incident_count: Annotated[int, INTERNAL]
    used_count: Annotated[int, INTERNAL]
    coarse_count: Annotated[int, INTERNAL]
    unknown_time_count: Annotated[int, INTERNAL]
    long_span_count: Annotated[int, INTERNAL]
    counts: Annotated[tuple[tuple[float, ...], ...], INTERNAL]
    busiest: Annotated[Block | None, INTERNAL]
    is_too_few: Annotated[bool, INTERNAL]

    @property
    def is_enough(self) -> bool:
        """Tell whether so many have a usable hour that their week can be pictured."""
        return self.used_count >= FEWEST_FOR_PICTURE

    def shade(self, count: float) -> int:
        """Give a count's step of shading: 0 for nothing, `SHADES` for the area's most."""
        most = max((max(day) for day in self.counts), default=0.0)
        return 0 if count <= 0 else min(int(count / most * SHADES) + 1, SHADES)


@dataclass(frozen=True)
class RhythmPicture:
    """When things happened over the last year, and what stands out in the last weeks."""

    first_week: Annotated[str, INTERNAL]
    last_week: Annotated[str, INTERNAL]
    recent_first_week: Annotated[str, INTERNAL]
    before_weeks: Annotated[int, INTERNAL]
    block_hours: Annotated[int, INTERNAL]
    whole: Annotated[AreaRhythm, INTERNAL]
    areas: Annotated[tuple[AreaRhythm, ...], INTERNAL]
    standing_out: Annotated[tuple[StandingOut, ...], INTERNAL]

    def hours(self) -> tuple[tuple[int, int], ...]:
        """Give the blocks of a day, from midnight on."""
        return tuple((hour, hour + self.block_hours) for hour in range(0, 24, self.block_hours))


# --- from frames ----------------------------------------------------------------------------------


def build_rhythm(
    rhythm: Rhythm,
    *,
    district_names: Mapping[str, str],
    category_names: Mapping[str, str],
) -> RhythmPicture | None:
    """Build what the page may know of when things happen; nothing where nothing has happened.

    Args:
        rhythm: as the analysis gives it.
        district_names: district id -> name, in the order of the page; the unplaced have none.
        category_names: category code -> name.
    """
    if rhythm.times.empty:
        return None
    judged = rhythm.judged
    areas = {
        str(district_id): _area(rhythm, str(district_id), name)
        for district_id, name in {"": WHOLE, **district_names}.items()
        if district_id != UNPLACED_ID
    }
    whole = areas.pop("")
    stands_out = judged[judged["verdict"].isin(["more", "fewer"])].sort_values(
        ["p_value", "district_id", "category_code", "weekday", "from_hour"], kind="stable"
    )
    return RhythmPicture(
        first_week=str(rhythm.first_week),
        last_week=str(rhythm.last_week),
        recent_first_week=str(rhythm.last_week.plus(1 - rhythm.recent_weeks)),
        before_weeks=int(judged["before_weeks"].iloc[0]) if len(judged) else 0,
        block_hours=rhythm.block_hours,
        whole=whole,
        areas=tuple(areas.values()),
        standing_out=tuple(
            StandingOut(
                district_name=district_names.get(str(row["district_id"]), ""),
                category_name=category_names.get(
                    str(row["category_code"]), str(row["category_code"])
                ),
                block=_block(row, count=row["recent_sum"]),
                expected=round(float(row["expected_sum"]), 1),
                is_more=row["verdict"] == "more",
            )
            for row in records(stands_out)
            if row["district_id"] != UNPLACED_ID
        ),
    )


def _area(rhythm: Rhythm, district_id: str, name: str) -> AreaRhythm:
    blocks = rhythm.blocks[rhythm.blocks["district_id"] == district_id]
    times = rhythm.times[rhythm.times["district_id"] == district_id].sum(numeric_only=True)
    judged = rhythm.judged[
        (rhythm.judged["district_id"] == district_id) & (rhythm.judged["category_code"] == "")
    ]
    found = tuple(_block(row, count=row["weight"]) for row in records(blocks))
    busiest = max(
        found, key=lambda each: (each.count, -each.weekday, -each.from_hour), default=None
    )
    return AreaRhythm(
        district_id=district_id,
        name=name,
        incident_count=int(times.get("occurrence_count", 0)),
        used_count=int(times.get("used_count", 0)),
        coarse_count=int(times.get("coarse_count", 0)),
        unknown_time_count=int(times.get("unknown_time_count", 0)),
        long_span_count=int(times.get("long_span_count", 0)),
        counts=tuple(
            tuple(each.count for each in found if each.weekday == weekday) for weekday in range(7)
        )
        if found
        else (),
        busiest=busiest if busiest and busiest.count > 0 else None,
        is_too_few=bool((judged["verdict"] == "too_few").all()),
    )


def _block(row: Mapping[str, object], *, count: object) -> Block:
    return Block(
        weekday=int(str(row["weekday"])),
        from_hour=int(str(row["from_hour"])),
        to_hour=int(str(row["to_hour"])),
        count=round(float(str(count)), 1),
    )


# --- words ----------------------------------------------------------------------------------------


def hours(from_hour: int, to_hour: int) -> str:
    """Write a block of the day: `20–24`."""
    return f"{from_hour:02}–{WORD_JOINER}{to_hour:02}"


def when(block: Block) -> str:
    """Write a block of the week: `fredag kl. 20–24`."""
    return f"{WEEKDAYS[block.weekday]} kl.{NBSP}{hours(block.from_hour, block.to_hour)}"


def weeks(first_week: str, last_week: str) -> str:
    """Write a span of weeks: `vecka 36–47`, with the years where they differ."""
    first, last = IsoWeek.parse(first_week), IsoWeek.parse(last_week)
    if first == last:
        return f"vecka {first.number}"
    if first.year == last.year:
        return f"vecka {span(first.number, last.number)}"
    return f"vecka {first.number} {first.year} till vecka {last.number} {last.year}"


def known_times(area: AreaRhythm, picture: RhythmPicture) -> str:
    """Say how many of the last year's incidents have a usable hour, and why the rest have none."""
    period = weeks(picture.first_week, picture.last_week)
    if not area.incident_count:
        return f"Inga händelser {period}."
    rest = [
        f"{figure(number)} {reason}"
        for number, reason in (
            (area.coarse_count, "som bara visas med dag och stadsdel"),
            (area.unknown_time_count, "som bara har ett datum"),
            (area.long_span_count, "som sträcker sig över mer än ett dygn"),
        )
        if number
    ]
    said = (
        f"Klockslaget är känt för {figure(area.used_count)} av "
        f"{tallied(area.incident_count, INCIDENT)} {period}."
    )
    return f"{said} Inte med är {listed(rest)}." if rest else said


def busiest(area: AreaRhythm) -> str:
    """Say in which block most happened."""
    block = area.busiest
    if block is None:
        return "inga händelser med känt klockslag"
    return f"{when(block)} ({_rounded(block.count)} av {figure(area.used_count)})"


def chart_label(area: AreaRhythm, picture: RhythmPicture) -> str:
    """Write the text alternative of an area's picture of the week."""
    period = weeks(picture.first_week, picture.last_week)
    return f"Veckans rytm i {inside(area.name)}, {period}. Flest händelser: {busiest(area)}."


def picture_note(picture: RhythmPicture) -> str:
    """Say how the pictures of the week are read."""
    period = weeks(picture.first_week, picture.last_week)
    return (
        f"Rutor: när händelserna inträffade, {period}, en rad för varje veckodag från måndag och "
        "dygnet från vänster; ju mörkare, desto fler i området."
    )


def what_stands_out(picture: RhythmPicture) -> str:
    """Say in one sentence whether anything stands out of late; what it is stands in a list."""
    recent = weeks(picture.recent_first_week, picture.last_week)
    if picture.whole.is_too_few and not picture.standing_out:
        return (
            "För litet underlag för att säga om något sticker ut: det behövs minst 20 händelser "
            "med känt klockslag de senaste veckorna, 60 före dem, och ett halvårs historik."
        )
    before = f"de {number_word(picture.before_weeks)} veckorna före"
    if not picture.standing_out:
        return (
            f"Inget sticker ut: under {recent} var händelserna fördelade över veckan ungefär som "
            f"under {before}."
        )
    number = len(picture.standing_out)
    noun = Noun("tid på veckan", "tider på veckan")
    return f"{capital(counted(number, noun))} sticker ut {recent}, jämfört med {before}:"


def standing_out(each: StandingOut, picture: RhythmPicture) -> str:
    """Say what stands out: where, what, when, how many and how many were to be expected."""
    where = each.district_name or (each.category_name if each.category_name else picture.whole.name)
    return (
        f"{capital(where)}, {when(each.block)}: {tallied(round(each.block.count), INCIDENT)} mot "
        f"väntade {_rounded(each.expected)}."
    )


def area_stands_out(area: AreaRhythm, picture: RhythmPicture) -> str:
    """Say briefly what stands out in an area."""
    found = [
        f"{when(each.block)}, {'fler' if each.is_more else 'färre'}"
        for each in picture.standing_out
        if each.district_name == area.name
    ]
    if found:
        return listed(found)
    return "för litet underlag" if area.is_too_few else "inget"


def table_name(area: AreaRhythm) -> str:
    """Write an area's name inside a caption."""
    return inside(area.name)


def _rounded(number: float) -> str:
    return figure(round(number))

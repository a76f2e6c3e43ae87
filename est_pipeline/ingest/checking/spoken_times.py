"""Times in words, one cell at a time: days, clock times, intervals, parts of a day.

Slow and lenient on purpose: `times` hands over the distinct cells that no common form explains.
A cell is read when exactly one reading is possible; what can be read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import MAXYEAR, date, datetime, time, timedelta
from functools import partial
from typing import Final, NamedTuple, TypeVar

from est_pipeline.domain.text import fold

_Answer = TypeVar("_Answer")

ClockSpan = tuple[int, int]
"""A part of a day: from and to, in minutes after midnight; the end may lie on the next day."""

FIRST_SERIAL, LAST_SERIAL = 36_526, 73_051
"""Excel's numbers of 2000-01-01 and of 2100-01-01; other numbers of five digits are no dates."""

NEEDS_ANCHOR: Final = "anchor"
"""What `Grammar.read` answers when a cell can be read only if one knows when it was said."""

_MONTH_NUMBERS = {
    **dict.fromkeys(("jan", "januari", "january"), 1),
    **dict.fromkeys(("feb", "febr", "februari", "february"), 2),
    **dict.fromkeys(("mar", "mars", "march"), 3),
    **dict.fromkeys(("apr", "april"), 4),
    **dict.fromkeys(("maj", "may"), 5),
    **dict.fromkeys(("jun", "juni", "june"), 6),
    **dict.fromkeys(("jul", "juli", "july"), 7),
    **dict.fromkeys(("aug", "augusti", "august"), 8),
    **dict.fromkeys(("sep", "sept", "september"), 9),
    **dict.fromkeys(("okt", "oktober", "oct", "october"), 10),
    **dict.fromkeys(("nov", "november"), 11),
    **dict.fromkeys(("dec", "december"), 12),
}
_WEEKDAY_NUMBERS = {
    **dict.fromkeys(("man", "mandag"), 0),
    **dict.fromkeys(("tis", "tisdag"), 1),
    **dict.fromkeys(("ons", "onsdag"), 2),
    **dict.fromkeys(("tor", "tors", "torsdag"), 3),
    **dict.fromkeys(("fre", "fredag"), 4),
    **dict.fromkeys(("lor", "lordag"), 5),
    **dict.fromkeys(("son", "sondag"), 6),
}
_DAYS_BACK = {"i dag": 0, "idag": 0, "i gar": 1, "igar": 1, "i forrgar": 2, "iforrgar": 2}


def _any_of(words: Mapping[str, int]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_MONTH = rf"(?P<month>{_any_of(_MONTH_NUMBERS)})"
_WEEKDAY = rf"(?P<weekday>{_any_of(_WEEKDAY_NUMBERS)})(?:en|s)?"
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ]|)(\d{2}|(?<=\D)\d)\2(\d{2}|(?<=\D)\d)")
_SIX_DIGITS = re.compile(r"(\d{2})(-?)(\d{2})\2(\d{2})")
_YEAR_LAST = re.compile(
    r"(\d{1,2})\s?[-/.]\s?(\d{1,2})(?:[-/.]?\s*|\s*[-/.]\s*)(\d{4})"
    r"|(\d{1,2})\s?[/.]\s?(\d{1,2})\s?(?:[-/.]|\s')\s?'?(\d{2})"
)
_NO_YEAR = re.compile(r"(\d{1,2})/(\d{1,2})")
_NAMED = re.compile(
    rf"(?P<day>\d{{1,2}})(?::?[ae])?[\s./-]*{_MONTH}\.?"
    r"(?:(?P<between>[\s,./-]*)(?P<year>\d{4}|'?\d{2}))?"
)
_NAMED_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})[\s.-]+{_MONTH}[\s.-]+(?P<day>\d{{1,2}})")
_WEEKDAYS = re.compile(
    rf"(?:i )?{_WEEKDAY}"
    rf"(?: ?(?:och|till|mot|-|/) ?(?:{_any_of(_WEEKDAY_NUMBERS)})(?:en|s)?)?"
)
_UNKNOWN_WORD = (
    r"(?:\?+(?:[.:]\?+)?|-+(?::-+)?|okan[dt]|oklart?|ej kan[dt]|inte kan[dt]|vet (?:ej|inte)|"
    r"(?:ej|inte) angiven|(?:ej|inte) angivet|saknas|uppgift saknas)"
)
_UNKNOWN = re.compile(
    rf"(?:(?:datum|tid|tidpunkt|klockslag)(?:en|et)?:? )?{_UNKNOWN_WORD}"
    r"(?: (?:datum|tid|tidpunkt|klockslag))?(?: och (?:tid|klockslag))?"
)
_UNKNOWN_CLOCK = re.compile(
    rf"(?:(?:klockan|klockslag|kl|tidpunkt|tid)\.?:? )?{_UNKNOWN_WORD}"
    r"(?: (?:tid|tidpunkt|klockslag))?"
)
_ABOUT = r"(?:ca\.?|c:a|cirka|circa|runt|omkring|ungefar|omkr\.?|~)"
_CLOCK_PREFIX = re.compile(rf"(?:(?:vid|tid:?|klockan|klockslag|kl\.?|{_ABOUT})\s*)+")
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"(?:\s*(?P<half>am|pm|fm|em)|-tiden|\s?h)?"
)
_BARE_CLOCK = re.compile(r"(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?")
_ZONE = re.compile(
    r"(?:z|utc|gmt|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?)",
)
_BETWEEN = re.compile(
    r"\s*(?:-+|\btill och med\b|\bt\.?\s?o\.?\s?m\.?(?=\s)|\btill\b|\boch\b|(?<=\d)/(?=\d{4}-))\s*"
)
_NOISE = re.compile(r"\b(?:den|mellan|fran|under)\b")
_SEPARATORS = re.compile(r"[\s,]+|(?<=\d)t(?=\d)|(?<=\d)\s*(?=kl[\s.\d])")
_YEAR_SPAN = timedelta(days=366)
_LAST_MINUTE = time(23, 59)
_LONGEST_CELL = 120  # signs; no time needs more, and every way to part a cell is tried


class Reading(NamedTuple):
    """One cell read, by the wall clock; in the zone where it states one (minutes off UTC)."""

    start: datetime
    has_clock: bool
    end: datetime | None = None
    zone_minutes: int | None = None
    note: str = ""


class _Point(NamedTuple):
    day: date
    seconds: int | None
    zone_minutes: int | None = None

    @property
    def moment(self) -> datetime:
        return _at(self.day, self.seconds or 0)

    @property
    def last_moment(self) -> datetime:
        """The moment, or the last minute of a day of which no more is known."""
        if self.seconds is None:
            return datetime.combine(self.day, _LAST_MINUTE)
        return self.moment


class _NeedsYearError(Exception):
    """The day stands without its year."""


class _NeedsAnchorError(Exception):
    """Which day is meant depends on when it was said."""


class _AmbiguousError(Exception):
    """The day can be read in two ways."""


_DOUBTS = (_NeedsYearError, _NeedsAnchorError, _AmbiguousError)


def _first_that_reads(*attempts: Callable[[], _Answer | None]) -> _Answer | None:
    """Give the first answer of several ways to read; where none has one, raise the first doubt."""
    doubt: Exception | None = None
    for attempt in attempts:
        try:
            answer = attempt()
        except _DOUBTS as error:
            doubt = doubt or error
            continue
        if answer is not None:
            return answer
    if doubt is not None:
        raise doubt
    return None


class Grammar:
    """How a source's cells are read: its order of day and month and its own words.

    Args:
        is_month_first: 03/04/2026 is the fourth of March.
        words: parts of a day and their clock times; a word that ends in till or mot, such as
            "natten till", names the day on which the span ends.
        infers_year: a date without a year takes it from when the row was reported.
    """

    def __init__(
        self,
        *,
        is_month_first: bool = False,
        words: Mapping[str, ClockSpan] | None = None,
        infers_year: bool = False,
    ) -> None:
        self._is_month_first = is_month_first
        self._infers_year = infers_year
        self._words = [
            (
                re.compile(rf"(?<!\w){re.escape(word)}(?:en|n|s)?(?!\w)"),
                span,
                _ends_on_the_day(word),
            )
            for word, span in sorted(
                ((fold(word), span) for word, span in (words or {}).items()),
                key=lambda entry: (-len(entry[0]), entry[0]),
            )
        ]
        self._said_at: datetime | None = None
        self._reference: datetime | None = None

    def read(
        self,
        cell: str,
        *,
        said_at: datetime | None = None,
        reference: datetime | None = None,
        is_final: bool = False,
    ) -> Reading | str:
        """Read one cell.

        Args:
            cell: as it stood.
            said_at: local moment near or before which the cell's day lies.
            reference: local moment from which a missing year is inferred.
            is_final: nothing more will be known; never answer `NEEDS_ANCHOR`.

        Returns:
            The reading, `NEEDS_ANCHOR`, or a reason code: `tid_saknas` where the cell says that
            the time is unknown, `tid_tvetydig` where two days are meant equally, else
            `tid_olaslig`.
        """
        if len(cell) > _LONGEST_CELL:
            return "tid_olaslig"
        self._said_at, self._reference = said_at, reference
        text = _plain(cell)
        if _UNKNOWN.fullmatch(text):
            return "tid_saknas"
        try:
            reading = _first_that_reads(
                partial(self._words_of_day, text), partial(self._as_written, text)
            )
        except _DOUBTS as doubt:
            waits = isinstance(doubt, _NeedsAnchorError) or (
                isinstance(doubt, _NeedsYearError) and self._infers_year
            )
            if waits and not is_final:
                return NEEDS_ANCHOR
            return "tid_tvetydig" if isinstance(doubt, _AmbiguousError) else "tid_olaslig"
        return "tid_olaslig" if reading is None else reading

    def day(self, cell: str | None) -> datetime | None:
        """Read a cell that is a day with its year and nothing else; else give nothing."""
        if cell is None or len(cell) > _LONGEST_CELL:
            return None
        self._said_at = self._reference = None
        try:
            day = self._date(_without_weekday(_plain(cell)))
        except _DOUBTS:
            return None
        return None if day is None else datetime.combine(day, time())

    def clock(self, cell: str | None, *, is_alone: bool = False) -> int | None:
        """Read a cell that is a clock time only: seconds after midnight, else nothing.

        Args:
            cell: as it stood.
            is_alone: the cell is nothing but a clock time, so 2130 and 21 are such too.
        """
        if cell is None or len(cell) > _LONGEST_CELL:
            return None
        seconds = _clock(_plain(cell), takes_bare=is_alone)
        return seconds if isinstance(seconds, int) else None

    def _as_written(self, text: str) -> Reading | None:
        text = _without_weekday(text)
        return _first_that_reads(partial(self._as_point, text), partial(self._as_interval, text))

    def _as_point(self, text: str) -> Reading | None:
        point = self._point(text)
        if point is None:
            return None
        return Reading(point.moment, point.seconds is not None, None, point.zone_minutes)

    def _as_interval(self, text: str) -> Reading | None:
        """Read `A - B`: the first place to part the text at which both sides make sense."""
        sides = ((text[: match.start()], text[match.end() :]) for match in _BETWEEN.finditer(text))
        return _first_that_reads(
            *(partial(self._interval, left, right) for left, right in sides if left and right)
        )

    def _interval(self, left: str, right: str) -> Reading | None:
        clock_first = re.fullmatch(r"(\d{1,2}(?:[.:]\d{2})?)\s+(.+)", right)
        begins = _clock(left, takes_bare=False)
        if clock_first and isinstance(begins, int):  # kl 21-23 den 16 november 2026
            day = self._date(clock_first[2])
            stops = _clock(clock_first[1], takes_bare=True)
            if day is not None and isinstance(stops, int):
                stop = _at(day + timedelta(days=stops < begins), stops)
                return Reading(_at(day, begins), True, stop, None, "intervall")
        end = self._point(right)
        if end is not None:
            begin = self._beginning(left, end)
            if begin is None:
                return None
            return Reading(
                begin.moment,
                begin.seconds is not None,
                end.last_moment,
                begin.zone_minutes if begin.seconds is not None else None,
                "intervall",
            )
        start = self._point(left)
        seconds = _clock(right, takes_bare=start is not None and start.seconds is not None)
        if start is None or not isinstance(seconds, int):
            return None
        if start.seconds is None:  # a day, a dash, a clock time
            return Reading(_at(start.day, seconds), True)
        stop = _at(start.day, seconds)
        if stop < start.moment:
            stop += timedelta(days=1)
        return Reading(start.moment, True, stop, start.zone_minutes, "intervall")

    def _beginning(self, left: str, end: _Point) -> _Point | None:
        """Read the first half of an interval, which may lack what the second half has."""
        if re.fullmatch(r"\d{1,2}", left):
            is_day = end.seconds is None and 1 <= int(left) <= end.day.day
            return _Point(end.day.replace(day=int(left)), None) if is_day else None
        try:
            return self._point(left)
        except _NeedsYearError:
            for year in (end.day.year, end.day.year - 1):
                begin = self._point(left, year=year)
                if begin is not None and begin.day <= end.day:
                    return begin
        return None

    def _point(self, text: str, *, year: int | None = None) -> _Point | None:
        """Read a day, alone or with a clock time before or after it."""
        doubt: Exception | None = None
        for left, right in _partings(text):
            for day_text, clock_text, is_first in ((left, right, True), (right, left, False)):
                if clock_text and not is_first and not re.match(r"kl|\d{1,2}[:.]\d{2}", clock_text):
                    continue
                clock_only, zone_minutes = _without_zone(clock_text)
                seconds = _clock(clock_only, takes_bare=is_first) if clock_text else None
                if clock_text and seconds is None:
                    continue
                try:
                    day = self._date(re.sub(rf"^{_ABOUT}\s*", "", day_text), year=year)
                except _DOUBTS as error:
                    doubt = doubt or error
                    continue
                if day is not None:
                    known = seconds if isinstance(seconds, int) else None
                    return _Point(day, known, None if known is None else zone_minutes)
                if not clock_text:
                    break
        if doubt is not None:
            raise doubt
        return None

    def _date(self, text: str, *, year: int | None = None) -> date | None:
        text = text.strip(" ,.")
        if match := _YEAR_FIRST.fullmatch(text):
            return _day(int(match[1]), int(match[3]), int(match[4]))
        if match := _YEAR_LAST.fullmatch(text):
            first, second, stated = (part for part in match.groups() if part is not None)
            return self._ordered(int(first), int(second), _full_year(stated))
        if match := _NO_YEAR.fullmatch(text):
            day, month = int(match[1]), int(match[2])
            if self._is_month_first:
                day, month = month, day
            return self._without_year(month, day, year)
        if match := _SIX_DIGITS.fullmatch(text):
            return self._two_digit_year(match[1], match[3], match[4], has_dashes=bool(match[2]))
        if text.isdecimal() and len(text) == 5 and FIRST_SERIAL <= int(text) < LAST_SERIAL:
            return date(1899, 12, 30) + timedelta(days=int(text))
        return self._named_date(text, year)

    def _named_date(self, text: str, year: int | None) -> date | None:
        """Read a date with its month by name."""
        if match := _NAMED_YEAR_FIRST.fullmatch(text):
            return _day(int(match["year"]), _MONTH_NUMBERS[match["month"]], int(match["day"]))
        match = _NAMED.fullmatch(text)
        if match is None:
            return None
        month, day, stated = _MONTH_NUMBERS[match["month"]], int(match["day"]), match["year"]
        if stated is None:
            return self._without_year(month, day, year)
        if len(stated) == 2 and match["between"].isspace() and int(stated) <= 24:
            raise _AmbiguousError  # 16 nov 21: the year, or nine in the evening
        return _day(_full_year(stated), month, day)

    def _ordered(self, first: int, second: int, year: int) -> date | None:
        if self._is_month_first:
            return _day(year, first, second)
        return _day(year, second, first)

    def _without_year(self, month: int, day: int, year: int | None) -> date | None:
        if year is not None:
            return _day(year, month, day)
        if self._reference is None:
            if _day(2024, month, day) is None:
                return None
            raise _NeedsYearError
        for candidate in (self._reference.year, self._reference.year - 1):
            found = _day(candidate, month, day)
            if found is not None and found <= self._reference.date() + timedelta(days=1):
                return found
        return None

    def _two_digit_year(
        self, first: str, second: str, third: str, *, has_dashes: bool
    ) -> date | None:
        """Read 261116 and 26-11-16, where only one reading makes sense.

        A reading, such as 26 November 2016, goes when it is no day, or when it lies far from
        when the row was reported while the other does not. Without dashes nobody writes the year
        last. A source whose dates remain in doubt states its format.
        """
        year_first = _day(_full_year(first), int(second), int(third))
        year_last = _day(_full_year(third), int(second), int(first))
        if year_first is None and year_last is None:
            return None
        if year_first == year_last:
            return year_first
        if self._said_at is None:
            raise _NeedsAnchorError
        said_on = self._said_at.date()
        near = [
            found
            for found in (year_first, year_last)
            if found is not None and abs(found - said_on) <= _YEAR_SPAN
        ]
        if len(near) == 1 and (has_dashes or near[0] == year_first):
            return near[0]
        raise _AmbiguousError

    def _words_of_day(self, text: str) -> Reading | None:
        """Read a part of a day in the source's own words: `natten till söndag`, `kväll`."""
        for pattern, (begin, stop), is_end_day in self._words:
            match = pattern.search(text)
            if match is None:
                continue
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            rest = " ".join(_NOISE.sub(" ", rest).replace(",", " ").split())
            rest = re.sub(r"^pa\b\s*|\s*\bpa$", "", rest)
            days_long = int(stop <= begin)
            days_before = days_long if is_end_day else 0
            day = self._named_day(rest, begin, days_before)
            if day is None:
                continue
            start = _at(day - timedelta(days=days_before), begin * 60)
            end = _at(start.date() + timedelta(days=days_long), stop * 60)
            return Reading(start, True, end, None, "tidsord")
        return None

    def _named_day(self, rest: str, begin: int, days_before: int) -> date | None:
        """Give the day that stands beside a part of a day: a date, a weekday, i går, nothing."""
        if (back := _DAYS_BACK.get(rest)) is not None:
            return self._said_on() - timedelta(days=back)
        weekday = _WEEKDAYS.fullmatch(rest)
        if rest and weekday is None:
            return self._date(_without_weekday(rest))
        if not rest and days_before:
            return None
        said_at = self._said_at
        newest = self._said_on() + timedelta(days=days_before)
        for back in range(9):
            day = newest - timedelta(days=back)
            fits = weekday is None or day.weekday() == _WEEKDAY_NUMBERS[weekday["weekday"]]
            start = _at(day - timedelta(days=days_before), begin * 60)
            if fits and said_at is not None and start <= said_at:
                return day
        return None

    def _said_on(self) -> date:
        if self._said_at is None:
            raise _NeedsAnchorError
        return self._said_at.date()


def _plain(cell: str) -> str:
    """Fold a cell, with one kind of dash, no brackets and no full stop at its end."""
    text = re.sub("[\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}]", "-", fold(cell))
    return " ".join(re.sub(r"[()\[\]]", " ", text).split()).rstrip(".,;")


def _without_weekday(text: str) -> str:
    """Leave out weekdays and other words that add nothing to a date."""
    if not any(sign.isdigit() for sign in text):
        return text
    text = re.sub(rf"\b{_WEEKDAY}\b\.?,?", " ", text)
    text = " ".join(_NOISE.sub(" ", text).split())
    return re.sub(r"^-\s*|\s*-$", "", text)


def _partings(text: str) -> Iterator[tuple[str, str]]:
    """Give the whole, then each way to part it at a space, the rightmost first."""
    yield text, ""
    for match in reversed(list(_SEPARATORS.finditer(text))):
        left, right = text[: match.start()], text[match.end() :]
        if left and right:
            yield left, right


def _without_zone(clock: str) -> tuple[str, int | None]:
    """Take the zone off a clock time: the clock time, and the zone's minutes off UTC."""
    match = re.search(_ZONE.pattern + "$", clock)
    if match is None:
        return clock, None
    rest = clock[: match.start()].rstrip()
    has_seconds = re.search(r"\d{2}[:.]\d{2}[:.]\d{2}(?:[.,]\d+)?$", rest) is not None
    has_minutes = has_seconds or re.search(r"\d[:.]\d{2}$", rest) is not None
    # 09:30-12:00 is an interval; only a clock time with its seconds has a zone west of Greenwich
    if not has_minutes or (match["sign"] == "-" and not has_seconds):
        return clock, None
    minutes = 60 * int(match["hours"] or 0) + int(match["minutes"] or 0)
    return (
        (rest, -minutes if match["sign"] == "-" else minutes) if minutes <= 840 else (clock, None)
    )


def _clock(text: str, *, takes_bare: bool) -> int | str | None:
    """Read a clock time: seconds after midnight, `unknown`, or nothing where it is none.

    Args:
        text: folded.
        takes_bare: 21 and 2130 are clock times; else only 21:30 and kl 21 are.
    """
    if _UNKNOWN_CLOCK.fullmatch(text):
        return "unknown"
    prefix = _CLOCK_PREFIX.match(text)
    bare = text[prefix.end() :] if prefix else text
    match = _CLOCK.fullmatch(bare)
    if match is None and (prefix or takes_bare):
        match = _BARE_CLOCK.fullmatch(bare)
    if match is None:
        return None
    if match["minute"] is None and not (prefix or takes_bare):
        return None
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    half = match.groupdict().get("half")
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in {"pm", "em"} else 0)
    seconds = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or seconds > 24 * 3600:
        return None
    return seconds


def _ends_on_the_day(word: str) -> bool:
    return re.search(r"\b(?:till|mot)$", word) is not None


def _full_year(digits: str) -> int:
    year = int(digits.strip("'"))
    if len(digits.strip("'")) > 2:
        return year
    return year + (2000 if year < 80 else 1900)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1000 <= year < MAXYEAR else None
    except ValueError:
        return None


def _at(day: date, seconds: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(seconds=seconds)

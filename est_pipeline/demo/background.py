"""What usually happens: counts by week, then single reports in time and place."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np

from est_pipeline.demo.authors import Author
from est_pipeline.demo.rows import Keeper
from est_pipeline.demo.scenario import Peak, Rhythm, Stream
from est_pipeline.domain.weeks import IsoWeek, week_range


def draw_background(author: Author, keeper: Keeper) -> None:
    """Draw every stream's reports and offer them to the keeper."""
    calendar, rng = author.calendar, author.rng
    weeks = week_range(calendar.first, calendar.last)
    rise = author.scenario.planted["okning"]
    newcomer = str(author.scenario.planted["ny_rapportor"]["kalla"])
    for stream in author.scenario.streams:
        for district_id, mean in stream.weekly_mean.items():
            means = weekly_means(stream, district_id, mean, weeks, author.scenario.peaks)
            counts = draw_counts(means, stream.dispersion, rng)
            is_risen = (stream.category_code, district_id) == (rise["kategori"], rise["stadsdel"])
            if is_risen and stream.kind.value == "incident":
                counts[-1] = 0  # the planted rise is written by hand
            extra = rng.poisson(means * stream.newcomer_share)
            usual = _sources(author, stream, district_id, newcomer)
            joining = {newcomer: 1.0} if author.knows(newcomer, stream.category_code) else {}
            for sources, drawn in ((usual, counts), (joining, extra)):
                for week in np.repeat(np.arange(len(weeks)), drawn):
                    _offer(
                        author,
                        keeper,
                        stream,
                        district_id=district_id,
                        week=weeks[int(week)],
                        sources=sources,
                    )


def weekly_means(
    stream: Stream,
    district_id: str,
    mean: float,
    weeks: list[IsoWeek],
    peaks: tuple[Peak, ...],
) -> np.ndarray:
    """Give the expected count of each week: the usual mean, the rhythm of the year, peaks."""
    numbers = np.array([week.number for week in weeks], dtype=np.float64)
    wave = np.cos(2 * np.pi * (numbers - stream.peak_week) / 52.18)
    means = mean * (1 + stream.amplitude * wave)
    for peak in peaks:
        if stream.category_code in peak.category_codes and district_id in peak.district_ids:
            hit = np.array([_holds(week, peak.month_day) for week in weeks])
            means = np.where(hit, means * peak.factor, means)
    return np.asarray(means, dtype=np.float64)


def _holds(week: IsoWeek, month_day: str) -> bool:
    return any(
        week.monday <= date.fromisoformat(f"{year}-{month_day}") <= week.sunday
        for year in (week.year - 1, week.year, week.year + 1)
    )


def draw_counts(means: np.ndarray, dispersion: float, rng: np.random.Generator) -> np.ndarray:
    """Draw negative-binomial counts whose variance is `dispersion` times the mean.

    The last week is drawn close to its mean, so that nothing sticks out there by chance.
    """
    size = np.maximum(means, 1e-9) / (dispersion - 1)
    counts = np.asarray(rng.negative_binomial(size, 1 / dispersion), dtype=np.int64)
    counts[-1] = int(np.floor(means[-1] + rng.random()))
    return counts


def _sources(author: Author, stream: Stream, district_id: str, newcomer: str) -> dict[str, float]:
    weights = {
        source_id: weight * author.scenario.senders[source_id].coverage[district_id]
        for source_id, weight in stream.source_weights.items()
        if source_id != newcomer and author.knows(source_id, stream.category_code)
    }
    return {source_id: weight for source_id, weight in weights.items() if weight > 0}


def _offer(
    author: Author,
    keeper: Keeper,
    stream: Stream,
    *,
    district_id: str,
    week: IsoWeek,
    sources: dict[str, float],
) -> None:
    """Write one report and offer it; nothing where its source does not report that week."""
    rng = author.rng
    weights = np.array(list(sources.values()))
    if not len(weights):
        return
    source_id = list(sources)[int(rng.choice(len(weights), p=weights / weights.sum()))]
    if not author.calendar.is_reporting(source_id, week):
        return
    rhythm = author.scenario.senders[source_id].rhythm or stream.rhythm
    start = draw_moment(week, rhythm, rng)
    keeper.offer(author.write(stream, source_id=source_id, district_id=district_id, start=start))


def draw_moment(week: IsoWeek, rhythm: Rhythm, rng: np.random.Generator) -> datetime:
    """Draw a minute of a week; the night to Monday belongs to the week's own Monday."""
    days, hours = np.array(rhythm.day_weights), np.array(rhythm.hour_weights)
    day = int(rng.choice(7, p=days / days.sum()))
    hour = int(rng.choice(24, p=hours / hours.sum()))
    minutes = day * 24 * 60 + 6 * 60 + hour * 60 + int(rng.integers(60))
    monday = datetime.combine(week.monday, time())
    return monday + timedelta(minutes=minutes % (7 * 24 * 60))

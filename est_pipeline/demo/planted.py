"""What is planted on purpose, so that tests can hold the program against known truths."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np

from est_pipeline.demo.authors import Author, pick
from est_pipeline.demo.background import draw_moment, weekly_means
from est_pipeline.demo.rows import Keeper, Row
from est_pipeline.demo.scenario import Stream
from est_pipeline.demo.terrain import Spot
from est_pipeline.domain.kinds import Kind, Placing
from est_pipeline.domain.weeks import IsoWeek, week_range


@dataclass(frozen=True)
class Pair:
    """Two actors' reports of one incident."""

    first: Row
    second: Row


def stream_of(author: Author, category_code: str, kind: Kind = Kind.INCIDENT) -> Stream:
    """Give the stream of a category and kind."""
    return next(
        stream
        for stream in author.scenario.streams
        if stream.category_code == category_code and stream.kind is kind
    )


def _day(week: IsoWeek, day: int, clock: str) -> datetime:
    return datetime.combine(week.monday + timedelta(days=day), time.fromisoformat(clock))


def plant_rise(author: Author, keeper: Keeper) -> list[Row]:
    """Plant several times the usual count in the last week, most of it at one place."""
    planted = author.scenario.planted["okning"]
    stream = stream_of(author, planted["kategori"])
    district_id = str(planted["stadsdel"])
    weeks = week_range(author.calendar.last.plus(-26), author.calendar.last)
    mean = stream.weekly_mean[district_id]
    usual = weekly_means(stream, district_id, mean, weeks, author.scenario.peaks).mean()
    usual *= 1 + stream.newcomer_share
    wanted = max(int(planted["minst"]), int(np.ceil(planted["ganger"] * usual)))
    spot = author.terrain.spot(planted["plats"], district_id=district_id)
    last, rows = author.calendar.last, []
    by_hand = author.scenario.planted["okning_rader"]
    more = [
        {
            "kalla": by_hand["fler_fran"],
            "dag": 4 + number % 2,
            "klockan": f"23:{5 + 4 * number:02d}",
            "vid": True,
        }
        for number in range(12)
    ]
    for number, line in enumerate([*by_hand["rader"], *more][:wanted], start=1):
        has_point = author.scenario.senders[line["kalla"]].way_weights.get("punkt", 0) > 0
        is_there = has_point and line["vid"]
        rows.append(
            author.write(
                stream,
                source_id=str(line["kalla"]),
                district_id=district_id,
                start=_day(last, line["dag"], line["klockan"]),
                way=Placing.COORDINATES if has_point else Placing.DISTRICT,
                spot=spot if is_there else None,
                point=_near(author, spot, 70) if is_there else None,
                plan=f"okning:{number}",
            )
        )
    return _keep_all(keeper, rows)


def _near(author: Author, spot: Spot, spread_m: float) -> tuple[float, float]:
    point = author.terrain.draw_near(spot, author.rng, spread_m=spread_m)
    return point if point is not None else (spot.easting_m, spot.northing_m)


def _keep_all(keeper: Keeper, rows: list[Row]) -> list[Row]:
    if not keeper.offer(*rows):
        raise ValueError(f"planted rows refused: {rows[0].plan}")
    return rows


def plant_recurring_place(author: Author, keeper: Keeper) -> list[Row]:
    """Plant one place with the same kind of incident in almost every week."""
    planted = author.scenario.planted["aterkommande_plats"]
    stream = stream_of(author, planted["kategori"])
    district_id = str(planted["stadsdel"])
    spot = author.terrain.spot(planted["plats"], district_id=district_id)
    by_point, by_name = author.scenario.planted["aterkommande_kallor"]
    kept = []
    weeks = week_range(author.calendar.first, author.calendar.last)
    counts = 1 + author.rng.binomial(2, (planted["medel"] - 1) / 2, len(weeks))
    counts[-1] = 2
    for week, count in zip(weeks, counts, strict=True):
        for number in range(int(count)):
            has_point = author.rng.random() < 0.6
            row = author.write(
                stream,
                source_id=by_point if has_point else by_name,
                district_id=district_id,
                start=draw_moment(week, stream.rhythm, author.rng),
                way=Placing.COORDINATES if has_point else Placing.PLACE,
                spot=spot,
                point=_near(author, spot, 20) if has_point else None,
                plan=f"plats:{week}:{number}",
            )
            if row.file_week <= author.calendar.last and keeper.offer(row):
                kept.append(row)
    return kept


def plant_near_repeats(author: Author, keeper: Keeper) -> list[list[Row]]:
    """Plant bursts of burglaries: one, then more close by within days."""
    planted = author.scenario.planted["nara_upprepning"]
    stream = stream_of(author, planted["kategori"])
    district_id, rng = str(planted["stadsdel"]), author.rng
    first = datetime.combine(author.calendar.first.plus(3).monday, time())
    last = datetime.combine(author.calendar.last.monday, time())
    starts = [last - timedelta(days=10)]
    while starts[-1] - timedelta(days=planted["var_dygn"]) > first:
        starts.append(starts[-1] - timedelta(days=planted["var_dygn"] + int(rng.integers(-6, 7))))
    bursts = []
    for burst, begin in enumerate(reversed(starts), start=1):
        is_last = burst == len(starts)
        days = [0, 4, 11] if is_last else _burst_days(planted["dygn"], rng)
        origin = _origin(author, district_id, planted["radie_m"])
        rows = []
        for day in days:
            start = begin + timedelta(days=day, hours=20, minutes=int(rng.integers(0, 180)))
            angle, radius = rng.uniform(0, 2 * np.pi), planted["radie_m"] * np.sqrt(rng.random())
            row = author.write(
                stream,
                source_id=author.scenario.planted["serie_kalla"],
                district_id=district_id,
                start=start,
                end=start + timedelta(minutes=int(rng.integers(420, 640))),
                way=Placing.COORDINATES,
                point=(
                    origin[0] + float(radius * np.cos(angle)),
                    origin[1] + float(radius * np.sin(angle)),
                ),
                subcategory_code=planted["underkategori"],
                plan=f"upprepning:{burst}",
            )
            rows.append(row)
        bursts.append(_keep_all(keeper, rows))
    return bursts


def _burst_days(longest: int, rng: np.random.Generator) -> list[int]:
    count = int(rng.integers(2, 5))
    return [0, *sorted(int(day) for day in rng.choice(np.arange(1, longest), count, replace=False))]


def _origin(author: Author, district_id: str, radius_m: float) -> tuple[float, float]:
    """Draw a point around which a circle of the radius lies within the district."""
    terrain = author.terrain
    while True:
        easting, northing, _ = terrain.draw(district_id, author.rng)
        rim = np.arange(12) * np.pi / 6
        if all(
            terrain.is_inside(
                easting + radius_m * float(np.cos(a)),
                northing + radius_m * float(np.sin(a)),
                district_id,
            )
            for a in rim
        ):
            return easting, northing


def plant_duplicates(author: Author, keeper: Keeper) -> list[Pair]:
    """Plant pairs: the same incident by two actors, 20 to 95 m and at most 50 minutes apart."""
    planted, rng, calendar = author.scenario.planted["dubbletter"], author.rng, author.calendar
    weeks = week_range(calendar.first, calendar.last)
    counts = rng.poisson(planted["medel"], len(weeks))
    counts[-1] = len(author.scenario.planted["sista_par"])
    pairs: list[Pair] = []
    for week, count in zip(weeks, counts, strict=True):
        for number in range(int(count)):
            pair = _pair(author, week, number, len(pairs) + 1)
            if keeper.offer(pair.first, pair.second):
                pairs.append(pair)
    return pairs


def _pair(author: Author, week: IsoWeek, number: int, pair_number: int) -> Pair:
    rng, planted = author.rng, author.scenario.planted
    if week == author.calendar.last:  # by hand, so that the rise and the quiet districts stay so
        line = planted["sista_par"][number]
        category_code, district_id = str(line["kategori"]), str(line["stadsdel"])
        partners = [str(line["andra"])]
        start = _day(week, line["dag"], line["klockan"])
    else:
        category_code = str(rng.choice(planted["dubbletter"]["kategorier"]))
        rise, where = planted["okning"], dict(planted["par"])
        if category_code == rise["kategori"]:
            where.pop(rise["stadsdel"])
        district_id = pick(list(where), [entry["vikt"] for entry in where.values()], rng)
        newcomer = str(planted["ny_rapportor"]["kalla"])
        partners = [str(where[district_id]["andra"]), newcomer]
        partners = [one for one in partners if author.calendar.is_reporting(one, week)]
        start = _pair_start(week, stream_of(author, category_code), author)
    partner = str(rng.choice(partners))
    stream = stream_of(author, category_code)
    spots = author.terrain.named_spots(district_id, ("torg", "centrum", "park"), largest_m=160)
    spot = spots[int(rng.integers(len(spots)))]
    point = _at_distance(author, (spot.easting_m, spot.northing_m), district_id)
    plan = f"par:{pair_number}"
    first = author.write(
        stream,
        source_id=str(planted["dubbletter"]["kalla"]),
        district_id=district_id,
        start=start,
        way=Placing.COORDINATES,
        spot=spot,
        point=point,
        plan=plan,
    )
    gap = timedelta(minutes=int(rng.integers(3, 51)) * (1 if rng.random() < 0.5 else -1))
    by_phone = author.scenario.senders[partner].way_weights.get("punkt", 0) > 0
    second = author.write(
        stream,
        source_id=partner,
        district_id=district_id,
        start=start + gap,
        way=Placing.COORDINATES if by_phone else Placing.PLACE,
        spot=spot,
        point=_at_distance(author, point, district_id) if by_phone else None,
        plan=plan,
    )
    # both see the same thing; who has no word for it names the category alone
    words = author.subcategories(partner, category_code)
    for subcategory_code in (first.subcategory_code, None):
        if subcategory_code in words:
            second.subcategory_code = subcategory_code
            break
    return Pair(first, second)


def _pair_start(week: IsoWeek, stream: Stream, author: Author) -> datetime:
    """Draw when a pair's incident happened, never within an hour of the turn of the week."""
    monday = datetime.combine(week.monday, time())
    while True:
        start = draw_moment(week, stream.rhythm, author.rng)
        if timedelta(hours=4) < start - monday < timedelta(days=7, hours=-2):
            return start


def _at_distance(
    author: Author, point: tuple[float, float], district_id: str
) -> tuple[float, float]:
    """Draw a point 20 to 95 m from another, well inside the district."""
    for _ in range(200):
        angle, radius = author.rng.uniform(0, 2 * np.pi), author.rng.uniform(22, 93)
        easting = point[0] + float(radius * np.cos(angle))
        northing = point[1] + float(radius * np.sin(angle))
        if author.terrain.is_inside(easting, northing, district_id):
            return easting, northing
    raise ValueError("no room for a pair")


def plant_late_rows(author: Author, keeper: Keeper) -> list[Row]:
    """Plant a known number of rows of last week but one that come with the last file."""
    planted, last = author.scenario.planted["sena_rader"], author.calendar.last
    before, rows = last.plus(-1), []
    lines = author.scenario.planted["sena"]
    for number in range(int(planted["antal"])):
        line = lines[number % len(lines)]
        row = author.write(
            stream_of(author, line["kategori"]),
            source_id=str(planted["kalla"]),
            district_id=str(line["stadsdel"]),
            start=_day(before, number % 5, f"{9 + number:02d}:15"),
            way=Placing.DISTRICT,
            plan=f"sen:{number}",
        )
        author.put_off(row, last)
        rows.append(row)
    return _keep_all(keeper, rows)


def plant_long_intervals(author: Author, keeper: Keeper) -> list[Row]:
    """Plant reports that span more than a week and so count in the week of their middle."""
    planted, rows = author.scenario.planted["langa_intervall"], []
    for number in range(int(planted["antal"])):
        week = author.calendar.last.plus(-3 - 3 * number)
        start = _day(week, 0, "12:00")
        rows.append(
            author.write(
                stream_of(author, planted["kategori"]),
                source_id=str(planted["kalla"]),
                district_id=str(planted["stadsdel"]),
                start=start,
                end=start + timedelta(days=9 + number, hours=5),
                way=Placing.DISTRICT,
                subcategory_code=planted["kod"],
                plan=f"lang:{number}",
            )
        )
    return _keep_all(keeper, rows)


def plant_secrets(author: Author, keeper: Keeper) -> list[Row]:
    """Plant the rows that are to carry made-up personal data; none has a point that could clash."""
    rows = []
    for number, planned in enumerate(author.scenario.planted["personuppgifter"]):
        source_id, week = str(planned["kalla"]), bulk_or_weekly(author, planned["vecka"])
        has_place = planned["kolumn"] != "plats"
        kinds = {stream.category_code: stream.kind for stream in reversed(author.scenario.streams)}
        is_plane = "n" in author.configuration.sources[source_id].columns
        way = Placing.COORDINATES if is_plane else Placing.DISTRICT
        rows.append(
            author.write(
                stream_of(author, planned["kategori"], kinds[planned["kategori"]]),
                source_id=source_id,
                district_id=str(planned["stadsdel"]),
                start=_day(week, number % 5, f"{13 + number % 7}:20"),
                way=way if has_place else Placing.NONE,
                plan=f"hemlig:{number}",
            )
        )
    return _keep_all(keeper, rows)


def bulk_or_weekly(author: Author, week: int | str) -> IsoWeek:
    """Give the week so many weeks from the last, or one near the end of the bulk files."""
    if isinstance(week, str):
        return author.calendar.weekly_first.plus(-6)
    return author.calendar.last.plus(week)

"""The demo's files against its truths, counted again from the bytes with the csv module alone."""

import csv
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from est_pipeline.config import COLUMN_KEYS, FORM_COLUMNS, Configuration
from est_pipeline.demo import DemoDelivery, DemoPlan, plan_demo, truths_text, write_delivery
from est_pipeline.demo.scenario import read_scenario
from est_pipeline.domain.text import fold
from est_pipeline.domain.weeks import IsoWeek

ENCODINGS = {
    "polisen": ("utf-8-sig", ";"),
    "mos": ("utf-8", ","),
    "stangastaden": ("cp1252", ";"),
    "ordningsvakter": ("utf-8", "\t"),
    "faltgruppen": ("utf-8", ";"),
    "utb": ("utf-8-sig", ";"),
    "vaktare": ("utf-8", ";"),
    "kof": ("cp1252", ";"),
}
FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d.%m.%Y %H.%M",
    "%d.%m.%Y",
)
NOTHING = "inget att rapportera"
MEETING = "est-gruppen"
"""Drops the meeting's form, which holds no reports."""


@dataclass(frozen=True)
class Line:
    """One row of a file as text, by the keys of the form."""

    delivery: DemoDelivery
    number: int
    cells: dict[str, str]

    @property
    def key(self) -> tuple[str, str, int]:
        return self.delivery.source_id, self.delivery.file_name, self.number


def lines_of(delivery: DemoDelivery, configuration: Configuration) -> Iterator[Line]:
    encoding, delimiter = ENCODINGS[delivery.source_id]
    text = delivery.content.decode(encoding)
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    columns = configuration.sources[delivery.source_id].columns
    for number, record in enumerate(records[1:], start=2):
        by_header = dict(zip(records[0], record, strict=False))
        if columns:
            cells = {
                key: next((by_header[name] for name in names if by_header[name]), "")
                for key, names in columns.items()
            }
        else:
            cells = {fold(name): value for name, value in by_header.items()}
        yield Line(delivery, number, cells)


@pytest.fixture(scope="module")
def lines(plan: DemoPlan, configuration: Configuration) -> list[Line]:
    return [
        line
        for delivery in plan.deliveries
        if delivery.source_id != MEETING
        for line in lines_of(delivery, configuration)
    ]


def keys_of(entries: list[dict[str, object]]) -> set[tuple[object, object, object]]:
    return {(e["source_id"], e["file_name"], e["line_number"]) for e in entries}


def moment(text: str) -> datetime:
    for form in FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - local time is meant
        except ValueError:
            continue
    raise ValueError(text)


def iso_week(line: Line) -> str:
    start = moment(line.cells["start"])
    if line.cells.get("slut"):
        end = moment(line.cells["slut"])
        if end - start > timedelta(days=7):
            start += (end - start) / 2
    return str(IsoWeek.of(start.date()))


@pytest.fixture(scope="module")
def current(plan: DemoPlan, lines: list[Line]) -> list[Line]:
    """Every accepted report in its latest wording, what says nothing left out."""
    bad = keys_of(plan.truths["bad_rows"])
    latest: dict[object, Line] = {}
    for line in lines:
        if line.key not in bad and line.cells.get("rapporttyp") != NOTHING:
            row_id = line.cells.get("rapport_id")
            latest[(line.delivery.source_id, row_id) if row_id else line.key] = line
    return list(latest.values())


def test_same_seed_same_bytes(
    plan: DemoPlan,
    configuration: Configuration,
    districts: gpd.GeoDataFrame,
    places: pd.DataFrame,
) -> None:
    again = plan_demo(configuration=configuration, districts=districts, places=places)
    assert again.deliveries == plan.deliveries
    assert truths_text(again.truths) == truths_text(plan.truths)


@pytest.mark.parametrize("seed", [1, 8, 4711])
def test_another_seed_differs_and_holds_the_same_truths(
    plan: DemoPlan,
    configuration: Configuration,
    districts: gpd.GeoDataFrame,
    places: pd.DataFrame,
    seed: int,
) -> None:
    other = plan_demo(configuration=configuration, districts=districts, places=places, seed=seed)
    assert [d.file_name for d in other.deliveries] == [d.file_name for d in plan.deliveries]
    assert all(
        a.content != b.content
        for a, b in zip(other.deliveries, plan.deliveries, strict=True)
        if a.content.count(b"\n") > 2 and a.source_id != MEETING
    )
    rise = other.truths["rise"]
    assert rise["report_count"] >= 3 * rise["usual_mean"]
    assert other.truths["late_planted"]["row_count"] == 5
    assert len(other.truths["bad_rows"]) == len(plan.truths["bad_rows"])
    assert len(other.truths["personal_data"]) == len(plan.truths["personal_data"])


def test_another_last_week_moves_everything(
    configuration: Configuration, districts: gpd.GeoDataFrame, places: pd.DataFrame
) -> None:
    week = IsoWeek(2027, 1)  # after a week 53
    other = plan_demo(
        configuration=configuration, districts=districts, places=places, last_week=week
    )
    assert other.truths["period"]["last_week"] == "2027-W01"
    assert other.truths["rise"]["iso_week"] == "2027-W01"
    assert other.as_of.date() == date(2027, 1, 11)
    assert "2026-W53" in other.truths["weekly_counts"]


def test_volumes(plan: DemoPlan) -> None:
    totals = plan.truths["totals"]
    assert 8_000 <= totals["rows_read"] <= 12_000
    by_week = [
        sum(counts[0] for district in week.values() for counts in district.values())
        for week in plan.truths["weekly_counts"].values()
    ]
    assert len(by_week) >= 156
    assert np.quantile(by_week, 0.05) >= 25
    assert np.quantile(by_week, 0.95) <= 70
    assert len(truths_text(plan.truths).encode()) < 500_000


def test_deliveries_come_in_order_and_before_the_deadline(
    plan: DemoPlan, configuration: Configuration
) -> None:
    moments = [delivery.received_at for delivery in plan.deliveries]
    assert moments == sorted(moments)
    assert all(m.utcoffset() is not None for m in moments)
    local = [m.astimezone(configuration.zone) for m in moments]
    assert {m.weekday() for m in local} == {0}
    reports = [d.received_at for d in plan.deliveries if d.source_id != MEETING]
    assert max(m.astimezone(configuration.zone).time() for m in reports) < time(9)
    names = [(delivery.source_id, delivery.file_name) for delivery in plan.deliveries]
    assert len(set(names)) == len(names)
    assert next(len(batch) for _, batch in plan.batches) == 14  # the bulk
    assert plan.as_of == max(moments).replace(hour=9, minute=0)


@pytest.mark.parametrize("source_id", ENCODINGS)
def test_files_have_the_declared_shape(
    plan: DemoPlan, configuration: Configuration, source_id: str
) -> None:
    encoding, delimiter = ENCODINGS[source_id]
    own = [delivery for delivery in plan.deliveries if delivery.source_id == source_id]
    columns = configuration.sources[source_id].columns
    for delivery in own:
        assert delivery.content.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
        text = delivery.content.decode(encoding)
        header = next(csv.reader(io.StringIO(text), delimiter=delimiter))
        if columns:
            assert {name for names in columns.values() for name in names} <= set(header)
        else:
            assert header == list(FORM_COLUMNS)
    everything = b"".join(delivery.content for delivery in own)
    if encoding == "cp1252":
        with pytest.raises(UnicodeDecodeError):
            everything.decode("utf-8")


def test_rows_per_file_add_up(plan: DemoPlan, lines: list[Line]) -> None:
    read = Counter((line.delivery.source_id, line.delivery.file_name) for line in lines)
    bad = Counter(key[:2] for key in keys_of(plan.truths["bad_rows"]))
    repeated = Counter(key[:2] for key in keys_of(plan.truths["repeats"]))
    assert [(f["source_id"], f["file_name"]) for f in plan.truths["files"]] == [
        (d.source_id, d.file_name) for d in plan.deliveries
    ]
    for delivery in plan.deliveries:
        if delivery.source_id == MEETING:
            rows = csv.DictReader(io.StringIO(delivery.content.decode("utf-8-sig")), delimiter=";")
            read[delivery.source_id, delivery.file_name] = len(list(rows))
    for file in plan.truths["files"]:
        key = (file["source_id"], file["file_name"])
        assert file["rows_read"] == read[key]
        assert file["quarantined_count"] == bad[key]
        assert file["known_count"] == repeated[key]
        rest = file["accepted_count"] + file["quarantined_count"] + file["known_count"]
        assert file["rows_read"] == rest


def kind_of(line: Line, configuration: Configuration) -> str:
    """Tell a row's kind by the rules of the source file, written anew for this test."""
    source = configuration.sources[line.delivery.source_id]
    word = line.cells.get("rapporttyp", "")
    form_type = source.codes.report_type.get(word, word)
    by_type = {
        "otrygg plats": "environment_case",
        "insatsfynd": "found_by_effort",
        "kommande": "context",
    }
    if form_type in by_type:
        return by_type[form_type]
    code = category_of(line, configuration)
    if code in source.codes.kind:
        return str(source.codes.kind[code])
    category = next(c for c in configuration.categories if c.code == code)
    return str(category.kind) if category.kind.value != "incident" else str(source.kind)


def category_of(line: Line, configuration: Configuration) -> str:
    codes = configuration.sources[line.delivery.source_id].codes.category
    word = line.cells["kategori"]
    if codes:
        return codes[word].split("/")[0]
    return next(c.code for c in configuration.categories if c.name == word)


def district_of(
    line: Line, areas: dict[str, shapely.Geometry], spots: dict[str, str], names: dict[str, str]
) -> str:
    """Tell a row's district: point, place, address, district, text; written anew for this test."""
    cells = line.cells
    point = None
    if cells.get("lat"):
        point = shapely.Point(*(float(cells[name].replace(",", ".")) for name in ("lon", "lat")))
    elif cells.get("n"):
        lon, lat = TO_GLOBE.transform(float(cells["e"]), float(cells["n"]))
        point = shapely.Point(lon, lat)
    if point is not None:
        return next((i for i, area in areas.items() if area.contains(point)), "ovriga")
    place, address = cells.get("plats", ""), cells.get("adress", "")
    if place in spots:
        return spots[place]
    street = re.sub(r" \d+$", "", address)
    if street in spots:
        return spots[street]
    if place in names:
        return names[place]
    said = re.search(r"Uppgiften gäller (.+)\.$", cells.get("fritext", ""))
    return spots[said[1]] if said else "oplacerad"


TO_GLOBE = Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True)


def test_weekly_counts_are_what_the_files_hold(
    plan: DemoPlan,
    current: list[Line],
    configuration: Configuration,
    districts: gpd.GeoDataFrame,
    places: pd.DataFrame,
) -> None:
    areas = dict(zip(districts["district_id"], districts.geometry, strict=True))
    names = dict(zip(districts["name"], districts["district_id"], strict=True))
    spots = {}
    for place in places.itertuples():
        point = shapely.Point(place.lon, place.lat)
        spots[place.name] = next((i for i, a in areas.items() if a.contains(point)), "ovriga")
    position = {"incident": 0, "environment_case": 2, "found_by_effort": 3}
    counted: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    unplaced: Counter[str] = Counter()
    for line in current:
        kind = kind_of(line, configuration)
        if kind == "context":
            continue
        week, district_id = iso_week(line), district_of(line, areas, spots, names)
        counted[week, district_id, category_of(line, configuration)][position[kind]] += 1
        unplaced[week] += district_id == "oplacerad"
    stated = {
        (week, district_id, code): [reports, 0, environment, effort]
        for week, by_district in plan.truths["weekly_counts"].items()
        for district_id, by_code in by_district.items()
        for code, (reports, _, environment, effort) in by_code.items()
    }
    assert stated == dict(counted)
    assert plan.truths["unplaced"] == {week: n for week, n in sorted(unplaced.items()) if n}


def test_joined_incidents_are_reports_less_the_planted_pairs(plan: DemoPlan) -> None:
    pairs = Counter(
        (p["iso_week"], p["district_id"], p["category_code"]) for p in plan.truths["duplicates"]
    )
    less = Counter()
    for week, by_district in plan.truths["weekly_counts"].items():
        for district_id, by_code in by_district.items():
            for code, (reports, joined, _, _) in by_code.items():
                less[week, district_id, code] = reports - joined
    assert +less == pairs
    totals = plan.truths["totals"]
    assert totals["incident_joined"] == totals["report_count"] - len(plan.truths["duplicates"])


def test_pairs_are_close_and_told_by_two_actors(plan: DemoPlan, lines: list[Line]) -> None:
    by_key = {line.key: line for line in lines}
    assert len(plan.truths["duplicates"]) > 80
    for pair in plan.truths["duplicates"]:
        first, second = (by_key[key] for key in (sorted(keys_of(pair["rows"]))))
        assert first.delivery.source_id != second.delivery.source_id
        gap = moment(first.cells["start"]) - moment(second.cells["start"])
        assert abs(gap) <= timedelta(hours=1)
        assert abs(gap) == timedelta(minutes=pair["minutes"])
        assert 20 <= pair["distance_m"] <= 100


def test_no_other_two_actors_could_mean_the_same_incident(
    plan: DemoPlan, current: list[Line], configuration: Configuration, places: pd.DataFrame
) -> None:
    spots = {place.name: (place.lon, place.lat) for place in places.itertuples()}
    to_plane = Transformer.from_crs("EPSG:4326", "EPSG:3006", always_xy=True)
    points = []
    for line in current:
        if kind_of(line, configuration) != "incident" or not re.search(
            r"\d[:.]\d\d", line.cells["start"]
        ):
            continue
        if line.cells.get("lat"):
            lon, lat = (float(line.cells[n].replace(",", ".")) for n in ("lon", "lat"))
        elif line.cells.get("plats") in spots:
            lon, lat = spots[line.cells["plats"]]
        else:
            continue
        points.append((moment(line.cells["start"]), *to_plane.transform(lon, lat), line))
    points.sort(key=lambda point: point[0])
    close = set()
    for i, (start, easting, northing, line) in enumerate(points):
        for other_start, other_easting, other_northing, other in points[i + 1 :]:
            if other_start - start > timedelta(minutes=60):
                break
            is_near = np.hypot(easting - other_easting, northing - other_northing) < 300
            if is_near and line.delivery.source_id != other.delivery.source_id:
                close.add(frozenset({line.key, other.key}))
    assert close == {frozenset(keys_of(pair["rows"])) for pair in plan.truths["duplicates"]}


def test_the_rise_stands_in_the_last_week_and_mostly_at_one_place(plan: DemoPlan) -> None:
    rise = plan.truths["rise"]
    cell = plan.truths["weekly_counts"]["2026-W47"]["skaggetorp"]["skadegorelse"]
    assert cell[0] == rise["report_count"] == len(rise["rows"])
    assert rise["report_count"] >= 3 * rise["usual_mean"]
    assert rise["at_place"] > rise["report_count"] / 2


def test_the_recurring_place_is_steady(plan: DemoPlan) -> None:
    weekly = plan.truths["recurring_place"]["weekly"]
    assert len(weekly) == 26
    assert sum(count > 0 for count in weekly) >= 22


def test_near_repeats_are_near(plan: DemoPlan) -> None:
    bursts = plan.truths["near_repeats"]
    assert len(bursts) >= 25
    assert all(burst["within_m"] <= 200 and burst["within_days"] <= 14 for burst in bursts)
    assert all(len(burst["row_ids"]) >= 3 for burst in bursts)


def test_silence_and_joining_are_in_the_deliveries(plan: DemoPlan) -> None:
    def weeks_of(source_id: str) -> list[str]:
        monday = [d.received_at.date() for d in plan.deliveries if d.source_id == source_id]
        return [str(IsoWeek.of(day).plus(-1)) for day in monday]

    assert max(weeks_of("kof")) == plan.truths["silent_source"]["last_week"] == "2026-W44"
    assert plan.truths["new_source"] == {
        "source_id": "vaktare",
        "first_week": "2026-W18",
        "first_on": "2026-04-27",
    }
    assert max(weeks_of("vaktare")) == "2026-W47"


def test_the_new_source_has_nothing_from_before_it_joined(current: list[Line]) -> None:
    starts = [line.cells["start"] for line in current if line.delivery.source_id == "vaktare"]
    assert min(starts) >= "2026-04-27"


def test_nothing_to_report_is_said_alone(plan: DemoPlan, lines: list[Line]) -> None:
    said = {line.key for line in lines if line.cells.get("rapporttyp") == NOTHING}
    assert said == keys_of(plan.truths["nothing_to_report"])
    per_file = Counter(line.key[:2] for line in lines)
    assert {per_file[key[:2]] for key in said} == {1}
    assert any(e["iso_week"] == "2026-W47" for e in plan.truths["nothing_to_report"])


def test_late_rows_are_those_that_began_before_the_week_of_their_file(
    plan: DemoPlan, lines: list[Line]
) -> None:
    weekly_from = IsoWeek.parse(plan.truths["period"]["first_weekly_file"])
    others = keys_of(plan.truths["bad_rows"] + plan.truths["repeats"] + plan.truths["corrections"])
    late = set()
    for line in lines:
        file_week = IsoWeek.of(line.delivery.received_at.date()).plus(-1)
        if file_week < weekly_from or line.key in others or not line.cells["start"]:
            continue
        if moment(line.cells["start"]).date() < file_week.monday:
            late.add(line.key)
    assert late == keys_of(plan.truths["late"]["rows"])
    assert plan.truths["late"]["by_week_of_file"]["2026-W47"]["utb"] == {"2026-W46": 5}
    assert keys_of(plan.truths["late_planted"]["rows"]) <= late


def test_corrections_come_later_with_the_same_id_and_other_content(
    plan: DemoPlan, lines: list[Line]
) -> None:
    by_key = {line.key: line for line in lines}
    order = {line.key: n for n, line in enumerate(lines)}
    assert {c["changed"] for c in plan.truths["corrections"]} == {"kategori", "stadsdel", "tid"}
    for correction in plan.truths["corrections"]:
        (after,), (before,) = keys_of([correction]), keys_of([correction["before"]])
        assert order[before] < order[after]
        old, new = by_key[before].cells, by_key[after].cells
        assert old["rapport_id"] == new["rapport_id"]
        assert old != new


def test_repeats_are_word_for_word_what_came_before(plan: DemoPlan, lines: list[Line]) -> None:
    by_key = {line.key: line for line in lines}
    seen: dict[tuple[str, str], dict[str, str]] = {}
    repeats = keys_of(plan.truths["repeats"])
    for line in lines:
        key = (line.delivery.source_id, line.cells.get("rapport_id", ""))
        if line.key in repeats:
            assert seen[key] == by_key[line.key].cells
        seen[key] = line.cells


def test_rows_without_an_id_of_their_own_are_all_different(lines: list[Line]) -> None:
    said = [tuple(line.cells.items()) for line in lines if line.delivery.source_id == "utb"]
    assert len(set(said)) == len(said)


def test_ids_are_unique_but_for_corrections_and_repeats(plan: DemoPlan, lines: list[Line]) -> None:
    again = keys_of(plan.truths["corrections"] + plan.truths["repeats"])
    ids = [
        (line.delivery.source_id, line.cells["rapport_id"])
        for line in lines
        if line.cells.get("rapport_id") and line.key not in again
    ]
    assert len(set(ids)) == len(ids)


def test_personal_data_stand_where_the_truths_say_and_nowhere_else(
    plan: DemoPlan, lines: list[Line]
) -> None:
    for secret in plan.truths["personal_data"]:
        (key,) = keys_of([secret])
        holding = {line.key for line in lines if secret["text"] in "\n".join(line.cells.values())}
        # a column that the source's file does not take over is in the file all the same
        assert holding == {key}, secret


def test_identity_numbers_have_a_valid_check_digit_and_are_not_given_out(plan: DemoPlan) -> None:
    numbers = [
        re.sub(r"\D", "", secret["text"])[-10:]
        for secret in plan.truths["personal_data"]
        if secret["sort"] in {"personnummer", "samordningsnummer"}
    ]
    assert len(numbers) >= 5
    for number in numbers:
        doubled = [int(d) * (2 - n % 2) for n, d in enumerate(number)]
        assert sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        assert number[6:8] == "98"


def test_phone_numbers_are_those_reserved_for_fiction(plan: DemoPlan) -> None:
    for secret in plan.truths["personal_data"]:
        if secret["sort"] == "telefon":
            digits = re.sub(r"\D", "", secret["text"].replace("+46", "0"))
            assert re.fullmatch(r"0701740(6[0-8]\d|69\d)|0313900[67]\d\d", digits[:10]), digits
        if secret["sort"] == "epost":
            assert secret["text"].endswith(("@example.se", "@example.com"))


def test_bad_rows_have_every_kind_of_fault(plan: DemoPlan, configuration: Configuration) -> None:
    assert {fault["reason_code"] for fault in plan.truths["bad_rows"]} == {
        "kategori_saknas",
        "okand_kategori",
        "tid_saknas",
        "tid_olaslig",
        "slut_fore_start",
        "tid_i_framtiden",
        "koordinat_ej_tal",
        "koordinat_utanfor",
        "okand_rapporttyp",
        "ogiltig_allvarlighetsgrad",
        "fel_antal_falt",
    }
    for fault in plan.truths["bad_rows"]:
        delivery = next(d for d in plan.deliveries if d.file_name == fault["file_name"])
        encoding, delimiter = ENCODINGS[fault["source_id"]]
        header = delivery.content.decode(encoding).splitlines()[0].split(delimiter)
        assert fault["column"] in {*header, ""}
        assert (fault["column"] == "") == (fault["reason_code"] == "fel_antal_falt")


def test_texts_name_no_place_unless_they_mean_it(
    current: list[Line], districts: gpd.GeoDataFrame, places: pd.DataFrame
) -> None:
    words = [*places["name"], *(a for aliases in places["aliases"] for a in aliases)]
    words += [*districts["name"], *(a for aliases in districts["aliases"] for a in aliases)]
    names = re.compile(r"\b(" + "|".join(sorted(map(re.escape, map(fold, words)))) + r")s?\b")
    texts = {line.cells.get("fritext", "") for line in current}
    found = {t for t in texts if "Uppgiften gäller" not in t and names.search(fold(t))}
    assert found == set()


def test_addresses_of_homes_are_on_streets_that_do_not_exist(places: pd.DataFrame) -> None:
    streets = [street for names in read_scenario().streets.values() for street in names]
    known = {fold(name) for name in places["name"]}
    assert known.isdisjoint(map(fold, streets))
    assert len(set(streets)) == len(streets)


def test_points_lie_well_inside_their_district(
    current: list[Line], districts: gpd.GeoDataFrame
) -> None:
    borders = shapely.union_all(districts.to_crs("EPSG:3006").geometry.boundary.to_numpy())
    to_plane = Transformer.from_crs("EPSG:4326", "EPSG:3006", always_xy=True)
    pointed = [line for line in current if line.cells.get("lat")]
    lon = [float(line.cells["lon"].replace(",", ".")) for line in pointed]
    lat = [float(line.cells["lat"].replace(",", ".")) for line in pointed]
    points = shapely.points(np.column_stack(to_plane.transform(lon, lat)))
    # what is planted beside a place may lie closer to the border than what is drawn
    assert shapely.distance(points, borders).min() > 30


def test_every_key_of_the_truths_is_explained_and_plain_json(plan: DemoPlan) -> None:
    assert set(plan.truths["om"]) == set(plan.truths)
    assert json.loads(truths_text(plan.truths)) == plan.truths


def test_rows_use_columns_of_the_form_only(configuration: Configuration) -> None:
    for source_id in ENCODINGS:
        assert set(configuration.sources[source_id].columns) <= set(COLUMN_KEYS)


def test_a_delivery_is_dropped_into_its_source_s_inbox(
    plan: DemoPlan, configuration: Configuration
) -> None:
    delivery = plan.deliveries[0]
    file = write_delivery(configuration.paths, delivery)
    assert file.read_bytes() == delivery.content
    assert file.parent == configuration.paths.inbox / delivery.source_id
    file.unlink()


def test_bursts_do_not_overlap(plan: DemoPlan) -> None:
    ids = [set(burst["row_ids"]) for burst in plan.truths["near_repeats"]]
    assert all(a.isdisjoint(b) for a, b in combinations(ids, 2))

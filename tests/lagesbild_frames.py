"""Frames made by hand for the tests of the page: a made-up week in Linköping, and its extremes."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import est_pipeline
from est_pipeline.analysis.near_repeat import find_near_repeats
from est_pipeline.analysis.rhythm import find_rhythm
from est_pipeline.config import Configuration, read_configuration
from est_pipeline.domain.geography import read_basemap, read_districts
from est_pipeline.domain.schemas import REPORT_COLUMNS, UNNAMED_POINTS
from est_pipeline.domain.special_days import read_calendar
from est_pipeline.domain.weeks import IsoWeek, week_range
from est_pipeline.lagesbild.assembly import Analyses, build_content
from est_pipeline.lagesbild.content import Lagesbild
from est_pipeline.lagesbild.meeting import LastWeek
from est_pipeline.lagesbild.recurring_places import build_recurring_places
from tests.occurrence_rows import occurrences

DEFAULTS = Path(est_pipeline.__path__[0]) / "defaults"
WEEK = IsoWeek(2026, 47)
CATEGORIES = {
    "ordningsstorning": ("samling", "berusning", "boendestorning", "oljud"),
    "skadegorelse": ("klotter", "krossglas"),
    "fordon": ("buskorning", "moped_a_traktor", "elsparkcykel"),
    "stold_och_inbrott": ("inbrott_bostad", "stold_butik"),
    "vald_och_hot": ("misshandel", "hot"),
    "incident_mot_anstalld": ("",),
    "brand": ("brand_container",),
    "nedskrapning": ("",),
}
PLACES = {
    "skaggetorp": [("Skäggetorp centrum", 15.5787, 58.4283), ("Nygårdsskolan", 15.5840, 58.4251)],
    "ryd": [("Ryds centrum", 15.5668, 58.4105), ("Ryds skola", 15.5735, 58.4121)],
    "berga": [("Berga centrum", 15.6440, 58.3930), ("Bergaskolan", 15.6500, 58.3900)],
    "city": [("Stora torget", 15.6216, 58.4106), ("Trädgårdstorget", 15.6249, 58.4097)],
    "ovriga": [("Lambohovs centrum", 15.5640, 58.3840), ("", 15.6700, 58.4300)],
}
INCIDENTS = {"skaggetorp": 22, "ryd": 16, "berga": 9, "city": 36, "ovriga": 14, "oplacerad": 3}
SOURCES = {
    "polisen": ("i tid", 0),
    "mos": ("i tid", 1),
    "stangastaden": ("i tid", 1),
    "ordningsvakter": ("i tid", 0),
    "faltgruppen": ("i tid", 2),
    "utb": ("sen", 9),
    "kof": ("inget att rapportera", 1),
    "sf": ("tyst", 22),
    "vof": ("ej ansluten", None),
    "polisen-api": ("i tid", 0),
}


def make_configuration(root: Path, *, is_demo: bool = False, **municipality: Any) -> Configuration:
    """The default configuration of a new workspace in `root`."""
    shutil.copytree(DEFAULTS, root / "data", dirs_exist_ok=True)
    configuration = read_configuration(root)
    settings = configuration.settings
    changed = settings.municipality.model_copy(update={"is_demo": is_demo, **municipality})
    return replace(configuration, settings=settings.model_copy(update={"municipality": changed}))


def make_districts(configuration: Configuration) -> gpd.GeoDataFrame:
    """The default districts."""
    area = configuration.settings.area
    return read_districts(
        configuration.paths.data / area.districts_file,
        id_key=area.district_id_key,
        name_key=area.district_name_key,
    )


def make_grid(columns: int, rows: int) -> gpd.GeoDataFrame:
    """Districts as a chequerboard, for a city with many of them."""
    boxes = [
        shapely.box(-90.3 + 0.02 * x, 38.5 + 0.02 * y, -90.28 + 0.02 * x, 38.52 + 0.02 * y)
        for y in range(rows)
        for x in range(columns)
    ]
    numbers = range(1, len(boxes) + 1)
    return gpd.GeoDataFrame(
        {
            "district_id": [f"d{number}" for number in numbers],
            "name": [f"Neighborhood {number}" for number in numbers],
            "aliases": [()] * len(boxes),
            "population": np.nan,
        },
        geometry=boxes,
        crs="EPSG:4326",
    )


def make_counts(
    levels: dict[str, int], *, week: IsoWeek = WEEK, weeks: int = 26, seed: int = 1
) -> pd.DataFrame:
    """Weekly counts around a level a district; the week itself has exactly the level."""
    generator = np.random.default_rng(seed)
    codes = list(CATEGORIES)
    rows = []
    for each in week_range(week.plus(-weeks), week):
        for district_id, level in levels.items():
            total = level if each == week else generator.poisson(level * 0.9)
            split = np.random.default_rng(seed + len(rows)).multinomial(
                total, np.arange(len(codes), 0, -1) / sum(range(len(codes) + 1))
            )
            for code, number in zip(codes, split, strict=True):
                rows.append((str(each), district_id, code, int(number), int(number), 0, 0))
            cases = int(generator.poisson(level * 0.25))
            rows.append((str(each), district_id, "fysisk_miljo", 0, 0, cases, 0))
            found = 2 if district_id == "city" else 0
            rows.append((str(each), district_id, "narkotika", 0, 0, 0, found))
    return pd.DataFrame(
        rows,
        columns=[
            *("iso_week", "district_id", "category_code", "incident_count", "report_count"),
            *("environment_case_count", "found_by_effort_count"),
        ],
    )


def make_row(number: int, **values: Any) -> dict[str, Any]:
    """One report with every column of the published table."""
    start = pd.Timestamp("2026-11-16T08:00Z") + pd.Timedelta(minutes=97 * number % 9500)
    row: dict[str, Any] = dict.fromkeys(REPORT_COLUMNS)
    row |= {
        "report_id": f"polisen:K{number:06d}-26",
        "kind": "incident",
        "source_id": "polisen",
        "file_name": "vecka47.csv",
        "line_number": number + 2,
        "occurred_from": start,
        "occurred_to": pd.NaT,
        "is_time_known": True,
        "is_long_interval": False,
        "iso_week": str(WEEK),
        "reported_at": start + pd.Timedelta(hours=2),
        "received_at": pd.Timestamp("2026-11-23T06:30Z"),
        "report_type": "händelse",
        "category_code": "skadegorelse",
        "incident_number": 1,
        "placing": "none",
        "district_id": "oplacerad",
        "file_sha256": "a" * 64,
        "version_at": pd.Timestamp("2026-11-23T06:30Z"),
    }
    row |= values
    if row["kind"] == "incident":  # each report its own incident, unless a test says otherwise
        row = {**row, "incident_id": row["incident_id"] or row["report_id"]}
    if row["is_lead_report"] is None:
        row["is_lead_report"] = row["kind"] == "incident"
    return row


def make_reports(levels: dict[str, int], *, seed: int = 2) -> pd.DataFrame:
    """The week's incidents, so many a district, and some of every other kind."""
    generator = np.random.default_rng(seed)
    codes = list(CATEGORIES)
    rows = []
    sources = [source for source, (state, _) in SOURCES.items() if state == "i tid"][:-1]
    for district_id, level in levels.items():
        for _ in range(level):
            code = codes[min(int(generator.exponential(2)), len(codes) - 1)]
            values: dict[str, Any] = {
                "category_code": code,
                "subcategory_code": str(generator.choice(CATEGORIES[code])) or None,
                "district_id": district_id,
                "source_id": sources[len(rows) % len(sources)],
            }
            values |= make_place(district_id, generator)
            rows.append(make_row(len(rows), **values))
    for number in range(9 if rows else 0):
        rows.append(
            make_row(
                len(rows),
                kind="environment_case" if number < 7 else "found_by_effort",
                category_code="fysisk_miljo" if number < 7 else "narkotika",
                subcategory_code="belysning" if number < 7 else "narkotika_fynd",
                district_id="city",
                source_id="mos" if number < 7 else "ordningsvakter",
                **make_place("city", generator),
            )
        )
    rows += make_context(len(rows)) if rows else []
    return as_reports(rows)


def as_reports(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a frame with the types that the store publishes."""
    frame = pd.DataFrame(rows, columns=list(REPORT_COLUMNS))
    moments = ("occurred_from", "occurred_to", "reported_at", "received_at", "version_at")
    numbers = ("lon", "lat", "precision_m")
    for name in frame.columns:
        if name in moments:
            frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
        elif name in numbers:
            frame[name] = frame[name].astype("float64")
        elif name in {"is_time_known", "is_long_interval", "is_lead_report"}:
            frame[name] = frame[name].astype("bool")
        elif name in {"line_number", "incident_number"}:
            frame[name] = frame[name].astype("int64")
        elif name == "severity":
            frame[name] = frame[name].astype("Int8")
        elif name == "is_police_reported":
            frame[name] = frame[name].astype("boolean")
        else:
            frame[name] = frame[name].astype("str")
    return frame


def make_place(district_id: str, generator: np.random.Generator) -> dict[str, Any]:
    """A place of a district: a named one, a coordinate near it, or the district alone."""
    if district_id not in PLACES:
        return {}
    chosen = generator.random()
    name, lon, lat = PLACES[district_id][int(generator.integers(2))]
    if chosen < 0.4 and name:
        return {
            "placing": "place",
            "place_name": name,
            "place_type": "torg",
            "lon": lon,
            "lat": lat,
            "precision_m": 80.0,
        }
    if chosen < 0.9:
        return {
            "placing": "coordinates",
            "lon": lon + generator.normal(0, 0.003),
            "lat": lat + generator.normal(0, 0.0018),
            "precision_m": float(generator.choice([10, 25, 150, 400])),
        }
    return {"placing": "district"}


def make_context(number: int) -> list[dict[str, Any]]:
    """Published notices, a night summary and what is coming."""
    context = {"kind": "context", "source_id": "polisen-api", "incident_number": 0}
    notice = {**context, "placing": "text_district"}
    coming = {
        **context,
        "source_id": "est-gruppen",
        "category_code": "kommande",
        "report_type": "kommande",
    }
    return [
        make_row(
            number,
            **notice,
            report_id="polisen-api:612001",
            category_code="vald_och_hot",
            title="20 november 23.10, Misshandel, Linköping",
            free_text="En man anmäler att han blivit slagen av en okänd person vid Stora torget.",
            district_id="city",
            place_name="Stora torget",
            occurred_from=pd.Timestamp("2026-11-20T22:10Z"),
        ),
        make_row(
            number + 1,
            **notice,
            report_id="polisen-api:612002",
            category_code="brand",
            title="18 november 21.40, Brand, Linköping",
            free_text="Brand i container i Skäggetorp. Ingen person är skadad.",
            district_id="skaggetorp",
            occurred_from=pd.Timestamp("2026-11-18T20:40Z"),
        ),
        make_row(
            number + 2,
            **notice,
            report_id="polisen-api:612003",
            category_code="nattsammanfattning",
            title="21 november 06.00, Sammanfattning natt, Östergötlands län",
            free_text="En lugn natt i länet. I Linköping omhändertogs två personer för fylleri.",
            occurred_from=pd.Timestamp("2026-11-21T05:00Z"),
        ),
        make_row(
            number + 3,
            **coming,
            report_id="est-gruppen:1",
            subcategory_code="evenemang",
            district_id="city",
            place_name="Stora torget",
            placing="place",
            iso_week="2026-W48",
            occurred_from=pd.Timestamp("2026-11-28T10:00Z"),
            occurred_to=pd.Timestamp("2026-11-28T17:00Z"),
        ),
        make_row(
            number + 4,
            **coming,
            report_id="est-gruppen:2",
            subcategory_code="demonstration",
            district_id="city",
            placing="district",
            occurred_from=pd.Timestamp("2026-11-21T12:00Z"),
        ),
    ]


def make_source_states(configuration: Configuration, *, state: str | None = None) -> pd.DataFrame:
    """How each source stands; `state` sets all of them to one."""
    as_of = pd.Timestamp("2026-11-23T08:00Z")
    rows = []
    for source_id, (own_state, days) in SOURCES.items():
        source = configuration.sources[source_id]
        last = pd.NaT if days is None else as_of - pd.Timedelta(days=days)
        reports = 20 if own_state == "i tid" else 0
        name = source.short_name or source.name
        rows.append((source_id, source.name, name, state or own_state, last, reports))
    columns = ["source_id", "source_name", "short_name", "state", "last_file_at", "report_count"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["last_file_at"] = pd.to_datetime(frame["last_file_at"], utc=True)
    return frame


DELIVERY_COLUMNS = [
    *("source_id", "file_name", "sha256", "received_at", "state", "reason", "rows_read"),
    *("accepted_count", "quarantined_count", "known_count", "left_out_count", "undone_at"),
]


def make_deliveries(*, is_empty: bool = False) -> pd.DataFrame:
    """Four delivered files: taken, known, refused and undone."""
    rows = [
        ("polisen", "vecka47.csv", "a" * 64, "2026-11-23T06:30Z", "intagen", None, 40, 34, 2, 4, 0),
        ("mos", "felanmälan.csv", "b" * 64, "2026-11-22T09:00Z", "intagen", None, 31, 31, 0, 0, 0),
        (
            "polisen-api",
            "events.json",
            "c" * 64,
            "2026-11-23T07:00Z",
            "intagen",
            None,
            500,
            3,
            0,
            2,
            495,
        ),
        (
            "utb",
            "gammal.xls",
            "d" * 64,
            "2026-11-20T07:00Z",
            "avvisad",
            "Filen är inte CSV.",
            0,
            0,
            0,
            0,
            0,
        ),
    ]
    frame = pd.DataFrame([] if is_empty else rows, columns=DELIVERY_COLUMNS[:-1])
    frame["received_at"] = pd.to_datetime(frame["received_at"], utc=True)
    frame["undone_at"] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    return frame


def make_analyses(configuration: Configuration, **changes: Any) -> Analyses:
    """The analyses of a workspace that has nothing; `changes` replace what they say."""
    nothing = occurrences([])
    points = nothing[list(UNNAMED_POINTS.columns)]
    arguments: dict[str, Any] = {
        "judged": {},
        "silent_ids": (),
        "recurring": build_recurring_places(
            nothing,
            week=WEEK,
            places=pd.DataFrame(columns=["place_name", "lon", "lat"]),
            district_names={},
            category_names=configuration.categories.names,
        ),
        "rhythm": find_rhythm(nothing, zone=configuration.zone, week=WEEK),
        "near_repeats": find_near_repeats(
            points,
            zone=configuration.zone,
            metric_crs=configuration.settings.area.metric_crs,
            last_on=WEEK.sunday,
        ),
    }
    return Analyses(**(arguments | changes))


CHANGES = [
    ("incident", "same", "polisen", 66, 66, 0),
    ("incident", "late", "utb", 0, 5, 5),
    ("incident", "district", "polisen", 1, 1, 1),
]
NOTES = [
    ("b1", "beslut", "Ronder kl. 21–01", "Väktare", "2026-11-20", "öppen", "", "ryd"),
    ("b2", "beslut", "Byt lampan", "Driftansvarig", "2026-12-04", "öppen", "", ""),
    ("b3", "beslut", "Samtal", "Fältsekreterare", "2026-11-20", "klar", "Gjort", "city"),
    ("n1", "anteckning", "", "Kommunpolis", "", "", "Lugnare på torget", "city"),
]


def make_changes(rows: Sequence[tuple[Any, ...]] = CHANGES) -> pd.DataFrame:
    """Why last week's figures differ, as the store gives it."""
    columns = ["kind", "reason", "source_id", "count_then", "count_now", "report_count"]
    return pd.DataFrame(rows, columns=columns)


def make_notes(rows: Sequence[tuple[str, ...]] = NOTES) -> pd.DataFrame:
    """Decisions and notes, as the store gives them."""
    columns = ["own_id", "note_type", "measure", "function_name", "due_on", "state"]
    notes = pd.DataFrame(rows, columns=[*columns, "comment", "district_id"]).replace("", None)
    first = [number == 0 for number in range(len(notes))]  # the gazetteer knew its place
    return notes.assign(
        note_id="est-gruppen:" + notes["own_id"],
        meeting_week="2026-W46",
        problem="Klotter varje natt.",
        likely_cause="Mörkt",
        place_text="Stora torget",
        lon=[15.6215 if known else None for known in first],
        lat=[58.4108 if known else None for known in first],
        precision_m=[50.0 if known else None for known in first],
        due_on=[None if pd.isna(on) else date.fromisoformat(on) for on in notes["due_on"]],
    )


def make_last_week(**changes: Any) -> LastWeek:
    """The week before the made-up one as it was and is, and the decisions of its meeting."""
    as_it_is = LastWeek(
        week=WEEK.plus(-1),
        met_week=WEEK.plus(-1),
        compared_at=datetime(2026, 11, 16, 8, 0, tzinfo=UTC),
        is_issued_page=True,
        is_weeded=False,
        has_new_settings=False,
        issued_counts={},
        changes=make_changes(),
        notes=make_notes(),
        notes_then=make_notes(NOTES[:1]),
    )
    return replace(as_it_is, **changes)


def make_content(configuration: Configuration, **changes: Any) -> Lagesbild:
    """The made-up week as a content object; `changes` replace arguments of `build_content`."""
    area = configuration.settings.area
    basemap, attribution = read_basemap(configuration.paths.data / area.basemap_file)
    arguments: dict[str, Any] = {
        "week": WEEK,
        "as_of": datetime(2026, 11, 23, 9, 0, tzinfo=configuration.zone),
        "configuration": configuration,
        "districts": make_districts(configuration),
        "basemap": basemap,
        "attribution": attribution,
        "calendar": read_calendar(
            configuration.paths.data / area.calendar_file,
            country="SE",
            first=WEEK.monday,
            last=WEEK.plus(2).sunday,
        ),
        "counts": make_counts(INCIDENTS),
        "reports": make_reports(INCIDENTS),
        "deliveries": make_deliveries(),
        "source_states": make_source_states(configuration),
        "program_version": "0.1.0",
        "last_week": make_last_week(),
        "secret": b"tests",
    }
    return build_content(**(arguments | changes))

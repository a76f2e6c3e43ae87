"""The key to the demo: what was planted, and what the program's figures must come out as."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from est_pipeline.demo.authors import Calendar
from est_pipeline.demo.files import DemoFile, Entry, Renderer
from est_pipeline.demo.meetings import Minutes, decisions_as_of
from est_pipeline.demo.planted import Pair
from est_pipeline.demo.rows import Row, distance_m
from est_pipeline.demo.scenario import Scenario
from est_pipeline.demo.terrain import Terrain
from est_pipeline.domain.kinds import Kind
from est_pipeline.domain.schemas import UNPLACED_ID
from est_pipeline.domain.weeks import week_range

EXPLANATIONS = {
    "om": "Facit till demon. Allt i demon är påhittat. Rader pekas ut med source_id, file_name "
    "och line_number (rad 1 är kolumnnamnen, som i ett kalkylblad), och med row_id där källan "
    "har egna nummer. Veckor är ISO-veckor i svensk tid.",
    "seed": "Fröet som allt är draget ur: samma frö ger samma filer, byte för byte.",
    "period": "Första och sista veckan, första veckan som kom som veckofil (det äldre kom i "
    "klump), och när lägesbilden ska byggas (as_of).",
    "files": "Varje fil i den ordning den kom: rows_read = accepted_count + quarantined_count + "
    "known_count. Rättelser räknas som mottagna, upprepade rader som redan kända.",
    "weekly_counts": "iso_week -> district_id -> category_code -> [report_count, incident_joined, "
    "environment_case_count, found_by_effort_count]. report_count är rapporter av slaget "
    "händelse, var för sig, i sin senaste lydelse; incident_joined är sanna händelser, när två "
    "aktörers rapporter om samma händelse räknas som en. Nollor utelämnas.",
    "totals": "Summor över weekly_counts, och antal rapporter i senaste lydelse per slag.",
    "placing": "Hur raderna säger var (senaste lydelse, alla slag utom inget att rapportera).",
    "unplaced": "Rapporter utan plats per vecka, alla slag som räknas.",
    "rise": "Planterad ökning i sista veckan. usual_mean är medelvärdet de 26 veckorna före; "
    "at_place är hur många som hände vid platsen, rows vilka raderna är.",
    "recurring_place": "Plats där samma sak händer vecka efter vecka; weekly de 26 sista veckorna.",
    "near_repeats": "Serier av källarinbrott: alla i en serie ligger inom within_m meter och "
    "within_days dygn.",
    "silent_source": "Källa som rapporterade varje vecka och sedan tystnade.",
    "new_source": "Källa som kom till: first_week är dess första vecka.",
    "nothing_to_report": "Rader som säger att det inte fanns något att rapportera.",
    "duplicates": "Par av rapporter från två aktörer om samma händelse: samma kategori, stadsdel "
    "och vecka, 20-100 m och högst en timme isär. Andra sådana par finns inte.",
    "late": "Rader som första gången kom i en veckofil fast de började en tidigare vecka "
    "(iso_week är veckan de räknas i); by_week_of_file summerar per fil och vecka.",
    "late_planted": "De rader som ska ge meningen om sena rapporter i mötets andra avsnitt.",
    "long_intervals": "Rapporter över mer än sju dygn: de räknas i veckan i mitten.",
    "corrections": "Samma row_id en gång till med nytt innehåll; den senare gäller. changed "
    "säger vad som ändrades.",
    "repeats": "Rader som kom en gång till, oförändrade.",
    "personal_data": "Påhittade personuppgifter som aldrig får synas utanför arkivet.",
    "bad_rows": "Ett fel per post; column är kolumnens namn i filen (tomt: hela raden).",
    "coming": "Det som väntas: visas, räknas aldrig.",
    "decisions": "Beslut från mötena, med raden där de fattades, och hur de står vid as_of.",
    "quiet_districts": "Stadsdelar där sista veckan ska vara som vanligt.",
}
"""What each key of the truths means; stands in the file itself under `om`."""


def build_truths(
    *,
    seed: int,
    calendar: Calendar,
    scenario: Scenario,
    terrain: Terrain,
    renderer: Renderer,
    files: list[DemoFile],
    minutes: tuple[Minutes, ...],
    planted: dict[str, Any],
) -> dict[str, Any]:
    """Write down everything that is true of the files, after they have been rendered.

    Args:
        seed: what everything was drawn from.
        calendar: the weeks of the demo.
        scenario: what was planned.
        terrain: gives the recurring place's own position.
        renderer: gives the columns' names in the files.
        files: all files, rendered, so that every line has its number.
        minutes: the files of the meeting's form.
        planted: the rows of each planted truth, by name.
    """
    entries = [entry for file in files for entry in file.entries]
    current = _current(entries)
    lines = {id(entry.row): entry for entry in entries if entry.role != "repeat"}
    pairs: list[Pair] = planted["pairs"]
    counted = [row for row in current if row.kind is not Kind.CONTEXT]
    as_of = max(file.received_at for file in files).replace(hour=9, minute=0, second=0)
    truths: dict[str, Any] = {
        "om": EXPLANATIONS,
        "seed": seed,
        "period": {
            "first_week": str(calendar.first),
            "last_week": str(calendar.last),
            "first_weekly_file": str(calendar.weekly_first),
            "as_of": as_of.isoformat(),
        },
        "files": sorted(
            [*map(_file, files), *map(_minutes_file, minutes)],
            key=lambda file: datetime.fromisoformat(file["received_at"]),
        ),
        "weekly_counts": _weekly_counts(counted, pairs),
        "totals": {
            "current_by_kind": _tally(str(row.kind) for row in current),
            "report_count": sum(row.kind is Kind.INCIDENT for row in counted),
            "incident_joined": sum(row.kind is Kind.INCIDENT for row in counted) - len(pairs),
            "rows_read": len(entries) + sum(len(file.rows) for file in minutes),
        },
        "placing": _tally(str(row.way) for row in current if row.category_code),
        "unplaced": _tally(str(row.iso_week) for row in counted if row.district_id == UNPLACED_ID),
        "rise": _rise(counted, planted["rise"], calendar, scenario, lines),
        "recurring_place": _recurring(counted, planted["recurring"], calendar, scenario, terrain),
        "near_repeats": [_burst(burst, lines) for burst in planted["near_repeats"]],
        "silent_source": {
            "source_id": scenario.planted["tyst_kalla"]["kalla"],
            "last_week": str(calendar.last.plus(-int(scenario.planted["tyst_kalla"]["veckor"]))),
            "silent_weeks": scenario.planted["tyst_kalla"]["veckor"],
        },
        "new_source": {
            "source_id": scenario.planted["ny_rapportor"]["kalla"],
            "first_week": str(calendar.newcomer_first),
            "first_on": calendar.newcomer_first.monday.isoformat(),
        },
        "nothing_to_report": [
            _line(entry) | {"iso_week": str(entry.row.file_week)}
            for entry in entries
            if entry.role == "nothing"
        ],
        "duplicates": [_pair(pair, lines) for pair in pairs],
        "late": _late(entries),
        "late_planted": {
            "source_id": scenario.planted["sena_rader"]["kalla"],
            "iso_week": str(calendar.last.plus(-1)),
            "row_count": len(planted["late"]),
            "rows": [_line(lines[id(row)]) for row in planted["late"]],
        },
        "long_intervals": [
            _line(lines[id(row)]) | {"start": row.start.isoformat(), "iso_week": str(row.iso_week)}
            for row in planted["long_intervals"]
        ],
        "corrections": _corrections(entries),
        "repeats": [_line(entry) for entry in entries if entry.role == "repeat"],
        "personal_data": [
            _line(entry) | {"sort": sort, "text": text}
            for entry in entries
            for sort, text in entry.secrets
        ],
        "bad_rows": [
            _line(entry)
            | {
                "column": renderer.column(entry.row.source_id, column) if column else "",
                "reason_code": reason_code,
            }
            for entry in entries
            for column, reason_code in entry.faults
        ],
        "coming": [
            _line(entry)
            | {"start": entry.row.start.isoformat(), "district_id": entry.row.district_id}
            for entry in entries
            if entry.role == "coming"
        ],
        "decisions": decisions_as_of(minutes, today=as_of.date()),
        "quiet_districts": scenario.planted["lugna"],
    }
    return truths


def _current(entries: list[Entry]) -> list[Row]:
    """Give every accepted report in its latest wording, "inget att rapportera" included."""
    latest: dict[object, Row] = {}
    for entry in entries:
        if entry.role == "bad":
            continue
        row = entry.row
        latest[(row.source_id, row.row_id) if row.row_id else id(row)] = row
    return list(latest.values())


def _tally(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _line(entry: Entry) -> dict[str, Any]:
    assert entry.file is not None  # noqa: S101 - rendered before
    found: dict[str, Any] = {
        "source_id": entry.file.source_id,
        "file_name": entry.file.name,
        "line_number": entry.line_number,
    }
    return found | ({"row_id": entry.row.row_id} if entry.row.row_id else {})


def _file(file: DemoFile) -> dict[str, Any]:
    roles = Counter(entry.role for entry in file.entries)
    return {
        "source_id": file.source_id,
        "file_name": file.name,
        "received_at": file.received_at.isoformat(),
        "rows_read": len(file.entries),
        "accepted_count": len(file.entries) - roles["bad"] - roles["repeat"],
        "quarantined_count": roles["bad"],
        "known_count": roles["repeat"],
    }


def _minutes_file(file: Minutes) -> dict[str, Any]:
    return {
        "source_id": file.source_id,
        "file_name": file.file_name,
        "received_at": file.received_at.isoformat(),
        "rows_read": len(file.rows),
        "accepted_count": len(file.rows),
        "quarantined_count": 0,
        "known_count": 0,
    }


_POSITION = {Kind.INCIDENT: 0, Kind.ENVIRONMENT_CASE: 2, Kind.FOUND_BY_EFFORT: 3}


def _weekly_counts(rows: list[Row], pairs: list[Pair]) -> dict[str, Any]:
    cells: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        cell = cells[str(row.iso_week), row.district_id, row.category_code]
        cell[_POSITION[row.kind]] += 1
        cell[1] += row.kind is Kind.INCIDENT
    for pair in pairs:
        row = pair.first
        cells[str(row.iso_week), row.district_id, row.category_code][1] -= 1
    nested: dict[str, Any] = {}
    for (week, district_id, category_code), counts in sorted(cells.items()):
        nested.setdefault(week, {}).setdefault(district_id, {})[category_code] = counts
    return nested


def _rise(
    rows: list[Row],
    planted: list[Row],
    calendar: Calendar,
    scenario: Scenario,
    lines: dict[int, Entry],
) -> dict[str, Any]:
    plan = scenario.planted["okning"]
    cell = [
        row
        for row in rows
        if row.kind is Kind.INCIDENT
        and (row.category_code, row.district_id) == (plan["kategori"], plan["stadsdel"])
    ]
    before = week_range(calendar.last.plus(-26), calendar.last.plus(-1))
    by_week = Counter(row.iso_week for row in cell)
    return {
        "iso_week": str(calendar.last),
        "district_id": plan["stadsdel"],
        "category_code": plan["kategori"],
        "report_count": by_week[calendar.last],
        "incident_joined": by_week[calendar.last],
        "usual_mean": round(sum(by_week[week] for week in before) / len(before), 3),
        "weekly": [by_week[week] for week in before],
        "place_name": plan["plats"],
        "at_place": sum(row.place == plan["plats"] for row in planted),
        "rows": [_line(lines[id(row)]) for row in planted],
    }


def _recurring(
    rows: list[Row],
    planted: list[Row],
    calendar: Calendar,
    scenario: Scenario,
    terrain: Terrain,
) -> dict[str, Any]:
    plan = scenario.planted["aterkommande_plats"]
    spot = terrain.spot(plan["plats"], district_id=plan["stadsdel"])
    at_place = [
        row
        for row in rows
        if row.kind is Kind.INCIDENT
        and row.category_code == plan["kategori"]
        and row.place == spot.name
    ]
    weeks = week_range(calendar.last.plus(-25), calendar.last)
    by_week = Counter(row.iso_week for row in at_place)
    return {
        "place_name": spot.name,
        "district_id": plan["stadsdel"],
        "category_code": plan["kategori"],
        "weeks": [str(week) for week in weeks],
        "weekly": [by_week[week] for week in weeks],
        "report_count": len(at_place),
        "planted_count": len(planted),
    }


def _burst(burst: list[Row], lines: dict[int, Entry]) -> dict[str, Any]:
    starts = [row.start for row in burst]
    distances = [distance_m(a, b) for a in burst for b in burst]
    return {
        "district_id": burst[0].district_id,
        "category_code": burst[0].category_code,
        "subcategory_code": burst[0].subcategory_code,
        "first_on": min(starts).date().isoformat(),
        "within_days": round((max(starts) - min(starts)) / timedelta(days=1), 1),
        "within_m": round(max(distances)),
        "source_id": burst[0].source_id,
        "row_ids": [lines[id(row)].row.row_id for row in burst],
        "iso_weeks": [str(row.iso_week) for row in burst],
    }


def _pair(pair: Pair, lines: dict[int, Entry]) -> dict[str, Any]:
    first, second = pair.first, pair.second
    return {
        "iso_week": str(first.iso_week),
        "district_id": first.district_id,
        "category_code": first.category_code,
        "distance_m": round(distance_m(first, second)),
        "minutes": round(abs(first.start - second.start) / timedelta(minutes=1)),
        "rows": [_line(lines[id(row)]) for row in (first, second)],
    }


def _late(entries: list[Entry]) -> dict[str, Any]:
    late = []
    for entry in entries:
        week = entry.file.week if entry.file else None
        row = entry.row
        if entry.role == "new" and week and row.start.date() < week.monday:
            late.append(_line(entry) | {"file_week": str(week), "iso_week": str(row.iso_week)})
    by_week: dict[str, Any] = {}
    for one in late:
        per_file = by_week.setdefault(one["file_week"], {}).setdefault(one["source_id"], {})
        per_file[one["iso_week"]] = per_file.get(one["iso_week"], 0) + 1
    return {"rows": late, "by_week_of_file": by_week}


def _corrections(entries: list[Entry]) -> list[dict[str, Any]]:
    originals = {
        (entry.row.source_id, entry.row.row_id): entry
        for entry in entries
        if entry.role == "new" and entry.row.row_id
    }
    found = []
    for entry in entries:
        if entry.role == "correction":
            before = originals[entry.row.source_id, entry.row.row_id]
            found.append(
                _line(entry)
                | {
                    "changed": entry.note,
                    "before": _line(before),
                    "from": _said(before.row),
                    "to": _said(entry.row),
                }
            )
    return found


def _said(row: Row) -> dict[str, str]:
    return {
        "iso_week": str(row.iso_week),
        "district_id": row.district_id,
        "category_code": row.category_code,
    }

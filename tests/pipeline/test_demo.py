"""The demo from end to end: the program against the truths that were planted, and its bytes."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from est_pipeline import open_workspace
from est_pipeline.analysis.hexagons import cover_area
from est_pipeline.analysis.prediction_accuracy import backtest_places, summarise_places
from est_pipeline.config import read_configuration
from est_pipeline.demo import write_demo
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.joining import joining_of
from est_pipeline.pipeline import report
from est_pipeline.store.warehouse import Warehouse
from tests.paper_text import ids_missing, texts_of, words_of_page, words_of_pdf

pytestmark = pytest.mark.slow

AS_OF = "2026-11-23T09:00:00+01:00"
KINDS = {"incident": 0, "environment_case": 2, "found_by_effort": 3}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, desk_of: Any) -> Any:
    root = tmp_path_factory.mktemp("demo") / "övning"
    write_demo(root)
    return desk_of(root)


@pytest.fixture(scope="module")
def truths(demo: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((demo.root / "demo-facit.json").read_text("utf-8"))
    return content


@pytest.fixture(scope="module")
def lagesbild(demo: Any) -> dict[str, Any]:
    file = demo.paths.reports / "intern" / "2026-W47" / "lagesbild.json"
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return content


def test_every_file_is_accounted_for(demo: Any, truths: dict[str, Any]) -> None:
    found = {(file["source_id"], file["file_name"]): file for file in demo.status(AS_OF)["files"]}
    assert len(found) == len(truths["files"])
    for file in truths["files"]:
        status = found[file["source_id"], file["file_name"]]
        for part in ("rows_read", "accepted_count", "quarantined_count", "known_count"):
            assert status[part] == file[part], (file["file_name"], part)


def test_weekly_counts_are_the_planted_ones(demo: Any, truths: dict[str, Any]) -> None:
    counts = demo.table("week_district_category")
    columns = [
        *("report_count", "incident_count", "environment_case_count", "found_by_effort_count")
    ]
    found = {
        tuple(row[:3]): tuple(row[3:])
        for row in counts[["iso_week", "district_id", "category_code", *columns]].to_numpy()
        if any(row[3:])
    }
    planted = {
        (week, district, category): tuple(numbers)
        for week, districts in truths["weekly_counts"].items()
        for district, categories in districts.items()
        for category, numbers in categories.items()
        if any(numbers)
    }
    assert found == planted
    weeks = counts["iso_week"].unique()
    assert len(counts) == len(weeks) * 6 * counts["category_code"].nunique()  # zeros are there


def test_planted_near_repeats_are_found_and_nothing_else_is(
    lagesbild: dict[str, Any], truths: dict[str, Any]
) -> None:
    (planted,) = {series["category_code"] for series in truths["near_repeats"]}
    found = {each["category_code"]: each for each in lagesbild["near_repeats"]["categories"]}
    raised = [code for code, each in found.items() if each["verdict"] == "raised"]
    assert raised == [planted]
    reach = found[planted]
    assert reach["reach_m"] <= max(series["within_m"] for series in truths["near_repeats"])
    assert reach["reach_days"] <= 14
    # the planted rise of the last week lies close together too, but is no repeat at its place
    unclear = {code for code, each in found.items() if each["verdict"] == "unclear"}
    assert unclear <= {truths["rise"]["category_code"]}


def test_nothing_stands_out_in_the_rhythm_of_the_demo(lagesbild: dict[str, Any]) -> None:
    rhythm = lagesbild["rhythm"]
    assert rhythm["standing_out"] == []
    assert not rhythm["whole"]["is_too_few"]
    parts = ("used_count", "coarse_count", "unknown_time_count", "long_span_count")
    for area in [rhythm["whole"], *rhythm["areas"]]:
        assert sum(area[part] for part in parts) == area["incident_count"]
        assert sum(map(sum, area["counts"])) == pytest.approx(area["used_count"], abs=3)


def test_bad_rows_are_in_the_receipts(demo: Any, truths: dict[str, Any]) -> None:
    found: Counter[tuple[str, int, str]] = Counter()
    for file in demo.paths.receipts.glob("*/*-kvitto.csv"):
        receipt = pd.read_csv(file, sep=";", dtype="str")
        faults = receipt[receipt["avser"] == "fel"]
        source = file.parent.name
        found.update((source, int(row.rad), row.orsakskod) for row in faults.itertuples())
    planted = Counter(
        (row["source_id"], row["line_number"], row["reason_code"]) for row in truths["bad_rows"]
    )
    assert found == planted


def test_sources_stand_as_planted(demo: Any, truths: dict[str, Any]) -> None:
    states = {source["source_id"]: source["state"] for source in demo.status(AS_OF)["sources"]}
    assert states[truths["silent_source"]["source_id"]] == "tyst"
    assert states["faltgruppen"] == "inget att rapportera"
    assert states["sf"] == "ej ansluten"
    assert states["polisen"] == states["mos"] == states["utb"] == "i tid"


def test_personal_data_is_nowhere_outside_the_archive(demo: Any, truths: dict[str, Any]) -> None:
    secrets = {entry["text"] for entry in truths["personal_data"]}
    assert len(secrets) >= 15
    searched = 0
    for file in sorted(demo.root.rglob("*")):
        if file.is_dir() or demo.paths.archive in file.parents or file.name == "demo-facit.json":
            continue
        assert not [secret for secret in secrets if secret in file.name]
        if file.suffix == ".parquet":
            text = pd.read_parquet(file).astype("str").to_csv()
        elif file.suffix == ".duckdb":
            text = file.read_bytes().decode("utf-8", errors="ignore")
        else:
            text = file.read_text(encoding="utf-8")
        assert not [secret for secret in secrets if secret in text], file
        searched += 1
    assert searched > 300


def test_late_rows_change_the_week_they_belong_to(demo: Any, truths: dict[str, Any]) -> None:
    late = truths["late_planted"]
    reports = demo.reports
    lines = {row["line_number"] for row in late["rows"]}
    of_file = reports[reports["file_name"] == late["rows"][0]["file_name"]]
    assert set(of_file.loc[of_file["line_number"].isin(lines), "iso_week"]) == {late["iso_week"]}


def test_the_page_says_the_planted_rise(lagesbild: dict[str, Any], truths: dict[str, Any]) -> None:
    rise = truths["rise"]
    [area] = [a for a in lagesbild["areas"] if a["district_id"] == rise["district_id"]]
    [category] = [c for c in area["categories"] if c["category_code"] == rise["category_code"]]
    assert category["count"] == rise["report_count"]


def test_figures_of_the_page_equal_an_independent_count(
    demo: Any, lagesbild: dict[str, Any]
) -> None:
    incidents = demo.table("incident")
    week = incidents[incidents["iso_week"] == "2026-W47"]
    per_district = week.groupby("district_id")["incident_number"].sum().to_dict()
    areas = [*lagesbild["areas"], lagesbild["unplaced"]]
    assert {a["district_id"]: a["incidents"]["count"] for a in areas} == {
        a["district_id"]: per_district.get(a["district_id"], 0) for a in areas
    }
    total, rows = lagesbild["total"], lagesbild["rows"]
    assert total["incidents"]["count"] == week["incident_number"].sum()
    assert total["report_count"] == week["report_count"].sum() > len(week)
    shown = [row for row in rows if row["kind"] == "incident"]
    assert len(shown) == len(week)
    assert sum(1 + len(row["others"]) for row in shown) == week["report_count"].sum()
    previous = incidents[incidents["iso_week"] == "2026-W46"]
    assert total["incidents"]["previous"] == previous["incident_number"].sum()


def test_the_planted_recurring_place_is_among_the_first(
    demo: Any, lagesbild: dict[str, Any], truths: dict[str, Any]
) -> None:
    planted = truths["recurring_place"]
    listed = lagesbild["recurring"]["places"]
    names = [place["place_name"] for place in listed]
    assert planted["place_name"] in names[:3]
    place = listed[names.index(planted["place_name"])]
    assert (place["state"], place["is_certain"]) == ("persistent", True)
    assert place["category_name"] == "Våld och hot"
    # all that was planted in twelve weeks is in the count, and all is accounted for
    assert place["count_recent"] >= sum(planted["weekly"][-12:])
    assert len(names) == len(set(names)) <= 8
    basis = lagesbild["recurring"]
    parts = ("placed_count", "coarse_count", "vague_count", "unplaced_count")
    assert basis["incident_count"] == sum(basis[part] for part in parts)
    # the notebook says the same as the page
    ranked = open_workspace(demo.root).recurring_places("2026-W47")
    assert set(names) <= set(ranked.loc[ranked["standing"] == "recurring", "place_name"])


def test_the_ranking_of_places_beats_the_lot_in_the_demo(demo: Any) -> None:
    workspace = open_workspace(demo.root)
    found = backtest_places(
        workspace.occurrences(),
        first_week=IsoWeek(2025, 48),
        last_week=IsoWeek(2026, 47),
        zone=workspace.configuration.zone,
        area_cells=cover_area(workspace.districts().geometry.to_list()),
    )
    summary = summarise_places(found).set_index(["rule", "budget"])
    assert summary["week_count"].eq(52).all()
    assert summary.loc["random", "gain_low"].gt(0).all()
    assert summary["gain_high"].ge(0).all()


def test_the_notebook_is_given_what_the_analyses_are_given(demo: Any) -> None:
    configuration = read_configuration(demo.root)
    with Warehouse.open(demo.paths, joining=joining_of(configuration)) as warehouse:
        stored = warehouse.occurrences(
            as_of=datetime.fromisoformat(AS_OF),
            first_week="2023-W01",
            last_week="2027-W01",
            coarse=configuration.coarse_rule,
        )
    published = open_workspace(demo.root).occurrences()
    for frame in (stored, published):
        frame["source_ids"] = frame["source_ids"].map(sorted)
    pd.testing.assert_frame_equal(stored, published)


def test_exactly_the_planted_duplicates_are_joined(demo: Any, truths: dict[str, Any]) -> None:
    reports = demo.reports.set_index(["source_id", "file_name", "line_number"])["report_id"]
    planted = {
        frozenset(
            reports[row["source_id"], row["file_name"], row["line_number"]] for row in pair["rows"]
        )
        for pair in truths["duplicates"]
    }
    incidents = demo.table("incident")
    several = incidents[incidents["report_count"] > 1]
    assert {frozenset(ids) for ids in several["report_ids"]} == planted
    assert len(incidents) == truths["totals"]["incident_joined"]
    assert several["join_reason"].str.match(r"(samma_plats|nara) \d+ min \d+ m$").all()


def test_what_is_left_to_a_human_is_a_short_list_without_text(demo: Any) -> None:
    listed = pd.read_csv(demo.paths.store / "tveksamma_par.csv", sep=";", dtype="str")
    assert 0 < len(listed) < 100
    assert listed["beslut"].isna().all()
    assert listed["skäl"].notna().all()


def test_every_page_and_receipt_says_that_it_is_made_up(demo: Any) -> None:
    pages = [*demo.paths.receipts.rglob("*.html"), *demo.paths.reports.rglob("*.html")]
    assert len(pages) > 150
    for page in pages:
        assert "PÅHITTADE UPPGIFTER" in page.read_text(encoding="utf-8"), page


def test_on_paper_the_week_is_at_most_eight_sheets_with_every_row(demo: Any, pango: None) -> None:
    page = report(demo.configuration, as_of=datetime.fromisoformat(AS_OF), with_pdf=True)
    file = page.with_suffix(".pdf")
    pdf = file.read_bytes()
    file.unlink()  # the next test compares what the demo command itself writes
    assert 4 <= len(texts_of(pdf)) <= 8
    assert words_of_page(page.read_text("utf-8")) - words_of_pdf(pdf) == {}
    content = json.loads(page.with_suffix(".json").read_text("utf-8"))
    assert len(content["rows"]) > 80
    assert ids_missing([row["own_id"] for row in content["rows"]], pdf) == []


def test_the_same_seed_gives_the_same_bytes(demo: Any, tmp_path: Path) -> None:
    again = tmp_path / "en gång till"
    write_demo(again)

    def content(root: Path) -> dict[str, bytes]:
        return {
            file.relative_to(root).as_posix(): file.read_bytes()
            for file in sorted(root.rglob("*"))
            if file.is_file() and file.suffix not in {".duckdb", ".lock"}
        }

    first, second = content(demo.root), content(again)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_the_decisions_come_back_and_show_on_the_map(
    demo: Any, lagesbild: dict[str, Any], truths: dict[str, Any]
) -> None:
    shown = {each["own_id"]: each for each in lagesbild["since_last"]["decisions"]}
    assert {own_id: (each["state"], each["is_overdue"]) for own_id, each in shown.items()} == {
        each["own_id"]: (each["state"], each["is_overdue"]) for each in truths["decisions"]
    }
    assert {each["is_overdue"] for each in truths["decisions"]} == {True, False}
    still_open = [each for each in shown.values() if each["state"] == "öppen"]
    assert all(each["point"] for each in still_open)
    page = (demo.root / "reports/intern/2026-W47/lagesbild.html").read_text("utf-8")
    # the map, and the cut of each one's district
    assert page.count('<rect class="p-beslut"') == 2 * len(still_open)


def test_the_planted_rise_is_found_and_the_quiet_districts_are_quiet(
    lagesbild: dict[str, Any], truths: dict[str, Any]
) -> None:
    found = {
        (each["level"], each["district_id"], each["category_code"]): each
        for each in lagesbild["judgements"]["comparisons"]
        if each["kind"] == "incident"
    }
    rise = truths["rise"]
    cell = found["cell", rise["district_id"], rise["category_code"]]
    assert cell["verdict"] == "tydlig ökning"
    assert cell["count"] + cell["outside_count"] == rise["incident_joined"]
    assert cell["high"] < rise["incident_joined"] / 2
    sticks_out = {"tydlig ökning", "tydlig minskning", "håll koll"}
    for (_, district_id, _), each in found.items():
        if district_id in truths["quiet_districts"]:
            assert each["verdict"] not in sticks_out, each
    [method] = [m for m in lagesbild["judgements"]["methods"] if m["kind"] == "incident"]
    assert method["other_names"] == ["Väktare"]
    assert method["silent_names"] == ["KOF"]

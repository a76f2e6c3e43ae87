"""The package's own configuration: it validates, and its code maps lead somewhere."""

import json
import re
import tomllib
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from est_pipeline.config import Configuration
from est_pipeline.demo import demo_settings
from est_pipeline.demo.scenario import read_scenario
from est_pipeline.domain.kinds import Kind, ReportType, Rhythm

SOURCES = [
    "polisen",
    "polisen-api",
    "mos",
    "stangastaden",
    "ordningsvakter",
    "vaktare",
    "tib",
    "faltgruppen",
    "utb",
    "kof",
    "sf",
    "vof",
    "rtog",
    "est-gruppen",
]
SETTINGS = files("est_pipeline").joinpath("defaults/est.toml").read_text("utf-8")


def test_the_sources_that_others_hold_on_to_are_listed(configuration: Configuration) -> None:
    assert list(configuration.settings.sources) == SOURCES
    assert list(configuration.sources) == SOURCES


def test_every_source_has_a_department(configuration: Configuration) -> None:
    assert [i for i, source in configuration.sources.items() if not source.department] == []


def test_every_code_leads_to_a_category_and_subcategory(configuration: Configuration) -> None:
    known = {category.code for category in configuration.categories}
    known |= {f"{c.code}/{s.code}" for c in configuration.categories for s in c.subcategories}
    wrong = {
        f"{source_id}: {word}"
        for source_id, source in configuration.sources.items()
        for word, code in source.codes.category.items()
        if code not in known
    }
    assert wrong == set()


def test_every_report_type_and_kind_that_a_source_maps_to_exists(
    configuration: Configuration,
) -> None:
    for source in configuration.sources.values():
        assert set(source.codes.report_type.values()) <= {word.value for word in ReportType}
        assert set(source.codes.kind) <= set(configuration.categories.codes)


def test_felanmalan_gives_environment_cases_only(configuration: Configuration) -> None:
    mos = configuration.sources["mos"]
    by_category = {c.code: c.kind for c in configuration.categories if c.kind is not Kind.INCIDENT}
    by_category |= mos.codes.kind
    codes = {code.split("/")[0] for code in mos.codes.category.values()}
    assert {by_category.get(code, mos.kind) for code in codes} == {Kind.ENVIRONMENT_CASE}


def test_the_police_notices_are_context_and_public(configuration: Configuration) -> None:
    api = configuration.sources["polisen-api"]
    assert api.kind is Kind.CONTEXT
    assert api.rhythm is Rhythm.WEEKLY
    assert api.columns.keys().isdisjoint({"lat", "lon", "n", "e"})  # only the centroid
    assert api.selections[0].ends_with == (", Linköping",)


@pytest.mark.real
def test_every_type_of_notice_and_every_name_is_understood(
    configuration: Configuration, shared_real: Path
) -> None:
    api = configuration.sources["polisen-api"]
    words = {word.strip() for word in api.codes.category}
    pattern = re.compile(api.derived[0].pattern)
    types: set[str] = set()
    with zipfile.ZipFile(shared_real / "polisen" / "api_snapshots_weekly.zip") as archive:
        for name in archive.namelist():
            content = archive.read(name)
            for notice in json.loads(content) if content.strip() else []:
                types.add(notice["type"].strip())
                assert pattern.match(notice["name"]), notice["name"]
    assert {t for t in types if t not in words and not t.startswith("Sammanfattning")} == set()


def test_every_key_of_the_settings_is_explained() -> None:
    lines = SETTINGS.splitlines()
    bare = []
    for number, line in enumerate(lines):
        if re.match(r"^\w+ = ", line):
            above = [text for text in lines[max(0, number - 3) : number] if text.strip()]
            if not any(text.startswith("#") for text in above):
                bare.append(line)
    sources_start = next(n for n, line in enumerate(lines) if line == "[kallor]")
    sources = set(lines[sources_start:])
    assert [line for line in bare if line not in sources] == []


def test_demo_settings_mark_everything_as_made_up() -> None:
    before, after = tomllib.loads(SETTINGS), tomllib.loads(demo_settings(SETTINGS))
    assert before["kommun"]["pahittade_uppgifter"] is False
    assert after["kommun"]["pahittade_uppgifter"] is True
    assert after["kommun"]["diarienummer"].startswith("ÖVNING")
    assert {key: value for key, value in after.items() if key != "kommun"} == {
        key: value for key, value in before.items() if key != "kommun"
    }
    assert demo_settings(SETTINGS).count("\n") == SETTINGS.count("\n")  # the comments stay


@pytest.mark.parametrize(
    "text",
    [
        "",
        SETTINGS.replace("pahittade_uppgifter = false", ""),
        SETTINGS.replace("[kommun]", "[kommunen]"),
        SETTINGS.replace("[omrade]", 'diarienummer = "två"\n[omrade]'),
    ],
    ids=["empty", "key-missing", "table-missing", "key-twice"],
)
def test_demo_settings_refuse_a_text_they_do_not_understand(text: str) -> None:
    with pytest.raises(ValueError, match=r"est\.toml"):
        demo_settings(text)


def test_the_scenario_speaks_of_known_categories_sources_and_districts(
    configuration: Configuration,
) -> None:
    scenario = read_scenario()
    assert set(scenario.senders) <= set(configuration.sources)
    assert len(scenario.senders) == 8
    subs = {c.code: {s.code for s in c.subcategories} for c in configuration.categories}
    for stream in scenario.streams:
        assert set(stream.subcategory_weights) <= subs[stream.category_code]
        assert set(stream.weekly_mean) == {"skaggetorp", "ryd", "berga", "city", "ovriga"}
        assert set(stream.source_weights) <= set(scenario.senders)

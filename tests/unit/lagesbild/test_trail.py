"""The trail: every figure of the week leads to rows that add up to it, and each row to its file."""

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from est_pipeline.config import Configuration
from est_pipeline.domain.kinds import Kind
from est_pipeline.lagesbild import issue_words
from est_pipeline.lagesbild.content import Lagesbild, render_json
from est_pipeline.lagesbild.issues import next_issue
from est_pipeline.lagesbild.page import render_page
from est_pipeline.lagesbild.rows import own_id
from est_pipeline.lagesbild.trail import Trail, counted_rows
from tests.lagesbild_frames import INCIDENTS, as_reports, make_content, make_reports, make_row


def rows_under(page: str, anchor: str) -> list[str]:
    """The own ids of the rows in the group of rows that has an id."""
    found = re.search(rf'<tbody id="{re.escape(anchor)}">(.*?)</tbody>', page, re.S)
    assert found is not None, anchor
    return re.findall(r'<tr id="r-(\w+)">', found[1])


def test_every_link_within_the_page_leads_somewhere(page: str) -> None:
    page = re.sub(r"(?s)<script>.*?</script>", "", page)
    ids = set(re.findall(r'\sid="([^"]+)"', page))
    targets = re.findall(r'href="#([^"]+)"', page)
    assert len(targets) > 100
    assert [each for each in targets if each not in ids] == []


def test_the_groups_hold_every_row_once(content: Lagesbild, page: str) -> None:
    trail = Trail(content)
    for kind in (Kind.INCIDENT, Kind.ENVIRONMENT_CASE, Kind.FOUND_BY_EFFORT):
        grouped = [
            row.own_id
            for area in trail.areas(kind)
            for group in area.categories
            for row in group.rows
        ]
        assert sorted(grouped) == sorted(row.own_id for row in content.rows_of(kind))
        for area in trail.areas(kind):
            for group in area.categories:
                assert rows_under(page, group.anchor) == [row.own_id for row in group.rows]
                assert {row.category_code for row in group.rows} == {group.category_code}


def test_a_districts_figure_leads_to_its_rows(content: Lagesbild, page: str) -> None:
    trail = Trail(content)
    for area in content.areas:
        anchor = trail.to(Kind.INCIDENT, area.district_id)
        assert anchor == f"rader-incident.{area.district_id}"
        (card,) = re.findall(rf'aria-labelledby="o-{area.district_id}">.*?</article>', page, re.S)
        assert f'href="#{anchor}"' in card
        (group,) = [each for each in trail.areas(Kind.INCIDENT) if each.anchor == anchor]
        assert group.count == area.incidents.count == INCIDENTS[area.district_id]


def test_a_figure_without_rows_leads_nowhere(content: Lagesbild) -> None:
    trail = Trail(content)
    assert trail.to(Kind.INCIDENT, "ryd", "finns_inte") == ""
    assert trail.to(Kind.FOUND_BY_EFFORT, "ryd") == ""
    assert Trail(replace(content, rows=())).to(Kind.INCIDENT) == ""


def test_places_lead_to_their_rows(content: Lagesbild) -> None:
    trail = Trail(content)
    assert len(trail.places) == len(content.places) > 0
    for place, rows in zip(content.places, trail.places, strict=True):
        assert counted_rows(rows.rows) == place.count


def test_a_source_leads_to_all_rows_that_it_reported(configuration: Configuration) -> None:
    together = [
        make_row(1, incident_id="a"),
        make_row(2, incident_id="a", is_lead_report=False, source_id="tib"),
        make_row(3, source_id="tib"),
    ]
    reasons = {"polisen:K000002-26": "nara 4 min 30 m"}
    content = make_content(configuration, reports=as_reports(together), join_reasons=reasons)
    trail = Trail(content)
    assert {each.name: len(each.rows) for each in trail.sources} == {
        "Polisen, händelser": 1,
        "TiB, händelser": 2,
    }
    text = re.sub(r"<[^>]+>", "", render_page(content)).replace("\N{NO-BREAK SPACE}", " ")
    assert "; nära i tid och plats" in text.replace("&nbsp;", " ")
    assert "4 min" not in text


def test_rows_lead_to_the_appendix_with_full_checksums(content: Lagesbild, page: str) -> None:
    assert content.basis is not None
    appendix = page.partition('id="bilaga-rubrik"')[2]
    for file in content.basis.deliveries:
        assert f'<tr id="fil-{file.number}">' in page
        assert f'href="#bilaga-fil-{file.number}"' in page
        assert f'id="bilaga-fil-{file.number}"' in appendix
        assert f"<code>{file.sha256}</code>" in appendix
    assert f"<code>{content.head.configuration_checksum}</code>" in appendix
    assert 'href="#fil-' in page.partition('class="rader"')[2]
    for anchor in ("regel-plats", "regel-hopslagning"):
        assert f'href="#{anchor}"' in page
        assert f'<dt id="{anchor}">' in page


def test_the_appendix_lists_the_libraries(configuration: Configuration) -> None:
    page = render_page(make_content(configuration, libraries={"pandas": "3.1.1", "duckdb": "2.0"}))
    assert "duckdb&nbsp;2.0, pandas&nbsp;3.1.1" in page


# --- own ids -------------------------------------------------------------------------------------


def test_an_own_id_cannot_be_found_without_the_secret() -> None:
    first = own_id("polisen:K0001-26", secret=b"a" * 32)
    assert first == own_id("polisen:K0001-26", secret=b"a" * 32)
    assert first != own_id("polisen:K0001-26", secret=b"b" * 32)
    assert first != own_id("polisen:K0002-26", secret=b"a" * 32)
    assert re.fullmatch(r"[a-z2-7]{8}", first)


def test_own_ids_depend_on_the_workspace_alone(configuration: Configuration) -> None:
    reports = make_reports(INCIDENTS)

    def ids(secret: bytes) -> set[str]:
        content = make_content(configuration, reports=reports, secret=secret)
        return {row.own_id for row in content.rows}

    assert ids(b"a" * 32) == ids(b"a" * 32)
    assert not ids(b"a" * 32) & ids(b"b" * 32)


# --- what an issue says of the one before --------------------------------------------------------


def before_of(content: Lagesbild) -> dict[str, Any]:
    return dict(json.loads(render_json(content)))


def words_of(content: Lagesbild, before: dict[str, Any]) -> str:
    issue = next_issue(before, content, number=3, replaces_number=2)
    sentences = [issue_words.replaces(issue, content.head), *issue_words.changes(issue)]
    return " ".join(sentences).replace("\N{NO-BREAK SPACE}", " ")


def test_the_first_issue_says_its_number_only(content: Lagesbild) -> None:
    assert issue_words.number(content.issue).replace("\N{NO-BREAK SPACE}", " ") == "Utgåva 1"
    assert issue_words.replaces(content.issue, content.head) == ""
    assert issue_words.changes(content.issue) == ()


def test_an_issue_says_what_it_replaces_and_that_nothing_changed(content: Lagesbild) -> None:
    assert words_of(content, before_of(content)) == (
        "Utgåva 3, ersätter utgåva 2 från mån 23 nov 09.00. Inga antal har ändrats."
    )


def test_an_issue_says_which_figures_changed(content: Lagesbild) -> None:
    before = before_of(content)
    total = sum(INCIDENTS.values())
    ryd = next(each for each in before["areas"] if each["district_id"] == "ryd")
    ryd["incidents"]["count"] -= 2
    before["total"]["incidents"]["count"] -= 2
    before["unplaced"]["environment_cases"]["count"] += 1
    before["rows"] = before["rows"][2:]
    before["head"]["configuration_checksum"] = "0" * 64
    before["head"]["program_version"] = "0.0.9"
    now = INCIDENTS["ryd"]
    text = words_of(content, before)
    assert f"Händelser {total} (förra utgåvan {total - 2}): Ryd {now} ({now - 2})." in text
    assert "Miljöärenden: samma antal tillsammans; utan känd plats" in text
    assert "Två nya rader." in text
    assert text.endswith("Inställningarna har ändrats. Programmet har bytt version.")


def test_an_issue_after_an_unreadable_one_says_so(content: Lagesbild) -> None:
    assert words_of(content, {}) == (
        "Utgåva 3, ersätter utgåva 2. "
        "Siffrorna i den förra utgåvan går inte att läsa, så inget sägs om skillnaden."
    )


@pytest.mark.parametrize("moment", ["2025-12-29T09:00:00+01:00", "2025-12-29T08:00:00+00:00"])
def test_the_moment_replaced_is_local(content: Lagesbild, moment: str) -> None:
    before = before_of(content)
    before["head"]["as_of"] = moment
    assert datetime.fromisoformat(moment).tzinfo is not None
    assert "29 dec 2025 09.00" in words_of(content, before)

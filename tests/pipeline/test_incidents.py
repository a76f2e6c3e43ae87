"""One incident, several reports: from three actors' files to the page, and a human's decisions."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.errors import ConfigError
from est_pipeline.pipeline import report, run_week

HEADER = "rapport_id;start;slut;kategori;underkategori;plats;lat;lon;platstyp;antal_händelser\n"
AS_OF = "2026-11-23T09:00:00+01:00"
FIRES = {
    # the same container fire by three actors, and two others: elsewhere at the same time, and at
    # the same place three hours later
    "rtog": "1;2026-11-17 21:30;;brand;container;;58,4080;15,5640;;\n"
    "2;2026-11-17 21:40;;brand;container;;58,3930;15,6440;;\n",
    "ordningsvakter": "1;2026-11-17 21:45;;brand;;Ryds centrum;;;;\n",
    "vaktare": "1;2026-11-17 21:50;;brand;;;58,4083;15,5645;;\n"
    "2;2026-11-18 01:10;;brand;;;58,4080;15,5640;;\n",
}
EVENING = {
    "kof": "1;2026-11-19 20:00;;ordningsstörning;;Ryd;;;;\n",
    "utb": "1;2026-11-19 20:30;;ordningsstörning;;Ryds centrum;;;;\n",
}


def take_in(workspace: Any, files: dict[str, str], at: str = AS_OF) -> list[str]:
    """Runs the week with one file a source; gives what the operator is told."""
    for source_id, rows in files.items():
        workspace.drop(source_id, f"{source_id} {at[:16].replace(':', '')}.csv", HEADER + rows)
    done = run_week(workspace.configuration, as_of=datetime.fromisoformat(at))
    return list(done.notices)


def page_of(workspace: Any) -> tuple[dict[str, Any], str]:
    file = workspace.paths.reports / "intern" / "2026-W47" / "lagesbild.json"
    figures: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return figures, file.with_suffix(".html").read_text("utf-8")


def joined(workspace: Any) -> list[set[str]]:
    incidents = workspace.table("incident")
    return [set(ids) for ids in incidents.loc[incidents["report_count"] > 1, "report_ids"]]


def doubts(workspace: Any) -> pd.DataFrame:
    return pd.read_csv(workspace.paths.store / "tveksamma_par.csv", sep=";", dtype="str")


def decide(workspace: Any, *rows: str, name: str = "samma_handelse.csv") -> None:
    text = "rapport_a;rapport_b;beslut;beslutad;funktion;kommentar\n" + "".join(
        f"{row};2026-11-23;säkerhetssamordnare;\n" for row in rows
    )
    (workspace.paths.data / "referens" / name).write_text(text, encoding="utf-8-sig")


def test_three_reports_of_one_fire_are_one_incident_and_two_other_fires_are_not(
    workspace: Any,
) -> None:
    assert take_in(workspace, FIRES) == []
    assert joined(workspace) == [{"rtog:1", "ordningsvakter:1", "vaktare:1"}]
    counts = workspace.table("week_district_category")
    assert (counts["incident_count"].sum(), counts["report_count"].sum()) == (3, 5)
    figures, page = page_of(workspace)
    assert figures["total"]["incidents"]["count"] == 3
    assert figures["total"]["report_count"] == 5
    assert len(figures["rows"]) == 3
    [row] = [row for row in figures["rows"] if row["others"]]
    assert {row["source_id"], *(each["source_id"] for each in row["others"])} == set(FIRES)
    assert "3\N{NO-BREAK SPACE}händelser i 5\N{NO-BREAK SPACE}rapporter" in page
    assert "Tre rapporter gäller en och samma händelse, som räknas en gång." in page
    assert 'RTÖG, <a href="#fil-' in page
    assert "rtog:1" not in page + json.dumps(figures)


def test_a_page_is_rebuilt_with_the_joins_of_its_moment(workspace: Any) -> None:
    early, late = "2026-11-18T09:00:00+01:00", "2026-11-18T12:00:00+01:00"
    take_in(workspace, {"rtog": FIRES["rtog"]}, early)
    take_in(workspace, {"vaktare": FIRES["vaktare"]}, late)
    for as_of, incidents in ((early, 2), (late, 3), (early, 2)):
        file = report(
            workspace.configuration,
            as_of=datetime.fromisoformat(as_of),
            week=IsoWeek(2026, 47),
        )
        figures = json.loads(file.with_suffix(".json").read_text("utf-8"))
        assert figures["total"]["incidents"]["count"] == incidents


def test_a_pair_in_doubt_is_listed_and_a_decision_holds_for_good(workspace: Any) -> None:
    notices = take_in(workspace, EVENING)
    assert notices == ["1 par att avgöra: data/lager/tveksamma_par.csv"]
    [pair] = doubts(workspace).to_dict("records")
    assert (pair["rapport_a"], pair["rapport_b"]) == ("kof:1", "utb:1")
    assert pair["skäl"] == "den enas plats är bara känd till stadsdel"
    assert (pair["minuter"], pair["tid_a"], pair["plats_b"]) == (
        "30",
        "2026-11-19 20:00",
        "Ryds centrum",
    )
    assert page_of(workspace)[0]["basis"]["doubt_count"] == 1
    assert "Ett rapportpar är tveksamt" in page_of(workspace)[1]

    decide(workspace, "utb:1;kof:1;samma")
    assert take_in(workspace, {}) == []
    assert joined(workspace) == [{"kof:1", "utb:1"}]
    assert doubts(workspace).empty
    assert page_of(workspace)[0]["total"]["incidents"]["count"] == 1
    # the known place leads
    assert page_of(workspace)[0]["rows"][0]["place_name"] == "Ryds centrum"

    decide(workspace, "utb:1;kof:1;olika")
    assert take_in(workspace, {}) == []
    assert joined(workspace) == []
    assert doubts(workspace).empty


def test_a_human_splits_what_the_rules_join(workspace: Any) -> None:
    take_in(workspace, FIRES)
    decide(workspace, "rtog:1;vaktare:1;olika", name="samma_handelse-2026-v47.csv")
    take_in(workspace, {})
    assert not [group for group in joined(workspace) if {"rtog:1", "vaktare:1"} <= group]
    assert len(joined(workspace)) == 1  # the guards' report stays with one of them


def test_a_decision_can_come_before_the_report(workspace: Any) -> None:
    decide(workspace, "kof:1;utb:1;samma")
    [notice] = take_in(workspace, {"kof": EVENING["kof"]})
    assert "1 beslut gäller en rapport som inte finns bland händelserna" in notice
    assert "data/referens/samma_handelse.csv, rad 2" in notice
    assert take_in(workspace, {"utb": EVENING["utb"]}, "2026-11-23T09:30:00+01:00") == []
    assert joined(workspace) == [{"kof:1", "utb:1"}]


def test_an_answer_left_in_the_list_is_not_lost(workspace: Any) -> None:
    take_in(workspace, EVENING)
    file = workspace.paths.store / "tveksamma_par.csv"
    # as Excel saves it
    file.write_text(doubts(workspace).assign(beslut="samma").to_csv(index=False, sep=";"), "cp1252")
    notices = take_in(workspace, {})
    assert "1 svar i tveksamma_par.csv gäller inte än" in notices[1]
    assert doubts(workspace)["beslut"].tolist() == ["samma"]
    file.rename(workspace.paths.data / "referens" / "samma_handelse v47.csv")
    assert take_in(workspace, {}) == []
    assert joined(workspace) == [{"kof:1", "utb:1"}]


def test_contradicting_decisions_stop_the_run_before_it_touches_anything(workspace: Any) -> None:
    decide(workspace, "kof:1;utb:1;samma", "utb:1;kof:1;olika")
    inbox = workspace.drop("kof", "f.csv", HEADER + EVENING["kof"])
    with pytest.raises(ConfigError, match=r"rad 2; .*rad 3"):
        workspace.take_in()
    assert Path(inbox).is_file()


def test_one_report_that_is_shown_coarsely_is_enough(workspace: Any) -> None:
    rows = {
        "rtog": "1;2026-11-17 21:30;;brand;;;58,4080;15,5640;;\n",
        "vaktare": "1;2026-11-17 21:40;;brand;;;58,4081;15,5641;trapphus;\n",
    }
    take_in(workspace, rows)
    [row] = page_of(workspace)[0]["rows"]
    assert (row["is_coarse"], row["point"], row["occurred_from"]) == (True, None, None)
    assert len(row["others"]) == 1


def test_the_limits_are_the_workspace_s_own(workspace: Any) -> None:
    text = workspace.paths.settings.read_text("utf-8")
    text = text.replace("hogst_minuter = 60", "hogst_minuter = 5")
    workspace.paths.settings.write_text(text, "utf-8")
    take_in(workspace, FIRES)
    # fifteen minutes lie between the fire brigade and the guards, five between the two guards
    assert joined(workspace) == [{"ordningsvakter:1", "vaktare:1"}]

"""Which reports are one incident: the rules at their borders, and joining without chains."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from est_pipeline.analysis.incidents import Rules, join_incidents, judge_pairs
from est_pipeline.domain.incidents import Decision, JoinedReports

RULES = Rules(compatible=frozenset({("brand", "skadegorelse")}))
START = pd.Timestamp("2026-11-17T20:00Z")
TEXT = "Brand i container vid centrum, tre ungdomar sprang från platsen"
MOMENTS = ("occurred_from", "starts_at", "ends_at")


def report(minute: float = 0, **values: Any) -> dict[str, Any]:
    """One side of a pair: a container fire at a known point, at a minute."""
    start = START + pd.Timedelta(minutes=minute)
    side: dict[str, Any] = {
        "report_id": "polisen:1",
        "source_id": "polisen",
        "category_code": "brand",
        "subcategory_code": None,
        "occurred_from": start,
        "starts_at": start,
        "ends_at": start,
        "district_id": "ryd",
        "place_id": None,
        "precision_m": 20.0,
        "incident_number": 1,
        "free_text": None,
    }
    return side | values


def pair_frame(
    pairs: Sequence[tuple[dict[str, Any], dict[str, Any], float | None]],
) -> pd.DataFrame:
    rows = [
        {f"{k}_a": v for k, v in a.items()}
        | {f"{k}_b": v for k, v in b.items()}
        | {"distance_m": distance}
        for a, b, distance in pairs
    ]
    columns = [f"{name}_{side}" for side in "ab" for name in report()] + ["distance_m"]
    frame = pd.DataFrame(rows, columns=columns)
    types = {"precision_m": "float64", "incident_number": "int32"}
    types |= dict.fromkeys(MOMENTS, "datetime64[us, UTC]")
    whole = {f"{name}_{side}": types.get(name, "str") for side in "ab" for name in report()} | {
        "distance_m": "float64"
    }
    return frame.astype(whole)


def judge(distance: float | None, *, minute: float = 30, **values: Any) -> tuple[str, str]:
    """Judges a fire against one told by guards; values named `own_` change the first of them."""
    own = {k.removeprefix("own_"): v for k, v in values.items() if k.startswith("own_")}
    other = {k: v for k, v in values.items() if not k.startswith("own_")}
    guards = {"report_id": "ordningsvakter:1", "source_id": "ordningsvakter"}
    pairs = pair_frame([(report(**own), report(minute, **(guards | other)), distance)])
    turned = pairs.rename(
        columns=lambda n: (
            n[:-1] + {"a": "b", "b": "a"}[n[-1]] if n[-2] == "_" and n != "distance_m" else n
        )
    )
    judged = judge_pairs(pairs, rules=RULES)
    again = judge_pairs(turned, rules=RULES)
    found = (judged["verdict"].iloc[0], judged["reason_code"].iloc[0])
    assert found == (again["verdict"].iloc[0], again["reason_code"].iloc[0])
    return found


@pytest.mark.parametrize(
    ("distance", "values", "verdict"),
    [
        (50, {}, ("same", "nara")),
        (50, {"minute": 60}, ("same", "nara")),
        (50, {"minute": -60}, ("same", "nara")),
        (50, {"minute": 61}, ("doubt", "tid_isar")),
        (50, {"minute": 180}, ("doubt", "tid_isar")),
        (50, {"minute": 181}, ("different", "tid")),
        (100, {}, ("same", "nara")),
        (101, {}, ("doubt", "plats_isar")),
        (290, {}, ("doubt", "plats_isar")),
        (291, {}, ("different", "plats")),
        (170, {"precision_m": 150.0}, ("same", "nara")),
        (171, {"precision_m": 150.0}, ("doubt", "plats_isar")),
        (0, {"precision_m": 301.0}, ("doubt", "vag_plats")),
        (322, {"precision_m": 301.0}, ("different", "plats")),
        (120, {"place_id": "p1", "own_place_id": "p1"}, ("same", "samma_plats")),
        (120, {"place_id": "p1", "own_place_id": "p2"}, ("doubt", "plats_isar")),
        (101, {"minute": 61}, ("different", "flera_tveksamheter")),
        (None, {}, ("doubt", "bara_stadsdel")),
        (None, {"minute": 150}, ("doubt", "bara_stadsdel")),
        (None, {"district_id": "berga"}, ("different", "plats")),
        (None, {"district_id": "ovriga", "own_district_id": "ovriga"}, ("different", "plats")),
        (50, {"category_code": "fordon"}, ("different", "kategori")),
        (50, {"category_code": "skadegorelse"}, ("doubt", "forenlig_kategori")),
        (120, {"category_code": "skadegorelse"}, ("different", "flera_tveksamheter")),
        (50, {"incident_number": 2}, ("doubt", "olika_antal")),
        (50, {"subcategory_code": "brand_fordon"}, ("same", "nara")),
    ],
)
def test_the_rules_at_their_borders(
    distance: float | None, values: dict[str, Any], verdict: tuple[str, str]
) -> None:
    assert judge(distance, **values) == verdict


@pytest.mark.parametrize(
    ("distance", "minute", "verdict"),
    [(50, 30, "same"), (51, 30, "doubt"), (50, 31, "doubt"), (101, 31, "different")],
)
def test_different_subcategories_must_lie_closer(
    distance: float, minute: float, verdict: str
) -> None:
    found = judge(
        distance,
        minute=minute,
        subcategory_code="brand_fordon",
        own_subcategory_code="brand_container",
    )
    assert found[0] == verdict


def test_a_whole_day_and_a_long_interval_decide_nothing() -> None:
    day = {"starts_at": START.normalize(), "ends_at": START.normalize() + pd.Timedelta(days=1)}
    assert judge(0, **day) == ("doubt", "vag_tid")
    assert judge(None, **day) == ("different", "flera_tveksamheter")
    hours = {"starts_at": START, "ends_at": START + pd.Timedelta(hours=4)}
    assert judge(0, **hours) == ("same", "nara")
    assert judge(0, **(hours | {"ends_at": START + pd.Timedelta(hours=4.1)}))[0] == "doubt"


def test_texts_that_are_alike_outweigh_one_open_thing_but_never_the_time() -> None:
    alike = {"free_text": TEXT.replace("tre", "3"), "own_free_text": TEXT}
    assert judge(150, **alike) == ("same", "lik_text")
    assert judge(50, minute=90, **alike) == ("doubt", "tid_isar")
    assert judge(150, minute=90, **alike)[0] == "doubt"
    assert judge(150, free_text="brand", own_free_text="brand")[0] == "doubt"  # too short to tell
    assert judge(150, free_text=TEXT) == ("doubt", "plats_isar")  # one keeps no text
    assert judge(50, free_text="Något helt annat som rör fem gamla cyklar", own_free_text=TEXT)[
        0
    ] == ("same")


# --- joining --------------------------------------------------------------------------------------

SPOTS = {name: (source, minute, metres) for name, source, minute, metres in [
    ("p1", "polisen", 0, 0), ("p2", "polisen", 40, 0), ("o1", "vakt", 20, 0),
    ("r1", "rtog", 10, 0), ("r2", "rtog", 70, 0), ("f1", "falt", 55, 30), ("f2", "falt", 400, 0),
]}  # fmt: skip


def reports_of(names: Sequence[str]) -> pd.DataFrame:
    rows = [(n, SPOTS[n][0], START + pd.Timedelta(minutes=SPOTS[n][1])) for n in names]
    frame = pd.DataFrame(rows, columns=["report_id", "source_id", "occurred_from"])
    return frame.astype({"report_id": "str", "source_id": "str"})


def judged_pairs(names: Sequence[str], **values: Any) -> pd.DataFrame:
    pairs = [
        (
            report(SPOTS[a][1], report_id=a, source_id=SPOTS[a][0], **values),
            report(SPOTS[b][1], report_id=b, source_id=SPOTS[b][0], **values),
            abs(SPOTS[a][2] - SPOTS[b][2]),
        )
        for number, a in enumerate(names)
        for b in names[number + 1 :]
        if SPOTS[a][0] != SPOTS[b][0]
    ]
    return judge_pairs(pair_frame(pairs), rules=RULES)


def same(a: str, b: str) -> Decision:
    return Decision(a, b, is_same=True)


def apart(a: str, b: str) -> Decision:
    return Decision(a, b, is_same=False)


def groups(outcome: JoinedReports) -> set[frozenset[str]]:
    by_incident = outcome.joined.groupby("incident_id")["report_id"]
    return {frozenset(ids) for _, ids in by_incident}


def join(names: str, *decisions: Decision) -> JoinedReports:
    chosen = names.split()
    return join_incidents(reports_of(chosen), judged_pairs(chosen), decisions=decisions)


def test_three_actors_tell_of_one_fire_and_it_is_named_by_the_earliest() -> None:
    outcome = join("o1 r1 p1")
    assert groups(outcome) == {frozenset({"p1", "o1", "r1"})}
    assert set(outcome.joined["incident_id"]) == {"p1"}
    assert outcome.joined["join_reason"].tolist() == ["nara 10 min 0 m"] * 3
    assert outcome.doubts.empty


def test_the_closest_of_several_is_joined_and_the_rest_left_to_a_human() -> None:
    outcome = join("p1 p2 r1")
    assert groups(outcome) == {frozenset({"p1", "r1"})}
    assert outcome.doubts[["report_id_a", "report_id_b", "reason_code"]].to_numpy().tolist() == [
        ["p2", "r1", "flera_mojliga"]
    ]


def test_no_chain_of_pairs_joins_what_does_not_match() -> None:
    # p1 - o1 and o1 - r2 are near enough, p1 - r2 is not
    outcome = join("p1 o1 r2")
    assert groups(outcome) == {frozenset({"p1", "o1"})}
    assert outcome.doubts["reason_code"].tolist() == ["kedja"]


def test_what_a_human_joins_is_joined_also_of_one_source() -> None:
    outcome = join("p1 f2 p2", same("p1", "f2"), same("p2", "p1"))
    assert groups(outcome) == {frozenset({"p1", "p2", "f2"})}
    assert set(outcome.joined["join_reason"]) == {"beslut"}


def test_what_a_human_joins_leaves_the_joins_of_the_rules_alone() -> None:
    outcome = join("p1 o1 f2", same("f2", "p1"))
    assert groups(outcome) == {frozenset({"p1", "o1", "f2"})}
    # a second report of a source that the human put in is not added by rule
    assert groups(join("p1 o1 r2", same("p1", "r2"))) == {frozenset({"p1", "o1", "r2"})}
    assert groups(join("p1 f2 f1", same("p1", "f2"))) == {frozenset({"p1", "f2"})}


def test_what_a_human_splits_is_not_joined_by_a_detour_and_not_asked_again() -> None:
    outcome = join("p1 o1 r1", apart("r1", "p1"))
    assert frozenset({"p1", "o1", "r1"}) not in groups(outcome)
    assert all(not {"p1", "r1"} <= group for group in groups(outcome))
    assert outcome.doubts.empty
    detour = join("p1 o1 f2", same("o1", "f2"), apart("f2", "p1"))
    assert groups(detour) == {frozenset({"o1", "f2"})}
    assert detour.doubts.empty


def test_a_pair_in_doubt_is_asked_once_between_two_incidents() -> None:
    names = ["p1", "o1", "r1", "f1"]
    judged = judged_pairs(names)
    of_f1 = judged["report_id_b"].eq("f1") | judged["report_id_a"].eq("f1")
    judged.loc[of_f1, "verdict"] = "doubt"
    outcome = join_incidents(reports_of(names), judged)
    assert len(outcome.doubts) == 1
    settled = join_incidents(reports_of(names), judged, decisions=[apart("f1", "p1")])
    assert settled.doubts.empty
    together = join_incidents(reports_of(names), judged, decisions=[same("f1", "p1")])
    assert (together.doubts.empty, groups(together)) == (True, {frozenset(names)})


def test_a_decision_about_an_unknown_report_is_kept_and_said() -> None:
    early = same("p1", "okänd:9")
    outcome = join("p1 o1", early)
    assert outcome.without_report == (early,)
    assert groups(outcome) == {frozenset({"p1", "o1"})}


def test_nothing_gives_nothing() -> None:
    outcome = join_incidents(reports_of([]), judge_pairs(pair_frame([]), rules=RULES))
    assert outcome.joined.columns.tolist() == ["report_id", "incident_id", "join_reason"]
    assert outcome.joined.empty
    assert outcome.doubts.empty


@given(st.data())
def test_the_order_of_rows_and_sides_does_not_matter(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(list(SPOTS)), unique=True, max_size=7))
    ids = st.sampled_from(list(SPOTS))
    drawn = data.draw(st.lists(st.tuples(ids, ids), max_size=2))
    decisions = [apart(a, b) for a, b in drawn if a != b]
    outcome = join_incidents(reports_of(names), judged_pairs(names), decisions=decisions)
    shuffled = data.draw(st.permutations(names))
    other = join_incidents(reports_of(shuffled), judged_pairs(shuffled), decisions=decisions[::-1])
    pd.testing.assert_frame_equal(outcome.joined, other.joined)
    keys = ["report_id_a", "report_id_b", "reason_code"]
    assert outcome.doubts[keys].to_numpy().tolist() == other.doubts[keys].to_numpy().tolist()
    for group in groups(outcome):
        sources = [SPOTS[name][0] for name in group]
        assert len(sources) == len(set(sources))  # one of each source
        minutes = [SPOTS[name][1] for name in group]
        assert max(minutes) - min(minutes) <= RULES.minutes  # every pair matches
        assert not [d for d in decisions if set(d.pair) <= group]

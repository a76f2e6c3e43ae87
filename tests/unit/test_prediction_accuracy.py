"""The score of a place ranking, and the backtest against a count made the slow way."""

import json
from datetime import timedelta
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from est_pipeline.analysis.hexagons import cover_area, locate_cells, width_m
from est_pipeline.analysis.prediction_accuracy import (
    BACKTEST_RULES,
    OWN_RULE,
    backtest_places,
    known_in_time,
    prediction_accuracy,
    summarise_places,
)
from est_pipeline.domain.weeks import IsoWeek
from tests.occurrence_rows import ZONE, occurrences

TOWN = shapely.box(15.55, 58.39, 15.66, 58.43)
CELLS = cover_area([TOWN])


def test_published_pai_and_pei(shared_real: Path) -> None:
    expected = json.loads((shared_real / "methods" / "expected.json").read_text("utf-8"))["pai"]
    for case in expected["cases"]:
        found = prediction_accuracy(case["observed"], case["predicted"])
        assert found["pai"].tolist() == pytest.approx(case["pai"])
        assert found["pei"].tolist() == pytest.approx(case["pei"])


def test_pai_and_pei_of_a_bad_ranking() -> None:
    found = prediction_accuracy([0, 3, 6], [3, 2, 1])
    assert found["hit_rate"].tolist() == pytest.approx([0, 1 / 3, 1])
    assert found["pai"].tolist() == pytest.approx([0, 0.5, 1])
    assert found["pei"].tolist() == pytest.approx([0, 3 / 9, 1])


def test_equal_predictions_share_their_hits_whatever_the_order() -> None:
    for observed in ([4, 0, 0, 0], [0, 0, 4, 0], [0, 4, 0, 0]):
        found = prediction_accuracy(observed, [1, 1, 1, 0])
        assert found["hit_count"].tolist() == pytest.approx([4 / 3, 8 / 3, 4, 4])


def test_nothing_happened_gives_no_figure() -> None:
    found = prediction_accuracy([0, 0], [2, 1])
    assert found[["hit_rate", "pai", "pei"]].isna().all(axis=None)
    assert prediction_accuracy([], []).empty
    with pytest.raises(ValueError, match="a cell"):
        prediction_accuracy([1], [1, 2])


def test_an_area_is_covered_without_holes() -> None:
    random = np.random.default_rng(4)
    west, south, east, north = TOWN.bounds
    points = locate_cells(
        pd.Series(random.uniform(west, east, 500)), pd.Series(random.uniform(south, north, 500))
    )
    assert set(points) <= set(CELLS)
    assert width_m(CELLS[0]) == pytest.approx(305, abs=3)
    assert locate_cells(pd.Series([np.nan, 15.6]), pd.Series([58.4, 58.4])).isna().tolist() == [
        True,
        False,
    ]


def many(*, weeks: int = 70) -> pd.DataFrame:
    """A town's incidents: some late, some netted off, vague, outside, coarse; over a week 53."""
    random = np.random.default_rng(7)
    first = IsoWeek(2019, 40)
    west, south, east, north = TOWN.bounds
    spots = np.column_stack([random.uniform(west, east, 25), random.uniform(south, north, 25)])
    rows = []
    for step in range(weeks):
        week = first.plus(step)
        for spot in random.choice(25, size=random.poisson(9), p=np.arange(25, 0, -1) / 325):
            late = timedelta(days=float(random.choice([0, 0, 0, 9, 40])))
            rows.append(
                {
                    "week": str(week),
                    "lon": spots[spot][0] + (0.5 if random.random() < 0.05 else 0),
                    "lat": spots[spot][1],
                    "precision_m": float(random.choice([30, 30, 30, 900])),
                    "is_coarse": bool(random.random() < 0.05),
                    "kind": "environment_case" if random.random() < 0.1 else "incident",
                    "occurrence_count": int(random.choice([1, 1, 1, 1, 2, -1])),
                    "known_at": week.start(ZONE) + timedelta(days=3) + late,
                }
            )
    # nothing of this is history handed over at once
    rows.insert(0, {"week": str(first), "known_at": first.start(ZONE) - timedelta(days=30)})
    return occurrences(rows)


def slowly(frame: pd.DataFrame, *, week: IsoWeek, window: int, cut: pd.Timestamp) -> pd.Series:
    """Count each cell's incidents of the weeks before one, as known at a moment."""
    weeks = [str(week.plus(-back)) for back in range(1, window + 1)]
    chosen = frame[
        (frame["kind"] == "incident")
        & ~frame["is_coarse"]
        & (frame["precision_m"] <= width_m(CELLS[0]))
        & frame["iso_week"].isin(weeks)
        & (frame["known_at"] <= cut)
    ]
    cells = locate_cells(chosen["lon"], chosen["lat"])
    counts = chosen["occurrence_count"].groupby(cells).sum()
    return counts.reindex(CELLS, fill_value=0).clip(lower=0)


def test_each_week_is_foretold_from_what_was_known_and_no_more() -> None:
    frame = many()
    first, last = IsoWeek(2020, 30), IsoWeek(2021, 4)
    found = backtest_places(
        frame, first_week=first, last_week=last, zone=ZONE, area_cells=CELLS, budgets=(0.02, 0.1)
    )
    week, weeks = first, []
    while week <= last:
        weeks.append(str(week))
        cut = pd.Timestamp(week.start(ZONE) + timedelta(days=1))
        happened = slowly(
            frame, week=week.plus(1), window=1, cut=pd.Timestamp.max.tz_localize(ZONE)
        )
        of_week = found[found["iso_week"] == str(week)]
        assert (of_week["incident_count"] == happened.sum()).all()
        for rule, window in (("last_week", 1), ("last_year", 52), ("all_so_far", 200)):
            scores = slowly(frame, week=week, window=window, cut=cut)
            accuracy = prediction_accuracy(happened.to_numpy(), scores.to_numpy())
            for row in of_week[of_week["rule"] == rule].itertuples():
                assert row.hit_count == pytest.approx(
                    accuracy["hit_count"].iloc[row.cell_count - 1]
                )
                assert row.cell_count == int(row.budget * len(CELLS))
                assert row.best_hit_count == happened.nlargest(row.cell_count).sum()
        week = week.plus(1)
    assert found["iso_week"].unique().tolist() == weeks
    assert "2020-W53" in weeks
    assert len(found) == len(weeks) * len(BACKTEST_RULES) * 2
    lot = found[found["rule"] == "random"]
    assert lot["hit_count"].tolist() == pytest.approx(
        (lot["incident_count"] * lot["area_share"]).tolist()
    )
    # all the week's incidents are somewhere: in the area, or beside it
    all_of = frame[frame["kind"] == "incident"].groupby("iso_week")["occurrence_count"].sum()
    assert found["outside_count"].sum() > 0
    assert (
        all_of.reindex(weeks)
        <= lot[lot["budget"] == 0.1]
        .set_index("iso_week")[["incident_count", "outside_count"]]
        .sum(axis=1)
    ).all()


def test_what_comes_later_changes_no_earlier_forecast() -> None:
    frame = many()
    options = {"first_week": IsoWeek(2020, 20), "zone": ZONE, "area_cells": CELLS}
    whole = backtest_places(frame, last_week=IsoWeek(2020, 40), **options)
    cut = frame["iso_week"] <= "2020-W30"
    part = backtest_places(frame[cut], last_week=IsoWeek(2020, 30), **options)
    expected = whole[whole["iso_week"] <= "2020-W30"].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, expected)


def test_a_row_that_comes_twice_counts_once() -> None:
    frame = many(weeks=30)
    options = {
        "first_week": IsoWeek(2020, 1),
        "last_week": IsoWeek(2020, 10),
        "zone": ZONE,
        "area_cells": [*CELLS, *CELLS],
    }
    once = backtest_places(frame, **options)
    twice = backtest_places(pd.concat([frame, frame], ignore_index=True), **options)
    pd.testing.assert_frame_equal(once, twice)


def test_our_rule_finds_the_place_that_recurs() -> None:
    frame = many()
    found = backtest_places(
        frame,
        first_week=IsoWeek(2020, 30),
        last_week=IsoWeek(2021, 4),
        zone=ZONE,
        area_cells=CELLS,
        budgets=(0.1,),
    )
    summary = summarise_places(found).set_index("rule")
    assert summary.loc[OWN_RULE, "pai"] > 3
    assert summary.loc["random", "pai"] == pytest.approx(1)
    assert summary.loc["random", "gain_low"] > 0
    assert summary.loc[OWN_RULE, ["gain", "gain_low", "gain_high"]].tolist() == [0, 0, 0]
    inside = summary[["hit_rate_low", "hit_rate", "hit_rate_high"]].to_numpy()
    assert (np.diff(inside, axis=1) >= -1e-12).all()
    assert (summary["pei"] <= 1).all()
    pd.testing.assert_frame_equal(summary, summarise_places(found).set_index("rule"))


def test_no_history_and_no_incident_are_no_fault() -> None:
    options = {"zone": ZONE, "area_cells": CELLS}
    first, last = IsoWeek(2020, 1), IsoWeek(2020, 3)
    nothing = backtest_places(occurrences([]), first_week=first, last_week=last, **options)
    assert nothing.empty
    assert summarise_places(nothing).empty
    one = occurrences([{"week": "2020-W01", "lon": 15.6, "lat": 58.4, "precision_m": 20.0}])
    found = backtest_places(one, first_week=first, last_week=last, **options)
    assert found["iso_week"].unique().tolist() == ["2020-W02", "2020-W03"]
    assert summarise_places(found)["hit_rate"].isna().all()


def test_history_handed_over_at_once_counts_as_known_in_its_week() -> None:
    handed_over = pd.Timestamp("2021-03-01 08:00", tz=ZONE)
    later = pd.Timestamp("2021-03-20 08:00", tz=ZONE)
    frame = occurrences(
        [
            {"week": "2020-W10", "known_at": handed_over},
            {"week": "2021-W08", "known_at": handed_over},
            {"week": "2021-W09", "known_at": later},
            {"week": "2020-W10", "known_at": later, "source_ids": ["polisen", "mos"]},
            {"week": "2020-W11", "known_at": later, "source_ids": ["mos"]},
        ]
    )
    found = known_in_time(frame, zone=ZONE).dt.tz_convert(ZONE)
    assert [str(moment)[:16] for moment in found] == [
        "2020-03-10 00:00",
        "2021-03-01 08:00",  # known before its week's picture was made
        "2021-03-20 08:00",
        "2020-03-10 00:00",  # the other source handed over its history
        "2020-03-17 00:00",
    ]


def test_the_area_decides_the_size_of_the_cells() -> None:
    coarse = cover_area([TOWN], resolution=8)
    found = backtest_places(
        many(),
        first_week=IsoWeek(2020, 30),
        last_week=IsoWeek(2020, 31),
        zone=ZONE,
        area_cells=coarse,
    )
    assert {h3.get_resolution(cell) for cell in coarse} == {8}
    # one cell at least, however small the budget
    assert found.loc[found["budget"] == 0.01, "cell_count"].eq(1).all()
    assert found["incident_count"].gt(0).all()

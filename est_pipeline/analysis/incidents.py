"""Which reports are of one incident: pairs judged by rules that can be told, then joined.

A wrong join hides an incident, so the rules are narrow: time, place and category must each speak
for it. What speaks for it in all but one respect is left to a human. The idea of comparing pairs
field by field, and of leaving a middle ground to clerical review, is that of Fellegi and Sunter
(1969, "A Theory for Record Linkage"); the limits here are stated ones, not estimated weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from est_pipeline.domain.incidents import JOINED_COLUMNS, Decision, JoinedReports
from est_pipeline.domain.schemas import REST_ID, UNPLACED_ID

SAME, DOUBT, DIFFERENT = "same", "doubt", "different"

FEWEST_WORDS = 5
"""Shorter texts than this say nothing by being alike."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """The limits within which two reports are of one incident.

    `minutes` and `metres`: within these, time and place speak for it; `doubt_minutes` and
    `doubt_metres`: within these, it is at least possible. An interval longer than `vague_hours`
    and a position known to no more than `vague_metres` cannot decide. `compatible` are pairs of
    different categories that may be one incident, both ways. `text_similarity` (0-100) is how
    alike two texts must be to speak for it.
    """

    minutes: float = 60
    metres: float = 100
    doubt_minutes: float = 180
    doubt_metres: float = 250
    vague_hours: float = 4
    vague_metres: float = 300
    text_similarity: float = 80
    compatible: frozenset[tuple[str, str]] = frozenset()


def judge_pairs(pairs: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Judge whether two reports are of one incident: `same`, `doubt` or `different`.

    Time, place and category each speak for it, leave it open, or speak against. All three for:
    `same`. One of them open: `doubt`. Anything against, or two things open: `different`. Different
    numbers of incidents are an open thing too, and so are different subcategories, unless time
    and place are within half their limits. Where a place is vague, times that are open add
    nothing to that. Texts that are alike outweigh one open thing.

    Args:
        pairs: one row a pair, each column but `distance_m` twice, ending in `_a` and `_b`:
            `report_id`, `source_id`, `category_code`, `subcategory_code`, `starts_at` and
            `ends_at` (aware; the whole local day where the clock time is unknown), `district_id`,
            `place_id`, `precision_m` (metres), `incident_number`, `free_text`; `distance_m` is
            missing where one of them has no point.
        rules: the limits.

    Returns:
        The pairs with `verdict`, `reason_code` (what decided: for `doubt` and `different` what is
        open or against), `minutes` between the two intervals, `text_similarity` (missing where
        one of them keeps no text) and `strength` (0 is closest; ranks pairs among themselves).
    """
    judged = pairs.copy()
    starts = [_seconds(judged[f"starts_at_{side}"]) for side in "ab"]
    ends = [_seconds(judged[f"ends_at_{side}"]) for side in "ab"]
    minutes = np.maximum(np.maximum(*starts) - np.minimum(*ends), 0) / 60
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    is_vague_time = np.maximum(*lengths) > rules.vague_hours * 3600
    distance = _numbers(judged["distance_m"])
    has_distance = ~np.isnan(distance)
    precision = [_numbers(judged[f"precision_m_{side}"].fillna(0)) for side in "ab"]
    reach = precision[0] + precision[1]
    is_vague_place = np.maximum(*precision) > rules.vague_metres

    is_same_place = _equal(judged, "place_id")
    is_same_category = _equal(judged, "category_code")
    is_number_open = ~_equal(judged, "incident_number")
    near = np.maximum(rules.metres, reach)

    is_time_for = (minutes <= rules.minutes) & ~is_vague_time
    is_time_open = minutes <= np.where(is_vague_time, rules.minutes, rules.doubt_minutes)
    is_within = has_distance & (distance <= reach + rules.doubt_metres)
    is_place_for = is_within & ~is_vague_place & ((distance <= near) | is_same_place)
    is_district_alone = (
        ~has_distance
        & _equal(judged, "district_id")
        & ~judged["district_id_a"].isin([REST_ID, UNPLACED_ID]).to_numpy(bool)
    )
    is_place_open = np.where(is_vague_place, has_distance & (distance <= reach), is_within)
    is_place_open |= is_district_alone
    is_closest = (minutes <= rules.minutes / 2) & (is_same_place | (distance <= near / 2))
    differs = _both_stated(judged, "subcategory_code") & ~_equal(judged, "subcategory_code")
    is_subcategory_open = differs & ~is_closest

    # the same evening in the same vague place is one open thing: the place
    is_vague = is_vague_place | is_district_alone
    is_time_left = ~is_time_for & (is_vague_time | is_place_for | ~is_vague)

    is_against = {
        "kategori": ~is_same_category & ~_compatible(judged, rules.compatible),
        "tid": ~(is_time_for | is_time_open),
        "plats": ~(is_place_for | is_place_open),
    }
    is_open = {
        "forenlig_kategori": ~is_same_category,
        "vag_tid": is_time_left & is_vague_time,
        "tid_isar": is_time_left,
        "bara_stadsdel": ~is_place_for & is_district_alone,
        "vag_plats": ~is_place_for & ~is_district_alone & is_vague_place,
        "plats_isar": ~is_place_for & ~is_district_alone & ~is_vague_place,
        "olika_underkategori": is_subcategory_open,
        "olika_antal": is_number_open,
    }
    open_count = np.sum(
        [~is_same_category, is_time_left, ~is_place_for, is_subcategory_open, is_number_open],
        axis=0,
    )
    is_ruled_out = np.logical_or.reduce(list(is_against.values()))
    similarity = _text_similarity(judged, where=~is_ruled_out & (open_count <= 2))
    is_text_alike = similarity >= rules.text_similarity
    # texts alone don't join what happened at different times
    left_open = open_count - (is_text_alike & (is_time_for | (open_count > 1)))

    verdict = np.where(
        is_ruled_out | (left_open > 1), DIFFERENT, np.where(left_open == 1, DOUBT, SAME)
    )
    reason = np.select(
        [
            *is_against.values(),
            left_open > 1,
            (verdict == SAME) & (open_count > 0),
            (verdict == SAME) & is_same_place,
            verdict == SAME,
            *is_open.values(),
        ],
        [*is_against, "flera_tveksamheter", "lik_text", "samma_plats", "nara", *is_open],
        default="",
    )
    strength = minutes / max(rules.minutes, 1)
    strength = strength + np.where(has_distance, distance, 10 * near) / np.maximum(near, 1)
    return judged.assign(
        verdict=pd.Series(verdict, index=judged.index, dtype="str"),
        reason_code=pd.Series(reason, index=judged.index, dtype="str"),
        minutes=minutes,
        text_similarity=similarity,
        strength=strength + differs,
    )


def join_incidents(
    reports: pd.DataFrame, judged: pd.DataFrame, *, decisions: Sequence[Decision] = ()
) -> JoinedReports:
    """Join reports into incidents: by a human's decisions, and where none was made by the rules.

    By the rules, every report of an incident must match every other one, and there is at most
    one of each source: the closest pairs are joined first, and a pair that would break this is
    left to a human. What a human has joined is joined whatever the rules say; what a human has
    split is never joined, by no detour either. The order of rows does not matter.

    Args:
        reports: `report_id`, `source_id`, `occurred_from`: at least every report of `judged` and
            every known one that is decided about.
        judged: as `judge_pairs` gives them.
        decisions: what humans decided; none contradicts another one.

    Returns:
        The joined reports (only those that share an incident), the pairs in doubt, at most one
        between two incidents, and the decisions about reports that are not among `reports`. An
        incident is named by its earliest report, (occurred_from, report_id).
    """
    known = reports.drop_duplicates("report_id").set_index("report_id")
    usable = [d for d in decisions if known.index.isin(d.pair).sum() == len(set(d.pair))]
    without_report = tuple(d for d in decisions if d not in usable)
    apart = {decision.pair for decision in usable if not decision.is_same}
    matches = _ordered(judged[judged["verdict"] == SAME])
    named = {*matches["report_id_a"], *matches["report_id_b"], *(i for d in usable for i in d.pair)}
    known = known[known.index.isin(list(named))]  # most candidates match nothing
    groups = _Groups(known["source_id"], apart=apart, matches=matches)
    for decision in usable:
        if decision.is_same:
            groups.join_by_decision(*decision.pair)
    refused: dict[int, str] = {}
    for label, a, b in zip(
        matches.index, matches["report_id_a"], matches["report_id_b"], strict=True
    ):
        reason = groups.join_by_rule(a, b)
        if reason:
            refused[label] = reason
    incident_of = _name_incidents(groups.parts(), known)
    joined = _joined(incident_of, matches, usable)
    open_pairs = pd.concat(
        [
            matches.loc[list(refused)].assign(
                verdict=DOUBT, reason_code=pd.Series(refused, dtype="str")
            ),
            _ordered(judged[judged["verdict"] == DOUBT]),
        ]
    )
    return JoinedReports(
        joined, _left_to_humans(open_pairs, incident_of, apart=apart), without_report
    )


class _Groups:
    """Reports that grow together: by rule alone (`_own`), and with what humans said (`_whole`)."""

    def __init__(
        self, source_of: pd.Series, *, apart: set[tuple[str, str]], matches: pd.DataFrame
    ) -> None:
        self._source_of = source_of.to_dict()
        self._own: dict[str, list[str]] = {}
        self._whole: dict[str, list[str]] = {}
        self._matches = set(zip(matches["report_id_a"], matches["report_id_b"], strict=True))
        self._apart = apart

    def join_by_decision(self, a: str, b: str) -> None:
        """Join what a human says is one incident."""
        _merge(self._whole, a, b)

    def join_by_rule(self, a: str, b: str) -> str:
        """Join a matching pair; where that cannot be, say why not."""
        own_a, own_b = self._own.get(a, [a]), self._own.get(b, [b])
        if own_a is own_b:
            return ""
        whole_a, whole_b = self._whole.get(a, [a]), self._whole.get(b, [b])
        if whole_a is not whole_b:
            if any(_sorted_pair(x, y) in self._apart for x in whole_a for y in whole_b):
                return "beslut"
            if {self._source_of[x] for x in whole_a} & {self._source_of[y] for y in whole_b}:
                return "flera_mojliga"
        if any(_sorted_pair(x, y) not in self._matches for x in own_a for y in own_b):
            return "kedja"
        _merge(self._whole, a, b)
        _merge(self._own, a, b)
        return ""

    def parts(self) -> list[list[str]]:
        """Give the groups of two and more reports."""
        return list({id(part): part for part in self._whole.values()}.values())


def _merge(groups: dict[str, list[str]], a: str, b: str) -> None:
    part_a, part_b = groups.setdefault(a, [a]), groups.setdefault(b, [b])
    if part_a is not part_b:
        part_a.extend(part_b)
        groups.update(dict.fromkeys(part_b, part_a))


def _sorted_pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def _ordered(pairs: pd.DataFrame) -> pd.DataFrame:
    """Give pairs strongest first, the smaller id as a; the sides' other columns are not turned."""
    a, b = pairs["report_id_a"], pairs["report_id_b"]
    is_turned = a > b
    ordered = _turned(pairs, is_turned) if is_turned.any() else pairs
    return ordered.sort_values(["strength", "report_id_a", "report_id_b"], kind="stable")


def _turned(pairs: pd.DataFrame, where: pd.Series) -> pd.DataFrame:
    turned = pairs.copy()
    for name in [column for column in pairs.columns if column.endswith("_a")]:
        other = f"{name[:-2]}_b"
        turned[name] = pairs[name].where(~where, pairs[other])
        turned[other] = pairs[other].where(~where, pairs[name])
    return turned


def _name_incidents(parts: Iterable[list[str]], known: pd.DataFrame) -> pd.Series:
    """Give the incident of each report that shares one, named by the earliest report."""
    members = [(number, report_id) for number, part in enumerate(parts) for report_id in part]
    frame = pd.DataFrame(members, columns=["part", "report_id"]).astype({"report_id": "str"})
    frame["occurred_from"] = known["occurred_from"].reindex(frame["report_id"]).to_numpy()
    frame = frame.sort_values(["occurred_from", "report_id"])
    incident_id = frame.groupby("part")["report_id"].transform("first")
    named: pd.Series = incident_id.set_axis(frame["report_id"]).astype("str")
    return named.sort_index()


def _joined(
    incident_of: pd.Series, matches: pd.DataFrame, decisions: Sequence[Decision]
) -> pd.DataFrame:
    """Give each joined report its incident and the strongest reason for it."""
    inside = matches[
        matches["report_id_a"].map(incident_of).eq(matches["report_id_b"].map(incident_of))
        & matches["report_id_a"].isin(incident_of.index)
    ]
    minutes = inside["minutes"].round().map(" {:.0f} min".format).astype("str")
    metres = inside["distance_m"].round().map(" {:.0f} m".format).astype("str")
    said = inside["reason_code"] + minutes + metres.where(inside["distance_m"].notna(), "")
    sides = pd.concat([said.set_axis(inside[f"report_id_{side}"]) for side in "ab"])
    decided = {report_id for d in decisions if d.is_same for report_id in d.pair}
    reason = sides[~sides.index.duplicated()].reindex(incident_of.index)
    is_decided = incident_of.index.isin(list(decided))
    reason = reason.mask(is_decided | reason.isna().to_numpy(), "beslut")
    return pd.DataFrame(
        {
            "report_id": incident_of.index.astype("str"),
            "incident_id": incident_of.to_numpy(),
            "join_reason": reason.to_numpy(),
        },
        columns=list(JOINED_COLUMNS),
    ).astype("str")


def _left_to_humans(
    pairs: pd.DataFrame, incident_of: pd.Series, *, apart: set[tuple[str, str]]
) -> pd.DataFrame:
    """Give one open pair between two incidents, unless a human has told these two apart."""

    def incident(report_ids: pd.Series) -> pd.Series:
        return report_ids.map(incident_of).astype("str").fillna(report_ids)

    split = pd.DataFrame(sorted(apart), columns=["a", "b"]).astype("str")
    between = _pair_keys(incident(pairs["report_id_a"]), incident(pairs["report_id_b"]))
    is_one = incident(pairs["report_id_a"]).eq(incident(pairs["report_id_b"]))
    is_settled = between.isin(_pair_keys(incident(split["a"]), incident(split["b"])))
    return pairs[~is_one & ~is_settled & ~between.duplicated()].reset_index(drop=True)


def _pair_keys(a: pd.Series, b: pd.Series) -> pd.Series:
    """Give one text a pair, the same whichever of the two comes first."""
    is_turned = a.gt(b)
    keys: pd.Series = a.mask(is_turned, b) + "\n" + b.mask(is_turned, a)
    return keys


def _numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    return values.to_numpy("float64", na_value=np.nan)


def _seconds(moments: pd.Series) -> npt.NDArray[np.float64]:
    return moments.to_numpy("datetime64[us]").astype("int64") / 1e6


def _both_stated(pairs: pd.DataFrame, name: str) -> Flags:
    return (pairs[f"{name}_a"].notna() & pairs[f"{name}_b"].notna()).to_numpy("bool")


def _equal(pairs: pd.DataFrame, name: str) -> Flags:
    """Tell where both state the same; a missing value equals nothing."""
    equal = pairs[f"{name}_a"].eq(pairs[f"{name}_b"]).fillna(False).to_numpy("bool")
    return equal & _both_stated(pairs, name)


def _compatible(pairs: pd.DataFrame, compatible: frozenset[tuple[str, str]]) -> Flags:
    both_ways = {f"{a} {b}" for pair in compatible for a, b in (pair, pair[::-1])}
    said = pairs["category_code_a"].astype("str") + " " + pairs["category_code_b"].astype("str")
    return said.isin(both_ways).to_numpy("bool")


def _text_similarity(pairs: pd.DataFrame, *, where: Flags) -> npt.NDArray[np.float64]:
    """Give how alike two kept texts are (0-100); missing where one keeps none, or a short one."""
    found = np.full(len(pairs), np.nan)
    texts = [pairs[f"free_text_{side}"].astype("str") for side in "ab"]
    is_long = [text.str.count(r"\w+").fillna(0).ge(FEWEST_WORDS).to_numpy() for text in texts]
    chosen = np.flatnonzero(where & is_long[0] & is_long[1])
    if len(chosen):
        from rapidfuzz.fuzz import token_sort_ratio
        from rapidfuzz.utils import default_process

        first, second = (text.to_numpy(object)[chosen] for text in texts)
        found[chosen] = [
            token_sort_ratio(a, b, processor=default_process)
            for a, b in zip(first, second, strict=True)
        ]
    return found

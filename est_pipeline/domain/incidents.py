"""One incident, several reports: what a human decided, what is searched for, what was joined."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Decision:
    """A human's word on two reports: the same incident, or not; it holds for good.

    `where` says in which file and line it stands, in Swedish.
    """

    report_id_a: str
    report_id_b: str
    is_same: bool
    where: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """The two reports, the smaller id first: a decision has no direction."""
        a, b = sorted((self.report_id_a, self.report_id_b))
        return a, b


@dataclass(frozen=True)
class PairSearch:
    """Which pairs of reports are looked at: no further apart than this.

    `minutes` lie between the two intervals; `metres` come on top of what both positions leave
    open. `zone_name` is the zone of whole days. `blocks` maps a category code to the group of
    categories it is compared with (itself where missing); `left_out` are categories whose reports
    bundle several incidents.
    """

    minutes: float
    metres: float
    zone_name: str
    blocks: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


JOINED_COLUMNS = ("report_id", "incident_id", "join_reason")
"""One row a report that shares its incident with another one; the rest are their own incident."""


@dataclass(frozen=True)
class JoinedReports:
    """What the joining of some moment's reports came to.

    `joined` has `JOINED_COLUMNS`. `doubts` has one row a pair that a human should decide: the
    columns of `analysis.incidents.judge_pairs`, strongest first. `without_report` are decisions
    about reports that are not known (yet).
    """

    joined: pd.DataFrame
    doubts: pd.DataFrame
    without_report: tuple[Decision, ...] = ()


def nothing_joined() -> JoinedReports:
    """Give the outcome where every report is an incident of its own."""
    joined = pd.DataFrame({name: pd.Series(dtype="str") for name in JOINED_COLUMNS})
    return JoinedReports(joined, pd.DataFrame())

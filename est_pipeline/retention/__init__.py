"""Retention: what may no longer be kept, shown first and then deleted everywhere.

Nothing is weeded without a decision that `est.toml` names, and nothing but what was shown: a plan
has a code, and only that code carries it out. Reports go by whole ISO weeks, `rapporter_manader`
after they happened and were reported; originals go by the day they came, `arkiv_manader` later;
receipts and quarantined rows, which repeat a few cells of them, at the shorter of the two. The
counts of weeded weeks are kept as numbers, and issued pages are left alone.

Every step can be done again: killed at any moment, the next purge shows what is left and finishes.
"""

from est_pipeline.retention.deletion import PurgeDone, carry_out_purge
from est_pipeline.retention.plan import (
    PurgePlan,
    PurgeState,
    plan_purge,
    purge_state,
    refuse_weeded_week,
)

__all__ = [
    "PurgeDone",
    "PurgePlan",
    "PurgeState",
    "carry_out_purge",
    "plan_purge",
    "purge_state",
    "refuse_weeded_week",
]

"""Carrying out a plan: what was shown is deleted everywhere, in steps that can be redone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from est_pipeline.config import Configuration
from est_pipeline.errors import PurgeError
from est_pipeline.retention.log import LogState, append_log
from est_pipeline.retention.old_files import OldFile, delete_files
from est_pipeline.retention.plan import PurgePlan, limits_of, plan_purge
from est_pipeline.store.warehouse import Warehouse
from est_pipeline.store.weeding import NewPurge


@dataclass(frozen=True)
class PurgeDone:
    """What a purge deleted.

    Attributes:
        plan: the plan that was carried out.
        left: files that could not be deleted; the next plan has them again.
        notices: what else the operator should know, in Swedish: a table that was not rewritten.
        log: the deletion log.
    """

    plan: PurgePlan
    left: tuple[OldFile, ...]
    notices: tuple[str, ...]
    log: Path

    @property
    def is_complete(self) -> bool:
        """Whether all that was planned is gone everywhere."""
        return not (self.left or self.notices)


def carry_out_purge(
    warehouse: Warehouse,
    *,
    plan_code: str,
    configuration: Configuration,
    as_of: datetime,
    at: datetime,
    publish_tables: Callable[[], tuple[str, ...]],
) -> PurgeDone:
    """Delete what a plan showed: in the archive, receipts, quarantine, database and tables.

    The log says first that it begins. Then the files go, then the rows in one transaction, then the
    database is written anew and the tables are published; last the log says how it went. What
    cannot be deleted (open in another program) is left for the next time, and the log says so.

    Args:
        warehouse: the open store.
        plan_code: the code of the plan that was shown.
        configuration: the workspace.
        as_of: the moment of that plan.
        at: the moment that the log gives.
        publish_tables: rewrites the published tables, and gives notices about those it could not.

    Raises:
        ConfigError: the configuration names no gallringsbeslut.
        PurgeError: what would be deleted is not what the code stands for; nothing is deleted.
        StorageError: the log cannot be written (nothing is deleted), the disk is full, or the
            database is held by another program.
    """
    plan = plan_purge(warehouse, configuration=configuration, as_of=as_of)
    if plan_code.strip().upper() != plan.code:
        raise PurgeError(
            f"Plankoden {plan_code.strip()} gäller inte: det som ska gallras har ändrats sedan den "
            "visades, eller så visades den för en annan dag. Inget är gallrat.",
            advice="Kör `est purge` och se den nya planen.",
        )
    at = at.astimezone(configuration.zone)
    log = configuration.paths.purge_log
    if plan.is_empty:
        return PurgeDone(plan, left=(), notices=(), log=log)
    append_log(log, plan, LogState.STARTED, at=at)
    purge_id = warehouse.load_purge(NewPurge(plan.code, plan.decision, plan.as_of_on, at))
    left = delete_files(plan.files, archive=configuration.paths.archive)
    warehouse.delete_weeded(
        purge_id,
        limits_of(plan.boundaries, configuration),
        unnamed=_without_original(warehouse, plan, archive=configuration.paths.archive),
    )
    warehouse.rewrite()
    notices = publish_tables()
    done = PurgeDone(plan, left, notices, log)
    append_log(log, plan, LogState.DONE if done.is_complete else LogState.PARTLY, at=at, left=left)
    if not notices:  # files that were left are found again by themselves
        warehouse.load_purge_completed(purge_id, completed_at=at)
    return done


def _without_original(warehouse: Warehouse, plan: PurgePlan, *, archive: Path) -> list[int]:
    """Give the numbers of the files to be unnamed whose original really is gone."""
    names = {file_id: str(warehouse.delivery(file_id).archive_name) for file_id in plan.unnamed}
    return [file_id for file_id, name in names.items() if not os.path.lexists(archive / name)]

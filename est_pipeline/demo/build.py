"""Making the demo workspace: deliveries one by one by a simulated clock, then the lägesbild."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from est_pipeline.config import Paths, read_configuration
from est_pipeline.deliveries import read_reference, take_in_inbox
from est_pipeline.demo.plan import (
    DEFAULT_LAST_WEEK,
    DEFAULT_SEED,
    TRUTHS_NAME,
    demo_settings,
    plan_demo,
    write_delivery,
    write_truths,
)
from est_pipeline.domain.geography import read_places
from est_pipeline.domain.weeks import IsoWeek
from est_pipeline.errors import StorageError, WorkspaceError
from est_pipeline.pipeline import open_store, publish_tables, write_lagesbild
from est_pipeline.workspace import is_demo_or_free, write_workspace


@dataclass(frozen=True)
class DemoDone:
    """What making the demo came to: how much was taken in, and where page and truths lie."""

    rows_read: int
    file_count: int
    truths: Path
    page: Path


def write_demo(
    root: Path,
    *,
    seed: int = DEFAULT_SEED,
    last_week: IsoWeek = DEFAULT_LAST_WEEK,
    on_progress: Callable[[int, int], None] | None = None,
) -> DemoDone:
    """Make the demo workspace and build its page.

    Args:
        root: a folder that is missing, empty, or a demo that is made anew.
        seed: the same seed gives the same files and pages.
        last_week: the week that the page is about.
        on_progress: told after each file how many of how many are done.

    Raises:
        WorkspaceError: the folder holds something that is no demo; nothing is touched.
        StorageError: the folder cannot be written to.
    """
    if not is_demo_or_free(root):
        raise WorkspaceError(
            f"{root} är inte tom och ingen övningsmapp.",
            advice="Inget är ändrat. Välj en ny mapp till demon.",
        )
    remove_demo(root)
    write_workspace(root, settings=demo_settings)
    configuration = read_configuration(root)
    paths, reference = configuration.paths, read_reference(configuration)
    plan = plan_demo(
        configuration=configuration,
        districts=reference.districts,
        places=read_places(paths.data / configuration.settings.area.places_file),
        seed=seed,
        last_week=last_week,
    )
    truths = write_truths(paths, plan)
    # not drawn at random: the pages' own ids hang on it, and a demo holds nothing to protect
    secret = hashlib.sha256(f"demo {seed}".encode()).hexdigest()
    with open_store(configuration, new_secret=secret) as warehouse:
        for number, delivery in enumerate(plan.deliveries, start=1):
            write_delivery(paths, delivery)
            take_in_inbox(
                warehouse,
                configuration=configuration,
                reference=reference,
                received_at=delivery.received_at,
            )
            if on_progress:
                on_progress(number, len(plan.deliveries))
        publish_tables(warehouse, configuration, reference, as_of=plan.as_of)
        page = write_lagesbild(
            warehouse, configuration, reference, week=last_week, as_of=plan.as_of
        )
    rows_read = int(plan.truths["totals"]["rows_read"])
    return DemoDone(rows_read, len(plan.deliveries), truths, page)


def remove_demo(root: Path) -> None:
    """Remove an earlier demo: its folders `data` and `reports` and its truths, nothing else.

    Raises:
        StorageError: something is open elsewhere or may not be removed.
    """
    paths = Paths(root.resolve())
    try:
        for folder in (paths.data, paths.reports):
            if folder.is_dir():
                shutil.rmtree(folder)
        (paths.root / TRUTHS_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"Den förra demon i {root} går inte att ta bort ({error.strerror}).",
            advice="Stäng det program som har en fil i mappen öppen och kör igen.",
        ) from error

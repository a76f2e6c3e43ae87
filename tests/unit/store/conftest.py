"""A store in memory, and files for it from the few cells that matter."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from est_pipeline.domain.kinds import DeliveryState
from est_pipeline.domain.schemas import empty_placed
from est_pipeline.store import DeliveryOutcome, NewDelivery, Warehouse

DAY_0 = datetime(2026, 11, 2, 8, tzinfo=UTC)
TYPES = empty_placed().dtypes.to_dict()


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


def placed_rows(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Placed rows; a row states what is unusual about it, and its key is all that it states."""
    whole = [
        {
            "line_number": number,
            "row_key": repr(sorted((k, v) for k, v in row.items() if k != "line_number")),
            "kind": "incident",
            "report_type": "händelse",
            "occurred_from": DAY_0,
            "is_time_known": True,
            "is_long_interval": False,
            "iso_week": "2026-W45",
            "category_code": "brand",
            "incident_number": 1,
            "placing": "district",
            "district_id": "ryd",
            **row,
        }
        for number, row in enumerate(rows, start=2)
    ]
    return pd.DataFrame(whole, columns=list(TYPES)).astype(TYPES)


class Intake:
    """Takes files in the way the weekly run does."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def __call__(
        self,
        rows: Sequence[dict[str, Any]],
        *,
        on_day: float,
        name: str = "fil.csv",
        source_id: str = "mos",
        quarantined_count: int = 0,
        version_at: datetime | None = None,
        is_history: bool = False,
    ) -> int:
        """Takes one file in; its bytes are its rows."""
        return self.load(
            placed_rows(rows),
            digest=hashlib.sha256(repr(rows).encode()).hexdigest(),
            on_day=on_day,
            name=name,
            source_id=source_id,
            quarantined_count=quarantined_count,
            version_at=version_at,
            is_history=is_history,
        )

    def load(
        self,
        placed: pd.DataFrame,
        *,
        on_day: float,
        digest: str = "0" * 64,
        name: str = "fil.csv",
        source_id: str = "mos",
        quarantined_count: int = 0,
        version_at: datetime | None = None,
        is_history: bool = False,
    ) -> int:
        """Takes one file of placed rows in."""
        earlier = self.warehouse.live_delivery_with(source_id, digest)
        new = NewDelivery(source_id, name, digest, received_at=day(on_day))
        file_id = self.warehouse.load_delivery(new)
        with self.warehouse.file_load(
            file_id, repeat_of=earlier.file_id if earlier else None
        ) as load:
            load.stage_reports(placed)
            settled = load.settle()
            load.finish(
                DeliveryOutcome(
                    state=DeliveryState.ACCEPTED if settled.accepted_count else DeliveryState.KNOWN,
                    rows_read=len(placed) + quarantined_count,
                    quarantined_count=quarantined_count,
                    version_at=version_at,
                    is_history=is_history,
                )
            )
        return file_id

    def current(self, on_day: float) -> pd.DataFrame:
        """All reports as known on a day."""
        return self.warehouse.reports(
            as_of=day(on_day), first_week="0000-W01", last_week="9999-W52"
        )

    def titles(self, on_day: float) -> list[str]:
        """The titles of the current reports, sorted: which wording stands."""
        return sorted(self.current(on_day)["title"])


@pytest.fixture
def intake() -> Iterator[Intake]:
    with Warehouse.open_in_memory() as warehouse:
        yield Intake(warehouse)


@pytest.fixture
def warehouse(intake: Intake) -> Warehouse:
    return intake.warehouse


@pytest.fixture(scope="session")
def placed() -> Callable[[Sequence[dict[str, Any]]], pd.DataFrame]:
    return placed_rows


@pytest.fixture(scope="session")
def new_intake() -> Callable[[Warehouse], Intake]:
    return Intake

"""The store: what each file showed and when; what is known at a moment is derived from it.

The only room that imports duckdb. The queries stand in `sql/`, one result each.
"""

from est_pipeline.store.deliveries import (
    Delivery,
    DeliveryOutcome,
    NewDelivery,
    NewPlacing,
    Settled,
    UndoResult,
)
from est_pipeline.store.file_load import FileLoad
from est_pipeline.store.publish import PUBLISHED_TABLES, Published
from est_pipeline.store.warehouse import Joining, Warehouse
from est_pipeline.store.weeding import Limits, NewPurge, Purge, Weeded

__all__ = [
    "PUBLISHED_TABLES",
    "Delivery",
    "DeliveryOutcome",
    "FileLoad",
    "Joining",
    "Limits",
    "NewDelivery",
    "NewPlacing",
    "NewPurge",
    "Published",
    "Purge",
    "Settled",
    "UndoResult",
    "Warehouse",
    "Weeded",
]

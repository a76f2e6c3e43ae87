"""The demo: three years of made-up reports with known truths planted in them."""

from est_pipeline.demo.build import DemoDone, remove_demo, write_demo
from est_pipeline.demo.plan import (
    DEFAULT_LAST_WEEK,
    DEFAULT_SEED,
    TRUTHS_NAME,
    DemoDelivery,
    DemoPlan,
    demo_settings,
    plan_demo,
    truths_text,
    write_delivery,
    write_truths,
)

__all__ = [
    "DEFAULT_LAST_WEEK",
    "DEFAULT_SEED",
    "TRUTHS_NAME",
    "DemoDelivery",
    "DemoDone",
    "DemoPlan",
    "demo_settings",
    "plan_demo",
    "remove_demo",
    "truths_text",
    "write_delivery",
    "write_demo",
    "write_truths",
]

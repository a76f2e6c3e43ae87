"""Simulated comparisons of weeks where it is known how right the judging was."""

import numpy as np
import pandas as pd
from scipy.stats import nbinom

from est_pipeline.domain.kinds import Level, Verdict
from est_pipeline.domain.weeks import IsoWeek

DISTRICTS, CATEGORIES, WEEKS = 5, 6, 150
FIRST = IsoWeek(2022, 1)


def judged_weeks(*, true_dispersion: float = 2.0, told_dispersion: float = 2.0) -> pd.DataFrame:
    """Weeks of negative-binomial counts, judged by somebody who believes in another dispersion."""
    generator = np.random.default_rng(7)
    cells = DISTRICTS * CATEGORIES
    mean = np.tile(np.geomspace(0.4, 15, cells), WEEKS)

    def family(dispersion: float) -> tuple[np.ndarray, float]:
        return mean / (dispersion - 1), 1 / dispersion

    count = nbinom.rvs(*family(true_dispersion), random_state=generator)
    below, upto = (nbinom.cdf(count - less, *family(told_dispersion)) for less in (1, 0))
    mid_p = 1 - (below + upto) / 2
    return pd.DataFrame(
        {
            "iso_week": np.repeat([str(FIRST.plus(n)) for n in range(WEEKS)], cells),
            "level": Level.CELL.value,
            "district_id": np.tile(
                np.repeat([f"d{n}" for n in range(DISTRICTS)], CATEGORIES), WEEKS
            ),
            "category_code": np.tile([f"c{n}" for n in range(CATEGORIES)], DISTRICTS * WEEKS),
            "count": count,
            "expected": mean,
            "history_weeks": 104,
            "p_high": mid_p,
            "pit_below": below,
            "pit_upto": upto,
            "verdict": np.where(mid_p < 0.05, Verdict.WATCH.value, Verdict.USUAL.value),
            "is_slow_rise": False,
        }
    )

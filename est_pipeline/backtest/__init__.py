"""`est backtest`: does the judging keep what it promises, on the workspace's own history?

The weeks that have gone are judged again, each with what was known then (`judging`), measured
(`analysis.calibration`) and told in one readable report (`content`, `wording`, `page`).
"""

from est_pipeline.backtest.driver import BacktestDone, run_backtest

__all__ = ["BacktestDone", "run_backtest"]

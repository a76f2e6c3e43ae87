"""The main job killed at 25 random moments; `python -m tests.benchmarks.kills` kills 200 times."""

from pathlib import Path

from tests.benchmarks.kills import faults, kill_again_and_again


def test_killed_at_25_random_moments(tmp_path: Path) -> None:
    survived = kill_again_and_again(tmp_path / "w", kills=25, seed=7, longest_s=2.5)
    assert survived.kill_count == 25
    assert faults(survived) == []

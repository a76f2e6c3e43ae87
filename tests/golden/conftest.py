"""What may differ between two workspaces or two machines is the same in every golden page."""

import secrets

import pytest

from est_pipeline import pipeline


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda size: "5e" * size)
    monkeypatch.setattr(pipeline, "library_versions", lambda: {"Python": "3.11"})

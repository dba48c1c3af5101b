"""Districts to purge: a small one made by hand, and the trained one of the pipeline's tests."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.pipeline.conftest import challenger, extracts, in_service, moved  # noqa: F401 - fixtures
from tests.purge.workspace import SERVICE, TAGS, Small, make_small


@pytest.fixture(scope="session")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return make_small(tmp_path_factory.mktemp("small") / "district")


@pytest.fixture
def small(_small: Small, tmp_path: Path) -> Small:
    """A copy to change."""
    return _small.copied_to(tmp_path / "district")


@pytest.fixture
def model_in_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``ews verify`` find the model that exists in name only as it was registered."""
    registered: Any = SimpleNamespace(version=lambda _number: SimpleNamespace(tags=TAGS))
    monkeypatch.setattr("ews.nightly.verify.champion", lambda _config: SERVICE)
    monkeypatch.setattr("ews.nightly.verify.Registry", lambda _config: registered)

"""Districts to purge: a small one made by hand, and the trained one of the pipeline's tests."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ews.purge.report import PurgeReport
from ews.purge.run import purge
from tests.pipeline.conftest import challenger, extracts, in_service, moved  # noqa: F401 - fixtures
from tests.purge.workspace import CANARY, SERVICE, TAGS, Small, make_small


@pytest.fixture(scope="session")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return make_small(tmp_path_factory.mktemp("small") / "district")


@pytest.fixture
def small(_small: Small, tmp_path: Path) -> Small:
    """A copy to change."""
    return _small.copied_to(tmp_path / "district")


@pytest.fixture(scope="session")
def _purged(_small: Small, tmp_path_factory: pytest.TempPathFactory) -> tuple[Small, PurgeReport]:
    district = _small.copied_to(tmp_path_factory.mktemp("purged") / "district")
    return district, purge(district.config, student=CANARY, yes=True, reason="Request 12")


@pytest.fixture
def untouched(_small: Small) -> Small:
    """The small district. Not to be changed."""
    return _small


@pytest.fixture
def after(_purged: tuple[Small, PurgeReport]) -> Small:
    """The small district after the canary was purged. Not to be changed."""
    return _purged[0]


@pytest.fixture
def report(_purged: tuple[Small, PurgeReport]) -> PurgeReport:
    """What that purge said."""
    return _purged[1]


@pytest.fixture
def purged(_purged: tuple[Small, PurgeReport], tmp_path: Path) -> Small:
    """A copy of it to change."""
    return _purged[0].copied_to(tmp_path / "purged")


@pytest.fixture
def model_in_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``ews verify`` find the model that exists in name only as it was registered."""
    registered: Any = SimpleNamespace(version=lambda _number: SimpleNamespace(tags=TAGS), versions=list)
    monkeypatch.setattr("ews.nightly.verify.champion", lambda _config: SERVICE)
    monkeypatch.setattr("ews.nightly.verify.Registry", lambda _config: registered)

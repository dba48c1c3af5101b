"""One small district for the whole session; tests read it and must not change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ews.simulate.district import simulate


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a district of 600 students over three school years, the last one unfinished."""
    return simulate(tmp_path_factory.mktemp("simulated") / "district", students=600, years=3, seed=3).parent

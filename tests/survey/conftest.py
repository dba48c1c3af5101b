"""A simulated district's extracts, once for all tests of the survey."""

from __future__ import annotations

from pathlib import Path

import pytest

from ews.simulate.district import simulate
from ews.survey.proposal import Proposal
from tests.survey.small import proposed
from tests.survey.unlabelled import write_exports


@pytest.fixture(scope="session")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The canonical extracts of 120 students in two years."""
    folder = tmp_path_factory.mktemp("simulated") / "district"
    simulate(folder, students=120, years=2, seed=1)
    return folder / "extracts"


@pytest.fixture(scope="session")
def exports(extracts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight unlabelled exports of them; nothing may write there."""
    folder = tmp_path_factory.mktemp("delivered") / "exports"
    write_exports(extracts, folder)
    return folder


@pytest.fixture(scope="session")
def eight(exports: Path) -> Proposal:
    """What is proposed for the eight, the configuration standing beside their folder."""
    return proposed(exports)

"""What the measurements share: the folder of the districts, the file of results, and a word on progress."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.plan import FOLDER, RESULTS
from tests.benchmarks.results import Results


@pytest.fixture(scope="session")
def districts_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where districts lie: kept where the caller says so."""
    if FOLDER is None:
        return tmp_path_factory.mktemp("districts")
    root = Path(FOLDER).absolute()
    root.mkdir(parents=True, exist_ok=True)
    return root


@pytest.fixture(scope="session")
def results() -> Results:
    return Results(RESULTS)


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Say where the measurements are, past what pytest captures."""

    def said(sentence: str) -> None:
        with capfd.disabled():
            sys.stderr.write(f"  {sentence}\n")
            sys.stderr.flush()

    return said

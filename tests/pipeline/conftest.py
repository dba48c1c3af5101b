"""One district through the whole job, once per session; tests that change something work on a copy of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ews.simulate.district import simulate
from tests.pipeline.at_work import AtWork, copy_of, sign_off
from tests.pipeline.demo_beside import DemoBeside
from tests.pipeline.made_once import made_once
from tests.pipeline.served_year import NIGHTS, exported

# Threads that spin while they wait make small fits ten times slower on a machine that others use too.
# Set before LightGBM is loaded; it changes no result.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# With seed 1 the evidence is not sufficient for a verdict, so that a sign-off is needed, and nothing fails.
SEED = 1

SETTINGS = """\
  resamples: 200

training: {as_of: [10-01, 01-01], resamples: 100}
cohort: {grades: ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"]}
"""
"""Few snapshots, short resampling; kindergarten left out, so that somebody is excluded."""


@contextmanager
def _everyday_umask() -> Iterator[None]:
    """Work as most accounts do, so that private files are private by the program's doing."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(scope="session", autouse=True)
def demo_beside(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoBeside | None]:
    """Start the demo with the first test of this folder, if a test that waits for it was selected."""
    if not any("whole_demo" in item.nodeid for item in request.session.items):
        yield None
        return
    demo = DemoBeside(tmp_path_factory.mktemp("demo"))
    if (
        "PYTEST_XDIST_WORKER" not in os.environ
    ):  # there each worker has this fixture, and one of them the test
        demo.start()
    yield demo
    demo.end()


@pytest.fixture(scope="session")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """Extracts and configuration; nothing has been loaded. Not to be changed."""

    def make(folder: Path) -> None:
        configuration = simulate(folder, students=700, years=5, seed=SEED)
        with configuration.open("a", encoding="utf-8") as file:
            file.write(SETTINGS)

    return made_once("simulated", tmp_path_factory, make)


@pytest.fixture(scope="session")
def challenger(extracts: AtWork, tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """Loaded and trained; the gate's verdict is open and nobody has decided yet. Not to be changed."""

    def make(folder: Path) -> None:
        district = copy_of(extracts, folder)
        with _everyday_umask():
            assert district.run("ingest") == 0
            assert district.run("train", "--by", "Trainer") == 0
        assert district.figures("evaluation.json")["gate"] == "insufficient_evidence", "choose another seed"

    return made_once("trained", tmp_path_factory, make)


@pytest.fixture(scope="session")
def in_service(challenger: AtWork, tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """Signed off, promoted and scored as of ``AS_OF``. Not to be changed."""

    def make(folder: Path) -> None:
        district = copy_of(challenger, folder)
        with _everyday_umask():
            assert sign_off(district) == 0
            assert district.run("promote") == 0
            assert district.score() == 0

    return made_once("service", tmp_path_factory, make)


@pytest.fixture(scope="session")
def served(in_service: AtWork, tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """Three nights of 2024-25 beside that of the unfinished year. Not to be changed.

    Since they were published the schools reach fewer students: lists filled again would be shorter.
    """
    district = copy_of(in_service, tmp_path_factory.mktemp("served") / "district")
    for day in NIGHTS:
        assert district.score(day) == 0
        exported(district, day, 1)
    district.edit("prevent: {per_school: 15}", "prevent: {per_school: 1}")
    return district


@pytest.fixture
def served_copy(served: AtWork, tmp_path: Path) -> AtWork:
    return copy_of(served, tmp_path / "a copy")


@pytest.fixture
def audited(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run ``ews audit --as-served --json`` and return its answer."""

    def run(district: AtWork, exit_code: int, *options: str) -> dict[str, Any]:
        capsys.readouterr()
        assert district.run("audit", "--as-served", "--json", *options) == exit_code
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        answer: dict[str, Any] = json.loads(printed.out)
        assert answer["exit_code"] == exit_code
        return answer

    return run


@pytest.fixture
def moved(in_service: AtWork, tmp_path: Path) -> AtWork:
    """A copy to change, at a path with spaces, while the place it was trained at still exists."""
    return copy_of(in_service, tmp_path / "moved to another disk")


@pytest.fixture
def unsigned(challenger: AtWork, tmp_path: Path) -> AtWork:
    """A copy to change in which nobody has signed off yet."""
    return copy_of(challenger, tmp_path / "not signed off")


@pytest.fixture(scope="session")
def overridden(extracts: AtWork, tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """A district whose audit cannot be made and whose meal programs are no feature: trained, not signed off.

    Every student has the same sensitive attributes, so there is no group to compare with another.
    """
    district = copy_of(extracts, tmp_path_factory.mktemp("failed") / "no audit possible")
    district.edit("    use: feature\n    authorization:", "    use: audit\n    authorization:")
    district.change_extract(
        "students",
        lambda rows: rows.assign(**{name: rows[name].iloc[0] for name in rows if name != "student_id"}),
    )
    assert district.run("ingest") == 0
    return district

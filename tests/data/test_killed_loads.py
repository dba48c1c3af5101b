"""A load that is killed at any point leaves the old state or the new one, and the next load works."""

from __future__ import annotations

import datetime as dt
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ews.engine import open_reader
from ews.extracts.schema import TABLES
from ews.store.ingest import ingest
from tests.data.faults import Workspace
from tests.data.test_faults import rows

FIRST, AGAIN = dt.datetime(2025, 10, 6, 4), dt.datetime(2025, 10, 7, 4)

DIE_AT_STATEMENT = """
import datetime, os, pathlib, signal, sys
import ews.engine
from ews.config import load_config
from ews.store.ingest import ingest

left = int(sys.argv[2])
run = ews.engine.Session.execute

def dying(self, sql, parameters=()):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    run(self, sql, parameters)

ews.engine.Session.execute = dying
ingest(load_config(pathlib.Path(sys.argv[1])), loaded_at=datetime.datetime(2025, 10, 7, 4))
print("statements", int(sys.argv[2]) - left)
"""


def contents(workspace: Workspace) -> dict[str, list[Any]]:
    with open_reader(workspace.store) as session:
        names = [table.name for table in TABLES] + ["coverage", "quarantine", "loads"]
        return {name: session.rows(f"SELECT * FROM store.{name} ORDER BY ALL") for name in names}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A district that was loaded, and whose extracts have changed since."""
    workspace = Workspace(tmp_path_factory.mktemp("sound"))
    ingest(workspace.write(), loaded_at=FIRST)
    changed = [row | {"code": "E"} for row in rows("attendance")[:20]] + rows("attendance")[20:]
    workspace.with_rows("attendance", changed)
    workspace.with_cells("enrollments", 7, exit_date="2025-10-03")
    return workspace


@pytest.fixture(scope="module")
def states(sound: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """What the store holds before the load and after it."""
    after = sound.copied_to(tmp_path_factory.mktemp("after"))
    ingest(after.configured(), loaded_at=AGAIN)
    return contents(sound), contents(after)


def load_dying_at(workspace: Workspace, statement: int) -> subprocess.CompletedProcess[str]:
    arguments = [str(workspace.folder / "district.yaml"), str(statement)]
    return subprocess.run(
        [sys.executable, "-c", DIE_AT_STATEMENT, *arguments], capture_output=True, text=True, check=False
    )


def statements(sound: Workspace, folder: Path) -> int:
    done = load_dying_at(sound.copied_to(folder), 1_000_000)
    return int(done.stdout.split()[1])


def assert_old_or_new_and_loads(workspace: Workspace, states: tuple[Any, Any]) -> None:
    assert contents(workspace) in states
    ingest(workspace.configured(), loaded_at=AGAIN)
    now = contents(workspace)
    now.pop("loads")
    assert now == {name: rows for name, rows in states[1].items() if name != "loads"}


def test_killed_between_the_statements_of_its_transaction(
    sound: Workspace, states: tuple[Any, Any], tmp_path: Path
) -> None:
    """The last statements write: the transaction, its commit, and what follows it."""
    count = statements(sound, tmp_path / "whole")
    for number in (count - 1, count - 2, count - 12):
        workspace = sound.copied_to(tmp_path / str(number))
        assert load_dying_at(workspace, number).returncode == -signal.SIGKILL
        assert_old_or_new_and_loads(workspace, states)


@pytest.mark.slow
def test_killed_before_every_statement(sound: Workspace, states: tuple[Any, Any], tmp_path: Path) -> None:
    for number in range(statements(sound, tmp_path / "whole")):
        workspace = sound.copied_to(tmp_path / str(number))
        assert load_dying_at(workspace, number).returncode == -signal.SIGKILL
        assert_old_or_new_and_loads(workspace, states)


@pytest.mark.slow
def test_killed_at_fifty_random_moments(sound: Workspace, states: tuple[Any, Any], tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 - moments, not secrets
    for number in range(50):
        workspace = sound.copied_to(tmp_path / str(number))
        arguments = [str(workspace.folder / "district.yaml"), "1000000"]
        process = subprocess.Popen([sys.executable, "-c", DIE_AT_STATEMENT, *arguments])
        time.sleep(chance.uniform(0.4, 2.0))
        process.kill()
        process.wait()
        assert_old_or_new_and_loads(workspace, states)

"""A purge that is killed at any point leaves every file old or new, and the same command completes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.at_work import REPOSITORY
from tests.purge.workspace import NIGHTS, Small

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked to be killed")


def campaign(small: Small, step: int) -> list[dict[str, Any]]:
    script = Path(__file__).with_name("killed_everywhere.py")
    done = subprocess.run(
        [sys.executable, str(script), str(small.folder), str(step)],
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(runs: list[dict[str, Any]]) -> None:
    *killed, finished = runs
    assert finished["ended"] == 0
    for run in killed:
        where = f"killed before change {run['k']}"
        assert run["ended"] == -signal.SIGKILL, where
        before, after = run["before"], run["after"]
        assert len(set(before["tables"])) == 1, f"{where}: the store holds all of the student or nothing"
        assert before["tombstones"] == (0 if all(before["tables"]) else 2), where
        assert before["whole"], f"{where}: a night is half written"
        assert not before["naming"] or before["pending"] or before["tombstones"] == 0, where
        if before["pending"]:
            assert any("was begun and not finished" in each for each in before["problems"]), where
        assert run["again"] == 0, where
        assert after["naming"] == [], where
        assert after["problems"] == [], where
        assert (after["pending"], after["logged"][0], after["tombstones"]) == (0, 1, 2), where
        assert (after["nights"], after["left_over"]) == (len(NIGHTS), []), where


def test_a_purge_killed_here_and_there_is_completed_by_the_same_command(small: Small) -> None:
    check(campaign(small, 17))


@pytest.mark.slow
def test_a_purge_killed_before_any_change_of_a_file_is_completed_by_the_same_command(small: Small) -> None:
    runs = campaign(small, 1)
    assert len(runs) > 40
    check(runs)

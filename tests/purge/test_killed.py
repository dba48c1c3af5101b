"""A purge that is killed at any point leaves every file old or new, and the same command completes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.at_work import REPOSITORY
from tests.purge.workspace import NIGHTS, Small

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked to be killed")


def campaign(small: Small, step: int, kind: str) -> list[dict[str, Any]]:
    script = Path(__file__).with_name("killed_everywhere.py")
    # What is killed cannot tidy up: it spills into a folder that goes with the test.
    spills = small.folder.parent / "spills"
    spills.mkdir()
    done = subprocess.run(
        [sys.executable, str(script), str(small.folder), str(step), kind],
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(spills)},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_student(run: dict[str, Any], where: str) -> None:
    before, after = run["before"], run["after"]
    assert len(set(before["tables"])) == 1, f"{where}: the store holds all of the student or nothing"
    assert before["tombstones"] == (0 if all(before["tables"]) else 2), where
    assert not before["naming"] or before["pending"] or before["tombstones"] == 0, where
    assert after["naming"] == [], where
    assert (after["tombstones"], after["nights"]) == (2, len(NIGHTS)), where


def check_period(run: dict[str, Any], where: str) -> None:
    before, after = run["before"], run["after"]
    assert len(set(before["days"])) == 1, f"{where}: the store holds all of the period or nothing"
    assert before["periods"] == (0 if all(before["days"]) else 1), where
    assert not any(after["days"]), where
    assert (after["periods"], after["nights"]) == (1, 1), where


def check(runs: list[dict[str, Any]], check_kind: Callable[[dict[str, Any], str], None]) -> None:
    *killed, finished = runs
    assert finished["ended"] == 0
    for run in killed:
        where = f"killed before change {run['k']}"
        assert run["ended"] == -signal.SIGKILL, where
        before, after = run["before"], run["after"]
        assert before["whole"], f"{where}: a night is half written"
        if before["pending"]:
            assert any("was begun and not finished" in each for each in before["problems"]), where
        assert run["again"] == 0, where
        assert after["problems"] == [], where
        assert (after["pending"], after["logged"][0], after["left_over"]) == (0, 1, []), where
        check_kind(run, where)


def test_a_purge_killed_here_and_there_is_completed_by_the_same_command(small: Small) -> None:
    check(campaign(small, 45, "student"), check_student)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "check_kind"), [("student", check_student), ("period", check_period)])
def test_a_purge_killed_before_any_change_of_a_file_is_completed_by_the_same_command(
    small: Small, kind: str, check_kind: Callable[[dict[str, Any], str], None]
) -> None:
    runs = campaign(small, 1, kind)
    assert len(runs) > 20
    check(runs, check_kind)

"""Every stage of the job at every size, in a process of its own, beside what bounds it.

``make bench`` runs this and writes docs/benchmarks.md; ``make bench SIZES=1000000 YEARS=2 STAGES=night``
measures one thing. Nothing is asserted but that it ran: figures are for people to read.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.measuring import StageStoppedError, Taken, run_stage
from tests.benchmarks.places import Place
from tests.benchmarks.plan import (
    BY_NAME,
    PEERS,
    PEERS_CEILING,
    ROUNDS,
    SIZES,
    WANTED,
    YEARS,
    Stage,
    is_there,
    skipped,
)
from tests.benchmarks.results import Key, Results

pytestmark = pytest.mark.benchmark

Say = Callable[[str], None]


@pytest.mark.parametrize("name", [name for name in BY_NAME if name in WANTED])
@pytest.mark.parametrize("students", SIZES)
def test_stage(
    benchmark: Any, students: int, name: str, districts_root: Path, results: Results, say: Say
) -> None:
    stage, at = BY_NAME[name], Place(districts_root, students, YEARS)
    _prepare(stage, at, say)
    limits: dict[str, Taken | StageStoppedError] = {}
    taken: list[Taken] = []

    def one_round() -> None:
        taken.append(run_stage(name, at.root, students, YEARS))
        said = f"{name}, {students:,} students, round {len(taken)} of {ROUNDS}: {_in_words(taken[-1])}"
        for limit in stage.limits:
            if (limit not in stage.once or len(taken) == 1) and not skipped(limit, students):
                limits[limit] = _limit(limit, at, say)
                said += f"; {limit} {_in_words(limits[limit])}"
        say(said)
        measured = limits if len(taken) == 1 else {k: v for k, v in limits.items() if k not in stage.once}
        results.add(Key(name, students, YEARS), taken[-1], measured)

    benchmark.pedantic(one_round, rounds=ROUNDS)
    benchmark.extra_info |= {
        "seconds": statistics.median(each.seconds for each in taken),
        "mebibytes": max(each.mebibytes for each in taken),
    }


def _prepare(stage: Stage, at: Place, say: Say) -> None:
    """Make what the stage works on and what is not there yet."""
    at.folder.mkdir(parents=True, exist_ok=True)
    for program in stage.needs:
        if not (skipped(program, at.students) or is_there(program, at)):
            started = time.monotonic()
            run_stage(program, at.root, at.students, at.years)
            say(
                f"({program.replace('_', ' ')}, {at.students:,} students: {time.monotonic() - started:.0f} s)"
            )


def _limit(limit: str, at: Place, say: Say) -> Taken | StageStoppedError:
    if limit not in PEERS:
        return run_stage(limit, at.root, at.students, at.years)
    say(f"{limit}, {at.students:,} students, at most {PEERS_CEILING.seconds / 60:.0f} minutes ...")
    try:
        return run_stage(limit, at.root, at.students, at.years, PEERS_CEILING)
    except StageStoppedError as stopped:
        return stopped


def _in_words(taken: Taken | StageStoppedError) -> str:
    if isinstance(taken, StageStoppedError):
        return str(taken)
    return f"{taken.seconds:.2f} s, {taken.mebibytes:,.0f} MiB"

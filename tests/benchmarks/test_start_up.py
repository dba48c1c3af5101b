"""What a person waits for before anything happens: help, a small district's scores, the champion's record."""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.measuring import Taken, run_stage
from tests.benchmarks.places import AS_OF, Place
from tests.benchmarks.plan import ROUNDS, WANTED, is_there
from tests.benchmarks.results import Key, Results

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif("start-up" not in WANTED, reason="not among the stages asked for"),
]

STUDENTS, YEARS = 500, 5
_PREPARED = ("simulate", "ingest", "make_model", "adopt_model")
_PUBLISHED = (0, 10)


@pytest.fixture(scope="module")
def small(districts_root: Path) -> Place:
    """A district of 500 with a model in service."""
    at = Place(districts_root, STUDENTS, YEARS)
    at.folder.mkdir(parents=True, exist_ok=True)
    for program in _PREPARED:
        if not is_there(program, at):
            run_stage(program, at.root, at.students, at.years)
    return at


def command(arguments: Sequence[str], exits: Sequence[int] = (0,)) -> Taken:
    """Run ews as a person does and return what it took, imports included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "ews", *arguments], capture_output=True, check=False)
    seconds = time.perf_counter() - started
    assert done.returncode in exits, done.stderr[-2000:]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(seconds, cpu, 0.0)


def test_help(benchmark: Any, results: Results, say: Callable[[str], None]) -> None:
    """Asked: at most 0.4 s."""
    command(["--help"])  # compiles the bytecode

    taken: list[Taken] = []

    def one_round() -> None:
        taken.append(command(["--help"]))
        results.add(Key("help", 0, 0), taken[-1], {})

    benchmark.pedantic(one_round, rounds=max(ROUNDS, 7))
    say(f"ews --help: {statistics.median(each.seconds for each in taken):.2f} s")


def test_scoring_500_students(
    benchmark: Any, small: Place, results: Results, say: Callable[[str], None]
) -> None:
    """Asked: at most 10 s, imports included."""

    def score() -> Taken:
        shutil.rmtree(small.workspace / "published", ignore_errors=True)
        arguments = ["score", "-c", str(small.district / "district.yaml"), "--as-of", AS_OF.isoformat()]
        return command(arguments, _PUBLISHED)

    score()

    taken: list[Taken] = []

    def one_round() -> None:
        taken.append(score())
        results.add(Key("score_500", STUDENTS, YEARS), taken[-1], {})

    benchmark.pedantic(one_round, rounds=ROUNDS)
    say(f"ews score, {STUDENTS} students: {statistics.median(each.seconds for each in taken):.1f} s")


def test_looking_the_champion_up(
    benchmark: Any, small: Place, results: Results, say: Callable[[str], None]
) -> None:
    """MLflow's import and one look into its database."""

    taken: list[Taken] = []

    def one_round() -> None:
        taken.append(run_stage("look_up", small.root, small.students, small.years))
        results.add(Key("look_up", STUDENTS, YEARS), taken[-1], {})

    benchmark.pedantic(one_round, rounds=ROUNDS)
    say(f"the champion's record: {statistics.median(each.seconds for each in taken):.1f} s")

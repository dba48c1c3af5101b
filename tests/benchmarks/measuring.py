"""A stage in a process of its own: started, watched for its ceilings, and asked what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).parents[2]
_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class Taken:
    """What a stage took once its libraries were imported and its input was read.

    Attributes
    ----------
    seconds, cpu_seconds : float
        Wall time, and the processor time of all threads and child processes.
    mebibytes : float
        The most memory the process held at any time, input and libraries included.
    parts : dict
        What single steps took, where the stage has some.
    facts : dict
        Counts: rows, trees.
    """

    seconds: float
    cpu_seconds: float
    mebibytes: float
    parts: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Ceiling:
    """Where a stage is stopped: resident memory, and wall time with everything around it."""

    mebibytes: float = float("inf")
    seconds: float = float("inf")


class StageStoppedError(Exception):
    """A stage reached a ceiling.

    Attributes
    ----------
    seconds : float
        After how long.
    """

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class StageFailedError(Exception):
    """A stage ended with an error."""


def run_stage(stage: str, folder: Path, students: int, years: int, ceiling: Ceiling | None = None) -> Taken:
    """Run one stage on a district of a size and return what it took.

    Raises
    ------
    StageStoppedError
        If it reached a ceiling.
    StageFailedError
        If it ended with an error, with the end of what it said.
    """
    arguments = [stage, str(folder), str(students), str(years)]
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.stages", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=said,
        )
        try:
            _watch(child, ceiling or Ceiling())
            out = child.stdout.read() if child.stdout else b""
        finally:
            child.kill()
            child.wait()
        if child.returncode:
            said.seek(0)
            raise StageFailedError(f"{stage}, {students:,} students: {said.read().decode()[-2000:]}")
    return Taken(**json.loads(out.splitlines()[-1]))


def _watch(child: subprocess.Popen[bytes], ceiling: Ceiling) -> None:
    """Wait for a child, and raise :class:`StageStoppedError` once it is above a ceiling."""
    started = time.monotonic()
    process = psutil.Process(child.pid)
    while child.poll() is None:
        try:
            held = process.memory_info().rss / 2**20
        except psutil.Error:
            held = 0.0
        passed = time.monotonic() - started
        if held > ceiling.mebibytes:
            raise StageStoppedError(f"stopped at {ceiling.mebibytes / 1024:.0f} GiB of memory", passed)
        if passed > ceiling.seconds:
            raise StageStoppedError(f"stopped after {ceiling.seconds / 60:.0f} minutes", passed)
        time.sleep(_LOOK_EVERY)


def peak_mebibytes() -> float:
    """Return the most memory that this process has held.

    On Linux from the process's own high-water mark: ``ru_maxrss`` also counts the process that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)

"""Measurements as a JSON file, written after each round: a run that is killed loses nothing.

One record per stage, size and number of years; measuring one again replaces it with its first new round.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import REPOSITORY, StageStoppedError, Taken

Record = dict[str, Any]
_LIBRARIES = ("ews", "duckdb", "narwhals", "lightgbm", "pandas", "numpy", "mlflow")


@dataclass(frozen=True)
class Key:
    """What was measured: a stage at a size."""

    stage: str
    students: int
    years: int

    def record(self) -> Record:
        return {"stage": self.stage, "students": self.students, "years": self.years}


class Results:
    """The file of measurements.

    Parameters
    ----------
    path : Path
        Made when missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun: set[Key] = set()

    def records(self) -> list[Record]:
        """Return every record, by stage, years and size."""
        if not self._path.exists():
            return []
        found: list[Record] = json.loads(self._path.read_text(encoding="utf-8"))
        return found

    def add(self, key: Key, taken: Taken, limits: Mapping[str, Taken | StageStoppedError]) -> None:
        """Add one round of a stage, and what its limits took in the same round, or why they were stopped."""
        told = {name: _told(each) for name, each in limits.items()}
        self._add(key, {**taken.record(), "at": _now(), "limits": told})

    def _add(self, key: Key, round_: Record) -> None:
        records = [each for each in self.records() if key != _key_of(each)]
        mine = next((each for each in self.records() if key == _key_of(each)), None)
        if mine is None or key not in self._begun:
            mine = {**key.record(), "rounds": []}
        self._begun.add(key)
        mine["machine"] = machine()
        mine["rounds"].append(round_)
        self._write(
            sorted([*records, mine], key=lambda each: (each["stage"], each["years"], each["students"]))
        )

    def _write(self, records: Iterable[Record]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".unfinished")
        lines = [json.dumps(each, sort_keys=True) for each in records]
        unfinished.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
        unfinished.replace(self._path)


def _told(limit: Taken | StageStoppedError) -> Record:
    if isinstance(limit, Taken):
        return limit.record()
    return {"stopped": str(limit), "after_seconds": limit.seconds}


def _key_of(record: Record) -> Key:
    return Key(record["stage"], record["students"], record["years"])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor, cores, memory, system, versions and commit."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "gibibytes": round(_memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "note": os.environ.get("BENCH_NOTE", ""),
        "memory_limit": os.environ.get("EWS_MEMORY_LIMIT", "1400MB"),
        "versions": {name: version(name) for name in _LIBRARIES},
        "commit": _commit(),
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _commit() -> str:
    """Return the commit, with a word where the package is not as it was committed."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", "ews", "tests/benchmarks")
    return f"{commit} and what was not committed" if changed else commit


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip()

"""Kill a purge before every change of a file, one after the other, and finish it: a program of its own.

``python killed_everywhere.py FOLDER STEP KIND``: in a copy of the district a purge (of a student, or of a
period) runs in a child process that kills itself before its k-th change, for k = 1, 1 + STEP, ...; then the
same purge is run again, in another child, and everything is looked at. Prints one line of JSON per k. A
program of its own, because only a process that has not opened a database yet can fork without harm.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ews.nightly.verify
from ews.digests import file_digest
from ews.engine import open_reader
from ews.purge.run import purge
from tests.purge.workspace import CANARY, NIGHTS, SERVICE, TAGS, Small, naming

CHANGES = (
    (os, "fsync"),
    (Path, "replace"),
    (Path, "rename"),
    (Path, "unlink"),
    (Path, "mkdir"),
    (shutil, "rmtree"),
)
TABLES = ("students", "enrollments", "attendance", "nurse_visits", "meal_programs")


def dies_before(number: int) -> None:
    """Let this process kill itself before its ``number``-th change of a file."""
    left = [number]

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments, **options)

        return counting

    for owner, name in CHANGES:
        setattr(owner, name, counted(getattr(owner, name)))


def in_a_child(work: Callable[[], None]) -> int:
    """Run work in a child process; return how it ended: 0, 1, or minus the signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def purged(small: Small, kind: str) -> None:
    if kind == "student":
        purge(small.config, student=CANARY, yes=True)
    else:
        purge(small.config, before=NIGHTS[1], yes=True)


def state(small: Small, result: Path) -> None:
    """Write down what a reader finds: how many tables name the student, which files do, what verify says."""
    with open_reader(small.store) as session:
        tables = [
            session.value(f"SELECT count(*) FROM store.{table} WHERE student_id = '{CANARY}'") > 0
            for table in TABLES
        ]
        days = [
            session.value(f"SELECT count(*) FROM store.{table} WHERE date < DATE '{NIGHTS[1]}'") > 0
            for table in ("attendance", "nurse_visits", "calendar", "coverage")
        ]
        tombstones = session.value("SELECT count(*) FROM store.tombstones")
        periods = session.value("SELECT count(*) FROM store.purged_periods")
    registered: Any = SimpleNamespace(version=lambda _number: SimpleNamespace(tags=TAGS), versions=list)
    ews.nightly.verify.champion = lambda _config: SERVICE  # type: ignore[assignment]
    ews.nightly.verify.Registry = lambda _config: registered  # type: ignore[assignment,misc]
    nights = sorted(path for path in (small.workspace / "published").glob("????-*") if path.is_dir())
    logs = [small.workspace / "purges.jsonl", small.workspace / "exports.jsonl"]
    found = {
        "tables": tables,
        "days": days,
        "tombstones": tombstones,
        "periods": periods,
        "nights": len(nights),
        "whole": all(_is_whole(night) for night in nights),
        "naming": naming(small.workspace, CANARY),
        "problems": ews.nightly.verify.verify(small.config).problems,
        "pending": len(list(small.workspace.glob("purge.*.pending"))),
        "logged": [len(path.read_text().splitlines()) if path.exists() else 0 for path in logs],
        "left_over": sorted(path.name for path in (small.workspace / "published").glob(".*")),
    }
    result.write_text(json.dumps(found))


def _is_whole(night: Path) -> bool:
    """Return whether a night's files are those of its manifest: it is the old one or the new one."""
    files = json.loads((night / "manifest.json").read_bytes())["files"]
    return all(file_digest(night / name) == digest for name, digest in files.items())


def looked_at(small: Small, result: Path) -> dict[str, Any]:
    if in_a_child(lambda: state(small, result)):
        return {"error": True}
    found: dict[str, Any] = json.loads(result.read_text())
    return found


def main(folder: Path, step: int, kind: str) -> None:
    number = 1
    while True:
        small = Small(folder).copied_to(folder.parent / f"killed-{number}")
        result = folder.parent / "result.json"

        def killed(small: Small = small, number: int = number) -> None:
            dies_before(number)
            purged(small, kind)

        ended = in_a_child(killed)
        before = looked_at(small, result)
        again = in_a_child(lambda small=small: purged(small, kind))  # type: ignore[misc]
        after = looked_at(small, result)
        line = {"k": number, "ended": ended, "before": before, "again": again, "after": after}
        sys.stdout.write(json.dumps(line) + "\n")
        shutil.rmtree(small.folder)
        if ended != -signal.SIGKILL:
            return
        number += step


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])

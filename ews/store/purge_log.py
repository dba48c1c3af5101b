"""The log of purges, and the notes of those that were begun and are not finished.

The log only grows. It says when, by whom, what kind, how many rows and why; never of whom.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from ews.digests import canonical_json
from ews.private_files import write_private

PURGE_LOG = "purges.jsonl"


def next_name(workspace: Path, today: dt.date) -> str:
    """Return a name for a purge: the date and a counter."""
    taken = {str(each.get("purge")) for each in (*read_lines(workspace / PURGE_LOG), *unfinished(workspace))}
    return next(name for number in range(1, len(taken) + 2) if (name := f"{today}-{number}") not in taken)


def begin(workspace: Path, record: dict[str, Any]) -> None:
    """Note that a purge has begun, before anything is changed."""
    write_private(_note(workspace, record["purge"]), canonical_json(record))


def unfinished(workspace: Path) -> list[dict[str, Any]]:
    """Return the notes of the purges that were begun and not finished, in the order of their names."""
    found = []
    for path in sorted(workspace.glob("purge.*.pending")):
        try:
            record = json.loads(path.read_bytes())
        except ValueError:
            record = {"purge": path.name.split(".")[1], "subject": ""}  # edited by other hands
        found.append(record)
    return found


def finish(workspace: Path, name: str, record: dict[str, Any]) -> None:
    """Log a purge that has been carried out, once, and remove its note."""
    if name not in {each.get("purge") for each in read_lines(workspace / PURGE_LOG)}:
        append_line(workspace / PURGE_LOG, record)
    _note(workspace, name).unlink(missing_ok=True)


def _note(workspace: Path, name: str) -> Path:
    return workspace / f"purge.{name}.pending"


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a log, the oldest first; a line that was cut short by a crash holds none."""
    found = []
    # Not splitlines: it would also cut at characters that JSON leaves as they are inside a text.
    for line in path.read_text(encoding="utf-8").split("\n") if path.exists() else []:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            found.append(record)
    return found


def append_line(path: Path, record: dict[str, Any]) -> None:
    """Add one object to a log that its owner alone can read, on the disk and not only in memory."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "rb+", buffering=0) as log:
        # After a line that a crash cut short, the next begins on a line of its own.
        begin_anew = "\n" if log.seek(0, os.SEEK_END) and not _ends_a_line(log) else ""
        log.write(f"{begin_anew}{json.dumps(record, sort_keys=True, ensure_ascii=False)}\n".encode())
        os.fsync(log.fileno())


def _ends_a_line(log: Any) -> bool:
    log.seek(-1, os.SEEK_END)
    return bool(log.read(1) == b"\n")

"""The log of nights: two lines for every run, when it began and how it ended, that are only added.

A run that was killed has no second line, and that shows. There are counts, dates and sentences in it, never
a student.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ews.store.purge_log import append_line, read_lines

NIGHTS = "nights.jsonl"

PUBLISHED = "published"
UNCHANGED = "unchanged"
CLOSED = "closed"
NO_STUDENTS = "no_students"
HELD = "held"
REFUSED = "refused"
DEFECT = "defect"
BEGUN = "begun"

LOOKED_BACK = "looked_back"
"""The fact of a run that audited a completed year's lists."""


def add_line(workspace: Path, line: dict[str, Any]) -> None:
    """Append one line, on the disk and not only in memory."""
    workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
    append_line(workspace / NIGHTS, {"at": now(), **line})


def now() -> str:
    """Return this moment, UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def runs(workspace: Path) -> list[dict[str, Any]]:
    """Return every run, the oldest first: its last line, or the first where it never ended."""
    found: dict[str, dict[str, Any]] = {}
    for line in read_lines(workspace / NIGHTS):
        if "run" in line:
            found[str(line["run"])] = {**found.get(str(line["run"]), {}), **line}
    return list(found.values())

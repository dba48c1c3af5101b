"""Every run of a night leaves its trace, however it ends: log, status, landing page, heartbeat."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ews.config import Config
from ews.errors import DataRefused, EwsError
from ews.nightly.night_log import BEGUN, DEFECT, PUBLISHED, REFUSED, add_line
from ews.nightly.publish import finish_interrupted
from ews.nightly.status import beat, write_status
from ews.training.run import account

_DISK = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO")
    if hasattr(errno, name)
}
"""What a disk says that is full, damaged or not ours to write."""


@dataclass
class Trace:
    """What a run tells of itself.

    Attributes
    ----------
    outcome : str
        One of the words of :mod:`ews.nightly.night_log`.
    facts : dict
        What else goes into its last line: the day, counts, sentences; never a student.
    school_days : sequence of date, optional
        The school days from the newest list on.
    school_years : sequence of (date, date), optional
        The first and last school day of every stored year.
    """

    outcome: str = PUBLISHED
    facts: dict[str, Any] = field(default_factory=dict)
    school_days: Sequence[dt.date] | None = None
    school_years: Sequence[tuple[dt.date, dt.date]] | None = None


@contextmanager
def recorded(config: Config, command: str) -> Iterator[Trace]:
    """Write the first line of a run, and its last one however the block ends.

    What cannot be written (a full disk) never hides the error that ended the run, and never turns a night
    that was published into one that failed.
    """
    workspace, run, began = config.workspace_dir, uuid.uuid4().hex[:12], time.monotonic()
    trace = Trace()
    with _disk_refusals():
        finish_interrupted(workspace)
        add_line(workspace, {"run": run, "command": command, "outcome": BEGUN, "by": account()})
    try:
        with _disk_refusals():
            yield trace
    except EwsError as error:
        _end(config, trace, run, began, REFUSED, {"exit": error.exit_code, "sentence": error.found})
        raise
    except BaseException as error:
        # The text of a defect may quote a value: only its kind is kept.
        sentence = f"a defect of ews ({type(error).__name__})"
        _end(config, trace, run, began, DEFECT, {"exit": 1, "sentence": sentence})
        raise
    with contextlib.suppress(OSError):
        beat(workspace)
    _end(config, trace, run, began, trace.outcome, {})


@contextmanager
def _disk_refusals() -> Iterator[None]:
    """Turn a disk's failure into a refusal: it is no defect of ours, and somebody has to make room."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise DataRefused(
            "a file could not be read or written",
            expected="room on the disk and permission for this account",
            where="the workspace, or the temporary folder",
            next_step="check the disk and the permissions, then run the command again",
        ) from None


def _end(config: Config, trace: Trace, run: str, began: float, outcome: str, facts: dict[str, Any]) -> None:
    line = {"run": run, "outcome": outcome, "seconds": round(time.monotonic() - began, 1)}
    with contextlib.suppress(OSError):
        add_line(config.workspace_dir, {**line, **trace.facts, **facts})
    with contextlib.suppress(OSError):
        write_status(config, trace.school_days, trace.school_years)

"""One run at a time in a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ews.errors import RunLocked, UsageError


@contextmanager
def workspace_lock(workspace: Path) -> Iterator[None]:
    """Hold the workspace for a run that changes it.

    Raises
    ------
    RunLocked
        At once, if another run holds it. The lock dies with the process that held it.
    UsageError
        If the workspace cannot be written.
    """
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        lock = FileLock(workspace / ".lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise RunLocked(
            "another run is working in this workspace",
            where=workspace.name,
            next_step="wait until it ends, then run the command again",
        ) from None
    except OSError:
        raise UsageError(
            "the workspace cannot be written",
            expected="a folder that this account may write to",
            where=str(workspace),
            next_step="mend its permissions, or choose another workspace",
        ) from None
    try:
        yield
    finally:
        lock.release()

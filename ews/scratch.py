"""Temporary folders that only their owner can read and that a killed run does not leave behind for good.

A folder is held by a lock that dies with its process: the next run of this account finds those that nobody
holds any more and removes them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX = "ews-scratch-"
_HELD = ".held"
_JUST_MADE = 60.0
"""Seconds in which a folder may not be locked yet by the process that made it."""

_ATTEMPTS = 5


class Scratch:
    """A private temporary folder; gone when the block ends, or after a kill with the next run.

    Use it as a context manager, which yields its path, or call :meth:`cleanup`.
    """

    def __init__(self) -> None:
        remove_abandoned()
        for left in reversed(range(_ATTEMPTS)):
            self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
            self._lock = FileLock(self.path / _HELD, timeout=0, thread_local=False)
            try:
                self._lock.acquire()
                if (self.path / _HELD).is_file():
                    return
                self._lock.release()
            except (Timeout, FileNotFoundError):
                if not left:
                    raise
            # Between the lock's file and its lock another run took the folder for an abandoned one.
            _remove(self._folder)
        raise RuntimeError("no temporary folder could be kept")

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self._folder.name)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.cleanup()

    def cleanup(self) -> None:
        """Remove the folder and what is in it."""
        self._lock.release()
        _remove(self._folder)


def _remove(folder: tempfile.TemporaryDirectory[str]) -> None:
    """Remove a folder, also where another run takes it for an abandoned one and removes it as well.

    Who looks whether somebody holds it makes the lock's file anew: then the folder is not empty after all.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            folder.cleanup()
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.ENOENT) or not left:
                raise


def remove_abandoned() -> None:
    """Remove the temporary folders of runs that were killed; those of other accounts are not ours to see."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Another run may remove it at the same moment, and another account's cannot be opened.
        with contextlib.suppress(OSError, Timeout):
            if not _is_own(folder):
                continue
            if time.time() - folder.stat().st_mtime < _JUST_MADE and not (folder / _HELD).is_file():
                continue
            with FileLock(folder / _HELD, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)  # Windows keeps a lock's file while it is held


def _is_own(folder: Path) -> bool:
    """Return whether it is a folder of this account: in a shared place somebody may lay a link."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == getattr(os, "getuid", lambda: found.st_uid)()

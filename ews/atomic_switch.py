"""Putting a finished file or folder in the place of another in one step.

A file replaces a file in one step everywhere. Two folders change places in one step where the system
offers it (Linux ``renameat2``, macOS ``renamex_np``); elsewhere it takes two renames, and the next run mends
what a crash between them leaves.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h
_RENAME_SWAP = 2  # sys/stdio.h of macOS

_NOT_OFFERED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM}
"""What a kernel or a file system (a network share, for one) says that cannot exchange."""


def exchange(one: Path, other: Path) -> bool:
    """Let two existing folders on one file system change places in one step.

    Returns
    -------
    bool
        False, with nothing changed, where this system or file system does not offer it.

    Raises
    ------
    OSError
        If it is offered and fails.
    """
    call = _exchange_call()
    if call is None:
        return False
    if call(os.fsencode(one), os.fsencode(other)) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_OFFERED:
        return False
    raise OSError(number, os.strerror(number))


@cache
def _exchange_call() -> Any:
    """Return a function of two byte paths, 0 when they have changed places; None without one."""
    if not sys.platform.startswith(("linux", "darwin")):
        return None
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return lambda one, other: library.renamex_np(one, other, ctypes.c_uint(_RENAME_SWAP))
        library.renameat2  # noqa: B018 - older C libraries have none
        return lambda one, other: library.renameat2(
            _AT_FDCWD, one, _AT_FDCWD, other, ctypes.c_uint(_RENAME_EXCHANGE)
        )
    except (OSError, AttributeError):
        return None


def flush_folder(folder: Path) -> None:
    """Wait until a folder's entries are on the disk, where the system can say so: renames then survive."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # Windows opens no folders
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network shares refuse
    finally:
        os.close(descriptor)

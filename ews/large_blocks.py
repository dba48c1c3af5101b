"""Large blocks of memory are used again instead of being handed back and asked for anew.

Columns of millions of rows come and go by the thousand when a model is judged. By its defaults the C library
of Linux gives every block above 32 MB back to the system and asks for the next one, which the system has to
find and to blank: of an audit of a million students, a quarter of the time.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h
_KEPT_BLOCK = 2**28
_KEPT_AT_THE_END = 2**29


def keep_large_blocks() -> bool:
    """Let this process keep blocks of up to 256 MiB for itself, and at most 512 MiB that nobody uses.

    What is larger goes back at once, as ever. A thread other than the first keeps less, for itself.

    Returns
    -------
    bool
        Whether the C library heeds it; it is glibc that knows how.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    # One store of blocks for all threads would keep a little more, and let many threads wait for one another.
    settings = ((_MMAP_THRESHOLD, _KEPT_BLOCK), (_TRIM_THRESHOLD, _KEPT_AT_THE_END))
    return all(option(name, value) == 1 for name, value in settings)

"""What is said when a cluster does not finish its work: what ran out, and what to do.

Its own texts quote cells, so none of them is passed on; they are only searched for signs.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from ews.errors import DataRefused, UsageError


class _Cause(NamedTuple):
    signs: tuple[str, ...]
    found: str
    expected: str
    next_step: str


_GONE = "the driver's Java process is not there"

_CAUSES = (
    _Cause(
        ("No space left on device", "Disk quota exceeded", "File too large"),
        "a disk of the cluster is full, or its quota used up",
        "room for what the work spills (spark.local.dir) and for what it writes",
        "free room or name a larger folder in engine.settings, then run the command again; "
        "nothing was published",
    ),
    _Cause(
        ("OutOfMemoryError", "UNABLE_TO_ACQUIRE_MEMORY", "MemoryError", "maxResultSize", "OOMKilled"),
        "the cluster ran out of memory",
        "room for one partition on every worker, and for the sample on the driver (docs/spark.md)",
        "raise spark.executor.memory or spark.driver.memory in engine.settings, then run the command again; "
        "nothing was published",
    ),
    _Cause(
        (_GONE, "SparkContext was shut down", "SparkContext has been shutdown", "stopped SparkContext"),
        "the driver's Java process ended: its memory ran out, or somebody ended it",
        "a driver that stays, with enough memory",
        "raise spark.driver.memory in engine.settings, then run the command again; nothing was published",
    ),
)


def unfinished(error: Exception, where: str) -> DataRefused:
    """Return what is said of work that a cluster did not finish: what ran out, where that can be told."""
    text = _text_of(error)
    for cause in _CAUSES:
        if any(sign in text for sign in cause.signs):
            return DataRefused(cause.found, expected=cause.expected, where=where, next_step=cause.next_step)
    condition = getattr(error, "getCondition", lambda: None)()
    return DataRefused(
        f"the cluster did not finish the work ({condition or type(error).__name__})",
        expected="workers that stay, with room in memory and on their disks",
        where=where,
        next_step="read the cluster's own log, then run the command again; nothing was published",
    )


def _text_of(error: Exception) -> str:
    """Return an error's text; that of a conversation which broke off is not the cluster's own."""
    broke_off = isinstance(error, OSError | EOFError | ValueError) and not _is_of(error, "pyspark")
    if broke_off or type(error).__name__ == "Py4JNetworkError":
        return _GONE
    with suppress(Exception):  # texts are asked for only now, of a process that may not be there any more
        thrown = getattr(error, "java_exception", None)
        if thrown is not None:
            thrown.toString()
        return str(error)
    return _GONE


def _is_of(error: Exception, library: str) -> bool:
    return type(error).__module__.partition(".")[0] == library


def no_cluster(error: Exception) -> UsageError:
    """Return what is said where Spark could not be started, or its cluster does not answer."""
    condition = getattr(error, "getCondition", lambda: None)()
    return UsageError(
        f"Spark could not be started ({condition or type(error).__name__})",
        expected="Java 17 or newer, and a cluster that answers (engine.master or engine.remote)",
        where="engine",
        next_step="install Java (JAVA_HOME), or mend the address",
    )

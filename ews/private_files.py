"""Files that only their owner can read, and that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from ews.atomic_switch import exchange, flush_folder

_FLUSHED_AT_ONCE = 8


def write_private(path: Path, content: bytes) -> None:
    """Write a file aside and switch it in place; readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Two processes may write one file at once: each has a name of its own until it switches.
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


class AsItWas(Exception):  # noqa: N818 - a decision, not an error
    """Raised inside :func:`staged_folder` to leave the target as it is: there is nothing new in it."""


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target`` and switch it in place when the block ends well.

    On any exception the staged folder is removed and ``target`` is as it was; on :class:`AsItWas` the block
    ends there and nothing is raised.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staging = target.with_name(f".{target.name}.partial")
    replaced = target.with_name(f".{target.name}.replaced")
    if replaced.exists() and not target.exists():
        replaced.rename(target)  # the last switch was cut short between its two steps
    for left_over in (staging, replaced):
        shutil.rmtree(left_over, ignore_errors=True)
    staging.mkdir(mode=0o700)
    try:
        yield staging
        _flush_all(staging)
    except AsItWas:
        shutil.rmtree(staging, ignore_errors=True)
        return
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    _switch(staging, target, replaced)
    flush_folder(target.parent)


def _flush_all(folder: Path) -> None:
    """Wait until what was written is on the disk: a switch to files that a power cut empties is none."""
    paths = sorted(folder.rglob("*"))
    # Together: a disk that is asked for one file at a time is waited for thousands of times.
    with ThreadPoolExecutor(_FLUSHED_AT_ONCE) as pool:
        list(pool.map(_flush, [path for path in paths if not path.is_dir()]))
    for path in paths:
        if path.is_dir():
            flush_folder(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _switch(staging: Path, target: Path, replaced: Path) -> None:
    if not target.exists():
        staging.rename(target)
        return
    if exchange(staging, target):
        shutil.rmtree(staging, ignore_errors=True)
        return
    target.rename(replaced)
    staging.rename(target)
    shutil.rmtree(replaced, ignore_errors=True)


def remove_left_overs(folder: Path) -> None:
    """Remove what killed runs left aside in a folder; only for whoever holds the workspace.

    A folder that was moved aside and whose place is empty is the last complete one, and goes back there.
    """
    for path in sorted(folder.glob(".*.replaced")):
        target = path.with_name(path.name.removeprefix(".").removesuffix(".replaced"))
        if not target.exists():
            path.rename(target)
    for path in sorted((*folder.glob(".*.partial"), *folder.glob(".*.replaced"))):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def owner_only() -> Iterator[None]:
    """Create every file in the block readable by its owner only, whatever the account's default."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)

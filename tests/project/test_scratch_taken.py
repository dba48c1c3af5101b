"""A temporary folder that another run takes for an abandoned one, in the moment before it is locked."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout

from ews.scratch import Scratch

REAL = FileLock.acquire


@pytest.mark.parametrize("removed", [False, True])
def test_a_folder_taken_before_it_was_locked_is_given_up_for_another(
    removed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []

    def acquire(lock: FileLock, *arguments: Any, **options: Any) -> Any:
        if taken:
            return REAL(lock, *arguments, **options)
        taken.append(lock.lock_file)
        if not removed:
            raise Timeout(lock.lock_file)
        shutil.rmtree(Path(lock.lock_file).parent)
        raise FileNotFoundError

    monkeypatch.setattr("ews.scratch.remove_abandoned", lambda: None)
    monkeypatch.setattr(FileLock, "acquire", acquire)
    with Scratch() as folder:
        assert folder.is_dir()
        assert folder != Path(taken[0]).parent
        assert not Path(taken[0]).parent.exists()
    assert not folder.exists()


def test_a_folder_that_is_gone_once_it_is_locked_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def acquire(lock: FileLock, *arguments: Any, **options: Any) -> Any:
        held = REAL(lock, *arguments, **options)
        if not taken:
            taken.append(lock.lock_file)
            shutil.rmtree(Path(lock.lock_file).parent)
        return held

    monkeypatch.setattr("ews.scratch.remove_abandoned", lambda: None)
    monkeypatch.setattr(FileLock, "acquire", acquire)
    with Scratch() as folder:
        assert folder.is_dir()
        assert folder != Path(taken[0]).parent


def test_a_folder_that_another_run_looks_into_while_it_is_removed_is_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To see whether somebody holds it, the other one makes the lock's file anew."""
    real, looked = os.rmdir, []

    def rmdir(path: Any, *, dir_fd: int | None = None) -> None:
        if not looked:
            looked.append(path)
            (folder / ".held").touch()
        real(path, dir_fd=dir_fd)

    with Scratch() as folder:
        monkeypatch.setattr(os, "rmdir", rmdir)
    assert looked
    assert not folder.exists()


def test_folders_that_are_always_taken_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def acquire(lock: FileLock, *_: Any, **__: Any) -> Any:
        raise Timeout(lock.lock_file)

    monkeypatch.setattr("ews.scratch.remove_abandoned", lambda: None)
    monkeypatch.setattr(FileLock, "acquire", acquire)
    with pytest.raises(Timeout):
        Scratch()

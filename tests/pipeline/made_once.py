"""A district that several test processes look at is made by one of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.pipeline.at_work import AtWork


def made_once(name: str, factory: pytest.TempPathFactory, make: Callable[[Path], None]) -> AtWork:
    """Return the district of a name; whoever comes first makes it, the others wait for it.

    Parameters
    ----------
    make : callable
        Makes the district in a folder that is not there yet. Where it fails, the next one tries again.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # each worker has a folder of its own in it
    folder, done = root / "made once" / name / "district", root / "made once" / name / "done"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / "lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return AtWork(folder)

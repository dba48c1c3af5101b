"""Whole commands against the figures they have to reach: measured here, never asserted in a test.

Run with ``make bench-asked``; absolute times depend on the machine.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.benchmark


def _run(arguments: list[str], folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "ews", *arguments], cwd=folder, check=True, capture_output=True)


def test_help(benchmark: Any, tmp_path: Path) -> None:
    """At most 0.5 s."""
    benchmark.pedantic(_run, (["--help"], tmp_path), rounds=7, warmup_rounds=2)


def test_demo(benchmark: Any, tmp_path: Path) -> None:
    """At most 150 s for 6,000 students in 12 schools over 6 years."""
    benchmark.pedantic(_run, (["demo"], tmp_path), rounds=1)

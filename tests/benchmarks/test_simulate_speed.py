"""A district of 100,000 students and five years is simulated in less than 5 minutes and 4 GiB."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

_PROGRAM = """
import sys
from pathlib import Path
from ews.simulate.district import simulate
simulate(Path(sys.argv[1]), students=100_000, years=5, seed=1)
"""


@pytest.mark.benchmark
def test_a_large_district_is_simulated_within_five_minutes_and_four_gibibytes(tmp_path: Path) -> None:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", _PROGRAM, str(tmp_path / "district")], check=True)
    seconds = time.perf_counter() - started
    gibibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20

    assert seconds < 300
    assert gibibytes < 4


@pytest.mark.benchmark
def test_a_small_district_for_tests_takes_a_few_seconds(tmp_path: Path) -> None:
    from ews.simulate.district import simulate

    started = time.perf_counter()
    simulate(tmp_path / "district", students=1_000, years=6, seed=1)

    assert time.perf_counter() - started < 5

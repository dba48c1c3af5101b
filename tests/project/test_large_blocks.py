"""Large blocks of memory are used again: the system is not asked for each of them anew."""

import platform
import subprocess
import sys

import pytest

from ews import cli
from ews.large_blocks import keep_large_blocks

FAULTS = """
import resource, sys
import numpy as np
from ews import cli
from ews.large_blocks import keep_large_blocks
if sys.argv[1] == "kept":
    assert keep_large_blocks()
def come_and_go(times):
    for _ in range(times):
        np.empty(6_000_000).fill(1.0)  # 48 MB: above what is kept by default
come_and_go(2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
come_and_go(50)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")


def faults(how: str) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True, timeout=120
    )
    return int(ran.stdout)


@glibc
def test_memory_that_comes_and_goes_is_asked_for_once() -> None:
    assert faults("kept") < faults("default") / 5


def test_the_command_line_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(cli, "keep_large_blocks", lambda: asked.append(True))
    monkeypatch.setattr(sys, "argv", ["ews", "--version"])
    with pytest.raises(SystemExit):
        cli.main()
    assert asked == [True]


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_large_blocks() is False

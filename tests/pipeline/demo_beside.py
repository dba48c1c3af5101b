"""A demo in a process of its own while other tests run: it takes most of a minute and needs nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ews.simulate.district import simulate
from tests.pipeline.at_work import REPOSITORY


class DemoBeside:
    """A demo over what an earlier one left; :meth:`finished` waits for it, and starts it if nobody has.

    Parameters
    ----------
    parent : Path
        An empty folder: where the demo is started, and where its folder is made.
    """

    def __init__(self, parent: Path) -> None:
        self._folder = parent / "a demo with spaces"
        self._said = parent / "said.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start the demo."""
        _leave_an_earlier_demo(self._folder)
        command = [sys.executable, "-m", "ews", "demo", "--students", "300", "--workspace", self._folder.name]
        with self._said.open("wb") as out:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder.parent,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        return self._process

    def finished(self) -> tuple[Path, int, str]:
        """Wait for the end; return the demo's folder, its exit code and everything it said."""
        exit_code = (self._process or self.start()).wait(timeout=300)
        return self._folder, exit_code, self._said.read_text(encoding="utf-8")

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _leave_an_earlier_demo(folder: Path) -> None:
    simulate(folder, students=60, years=1, seed=2)
    old_reports = folder / "workspace" / "reports" / "2020-01-01-1"
    old_reports.mkdir(parents=True)
    (old_reports / "fairness.html").write_text("old")
    (folder / "mlruns").mkdir()

"""Parsing a model in a process of its own first: LightGBM can crash on a file, and the night with it.

The other process (``parse_child.py``) gets the text and LightGBM's own library, and nothing else. It finds
out whether the library reads the text and predicts a row with it; nothing that the text says is executed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ews.errors import ModelUnusable

_SECONDS = 120
_CHILD = Path(__file__).with_name("parse_child.py")


class ParseCheck:
    """A check that runs beside other work: the block of a ``with``.

    Parameters
    ----------
    text : str
        The model's text, already verified against its digest.
    """

    def __init__(self, text: str) -> None:
        self._text = text.encode()
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter and file, nothing from the current folder
            [sys.executable, "-I", "-S", str(_CHILD), str(_library())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def __enter__(self) -> ParseCheck:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for the answer; after an error of the other work, end without one."""
        if kind is None:
            self.wait()
            return
        self._process.kill()
        self._process.communicate()

    def wait(self) -> None:
        """Wait for the answer.

        Raises
        ------
        ModelUnusable
            If the process crashed, hung or refused.
        """
        try:
            self._process.communicate(self._text, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        if self._process.returncode != 0:
            raise ModelUnusable(
                "the model's file is the one that was audited, and LightGBM on this machine cannot read it",
                expected="a file that this version of LightGBM reads",
                where="the registry's artifacts",
                next_step="install the versions of the lock file, or promote another version",
            )


def _library() -> Path:
    """Return LightGBM's shared library, without importing its package."""
    spec = find_spec("lightgbm")
    found = sorted(Path(spec.origin).parent.glob("**/lib_lightgbm.*")) if spec and spec.origin else []
    if not found:
        raise ModelUnusable(
            "LightGBM's library is not where its package is",
            expected="a whole installation of lightgbm",
            where="this Python environment",
            next_step="install the versions of the lock file",
        )
    return found[0]

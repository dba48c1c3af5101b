"""Parsing a model in a process of its own first: LightGBM can crash on a file, and the night with it.

``python -m ews.model.parse_check`` reads a model's text on standard input and ends with 0 if LightGBM can
read it and predict a row with it. Nothing that the text says is executed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ews.errors import ModelUnusable

_SECONDS = 120
_HOUSE = str(Path(__file__).parents[2])
"""Where this very package lies: the other process imports no other."""


class ParseCheck:
    """A check that runs beside other work: the block of a ``with``.

    Parameters
    ----------
    text : str
        The model's text, already verified against its digest.
    """

    def __init__(self, text: str) -> None:
        self._text = text.encode()
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter and module, nothing from the current folder
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": _HOUSE},
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


def _main() -> None:
    import numpy as np
    import pandas as pd

    from ews.features.matrix import FEATURES
    from ews.model import booster

    row = pd.DataFrame(np.full((1, len(FEATURES)), np.nan), columns=list(FEATURES))
    score = booster.raw_scores(sys.stdin.buffer.read().decode(), row)
    sys.exit(0 if np.isfinite(score).all() else 3)


if __name__ == "__main__":
    _main()

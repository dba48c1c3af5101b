"""How long work tells where it is: a step's name and the share of it that is done."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with a step's name and the share done, from 0 to 1."""


def silent(step: str, share: float) -> None:
    """Tell nobody."""

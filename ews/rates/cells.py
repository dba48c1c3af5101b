"""Cells as they may be shown: numbers, a coarse share, or suppressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ews.equity.suppression import SUPPRESSED, Suppressed
from ews.rates.counts import Count, Counts
from ews.rates.small_cells import Status

_STEPS = ((3_000, 1_000, 1, 1), (300, 100, 1, 0), (60, 20, 5, 0))
"""From how many students on, into how many steps a whole is rounded, the band at its ends in percent (as in
:func:`ews.equity.suppression.banded_percent`), and decimal places."""


@dataclass(frozen=True)
class Cell:
    """One cell as it may be shown: numbers, or suppressed.

    ``about`` is a coarse share in words where the counts are withheld only because another definition
    stands beside; empty otherwise. ``rate`` is None where nobody is counted.
    """

    n: int | Suppressed
    chronic: int | Suppressed
    rate: float | Suppressed | None
    about: str = ""


def cells_of(counts: Counts, status: Mapping[tuple[str, str], Status]) -> dict[tuple[str, str], Cell]:
    """Return the cells of a column by ``(by, group)``."""
    nobody = Count(0, 0)
    return {
        (by, group): _cell(counts.total if by == "district" else counts.by[by].get(group, nobody), each)
        for (by, group), each in status.items()
    }


def _cell(counted: Count, status: Status) -> Cell:
    if status == "exact":
        return Cell(counted.n, counted.chronic, counted.rate)
    n = counted.n if status == "counted" else SUPPRESSED
    return Cell(n, SUPPRESSED, SUPPRESSED, coarse_share(counted) if status == "coarse" else "")


def coarse_share(counted: Count) -> str:
    """Return a share so coarse that at least three counts would give it; empty below 60 students.

    Examples
    --------
    >>> coarse_share(Count(6000, 1363)), coarse_share(Count(500, 77)), coarse_share(Count(100, 17))
    ('about 22.7%', 'about 15%', 'about 15%')
    >>> coarse_share(Count(5000, 12)), coarse_share(Count(40, 12))
    ('about 1.0% or less', '')
    """
    for least, steps, band, digits in _STEPS:
        if counted.n >= least:
            percent = (2 * counted.chronic * steps + counted.n) // (2 * counted.n) * 100 / steps
            edge = " or less" if percent <= band else " or more" if percent >= 100 - band else ""
            return f"about {min(max(percent, band), 100 - band):.{digits}f}%{edge}"
    return ""

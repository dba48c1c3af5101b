"""Whether tonight's students look like those of the same weeks last year: population stability by figure.

PSI = sum over bins of (p − q) · ln(p / q); bins are the deciles of last year. By chance alone it grows as
samples shrink, so a figure is told of above the larger of 0.10 and (1/N + 1/M) · χ²₀.₉₅(bins − 1), and pages
above 0.25 by the same rule; with fewer than 200 students on either side it is only reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

LEAST_STUDENTS = 200
_TOLD, _PAGES = 0.10, 0.25
_HALF = 0.5
"""Added to every count: an empty bin is rare, not impossible."""

WATCHED = {
    "absence_rate": "absence this year",
    "absence_rate_last_20": "absence of the last 20 school days",
    "unexcused_rate": "unexcused absence",
    "tardy_rate": "tardies",
    "part_day_rate": "part days",
    "last_year_rate": "absence last year",
    "nurse_visits_last_40": "nurse visits of the last 40 school days",
    "enrolled_last_year": "students who were here last year",
}
"""The features that are compared, each a figure of one student; those of a school take few values."""

RISK = "risk"
_RISK_WORDS = "risks"
_OF_A_SCHOOL = ("absence_rate_last_20", RISK)


@dataclass(frozen=True)
class Reference:
    """How one figure was spread last year.

    Attributes
    ----------
    edges : tuple of float
        Upper bounds of all bins but the last, increasing.
    counts : tuple of int
        Students per bin, and after them those without a value.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        """Students in all."""
        return sum(self.counts)

    def count(self, values: np.ndarray) -> np.ndarray:
        """Return how many values fall into each bin, and after them how many are missing."""
        known = values[~np.isnan(values)]
        bins = np.bincount(np.searchsorted(self.edges, known, side="left"), minlength=len(self.edges) + 1)
        return np.append(bins, len(values) - len(known))


@dataclass(frozen=True)
class Drift:
    """One comparison.

    Attributes
    ----------
    figure : str
        A feature, or ``risk``.
    school_id : str or None
        None for the district.
    psi, limit : float
        The population stability index, and what it is told of above; infinite where too few students.
    """

    figure: str
    school_id: str | None
    psi: float
    limit: float
    n: int
    n_last_year: int

    @property
    def level(self) -> str:
        """``well``, ``told``, ``page``, or ``too_few`` to say."""
        if np.isinf(self.limit):
            return "too_few"
        if self.psi > max(_PAGES, self.limit):
            return "page"
        return "told" if self.psi > self.limit else "well"

    @property
    def key(self) -> str:
        """A name by which two nights are compared."""
        return f"{self.figure} {self.school_id or ''}".strip()

    def sentence(self, names: Mapping[str, str]) -> str:
        """Say it for people."""
        words = WATCHED.get(self.figure, _RISK_WORDS)
        where = f" at {names.get(self.school_id, 'a school')}" if self.school_id is not None else ""
        return (
            f"The spread of {words}{where} is not that of the same weeks last year (PSI {self.psi:.2f}, told "
            f"above {self.limit:.2f}; {self.n:,} students, {self.n_last_year:,} last year)."
        )


def reference_of(values: np.ndarray) -> Reference:
    """Return the bins of one figure: deciles of the values that are there, equal ones merged."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.arange(1, 10) / 10)) if len(known) else np.array([])
    bare = Reference(tuple(float(edge) for edge in edges), ())
    return Reference(bare.edges, tuple(int(count) for count in bare.count(values)))


def references(figures: pd.DataFrame, schools: pd.Series[Any]) -> dict[str, Any]:
    """Return how every watched figure was spread, in the district and at each school of some size.

    Parameters
    ----------
    figures : DataFrame
        One row per scored student: :data:`WATCHED`, and ``risk``.
    schools : Series
        The school_id of each row.

    Returns
    -------
    dict
        ``{"district": {figure: {"edges", "counts"}}, "schools": {school_id: {figure: {...}}}}``: counts of
        students by decile, never a student.
    """
    by_school = {
        str(school): {name: _plain(reference_of(rows[name].to_numpy(dtype=float))) for name in _OF_A_SCHOOL}
        for school, rows in figures.groupby(schools.to_numpy())
        if len(rows) >= LEAST_STUDENTS
    }
    district = {name: _plain(reference_of(figures[name].to_numpy(dtype=float))) for name in (*WATCHED, RISK)}
    return {"district": district, "schools": by_school}


def drifts(figures: pd.DataFrame, schools: pd.Series[Any], last_year: Mapping[str, Any]) -> list[Drift]:
    """Compare tonight's figures with those of last year; see :func:`references`."""
    found = [
        _compared(name, None, figures[name].to_numpy(dtype=float), kept)
        for name, kept in last_year["district"].items()
    ]
    rows_of = figures.groupby(schools.to_numpy()).indices
    for school, kept_figures in last_year["schools"].items():
        rows = np.asarray(rows_of.get(school, []), dtype=int)
        for name, kept in kept_figures.items():
            found.append(_compared(name, school, figures[name].to_numpy(dtype=float)[rows], kept))
    return found


def psi(counts: np.ndarray, other: np.ndarray) -> float:
    """Return the population stability index of two lists of counts over the same bins."""
    p = (counts + _HALF) / (counts + _HALF).sum()
    q = (other + _HALF) / (other + _HALF).sum()
    return float(((p - q) * np.log(p / q)).sum())


def limit_of(n: int, m: int, bins: int) -> float:
    """Return above which index two samples differ by more than chance; infinite where either is too small."""
    from scipy.stats import chi2

    if min(n, m) < LEAST_STUDENTS or bins < 2:
        return float("inf")
    return max(_TOLD, float((1 / n + 1 / m) * chi2.ppf(0.95, bins - 1)))


def _compared(figure: str, school: str | None, values: np.ndarray, kept: Mapping[str, Any]) -> Drift:
    before = Reference(tuple(kept["edges"]), tuple(kept["counts"]))
    now = before.count(values)
    counts = np.array(before.counts)
    used = (now + counts) > 0
    limit = limit_of(len(values), before.n, int(used.sum()))
    return Drift(figure, school, psi(now[used], counts[used]), limit, len(values), before.n)


def _plain(reference: Reference) -> dict[str, list[Any]]:
    return {"edges": list(reference.edges), "counts": list(reference.counts)}

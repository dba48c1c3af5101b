"""Whether tonight's students look like those of the same weeks last year: population stability by figure.

PSI = sum over bins of (p − q) · ln(p / q). The bins are the same on every night: a student's rate is a count
of days over a count of days, and deciles of one year cut between values that only another number of days
can take. By chance alone it grows as samples shrink, so a figure is *told* of, on the page of the night and
in its manifest, above the larger of 0.10 and (1/N + 1/M) · χ²₀.₉₅(bins − 1); with fewer than 200 students
on either side it is only reported.

Somebody is *called* by a stricter rule. That limit takes students for independent, and those of a school
share their days: snow, a wave of flu. So it calls above 0.25, and for the figures that common days move
above what they made of them on simulated districts without a fault, with room. What goes wrong in the
records from one day on shows in a spread only weeks later: that is :mod:`ews.nightly.last_days`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

LEAST_STUDENTS = 200
_TOLD, _PAGES = 0.10, 0.25
_COMMON_DAYS = {"absence_rate": 0.40, "absence_rate_last_20": 0.80, "risk": 0.40}
_COMMON_DAYS_OF_A_SCHOOL = 1.50
"""Simulated without a fault (4 districts of 700 to 6,000 students, 3 years each) these figures of a district
came to 0.20, 0.52 and 0.14, all its others to 0.11, those of a school to 0.93."""
_HALF = 0.5
"""Added to every count: an empty bin is rare, not impossible."""

_RATES = (0.0, 0.025, 0.05, 0.10, 0.20)
_OF_TWENTY_DAYS = (0.0, 0.05, 0.10, 0.20)
_COUNTS = (0.0, 1.0, 3.0)

WATCHED: dict[str, tuple[str, tuple[float, ...]]] = {
    "absence_rate": ("absence this year", _RATES),
    "absence_rate_last_20": ("absence of the last 20 school days", _OF_TWENTY_DAYS),
    "unexcused_rate": ("unexcused absence", _RATES),
    "tardy_rate": ("tardies", _RATES),
    "part_day_rate": ("part days", _RATES),
    "last_year_rate": ("absence last year", _RATES),
    "nurse_visits_last_40": ("nurse visits of the last 40 school days", _COUNTS),
    "grade": ("grades", tuple(grade + 0.5 for grade in range(-1, 12))),
    "enrolled_last_year": ("students who were here last year", (0.0,)),
    "risk": ("risks", (0.02, 0.05, 0.10, 0.20, 0.40, 0.60, 0.80)),
}
"""The figures that are compared, each of one student, with their words and the upper bounds of all bins but
the last; a student without a value has a bin of its own. Figures of a school take too few values."""

RISK = "risk"
_OF_TWO_YEARS = ("last_year_rate", "enrolled_last_year", RISK)
_OF_A_SCHOOL = ("absence_rate_last_20", RISK)


def counts_of(figure: str, values: np.ndarray) -> np.ndarray:
    """Return how many values fall into each bin of a figure, and after them how many are missing."""
    edges = np.array(WATCHED[figure][1]) + 1e-9  # a rate that is a bound but for rounding
    known = values[~np.isnan(values)]
    bins = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
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
    def stands_out(self) -> bool:
        """Whether it differs by more than chance."""
        return self.level in ("told", "page")

    @property
    def alarms(self) -> bool:
        """Whether somebody has to look: more than days that students share make of it."""
        common = _COMMON_DAYS.get(self.figure, _PAGES) if self.school_id is None else _COMMON_DAYS_OF_A_SCHOOL
        return self.psi > max(common, self.limit)

    @property
    def key(self) -> str:
        """A name by which two nights are compared."""
        return f"{self.figure} {self.school_id or ''}".strip()

    def sentence(self, names: Mapping[str, str]) -> str:
        """Say it for people."""
        words = WATCHED[self.figure][0]
        where = f" at {names.get(self.school_id, 'a school')}" if self.school_id is not None else ""
        return (
            f"The spread of {words}{where} is not that of the same weeks last year (PSI {self.psi:.2f}, told "
            f"above {self.limit:.2f}; {self.n:,} students, {self.n_last_year:,} last year)."
        )


def spread_of(figures: pd.DataFrame, schools: pd.Series[Any]) -> dict[str, Any]:
    """Return how every watched figure is spread, in the district and at each school of some size.

    Parameters
    ----------
    figures : DataFrame
        One row per scored student: :data:`WATCHED`.
    schools : Series
        The school_id of each row.

    Returns
    -------
    dict
        ``{"district": {figure: counts}, "schools": {school_id: {figure: counts}}}``: students by bin.
    """
    by_school = {
        str(school): _counts(rows, _OF_A_SCHOOL)
        for school, rows in figures.groupby(schools.to_numpy())
        if len(rows) >= LEAST_STUDENTS
    }
    return {"district": _counts(figures, tuple(WATCHED)), "schools": by_school}


def drifts(now: Mapping[str, Any], last_year: Mapping[str, Any]) -> list[Drift]:
    """Compare two spreads; see :func:`spread_of`. Schools that one of them lacks are left out."""
    left_out = _without_a_year_before(last_year["district"])
    found = [
        _compared(name, None, now["district"][name], last_year["district"][name])
        for name in WATCHED
        if name not in left_out
    ]
    for school in sorted(set(now["schools"]) & set(last_year["schools"])):
        own, before = now["schools"][school], last_year["schools"][school]
        found += [
            _compared(name, school, own[name], before[name]) for name in _OF_A_SCHOOL if name not in left_out
        ]
    return found


def _without_a_year_before(last_year: Mapping[str, Sequence[int]]) -> frozenset[str]:
    """Return the figures that last year could not have: nothing is stored of the year before it.

    Then nobody has an absence of the year before, and a risk that rests on it is another one.
    """
    here_before = last_year["enrolled_last_year"]
    return frozenset() if sum(here_before[1:-1]) else frozenset(_OF_TWO_YEARS)


def _counts(figures: pd.DataFrame, names: Sequence[str]) -> dict[str, list[int]]:
    return {
        name: [int(each) for each in counts_of(name, figures[name].to_numpy(dtype=float))] for name in names
    }


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


def _compared(figure: str, school: str | None, now: Sequence[int], before: Sequence[int]) -> Drift:
    own, other = np.array(now), np.array(before)
    used = (own + other) > 0
    n, m = int(own.sum()), int(other.sum())
    return Drift(figure, school, psi(own[used], other[used]), limit_of(n, m, int(used.sum())), n, m)

"""Intervals: Wilson's for a rate with one row per student, percentiles of resamples for the rest."""

from __future__ import annotations

import math
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

Z_95 = 1.959963984540054
"""Half-width, in standard errors, of a two-sided 95% interval."""


class Interval(TypedDict):
    """A figure with its 95% interval; every part is null where the figure is undefined."""

    value: float | None
    low: float | None
    high: float | None


UNDEFINED: Interval = {"value": None, "low": None, "high": None}


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Return Wilson's 95% score interval of a rate.

    ``(p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)``; E. B. Wilson (1927), JASA 22, 209-212.
    It keeps its coverage for small n and for rates of 0 and 1, where the bootstrap collapses.

    Parameters
    ----------
    successes, trials : float
        Counts; trials above 0.

    Examples
    --------
    >>> low, high = wilson(0, 10)
    >>> round(low, 4), round(high, 4)
    (0.0, 0.2775)
    """
    rate, z2 = successes / trials, Z_95**2
    center = rate + z2 / (2 * trials)
    spread = Z_95 * math.sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    return max(0.0, (center - spread) / scale), min(1.0, (center + spread) / scale)


def newcombe(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Return Newcombe's 95% interval of the difference of two independent rates, one less the other.

    From their Wilson intervals (l, u): ``d - sqrt((p1 - l1)² + (u2 - p2)²)`` to
    ``d + sqrt((u1 - p1)² + (p2 - l2)²)``; R. G. Newcombe (1998), Statistics in Medicine 17, 873-890,
    method 10.

    Parameters
    ----------
    one, other : tuple of float
        Successes and trials of each; trials above 0.

    Examples
    --------
    >>> low, high = newcombe((56, 70), (48, 80))
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    (low1, high1), (low2, high2) = wilson(*one), wilson(*other)
    rate1, rate2 = one[0] / one[1], other[0] / other[1]
    difference = rate1 - rate2
    below = math.hypot(rate1 - low1, high2 - rate2)
    above = math.hypot(high1 - rate1, rate2 - low2)
    return max(-1.0, difference - below), min(1.0, difference + above)


def percentile_bounds(draws: NDArray[np.floating[Any]]) -> FloatArray:
    """Return the 2.5th and 97.5th percentile of many figures' resamples at once.

    Parameters
    ----------
    draws : array of shape (figures, resamples)
        NaN where a resample left a figure undefined (those are left out).

    Returns
    -------
    array of shape (2, figures)
        NaN where no resample defines the figure.
    """
    bounds = np.full((2, len(draws)), np.nan)
    if not draws.shape[1]:
        return bounds
    whole = ~np.isnan(draws).any(axis=1)
    if whole.any():
        bounds[:, whole] = np.quantile(draws[whole].astype(np.float64), [0.025, 0.975], axis=1)
    for at in np.flatnonzero(~whole & ~np.isnan(draws).all(axis=1)):
        bounds[:, at] = np.nanquantile(draws[at].astype(np.float64), [0.025, 0.975])
    return bounds


def percentile_interval(value: float, draws: FloatArray) -> Interval:
    """Return a figure with the 2.5th and 97.5th percentile of its resamples.

    Parameters
    ----------
    value : float
        The figure itself; NaN if undefined.
    draws : array of shape (resamples,)
        The same figure in every resample; NaN where a resample left it undefined (those are left out).
    """
    low, high = percentile_bounds(draws[None, :])[:, 0]
    return interval_of(value, low, high)


def interval_of(value: float, low: float, high: float) -> Interval:
    """Return a figure with its bounds; all null where it is undefined, a bound where that is."""
    if not math.isfinite(value):
        return {**UNDEFINED}
    return {"value": float(value), "low": _or_none(low), "high": _or_none(high)}


def rate_interval(successes: int, trials: int, students: int, draws: FloatArray) -> Interval:
    """Return a rate with its interval: Wilson's where rows are students, else resampled by student.

    Parameters
    ----------
    successes, trials, students
        As for :func:`rate_within`.
    draws : array of shape (resamples,)
        The rate in every resample.
    """
    low, high = percentile_bounds(draws[None, :])[:, 0]
    return rate_within(successes, trials, students, (low, high))


def rate_within(successes: int, trials: int, students: int, bounds: tuple[float, float]) -> Interval:
    """Return a rate with the bounds that resampling by student gave, or Wilson's where they say too much.

    A rate of exactly 0 or 1 is 0 or 1 in every resample too, which would claim certainty; then, as where
    rows are students, Wilson's interval is taken on the number of distinct students, as if a student's
    rows all said the same.

    Parameters
    ----------
    successes, trials : int
        Counts of rows; without trials the rate is undefined (null, never 0).
    students : int
        Distinct students among the trials.
    bounds : tuple of float
        See :func:`percentile_bounds`.
    """
    if trials == 0:
        return {**UNDEFINED}
    rate = successes / trials
    if students < trials and 0 < successes < trials:
        return {"value": rate, "low": _or_none(bounds[0]), "high": _or_none(bounds[1])}
    low, high = wilson(rate * students, students)
    return {"value": rate, "low": low, "high": high}


def _or_none(bound: float) -> float | None:
    return float(bound) if math.isfinite(bound) else None


def signed(value: float, digits: int = 3) -> str:
    """Return a difference with its sign; what rounds to nothing has none.

    Examples
    --------
    >>> signed(0.0126), signed(-0.0004)
    ('+0.013', '0.000')
    """
    text = f"{value:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text

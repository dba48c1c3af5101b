"""Intervals: Wilson's for a rate with one row per student, percentiles of resamples for the rest."""

from __future__ import annotations

import math
import warnings
from typing import TypedDict

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


def percentile_interval(value: float, draws: FloatArray) -> Interval:
    """Return a figure with the 2.5th and 97.5th percentile of its resamples.

    Parameters
    ----------
    value : float
        The figure itself; NaN if undefined.
    draws : array of shape (resamples,)
        The same figure in every resample; NaN where a resample left it undefined (those are left out).
    """
    if not math.isfinite(value):
        return {**UNDEFINED}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all-NaN draws: answered below with null bounds
        low, high = np.nanquantile(draws, [0.025, 0.975])
    return {"value": float(value), "low": _or_none(low), "high": _or_none(high)}


def rate_interval(successes: int, trials: int, students: int, draws: FloatArray) -> Interval:
    """Return a rate with its interval: Wilson's where rows are students, else resampled by student.

    A rate of exactly 0 or 1 is 0 or 1 in every resample too, which would claim certainty; then Wilson's
    interval is taken on the number of distinct students, as if a student's rows all said the same.

    Parameters
    ----------
    successes, trials : int
        Counts of rows; without trials the rate is undefined (null, never 0).
    students : int
        Distinct students among the trials.
    draws : array of shape (resamples,)
        The rate in every resample.
    """
    if trials == 0:
        return {**UNDEFINED}
    rate = successes / trials
    if students < trials and 0 < successes < trials:
        return percentile_interval(rate, draws)
    low, high = wilson(rate * students, students)
    return {"value": rate, "low": low, "high": high}


def _or_none(bound: float) -> float | None:
    return float(bound) if math.isfinite(bound) else None

"""Intervals by student without resampling: a figure's standard error from each student's share in it.

A student's rows stand or fall together, so the influence of all of them is summed before it is squared (the
sandwich estimator with students as clusters; K.-Y. Liang and S. L. Zeger 1986, Biometrika 73, 13-22). With
many students the intervals equal those of redrawing students, at the price of one pass.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from ews.model.intervals import Z_95, FloatArray, Interval, interval_of, rate_within
from ews.model.measures import calibration_in_the_large, recalibration_line, risk_logit

_STEPS, _SETTLED, _SINGULAR = 25, 1e-10, 1e12


def by_student(influence: FloatArray, codes: np.ndarray) -> FloatArray:
    """Return influences summed by student: shape (rows,) or (rows, figures) to (students, ...)."""
    columns = influence.reshape(len(influence), -1)
    sums = np.column_stack([np.bincount(codes, weights=each).astype(np.float64) for each in columns.T])
    summed: FloatArray = sums if influence.ndim > 1 else sums[:, 0]
    return summed


def interval_around(value: float, influence: FloatArray, codes: np.ndarray) -> Interval:
    """Return a figure with its 95% interval, from how much every row moves it.

    Parameters
    ----------
    value : float
        The figure; NaN where undefined.
    influence : array of shape (rows,)
        The figure's derivative by the weight of each row; it sums to 0.
    codes : int array of shape (rows,)
        Each row's student.
    """
    if not math.isfinite(value):
        return interval_of(value, math.nan, math.nan)
    error = math.sqrt(float((by_student(influence, codes) ** 2).sum()))
    return interval_of(value, value - Z_95 * error, value + Z_95 * error)


def rate_of(happened: np.ndarray, codes: np.ndarray) -> Interval:
    """Return the share of rows in which something happened (bool), with its interval by student.

    Of exactly 0 or 1, and where rows are students, Wilson's interval (see ``intervals.rate_within``).
    """
    trials, successes = len(happened), int(happened.sum())
    if trials == 0:
        return rate_within(0, 0, 0, (math.nan, math.nan))
    rate = successes / trials
    bounds = interval_around(rate, (happened - rate) / trials, codes)
    low, high = bounds["low"], bounds["high"]
    return rate_within(
        successes, trials, len(np.unique(codes)), (max(0.0, low or 0.0), min(1.0, high or 0.0))
    )


def mean_of(values: FloatArray, codes: np.ndarray) -> Interval:
    """Return a mean over rows with its interval by student."""
    if len(values) == 0:
        return interval_of(math.nan, math.nan, math.nan)
    mean = float(values.mean())
    return interval_around(mean, (values - mean) / len(values), codes)


def recalibration(label: np.ndarray, risk: np.ndarray, codes: np.ndarray) -> dict[str, Interval]:
    """Return ``in_the_large`` and ``slope`` (see :mod:`ews.model.measures`) with intervals by student."""
    return {"in_the_large": _in_the_large(label, risk, codes), "slope": _slope(label, risk, codes)}


def _in_the_large(label: np.ndarray, risk: np.ndarray, codes: np.ndarray) -> Interval:
    intercept = calibration_in_the_large(label, risk)
    expected = expit(intercept + risk_logit(risk))
    return interval_around(intercept, (label - expected) / (expected * (1 - expected)).sum(), codes)


def _line(label: np.ndarray, at: FloatArray) -> tuple[float, float] | None:
    """Return the recalibration line by Newton's steps: ten times faster than the general solver.

    None where they do not settle: the general one then says why.
    """
    line = np.array([0.0, 1.0])
    for _ in range(_STEPS if 0 < label.sum() < len(label) else 0):
        expected = expit(line[0] + line[1] * at)
        weight, gap = expected * (1 - expected), label - expected
        cross = float(weight @ at)
        curvature = np.array([[float(weight.sum()), cross], [cross, float(weight @ at**2)]])
        if np.linalg.cond(curvature) > _SINGULAR:
            return None
        step = np.linalg.solve(curvature, np.array([float(gap.sum()), float(gap @ at)]))
        line = line + step
        if float(np.abs(step).max()) < _SETTLED:
            return float(line[0]), float(line[1])
    return None


def _slope(label: np.ndarray, risk: np.ndarray, codes: np.ndarray) -> Interval:
    intercept, slope = _line(label, risk_logit(risk)) or recalibration_line(label, risk)
    if not math.isfinite(slope):
        return interval_of(math.nan, math.nan, math.nan)
    design = np.column_stack([np.ones(len(label)), risk_logit(risk)])
    expected = expit(design @ np.array([intercept, slope]))
    bread = np.linalg.inv(design.T @ (design * (expected * (1 - expected))[:, None]))
    return interval_around(slope, ((label - expected)[:, None] * design @ bread)[:, 1], codes)

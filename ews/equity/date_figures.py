"""The standard errors of a group's figures at one as-of date, where every row is a student of its own.

No resampling is needed there: rates have Wilson's interval and their differences Newcombe's, an AUC has
DeLong's standard error, and the excess miss rate, a difference of two ratios, that of its linear part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ews.equity.judged_rows import Grouping, JudgedRows
from ews.model.intervals import UNDEFINED, Z_95, FloatArray, Interval
from ews.model.resampling import ratio


def normal_interval(value: float, error: float, low: float = -math.inf, high: float = math.inf) -> Interval:
    """Return a figure with its 95% interval by the normal distribution, kept within bounds.

    Parameters
    ----------
    value, error : float
        The figure and its standard error; NaN where undefined.
    low, high : float
        The least and the largest that the figure can be.
    """
    if not math.isfinite(value):
        return {**UNDEFINED}
    if not math.isfinite(error):
        return {"value": float(value), "low": None, "high": None}
    return {
        "value": float(value),
        "low": max(low, float(value) - Z_95 * float(error)),
        "high": min(high, float(value) + Z_95 * float(error)),
    }


@dataclass(frozen=True)
class MissedNeed:
    """Missed need of every group at every date and of its rest, with standard errors; arrays alike."""

    own: FloatArray
    own_error: FloatArray
    rest: FloatArray
    rest_error: FloatArray

    def excess(self, at: int) -> Interval:
        """Return the excess miss rate of one group at one date."""
        error = float(np.hypot(self.own_error[at], self.rest_error[at]))
        return normal_interval(float(self.own[at] - self.rest[at]), error)


def missed_need_at_dates(rows: JudgedRows, grouping: Grouping, list_name: str) -> MissedNeed:
    """Return missed need by date and group, and of the rest of the date.

    It is a ratio A / Y of sums over students; its variance is, to first order,
    ``sum of (a - m y)² / Y²`` (W. G. Cochran 1977, Sampling Techniques, 3rd ed., section 2.11).

    Parameters
    ----------
    rows : JudgedRows
        The judged rows.
    grouping : Grouping
        By date and group, as :meth:`Grouping.at_dates` returns it.
    list_name : str
        The list.
    """
    label = rows.label.astype(float)
    missed = (label - rows.score) * ~rows.lists[list_name]
    columns = (missed, label, missed**2, missed * label)
    own = np.array([grouping.sums(each) for each in columns])
    by_date = own.reshape(len(columns), len(rows.dates), -1)
    rest = (by_date.sum(axis=2, keepdims=True) - by_date).reshape(own.shape)
    return MissedNeed(ratio(own[0], own[1]), _ratio_error(own), ratio(rest[0], rest[1]), _ratio_error(rest))


def _ratio_error(sums: FloatArray) -> FloatArray:
    part, whole, part_squared, product = sums
    value = ratio(part, whole)
    spread = part_squared - 2 * value * product + value**2 * whole
    return np.where(whole > 1, np.sqrt(np.maximum(spread, 0.0)) / np.where(whole > 0, whole, 1.0), np.nan)

"""Declared comparisons: each group against the rest, judged by its interval and by Holm's rule.

Pass: the upper bound is within tolerance. Fail: the lower bound is beyond it, and stays so when it is
taken into account how many comparisons were made. Anything else is insufficient evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.stats import t as student_t

from ews.model.intervals import FloatArray, Interval

Verdict = Literal["pass", "fail", "insufficient_evidence", "not_judged"]
Measure = Literal["excess_fnr", "auc_difference"]

ALPHA = 0.025
"""One side of a 95% interval: with a single comparison, Holm's rule and the lower bound agree."""

_SEVERITY: tuple[Verdict, ...] = ("not_judged", "pass", "insufficient_evidence", "fail")


@dataclass(frozen=True)
class Comparison:
    """One figure of one group against the rest.

    Parameters
    ----------
    attribute, group : str
        Who is compared.
    list_name : str or None
        ``deployed`` or ``long``; None for a measure that needs no list.
    measure : str
        ``excess_fnr`` or ``auc_difference``; positive is to the group's disadvantage.
    interval : Interval
        The figure with its 95% interval.
    p_value, holm_p_value : float or None
        One-sided p-value of "within tolerance", alone and by Holm's rule; None if not in the family.
    verdict : str
        ``pass``, ``fail``, ``insufficient_evidence`` or ``not_judged``.
    """

    attribute: str
    group: str
    list_name: str | None
    measure: Measure
    interval: Interval
    p_value: float | None = None
    holm_p_value: float | None = None
    verdict: Verdict = "not_judged"

    def record(self) -> dict[str, Any]:
        """Return the comparison as ``fairness.json`` has it."""
        return {
            "attribute": self.attribute,
            "group": self.group,
            "list": self.list_name,
            "measure": self.measure,
            **self.interval,
            "p_value": self.p_value,
            "holm_p_value": self.holm_p_value,
            "verdict": self.verdict,
        }


def one_sided_p(value: float, draws: FloatArray, tolerance: float, students: int) -> float:
    """Return the p-value of "the true figure is within tolerance" against "it is beyond it".

    Student's t of (value - tolerance) / (standard deviation of the resamples), with one degree of
    freedom less than the positive students of the smaller side. Counting resamples would not do: Holm's
    rule over 50 comparisons asks for p-values that 1,000 resamples cannot give.

    Parameters
    ----------
    value : float
        The figure.
    draws : array of shape (resamples,)
        The figure in every resample; NaN where undefined.
    tolerance : float
        How far it may be from 0.
    students : int
        Distinct positive students of the smaller side, at least 2.
    """
    error = float(np.nanstd(draws, ddof=1))
    if error == 0:
        return 0.0 if value > tolerance else 1.0
    return float(student_t.sf((value - tolerance) / error, students - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by S. Holm's step-down rule (1979, Scand. J. Statist. 6, 65-70).

    The k-th smallest of m is multiplied by (m - k + 1), never below the one before it, never above 1.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    number = len(p_values)
    order = sorted(range(number), key=lambda at: p_values[at])
    adjusted, largest = [0.0] * number, 0.0
    for rank, at in enumerate(order):
        largest = max(largest, min(1.0, (number - rank) * p_values[at]))
        adjusted[at] = largest
    return adjusted


def judge(
    comparisons: Sequence[Comparison], tolerance: dict[Measure, float], alpha: float = ALPHA
) -> list[Comparison]:
    """Return the comparisons with Holm's p-values and verdicts, in the same order.

    Parameters
    ----------
    comparisons : sequence of Comparison
        All that were declared. Those with a p-value are the family; those without keep the verdict they
        came with (``not_judged``, or ``insufficient_evidence`` where there are too few to compare with).
    tolerance : dict
        By measure.
    alpha : float
        One-sided level of the family.
    """
    family = [each.p_value for each in comparisons if each.p_value is not None]
    adjusted = iter(holm(family))
    judged = []
    for each in comparisons:
        if each.p_value is None:
            judged.append(each)
            continue
        p_value = next(adjusted)
        verdict = _verdict(each.interval, tolerance[each.measure], p_value, alpha)
        judged.append(replace(each, holm_p_value=p_value, verdict=verdict))
    return judged


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the worst of some verdicts: fail, insufficient evidence, pass, not judged."""
    return max(verdicts, key=_SEVERITY.index, default="not_judged")


def _verdict(interval: Interval, tolerance: float, holm_p_value: float, alpha: float) -> Verdict:
    low, high = interval["low"], interval["high"]
    if low is None or high is None:
        return "insufficient_evidence"
    if low > tolerance and holm_p_value <= alpha:
        return "fail"
    return "pass" if high <= tolerance else "insufficient_evidence"

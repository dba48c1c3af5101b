"""Whether the model earns its place beside a rule of thumb, for students a list can still help.

Lift is the AUC among students not yet chronic, averaged over the as-of dates, model minus the best rule
of thumb, with a 95% interval resampled by student.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from ews.model.intervals import FloatArray, Interval, percentile_interval, signed
from ews.model.predictors import MODEL, PREDICTORS, REGRESSION, RULES
from ews.model.resampling import ratio

LiftVerdict = Literal["pass", "fail", "insufficient_evidence"]
_PHRASES = {each.name: each.phrase for each in PREDICTORS}


def lift_verdict(low: float | None, high: float | None) -> LiftVerdict:
    """Judge the interval: above 0 pass, at or below 0 fail, anything else insufficient evidence."""
    if low is None or high is None:
        return "insufficient_evidence"
    if low > 0:
        return "pass"
    return "fail" if high <= 0 else "insufficient_evidence"


def lift(points: pd.DataFrame, draws: Mapping[str, FloatArray], students: int) -> dict[str, Any]:
    """Return the ``lift`` part of ``evaluation.json``.

    Parameters
    ----------
    points : DataFrame
        AUC among students not yet chronic: one row per as_of_date, one column per predictor; NaN where
        only one outcome occurred (such dates are left out of the average, and named).
    draws : mapping of predictor to array of shape (dates, resamples)
        The same AUCs in every resample, in the order of ``points``.
    students : int
        Distinct students behind the figures.
    """
    defined = points.notna().all(axis=1).to_numpy()
    left_out = [day for day, kept in zip(points.index, defined, strict=True) if not kept]
    if not defined.any():
        return _undefined(students, left_out)
    means = points.loc[defined].mean()
    averaged = {name: mean_over_dates(each[defined]) for name, each in draws.items()}
    # The first in the stated order wins a tie, so that equal rules always give the same report.
    best = max((rule.name for rule in RULES), key=lambda name: float(means[name]))
    gain = _difference(means, averaged, best)
    verdict = lift_verdict(gain["low"], gain["high"])
    regression = _difference(means, averaged, REGRESSION.name)
    return {
        **_named(gain),
        "verdict": verdict,
        "best_rule": best,
        "model_auc": float(means[MODEL.name]),
        "best_rule_auc": float(means[best]),
        "n_students": students,
        "dates_left_out": [day.isoformat() for day in left_out],
        "sentence": _sentence(means, best, gain, verdict, int(defined.sum()), students) + _missing(left_out),
        "regression": {**_named(regression), "sentence": _regression_sentence(regression)},
    }


def mean_over_dates(draws: FloatArray) -> FloatArray:
    """Average over dates in every resample, over the dates where that resample had both outcomes.

    From shape (dates, resamples), NaN where undefined, to shape (resamples,).
    """
    known = np.isfinite(draws)
    total = np.where(known, draws, 0).sum(axis=0)
    count = known.sum(axis=0, dtype=float)
    return ratio(total, count)


def _difference(means: pd.Series[float], averaged: Mapping[str, FloatArray], other: str) -> Interval:
    value = float(means[MODEL.name] - means[other])
    return percentile_interval(value, averaged[MODEL.name] - averaged[other])


def _named(interval: Interval) -> dict[str, float | None]:
    return {"estimate": interval["value"], "low": interval["low"], "high": interval["high"]}


def _sentence(
    means: pd.Series[float], best: str, gain: Interval, verdict: LiftVerdict, dates: int, students: int
) -> str:
    claim = {
        "pass": "the model orders students better than",
        "fail": "the model does not order students better than",
        "insufficient_evidence": "these data cannot tell whether the model orders students better than",
    }[verdict]
    return (
        f"Among students not yet chronically absent, {claim} the best rule of thumb, {_PHRASES[best]}: "
        f"AUC {means[MODEL.name]:.3f} against {means[best]:.3f}, a difference of "
        f"{signed(gain['value'] or 0.0)}{_bounds(gain)}, averaged over {_count(dates, 'date')} and "
        f"{_count(students, 'student')}."
    )


def _regression_sentence(gain: Interval) -> str:
    low, high = gain["low"], gain["high"]
    if low is not None and low > 0:
        claim = "The model does better than the logistic regression"
    elif high is not None and high < 0:
        claim = "The logistic regression does better than the model"
    else:
        claim = "The logistic regression does as well as the model, as far as these data can tell"
    return f"{claim}: a difference in AUC of {signed(gain['value'] or 0.0)}{_bounds(gain)}."


def _bounds(gain: Interval) -> str:
    if gain["low"] is None or gain["high"] is None:
        return ""
    return f" (95% interval {signed(gain['low'])} to {signed(gain['high'])})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _missing(left_out: Sequence[dt.date]) -> str:
    if not left_out:
        return ""
    days = ", ".join(day.isoformat() for day in left_out)
    return f" Left out, because only one outcome occurred there: {days}."


def _undefined(students: int, left_out: Sequence[dt.date]) -> dict[str, Any]:
    nothing = {"estimate": None, "low": None, "high": None}
    sentence = (
        "Among students not yet chronically absent, no date had both outcomes: there is no lift to report."
    )
    return {
        **nothing,
        "verdict": "insufficient_evidence",
        "best_rule": None,
        "model_auc": None,
        "best_rule_auc": None,
        "n_students": students,
        "dates_left_out": [day.isoformat() for day in left_out],
        "sentence": sentence,
        "regression": {**nothing, "sentence": sentence},
    }

"""How common the outcome was in each year, and whether the risks kept up with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ews.model.clustered import mean_of, rate_of
from ews.model.intervals import signed
from ews.model.predictors import MODEL
from ews.model.resampling import student_codes
from ews.model.years import YearPlan


def base_rates(labelled: pd.DataFrame, judged: pd.DataFrame, plan: YearPlan) -> dict[str, Any]:
    """Return ``base_rates`` of ``evaluation.json``.

    ``years``: by school year its part in the plan and the share of student-dates with the outcome;
    ``drift``: on the test year, that share less the mean risk (above 0, need is under-estimated: the outcome
    became more common than in the years that the risks come from).

    Parameters
    ----------
    labelled : DataFrame
        All labelled rows: student_id, school_year, label.
    judged : DataFrame
        The judged rows of the test year.
    """
    years = [_year(labelled.loc[labelled["school_year"] == year], year, plan) for year in plan.years]
    codes, _ = student_codes(judged["student_id"])
    gap = judged["label"].to_numpy(dtype=float) - judged[MODEL.column].to_numpy(dtype=float)
    predicted = float(judged[MODEL.column].mean()) if len(judged) else None
    drift = mean_of(gap, codes)
    return {
        "years": years,
        "predicted": predicted,
        "drift": drift,
        "sentence": _sentence(years, predicted, drift),
    }


def _year(rows: pd.DataFrame, year: int, plan: YearPlan) -> dict[str, Any]:
    part = "test" if year == plan.test else "validation" if year == plan.validation else "train"
    codes, students = student_codes(rows["student_id"])
    happened = rows["label"].to_numpy(dtype=int) == 1
    return {
        "school_year": year,
        "part": part,
        "n": len(rows),
        "students": students,
        "positives": int(happened.sum()),
        "rate": rate_of(happened, np.asarray(codes)),
    }


def _sentence(years: Sequence[dict[str, Any]], predicted: float | None, drift: Any) -> str:
    known = [each for each in years if each["rate"]["value"] is not None]
    listed = ", ".join(f"{each['school_year']}: {each['rate']['value']:.1%}" for each in known)
    opening = f"The outcome's share of student-dates by school year was {listed}."
    if predicted is None or drift["low"] is None:
        return opening
    if drift["low"] > 0:
        claim = "the outcome was more common in the test year than the risks say"
    elif drift["high"] < 0:
        claim = "the outcome was less common in the test year than the risks say"
    else:
        claim = "the risks kept up with it, as far as these data can tell"
    value, low, high = (signed(100 * drift[key], 1) for key in ("value", "low", "high"))
    points = f"{value} percentage points, 95% interval {low} to {high}"
    return f"{opening} The mean risk in the test year is {predicted:.1%}: {claim} (difference {points})."

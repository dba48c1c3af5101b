"""How well the model does beside rules of thumb, at each as-of date, at the same list length.

Every figure stands for all students and for those not yet chronic: late in the year an AUC above 0.95
for all is arithmetic (the absences have already happened), and a list helps those not yet chronic.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ews.capacity import Enrolled, place
from ews.config import Capacities
from ews.model.calibration_curve import CalibrationCurve
from ews.model.evaluation_slice import ALL, NOT_YET_CHRONIC, Slice
from ews.model.intervals import FloatArray
from ews.model.lift import lift
from ews.model.measures import auc
from ews.model.predictors import PREDICTORS, Predictor
from ews.model.resampling import StudentBootstrap, student_codes

POOLED = "pooled"


def evaluate(
    rows: pd.DataFrame, *, capacities: Capacities, enrolled: Enrolled, resamples: int, seed: int
) -> dict[str, Any]:
    """Return ``as_of_dates``, ``predictors``, ``periods``, ``calibration`` and ``lift`` of evaluation.json.

    Parameters
    ----------
    rows : DataFrame
        Judged rows, one per student_id and as_of_date of the test year, with a known label (0 or 1),
        ``risk``, the rules of thumb and the logistic regression (see ``ews.model.predictors``).
    capacities : Capacities
        How many students a school can reach, by section; every predictor fills the same lists.
    enrolled : mapping of (as_of_date, school_id) to int
        Students enrolled, for capacities in percent.
    resamples : int
        Resamples of whole students behind every 95% interval.
    seed : int
        Their seed. The order of rows changes nothing.
    """
    rows = rows.sort_values(["as_of_date", "student_id"]).reset_index(drop=True)
    codes, students = student_codes(rows["student_id"])
    lists = {each.name: _sections(rows, capacities, enrolled, each) for each in PREDICTORS}
    slices = [
        Slice(period, population, each, rows.loc[mask], codes[mask], students, lists[each.name][mask])
        for period, population, mask in _populations(rows)
        for each in PREDICTORS
    ]
    curve = CalibrationCurve(rows, codes, students)
    for weights in StudentBootstrap(students, resamples, seed).chunks():
        for each in slices:
            each.resample(weights)
        curve.resample(weights)
    dates = sorted(set(rows["as_of_date"]))
    return {
        "as_of_dates": [day.isoformat() for day in dates],
        "predictors": [{"name": p.name, "title": p.title, "kind": p.kind} for p in PREDICTORS],
        "periods": _periods(slices, dates),
        "lift": _lift(slices, dates, rows),
        "calibration": {"curve": curve.points()},
    }


def _sections(
    rows: pd.DataFrame, capacities: Capacities, enrolled: Enrolled, predictor: Predictor
) -> pd.Series[str]:
    """Return the section of every listed row when this predictor fills the lists, and "" for the others."""
    placed = place(rows, capacities, enrolled, score=predictor.column)
    return placed["section"].where(placed["selected"], "")


def _populations(rows: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield (period, population, which rows), dates first and all of them together last."""
    dates = rows["as_of_date"].to_numpy()
    early = ~rows["already_chronic"].to_numpy(dtype=bool)
    for day in sorted(set(dates)):
        yield day.isoformat(), ALL, dates == day
        yield day.isoformat(), NOT_YET_CHRONIC, (dates == day) & early
    yield POOLED, ALL, np.ones(len(rows), dtype=bool)
    yield POOLED, NOT_YET_CHRONIC, early


def _periods(slices: list[Slice], dates: list[dt.date]) -> list[dict[str, Any]]:
    report = []
    for period in [*(day.isoformat() for day in dates), POOLED]:
        populations = {
            population: _population([s for s in slices if (s.period, s.population) == (period, population)])
            for population in (ALL, NOT_YET_CHRONIC)
        }
        report.append({"as_of": period, "populations": populations})
    return report


def _population(slices: list[Slice]) -> dict[str, Any]:
    first = slices[0]
    return {
        "n": len(first.label),
        "positives": int(first.label.sum()),
        "students": len(np.unique(first.codes)),
        "predictors": {each.predictor.name: each.figures() for each in slices},
    }


def _lift(slices: list[Slice], dates: list[dt.date], rows: pd.DataFrame) -> dict[str, Any]:
    wanted = [s for s in slices if s.population == NOT_YET_CHRONIC and s.period != POOLED]
    points = pd.DataFrame(index=dates, columns=[p.name for p in PREDICTORS], dtype=float)
    draws: dict[str, FloatArray] = {}
    for predictor in PREDICTORS:
        own = [s for s in wanted if s.predictor == predictor]
        points[predictor.name] = [auc(s.label, s.score) for s in own]
        drawn = [s.drawn("auc") for s in own]
        length = max(len(each) for each in drawn)
        draws[predictor.name] = np.array([each if len(each) else np.full(length, np.nan) for each in drawn])
    early = rows.loc[~rows["already_chronic"].astype(bool), "student_id"]
    return lift(points, draws, early.nunique())

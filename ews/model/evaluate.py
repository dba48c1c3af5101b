"""How well the model does beside rules of thumb, at each as-of date, at the same list length.

Every figure stands for all students and for those not yet chronic: late in the year an AUC above 0.95
for all is arithmetic (the absences have already happened), and a list helps those not yet chronic.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from ews.capacity import Enrolled, place
from ews.config import Capacities
from ews.list_order import ListOrder
from ews.model.beside import beside
from ews.model.calibration_by import calibration_by
from ews.model.calibration_curve import CalibrationCurve
from ews.model.evaluation_slice import ALL, NOT_YET_CHRONIC, Slice
from ews.model.intervals import FloatArray
from ews.model.lead_time import lead_time
from ews.model.lift import lift
from ews.model.list_stability import list_stability
from ews.model.predictors import PREDICTORS, Predictor
from ews.model.resampling import StudentBootstrap, student_codes
from ews.model.within_school import groups_of

POOLED = "pooled"

_THREADS = 2
"""How many predictors are judged at the same time; their figures do not depend on it."""

_Judged = dict[tuple[str, str], tuple[dict[str, Any], dict[str, FloatArray]]]
"""By period and population: a predictor's figures, and what is compared by pairs in every resample."""


def evaluate(
    rows: pd.DataFrame,
    *,
    capacities: Capacities,
    enrolled: Enrolled,
    resamples: int,
    seed: int,
    level_of_school: Mapping[str, str] | None = None,
    chronic_since: pd.DataFrame | None = None,
    school_days: Sequence[dt.date] = (),
) -> dict[str, Any]:
    """Return evaluation.json's figures of the test year.

    ``as_of_dates``, ``predictors``, ``periods``, ``lift``, ``calibration``, ``stability``, and ``lead_time``
    where it is known since when students were chronically absent.

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
    level_of_school : mapping of school_id to str, optional
        School levels, for calibration by level.
    chronic_since, school_days
        As for :func:`ews.model.lead_time.lead_time`.
    """
    rows = rows.sort_values(["as_of_date", "student_id"]).reset_index(drop=True)
    codes, students = student_codes(rows["student_id"])
    rows["group"] = groups_of(rows)
    bootstrap = StudentBootstrap(students, resamples, seed)
    order = ListOrder.of(rows)
    sections = {each.name: _sections(rows, capacities, enrolled, each, order) for each in PREDICTORS}
    with ThreadPoolExecutor(_THREADS) as pool:
        every = pool.map(lambda each: _judge(rows, codes, bootstrap, each, sections[each.name]), PREDICTORS)
        judged = dict(zip((each.name for each in PREDICTORS), every, strict=True))
    curve = CalibrationCurve(rows, codes, students)
    for weights in bootstrap.chunks():
        curve.resample(weights)
    dates = sorted(set(rows["as_of_date"]))
    gain = _lift(rows, judged, dates)
    return {
        "as_of_dates": [day.isoformat() for day in dates],
        "predictors": [{"name": p.name, "title": p.title, "kind": p.kind} for p in PREDICTORS],
        "periods": _periods(rows, judged),
        "lift": gain,
        "calibration": {
            "curve": curve.points(),
            "by": calibration_by(rows, codes, level_of_school or {}),
        },
        "stability": list_stability(rows, sections),
        "lead_time": None
        if chronic_since is None
        else lead_time(rows, sections, chronic_since, school_days, gain["best_rule"]),
    }


def _judge(
    rows: pd.DataFrame,
    codes: np.ndarray,
    bootstrap: StudentBootstrap,
    predictor: Predictor,
    listed: pd.Series[str],
) -> _Judged:
    """Return one predictor's figures, and draws of those compared by pairs, by period and population."""
    # Two predictors at a time, with the same weights drawn anew: holding all of them at once would take
    # three times the memory and save a second.
    own = rows[["group", "label", "already_chronic", predictor.column]]
    slices = {
        (period, population): Slice(
            population, predictor, own.loc[mask], codes[mask], bootstrap.students, listed[mask]
        )
        for period, population, mask in _populations(rows)
    }
    for weights in bootstrap.chunks():
        for each in slices.values():
            each.resample(weights)
    return {key: (each.figures(), each.drawn_in_pairs()) for key, each in slices.items()}


def _sections(
    rows: pd.DataFrame,
    capacities: Capacities,
    enrolled: Enrolled,
    predictor: Predictor,
    order: ListOrder,
) -> pd.Series[str]:
    """Return the section of every listed row when this predictor fills the lists, and "" for the others."""
    placed = place(rows, capacities, enrolled, predictor.column, order)
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


def _periods(rows: pd.DataFrame, judged: Mapping[str, _Judged]) -> list[dict[str, Any]]:
    report: dict[str, dict[str, Any]] = {}
    for period, population, mask in _populations(rows):
        own = rows.loc[mask]
        report.setdefault(period, {})[population] = {
            "n": len(own),
            "positives": int(own["label"].sum()),
            "students": int(own["student_id"].nunique()),
            "predictors": {name: figures[period, population][0] for name, figures in judged.items()},
            "beside": beside({name: figures[period, population] for name, figures in judged.items()}),
        }
    return [{"as_of": period, "populations": populations} for period, populations in report.items()]


def _lift(rows: pd.DataFrame, judged: Mapping[str, _Judged], dates: list[dt.date]) -> dict[str, Any]:
    points = pd.DataFrame(index=dates, columns=list(judged), dtype=float)
    draws: dict[str, FloatArray] = {}
    for name, figures in judged.items():
        own = [figures[day.isoformat(), NOT_YET_CHRONIC] for day in dates]
        points[name] = [np.nan if each["auc"]["value"] is None else each["auc"]["value"] for each, _ in own]
        aucs = [drawn["auc"] for _, drawn in own]
        length = max(len(drawn) for drawn in aucs)
        draws[name] = np.array([drawn if len(drawn) else np.full(length, np.nan) for drawn in aucs])
    early = rows.loc[~rows["already_chronic"].astype(bool), "student_id"]
    return lift(points, draws, early.nunique())

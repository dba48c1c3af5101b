"""The lift of several models on the same students: which is highest, and how sure the data are of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ews.model.intervals import FloatArray, Interval, percentile_interval
from ews.model.lift import mean_over_dates
from ews.model.measures import auc
from ews.model.predictors import RULES
from ews.model.resampling import ScoreHistogram, StudentBootstrap, auc_of, student_codes


@dataclass(frozen=True)
class Lift:
    """A model's lift and its standard error, from resampling whole students.

    ``behind`` is how much lower it is than the highest lift, and ``behind_error`` the standard error of
    that difference, the same students drawn for both.
    """

    value: float
    standard_error: float
    behind: float
    behind_error: float


def lifts(
    rows: pd.DataFrame, scores: Mapping[str, np.ndarray], *, resamples: int, seed: int
) -> dict[str, Lift]:
    """Return the lift of every model, as the contract defines it (see :mod:`ews.model.lift`).

    Parameters
    ----------
    rows : DataFrame
        One row per student_id and as_of_date, with ``label``, ``already_chronic`` and the scores of the
        rules of thumb.
    scores : mapping of str to array of shape (rows,)
        Each model's risks.
    resamples, seed : int
        Resampling by student.

    Returns
    -------
    dict
        By model, in the order given; empty where no date had both outcomes among students not yet chronic.
    """
    found = average_aucs(rows, scores, resamples=resamples, seed=seed)
    if not found:
        return {}
    rule = best_rule_of(found)
    best = max(scores, key=lambda name: found[name][0])
    return {name: _lift(found[name], found[rule], found[best]) for name in scores}


AverageAuc = tuple[float, FloatArray]
"""An AUC averaged over the dates, and the same in every resample."""


def average_aucs(
    rows: pd.DataFrame, scores: Mapping[str, np.ndarray], *, resamples: int, seed: int
) -> dict[str, AverageAuc]:
    """Return, for every model and every rule of thumb, the AUC that lift is made of.

    Among students not yet chronic, averaged over the dates, with its resamples by student; those of one
    call are paired. Parameters as for :func:`lifts`; empty where no date had both outcomes.
    """
    codes, students = student_codes(rows["student_id"])
    dates = _dates_with_both_outcomes(rows)
    if not dates:
        return {}
    bootstrap = StudentBootstrap(students, resamples, seed)
    ranked = {**scores, **{rule.name: rows[rule.column].to_numpy(dtype=float) for rule in RULES}}
    labels = rows["label"].to_numpy(dtype=int)
    return {name: _average_auc(codes, labels, score, dates, bootstrap) for name, score in ranked.items()}


def best_rule_of(found: Mapping[str, AverageAuc]) -> str:
    """Return the rule of thumb with the highest AUC; the first of equals."""
    return max((rule.name for rule in RULES), key=lambda name: found[name][0])


def difference(one: AverageAuc, other: AverageAuc) -> Interval:
    """Return one AUC less another, with the interval of the pair."""
    return percentile_interval(one[0] - other[0], one[1] - other[1])


def _lift(own: AverageAuc, rule: AverageAuc, best: AverageAuc) -> Lift:
    return Lift(own[0] - rule[0], _spread(own[1] - rule[1]), best[0] - own[0], _spread(best[1] - own[1]))


def _spread(draws: FloatArray) -> float:
    known = draws[np.isfinite(draws)]
    return float(known.std(ddof=1)) if len(known) > 1 else 0.0


def _dates_with_both_outcomes(rows: pd.DataFrame) -> list[np.ndarray]:
    """Return which rows are judged at each date: those of students not yet chronic."""
    early = ~rows["already_chronic"].to_numpy(dtype=bool)
    masks = [early & (rows["as_of_date"] == day).to_numpy() for day in sorted(set(rows["as_of_date"]))]
    return [mask for mask in masks if rows["label"][mask].nunique() == 2]


def _average_auc(
    codes: np.ndarray,
    labels: np.ndarray,
    score: np.ndarray,
    dates: Sequence[np.ndarray],
    bootstrap: StudentBootstrap,
) -> AverageAuc:
    histograms = [
        ScoreHistogram(codes[mask], score[mask], labels[mask], bootstrap.students) for mask in dates
    ]
    drawn = [
        mean_over_dates(np.array([auc_of(*histogram(weights)) for histogram in histograms]))
        for weights in bootstrap.chunks()
    ]
    return float(np.mean([auc(labels[mask], score[mask]) for mask in dates])), np.concatenate(drawn)


def students_not_yet_chronic(rows: pd.DataFrame) -> int:
    """Return how many students have a row on which they are not yet chronic: those that lift is about."""
    return int(rows.loc[~rows["already_chronic"].astype(bool), "student_id"].nunique())

"""Raw scores into risks: sigmoid or isotonic, whichever does better on students it has not seen.

A calibrator is plain data, saved as JSON beside the model and applied without scikit-learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ews.model.labelled_rows import student_folds

FOLDS = 5
_FLOOR = 1e-4
_MARGIN = 1e-4


def fit_calibrator(scores: np.ndarray, labels: np.ndarray, students: pd.Series, seed: int) -> dict[str, Any]:
    """Return the calibrator with the smaller log loss out of fold, folds by student.

    Isotonic must be better by a margin: it makes ties, and a sigmoid keeps the model's order.

    Returns
    -------
    dict
        ``method``, its parameters, and ``held_out_log_loss`` of both methods.
    """
    folds = student_folds(students, FOLDS, seed)
    losses = {name: _held_out_loss(fit, scores, labels, folds) for name, fit in _METHODS.items()}
    method = "isotonic" if losses["isotonic"] < losses["sigmoid"] - _MARGIN else "sigmoid"
    return {**_METHODS[method](scores, labels), "held_out_log_loss": losses}


def apply_calibrator(calibrator: dict[str, Any], scores: np.ndarray) -> np.ndarray:
    """Return calibrated probabilities in (0, 1), one per raw score."""
    if calibrator["method"] == "sigmoid":
        log_odds = calibrator["slope"] * scores + calibrator["intercept"]
        risks = 1.0 / (1.0 + np.exp(-log_odds))
    elif calibrator["method"] == "isotonic":
        risks = np.interp(scores, calibrator["scores"], calibrator["risks"])
    else:
        msg = f"unknown calibration method {calibrator['method']!r}"
        raise ValueError(msg)
    return np.asarray(np.clip(risks, _FLOOR, 1 - _FLOOR))


def held_out_risks(
    calibrator: dict[str, Any], scores: np.ndarray, labels: np.ndarray, students: pd.Series, seed: int
) -> np.ndarray:
    """Return risks of every row by the calibrator's method, fitted each time on the other students only.

    Risks that a calibrator gives to the rows it was fitted on agree with their outcomes a little too
    well. Where the other students had only one outcome, the calibrator itself is applied.
    """
    fit = _METHODS[calibrator["method"]]
    folds = student_folds(students, FOLDS, seed)
    risks = apply_calibrator(calibrator, scores)
    for fold in range(FOLDS):
        held = folds == fold
        if held.any() and len(np.unique(labels[~held])) == 2:
            risks[held] = apply_calibrator(fit(scores[~held], labels[~held]), scores[held])
    return risks


def _fit_sigmoid(scores: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    from sklearn.linear_model import LogisticRegression

    # Practically unpenalized: two parameters on thousands of rows need no shrinking.
    line = LogisticRegression(C=1e6, tol=1e-8).fit(scores.reshape(-1, 1), labels)
    return {"method": "sigmoid", "slope": float(line.coef_[0, 0]), "intercept": float(line.intercept_[0])}


def _fit_isotonic(scores: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(y_min=_FLOOR, y_max=1 - _FLOOR, out_of_bounds="clip").fit(scores, labels)
    return {
        "method": "isotonic",
        "scores": steps.X_thresholds_.tolist(),
        "risks": steps.y_thresholds_.tolist(),
    }


_METHODS = {"sigmoid": _fit_sigmoid, "isotonic": _fit_isotonic}


def _held_out_loss(fit: Any, scores: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> float:
    losses = np.zeros(len(scores))
    for fold in range(FOLDS):
        held = folds == fold
        if not held.any() or len(np.unique(labels[~held])) < 2:
            return float("inf")
        risks = apply_calibrator(fit(scores[~held], labels[~held]), scores[held])
        losses[held] = -np.where(labels[held] == 1, np.log(risks), np.log(1 - risks))
    return float(losses.mean())

"""Raw scores into risks: sigmoid, beta or isotonic, whichever does better on students it has not seen.

Sigmoid: J. C. Platt (1999). Beta: M. Kull, T. Silva Filho and P. Flach (2017), Electronic Journal of
Statistics 11, 5052-5080: ``logit(risk) = a log p - b log(1 - p) + c`` with a, b >= 0, so that it never turns
an order around; p is the score as a probability. With a = b it is the sigmoid.

A calibrator is plain data, saved as JSON beside the model and applied without scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ews.model.labelled_rows import student_folds

FOLDS = 5
_FLOOR = 1e-4
_MARGIN = 1e-4


def fit_calibrator(scores: np.ndarray, labels: np.ndarray, students: pd.Series, seed: int) -> dict[str, Any]:
    """Return the calibrator with the smaller log loss out of fold, folds by student.

    Each method in the order of :data:`METHODS` must be better than the best before it by a margin: beta has
    one parameter more than a sigmoid, and isotonic makes ties.

    Returns
    -------
    dict
        ``method``, its parameters, and ``held_out_log_loss`` of every method.
    """
    folds = student_folds(students, FOLDS, seed)
    losses = {name: _held_out_loss(fit, scores, labels, folds) for name, fit in METHODS.items()}
    method = "sigmoid"
    for name in METHODS:
        if losses[name] < losses[method] - _MARGIN:
            method = name
    return {**METHODS[method](scores, labels), "held_out_log_loss": losses}


def calibration_choice(calibrator: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was chosen and the losses it was chosen by, with a sentence, for report and card."""
    method, losses = calibrator["method"], calibrator["held_out_log_loss"]
    named = ", ".join(f"{name} {loss:.4f}" for name, loss in losses.items() if np.isfinite(loss))
    sentence = f"Risks are calibrated by the {method} method. Log loss on held-out students: {named}."
    finite = {name: float(loss) if np.isfinite(loss) else None for name, loss in losses.items()}
    return {"method": method, "held_out_log_loss": finite, "sentence": sentence}


def apply_calibrator(calibrator: dict[str, Any], scores: np.ndarray) -> np.ndarray:
    """Return calibrated probabilities in (0, 1), one per raw score."""
    if calibrator["method"] == "sigmoid":
        log_odds = calibrator["slope"] * scores + calibrator["intercept"]
        risks = 1.0 / (1.0 + np.exp(-log_odds))
    elif calibrator["method"] == "beta":
        log_odds = _two_logs(scores) @ np.array([calibrator["a"], calibrator["b"]]) + calibrator["c"]
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
    fit = METHODS[calibrator["method"]]
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


def _two_logs(scores: np.ndarray) -> np.ndarray:
    """Return log p and -log(1 - p) of raw scores (log odds), shape (rows, 2); both rise with the score."""
    return np.column_stack([-np.logaddexp(0, -scores), np.logaddexp(0, scores)])


def _fit_beta(scores: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Fit a, b and c; a slope below 0 is set to 0 and the other fitted alone, as Kull and others do."""
    from sklearn.linear_model import LogisticRegression

    features, used = _two_logs(scores), [0, 1]
    for _ in range(2):
        line = LogisticRegression(C=1e6, tol=1e-8, max_iter=1000).fit(features[:, used], labels)
        slopes = line.coef_[0]
        if (slopes >= 0).all() or len(used) == 1:
            break
        used = [used[int(slopes.argmax())]]
    fitted = np.zeros(2)
    fitted[used] = np.maximum(slopes, 0)
    a, b = (float(each) for each in fitted)
    return {"method": "beta", "a": a, "b": b, "c": float(line.intercept_[0])}


METHODS = {"sigmoid": _fit_sigmoid, "beta": _fit_beta, "isotonic": _fit_isotonic}
"""In the order of preference among equals."""


def _held_out_loss(fit: Any, scores: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> float:
    losses = np.zeros(len(scores))
    for fold in range(FOLDS):
        held = folds == fold
        if not held.any() or len(np.unique(labels[~held])) < 2:
            return float("inf")
        risks = apply_calibrator(fit(scores[~held], labels[~held]), scores[held])
        losses[held] = -np.where(labels[held] == 1, np.log(risks), np.log(1 - risks))
    return float(losses.mean())

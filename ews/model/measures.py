"""How well scores rank, and how well risks can be taken at their word.

Every measure takes arrays of shape (rows,) and returns NaN where it is undefined: a figure that does
not exist must not look like a bad or a good one.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

_CLIP = 1e-6  # a risk of exactly 0 or 1 has no logit
_WIDEST = 40.0  # logits; beyond that, expit is 0 or 1 to the last digit


def auc(label: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve: P(score of a positive > score of a negative), ties counted half.

    Ideal 1; 0.5 is no better than chance. NaN unless both outcomes occur. Unchanged by any increasing
    transformation of the score, so rules of thumb need not be probabilities.
    """
    return float(roc_auc_score(label, score)) if _both_occur(label) else float("nan")


def average_precision(label: np.ndarray, score: np.ndarray) -> float:
    """Average precision: sum over thresholds of (gain in recall) × (precision there).

    Ideal 1; a score without information gives the share of positives. NaN without positives.
    """
    return float(average_precision_score(label, score)) if label.any() else float("nan")


def brier(label: np.ndarray, risk: np.ndarray) -> float:
    """Brier score: mean of (risk - label)².

    Ideal 0; giving everybody the base rate p scores p(1 - p). NaN without rows.
    """
    return float(brier_score_loss(label, risk, labels=[0, 1])) if len(label) else float("nan")


def risk_logit(risk: np.ndarray) -> np.ndarray:
    """Return log(risk / (1 - risk)), risks kept a millionth away from 0 and 1."""
    return np.asarray(logit(np.clip(risk, _CLIP, 1 - _CLIP)))


def calibration_in_the_large(label: np.ndarray, risk: np.ndarray) -> float:
    """Return the intercept a of logistic recalibration with the slope held at 1 (D. R. Cox 1958).

    Solves ``sum of label = sum of expit(a + logit(risk))``. Ideal 0; above 0, need is under-estimated
    (in logits). NaN unless both outcomes occur.
    """
    if not _both_occur(label):
        return float("nan")
    at = risk_logit(risk)
    surplus = float(label.sum())
    return float(brentq(lambda a: surplus - float(expit(a + at).sum()), -_WIDEST, _WIDEST, xtol=1e-12))


def recalibration_line(label: np.ndarray, risk: np.ndarray) -> tuple[float, float]:
    """Return intercept and slope of the logistic regression of label on logit(risk), by maximum likelihood.

    Ideal (0, 1). NaN unless both outcomes occur, risks differ, and the outcomes overlap (else the
    slope is infinite).
    """
    at = risk_logit(risk)
    if not _both_occur(label) or not _overlap(at, label == 1):
        return float("nan"), float("nan")
    fitted = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=200)
    fitted.fit(at[:, None], label)
    return float(fitted.intercept_[0]), float(fitted.coef_[0, 0])


def calibration_slope(label: np.ndarray, risk: np.ndarray) -> float:
    """Return the slope b of logistic recalibration: label ~ expit(a + b · logit(risk)).

    Ideal 1; below 1, risks are too extreme; above 1, too timid. NaN as for :func:`recalibration_line`.
    """
    return recalibration_line(label, risk)[1]


def _both_occur(label: np.ndarray) -> bool:
    return bool(label.any()) and not bool(label.all())


def _overlap(at: np.ndarray, positive: np.ndarray) -> bool:
    above, below = at[positive], at[~positive]
    separated = above.min() >= below.max() or above.max() <= below.min()
    return not separated

"""Calibration: plain data, honest on students it has not seen, and never out of (0, 1)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from ews.model.calibrate import METHODS, apply_calibrator, calibration_choice, fit_calibrator
from ews.model.labelled_rows import student_folds


def _drawn(
    rows: int, slope: float, intercept: float, seed: int = 1
) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    random = np.random.default_rng(seed)
    scores = random.normal(-1.0, 1.5, rows)
    risks = 1 / (1 + np.exp(-(slope * scores + intercept)))
    labels = (random.random(rows) < risks).astype(int)
    return scores, labels, pd.Series([f"s{number // 4:05d}" for number in range(rows)])


def test_scores_that_are_too_sure_are_drawn_in() -> None:
    scores, labels, students = _drawn(20_000, slope=0.5, intercept=-0.3)
    calibrator = fit_calibrator(scores, labels, students, seed=1)
    assert calibrator["method"] == "sigmoid"
    assert calibrator["slope"] == pytest.approx(0.5, abs=0.05)
    assert calibrator["intercept"] == pytest.approx(-0.3, abs=0.08)


def test_a_bent_relation_is_calibrated_by_steps() -> None:
    random = np.random.default_rng(2)
    scores = random.uniform(-3, 3, 20_000)
    labels = (random.random(20_000) < np.where(scores > 0, 0.6, 0.1)).astype(int)
    students = pd.Series([f"s{number:05d}" for number in range(20_000)])
    calibrator = fit_calibrator(scores, labels, students, seed=1)
    assert calibrator["method"] == "isotonic"
    risks = apply_calibrator(calibrator, np.array([-2.0, 2.0]))
    assert risks == pytest.approx([0.1, 0.6], abs=0.03)


def test_a_calibrator_survives_json_to_the_last_bit() -> None:
    scores, labels, students = _drawn(5_000, slope=1.2, intercept=0.1)
    calibrator = fit_calibrator(scores, labels, students, seed=1)
    again = json.loads(json.dumps(calibrator))
    assert np.array_equal(apply_calibrator(again, scores), apply_calibrator(calibrator, scores))


def test_scores_that_are_too_sure_at_one_end_only_are_calibrated_by_beta() -> None:
    random = np.random.default_rng(5)
    scores = random.normal(-1.0, 2.0, 60_000)
    p = 1 / (1 + np.exp(-scores))
    odds = 0.3 * np.log(p) - 1.6 * np.log(1 - p) - 0.4
    labels = (random.random(60_000) < 1 / (1 + np.exp(-odds))).astype(int)
    students = pd.Series([f"s{number:05d}" for number in range(60_000)])
    calibrator = fit_calibrator(scores, labels, students, seed=1)
    assert calibrator["method"] == "beta"
    assert [calibrator[name] for name in "abc"] == pytest.approx([0.3, 1.6, -0.4], abs=0.06)
    risks = apply_calibrator(calibrator, scores)
    assert np.abs(risks - 1 / (1 + np.exp(-odds))).max() < 0.02


def test_beta_never_turns_an_order_around() -> None:
    scores, labels, _ = _drawn(4_000, slope=-1.0, intercept=0.0)
    fitted = METHODS["beta"](scores, labels)
    assert min(fitted["a"], fitted["b"]) == 0
    assert np.all(np.diff(apply_calibrator(fitted, np.linspace(-30, 30, 61))) >= 0)


def test_the_three_losses_are_those_of_fitting_on_the_other_students() -> None:
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    scores, labels, students = _drawn(3_000, slope=0.7, intercept=0.2)
    calibrator = fit_calibrator(scores, labels, students, seed=3)
    folds = student_folds(students, 5, 3)
    p = 1 / (1 + np.exp(-scores))
    columns = {"sigmoid": scores[:, None], "beta": np.column_stack([np.log(p), -np.log(1 - p)])}
    expected = {}
    for name, features in columns.items():
        held = np.zeros(len(scores))
        for fold in range(5):
            line = LogisticRegression(C=np.inf, tol=1e-10, max_iter=5_000)
            line.fit(features[folds != fold], labels[folds != fold])
            held[folds == fold] = line.predict_proba(features[folds == fold])[:, 1]
        expected[name] = log_loss(labels, held)
    steps = np.zeros(len(scores))
    for fold in range(5):
        fitted = IsotonicRegression(y_min=1e-4, y_max=1 - 1e-4, out_of_bounds="clip")
        fitted.fit(scores[folds != fold], labels[folds != fold])
        steps[folds == fold] = fitted.predict(scores[folds == fold])
    expected["isotonic"] = log_loss(labels, steps)
    choice = calibration_choice(calibrator)
    assert choice["held_out_log_loss"] == pytest.approx(expected, abs=2e-4)
    assert choice["method"] == calibrator["method"]
    for name, loss in choice["held_out_log_loss"].items():
        assert f"{name} {loss:.4f}" in choice["sentence"]


@pytest.mark.parametrize("method", ["sigmoid", "beta", "isotonic"])
def test_risks_keep_the_order_of_the_scores_and_stay_inside_0_and_1(method: str) -> None:
    calibrator = {
        "sigmoid": {"method": "sigmoid", "slope": 2.0, "intercept": 0.0},
        "beta": {"method": "beta", "a": 2.0, "b": 0.5, "c": -1.0},
        "isotonic": {"method": "isotonic", "scores": [-1.0, 0.0, 1.0], "risks": [0.1, 0.2, 0.9]},
    }[method]
    risks = apply_calibrator(calibrator, np.linspace(-50, 50, 101))
    assert np.all(np.diff(risks) >= 0)
    assert risks.min() > 0
    assert risks.max() < 1


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown calibration method"):
        apply_calibrator({"method": "magic"}, np.zeros(1))

"""Calibration: plain data, honest on students it has not seen, and never out of (0, 1)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from ews.model.calibrate import apply_calibrator, fit_calibrator


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


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_risks_keep_the_order_of_the_scores_and_stay_inside_0_and_1(method: str) -> None:
    calibrator = {
        "sigmoid": {"method": "sigmoid", "slope": 2.0, "intercept": 0.0},
        "isotonic": {"method": "isotonic", "scores": [-1.0, 0.0, 1.0], "risks": [0.1, 0.2, 0.9]},
    }[method]
    risks = apply_calibrator(calibrator, np.linspace(-50, 50, 101))
    assert np.all(np.diff(risks) >= 0)
    assert risks.min() > 0
    assert risks.max() < 1


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown calibration method"):
        apply_calibrator({"method": "magic"}, np.zeros(1))

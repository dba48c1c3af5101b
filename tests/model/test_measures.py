"""Measures: hand cases, ideals, and what they say where they are undefined."""

import numpy as np
import pytest
from scipy.special import expit, logit

from ews.model.calibration_error import CalibrationError, integrated_calibration_index
from ews.model.measures import (
    auc,
    average_precision,
    brier,
    calibration_in_the_large,
    calibration_slope,
    recalibration_line,
)

LABEL = np.array([0, 0, 1, 1])
SCORE = np.array([0.1, 0.4, 0.4, 0.8])


def calibrated(rows: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    risk = expit(generator.normal(-1, 1.2, rows))
    return (generator.random(rows) < risk).astype(int), risk


def test_auc_counts_a_tie_as_half_a_win():
    assert auc(LABEL, SCORE) == pytest.approx(3.5 / 4)


def test_average_precision_by_hand():
    # thresholds 0.8: precision 1, recall 1/2; 0.4: precision 2/3, recall 1; 0.1 adds no recall
    assert average_precision(LABEL, SCORE) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_brier_by_hand():
    assert brier(LABEL, SCORE) == pytest.approx((0.01 + 0.16 + 0.36 + 0.04) / 4)


def test_a_constant_risk_at_the_base_rate_is_calibrated_in_the_large():
    label = np.array([1, 0, 0, 0] * 10)
    assert calibration_in_the_large(label, np.full(40, 0.25)) == pytest.approx(0, abs=1e-9)
    expected = logit(0.25) - logit(0.10)
    assert calibration_in_the_large(label, np.full(40, 0.10)) == pytest.approx(expected, abs=1e-9)


def test_risks_one_logit_too_low_are_one_in_the_large_and_keep_their_slope():
    label, risk = calibrated(60_000)
    low = expit(logit(risk) - 1)
    assert calibration_in_the_large(label, low) == pytest.approx(1, abs=0.05)
    assert calibration_slope(label, low) == pytest.approx(1, abs=0.05)


def test_risks_twice_too_extreme_have_a_slope_of_one_half():
    label, risk = calibrated(60_000)
    assert calibration_slope(label, expit(2 * logit(risk))) == pytest.approx(0.5, abs=0.02)


def test_the_recalibration_line_solves_its_score_equations():
    label, risk = calibrated(500)
    intercept, slope = recalibration_line(label, risk)
    residual = label - expit(intercept + slope * logit(risk))
    assert residual.sum() == pytest.approx(0, abs=1e-6)
    assert (residual * logit(risk)).sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("label", [np.zeros(4, dtype=int), np.ones(4, dtype=int)])
def test_with_one_outcome_only_ranking_and_recalibration_are_undefined(label):
    assert np.isnan(auc(label, SCORE))
    assert np.isnan(calibration_in_the_large(label, SCORE))
    assert np.isnan(calibration_slope(label, SCORE))


def test_without_positives_average_precision_is_undefined_and_not_zero():
    assert np.isnan(average_precision(np.zeros(4, dtype=int), SCORE))


def test_outcomes_that_do_not_overlap_have_no_slope():
    assert np.isnan(calibration_slope(LABEL, np.array([0.1, 0.2, 0.7, 0.8])))
    assert np.isnan(calibration_slope(LABEL, np.array([0.8, 0.7, 0.2, 0.1])))
    assert np.isnan(calibration_slope(LABEL, np.full(4, 0.5)))


def test_nobody_has_no_figures():
    nobody = np.array([], dtype=int)
    assert np.isnan([brier(nobody, nobody), integrated_calibration_index(nobody, nobody)]).all()


def test_the_calibration_index_is_small_for_true_risks_and_large_for_shifted_ones():
    label, risk = calibrated(30_000)
    assert integrated_calibration_index(label, risk) < 0.01
    shifted = np.clip(risk + 0.1, 0, 1)
    assert integrated_calibration_index(label, shifted) == pytest.approx(0.1, abs=0.012)


def test_with_a_single_risk_the_calibration_index_is_its_distance_from_the_base_rate():
    label = np.array([1, 0, 0, 0] * 10)
    assert integrated_calibration_index(label, np.full(40, 0.4)) == pytest.approx(0.15)


def test_the_smoother_is_exact_on_a_straight_line():
    # At risk r, a share of 0.1 + 0.5 r of 1,000 students has the outcome: the fit must return the line.
    risks = np.linspace(0, 1, 11)
    risk = np.repeat(risks, 1_000)
    label = np.concatenate([np.arange(1_000) < 1_000 * (0.1 + 0.5 * each) for each in risks]).astype(int)
    expected = np.mean(np.abs(risks - (0.1 + 0.5 * risks)))
    assert integrated_calibration_index(label, risk) == pytest.approx(expected, abs=1e-3)


def test_drawing_everybody_once_gives_the_index_itself_and_doubling_changes_nothing():
    label, risk = calibrated(3_000)
    index = integrated_calibration_index(label, risk)
    codes = np.arange(3_000) // 3
    drawn = CalibrationError(codes, risk, label, 1_000)(
        np.column_stack([np.ones(1_000), np.full(1_000, 2.0)])
    )
    assert drawn == pytest.approx([index, index])


def test_a_constant_forecast_of_the_base_rate_has_the_brier_score_of_its_variance():
    label = np.array([1, 0, 0, 0])
    assert brier(label, np.full(4, 0.25)) == pytest.approx(0.25 * 0.75)

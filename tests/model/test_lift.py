"""The lift rule: better than the best rule of thumb, for students not yet chronic."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ews.model.lift import lift, lift_verdict

DAYS = [dt.date(2024, 10, 1), dt.date(2024, 11, 1)]
AUCS = {
    "model": [0.80, 0.90],
    "prior_year_rate": [0.70, 0.80],
    "year_to_date_rate": [0.60, 0.92],
    "larger_of_both": [0.65, 0.70],
    "school_grade_rate": [0.55, 0.55],
    "logistic_regression": [0.79, 0.91],
}


def of(aucs: dict[str, list[float]], spread: float = 0.0) -> dict:
    """Return the lift when the model alone varies, by ±spread, from resample to resample."""
    points = pd.DataFrame(aucs, index=DAYS)
    draws = {name: np.repeat(np.array(each)[:, None], 201, axis=1) for name, each in aucs.items()}
    draws["model"] = draws["model"] + np.linspace(-spread, spread, 201)
    return lift(points, draws, students=1_234)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.001, 0.02, "pass"),
        (0.0, 0.02, "insufficient_evidence"),
        (-0.01, 0.02, "insufficient_evidence"),
        (-0.02, 0.0, "fail"),
        (-0.02, -0.01, "fail"),
        (None, None, "insufficient_evidence"),
    ],
)
def test_the_verdict_is_the_interval_s_place_beside_zero(low, high, verdict):
    assert lift_verdict(low, high) == verdict


def test_the_lift_by_hand_is_the_averaged_auc_minus_that_of_the_best_rule():
    report = of(AUCS, spread=0.04)
    # averages: model 0.85; prior year 0.75, year to date 0.76, larger of both 0.675, school 0.55
    assert report["best_rule"] == "year_to_date_rate"
    assert report["model_auc"] == pytest.approx(0.85)
    assert report["best_rule_auc"] == pytest.approx(0.76)
    assert report["estimate"] == pytest.approx(0.09)
    assert (report["low"], report["high"]) == pytest.approx((0.052, 0.128))
    assert report["verdict"] == "pass"
    assert report["n_students"] == 1_234


def test_the_best_rule_is_that_of_the_average_and_not_of_one_date():
    report = of(AUCS | {"larger_of_both": [0.10, 0.99]})
    assert report["best_rule"] == "year_to_date_rate"


def test_a_model_no_better_than_the_rule_itself_fails():
    report = of(AUCS | {"model": AUCS["year_to_date_rate"]})
    assert (report["estimate"], report["verdict"]) == (0, "fail")
    assert "does not order students better" in report["sentence"]


def test_a_wide_interval_is_insufficient_evidence():
    report = of(AUCS, spread=0.2)
    assert report["verdict"] == "insufficient_evidence"
    assert "cannot tell" in report["sentence"]


def test_the_report_says_when_the_logistic_regression_does_as_well():
    assert "does as well as the model" in of(AUCS, spread=0.04)["regression"]["sentence"]
    better = of(AUCS | {"logistic_regression": [0.5, 0.5]}, spread=0.04)["regression"]
    assert better["sentence"].startswith("The model does better")
    worse = of(AUCS | {"logistic_regression": [0.99, 0.99]}, spread=0.04)["regression"]
    assert worse["sentence"].startswith("The logistic regression does better")
    assert worse["high"] < 0


def test_a_date_with_one_outcome_only_is_left_out_and_named():
    aucs = {name: [each[0], float("nan")] for name, each in AUCS.items()}
    report = of(aucs)
    assert report["estimate"] == pytest.approx(0.10)
    assert report["dates_left_out"] == ["2024-11-01"]
    assert "2024-11-01" in report["sentence"]


def test_without_any_usable_date_there_is_no_lift_and_no_pass():
    report = of({name: [float("nan")] * 2 for name in AUCS})
    assert report["verdict"] == "insufficient_evidence"
    assert report["estimate"] is None
    assert report["best_rule"] is None
    assert report["regression"]["estimate"] is None


def test_equal_rules_always_name_the_same_one():
    report = of(AUCS | {rule: [0.7, 0.7] for rule in list(AUCS)[1:5]})
    assert report["best_rule"] == "prior_year_rate"


def test_resamples_without_a_figure_leave_no_bounds_and_decide_nothing():
    draws = {name: np.full((2, 50), np.nan) for name in AUCS}
    report = lift(pd.DataFrame(AUCS, index=DAYS), draws, students=3)
    assert (report["low"], report["high"]) == (None, None)
    assert report["verdict"] == "insufficient_evidence"
    assert "interval" not in report["sentence"]

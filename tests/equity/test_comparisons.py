"""Verdicts of comparisons: bounds, tolerance, and Holm's rule."""

import numpy as np
import pytest

from ews.equity.comparisons import Comparison, holm, judge, one_sided_p, worst

TOLERANCE = {"excess_fnr": 0.10, "auc_difference": 0.10}


def compared(low: float, high: float, p_value: float | None, **other) -> Comparison:
    interval = {"value": (low + high) / 2, "low": low, "high": high}
    return Comparison("race_ethnicity", "A", "long", "excess_fnr", interval, p_value, **other)


def test_holm_equals_the_textbook():
    # The worked example of R's p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm").
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])


def test_holm_keeps_the_order_it_was_given_and_never_passes_one():
    assert holm([0.04, 0.01, 0.9]) == pytest.approx([0.08, 0.03, 0.9])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_of_one_is_the_p_value_itself():
    assert holm([0.02]) == [0.02]


@pytest.mark.parametrize(
    ("low", "high", "p_value", "verdict"),
    [
        (-0.02, 0.10, 0.9, "pass"),
        (-0.02, 0.11, 0.9, "insufficient_evidence"),
        (0.09, 0.30, 0.04, "insufficient_evidence"),
        (0.11, 0.30, 0.001, "fail"),
        (0.10, 0.30, 0.001, "insufficient_evidence"),
    ],
)
def test_the_verdict_of_one_comparison_is_its_interval_s_place_beside_the_tolerance(
    low, high, p_value, verdict
):
    assert judge([compared(low, high, p_value)], TOLERANCE)[0].verdict == verdict


def test_among_many_comparisons_a_lower_bound_beyond_tolerance_is_not_enough():
    alone = compared(0.11, 0.30, 0.02)
    others = [compared(-0.02, 0.05, 0.9) for _ in range(9)]
    assert judge([alone], TOLERANCE)[0].verdict == "fail"
    among_ten = judge([alone, *others], TOLERANCE)[0]
    assert among_ten.holm_p_value == pytest.approx(0.2)
    assert among_ten.verdict == "insufficient_evidence"


def test_comparisons_that_are_not_judged_keep_their_verdict_and_do_not_dilute_the_others():
    kept = [compared(0.5, 0.9, None), compared(0.5, 0.9, None, verdict="insufficient_evidence")]
    judged = judge([*kept, compared(0.11, 0.30, 0.02)], TOLERANCE)
    assert [each.verdict for each in judged] == ["not_judged", "insufficient_evidence", "fail"]
    assert judged[2].holm_p_value == 0.02


def test_each_measure_has_its_own_tolerance():
    judged = judge([compared(-0.02, 0.15, 0.5)], {"excess_fnr": 0.20, "auc_difference": 0.01})
    assert judged[0].verdict == "pass"


def test_an_interval_without_bounds_is_insufficient_evidence():
    made = Comparison("sex", "F", None, "auc_difference", {"value": 0.2, "low": None, "high": None}, 0.5)
    assert judge([made], TOLERANCE)[0].verdict == "insufficient_evidence"


def test_the_p_value_is_one_half_at_the_tolerance_and_small_beyond_it():
    draws = np.random.default_rng(1).normal(0, 0.02, 1_000)
    assert one_sided_p(0.10, draws, 0.10, students=100) == pytest.approx(0.5)
    assert one_sided_p(0.16, draws, 0.10, students=100) < 0.005
    assert one_sided_p(0.00, draws, 0.10, students=100) > 0.99


def test_fewer_students_make_the_same_distance_less_telling():
    draws = np.random.default_rng(1).normal(0, 0.02, 1_000)
    assert one_sided_p(0.16, draws, 0.10, students=5) > 2 * one_sided_p(0.16, draws, 0.10, students=500)


def test_a_figure_that_never_varies_is_certain():
    assert one_sided_p(0.2, np.full(5, 0.2), 0.1, students=40) == 0
    assert one_sided_p(0.1, np.full(5, 0.1), 0.1, students=40) == 1


def test_the_worst_verdict():
    assert worst(["pass", "fail", "insufficient_evidence"]) == "fail"
    assert worst(["pass", "insufficient_evidence"]) == "insufficient_evidence"
    assert worst(["pass", "not_judged"]) == "pass"
    assert worst([]) == "not_judged"

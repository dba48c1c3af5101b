"""Intervals against textbook values, and what is reported where there is nothing to report."""

import numpy as np
import pytest

from ews.model.intervals import percentile_interval, rate_interval, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_s_interval_equals_the_textbook(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_covers_a_small_group_where_the_bootstrap_does_not():
    generator = np.random.default_rng(1)
    truth, trials = 0.1, 8
    counts = generator.binomial(trials, truth, 2_000)
    by_wilson = np.mean([low <= truth <= high for low, high in (wilson(k, trials) for k in counts)])
    by_bootstrap = np.mean(
        [
            low <= truth <= high
            for low, high in (
                np.quantile(generator.binomial(trials, k / trials, 400) / trials, [0.025, 0.975])
                for k in counts
            )
        ]
    )
    assert by_wilson > 0.93
    assert by_bootstrap < 0.75


def test_a_percentile_interval_leaves_undefined_resamples_out():
    draws = np.array([*np.linspace(0, 1, 101), np.nan])
    assert percentile_interval(0.5, draws) == pytest.approx({"value": 0.5, "low": 0.025, "high": 0.975})


def test_an_undefined_figure_has_no_interval_and_is_not_zero():
    assert percentile_interval(float("nan"), np.ones(3)) == {"value": None, "low": None, "high": None}
    assert percentile_interval(0.5, np.full(3, np.nan)) == {"value": 0.5, "low": None, "high": None}
    assert rate_interval(0, 0, 0, np.ones(3))["value"] is None


def test_one_row_per_student_takes_wilson_and_several_take_the_resamples():
    draws = np.linspace(0.4, 0.6, 201)
    low, high = wilson(5, 10)
    assert rate_interval(5, 10, 10, draws) == {"value": 0.5, "low": low, "high": high}
    assert rate_interval(5, 10, 4, draws) == pytest.approx({"value": 0.5, "low": 0.405, "high": 0.595})


def test_a_rate_of_zero_claims_no_certainty():
    interval = rate_interval(0, 40, 10, np.zeros(100))
    assert interval["high"] == pytest.approx(wilson(0, 10)[1])
    assert interval["value"] == 0

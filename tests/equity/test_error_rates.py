"""How often the audit errs, on districts whose true risks are known; docs/fairness.md has the rates.

The default run takes a few districts of each kind; ``pytest -m slow`` all two hundred.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from tests.equity.error_rates import GROUP, blind, fair, harmed, large_groups, over
from tests.equity.simulated_districts import (
    audited,
    one_date_behind,
    scored_too_low,
    seen_through_noise,
    simulated,
    verdicts_of,
)


def test_the_simulated_risks_are_the_true_ones_in_every_group_at_every_date() -> None:
    district = simulated(1, 60_000)
    rows = district.rows.merge(district.groups, on="student_id")
    for risks in (rows, one_date_behind(district).merge(district.groups, on="student_id")):
        by = risks.groupby(["race_ethnicity", "as_of_date"])
        share = by["label"].mean() - by["risk"].mean()
        error = (
            np.sqrt(
                (risks["risk"] * (1 - risks["risk"]))
                .groupby([risks["race_ethnicity"], risks["as_of_date"]])
                .sum()
            )
            / by.size()
        )
        assert (share.abs() < 4 * error).all()
        tenths = risks.groupby((risks["risk"] * 10).astype(int))
        assert (tenths["label"].mean() - tenths["risk"].mean()).abs().max() < 0.02


def test_what_is_done_to_a_group_is_what_is_said() -> None:
    district = simulated(2, 4_000)
    own = district.members(GROUP)
    lowered = scored_too_low(district, GROUP, 1.0)["risk"].to_numpy()
    before = district.rows["risk"].to_numpy()
    np.testing.assert_allclose(lowered[own], expit(logit(before[own]) - 1.0))
    np.testing.assert_array_equal(lowered[~own], before[~own])
    noisy = seen_through_noise(district, GROUP, 2)
    label = district.rows["label"].to_numpy()
    assert abs(noisy["risk"].to_numpy()[own].mean() - label[own].mean()) < 0.06, "recalibrated"
    np.testing.assert_array_equal(noisy["risk"].to_numpy()[~own], before[~own])


def test_fair_districts_with_the_base_rates_of_the_country_do_not_fail() -> None:
    found = [fair(seed, 6_000) for seed in (1, 3)]
    assert "fail" not in [verdict for verdict, _ in found]
    assert large_groups(found)["pass"] >= 2


def test_the_very_model_that_is_not_failed_differs_in_every_raw_rate() -> None:
    groups = verdicts_of(audited(simulated(1, 6_000), resamples=200))
    rates = [groups["race_ethnicity", each]["lists"]["long"]["fnr"]["value"] for each in ("Asian", "Black")]
    assert rates[0] - rates[1] > 0.10, "the group of the lowest need is missed most, by true risks"


def test_a_group_of_three_hundred_scored_one_logit_too_low_is_failed_and_named() -> None:
    assert [harmed(seed) for seed in range(2)] == [("fail", True)] * 2


def test_a_group_whose_features_say_nothing_does_not_pass_though_its_risks_are_calibrated() -> None:
    assert "pass" not in [verdict for seed in range(2) for verdict in blind(seed)]


@pytest.mark.slow
def test_of_two_hundred_fair_districts_at_most_two_percent_fail_and_large_groups_pass() -> None:
    found = over(fair, range(200))
    assert sum(verdict == "fail" for verdict, _ in found) <= 4
    large = large_groups(found)
    assert large.total() >= 200
    assert large["pass"] >= 0.8 * large.total()


@pytest.mark.slow
def test_of_two_hundred_districts_that_score_a_group_too_low_ninety_five_percent_fail_naming_it() -> None:
    found = over(harmed, range(200))
    assert sum(verdict == "fail" and named for verdict, named in found) >= 190


@pytest.mark.slow
def test_of_two_hundred_districts_that_do_not_see_a_group_ninety_five_percent_do_not_pass() -> None:
    found = over(blind, range(200))
    assert sum(overall != "pass" and group != "pass" for overall, group in found) >= 190

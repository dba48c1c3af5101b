"""The obvious rules: what a district would do without a model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ews.model.baselines import logistic_regression, rules_of_thumb

NAN = float("nan")


@pytest.mark.parametrize(
    ("last_year", "this_year", "grade", "school", "prior", "to_date", "larger", "peers"),
    [
        (0.12, 0.05, 0.08, 0.07, 0.12, 0.05, 0.12, 0.08),
        (0.04, 0.09, 0.08, 0.07, 0.04, 0.09, 0.09, 0.08),
        (NAN, 0.09, 0.08, 0.07, 0.09, 0.09, 0.09, 0.08),
        (0.12, NAN, 0.08, 0.07, 0.12, 0.12, 0.12, 0.08),
        (NAN, NAN, 0.08, 0.07, 0.08, 0.08, 0.08, 0.08),
        (NAN, NAN, NAN, 0.07, 0.07, 0.07, 0.07, 0.07),
        (NAN, NAN, NAN, NAN, 0.0, 0.0, 0.0, 0.0),
    ],
)
def test_a_rule_takes_its_own_figure_or_the_next_best(
    last_year: float,
    this_year: float,
    grade: float,
    school: float,
    prior: float,
    to_date: float,
    larger: float,
    peers: float,
) -> None:
    features = pd.DataFrame(
        {
            "last_year_rate": [last_year],
            "absence_rate": [this_year],
            "grade_absence_rate": [grade],
            "school_absence_rate": [school],
        }
    )
    assert rules_of_thumb(features).iloc[0].tolist() == [prior, to_date, larger, peers]


def test_the_regression_learns_from_the_same_figures_and_bears_their_absence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(1)
    rate = random.gamma(1.5, 0.05, 4_000)
    features = pd.DataFrame(
        {
            "last_year_rate": np.where(random.random(4_000) < 0.2, NAN, rate),
            "absence_rate": rate + random.normal(0, 0.02, 4_000),
            "grade_absence_rate": NAN,
            "school_absence_rate": 0.08,
            "days_remaining": 100.0,
        }
    )
    labels = (random.random(4_000) < 1 / (1 + np.exp(3 - 25 * rate))).astype(int)
    risks = logistic_regression(features, labels, features)
    monkeypatch.setattr("ews.model.baselines._SCORED_AT_ONCE", 1_700)
    assert np.allclose(logistic_regression(features, labels, features), risks, rtol=1e-12, atol=0)
    assert abs(risks.mean() - labels.mean()) < 0.01
    assert np.corrcoef(risks, rate)[0, 1] > 0.8

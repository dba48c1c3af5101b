"""The obvious rules, and a logistic regression on the same few figures: what the model has to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd

_SCORED_AT_ONCE = 1_000_000
"""Rows: every step of the regression makes a copy of them."""

_FIGURES = ("last_year_rate", "absence_rate", "grade_absence_rate", "school_absence_rate", "days_remaining")


def rules_of_thumb(features: pd.DataFrame) -> pd.DataFrame:
    """Return the rules' scores: one row per row of features; higher means more absence; never null.

    ``rule_prior_year`` is last year's rate, ``rule_year_to_date`` this year's so far,
    ``rule_larger_of_both`` the larger, ``rule_school_grade`` that of the others in school and grade.
    Where a rule's own figure is missing it falls back on the next best: a district would do the same.
    """
    peers = _first_known(features["grade_absence_rate"], features["school_absence_rate"])
    prior = _first_known(features["last_year_rate"], features["absence_rate"], peers)
    to_date = _first_known(features["absence_rate"], features["last_year_rate"], peers)
    both = features[["last_year_rate", "absence_rate"]].max(axis=1)
    return pd.DataFrame(
        {
            "rule_prior_year": prior,
            "rule_year_to_date": to_date,
            "rule_larger_of_both": _first_known(both, peers),
            "rule_school_grade": peers,
        }
    )


def logistic_regression(
    train_features: pd.DataFrame, train_labels: np.ndarray, features: pd.DataFrame
) -> np.ndarray:
    """Return the probabilities of a logistic regression on the figures that the rules use.

    Missing figures are filled with the training median and marked by an indicator.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # A figure that no training row has carries nothing to learn from (last year, in a first year).
    known = [name for name in _FIGURES if train_features[name].notna().any()]
    steps = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(max_iter=1000),
    )
    steps.fit(train_features[known], train_labels)
    parts = [
        steps.predict_proba(features[known].iloc[start : start + _SCORED_AT_ONCE])[:, 1]
        for start in range(0, max(len(features), 1), _SCORED_AT_ONCE)
    ]
    return np.concatenate(parts)


def _first_known(*columns: pd.Series) -> pd.Series:
    result = columns[0]
    for column in columns[1:]:
        result = result.fillna(column)
    return result.fillna(0.0)

"""The reasons rest on TreeSHAP as LightGBM computes it: the same figures as the shap library's."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
import shap

from ews.model import booster


def test_contributions_are_those_of_the_shap_library() -> None:
    random = np.random.default_rng(1)
    features = pd.DataFrame(
        random.normal(size=(2_000, 5)), columns=["absence_rate", "b", "c", "d", "absences_left"]
    )
    features.loc[random.random(2_000) < 0.2, "b"] = np.nan
    odds = features["absence_rate"] - features["absences_left"] + features["b"].fillna(0) * features["c"]
    labels = (random.random(2_000) < 1 / (1 + np.exp(-odds))).astype(int).to_numpy()
    text, _ = booster.fit(features, labels, None, most_rows_of_a_student=1, seed=1, rounds=40)
    rows = features.iloc[:200]
    expected = shap.TreeExplainer(lightgbm.Booster(model_str=text)).shap_values(rows.to_numpy())
    assert np.allclose(booster.contributions(text, rows), expected, atol=1e-9)
    assert np.abs(expected).max() > 0.1

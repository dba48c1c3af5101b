"""Data without signal: the model claims nothing, and the report says which comparison did not hold."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ews.config import Capacities
from ews.equity.gate import gate_verdict
from ews.model.ablation import ablation
from ews.model.baselines import logistic_regression, rules_of_thumb
from ews.model.evaluate import evaluate
from ews.model.fitting import FittedModel, fit_model
from ews.model.labelled_rows import LabelledRows
from ews.model.ranking import fitting_rows
from ews.progress import silent
from tests.model.uneven_records import year

CAPACITIES = Capacities.model_validate({"prevent": {"per_school": 15}, "intensive": {"per_school": 5}})
DAYS = (dt.date(2023, 10, 2), dt.date(2024, 1, 8))


def _noise(number: int, seed: int, students: int = 900) -> LabelledRows:
    """Two dates of a year in which the outcome is a coin that nothing observed has seen."""
    random = np.random.default_rng([number, seed])
    coins = (random.random(students) < 0.25).astype(int)
    parts = []
    for place, day in enumerate(DAYS):
        rows, _ = year(number, left=0.0, visits_tell=0.5, students=students, seed=10 * seed + place)
        ids = [f"{number}-{each:05d}" for each in range(students)]
        standing = rows.standing.assign(student_id=ids, as_of_date=day, label=coins)
        parts.append(LabelledRows(standing, rows.features, {}))
    return LabelledRows(
        pd.concat([each.standing for each in parts], ignore_index=True),
        pd.concat([each.features for each in parts], ignore_index=True),
        {},
    )


def _judged(seed: int) -> tuple[dict, FittedModel, tuple[LabelledRows, ...]]:
    train, validation, test = (_noise(number, seed) for number in (2021, 2022, 2023))
    model = fit_model(train, validation, seed=seed, progress=silent)
    regression = logistic_regression(train.features, train.standing["label"].to_numpy(), test.features)
    scores = test.standing.assign(risk=model.risks(test.features), logistic_regression=regression)
    rows = pd.concat([scores, rules_of_thumb(test.features)], axis=1)
    report = evaluate(rows, capacities=CAPACITIES, enrolled={}, resamples=200, seed=seed)
    return report, model, (train, validation, test)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lift_is_not_a_pass_and_the_sentence_names_the_rule_it_was_held_against(seed: int) -> None:
    report, _, _ = _judged(seed)
    lift = report["lift"]
    auc = report["periods"][-1]["populations"]["not_yet_chronic"]["predictors"]["model"]["auc"]

    assert auc["low"] <= 0.5 <= auc["high"]
    assert lift["verdict"] != "pass"
    assert gate_verdict(lift["verdict"], "pass") != "pass"
    phrases = {"fail": "does not order students better", "insufficient_evidence": "these data cannot tell"}
    assert phrases[lift["verdict"]] in lift["sentence"]
    assert "the best rule of thumb, " in lift["sentence"]
    assert "does better" not in lift["regression"]["sentence"].split(":")[0]


def test_risks_stay_near_the_base_rate_and_no_source_is_praised() -> None:
    _, model, (train, validation, test) = _judged(1)

    assert np.ptp(model.risks(test.features)) < 0.15
    found = ablation(fitting_rows(train, validation, 1), test, resamples=200, seed=1, progress=silent)
    assert "earned" not in found["sentence"]

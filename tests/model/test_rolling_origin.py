"""Rolling origin: every earlier year judged by what came before it, and nothing that came after."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ews.model.baselines import rules_of_thumb
from ews.model.labelled_rows import LabelledRows
from ews.model.ranking import fit_ranking, fitting_rows, scores_of
from ews.model.recipes import Recipe
from ews.model.rolling_origin import rolling_origin
from ews.progress import silent
from tests.model.uneven_records import year

YEARS = (2020, 2021, 2022, 2023)
LIFT = {
    "best_rule": "prior_year_rate",
    "model_auc": 0.8,
    "best_rule_auc": 0.7,
    "estimate": 0.1,
    "low": 0.05,
    "high": 0.15,
}


def _together(years: tuple[int, ...]) -> LabelledRows:
    parts = [year(each, left=0.0, visits_tell=0.8, students=700)[0] for each in years]
    return LabelledRows(
        pd.concat([each.standing for each in parts], ignore_index=True),
        pd.concat([each.features for each in parts], ignore_index=True),
        {},
    )


ROWS = _together(YEARS)


@pytest.fixture(scope="module")
def found() -> dict:
    return rolling_origin(ROWS, YEARS, LIFT, resamples=100, seed=1, progress=silent)


def test_each_fold_trains_on_the_years_before_and_the_last_is_the_test_year(found: dict) -> None:
    assert [(each["test_year"], each.get("train_years")) for each in found["folds"]] == [
        (2021, [2020]),
        (2022, [2020, 2021]),
        (2023, None),
    ]
    assert found["folds"][-1]["lift"] == {"value": 0.1, "low": 0.05, "high": 0.15}
    assert [each["is_test_year"] for each in found["folds"]] == [False, False, True]


def test_a_fold_s_lift_is_recomputed_from_scores(found: dict) -> None:
    fold = found["folds"][1]
    parts = fitting_rows(_together((2020, 2021)), None, 1)
    test = _together((2022,))
    rules = rules_of_thumb(test.features)
    label = test.standing["label"]
    best = max(roc_auc_score(label, rules[each]) for each in rules)
    own = roc_auc_score(label, scores_of(fit_ranking(parts, 1), test.features))
    assert fold["model_auc"] == pytest.approx(own)
    assert fold["best_rule_auc"] == pytest.approx(best)
    assert fold["lift"]["value"] == pytest.approx(own - best)
    assert fold["lift"]["low"] < own - best < fold["lift"]["high"]
    assert fold["n_students"] == 700


def test_only_students_not_yet_chronic_are_counted() -> None:
    always = (ROWS.standing["student_id"].astype(str).str[-1] == "0").to_numpy()
    marked = LabelledRows(ROWS.standing.assign(already_chronic=always), ROWS.features, {})
    folds = rolling_origin(marked, YEARS, LIFT, resamples=100, seed=1, progress=silent)["folds"][:-1]
    for fold in folds:
        own = ROWS.standing.loc[(ROWS.standing["school_year"] == fold["test_year"]) & ~always]
        assert 0 < fold["n_students"] == own["student_id"].nunique() < 700


def test_every_fold_is_fitted_by_the_recipe_that_was_given() -> None:
    recipe = Recipe(leaves=3, depth=2)
    found = rolling_origin(ROWS, YEARS, LIFT, resamples=100, seed=1, progress=silent, recipe=recipe)["folds"][
        1
    ]
    parts, test = fitting_rows(_together((2020, 2021)), None, 1), _together((2022,))
    own = roc_auc_score(test.standing["label"], scores_of(fit_ranking(parts, 1, recipe), test.features))
    assert found["model_auc"] == pytest.approx(own)


def test_a_later_year_changes_nothing_of_an_earlier_fold(found: dict) -> None:
    late = (ROWS.standing["school_year"] > 2021).to_numpy()
    other = ROWS.features.copy()
    other.loc[late] = np.random.default_rng(1).normal(size=(int(late.sum()), other.shape[1]))
    again = rolling_origin(
        LabelledRows(ROWS.standing, other, {}), YEARS, LIFT, resamples=100, seed=1, progress=silent
    )
    assert again["folds"][0] == found["folds"][0]
    assert again["folds"][1] != found["folds"][1]


def test_the_sentence_gives_every_year_and_counts_those_above_zero(found: dict) -> None:
    above = sum(each["lift"]["low"] > 0 for each in found["folds"])
    for each in found["folds"]:
        assert f"{each['test_year']}: {each['lift']['value']:+.3f}" in found["sentence"]
    assert f"above 0 in {above} of 3 years" in found["sentence"]


def test_with_two_years_there_is_nothing_to_compare_with() -> None:
    found = rolling_origin(
        _together((2022, 2023)), (2022, 2023), LIFT, resamples=100, seed=1, progress=silent
    )
    assert len(found["folds"]) == 1
    assert "no earlier year" in found["sentence"]


def test_a_year_with_one_outcome_is_left_out() -> None:
    first = (ROWS.standing["school_year"] == 2021).to_numpy()
    standing = ROWS.standing.assign(label=ROWS.standing["label"].where(~first, 0))
    found = rolling_origin(
        LabelledRows(standing, ROWS.features, {}), YEARS, LIFT, resamples=100, seed=1, progress=silent
    )
    assert [each["test_year"] for each in found["folds"]] == [2022, 2023]

"""Recipes: what a candidate may differ in, what it may not, and that comparing nothing changes nothing."""

from __future__ import annotations

import re
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from ews.config import SENSITIVE_ATTRIBUTES, CandidateName
from ews.features.matrix import FEATURES, FEATURES_BY_SIGNAL
from ews.model import booster
from ews.model.families import FAMILIES
from ews.model.fitting import FittedModel, fit_model
from ews.model.labelled_rows import LabelledRows
from ews.model.measures import calibration_in_the_large
from ews.model.recipes import RECIPES, Recipe
from ews.progress import silent
from tests.model.uneven_records import year

WITHOUT = ("without_health", "attendance_only")


def _year(number: int) -> LabelledRows:
    """A year in which absence, visits to the nurse and the grade all tell of need."""
    rows, _ = year(number, left=0.0, visits_tell=0.8, students=700)
    random = np.random.default_rng(number)
    grade = (rows.features["absence_rate"] * 40 + random.normal(6, 2, len(rows.features))).round()
    return LabelledRows(rows.standing, rows.features.assign(grade=grade), {})


TRAIN, VALIDATION, LATER = _year(2022), _year(2023), _year(2021)


def _fitted(recipe: Recipe) -> FittedModel:
    return fit_model(TRAIN, VALIDATION, seed=1, progress=silent, recipe=recipe)


def _split_on(model: FittedModel) -> set[str]:
    """The features on which any tree splits, read from the model's own text."""
    names = re.search(r"^feature_names=(.*)$", model.text, re.M)
    assert names is not None
    lines = re.findall(r"^split_feature=(.*)$", model.text, re.M)
    return {names[1].split()[int(each)] for line in lines for each in line.split()}


def test_the_default_is_the_model_of_a_district_that_compares_nothing() -> None:
    settings = booster.parameters(["absence_rate", "nurse_visits", "absences_left"], 8, seed=3)

    assert settings == {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": 0.04,
        "num_leaves": 12,
        "max_depth": 6,
        "min_data_in_leaf": 160,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "monotone_constraints": [1, 0, -1],
        "deterministic": True,
        "force_row_wise": True,
        "seed": 3,
        "verbosity": -1,
    }


def test_as_configured_gives_the_bytes_of_a_training_without_candidates() -> None:
    plain = fit_model(TRAIN, VALIDATION, seed=1, progress=silent)

    assert _fitted(RECIPES["as_configured"].recipe) == plain
    assert _split_on(plain) >= {"absence_rate", "nurse_visits", "grade"}


def test_every_candidate_of_the_configuration_has_a_recipe_of_its_own() -> None:
    assert tuple(RECIPES) == get_args(CandidateName)
    assert len({each.recipe for each in RECIPES.values()}) == len(RECIPES)
    assert len({each.title for each in RECIPES.values()}) == len(RECIPES)


def test_no_recipe_knows_of_an_attribute_of_a_student() -> None:
    words = " ".join(f"{each.title} {each.what} {each.recipe}" for each in RECIPES.values()).lower()

    assert not [each for each in SENSITIVE_ATTRIBUTES if re.search(rf"\b{each}\b", words)]


@pytest.mark.parametrize(
    ("name", "signals"), [("without_health", ["attendance", "roster"]), ("attendance_only", ["attendance"])]
)
def test_a_family_left_out_is_in_no_tree(name: CandidateName, signals: list[str]) -> None:
    recipe = RECIPES[name].recipe
    hidden = set(recipe.hidden())

    assert hidden >= {*FEATURES_BY_SIGNAL["nurse"], *FEATURES_BY_SIGNAL["meals"]}
    assert ("grade" in hidden) == ("roster" not in signals)
    assert "absence_rate" not in hidden
    assert hidden == {feature for family in recipe.without for feature in FAMILIES[family]}
    assert _split_on(_fitted(recipe)) <= set(FEATURES) - hidden


@pytest.mark.parametrize("name", WITHOUT)
def test_what_a_model_does_without_moves_no_risk(name: CandidateName) -> None:
    recipe = RECIPES[name].recipe
    model = _fitted(recipe)
    random = np.random.default_rng(1)
    other = LATER.features.assign(
        **{each: random.integers(0, 50, len(LATER.features)) for each in recipe.hidden()}
    )

    assert np.array_equal(model.risks(LATER.features), model.risks(other))
    plain = _fitted(Recipe())
    assert not np.array_equal(plain.risks(LATER.features), plain.risks(other))


@pytest.mark.parametrize("name", WITHOUT)
def test_the_schema_stays_whole_and_the_rows_as_they_were(name: CandidateName) -> None:
    before = TRAIN.features.copy()
    model = _fitted(RECIPES[name].recipe)

    assert f"feature_names={' '.join(FEATURES)}\n" in model.text
    pd.testing.assert_frame_equal(TRAIN.features, before)


def test_without_health_signals_is_as_configured_where_there_are_none() -> None:
    empty = dict.fromkeys((*FEATURES_BY_SIGNAL["nurse"], *FEATURES_BY_SIGNAL["meals"]), np.nan)
    train, validation = (
        LabelledRows(each.standing, each.features.assign(**empty), {}) for each in (TRAIN, VALIDATION)
    )
    models = [
        fit_model(train, validation, seed=1, progress=silent, recipe=RECIPES[name].recipe)
        for name in ("as_configured", "without_health")
    ]

    assert models[0] == models[1]


def test_balanced_outcomes_weigh_the_same_in_all() -> None:
    labels = np.array([1, 0, 0, 0, 0, 0, 0, 1, 0, 0])
    weights = Recipe(balanced=True).weights(labels)

    assert weights is not None
    assert weights[labels == 1].sum() == pytest.approx(weights[labels == 0].sum())
    assert weights.mean() == pytest.approx(1)
    assert Recipe().weights(labels) is None
    assert Recipe(balanced=True).weights(np.zeros(4)) is None


def test_a_balanced_model_is_calibrated_like_any_other() -> None:
    model = _fitted(RECIPES["balanced_weights"].recipe)
    labels = VALIDATION.standing["label"].to_numpy()
    uncalibrated = 1 / (1 + np.exp(-booster.raw_scores(model.text, VALIDATION.features)))
    later = LATER.standing["label"].to_numpy()

    assert calibration_in_the_large(labels, uncalibrated) < -0.5
    assert abs(calibration_in_the_large(labels, model.risks(VALIDATION.features))) < 0.02
    # Two years of 700 students differ by chance, for either model alike.
    plain = calibration_in_the_large(later, _fitted(Recipe()).risks(LATER.features))
    assert calibration_in_the_large(later, model.risks(LATER.features)) == pytest.approx(plain, abs=0.05)


def test_a_balanced_model_is_another_model() -> None:
    assert _fitted(RECIPES["balanced_weights"].recipe).text != _fitted(Recipe()).text


@pytest.mark.parametrize("name", ["smaller_trees", "as_configured", "larger_trees"])
def test_trees_have_no_more_leaves_than_the_report_says(name: CandidateName) -> None:
    named = RECIPES[name]
    leaves = [int(each) for each in re.findall(r"^num_leaves=(\d+)$", _fitted(named.recipe).text, re.M)]

    assert max(leaves) <= named.recipe.leaves
    assert f"at most {named.recipe.leaves} leaves" in named.what


def test_no_leaf_may_hold_fewer_than_twenty_students() -> None:
    assert min(each.recipe.students_in_leaf for each in RECIPES.values()) == 20
    with pytest.raises(ValueError, match="at least 20 students"):
        Recipe(students_in_leaf=19)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ValueError, match="no such families of features: shoe size"):
        Recipe(without=("shoe size",))

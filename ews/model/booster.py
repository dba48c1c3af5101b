"""LightGBM: fitting, and scoring from the native text. The only module that imports lightgbm."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

# Threads that wait without spinning: on a server that does other work too, spinning made fits ten times
# slower. Read once, when LightGBM's OpenMP is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import lightgbm
import numpy as np
import pandas as pd

from ews.model.recipes import Recipe
from ews.progress import Progress

INCREASING = (
    "absence_rate",
    "absence_rate_last_20",
    "absence_rate_last_40",
    "last_year_rate",
    "last_year_same_period_rate",
    "year_before_rate",
    "usual_pace",
    "absence_beyond_peers",
    "school_rate_last_year",
)
"""More absence never lowers the risk; of these the direction is beyond dispute."""

DECREASING = (
    "absences_left",
    "spare_rate",
    "spare_at_this_pace",
    "spare_at_usual_pace",
    "spare_in_spreads",
)
"""More room below the threshold never raises it."""

_MAX_ROUNDS = 1_500
_PATIENCE = 60

_AS_CONFIGURED = Recipe()


def parameters(
    features: Sequence[str], most_rows_of_a_student: int, seed: int, recipe: Recipe = _AS_CONFIGURED
) -> dict[str, object]:
    """Return LightGBM's parameters: small trees, strong regularization, leaves that hide individuals."""
    constraints = [1 if name in INCREASING else -1 if name in DECREASING else 0 for name in features]
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": 0.04,
        "num_leaves": recipe.leaves,
        "max_depth": recipe.depth,
        # A leaf holds so many students, however many as-of dates each of them brings.
        "min_data_in_leaf": recipe.students_in_leaf * most_rows_of_a_student,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "monotone_constraints": constraints,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }


def fit(
    features: pd.DataFrame,
    labels: np.ndarray,
    validation: tuple[pd.DataFrame, np.ndarray] | None,
    *,
    most_rows_of_a_student: int,
    seed: int,
    rounds: int = _MAX_ROUNDS,
    progress: Progress | None = None,
    recipe: Recipe = _AS_CONFIGURED,
) -> tuple[str, int]:
    """Fit a booster and return it as LightGBM's native text, with its number of trees.

    Parameters
    ----------
    features : DataFrame
        Shape (rows, features), float64; NaN is missing and is handled natively.
    labels : ndarray
        0 or 1 per row.
    validation : tuple or None
        Rows for early stopping; without them ``rounds`` trees are fitted.
    recipe : Recipe
        Size of trees, weights of the outcomes, and which features trees may split on.
    """
    settings = parameters(list(features.columns), most_rows_of_a_student, seed, recipe)
    data = lightgbm.Dataset(
        recipe.seen(features),
        labels,
        weight=recipe.weights(labels),
        feature_name=list(features.columns),
        free_raw_data=True,
    )
    callbacks: list[Callable[..., None]] = []
    sets = []
    if validation is not None:
        sets = [_held_out(*validation, data, recipe)]
        callbacks.append(lightgbm.early_stopping(_PATIENCE, verbose=False))
    if progress is not None:
        callbacks.append(_reporting(progress))
    booster = lightgbm.train(settings, data, num_boost_round=rounds, valid_sets=sets, callbacks=callbacks)
    trees = booster.best_iteration if validation is not None else booster.current_iteration()
    return booster.model_to_string(num_iteration=trees), int(trees)


def raw_scores(model_text: str, features: pd.DataFrame) -> np.ndarray:
    """Return raw scores (log odds before calibration), one per row."""
    booster = lightgbm.Booster(model_str=model_text)
    return np.asarray(booster.predict(features.to_numpy(), raw_score=True), dtype="float64")


def contributions(model_text: str, features: pd.DataFrame) -> np.ndarray:
    """Return each feature's share of each raw score (TreeSHAP), shape (rows, features); the bias left out."""
    booster = lightgbm.Booster(model_str=model_text)
    return np.asarray(booster.predict(features.to_numpy(), pred_contrib=True), dtype="float64")[:, :-1]


def _held_out(
    features: pd.DataFrame, labels: np.ndarray, data: lightgbm.Dataset, recipe: Recipe
) -> lightgbm.Dataset:
    """Return the rows of early stopping, weighed like those of training: both then pursue one aim."""
    return lightgbm.Dataset(recipe.seen(features), labels, weight=recipe.weights(labels), reference=data)


def _reporting(progress: Progress) -> Callable[..., None]:
    def report(environment: lightgbm.callback.CallbackEnv) -> None:
        if environment.iteration % 20 == 0:
            progress("Training the model", environment.iteration / environment.end_iteration)

    return report

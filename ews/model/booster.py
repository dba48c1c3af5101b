"""LightGBM: fitting, and scoring from the native text. The only module that imports lightgbm."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

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

_HALVES = ["first half", "second half"]
_LEAVES = re.compile(r"^num_leaves=(\d+)$", re.MULTILINE)


def parameters(
    features: Sequence[str], most_rows_of_a_student: int, seed: int, recipe: Recipe = _AS_CONFIGURED
) -> dict[str, object]:
    """Return LightGBM's parameters: small trees, strong regularization, leaves that hide individuals."""
    constraints = [1 if name in INCREASING else -1 if name in DECREASING else 0 for name in features]
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": recipe.learning_rate,
        "num_leaves": recipe.leaves,
        "max_depth": recipe.depth,
        # A leaf holds so many students, however many as-of dates each of them brings.
        "min_data_in_leaf": recipe.students_in_leaf * most_rows_of_a_student,
        "feature_fraction": recipe.feature_fraction,
        "bagging_fraction": recipe.bagging_fraction,
        "bagging_freq": 1,
        "lambda_l2": recipe.lambda_l2,
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


@dataclass(frozen=True)
class Crosswise:
    """Two halves of the held-out students, each scored by as many trees as suit the other half.

    Attributes
    ----------
    scores : list of arrays
        Raw scores of the first and of the second half, one per row.
    trees, leaves : float
        How many trees a model has, and leaves in all its trees; the mean of the two.
    """

    scores: list[np.ndarray]
    trees: float
    leaves: float


def fit_crosswise(
    features: pd.DataFrame,
    labels: np.ndarray,
    halves: Sequence[tuple[pd.DataFrame, np.ndarray]],
    *,
    most_rows_of_a_student: int,
    seed: int,
    recipe: Recipe,
    rounds: int = _MAX_ROUNDS,
) -> Crosswise:
    """Fit once, and judge on both of two halves: no row has a part in how many trees score it.

    Held-out rows decide nothing but the number of trees, so that one fit gives what two would: it goes on
    until both halves have stopped it.
    """
    settings = parameters(list(features.columns), most_rows_of_a_student, seed, recipe)
    data = lightgbm.Dataset(
        recipe.seen(features), labels, weight=recipe.weights(labels), feature_name=list(features.columns)
    )
    best: dict[str, tuple[float, int]] = {}
    booster = lightgbm.train(
        settings,
        data,
        num_boost_round=rounds,
        valid_sets=[_held_out(*half, data, recipe) for half in halves],
        valid_names=_HALVES,
        callbacks=[_until_both_stop(best)],
    )
    trees = [best[half][1] + 1 for half in _HALVES]
    scores = [
        np.asarray(booster.predict(recipe.seen(rows), raw_score=True, num_iteration=others), dtype="float64")
        for (rows, _), others in zip(halves, reversed(trees), strict=True)
    ]
    grown = [int(each) for each in _LEAVES.findall(booster.model_to_string(num_iteration=max(trees)))]
    return Crosswise(scores, float(np.mean(trees)), float(np.mean([sum(grown[:count]) for count in trees])))


def _until_both_stop(best: dict[str, tuple[float, int]]) -> Callable[..., None]:
    """Return a callback that keeps each half's lowest loss and its round in ``best``."""

    def stop(environment: lightgbm.callback.CallbackEnv) -> None:
        for half, _, loss, *_ in environment.evaluation_result_list or []:
            if half not in best or loss < best[half][0]:
                best[half] = (loss, environment.iteration)
        if all(environment.iteration - at >= _PATIENCE for _, at in best.values()):
            raise lightgbm.callback.EarlyStopException(environment.iteration, [])

    return stop


def raw_scores(model_text: str, features: pd.DataFrame) -> np.ndarray:
    """Return raw scores (log odds before calibration), one per row."""
    return np.asarray(_parsed(model_text).predict(features.to_numpy(), raw_score=True), dtype="float64")


@lru_cache(maxsize=1)
def _parsed(model_text: str) -> lightgbm.Booster:
    """Return the booster of a text; a worker is given its rows in many batches, and parses it once."""
    return lightgbm.Booster(model_str=model_text)


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

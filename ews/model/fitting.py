"""One model from labelled rows: fitted, stopped early, calibrated; its own bytes and nothing around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ews.errors import DataRefused
from ews.model import booster
from ews.model.calibrate import apply_calibrator, fit_calibrator
from ews.model.labelled_rows import LabelledRows, student_folds
from ews.model.recipes import Recipe
from ews.progress import Progress

_FOLDS = 5
_AS_CONFIGURED = Recipe()


@dataclass(frozen=True)
class FittedModel:
    """A booster's native text and its calibrator: all that scoring needs."""

    text: str
    trees: int
    calibrator: dict[str, Any]

    def risks(self, features: pd.DataFrame) -> np.ndarray:
        """Return calibrated risks, one per row."""
        return apply_calibrator(self.calibrator, booster.raw_scores(self.text, features))


def fit_model(
    train: LabelledRows,
    validation: LabelledRows | None,
    *,
    seed: int,
    progress: Progress,
    recipe: Recipe = _AS_CONFIGURED,
) -> FittedModel:
    """Fit and calibrate a model by a recipe.

    With validation rows, they stop the training early and calibrate; without, both happen out of fold
    by student on the training rows.

    Raises
    ------
    DataRefused
        If the training or validation rows hold only one outcome.
    """
    for rows in (train, validation):
        _need_both_outcomes(rows)
    most = max(int(rows.standing["student_id"].value_counts().max()) for rows in (train, validation) if rows)
    labels = train.standing["label"].to_numpy()
    if validation is None:
        return _fit_out_of_fold(train, labels, most, seed, progress, recipe)
    held_labels = validation.standing["label"].to_numpy()
    text, trees = booster.fit(
        train.features,
        labels,
        (validation.features, held_labels),
        most_rows_of_a_student=most,
        seed=seed,
        progress=progress,
        recipe=recipe,
    )
    scores = booster.raw_scores(text, validation.features)
    return FittedModel(
        text, trees, fit_calibrator(scores, held_labels, validation.standing["student_id"], seed)
    )


def _fit_out_of_fold(
    rows: LabelledRows, labels: np.ndarray, most: int, seed: int, progress: Progress, recipe: Recipe
) -> FittedModel:
    folds = student_folds(rows.standing["student_id"], _FOLDS, seed)
    scores = np.zeros(len(labels))
    trees = []
    for fold in range(_FOLDS):
        progress("Training the model", fold / (_FOLDS + 1))
        held = folds == fold
        text, count = booster.fit(
            rows.features.loc[~held],
            labels[~held],
            (rows.features.loc[held], labels[held]),
            most_rows_of_a_student=most,
            seed=seed,
            recipe=recipe,
        )
        scores[held] = booster.raw_scores(text, rows.features.loc[held])
        trees.append(count)
    text, count = booster.fit(
        rows.features,
        labels,
        None,
        most_rows_of_a_student=most,
        seed=seed,
        rounds=max(1, int(np.median(trees))),
        recipe=recipe,
    )
    return FittedModel(text, count, fit_calibrator(scores, labels, rows.standing["student_id"], seed))


def _need_both_outcomes(rows: LabelledRows | None) -> None:
    if rows is None or rows.standing["label"].nunique() == 2:
        return
    raise DataRefused(
        f"{len(rows.standing)} labelled rows hold only one outcome",
        expected="students who have the outcome and students who do not, in every part",
        where="the store",
        next_step="check the attendance extracts and the definition, or load more school years",
    )

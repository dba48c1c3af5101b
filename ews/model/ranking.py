"""Models that are only asked for an order: fitted like the model, on fewer students, and not calibrated.

They answer side questions (what a source of data adds, how steady the lift is), so their cost is bounded:
whole students are sampled, and the reports say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ews.model import booster
from ews.model.labelled_rows import LabelledRows, sample_students, student_folds
from ews.model.recipes import Recipe

MOST_ROWS = 100_000
"""Rows on which such a model is fitted, and rows on which it is judged."""

_AS_CONFIGURED = Recipe()
_FIFTHS = 5


@dataclass(frozen=True)
class FittingRows:
    """What one or several ranking models are fitted on.

    Attributes
    ----------
    train, held_out : LabelledRows
        ``held_out`` stops the fit early: the validation year, or without one a fifth of the students.
    sampled : bool
        Whether students were left out.
    """

    train: LabelledRows
    held_out: LabelledRows
    sampled: bool

    @property
    def usable(self) -> bool:
        """Whether both outcomes occur in both parts."""
        return all(each.standing["label"].nunique() == 2 for each in (self.train, self.held_out))


def fitting_rows(
    train: LabelledRows, validation: LabelledRows | None, seed: int, most_rows: int = MOST_ROWS
) -> FittingRows:
    """Return at most ``most_rows`` rows to fit on and half as many to stop on, whole students each."""
    if validation is None:
        own = sample_students(train, most_rows, seed)
        held = student_folds(own.standing["student_id"], _FIFTHS, seed) == 0
        return FittingRows(own.where(~held), own.where(held), own is not train)
    parts = sample_students(train, most_rows, seed), sample_students(validation, most_rows // 2, seed)
    return FittingRows(*parts, sampled=parts[0] is not train or parts[1] is not validation)


def fit_ranking(rows: FittingRows, seed: int, recipe: Recipe = _AS_CONFIGURED) -> str:
    """Fit by a recipe, stopped early, and return the booster's text; the same bytes from the same rows."""
    parts = (rows.train, rows.held_out)
    most = max(int(each.standing["student_id"].value_counts().max()) for each in parts)
    text, _ = booster.fit(
        rows.train.features,
        _labels(rows.train),
        (rows.held_out.features, _labels(rows.held_out)),
        most_rows_of_a_student=most,
        seed=seed,
        recipe=recipe,
    )
    return text


def scores_of(text: str, features: pd.DataFrame) -> np.ndarray:
    """Return raw scores, one per row: an order, not risks."""
    return booster.raw_scores(text, features)


def _labels(rows: LabelledRows) -> np.ndarray:
    return rows.standing["label"].to_numpy()

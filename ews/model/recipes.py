"""Recipes: the ways of fitting a model that a district may compare. None of them knows who a student is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ews.config import CandidateName
from ews.model.families import FAMILIES, SIGNAL_OF_FAMILY

LEAST_STUDENTS_IN_LEAF = 20
"""A leaf of fewer students would begin to describe individuals; no recipe may go below it."""


@dataclass(frozen=True)
class Recipe:
    """How a model is fitted; the defaults are the model of every district that compares nothing.

    Parameters
    ----------
    leaves, depth : int
        The most leaves and the greatest depth of a tree.
    students_in_leaf : int
        The fewest students a leaf holds, at least :data:`LEAST_STUDENTS_IN_LEAF`.
    balanced : bool
        Whether both outcomes weigh the same in training, however rare one is. Risks are calibrated on
        the outcomes as they were, so they keep meaning what they say.
    without : tuple of str
        Families of features (see :data:`ews.model.families.FAMILIES`) on which no tree may split.
    learning_rate : float
        How much of its fit every tree adds; with less, more trees are grown.
    feature_fraction, bagging_fraction : float
        The share of features, and of rows, from which every tree is grown, above 0 and at most 1.
    lambda_l2 : float
        How strongly the values of leaves are drawn towards 0.

    Raises
    ------
    ValueError
        If a leaf could hold fewer students, a share is none, or a family is not known.
    """

    leaves: int = 12
    depth: int = 6
    students_in_leaf: int = LEAST_STUDENTS_IN_LEAF
    balanced: bool = False
    without: tuple[str, ...] = ()
    learning_rate: float = 0.04
    feature_fraction: float = 0.6
    bagging_fraction: float = 0.8
    lambda_l2: float = 10.0

    def __post_init__(self) -> None:
        if self.students_in_leaf < LEAST_STUDENTS_IN_LEAF:
            msg = f"a leaf has to hold at least {LEAST_STUDENTS_IN_LEAF} students"
            raise ValueError(msg)
        if not all(0 < share <= 1 for share in (self.feature_fraction, self.bagging_fraction)):
            msg = "a tree is grown from a share of features and rows above 0 and at most 1"
            raise ValueError(msg)
        if unknown := [family for family in self.without if family not in FAMILIES]:
            msg = f"no such families of features: {', '.join(unknown)}"
            raise ValueError(msg)

    def hidden(self) -> list[str]:
        """Return the names of the features on which no tree may split."""
        return [name for family in self.without for name in FAMILIES[family]]

    def seen(self, features: pd.DataFrame) -> np.ndarray:
        """Return what trees are grown from, shape (rows, features): hidden columns are empty.

        LightGBM never splits on a column without values. The columns stay, so that every model has the
        same schema, and what stands in them when a student is scored changes nothing.
        """
        if not self.without:
            return features.to_numpy()
        return features.assign(**dict.fromkeys(self.hidden(), np.nan)).to_numpy()

    def weights(self, labels: np.ndarray) -> np.ndarray | None:
        """Return a weight for every row, 1 on average, or None where all weigh the same."""
        share = float(np.mean(labels))
        if not self.balanced or share in (0.0, 1.0):
            return None
        return np.where(labels == 1, 0.5 / share, 0.5 / (1 - share))


@dataclass(frozen=True)
class NamedRecipe:
    """A recipe with the words that an equity officer reads: its title, and what is different in it."""

    title: str
    what: str
    recipe: Recipe


def families_of(signals: Sequence[str]) -> tuple[str, ...]:
    """Return the families of features that belong to some signals."""
    return tuple(family for family, signal in SIGNAL_OF_FAMILY.items() if signal in signals)


RECIPES: dict[CandidateName, NamedRecipe] = {
    "as_configured": NamedRecipe(
        "As configured",
        "the model that is trained when nothing is compared: trees of at most 12 leaves, every signal that "
        "the configuration makes a feature",
        Recipe(),
    ),
    "without_health": NamedRecipe(
        "Without health signals",
        "as configured, without nurse visits and meal programs",
        Recipe(without=families_of(["nurse", "meals"])),
    ),
    "attendance_only": NamedRecipe(
        "Attendance only",
        "as configured, from attendance alone: without nurse visits, meal programs, school and grade, moves "
        "and entry",
        Recipe(without=families_of(["nurse", "meals", "roster"])),
    ),
    "smaller_trees": NamedRecipe(
        "Smaller trees",
        "as configured, with trees of at most 6 leaves of at least 40 students each",
        Recipe(leaves=6, depth=3, students_in_leaf=40),
    ),
    "larger_trees": NamedRecipe(
        "Larger trees",
        "as configured, with trees of at most 31 leaves",
        Recipe(leaves=31, depth=8),
    ),
    "balanced_weights": NamedRecipe(
        "Balanced weights",
        "as configured, with those who became chronically absent weighing as much in training as all others",
        Recipe(balanced=True),
    ),
}
"""Every candidate that ``training.candidates.among`` may name."""

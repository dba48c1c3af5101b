"""What tuning may vary: the ranges of a recipe's numbers, and the words for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ews.model.recipes import LEAST_STUDENTS_IN_LEAF, Recipe


@dataclass(frozen=True)
class Span:
    """One number of a recipe and its range, both ends included.

    Attributes
    ----------
    log : bool
        Whether it is the ratio of two values that counts, not their difference.
    whole : bool
        Whether only whole numbers are tried.
    """

    name: str
    low: float
    high: float
    log: bool = False
    whole: bool = False


SPACE = (
    Span("leaves", 4, 31, log=True, whole=True),
    Span("depth", 2, 8, whole=True),
    Span("students_in_leaf", LEAST_STUDENTS_IN_LEAF, 200, log=True, whole=True),
    Span("learning_rate", 0.02, 0.2, log=True),
    Span("feature_fraction", 0.3, 1.0),
    Span("bagging_fraction", 0.5, 1.0),
    Span("lambda_l2", 0.1, 100.0, log=True),
)
"""Every range holds the default. None is about what the model may see or whom it is fitted on."""

_FIGURES = 3
"""Significant figures of a value that is not whole: it can be read out, and typed in again."""


def recipe_of(values: Mapping[str, float]) -> Recipe:
    """Return the recipe that values of :data:`SPACE` stand for, rounded to what can be read."""
    return Recipe(**{span.name: _readable(span, values[span.name]) for span in SPACE})


def values_of(recipe: Recipe) -> dict[str, float]:
    """Return the values of :data:`SPACE` in a recipe."""
    return {span.name: getattr(recipe, span.name) for span in SPACE}


def words_of(recipe: Recipe) -> str:
    """Return a recipe in words and numbers."""
    return (
        f"trees of at most {recipe.leaves} leaves and {recipe.depth} levels, at least "
        f"{recipe.students_in_leaf} students in a leaf, each tree grown from "
        f"{_percent(recipe.feature_fraction)} of the features and {_percent(recipe.bagging_fraction)} of the "
        f"rows, learning rate {recipe.learning_rate:g}, L2 penalty {recipe.lambda_l2:g}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.{_FIGURES}g}%"


def _readable(span: Span, value: float) -> Any:
    return int(value) if span.whole else float(f"{value:.{_FIGURES}g}")

"""The model beside the best rule of thumb and the regression on one date: differences, paired by student.

The best rule is that of the date itself, so the bar is the highest that a district could have chosen there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ews.model.intervals import UNDEFINED, FloatArray, Interval, percentile_interval
from ews.model.predictors import MODEL, REGRESSION, RULES

Figures = Mapping[str, tuple[dict[str, Any], Mapping[str, FloatArray]]]
"""By predictor: its figures on one date and population, and some of them in every resample."""


def beside(figures: Figures) -> dict[str, Any]:
    """Return ``beside`` of a population: the model less others, each with its 95% interval.

    ``best_rule`` has the highest AUC there; ``auc_to_rule`` and ``auc_to_regression`` are the model's less
    theirs. ``precision`` holds for every section the rule that finds most on a list of equal length, and
    the model's precision less that rule's.
    """
    rule = _best(figures, lambda own: own["auc"]["value"])
    return {
        "best_rule": rule,
        "auc_to_rule": _less(figures, rule, "auc", lambda own: own["auc"]["value"]),
        "auc_to_regression": _less(figures, REGRESSION.name, "auc", lambda own: own["auc"]["value"]),
        "precision": {section: _at_capacity(figures, section) for section in _sections(figures)},
    }


def _sections(figures: Figures) -> list[str]:
    return list(figures[MODEL.name][0]["at_capacity"])


def _at_capacity(figures: Figures, section: str) -> dict[str, Any]:
    def precision(own: Mapping[str, Any]) -> float | None:
        value: float | None = own["at_capacity"][section]["precision"]["value"]
        return value

    rule = _best(figures, precision)
    return {"rule": rule, "difference": _less(figures, rule, f"{section} precision", precision)}


def _best(figures: Figures, value_of: Any) -> str | None:
    known = {each.name: value_of(figures[each.name][0]) for each in RULES}
    named = [name for name, value in known.items() if value is not None]
    # The first in the stated order wins a tie.
    return max(named, key=lambda name: known[name]) if named else None


def _less(figures: Figures, other: str | None, drawn: str, value_of: Any) -> Interval:
    if other is None:
        return {**UNDEFINED}
    (own, own_draws), (its, its_draws) = figures[MODEL.name], figures[other]
    if value_of(own) is None or value_of(its) is None:
        return {**UNDEFINED}
    draws = np.asarray(own_draws[drawn]) - np.asarray(its_draws[drawn])
    return percentile_interval(value_of(own) - value_of(its), draws)

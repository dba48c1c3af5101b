"""How steady the lift is: for every earlier year, a model trained on the years before it and judged on it.

The contract's test year decides; these folds only show whether it was an ordinary year. Each of their models
is fitted like the model, on a bounded sample, and stopped early on a fifth of its own training students, so
that nothing of a later year has a part in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ews.model.baselines import rules_of_thumb
from ews.model.intervals import signed
from ews.model.labelled_rows import LabelledRows, sample_students
from ews.model.lift_side_by_side import (
    average_aucs,
    best_rule_of,
    difference,
    students_not_yet_chronic,
)
from ews.model.ranking import MOST_ROWS, fit_ranking, fitting_rows, scores_of
from ews.model.recipes import Recipe
from ews.progress import Progress

_AS_CONFIGURED = Recipe()


def rolling_origin(
    rows: LabelledRows,
    years: Sequence[int],
    lift: Mapping[str, Any],
    *,
    resamples: int,
    seed: int,
    progress: Progress,
    recipe: Recipe = _AS_CONFIGURED,
) -> dict[str, Any]:
    """Return ``rolling_origin`` of ``evaluation.json``: ``folds``, oldest first, and a ``sentence``.

    Parameters
    ----------
    rows : LabelledRows
        All labelled rows.
    years : sequence of int
        The years of the plan, in order, the test year last.
    lift : mapping
        ``lift`` of the test year: the last fold, as the evaluation gives it.
    recipe : Recipe
        How each fold's model is fitted.
    """
    folds = []
    for number, year in enumerate(years[1:-1], start=1):
        progress("Judging earlier years", (number - 1) / len(years))
        folds.append(_fold(rows, list(years[:number]), year, resamples, seed, recipe))
    last = {
        "test_year": years[-1],
        "is_test_year": True,
        "best_rule": lift["best_rule"],
        "model_auc": lift["model_auc"],
        "best_rule_auc": lift["best_rule_auc"],
        "lift": {"value": lift["estimate"], "low": lift["low"], "high": lift["high"]},
    }
    known = [fold for fold in folds if fold is not None]
    return {"folds": [*known, last], "sentence": _sentence([*known, last])}


def _fold(
    rows: LabelledRows, before: Sequence[int], year: int, resamples: int, seed: int, recipe: Recipe
) -> dict[str, Any] | None:
    """Return one fold; None where there is nothing to fit on or to judge."""
    parts = fitting_rows(rows.of_years(before), None, seed)
    judged = sample_students(rows.of_years([year]), MOST_ROWS, seed)
    if not parts.usable or judged.standing.empty:
        return None
    scores = {"model": scores_of(fit_ranking(parts, seed, recipe), judged.features)}
    frame = pd.concat([judged.standing, rules_of_thumb(judged.features)], axis=1)
    found = average_aucs(frame, scores, resamples=resamples, seed=seed)
    if not found:
        return None
    rule = best_rule_of(found)
    return {
        "test_year": year,
        "train_years": list(before),
        "is_test_year": False,
        "train_rows": len(parts.train.standing),
        "n_students": students_not_yet_chronic(frame),
        "best_rule": rule,
        "model_auc": found["model"][0],
        "best_rule_auc": found[rule][0],
        "lift": difference(found["model"], found[rule]),
    }


def _sentence(folds: Sequence[Mapping[str, Any]]) -> str:
    known = [(each["test_year"], each["lift"]) for each in folds if each["lift"]["value"] is not None]
    if len(known) < 2:
        return "There is no earlier year to judge on: how steady the lift is cannot be told yet."
    listed = ", ".join(f"{year}: {_figure(lift)}" for year, lift in known)
    above = sum(lift["low"] is not None and lift["low"] > 0 for _, lift in known)
    return (
        f"Trained on the years before and judged on each later one, the lift was {listed}. "
        f"Its interval lies above 0 in {above} of {len(known)} years."
    )


def _figure(lift: Mapping[str, Any]) -> str:
    bounds = "" if lift["low"] is None else f" ({signed(lift['low'])} to {signed(lift['high'])})"
    return f"{signed(lift['value'])}{bounds}"

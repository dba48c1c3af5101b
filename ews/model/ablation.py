"""What each source of data adds: the same model on attendance alone, and with one source more at a time.

Every variant is fitted on the same students; a source is left out by hiding its families of features (see
:class:`ews.model.recipes.Recipe`). All are judged on the test year by the figure that lift is made of, the
differences to attendance alone paired by student.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ews.model.baselines import rules_of_thumb
from ews.model.families import FAMILIES, SIGNAL_OF_FAMILY
from ews.model.intervals import Interval, percentile_interval, signed
from ews.model.labelled_rows import LabelledRows, sample_students
from ews.model.lift_side_by_side import average_aucs, best_rule_of, difference, students_not_yet_chronic
from ews.model.ranking import MOST_ROWS, FittingRows, fit_ranking, scores_of
from ews.model.recipes import Recipe, families_of
from ews.progress import Progress

_AS_CONFIGURED = Recipe()
_ALWAYS = "attendance"
_WORDS = {"nurse": "nurse visits", "meals": "meal programs", "roster": "school, grade, moves and entry"}
_HEALTH = ("nurse", "meals")
_SIGNALS = tuple(dict.fromkeys(SIGNAL_OF_FAMILY.values()))


@dataclass(frozen=True)
class Variant:
    """A part of the data to train on."""

    name: str
    title: str
    signals: tuple[str, ...]

    def recipe(self, own: Recipe) -> Recipe:
        """Return a model's recipe without the other signals."""
        others = [signal for signal in _SIGNALS if signal not in self.signals]
        return replace(own, without=families_of(others))


def variants_of(features: pd.DataFrame) -> list[Variant]:
    """Return what there is to compare: attendance, each other signal that has any value, and all."""
    there = [
        signal
        for signal in _SIGNALS
        if signal != _ALWAYS and features[_features_of(signal)].notna().to_numpy().any()
    ]
    found = [Variant("attendance", "Attendance only", (_ALWAYS,))]
    found += [Variant(each, f"Attendance and {_WORDS[each]}", (_ALWAYS, each)) for each in there]
    if len(there) > 1:
        found.append(Variant("all", "All signals", (_ALWAYS, *there)))
    return found


def _features_of(signal: str) -> list[str]:
    return [name for family in families_of([signal]) for name in FAMILIES[family]]


def ablation(
    fitted_on: FittingRows,
    test: LabelledRows,
    *,
    resamples: int,
    seed: int,
    progress: Progress,
    model_text: str | None = None,
    recipe: Recipe = _AS_CONFIGURED,
) -> dict[str, Any]:
    """Return ``ablation`` of ``evaluation.json``.

    Parameters
    ----------
    fitted_on : FittingRows
        What every variant is fitted on.
    test : LabelledRows
        The test year; at most :data:`ews.model.ranking.MOST_ROWS` rows of it are used, whole students.
    resamples, seed : int
        Resampling by student.
    model_text : str, optional
        The model itself, where it was fitted on these very rows with all signals: it need not be fitted
        again.
    recipe : Recipe
        How the model itself was fitted, but for the signals.
    """
    judged = sample_students(test, MOST_ROWS, seed)
    variants = variants_of(fitted_on.train.features)
    scores = {}
    for number, variant in enumerate(variants):
        progress("Asking what each source of data adds", number / len(variants))
        own = model_text if number == len(variants) - 1 else None
        text = own or fit_ranking(fitted_on, seed, variant.recipe(recipe))
        scores[variant.name] = scores_of(text, judged.features)
    rows = pd.concat([judged.standing, rules_of_thumb(judged.features)], axis=1)
    compared = _rows(rows, scores, variants, resamples, seed)
    return {
        "rows": compared,
        "sentence": health_sentence(compared),
        "how": _how(rows, fitted_on, judged is not test),
        "train_rows": len(fitted_on.train.standing),
        "sampled": fitted_on.sampled or judged is not test,
    }


def health_sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say whether health signals earned their place in this district; never more than the interval says."""
    parts = [_of_signal(each) for each in rows if each["name"] in _HEALTH]
    if not parts:
        return "No health signal is a feature in this district: there is nothing to compare."
    return " ".join(parts)


def _of_signal(row: Mapping[str, Any]) -> str:
    words, gain = _WORDS[row["name"]], row["difference"]
    if gain is None or gain["value"] is None:
        return f"What {words} add cannot be told: no date had both outcomes."
    figures = f"{signed(gain['value'])} in AUC against attendance alone"
    if gain["low"] is None:
        return f"What {words} add cannot be told: {figures}, without an interval."
    figures += f" (95% interval {signed(gain['low'])} to {signed(gain['high'])})"
    # Decided on what is printed: a bound that reads 0.000 is not above 0.
    if round(gain["low"], 3) > 0:
        return f"{words.capitalize()} earned their place in this district: {figures}."
    if round(gain["high"], 3) < 0:
        return f"{words.capitalize()} make the ranking worse in this district: {figures}."
    return f"No gain shown from {words} in this district: {figures}."


def _how(rows: pd.DataFrame, fitted_on: FittingRows, judged_sampled: bool) -> str:
    sampled = [
        part
        for part, left_out in (("training rows", fitted_on.sampled), ("test students", judged_sampled))
        if left_out
    ]
    cost = f" To bound the cost, {' and '.join(sampled)} are sampled, by whole students." if sampled else ""
    return (
        f"Each was fitted on the same {len(fitted_on.train.standing):,} rows and judged on "
        f"{students_not_yet_chronic(rows):,} students of the test year: AUC among students not yet "
        f"chronically absent, averaged over the as-of dates.{cost}"
    )


def _rows(
    rows: pd.DataFrame,
    scores: Mapping[str, np.ndarray],
    variants: Sequence[Variant],
    resamples: int,
    seed: int,
) -> list[dict[str, Any]]:
    found = average_aucs(rows, scores, resamples=resamples, seed=seed)
    early = int((~rows["already_chronic"].astype(bool)).sum())
    nothing: Interval = {"value": None, "low": None, "high": None}
    report = []
    for variant in variants:
        own = found.get(variant.name)
        first = variant is variants[0]
        report.append(
            {
                "name": variant.name,
                "features": variant.title,
                "auc": percentile_interval(*own) if own else nothing,
                "lift": difference(own, found[best_rule_of(found)]) if own else nothing,
                "difference": None if first else difference(own, found[variants[0].name]) if own else nothing,
                "n": early,
            }
        )
    return report

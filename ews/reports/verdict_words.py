"""What was not shown, and what that means: said first where a model did not earn its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ews.reports.numbers import decimal
from ews.reports.render import short_day


def titles_of(evaluation: Mapping[str, Any]) -> dict[str, str]:
    """Return the words for every predictor."""
    return {each["name"]: each["title"] for each in evaluation["predictors"]}


def health_claims(ablation: Mapping[str, Any] | None) -> list[str]:
    """Return what the ablation claims of health signals, in its own words and without its figures.

    Examples
    --------
    >>> said = "No gain shown from nurse visits in this district: -0.001 in AUC against attendance alone."
    >>> health_claims({"sentence": said})
    ['No gain shown from nurse visits in this district.']
    """
    sentence = (ablation or {}).get("sentence") or ""
    return [f"{claim}." for claim in re.findall(r"(?:^|\. )([A-Z][^:]*?)(?=:|\.$)", sentence)]


def not_shown(evaluation: Mapping[str, Any]) -> list[str]:
    """Return every comparison that did not hold, with its figures; empty where all did.

    The model beside the best rule of thumb and beside the logistic regression, over all dates and on each,
    and the risks beside what happened in the test year.
    """
    lift, said = evaluation["lift"], []
    rule = titles_of(evaluation).get(lift["best_rule"] or "", "a rule of thumb")
    beside = f"The model beside the best rule of thumb, \u201c{rule}\u201d"
    gain = {"value": lift["estimate"], "low": lift["low"], "high": lift["high"]}
    figures = f"a difference in AUC of {decimal(gain, 3)}"
    if lift["verdict"] == "fail":
        said.append(f"{beside}: it does not rank better; {figures}. The rule needs no model.")
    if lift["verdict"] == "insufficient_evidence":
        said.append(f"{beside}: no gain could be shown; {figures}.")
    regression = lift["regression"]
    if regression["low"] is None or regression["low"] <= 0:
        gain = {"value": regression["estimate"], "low": regression["low"], "high": regression["high"]}
        said.append(
            f"The model beside the logistic regression: no gain could be shown; a difference in AUC of "
            f"{decimal(gain, 3)}."
        )
    return [*said, *_not_ahead(evaluation), *_off_level(evaluation.get("base_rates"))]


def _not_ahead(evaluation: Mapping[str, Any]) -> list[str]:
    """Say on which dates the model is not shown to be ahead of that date's best rule, or the regression."""
    dates = [each for each in evaluation["periods"] if each["as_of"] != "pooled"]
    said = []
    others = {"auc_to_rule": "that date's best rule of thumb", "auc_to_regression": "the logistic regression"}
    for key, words in others.items():
        found = [(each["as_of"], _beside(each, key)) for each in dates]
        behind = [(day, gain) for day, gain in found if gain and (gain["low"] is None or gain["low"] <= 0)]
        if behind:
            listed = "; ".join(f"{short_day(day)}: {decimal(gain, 3)}" for day, gain in behind)
            said.append(
                f"On {len(behind)} of {len(dates)} dates the model is not shown to rank students not yet "
                f"chronically absent better than {words}: {listed}."
            )
    return said


def _beside(period: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    figures: Mapping[str, Any] = period["populations"]["not_yet_chronic"].get("beside") or {}
    gain: Mapping[str, Any] | None = figures.get(key)
    return gain if gain is not None and gain["value"] is not None else None


def _off_level(base_rates: Mapping[str, Any] | None) -> list[str]:
    if base_rates is None or base_rates["drift"]["low"] is None:
        return []
    low, high = base_rates["drift"]["low"], base_rates["drift"]["high"]
    if low <= 0 <= high:
        return []
    where = "too low" if low > 0 else "too high"
    return [
        f"The risks beside the test year: on average they were {where}; the outcome's share less the mean "
        f"risk was {decimal(base_rates['drift'], 3)}."
    ]

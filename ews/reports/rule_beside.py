"""Is the rule of thumb fairer? The model and a simple rule side by side, and one sentence on the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ews.reports.forest import measure_of
from ews.reports.numbers import number_of, part, part_if_any

LISTS = ("deployed", "long")
_WHERE = {"deployed": "on the deployed list", "long": "on the long list", "auc": "in AUC"}
_ALIKE = {"deployed": 0.01, "long": 0.01, "auc": 0.01}
"""Up to so large a difference of the mean distances the two are called alike: 1 in 100, 0.01 of AUC."""


def rule_beside(fairness: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the section on the rule of thumb, None where the audit has none.

    Returns
    -------
    dict or None
        ``title`` of the rule, ``attributes`` (title and rows: group, n, verdict, and for both lists and the
        AUC the figures of ``model`` and ``rule`` with their difference to the rest), ``nearer`` and
        ``reached``: sentences.
    """
    rule = fairness.get("simple_rule")
    if rule is None:
        return None
    of_model = {each["attribute"]: each for each in fairness["attributes"]}
    attributes = [
        {"title": each["title"], "rows": _rows(each["groups"], of_model[each["attribute"]]["groups"])}
        for each in rule["attributes"]
        if each["attribute"] in of_model
    ]
    return {
        "title": rule["title"],
        "attributes": attributes,
        "nearer": nearer_to_equal(attributes),
        "reached": _who_reaches_more(attributes),
    }


def _rows(
    of_rule: Sequence[Mapping[str, Any]], of_model: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    by_name = {each["group"]: each for each in of_rule}
    return [_row(by_name[each["group"]], each) for each in of_model if each["group"] in by_name]


def _row(rule: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"group": model["group"], "n": model["n"], "verdict": model["verdict"]}
    for name in LISTS:
        row[name] = {
            "model": measure_of(model, name, "fnr"),
            "rule": measure_of(rule, name, "fnr"),
            "model_difference": part_if_any(measure_of(model, name, "fnr"), "difference"),
            "rule_difference": part_if_any(part(rule["lists"], name), "fnr_difference"),
            "model_precision": measure_of(model, name, "precision"),
            "rule_precision": measure_of(rule, name, "precision"),
        }
    row["auc"] = {
        "model": model["auc"],
        "rule": rule["auc"],
        "model_difference": model["auc_difference"],
        "rule_difference": rule["auc_difference"],
    }
    return row


def nearer_to_equal(attributes: Sequence[Mapping[str, Any]]) -> str:
    """Say in one sentence whether model or rule lies nearer to equal figures in all groups.

    The distance of a group's figure from that of all other students, averaged over the judged groups of
    an attribute and then over attributes, so that a "yes or no" attribute does not count twice.
    """
    found = {where: _mean_distances(attributes, where) for where in _WHERE}
    defined = {where: both for where, both in found.items() if both is not None}
    if not defined:
        return "The groups that can be judged do not allow a comparison of the two."
    winners = {where: _winner(where, *both) for where, both in defined.items()}
    sides = set(winners.values()) - {"alike"}
    if not sides:
        head = "Model and rule of thumb are about equally near to equal"
    elif len(sides) == 2:
        head = "Neither model nor rule of thumb is nearer to equal throughout"
    else:
        head = f"The {_NAMES[sides.pop()]} is the nearer to equal where the two differ"
    details = [
        f"{_WHERE[where]} {_OUTCOMES[winners[where]]} ({_size(where, both[0])} from the rest on average with "
        f"the model, {_size(where, both[1])} with the rule)"
        for where, both in defined.items()
    ]
    return f"{head}: {'; '.join(details)}."


_NAMES = {"model": "model", "rule": "rule of thumb"}
_OUTCOMES = {"model": "the model is nearer", "rule": "the rule is nearer", "alike": "they are alike"}


def _mean_distances(attributes: Sequence[Mapping[str, Any]], where: str) -> tuple[float, float] | None:
    means = []
    for attribute in attributes:
        pairs = [
            (abs(model), abs(rule))
            for row in attribute["rows"]
            if row["verdict"] != "not_judged"
            and (model := number_of(row[where]["model_difference"])) is not None
            and (rule := number_of(row[where]["rule_difference"])) is not None
        ]
        if pairs:
            means.append([sum(side) / len(pairs) for side in zip(*pairs, strict=True)])
    if not means:
        return None
    model, rule = (sum(side) / len(means) for side in zip(*means, strict=True))
    return model, rule


def _winner(where: str, model: float, rule: float) -> str:
    # As printed, so that the sentence never contradicts its own figures.
    if abs(round(model, 3) - round(rule, 3)) <= _ALIKE[where]:
        return "alike"
    return "model" if model < rule else "rule"


def _size(where: str, distance: float) -> str:
    return f"{distance:.3f}" if where == "auc" else f"{100 * distance:.1f} in 100"


def _who_reaches_more(attributes: Sequence[Mapping[str, Any]]) -> str:
    """Say in how many groups the model missed fewer: nearer to equal may also mean missing everybody."""
    said = []
    for name in LISTS:
        pairs = [
            (model, rule)
            for attribute in attributes
            for row in attribute["rows"]
            if row["verdict"] != "not_judged"
            and (model := number_of(row[name]["model"])) is not None
            and (rule := number_of(row[name]["rule"])) is not None
        ]
        if pairs:
            fewer = sum(model < rule for model, rule in pairs)
            said.append(f"in {fewer} of {len(pairs)} groups {_WHERE[name]}")
    if not said:
        return ""
    return (
        f"Of the students who became chronically absent the model missed a smaller share than the rule "
        f"{' and '.join(said)}."
    )

"""What the model card says of performance and fairness, from the figures of the same run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ews.reports.evaluation import POPULATIONS
from ews.reports.in_words import how_it_ended, who_is_not_judged
from ews.reports.rule_beside import rule_beside


def performance_of(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Return lift and the pooled figures of model, best rule of thumb and regression, by population.

    Parameters
    ----------
    evaluation : mapping
        ``evaluation.json``.
    """
    titles = {each["name"]: each["title"] for each in evaluation["predictors"]}
    lift = evaluation["lift"]
    names = [name for name in ("model", lift["best_rule"], "logistic_regression") if name in titles]
    pooled = next(each for each in evaluation["periods"] if each["as_of"] == "pooled")["populations"]
    return {
        "lift": lift,
        "populations": [
            {
                "title": title,
                "n": pooled[key]["n"],
                "positives": pooled[key]["positives"],
                "rows": [
                    {"title": titles[name], **_row(pooled[key]["predictors"][name], key)} for name in names
                ],
            }
            for key, title in POPULATIONS.items()
        ],
        "truth": evaluation.get("truth"),
    }


def _row(figures: Mapping[str, Any], population: str) -> dict[str, Any]:
    section = "prevent" if population == "not_yet_chronic" else "both"
    at_capacity = figures["at_capacity"][section]
    return {
        "auc": figures["auc"],
        "calibration_error": figures["calibration_error"],
        "listed": at_capacity["listed"],
        "precision": at_capacity["precision"],
        "recall": at_capacity["recall"],
    }


def fairness_summary(fairness: Mapping[str, Any]) -> dict[str, Any]:
    """Return the audit in a few sentences, and a row of verdicts for every attribute.

    Parameters
    ----------
    fairness : mapping
        ``fairness.json``.
    """
    rule = rule_beside(fairness)
    sentences = [
        fairness["sentence"],
        how_it_ended(fairness["comparisons"]),
        who_is_not_judged(fairness),
        rule["nearer"] if rule else "",
    ]
    return {
        "sentences": [each for each in sentences if each],
        "attributes": [
            {"title": each["title"], "groups": len(each["groups"]), "verdicts": _verdicts(each, fairness)}
            for each in fairness["attributes"]
        ],
        "candidates": fairness.get("candidates"),
    }


def _verdicts(attribute: Mapping[str, Any], fairness: Mapping[str, Any]) -> dict[str, int]:
    found = [
        each["verdict"] for each in fairness["comparisons"] if each["attribute"] == attribute["attribute"]
    ]
    kinds = ("pass", "insufficient_evidence", "fail", "not_judged")
    return {kind: found.count(kind) for kind in kinds}

"""The fairness report: what an equity officer decides on, readable without a statistician."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ews.reports.forest import forest
from ews.reports.numbers import complement, part
from ews.reports.render import render_page

MEASURE_TITLES = {
    ("deployed", "excess_fnr"): "Excess miss rate, deployed list",
    ("long", "excess_fnr"): "Excess miss rate, long list",
    (None, "auc_difference"): "AUC below the rest",
}
_OPEN = ("fail", "insufficient_evidence")
RATE_TITLES = {
    "selection_rate": "Selection rate",
    "fnr": "Miss rate",
    "fpr": "False alarm rate",
    "precision": "Precision",
    "false_omission_rate": "False omission rate",
}


def render_fairness(
    fairness: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    banners: Sequence[str] = (),
    provenance: Mapping[str, str] | None = None,
) -> str:
    """Return ``fairness.html``.

    Parameters
    ----------
    fairness : mapping
        ``fairness.json``: verdict and sentence, tolerance, comparisons, attributes with their groups (a group
        may have a ``note`` that says why it is not judged).
    evaluation : mapping
        ``evaluation.json``, for the years and the lift's verdict, which the gate also asks for.
    banners : sequence of str
        Sentences that must be seen first.
    provenance : mapping of label to text, optional
        Model, versions, dates, digests; printed in this order.

    Raises
    ------
    jinja2.UndefinedError
        If a figure that the report shows is missing.
    """
    attributes = [_attribute(each, fairness) for each in fairness["attributes"]]
    groups = [(each["title"], group) for each in attributes for group in each["groups"]]
    return render_page(
        "fairness.html.j2",
        **{**fairness, "attributes": attributes},
        evaluation=evaluation,
        banners=banners,
        provenance=dict(provenance or {}),
        not_judged=[(title, group) for title, group in groups if group["verdict"] == "not_judged"],
        judged_count=sum(group["verdict"] != "not_judged" for _, group in groups),
        open_comparisons=[
            _titled(each, fairness) for each in fairness["comparisons"] if each["verdict"] in _OPEN
        ],
        rate_titles=RATE_TITLES,
    )


def _attribute(attribute: Mapping[str, Any], fairness: Mapping[str, Any]) -> dict[str, Any]:
    comparisons = [each for each in fairness["comparisons"] if each["attribute"] == attribute["attribute"]]
    return {
        **attribute,
        "figure": forest(attribute, comparisons, fairness["tolerance"]),
        "comparisons": [_titled(each, fairness) for each in comparisons],
        "groups": [{"note": "", **group} for group in attribute["groups"]],
        "meaning": [_meaning(group) for group in attribute["groups"]],
    }


def _titled(comparison: Mapping[str, Any], fairness: Mapping[str, Any]) -> dict[str, Any]:
    names = {each["attribute"]: each["title"] for each in fairness["attributes"]}
    return {
        **comparison,
        "attribute_title": names[comparison["attribute"]],
        "title": MEASURE_TITLES[comparison["list"], comparison["measure"]],
        "tolerance": fairness["tolerance"][comparison["measure"]],
    }


def _meaning(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group's shares as an officer speaks of them: reached, not missed."""
    lists = {name: part(group["lists"], name) for name in ("deployed", "long")}
    return {
        "group": group,
        "reached": {name: complement(part(rates, "fnr")) for name, rates in lists.items()},
        "precision": part(lists["deployed"], "precision"),
    }

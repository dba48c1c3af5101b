"""The fairness report: what an equity officer decides on, readable without a statistician."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ews.reports.by_date_chart import by_date_chart
from ews.reports.forest import forest
from ews.reports.frontier_chart import drawable, frontier_chart, lettered
from ews.reports.in_words import (
    coverage_sentence,
    in_one_minute,
    in_students,
    in_these_words,
    outcome_words,
)
from ews.reports.numbers import complement, part, part_if_any, value_of
from ews.reports.render import render_page
from ews.reports.reported_only import intersections, schools
from ews.reports.rule_beside import rule_beside
from ews.reports.rule_chart import rule_chart

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
LIST_TITLES = {"deployed": "Deployed list", "long": "Long list"}


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
        may have a ``note`` that says why it is not judged). Rendered where present and not null: ``notes``,
        of every attribute ``coverage`` and ``by_date``, of every rate its ``difference`` to the rest,
        ``intersections``, ``schools``, ``simple_rule``, ``candidates``; and ``as_served`` of an audit of
        published lists (its ``sentence``).
    evaluation : mapping
        ``evaluation.json``, for the years, what was predicted, and the lift's verdict, which the gate also
        asks for.
    banners : sequence of str
        Sentences that must be seen first: sign-offs, overrides. They stand among the approvals too.
    provenance : mapping of label to text, optional
        Model, versions, dates, digests; printed in this order.

    Raises
    ------
    jinja2.UndefinedError
        If a figure that the report shows is missing.
    """
    attributes = [_attribute(each, fairness) for each in fairness["attributes"]]
    groups = [(each["title"], group) for each in attributes for group in each["groups"]]
    open_comparisons = [
        _titled(each, fairness) for each in fairness["comparisons"] if each["verdict"] in _OPEN
    ]
    optional = _optional_sections(fairness)
    said = {
        **{**fairness, "notes": fairness.get("notes") or [], "attributes": attributes, **optional},
        "minute": in_one_minute(fairness, evaluation),
        "not_judged": [(title, group) for title, group in groups if group["verdict"] == "not_judged"],
        "open_comparisons": open_comparisons,
        "contents": _contents(attributes, optional),
    }
    outcome = outcome_words(evaluation.get("label"))
    return render_page(
        "fairness.html.j2",
        **in_these_words(said, outcome),
        outcome=outcome,
        evaluation=evaluation,
        banners=banners,
        provenance=dict(provenance or {}),
        judged_count=sum(group["verdict"] != "not_judged" for _, group in groups),
        rate_titles=RATE_TITLES,
        list_titles=LIST_TITLES,
    )


def _optional_sections(fairness: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an older audit lacks; None where it is not there."""
    rule = rule_beside(fairness)
    candidates = fairness.get("candidates")
    tolerance = fairness["tolerance"]["excess_fnr"]
    return {
        "simple_rule": rule and {**rule, "figure": rule_chart(rule["attributes"], rule["title"])},
        "candidates": candidates
        and {
            **candidates,
            "frontier": lettered(candidates["frontier"]),
            "figure": frontier_chart(candidates["frontier"], tolerance)
            if drawable(candidates["frontier"])
            else "",
        },
        "intersections": intersections(fairness),
        "schools": schools(fairness),
    }


def _contents(attributes: Sequence[Mapping[str, Any]], optional: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return id and title of every section, in order."""
    titles = {
        "simple_rule": ("rule", "Is the rule of thumb fairer?"),
        "candidates": ("candidates", "Which candidates were compared"),
        "intersections": ("intersections", "Intersections of two attributes"),
        "schools": ("schools", "Schools"),
    }
    return [
        ("asked", "What was asked"),
        *(
            [("open", "What is not settled"), ("not-judged", "Groups that are not judged")]
            if attributes
            else []
        ),
        *((each["id"], each["title"]) for each in attributes),
        *(place for key, place in titles.items() if optional[key]),
        ("limits", "The limits of this evidence"),
        ("terms", "How to read each term"),
        ("belongs", "What this report belongs to"),
    ]


def _attribute(attribute: Mapping[str, Any], fairness: Mapping[str, Any]) -> dict[str, Any]:
    comparisons = [each for each in fairness["comparisons"] if each["attribute"] == attribute["attribute"]]
    by_date = attribute.get("by_date") or []
    return {
        **attribute,
        "id": f"by-{attribute['attribute'].replace('_', '-')}",
        "figure": forest(attribute, comparisons, fairness["tolerance"]),
        "comparisons": [_titled(each, fairness) for each in comparisons],
        "groups": [{"note": "", **group} for group in attribute["groups"]],
        "meaning": [_meaning(group) for group in attribute["groups"]],
        "coverage": coverage_sentence(attribute.get("coverage")),
        "by_date": [_dates_of(group["group"], by_date) for group in attribute["groups"]] if by_date else [],
        "by_date_figure": _by_date_figure(attribute, fairness) if by_date else "",
    }


def _by_date_figure(attribute: Mapping[str, Any], fairness: Mapping[str, Any]) -> Markup:
    return by_date_chart(attribute, fairness["tolerance"]["excess_fnr"])


def _dates_of(name: str, by_date: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    dates = [
        {**group, "as_of": period["as_of"]}
        for period in by_date
        for group in period["groups"]
        if group["group"] == name
    ]
    return {"group": name, "dates": dates}


def _titled(comparison: Mapping[str, Any], fairness: Mapping[str, Any]) -> dict[str, Any]:
    names = {each["attribute"]: each["title"] for each in fairness["attributes"]}
    tolerance = fairness["tolerance"][comparison["measure"]]
    sizes = {
        (each["attribute"], group["group"]): group["n"]
        for each in fairness["attributes"]
        for group in each["groups"]
    }
    return {
        **comparison,
        "n": sizes[comparison["attribute"], comparison["group"]],
        "attribute_title": names[comparison["attribute"]],
        "title": MEASURE_TITLES[comparison["list"], comparison["measure"]],
        "tolerance": tolerance,
        "in_students": in_students(comparison, tolerance),
    }


def _meaning(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group's shares as an officer speaks of them: reached, not missed."""
    columns = []
    for name in LIST_TITLES:
        missed = part(part(group["lists"], name), "fnr")
        reached = complement(missed)
        columns.append(
            {
                "figure": reached,
                "expected": part_if_any(reached, "expected"),
                "difference": _turned(part_if_any(missed, "difference")),
            }
        )
    precision = part(part(group["lists"], "deployed"), "precision")
    columns.append(
        {
            "figure": precision,
            "expected": part_if_any(precision, "expected"),
            "difference": part_if_any(precision, "difference"),
        }
    )
    return {"group": group, "columns": columns}


def _turned(difference: Any) -> Any:
    """Return a difference with its sign turned, without its interval: reached more instead of missed more."""
    value = value_of(difference)
    return {"value": -value if isinstance(value, int | float) else value}

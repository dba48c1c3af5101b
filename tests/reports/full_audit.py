"""A whole audit: dates, differences, intersections, schools, the rule of thumb and candidates, on samples."""

from __future__ import annotations

import math
import random
from copy import deepcopy
from itertools import combinations
from typing import Any

from tests.reports import samples

_RATES = ("selection_rate", "fnr", "fpr", "precision", "false_omission_rate")


def full_audit(verdict: str = "insufficient_evidence", schools: int = 40) -> dict[str, Any]:
    """``fairness.json`` with every key a run of today writes."""
    rnd = random.Random(23)  # noqa: S311
    report = samples.fairness(verdict)
    for attribute in report["attributes"]:
        attribute["coverage"] = _coverage(attribute)
        for group in attribute["groups"]:
            _add_differences(rnd, group)
        attribute["by_date"] = [
            {"as_of": day, "groups": [_at_one_date(rnd, group) for group in attribute["groups"]]}
            for day in report["as_of_dates"]
        ]
    return report | {
        "notes": ["Homeless: 3 group names differ only in case or spaces; check the students extract."],
        "intersections": [_pair(rnd, *pair) for pair in combinations(report["attributes"], 2)],
        "schools": {"title": "School", "groups": [_school(rnd, at) for at in range(schools)]},
        "simple_rule": _simple_rule(rnd, report["attributes"]),
        "candidates": candidates(),
    }


def one_of(report: dict[str, Any], at: int) -> dict[str, Any]:
    """The audit of a single attribute, without what rests on several: figures take most of the time."""
    kept = report["attributes"][at]
    name = kept["attribute"]
    rule = deepcopy(report["simple_rule"])
    rule["attributes"] = [each for each in rule["attributes"] if each["attribute"] == name]
    return report | {
        "attributes": [kept],
        "comparisons": [each for each in report["comparisons"] if each["attribute"] == name],
        "simple_rule": rule,
    }


def candidates() -> dict[str, Any]:
    """Five race-neutral candidates of which the third was chosen, and a sixth that could not be judged."""
    points = [
        ("as_configured", "As configured", "every permitted feature", 0.034, 0.121, True, False),
        ("without_health", "Without health visits", "no features of nurse visits", 0.033, 0.104, True, False),
        ("smaller_trees", "Smaller trees", "15 leaves a tree", 0.032, 0.071, True, True),
        ("larger_trees", "Larger trees", "127 leaves a tree", 0.031, 0.133, False, False),
        ("attendance_only", "Attendance only", "attendance and roster alone", 0.022, 0.066, False, False),
    ]
    frontier: list[dict[str, Any]] = [
        {
            "name": name,
            "title": title,
            "what": what,
            "lift": {"value": lift, "standard_error": 0.0026},
            "worst_excess_fnr": worst,
            "worst_group": "Race and ethnicity: Multiracial",
            "within_one_standard_error": within,
            "chosen": chosen,
        }
        for name, title, what, lift, worst, within, chosen in points
    ]
    frontier.append(
        frontier[0]
        | {"name": "balanced_weights", "title": "Balanced weights", "what": "rows weighted by outcome"}
        | {"worst_excess_fnr": None, "worst_group": None, "chosen": False}
        | {"lift": {"value": 0.029, "standard_error": None}, "within_one_standard_error": False}
    )
    return {
        "approved_by": "R. Alvarez, equity officer",
        "rule": "Within one standard error of the best lift, the candidate whose worst-off group "
        "has the lowest excess miss rate.",
        "chosen": "smaller_trees",
        "frontier": frontier,
        "sentence": "Smaller trees were chosen: lift within one standard error of the best, and its "
        "worst-off group is missed least.",
    }


def _coverage(attribute: dict[str, Any]) -> dict[str, Any]:
    if attribute["attribute"] == "homeless":
        note = "In community-eligibility schools nothing is recorded."
        return {"students": 9656, "known": 9244, "unknown": 0, "left_out": 412, "note": note}
    return {"students": 9656, "known": 9634, "unknown": 22, "left_out": 0, "note": ""}


def _add_differences(rnd: random.Random, group: dict[str, Any]) -> None:
    for name in ("deployed", "long"):
        for rate in _RATES:
            figure = group["lists"][name][rate]
            if figure != "suppressed":
                figure["difference"] = samples.interval(
                    rnd.uniform(-0.02, 0.03), figure["high"] - figure["value"]
                )


def _at_one_date(rnd: random.Random, group: dict[str, Any]) -> dict[str, Any]:
    """The group on one date: eight times fewer rows, and so intervals almost three times as wide."""
    keys = ("group", "auc", "auc_difference", "calibration", "lists")
    if group["students"] == "suppressed":
        hidden: dict[str, Any] = {key: deepcopy(group[key]) for key in keys}
        return hidden | {"n": "suppressed", "positives": "suppressed"}
    at = {key: deepcopy(group[key]) for key in keys}
    half = 3.2 / math.sqrt(group["students"])
    for name in ("deployed", "long"):
        at["lists"][name]["excess_fnr"] = samples.interval(rnd.gauss(0.005, half / 2.5), half)
    at["auc_difference"] = samples.interval(rnd.gauss(0, half / 4), half / 2)
    missing = rnd.randint(0, max(1, group["students"] // 60))
    return at | {"n": group["students"] - missing, "positives": group["positive_students"] - missing // 4}


def _plain_group(rnd: random.Random, name: str, students: int, parts: list[str]) -> dict[str, Any]:
    group = samples._group(rnd, name, students)
    del group["auc_difference"]
    half = 1.6 / math.sqrt(max(students, 1))
    for rates in group["lists"].values():
        if rates["excess_fnr"] != "suppressed":
            rates["excess_fnr"] = samples.interval(rnd.gauss(0, half / 1.6), half)
    return group | {"verdict": "reported_only", "parts": parts, "note": ""}


def _pair(rnd: random.Random, one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    groups = []
    for first in one["groups"]:
        for second in other["groups"]:
            sizes = [each["students"] for each in (first, second)]
            students = 4 if "suppressed" in sizes else round(sizes[0] * sizes[1] / 9656)
            if students:
                parts = [first["group"], second["group"]]
                groups.append(_plain_group(rnd, " × ".join(parts), students, parts))
    return {
        "attributes": [one["attribute"], other["attribute"]],
        "title": f"{one['title']} × {other['title']}",
        "groups": groups,
    }


def _school(rnd: random.Random, at: int) -> dict[str, Any]:
    students = 6 if at % 17 == 3 else round(rnd.lognormvariate(5.3, 0.6))
    name = f"{1001 + 7 * at}"
    return _plain_group(rnd, name, students, [name])


def _simple_rule(rnd: random.Random, attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "predictor": "year_to_date_rate",
        "title": "This year's rate",
        "attributes": [
            {
                "attribute": each["attribute"],
                "title": each["title"],
                "groups": [_by_rule(rnd, group) for group in each["groups"]],
            }
            for each in attributes
        ],
    }


def _by_rule(rnd: random.Random, group: dict[str, Any]) -> dict[str, Any]:
    if group["students"] == "suppressed":
        hidden = dict.fromkeys(["fnr", "precision", "fnr_difference"], "suppressed")
        lists = {"deployed": hidden, "long": dict(hidden)}
        return {
            "group": group["group"],
            "auc": "suppressed",
            "auc_difference": "suppressed",
            "lists": lists,
        }
    half = 1.6 / math.sqrt(group["students"])
    found: dict[str, Any] = {
        "group": group["group"],
        "auc": samples.interval(group["auc"]["value"] - 0.04, half / 2),
        "auc_difference": samples.interval(rnd.uniform(-0.05, 0.06), half / 2),
        "lists": {},
    }
    for name, more in (("deployed", 0.02), ("long", 0.06)):
        of_model = group["lists"][name]
        missed = min(0.97, of_model["fnr"]["value"] + more + rnd.uniform(-0.03, 0.03))
        found["lists"][name] = {
            "fnr": samples.interval(missed, min(half, 1 - missed)),
            "precision": samples.interval(of_model["precision"]["value"] - 0.05, half),
            "fnr_difference": samples.interval(rnd.uniform(-0.06, 0.07), half),
        }
    return found

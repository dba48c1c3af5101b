"""Sample results as the evaluation and the audit write them: 12 schools, 8 as-of dates, 5 attributes."""

from __future__ import annotations

import math
import random
from typing import Any

AS_OF_DATES = [
    "2024-09-23",
    "2024-10-01",
    "2024-11-01",
    "2024-12-02",
    "2025-01-06",
    "2025-02-03",
    "2025-03-03",
    "2025-04-01",
]
PREDICTORS = [
    ("model", "Model", "model"),
    ("prior_year_rate", "Last year's rate", "rule"),
    ("year_to_date_rate", "This year's rate to date", "rule"),
    ("larger_of_both", "The larger of both", "rule"),
    ("school_grade_rate", "School and grade rate", "rule"),
    ("logistic_regression", "Logistic regression", "regression"),
]
_SKILL = [0.80, 0.72, 0.745, 0.765, 0.61, 0.79]
TOLERANCE = {"excess_fnr": 0.10, "auc_difference": 0.10}
_ATTRIBUTES = [
    (
        "race_ethnicity",
        "Race and ethnicity",
        ["Asian", "Black", "Hispanic", "Multiracial", "Native American", "White", "Unknown"],
        [410, 2210, 3120, 480, 64, 3350, 22],
    ),
    ("disability", "Disability", ["No", "Yes"], [8300, 1356]),
    ("english_learner", "English learner", ["No", "Yes"], [7900, 1756]),
    ("sex", "Sex", ["F", "M", "X"], [4790, 4850, 8]),
    ("homeless", "Homeless", ["No", "Yes"], [9400, 256]),
]


def interval(value: float, half: float) -> dict[str, Any]:
    return {"value": round(value, 4), "low": round(value - half, 4), "high": round(value + half, 4)}


def evaluation(verdict: str = "pass", dates: int = 8) -> dict[str, Any]:
    """A test year in which the model is a little better than the best rule of thumb."""
    as_of_dates = AS_OF_DATES[:dates]
    rnd = random.Random(7)  # noqa: S311
    periods = [_period(rnd, each, at, n=9656) for at, each in enumerate(as_of_dates)]
    periods.append(_period(rnd, "pooled", 4, n=9656 * dates))
    return {
        "district": "Riverbend Unified School District",
        "run": "2025-07-14-01",
        "test_year": 2025,
        "validation_year": 2024,
        "train_years": [2022, 2023],
        "as_of_dates": as_of_dates,
        "notes": [
            "In the oldest year nobody has a last year; those students count with this year's figures."
        ],
        "predictors": [{"name": name, "title": title, "kind": kind} for name, title, kind in PREDICTORS],
        "periods": periods,
        "lift": _lift(verdict),
        "calibration": {"curve": [_bin(rnd, number) for number in range(10)]},
        "gate": verdict,
        "importances": [
            {"family": "attendance", "share": 0.81},
            {"family": "roster", "share": 0.12},
            {"family": "nurse", "share": 0.07},
        ],
        "ablation": {
            "sentence": "No gain shown from nurse visits in this district.",
            "rows": [
                {
                    "features": "attendance and roster",
                    "auc": interval(0.781, 0.011),
                    "difference": None,
                    "n": 61204,
                },
                {
                    "features": "attendance, roster, nurse visits",
                    "auc": interval(0.783, 0.011),
                    "difference": interval(0.002, 0.003),
                    "n": 61204,
                },
            ],
        },
        "truth": {"ici": 0.014, "auc": 0.842},
    }


def _lift(verdict: str) -> dict[str, Any]:
    return {
        "estimate": 0.034,
        "low": 0.021,
        "high": 0.047,
        "verdict": verdict,
        "best_rule": "larger_of_both",
        "model_auc": 0.781,
        "best_rule_auc": 0.747,
        "n_students": 7651,
        "sentence": "Among students not yet chronic the model ranks better than the best rule of thumb.",
        "regression": {
            "estimate": 0.006,
            "low": -0.003,
            "high": 0.015,
            "sentence": "A logistic regression on the same few figures does as well.",
        },
    }


def _bin(rnd: random.Random, number: int) -> dict[str, Any]:
    predicted = round(0.02 + 0.075 * number + 0.002 * number**2, 4)
    observed = round(predicted + rnd.uniform(-0.015, 0.015), 4)
    return {
        "predicted": predicted,
        "observed": observed,
        "n": 7725,
        "low": observed - 0.02,
        "high": observed + 0.02,
    }


def _period(rnd: random.Random, as_of: str, at: int, n: int) -> dict[str, Any]:
    early = round(n * 0.79)
    return {
        "as_of": as_of,
        "populations": {
            "all": _population(rnd, at, n, 0.06, ("prevent", "intensive", "both")),
            "not_yet_chronic": _population(rnd, at, early, 0.0, ("prevent",)),
        },
    }


def _population(
    rnd: random.Random, at: int, n: int, bonus: float, sections: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "n": n,
        "positives": round(n * (0.24 if bonus else 0.12)),
        "students": min(n, 9656),
        "predictors": {
            name: _predictor(rnd, at, skill + bonus, kind, sections, n)
            for (name, _, kind), skill in zip(PREDICTORS, _SKILL, strict=True)
        },
    }


def _predictor(
    rnd: random.Random, at: int, skill: float, kind: str, sections: tuple[str, ...], n: int
) -> dict[str, Any]:
    auc = min(0.97, skill - 0.03 + 0.012 * at + rnd.uniform(-0.006, 0.006))
    probability = kind != "rule"
    return {
        "auc": interval(auc, 0.011),
        "average_precision": interval(auc - 0.35, 0.02),
        "brier": interval(0.131, 0.004) if probability else None,
        "calibration_error": interval(0.012, 0.004) if probability else None,
        "at_capacity": {section: _list(rnd, section, auc, n) for section in sections},
    }


def _list(rnd: random.Random, section: str, auc: float, n: int) -> dict[str, Any]:
    listed = {"prevent": 180, "intensive": 120, "both": 300}[section] * max(1, n // 9000)
    precision = {"prevent": auc - 0.37, "intensive": auc - 0.08, "both": auc - 0.25}[section]
    return {
        "listed": listed,
        "found": round(listed * precision),
        "precision": interval(precision, 0.035),
        "recall": interval(0.13 + rnd.uniform(0, 0.02), 0.012),
    }


def fairness(verdict: str = "insufficient_evidence") -> dict[str, Any]:
    """An audit with groups of every kind: passing, undecided, not judged, suppressed."""
    rnd = random.Random(11)  # noqa: S311
    attributes = [_attribute(rnd, *each) for each in _ATTRIBUTES]
    comparisons = [each for attribute in attributes for each in _comparisons(rnd, attribute)]
    for each in comparisons:
        if each["verdict"] == "insufficient_evidence":
            _find(attributes, each)["verdict"] = "insufficient_evidence"
    return {
        "district": "Riverbend Unified School District",
        "run": "2025-07-14-01",
        "test_year": 2025,
        "as_of_dates": AS_OF_DATES,
        "tolerance": TOLERANCE,
        "min_group": 30,
        "min_cell": 10,
        "resamples": 1000,
        "lists": {
            "deployed": "The list counselors receive: each school's own capacity.",
            "long": "District-wide per date, as many students as became chronically absent.",
        },
        "attributes": attributes,
        "comparisons": comparisons,
        "verdict": verdict,
        "sentence": "No judged group is out of tolerance, but for some the evidence is too thin.",
        "not_judged_share_of_positives": 0.021,
    }


def _attribute(
    rnd: random.Random, name: str, title: str, groups: list[str], sizes: list[int]
) -> dict[str, Any]:
    return {
        "attribute": name,
        "title": title,
        "groups": [_group(rnd, group, size) for group, size in zip(groups, sizes, strict=True)],
    }


def _group(rnd: random.Random, group: str, students: int) -> dict[str, Any]:
    if students < 10:
        return _suppressed_group(group)
    half = 1.6 / math.sqrt(students)
    positives = round(students * rnd.uniform(0.15, 0.35))
    return {
        "group": group,
        "n": students * 8,
        "students": students,
        "positives": positives * 8,
        "positive_students": positives,
        "verdict": "not_judged" if positives < 30 else "pass",
        "note": "",
        "auc": interval(0.83 + rnd.uniform(-0.02, 0.02), half / 2),
        "auc_difference": interval(rnd.uniform(-0.02, 0.025), half / 2),
        "calibration": {
            "in_the_large": interval(rnd.uniform(-0.01, 0.01), half / 3),
            "slope": interval(1.02, half * 2),
        },
        "lists": {"deployed": _rates(rnd, half, 0.86), "long": _rates(rnd, half, 0.44)},
    }


def _rates(rnd: random.Random, half: float, missed: float) -> dict[str, Any]:
    def rate(value: float) -> dict[str, Any]:
        return {
            **interval(value, min(half, value, 1 - value)),
            "expected": round(value + rnd.uniform(-0.01, 0.01), 4),
        }

    return {
        "selection_rate": rate(0.031 if missed > 0.5 else 0.24),
        "fnr": rate(missed + rnd.uniform(-0.03, 0.03)),
        "fpr": rate(0.021 if missed > 0.5 else 0.13),
        "precision": rate(0.58 + rnd.uniform(-0.04, 0.04)),
        "false_omission_rate": rate(0.19),
        "excess_fnr": interval(rnd.uniform(-0.03, 0.03), half),
    }


def _suppressed_group(group: str) -> dict[str, Any]:
    hidden = "suppressed"
    rates = dict.fromkeys(
        ["selection_rate", "fnr", "fpr", "precision", "false_omission_rate", "excess_fnr"], hidden
    )
    return {
        "group": group,
        "n": hidden,
        "students": hidden,
        "positives": hidden,
        "positive_students": hidden,
        "verdict": "not_judged",
        "note": "",
        "auc": hidden,
        "auc_difference": hidden,
        "calibration": {"in_the_large": hidden, "slope": hidden},
        "lists": {"deployed": rates, "long": dict(rates)},
    }


def _comparisons(rnd: random.Random, attribute: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for group in attribute["groups"]:
        for name, measure in (("deployed", "excess_fnr"), ("long", "excess_fnr"), (None, "auc_difference")):
            figure = group[measure] if name is None else group["lists"][name][measure]
            judged = group["verdict"] != "not_judged"
            hidden = dict.fromkeys(["value", "low", "high"], "suppressed")
            found.append(
                {
                    "attribute": attribute["attribute"],
                    "group": group["group"],
                    "list": name,
                    "measure": measure,
                    **(hidden if figure == "suppressed" else figure),
                    "p_value": round(rnd.uniform(0.2, 0.9), 4) if judged else None,
                    "holm_p_value": 1.0 if judged else None,
                    "verdict": _verdict(figure, TOLERANCE[measure]) if judged else "not_judged",
                }
            )
    return found


def _find(attributes: list[dict[str, Any]], comparison: dict[str, Any]) -> dict[str, Any]:
    attribute = next(each for each in attributes if each["attribute"] == comparison["attribute"])
    return next(each for each in attribute["groups"] if each["group"] == comparison["group"])


def _verdict(figure: dict[str, Any], tolerance: float) -> str:
    return "pass" if figure["high"] <= tolerance else "insufficient_evidence"


def provenance() -> dict[str, str]:
    return {
        "Run": "2025-07-14-01",
        "Model": "ews-chronic-absence, version 7",
        "Trained by": "d.kim",
        "Model (SHA-256)": "9f2c" * 16,
        "Training data (SHA-256)": "07ab" * 16,
        "Configuration (SHA-256)": "5e1d" * 16,
    }


def card() -> dict[str, Any]:
    return {
        "district": "Riverbend Unified School District",
        "run": "2025-07-14-01",
        "model_name": "ews-chronic-absence",
        "version": "7",
        "trained_by": "d.kim",
        "definition": {
            "threshold": 0.10,
            "inclusive": True,
            "min_enrolled_days": 10,
            "grain": "district",
            "partial_day": "half",
        },
        "years": {"train": [2022, 2023], "validation": 2024, "test": 2025},
        "as_of_dates": AS_OF_DATES,
        "rows": {"train": 140212, "validation": 77100, "test": 77248},
        "feature_families": {
            "attendance": ["absence_rate_to_date", "absence_rate_last_year", "longest_run_of_absences"],
            "roster": ["grade", "school_changes_this_year"],
            "nurse": ["nurse_visits_20_days", "sent_home_20_days"],
        },
        "monotone": ["absence_rate_to_date", "absence_rate_last_year"],
        "sources": [
            {"table": "attendance", "use": "feature"},
            {"table": "nurse_visits", "use": "feature"},
            {"table": "meal_programs", "use": "audit"},
            {"table": "students", "use": "audit"},
        ],
        "authorization": None,
        "sensitive": ["race_ethnicity", "disability", "english_learner", "sex", "homeless"],
        "tolerance": TOLERANCE,
        "verdicts": {"lift": "pass", "fairness": "insufficient_evidence", "gate": "insufficient_evidence"},
        "sign_offs": [],
        "limits": ["Two schools opened in 2025; for them nothing could be learnt from earlier years."],
        "digests": {"model": "9f2c" * 16, "data": "07ab" * 16, "config": "5e1d" * 16, "audit": "c0de" * 16},
        "libraries": {"ews": "0.1.0", "lightgbm": "4.7.0", "scikit-learn": "1.9.0"},
    }

"""Whole ``evaluation.json`` files of small made-up districts, computed as training computes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from ews.config import Capacities
from ews.model.ablation import health_sentence
from ews.model.base_rates import base_rates
from ews.model.evaluate import evaluate
from ews.model.predictors import PREDICTORS
from ews.model.years import YearPlan
from tests.reports import samples

DAYS = (dt.date(2024, 10, 1), dt.date(2024, 11, 1), dt.date(2024, 12, 2))
CAPACITIES = Capacities.model_validate({"prevent": {"per_school": 25}, "intensive": {"per_school": 25}})
LABELS = {
    "chronic_by_end": "Predicted: whether a student is chronically absent at the end of the school year.",
    "chronic_over_the_rest": "Predicted: whether a student is chronically absent over the rest of the school "
    "year, counted from the as-of date on.",
    "absences_within": "Predicted: whether a student is absent on at least 5 of the next 20 instructional "
    "days, counted from the as-of date on.",
}
_NOISE = (0.3, 2.0, 1.6, 1.0, 3.0, 0.4)


def judged(students: int, seed: int, days: tuple[dt.date, ...], *, signal: bool = True) -> pd.DataFrame:
    """Judged rows; without signal the outcome is a coin that no score knows of."""
    generator = np.random.default_rng(seed)
    need = generator.normal(-1, 1.3, students)
    chance = expit(need) if signal else np.full(students, 0.3)
    one = pd.DataFrame(
        {
            "student_id": [f"s{at:04d}" for at in range(students)],
            "school_id": [f"school{at % 4}" for at in range(students)],
            "grade": [f"{1 + at % 12:02d}" for at in range(students)],
            "label": (generator.random(students) < chance).astype(int),
            "absences_left": generator.integers(0, 15, students),
        }
    )
    dates = []
    for at, day in enumerate(days):
        drawn = generator.normal(0, [[size] for size in _NOISE], (6, students)) + need
        scores = {each.column: drawn[i] for i, each in enumerate(PREDICTORS)}
        for name in ("risk", "logistic_regression"):
            scores[name] = expit(scores[name])
        dates.append(one.assign(as_of_date=day, already_chronic=need > 1.3 - 0.4 * at, **scores))
    return pd.concat(dates, ignore_index=True)


def full_evaluation(
    students: int = 800,
    *,
    signal: bool = True,
    days: tuple[dt.date, ...] = DAYS,
    label: str = "chronic_by_end",
    gain: tuple[float, float, float] = (-0.002, 0.001, 0.004),
    rows: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Return a district's ``evaluation.json``; ``gain`` is what nurse visits add: low, value, high."""
    rows = judged(students, 1, days, signal=signal) if rows is None else rows
    school_days = [each.date() for each in pd.bdate_range("2024-08-26", "2025-06-06")]
    chronic = rows.loc[rows["label"] == 1, ["student_id"]].drop_duplicates()
    report = evaluate(
        rows,
        capacities=CAPACITIES,
        enrolled={},
        resamples=60,
        seed=1,
        level_of_school={f"school{at}": level for at, level in enumerate(["elementary", "middle", "high"])},
        chronic_since=chronic.assign(day=school_days[90]),
        school_days=school_days,
    )
    report["calibration"]["choice"] = {
        "sentence": "Risks are calibrated by the beta method.",
        "method": "beta",
    }
    plan = YearPlan(train=(2023,), validation=2024, test=2025, notes=())
    labelled = pd.concat([rows.assign(school_year=year) for year in (2023, 2024, 2025)])
    return {
        **{key: samples.evaluation(dates=1)[key] for key in ("district", "run", "gate", "importances")},
        "test_year": 2025,
        "validation_year": 2024,
        "train_years": [2023],
        "notes": [],
        "label": {"name": label, "sentence": LABELS[label]},
        "base_rates": base_rates(labelled, rows, plan),
        "ablation": _ablation(gain),
        "rolling_origin": _rolling(report["lift"]),
        "truth": {"ici": 0.0142, "auc": 0.9321, "possible_lift": 0.1274, "share_of_the_possible": 0.6023},
        "tuning": _tuning(),
        **report,
        "week_to_week": [_a_week(each) for each in report["stability"][:1]],
        "gate": report["lift"]["verdict"],
    }


def _tuning() -> dict[str, Any]:
    figures = {
        "trial": 3,
        "words": "trees of at most 4 leaves",
        "value": 0.8123,
        "trees": 61.5,
        "leaves_in_all": 246.0,
    }
    return {
        "trials": 20,
        "chosen": figures,
        "default": {**figures, "trial": 1, "words": "the defaults", "value": 0.8111, "leaves_in_all": 1137.0},
        "best": {"trial": 7, "value": 0.8141},
        "gain": 0.0012,
        "standard_error": 0.0021,
        "rule": "The smallest among the best.",
        "how": "Every recipe was fitted on the same rows.",
        "sentence": "Tuning tried 20 recipes, and chose trees of at most 4 leaves.",
    }


def _a_week(change: dict[str, Any]) -> dict[str, Any]:
    """Return a change as that of a week: the regression is left out, and the day is another."""
    kept = {name: each for name, each in change["predictors"].items() if name != "logistic_regression"}
    return {"from": change["from"], "to": "2024-10-08", "predictors": kept}


def _ablation(gain: tuple[float, float, float]) -> dict[str, Any]:
    auc = {"value": 0.811, "low": 0.801, "high": 0.821}
    low, value, high = gain
    rows = [
        {"name": "attendance", "features": "Attendance only", "auc": auc, "difference": None},
        {
            "name": "nurse",
            "features": "Attendance and nurse visits",
            "auc": {"value": 0.812, "low": 0.8023, "high": 0.8217},
            "difference": {"value": value, "low": low, "high": high},
        },
    ]
    lift = {"value": 0.0512, "low": 0.0312, "high": 0.0712}
    shown = [{**each, "lift": lift, "n": 2231} for each in rows]
    return {
        "rows": shown,
        "sentence": health_sentence(shown),
        "how": "Each was fitted on the same 4,321 rows.",
    }


def _rolling(lift: dict[str, Any]) -> dict[str, Any]:
    earlier = {
        "test_year": 2024,
        "train_years": [2023],
        "is_test_year": False,
        "n_students": 1717,
        "best_rule": "larger_of_both",
        "model_auc": 0.8077,
        "best_rule_auc": 0.7533,
        "lift": {"value": 0.0544, "low": 0.0144, "high": 0.0944},
    }
    last = {
        "test_year": 2025,
        "is_test_year": True,
        "best_rule": lift["best_rule"],
        "model_auc": lift["model_auc"],
        "best_rule_auc": lift["best_rule_auc"],
        "lift": {"value": lift["estimate"], "low": lift["low"], "high": lift["high"]},
    }
    return {"folds": [earlier, last], "sentence": "Judged on each later year, the lift was as follows."}

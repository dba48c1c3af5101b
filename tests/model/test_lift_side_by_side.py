"""The lift of several models: the contract's figure for each, with a standard error by student."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ews.config import Capacities
from ews.model.evaluate import evaluate
from ews.model.intervals import Z_95
from ews.model.lift_side_by_side import lifts

CAPACITIES = Capacities.model_validate({"prevent": {"per_school": 5}, "intensive": {"per_school": 5}})


def _rows(students: int = 500, seed: int = 1) -> pd.DataFrame:
    """Two rows a student, a tenth of them chronic already; the risk tells more than any rule."""
    random = np.random.default_rng(seed)
    need = np.repeat(random.normal(0, 1, students), 2)
    size = len(need)
    rows = pd.DataFrame(
        {
            "student_id": np.repeat([f"s{each:04d}" for each in range(students)], 2),
            "school_id": "a",
            "as_of_date": [dt.date(2023, 10, 2), dt.date(2024, 1, 8)] * students,
            "label": np.repeat((random.random(students) < 1 / (1 + np.exp(1 - need[::2]))).astype(int), 2),
            "already_chronic": random.random(size) < 0.1,
            "absences_left": 5,
            "logistic_regression": 0.5,
            "risk": 1 / (1 + np.exp(1 - need - random.normal(0, 0.5, size))),
        }
    )
    noise = {"rule_prior_year": 2.0, "rule_year_to_date": 1.0, "rule_larger_of_both": 1.5}
    rules = {name: need + random.normal(0, each, size) for name, each in noise.items()}
    return rows.assign(**rules, rule_school_grade=0.1)


def test_it_is_the_lift_of_the_evaluation() -> None:
    rows = _rows()
    found = lifts(rows, {"one": rows["risk"].to_numpy()}, resamples=300, seed=4)["one"]
    judged = evaluate(rows, capacities=CAPACITIES, enrolled={}, resamples=300, seed=4)["lift"]

    assert found.value == pytest.approx(judged["estimate"], abs=1e-12)
    assert 2 * Z_95 * found.standard_error == pytest.approx(judged["high"] - judged["low"], rel=0.12)


def test_the_highest_is_behind_by_nothing_and_its_twin_too() -> None:
    rows = _rows()
    best = rows["risk"].to_numpy()
    found = lifts(
        rows,
        {"noise": np.random.default_rng(2).random(len(rows)), "best": best, "twin": best.copy()},
        resamples=100,
        seed=1,
    )

    assert (found["best"].behind, found["best"].behind_error) == (0.0, 0.0)
    assert found["twin"] == found["best"]
    assert found["noise"].behind == pytest.approx(found["best"].value - found["noise"].value)
    assert found["noise"].behind_error > 0


def test_models_that_agree_are_told_apart_better_than_each_is_known() -> None:
    rows = _rows()
    best = rows["risk"].to_numpy()
    near = best + np.random.default_rng(2).normal(0, 0.02, len(best))
    found = lifts(rows, {"best": best, "near": near}, resamples=200, seed=1)

    assert max(each.behind_error for each in found.values()) < found["best"].standard_error / 2


def test_only_students_not_yet_chronic_count() -> None:
    rows = _rows()
    risk = rows["risk"].to_numpy()
    other = np.where(rows["already_chronic"], np.random.default_rng(3).random(len(rows)), risk)
    found = lifts(rows, {"one": risk, "other": other}, resamples=100, seed=1)

    assert found["one"] == found["other"]


def test_four_times_the_students_give_half_the_standard_error() -> None:
    few, many = (_rows(students, seed=7) for students in (400, 1_600))
    errors = [
        lifts(rows, {"one": rows["risk"].to_numpy()}, resamples=200, seed=1)["one"].standard_error
        for rows in (few, many)
    ]

    assert errors[1] == pytest.approx(errors[0] / 2, rel=0.3)


def test_a_date_with_one_outcome_is_left_out_and_without_any_there_is_no_lift() -> None:
    rows = _rows(200)
    first = rows["as_of_date"] == dt.date(2023, 10, 2)
    one_date = rows.assign(label=rows["label"].where(first, 0))
    scores = {"one": rows["risk"].to_numpy()}

    found = lifts(one_date, scores, resamples=100, seed=1)["one"]
    only_first = lifts(rows.loc[first], {"one": scores["one"][first]}, resamples=100, seed=1)["one"]
    assert found.value == pytest.approx(only_first.value)
    assert lifts(rows.assign(label=0), scores, resamples=100, seed=1) == {}

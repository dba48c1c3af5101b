"""Base rates by year, and whether the risks kept up with them: counted here by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ews.model.base_rates import base_rates
from ews.model.intervals import wilson
from ews.model.years import YearPlan

PLAN = YearPlan((2022,), 2023, 2024)
DAYS = (dt.date(2023, 10, 2), dt.date(2024, 1, 8))


def _labelled(rates: dict[int, float], students: int = 400) -> pd.DataFrame:
    """Two rows a student that say the same."""
    parts = []
    for year, rate in rates.items():
        labels = (np.arange(students) < rate * students).astype(int)
        ids = [f"s{each:04d}" for each in range(students)]
        parts += [
            pd.DataFrame({"student_id": ids, "school_year": year, "as_of_date": day, "label": labels})
            for day in DAYS
        ]
    return pd.concat(parts, ignore_index=True)


def _found(test_rate: float, risk: float) -> dict:
    labelled = _labelled({2022: 0.10, 2023: 0.15, 2024: test_rate})
    judged = labelled.loc[labelled["school_year"] == 2024].assign(risk=risk)
    return base_rates(labelled, judged, PLAN)


def test_every_year_has_its_part_and_its_rate() -> None:
    found = _found(0.25, 0.15)
    assert [(each["school_year"], each["part"]) for each in found["years"]] == [
        (2022, "train"),
        (2023, "validation"),
        (2024, "test"),
    ]
    assert [each["rate"]["value"] for each in found["years"]] == pytest.approx([0.10, 0.15, 0.25])
    assert [(each["n"], each["students"]) for each in found["years"]] == [(800, 400)] * 3
    assert "2022: 10.0%, 2023: 15.0%, 2024: 25.0%" in found["sentence"]


def test_rows_of_a_student_that_say_the_same_are_counted_once_in_the_interval() -> None:
    rate = _found(0.25, 0.15)["years"][2]["rate"]
    low, high = wilson(100, 400)
    assert (rate["low"], rate["high"]) == pytest.approx((low, high), abs=0.003)


@pytest.mark.parametrize(
    ("rate", "words"),
    [(0.25, "more common in the test year than"), (0.15, "kept up with it"), (0.05, "less common")],
)
def test_drift_is_what_happened_less_what_was_expected(rate: float, words: str) -> None:
    found = _found(rate, 0.15)
    assert found["predicted"] == pytest.approx(0.15)
    assert found["drift"]["value"] == pytest.approx(rate - 0.15)
    assert words in found["sentence"]
    error = np.sqrt(rate * (1 - rate) / 400)
    assert found["drift"]["high"] - found["drift"]["low"] == pytest.approx(2 * 1.96 * error, rel=0.01)

"""Which day of last year tonight is held against."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ews.features.matrix import Matrix
from ews.nightly.drift import counts_of
from ews.nightly.same_weeks import _anchor

FIRST = {2025: dt.date(2024, 9, 2), 2026: dt.date(2025, 9, 1)}
DAYS = 180


def school_days(year: int) -> list[dt.date]:
    return [each.date() for each in pd.bdate_range(FIRST[year], periods=DAYS)]


@pytest.fixture(autouse=True)
def calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"school_id": "s1", "date": pd.Timestamp(day), "school_year": year, "instructional": True}
        for year in FIRST
        for day in school_days(year)
    ]
    monkeypatch.setattr("ews.nightly.same_weeks.calendar_frame", lambda _session: pd.DataFrame(rows))


def days_behind(year: int, passed: int, late: int = 0) -> int | None:
    """Return how many school days lie behind the day that a night is held against."""
    standing = pd.DataFrame({"enrolled_days": [passed - late] * 5 + [3]})
    anchor = _anchor(None, Matrix(school_days(year)[passed], standing, pd.DataFrame()))  # type: ignore[arg-type]
    return None if anchor is None else school_days(year - 1).index(anchor)


@pytest.mark.parametrize("passed", [3, 9])
def test_in_the_first_two_weeks_nothing_is_compared(passed: int) -> None:
    assert days_behind(2026, passed) is None


def test_the_first_stored_year_is_compared_with_nothing() -> None:
    standing = pd.DataFrame({"enrolled_days": [50]})
    tonight = Matrix(school_days(2025)[50], standing, pd.DataFrame())
    assert _anchor(None, tonight) is None  # type: ignore[arg-type]


def test_it_is_a_day_of_the_same_weeks() -> None:
    for passed in range(10, 175):
        behind = days_behind(2026, passed)
        assert behind is not None
        assert abs(behind - passed) <= 2


@pytest.mark.parametrize("late", [0, 1])
@pytest.mark.parametrize("late_last_year", [0, 1, 2])
def test_as_many_absences_fall_into_the_same_bin_in_both_years(late: int, late_last_year: int) -> None:
    for passed in range(12, 120):
        now, before = passed - late, days_behind(2026, passed, late)
        assert before is not None
        absences = np.arange(12)
        for name in ("absence_rate", "absence_rate_last_20"):
            one = counts_of(name, absences / now)
            other = counts_of(name, absences / (before - late_last_year))
            assert list(one) == list(other), (passed, now, before)

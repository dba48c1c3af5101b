"""Which days a window has, when it is looked at, at which schools; and into which bin a figure falls."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ews.nightly.drift import _compared, counts_of, limit_of, psi
from ews.nightly.last_days import _open, _windows

MONDAY = dt.date(2025, 10, 6)
DAYS = [MONDAY + dt.timedelta(days=n) for n in range(5)]
NEXT_MONDAY = MONDAY + dt.timedelta(days=7)
UTC_MORNING = dt.time()


def _morning(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, UTC_MORNING)


# --- the windows of the newest records


def test_a_window_is_looked_at_on_the_morning_after_its_last_day() -> None:
    windows = _windows(DAYS, NEXT_MONDAY, 0, "UTC")
    assert windows == [
        (DAYS[0], DAYS[2], _morning(DAYS[3])),
        (DAYS[1], DAYS[3], _morning(DAYS[4])),
        (DAYS[2], DAYS[4], _morning(NEXT_MONDAY)),
    ]


def test_where_attendance_comes_a_day_late_every_window_is_looked_at_a_school_day_later() -> None:
    """The newest window ends a day earlier, and what the others had by then is comparable."""
    windows = _windows(DAYS, NEXT_MONDAY, 1, "UTC")
    assert windows == [
        (DAYS[0], DAYS[2], _morning(DAYS[4])),
        (DAYS[1], DAYS[3], _morning(NEXT_MONDAY)),
    ]


def test_a_window_with_a_day_on_which_a_school_was_closed_is_not_compared_at_that_school() -> None:
    rows = [
        {"school_id": school, "date": pd.Timestamp(day), "instructional": (school, day) != ("s2", DAYS[3])}
        for school in ("s1", "s2")
        for day in DAYS
    ]
    opened = _open(pd.DataFrame(rows), DAYS)
    assert opened["s1"].tolist() == [True, True, True]
    assert opened["s2"].tolist() == [True, False, False]


# --- the bins of a spread


@pytest.mark.parametrize(
    ("figure", "value", "bin_"),
    [
        ("absence_rate", 0.0, 0),
        ("absence_rate", 1 / 180, 1),
        ("absence_rate", 0.10, 3),  # chronic is at least a tenth: it ends the bin below
        ("absence_rate", 0.11, 4),
        ("absence_rate", 0.5, 5),
        ("nurse_visits_last_40", 0.0, 0),
        ("nurse_visits_last_40", 1.0, 1),
        ("nurse_visits_last_40", 2.0, 2),
        ("nurse_visits_last_40", 3.0, 2),
        ("nurse_visits_last_40", 4.0, 3),
        ("grade", -1.0, 0),
        ("grade", 0.0, 1),
        ("grade", 12.0, 13),
        ("enrolled_last_year", 0.0, 0),
        ("enrolled_last_year", 1.0, 1),
    ],
)
def test_a_value_falls_into_its_bin(figure: str, value: float, bin_: int) -> None:
    counts = counts_of(figure, np.array([value, np.nan, np.nan]))
    assert counts[bin_] == 1
    assert counts[-1] == 2, "students without a value have a bin of their own"
    assert counts.sum() == 3


def test_bins_that_nobody_is_in_count_for_nothing() -> None:
    """Half a student is added to every bin; to those empty on both sides it would make samples more alike."""
    found = _compared("absence_rate", None, [250, 150, 0, 0, 0, 0, 0], [200, 200, 0, 0, 0, 0, 0])
    assert found.psi == pytest.approx(psi(np.array([250, 150]), np.array([200, 200])), rel=1e-12)
    assert found.limit == limit_of(400, 400, 2)
    one_side = _compared("absence_rate", None, [250, 150, 0, 0, 0, 0, 0], [200, 150, 50, 0, 0, 0, 0])
    assert one_side.psi > psi(np.array([250, 150]), np.array([250, 150]))
    assert one_side.limit == limit_of(400, 400, 3)

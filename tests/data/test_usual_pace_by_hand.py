"""``usual_pace`` on paper: a year in which everyone missed more says nothing about any one student."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.data.matrices import differences, matrices
from tests.data.small import AS_OF, calendar_rows, enrolled, small_district, weekdays
from tests.reference.matrix import reference_matrix
from tests.reference.settings import Row

FIRST, LAST = dt.date(2024, 9, 9), dt.date(2024, 12, 20)
LAST_YEAR = weekdays(FIRST, LAST)
THIS_YEAR = weekdays()


def _absences(student: str, days: list[dt.date], count: int) -> list[Row]:
    """So many separate absences of one day each."""
    return [
        {"student_id": student, "school_id": "s1", "date": day.isoformat(), "code": "A"}
        for day in days[: 2 * count : 2]
    ]


def _paces(last_year: dict[str, int], this_year: int = 0) -> dict[str, float]:
    """Each student's usual pace after 75 days last year and 20 this year, equal to the reference's."""
    students = sorted(last_year)
    district = small_district(
        calendar=calendar_rows("s1", year=2025, first=FIRST, last=LAST) + calendar_rows("s1", "s2"),
        enrollments=[
            row
            for student in students
            for row in (enrolled(student, entry="2024-09-09", year=2025), enrolled(student))
        ],
        attendance=[
            row
            for student in students
            for row in _absences(student, LAST_YEAR, last_year[student])
            + _absences(student, THIS_YEAR, this_year)
        ]
        # A tardy, so that last year is a year of which attendance was delivered.
        + [{"student_id": students[0], "school_id": "s1", "date": LAST.isoformat(), "code": "T"}],
    )
    matrix = matrices(district)[AS_OF]
    assert differences(matrix, reference_matrix(district.loads, district.settings, AS_OF)) == []
    return dict(zip(matrix.standing["student_id"], matrix.features["usual_pace"], strict=True))


def test_a_year_in_which_everyone_missed_eight_in_a_hundred_counts_as_it_was() -> None:
    # 12 absences on 150 days. For a: (8 + 8 runs of one day) / 2, a third of it, and 100 days of b's rate.
    paces = _paces({"a": 8, "b": 4})

    assert paces["a"] == pytest.approx((8 / 3 + 100 * 4 / 75) / (100 + 20 + 75 / 3))
    assert paces["b"] == pytest.approx((4 / 3 + 100 * 8 / 75) / (100 + 20 + 75 / 3))


@pytest.mark.parametrize("times", [0.5, 2])
def test_a_year_in_which_everyone_missed_more_or_less_leaves_every_pace_as_it_was(times: float) -> None:
    usual, other = _paces({"a": 8, "b": 4}), _paces({"a": int(8 * times), "b": int(4 * times)})

    assert other == pytest.approx(usual)


def test_a_student_who_alone_missed_more_keeps_a_higher_pace() -> None:
    others = dict.fromkeys("bcdefghijklm", 4)
    usual, other = _paces({"a": 4} | others), _paces({"a": 16} | others)

    assert len(set(usual.values())) == 1
    assert other["a"] > 1.2 * usual["a"]
    assert other["b"] < usual["b"]


def test_absence_of_this_year_counts_as_it_is_also_where_everyone_was_absent() -> None:
    usual, other = _paces({"a": 8, "b": 4}), _paces({"a": 8, "b": 4}, this_year=3)

    assert other["a"] - usual["a"] == pytest.approx(3 / (100 + 20 + 75 / 3))


def test_after_a_year_in_which_nobody_missed_a_day_the_pace_is_none_and_not_unknown() -> None:
    assert _paces({"a": 0, "b": 0}) == {"a": 0.0, "b": 0.0}

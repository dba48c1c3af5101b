"""When a school year is over: neither one stray row nor a year without attendance decides that."""

from __future__ import annotations

import datetime as dt

from ews.label import complete_years
from tests.data.matrices import loaded
from tests.data.small import calendar_rows, enrolled, small_district
from tests.reference.settings import Row

LAST_YEAR = (dt.date(2024, 9, 9), dt.date(2024, 11, 1))
CALENDAR = [
    *calendar_rows("s1", "s2", year=2025, first=LAST_YEAR[0], last=LAST_YEAR[1]),
    *calendar_rows("s1", "s2"),
]
STUDENTS = [
    enrolled(student, school, entry, year=year)
    for student, school in (("1", "s1"), ("2", "s2"))
    for entry, year in (("2024-09-09", 2025), ("2025-09-08", 2026))
]


def absent(date: str, student: str = "1") -> Row:
    return {"student_id": student, "school_id": f"s{student}", "date": date, "code": "A"}


def years(*rows: Row) -> list[int]:
    district = small_district(enrollments=STUDENTS, attendance=list(rows), calendar=CALENDAR, covers_to=None)
    with loaded(district) as (session, _):
        return complete_years(session)


def test_a_year_that_attendance_reaches_the_end_of_is_complete() -> None:
    assert years(absent("2024-10-01"), absent("2024-10-31"), absent("2024-10-31", "2")) == [2025]


def test_later_attendance_closes_the_year_before() -> None:
    ended = (absent("2024-10-01"), absent("2024-10-01", "2"))
    assert years(*ended, absent("2025-09-15"), absent("2025-09-15", "2")) == [2025]


def test_a_year_that_is_under_way_is_not_complete() -> None:
    assert years(absent("2024-10-01"), absent("2024-10-01", "2")) == []


def test_one_row_dated_in_the_future_does_not_end_a_year() -> None:
    three = [enrolled("3", "s3", "2025-09-08"), *STUDENTS]
    district = small_district(
        enrollments=three,
        attendance=[absent("2025-09-15"), absent("2025-09-15", "2"), absent("2025-10-30")],
        calendar=[*CALENDAR, *calendar_rows("s3")],
        covers_to=None,
        schools=[{"school_id": each, "school_name": each} for each in ("s1", "s2", "s3")],
    )
    with loaded(district) as (session, _):
        assert 2026 not in complete_years(session)


def test_a_year_without_any_attendance_is_not_a_year_of_perfect_attendance() -> None:
    rows = [absent("2025-09-15"), absent("2025-09-15", "2"), absent("2025-10-30"), absent("2025-10-30", "2")]
    assert years(*rows) == [2026]

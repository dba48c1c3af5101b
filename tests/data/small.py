"""A hand-made district of two schools and forty instructional days, for cases one can count on fingers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.generators.district import District
from tests.reference.settings import Load, Row, Settings

SETTINGS = Settings()
FIRST_DAY = dt.date(2025, 9, 8)
"""A Monday; forty weekdays from then on are instructional, to 2025-10-31."""

AS_OF = dt.date(2025, 10, 6)
"""A Monday: twenty instructional days have passed."""

LAST_DAY = dt.date(2025, 10, 31)
EVERYTHING_ARRIVED = dt.datetime(2026, 1, 1)


def weekdays(first: dt.date = FIRST_DAY, last: dt.date = LAST_DAY) -> list[dt.date]:
    """The weekdays from one day to another, both included."""
    days = [first + dt.timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


def calendar_row(school: str, day: dt.date, year: int) -> Row:
    """One day on which a school is open."""
    return {
        "school_id": school,
        "date": day.isoformat(),
        "school_year": str(year),
        "instructional": "true",
        "minutes": "400",
    }


def calendar_rows(
    *schools: str,
    year: int = 2026,
    first: dt.date = FIRST_DAY,
    last: dt.date = LAST_DAY,
) -> list[Row]:
    """Calendar rows of schools that are open on every weekday."""
    return [calendar_row(school, day, year) for school in schools for day in weekdays(first, last)]


def enrolled(
    student: str,
    school: str = "s1",
    entry: str = "2025-09-08",
    exit_date: str = "",
    *,
    year: int = 2026,
    grade: str = "05",
) -> Row:
    """One enrollment; by default all year at the first school."""
    return {
        "student_id": student,
        "school_id": school,
        "entry_date": entry,
        "exit_date": exit_date,
        "school_year": str(year),
        "grade": grade,
    }


def small_district(
    *,
    enrollments: list[Row],
    attendance: list[Row] | None = None,
    settings: Settings = SETTINGS,
    as_of: dt.date = AS_OF,
    covers_to: dt.date | None = dt.date(2025, 10, 3),
    calendar: list[Row] | None = None,
    **tables: Any,
) -> District:
    """A district of one load; both schools delivered attendance to the Friday before ``AS_OF``."""
    students = sorted({row["student_id"] for row in enrollments})
    rows = {
        "schools": [{"school_id": each, "school_name": f"School {each}"} for each in ("s1", "s2")],
        "calendar": calendar_rows("s1", "s2") if calendar is None else calendar,
        "students": [{"student_id": each} for each in students],
        "enrollments": enrollments,
        "attendance": attendance or [],
        "nurse_visits": [],
        "meal_programs": [],
    }
    load = Load(EVERYTHING_ARRIVED, rows | tables, covers_to=covers_to)
    return District(settings, (load,), (as_of,))

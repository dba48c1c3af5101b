"""Extracts one can count on fingers: a school open on weekdays, and students who are absent by number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from ews.engine import Session
from tests.checks.temp_tables import derive, give, new_extracts

MONDAY = dt.date(2025, 9, 8)
"""The first day of school; every weekday from then on is one."""

LOADED_AT = dt.datetime(2026, 1, 17, 4)


def school_days(number: int, first: dt.date = MONDAY) -> list[dt.date]:
    """The first so many weekdays from a day on."""
    days = [first + dt.timedelta(days=ahead) for ahead in range(2 * number + 7)]
    return [day for day in days if day.weekday() < 5][:number]


def open_schools(session: Session, schools: Sequence[str], days: Iterable[dt.date], year: int = 2026) -> None:
    """Give schools and their calendar."""
    give(session, "schools", [{"school_id": school} for school in schools])
    rows = [
        {"school_id": school, "date": day, "school_year": year, "instructional": True, "minutes": 400}
        for school in schools
        for day in days
    ]
    give(session, "calendar", rows)


def mark(
    session: Session,
    school: str,
    days: dt.date | Iterable[dt.date],
    students: Iterable[int],
    code: str = "A",
) -> None:
    """Give a row of attendance on each day for each of some students, named by their numbers."""
    numbers = list(students)
    rows = [
        {"student_id": f"student-{each}", "school_id": school, "date": day, "code": code}
        for day in ([days] if isinstance(days, dt.date) else days)
        for each in numbers
    ]
    give(session, "attendance", rows)


def cover(session: Session, school: str, days: Iterable[dt.date], *, stated: bool = False) -> None:
    """Store that a school delivered attendance for some days, or only that it was said to."""
    rows = [f"('{school}', DATE '{day}', TIMESTAMP '2025-09-30', {stated})" for day in days]
    session.execute(
        f"INSERT INTO store.coverage (school_id, date, known_from, stated) VALUES {', '.join(rows)}"
    )


def enroll(session: Session, school: str, students: Iterable[int], year: int = 2026) -> None:
    """Give a spell from the first day of school on, without an exit."""
    rows = [
        {"student_id": f"student-{each}", "school_id": school, "entry_date": MONDAY, "school_year": year}
        for each in students
    ]
    give(session, "enrollments", rows)


__all__ = [
    "LOADED_AT",
    "MONDAY",
    "cover",
    "derive",
    "enroll",
    "give",
    "mark",
    "new_extracts",
    "open_schools",
    "school_days",
]

"""Attendance counted by student, by day and by code: what checks ask of millions of rows.

A file of twenty million rows has a hundred thousand students and thirty thousand school days. Whether
an id is known, a day is in the calendar, a code is mapped or a row is repeated is asked of those.
"""

from __future__ import annotations

import datetime as dt

from ews.engine import Session, literal
from ews.extracts.schema import ATTENDANCE
from ews.extracts.typed import typed_name
from ews.sources import AttendanceSource

_STRETCH_DAYS = 8 * 64
_NOT_ABSENT = ("present", "tardy")


def group_attendance(session: Session, source: AttendanceSource) -> None:
    """Make attendance_students, attendance_days and attendance_codes from the typed attendance rows.

    Grain: ``attendance_students`` one row per student and school (rows, days, first, last);
    ``attendance_days`` one per school and date (rows, absences, first_recorded, untimed);
    ``attendance_codes`` one per code (rows).
    """
    typed = typed_name(ATTENDANCE)
    low, high = session.rows(f"SELECT min(date), max(date) FROM {typed}")[0]
    session.execute(
        "CREATE OR REPLACE TEMP TABLE attendance_students AS SELECT * REPLACE "
        f"(CAST(school_id AS VARCHAR) AS school_id) FROM ({_rows_and_days(typed, low, high)})"
    )
    present = [code for code, kind in source.codes.items() if kind in _NOT_ABSENT]
    listed = ", ".join(literal(code) for code in present) or "NULL"
    session.execute(
        "CREATE OR REPLACE TEMP TABLE attendance_days AS SELECT * REPLACE (CAST(school_id AS VARCHAR) "
        "AS school_id) FROM (SELECT school_id, date, count(*) AS rows, "
        f"count(*) FILTER (code NOT IN ({listed})) AS absences, "
        "min(recorded_at) AS first_recorded, count(*) - count(recorded_at) AS untimed "
        f"FROM {typed} GROUP BY school_id, date)"
    )
    session.execute(
        "CREATE OR REPLACE TEMP TABLE attendance_codes AS "
        f"SELECT CAST(code AS VARCHAR) AS code, count(*) AS rows FROM {typed} GROUP BY code"
    )


def _rows_and_days(rows: str, low: dt.date | None, high: dt.date | None) -> str:
    """Return SQL for each student and school: how many rows, how many different days, the first and the last.

    Days are counted by a bit for each, as exact as counting them and much cheaper. Over a long time they are
    first counted in stretches that a few whole numbers have bits for; one string of bits for all of five
    years, of each of a million students, fills a disk.
    """
    key, origin = "student_id, school_id", low or dt.date(1970, 1, 1)
    last = (high - low).days if low is not None and high is not None else 0
    number = f"(date - DATE '{origin}')"
    bits = f"{number} % {_STRETCH_DAYS}"
    days = " + ".join(
        f"CAST(bit_count(bit_or(CASE WHEN {bits} BETWEEN {first} AND {first + 63} "
        f"THEN CAST(1 AS UBIGINT) << CAST({bits} - {first} AS UBIGINT) ELSE 0 END)) AS BIGINT)"
        for first in range(0, min(last + 1, _STRETCH_DAYS), 64)
    )
    stretches = (
        f"SELECT {key}, count(*) AS rows, {days} AS days, min(date) AS first, max(date) AS last "
        f"FROM {rows} GROUP BY {key}"
    )
    if last < _STRETCH_DAYS:
        return stretches
    return (
        f"SELECT {key}, CAST(sum(rows) AS BIGINT) AS rows, CAST(sum(days) AS BIGINT) AS days, "
        "min(first) AS first, max(last) AS last "
        f"FROM ({stretches}, {number} // {_STRETCH_DAYS}) GROUP BY {key}"
    )


def has_empty_or_padded_cells(session: Session) -> bool:
    """Return whether an id, code or date is empty, or an id or code has blanks around it."""
    return bool(
        session.value(
            "SELECT EXISTS (FROM attendance_students WHERE student_id IS NULL OR school_id IS NULL "
            "OR student_id <> trim(student_id) OR school_id <> trim(school_id)) "
            "OR EXISTS (FROM attendance_days WHERE date IS NULL) "
            "OR EXISTS (FROM attendance_codes WHERE code IS NULL OR code <> trim(code))"
        )
    )


def has_unknown_rows(session: Session) -> bool:
    """Return whether any attendance row names an unknown student or school, or a day outside the calendar."""
    return bool(
        session.value(
            "SELECT EXISTS (FROM attendance_students a WHERE NOT EXISTS (FROM known_students k "
            "WHERE k.student_id = a.student_id)) OR EXISTS (FROM attendance_days d WHERE NOT EXISTS ("
            "FROM known_calendar c WHERE c.school_id = d.school_id AND c.date = d.date)) "
            "OR EXISTS (FROM attendance_days d WHERE NOT EXISTS (FROM known_schools s "
            "WHERE s.school_id = d.school_id))"
        )
    )

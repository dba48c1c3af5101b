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

_LONGEST_SPAN_DAYS = 40_000
_MOST_WORDS = 8
_NOT_ABSENT = ("present", "tardy")


def group_attendance(session: Session, source: AttendanceSource) -> None:
    """Make attendance_students, attendance_days and attendance_codes from the typed attendance rows.

    Grain: ``attendance_students`` one row per student and school (rows, days, first, last);
    ``attendance_days`` one per school and date (rows, absences, first_recorded, untimed);
    ``attendance_codes`` one per code (rows).
    """
    typed = typed_name(ATTENDANCE)
    low, high = session.rows(f"SELECT min(date), max(date) FROM {typed}")[0]
    days = _distinct_days(low, high)
    session.execute(
        "CREATE OR REPLACE TEMP TABLE attendance_students AS SELECT * REPLACE "
        "(CAST(school_id AS VARCHAR) AS school_id) FROM (SELECT student_id, school_id, count(*) AS rows, "
        f"CAST({days} AS BIGINT) AS days, min(date) AS first, max(date) AS last "
        f"FROM {typed} GROUP BY student_id, school_id)"
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


def _distinct_days(low: dt.date | None, high: dt.date | None) -> str:
    """Return SQL that counts distinct dates: a bit per day, as exact as counting, and much cheaper.

    A school year or two fit into a few whole numbers; longer spans into a string of bits.
    """
    if low is None or high is None or (high - low).days > _LONGEST_SPAN_DAYS:
        return "count(DISTINCT date)"
    number, last = f"(date - DATE '{low}')", (high - low).days
    if last >= _MOST_WORDS * 64:
        return f"bit_count(bitstring_agg({number}, 0, {last}))"
    return " + ".join(
        f"CAST(bit_count(bit_or(CASE WHEN {number} BETWEEN {first} AND {first + 63} "
        f"THEN CAST(1 AS UBIGINT) << CAST({number} - {first} AS UBIGINT) ELSE 0 END)) AS BIGINT)"
        for first in range(0, last + 1, 64)
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

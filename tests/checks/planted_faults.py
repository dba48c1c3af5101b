"""Faults that a district's extracts really have, each as what it does to the extracts of a simulated one.

All of them are planted in 2025-26 or the year before, at the school with the most students unless the
statement says otherwise. ``DAY`` is an ordinary Tuesday of school.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY = "DATE '2025-11-18'"
NEXT_DAYS = "DATE '2025-11-19' AND DATE '2025-11-25'"
BOTH = ("exceptions", "daily")

ON_FRIDAY = "school_id = getvariable('largest') AND date = DATE '2025-11-21'"
HERE = f"school_id = getvariable('largest') AND date = {DAY}"
NOT_TAKEN = f"DELETE FROM given_attendance WHERE {HERE}"
EVERYBODY = (
    "SELECT s.student_id, s.school_id, {day} AS date, 'A' AS code, 1 AS absent_fraction, "
    "{day} + INTERVAL 15 HOUR AS recorded_at FROM given_enrollments s WHERE s.school_year = 2026 "
    "AND {day} BETWEEN s.entry_date AND coalesce(s.exit_date, {day})"
)
COPIED = (
    "CREATE OR REPLACE TEMP TABLE copied AS SELECT a.* REPLACE (c.date AS date) FROM given_attendance a, "
    "given_calendar c WHERE a.school_id = getvariable('largest') AND c.school_id = a.school_id "
    f"AND c.instructional AND a.date = {DAY} AND c.date BETWEEN {NEXT_DAYS}",
    f"DELETE FROM given_attendance WHERE school_id = getvariable('largest') AND date BETWEEN {NEXT_DAYS}",
    "INSERT INTO given_attendance FROM copied",
)


@dataclass(frozen=True)
class Fault:
    """What is done to the extracts, and which finding says so.

    ``also`` are findings that rightly come along; ``says`` is part of the sentence or the place.
    """

    statements: tuple[str, ...]
    check: str
    says: str
    reporting: tuple[str, ...] = ("exceptions",)
    also: tuple[str, ...] = ()


FAULTS: dict[str, Fault] = {
    "a closure that the calendar has and attendance has not": Fault(
        (f"UPDATE given_calendar SET instructional = false WHERE date = {DAY}",),
        "attendance on closed days",
        "2025-11-18",
        reporting=BOTH,
    ),
    "a school that did not take attendance on one day": Fault(
        (NOT_TAKEN,), "days without attendance", "2025-11-18", reporting=BOTH
    ),
    "a school that stopped before last year's end": Fault(
        (
            "DELETE FROM given_attendance WHERE school_id = getvariable('largest') "
            "AND date BETWEEN DATE '2025-05-20' AND DATE '2025-08-01'",
        ),
        "days without attendance",
        "2025-05-20",
        reporting=BOTH,
    ),
    "a small school without attendance for two weeks": Fault(
        (
            "DELETE FROM given_attendance WHERE school_id = getvariable('smallest') "
            "AND date BETWEEN DATE '2025-10-20' AND DATE '2025-10-31'",
        ),
        "days without attendance",
        "2025-10-20",
        reporting=BOTH,
    ),
    "a closure that nobody entered in the calendar": Fault(
        (f"DELETE FROM given_attendance WHERE date = {DAY}",),
        "closure missing in the calendar",
        "2025-11-18",
        reporting=BOTH,
    ),
    "a file with most of a school's students missing": Fault(
        (f"DELETE FROM given_attendance WHERE {HERE} AND hash(student_id) % 10 < 6",),
        "incomplete days",
        "2025-11-18",
        reporting=("daily",),
    ),
    "a school that recorded one absence and forgot the others": Fault(
        (
            f"DELETE FROM given_attendance WHERE {ON_FRIDAY} "
            f"AND student_id <> (SELECT min(student_id) FROM given_attendance WHERE {ON_FRIDAY})",
        ),
        "unusually few entries",
        "on the first, 1 where",
    ),
    "a school whose absences of a day were all exported as present": Fault(
        (f"UPDATE given_attendance SET code = 'P' WHERE {ON_FRIDAY}",),
        "unusually few entries",
        "on the first, 0 where",
        reporting=("daily",),
    ),
    "a small school whose absences of a week were all exported as present": Fault(
        (
            "UPDATE given_attendance SET code = 'P' WHERE school_id = getvariable('smallest') "
            f"AND date BETWEEN {NEXT_DAYS}",
        ),
        "unusually few entries",
        "2025-11-19",
        reporting=("daily",),
    ),
    "a district of which a tenth was exported": Fault(
        (
            f"DELETE FROM given_attendance WHERE date = {DAY} AND (school_id, student_id) NOT IN ("
            f"SELECT (school_id, student_id) FROM given_attendance WHERE date = {DAY} "
            "QUALIFY row_number() OVER (PARTITION BY school_id ORDER BY student_id, recorded_at) <= 2)",
        ),
        "unusually few entries",
        "the district has far fewer",
    ),
    "a school that marked everybody absent": Fault(
        (
            NOT_TAKEN,
            f"INSERT INTO given_attendance BY NAME {EVERYBODY.format(day=DAY)} "
            "AND school_id = getvariable('largest')",
        ),
        "unusually many entries",
        "2025-11-18",
        reporting=BOTH,
    ),
    "a district that marked everybody absent": Fault(
        (
            f"DELETE FROM given_attendance WHERE date = {DAY}",
            f"INSERT INTO given_attendance BY NAME {EVERYBODY.format(day=DAY)}",
        ),
        "unusually many entries",
        "the district has far more",
        reporting=BOTH,
    ),
    "a school that copied Tuesday to the rest of the week and the next": Fault(
        COPIED, "identical attendance", "on 6 school days in a row", reporting=BOTH
    ),
    "exits entered a month early": Fault(
        (
            "UPDATE given_enrollments SET exit_date = DATE '2025-10-31' WHERE school_year = 2026 "
            "AND hash(student_id) % 10 = 0",
        ),
        "attendance outside enrollment",
        "on days without an enrollment",
        reporting=BOTH,
    ),
    "minutes of several days in one row": Fault(
        (f"UPDATE given_attendance SET minutes_absent = 391 WHERE {HERE} AND code IN ('A', 'E')",),
        "minutes above the day's",
        "2025-11-18",
    ),
    "an absence dated in May when it is January": Fault(
        (
            "UPDATE given_attendance SET date = DATE '2026-05-12' WHERE student_id = (SELECT max(student_id) "
            f"FROM given_attendance WHERE {HERE}) AND {HERE}",
        ),
        "date in the future",
        "1 row with a date after 2026-01-18",
    ),
    "a visit dated in May when it is January": Fault(
        ("UPDATE given_nurse_visits SET date = DATE '2026-05-12' WHERE _line = 7",),
        "date in the future",
        "nurse_visits.csv, line 7",
    ),
    "an empty date that a program wrote as 1900": Fault(
        ("UPDATE given_nurse_visits SET date = DATE '1900-01-01' WHERE _line = 7",),
        "date before 1990",
        "nurse_visits.csv, line 7",
    ),
    "school years of two digits": Fault(
        (
            "UPDATE given_calendar SET school_year = school_year - 2000",
            "UPDATE given_enrollments SET school_year = school_year - 2000",
        ),
        "school year out of range",
        "school_year before 1990",
    ),
    "school years numbered by the fall": Fault(
        (
            "UPDATE given_calendar SET school_year = school_year - 1",
            "UPDATE given_enrollments SET school_year = school_year - 1",
        ),
        "wrong-year calendar",
        "school_year 2024",
    ),
    "a calendar without a day of school": Fault(
        (
            "UPDATE given_calendar SET instructional = false WHERE school_id = getvariable('largest') "
            "AND school_year = 2025",
        ),
        "no instructional days",
        "school_year 2025",
        also=("attendance on closed days", "empty spells"),
    ),
    "half a calendar": Fault(
        (
            "DELETE FROM given_calendar WHERE school_id = getvariable('largest') "
            "AND date BETWEEN DATE '2024-09-01' AND DATE '2024-12-31'",
            "DELETE FROM given_attendance WHERE school_id = getvariable('largest') "
            "AND date BETWEEN DATE '2024-09-01' AND DATE '2024-12-31'",
        ),
        "number of instructional days",
        "fewer than 120",
        also=("attendance outside enrollment", "spells outside their school year"),
    ),
    "a calendar in which every day is one of school": Fault(
        (
            "INSERT INTO given_calendar BY NAME SELECT school_id, CAST(d AS DATE) AS date, "
            "2025 AS school_year, true AS instructional FROM given_schools, ("
            "SELECT unnest(generate_series(DATE '2025-06-20', DATE '2025-08-20', INTERVAL 1 DAY)) AS d)",
        ),
        "number of instructional days",
        "more than 220",
    ),
    "students who never came, many of them": Fault(
        (
            "INSERT INTO given_enrollments BY NAME SELECT 'new ' || unnest(range(40)) AS student_id, "
            "getvariable('largest') AS school_id, DATE '2025-09-06' AS entry_date, "
            "DATE '2025-09-07' AS exit_date, 2026 AS school_year, '05' AS grade, "
            "'enrollments.csv' AS _file, 5000 AS _line",
        ),
        "empty spells",
        "40 enrollments without an instructional day",
    ),
    "enrollments under last year's number": Fault(
        (
            "INSERT INTO given_enrollments BY NAME SELECT 'new ' || unnest(range(3)) AS student_id, "
            "getvariable('largest') AS school_id, DATE '2025-09-02' AS entry_date, 2025 AS school_year, "
            "'05' AS grade, 'enrollments.csv' AS _file, 5000 AS _line",
        ),
        "spells outside their school year",
        "enrollments.csv, line 5000",
    ),
    "entry dates of the first enrollment ever": Fault(
        (
            "UPDATE given_enrollments SET entry_date = DATE '2019-09-03' WHERE school_year = 2026 "
            "AND hash(student_id) % 10 = 0 AND entry_date < DATE '2025-10-01'",
        ),
        "entry in another year",
        "enrollments from before July 1",
    ),
    "a remark about a student instead of a group's name": Fault(
        (
            "UPDATE given_students SET race_ethnicity = 'see file 123 of a sister' WHERE student_id = "
            "(SELECT min(student_id) FROM given_students)",
            "UPDATE given_students SET disability = repeat('a long story ', 6) WHERE student_id = "
            "(SELECT max(student_id) FROM given_students)",
        ),
        "free text in an attribute",
        "2 values of disability, race_ethnicity with more in it than the name of a group",
    ),
    "a code that is spelled otherwise in the data": Fault(
        ("UPDATE given_attendance SET code = 'E' WHERE code = 'X'",),
        "code that never occurs",
        "mapped code X",
    ),
    "an export that wrote its default code everywhere": Fault(
        ("UPDATE given_attendance SET code = 'A' WHERE code <> 'P'",),
        "one code for nearly everything",
        "have the code A",
        also=("code that never occurs",),
        reporting=BOTH,
    ),
    "a school that delivered nothing all year": Fault(
        (
            "DELETE FROM given_attendance WHERE school_id = getvariable('largest') "
            "AND date >= DATE '2025-08-01'",
        ),
        "school without attendance",
        "1 school with students, a calendar and no attendance",
        reporting=BOTH,
    ),
    "a school that fell silent": Fault(
        (
            "DELETE FROM given_attendance WHERE school_id = getvariable('largest') "
            "AND date > DATE '2026-01-09'",
        ),
        "school fell silent",
        "(since 2026-01-09)",
        reporting=BOTH,
    ),
}

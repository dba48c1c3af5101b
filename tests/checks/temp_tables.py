"""The temporary tables that a load makes before it checks whole extracts, made here without a load.

``given_<table>`` is what a district delivers: a simulated one (:func:`read_extracts`) or a few rows
(:func:`give`), to be broken by a fault. :func:`derive` makes of it what the checks read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ews.engine import Session, literal, open_session
from ews.sources import AttendanceSource
from ews.store.schema import create_tables

CODES = {
    "A": "absent_unexcused",
    "E": "absent_excused",
    "S": "absent_suspension",
    "I": "in_school_suspension",
    "T": "tardy",
    "X": "exempt",
    "P": "present",
}

_TYPES = {
    "schools": "school_id VARCHAR, school_name VARCHAR",
    "calendar": "school_id VARCHAR, date DATE, school_year INTEGER, instructional BOOLEAN, minutes DOUBLE",
    "students": "student_id VARCHAR, sex VARCHAR, race_ethnicity VARCHAR, english_learner VARCHAR, "
    "disability VARCHAR, economically_disadvantaged VARCHAR, homeless VARCHAR, foster VARCHAR",
    "enrollments": "student_id VARCHAR, school_id VARCHAR, entry_date DATE, exit_date DATE, "
    "school_year INTEGER, grade VARCHAR",
    "attendance": "student_id VARCHAR, school_id VARCHAR, date DATE, code VARCHAR, absent_fraction DOUBLE, "
    "minutes_absent DOUBLE, recorded_at TIMESTAMP",
    "nurse_visits": "visit_id VARCHAR, student_id VARCHAR, date DATE, category VARCHAR",
}

TABLES = tuple(_TYPES)


def source(reporting: str, delivery: str = "full") -> AttendanceSource:
    """The attendance source of a simulated district."""
    return AttendanceSource.model_validate(
        {"path": "attendance.csv", "delivery": delivery, "reporting": reporting, "codes": CODES}
    )


def new_extracts() -> Session:
    """Return a session with an empty store and nothing given."""
    session = open_session()
    session.execute("ATTACH ':memory:' AS store")
    create_tables(session)
    for table, columns in _TYPES.items():
        session.execute(f"CREATE TEMP TABLE given_{table} ({columns}, _file VARCHAR, _line BIGINT)")
    return session


def give(session: Session, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to what a district delivers; all with the same columns; a row's line is its place."""
    first = session.value(f"SELECT count(*) FROM given_{table}") + 2
    if rows:
        cells = [
            ", ".join([*(literal(str(cell)) for cell in row.values()), f"'{table}.csv'", str(first + at)])
            for at, row in enumerate(rows)
        ]
        columns = ", ".join([*rows[0], "_file", "_line"])
        session.execute(f"INSERT INTO given_{table} ({columns}) VALUES ({'), ('.join(cells)})")


def read_extracts(folder: Path) -> Session:
    """Return a session with an empty store and what a simulated district delivers."""
    session = new_extracts()
    for table, columns in _TYPES.items():
        file = literal(str(folder / "extracts" / f"{table}.csv"))
        names = ", ".join(literal(column.split()[0]) for column in columns.split(", "))
        session.execute(
            f"INSERT INTO given_{table} BY NAME SELECT COLUMNS(lambda c: c IN ({names})), "
            f"'{table}.csv' AS _file, row_number() OVER () + 1 AS _line "
            f"FROM read_csv({file}, all_varchar = true, header = true)"
        )
    return session


def as_daily(session: Session) -> None:
    """Turn ``given_attendance`` into a row per student and instructional day, to the newest day in it."""
    session.execute(
        "CREATE TEMP TABLE daily AS SELECT s.student_id, s.school_id, c.date, coalesce(a.code, 'P') AS code, "
        "coalesce(a.absent_fraction, 0) AS absent_fraction, CAST(NULL AS DOUBLE) AS minutes_absent, "
        "a.recorded_at, 'attendance.csv' AS _file, CAST(NULL AS BIGINT) AS _line "
        "FROM given_enrollments s JOIN given_calendar c ON c.school_id = s.school_id AND c.instructional "
        "AND c.school_year = s.school_year "
        "AND c.date BETWEEN s.entry_date AND coalesce(s.exit_date, DATE '9999-12-31') "
        "LEFT JOIN (FROM given_attendance QUALIFY row_number() OVER ("
        "PARTITION BY student_id, school_id, date ORDER BY recorded_at DESC) = 1) a "
        "ON a.student_id = s.student_id AND a.school_id = s.school_id AND a.date = c.date "
        "WHERE c.date <= (SELECT max(date) FROM given_attendance)"
    )
    session.execute("CREATE OR REPLACE TEMP TABLE given_attendance AS FROM daily")
    session.execute("DROP TABLE daily")


def derive(session: Session) -> None:
    """Make the tables that checks read from what was given, each by its definition."""
    for table in _TYPES:
        session.execute(f"CREATE OR REPLACE TEMP VIEW typed_{table} AS FROM given_{table}")
    for name, table in (
        ("schools", "schools"),
        ("students", "students"),
        ("calendar", "calendar"),
        ("spells", "enrollments"),
    ):
        columns = f"SELECT * EXCLUDE (_file, _line) FROM given_{table}"
        session.execute(f"CREATE OR REPLACE TEMP VIEW known_{name} AS {columns}")
    made = {
        "attendance_students": "SELECT student_id, school_id, count(*) AS rows, "
        "count(DISTINCT date) AS days, min(date) AS first, max(date) AS last "
        "FROM given_attendance GROUP BY 1, 2",
        "attendance_days": "SELECT school_id, date, count(*) AS rows, "
        "count(*) FILTER (code NOT IN ('P', 'T')) AS absences FROM given_attendance GROUP BY 1, 2",
        "attendance_codes": "SELECT code, count(*) AS rows FROM given_attendance GROUP BY 1",
        "facts_attendance": _facts(),
    }
    for name, query in made.items():
        session.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")


def _facts() -> str:
    kinds = " ".join(f"WHEN '{code}' THEN '{kind}'" for code, kind in CODES.items())
    return (
        f"SELECT student_id, school_id, date, CASE code {kinds} END AS kind, "
        "CAST(floor(coalesce(absent_fraction, 0) * 10000) AS INTEGER) AS absent_units, "
        "minutes_absent AS absent_minutes, recorded_at FROM given_attendance "
        "WHERE NOT (code = 'P' AND recorded_at IS NULL)"
    )

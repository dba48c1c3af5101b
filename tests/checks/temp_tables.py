"""The temporary tables that a load makes before it checks whole extracts, made here from a simulated district.

``read_extracts`` makes ``given_<table>``: what a district delivers, to be broken by a fault.
``derive`` makes of it what the checks read. Days, students and codes are counted by their definition.
"""

from __future__ import annotations

from pathlib import Path

from ews.engine import Session, literal, open_session
from ews.sources import AttendanceSource

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
    "students": "student_id VARCHAR",
    "enrollments": "student_id VARCHAR, school_id VARCHAR, entry_date DATE, exit_date DATE, "
    "school_year INTEGER, grade VARCHAR",
    "attendance": "student_id VARCHAR, school_id VARCHAR, date DATE, code VARCHAR, absent_fraction DOUBLE, "
    "minutes_absent DOUBLE, recorded_at TIMESTAMP",
    "nurse_visits": "visit_id VARCHAR, student_id VARCHAR, date DATE, category VARCHAR",
}


TABLES = tuple(_TYPES)

_STORE = (
    "CREATE TABLE store.loads (load_id INTEGER, loaded_at TIMESTAMP, table_name VARCHAR, delivery VARCHAR, "
    "files INTEGER, rows_read BIGINT, rows_new BIGINT, rows_withdrawn BIGINT, rows_set_aside BIGINT)",
    "CREATE TABLE store.coverage (school_id VARCHAR, date DATE, known_from TIMESTAMP)",
)


def source(reporting: str, delivery: str = "full") -> AttendanceSource:
    """The attendance source of a simulated district."""
    return AttendanceSource(path="attendance.csv", delivery=delivery, reporting=reporting, codes=CODES)  # type: ignore[arg-type]


def read_extracts(folder: Path) -> Session:
    """Return a session with an empty store and what a simulated district delivers as ``given_<table>``."""
    session = open_session()
    session.execute("ATTACH ':memory:' AS store")
    for statement in _STORE:
        session.execute(statement)
    for table, columns in _TYPES.items():
        file = literal(str(folder / "extracts" / f"{table}.csv"))
        session.execute(f"CREATE TEMP TABLE given_{table} ({columns}, _file VARCHAR, _line BIGINT)")
        session.execute(
            f"INSERT INTO given_{table} BY NAME SELECT COLUMNS(lambda c: c IN ({_names(columns)})), "
            f"'{table}.csv' AS _file, row_number() OVER () + 1 AS _line "
            f"FROM read_csv({file}, all_varchar = true, header = true)"
        )
    return session


def _names(columns: str) -> str:
    return ", ".join(literal(column.split()[0]) for column in columns.split(", "))


def as_daily(session: Session) -> None:
    """Turn ``given_attendance`` into a row for each student and instructional day, to the newest day in it."""
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
    """Make the tables that checks read from what was given."""
    for table in _TYPES:
        session.execute(f"CREATE OR REPLACE TEMP TABLE typed_{table} AS FROM given_{table}")
    made = {
        "known_schools": "SELECT DISTINCT school_id FROM given_schools",
        "known_students": "SELECT DISTINCT student_id FROM given_students",
        "known_calendar": "SELECT school_id, date, school_year, instructional, minutes FROM given_calendar",
        "known_spells": "SELECT student_id, school_id, entry_date, exit_date, school_year, grade "
        "FROM given_enrollments",
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

"""What is known after this load: ids, calendar and spells, stored or delivered now.

The rows of one table refer to those of another that may arrive in the same load, before anything is
stored. These temporary tables hold both.
"""

from __future__ import annotations

from ews.engine import Session
from ews.extracts.facts import facts_name
from ews.extracts.schema import CALENDAR, ENROLLMENTS, SCHOOLS, STUDENTS, Table

_CURRENT = "known_until = TIMESTAMP '9999-12-31 00:00:00' AND NOT withdrawn"

_KNOWN = {
    SCHOOLS: ("known_schools", ("school_id",), "SELECT DISTINCT school_id FROM store.schools"),
    STUDENTS: ("known_students", ("student_id",), "SELECT DISTINCT student_id FROM store.students"),
    CALENDAR: (
        "known_calendar",
        ("school_id", "date", "school_year", "instructional", "minutes"),
        f"SELECT school_id, date, school_year, instructional, minutes FROM store.calendar WHERE {_CURRENT}",
    ),
    ENROLLMENTS: (
        "known_spells",
        ("student_id", "school_id", "entry_date", "exit_date", "school_year", "grade"),
        "SELECT student_id, school_id, entry_date, exit_date, school_year, grade FROM store.enrollments "
        f"WHERE {_CURRENT}",
    ),
}


def prepare_known(session: Session) -> None:
    """Make the tables of what the attached store knows: known_schools, _students, _calendar, _spells."""
    for name, _, query in _KNOWN.values():
        session.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")


def add_known(session: Session, table: Table) -> None:
    """Add what a table's facts bring; a fact delivered now goes before the stored one."""
    if table not in _KNOWN:
        return
    name, columns, _ = _KNOWN[table]
    same = " AND ".join(f"k.{column} = f.{column}" for column in table.key)
    session.execute(f"DELETE FROM {name} k WHERE EXISTS (FROM {facts_name(table)} f WHERE {same})")
    listed = ", ".join(columns)
    session.execute(f"INSERT INTO {name} SELECT DISTINCT {listed} FROM {facts_name(table)}")

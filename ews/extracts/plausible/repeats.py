"""A day's attendance that was copied to the days after it."""

from __future__ import annotations

from ews.engine import Session
from ews.extracts.checks import found
from ews.extracts.findings import Finding
from ews.extracts.schema import ATTENDANCE
from ews.sources import AttendanceSource

_STUDENTS = 5
_DAYS = 5
_AROUND = 5
_LOOK_BACK_DAYS = 30


def identical_days(session: Session, source: AttendanceSource) -> list[Finding]:
    """Return a warning where the same students have an entry on many school days in a row.

    The rule: at one school, on five or more instructional days in a row, exactly the same students have an
    entry other than ``present``, and at least five of them have none on some of the five instructional
    days before or after (where those have any entries). So students who are away for weeks do not make days
    alike, however many they are. A delta is seen together with what is stored of the weeks before it.
    """
    _make_sets(session, source)
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_copied AS SELECT school_id, min(date) AS date, "
        "count(*) AS days, any_value(students) AS students, min(position) AS first, max(position) AS last "
        "FROM (SELECT *, position - row_number() OVER (PARTITION BY school_id, who, students "
        f"ORDER BY position) AS run FROM plausible_sets WHERE students >= {_STUDENTS}) "
        f"GROUP BY school_id, who, students, run HAVING count(*) >= {_DAYS} AND bool_or(is_new)"
    )
    if not session.value("SELECT count(*) FROM plausible_copied"):
        return []
    copied = _changing_runs(session)
    if not copied:
        return []
    school, date, days, students = copied[0]
    schools = len({run[0] for run in copied})
    where = "one school has" if schools == 1 else f"{schools} schools have, the first of them,"
    sentence = f"{where} an entry for the same {students} students on {days} school days in a row"
    return [
        found("identical attendance", ATTENDANCE.name, sentence, where=f"school {school}, {date}", count=days)
    ]


def _make_sets(session: Session, source: AttendanceSource) -> None:
    """Make a row per school and instructional day: how many students have an entry, and which (hashed)."""
    stored = (
        "UNION ALL SELECT school_id, date, hash(student_id), false FROM store.attendance "
        f"WHERE date >= (SELECT min(date) - {_LOOK_BACK_DAYS} FROM facts_attendance) AND NOT withdrawn "
        "AND kind <> 'present' AND known_until = TIMESTAMP '9999-12-31 00:00:00'"
    )
    session.execute(
        "CREATE OR REPLACE TEMP VIEW plausible_entries AS SELECT school_id, date, student, "
        "bool_or(is_new) AS is_new FROM (SELECT school_id, date, hash(student_id) AS student, true AS is_new "
        f"FROM facts_attendance WHERE kind <> 'present' {stored if source.delivery == 'delta' else ''}) "
        "GROUP BY school_id, date, student"
    )
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_sets AS SELECT s.*, n.position FROM (SELECT school_id, date, "
        "count(*) AS students, bit_xor(student) AS who, bool_or(is_new) AS is_new FROM plausible_entries "
        "GROUP BY 1, 2) s JOIN (SELECT school_id, date, row_number() OVER (PARTITION BY school_id "
        "ORDER BY date) AS position FROM known_calendar WHERE instructional) n USING (school_id, date)"
    )


def _changing_runs(session: Session) -> list[tuple[str, object, int, int]]:
    """Return the runs (school, first date, days, students) with five students who are not always away."""
    return session.rows(
        "WITH around AS (SELECT c.school_id, c.first, s.date FROM plausible_copied c JOIN plausible_sets s "
        f"ON s.school_id = c.school_id AND s.position BETWEEN c.first - {_AROUND} AND c.last + {_AROUND} "
        "AND s.position NOT BETWEEN c.first AND c.last), "
        "members AS (SELECT c.school_id, c.first, e.student FROM plausible_copied c "
        "JOIN plausible_entries e ON e.school_id = c.school_id AND e.date = c.date), "
        "away AS (SELECT m.school_id, m.first, m.student, count(a.date) AS days, count(e.student) AS entries "
        "FROM members m LEFT JOIN around a ON a.school_id = m.school_id AND a.first = m.first "
        "LEFT JOIN plausible_entries e ON e.school_id = m.school_id AND e.date = a.date "
        "AND e.student = m.student GROUP BY 1, 2, 3) "
        "SELECT c.school_id, c.date, c.days, c.students FROM plausible_copied c JOIN away "
        "USING (school_id, first) WHERE away.days = 0 OR away.entries < away.days "
        f"GROUP BY ALL HAVING count(*) >= {_STUDENTS} ORDER BY c.date, c.school_id"
    )

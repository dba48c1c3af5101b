"""Enrollments without a day of school in them, and absences without an enrollment around them."""

from __future__ import annotations

from ews.engine import Session
from ews.extracts.checks import counted, found
from ews.extracts.findings import Finding, Severity
from ews.extracts.lines import place_of
from ews.extracts.schema import ATTENDANCE, ENROLLMENTS

_NO_SHOWS = 0.01


def spell_findings(session: Session) -> list[Finding]:
    """Return what is implausible about the delivered enrollments.

    A spell that does not meet its school year's calendar is told as that; one that meets it and has no
    instructional day is empty, which is a note while at most 1% are (students who never came).
    """
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_spells AS SELECT s._file, s._line, "
        "s.entry_date > y.last OR coalesce(s.exit_date < y.first, false) AS is_outside, "
        "d.date IS NULL OR d.date > coalesce(s.exit_date, y.last) AS is_empty, "
        "s.entry_date < make_date(s.school_year - 1, 7, 1) AS is_earlier "
        "FROM (FROM typed_enrollments WHERE school_year BETWEEN 1990 AND 2100) s "
        "JOIN (SELECT school_id, school_year, min(date) AS first, max(date) AS last FROM known_calendar "
        "GROUP BY 1, 2) y ON y.school_id = s.school_id AND y.school_year = s.school_year "
        "ASOF LEFT JOIN (FROM known_calendar WHERE instructional) d ON d.school_id = s.school_id "
        "AND d.school_year = s.school_year AND d.date >= s.entry_date"
    )
    total = session.value("SELECT count(*) FROM plausible_spells")
    return [
        *_spells_where(
            session,
            "is_outside",
            "spells outside their school year",
            "outside the calendar of their school year",
        ),
        *_spells_where(
            session, "is_empty AND NOT is_outside", "empty spells", "without an instructional day", total
        ),
        *_spells_where(
            session,
            "is_earlier AND NOT is_outside",
            "entry in another year",
            "from before July 1 of their school year",
        ),
    ]


def _spells_where(session: Session, condition: str, name: str, what: str, total: int = 0) -> list[Finding]:
    count, file, line = session.rows(
        "SELECT count(*), min_by(_file, (_file, _line)), min_by(_line, (_file, _line)) "
        f"FROM plausible_spells WHERE {condition}"
    )[0]
    if not count:
        return []
    few: Severity | None = "note" if count <= _NO_SHOWS * total else None
    sentence = f"{counted(count, 'enrollment')} {what}"
    where = place_of(file, line)
    return [found(name, ENROLLMENTS.name, sentence, where=where, count=count, severity=few)]


def attendance_outside_enrollment(session: Session) -> list[Finding]:
    """Return a warning for absences on days on which the student was enrolled at no school.

    Only absences count: for ``daily`` files that is what is kept. A spell without an exit reaches to the last
    day of its school year's calendar.
    """
    if not session.value("SELECT count(*) FROM known_spells"):
        return []
    rows, students, total = session.rows(
        "WITH spells AS (SELECT s.student_id, s.entry_date, coalesce(s.exit_date, y.last) AS exit_date "
        "FROM known_spells s JOIN (SELECT school_id, school_year, max(date) AS last FROM known_calendar "
        "GROUP BY 1, 2) y ON y.school_id = s.school_id AND y.school_year = s.school_year "
        "WHERE y.last >= (SELECT min(first) FROM attendance_students) "
        "AND s.entry_date <= (SELECT max(last) FROM attendance_students)), "
        "absences AS (SELECT student_id, date FROM facts_attendance WHERE kind <> 'present'), "
        # Most students have one spell around all their rows, and need no look at each of them.
        "around AS (SELECT a.student_id FROM (SELECT student_id, min(first) AS first, max(last) AS last "
        "FROM attendance_students GROUP BY 1) a JOIN spells s ON s.student_id = a.student_id "
        "AND s.entry_date <= a.first AND s.exit_date >= a.last), "
        "outside AS (SELECT a.student_id FROM absences a ANTI JOIN around USING (student_id) "
        "WHERE NOT EXISTS (FROM spells s WHERE s.student_id = a.student_id "
        "AND a.date BETWEEN s.entry_date AND s.exit_date)) "
        "SELECT count(*), count(DISTINCT student_id), (SELECT count(*) FROM absences) FROM outside"
    )[0]
    if not rows:
        return []
    of = f"{rows} of {counted(total, 'absence')}, of {counted(students, 'student')},"
    sentence = f"{of} on days without an enrollment"
    return [found("attendance outside enrollment", ATTENDANCE.name, sentence, count=rows)]

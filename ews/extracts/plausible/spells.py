"""Enrollments without a day of school in them, and absences without an enrollment around them."""

from __future__ import annotations

from ews.engine import Session
from ews.extracts.checks import counted, found
from ews.extracts.findings import Finding, Severity
from ews.extracts.lines import place_of
from ews.extracts.schema import ATTENDANCE, ENROLLMENTS

_NO_SHOWS = 0.01
_STRETCHES = "enrolled_stretches"


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
    _make_enrolled_stretches(session)
    rows, students, total = session.rows(
        "WITH absences AS (SELECT student_id, date FROM facts_attendance WHERE kind <> 'present'), "
        # Most students have one stretch around all their rows, and need no look at each of them.
        "around AS (SELECT a.student_id FROM (SELECT student_id, min(first) AS first, max(last) AS last "
        f"FROM attendance_students GROUP BY 1) a JOIN {_STRETCHES} s ON s.student_id = a.student_id "
        "AND s.first <= a.first AND s.last >= a.last), "
        "outside AS (SELECT a.student_id FROM absences a ANTI JOIN around USING (student_id) "
        f"WHERE NOT EXISTS (FROM {_STRETCHES} s WHERE s.student_id = a.student_id "
        "AND a.date BETWEEN s.first AND s.last)) "
        "SELECT count(*), count(DISTINCT student_id), (SELECT count(*) FROM absences) FROM outside"
    )[0]
    if not rows:
        return []
    of = f"{rows} of {counted(total, 'absence')}, of {counted(students, 'student')},"
    sentence = f"{of} on days without an enrollment"
    return [found("attendance outside enrollment", ATTENDANCE.name, sentence, count=rows)]


def _make_enrolled_stretches(session: Session) -> None:
    """Make a row per student and stretch of enrollment without a day of attendance between its spells.

    From one school year to the next nobody has a row of attendance, so most students have one stretch for
    all their years. Days are counted among those on which anyone has a row.
    """
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {_STRETCHES} AS WITH days AS (SELECT date, row_number() OVER ("
        "ORDER BY date) AS day FROM (SELECT DISTINCT date FROM attendance_days)), "
        "ends AS (SELECT school_id, school_year, max(date) AS last FROM known_calendar GROUP BY 1, 2), "
        "spells AS (SELECT s.student_id, s.entry_date, coalesce(s.exit_date, y.last) AS exit_date "
        "FROM known_spells s JOIN ends y USING (school_id, school_year)), "
        "numbered AS (SELECT s.student_id, f.day AS first, l.day AS last FROM spells s "
        "ASOF JOIN days f ON f.date >= s.entry_date ASOF JOIN days l ON l.date <= s.exit_date "
        "WHERE f.day <= l.day), "
        "begun AS (SELECT *, coalesce(first > 1 + max(last) OVER (PARTITION BY student_id "
        "ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS begins "
        "FROM numbered), "
        "stretches AS (SELECT student_id, min(first) AS first, max(last) AS last FROM (SELECT *, "
        "count_if(begins) OVER (PARTITION BY student_id ORDER BY first, last "
        "ROWS UNBOUNDED PRECEDING) AS stretch FROM begun) GROUP BY student_id, stretch) "
        "SELECT s.student_id, f.date AS first, l.date AS last FROM stretches s "
        "JOIN days f ON f.day = s.first JOIN days l ON l.day = s.last"
    )

"""Days that should have attendance and have none or too little, and days that should have none."""

from __future__ import annotations

from ews.engine import Session
from ews.extracts.checks import counted, found
from ews.extracts.findings import Finding
from ews.extracts.plausible.days import DAYS, RARE, surprise
from ews.extracts.schema import ATTENDANCE
from ews.sources import AttendanceSource

_HALF = 0.5
_SCHOOLS_FOR_A_CLOSURE = 3
_NAMED = 5


def closed_days(session: Session) -> list[Finding]:
    """Return a warning where attendance lies on days that the calendar says are not instructional."""
    rows, days, school, date = session.rows(
        "SELECT coalesce(sum(a.rows), 0), count(*), min_by(a.school_id, (a.date, a.school_id)), min(a.date) "
        "FROM attendance_days a JOIN known_calendar c ON c.school_id = a.school_id AND c.date = a.date "
        "WHERE NOT c.instructional"
    )[0]
    if not rows:
        return []
    sentence = (
        f"{counted(int(rows), 'row')} on {counted(days, 'school day')} without instruction in the calendar"
    )
    return [_of_days("attendance on closed days", sentence, school, date, rows)]


def days_without_attendance(session: Session, source: AttendanceSource) -> list[Finding]:
    """Return warnings for instructional days on which a school, or most schools, have nothing.

    ``daily`` reporting: a day without any row. ``exceptions``: a run of days without one, where the usual
    numbers of its days add up to more than chance explains (:func:`~ews.extracts.plausible.days.surprise`
    above 1 in 10,000: 19 entries or more). A day on which at least half of three or more schools have
    nothing is told once, as a closure that the calendar does not have.
    """
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_empty AS SELECT *, count_if(is_covered) OVER ("
        "PARTITION BY school_id, school_year ORDER BY date) AS run, "
        "avg(CAST(NOT is_covered AS INTEGER)) OVER (PARTITION BY date) AS share_empty, "
        f"count(*) OVER (PARTITION BY date) AS schools FROM {DAYS} QUALIFY NOT is_covered"
    )
    implausible = "true" if source.reporting == "daily" else f"{surprise('0', 'sum(usual)')} > {RARE}"
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_closures AS SELECT date, count(*) AS empty, "
        f"any_value(schools) AS schools FROM plausible_empty WHERE schools >= {_SCHOOLS_FOR_A_CLOSURE} "
        f"AND share_empty >= {_HALF} GROUP BY date HAVING bool_or(is_new) AND {implausible}"
    )
    return [*_closures(session), *_empty_days(session, implausible)]


def _closures(session: Session) -> list[Finding]:
    days, date, empty, schools = session.rows(
        "SELECT count(*), min(date), min_by(empty, date), min_by(schools, date) FROM plausible_closures"
    )[0]
    if not days:
        return []
    which = "one instructional day" if days == 1 else f"{days} instructional days"
    sentence = (
        f"at least half of the schools have no attendance on {which}: on the first, {empty} of {schools}"
    )
    return [found("closure missing in the calendar", ATTENDANCE.name, sentence, where=str(date), count=days)]


def _empty_days(session: Session, implausible: str) -> list[Finding]:
    days, schools, school, date = session.rows(
        "SELECT coalesce(sum(days), 0), count(DISTINCT school_id), min_by(school_id, (first, school_id)), "
        "min(first) FROM (SELECT school_id, min(date) AS first, count(*) AS days FROM plausible_empty "
        "WHERE date NOT IN (SELECT date FROM plausible_closures) "
        f"GROUP BY school_id, school_year, run HAVING bool_or(is_new) AND {implausible})"
    )[0]
    if not days:
        return []
    sentence = f"{counted(schools, 'school')} without attendance on {counted(int(days), 'instructional day')}"
    return [_of_days("days without attendance", sentence, school, date, days)]


def incomplete_days(session: Session) -> list[Finding]:
    """Return a warning where daily attendance has rows for fewer than half of a school's students.

    Half of those enrolled on the day, or of the school's median day where that is more.
    """
    days, schools, school, date = session.rows(
        "SELECT count(*), count(DISTINCT school_id), min_by(school_id, (date, school_id)), min(date) "
        f"FROM {DAYS} WHERE is_new AND is_covered AND rows < {_HALF} * greatest(enrolled, usual_rows)"
    )[0]
    if not days:
        return []
    on = counted(days, "school day")
    sentence = f"{counted(schools, 'school')} with rows for fewer than half of the students, on {on}"
    return [_of_days("incomplete days", sentence, school, date, days)]


def _of_days(name: str, sentence: str, school: str, date: object, count: int) -> Finding:
    return found(name, ATTENDANCE.name, sentence, where=f"school {school}, {date}", count=int(count))


def schools_without_attendance(session: Session) -> list[Finding]:
    """Return a warning for schools that have students and days of school and no row in the newest year.

    A school counts where, at the district's rate of entries per student and day, chance does not explain it.
    """
    rows = session.rows(
        "WITH newest AS (SELECT max(school_year) AS school_year, max(date) AS last FROM "
        f"{DAYS} WHERE is_covered), "
        f"rate AS (SELECT sum(rows) / nullif(sum(enrolled), 0) AS rate FROM {DAYS} "
        "JOIN newest USING (school_year)), "
        "silent AS (SELECT c.school_id, count(*) AS days FROM known_calendar c "
        "JOIN newest n ON n.school_year = c.school_year WHERE c.instructional AND c.date <= n.last "
        f"AND c.school_id NOT IN (SELECT school_id FROM {DAYS} JOIN newest USING (school_year)) GROUP BY 1) "
        "SELECT s.school_id FROM silent s, rate JOIN (SELECT school_id, count(*) AS students "
        "FROM known_spells JOIN newest USING (school_year) GROUP BY 1) k ON k.school_id = s.school_id "
        f"WHERE {surprise('0', '(days * students * rate)')} > {RARE} ORDER BY 1"
    )
    if not rows:
        return []
    named = [school for (school,) in rows]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    which = f"{', '.join(named[:_NAMED])}{more}"
    sentence = f"{counted(len(named), 'school')} with students, a calendar and no attendance: {which}"
    return [found("school without attendance", ATTENDANCE.name, sentence, count=len(named))]

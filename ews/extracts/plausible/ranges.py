"""Values that are of the right type and cannot be true: dates, years and minutes out of range."""

from __future__ import annotations

import datetime as dt

from ews.engine import Session
from ews.extracts.checks import counted, found
from ews.extracts.findings import Finding
from ews.extracts.lines import place_of
from ews.extracts.schema import ATTENDANCE, ENROLLMENTS, MEAL_PROGRAMS, NURSE_VISITS, Table

_EARLIEST = dt.date(1990, 1, 1)


def date_findings(session: Session, table: Table, loaded_at: dt.datetime) -> list[Finding]:
    """Return warnings for own dates before 1990, and for events dated more than a day after the load.

    Enrollments and meal programs may well begin in the future; attendance and visits may not.
    """
    latest = (loaded_at + dt.timedelta(days=1)).date()
    findings = _dated(session, table, "date before 1990", f"< DATE '{_EARLIEST}'", f"before {_EARLIEST}")
    if table in (ATTENDANCE, NURSE_VISITS):
        findings += _dated(session, table, "date in the future", f"> DATE '{latest}'", f"after {latest}")
    return findings


def _dated(session: Session, table: Table, name: str, condition: str, what: str) -> list[Finding]:
    # Of attendance only the days are looked at: there are few of them, and they have no lines.
    if table is ATTENDANCE:
        query = "SELECT coalesce(sum(rows), 0), NULL, NULL FROM attendance_days"
    else:
        first = "min_by(_file, (_file, _line)), min_by(_line, (_file, _line))"
        query = f"SELECT count(*), {first} FROM typed_{table.name}"
    count, file, line = session.rows(f"{query} WHERE {table.date} {condition}")[0]
    if not count:
        return []
    sentence = f"{counted(int(count), 'row')} with a {table.date} {what}"
    return [found(name, table.name, sentence, where=place_of(file, line), count=int(count))]


def minutes_above_the_day(session: Session) -> list[Finding]:
    """Return a warning where a student missed more minutes than the calendar says were taught."""
    rows, school, date = session.rows(
        "SELECT count(*), min_by(a.school_id, (a.date, a.school_id)), min(a.date) FROM facts_attendance a "
        "JOIN known_calendar c ON c.school_id = a.school_id AND c.date = a.date "
        "WHERE a.absent_minutes > c.minutes AND c.minutes > 0"
    )[0]
    if not rows:
        return []
    sentence = f"{counted(rows, 'absence')} with more minutes than the day has of instruction"
    where = f"school {school}, {date}"
    return [found("minutes above the day's", ATTENDANCE.name, sentence, where=where, count=rows)]


DATED: tuple[Table, ...] = (ENROLLMENTS, ATTENDANCE, NURSE_VISITS, MEAL_PROGRAMS)
"""The tables whose own date is checked."""

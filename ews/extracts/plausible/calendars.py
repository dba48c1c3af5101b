"""Calendars that are not what they say: of the wrong year, with no, few or many days, ended too early."""

from __future__ import annotations

import datetime as dt

from ews.engine import Session
from ews.extracts.checks import counted, found
from ews.extracts.findings import Finding
from ews.extracts.schema import ATTENDANCE, CALENDAR

_FEWEST, _MOST = 120, 220
_YEARS = (1990, 2100)
_AFTER_THE_END_DAYS = 14


def calendar_findings(session: Session, loaded_at: dt.datetime) -> list[Finding]:
    """Return what is implausible about the calendar, per school and school year."""
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_years AS SELECT school_id, school_year, min(date) AS first, "
        "max(date) AS last, count_if(instructional) AS days, "
        "count_if(date NOT BETWEEN make_date(school_year - 1, 7, 1) AND make_date(school_year, 8, 31)) "
        f"AS outside FROM known_calendar WHERE school_year BETWEEN {_YEARS[0]} AND {_YEARS[1]} GROUP BY 1, 2"
    )
    today = f"DATE '{loaded_at.date()}'"
    return [
        *years_out_of_range(session, "known_calendar", CALENDAR.name),
        *_wrong_years(session),
        *_days_of_school(session, today),
        *_ended(session, loaded_at),
    ]


def years_out_of_range(session: Session, rows: str, table: str) -> list[Finding]:
    """Return a warning where ``school_year`` is no year from 1990 to 2100."""
    count = session.value(
        f"SELECT count(*) FROM {rows} WHERE school_year NOT BETWEEN {_YEARS[0]} AND {_YEARS[1]}"
    )
    if not count:
        return []
    sentence = f"{counted(count, 'row')} with a school_year before {_YEARS[0]} or after {_YEARS[1]}"
    return [found("school year out of range", table, sentence, expected="the spring year", count=count)]


def attendance_after_calendar(session: Session, days: str) -> Finding | None:
    """Return a warning where attendance goes on after the last day of the calendar.

    Parameters
    ----------
    days : str
        A temporary table of the days outside the calendar: school_id, date, rows. To be asked
        before such rows are set aside, because they are gone afterwards.
    """
    rows, schools, newest, last = session.rows(
        "SELECT coalesce(sum(d.rows), 0), count(DISTINCT d.school_id), max(d.date), max(c.last) "
        f"FROM {days} d JOIN (SELECT school_id, max(date) AS last FROM known_calendar GROUP BY 1) c "
        "ON c.school_id = d.school_id AND d.date > c.last"
    )[0]
    if not rows:
        return None
    at = f"{counted(int(rows), 'row')} of {counted(schools, 'school')}"
    sentence = f"{at} after the calendar's last day ({last}); the newest is of {newest}"
    return found(
        "attendance after the calendar", ATTENDANCE.name, sentence, where=CALENDAR.name, count=int(rows)
    )


def _wrong_years(session: Session) -> list[Finding]:
    days, years, school, year = session.rows(
        "SELECT coalesce(sum(outside), 0), count(*), min_by(school_id, (school_year, school_id)), "
        "min(school_year) FROM plausible_years WHERE outside > 0"
    )[0]
    if not days:
        return []
    return [
        found(
            "wrong-year calendar",
            CALENDAR.name,
            f"{counted(int(days), 'day')} outside the school year of {counted(years, 'calendar')}",
            expected="dates from July 1 before the spring year to August 31 of it",
            where=f"school {school}, school_year {year}",
            count=int(days),
        )
    ]


def _days_of_school(session: Session, today: str) -> list[Finding]:
    none = "days = 0"
    few = f"days > 0 AND days < {_FEWEST} AND last < {today}"
    many = f"days > {_MOST} AND last < {today}"
    number = "number of instructional days"
    return [
        *_years_where(session, none, "no instructional days", "no instructional day"),
        *_years_where(session, few, number, f"fewer than {_FEWEST} instructional days"),
        *_years_where(session, many, number, f"more than {_MOST} instructional days"),
    ]


def _years_where(session: Session, condition: str, name: str, what: str) -> list[Finding]:
    years, school, year, days = session.rows(
        "SELECT count(*), min_by(school_id, o), min(school_year), min_by(days, o) "
        f"FROM (SELECT *, (school_year, school_id) AS o FROM plausible_years WHERE {condition})"
    )[0]
    if not years:
        return []
    sentence = f"{counted(years, 'calendar')} of a school and year with {what}; the first has {days}"
    where = f"school {school}, school_year {year}"
    return [found(name, CALENDAR.name, sentence, where=where, count=years)]


def _ended(session: Session, loaded_at: dt.datetime) -> list[Finding]:
    last = session.value("SELECT max(date) FROM known_calendar")
    if last is None or last >= loaded_at.date() - dt.timedelta(days=_AFTER_THE_END_DAYS):
        return []
    return [
        found("calendar has ended", CALENDAR.name, f"the calendar's last day is {last}, before this load")
    ]

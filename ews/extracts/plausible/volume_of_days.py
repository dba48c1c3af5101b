"""Days with far fewer or far more entries than the same weekday of the other weeks has."""

from __future__ import annotations

from ews.engine import Session
from ews.extracts.checks import counted, found
from ews.extracts.findings import Finding
from ews.extracts.plausible.days import DAYS, RARE, surprise
from ews.extracts.schema import ATTENDANCE

_FEWER_AT_A_SCHOOL = 10
_FEWER_IN_THE_DISTRICT = 4
_MORE = 3
_FAR_MORE = 12
_NEARLY_ALL = 0.9
_MORE_THAN_ALL = 1.5
_ENOUGH_STUDENTS = 20
_SETTLING_DAYS = 3


def unusual_days(session: Session) -> list[Finding]:
    """Return warnings for days with implausibly few or many entries, per school and for the district.

    An entry is a row in ``exceptions`` reporting and an absence in ``daily``. Too few: less than a tenth
    of the usual number for the weekday (a quarter of it for the whole district), and less likely than 1 in
    10,000 by :func:`~ews.extracts.plausible.days.surprise`; days in a row without any are taken together,
    and the first three days of a year, when lists still settle, are left out. Too many: more than three times
    the usual number, and at least 90% of 20 or more students absent, or half as many rows again as students.
    The number alone says nothing: on snow days with schools open 30 to 56% of a district are absent. Where
    nobody is known to be enrolled, more than twelve times the usual number.
    """
    _make_volumes(session)
    return [
        *_tell(
            session, "unusually few entries", "fewer", _few(_FEWER_AT_A_SCHOOL), _few(_FEWER_IN_THE_DISTRICT)
        ),
        *_tell(session, "unusually many entries", "more", _many(), _many()),
    ]


def _make_volumes(session: Session) -> None:
    """Make the volumes of days with rows, per school and for the district.

    ``expected`` is the usual number; of days in a row without an entry, the usual number of all of them.
    """
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_volumes AS SELECT *, CASE WHEN entries > 0 THEN usual ELSE "
        "sum(usual) FILTER (entries = 0) OVER (PARTITION BY school_id, school_year, run) END AS expected "
        "FROM (SELECT *, count_if(entries > 0 OR NOT is_covered) OVER ("
        f"PARTITION BY school_id, school_year ORDER BY date) AS run FROM {DAYS}) WHERE is_covered"
    )
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_district AS SELECT date, sum(entries) AS entries, "
        "sum(absences) AS absences, sum(rows) AS rows, sum(usual) AS usual, sum(usual) AS expected, "
        "sum(usual_rows) AS usual_rows, sum(enrolled) AS enrolled, bool_or(is_new) AS is_new, "
        "min(day_number) AS day_number, "
        f"count(*) > 1 AND avg(CAST(is_covered AS INTEGER)) > 0.5 AS is_district FROM {DAYS} GROUP BY date"
    )


def _few(times: int) -> str:
    unlikely = f"{surprise('entries', 'expected')} > {RARE}"
    return f"day_number > {_SETTLING_DAYS} AND entries * {times} < usual AND {unlikely}"


def _many() -> str:
    known = (
        f"enrolled >= {_ENOUGH_STUDENTS} AND (absences >= {_NEARLY_ALL} * enrolled "
        f"OR (rows >= {_MORE_THAN_ALL} * enrolled AND rows > {_MORE} * usual_rows))"
    )
    unknown = f"enrolled = 0 AND entries > {_FAR_MORE} * greatest(usual, 5)"
    return f"entries > {_MORE} * usual AND ({known} OR {unknown})"


def _tell(session: Session, name: str, what: str, at_school: str, in_district: str) -> list[Finding]:
    """Return one finding for days of the whole district, and one for those of single schools besides."""
    district = f"SELECT date FROM plausible_district WHERE is_new AND is_district AND {in_district}"
    days, date, entries, usual = session.rows(
        "SELECT count(*), min(date), min_by(entries, date), min_by(usual, date) "
        f"FROM plausible_district WHERE date IN ({district})"
    )[0]
    findings = []
    if days:
        sentence = f"the district has far {what} entries than usual on {_days(days, entries, usual)}"
        findings.append(found(name, ATTENDANCE.name, sentence, where=str(date), count=days))
    days, date, school, entries, usual = session.rows(
        "SELECT count(*), min(date), min_by(school_id, o), min_by(entries, o), min_by(usual, o) "
        f"FROM (SELECT *, (date, school_id) AS o FROM plausible_volumes WHERE is_new AND {at_school} "
        f"AND date NOT IN ({district}))"
    )[0]
    if days:
        sentence = f"schools have far {what} entries than usual on {_days(days, entries, usual)}"
        where = f"school {school}, {date}"
        findings.append(found(name, ATTENDANCE.name, sentence, where=where, count=days))
    return findings


def _days(days: int, entries: int, usual: float) -> str:
    return f"{counted(days, 'school day')}: on the first, {entries} where {usual:.0f} are usual"

"""A load beside the earlier ones: fewer rows, deltas of an unusual size, schools that fell silent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from ews.engine import Session, literal
from ews.extracts.checks import counted, found
from ews.extracts.findings import Finding
from ews.extracts.plausible.days import RARE, STORED_DAYS, surprise
from ews.extracts.schema import ATTENDANCE, NURSE_VISITS

_FEWER, _MORE = 5, 10
_SMALLEST = 100
_COMPARED, _ENOUGH = 12, 4
_WINDOW_DAYS = 120
_RECENT, _ENOUGH_RECENT = 20, 10
_SILENCE = 2e-4
_NAMED = 5


def volume_findings(
    session: Session, deliveries: Mapping[str, tuple[str, int]], loaded_at: dt.datetime, timezone: str
) -> list[Finding]:
    """Return what is unusual about a load's volume, compared with the loads that are stored.

    Parameters
    ----------
    deliveries : mapping
        Table name -> (``full`` or ``delta``, rows read), of the tables in this load.
    loaded_at : datetime
        The load's time, naive UTC.
    timezone : str
        The district's zone.
    """
    findings: list[Finding] = []
    for table, (delivery, rows) in deliveries.items():
        if delivery == "full":
            findings += fewer_rows(session, table, rows)
        else:
            findings += unusual_delta(session, table, rows, loaded_at, timezone)
    if ATTENDANCE.name in deliveries:
        findings += silent_schools(session, loaded_at)
    return findings


def fewer_rows(session: Session, table: str, rows: int) -> list[Finding]:
    """Return a warning where a full extract has fewer rows, be it one, than the full extract before it.

    A file that was cut between two rows is whole in every other respect.
    """
    before = session.rows(
        f"SELECT rows_read, loaded_at FROM store.loads WHERE table_name = {literal(table)} "
        "AND delivery = 'full' ORDER BY load_id DESC LIMIT 1"
    )
    if not before or rows >= before[0][0]:
        return []
    earlier, when = before[0]
    fewer = f"{earlier - rows} fewer than the {earlier} of {when:%Y-%m-%d}"
    sentence = f"the full extract has {counted(rows, 'row')}, {fewer}"
    return [found("fewer rows than before", table, sentence, count=earlier - rows)]


def unusual_delta(
    session: Session, table: str, rows: int, loaded_at: dt.datetime, timezone: str
) -> list[Finding]:
    """Return a warning where a delta is far smaller or larger than earlier ones of its weekday.

    Compared are the twelve newest deltas (at least four) of the same weekday that came as many days after
    the one before them; for attendance and visits only those with school in these days. A load before noon
    belongs to the day before. Smaller: less than a fifth of their median, less likely than 1 in 10,000, and
    only for attendance and visits, of which every school day has some. Larger: more than ten times the
    median, and more than 1,000 rows.
    """
    usual = _usual_delta(session, table, loaded_at, timezone)
    if usual is None:
        return []
    is_small = session.value(
        f"SELECT {rows} * {_FEWER} < {usual} AND {surprise(str(rows), str(usual))} > {RARE}"
    )
    sentence = (
        f"the delta has {counted(rows, 'row')}; the median of earlier ones on this weekday is {usual:.0f}"
    )
    if is_small and table in (ATTENDANCE.name, NURSE_VISITS.name):
        return [found("unusually small delta", table, sentence, count=rows)]
    if rows > _MORE * max(usual, _SMALLEST):
        return [found("unusually large delta", table, sentence, count=rows)]
    return []


def _usual_delta(session: Session, table: str, loaded_at: dt.datetime, timezone: str) -> float | None:
    """Return the median of comparable deltas; None where there are too few, or this one is like none."""
    local = f"timezone({literal(timezone)}, timezone('UTC', loaded_at))"
    had_school = (
        "EXISTS (FROM known_calendar c WHERE c.instructional AND c.date > day - CAST(gap AS INTEGER) "
        "AND c.date <= day)"
        if table in (ATTENDANCE.name, NURSE_VISITS.name)
        else "true"
    )
    session.execute(
        "CREATE OR REPLACE TEMP TABLE earlier_deltas AS SELECT *, "
        f"{had_school} AS had_school FROM (SELECT load_id, rows_read, "
        f"CAST({local} - INTERVAL 12 HOUR AS DATE) AS day, "
        "day - lag(day) OVER (ORDER BY load_id) AS gap FROM (SELECT load_id, rows_read, loaded_at "
        f"FROM store.loads WHERE table_name = {literal(table)} UNION ALL "
        f"SELECT 2147483647, NULL, TIMESTAMP {literal(str(loaded_at))}))"
    )
    compared, median = session.rows(
        "SELECT count(*), median(rows_read) FROM (SELECT e.rows_read FROM earlier_deltas e, "
        "(FROM earlier_deltas ORDER BY load_id DESC LIMIT 1) n WHERE e.load_id < n.load_id "
        "AND isodow(e.day) = isodow(n.day) AND e.gap = n.gap AND e.had_school AND n.had_school "
        f"ORDER BY e.load_id DESC LIMIT {_COMPARED})"
    )[0]
    return float(median) if compared >= _ENOUGH else None


def silent_schools(session: Session, loaded_at: dt.datetime) -> list[Finding]:
    """Return a warning that names the schools which deliver no attendance while the others do.

    Of the 20 instructional days up to its newest row a school had rows on a share. It is silent once the
    days without any since then, up to the newest day on which at least a tenth of the schools in session
    have some, are less likely than 1 in 5,000 at that share: three days for one that had rows every day.
    """
    _make_recent_days(session, loaded_at)
    rows = session.rows(
        "WITH own AS (SELECT school_id, max(date) AS newest FROM recent_days WHERE is_covered GROUP BY 1), "
        "together AS (SELECT max(date) AS newest FROM (SELECT date FROM recent_days "
        "SEMI JOIN own USING (school_id) GROUP BY 1 HAVING count_if(is_covered) * 10 >= count(*))), "
        "shares AS (SELECT school_id, count_if(is_covered) / (count(*) + 1) AS share FROM (SELECT d.* "
        "FROM recent_days d JOIN own USING (school_id) WHERE d.date <= own.newest QUALIFY row_number() OVER ("
        f"PARTITION BY school_id ORDER BY date DESC) <= {_RECENT}) "
        f"GROUP BY 1 HAVING count(*) >= {_ENOUGH_RECENT}) "
        "SELECT d.school_id, own.newest, count(*) AS days FROM recent_days d JOIN own USING (school_id) "
        "JOIN shares USING (school_id), together t WHERE d.date > own.newest AND d.date <= t.newest "
        f"GROUP BY 1, 2, share HAVING pow(1 - share, count(*)) < {_SILENCE} ORDER BY days DESC, 1"
    )
    if not rows:
        return []
    named = ", ".join(f"{school} (since {newest})" for school, newest, _ in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    sentence = f"no attendance any more from school {named}{more}, while the others deliver"
    return [found("school fell silent", ATTENDANCE.name, sentence, count=len(rows))]


def _make_recent_days(session: Session, loaded_at: dt.datetime) -> None:
    """Make the instructional days of each school in the last months, and whether it has rows on them."""
    last = f"DATE '{(loaded_at + dt.timedelta(days=1)).date()}'"
    days = f"(SELECT school_id, date FROM attendance_days UNION ALL FROM {STORED_DAYS})"
    newest = session.value(f"SELECT max(date) FROM {days} WHERE date <= {last}")
    span = f"BETWEEN DATE '{newest or dt.date.min}' - {_WINDOW_DAYS} AND DATE '{newest or dt.date.min}'"
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE recent_days AS WITH covered AS (SELECT DISTINCT school_id, date "
        f"FROM {days} WHERE date {span}) SELECT c.school_id, c.date, v.date IS NOT NULL AS is_covered "
        "FROM known_calendar c LEFT JOIN covered v ON v.school_id = c.school_id AND v.date = c.date "
        f"WHERE c.instructional AND c.date {span}"
    )

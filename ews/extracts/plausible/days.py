"""The school days that attendance should cover, each with what it has and what is usual there.

Everything that is asked of whole days is asked of one small table with a row per school and
instructional day: it follows the number of schools, never that of attendance rows.
"""

from __future__ import annotations

import datetime as dt

from ews.engine import Session
from ews.sources import AttendanceSource

DAYS = "plausible_days"
"""Temporary table, one row per school and instructional day inside the span that attendance covers.

school_id, date, school_year, ``day_number`` (of that year); ``rows`` (delivered), ``absences``,
``entries`` (rows in ``exceptions`` reporting, absences in ``daily``), ``is_covered`` (has any row),
``is_inside`` (between the school's first and last day with rows), ``usual`` (median entries of the school's
same weekday in that year; of any weekday where there are fewer than four), ``usual_rows`` (median rows),
``enrolled`` (students with a spell), ``is_new`` (not judged by an earlier load).
"""

RARE = 9.21
"""minus the logarithm of 1 in 10,000."""

STORED_DAYS = (
    "(SELECT school_id, date FROM store.coverage "
    "WHERE NOT stated AND known_until = TIMESTAMP '9999-12-31 00:00:00')"
)
"""SQL for the days for which the store has rows: coverage that was only stated is none."""

LOOK_BACK_DAYS = 120
"""How far a delta looks back into the store for what is usual."""

_SAME_WEEKDAYS = 4
_ANY_DAYS = 8


def surprise(count: str, usual: str) -> str:
    """Return SQL for how implausibly small a count is: minus the logarithm of its chance, or 0.

    The chance is that of a Poisson count with *half* the usual number, because schools' days differ far more
    than chance alone would have it. For a count of 0 it is exact, above that Chernoff's bound. Measured on
    simulated districts, where a school's day varies by a factor of two and more: where 10 to 12 entries are
    usual, 4 in 10,000 school days had none (claimed: 25 to 67); where 20 or more are, none of 27,000 had.
    """
    mean = f"({usual} / 2.0)"
    log = f"CASE WHEN {count} > 0 AND {mean} > 0 THEN {count} * ln({count} / {mean}) ELSE 0 END"
    return f"CASE WHEN {count} < {mean} THEN {mean} - {count} + {log} ELSE 0 END"


def make_days(session: Session, source: AttendanceSource, loaded_at: dt.datetime) -> None:
    """Make :data:`DAYS` from ``attendance_days`` and what is known of calendar, spells and earlier loads.

    A span runs, per school and school year, from the first to the last day with rows; in a year that is over
    to the last day on which at least half of the schools in session have some, and likewise from the
    first such day. A delta is judged only on days after the school's newest covered one: its rows for earlier
    days are changes and not the day.
    """
    _make_covered(session, source, loaded_at)
    _make_spans(session)
    _make_usual(session)
    _make_enrolled(session)
    fresh = "d.date > coalesce(p.newest, DATE '0001-01-01')" if source.delivery == "delta" else "true"
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {DAYS} AS SELECT d.*, "
        f"coalesce(CASE WHEN w.days >= {_SAME_WEEKDAYS} THEN w.usual END, "
        f"CASE WHEN a.days >= {_ANY_DAYS} THEN a.usual END) AS usual, "
        f"CASE WHEN a.days >= {_ANY_DAYS} THEN a.usual_rows END AS usual_rows, "
        f"coalesce(e.enrolled, 0) AS enrolled, {fresh} AS is_new "
        "FROM plausible_spans d "
        "LEFT JOIN plausible_usual w ON w.school_id = d.school_id AND w.school_year = d.school_year "
        "AND w.weekday = isodow(d.date) "
        "LEFT JOIN plausible_usual a ON a.school_id = d.school_id AND a.school_year = d.school_year "
        "AND a.weekday = 0 "
        f"LEFT JOIN (SELECT school_id, max(date) AS newest FROM {STORED_DAYS} GROUP BY 1) p "
        "ON p.school_id = d.school_id "
        "ASOF LEFT JOIN plausible_enrolled e ON e.school_id = d.school_id "
        "AND e.school_year = d.school_year AND e.date <= d.date"
    )


def _make_covered(session: Session, source: AttendanceSource, loaded_at: dt.datetime) -> None:
    """Make the days with rows: delivered now and, for a delta, stored in the weeks before."""
    entries = "rows" if source.reporting == "exceptions" else "absences"
    last = f"DATE '{(loaded_at + dt.timedelta(days=1)).date()}'"
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_covered AS SELECT school_id, date, rows, absences, "
        f"{entries} AS entries FROM attendance_days WHERE date <= {last}"
    )
    if source.delivery != "delta":
        return
    first = f"(SELECT min(date) - {LOOK_BACK_DAYS} FROM attendance_days)"
    unlike = "('present')" if source.reporting == "exceptions" else "('present', 'tardy')"
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_covered AS SELECT school_id, date, sum(rows) AS rows, "
        "sum(absences) AS absences, sum(entries) AS entries FROM (FROM plausible_covered UNION ALL "
        f"SELECT school_id, date, 0, 0, 0 FROM {STORED_DAYS} WHERE date BETWEEN {first} AND {last} "
        "UNION ALL SELECT school_id, date, 0, 0, count(*) FROM store.attendance "
        f"WHERE date BETWEEN {first} AND {last} AND NOT withdrawn AND kind NOT IN {unlike} "
        "AND known_until = TIMESTAMP '9999-12-31 00:00:00' GROUP BY 1, 2) GROUP BY 1, 2"
    )


def _make_spans(session: Session) -> None:
    """Make the instructional days inside each school's span, with what they have."""
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_open AS SELECT c.school_id, c.date, c.school_year, "
        "v.rows IS NOT NULL AS is_covered, coalesce(v.rows, 0) AS rows, coalesce(v.absences, 0) AS absences, "
        "coalesce(v.entries, 0) AS entries, row_number() OVER ("
        "PARTITION BY c.school_id, c.school_year ORDER BY c.date) AS day_number "
        "FROM known_calendar c LEFT JOIN plausible_covered v "
        "ON v.school_id = c.school_id AND v.date = c.date WHERE c.instructional"
    )
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_spans AS WITH own AS (SELECT school_id, school_year, "
        "min(date) AS first, max(date) AS last FROM plausible_open WHERE is_covered GROUP BY 1, 2), "
        "together AS (SELECT o.school_year, o.date FROM plausible_open o SEMI JOIN own USING "
        "(school_id, school_year) GROUP BY 1, 2 HAVING count_if(o.is_covered) * 2 >= count(*)), "
        "years AS (SELECT school_year, min(date) AS first, max(date) AS last, "
        "school_year = max(school_year) OVER () AS is_newest FROM together GROUP BY 1) "
        "SELECT o.*, o.date BETWEEN own.first AND own.last AS is_inside FROM plausible_open o "
        "JOIN own USING (school_id, school_year) LEFT JOIN years y USING (school_year) "
        "WHERE o.date >= least(own.first, y.first) AND o.date <= greatest(own.last, "
        "CASE WHEN NOT y.is_newest THEN y.last END)"
    )


def _make_usual(session: Session) -> None:
    """Make the medians of each school and year by weekday, and of any weekday (weekday 0)."""
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_usual AS SELECT school_id, school_year, "
        "coalesce(weekday, 0) AS weekday, count(*) AS days, median(entries) AS usual, "
        "median(nullif(rows, 0)) AS usual_rows FROM (SELECT *, isodow(date) AS weekday FROM plausible_spans "
        "WHERE is_inside) GROUP BY GROUPING SETS ((school_id, school_year, weekday), "
        "(school_id, school_year))"
    )


def _make_enrolled(session: Session) -> None:
    """Make how many students each school has, from the days on which the number changes."""
    session.execute(
        "CREATE OR REPLACE TEMP TABLE plausible_enrolled AS SELECT school_id, school_year, date, "
        "CAST(sum(change) OVER (PARTITION BY school_id, school_year ORDER BY date) AS BIGINT) AS enrolled "
        "FROM (SELECT school_id, school_year, date, sum(change) AS change FROM ("
        "SELECT school_id, school_year, entry_date AS date, 1 AS change FROM known_spells UNION ALL "
        "SELECT school_id, school_year, exit_date + 1, -1 FROM known_spells WHERE exit_date IS NOT NULL) "
        "WHERE school_year IN (SELECT school_year FROM plausible_spans) GROUP BY 1, 2, 3)"
    )

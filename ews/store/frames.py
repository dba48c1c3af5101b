"""The store's tables as lazy frames: every version, dates as whole day numbers.

Days are counted from 1970-01-01, so that rules and features are arithmetic on whole numbers that every
engine does alike. Nothing is cut by time here: that is ``ews.snapshot``'s alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from ews.engine import Engine, Frame, Session
from ews.extracts.facts import stored_columns
from ews.extracts.schema import ATTENDANCE, SCHOOLS, TABLES, Table

EPOCH = dt.date(1970, 1, 1)

KNOWN = ("known_from", "known_until")
"""From when (inclusive) to when (exclusive) a version was taken to be true."""


CURRENT_STUDENTS = (
    "SELECT * EXCLUDE (known_from, known_until, ordered_at, withdrawn, recorded_at, load_id) "
    "FROM store.students QUALIFY row_number() OVER ("
    "PARTITION BY student_id ORDER BY ordered_at DESC, load_id DESC) = 1"
)
"""A query for the newest known attributes of every student; only for audits."""


def day_number(day: dt.date) -> int:
    """Return days since 1970-01-01."""
    return (day - EPOCH).days


def date_of(day: int) -> dt.date:
    """Return the date of a day number."""
    return EPOCH + dt.timedelta(days=int(day))


def versions(engine: Engine, table: Table) -> Frame:
    """Return every version in a table of the store.

    Grain: one row per key and version. Date columns end in ``_day`` (``date`` itself is ``day``) and
    hold day numbers; ``known_from``, ``known_until`` and ``end_known_from`` are naive UTC.
    """
    names = (*table.key, *stored_columns(table))
    dates = [name for name in names if table.column_type(name) == "date"]
    plain = [name for name in names if name not in dates]
    ends = ["end_known_from"] if table.end else []
    days = {name: f"{name.removesuffix('date')}day" for name in dates}
    return engine.stored(table.name, [*plain, *ends, *KNOWN], days)


def coverage(engine: Engine) -> Frame:
    """Return the days for which a school delivered attendance, and from when to when that is known.

    ``stated`` days are those that the district says its attendance is complete to (``covers_to``).
    """
    return engine.stored("coverage", ["school_id", *KNOWN, "stated"], {"date": "day"})


def current_students(session: Session) -> Any:
    """Return the newest known attributes, for audits only: one row per student, as a pandas frame."""
    return session.pandas(f"{CURRENT_STUDENTS} ORDER BY student_id")


def newest_known_day(session: Session, table: Table, before: dt.date, cut: dt.datetime) -> dt.date | None:
    """Return the newest own date of a table's rows dated before a day and known before ``cut``.

    For attendance that is the newest day for which any school delivered it.
    """
    name, column = ("coverage", "date") if table is ATTENDANCE else (table.name, table.date)
    newest = session.value(
        f"SELECT max({column}) FROM store.{name} WHERE {column} < ? AND known_from < ? AND known_until >= ?",
        (before, cut, cut),
    )
    return newest if newest is None or isinstance(newest, dt.date) else dt.date.fromisoformat(str(newest))


def newest_known_day_by_school(session: Session, before: dt.date, cut: dt.datetime) -> dict[str, dt.date]:
    """Return the newest day for which each school delivered attendance, before a day and known by ``cut``."""
    found = session.pandas(
        "SELECT school_id, max(date) AS newest FROM store.coverage "
        "WHERE date < ? AND known_from < ? AND known_until >= ? GROUP BY school_id ORDER BY school_id",
        (before, cut, cut),
    )
    return {
        str(school): newest.date() for school, newest in zip(found["school_id"], found["newest"], strict=True)
    }


def school_names(session: Session, cut: dt.datetime) -> Any:
    """Return the names of the schools as known before ``cut``: school_id, school_name, as a pandas frame."""
    return session.pandas(
        "SELECT school_id, school_name FROM store.schools WHERE known_from < ? AND known_until >= ? "
        "ORDER BY school_id",
        (cut, cut),
    )


def school_levels(engine: Engine) -> dict[str, str]:
    """Return the newest known level of every school that states one (elementary, middle, high, other)."""
    rows = engine.collect(versions(engine, SCHOOLS).select("school_id", "level", "known_from"))
    newest = rows.dropna(subset="level").sort_values(["school_id", "known_from"])
    newest = newest.drop_duplicates("school_id", keep="last")
    return {
        str(school): str(level) for school, level in zip(newest["school_id"], newest["level"], strict=True)
    }


def table_named(name: str) -> Table:
    """Return a canonical table by its name."""
    return next(table for table in TABLES if table.name == name)

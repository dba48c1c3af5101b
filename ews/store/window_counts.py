"""How many records of every kind a window of days had, as it was known on the morning after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from ews.engine import Session
from ews.extracts.facts import DAY_UNITS

Window = tuple[dt.date, dt.date, dt.datetime]
"""First day, last day, and the moment (naive UTC) before which a record has to be known."""

_KINDS = {
    "absences": "kind LIKE 'absent%' AND absent_units > 0",
    "unexcused": "kind = 'absent_unexcused' AND absent_units > 0",
    "part_days": f"absent_units > 0 AND absent_units < {DAY_UNITS}",
    "tardies": "kind = 'tardy'",
}


def attendance_by_window(session: Session, windows: Sequence[Window]) -> Any:
    """Return records of attendance, as a pandas frame.

    Returns
    -------
    DataFrame
        One row per window (its ``number``) and school_id with any record: absences, unexcused (of these),
        part_days, tardies; students by day.
    """
    sums = ", ".join(f"count(*) FILTER ({condition}) AS {name}" for name, condition in _KINDS.items())
    return session.pandas(
        f"SELECT number, school_id, {sums} FROM {_known('attendance', windows)} GROUP BY ALL"
    )


def visits_by_window(session: Session, windows: Sequence[Window]) -> Any:
    """Return nurse visits, as a pandas frame: one row per window (its ``number``) with any, ``visits``."""
    return session.pandas(
        f"SELECT number, count(*) AS visits FROM {_known('nurse_visits', windows)} GROUP BY ALL"
    )


def _known(table: str, windows: Sequence[Window]) -> str:
    values = ", ".join(
        f"({number}, DATE '{first}', DATE '{last}', TIMESTAMP '{cut:%Y-%m-%d %H:%M:%S}')"
        for number, (first, last, cut) in enumerate(windows)
    )
    return (
        f"store.{table} AS e JOIN (VALUES {values}) AS w(number, first, last, cut) "
        "ON e.date BETWEEN w.first AND w.last AND e.known_from < w.cut AND e.known_until >= w.cut"
    )

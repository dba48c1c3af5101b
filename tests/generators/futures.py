"""A district whose future is taken away, or overwritten with nonsense; the calendar is left alone.

For districts of one load: since when each row is known follows from the row itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from tests.generators.district import District
from tests.generators.districts import known_time, with_rows
from tests.reference.cells import midnight
from tests.reference.settings import Row, Settings

EVENTS = {"attendance": "date", "nurse_visits": "date", "meal_programs": "start_date"}
ENDS = {"enrollments": "exit_date", "meal_programs": "end_date"}


def without_future(district: District, as_of: dt.date) -> District:
    """Every row that was not known is gone, and every end that was not known is open."""
    return _edited(district, as_of, row=lambda table, row: None, end=lambda row, name: "")


def nonsense_future(district: District, as_of: dt.date) -> District:
    """Every row that was not known says something else, and every end not known is years away."""
    return _edited(district, as_of, row=_nonsense, end=lambda row, name: "2031-01-31")


def _nonsense(table: str, row: Row) -> Row:
    wrong = {
        "attendance": {"code": "X" if row.get("code") == "A" else "A", "absent_fraction": "0.9"},
        "nurse_visits": {"category": "other", "disposition": "emergency"},
        "meal_programs": {"eligibility": "paid", "end_date": ""},
        "enrollments": {"grade": "12", "exit_date": ""},
    }
    return row | wrong[table]


def _edited(
    district: District,
    as_of: dt.date,
    *,
    row: Callable[[str, Row], Row | None],
    end: Callable[[Row, str], str],
) -> District:
    declared = district.settings
    cut = midnight(as_of, declared.timezone)
    edited = district
    for table in ("enrollments", "attendance", "nurse_visits", "meal_programs"):
        kept = []
        for each in district.rows[table]:
            if not _is_known(table, each, as_of, cut, declared):
                changed = row(table, each)
                kept += [changed] if changed else []
            else:
                kept.append(_open_ended(table, each, cut, declared, end))
        edited = with_rows(edited, table, kept)
    return edited


def _is_known(table: str, row: Row, as_of: dt.date, cut: dt.datetime, declared: Settings) -> bool:
    if table == "enrollments":
        return row["entry_date"] < as_of.isoformat()
    own = EVENTS[table]
    before = known_time(row, own, declared.known_after(table), declared) < cut
    return before and row[own] < as_of.isoformat()


def _open_ended(
    table: str, row: Row, cut: dt.datetime, declared: Settings, end: Callable[[Row, str], str]
) -> Row:
    name = ENDS.get(table)
    if name is None or not row[name]:
        return row
    own = dt.date.fromisoformat(row[name]) + dt.timedelta(days=declared.known_after(table))
    return row if midnight(own, declared.timezone) < cut else row | {name: end(row, name)}

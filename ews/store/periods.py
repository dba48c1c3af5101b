"""What lies before a day: which facts a purged period takes with it, in the store and in later extracts.

An event lies where its date is. A spell (an enrollment, a meal program) lies before a day only if it was
over by then: one that began earlier and still runs stays, because the days after its beginning need it.
"""

from __future__ import annotations

import datetime as dt

from ews.engine import literal
from ews.extracts.schema import ATTENDANCE, CALENDAR, ENROLLMENTS, MEAL_PROGRAMS, NURSE_VISITS, Table

DATED = (CALENDAR, ATTENDANCE, NURSE_VISITS)
"""Tables whose rows lie on one day. The calendar is among them: a day without attendance that is still a
day of instruction would count as attended by everyone."""

SPELLS = (ENROLLMENTS, MEAL_PROGRAMS)
"""Tables whose rows last."""


def lies_before(table: Table, day: dt.date, *, row: str = "t") -> str:
    """Return SQL that is true for a row of a dated table, or a spell, that lies before a day.

    An enrollment ends with its school's year at the latest; one in a year for which its school has no
    calendar counts no day and ends where it begins. Expects the temporary table ``known_calendar``.

    Parameters
    ----------
    row : str
        The alias of the row.
    """
    return f"{_last_day(table, row)} < DATE {literal(day.isoformat())}"


def _last_day(table: Table, row: str) -> str:
    if table is not ENROLLMENTS:
        return f"{row}.{table.end or table.date}"
    year_ends = (
        f"(SELECT max(k.date) FROM known_calendar k WHERE k.school_id = {row}.school_id "
        f"AND k.school_year = {row}.school_year)"
    )
    return (
        f"CASE WHEN {year_ends} IS NULL THEN {row}.entry_date "
        f"ELSE least(coalesce({row}.exit_date, {year_ends}), {year_ends}) END"
    )

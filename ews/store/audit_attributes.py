"""What the audit alone reads from the store: meal eligibility by student, and which schools are under CEP."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ews.engine import Engine, Session
from ews.extracts.schema import SCHOOLS
from ews.store.frames import versions
from ews.store.schema import FOREVER

_FOREVER = dt.datetime(9999, 12, 31)
_CURRENT = f"known_until = {FOREVER} AND NOT withdrawn"


def meal_eligibility(session: Session, first: dt.date, last: dt.date) -> Any:
    """Return each student's newest eligibility in a span of days, lunch before breakfast.

    Returns
    -------
    DataFrame
        One row per student with any: student_id, eligibility (free, reduced, paid, cep).
    """
    return session.pandas(
        f"SELECT student_id, eligibility FROM store.meal_programs WHERE {_CURRENT} "
        "AND start_date <= ? AND coalesce(end_date, ?) >= ? AND eligibility IS NOT NULL "
        "QUALIFY row_number() OVER (PARTITION BY student_id "
        "ORDER BY program = 'lunch' DESC, start_date DESC, program) = 1 ORDER BY student_id",
        (last, last, first),
    )


def cep_schools(engine: Engine) -> frozenset[str]:
    """Return the schools in which everyone eats free, so that nobody's own status is known."""
    rows = engine.collect(versions(engine, SCHOOLS).select("school_id", "cep", "known_until"))
    current = rows["known_until"] >= _FOREVER
    return frozenset(str(school) for school in rows.loc[current & rows["cep"].eq(True), "school_id"])

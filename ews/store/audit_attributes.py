"""What the audit alone reads from the store: meal eligibility by student, and which schools are under CEP."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ews.engine import Session
from ews.store.schema import FOREVER

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


def cep_schools(session: Session) -> frozenset[str]:
    """Return the schools in which everyone eats free, so that nobody's own status is known."""
    return frozenset(
        str(school)
        for (school,) in session.rows(f"SELECT school_id FROM store.schools WHERE cep AND {_CURRENT}")
    )

"""Ids that lost their zeros, or kept zeros that the others lost."""

from __future__ import annotations

from ews.engine import Session, identifier
from ews.extracts.checks import counted, found
from ews.extracts.findings import Finding
from ews.extracts.schema import SCHOOLS, STUDENTS, Table

UNKNOWN_IDS = "unknown_ids"
"""Temporary table of the distinct ids (``id``) of a table that nothing known has."""


def lost_zeros(session: Session, table: Table, column: str) -> Finding | None:
    """Return a warning where ids in :data:`UNKNOWN_IDS` are known ones but for the zeros in front.

    To be asked before rows with unknown ids are set aside. The finding counts ids and shows none.

    Parameters
    ----------
    column : str
        ``student_id`` or ``school_id``.
    """
    known = STUDENTS if column == "student_id" else SCHOOLS
    name = identifier(column)
    unknown, shorter, longer = session.rows(
        f"SELECT count(*), count_if(k.shortest > length(u.id)), count_if(k.longest < length(u.id)) "
        f"FROM (SELECT DISTINCT id FROM {UNKNOWN_IDS} WHERE id IS NOT NULL) u LEFT JOIN "
        f"(SELECT ltrim({name}, '0') AS bare, min(length({name})) AS shortest, "
        f"max(length({name})) AS longest "
        f"FROM known_{known.name} GROUP BY 1) k ON k.bare = ltrim(u.id, '0')"
    )[0]
    if not shorter and not longer:
        return None
    lost, count = (table.name, shorter) if shorter >= longer else (known.name, longer)
    how = "with zeros put in front" if shorter >= longer else "without the zeros in front"
    sentence = (
        f"{count} of {counted(unknown, 'unknown id')} in {column} would be known {how}: {lost} lost them"
    )
    return found("lost zeros", table.name, sentence, count=count)

"""Attributes of students that look like what somebody typed, where a group's name belongs."""

from __future__ import annotations

from ews.engine import Session, identifier
from ews.extracts.checks import counted, found
from ews.extracts.findings import Finding
from ews.extracts.lines import place_of
from ews.extracts.schema import STUDENTS

_LONGEST_NAME = 60
_SHARED_BY = 10


def free_text_findings(session: Session) -> list[Finding]:
    """Return a warning where an attribute's value is longer than a name, or speaks of somebody by a number.

    The rule: more than 60 characters; or a digit in several words ("see file 123") that fewer than ten rows
    have, those stored counted with those that come. A code of one word ("504") and a program that many are
    in ("504 plan") are no free text. Values are never shown.
    """
    columns = [name for name in STUDENTS.column_names if name not in STUDENTS.key]
    suspects = " UNION ALL ".join(_suspects(name) for name in columns)
    rows, file, line, named = session.rows(
        "SELECT count(*), min_by(_file, (_file, _line)), min_by(_line, (_file, _line)), "
        f"string_agg(DISTINCT attribute, ', ' ORDER BY attribute) FROM ({suspects})"
    )[0]
    if not rows:
        return []
    sentence = f"{counted(rows, 'value')} of {named} with more in it than the name of a group"
    where = place_of(file, line)
    return [found("free text in an attribute", STUDENTS.name, sentence, where=where, count=rows)]


def _suspects(name: str) -> str:
    column = identifier(name)
    return (
        f"SELECT '{name}' AS attribute, _file, _line FROM ("
        "SELECT *, count(*) OVER (PARTITION BY value) AS alike FROM ("
        f"SELECT trim({column}) AS value, _file, _line, true AS is_new FROM typed_students UNION ALL "
        f"SELECT trim({column}), NULL, NULL, false FROM store.students "
        "WHERE NOT withdrawn AND known_until = TIMESTAMP '9999-12-31 00:00:00')) "
        f"WHERE is_new AND (length(value) > {_LONGEST_NAME} OR alike < {_SHARED_BY} "
        r"AND regexp_matches(value, '\d') AND regexp_matches(value, '\s'))"
    )

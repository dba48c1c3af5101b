"""The codes of a column, with their rows: the only values that leave the survey.

A column that is taken for codes may hold a name or a sentence after all. So of a table about students
a value is shown only where it is one of the contract's own words, a grade, at most four characters, or
words that stand beside several students; never where it is a student's id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ews.engine import Session, identifier, literal
from ews.survey.column_facts import ColumnFacts
from ews.survey.counting import Counts
from ews.survey.matching import Match

_MOST_CODES = 80
_LONGEST_CODE = 40
_SHORT = r"[A-Za-z0-9+/*.#-]{1,4}|(?i:grade )?\d{1,2}(?i:st|nd|rd|th)?(?i: grade)?"
_WORDS = r"[A-Za-z][A-Za-z &/()_.,-]*"
_ROWS_OF_A_WORD, _STUDENTS_OF_A_WORD = 5, 3


@dataclass(frozen=True)
class CodeCount:
    """A code and its rows."""

    text: str
    rows: int


@dataclass(frozen=True)
class Codes:
    """The codes of a column.

    Attributes
    ----------
    shown : tuple of CodeCount
        Those that may be shown, the most frequent first.
    different, withheld, withheld_rows : int
        How many values there are, how many of them are not shown, and the rows of those.
    rows, blank : int
        Rows of the table, and those whose cell is empty.
    """

    shown: tuple[CodeCount, ...]
    different: int
    withheld: int
    withheld_rows: int
    rows: int
    blank: int


def shown_codes(
    session: Session,
    counts: Counts,
    match: Match,
    column: ColumnFacts,
    words: Sequence[str],
    ids: Sequence[str],
    *,
    by_profile: bool = False,
) -> Codes | None:
    """Return the codes of a column; None where its values are too many or too long to be codes.

    Parameters
    ----------
    words : sequence of str
        What means something in this column without a decision: the contract's own words, and a profile's.
    ids : sequence of str
        Subqueries of student ids.
    by_profile : bool
        Whether a profile says that the column holds codes: a rare word is then one too.
    """
    values, rows = counts.of(match.export, column), counts.rows(match.export, column)
    number, longest, filled = session.rows(
        f"SELECT count(*), coalesce(max(length(value)), 0), coalesce(sum(rows), 0) FROM {values}"
    )[0]
    if number > _MOST_CODES or longest > 4 * _LONGEST_CODE:
        return None
    found = session.rows(
        f"SELECT value, rows FROM {values} WHERE {_may_be_shown(match, column, words, ids, by_profile)} "
        "ORDER BY rows DESC, value"
    )
    shown = tuple(CodeCount(str(value), int(count)) for value, count in found)
    hidden = int(filled) - sum(each.rows for each in shown)
    return Codes(shown, int(number), int(number) - len(shown), hidden, rows, rows - int(filled))


def _may_be_shown(
    match: Match, column: ColumnFacts, words: Sequence[str], ids: Sequence[str], by_profile: bool
) -> str:
    listed = ", ".join(literal(word.lower()) for word in words)
    canonical = (
        f"(lower(value) IN ({listed}) OR regexp_replace(lower(value), '[\\s-]+', '_', 'g') IN ({listed}))"
    )
    if "student_id" not in match.table.column_names:
        return f"{canonical} OR length(value) <= {_LONGEST_CODE}"
    no_id = " AND ".join(f"value NOT IN (SELECT value FROM {each})" for each in ids) or "true"
    short = f"regexp_full_match(value, {literal(_SHORT)})"
    wordy = f"length(value) <= {_LONGEST_CODE} AND regexp_full_match(value, {literal(_WORDS)})"
    several = "true" if by_profile else _of_several_students(match, column)
    return f"{canonical} OR ({no_id} AND ({short} OR ({wordy} AND {several})))"


def _of_several_students(match: Match, column: ColumnFacts) -> str:
    student = match.column("student_id")
    if student is None:
        return "false"
    cell, who = identifier(column.cell), identifier(student.cell)
    return (
        f"rows >= {_ROWS_OF_A_WORD} AND value IN (SELECT {cell} FROM "
        f"{match.export.relation} WHERE regexp_full_match({cell}, {literal(_WORDS)}) AND length({cell}) > 4 "
        f"GROUP BY 1 HAVING count(DISTINCT {who}) >= {_STUDENTS_OF_A_WORD})"
    )

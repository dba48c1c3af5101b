"""Every value of the columns that matter, with its rows, counted over whole files; it stays in DuckDB.

Only :func:`code_counts` hands values out, and only those that look like codes and not like students.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ews.engine import Session, identifier, literal
from ews.survey.column_facts import ColumnFacts
from ews.survey.date_formats import formats_for, formats_that_read_all, signature_sql
from ews.survey.exports import Export

_COUNTS = "value_counts"
_MOST_CODES = 80
_LONGEST_CODE = 40
_SHORT = r"[A-Za-z0-9+/*.#-]{1,4}|(19|20)\d\d[-/](\d\d|(19|20)\d\d)|(?i:grade )?\d{1,2}(?i:st|nd|rd|th)?(?i: grade)?"
_WORDS = r"[A-Za-z][A-Za-z &/()_.,-]*"
_ROWS_OF_A_WORD = 5


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
    withheld, withheld_rows : int
        How many others there are, and their rows: long or rare texts that could be about a student.
    rows, blank : int
        Rows of the table, and those whose cell is empty.
    """

    shown: tuple[CodeCount, ...]
    withheld: int
    withheld_rows: int
    rows: int
    blank: int


class Counts:
    """Values and rows of columns of exports, counted once each."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._done: set[tuple[str, int]] = set()
        session.execute(
            f"CREATE TEMP TABLE {_COUNTS} (relation VARCHAR, cell VARCHAR, value VARCHAR, rows BIGINT)"
        )

    def count(self, export: Export, columns: Iterable[ColumnFacts]) -> None:
        """Count the values of columns over the whole export, in one reading of it."""
        new = [each for each in columns if (export.relation, each.position) not in self._done]
        if not new:
            return
        self._done |= {(export.relation, each.position) for each in new}
        cells = [identifier(each.cell) for each in new]
        which = " ".join(
            f"WHEN grouping({cell}) = 0 THEN {literal(each.cell)}"
            for cell, each in zip(cells, new, strict=True)
        )
        sets = ", ".join(f"({cell})" for cell in cells)
        self._session.execute(
            f"INSERT INTO {_COUNTS} SELECT {literal(export.relation)}, CASE {which} END, "
            f"coalesce({', '.join([*cells, 'NULL'])}), count(*) FROM {export.relation} "
            f"GROUP BY GROUPING SETS ({sets})"
        )

    def of(self, export: Export, column: ColumnFacts) -> str:
        """Return a subquery (value, rows) over the filled cells of a column."""
        self.count(export, [column])
        return f"(SELECT value, rows FROM {self._where(export, column)} AND value IS NOT NULL)"

    def rows(self, export: Export, column: ColumnFacts) -> int:
        """Return the number of rows of an export."""
        self.count(export, [column])
        return int(self._session.value(f"SELECT coalesce(sum(rows), 0) FROM {self._where(export, column)}"))

    def different(self, export: Export, column: ColumnFacts) -> int:
        """Return how many different values a column has."""
        return int(self._session.value(f"SELECT count(*) FROM {self.of(export, column)}"))

    def _where(self, export: Export, column: ColumnFacts) -> str:
        return f"{_COUNTS} WHERE relation = {literal(export.relation)} AND cell = {literal(column.cell)}"

    def date_formats(self, export: Export, column: ColumnFacts) -> tuple[str, ...]:
        """Return every form that reads all filled cells of a column as days."""
        values = self.of(export, column)
        shapes = self._session.rows(f"SELECT DISTINCT {signature_sql('value')} FROM {values} LIMIT 9")
        candidates = formats_for(tuple(sorted(str(shape) for (shape,) in shapes)))
        return formats_that_read_all(self._session, values, "value", candidates)

    def shared(self, one: tuple[Export, ColumnFacts], other: tuple[Export, ColumnFacts]) -> float:
        """Return the share of one column's different values that stand in the other; 0 for an empty one."""
        return self._shared(one, other, "value")

    def shared_without_zeros(
        self, one: tuple[Export, ColumnFacts], other: tuple[Export, ColumnFacts]
    ) -> float:
        """Return that share with leading zeros taken off on both sides."""
        return self._shared(one, other, "ltrim(value, '0')")

    def _shared(
        self, one: tuple[Export, ColumnFacts], other: tuple[Export, ColumnFacts], value: str
    ) -> float:
        mine, theirs = self.of(*one), self.of(*other)
        share = self._session.value(
            f"SELECT avg(CAST({value} IN (SELECT {value} FROM {theirs}) AS INTEGER)) FROM {mine}"
        )
        return float(share or 0.0)

    def codes(
        self, export: Export, column: ColumnFacts, words: Sequence[str], students: Sequence[str]
    ) -> Codes | None:
        """Return the codes of a column with their rows; None where its values are not codes.

        ``words`` are the contract's own, shown however rare they are. ``students`` are subqueries of
        student ids: a value that stands among them is never shown.
        """
        values, rows = self.of(export, column), self.rows(export, column)
        number, longest, filled = self._session.rows(
            f"SELECT count(*), coalesce(max(length(value)), 0), coalesce(sum(rows), 0) FROM {values}"
        )[0]
        if number > _MOST_CODES or longest > 4 * _LONGEST_CODE:
            return None
        kept = f"({_is_code(words)})"
        for ids in students:
            kept += f" AND value NOT IN (SELECT value FROM {ids})"
        found = self._session.rows(f"SELECT value, rows FROM {values} WHERE {kept} ORDER BY rows DESC, value")
        shown = tuple(CodeCount(str(value), int(count)) for value, count in found)
        hidden = int(filled) - sum(each.rows for each in shown)
        return Codes(shown, int(number) - len(shown), hidden, rows, rows - int(filled))


def _is_code(words: Sequence[str]) -> str:
    """Return SQL for what may be shown: short codes, and words that come often enough to be nobody's own."""
    listed = ", ".join(literal(word.lower()) for word in words) or "''"
    return (
        f"regexp_full_match(value, {literal(_SHORT)}) OR "
        f"regexp_replace(lower(value), '[\\s-]+', '_', 'g') IN ({listed}) OR (rows >= {_ROWS_OF_A_WORD} "
        f"AND length(value) <= {_LONGEST_CODE} AND regexp_full_match(value, {literal(_WORDS)}))"
    )

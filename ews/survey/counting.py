"""Every value of the columns that matter, with its rows, counted over whole files; values stay in DuckDB."""

from __future__ import annotations

from collections.abc import Iterable

from ews.engine import Session, identifier, literal
from ews.survey.column_facts import ColumnFacts
from ews.survey.date_formats import formats_for, formats_that_read_all, signature_sql
from ews.survey.exports import Export

_COUNTS = "value_counts"


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

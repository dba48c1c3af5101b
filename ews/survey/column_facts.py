"""What the cells of a column look like, without one of them: counts, shapes and forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ews.engine import Session, identifier
from ews.survey.date_formats import formats_for, formats_that_read_all, signature_sql

SAMPLE_ROWS = 20_000

_BOOLEANS = "('true', 't', '1', 'yes', 'y', 'false', 'f', '0', 'no', 'n')"
_YEAR = r"'(19|20)\d\d([-/](\d\d|(19|20)\d\d))?'"


@dataclass(frozen=True)
class ColumnFacts:
    """What a sample of a column shows.

    Attributes
    ----------
    filled, distinct, longest : int
        Cells that are not empty, how many different ones, and the length of the longest.
    date_formats : tuple of str
        Every form that reads all cells as days.
    numbers, shares, booleans, school_years, worded : bool
        Whether all cells are numbers; numbers from 0 to 1; what is read as true or false; written like
        ``2026`` or ``2025-26``; or whether many hold spaces or commas, as names and sentences do.
    """

    name: str
    position: int
    filled: int
    distinct: int
    longest: int
    date_formats: tuple[str, ...] = ()
    numbers: bool = False
    shares: bool = False
    booleans: bool = False
    school_years: bool = False
    worded: bool = False

    @property
    def cell(self) -> str:
        """The column's name in DuckDB."""
        return cell_name(self.position)

    @property
    def codes(self) -> bool:
        """Whether the cells look like codes: few and short ones that come again and again."""
        return 0 < self.distinct <= 60 and self.longest <= 40 and self.filled >= 2 * self.distinct


def cell_name(position: int) -> str:
    """Return the name in DuckDB of the column at a position."""
    return f"c{position}"


def column_facts(session: Session, sample: str, header: Sequence[str]) -> tuple[ColumnFacts, ...]:
    """Return the facts of every column of a sample (a table with columns c0, c1, …; empty is null)."""
    if not header:
        return ()
    selects = ", ".join(_facts_sql(cell_name(position)) for position in range(len(header)))
    (row,) = session.rows(f"SELECT {selects} FROM {sample}")
    return tuple(_facts(session, sample, name, at, row[at]) for at, name in enumerate(header))


def _facts_sql(column: str) -> str:
    cell = identifier(column)
    number = f"TRY_CAST({cell} AS DOUBLE)"
    return (
        f"{{'filled': count({cell}), 'different': count(DISTINCT {cell}), "
        f"'longest': coalesce(max(length({cell})), 0), "
        f"'signatures': list_sort(list(DISTINCT {signature_sql(cell)}) "
        f"FILTER ({cell} IS NOT NULL))[1:8], "
        f"'numbers': bool_and({number} IS NOT NULL) FILTER ({cell} IS NOT NULL), "
        f"'shares': bool_and(coalesce({number} BETWEEN 0 AND 1, false)) FILTER ({cell} IS NOT NULL), "
        f"'booleans': bool_and(lower({cell}) IN {_BOOLEANS}), "
        f"'years': bool_and(regexp_full_match({cell}, {_YEAR})), "
        f"'worded': avg(CAST(regexp_matches({cell}, '[\\s,]') AS INTEGER)) > 0.05}}"
    )


def _facts(session: Session, sample: str, name: str, position: int, row: dict[str, object]) -> ColumnFacts:
    signatures = tuple(str(each) for each in row["signatures"] or [])  # type: ignore[attr-defined]
    formats = formats_that_read_all(session, sample, cell_name(position), formats_for(signatures))
    return ColumnFacts(
        name=name,
        position=position,
        filled=int(str(row["filled"])),
        distinct=int(str(row["different"])),
        longest=int(str(row["longest"])),
        date_formats=formats,
        numbers=bool(row["numbers"]),
        shares=bool(row["shares"]),
        booleans=bool(row["booleans"]),
        school_years=bool(row["years"]),
        worded=bool(row["worded"]),
    )

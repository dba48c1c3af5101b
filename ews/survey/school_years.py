"""How an export numbers its school years: by the spring year, the fall year, or both."""

from __future__ import annotations

from collections.abc import Sequence

from ews.engine import Session, identifier, literal
from ews.survey.column_facts import ColumnFacts
from ews.survey.matching import Match
from ews.survey.meanings import spring_year
from ews.survey.proposal import Entry, TableProposal, undecided

_FIRST_MONTH_OF_A_YEAR = 7
_NEARLY_ALL = 0.9
_MOST_YEARS = 60
_ENDS = "the year in which it ends"


def add_school_years(session: Session, proposal: TableProposal, match: Match, forms: Sequence[str]) -> None:
    """Map school years to the year in which they end, where the text or the dates beside it say it.

    ``forms`` are the readings of the table's dates; several differ in day and month only.
    """
    facts, date = match.column("school_year"), match.column(match.table.date)
    if facts is None or not facts.filled:
        return
    cell = identifier(facts.cell)
    found = session.rows(
        f"SELECT DISTINCT {cell} FROM {match.export.relation} WHERE regexp_full_match({cell}, "
        f"'(19|20)\\d\\d([-/](\\d\\d|(19|20)\\d\\d))?') ORDER BY 1 LIMIT {_MOST_YEARS}"
    )
    years = [str(year) for (year,) in found]
    spelled = [year for year in years if not year.isdigit()]
    if spelled:
        proposal.codes["school_year"] = {
            year: Entry(spring_year(year), _ENDS) if spring_year(year) else undecided(_ENDS)
            for year in spelled
        }
    elif date is not None and forms:
        proposal.codes |= _compared(session, match.export.relation, facts, date, forms[0], years)


def _compared(
    session: Session, relation: str, year: ColumnFacts, date: ColumnFacts, form: str, years: list[str]
) -> dict[str, dict[str, Entry]]:
    """Compare years of one number with the dates of their rows: 2025 may be 2024-25 or 2025-26."""
    day = f"try_strptime({identifier(date.cell)}, {literal(form)})"
    spring = f"(year({day}) + CAST(month({day}) >= {_FIRST_MONTH_OF_A_YEAR} AS INTEGER))"
    label = f"TRY_CAST({identifier(year.cell)} AS INTEGER)"
    same, fall = session.rows(
        f"SELECT coalesce(avg(CAST({label} = {spring} AS INTEGER)), 0), "
        f"coalesce(avg(CAST({label} + 1 = {spring} AS INTEGER)), 0) FROM {relation}"
    )[0]
    if same >= _NEARLY_ALL:
        return {}
    if fall >= _NEARLY_ALL:
        confirm = "please confirm: its dates begin in the fall of that year"
        return {"school_year": {each: Entry(str(int(each) + 1), confirm) for each in years}}
    return {"school_year": {each: undecided(f"its dates do not agree; write {_ENDS}") for each in years}}

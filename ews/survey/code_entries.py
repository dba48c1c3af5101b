"""The codes of a source, each with its rows: mapped where the text says it, otherwise left to a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ews.engine import Session
from ews.extracts.schema import Column
from ews.survey.column_facts import ColumnFacts
from ews.survey.counting import Counts
from ews.survey.matching import Match
from ews.survey.meanings import canonical_words, meaning_of
from ews.survey.proposal import Entry, TableProposal, undecided
from ews.survey.shown_codes import CodeCount, Codes, shown_codes

_NOT_CODES = "Its values do not look like codes"


def add_codes(
    session: Session,
    proposal: TableProposal,
    match: Match,
    counts: Counts,
    ids: Sequence[str],
    mapped: Mapping[str, Collection[str]],
) -> None:
    """Add the codes of every column that has a fixed list of meanings.

    Parameters
    ----------
    ids : sequence of str
        Subqueries of student ids; none of them is ever shown as a code.
    mapped : mapping
        Column to the codes that a profile maps already.
    """
    for column in match.table.columns:
        facts = match.column(column.name)
        if facts is None or not facts.filled or not _has_meanings(column, facts):
            continue
        by_profile = mapped.get(column.name, ())
        words = [*canonical_words(proposal.table, column.name), *by_profile]
        codes = shown_codes(session, counts, match, facts, words, ids, by_profile=bool(by_profile))
        if codes is not None and by_profile:
            codes = _without_mapped(proposal, column, codes, by_profile)
        _add(proposal, column, facts, codes)


def _without_mapped(proposal: TableProposal, column: Column, codes: Codes, mapped: Collection[str]) -> Codes:
    """Take out what a profile maps, and say it."""
    known = [code for code in codes.shown if code.text in mapped]
    listed = ", ".join(f"{code.text} {code.rows:,}" for code in known)
    if known:
        proposal.notes.append(f"{column.name}: the profile maps these, with their rows: {listed}")
    return replace(codes, shown=tuple(code for code in codes.shown if code.text not in mapped))


def _has_meanings(column: Column, facts: ColumnFacts) -> bool:
    return bool(column.values) or column.name == "code" or (column.type == "boolean" and not facts.booleans)


def _add(proposal: TableProposal, column: Column, facts: ColumnFacts, codes: Codes | None) -> None:
    table = proposal.table
    is_attendance = column.name == "code"
    if codes is None or (is_attendance and codes.withheld == codes.different):
        name = proposal.columns.get(column.name, Entry(facts.name)).value
        proposal.columns[column.name] = undecided(f"{name}? {_NOT_CODES}")
        if is_attendance:
            proposal.settings["codes"] = undecided("what each code of that column means")
        return
    entries = {
        code.text: _entry(table, column.name, code, codes.rows)
        for code in codes.shown
        if is_attendance or not _is_canonical(table, column.name, code.text)
    }
    if column.name == "grade" and all(
        len(text) == 1 and entry.value == f"0{text}" for text, entry in entries.items()
    ):
        entries = {}  # a single digit is read as a grade without being mapped
    if entries:
        proposal.codes[column.name] = entries
    _note_the_rest(proposal, column, codes)


def _is_canonical(table: str, column: str, text: str) -> bool:
    return text in canonical_words(table, column)


def _entry(table: str, column: str, code: CodeCount, rows: int) -> Entry:
    remark = f"{code.rows:,} row{'s' if code.rows > 1 else ''} ({_share(code.rows, rows)})"
    meaning = meaning_of(table, column, code.text)
    if meaning.value:
        return Entry(meaning.value, remark)
    return undecided(f"{remark}; often {meaning.suggestion}" if meaning.suggestion else remark)


def _share(part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 0.0
    return "under 0.1%" if 0 < share < 0.1 else f"{share:.1f}%"


def _note_the_rest(proposal: TableProposal, column: Column, codes: Codes) -> None:
    if codes.withheld:
        proposal.notes.append(
            f"{column.name}: values that are rare or long are not shown ({codes.withheld}, in "
            f"{codes.withheld_rows:,} rows): look at them in the file, and map them too"
        )
    if codes.blank and column.required:
        proposal.notes.append(
            f"{column.name}: {codes.blank:,} of {codes.rows:,} rows are empty there, and would be set aside"
        )

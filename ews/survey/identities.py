"""Whose ids are whose: which column's ids are found again in the students and schools files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ews.survey.column_facts import ColumnFacts
from ews.survey.column_names import KNOWN, LIKELY, name_score
from ews.survey.counting import Counts
from ews.survey.exports import Export
from ews.survey.matching import BY_VALUES, Choice, Match, fits
from ews.survey.placing import Placing

_MOST = 0.9
_FEW = 0.5
_SAME = 0.02
_TOO_FEW_IDS = {"student_id": 5, "school_id": 2}
_TOO_SHORT = 3
_HOMES = {"student_id": "students", "school_id": "schools"}


def settle_identities(placing: Placing, counts: Counts) -> None:
    """Choose, among the columns that could hold an id, those whose ids are found again elsewhere."""
    for canonical, home in _HOMES.items():
        others = [
            each
            for name, each in placing.matches.items()
            if name != home and canonical in each.table.column_names
        ]
        reference = placing.matches.get(home)
        if reference is None:
            continue
        _settle_home(reference, canonical, others, counts)
        column = reference.column(canonical)
        if column is not None:
            for each in others:
                _settle_one(each, canonical, reference, column, counts)


def count_ids(placing: Placing, counts: Counts) -> None:
    """Count, in one reading of each export, every column that may be asked for later."""
    for each in placing.matches.values():
        ids = [column for name in _HOMES if name in each.table.column_names for column in _named(each, name)]
        coded = [
            facts
            for column in each.table.columns
            if (column.values or column.name == "code" or column.type in ("date", "boolean"))
            and (facts := each.column(column.name)) is not None
        ]
        counts.count(each.export, {facts.position: facts for facts in (*ids, *coded)}.values())


def unknown_share(each: Match, canonical: str, placing: Placing, counts: Counts) -> float:
    """Return the share of a table's different ids that the students or schools file does not have."""
    home = _home(each, canonical, placing)
    return 1 - counts.shared(*home) if home else 0.0


def has_lost_zeros(each: Match, canonical: str, placing: Placing, counts: Counts) -> bool:
    """Return whether a table's ids agree with the students or schools file only without leading zeros."""
    home = _home(each, canonical, placing)
    if home is None or counts.shared(*home) >= _FEW:
        return False
    return counts.shared_without_zeros(*home) >= _MOST


def _home(
    each: Match, canonical: str, placing: Placing
) -> tuple[tuple[Export, ColumnFacts], tuple[Export, ColumnFacts]] | None:
    """Return a table's ids and those of the students or schools file; None where one has none."""
    reference, mine = placing.matches.get(_HOMES[canonical]), each.column(canonical)
    theirs = reference.column(canonical) if reference else None
    if reference is None or theirs is None or mine is None or each is reference:
        return None
    return (each.export, mine), (reference.export, theirs)


def _named(each: Match, canonical: str) -> list[ColumnFacts]:
    """Return the columns that could hold an id by their names, those of the choice first."""
    choice = each.choices.get(canonical)
    listed = [*([choice.column] if choice and choice.column else []), *(choice.others if choice else ())]
    column = next(column for column in each.table.columns if column.name == canonical)
    return listed + [
        facts
        for facts in each.export.facts
        if facts not in listed
        and name_score(each.table.name, canonical, facts.name) >= LIKELY
        and fits(each.table, column, facts)
        and _is_free(each, facts)
    ]


def _is_free(each: Match, facts: ColumnFacts) -> bool:
    return all(choice.column != facts for choice in each.choices.values())


def _settle_home(reference: Match, canonical: str, others: Iterable[Match], counts: Counts) -> None:
    """Where the home file has several ids, take the one that the other files use."""
    candidates = _named(reference, canonical)
    if len(candidates) < 2:
        return
    support = {each.position: 0.0 for each in candidates}
    for other in others:
        for mine in _named(other, canonical):
            for each in candidates:
                share = counts.shared((other.export, mine), (reference.export, each))
                support[each.position] = max(support[each.position], share)
    _take_best(reference, canonical, candidates, support)


def _settle_one(each: Match, canonical: str, reference: Match, column: ColumnFacts, counts: Counts) -> None:
    candidates = _named(each, canonical) or _by_values(each, canonical)
    if not candidates:
        return
    shares = {
        mine.position: counts.shared((each.export, mine), (reference.export, column)) for mine in candidates
    }
    if canonical in each.choices or max(shares.values()) >= _MOST:
        _take_best(each, canonical, candidates, shares)


def _by_values(each: Match, canonical: str) -> list[ColumnFacts]:
    """Return columns whose cells could be ids; a few small numbers could be anything."""
    column = next(column for column in each.table.columns if column.name == canonical)
    return [
        facts
        for facts in each.export.facts
        if facts.distinct >= _TOO_FEW_IDS[canonical]
        and facts.longest >= _TOO_SHORT
        and fits(each.table, column, facts)
        and not facts.date_formats
        and _is_free(each, facts)
    ]


def _take_best(each: Match, canonical: str, candidates: list[ColumnFacts], shares: dict[int, float]) -> None:
    """Take the candidate whose ids are found again the most; leave open what the ids do not decide."""
    top = max(shares.values())
    best = [mine for mine in candidates if top - shares[mine.position] <= _SAME]
    before = each.choices.get(canonical)
    found_again = f"{top:.0%} of its ids are found again in the {_HOMES[canonical]} file"
    if len(best) == 1 and top >= _FEW:
        score = max((name_score(each.table.name, canonical, best[0].name), BY_VALUES))
        kept = BY_VALUES if score < LIKELY else LIKELY if top < _MOST else KNOWN
        others = tuple(mine for mine in candidates if mine != best[0] and score >= LIKELY)
        each.choices[canonical] = Choice(best[0], kept, others, found_again)
    elif before is None:
        each.choices[canonical] = Choice(None, BY_VALUES, tuple(best))
    elif before.column is not None and before.score < KNOWN and top >= _MOST:
        each.choices[canonical] = replace(before, why=found_again)

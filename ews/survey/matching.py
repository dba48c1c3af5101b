"""Which column of an export is which column of a table: by name first, and only where the cells agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ews.extracts.schema import Column, Table
from ews.survey.column_facts import ColumnFacts
from ews.survey.column_names import EXACT, KNOWN, LIKELY, name_score
from ews.survey.exports import Export

BY_VALUES = 0.5
"""The score of a column whose cells alone speak for it."""

_MOST_GROUPS = 60


@dataclass(frozen=True)
class Choice:
    """What stands for one canonical column.

    Attributes
    ----------
    column : ColumnFacts, optional
        The column; None where several are equally good.
    score : float
        From :data:`~ews.survey.column_names.EXACT` down to :data:`BY_VALUES`.
    others : tuple of ColumnFacts
        The other candidates; without ``column``, all of them.
    why : str
        What a person should know who confirms it.
    """

    column: ColumnFacts | None
    score: float
    others: tuple[ColumnFacts, ...] = ()
    why: str = ""


@dataclass
class Match:
    """An export seen as a table."""

    table: Table
    export: Export
    choices: dict[str, Choice] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """The required columns for which nothing was found."""
        return tuple(
            column.name
            for column in self.table.columns
            if column.required and column.name not in self.choices
        )

    @property
    def score(self) -> float:
        """How well the export fills the table: the required columns' mean, and a little for optional ones."""
        required = [column.name for column in self.table.columns if column.required]
        optional = [name for name in self.choices if name not in required]
        filled = sum(self.choices[name].score for name in required if name in self.choices)
        return filled / len(required) + 0.02 * sum(self.choices[name].score for name in optional)

    def column(self, canonical: str) -> ColumnFacts | None:
        """Return the column chosen for a canonical one."""
        choice = self.choices.get(canonical)
        return choice.column if choice else None

    @property
    def not_read(self) -> tuple[str, ...]:
        """The names of the columns that nothing is read from."""
        taken = {choice.column.position for choice in self.choices.values() if choice.column}
        taken |= {
            each.position
            for choice in self.choices.values()
            if choice.column is None
            for each in choice.others
        }
        return tuple(each.name for each in self.export.facts if each.position not in taken and each.name)


def match(table: Table, export: Export) -> Match:
    """Return an export seen as a table, each column taken at most once, the best names first."""
    seen = Match(table, export)
    twice = doubled_names(export)
    free = [facts for facts in export.facts if facts.name and facts.name not in twice]
    for tier in (EXACT, KNOWN, LIKELY):
        for column in table.columns:
            if column.name in seen.choices:
                continue
            candidates = _candidates(table, column, free, tier)
            if candidates:
                seen.choices[column.name] = _choice(candidates, tier)
                free = [each for each in free if each not in candidates[:1] or len(candidates) > 1]
    return _with_runners_up(seen, free)


def doubled_names(export: Export) -> tuple[str, ...]:
    """Return the names that several columns of an export share: which is meant cannot be said."""
    names = Counter(facts.name for facts in export.facts if facts.name)
    return tuple(name for name, times in names.items() if times > 1)


def _candidates(table: Table, column: Column, free: Sequence[ColumnFacts], tier: float) -> list[ColumnFacts]:
    named = [each for each in free if name_score(table.name, column.name, each.name) == tier]
    fitting = [each for each in named if fits(table, column, each)]
    filled = [each for each in fitting if each.filled]
    return filled or fitting


def _choice(candidates: list[ColumnFacts], tier: float) -> Choice:
    if len(candidates) > 1:
        return Choice(None, tier, tuple(candidates))
    (only,) = candidates
    return Choice(only, tier, why="" if tier > LIKELY else "the name alone does not say so")


def _with_runners_up(seen: Match, free: list[ColumnFacts]) -> Match:
    """Name, beside a choice, the columns whose names are almost as good."""
    for column in seen.table.columns:
        choice = seen.choices.get(column.name)
        if choice is None or choice.column is None or choice.score < KNOWN:
            continue
        also = tuple(
            each
            for each in free
            if name_score(seen.table.name, column.name, each.name) >= KNOWN and fits(seen.table, column, each)
        )
        if also:
            seen.choices[column.name] = Choice(choice.column, choice.score, also, choice.why)
    return seen


def fits(table: Table, column: Column, facts: ColumnFacts) -> bool:
    """Return whether a column's cells can be what a canonical column holds.

    An empty column fits an optional one.
    """
    if not facts.filled:
        return not column.required
    if column.name in ("student_id", "school_id", "visit_id"):
        return not facts.worded
    if column.type in ("date", "time"):
        return bool(facts.date_formats) and (
            column.type == "date" or facts.date_formats[0].startswith("%Y-%m-%d")
        )
    if column.type == "boolean":
        return facts.booleans or (facts.codes and not facts.date_formats)
    if column.type == "integer":
        return facts.school_years
    if column.type in ("fraction", "number"):
        return facts.shares if column.type == "fraction" else facts.numbers
    if column.values or column.name == "code" or table.name == "students":
        return facts.distinct <= _MOST_GROUPS and not facts.date_formats and not facts.school_years
    return True

"""The district's definition and those beside it, at both grains, with small cells suppressed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ews.config import Config
from ews.definitions import Grain, NamedDefinition
from ews.engine import Session
from ews.progress import Progress, silent
from ews.rates.cells import Cell, cells_of
from ews.rates.choice import GRAINS, at_grains, chosen, not_computed
from ews.rates.counts import Column, Counts, count
from ews.rates.school_year import YearInView, YearReach, view_year
from ews.rates.small_cells import Status, groups_of, statuses
from ews.rates.small_steps import ShownStep, shown_steps
from ews.rates.students import students_of
from ews.rates.walks import Judge, State, Walk, states_between, walk
from ews.rates.wording import meaning_of, reason_of

TOTAL = ("district", "")


@dataclass(frozen=True)
class Reconciliation:
    """From one column to another in steps; the totals are suppressed where the tables suppress them."""

    start: Column
    end: Column
    total: tuple[Cell, Cell]
    steps: tuple[ShownStep, ...]


@dataclass(frozen=True)
class Rates:
    """Everything that ``ews rates`` says; nothing in it is below the minimum.

    Attributes
    ----------
    definitions : tuple of NamedDefinition
        The district's own first, then the others in the order asked for.
    not_computed : dict
        Definitions that cannot be computed, and why.
    cells : dict
        By column, and within it by ``(by, group)``: ("district", ""), ("school", id), ("grade", grade).
    """

    district: str
    year: YearReach
    minimum: int
    definitions: tuple[NamedDefinition, ...]
    not_computed: Mapping[str, str]
    cells: Mapping[Column, Mapping[tuple[str, str], Cell]]
    groups: Mapping[str, Sequence[str]]
    reconciliations: tuple[Reconciliation, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the machine-readable object of ``--json``."""
        first, last = self.year.counted_to
        return {
            "district": self.district,
            "school_year": self.year.school_year,
            "complete": self.year.complete,
            "counted_to": {"earliest": first.isoformat(), "latest": last.isoformat()},
            "schools": [
                {
                    "school_id": each.school_id,
                    "school_name": each.name,
                    "counted_to": each.counted_to.isoformat() if each.counted_to else None,
                    "days_without_attendance": each.days_without,
                }
                for each in self.year.schools
            ],
            "min_cell": self.minimum,
            "definitions": [self._definition(each) for each in self.definitions],
            "rates": [row for column in self.cells for row in self._rates(column)],
            "reconciliations": [_reconciliation(each) for each in self.reconciliations],
        }

    def _definition(self, definition: NamedDefinition) -> dict[str, Any]:
        rules = definition.model_dump(mode="json")
        reason = self.not_computed.get(definition.name)
        return {**rules, "meaning": meaning_of(definition), "not_computed": reason}

    def _rates(self, column: Column) -> list[dict[str, Any]]:
        return [
            {
                "definition": column.definition,
                "grain": column.grain,
                "by": by,
                "group": group,
                "n": cell.n,
                "chronic": cell.chronic,
                "rate": cell.rate,
                "about": cell.about or None,
            }
            for (by, group), cell in self.cells[column].items()
        ]


def rates(
    session: Session,
    config: Config,
    *,
    school_year: int | None = None,
    names: Sequence[str] = (),
    grains: Sequence[Grain] = GRAINS,
    progress: Progress = silent,
) -> Rates:
    """Count one school year under several definitions.

    Parameters
    ----------
    session : Session
        A session with the store attached (:func:`ews.store.schema.read_store`).
    school_year : int, optional
        The spring year; by default the newest with attendance.
    names : sequence of str
        Which definitions; by default the district's own and those in ``definition.beside``.
    grains : sequence of str
        ``district``, ``school`` or both: fewer columns side by side leave more counts to show.

    Raises
    ------
    UsageError
        If a definition or the school year is not known.
    DataRefused
        If no attendance was delivered for the year, or none of the definitions can be computed.
    """
    progress("Placing absences", 0.0)
    definitions = chosen(config.definition, names)
    year = view_year(session, config, school_year)
    impossible = not_computed(definitions, year)
    possible = at_grains([each for each in definitions if each.name not in impossible], grains)
    progress("Counting", 0.0)
    counted = count_columns(year, possible, _ordered(grains, config.definition.grain))
    columns, walks, states = counted.columns, counted.walks, counted.states
    shown = statuses(columns, config.audit.min_cell, counted.comparable)
    cells = {column: cells_of(columns[column], shown[column]) for column in columns}
    known = _known(states, shown)
    steps = shown_steps(walks, known, config.audit.min_cell)
    reconciliations = tuple(
        Reconciliation(each.start, each.end, (cells[each.start][TOTAL], cells[each.end][TOTAL]), tuple(own))
        for each, own in zip(walks, steps, strict=True)
    )
    return Rates(
        config.district,
        year.reach,
        config.audit.min_cell,
        tuple(definitions),
        impossible,
        cells,
        groups_of(columns),
        reconciliations,
    )


@dataclass(frozen=True)
class Counted:
    """Exact counts of every column, and the steps between them: never to leave as they are."""

    columns: Mapping[Column, Counts]
    walks: Sequence[Walk]
    states: Mapping[Column, State]
    judge: Judge

    def comparable(self, one: Column, other: Column) -> frozenset[int]:
        """Return the figures of which one column contains the other."""
        return self.judge.contained(self.states[one], self.states[other])


def count_columns(
    year: YearInView, definitions: Sequence[NamedDefinition], grains: Sequence[Grain]
) -> Counted:
    """Count every definition at its grains, and the steps from the first one to the others."""
    states = {
        Column(each.name, grain): State(each, grain)
        for each in definitions
        for grain in grains
        if grain in each.grains
    }
    start, *others = states
    between = {end: states_between(states[start], states[end]) for end in _ends(start, others)}
    ways = [state.rules for state in states.values()]
    ways += [state.rules for steps in between.values() for _, state in steps]
    judge = Judge(students_of(year.school_days, ways))
    columns = {
        column: count(judge.students, state.grain, judge.of(state)) for column, state in states.items()
    }
    walks = [walk(start, end, steps, judge, states[start]) for end, steps in between.items()]
    return Counted(columns, walks, states, judge)


def _ordered(grains: Sequence[Grain], first: Grain) -> list[Grain]:
    return sorted(dict.fromkeys(grains), key=lambda grain: grain != first)


def _ends(start: Column, others: Sequence[Column]) -> list[Column]:
    """Return where the reconciliations lead: the other grain, and each other definition at one grain."""
    found: dict[str, Column] = {}
    for column in others:
        if column.definition not in found:
            found[column.definition] = column
    return list(found.values())


def _known(
    states: Mapping[Column, State], shown: Mapping[Column, Mapping[tuple[str, str], Status]]
) -> dict[str, frozenset[Hashable]]:
    """Return the states whose total the tables show."""
    totals = [(states[column].key, each[TOTAL]) for column, each in shown.items()]
    return {
        "counted": frozenset(key for key, status in totals if status in ("exact", "counted")),
        "chronic": frozenset(key for key, status in totals if status == "exact"),
    }


def _reconciliation(each: Reconciliation) -> dict[str, Any]:
    return {
        "from": each.start._asdict(),
        "to": each.end._asdict(),
        "chronic": [total.chronic for total in each.total],
        "counted": [total.n for total in each.total],
        "steps": [
            {
                "rule": shown.rule,
                "why": reason_of(shown.rule, shown.before, shown.after),
                **shown.figures,
            }
            for shown in each.steps
        ],
    }

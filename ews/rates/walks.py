"""From one definition to another, one rule at a time, and how many students each rule decides.

The order is stated and always the same (:data:`ORDER`): first who is counted at which school, then what
a day of absence is, then the bound. Every step changes one rule and leaves the others as they are, so the
steps add up exactly to the difference; another order would share it out differently.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ews.definitions import Grain, NamedDefinition, Rules
from ews.rates.counts import CHRONIC, COUNTED, NOT_CHRONIC, Column
from ews.rates.students import Flags, Judgement, Students

ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("prekindergarten", ("prekindergarten",)),
    ("leavers", ("leavers",)),
    ("kinds", ("kinds",)),
    ("min_enrolled_days", ("min_enrolled_days",)),
    ("partial_day", ("partial_day",)),
    ("min_attended_days", ("min_attended_days",)),
    ("bound", ("measure", "threshold", "days", "hours_in_year", "hours_in_month")),
    ("inclusive", ("inclusive",)),
)
"""The rules in the order in which they change, after the grain, and the keys that belong to each."""


@dataclass(frozen=True)
class State:
    """A definition on the way, at a grain."""

    rules: NamedDefinition
    grain: Grain

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What it counts, whatever its name: equal for states that count alike."""
        plain = [name for name in Rules.model_fields if name not in ("name", "threshold", "kinds")]
        values = tuple(getattr(self.rules, name) for name in plain)
        return (self.grain, self.rules.exact_threshold, tuple(self.rules.kinds.items()), *values)


@dataclass(frozen=True)
class Step:
    """One rule changed: how many students it takes into the rate and out of it, and makes chronic or not.

    ``became`` and ``ceased`` count students in and out of the chronic ones, ``entered`` and ``left`` in
    and out of all who are counted.
    """

    rule: str
    before: State
    after: State
    entered: int
    left: int
    became: int
    ceased: int


@dataclass(frozen=True)
class Walk:
    """The steps from one column to another."""

    start: Column
    end: Column
    steps: tuple[Step, ...]


def states_between(start: State, end: State) -> list[tuple[str, State]]:
    """Return the rules that change and the state after each, in order; empty where nothing differs."""
    found = []
    state = start
    if start.grain != end.grain:
        state = State(start.rules, end.grain)
        found.append(("grain", state))
    for rule, keys in ORDER:
        changed = {key: getattr(end.rules, key) for key in keys}
        if any(getattr(state.rules, key) != value for key, value in changed.items()):
            state = State(state.rules.model_copy(update=changed), end.grain)
            found.append((rule, state))
    return found


def walk(start: Column, end: Column, states: list[tuple[str, State]], judge: Judge, origin: State) -> Walk:
    """Count the students whom each step decides.

    Parameters
    ----------
    states : list of (rule, State)
        What :func:`states_between` returned, from ``origin`` on.
    judge : Judge
        Who is counted and chronic in a state.
    """
    steps = []
    before = origin
    for rule, after in states:
        entered, left = judge.moved(before, after, COUNTED)
        became, ceased = judge.moved(before, after, CHRONIC)
        steps.append(Step(rule, before, after, entered, left, became, ceased))
        before = after
    return Walk(start, end, tuple(steps))


class Judge:
    """Who is counted and chronic in a state, computed once for each."""

    def __init__(self, students: Students) -> None:
        self.students = students
        self._judged: dict[Hashable, Judgement] = {}

    def of(self, state: State) -> Judgement:
        """Return the judgement of a state."""
        if state.key not in self._judged:
            self._judged[state.key] = self.students.judge(state.rules, state.grain)
        return self._judged[state.key]

    def contained(self, one: State, other: State) -> frozenset[int]:
        """Return the figures of which one state contains the other.

        At two grains they are compared only where they judge everybody alike at one: then what differs are
        the students who moved.
        """
        alike = _sets(self.of(State(one.rules, other.grain))), _sets(self.of(other))
        if one.grain != other.grain and not all((a == b).all() for a, b in zip(*alike, strict=True)):
            return frozenset()
        moves = {figure: self.moved(one, other, figure) for figure in (COUNTED, CHRONIC, NOT_CHRONIC)}
        return frozenset(figure for figure, (came, went) in moves.items() if not (came and went))

    def moved(self, before: State, after: State, figure: int) -> tuple[int, int]:
        """Return how many came to a figure (counted, chronic, not chronic) and how many left it.

        Between the grains a student is compared with their schools: chronic in the district and at two
        schools is one more, chronic in the district and at none is one less.
        """
        was, now = _sets(self.of(before))[figure], _sets(self.of(after))[figure]
        if before.grain == after.grain:
            difference = now.astype(np.int64) - was.astype(np.int64)
        else:
            difference = self._per_student(now, after.grain) - self._per_student(was, before.grain)
        return int(difference[difference > 0].sum()), int(-difference[difference < 0].sum())

    def _per_student(self, flags: Flags, grain: Grain) -> npt.NDArray[np.int64]:
        students = self.students.rows[grain]["student"].to_numpy()
        everyone = len(self.students.rows["district"])
        return np.bincount(students[flags], minlength=everyone).astype(np.int64)


def _sets(judged: Judgement) -> tuple[Flags, Flags, Flags]:
    return judged.counted, judged.chronic, judged.counted & ~judged.chronic

"""What is written down on a day: absences with their reasons, tardies, corrections, nurse visits.

Nothing here feeds back into the process: the hidden state decides, the records follow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ews.simulate import parameters as p
from ews.simulate.people import People
from ews.simulate.process import DISENGAGED, SENT_HOME, SPELL, WELL
from ews.simulate.roster import Day, Roster

CODES = ("A", "E", "S", "I", "T", "X", "P")
UNEXCUSED, EXCUSED, SUSPENDED, IN_SCHOOL, TARDY, EXEMPT, PRESENT = range(7)
CATEGORIES = ("illness", "injury", "chronic_condition", "mental_health", "medication", "other")
DISPOSITIONS = ("returned_to_class", "sent_home", "emergency", "other")
_CATEGORY_CHANCES = np.array([0.42, 0.27, 0.01, 0.0, 0.10, 0.20])
_CATEGORY_CHANCES_CONDITION = np.array([0.24, 0.12, 0.32, 0.0, 0.26, 0.06])


@dataclass
class Events:
    """Columns of events, one block a day; ``columns()`` joins them into arrays of one length."""

    blocks: list[tuple[NDArray[Any], ...]] = field(default_factory=list)

    def add(self, *columns: NDArray[Any]) -> None:
        """Add a block: arrays of one length, always in the same order."""
        self.blocks.append(columns)

    def columns(self) -> list[NDArray[Any]]:
        """Return the joined columns."""
        return [np.concatenate(parts) for parts in zip(*self.blocks, strict=True)]


class Recorder:
    """Writes down a year's days as they happen.

    Parameters
    ----------
    visits_tell : float
        How much visits to the nurse tell of absence: 0 nothing, 1 as usual; see
        :func:`ews.simulate.district.simulate`.

    Attributes
    ----------
    attendance : Events
        row, school, day, final code, absent fraction, code first written down (a different one where
        it was corrected later).
    visits : Events
        row, day, category, disposition (indices into the tuples above).
    """

    def __init__(
        self, roster: Roster, people: People, rng: np.random.Generator, visits_tell: float = 1.0
    ) -> None:
        self._roster = roster
        self._rng = rng
        self._spell_code = np.zeros(len(roster), dtype=np.int8)
        grade = roster.grade.astype(np.float32)
        self._unexcused_single = p.UNEXCUSED_SINGLE[0] + p.UNEXCUSED_SINGLE[1] * grade
        self._unexcused_spell = p.UNEXCUSED_SPELL[0] + p.UNEXCUSED_SPELL[1] * grade
        self._condition = people.condition[roster.person]
        self._visits_tell = visits_tell
        self._visit_chance = _visit_chance(roster, people, visits_tell)
        self._tardy = (p.TARDY[roster.level] * np.exp(0.5 * roster.theta)).astype(np.float32)
        self._in_school = p.IN_SCHOOL_SUSPENSION[roster.level]
        well = np.full(len(roster), WELL)
        self._marked = self._mark_chances(slice(None), well)[-1]
        self.attendance = Events()
        self.visits = Events()

    def write(self, day: Day) -> None:
        """Write down one day."""
        self._begin_spells(np.flatnonzero(day.began_spell))
        self._absences(day.t, np.flatnonzero(day.absent))
        exempt = np.flatnonzero(day.exempt)
        self._add(day.t, exempt, EXEMPT, 1.0)
        at_school = day.here & ~day.absent & ~day.exempt
        self._marks(day.t, at_school)
        self._visits(day.t, at_school)

    def _begin_spells(self, rows: NDArray[Any]) -> None:
        draw = self._rng.random((2, len(rows)), dtype=np.float32)
        code = np.where(draw[0] < self._unexcused_spell[rows], UNEXCUSED, EXCUSED)
        suspended = draw[1] < p.SUSPENSION_OF_SPELLS[self._roster.level[rows]]
        self._spell_code[rows] = np.where(suspended, SUSPENDED, code)

    def _absences(self, t: int, rows: NDArray[Any]) -> None:
        draw = self._rng.random((3, len(rows)), dtype=np.float32)
        state = self._roster.state[rows]
        single = np.where(draw[0] < self._unexcused_single[rows], UNEXCUSED, EXCUSED)
        code = np.where(state == SPELL, self._spell_code[rows], single)
        code = np.where(state == DISENGAGED, UNEXCUSED, code)
        part = (state == WELL) & (draw[1] < p.PART_DAY_OF_SINGLES)
        fraction = np.where(part, np.where(draw[2] < 0.6, 0.5, 0.75), 1.0)
        first = np.where((code == EXCUSED) & (draw[2] < p.RECODED_EXCUSED), UNEXCUSED, code)
        self._add(t, rows, code, fraction, first)

    def _marks(self, t: int, at_school: NDArray[np.bool_]) -> None:
        """Tardies, short part days, in-school suspension, absences marked by mistake: at most one each."""
        state, rng = self._roster.state, self._rng
        draw = rng.random(len(state), dtype=np.float32)
        draw[~at_school] = 1
        # Most days leave no mark on most students: what is added up is added up for those it can.
        rows = np.flatnonzero((draw < self._marked) | (state >= DISENGAGED))
        kind = np.sum([draw[rows] >= chance for chance in self._mark_chances(rows, state[rows])], axis=0)
        rows, kind = rows[kind < 4], kind[kind < 4]
        code = np.array([TARDY, EXCUSED, IN_SCHOOL, PRESENT])[kind]
        quarter = np.where(rng.random(len(rows)) < 0.7, 0.25, 0.375)
        fraction = np.where(kind == 1, quarter, 0.0)
        self._add(t, rows, code, fraction, np.where(code == PRESENT, UNEXCUSED, code))

    def _mark_chances(self, rows: Any, state: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Return the chances of a tardy, short day, suspension and mistake, each added to those before it."""
        tardy = np.where(state == DISENGAGED, np.float32(p.TARDY_WHILE_DISENGAGED), self._tardy[rows])
        tardy = np.minimum(tardy, np.float32(0.6))
        short = tardy + np.where(state == SENT_HOME, np.float32(0.35), np.float32(p.SHORT_PART_DAY))
        in_school = short + self._in_school[rows]
        return tardy, short, in_school, in_school + np.float32(p.MISTAKEN_ABSENCE)

    def _visits(self, t: int, at_school: NDArray[np.bool_]) -> None:
        state, condition, rng = self._roster.state, self._condition, self._rng
        if not self._visits_tell:
            state, condition = np.full_like(state, WELL), np.zeros_like(condition)
        draw = rng.random(len(state), dtype=np.float32)
        draw[~at_school] = np.inf  # a chance can be 1 or more
        sent = np.flatnonzero((state == SENT_HOME) & at_school)
        self.visits.add(sent, _full(sent, t), _full(sent, 0), np.where(draw[sent] < 0.02, 2, 1))
        usual = np.float32(p.MENTAL_HEALTH_OTHERWISE)
        rows = np.flatnonzero((draw < usual + self._visit_chance) | (state == DISENGAGED))
        sad = np.where(state[rows] == DISENGAGED, np.float32(p.MENTAL_HEALTH_WHILE_DISENGAGED), usual)
        visiting = (state[rows] != SENT_HOME) & (draw[rows] < sad + self._visit_chance[rows])
        rows, sad = rows[visiting], sad[visiting]
        pick = rng.random((2, len(rows)))
        cumulative = np.where(
            condition[rows, None],
            np.cumsum(_CATEGORY_CHANCES_CONDITION)[:-1],
            np.cumsum(_CATEGORY_CHANCES)[:-1],
        )
        category = np.where(draw[rows] < sad, 3, (pick[0][:, None] > cumulative).sum(axis=1))
        disposition = (pick[1] > 0.955).astype(int) + (pick[1] > 0.97) + (pick[1] > 0.974)
        self.visits.add(rows, _full(rows, t), category, disposition)

    def _add(self, t: int, rows: NDArray[Any], code: Any, fraction: Any, first: Any = None) -> None:
        code = np.broadcast_to(code, rows.shape).astype(np.int8)
        first = code if first is None else first.astype(np.int8)
        fraction = np.broadcast_to(fraction, rows.shape).astype(np.float32)
        school = self._roster.school[rows]
        self.attendance.add(rows.astype(np.int32), school, _full(rows, t), code, fraction, first)


def _visit_chance(roster: Roster, people: People, visits_tell: float) -> NDArray[np.float32]:
    """Return the chance of a visit on a day at school: as usual at 1, else without anybody's own habit."""
    own = people.visits[roster.person]
    if visits_tell != 1:
        own = np.full_like(own, own.mean() * max(visits_tell, 1))
    return np.asarray(own * np.exp(visits_tell * p.VISIT_SLOPE * roster.theta), dtype=np.float32)


def _full(rows: NDArray[Any], value: int) -> NDArray[np.int16]:
    return np.full(len(rows), value, dtype=np.int16)

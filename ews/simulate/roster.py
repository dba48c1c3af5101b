"""One school year's roster and how it lives through a day: absence counted, students moving on.

One row per person and year. The files of a district are one walk through the year; the Monte Carlo of
the tests walks many copies of a few students through the rest of it, with this same code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ews.simulate import parameters as p
from ews.simulate import process
from ews.simulate.process import Noise, Rates
from ews.simulate.school_years import SchoolYear
from ews.simulate.schools import Schools

STAYING = np.int16(10_000)

_AT_ONCE = 2**16
"""Students who live through a day together; whoever is drawn does not depend on it."""


@dataclass
class Roster:
    """Arrays of length N, one entry per student of the year (or per copy of one).

    Attributes
    ----------
    person : index into the people of the district
    grade : index into ``parameters.GRADES``
    theta : propensity without the school's effect
    school : index of the current school
    entry : day number from which the student is enrolled in the district
    last : last day enrolled; ``STAYING`` while enrolled
    spell_start : day number from which the student is enrolled in the current school
    state : hidden state after the newest day
    absences, days : so far, as the definition counts them (whole days; exempt days in neither)
    world : which copy of the shared noise the student lives with
    moves : closed spells at a former school, as (rows, school, first day, last day) arrays
    """

    person: NDArray[Any]
    grade: NDArray[Any]
    theta: NDArray[Any]
    condition: NDArray[Any]
    school: NDArray[Any]
    entry: NDArray[Any]
    last: NDArray[Any]
    spell_start: NDArray[Any]
    state: NDArray[Any]
    absences: NDArray[Any]
    days: NDArray[Any]
    world: NDArray[Any]
    rates: Rates
    moves: list[tuple[NDArray[Any], ...]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.person)

    @property
    def level(self) -> NDArray[Any]:
        """The level of school of each student (index into ``parameters.LEVELS``)."""
        return np.asarray(p.LEVEL_OF_GRADE[self.grade])

    def enrolled_on(self, t: int) -> NDArray[np.bool_]:
        """Return who is enrolled on day t."""
        return (self.entry <= t) & (self.last >= t)


@dataclass
class Day:
    """What happened on a day: who had school, who was absent, who was exempt (N booleans each)."""

    t: int
    here: NDArray[np.bool_]
    absent: NDArray[np.bool_]
    exempt: NDArray[np.bool_]
    began_spell: NDArray[np.bool_]


def new_roster(
    person: NDArray[Any],
    grade: NDArray[Any],
    theta: NDArray[Any],
    condition: NDArray[Any],
    school: NDArray[Any],
    entry: NDArray[Any],
    schools: Schools,
) -> Roster:
    """Return the roster of a year before its first day."""
    count = len(person)
    level = p.LEVEL_OF_GRADE[grade]
    return Roster(
        person=person,
        grade=grade,
        theta=theta,
        condition=condition,
        school=school,
        entry=entry,
        last=np.full(count, STAYING),
        spell_start=entry.copy(),
        state=np.zeros(count, dtype=np.int8),
        absences=np.zeros(count, dtype=np.int16),
        days=np.zeros(count, dtype=np.int16),
        world=np.zeros(count, dtype=np.int64),
        rates=process.rates(theta + schools.effect[school], level, condition),
    )


def live_through(
    roster: Roster,
    year: SchoolYear,
    t: int,
    sessions: NDArray[np.bool_],
    noise: Noise,
    rng: np.random.Generator,
) -> Day:
    """Let day t happen: states, absences and counts of ``roster`` move on by a day.

    Parameters
    ----------
    sessions : (J, T) whether each school teaches on each day
    """
    noise_of, snow_of = noise.next_day(), noise.snow(float(year.snow_chance[t]))
    draw = rng.random((2, len(roster)), dtype=np.float32)
    here = roster.enrolled_on(t) & sessions[roster.school, t]
    day = Day(t, here, *(np.empty(len(roster), dtype=bool) for _ in range(3)))
    states = np.empty_like(roster.state)
    # Some at a time: a million students' two dozen columns fit into no processor's cache.
    for start in range(0, len(roster), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        world, before = roster.world[rows], roster.state[rows]
        multiplier, snow = noise_of[world, roster.school[rows]], snow_of[world, 0]
        today = process.chances(roster.rates.of(rows), year, t, multiplier, snow)
        state = process.next_state(before, today, int(year.gap[t]), draw[0, rows])
        states[rows] = state = np.where(here[rows], state, before)
        day.absent[rows] = here[rows] & process.absent(state, today, draw[1, rows])
        well = here[rows] & (state == process.WELL) & ~day.absent[rows]
        day.exempt[rows] = well & (draw[1, rows] > 1 - p.EXEMPT)
        day.began_spell[rows] = here[rows] & (state == process.SPELL) & (before != process.SPELL)
    roster.state = states
    roster.absences += day.absent
    roster.days += here & ~day.exempt
    return day


def move_on(roster: Roster, year: SchoolYear, t: int, schools: Schools, rng: np.random.Generator) -> None:
    """After day t, let some students leave the district and some change school (October to May)."""
    draw = rng.random((2, len(roster)), dtype=np.float32)
    if not year.moving[t] or t + 1 >= len(year.dates):
        return
    enrolled = roster.enrolled_on(t)
    leaving = enrolled & (draw[0] < roster.rates.leave)
    roster.last[leaving] = t
    changing = enrolled & ~leaving & (draw[0] < roster.rates.leave + roster.rates.transfer)
    rows = np.flatnonzero(changing)
    target = schools.another(roster.school[rows], draw[1, rows])
    rows, target = rows[target != roster.school[rows]], target[target != roster.school[rows]]
    _change_school(roster, rows, target, t, schools)


def _change_school(
    roster: Roster, rows: NDArray[Any], target: NDArray[Any], t: int, schools: Schools
) -> None:
    ended = np.full(len(rows), t, dtype=np.int16)
    roster.moves.append((rows, roster.school[rows], roster.spell_start[rows], ended))
    roster.school[rows] = target
    roster.spell_start[rows] = t + 1
    theta = roster.theta[rows] + schools.effect[target]
    fresh = process.rates(theta, roster.level[rows], roster.condition[rows])
    for name in vars(fresh):
        getattr(roster.rates, name)[rows] = getattr(fresh, name)

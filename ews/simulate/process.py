"""The daily process: how a student's day follows from propensity, hidden state and the day itself.

Four hidden states, a Markov chain over the days of school::

    WELL        absent for a single day with a small chance (more on eves of breaks and snow days)
    SPELL       ill, or suspended: absent every day until the spell ends
    DISENGAGED  weeks of staying away: absent on most days, unexcused
    SENT_HOME   at school, sent home by the nurse; a spell begins the next day with better than even odds

A student enters a year WELL. Hazards grow with the propensity ``theta``; season, weekday, planned
shocks and the shared noise of the day multiply or add to them. The simulation of the files, the truth
(:mod:`ews.simulate.truth`) and the Monte Carlo that checks it all call the functions of this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ews.simulate import parameters as p
from ews.simulate.school_years import SchoolYear

WELL, SPELL, DISENGAGED, SENT_HOME = range(4)
Floats = NDArray[np.float32]


@dataclass
class Rates:
    """Hazards a school day that depend on the student alone; arrays of one shape.

    ``spell``, ``single``, ``disengage``: entering a spell, a single day's absence, entering
    disengagement; ``shock`` multiplies what a day adds to everyone's single-day hazard; ``leave`` and
    ``transfer`` are chances after a day of the moving season.
    """

    spell: Floats
    single: Floats
    disengage: Floats
    shock: Floats
    leave: Floats
    transfer: Floats

    def of(self, rows: slice) -> Rates:
        """Return the hazards of some of the students."""
        return Rates(**{name: hazard[rows] for name, hazard in vars(self).items()})


@dataclass
class Chances:
    """Chances of one day, given its noise: the next state from WELL, and a single day's absence."""

    spell: Floats
    disengage: Floats
    sent_home: Floats
    single: Floats


def rates(theta: NDArray[Any], level: NDArray[Any], condition: NDArray[Any]) -> Rates:
    """Return the hazards of students with propensity theta, at a level, with or without a condition."""
    theta = np.clip(theta, *p.THETA_RANGE).astype(np.float32)
    spell = p.SPELL_HAZARD[level] * np.exp(np.float32(p.SPELL_SLOPE) * theta)
    move = np.exp(np.float32(p.MOVE_SLOPE) * theta)
    return Rates(
        spell=spell * np.where(condition, np.float32(p.CHRONIC_CONDITION_FACTOR), np.float32(1)),
        single=p.SINGLE_HAZARD[level] * np.exp(np.float32(p.SINGLE_SLOPE) * theta),
        disengage=p.DISENGAGE_HAZARD[level] * np.exp(np.float32(p.DISENGAGE_SLOPE) * theta),
        shock=np.exp(np.float32(p.SHOCK_SLOPE) * theta),
        leave=np.minimum(np.float32(p.LEAVE_HAZARD) * move, np.float32(p.FARTHEST_MOVE)),
        transfer=np.minimum(np.float32(p.TRANSFER_HAZARD) * move, np.float32(p.FARTHEST_MOVE)),
    )


def chances(of: Rates, year: SchoolYear, t: int, noise: Any, snow: Any) -> Chances:
    """Return the chances of day t.

    Parameters
    ----------
    noise : the day's shared multiplier (district and school), mean 1; broadcast against the rates
    snow : hazard that a snow day adds for everyone, 0 on other days; broadcast likewise
    """
    strength = year.factor[t] * noise
    single = of.single * strength + of.shock * (year.planned_shock[t] + snow)
    return Chances(
        spell=1 - np.exp(-of.spell * strength),
        disengage=1 - np.exp(-of.disengage * year.factor[t]),
        sent_home=1 - np.exp(np.float32(-p.SENT_HOME_FACTOR) * of.spell * year.factor[t]),
        single=1 - np.exp(-single),
    )


def spell_stays(gap: int) -> float:
    """Return the chance that a spell goes on, by calendar days since the school day before."""
    return p.SPELL_STAYS.get(gap, p.SPELL_STAYS_LONG_GAP)


def disengaged_stays(gap: int) -> float:
    """Return the chance that disengagement goes on, by calendar days since the school day before."""
    return p.DISENGAGED_STAYS if gap < p.LONG_GAP_DAYS else p.DISENGAGED_STAYS_LONG_GAP


def next_state(state: NDArray[Any], day: Chances, gap: int, draw: Floats) -> NDArray[np.int8]:
    """Return the state on a day from the state on the day before and one even draw per student.

    Out of a spell or of disengagement a student is WELL for at least a day. From SENT_HOME the chance
    of a spell is fixed, the rest as from WELL but without being sent home again.
    """
    sent = state == SENT_HOME
    spell = np.where(sent, np.float32(p.SPELL_AFTER_SENT_HOME), day.spell)
    away = spell + (1 - spell) * day.disengage
    home = np.where(sent, away, away + (1 - away) * day.sent_home)
    fresh = np.where(
        draw < spell, SPELL, np.where(draw < away, DISENGAGED, np.where(draw < home, SENT_HOME, WELL))
    )
    ill = np.where(draw < spell_stays(gap), SPELL, WELL)
    gone = np.where(draw < disengaged_stays(gap), DISENGAGED, WELL)
    return np.where(state == SPELL, ill, np.where(state == DISENGAGED, gone, fresh)).astype(np.int8)


def absent(state: NDArray[Any], day: Chances, draw: Floats) -> NDArray[np.bool_]:
    """Return who is absent (half a day or more) on a day, from the state on it and one even draw."""
    single = (state == WELL) & (draw < day.single)
    away = (state == DISENGAGED) & (draw < p.ABSENT_WHILE_DISENGAGED)
    return np.asarray((state == SPELL) | away | single)


class Noise:
    """The noise that students share: of the district and of each school, each an AR(1) over days.

    Parameters
    ----------
    worlds, schools : int
        One district simulated ``worlds`` times over (Monte Carlo), or once.
    """

    def __init__(self, worlds: int, schools: int, rng: np.random.Generator) -> None:
        self._rng = rng
        self.district = rng.standard_normal((worlds, 1), dtype=np.float32)
        self.school = rng.standard_normal((worlds, schools), dtype=np.float32)
        self._snow_size = (worlds, 1)

    def next_day(self) -> Floats:
        """Return the next day's multiplier, (worlds, schools), log-normal with mean 1."""
        for part, lag in ((self.district, p.DISTRICT_NOISE_LAG), (self.school, p.SCHOOL_NOISE_LAG)):
            part *= np.float32(lag)
            part += np.float32(np.sqrt(1 - lag**2)) * self._rng.standard_normal(part.shape, dtype=np.float32)
        log = p.DISTRICT_NOISE_SD * self.district + p.SCHOOL_NOISE_SD * self.school
        return np.asarray(np.exp(log - noise_variance() / 2), dtype=np.float32)

    def snow(self, chance: float) -> Floats:
        """Return the hazard that snow adds on a day, (worlds, 1): 0 unless it is a snow day."""
        low, high = p.SNOW_HAZARD
        draw = self._rng.random((2, *self._snow_size), dtype=np.float32)
        return np.where(draw[0] < chance, low + (high - low) * draw[1], 0).astype(np.float32)


def noise_variance() -> float:
    """Return the variance of the log of a day's shared multiplier."""
    return p.DISTRICT_NOISE_SD**2 + p.SCHOOL_NOISE_SD**2

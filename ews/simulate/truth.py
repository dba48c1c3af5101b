"""The true risk: P(chronically absent at the end of the year), given all that the process knew.

Known at an as-of date (before its first lesson): the student's days and absences so far, as finally
corrected; the hidden state; the propensity with the effects of grade, year and present school; the
calendar to its last day. Not known, and integrated over: the noise that students share on days to
come, snow, leaving the district, and all chance.

It is computed, not simulated. Given propensity, the year is a Markov chain over (hidden state,
absences still needed to become chronic), so one backward pass over the days gives the probability for
every state and count at once, on a grid of propensities between which it is interpolated by cubics.
A student who leaves keeps the outcome of the last day enrolled; leaving is part of the chain.

Approximations, measured together by the Monte Carlo of ``tests/simulate/test_truth.py`` (6,000 lives of
300 students at each of five dates: mean absolute difference 0.006 at day 15 down to 0.001 in spring,
mean difference at most 0.002, chance included):

- the shared noise is taken as independent from day to day (its correlation from day to day, and its
  level on the as-of date, move a single student's total very little);
- a change of school within the year is taken to change nothing else (schools differ little);
- closures of a single school count in the days still to come, but not on their date; exempt days
  still to come are ignored (a fifth of a day in a year); so is the minimum of 10 enrolled days for
  those who come and go within 10 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ews.simulate import parameters as p
from ews.simulate import process
from ews.simulate.process import DISENGAGED, SENT_HOME, SPELL, WELL, Rates
from ews.simulate.roster import Roster
from ews.simulate.school_years import SchoolYear
from ews.simulate.schools import Schools

MIN_DAYS = 10
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_GRID = np.arange(p.THETA_RANGE[0], p.THETA_RANGE[1] + 0.01, 0.25, dtype=np.float32)


@dataclass(frozen=True)
class RiskTables:
    """Risk by as-of day, level, condition, propensity on the grid, hidden state and absences needed.

    ``risk[day]`` has shape (3, 2, G, 4, K + 1); ``needed`` 0 is certainty.
    """

    risk: dict[int, NDArray[np.float32]]

    def at(
        self, t: int, theta: NDArray[Any], level: Any, condition: Any, state: Any, needed: Any
    ) -> NDArray[np.float64]:
        """Return the risk before day t; all arguments are arrays of one length."""
        table = self.risk[t]
        place = (np.clip(theta, *p.THETA_RANGE) - _GRID[0]) / (_GRID[1] - _GRID[0])
        first = np.clip(place.astype(int) - 1, 0, len(_GRID) - 4)
        needed = np.clip(needed, 0, table.shape[-1] - 1)
        condition = np.asarray(condition, dtype=int)
        parts = [
            weight * table[level, condition, first + k, state, needed]
            for k, weight in enumerate(_cubic(place - first))
        ]
        return np.clip(np.sum(parts, axis=0, dtype=np.float64), 0, 1)


def risk_tables(year: SchoolYear, as_of_days: Sequence[int]) -> RiskTables:
    """Return the tables before each of the given days of a school year, by one backward pass."""
    level, condition, theta = np.meshgrid(np.arange(3), np.arange(2), _GRID, indexing="ij")
    of = process.rates(theta.ravel(), level.ravel(), condition.ravel())
    of = Rates(**{name: hazard.astype(float)[:, None] for name, hazard in vars(of).items()})
    levels = level.ravel()
    length = year.in_session.sum(axis=1)[levels]
    most = int(-(-length.max() // 10))
    value = np.zeros((len(levels), 4, most + 1))
    value[:, :, 0] = 1
    kept = {}
    for t in reversed(range(min(as_of_days), len(year.dates))):
        if t + 1 < len(year.dates) and year.moving[t]:
            value = _may_leave(value, of, levels, length, year, t)
        lived = _live(value, *_kernel(of, year, t))
        value = np.where(year.in_session[levels, t][:, None, None], lived, value)
        if t in as_of_days:
            kept[t] = value.reshape(3, 2, len(_GRID), 4, most + 1).astype(np.float32)
    return RiskTables(kept)


def true_risk(
    roster: Roster, tables: RiskTables, t: int, sessions: NDArray[np.bool_], schools: Schools
) -> NDArray[np.float64]:
    """Return the risk before day t of every row of a roster that has lived through the days before it.

    Meant for those enrolled on day t; for others the figure has no meaning.
    """
    days_to_come = sessions[:, t:].sum(axis=1)[roster.school]
    in_tenths = roster.days + days_to_come - 10 * roster.absences.astype(int)
    needed = -(-in_tenths // 10)
    theta = roster.theta + schools.effect[roster.school]
    return tables.at(t, theta, roster.level, roster.condition, roster.state, needed)


def outcome(roster: Roster) -> NDArray[np.bool_]:
    """Return who was chronically absent: 10% of the enrolled days or more, of at least 10 days."""
    return (10 * roster.absences.astype(int) >= roster.days) & (roster.days >= MIN_DAYS)


def _cubic(x: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return Lagrange's weights of the points 0, 1, 2, 3 for a place x between them."""
    return (
        -(x - 1) * (x - 2) * (x - 3) / 6,
        x * (x - 2) * (x - 3) / 2,
        -x * (x - 1) * (x - 3) / 2,
        x * (x - 1) * (x - 2) / 6,
    )


def _may_leave(
    value: NDArray[Any], of: Rates, levels: NDArray[Any], length: NDArray[Any], year: SchoolYear, t: int
) -> NDArray[Any]:
    # `needed` k stands for a year that still asks for 10 (k - 1) < tenths <= 10 k; for one who came
    # on the first day the tenths follow from k, and leaving now ends chronic if they are at most the
    # days that would still have come.
    to_come = year.in_session[:, t + 1 :].sum(axis=1)[levels]
    tenths = 10 * np.arange(value.shape[-1])[None, :] - ((-length) % 10)[:, None]
    chronic_now = (tenths <= to_come[:, None])[:, None, :]
    leave = of.leave[:, :, None]
    return np.asarray(leave * chronic_now + (1 - leave) * value)


def _live(value: NDArray[Any], present: NDArray[Any], absent: NDArray[Any]) -> NDArray[Any]:
    one_less = np.concatenate([value[:, :, :1], value[:, :, :-1]], axis=2)
    return np.asarray(present @ value + absent @ one_less)


def _kernel(of: Rates, year: SchoolYear, t: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return P(next state and present), P(next state and absent): (n, 4, 4) each, noise integrated.

    The chances of the day are taken at Q points of noise and snow together, (n, Q), and averaged.
    """
    noise, snow, weight = _weather(float(year.snow_chance[t]))
    today = process.chances(of, year, t, noise, snow)
    gap = int(year.gap[t])
    stays, remains = process.spell_stays(gap), process.disengaged_stays(gap)
    shape = (len(of.spell), 4, 4)
    present, absent = np.zeros(shape), np.zeros(shape)
    chances = {
        WELL: _next(today.spell, today.disengage, today.sent_home),
        SPELL: (1 - stays, stays, 0, 0),
        DISENGAGED: (1 - remains, 0, remains, 0),
        SENT_HOME: _next(np.full_like(today.spell, p.SPELL_AFTER_SENT_HOME), today.disengage, 0),
    }
    away = p.ABSENT_WHILE_DISENGAGED
    for state, (well, spell, gone, home) in chances.items():
        present[:, state, WELL] = (well * (1 - today.single)) @ weight
        absent[:, state, WELL] = (well * today.single) @ weight
        absent[:, state, SPELL] = _mean(spell, weight)
        present[:, state, DISENGAGED] = _mean(gone, weight) * (1 - away)
        absent[:, state, DISENGAGED] = _mean(gone, weight) * away
        present[:, state, SENT_HOME] = _mean(home, weight)
    return present, absent


def _weather(snowy: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return noise multipliers, hazards of snow and weights (sum 1): Q points each."""
    spread = np.sqrt(process.noise_variance())
    noise = np.exp(spread * _NODES - spread**2 / 2)
    if not snowy:
        return noise, np.zeros_like(noise), _WEIGHTS
    low, high = p.SNOW_HAZARD
    hazards = np.array([0.0, *(low + (high - low) * np.array([1 / 6, 1 / 2, 5 / 6]))])
    weights = np.array([1 - snowy, snowy / 3, snowy / 3, snowy / 3])
    every = np.repeat(hazards, len(noise))
    return np.tile(noise, len(hazards)), every, np.outer(weights, _WEIGHTS).ravel()


def _next(spell: Any, disengage: Any, sent_home: Any) -> tuple[Any, Any, Any, Any]:
    """Return the chances of WELL, SPELL, DISENGAGED and SENT_HOME, as :func:`process.next_state` draws."""
    gone = (1 - spell) * disengage
    home = (1 - spell - gone) * sent_home
    return 1 - spell - gone - home, spell, gone, home


def _mean(chance: Any, weight: NDArray[Any]) -> Any:
    return chance @ weight if np.ndim(chance) else chance

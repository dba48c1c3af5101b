"""The rest of a year lived many times over from the same hidden state, with the process's own code."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ews.simulate import process
from ews.simulate.enrolling import first_members, open_year
from ews.simulate.process import Noise
from ews.simulate.roster import Roster, live_through, move_on
from ews.simulate.school_years import SchoolYear, school_year
from ews.simulate.schools import Schools, draw_schools, sessions
from ews.simulate.truth import outcome, risk_tables, true_risk


@dataclass
class Stop:
    """A year that has been lived up to, not including, day t."""

    year: SchoolYear
    schools: Schools
    open_days: np.ndarray
    roster: Roster
    noise: Noise
    t: int


def live_until(t: int, students: int, seed: int, count: int = 12, year: int = 2025) -> Stop:
    """A district in its first year, up to the morning of day t."""
    rng = np.random.default_rng(seed)
    calendar = school_year(year)
    schools = draw_schools(count, rng)
    people, members = first_members(students, calendar, schools, rng)
    roster, schools = open_year(members, people, calendar, schools, rng)
    open_days = sessions(schools, calendar, rng)
    noise = Noise(1, count, rng)
    for day in range(t):
        live_through(roster, calendar, day, open_days, noise, rng)
        move_on(roster, calendar, day, schools, rng)
    return Stop(calendar, schools, open_days, roster, noise, t)


def computed(stop: Stop) -> np.ndarray:
    """The risk that the package computes, for every row of the roster."""
    tables = risk_tables(stop.year, [stop.t])
    return true_risk(stop.roster, tables, stop.t, stop.open_days, stop.schools)


def frequencies(stop: Stop, rows: np.ndarray, worlds: int, seed: int) -> np.ndarray:
    """How often each of the given students ends the year chronically absent, of ``worlds`` lives."""
    rng = np.random.default_rng(seed)
    copies = np.tile(rows, worlds)
    columns = {f.name: getattr(stop.roster, f.name) for f in fields(Roster)}
    cut = {k: v[copies] for k, v in columns.items() if isinstance(v, np.ndarray)}
    rates = process.Rates(**{k: v[copies] for k, v in vars(stop.roster.rates).items()})
    roster = Roster(**{**cut, "world": np.repeat(np.arange(worlds), len(rows)), "rates": rates})
    noise = Noise(worlds, len(stop.schools), rng)
    noise.district[:] = stop.noise.district
    noise.school[:] = stop.noise.school
    for day in range(stop.t, len(stop.year.dates)):
        live_through(roster, stop.year, day, stop.open_days, noise, rng)
        move_on(roster, stop.year, day, stop.schools, rng)
    return outcome(roster).reshape(worlds, len(rows)).mean(axis=0)

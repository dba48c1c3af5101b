"""A ceiling on what any features can reach: an observer who knows the process but not the children.

It knows every parameter of the simulation, the schools' effects, each day's shared noise once the day is
over, who has a chronic condition, who is poor (outside CEP schools, whose students have no status), and the
final records: absences with their codes, tardies, and children sent home. It does not know a student's
propensity or whether an absence was a spell, a single day or disengagement. From the first year on it
follows each student by Bayes' rule, over a grid of propensities and the four states, and integrates the
true risk over what it then believes. What it misses of the true risk, no record shows.

Left out: part days, suspensions and visits that do not send home, which say little about either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from ews.simulate import district, process
from ews.simulate import parameters as p
from ews.simulate.daily_events import EXCUSED, TARDY, UNEXCUSED
from ews.simulate.people import student_ids
from ews.simulate.process import DISENGAGED, SENT_HOME, SPELL, WELL

GRID = np.arange(-3.5, 4.51, 0.25, dtype=np.float32)
_SAMPLES = 3000


@dataclass
class Year:
    """One lived year: what was written down day by day, and what the truth was computed from."""

    year: Any
    roster: Any
    people: Any
    schools: Any
    recorder: Any
    days: list[dict[str, Any]] = field(default_factory=list)
    looks: dict[int, Any] = field(default_factory=dict)


def lived_years(seed: int, students: int, years: int, folder: Path) -> list[Year]:
    """Simulate a district once more, and keep its years."""
    kept: list[Year] = []
    live, open_year, through, risk = (
        district._live,
        district.open_year,
        district.live_through,
        district.true_risk,
    )
    people: list[Any] = []

    def opening(members: Any, everyone: Any, *rest: Any) -> Any:
        people.append(everyone)
        return open_year(members, everyone, *rest)

    def living(year: Any, roster: Any, schools: Any, open_days: Any, recorder: Any, rng: Any) -> Any:
        kept.append(Year(year, roster, people[-1], schools, recorder))
        return live(year, roster, schools, open_days, recorder, rng)

    def day_through(roster: Any, year: Any, t: int, sessions: Any, noise: Any, rng: Any) -> Any:
        day = through(roster, year, t, sessions, noise, rng)
        record = {
            "school": roster.school.copy(),
            "here": day.here,
            "absent": day.absent,
            "exempt": day.exempt,
        }
        sent = day.here & (roster.state == SENT_HOME)
        kept[-1].days.append({**record, "sent": sent, "noise": noise.last, "snow": noise.last_snow})
        return day

    def risking(roster: Any, tables: Any, t: int, sessions: Any, schools: Any) -> Any:
        to_come = sessions[:, t:].sum(axis=1)[roster.school]
        tenths = roster.days + to_come - 10 * roster.absences.astype(int)
        kept[-1].looks[t] = (tables, roster.school.copy(), -(-tenths // 10), roster.enrolled_on(t))
        return risk(roster, tables, t, sessions, schools)

    with (
        patch.object(district, "_live", living),
        patch.object(district, "open_year", opening),
        patch.object(district, "live_through", day_through),
        patch.object(district, "true_risk", risking),
        patch.object(district, "Noise", _Remembered),
    ):
        district.simulate(folder / f"observed-{seed}", students=students, years=years, seed=seed)
    return kept


class _Remembered(process.Noise):
    def next_day(self) -> Any:
        self.last = super().next_day()[0]
        return self.last[None, :]

    def snow(self, chance: float) -> Any:
        found = super().snow(chance)
        self.last_snow = float(found[0, 0])
        return found


def observed_risks(seed: int, students: int, years: int, folder: Path, test_year: int) -> pd.DataFrame:
    """What the observer believes: one row per student and as-of date of the test year."""
    lived = lived_years(seed, students, years, folder)
    past = [each for each in lived if each.year.school_year < test_year]
    now = next(each for each in lived if each.year.school_year == test_year)
    likelihood = {each.year.school_year: _follow(each, [])[0] for each in past}
    prior = _prior(now, past, likelihood)
    _, beliefs = _follow(now, sorted(now.looks))
    ids = student_ids(int(now.roster.person.max()) + 1, district._stream(seed, 0, 1))[now.roster.person]
    frames = []
    for t, belief in beliefs.items():
        tables, school, needed, enrolled = now.looks[t]
        weight = belief * prior[:, :, None]
        weight /= weight.sum(axis=(1, 2), keepdims=True)
        risk = np.zeros(len(school))
        for g, theta in enumerate(GRID):
            for state in range(4):
                at = theta + now.schools.effect[school]
                risk += weight[:, g, state] * tables.at(
                    t, at, now.roster.level, now.roster.condition, np.full(len(school), state), needed
                )
        day = pd.Timestamp(now.year.dates[t]).date()
        frames.append(pd.DataFrame({"student_id": ids, "as_of_date": day, "observer": risk}).loc[enrolled])
    return pd.concat(frames, ignore_index=True)


def _follow(lived: Year, looks: list[int]) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """The log likelihood of a year by propensity, (N, G), and the forward weights before each look."""
    roster, count = lived.roster, len(lived.roster)
    codes = _codes(lived)
    weight = np.zeros((count, len(GRID), 4), dtype=np.float32)
    weight[:, :, WELL] = 1
    log = np.zeros(count)
    tardies, at_school = np.zeros(count), np.zeros(count)
    before = np.full(count, -1, dtype=np.int8)
    beliefs = {}
    base = p.TARDY[roster.level]
    for t, day in enumerate(lived.days):
        if t in looks:
            beliefs[t] = weight * _tardy(tardies, at_school, base)[:, :, None]
        here = np.flatnonzero(day["here"])
        present, absent = _kernel(lived, t, day)
        place = (day["school"][here], roster.condition[here].astype(int))
        missed, code = day["absent"][here], codes[t][here]
        moved = np.where(missed[:, None, None, None], absent[place], present[place])
        moved *= _emission(missed, code, before[here], day["sent"][here], roster.grade[here])[:, None]
        after = np.einsum("ngs,ngst->ngt", weight[here], moved)
        total = after.max(axis=(1, 2))
        total[total <= 0] = 1
        weight[here] = after / total[:, None, None]
        log[here] += np.log(total)
        before[here] = np.where(missed, code, -1)
        tardies[here] += code == TARDY
        at_school[here] += ~missed
    result = np.log(np.maximum(weight.sum(axis=2), 1e-30)) + np.log(_tardy(tardies, at_school, base))
    return result, beliefs


def _codes(lived: Year) -> np.ndarray:
    rows, _, day, code, _, _ = lived.recorder.attendance.columns()
    codes = np.full((len(lived.days), len(lived.roster)), -1, dtype=np.int8)
    codes[day, rows] = code
    return codes


def _tardy(tardies: np.ndarray, at_school: np.ndarray, base: np.ndarray) -> np.ndarray:
    expected = base[:, None] * np.exp(0.5 * GRID[None, :])
    log = tardies[:, None] * np.log(expected) - at_school[:, None] * expected
    return np.exp(log - log.max(axis=1, keepdims=True)).astype(np.float32) + 1e-30


def _kernel(lived: Year, t: int, day: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """P(next state and present), P(next state and absent): (schools, 2, G, 4, 4)."""
    effect, level = lived.schools.effect, lived.schools.level
    shape = (len(effect), 2, len(GRID))
    theta = np.broadcast_to(effect[:, None, None] + GRID, shape)
    of = process.rates(
        theta, np.broadcast_to(level[:, None, None], shape), np.broadcast_to(np.array([0, 1])[:, None], shape)
    )
    today = process.chances(of, lived.year, t, day["noise"][:, None, None], np.float32(day["snow"]))
    gap = int(lived.year.gap[t])
    stays, remains = process.spell_stays(gap), process.disengaged_stays(gap)
    move = np.zeros((*shape, 4, 4), dtype=np.float32)
    gone = (1 - today.spell) * today.disengage
    home = (1 - today.spell - gone) * today.sent_home
    for state, value in ((SPELL, today.spell), (DISENGAGED, gone), (SENT_HOME, home)):
        move[..., WELL, state] = value
    move[..., WELL, WELL] = 1 - today.spell - gone - home
    move[..., SPELL, SPELL], move[..., SPELL, WELL] = stays, 1 - stays
    move[..., DISENGAGED, DISENGAGED], move[..., DISENGAGED, WELL] = remains, 1 - remains
    again = (1 - p.SPELL_AFTER_SENT_HOME) * today.disengage
    move[..., SENT_HOME, SPELL], move[..., SENT_HOME, DISENGAGED] = p.SPELL_AFTER_SENT_HOME, again
    move[..., SENT_HOME, WELL] = 1 - p.SPELL_AFTER_SENT_HOME - again
    away = np.zeros((*shape, 1, 4), dtype=np.float32)
    away[..., 0, WELL], away[..., 0, SPELL] = today.single, 1
    away[..., 0, DISENGAGED] = p.ABSENT_WHILE_DISENGAGED
    return move * (1 - away), move * away


def _emission(
    missed: np.ndarray, code: np.ndarray, before: np.ndarray, sent: np.ndarray, grade: np.ndarray
) -> np.ndarray:
    """P(what was written down given the states before and after and whether absent): (n, 4, 4)."""
    chance = np.ones((len(missed), 4, 4), dtype=np.float32)
    chance[:, :, SENT_HOME] = sent[:, None]
    chance[sent] = 0
    chance[sent, :, SENT_HOME] = 1
    unexcused = code == UNEXCUSED
    single = p.UNEXCUSED_SINGLE[0] + p.UNEXCUSED_SINGLE[1] * grade
    spell = p.UNEXCUSED_SPELL[0] + p.UNEXCUSED_SPELL[1] * grade
    of_single = np.where(unexcused, single, np.where(code == EXCUSED, 1 - single, 0))
    of_spell = np.where(unexcused, spell, 1 - spell)
    chance[missed, :, WELL] = of_single[missed, None]
    chance[missed, :, SPELL] = of_spell[missed, None]
    # A spell keeps the code that it began with.
    chance[missed, SPELL, SPELL] = (code == before)[missed]
    chance[missed, :, DISENGAGED] = unexcused[missed, None]
    return chance


def _prior(now: Year, past: list[Year], likelihood: dict[int, np.ndarray]) -> np.ndarray:
    """Weights on the grid in the test year, (N, G): the population's, given each student's earlier years."""
    rng = np.random.default_rng(5)
    lasting = rng.standard_normal(_SAMPLES)
    mood, drifts = rng.standard_normal(_SAMPLES), {}
    for each in [*past, now]:
        drifts[each.year.school_year] = _drift(mood)
        keep = p.DRIFT_CORRELATION
        mood = keep * mood + np.sqrt(1 - keep**2) * rng.standard_normal(_SAMPLES)
    center, spread = _lasting(now)
    log = np.zeros((len(now.roster), _SAMPLES), dtype=np.float32)
    theta = center[:, None] + spread * lasting[None, :]
    for each in past:
        row_of = pd.Series(np.arange(len(each.roster)), index=each.roster.person)
        rows = row_of.reindex(now.roster.person)
        known = np.flatnonzero(rows.notna())
        mine = rows.iloc[known].to_numpy().astype(int)
        at = theta[known] + _shift(each, mine)[:, None] + drifts[each.year.school_year][None, :]
        log[known] += _interpolated(likelihood[each.year.school_year][mine], at)
    weight = np.exp(log - log.max(axis=1, keepdims=True))
    at = theta + _shift(now, np.arange(len(now.roster)))[:, None] + drifts[now.year.school_year][None, :]
    cell = np.clip(np.rint((at - GRID[0]) / (GRID[1] - GRID[0])), 0, len(GRID) - 1).astype(int)
    flat = (np.arange(len(cell))[:, None] * len(GRID) + cell).ravel()
    found = np.bincount(flat, weight.ravel(), minlength=len(cell) * len(GRID)).reshape(len(cell), -1)
    return np.asarray(found / found.sum(axis=1, keepdims=True), dtype=np.float32)


def _lasting(now: Year) -> tuple[np.ndarray, float]:
    """Mean and spread of the lasting propensity by what may be known: the school, and poverty."""
    person, schools = now.roster.person, now.schools
    poor = np.where(schools.cep[now.roster.school], 2, now.people.poor[person].astype(int))
    base = pd.Series(now.people.base[person])
    center = base.groupby([now.roster.school, poor]).transform("mean").to_numpy()
    return center, float((base - center).std())


def _drift(mood: np.ndarray) -> np.ndarray:
    skew = p.DRIFT_SKEW
    center, spread = np.exp(skew**2 / 2), np.sqrt(np.exp(2 * skew**2) - np.exp(skew**2))
    return np.asarray(p.DRIFT_SD * (np.exp(skew * mood) - center) / spread)


def _shift(lived: Year, rows: np.ndarray) -> np.ndarray:
    year = p.YEAR_SHIFT.get(lived.year.school_year, 0.0)
    return np.asarray(p.GRADE_SHIFT[lived.roster.grade[rows]] + year)


def _interpolated(log: np.ndarray, at: np.ndarray) -> np.ndarray:
    place = np.clip((at - GRID[0]) / (GRID[1] - GRID[0]), 0, len(GRID) - 1.001)
    low = place.astype(int)
    part = place - low
    return np.asarray(
        np.take_along_axis(log, low, axis=1) * (1 - part) + np.take_along_axis(log, low + 1, axis=1) * part
    )

"""The schools of a simulated district: levels, unequal sizes, neighborhoods, meals and closures.

Every student lives at a point between 0 (rich) and 1 (poor). The schools of a level share that line
out among them in proportion to their size, so that a student's elementary, middle and high school
serve the same neighborhood, and schools differ in poverty as real ones do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ews.simulate import parameters as p
from ews.simulate.school_years import SchoolYear

_PLACES = ("Alder", "Birch", "Cedar", "Elder", "Fir", "Hazel", "Juniper", "Linden", "Maple", "Oak", "Willow")


@dataclass(frozen=True)
class Schools:
    """Arrays of length J, one entry per school.

    ``start`` and ``end`` bound the part of the neighborhood line that the school serves.
    """

    school_id: NDArray[Any]
    name: NDArray[Any]
    level: NDArray[np.int8]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    effect: NDArray[np.float32]
    cep: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of schools."""
        return len(self.level)

    def serving(self, level: NDArray[Any], home: NDArray[Any]) -> NDArray[np.int16]:
        """Return the index of the school of a level that serves each home (all arrays of one length)."""
        found = np.zeros(len(home), dtype=np.int16)
        for each in range(3):
            ours = np.flatnonzero(self.level == each)
            at = np.searchsorted(self.end[ours], home[level == each], side="right")
            found[level == each] = ours[np.minimum(at, len(ours) - 1)]
        return found

    def another(self, school: NDArray[Any], draw: NDArray[Any]) -> NDArray[np.int16]:
        """Return another school of the same level for each mover; the same one if there is no other."""
        found = np.array(school, dtype=np.int16)
        for each in range(3):
            ours = np.flatnonzero(self.level == each)
            moving = self.level[school] == each
            if len(ours) > 1:
                step = 1 + (draw[moving] * (len(ours) - 1)).astype(int)
                found[moving] = ours[(np.searchsorted(ours, school[moving]) + step) % len(ours)]
        return found


def default_count(students: int) -> int:
    """Return how many schools a district of this size has: 12 at 6,000 students, about 180 at 100,000."""
    return max(3, round(float(0.00277 * students**0.9626)))


def poverty_at(home: NDArray[Any]) -> NDArray[np.float64]:
    """Return the chance of living in poverty at a point of the neighborhood line."""
    return np.asarray(1 / (1 + np.exp(-p.POVERTY_STEEPNESS * (home - 0.5))), dtype=float)


def draw_schools(count: int, rng: np.random.Generator) -> Schools:
    """Draw a district's schools; ids are shuffled, so that they say nothing about level or place."""
    level = _levels(count)
    start, end = np.zeros(count), np.zeros(count)
    for each in range(3):
        ours = level == each
        weight = np.exp(0.35 * rng.standard_normal(ours.sum()))
        end[ours] = np.cumsum(weight) / weight.sum()
        start[ours] = end[ours] - weight / weight.sum()
    poverty = poverty_at((start + end) / 2)
    number = rng.permutation(count)
    return Schools(
        school_id=np.array([f"{each + 1:04d}" for each in number]),
        name=np.array([_name(n, int(k)) for n, k in zip(number, level, strict=True)]),
        level=level,
        start=start,
        end=end,
        effect=_effects(level, end - start, rng),
        cep=np.argsort(np.argsort(-poverty, kind="stable")) < round(p.CEP_SHARE_OF_SCHOOLS * count),
    )


def sessions(schools: Schools, year: SchoolYear, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return (J, T) whether each school teaches on each day; one in ten is closed for a day of its own."""
    open_days = year.in_session[schools.level].copy()
    closed = np.flatnonzero(rng.random(len(schools)) < 0.10)
    open_days[closed, rng.integers(20, len(year.dates) - 20, len(closed))] = False
    return open_days


def _effects(level: NDArray[Any], share: NDArray[Any], rng: np.random.Generator) -> NDArray[np.float32]:
    # Centered within each level, so that a handful of schools does not bend the shape over grades.
    effect = p.SCHOOL_SD * rng.standard_normal(len(level))
    center = np.bincount(level, share * effect) / np.bincount(level, share)
    return np.asarray(effect - center[level], dtype=np.float32)


def _levels(count: int) -> NDArray[np.int8]:
    middle = max(1, round(count * 0.24))
    high = max(1, round(count * 0.18))
    return np.repeat(np.arange(3, dtype=np.int8), [count - middle - high, middle, high])


def _name(number: int, level: int) -> str:
    place = _PLACES[number % len(_PLACES)]
    again = f" {number // len(_PLACES) + 1}" if number >= len(_PLACES) else ""
    return f"{place}{again} {p.LEVELS[level].title()} School (simulated)"

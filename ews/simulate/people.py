"""The people of a simulated district: who they are, how strongly they tend to be absent, and their names.

Groups differ through the propensity ``theta`` alone; nothing in the daily process looks at a group.
Ids are a permutation of the order of arrival, so that they encode neither grade, group nor need.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ews.simulate import parameters as p
from ews.simulate.schools import poverty_at

_PRIME = 99_999_989  # the largest prime of eight digits: ids are distinct below it
_FIRST = ("Amber", "Basil", "Coral", "Fern", "Hazel", "Ivy", "Juniper", "Olive", "Reed", "Sage", "Wren")
_LAST_START = ("Alder", "Birch", "Cloud", "Dune", "Frost", "Heath", "Iris", "Jade", "Lake", "Moss", "Oak")
_LAST_END = ("sample", "sim", "test", "mock", "demo")


@dataclass
class People:
    """Arrays of length P, one entry per person who was ever in the district.

    ``home`` is the point on the neighborhood line (0 rich, 1 poor), ``base`` the lasting propensity
    (groups included), ``mood`` the normal
    variable under this year's departure from it, ``visits`` the nurse-visit hazard at
    theta 0. Indices into ``parameters.RACES`` stand for race, -1 for not recorded.
    """

    home: NDArray[Any]
    race: NDArray[Any]
    male: NDArray[Any]
    english_learner: NDArray[Any]
    disability: NDArray[Any]
    poor: NDArray[Any]
    homeless: NDArray[Any]
    foster: NDArray[Any]
    condition: NDArray[Any]
    base: NDArray[Any]
    mood: NDArray[Any]
    visits: NDArray[Any]

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.home)

    def joined_by(self, newcomers: People) -> Self:
        """Return these people followed by newcomers."""
        columns = [np.concatenate([getattr(self, f.name), getattr(newcomers, f.name)]) for f in fields(self)]
        return type(self)(*columns)

    def propensity(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return this year's propensity of people given by index: the lasting part and the drift."""
        skew = p.DRIFT_SKEW
        center, spread = np.exp(skew**2 / 2), np.sqrt(np.exp(2 * skew**2) - np.exp(skew**2))
        drift = p.DRIFT_SD * (np.exp(np.float32(skew) * self.mood[rows]) - center) / spread
        return np.asarray(self.base[rows] + drift, dtype=np.float32)

    def into_next_year(self, rng: np.random.Generator) -> None:
        """Let every propensity drift by one year: a stationary AR(1) around the lasting part."""
        fresh = rng.standard_normal(len(self), dtype=np.float32)
        keep = p.DRIFT_CORRELATION
        self.mood = np.float32(keep) * self.mood + np.float32(np.sqrt(1 - keep**2)) * fresh


def draw_people(count: int, rng: np.random.Generator) -> People:
    """Draw people: home, groups that go with it, lasting propensity, mood and nurse-visit hazard."""
    home = rng.random(count)
    mix = poverty_at(home)[:, None]
    shares = (1 - mix) * p.RACE_WHERE_RICH + mix * p.RACE_WHERE_POOR
    race = (rng.random(count)[:, None] > np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1).astype(np.int8)
    male = rng.random(count) < 0.512
    poor = rng.random(count) < poverty_at(home)
    learner = rng.random(count) < p.ENGLISH_LEARNER_BY_RACE[race]
    disability = rng.random(count) < np.where(male, p.DISABILITY_SHARE[1], p.DISABILITY_SHARE[0])
    homeless = poor & (rng.random(count) < p.HOMELESS_SHARE_OF_POOR)
    foster = rng.random(count) < p.FOSTER_SHARE
    condition = rng.random(count) < p.ASTHMA_SHARE
    shift = p.RACE_SHIFT[race] + p.POVERTY_SHIFT * poor + p.ENGLISH_LEARNER_SHIFT * learner
    shift = shift + p.DISABILITY_SHIFT * disability + p.HOMELESS_SHIFT * homeless
    shift = shift + p.FOSTER_SHIFT * foster + p.SEX_SHIFT * male - p.GROUP_CENTER
    normal = rng.standard_normal((3, count))
    visits = p.VISIT_HAZARD * np.exp(p.VISIT_SD * normal[2] - p.VISIT_SD**2 / 2)
    visits = (
        visits * np.where(poor, p.VISIT_POVERTY_FACTOR, 1) * np.where(condition, p.VISIT_CONDITION_FACTOR, 1)
    )
    return People(
        home=home,
        race=np.where(rng.random(count) < p.RACE_MISSING, -1, race).astype(np.int8),
        male=male,
        english_learner=learner,
        disability=disability,
        poor=poor,
        homeless=homeless,
        foster=foster,
        condition=condition,
        base=(shift + p.STABLE_SD * normal[0]).astype(np.float32),
        mood=normal[1].astype(np.float32),
        visits=visits.astype(np.float32),
    )


def student_ids(count: int, rng: np.random.Generator) -> NDArray[Any]:
    """Return distinct eight-digit ids as text, in no order that means anything.

    An affine permutation modulo a prime, so that the ids of the first people do not depend on how many
    follow.
    """
    factor, offset = rng.integers(10_000_000, _PRIME - 1), rng.integers(0, _PRIME - 1)
    numbers = (np.arange(1, count + 1, dtype=np.int64) * factor + offset) % _PRIME
    return np.char.zfill(numbers.astype("U8"), 8)


def names(count: int, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return first and last names that no one could take for a real child's."""
    last = np.array([f"{a}{b}" for a in _LAST_START for b in _LAST_END])
    return np.array(_FIRST)[rng.integers(0, len(_FIRST), count)], last[rng.integers(0, len(last), count)]

"""An attacker: everything published is written down as linear constraints on what is not, and solved.

The unknowns are how many students of every combination of groups there are. What is published of any table
is a sum over them. Of each count that is withheld the attacker then finds the least and the most that
agree with everything published. A relaxation to fractions of students, as linear programs are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

Weights = npt.NDArray[np.float64]


@dataclass
class Attacker:
    """Constraints on nonnegative unknowns, by what is known of sums of them."""

    unknowns: int
    _equal: list[tuple[Weights, float]] = field(default_factory=list)
    _at_most: list[tuple[Weights, float]] = field(default_factory=list)

    def knows(self, weights: Weights, value: float) -> None:
        """Take down a sum that is published."""
        self._equal.append((weights, value))

    def knows_at_most(self, weights: Weights, value: float) -> None:
        """Take down a bound on a sum."""
        self._at_most.append((weights, value))

    def range_of(self, weights: Weights) -> tuple[float, float]:
        """Return the least and the most that a sum can be."""
        least, most = (self._solve(sign * weights) for sign in (1.0, -1.0))
        return least, -most

    def _solve(self, costs: Weights) -> float:
        if self._system is None:
            self._system = {**_rows("eq", self._equal), **_rows("ub", self._at_most)}
        found = linprog(costs, **self._system, bounds=(0, None), method="highs")
        if found.status == 3:
            return -np.inf
        assert found.status == 0, f"the published tables contradict each other: {found.message}"
        return float(found.fun)

    _system: dict[str, object] | None = None


def _rows(kind: str, known: Iterable[tuple[Weights, float]]) -> dict[str, object]:
    rows = list(known)
    if not rows:
        return {}
    return {
        f"A_{kind}": csr_array(np.array([weights for weights, _ in rows])),
        f"b_{kind}": np.array([value for _, value in rows]),
    }


@dataclass(frozen=True)
class Found:
    """A withheld count that the attacker knows too well."""

    table: str
    count: str
    least: float
    most: float
    needed: float

    def __str__(self) -> str:
        return f"{self.table}, {self.count}: {self.least:.1f} to {self.most:.1f}, not {self.needed:g} apart"


@dataclass
class Attack:
    """What came of an attack: how many withheld counts there were, and which of them were found out."""

    cells: int = 0
    found: list[Found] = field(default_factory=list)

    def tries(self, attacker: Attacker, targets: Mapping[tuple[str, str], tuple[Weights, float]]) -> None:
        """Attack withheld counts, each with the range it must keep."""
        for (table, count), (weights, needed) in targets.items():
            least, most = attacker.range_of(weights)
            self.cells += 1
            if most - least < needed - 1e-6:
                self.found.append(Found(table, count, least, most, needed))

"""A definition's table under the attacker of the audit: no withheld count is known within the minimum."""

from __future__ import annotations

import numpy as np
import pytest

from ews.rates import small_cells
from ews.rates.counts import Column, Count, Counts
from ews.rates.small_cells import statuses
from tests.equity.attacker import Attack, Attacker

MINIMUM = 10
COLUMN = Column("edfacts", "district")


def a_table(seed: int) -> Counts:
    """Two to six schools, about half of them with fewer than twenty students."""
    rng = np.random.default_rng(seed)
    schools = int(rng.integers(2, 7))
    size = np.where(rng.random(schools) < 0.5, rng.integers(1, 20, schools), rng.integers(10, 200, schools))
    chronic = rng.binomial(size, rng.uniform(0.05, 0.6, schools))
    rows = {f"s{at}": Count(int(n), int(c)) for at, (n, c) in enumerate(zip(size, chronic, strict=True))}
    total = Count(int(size.sum()), int(chronic.sum()))
    return Counts(total, {"school": rows, "grade": {"05": total}})


def attack(table: Counts) -> Attack:
    rows, total = table.by["school"], table.total
    status = statuses({COLUMN: table}, MINIMUM)[COLUMN]
    unit = np.eye(2 * len(rows))
    attacker, attack = Attacker(len(unit)), Attack()
    if status["district", ""] != "exact":
        return attack
    attacker.knows(unit.sum(axis=0), total.n)
    attacker.knows(unit[::2].sum(axis=0), total.chronic)
    targets = {}
    for at, (school, count) in enumerate(rows.items()):
        chronic, other = unit[2 * at], unit[2 * at + 1]
        shown = status["school", school]
        attacker.knows_at_most(-(chronic + other), -1)
        if shown != "hidden":
            attacker.knows(chronic + other, count.n)
        else:
            targets[school, "students"] = (chronic + other, float(MINIMUM))
        if shown == "exact":
            attacker.knows(chronic, count.chronic)
        else:
            needed = float(min(MINIMUM, total.chronic, total.n - total.chronic))
            targets |= {(school, "chronic"): (chronic, needed), (school, "not"): (other, needed)}
    attack.tries(attacker, targets)
    return attack


def test_no_withheld_count_of_a_table_is_known_within_the_minimum() -> None:
    attacks = [attack(a_table(seed)) for seed in range(30)]
    assert sum(each.cells for each in attacks) > 100
    assert not [str(found) for each in attacks for found in each.found]


def test_without_the_next_smallest_the_attacker_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_cells, "_adds_up", lambda *_: True)
    found = [found for seed in range(20) for found in attack(a_table(seed)).found]
    assert [each for each in found if each.most - each.least < 1e-6 and 0 < each.most < MINIMUM]

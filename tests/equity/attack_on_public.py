"""The attacker on the public edition: all of its percentages together, with the sizes of all groups known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from tests.equity.attacker import Attack, Attacker, Weights
from tests.equity.districts import District

_KINDS = list(product((0, 1), repeat=3))
"""Of a student at a date: chronic or not, on the deployed list or not, on the long list or not."""

_Part = Callable[[int, int, int], bool]
_SHARES: Mapping[str, tuple[_Part, _Part]] = {
    "selected": (lambda c, d, n: bool(d), lambda c, d, n: True),
    "reached": (lambda c, d, n: bool(c and d), lambda c, d, n: bool(c)),
    "reached_long": (lambda c, d, n: bool(c and n), lambda c, d, n: bool(c)),
    "precision": (lambda c, d, n: bool(c and d), lambda c, d, n: bool(d)),
    "false_alarms": (lambda c, d, n: bool(d and not c), lambda c, d, n: not c),
}
"""By percentage: what it counts, and of how many."""

_WITHHELD: Mapping[str, _Part] = {
    "chronic": lambda c, d, n: bool(c),
    "not chronic": lambda c, d, n: not c,
    "listed": lambda c, d, n: bool(d),
    "found": lambda c, d, n: bool(c and d),
    "found on the long list": lambda c, d, n: bool(c and n),
}


def bounds_of(shown: str) -> tuple[float, float]:
    """The shares that are published as such a percentage."""
    words = shown.rstrip("%").split("% ")
    percent = float(words[0])
    if len(words) > 1:
        return (0.0, percent / 100) if words[1] == "or less" else (percent / 100, 1.0)
    return (percent - 0.5) / 100, (percent + 0.5) / 100


class _System:
    """The students at the average date, by combination of groups and kind."""

    def __init__(self, rows: pd.DataFrame, days: int, names: Sequence[str], minimum: int) -> None:
        self._rows, self._days, self._names, self._minimum = rows, days, list(names), minimum
        self._cells = list(product(*(sorted(rows[name].unique()) for name in names)))
        self._size = len(self._cells) * len(_KINDS)
        self.attacker = Attacker(self._size)
        self.targets: dict[tuple[str, str], tuple[Weights, float]] = {}

    def count(self, own: Mapping[str, str], part: _Part) -> Weights:
        wanted = [own.get(name) for name in self._names]
        inside = np.array(
            [all(w in (None, c) for w, c in zip(wanted, cell, strict=True)) for cell in self._cells]
        )
        return np.outer(inside, [part(*kind) for kind in _KINDS]).ravel().astype(float)

    def knows_size(self, own: Mapping[str, str]) -> None:
        self.attacker.knows(self.count(own, lambda c, d, n: True), self.true(own, lambda c, d, n: True))

    def true(self, own: Mapping[str, str], part: _Part) -> float:
        rows = self._rows
        for name, group in own.items():
            rows = rows[rows[name] == group]
        kinds = zip(rows["chronic"], rows["deployed"], rows["long"], strict=True)
        return sum(part(*kind) for kind in kinds) / self._days

    def takes_down(self, own: Mapping[str, str], row: Mapping[str, Any]) -> None:
        """Take down the percentages of a row that is shown."""
        for name, (part, whole) in _SHARES.items():
            low, high = bounds_of(row[name])
            counted, among = self.count(own, part), self.count(own, whole)
            self.attacker.knows_at_most(counted - high * among, 0)
            self.attacker.knows_at_most(low * among - counted, 0)

    def aims_at(self, own: Mapping[str, str], table: str, parents: Sequence[Mapping[str, str]]) -> None:
        """Aim at a row that is withheld: no count of it may be known within the minimum, or at all where
        the group, or one that is shown and contains it, has not as many."""
        size = self.true(own, lambda c, d, n: True)
        for name, part in _WITHHELD.items():
            # Where the size is known, the chronic are as well known as the others.
            both = ["chronic", "not chronic"] if "chronic" in name else [name]
            wholes = [self.true(parent, _WITHHELD[each]) for parent in ({}, *parents) for each in both]
            needed = min(self._minimum, size, *wholes)
            self.targets[f"{table} {' × '.join(own.values())}", name] = (self.count(own, part), needed)


def attack_public(given: District, shown: dict[str, Any], minimum: int) -> Attack:
    """Attack the public edition of a district's audit."""
    attack = Attack()
    system = _System(given.rows, len(given.days), given.attributes, minimum)
    seen: dict[str, set[str]] = {}
    for attribute in shown["attributes"]:
        name = attribute["attribute"]
        rows = {g["group"]: g for g in attribute["groups"] if g["selected"] != "suppressed"}
        seen[name] = set(rows)
        _attack_margin(system, name, rows, given)
    for table in shown["pairs"]:
        a, b = table["attributes"]
        groups = {tuple(g["parts"]): g for g in table["groups"]}
        for (g, h), _ in given.rows.groupby([a, b]):
            own = {a: g, b: h}
            if (g, h) in groups:
                system.takes_down(own, groups[g, h])
            elif "(left out)" not in (g, h):
                parents = [{name: group} for name, group in own.items() if group in seen[name]]
                system.aims_at(own, table["title"], parents)
    attack.tries(system.attacker, system.targets)
    schools = _System(given.rows, len(given.days), ["school"], minimum)
    _attack_margin(schools, "school", {g["group"]: g for g in shown["schools"]["groups"]}, given)
    # What the attributes say of the whole district is known of the schools too.
    everyone = [
        np.tile([float(part(*kind)) for kind in _KINDS], given.rows["school"].nunique())
        for part in _WITHHELD.values()
    ]
    for weights, part in zip(everyone, _WITHHELD.values(), strict=True):
        schools.attacker.knows(weights, schools.true({}, part))
    attack.tries(schools.attacker, schools.targets)
    return attack


def _attack_margin(system: _System, name: str, rows: Mapping[str, Any], given: District) -> None:
    for group in sorted(given.rows[name].unique()):
        own = {name: group}
        system.knows_size(own)
        if group in rows:
            system.takes_down(own, rows[group])
        elif group != "(left out)":
            system.aims_at(own, name, [])

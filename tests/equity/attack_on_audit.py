"""The attacker on ``fairness.json``: all of its counts together.

Small groups have no names there. The attacker knows their names all the same, from elsewhere, and which of
the rows each is in; and of a withheld group that has a name, that it has at least the minimum of students.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from ews.equity.pooled_names import POOLED
from tests.equity.attacker import Attack, Attacker, Weights
from tests.equity.districts import LEFT_OUT, District


class AuditSystem:
    """The unknowns behind an audit: for each combination of groups and each outcome, the students, and
    the students at each date."""

    def __init__(self, given: District) -> None:
        names = {name: sorted(given.rows[name].unique()) for name in given.attributes}
        for groups in names.values():
            if LEFT_OUT not in groups:
                groups.append(LEFT_OUT)
        self._given, self._days = given, given.days
        self._cells = list(product(*names.values()))
        self.layers = len(self._days) + 1
        self.unknowns = len(self._cells) * 2 * self.layers
        self.attacker = Attacker(self.unknowns)
        for cell in range(len(self._cells)):
            for outcome in (0, 1):
                self._tie(cell, outcome)

    def _tie(self, cell: int, outcome: int) -> None:
        """At no date are there more than there are students, and every student is there at one."""
        students = self._at(cell, outcome, 0)
        days = [self._at(cell, outcome, day) for day in range(1, self.layers)]
        for day in days:
            self.attacker.knows_at_most(self._vector({day: 1, students: -1}), 0)
        self.attacker.knows_at_most(self._vector({students: 1, **dict.fromkeys(days, -1)}), 0)

    def _at(self, cell: int, outcome: int, layer: int) -> int:
        return (cell * 2 + outcome) * self.layers + layer

    def _vector(self, weights: Mapping[int, float]) -> Weights:
        vector = np.zeros(self.unknowns)
        for at, weight in weights.items():
            vector[at] = weight
        return vector

    def count(self, groups: Mapping[str, str], outcomes: tuple[int, ...], day: str | None) -> Weights:
        """The students of a combination of groups, on the whole or at a date ("all": student-dates)."""
        wanted = [groups.get(name) for name in self._given.attributes]
        layers = {None: [0], "all": range(1, self.layers)}.get(day) or [1 + self._days.index(str(day))]
        return self._vector(
            {
                self._at(number, outcome, layer): 1
                for number, cell in enumerate(self._cells)
                if all(each is None or each == own for each, own in zip(wanted, cell, strict=True))
                for outcome in outcomes
                for layer in layers
            }
        )

    def knows_of_all(self, rows: Any) -> None:
        """The district's totals are in every other report."""
        for outcomes in ((0, 1), (1,)):
            inside = rows[rows["chronic"]] if outcomes == (1,) else rows
            self.attacker.knows(self.count({}, outcomes, None), inside["student"].nunique())
            for day in self._days:
                self.attacker.knows(self.count({}, outcomes, day), int((inside["day"] == day).sum()))


_COUNTS = {
    "students": ((0, 1), None),
    "positive_students": ((1,), None),
    "students not chronic": ((0,), None),
    "n": ((0, 1), "all"),
    "positives": ((1,), "all"),
}


def attack_audit(given: District, shown: dict[str, Any], minimum: int) -> Attack:
    """Attack a suppressed audit: every count of every attribute, date and pair that it withholds."""
    system = AuditSystem(given)
    system.knows_of_all(given.rows)
    targets: dict[tuple[str, str], tuple[Weights, float]] = {}
    for attribute in shown["attributes"]:
        _take_down_attribute(system, attribute, targets, given, minimum)
    rows = {each["attribute"]: _rows_of(each, given) for each in shown["attributes"]}
    for table in shown["intersections"]:
        a, b = table["attributes"]
        listed = {tuple(g["parts"]): g for g in table["groups"]}
        for g, h in product(rows[a], rows[b]):
            row = listed.get((g, h)) or listed.get((rows[a][g], rows[b][h]))
            if row is not None:
                _take_down(system, {a: g, b: h}, row, table["title"], targets, given, minimum)
            else:
                system.attacker.knows(system.count({a: g, b: h}, (0, 1), None), 0)
    attack = Attack()
    attack.tries(system.attacker, targets)
    _attack_schools(shown["schools"]["groups"], given, minimum, attack)
    return attack


def _rows_of(attribute: Any, given: District) -> dict[str, str]:
    """By group, the name of the row in which it is."""
    names = {g["group"] for g in attribute["groups"]}
    groups = sorted(set(given.rows[attribute["attribute"]]) - {LEFT_OUT})
    return {group: group if group in names else POOLED for group in groups}


def _take_down_attribute(
    system: AuditSystem, attribute: Any, targets: Any, given: District, minimum: int
) -> None:
    name, coverage = attribute["attribute"], attribute["coverage"]
    shown = {g["group"]: g for g in attribute["groups"]}
    for group, row in _rows_of(attribute, given).items():
        own = {name: group}
        _take_down(system, own, shown[row], name, targets, given, minimum)
        least = 1 if row == POOLED else min(minimum, _students(given, own))
        assert row == POOLED or least == minimum, "a group with a name is not small"
        system.attacker.knows_at_most(-system.count(own, (0, 1), None), -least)
        for day in attribute["by_date"]:
            told = {g["group"]: g for g in day["groups"]}
            at = told.get(group) or told.get(row) or {"n": 0, "positives": 0}
            outcomes = {"positives": ((1,), day["as_of"]), "n not chronic": ((0,), day["as_of"])}
            for count, counts in (("n", {"n": ((0, 1), day["as_of"])}), ("positives", outcomes)):
                # A count of which only single dates are withheld is not small.
                aims = targets if shown[row][count] == "suppressed" else {}
                _take_down_counts(system, own, at, counts, f"{name} {day['as_of']}", aims, given, minimum)
    if coverage["left_out"] != "suppressed":
        system.attacker.knows(system.count({name: LEFT_OUT}, (0, 1), None), coverage["left_out"])
    if coverage["unknown"] != "suppressed":
        system.attacker.knows(system.count({name: "Unknown"}, (0, 1), None), coverage["unknown"])


def _students(given: District, own: Mapping[str, str]) -> int:
    ((name, group),) = own.items()
    return int(given.rows[given.rows[name] == group]["student"].nunique())


def _take_down(
    system: AuditSystem, own: Any, group: Any, table: str, targets: Any, given: District, minimum: int
) -> None:
    _take_down_counts(system, own, group, _COUNTS, table, targets, given, minimum)


def _take_down_counts(
    system: AuditSystem,
    own: Mapping[str, str],
    group: Mapping[str, Any],
    counts: Mapping[str, Any],
    table: str,
    targets: Any,
    given: District,
    minimum: int,
) -> None:
    for key, (outcomes, day) in counts.items():
        weights = system.count(own, outcomes, day)
        value = group.get(key, group["positives"])
        if value != "suppressed":
            if key in group:
                system.attacker.knows(weights, value)
            continue
        needed = min([minimum, *(_others(given, own, outcomes, day))])
        targets[f"{table} {' × '.join(own.values())}", key] = (weights, needed)


def _others(
    given: District, own: Mapping[str, str], outcomes: tuple[int, ...], day: str | None
) -> list[float]:
    """What a count cannot move beyond whatever is withheld: all that the district has of either outcome
    (where a group's size is shown, one outcome moves with the other), and what a group shows as zero."""
    rows = given.rows if day in (None, "all") else given.rows[given.rows["day"] == day]
    chronic = rows["chronic"].astype(int)
    split = [rows[chronic == outcome] for outcome in (0, 1)] if len(outcomes) == 1 else [rows]
    everyone = [each["student"].nunique() if day is None else len(each) for each in split]
    counted = rows[chronic.isin(outcomes)]
    parents = [counted[counted[name] == group] for name, group in own.items()] if len(own) > 1 else []
    return [*everyone, *(0 for each in parents if each.empty)]


def _attack_schools(groups: list[Any], given: District, minimum: int, attack: Attack) -> None:
    """Schools share only their total with the other tables."""
    attacker = Attacker(2 * len(groups))
    identity = np.eye(2 * len(groups))
    of = {
        "positive_students": identity[::2],
        "not": identity[1::2],
        "students": identity[::2] + identity[1::2],
    }
    true = {each: [given.rows[given.rows["school"] == g["group"]] for g in groups] for each in ("rows",)}[
        "rows"
    ]
    positives = [each[each["chronic"]]["student"].nunique() for each in true]
    students = [each["student"].nunique() for each in true]
    attacker.knows(of["positive_students"].sum(axis=0), sum(positives))
    attacker.knows(of["students"].sum(axis=0), sum(students))
    targets = {}
    for number, group in enumerate(groups):
        attacker.knows_at_most(-of["students"][number], -1)
        for key in ("students", "positive_students", "not"):
            value = group["positive_students"] if key == "not" else group[key]
            if value != "suppressed":
                if key != "not":
                    attacker.knows(of[key][number], value)
                continue
            both = min(sum(positives), sum(students) - sum(positives))
            needed = min(minimum, sum(students) if key == "students" else both)
            targets[f"schools {group['group']}", key] = (of[key][number], needed)
    attack.tries(attacker, targets)

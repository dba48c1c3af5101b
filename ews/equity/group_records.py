"""The figures of the groups of one grouping as ``fairness.json`` has them, without verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from ews.equity.group_figures import (
    RATES,
    Cells,
    Figures,
    auc_of,
    cells_of_list,
    counted,
    expected_of,
    rates_at_once,
    rates_of,
)
from ews.equity.judged_rows import BoolArray, Grouping, IntArray, JudgedRows
from ews.equity.resampled_groups import GroupDraws
from ews.model.intervals import UNDEFINED, FloatArray, Interval, rate_within
from ews.model.resampling import ratio

_DENSE = 2**25
"""So many flags, a byte each, are set faster than as many numbers are sorted."""


class GroupRecords:
    """Everything that is said of the groups of a grouping, all dates together.

    Parameters
    ----------
    rows : JudgedRows
        The judged rows and their lists.
    draws : GroupDraws
        The grouping with its figures in every resample.
    by_risk_alone : mapping of str to bool array
        By list: whether a row would be on it if risk alone filled it; empty for a rule of thumb.
    """

    def __init__(
        self, rows: JudgedRows, draws: GroupDraws, by_risk_alone: Mapping[str, BoolArray] | None = None
    ) -> None:
        self._rows, self.draws, self._by_risk_alone = rows, draws, by_risk_alone or {}
        self.grouping = draws.grouping

    @cached_property
    def cells(self) -> dict[str, Cells]:
        """Student-dates by list."""
        return {name: cells_of_list(self._rows, self.grouping, name) for name in self._rows.lists}

    @cached_property
    def figures(self) -> dict[str, dict[str, Figures]]:
        """The figures by list and group, fairlearn's."""
        return {name: rates_of(each, self.grouping.names) for name, each in self.cells.items()}

    @cached_property
    def of_rest(self) -> dict[str, dict[str, FloatArray]]:
        """The same of each group's rest, by list and figure, of shape (groups,)."""
        return {name: rates_at_once(each.of_rest) for name, each in self.cells.items()}

    @cached_property
    def expected(self) -> dict[str, dict[str, FloatArray]]:
        """What the risks alone would give, by list and rate, of shape (groups,)."""
        expected = {name: expected_of(each) for name, each in self.cells.items()}
        size = next(iter(self.cells.values())).size.sum(axis=(1, 2))
        for name, listed in self._by_risk_alone.items():
            expected[name]["selection_rate"] = ratio(self.grouping.sums(listed), size)
        return expected

    @cached_property
    def auc(self) -> dict[str, float]:
        """The AUC by group, fairlearn's."""
        return auc_of(self.draws.placements, self.grouping.names)

    @cached_property
    def positive_students(self) -> dict[str, int]:
        """Distinct students who became chronically absent, by group."""
        return self._named(distinct_students(self._rows, self.grouping, self._rows.label == 1))

    @cached_property
    def students(self) -> dict[str, int]:
        """Distinct students by group."""
        return self._named(distinct_students(self._rows, self.grouping))

    def sizes(self, group: str) -> dict[str, Any]:
        """Return a group's name, student-dates, students, and how many of each became chronic."""
        size = next(iter(self.cells.values())).size[self._at[group]]
        return {
            "group": group,
            "n": int(size.sum()),
            "students": self.students[group],
            "positives": int(size[1].sum()),
            "positive_students": self.positive_students[group],
        }

    def record(self, group: str) -> dict[str, Any]:
        """Return all figures of a group, each with its interval."""
        return {
            **self.sizes(group),
            "auc": self.draws.interval(group, "auc", self.auc[group]),
            "calibration": self._calibration(group),
            "lists": {
                name: {**self._rates(group, name), "excess_fnr": self.excess(group, name)}
                for name in self._rows.lists
            },
        }

    def excess(self, group: str, list_name: str) -> Interval:
        """Return the group's missed need beyond that of the rest."""
        return self.draws.interval(
            group, f"{list_name} excess_fnr", self._beyond_rest(group, list_name, "missed_need")
        )

    def auc_difference(self, group: str) -> Interval:
        """Return how far the group's AUC lies below that of the rest."""
        at = self._at[group]
        value = float(self.draws.auc_of_rest[at]) - self.auc[group]
        return self.draws.interval(group, "auc_difference", value)

    def rate(self, group: str, list_name: str, rate: str) -> Interval:
        """Return a rate: Wilson's interval where rows are students, else resampled by student."""
        value = self.figures[list_name][group][rate]
        if not np.isfinite(value):
            return {**UNDEFINED}
        successes, trials = counted(rate, self.cells[list_name].size[self._at[group]])
        students = trials
        if len(self._rows.dates) > 1:
            # Asking who is distinct is dear, and where a rate is between 0 and 1 only whether all are.
            plain = 0 < successes < trials and trials > self.students[group]
            students = self.students[group] if plain else self._distinct(group, list_name, rate)
        bounds = self.draws.bounds(group, f"{list_name} {rate}")
        return rate_within(successes, trials, students, bounds)

    def _distinct(self, group: str, list_name: str, rate: str) -> int:
        """Return how many distinct students a rate is a share of."""
        own = self._rows_of[group]
        among = _among(rate, self._rows.label[own] == 1, self._rows.lists[list_name][own])
        return len(np.unique(self._rows.student[own][among]))

    def difference(self, group: str, list_name: str, rate: str) -> Interval:
        """Return how far a rate lies above that of the rest."""
        value = self._beyond_rest(group, list_name, rate)
        return self.draws.interval(group, f"{list_name} {rate} difference", value)

    def _rates(self, group: str, list_name: str) -> dict[str, Any]:
        rates: dict[str, dict[str, Any]] = {}
        for rate in RATES:
            expected = float(self.expected[list_name][rate][self._at[group]])
            rates[rate] = {**self.rate(group, list_name, rate), "expected": or_none(expected)}
            if self.grouping.compared:
                rates[rate]["difference"] = self.difference(group, list_name, rate)
        return rates

    def _calibration(self, group: str) -> dict[str, Interval]:
        fitted, at = self.draws.calibration, self._at[group]
        if fitted is None:
            return {}
        return {
            "in_the_large": self.draws.interval(group, "in_the_large", float(fitted.shift[at])),
            "slope": self.draws.interval(group, "slope", float(fitted.slope[at])),
        }

    def _beyond_rest(self, group: str, list_name: str, figure: str) -> float:
        rest = float(self.of_rest[list_name][figure][self._at[group]])
        return self.figures[list_name][group][figure] - rest

    @cached_property
    def _at(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.grouping.names)}

    @cached_property
    def _rows_of(self) -> dict[str, IntArray]:
        """The rows of every group, by their numbers."""
        codes = self.grouping.codes
        if len(self.grouping.names) < np.iinfo(np.int16).max:
            codes = codes.astype(np.int16)  # sorted by radix
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[order], np.arange(len(self.grouping.names) + 1))
        return {name: order[starts[at] : starts[at + 1]] for at, name in enumerate(self.grouping.names)}

    def _named(self, counts: IntArray) -> dict[str, int]:
        return {name: int(count) for name, count in zip(self.grouping.names, counts, strict=True)}


def distinct_students(rows: JudgedRows, grouping: Grouping, among: BoolArray | None = None) -> IntArray:
    """Return how many distinct students each group has (among some rows only), of shape (groups,)."""
    inside = grouping.inside if among is None else grouping.inside & among
    pairs = grouping.codes[inside] * rows.students + rows.student[inside]
    count = len(grouping.names)
    if count * rows.students > _DENSE:
        return np.bincount(np.unique(pairs) // rows.students, minlength=count)
    seen = np.zeros((count, rows.students), dtype=bool)
    seen.ravel()[pairs] = True
    return np.asarray(seen.sum(axis=1))


def or_none(value: float) -> float | None:
    """Return a figure, or None where it is undefined."""
    return float(value) if np.isfinite(value) else None


def _among(rate: str, label: BoolArray, listed: BoolArray) -> BoolArray:
    """Return of which rows a rate is a share."""
    return {
        "selection_rate": np.ones(len(label), dtype=bool),
        "fnr": label,
        "fpr": ~label,
        "precision": listed,
        "false_omission_rate": ~listed,
    }[rate]

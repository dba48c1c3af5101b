"""The figures of an attribute's groups at each as-of date, where every row is a student of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ews.equity.date_figures import missed_need_at_dates, normal_interval
from ews.equity.group_figures import RATES, cells_of_list, counted, expected_of, rates_of
from ews.equity.group_records import or_none
from ews.equity.judged_rows import LEFT_OUT, BoolArray, Grouping, JudgedRows
from ews.equity.placements import ScoreOrder
from ews.equity.recalibration import recalibrate
from ews.model.intervals import UNDEFINED, FloatArray, Interval, newcombe, wilson
from ews.model.measures import risk_logit
from ews.model.resampling import ratio


class DateRecords:
    """What is said of an attribute's groups, date by date.

    Parameters
    ----------
    rows : JudgedRows
        The judged rows and their lists.
    grouping : Grouping
        The attribute's groups.
    order : ScoreOrder
        The rows in the order of date and risk.
    by_risk_alone : mapping of str to bool array
        By list: whether a row would be on it if risk alone filled it.
    """

    def __init__(
        self,
        rows: JudgedRows,
        grouping: Grouping,
        order: ScoreOrder,
        by_risk_alone: Mapping[str, BoolArray],
    ) -> None:
        self._rows, self._groups = rows, grouping.names
        at_dates = grouping.at_dates(rows)
        self._cells = {name: cells_of_list(rows, at_dates, name) for name in rows.lists}
        self._rates = {name: rates_of(each, at_dates.names) for name, each in self._cells.items()}
        self._missed = {name: missed_need_at_dates(rows, at_dates, name) for name in rows.lists}
        self._names = at_dates.names
        self._size = next(iter(self._cells.values())).size.sum(axis=2)
        self._expected = {
            name: expected_of(each)
            | {"selection_rate": ratio(at_dates.sums(by_risk_alone[name]), self._size.sum(axis=1))}
            for name, each in self._cells.items()
        }
        ranked = order.ranked(rows.label, at_dates)
        self._auc, self._auc_error = ranked.auc, ranked.error(rows.label, at_dates)
        self._rest_auc, self._rest_error = self._ranked_rest(grouping, order)
        self._calibration = recalibrate(rows.label, risk_logit(rows.score), at_dates)

    def records(self, groups: Sequence[str]) -> list[dict[str, Any]]:
        """Return, for each date, the records of the groups that have students then."""
        order = [self._groups.index(group) for group in groups]
        return [
            {
                "as_of": str(date),
                "groups": [
                    self._record(number * len(self._groups) + group)
                    for group in order
                    if self._size[number * len(self._groups) + group].any()
                ],
            }
            for number, date in enumerate(self._rows.dates)
        ]

    def _record(self, at: int) -> dict[str, Any]:
        fitted = self._calibration
        error = float(np.hypot(self._auc_error[at], self._rest_error[at]))
        return {
            "group": self._groups[at % len(self._groups)],
            "n": int(self._size[at].sum()),
            "positives": int(self._size[at, 1]),
            "auc": normal_interval(self._auc[at], self._auc_error[at], 0.0, 1.0),
            "auc_difference": normal_interval(self._rest_auc[at] - self._auc[at], error, -1.0, 1.0),
            "calibration": {
                "in_the_large": normal_interval(fitted.shift[at], fitted.shift_error[at]),
                "slope": normal_interval(fitted.slope[at], fitted.slope_error[at]),
            },
            "lists": {name: self._on_list(at, name) for name in self._rows.lists},
        }

    def _on_list(self, at: int, list_name: str) -> dict[str, Any]:
        cells = self._cells[list_name]
        first = at - at % len(self._groups)
        own, everyone = cells.size[at], cells.size[first : first + len(self._groups)].sum(axis=0)
        rates: dict[str, Any] = {}
        for rate in RATES:
            of_own, of_rest = counted(rate, own), counted(rate, everyone - own)
            rates[rate] = {
                **_wilson(self._rates[list_name][self._names[at]][rate], *of_own),
                "expected": or_none(float(self._expected[list_name][rate][at])),
                "difference": _newcombe(of_own, of_rest),
            }
        return {**rates, "excess_fnr": self._missed[list_name].excess(at)}

    def _ranked_rest(self, grouping: Grouping, order: ScoreOrder) -> tuple[FloatArray, FloatArray]:
        """Return AUC and standard error of each group's rest at each date."""
        dates, groups = len(self._rows.dates), len(self._groups)
        if groups == 2:
            swapped = [each.reshape(dates, 2)[:, ::-1].ravel() for each in (self._auc, self._auc_error)]
            return swapped[0], swapped[1]
        auc, error = np.full((2, dates, groups), np.nan)
        for group in range(groups if groups > 1 else 0):
            outside = np.where((grouping.codes != group) & grouping.inside, self._rows.date, LEFT_OUT)
            rest = Grouping(tuple(str(each) for each in self._rows.dates), outside, compared=False)
            ranked = order.ranked_blocks(self._rows.label, rest)
            auc[:, group], error[:, group] = ranked.auc, ranked.error(self._rows.label, rest)
        return auc.ravel(), error.ravel()


def _wilson(value: float, successes: float, among: float) -> Interval:
    if not among:
        return {**UNDEFINED}
    low, high = wilson(successes, among)
    return {"value": value, "low": low, "high": high}


def _newcombe(one: tuple[float, float], other: tuple[float, float]) -> Interval:
    if not one[1] or not other[1]:
        return {**UNDEFINED}
    low, high = newcombe(one, other)
    return {"value": one[0] / one[1] - other[0] / other[1], "low": low, "high": high}

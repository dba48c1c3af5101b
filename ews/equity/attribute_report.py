"""One attribute of the audit: the figures of its groups with their intervals, and its comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ews.config import Audit
from ews.equity.comparisons import Comparison, Measure, one_sided_p, worst
from ews.equity.group_draws import GroupDraws
from ews.equity.group_figures import RATES, auc_by_group, list_figures, missed_need_by_group
from ews.equity.groups import attribute_title, group_order
from ews.model.intervals import Interval, percentile_interval, rate_interval
from ews.model.measures import auc, calibration_in_the_large, calibration_slope

Figures = dict[str, float]

_OWN, _REST = "group", "rest"


class AttributeReport:
    """The groups of one attribute.

    Parameters
    ----------
    attribute : str
        Its name in ``audit.sensitive``.
    rows : DataFrame
        Judged rows, one per student_id and as_of_date, in order.
    members : Series of str
        The group of every row.
    lists, by_risk_alone : mapping of str to Series of bool
        By list: whether the row is on it, and whether it would be if risk alone filled it.
    draws : GroupDraws
        The resampled figures.
    settings : Audit
        Tolerance and minimum sizes.
    """

    def __init__(
        self,
        attribute: str,
        rows: pd.DataFrame,
        members: pd.Series[str],
        lists: Mapping[str, pd.Series[bool]],
        by_risk_alone: Mapping[str, pd.Series[bool]],
        draws: GroupDraws,
        settings: Audit,
    ) -> None:
        self.attribute = attribute
        self._rows, self._members, self._lists = rows, members, lists
        self._by_risk_alone = by_risk_alone
        self._draws, self._settings = draws, settings
        self.groups = group_order(list(members))

    def comparisons(self) -> list[Comparison]:
        """Return the declared comparisons of every group: both lists, then the AUC; not judged yet."""
        return [each for group in self.groups for each in self._declared(group)]

    def not_judged_share(self) -> float:
        """Return the share of the positives who are in groups that are not judged."""
        label = self._rows["label"]
        left = [group for group in self.groups if self._why_not_judged(group)]
        return float(label[self._members.isin(left)].sum() / label.sum())

    def record(self, comparisons: Sequence[Comparison]) -> dict[str, Any]:
        """Return the attribute as ``fairness.json`` has it, with the verdicts that were reached."""
        own = [each for each in comparisons if each.attribute == self.attribute]
        return {
            "attribute": self.attribute,
            "title": attribute_title(self.attribute),
            "groups": [
                self._group(group, [each for each in own if each.group == group]) for group in self.groups
            ],
        }

    def _group(self, group: str, comparisons: list[Comparison]) -> dict[str, Any]:
        mask = (self._members == group).to_numpy()
        label, risk = self._rows["label"].to_numpy()[mask], self._rows["risk"].to_numpy()[mask]
        by_measure = {(each.list_name, each.measure): each.interval for each in comparisons}
        first = next(iter(self._by_list.values()))[group]
        return {
            "group": group,
            "n": int(first["n"]),
            "students": self._students(mask),
            "positives": int(first["positives"]),
            "positive_students": self._positive_students(group),
            "verdict": worst([each.verdict for each in comparisons]),
            "note": self._why_not_judged(group) or self._why_open(group),
            "auc": self._interval(group, "auc", self._auc[group]),
            "auc_difference": by_measure[None, "auc_difference"],
            "calibration": {
                "in_the_large": self._interval(group, "in_the_large", calibration_in_the_large(label, risk)),
                "slope": self._interval(group, "slope", calibration_slope(label, risk)),
            },
            "lists": {
                name: self._rates(group, name, mask) | {"excess_fnr": by_measure[name, "excess_fnr"]}
                for name in self._lists
            },
        }

    def _declared(self, group: str) -> list[Comparison]:
        values = self._against_rest(group)
        on_lists = [self._compare(group, name, "excess_fnr", values[name]) for name in self._lists]
        return [*on_lists, self._compare(group, None, "auc_difference", values["auc"])]

    def _compare(self, group: str, list_name: str | None, measure: Measure, value: float) -> Comparison:
        figure = measure if list_name is None else f"{list_name} {measure}"
        interval = self._interval(group, figure, value)
        made = Comparison(self.attribute, group, list_name, measure, interval)
        if self._why_not_judged(group):
            return made
        if self._why_open(group) or interval["high"] is None:
            return replace(made, verdict="insufficient_evidence")
        smaller = min(self._positive_students(group), self._positive_students_of_rest(group))
        tolerance: float = getattr(self._settings.tolerance, measure)
        p_value = one_sided_p(value, self._draws.drawn(group, figure), tolerance, smaller)
        return replace(made, p_value=p_value)

    def _against_rest(self, group: str) -> Figures:
        """Return the group's excess miss rate on each list and how far its AUC is below the rest's."""
        if len(self.groups) == 1:
            return dict.fromkeys([*self._lists, "auc"], float("nan"))
        own = (self._members == group).to_numpy()
        side = self._members.where(own, _REST).mask(own, _OWN)
        figures = {}
        for name, listed in self._lists.items():
            missed = missed_need_by_group(self._rows, side, listed)
            figures[name] = missed[_OWN] - missed[_REST]
        rest = self._rows.loc[~own]
        auc_of_rest = auc(rest["label"].to_numpy(), rest["risk"].to_numpy())
        return figures | {"auc": auc_of_rest - self._auc[group]}

    def _rates(self, group: str, list_name: str, mask: np.ndarray) -> dict[str, Any]:
        figures = self._by_list[list_name][group]
        expected = {each: figures.get(f"expected_{each}", float("nan")) for each in RATES}
        expected["selection_rate"] = float(self._by_risk_alone[list_name][mask].mean())
        label = self._rows["label"].to_numpy() == 1
        listed = self._lists[list_name].to_numpy()
        among = {
            "selection_rate": (mask, listed),
            "fnr": (mask & label, ~listed),
            "fpr": (mask & ~label, listed),
            "precision": (mask & listed, label),
            "false_omission_rate": (mask & ~listed, label),
        }
        return {
            rate: self._rate(group, f"{list_name} {rate}", figures[rate], *among[rate])
            | {"expected": _or_none(expected[rate])}
            for rate in RATES
        }

    def _rate(
        self, group: str, figure: str, value: float, among: np.ndarray, counted: np.ndarray
    ) -> dict[str, float | None]:
        trials = int(among.sum())
        interval = rate_interval(
            int((among & counted).sum()), trials, self._students(among), self._draws.drawn(group, figure)
        )
        return {"value": _or_none(value), "low": interval["low"], "high": interval["high"]}

    def _interval(self, group: str, figure: str, value: float) -> Interval:
        return percentile_interval(value, self._draws.drawn(group, figure))

    @cached_property
    def _by_list(self) -> dict[str, dict[str, Figures]]:
        return {name: list_figures(self._rows, self._members, listed) for name, listed in self._lists.items()}

    @cached_property
    def _auc(self) -> dict[str, float]:
        return auc_by_group(self._rows, self._members)

    def _students(self, mask: np.ndarray) -> int:
        return int(self._rows["student_id"][mask].nunique())

    @cached_property
    def _positives_of(self) -> dict[str, int]:
        """Distinct positive students by group."""
        positive = self._rows["label"] == 1
        found = self._rows["student_id"][positive].groupby(self._members[positive]).nunique()
        return {group: int(found.get(group, 0)) for group in self.groups}

    def _positive_students(self, group: str) -> int:
        return self._positives_of[group]

    def _positive_students_of_rest(self, group: str) -> int:
        return sum(self._positives_of.values()) - self._positives_of[group]

    def _why_not_judged(self, group: str) -> str:
        if len(self.groups) == 1:
            return "Every student is in this group, so there is nobody to compare it with."
        found, least = self._positive_students(group), self._settings.min_group
        if found == 0:
            return "No student of this group became chronically absent, so nobody can have been missed."
        if found < least:
            return f"Fewer than {least} students of this group became chronically absent: too few to judge."
        return ""

    def _why_open(self, group: str) -> str:
        # A rest of a handful resamples to an interval that looks sure of itself and is not.
        if self._positive_students_of_rest(group) < self._settings.min_group:
            return (
                f"Fewer than {self._settings.min_group} students outside this group became chronically "
                "absent: too few to compare it with."
            )
        return ""


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None

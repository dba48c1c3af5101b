"""The worst excess miss rate of a candidate: over every group large enough to judge, and both lists.

This is the one place where the choice among candidates sees groups: after every model has been fitted
and every list filled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ews.capacity import Enrolled
from ews.config import MEAL_STATUS, Audit, Capacities, Config
from ews.equity.group_figures import missed_need_by_group
from ews.equity.groups import LeftOut, attribute_title, group_of_rows, group_order
from ews.equity.lists import lists_of_score
from ews.errors import GateClosed

_OWN, _REST = "group", "rest"


@dataclass(frozen=True)
class Against:
    """One group of the validation year, held against the rest.

    Attributes
    ----------
    name : str
        ``attribute: group``, in words.
    side : Series of str
        For every row, whether its student is in the group or in the rest; null where the attribute
        says nothing about the student.
    """

    name: str
    side: pd.Series[str]


@dataclass(frozen=True)
class WorstGroup:
    """The largest excess miss rate, and whose it is."""

    value: float
    name: str


def without_meal_status(config: Config) -> Config:
    """Return the configuration of the choice: meal status may be audited, and moves no model."""
    sensitive = tuple(each for each in config.audit.sensitive if each != MEAL_STATUS)
    return config.model_copy(update={"audit": config.audit.model_copy(update={"sensitive": sensitive})})


def judged_groups(
    rows: pd.DataFrame,
    groups: pd.DataFrame,
    settings: Audit,
    left_out: Mapping[str, LeftOut] | None = None,
) -> list[Against]:
    """Return the groups of the validation year that are large enough to judge.

    At least ``min_group`` students of the group, and as many of the rest, became chronically absent; and
    neither side is so small (``min_cell``) that a report would withhold its figures. Meal status takes no
    part, whatever is audited.

    Parameters
    ----------
    rows : DataFrame
        One row per student_id and as_of_date, with ``label``.
    groups : DataFrame
        The audit frame, one row per student_id.
    settings : Audit
        ``audit`` of the configuration.
    left_out : mapping of str to LeftOut, optional
        By attribute: whom it says nothing about; they are in no group and in no rest.

    Returns
    -------
    list of Against
        Empty where no audit can be made.
    """
    attributes = [each for each in settings.sensitive if each != MEAL_STATUS]
    try:
        members = group_of_rows(rows, groups, attributes, left_out)
    except GateClosed:
        return []
    sides = [side for each in attributes for side in _sides(attribute_title(each), members[each])]
    return [each for each in sides if _large_enough(each.side, rows, settings)]


def lists_of(rows: pd.DataFrame, capacities: Capacities, enrolled: Enrolled) -> dict[str, pd.Series[bool]]:
    """Return who is on the lists of the audit, indexed like ``rows``; arguments as for the audit."""
    lists = lists_of_score(rows, capacities, enrolled).rows.lists
    return {name: pd.Series(listed, index=rows.index) for name, listed in lists.items()}


def worst_excess_miss_rate(
    rows: pd.DataFrame, judged: list[Against], lists: Mapping[str, pd.Series[bool]]
) -> WorstGroup | None:
    """Return the largest excess miss rate, or None where there is no group to judge.

    Parameters
    ----------
    rows : DataFrame
        One row per student_id and as_of_date, with ``label`` and ``risk``; the risk of a row comes from
        a calibrator that has not seen its student.
    judged : list of Against
        See :func:`judged_groups`.
    lists : mapping of str to Series of bool
        Whether a row is on each list.
    """
    found = [
        WorstGroup(float(missed[_OWN] - missed[_REST]), each.name)
        for each in judged
        for listed in lists.values()
        for missed in [missed_need_by_group(rows, each.side, listed)]
    ]
    return max(found, key=lambda each: each.value, default=None)


def _sides(title: str, members: pd.Series[str]) -> Iterator[Against]:
    for group in group_order(list(members.dropna())):
        side = pd.Series(np.where(members == group, _OWN, _REST), index=members.index, dtype=object)
        yield Against(f"{title}: {group}", side.where(members.notna()))


def _large_enough(side: pd.Series[str], rows: pd.DataFrame, settings: Audit) -> bool:
    students = pd.DataFrame({"side": side, "label": rows["label"], "student": rows["student_id"]})
    counted = students.groupby(["side", "label"])["student"].nunique()
    least = {0: settings.min_cell, 1: max(settings.min_group, settings.min_cell)}
    return all(counted.get((each, label), 0) >= least[label] for each in (_OWN, _REST) for label in (0, 1))

"""The two lists that the audit looks at, filled by the model's risks or by a rule of thumb."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ews.capacity import SECTIONS, Enrolled, listed
from ews.config import Capacities
from ews.equity.judged_rows import BoolArray, IntArray, JudgedRows
from ews.list_order import ListOrder, places_within
from ews.model.predictors import MODEL, Predictor

LISTS = {
    "deployed": "The list in use: at each date, in every school, as many students of both sections as the "
    "school can reach.",
    "long": "One list of the whole district at each date, by risk, as long as the number of students who "
    "became chronically absent.",
}


@dataclass(frozen=True)
class ListsOfScore:
    """Judged rows with the lists that one score fills.

    Attributes
    ----------
    rows : JudgedRows
        With the lists ``deployed`` and ``long``.
    by_risk_alone : mapping of str to bool array
        By list: who would be on it without schools and sections, at the same length at each date.
    """

    rows: JudgedRows
    by_risk_alone: dict[str, BoolArray]


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows by date and student, so that their order as delivered changes nothing."""
    date, _ = pd.factorize(rows["as_of_date"], sort=True)
    student, students = pd.factorize(rows["student_id"], sort=True)
    at = date * len(students) + student
    if (at[1:] >= at[:-1]).all():  # as they are delivered; turning millions of rows over takes seconds
        return rows.reset_index(drop=True)
    return rows.iloc[np.argsort(at, kind="stable")].reset_index(drop=True)


def lists_of_both(
    rows: pd.DataFrame, rule: Predictor | None, capacities: Capacities, enrolled: Enrolled
) -> tuple[ListsOfScore, ListsOfScore | None]:
    """Return the lists that the model's risks fill, and those that a rule of thumb fills, if one is given."""
    order = ListOrder.of(rows)
    if rule is None:
        return lists_of_score(rows, capacities, enrolled, order), None
    with ThreadPoolExecutor(2) as pool:
        model = pool.submit(lists_of_score, rows, capacities, enrolled, order)
        simple = pool.submit(lists_of_rule, rows, rule, capacities, enrolled, order)
        return model.result(), simple.result()


def lists_of_score(
    rows: pd.DataFrame, capacities: Capacities, enrolled: Enrolled, order: ListOrder | None = None
) -> ListsOfScore:
    """Return the lists that the model's risks fill; ``deployed`` as published, where the rows have it."""
    order = order or ListOrder.of(rows)
    first = order.by(rows[MODEL.column])
    if "deployed" in rows:
        deployed = rows["deployed"].to_numpy(dtype=bool)
    else:
        deployed = listed(rows, order, first, capacities, enrolled)
    return _with_lists(rows, MODEL, deployed, order, first)


def lists_of_rule(
    rows: pd.DataFrame, rule: Predictor, capacities: Capacities, enrolled: Enrolled, order: ListOrder
) -> ListsOfScore:
    """Return the lists, as long at each date, that a rule of thumb fills.

    Where the list in use was published, capacities may have been others then; the rule fills a list of
    the same length in every school and section.
    """
    first = order.by(rows[rule.column])
    if "deployed" not in rows:
        deployed = listed(rows, order, first, capacities, enrolled)
    else:
        deployed = _as_long_as_published(rows, rows["deployed"].to_numpy(dtype=bool), order, first)
    return _with_lists(rows, rule, deployed, order, first)


def _with_lists(
    rows: pd.DataFrame, by: Predictor, deployed: BoolArray, order: ListOrder, first: IntArray
) -> ListsOfScore:
    label = rows["label"].to_numpy(dtype=np.int64)
    rank = places_within(order.date, first)
    by_risk_alone = {
        "deployed": _first(rank, order.date, deployed.astype(np.int64)),
        "long": _first(rank, order.date, label),
    }
    judged = JudgedRows(
        label,
        rows[by.column].to_numpy(dtype=float),
        order.student,
        order.students,
        order.date,
        order.dates,
        {"deployed": deployed, "long": by_risk_alone["long"]},
    )
    return ListsOfScore(judged, by_risk_alone)


def _first(rank: np.ndarray, date: IntArray, counted: IntArray) -> BoolArray:
    """Return who is on a list that is as long at each date as what is counted."""
    length = np.bincount(date, weights=counted)
    return np.asarray(rank <= length[date])


def _as_long_as_published(
    rows: pd.DataFrame, deployed: BoolArray, order: ListOrder, first: IntArray
) -> BoolArray:
    in_section = order.list_of_school * len(SECTIONS) + rows["already_chronic"].to_numpy(dtype=np.int64)
    length = np.bincount(in_section, weights=deployed)
    return np.asarray(places_within(in_section, first) <= length[in_section])

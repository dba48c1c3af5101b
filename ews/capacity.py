"""Who is on a list: the order of students, and how many of them a school can reach.

One order everywhere (:mod:`ews.list_order`). Nightly lists and evaluation call :func:`place`, the audit
:func:`listed`, which is its last column alone: what is judged is what is printed.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from ews.config import Capacities, Capacity
from ews.errors import UsageError
from ews.list_order import ListOrder, places_within

PREVENT = "prevent"
INTENSIVE = "intensive"
SECTIONS = (PREVENT, INTENSIVE)
"""Not yet chronic, where a list changes most; already chronic."""

Enrolled = Mapping[tuple[dt.date, str], int]


def place(
    rows: pd.DataFrame,
    capacities: Capacities,
    enrolled: Enrolled,
    score: str = "risk",
    order: ListOrder | None = None,
) -> pd.DataFrame:
    """Place every student in a section, in an order, and on or off the list of their school.

    Parameters
    ----------
    rows : DataFrame
        One row per student_id and as_of_date, with ``school_id``, ``already_chronic`` (bool),
        ``absences_left`` (whole days) and the score's column (no nulls; higher comes first).
    capacities : Capacities
        How many students each school can reach, by section.
    enrolled : mapping of (as_of_date, school_id) to int
        Students enrolled; looked up only where a capacity is a percentage.
    score : str
        The column to order by.
    order : ListOrder, optional
        Of these rows, where it is known already: it is the same for every score.

    Returns
    -------
    DataFrame
        Indexed like ``rows``: ``section`` (``prevent`` or ``intensive``), ``rank_in_section`` and
        ``rank_in_school`` (from 1, within as_of_date and school) and ``selected`` (bool).

    Raises
    ------
    UsageError
        If ``by_school`` leaves out a school that has students.
    ValueError
        If a score is null: whoever is not scored cannot be ordered, and must be left out before.
    """
    order = order or ListOrder.of(rows)
    first = order.by(rows[score])
    rank_in_section, selected = _in_sections(rows, order, first, capacities, enrolled)
    return pd.DataFrame(
        {
            "section": pd.Index(SECTIONS).take(_sections(rows)),
            "rank_in_section": rank_in_section,
            "rank_in_school": places_within(order.list_of_school, first),
            "selected": selected,
        },
        index=rows.index,
    )


def listed(
    rows: pd.DataFrame, order: ListOrder, first: np.ndarray, capacities: Capacities, enrolled: Enrolled
) -> np.ndarray:
    """Return only whether each row is on the list of its school: what :func:`place` says of ``selected``.

    Parameters
    ----------
    rows, capacities, enrolled
        As for :func:`place`.
    order : ListOrder
        Of the rows.
    first : int array of shape (rows,)
        The rows in the order of their scores: what the order's ``by`` returned.
    """
    return _in_sections(rows, order, first, capacities, enrolled)[1]


def _in_sections(
    rows: pd.DataFrame, order: ListOrder, first: np.ndarray, capacities: Capacities, enrolled: Enrolled
) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's place within its section of its school's list, and whether the school reaches it."""
    in_section = order.list_of_school * len(SECTIONS) + _sections(rows)
    rank = places_within(in_section, first)
    return rank, rank <= _section_capacities(order, capacities, enrolled)[in_section]


def _sections(rows: pd.DataFrame) -> np.ndarray:
    """Return the number of each row's section in ``SECTIONS``."""
    return rows["already_chronic"].to_numpy(dtype=np.int64)


def section_capacity(
    capacity: Capacity, school_id: str, enrolled: int | None = None, key: str = "capacity"
) -> int:
    """Return how many students of one section a school can reach.

    A percentage is of the school's enrollment, rounded up, in exact arithmetic: 4% of 25 is 1, not 2.

    Parameters
    ----------
    capacity : Capacity
        One of ``per_school``, ``percent``, ``by_school``.
    school_id : str
        The school.
    enrolled : int, optional
        Students enrolled; needed for a percentage.
    key : str
        The configuration key, for the message.

    Raises
    ------
    UsageError
        If ``by_school`` leaves the school out.

    Examples
    --------
    >>> section_capacity(Capacity(percent=4), "s1", enrolled=26)
    2
    """
    if capacity.per_school is not None:
        return capacity.per_school
    if capacity.by_school is not None:
        return _by_school(capacity.by_school, school_id, key)
    if enrolled is None:
        msg = "a capacity in percent needs the number of students enrolled"
        raise ValueError(msg)
    return math.ceil(Fraction(str(capacity.percent)) * enrolled / 100)


def _by_school(by_school: Mapping[str, int], school_id: str, key: str) -> int:
    if school_id not in by_school:
        raise UsageError(
            f"{key}.by_school names no capacity for school {school_id}",
            expected="every school that has students",
            where=f"{key}.by_school",
            next_step=f"add a line for {school_id}, or use per_school or percent",
        )
    return by_school[school_id]


def _section_capacities(order: ListOrder, capacities: Capacities, enrolled: Enrolled) -> np.ndarray:
    """Return the capacity of every list of a school and section (asked once for each)."""
    # Every section of every school is asked for, so that a forgotten school is noticed on the first
    # day and not on the day its first student becomes chronic.
    found = np.zeros((len(order.dates) * len(order.schools), len(SECTIONS)), dtype=np.int64)
    present: list[int] = np.flatnonzero(np.bincount(order.list_of_school, minlength=len(found))).tolist()
    for each in sorted(present, key=lambda each: _list_named(order, each)):
        date, school = _list_named(order, each)
        for at, section in enumerate(SECTIONS):
            capacity: Capacity = getattr(capacities, section)
            number = enrolled[date, school] if capacity.percent is not None else None
            found[each, at] = section_capacity(capacity, school, number, f"outreach.capacity.{section}")
    return found.ravel()


def _list_named(order: ListOrder, number: int) -> tuple[dt.date, str]:
    date, school = divmod(number, len(order.schools))
    return order.dates[date], order.schools[school]

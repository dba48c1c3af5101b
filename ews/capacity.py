"""Who is on a list: the order of students, and how many of them a school can reach.

One order everywhere: score descending, then fewer days of absence left, then the SHA-256 of the
student's id (a tie has to be broken by something that knows nothing about the student). Nightly lists,
evaluation and audit all call :func:`place`, so what is judged is what is printed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from ews.config import Capacities, Capacity
from ews.errors import UsageError

PREVENT = "prevent"
INTENSIVE = "intensive"
SECTIONS = (PREVENT, INTENSIVE)
"""Not yet chronic, where a list changes most; already chronic."""

Enrolled = Mapping[tuple[dt.date, str], int]


def place(
    rows: pd.DataFrame, capacities: Capacities, enrolled: Enrolled, score: str = "risk"
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
    ordered = _in_order(rows, score)
    where = ["as_of_date", "school_id"]
    ordered["section"] = np.where(ordered["already_chronic"], INTENSIVE, PREVENT)
    ordered["rank_in_section"] = ordered.groupby([*where, "section"], sort=False).cumcount() + 1
    ordered["rank_in_school"] = ordered.groupby(where, sort=False).cumcount() + 1
    ordered["selected"] = ordered["rank_in_section"] <= _section_capacity(ordered, capacities, enrolled)
    placed = ordered[["section", "rank_in_section", "rank_in_school", "selected"]]
    return _back_in_place(placed, rows)


def rank_district_wide(rows: pd.DataFrame, score: str = "risk") -> pd.Series[int]:
    """Return each row's place, from 1, on a list of the whole district at its date, whatever the school.

    Parameters
    ----------
    rows : DataFrame
        One row per student_id and as_of_date, as for :func:`place`; schools and sections play no part.
    score : str
        The column to order by.

    Returns
    -------
    Series of int
        Indexed like ``rows``.
    """
    ordered = _in_order(rows, score)
    ordered["rank"] = ordered.groupby("as_of_date", sort=False).cumcount() + 1
    return _back_in_place(ordered[["rank"]], rows)["rank"]


def place_district_wide(
    rows: pd.DataFrame, length: Mapping[dt.date, int], score: str = "risk"
) -> pd.Series[bool]:
    """Say who is on a list of the whole district: at each date the first so many, whatever their school.

    Parameters
    ----------
    rows, score
        As for :func:`rank_district_wide`.
    length : mapping of as_of_date to int
        How long the list is at each date of ``rows``.

    Returns
    -------
    Series of bool
        Indexed like ``rows``.
    """
    return rank_district_wide(rows, score) <= rows["as_of_date"].map(dict(length))


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


def _section_capacity(ordered: pd.DataFrame, capacities: Capacities, enrolled: Enrolled) -> pd.Series[int]:
    """Return the capacity that applies to each row (asked once per date, school and section)."""
    # Every section of every school is asked for, so that a forgotten school is noticed on the first
    # day and not on the day its first student becomes chronic.
    where = ordered[["as_of_date", "school_id"]]
    found: dict[tuple[dt.date, str, str], int] = {}
    for date, school in sorted(where.drop_duplicates().itertuples(index=False, name=None)):
        for section in SECTIONS:
            capacity: Capacity = getattr(capacities, section)
            number = enrolled[date, school] if capacity.percent is not None else None
            key = f"outreach.capacity.{section}"
            found[date, school, section] = section_capacity(capacity, school, number, key)
    names = [*where.columns, "section"]
    by_key = pd.DataFrame([(*key, value) for key, value in found.items()], columns=[*names, "capacity"])
    merged: pd.DataFrame = ordered[names].merge(by_key, on=names, how="left", validate="many_to_one")
    return merged["capacity"].set_axis(ordered.index)


def _in_order(rows: pd.DataFrame, score: str) -> pd.DataFrame:
    """Return the columns that lists need, in the one order, numbered by their place in ``rows``."""
    if rows[score].isna().any():
        msg = f"{int(rows[score].isna().sum())} rows have no {score} and cannot be ordered"
        raise ValueError(msg)
    columns = ["as_of_date", "school_id", "already_chronic"]
    ordered = rows[[each for each in columns if each in rows]].reset_index(drop=True)
    # One number for each student in the order of the digests: numbers sort several times faster than text.
    codes, students = pd.factorize(rows["student_id"])
    digest_rank = np.argsort(np.argsort([_digest(each) for each in students]))
    keys = (digest_rank[codes], rows["absences_left"].to_numpy(), -rows[score].to_numpy(dtype=float))
    return ordered.iloc[np.lexsort(keys)]


def _digest(student_id: str) -> str:
    return hashlib.sha256(student_id.encode("utf-8")).hexdigest()


def _back_in_place(placed: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    return placed.sort_index().set_axis(rows.index, axis=0)

"""The judged rows as arrays, and the ways to divide them into groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ews.model.intervals import FloatArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LEFT_OUT = -1
"""The code of a row that an attribute says nothing about; it is in no group and in nobody's rest."""


def weighted_counts(codes: IntArray, weights: np.ndarray, count: int) -> FloatArray:
    """Return the sum of the weights of every code from 0 to ``count`` - 1."""
    return np.asarray(np.bincount(codes, weights=weights, minlength=count), dtype=np.float64)


@dataclass(frozen=True)
class JudgedRows:
    """One row per student and as-of date of the test year, beside the lists that one score fills.

    Attributes
    ----------
    label : int array of shape (rows,)
        0 or 1.
    score : array of shape (rows,)
        The model's risk, or a rule's score.
    student, date : int arrays of shape (rows,)
        Numbers from 0, in the order of ids and of dates.
    students : int
        Distinct students.
    dates : tuple
        The as-of dates.
    lists : mapping of str to bool array of shape (rows,)
        By list: whether the row is on it.
    """

    label: IntArray
    score: FloatArray
    student: IntArray
    students: int
    date: IntArray
    dates: tuple[object, ...]
    lists: Mapping[str, BoolArray]


@dataclass(frozen=True)
class Grouping:
    """One way to divide the rows: an attribute, two of them, school.

    Attributes
    ----------
    names : tuple of str
        The groups, in order.
    codes : int array of shape (rows,)
        Each row's group, or ``LEFT_OUT``.
    compared : bool
        Whether each group is also held against the rest in its rates and its AUC.
    """

    names: tuple[str, ...]
    codes: IntArray
    compared: bool

    @classmethod
    def of(cls, members: pd.Series[str], *, compared: bool) -> Grouping:
        """Return the grouping that a column of group names makes; a null is left out."""
        codes, names = pd.factorize(members.to_numpy(dtype=object), sort=True)
        return cls(tuple(str(name) for name in names), codes.astype(np.int64), compared)

    @classmethod
    def of_two(cls, one: Grouping, other: Grouping) -> tuple[Grouping, list[tuple[str, str]]]:
        """Return the groups that two attributes make together, and the two parts of each."""
        inside = (one.codes != LEFT_OUT) & (other.codes != LEFT_OUT)
        mixed = np.where(inside, one.codes * len(other.names) + other.codes, LEFT_OUT)
        present = np.bincount(mixed[inside], minlength=len(one.names) * len(other.names)) > 0
        found, at = np.flatnonzero(present), (np.cumsum(present) - 1)[mixed] if present.any() else mixed
        parts = [
            (one.names[each // len(other.names)], other.names[each % len(other.names)]) for each in found
        ]
        names = tuple(f"{first} × {second}" for first, second in parts)
        return cls(names, np.where(inside, at, LEFT_OUT).astype(np.int64), compared=False), parts

    @cached_property
    def inside(self) -> BoolArray:
        """Whether a row is in any group."""
        return np.asarray(self.codes != LEFT_OUT)

    @cached_property
    def _leaves_none_out(self) -> bool:
        return bool(self.inside.all())

    @cached_property
    def _from_one(self) -> IntArray:
        """The codes from 1, and 0 for those who are left out: summed and dropped sooner than picked out."""
        return np.asarray(self.codes - LEFT_OUT)

    def sums(self, column: np.ndarray) -> FloatArray:
        """Return the sum of a column of shape (rows,) in every group."""
        if self._leaves_none_out:
            return weighted_counts(self.codes, column, len(self.names))
        return weighted_counts(self._from_one, column, len(self.names) + 1)[1:]

    def at_dates(self, rows: JudgedRows) -> Grouping:
        """Return the grouping of the same rows by date and group, dates first."""
        codes = np.where(self.inside, rows.date * len(self.names) + self.codes, LEFT_OUT)
        names = tuple(f"{date} {name}" for date in range(len(rows.dates)) for name in self.names)
        return Grouping(names, codes, compared=False)

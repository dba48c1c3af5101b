"""Sums of columns over cells of students who are alike in every grouping, under all resamples.

The sums of a cell are one matrix product, and the sums of a group are those of its cells: a hundred
groups cost little more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from ews.equity.judged_rows import BoolArray, Grouping, IntArray
from ews.model.intervals import FloatArray

Single = NDArray[np.float32]

THREADS = 2
"""How many threads the audit uses; what they compute does not depend on it."""


class Cells:
    """Students who are alike in every grouping; a student with rows in two schools is in two cells.

    Parameters
    ----------
    student : int array of shape (rows,)
        Each row's student.
    groupings : sequence of Grouping
        What divides the rows.
    dividing : int, optional
        How many of the groupings, from the first, divide the rows as finely as all do: pairs of attributes
        add nothing to the attributes.
    """

    def __init__(self, student: IntArray, groupings: Sequence[Grouping], dividing: int | None = None) -> None:
        mixed = np.zeros(len(student), dtype=np.int64)
        for each in groupings[:dividing]:
            mixed = _numbered(mixed * (len(each.names) + 1) + each.codes + 1)
        count, students = int(mixed.max(initial=-1)) + 1, int(student.max(initial=-1)) + 1
        # By hashing: there are many rows, and several times fewer students to put in order.
        self.unit_of_row, keys = pd.factorize(mixed * students + student, sort=True)
        self.student_of_unit = keys % students
        self.starts = np.searchsorted(keys // students, np.arange(count + 1))
        first_row = np.zeros(count, dtype=np.int64)
        first_row[mixed[::-1]] = np.arange(len(student))[::-1]
        self._codes = [each.codes[first_row] for each in groupings]

    def belongs(self, grouping: int, groups: int) -> BoolArray:
        """Return which cells each group of a grouping is made of, of shape (groups, cells)."""
        return np.asarray(self._codes[grouping] == np.arange(groups)[:, None])


class Columns:
    """Columns of the rows, summed by student and cell; and their sums under resamples."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._sums: list[Single] = []
        self._matrix: Single | None = None
        self._unit_and_outcome: IntArray | None = None
        self._blas = ThreadpoolController()

    def add(self, column: np.ndarray) -> int:
        """Add a column of shape (rows,) and return its number."""
        return self.add_summed(self.summed_by_unit(column))

    def summed_by_unit(self, column: np.ndarray) -> Single:
        """Return a column's sums by student and cell; safe to call from several threads."""
        units = len(self._cells.student_of_unit)
        return np.bincount(self._cells.unit_of_row, weights=column, minlength=units).astype(np.float32)

    def summed_by_outcome(self, column: np.ndarray, label: IntArray) -> tuple[Single, Single]:
        """Return a column's sums over the rows of outcome 0, and of outcome 1, as :meth:`summed_by_unit`."""
        if self._unit_and_outcome is None:
            self._unit_and_outcome = self._cells.unit_of_row * 2 + label
        units = len(self._cells.student_of_unit)
        both = np.bincount(self._unit_and_outcome, weights=column, minlength=2 * units).astype(np.float32)
        return both[::2], both[1::2]

    def add_summed(self, summed: Single) -> int:
        """Add a column that is summed already."""
        self._sums.append(summed)
        return len(self._sums) - 1

    def drawn(self, weights: Single) -> FloatArray:
        """Return sums of shape (cells, columns, resamples) under weights of shape (students, resamples).

        Products in single precision: a resample's sum is good to six digits, far beyond what resampling
        is.
        """
        if self._matrix is None:
            self._matrix = np.ascontiguousarray(np.array(self._sums))
            self._sums.clear()
        of_unit = weights.astype(np.float32, copy=False)[self._cells.student_of_unit]
        sums = np.empty((len(self._cells.starts) - 1, len(self._matrix), weights.shape[1]), dtype=np.float32)
        multiply = partial(_multiply, self._matrix, self._cells.starts, of_unit, sums)
        # The products are small: sharing each of them among threads costs more than it brings, and where
        # others use the processor too, a hundred times more. So every thread has cells of its own.
        with self._blas.limit(limits=1, user_api="blas"), ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(multiply, [range(first, len(sums), THREADS) for first in range(THREADS)]))
        return sums.astype(np.float64)


def _numbered(values: IntArray) -> IntArray:
    """Return each value's number among those that occur, in their order; not sorted where they are small."""
    most = int(values.max(initial=-1)) + 1
    if most > max(len(values), 1):
        return np.unique(values, return_inverse=True)[1].astype(np.int64)
    occurs = np.bincount(values, minlength=most) > 0
    return (np.cumsum(occurs) - 1)[values]


def _multiply(matrix: Single, starts: IntArray, of_unit: Single, sums: Single, cells: range) -> None:
    for cell in cells:
        start, end = starts[cell], starts[cell + 1]
        np.matmul(matrix[:, start:end], of_unit[start:end], out=sums[cell])

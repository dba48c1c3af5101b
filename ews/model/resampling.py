"""The bootstrap by student: whole students are drawn, so that their dates stay together.

One set of weights serves every figure, so that differences between figures are paired. A resample is a
column of weights (how often each student was drawn); every figure here is a function of weighted sums,
which one sparse product gives for a whole chunk of resamples. Ranking measures go through a histogram
of the score: exact up to ``BINS`` distinct scores, and beyond that ties within a bin count as halves.

Products go student by student, so that the weights of a million students pass through memory once, in
order; and in single precision wherever all sums are whole numbers that it holds without rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ews.model.intervals import FloatArray

Weights = NDArray[np.float32]
"""Of shape (students, resamples): how often each was drawn, whole numbers."""

BINS = 1024
"""Bins of a score in resamples; point estimates never go through them."""

_CHUNK_CELLS = 2**25  # 128 MiB of weights at a time, however large the district
_WIDENED = 2**18  # weights in double precision at a time: as many as a processor's cache holds
_WHOLE_IN_SINGLE = 2**24  # single precision holds every whole number up to here
_CHUNK_RESAMPLES = 250  # beyond that, histograms outgrow the processor's cache


@dataclass(frozen=True)
class StudentBootstrap:
    """Multinomial weights over distinct students, the same for the same seed on any machine.

    Parameters
    ----------
    students : int
        Distinct students, in the order of their ids (see :func:`student_codes`).
    resamples : int
        How many times the district is redrawn.
    seed : int
        Seed of NumPy's PCG64 generator.
    """

    students: int
    resamples: int
    seed: int

    def chunks(self) -> Iterator[Weights]:
        """Yield arrays of shape (students, resamples of this chunk); each column sums to ``students``."""
        generator = np.random.Generator(np.random.PCG64(self.seed))
        size = min(self.resamples, _CHUNK_RESAMPLES, max(1, _CHUNK_CELLS // self.students))
        for start in range(0, self.resamples, size):
            # Drawn one resample after the other, so that the chunk's size changes no weight.
            columns = np.array([self._draw(generator) for _ in range(min(size, self.resamples - start))])
            yield columns.T.astype(np.float32, order="C")

    def _draw(self, generator: np.random.Generator) -> NDArray[np.int32]:
        drawn = generator.integers(self.students, size=self.students)
        # Narrow while they are turned: a million students' columns fit into no processor's cache.
        return np.bincount(drawn, minlength=self.students).astype(np.int32)


def student_codes(student_ids: pd.Series[str]) -> tuple[np.ndarray, int]:
    """Return each row's student as a number (in order of the ids) and how many students there are."""
    codes, distinct = pd.factorize(student_ids, sort=True)
    return codes, len(distinct)


class WeightedSums:
    """Sums of some columns under every resample.

    Parameters
    ----------
    codes : int array of shape (rows,)
        Each row's student.
    columns : sequence of arrays of shape (rows,)
        What to sum.
    students : int
        Distinct students of the bootstrap.
    """

    def __init__(self, codes: np.ndarray, columns: Sequence[np.ndarray], students: int) -> None:
        per_student = np.array([np.bincount(codes, weights=column, minlength=students) for column in columns])
        whole = np.array([_whole_in_single(each) for each in per_student], dtype=bool)
        self._counts = sparse.csc_array(per_student[whole].astype(np.float32))
        self._others, self._whole = per_student[~whole], whole

    def __call__(self, weights: Weights) -> FloatArray:
        """Return sums of shape (columns, resamples) under weights of shape (students, resamples)."""
        sums = np.zeros((len(self._whole), weights.shape[1]))
        sums[self._whole] = self._counts @ weights.astype(np.float32, copy=False)
        portion = max(1, _WIDENED // weights.shape[1])
        for start in range(0, len(weights) if len(self._others) else 0, portion):
            part = slice(start, start + portion)
            sums[~self._whole] += self._others[:, part] @ weights[part].astype(np.float64)
        return sums


class ScoreHistogram:
    """Negatives and positives by bin of a score under every resample.

    Parameters
    ----------
    codes, scores, labels : arrays of shape (rows,)
        Each row's student, score and outcome (0 or 1).
    students : int
        Distinct students of the bootstrap.
    bins : int or array
        How many quantile bins, or the upper edges of bins already chosen (see :func:`bin_edges`).
    """

    def __init__(
        self,
        codes: np.ndarray,
        scores: np.ndarray,
        labels: np.ndarray,
        students: int,
        bins: int | np.ndarray = BINS,
    ) -> None:
        edges = bin_edges(scores, bins) if isinstance(bins, int) else bins
        self._bins = len(edges)
        cells = labels * self._bins + np.searchsorted(edges, scores)
        shape = (2 * self._bins, students)
        self._counts = counts_by_student(cells, codes, shape)

    def __call__(self, weights: Weights) -> tuple[FloatArray, FloatArray]:
        """Return (negatives, positives), each of shape (bins, resamples), lowest scores first."""
        counts = (self._counts @ weights.astype(self._counts.dtype, copy=False)).astype(np.float64)
        return counts[: self._bins], counts[self._bins :]


def counts_by_student(
    cells: np.ndarray, codes: np.ndarray, shape: tuple[int, int]
) -> sparse.csc_array[np.float32 | np.float64]:
    """Return how many rows each student has in each cell, of shape (cells, students)."""
    single = np.float32 if _fits_single(len(cells)) else np.float64
    return sparse.csc_array((np.ones(len(cells), dtype=single), (cells, codes)), shape=shape)


def _whole_in_single(per_student: FloatArray) -> bool:
    """Whether a column's sums are whole numbers under any weights, and single precision holds them."""
    return _fits_single(np.abs(per_student).sum()) and bool((per_student == np.rint(per_student)).all())


def _fits_single(total: float) -> bool:
    """Whether whole numbers up to this sum, redrawn, are exact: a resample's sum is never near its double."""
    return bool(2 * total < _WHOLE_IN_SINGLE)


def bin_edges(scores: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Return the upper edge of each bin: every distinct score if there are few, else quantiles.

    Equal scores always share a bin. The last edge is the highest score.
    """
    distinct = np.unique(scores)
    if len(distinct) <= bins:
        return distinct
    return np.unique(np.quantile(scores, np.arange(1, bins + 1) / bins, method="inverted_cdf"))


def auc_of(negatives: FloatArray, positives: FloatArray) -> FloatArray:
    """Return the AUC of every resample from its histogram; NaN where a class is missing.

    ``sum over bins of positives × (negatives below + half the negatives beside) / (all pairs)``.

    Parameters
    ----------
    negatives, positives : arrays of shape (bins, resamples)
        Weighted counts, lowest scores first.
    """
    below = np.cumsum(negatives, axis=0)
    totals = below[-1] * positives.sum(axis=0)
    below -= negatives / 2
    wins: FloatArray = np.einsum("qb,qb->b", positives, below)
    return ratio(wins, totals)


def average_precision_of(negatives: FloatArray, positives: FloatArray) -> FloatArray:
    """Return the average precision of every resample from its histogram; NaN without positives.

    ``sum over bins, highest first, of (share of positives in the bin) × (precision down to it)``.

    Parameters
    ----------
    negatives, positives : arrays of shape (bins, resamples)
        Weighted counts, lowest scores first.
    """
    top_down = positives[::-1]
    found = np.cumsum(top_down, axis=0)
    listed = found + np.cumsum(negatives[::-1], axis=0)
    precision = np.divide(found, listed, out=np.zeros_like(found), where=listed > 0)
    gained: FloatArray = np.einsum("qb,qb->b", top_down, precision)
    return ratio(gained, found[-1])


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide elementwise; NaN where there is nothing to divide by."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator != 0)

"""The AUC as a mean: how many of the others each row is placed above.

A positive's *placement* is the share of the negatives that it scores above, ties counted half; a
negative's the share of the positives that score above it. The mean of either is the AUC (E. R. DeLong
and others 1988, Biometrics 44, 837-845), and both means together say, to first order, what the AUC of a
resample is. So a resampled AUC is two ratios of sums, for as many groups as one likes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ews.equity.judged_rows import LEFT_OUT, Grouping, IntArray
from ews.model.intervals import FloatArray
from ews.model.resampling import ratio


@dataclass(frozen=True)
class Ranked:
    """How the groups of a grouping are ranked.

    Attributes
    ----------
    placements : array of shape (rows,)
        Of each row among the rows of its own group; 0 outside, and where only one outcome occurs.
    auc, error : arrays of shape (groups,)
        The AUC and its standard error where every row is a student of its own; NaN where undefined.
    """

    placements: FloatArray
    auc: FloatArray
    error: FloatArray


class ScoreOrder:
    """Rows in the order of their scores, made once for all groupings.

    Parameters
    ----------
    label : int array of shape (rows,)
        0 or 1.
    score : array of shape (rows,)
        Any score; only its order counts.
    """

    def __init__(self, label: IntArray, score: FloatArray) -> None:
        self._order = np.argsort(score, kind="stable")
        self._label = label[self._order].astype(np.float64)
        self._score = score[self._order]
        self._rows = len(score)

    def placements(self, groups: IntArray) -> FloatArray:
        """Return each row's placement among the rows of its own group.

        Parameters
        ----------
        groups : int array of shape (rows,)
            From 0; a row that is left out belongs to none, and its placement is 0.
        """
        own = groups[self._order]
        # Whole numbers of 16 bits are sorted by radix, several times faster.
        narrow = own.astype(np.int16) if own.max(initial=0) < np.iinfo(np.int16).max else own
        by_group = np.argsort(narrow, kind="stable")
        by_group = by_group[np.searchsorted(own[by_group], 0) :]
        placed = np.zeros(self._rows)
        if len(by_group):
            placed[self._order[by_group]] = _within(
                own[by_group], self._score[by_group], self._label[by_group]
            )
        return placed

    def ranked(self, label: IntArray, grouping: Grouping) -> Ranked:
        """Return placements and AUC of every group; ``label`` in the rows' own order."""
        placed = self.placements(grouping.codes)
        return Ranked(placed, *_auc_and_error(placed, label, grouping))

    def ranked_without(self, label: IntArray, grouping: Grouping, group: int) -> Ranked:
        """Return the same of all the other groups taken together, as one group."""
        outside = (grouping.codes != group) & grouping.inside
        rest = Grouping(("rest",), np.where(outside, 0, LEFT_OUT), compared=False)
        return self.ranked(label, rest)


def _auc_and_error(placed: FloatArray, label: IntArray, grouping: Grouping) -> tuple[FloatArray, FloatArray]:
    """Return the mean placement of the positives, and DeLong's standard error of it."""
    positives, rows = grouping.sums(label), grouping.sums(np.ones(len(label)))
    auc = np.where(rows > positives, ratio(grouping.sums(placed * label), positives), np.nan)
    variance = np.zeros(len(auc))
    for own, size in ((label, positives), (1 - label, rows - positives)):
        mean = ratio(grouping.sums(placed * own), size)
        spread = grouping.sums(placed**2 * own) - size * mean**2
        variance += ratio(np.maximum(spread, 0.0), size * (size - 1))
    return auc, np.sqrt(variance)


def _within(groups: IntArray, scores: np.ndarray, label: FloatArray) -> FloatArray:
    """Return placements of rows that are in the order of group and score."""
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    ties = np.flatnonzero(np.r_[True, (groups[1:] != groups[:-1]) | (scores[1:] != scores[:-1])])
    positives, below_positives = _counts(label, starts, ties)
    negatives, below_negatives = _counts(1 - label, starts, ties)
    above_positives = positives - below_positives
    placed = np.where(
        label == 1,
        np.divide(below_negatives, negatives, out=np.zeros_like(label), where=negatives > 0),
        np.divide(above_positives, positives, out=np.zeros_like(label), where=positives > 0),
    )
    both = (positives > 0) & (negatives > 0)
    return np.where(both, placed, 0.0)


def _counts(counted: FloatArray, starts: IntArray, ties: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return, for every row, how many of its group are counted, and how many of them lie below it.

    Those that share its score lie below it by half.
    """
    size = len(counted)
    running = np.r_[0.0, np.cumsum(counted)]
    before_group = np.repeat(running[starts], np.diff(np.r_[starts, size]))
    in_group = np.repeat(running[np.r_[starts[1:], size]], np.diff(np.r_[starts, size])) - before_group
    tie_ends = np.r_[ties[1:], size]
    middle = np.repeat((running[ties] + running[tie_ends]) / 2, np.diff(np.r_[ties, size]))
    return in_group, middle - before_group

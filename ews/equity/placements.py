"""The AUC as a mean: how many of the others each row is placed above.

A positive's *placement* is the share of the negatives that it scores above, ties counted half; a
negative's the share of the positives that score above it. The mean of either is the AUC (E. R. DeLong
and others 1988, Biometrics 44, 837-845), and both means together say, to first order, what the AUC of a
resample is. So a resampled AUC is two ratios of sums, for as many groups as one likes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ews.equity.judged_rows import LEFT_OUT, BoolArray, Grouping, IntArray
from ews.model.intervals import FloatArray
from ews.model.pairs import ties_in_order
from ews.model.resampling import ratio


@dataclass(frozen=True)
class Ranked:
    """How the groups of a grouping are ranked.

    Attributes
    ----------
    placements : array of shape (rows,)
        Of each row among the rows of its own group; 0 outside, and where only one outcome occurs.
    auc : array of shape (groups,)
        NaN where undefined.
    """

    placements: FloatArray
    auc: FloatArray

    def error(self, label: IntArray, grouping: Grouping) -> FloatArray:
        """Return DeLong's standard error of each AUC, where every row is a student of its own."""
        variance = np.zeros(len(self.auc))
        for own in (label, 1 - label):
            size = grouping.sums(own)
            mean = ratio(grouping.sums(self.placements * own), size)
            spread = grouping.sums(self.placements**2 * own) - size * mean**2
            variance += ratio(np.maximum(spread, 0.0), size * (size - 1))
        return np.sqrt(variance)


class ScoreOrder:
    """Rows in the order of their scores, made once for all groupings.

    Parameters
    ----------
    label : int array of shape (rows,)
        0 or 1.
    score : array of shape (rows,)
        Any score; only its order counts.
    block : int array of shape (rows,), optional
        What rows are ranked within throughout, such as the date; one for all by default.
    """

    def __init__(self, label: IntArray, score: FloatArray, block: IntArray | None = None) -> None:
        # Narrow numbers throughout: what takes time here is moving columns through memory.
        order = np.argsort(score, kind="stable")
        ordered = score[order]
        tie = np.cumsum(np.r_[False, ordered[1:] != ordered[:-1]], dtype=np.int32)
        self._block: np.ndarray = np.zeros(len(score), dtype=np.int16)
        if block is not None:
            of_row = block.astype(_narrow(block))[order]
            by_block = np.argsort(of_row, kind="stable")
            order, tie, self._block = order[by_block], tie[by_block], of_row[by_block]
        self._order, self._tie = order.astype(np.int32), tie
        self._label = label[order].astype(np.int8)
        self._rows = len(score)

    def placements(self, groups: IntArray) -> FloatArray:
        """Return each row's placement among the rows of its own group.

        Parameters
        ----------
        groups : int array of shape (rows,)
            From 0, none of them in two blocks; a row that is left out belongs to none, its placement is 0.
        """
        own = groups.astype(_narrow(groups))[self._order]
        by_group = np.argsort(own, kind="stable").astype(np.int32)  # by radix where narrow
        by_group = by_group[np.count_nonzero(own == LEFT_OUT) :]
        placed = np.zeros(self._rows)
        if len(by_group):
            placed[self._order[by_group]] = _within(own[by_group], self._tie[by_group], self._label[by_group])
        return placed

    def placements_among(self, chosen: BoolArray) -> FloatArray:
        """Return each chosen row's placement among the chosen of its block, and 0 for the others."""
        kept = chosen[self._order]
        at, placed = self._order[kept], np.zeros(self._rows)
        if len(at):
            placed[at] = _within(self._block[kept], self._tie[kept], self._label[kept])
        return placed

    def ranked(self, label: IntArray, grouping: Grouping) -> Ranked:
        """Return placements and AUC of every group; ``label`` in the rows' own order."""
        return _ranked(label, grouping, self.placements(grouping.codes))

    def ranked_blocks(self, label: IntArray, blocks: Grouping) -> Ranked:
        """Return the same of the blocks, of those of their rows that the grouping does not leave out."""
        return _ranked(label, blocks, self.placements_among(blocks.inside))


def _ranked(label: IntArray, grouping: Grouping, placed: FloatArray) -> Ranked:
    positives, rows = grouping.sums(label), grouping.sums(np.ones(len(label)))
    auc = np.where(rows > positives, ratio(grouping.sums(placed * label), positives), np.nan)
    return Ranked(placed, auc)


def _narrow(groups: IntArray) -> type[np.int16 | np.int32]:
    """Return the narrowest type that holds the groups: numbers of 16 bits are sorted by radix."""
    return np.int16 if groups.max(initial=0) < np.iinfo(np.int16).max else np.int32


def _within(groups: np.ndarray, scores: np.ndarray, label: np.ndarray) -> FloatArray:
    """Return placements of rows that are in the order of group and score."""
    ties = ties_in_order(groups, scores, label)
    both, none = (ties.positives > 0) & (ties.negatives > 0), np.zeros(len(ties.positives))
    of_positive = np.divide(ties.negatives_below, ties.negatives, out=none.copy(), where=both)
    above = ties.positives - ties.positives_below
    of_negative = np.divide(above, ties.positives, out=none, where=both)
    return np.asarray(np.where(label == 1, of_positive[ties.of_row], of_negative[ties.of_row]))

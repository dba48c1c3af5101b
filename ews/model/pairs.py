"""Pairs of a row with the outcome and one without, in the same group: how many are in order.

What an AUC within groups is made of, without looking at any pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ews.model.intervals import FloatArray


@dataclass(frozen=True)
class Ties:
    """Rows of one group that share a score, in the order of group and score.

    Attributes
    ----------
    of_row : int array of shape (rows,)
        The tie that each row is in.
    positives, negatives : int arrays of shape (ties,)
        Rows of either outcome in the whole group.
    positives_below, negatives_below : arrays of shape (ties,)
        Those of the group with a lower score; those of the tie itself count half.
    """

    of_row: NDArray[np.int32]
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]
    positives_below: FloatArray
    negatives_below: FloatArray


def ties_in_order(group: np.ndarray, score: np.ndarray, label: np.ndarray) -> Ties:
    """Return the ties of rows that are in the order of group and score.

    Parameters
    ----------
    group, score, label : arrays of shape (rows,)
        Group, score (or a number for it in its order) and outcome (0 or 1); at least one row.
    """
    size = len(group)
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    ties = np.flatnonzero(np.r_[True, (group[1:] != group[:-1]) | (score[1:] != score[:-1])])
    tie_ends, ends = np.r_[ties[1:], size], np.r_[starts[1:], size]
    of_group = np.searchsorted(starts, ties, side="right") - 1
    running = np.r_[0, np.cumsum(label, dtype=np.int64)]
    first = starts[of_group]
    positives = (running[ends] - running[starts])[of_group]
    positives_below = (running[ties] + running[tie_ends]) / 2 - running[first]
    return Ties(
        np.repeat(np.arange(len(ties), dtype=np.int32), tie_ends - ties),
        positives,
        (ends - starts)[of_group] - positives,
        positives_below,
        (ties + tie_ends) / 2 - first - positives_below,
    )

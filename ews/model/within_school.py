"""How well students are ranked inside their school on one date: that is the list a counselor works from.

AUC within groups: of all pairs of a student with and one without the outcome, in the same school on the same
date, the share in which the former has the higher score (ties count half). That is the mean of the schools'
AUCs weighted by their pairs.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ews.model.clustered import interval_around
from ews.model.intervals import FloatArray, Interval
from ews.model.pairs import ties_in_order


def within_school_auc(label: np.ndarray, score: np.ndarray, group: np.ndarray, codes: np.ndarray) -> Interval:
    """Return the AUC within groups with an interval by student; null where no group has both outcomes.

    Parameters
    ----------
    label, score : arrays of shape (rows,)
        Outcome (0 or 1) and score.
    group : int array of shape (rows,)
        Which school and date a row belongs to, from 0.
    codes : int array of shape (rows,)
        Each row's student.
    """
    if len(label) == 0:
        return interval_around(math.nan, np.empty(0), codes)
    wins, pairs = _wins_and_pairs(label, score, group)
    positive = label == 1
    total = float(pairs[positive].sum())
    if total == 0:
        return interval_around(math.nan, np.empty(0), codes)
    area = float(wins[positive].sum()) / total
    # Every row moves the figure by the pairs that it is part of (N. A. Obuchowski 1997, Biometrics 53, 567).
    return interval_around(area, (wins - area * pairs) / total, codes)


def groups_of(rows: pd.DataFrame) -> np.ndarray:
    """Return a number for every school and date of judged rows."""
    numbers: np.ndarray = rows.groupby(["as_of_date", "school_id"], sort=True).ngroup().to_numpy()
    return numbers


def _wins_and_pairs(label: np.ndarray, score: np.ndarray, group: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """Return for every row the pairs with the other outcome in its group, and how many are in order."""
    order = np.lexsort((score, group))
    ties = ties_in_order(group[order], score[order], label[order])
    of_tie = np.empty(len(order), dtype=np.int64)
    of_tie[order] = ties.of_row
    wins = np.where(label == 1, ties.negatives_below[of_tie], (ties.positives - ties.positives_below)[of_tie])
    return wins, np.where(label == 1, ties.negatives[of_tie], ties.positives[of_tie]).astype(float)

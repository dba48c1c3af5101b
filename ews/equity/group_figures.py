"""The figures of each group, by fairlearn's ``MetricFrame``; the only module that imports fairlearn.

Its traps are minded here: it refuses a missing group (ours are named ``Unknown`` before), and its rates
are 0.0 for a group that has nothing to count, which would read as "nobody was missed". Such figures are
NaN here. It also takes about a microsecond per row, column and metric, so what can be said of a list is
asked of its four cells per group (became chronic or not, listed or not) with their counts as weights, and
the AUC as what it is equal to, the mean placement of those who became chronic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame

from ews.equity.judged_rows import BoolArray, Grouping, IntArray, JudgedRows, weighted_counts
from ews.model.intervals import FloatArray
from ews.model.resampling import ratio

Figures = dict[str, float]
Metric = Callable[..., Figures]

RATES = ("selection_rate", "fnr", "fpr", "precision", "false_omission_rate")


@dataclass(frozen=True)
class Cells:
    """Student-dates of every group by outcome and place on a list.

    Attributes
    ----------
    size : array of shape (groups, 2, 2)
        How many: by group, label, listed.
    total : array of shape (groups, 2, 2)
        The sum of a column over them: risks, or placements.
    """

    size: FloatArray
    total: FloatArray

    @classmethod
    def of(cls, grouping: Grouping, label: IntArray, listed: BoolArray, summed: FloatArray) -> Cells:
        """Gather rows; those that the grouping leaves out are in no cell."""
        inside, shape = grouping.inside, (len(grouping.names), 2, 2)
        at = ((grouping.codes * 2 + label) * 2 + listed)[inside]
        count = 4 * len(grouping.names)
        size = np.bincount(at, minlength=count).astype(np.float64)
        return cls(size.reshape(shape), weighted_counts(at, summed[inside], count).reshape(shape))

    @property
    def of_rest(self) -> Cells:
        """The cells of all the other groups, for each group."""
        return Cells(self.size.sum(axis=0) - self.size, self.total.sum(axis=0) - self.total)


def cells_of_list(rows: JudgedRows, grouping: Grouping, list_name: str) -> Cells:
    """Return the cells of every group on one list, with their risks."""
    return Cells.of(grouping, rows.label, rows.lists[list_name], rows.score)


def rates_of(cells: Cells, names: Sequence[str]) -> dict[str, Figures]:
    """Return by group, in order, the five rates and ``missed_need``; a group without rows has none."""
    return _by_group(cells, names, _all_rates)


def rates_at_once(cells: Cells) -> dict[str, FloatArray]:
    """Return the same figures for cells of any kind, by name, as arrays of shape (groups,).

    For what fairlearn has no frame for: a group's rest, which overlaps with that of another.
    """
    rows, need, listed, found = _margins(cells.size)
    missed = need - cells.total[:, :, 0].sum(axis=1) - found
    return {
        "selection_rate": ratio(listed, rows),
        "fnr": ratio(need - found, need),
        "fpr": ratio(listed - found, rows - need),
        "precision": ratio(found, listed),
        "false_omission_rate": ratio(need - found, rows - listed),
        "missed_need": ratio(missed, need),
    }


def expected_of(cells: Cells) -> dict[str, FloatArray]:
    """Return, by rate, the value that the risks alone would give, as arrays of shape (groups,).

    Each risk counts as that much of a student who became chronic.
    """
    rows, _, listed, _ = _margins(cells.size)
    need, found = cells.total.sum(axis=(1, 2)), cells.total[:, :, 1].sum(axis=1)
    return {
        "fnr": ratio(need - found, need),
        "fpr": ratio(listed - found, rows - need),
        "precision": ratio(found, listed),
        "false_omission_rate": ratio(need - found, rows - listed),
    }


def auc_of(cells: Cells, names: Sequence[str]) -> dict[str, float]:
    """Return the AUC of every group; NaN where only one outcome occurred.

    Parameters
    ----------
    cells : Cells
        With the placements of the rows within their group, nobody listed.
    """
    return {group: each["auc"] for group, each in _by_group(cells, names, _mean_placement).items()}


def missed_need_by_group(
    rows: pd.DataFrame, members: pd.Series[str], listed: pd.Series[bool]
) -> dict[str, float]:
    """Return the need that one list missed in every group beyond what the risks said.

    Parameters
    ----------
    rows : DataFrame
        Judged rows, one per student_id and as_of_date, with ``label`` and ``risk``.
    members : Series of str
        The group of every row; a null is in none.
    listed : Series of bool
        Whether the row is on the list.
    """
    nothing = np.zeros(len(rows), dtype=np.int64)
    label, risk = rows["label"].to_numpy(dtype=np.int64), rows["risk"].to_numpy(dtype=float)
    judged = JudgedRows(label, risk, nothing, 1, nothing, (), {"": listed.to_numpy(dtype=bool)})
    grouping = Grouping.of(members, compared=False)
    cells = cells_of_list(judged, grouping, "")
    return {group: each["missed_need"] for group, each in rates_of(cells, grouping.names).items()}


def _all_rates(label: np.ndarray, listed: np.ndarray, *, rows: np.ndarray, mean: np.ndarray) -> Figures:
    """Return every figure of one group on one list.

    ``missed_need`` is the need that the list missed beyond what the risks said: the sum off the list of
    (label - risk), divided by the positives. About 0 for calibrated risks whatever the base rate; above 0
    where need is under-estimated; NaN without positives. Between a group and the rest it is ``excess_fnr``.

    Parameters
    ----------
    label, listed : int arrays of shape (cells,)
        Outcome and place of each cell of students.
    rows, mean : arrays of shape (cells,)
        How many student-dates it holds, and their mean risk.
    """
    need, others, off = rows * label, rows * (1 - label), listed == 0
    return {
        "selection_rate": _share(rows * listed, rows),
        "fnr": _share(need * off, need),
        "fpr": _share(others * listed, others),
        "precision": _share(need * listed, rows * listed),
        "false_omission_rate": _share(need * off, rows * off),
        "missed_need": _share(rows * (label - mean) * off, need),
    }


def _mean_placement(label: np.ndarray, listed: np.ndarray, *, rows: np.ndarray, mean: np.ndarray) -> Figures:
    if label.all():
        return {"auc": float("nan")}
    return {"auc": _share(rows * mean * label, rows * label)}


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    total = float(np.sum(whole))
    return float(np.sum(part)) / total if total else float("nan")


def counted(rate: str, size: FloatArray) -> tuple[int, int]:
    """Return what a rate counts and what it is a share of, from one group's cells by label and listed."""
    need, others, listed, off = size[1], size[0], size[:, 1], size[:, 0]
    part, whole = {
        "selection_rate": (listed, size),
        "fnr": (need[0], need),
        "fpr": (others[1], others),
        "precision": (listed[1], listed),
        "false_omission_rate": (off[1], off),
    }[rate]
    return int(np.sum(part)), int(np.sum(whole))


def _margins(size: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return rows, positives, listed and found of every group."""
    return size.sum(axis=(1, 2)), size[:, 1].sum(axis=1), size[:, :, 1].sum(axis=1), size[:, 1, 1]


def _by_group(cells: Cells, names: Sequence[str], metric: Metric) -> dict[str, Figures]:
    """Ask a MetricFrame for one metric that returns several figures: its overhead is per metric and group."""
    used = np.flatnonzero(cells.size)
    if not len(used):
        return {}
    size = cells.size.ravel()[used]
    frame = MetricFrame(
        metrics=metric,
        y_true=used // 2 % 2,
        y_pred=used % 2,
        sensitive_features=used // 4,
        sample_params={"rows": size, "mean": cells.total.ravel()[used] / size},
    )
    return {names[int(group)]: dict(found) for group, found in frame.by_group.items()}

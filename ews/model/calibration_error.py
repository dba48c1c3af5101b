"""The integrated calibration index and the smoother under it.

Smoother: local linear regression of the label on the risk with tricube weights over the nearest two
thirds of the rows (W. S. Cleveland 1979, JASA 74, 829-836; without its robustness steps, which are
meant for outliers, and a label has none), on at most 100 groups of equal size by risk.
Index: P. C. Austin and E. W. Steyerberg (2019), Statistics in Medicine 38, 4051-4065.
"""

from __future__ import annotations

import numpy as np

from ews.model.intervals import FloatArray
from ews.model.resampling import Weights, bin_edges, counts_by_student, ratio

_GROUPS = 100
_SPAN = 2 / 3


class CalibrationError:
    """The integrated calibration index under every resample.

    ``mean over rows of |risk - smoothed label at that risk|``. Ideal 0; in probability (0.02: risks are
    off by two students in a hundred on average). It cannot be negative, so chance alone puts it above 0,
    the more so the fewer the rows.

    Parameters
    ----------
    codes, risk, label : arrays of shape (rows,)
        Each row's student, risk (0 to 1) and outcome (0 or 1).
    students : int
        Distinct students of the bootstrap.
    """

    def __init__(self, codes: np.ndarray, risk: np.ndarray, label: np.ndarray, students: int) -> None:
        group = np.searchsorted(bin_edges(risk, _GROUPS), risk)
        self._groups = int(group.max()) + 1
        shape = (2 * self._groups, students)
        cells = np.concatenate([group, group[label == 1] + self._groups])
        self._counts = counts_by_student(cells, np.concatenate([codes, codes[label == 1]]), shape)
        rows = np.bincount(group)
        self._at = np.bincount(group, weights=risk) / np.maximum(rows, 1)
        self._kernels = _kernels(self._at, rows)

    def __call__(self, weights: Weights) -> FloatArray:
        """Return the index of every resample, shape (resamples,), for weights (students, resamples)."""
        counts = (self._counts @ weights.astype(self._counts.dtype, copy=False)).astype(np.float64)
        rows, positives = counts[: self._groups], counts[self._groups :]
        distance = np.abs(self._at[:, None] - self._smooth(rows, positives))
        total = rows.sum(axis=0)
        return ratio((rows * distance).sum(axis=0), total)

    def _smooth(self, rows: FloatArray, positives: FloatArray) -> FloatArray:
        level, tilt, bend = self._kernels
        n, nx, nxx = level @ rows, tilt @ rows, bend @ rows
        y, xy = level @ positives, tilt @ positives
        spread = n * nxx - nx**2
        mean = np.divide(y, n, out=np.zeros_like(y), where=n > 0)
        # Where all neighbors share one risk there is no line to fit, only their mean.
        line = spread > 1e-12 * np.maximum(n, 1) ** 2
        smoothed: FloatArray = np.divide(nxx * y - nx * xy, spread, out=mean, where=line)
        return smoothed


def integrated_calibration_index(label: np.ndarray, risk: np.ndarray) -> float:
    """Mean distance between risk and what happened at that risk; ideal 0. NaN without rows.

    The smoother is this module's: local linear, tricube weights, nearest two thirds of the rows.
    """
    if len(label) == 0:
        return float("nan")
    everyone = np.arange(len(label))
    once = np.ones((len(label), 1), dtype=np.float32)
    return float(CalibrationError(everyone, risk, label, len(label))(once)[0])


def _kernels(at: np.ndarray, rows: np.ndarray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return tricube weights times (1, x, x²), x being the distance from the point smoothed at."""
    offset = at[None, :] - at[:, None]
    distance = np.abs(offset)
    order = np.argsort(distance, axis=1, kind="stable")
    covered = np.cumsum(rows[order], axis=1) >= _SPAN * rows.sum()
    last = np.take_along_axis(order, covered.argmax(axis=1)[:, None], axis=1)
    reach = np.maximum(np.take_along_axis(distance, last, axis=1), 1e-9)
    weight = (1 - np.minimum(distance / reach, 1) ** 3) ** 3
    return weight, weight * offset, weight * offset**2

"""The figures of each group in every resample of whole students.

fairlearn gives the figures themselves; its own bootstrap takes minutes, so here they are rebuilt from
weighted sums. Every figure is a ratio of sums, an AUC from a histogram, or (calibration) one Newton step
from the fitted value, which is right to the order of the sampling error squared.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import expit

from ews.model.intervals import FloatArray
from ews.model.measures import calibration_in_the_large, recalibration_line, risk_logit
from ews.model.resampling import ScoreHistogram, WeightedSums, auc_of, bin_edges, ratio

Draws = dict[str, list[FloatArray]]


class GroupDraws:
    """Resampled figures of the groups of one attribute, each beside those of the rest.

    Parameters
    ----------
    rows : DataFrame
        Judged rows, one per student_id and as_of_date, with ``label`` and ``risk``.
    codes : int array of shape (rows,)
        Each row's student.
    students : int
        Distinct students of the bootstrap.
    members : Series of str
        The group of every row.
    lists : mapping of str to Series of bool
        By list: whether the row is on it.
    """

    def __init__(
        self,
        rows: pd.DataFrame,
        codes: np.ndarray,
        students: int,
        members: pd.Series[str],
        lists: Mapping[str, pd.Series[bool]],
    ) -> None:
        self._lists = tuple(lists)
        self._draws: dict[str, Draws] = {}
        self._sums: dict[str, WeightedSums] = {}
        self._calibration: dict[str, _CalibrationStep] = {}
        self._histograms: dict[str, ScoreHistogram] = {}
        label, risk = rows["label"].to_numpy(dtype=int), rows["risk"].to_numpy(dtype=float)
        edges = bin_edges(risk)
        columns = _columns(label, risk, [each.to_numpy(dtype=bool) for each in lists.values()])
        for group in sorted(set(members)):
            own = (members == group).to_numpy()
            self._draws[group] = {}
            self._sums[group] = WeightedSums(codes[own], [each[own] for each in columns], students)
            self._histograms[group] = ScoreHistogram(codes[own], risk[own], label[own], students, edges)
            self._calibration[group] = _CalibrationStep(codes[own], risk[own], label[own], students)

    def resample(self, weights: FloatArray) -> None:
        """Add the figures of one chunk of resamples, weights of shape (students, resamples)."""
        sums = {group: each(weights) for group, each in self._sums.items()}
        everyone = sum(sums.values(), start=np.zeros(1))
        for group, own in sums.items():
            self._keep(group, self._rates(own) | self._excess(own, everyone - own))
            self._keep(group, self._calibration[group](weights))
        self._rank(weights)

    def drawn(self, group: str, figure: str) -> FloatArray:
        """Return a figure of a group in every resample, shape (resamples,).

        Figures: ``auc``, ``auc_difference``, ``in_the_large``, ``slope``, and ``<list> <rate>`` and
        ``<list> excess_fnr`` for every list.
        """
        return np.concatenate(self._draws[group][figure])

    def _rates(self, sums: FloatArray) -> dict[str, FloatArray]:
        rows, need = sums[0], sums[1]
        rates: dict[str, FloatArray] = {}
        for at, name in enumerate(self._lists):
            listed, found = sums[2 + 3 * at], sums[3 + 3 * at]
            rates |= {
                f"{name} selection_rate": ratio(listed, rows),
                f"{name} fnr": ratio(need - found, need),
                f"{name} fpr": ratio(listed - found, rows - need),
                f"{name} precision": ratio(found, listed),
                f"{name} false_omission_rate": ratio(need - found, rows - listed),
            }
        return rates

    def _excess(self, own: FloatArray, rest: FloatArray) -> dict[str, FloatArray]:
        return {
            f"{name} excess_fnr": ratio(own[4 + 3 * at], own[1]) - ratio(rest[4 + 3 * at], rest[1])
            for at, name in enumerate(self._lists)
        }

    def _rank(self, weights: FloatArray) -> None:
        total_negatives, total_positives = (
            sum(each, start=np.zeros(1))
            for each in zip(*(histogram(weights) for histogram in self._histograms.values()), strict=True)
        )
        for group, histogram in self._histograms.items():
            # Counted a second time: holding every group's histogram would take more room than it saves.
            negatives, positives = histogram(weights)
            own = auc_of(negatives, positives)
            rest = auc_of(total_negatives - negatives, total_positives - positives)
            self._keep(group, {"auc": own, "auc_difference": rest - own})

    def _keep(self, group: str, figures: Mapping[str, FloatArray]) -> None:
        for name, each in figures.items():
            self._draws[group].setdefault(name, []).append(each)


class _CalibrationStep:
    """Calibration in the large and slope: one weighted Newton step from the group's fitted values."""

    def __init__(self, codes: np.ndarray, risk: np.ndarray, label: np.ndarray, students: int) -> None:
        at = risk_logit(risk)
        self._shift = calibration_in_the_large(label, risk)
        intercept, self._slope = recalibration_line(label, risk)
        shifted = expit(np.nan_to_num(self._shift) + at)
        fitted = expit(np.nan_to_num(intercept) + np.nan_to_num(self._slope) * at)
        spread = fitted * (1 - fitted)
        columns = [label - shifted, shifted * (1 - shifted), label - fitted, (label - fitted) * at]
        columns += [spread, spread * at, spread * at**2]
        self._sums = WeightedSums(codes, columns, students)

    def __call__(self, weights: FloatArray) -> dict[str, FloatArray]:
        surplus, information, first, second, h00, h01, h11 = self._sums(weights)
        slope_step = ratio(h00 * second - h01 * first, h00 * h11 - h01**2)
        return {
            "in_the_large": self._shift + ratio(surplus, information),
            "slope": self._slope + slope_step,
        }


def _columns(label: np.ndarray, risk: np.ndarray, lists: list[np.ndarray]) -> list[np.ndarray]:
    """Return what is summed: rows, positives; for each list the listed, the found and the missed need."""
    columns = [np.ones(len(label)), label.astype(float)]
    for listed in lists:
        columns += [listed.astype(float), (listed & (label == 1)).astype(float), (label - risk) * ~listed]
    return columns

"""Predicted beside observed, in ten groups of equal size by the model's risk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ews.model.intervals import FloatArray, rate_interval
from ews.model.predictors import MODEL
from ews.model.resampling import WeightedSums, Weights, bin_edges, ratio

_GROUPS = 10


class CalibrationCurve:
    """Predicted beside observed, in ten groups of equal size by the model's risk."""

    def __init__(self, rows: pd.DataFrame, codes: np.ndarray, students: int) -> None:
        risk, label = rows[MODEL.column].to_numpy(dtype=float), rows["label"].to_numpy(dtype=int)
        group = np.searchsorted(bin_edges(risk, _GROUPS), risk)
        self._members = [group == each for each in np.unique(group)]
        self._risk, self._label, self._codes = risk, label, codes
        columns = [column for each in self._members for column in (each, each & (label == 1))]
        self._sums = WeightedSums(codes, columns, students)
        self._draws: list[FloatArray] = []

    def resample(self, weights: Weights) -> None:
        """Add the observed rates of one chunk of resamples."""
        sums = self._sums(weights)
        self._draws.append(ratio(sums[1::2], sums[0::2]))

    def points(self) -> list[dict[str, Any]]:
        """Return one point per group, lowest risks first."""
        draws = np.concatenate(self._draws, axis=1)
        return [self._point(mask, drawn) for mask, drawn in zip(self._members, draws, strict=True)]

    def _point(self, mask: np.ndarray, drawn: FloatArray) -> dict[str, Any]:
        rows, students = int(mask.sum()), len(np.unique(self._codes[mask]))
        observed = rate_interval(int(self._label[mask].sum()), rows, students, drawn)
        return {
            "predicted": float(self._risk[mask].mean()),
            "observed": observed["value"],
            "n": rows,
            "low": observed["low"],
            "high": observed["high"],
        }

"""One predictor in one period and population: the cell of which ``evaluation.json`` is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ews.capacity import INTENSIVE, PREVENT
from ews.model.brier_parts import brier_parts
from ews.model.calibration_error import CalibrationError, integrated_calibration_index
from ews.model.clustered import recalibration
from ews.model.intervals import (
    UNDEFINED,
    FloatArray,
    Interval,
    interval_of,
    percentile_interval,
    rate_interval,
)
from ews.model.measures import auc, average_precision, brier
from ews.model.predictors import Predictor
from ews.model.resampling import ScoreHistogram, WeightedSums, Weights, auc_of, average_precision_of, ratio
from ews.model.within_school import within_school_auc

ALL = "all"
NOT_YET_CHRONIC = "not_yet_chronic"
BOTH = "both"


@dataclass(frozen=True)
class _SectionCounts:
    """Counts of one section of the lists in one slice: rows, and the students behind them."""

    listed: int
    found: int
    positives: int
    eligible: int
    listed_students: int
    positive_students: int


class Slice:
    """One predictor's figures in one period and population, and the same figures in every resample.

    Parameters
    ----------
    population : str
        ``all`` or ``not_yet_chronic``.
    predictor : Predictor
        Whose scores are judged.
    rows : DataFrame
        The judged rows of this period and population, one per student_id and as_of_date: ``label``,
        ``already_chronic``, ``group`` (see :func:`ews.model.within_school.groups_of`), the score.
    codes : int array of shape (rows,)
        Each row's student.
    students : int
        Distinct students of the bootstrap (of the whole district, so that resamples are paired).
    listed : Series of str
        The section of every row that is on this predictor's list, "" for the others.
    """

    def __init__(
        self,
        population: str,
        predictor: Predictor,
        rows: pd.DataFrame,
        codes: np.ndarray,
        students: int,
        listed: pd.Series[str],
    ) -> None:
        self.population, self.predictor = population, predictor
        self.label = rows["label"].to_numpy(dtype=int)
        self.score = rows[predictor.column].to_numpy(dtype=float)
        self.codes = codes
        self.group = rows["group"].to_numpy()
        self._draws: dict[str, list[FloatArray]] = {}
        self._sections: dict[str, _SectionCounts] = {}
        self._sums = WeightedSums(codes, self._columns(rows["already_chronic"], listed), students)
        if len(rows) == 0:
            return
        self._histogram = ScoreHistogram(codes, self.score, self.label, students)
        if predictor.gives_risks:
            self._error = CalibrationError(codes, self.score, self.label, students)

    def _columns(self, chronic: pd.Series[bool], listed: pd.Series[str]) -> list[np.ndarray]:
        """Return what is summed in resamples: rows, a risk's squared errors, four counts for each section."""
        eligible = {PREVENT: ~chronic.to_numpy(dtype=bool)}
        if self.population == ALL:
            eligible |= {INTENSIVE: ~eligible[PREVENT], BOTH: np.ones(len(chronic), dtype=bool)}
        columns: list[np.ndarray] = [np.ones(len(chronic))]
        if self.predictor.gives_risks:
            columns.append((self.score - self.label) ** 2)
        for name, mask in eligible.items():
            on_list = (listed != "").to_numpy() & mask
            found, positive = on_list & (self.label == 1), mask & (self.label == 1)
            columns += [on_list, found, positive, mask]
            self._sections[name] = _SectionCounts(
                *(int(each.sum()) for each in (on_list, found, positive, mask)),
                *(np.count_nonzero(np.bincount(self.codes[each])) for each in (on_list, positive)),
            )
        return columns

    def resample(self, weights: Weights) -> None:
        """Add the figures of one chunk of resamples, weights of shape (students, resamples)."""
        if len(self.label) == 0:
            return
        negatives, positives = self._histogram(weights)
        rows, *counts = self._sums(weights)
        self._keep("auc", auc_of(negatives, positives))
        self._keep("average_precision", average_precision_of(negatives, positives))
        if self.predictor.gives_risks:
            errors, *counts = counts
            self._keep("brier", ratio(errors, rows))
            self._keep("calibration_error", self._error(weights))
        for place_of, name in enumerate(self._sections):
            listed, found, need, eligible = counts[4 * place_of : 4 * place_of + 4]
            self._keep(f"{name} precision", ratio(found, listed))
            self._keep(f"{name} recall", ratio(found, need))
            self._keep(f"{name} lift", ratio(ratio(found, listed), ratio(need, eligible)))

    def _keep(self, figure: str, draws: FloatArray) -> None:
        self._draws.setdefault(figure, []).append(draws)

    def drawn(self, figure: str) -> FloatArray:
        """Return a figure in every resample, shape (resamples,)."""
        drawn: FloatArray = np.concatenate(self._draws.get(figure, [np.empty(0)]))
        return drawn

    def drawn_in_pairs(self) -> dict[str, FloatArray]:
        """Return the figures that are compared between predictors, in every resample."""
        return {name: self.drawn(name) for name in ("auc", *(f"{each} precision" for each in self._sections))}

    def figures(self) -> dict[str, Any]:
        """Return this predictor's entry under ``predictors`` of a population."""
        measures = {"auc": auc, "average_precision": average_precision}
        risks = {"brier": brier, "calibration_error": integrated_calibration_index}
        report: dict[str, Any] = {
            name: percentile_interval(measure(self.label, self.score), self.drawn(name))
            for name, measure in (measures | risks if self.predictor.gives_risks else measures).items()
        }
        if not self.predictor.gives_risks:
            report |= dict.fromkeys((*risks, "brier_parts", "in_the_large", "slope"))
        else:
            report |= {"brier_parts": brier_parts(self.label, self.score)}
            report |= recalibration(self.label, self.score, self.codes)
        report |= {"within_school_auc": within_school_auc(self.label, self.score, self.group, self.codes)}
        return report | {"at_capacity": {name: self._at_capacity(name) for name in self._sections}}

    def _at_capacity(self, name: str) -> dict[str, Any]:
        counts = self._sections[name]
        precision = rate_interval(
            counts.found, counts.listed, counts.listed_students, self.drawn(f"{name} precision")
        )
        recall = rate_interval(
            counts.found, counts.positives, counts.positive_students, self.drawn(f"{name} recall")
        )
        return {
            "listed": counts.listed,
            "found": counts.found,
            "precision": precision,
            "recall": recall,
            "lift": self._lift_at_capacity(name, precision),
        }

    def _lift_at_capacity(self, name: str, precision: Interval) -> Interval:
        """Return precision over the share of the section's students with the outcome (ideal: above 1)."""
        counts = self._sections[name]
        if counts.listed == 0 or counts.positives == 0:
            return {**UNDEFINED}
        rate = counts.positives / counts.eligible
        if counts.found in (0, counts.listed):  # every resample says the same: Wilson's bounds, as above
            low, high = precision["low"] or 0.0, precision["high"] or 0.0
            return interval_of(counts.found / counts.listed / rate, low / rate, high / rate)
        return percentile_interval(counts.found / counts.listed / rate, self.drawn(f"{name} lift"))

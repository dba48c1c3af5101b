"""Calibration in the large and slope of all groups of a grouping at once.

The same figures as ``ews.model.measures`` gives for one group after the other. Newton's method runs on
rows gathered by group and a fine grid of the logit, and ends with a step on the rows themselves: what is
left of the grid's error after it is its square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ews.equity.judged_rows import BoolArray, Grouping, IntArray, weighted_counts
from ews.model.intervals import FloatArray
from ews.model.measures import recalibration_line
from ews.model.resampling import ratio

_STEPS = 40
_CLOSE = 1e-10
_LONGEST_STEP = 2.0
_GRID = 2_048


@dataclass(frozen=True)
class Recalibration:
    """The figures of every group, with their standard errors under the fitted model; NaN where undefined.

    Attributes
    ----------
    shift, shift_error : arrays of shape (groups,)
        Intercept with the slope held at 1.
    intercept, slope, slope_error : arrays of shape (groups,)
        Of the logistic regression of label on logit(risk).
    """

    shift: FloatArray
    shift_error: FloatArray
    intercept: FloatArray
    slope: FloatArray
    slope_error: FloatArray


@dataclass(frozen=True)
class _Table:
    """Rows, or cells of the grid: group, logit, how many, how many positive."""

    groups: IntArray
    at: FloatArray
    rows: FloatArray
    positives: FloatArray
    count: int

    def sums(self, column: FloatArray) -> FloatArray:
        return weighted_counts(self.groups, column, self.count)


def recalibrate(label: IntArray, at: FloatArray, grouping: Grouping) -> Recalibration:
    """Recalibrate the risks of every group.

    Parameters
    ----------
    label : int array of shape (rows,)
        0 or 1.
    at : array of shape (rows,)
        Logits of the risks (see :func:`ews.model.measures.risk_logit`).
    grouping : Grouping
        The groups.
    """
    inside, count = grouping.inside, len(grouping.names)
    groups = grouping.codes[inside]
    rows = _Table(groups, at[inside], np.ones(len(groups)), label[inside].astype(float), count)
    grid = _gathered(rows)
    positives, size = rows.sums(rows.positives), rows.sums(rows.rows)
    both = (positives > 0) & (positives < size)
    shift, information = _shifts(grid, rows)
    overlapping = both & _overlap(rows)
    intercept, slope, variance = _lines(grid, rows, overlapping)
    none = np.full(count, np.nan)
    return Recalibration(
        np.where(both, shift, none),
        np.where(both, np.sqrt(ratio(np.ones(count), information)), none),
        np.where(overlapping, intercept, none),
        np.where(overlapping, slope, none),
        np.where(overlapping, np.sqrt(np.abs(variance)), none),
    )


def _gathered(rows: _Table) -> _Table:
    """Return the rows by group and cell of a grid over the logits; each cell at the mean of its logits."""
    if len(rows.at) <= _GRID:
        return rows
    low, high = float(rows.at.min()), float(rows.at.max())
    width = (high - low) / _GRID or 1.0
    cell = np.minimum(((rows.at - low) / width).astype(np.int64), _GRID - 1) + rows.groups * _GRID
    size = np.bincount(cell, minlength=rows.count * _GRID).astype(float)
    used = np.flatnonzero(size)
    positives = weighted_counts(cell, rows.positives, rows.count * _GRID)[used]
    mean = weighted_counts(cell, rows.at, rows.count * _GRID)[used] / size[used]
    return _Table(used // _GRID, mean, size[used], positives, rows.count)


def _shifts(grid: _Table, rows: _Table) -> tuple[FloatArray, FloatArray]:
    shift = np.zeros(grid.count)
    for _ in range(_STEPS):
        step, _ = _shift_step(grid, shift)
        shift += step
        if np.abs(step).max(initial=0) < _CLOSE:
            break
    step, information = _shift_step(rows, shift)
    return shift + step, information


def _shift_step(table: _Table, shift: FloatArray) -> tuple[FloatArray, FloatArray]:
    fitted = expit(shift[table.groups] + table.at)
    information = table.sums(table.rows * fitted * (1 - fitted))
    step = _divided(table.sums(table.positives - table.rows * fitted), information)
    return np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), information


def _lines(grid: _Table, rows: _Table, overlapping: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    line = (np.zeros(grid.count), np.ones(grid.count))
    for _ in range(_STEPS):
        line, moved, _ = _line_step(grid, line)
        if moved[overlapping].max(initial=0) < _CLOSE:
            break
    (intercept, slope), moved, variance = _line_step(rows, line)
    for group in np.flatnonzero((moved > 1e-4) & overlapping):
        # Newton's method wanders off where a group is nearly separated; this one is slower and does not.
        own = rows.groups == group
        label = rows.positives[own].astype(np.int64)
        intercept[group], slope[group] = recalibration_line(label, expit(rows.at[own]))
    return intercept, slope, variance


def _line_step(
    table: _Table, line: tuple[FloatArray, FloatArray]
) -> tuple[tuple[FloatArray, FloatArray], FloatArray, FloatArray]:
    intercept, slope = line
    fitted = expit(intercept[table.groups] + slope[table.groups] * table.at)
    surplus, spread = table.positives - table.rows * fitted, table.rows * fitted * (1 - fitted)
    first, second = table.sums(surplus), table.sums(surplus * table.at)
    turned = spread * table.at
    h00, h01, h11 = table.sums(spread), table.sums(turned), table.sums(turned * table.at)
    determinant = h00 * h11 - h01**2
    up = _divided(h11 * first - h01 * second, determinant)
    turn = _divided(h00 * second - h01 * first, determinant)
    scale = np.maximum(1.0, np.maximum(np.abs(up), np.abs(turn)) / _LONGEST_STEP)
    moved = np.maximum(np.abs(up), np.abs(turn))
    return (intercept + up / scale, slope + turn / scale), moved, ratio(h00, determinant)


def _overlap(rows: _Table) -> BoolArray:
    """Return for each group whether neither outcome lies wholly above the other."""
    extremes = {}
    for outcome in (0, 1):
        own = rows.positives == outcome
        low, high = np.full(rows.count, np.inf), np.full(rows.count, -np.inf)
        np.minimum.at(low, rows.groups[own], rows.at[own])
        np.maximum.at(high, rows.groups[own], rows.at[own])
        extremes[outcome] = low, high
    (low0, high0), (low1, high1) = extremes[0], extremes[1]
    return np.asarray((low1 < high0) & (high1 > low0))


def _divided(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)

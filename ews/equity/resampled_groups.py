"""The figures of every group of every grouping in resamples of whole students.

fairlearn gives the figures themselves; its own bootstrap takes minutes. Every figure here is a ratio of
sums over students: rates as they are; an AUC through its placements, calibration through one Newton step
from the fitted value (both right to the order of the sampling error squared).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.special import expit

from ews.equity.alike_students import THREADS, Cells, Columns, Single
from ews.equity.group_figures import Cells as ListCells
from ews.equity.judged_rows import LEFT_OUT, Grouping, JudgedRows
from ews.equity.placements import ScoreOrder
from ews.equity.recalibration import Recalibration, recalibrate
from ews.model.intervals import FloatArray, Interval, interval_of, percentile_bounds
from ews.model.measures import risk_logit
from ews.model.resampling import ratio

_CALIBRATION = ("surplus", "information", "first", "second", "h00", "h01", "h11")


@dataclass
class GroupDraws:
    """The groups of one grouping: figures over all rows, and every figure in every resample.

    Attributes
    ----------
    placements : ListCells
        The placements of the rows within their groups, by outcome.
    auc, auc_of_rest : arrays of shape (groups,)
        NaN where undefined; the rest's only where groups are compared.
    calibration : Recalibration or None
        None where the score is no probability.
    """

    grouping: Grouping
    placements: ListCells
    auc: FloatArray
    auc_of_rest: FloatArray
    calibration: Recalibration | None
    columns: dict[str, int] = field(default_factory=dict)
    _chunks: dict[str, list[Single]] = field(default_factory=dict)
    _whole: dict[str, Single] = field(default_factory=dict)
    _bounds: dict[str, FloatArray] = field(default_factory=dict)

    def keep(self, figures: Mapping[str, FloatArray]) -> None:
        """Add figures of shape (groups, resamples of a chunk)."""
        for name, each in figures.items():
            self._chunks.setdefault(name, []).append(each.astype(np.float32))

    def drawn(self, group: str, figure: str) -> FloatArray:
        """Return a figure of a group in every resample, shape (resamples,).

        Figures: ``auc``; ``<list> <rate>`` for every list and rate; with probabilities ``in_the_large``,
        ``slope`` and ``<list> excess_fnr``; where groups are compared ``auc_difference`` and
        ``<list> <rate> difference``.
        """
        own: Single = self._all(figure)[self._at[group]]
        return own.astype(np.float64)

    def bounds(self, group: str, figure: str) -> tuple[float, float]:
        """Return the percentiles of a figure's resamples; NaN where none defines it."""
        if figure not in self._bounds:
            self._bounds[figure] = percentile_bounds(self._all(figure))
        low, high = self._bounds[figure][:, self._at[group]]
        return float(low), float(high)

    def interval(self, group: str, figure: str, value: float) -> Interval:
        """Return a figure with the percentiles of its resamples; null where it is undefined."""
        low, high = self.bounds(group, figure)
        return interval_of(value, low, high)

    def _all(self, figure: str) -> Single:
        if figure not in self._whole:
            self._whole[figure] = np.concatenate(self._chunks.pop(figure), axis=1)
        return self._whole[figure]

    @cached_property
    def _at(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.grouping.names)}


class ResampledGroups:
    """Resampled figures of the groups of several groupings; :meth:`resample` adds to ``draws``.

    Parameters
    ----------
    rows : JudgedRows
        The judged rows and the lists that their score fills.
    groupings : mapping of str to Grouping
        By name.
    probabilities : bool
        Whether the score is a probability, so that missed need and calibration mean something.
    order : ScoreOrder, optional
        The rows in the order of the score, where it is known already.
    dividing : int, optional
        How many of the groupings, from the first, all others follow from.
    """

    def __init__(
        self,
        rows: JudgedRows,
        groupings: Mapping[str, Grouping],
        *,
        probabilities: bool = True,
        order: ScoreOrder | None = None,
        dividing: int | None = None,
    ) -> None:
        self._rows, self._probabilities = rows, probabilities
        self._cells = Cells(rows.student, list(groupings.values()), dividing)
        self._columns = Columns(self._cells)
        self._per_list = 3 if probabilities else 2
        self._base = [self._columns.add(each) for each in _base(rows, probabilities)]
        self._order = order or ScoreOrder(rows.label, rows.score)
        with ThreadPoolExecutor(THREADS) as pool:
            prepared = list(pool.map(self._prepared, groupings.values()))
        self.draws: dict[str, GroupDraws] = {}
        for name, (draws, columns) in zip(groupings, prepared, strict=True):
            draws.columns = {key: self._columns.add_summed(each) for key, each in columns.items()}
            self.draws[name] = draws
        self._belongs = [
            self._cells.belongs(at, len(each.names)).astype(np.float64)
            for at, each in enumerate(groupings.values())
        ]

    def resample(self, weights: Single) -> None:
        """Add the figures of one chunk of resamples, weights of shape (students, resamples)."""
        sums = self._columns.drawn(weights)
        for draws, belongs in zip(self.draws.values(), self._belongs, strict=True):
            wanted = [*self._base, *draws.columns.values()]
            of_groups = np.tensordot(belongs, sums[:, wanted], axes=1)
            base = of_groups[:, : len(self._base)].transpose(1, 0, 2)
            own = dict(zip(draws.columns, of_groups[:, len(self._base) :].transpose(1, 0, 2), strict=True))
            draws.keep(self._figures(draws, base, own))

    def _prepared(self, grouping: Grouping) -> tuple[GroupDraws, dict[str, Single]]:
        """Return the figures of a grouping over all rows, and what has to be summed to resample them."""
        rows, count = self._rows, len(grouping.names)
        ranked = self._order.ranked(rows.label, grouping)
        summed = self._placed("", ranked.placements)
        fitted = None
        if self._probabilities:
            fitted = recalibrate(rows.label, risk_logit(rows.score), grouping)
            columns = _calibration_columns(rows, grouping, fitted)
            summed |= {key: self._columns.summed_by_unit(column) for key, column in columns.items()}
        auc_of_rest = np.full(count, np.nan)
        if grouping.compared and count == 2:
            auc_of_rest = ranked.auc[::-1].copy()
        for group in range(count if grouping.compared and count > 2 else 0):
            outside = np.where((grouping.codes != group) & grouping.inside, 0, LEFT_OUT)
            rest = self._order.ranked_blocks(rows.label, Grouping(("rest",), outside, compared=False))
            auc_of_rest[group] = rest.auc[0]
            summed |= self._placed(f"{group}", rest.placements)
        nobody = np.zeros(len(rows.label), dtype=bool)
        placed = ListCells.of(grouping, rows.label, nobody, ranked.placements)
        return GroupDraws(grouping, placed, ranked.auc, auc_of_rest, fitted), summed

    def _placed(self, of: str, placements: FloatArray) -> dict[str, Single]:
        below, above = self._columns.summed_by_outcome(placements, self._rows.label)
        return {f"above{of}": above, f"below{of}": below}

    def _figures(
        self, draws: GroupDraws, base: FloatArray, own: Mapping[str, FloatArray]
    ) -> dict[str, FloatArray]:
        """Return every figure, of shape (groups, resamples), from sums of that shape."""
        everyone = base.sum(axis=1, keepdims=True)
        figures = self._rates(base)
        figures["auc"] = _auc(own["above"], own["below"], base, draws.auc)
        if self._probabilities:
            figures |= self._excess(base, everyone - base) | _calibrated(draws.calibration, own)
        if draws.grouping.compared:
            rest = self._rates(everyone - base)
            figures |= {f"{name} difference": figures[name] - each for name, each in rest.items()}
            figures["auc_difference"] = _auc_of_rest(draws, own, base, figures["auc"]) - figures["auc"]
        return figures

    def _rates(self, base: FloatArray) -> dict[str, FloatArray]:
        rows, need = base[0], base[1]
        rates: dict[str, FloatArray] = {}
        for at, name in enumerate(self._rows.lists):
            listed, found = base[2 + self._per_list * at], base[3 + self._per_list * at]
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
            for at, name in enumerate(self._rows.lists)
        }


def _base(rows: JudgedRows, probabilities: bool) -> list[np.ndarray]:
    """Return what is summed: rows, positives; by list the listed, the found, the missed need of risks."""
    columns: list[np.ndarray] = [np.ones(len(rows.label)), rows.label.astype(float)]
    for listed in rows.lists.values():
        columns += [listed.astype(float), (listed & (rows.label == 1)).astype(float)]
        columns += [(rows.label - rows.score) * ~listed] if probabilities else []
    return columns


def _calibration_columns(
    rows: JudgedRows, grouping: Grouping, fitted: Recalibration
) -> dict[str, np.ndarray]:
    at, label, codes = risk_logit(rows.score), rows.label, grouping.codes
    # A zero at the end for those who are left out; their sums go nowhere.
    shift, intercept, slope = (
        np.append(np.nan_to_num(each), 0.0)[codes] for each in (fitted.shift, fitted.intercept, fitted.slope)
    )
    shifted, lines = expit(shift + at), expit(intercept + slope * at)
    spread, surplus = lines * (1 - lines), label - lines
    columns = [label - shifted, shifted * (1 - shifted), surplus, surplus * at]
    columns += [spread, spread * at, spread * at**2]
    return dict(zip(_CALIBRATION, columns, strict=True))


def _calibrated(fitted: Recalibration | None, own: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return one weighted Newton step from the fitted values."""
    if fitted is None:
        return {}
    surplus, information, first, second, h00, h01, h11 = (own[name] for name in _CALIBRATION)
    return {
        "in_the_large": fitted.shift[:, None] + ratio(surplus, information),
        "slope": fitted.slope[:, None] + ratio(h00 * second - h01 * first, h00 * h11 - h01**2),
    }


def _auc(above: FloatArray, below: FloatArray, base: FloatArray, auc: FloatArray) -> FloatArray:
    """Return the AUC of every resample, to first order: both mean placements less the AUC itself."""
    positives, negatives = base[1], base[0] - base[1]
    return np.clip(ratio(above, positives) + ratio(below, negatives) - auc[:, None], 0.0, 1.0)


def _auc_of_rest(
    draws: GroupDraws, own: Mapping[str, FloatArray], base: FloatArray, auc: FloatArray
) -> FloatArray:
    count = len(draws.grouping.names)
    if count == 2:
        return auc[::-1]
    if count < 2:
        return np.full_like(auc, np.nan)
    rest = base.sum(axis=1, keepdims=True) - base
    of_rest = [
        _auc(
            own[f"above{group}"].sum(axis=0, keepdims=True),
            own[f"below{group}"].sum(axis=0, keepdims=True),
            rest[:, group : group + 1],
            draws.auc_of_rest[group : group + 1],
        )
        for group in range(count)
    ]
    return np.concatenate(of_rest)

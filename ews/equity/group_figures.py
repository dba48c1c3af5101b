"""The figures of each group, by fairlearn's ``MetricFrame``; the only module that imports fairlearn.

Its traps are minded here: it refuses a missing group (ours are named ``Unknown`` before), and its rates
are 0.0 for a group that has nothing to count, which would read as "nobody was missed". Such figures are
NaN here. It also takes about a microsecond per row, column and metric, so what can be said of a list is
asked of its four cells per group (became chronic or not, listed or not) with their counts as weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate
from sklearn.metrics import precision_score

from ews.model.measures import auc

Metric = Callable[..., float]

RATES = ("selection_rate", "fnr", "fpr", "precision", "false_omission_rate")


def missed_need(
    label: np.ndarray, listed: np.ndarray, *, risk: np.ndarray, sample_weight: np.ndarray
) -> float:
    """Need the list missed beyond what the risks said: sum off the list of (label - risk) / positives.

    About 0 for calibrated risks whatever the base rate; above 0 where need is under-estimated. NaN
    without positives. The difference between a group and the rest is ``excess_fnr``.
    """
    return _share(sample_weight * (label - risk) * (listed == 0), sample_weight * label)


def false_omission_rate(label: np.ndarray, listed: np.ndarray, *, sample_weight: np.ndarray) -> float:
    """Share of the students off the list who became chronic; ideal 0. NaN if nobody is off it."""
    off = sample_weight * (listed == 0)
    return _share(off * label, off)


def list_figures(
    rows: pd.DataFrame, members: pd.Series[str], listed: pd.Series[bool]
) -> dict[str, dict[str, float]]:
    """Return the figures of every group on one list.

    Parameters
    ----------
    rows : DataFrame
        Judged rows, one per student_id and as_of_date, with ``label`` and ``risk``.
    members : Series of str
        The group of every row.
    listed : Series of bool
        Whether the row is on the list.

    Returns
    -------
    dict
        By group: ``n`` and ``positives`` (student-dates), the five rates, ``missed_need``, and the
        values that the risks alone would give (``expected_fnr`` …).
    """
    metrics: dict[str, Metric] = {
        "n": _count,
        "positives": _positives,
        "selection_rate": selection_rate,
        "fnr": _given(1, false_negative_rate),
        "fpr": _given(0, false_positive_rate),
        "precision": _precision,
        "false_omission_rate": false_omission_rate,
    }
    on_risk: dict[str, Metric] = {
        "missed_need": missed_need,
        "expected_fnr": _expected_fnr,
        "expected_fpr": _expected_fpr,
        "expected_precision": _expected_precision,
        "expected_false_omission_rate": _expected_false_omission_rate,
    }
    return _on_cells(_cells(rows, members, listed), metrics, on_risk)


def missed_need_by_group(
    rows: pd.DataFrame, members: pd.Series[str], listed: pd.Series[bool]
) -> dict[str, float]:
    """Return :func:`missed_need` of every group on one list; arguments as for :func:`list_figures`."""
    figures = _on_cells(_cells(rows, members, listed), {}, {"missed_need": missed_need})
    return {group: each["missed_need"] for group, each in figures.items()}


def auc_by_group(rows: pd.DataFrame, members: pd.Series[str]) -> dict[str, float]:
    """Return the AUC of every group over its own student-dates; NaN where only one outcome occurred."""
    figures = _by_group(rows["label"], rows["risk"], members, {"auc": auc}, {})
    return {group: each["auc"] for group, each in figures.items()}


def _cells(rows: pd.DataFrame, members: pd.Series[str], listed: pd.Series[bool]) -> pd.DataFrame:
    """Return one row per group, label and listed, with its number of rows and their mean risk."""
    cells = pd.DataFrame(
        {"group": members, "label": rows["label"].astype(int), "listed": listed.astype(int)}
    ).assign(risk=rows["risk"])
    grouped = cells.groupby(["group", "label", "listed"], sort=True)["risk"]
    return grouped.agg(rows="size", risk="mean").reset_index()


def _on_cells(
    cells: pd.DataFrame, metrics: Mapping[str, Metric], on_risk: Mapping[str, Metric]
) -> dict[str, dict[str, float]]:
    weights = {"sample_weight": cells["rows"].to_numpy()}
    risks = {**weights, "risk": cells["risk"].to_numpy()}
    sample_params = {**dict.fromkeys(metrics, weights), **dict.fromkeys(on_risk, risks)}
    return _by_group(cells["label"], cells["listed"], cells["group"], {**metrics, **on_risk}, sample_params)


def _by_group(
    label: pd.Series[Any],
    predicted: pd.Series[Any],
    members: pd.Series[str],
    metrics: Mapping[str, Metric],
    sample_params: Mapping[str, Mapping[str, np.ndarray]],
) -> dict[str, dict[str, float]]:
    frame = MetricFrame(
        metrics=dict(metrics),
        y_true=label.to_numpy(dtype=int),
        y_pred=predicted.to_numpy(),
        sensitive_features=members.to_numpy(dtype=object),
        sample_params=dict(sample_params),
    )
    by_group = {str(group): dict(row) for group, row in frame.by_group.iterrows()}
    return {group: {name: float(value) for name, value in row.items()} for group, row in by_group.items()}


def _given(outcome: int, metric: Metric) -> Metric:
    """Return a rate among one outcome, NaN where nobody has that outcome."""

    def rate(label: np.ndarray, listed: np.ndarray, *, sample_weight: np.ndarray) -> float:
        if not (label == outcome).any():
            return float("nan")
        return float(metric(label, listed, sample_weight=sample_weight))

    return rate


def _count(label: np.ndarray, listed: np.ndarray, *, sample_weight: np.ndarray) -> float:
    return float(sample_weight.sum())


def _positives(label: np.ndarray, listed: np.ndarray, *, sample_weight: np.ndarray) -> float:
    return float((label * sample_weight).sum())


def _precision(label: np.ndarray, listed: np.ndarray, *, sample_weight: np.ndarray) -> float:
    return float(precision_score(label, listed, sample_weight=sample_weight, zero_division=np.nan))


def _expected_fnr(
    label: np.ndarray, listed: np.ndarray, *, risk: np.ndarray, sample_weight: np.ndarray
) -> float:
    return _share(sample_weight * risk * (listed == 0), sample_weight * risk)


def _expected_fpr(
    label: np.ndarray, listed: np.ndarray, *, risk: np.ndarray, sample_weight: np.ndarray
) -> float:
    return _share(sample_weight * (1 - risk) * (listed == 1), sample_weight * (1 - risk))


def _expected_precision(
    label: np.ndarray, listed: np.ndarray, *, risk: np.ndarray, sample_weight: np.ndarray
) -> float:
    return _share(sample_weight * risk * (listed == 1), sample_weight * (listed == 1))


def _expected_false_omission_rate(
    label: np.ndarray, listed: np.ndarray, *, risk: np.ndarray, sample_weight: np.ndarray
) -> float:
    return _share(sample_weight * risk * (listed == 0), sample_weight * (listed == 0))


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    total = float(np.sum(whole))
    return float(np.sum(part)) / total if total else float("nan")

"""One's own questions to an audit: its figures as tables, and how much more data would settle what is open.

For notebooks and for people; the gate asks nothing of this module. Figures that are withheld or undefined are
missing values here, never zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from scipy.stats import norm

_RATES = ("selection_rate", "fnr", "fpr", "precision", "false_omission_rate", "excess_fnr")


def group_table(fairness: Mapping[str, Any]) -> pd.DataFrame:
    """Return every figure of every group as one row.

    Parameters
    ----------
    fairness : mapping
        ``fairness.json``.

    Returns
    -------
    DataFrame
        One row per attribute, group, list and measure: ``kind`` (``attribute``, ``intersection`` or
        ``school``), ``attribute`` and ``group`` (in words), ``list`` (``deployed``, ``long``, or empty for a
        measure without one), ``measure``, ``value``, ``low``, ``high``, ``expected`` (from risk alone),
        ``students``, ``positive_students`` and ``verdict``. Missing where withheld or undefined.
    """
    rows = [
        {"kind": kind, "attribute": title, **figure}
        for kind, title, group in _groups(fairness)
        for figure in _figures(group)
    ]
    columns = ["kind", "attribute", "group", "list", "measure", "value", "low", "high", "expected"]
    return pd.DataFrame(rows, columns=[*columns, "students", "positive_students", "verdict"])


def comparison_table(fairness: Mapping[str, Any]) -> pd.DataFrame:
    """Return the declared comparisons, which alone decide, as one row each.

    Returns
    -------
    DataFrame
        ``attribute`` and ``group`` (in words), ``list``, ``measure``, ``value``, ``low``, ``high``,
        ``tolerance``, ``verdict``; ``would_pass_at``: the smallest tolerance with which it passes;
        ``smaller_side``: the positive students of the group or of the rest, whichever are fewer, for they
        limit what can be said; ``positives_needed``: how many it would take there (see
        :func:`positives_needed`).
    """
    titles = {each["attribute"]: each["title"] for each in fairness["attributes"]}
    sizes = {
        (each["attribute"], group["group"]): _number(group.get("positive_students"))
        for each in fairness["attributes"]
        for group in each["groups"]
    }
    rows = []
    for each in fairness["comparisons"]:
        interval = {key: _number(each[key]) for key in ("value", "low", "high")}
        tolerance = fairness["tolerance"][each["measure"]]
        positives = _smaller_side(sizes, each["attribute"], each["group"])
        rows.append(
            {
                "attribute": titles.get(each["attribute"], each["attribute"]),
                "group": each["group"],
                "list": each["list"] or "",
                "measure": each["measure"],
                **interval,
                "tolerance": tolerance,
                "verdict": each["verdict"],
                "would_pass_at": interval["high"],
                "smaller_side": positives,
                "positives_needed": positives_needed(positives, interval["low"], interval["high"], tolerance),
            }
        )
    return pd.DataFrame(rows)


def positives_needed(
    positives: float,
    low: float,
    high: float,
    tolerance: float,
    *,
    chance: float = 0.8,
    true_value: float = 0.0,
) -> float:
    """Return how many positive students it would take for a model that treats a group so to pass.

    The interval's half width shrinks with the square root of the number of students. A comparison passes
    when its upper bound is within tolerance, so the standard error has to be at most
    (tolerance - true value) / (z_0.975 + z_chance): the usual calculation of power for showing that a
    difference is small (S. A. Julious 2004, Statist. Med. 23, 1921-1986).

    Parameters
    ----------
    positives, low, high : float
        How many positive students the smaller side of the comparison has, and the 95% interval.
    tolerance : float
        How far the figure may be from 0.
    chance : float
        How often the comparison should pass, between 0.5 and 1.
    true_value : float
        The figure that is supposed to be the truth; 0 is a model that treats everybody alike.

    Returns
    -------
    float
        A whole number; infinite where the truth itself is not within tolerance; missing without an interval.

    Examples
    --------
    >>> positives_needed(50, -0.15, 0.25, 0.10)
    409.0
    """
    if any(math.isnan(each) for each in (positives, low, high)):
        return math.nan
    if true_value >= tolerance:
        return math.inf
    error = (high - low) / 2 / float(norm.ppf(0.975))
    allowed = (tolerance - true_value) / float(norm.ppf(0.975) + norm.ppf(chance))
    return float(math.ceil(positives * (error / allowed) ** 2))


def _smaller_side(sizes: Mapping[tuple[str, str], float], attribute: str, group: str) -> float:
    own = sizes.get((attribute, group), math.nan)
    others = [size for (of, name), size in sizes.items() if of == attribute and name != group]
    rest = sum(size for size in others if not math.isnan(size))
    return min(own, rest) if rest else own


def _groups(fairness: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    schools = fairness.get("schools") or {"title": "School", "groups": []}
    parts = [
        *(("attribute", each) for each in fairness["attributes"]),
        *(("intersection", each) for each in fairness.get("intersections") or []),
        ("school", schools),
    ]
    for kind, part in parts:
        for group in part["groups"]:
            yield kind, part["title"], group


def _figures(group: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    about = {
        "group": group["group"],
        "verdict": group["verdict"],
        "students": _number(group.get("students")),
        "positive_students": _number(group.get("positive_students")),
    }
    for measure in ("auc", "auc_difference"):
        if measure in group:
            yield {**about, "list": "", "measure": measure, **_interval(group[measure])}
    for name in ("deployed", "long"):
        rates = _part(_part(group, "lists"), name)
        for measure in _RATES:
            if measure in rates:
                yield {**about, "list": name, "measure": measure, **_interval(rates[measure])}


def _interval(figure: Any) -> dict[str, float]:
    return {key: _number(_part(figure, key)) for key in ("value", "low", "high", "expected")}


def _part(whole: Any, name: str) -> Any:
    """Return a part of what may be withheld or undefined as a whole."""
    return whole.get(name, {}) if isinstance(whole, Mapping) else {}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan

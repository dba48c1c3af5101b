"""Reasons: what raised one student's place, in words and the student's own figures.

A reason is a family of features that raised the model's score (TreeSHAP), said as a sentence about what
was observed. It is not a cause. Families of signals that the district's policy does not name are never
spoken of, and meal status never is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ews.model.families import SIGNAL_OF_FAMILY, by_family

REASONS = 3

Figures = Mapping[Any, float]


def reasons_of(
    features: pd.DataFrame, contributions: np.ndarray, show_reasons_from: Collection[str]
) -> pd.DataFrame:
    """Return up to three reasons for every row: columns ``reason_1`` to ``reason_3``, "" where none is left.

    Parameters
    ----------
    features : DataFrame
        The features of the listed students.
    contributions : ndarray
        Shape (rows, features), in log odds.
    show_reasons_from : collection of str
        Signals that reasons may speak of; meal programs are left out whatever it says.
    """
    families = by_family(contributions, list(features.columns))
    allowed = [
        family
        for family in families.columns
        if SIGNAL_OF_FAMILY[family] in show_reasons_from and family in _SENTENCES
    ]
    records = features.to_dict("records")
    rows = [
        _row_reasons(weights, allowed, figures)
        for weights, figures in zip(families[allowed].to_numpy(), records, strict=True)
    ]
    return pd.DataFrame(
        rows, columns=[f"reason_{number + 1}" for number in range(REASONS)], index=features.index
    )


def _row_reasons(weights: np.ndarray, allowed: list[str], figures: Figures) -> list[str]:
    found: list[str] = []
    for position in np.argsort(-weights, kind="stable"):
        if weights[position] <= 0 or len(found) == REASONS:
            break
        sentence = _SENTENCES[allowed[position]](figures)
        if sentence:
            found.append(sentence)
    return found + [""] * (REASONS - len(found))


def _this_year(figures: Figures) -> str:
    if not figures["absence_days"] > 0:
        return ""
    return (
        f"Absent {_days(figures['absence_days'])} of {_days(figures['days_enrolled'])} school days this year "
        f"({_percent(figures['absence_rate'])})"
    )


def _to_spare(figures: Figures) -> str:
    left, days = figures["absences_left"], figures["days_remaining"]
    if not days > 0:
        return ""
    absences = "No absence" if left == 0 else f"{_days(left)} {'absence' if left == 1 else 'absences'}"
    return f"{absences} to spare in the {_days(days)} school days that remain"


def _usual(figures: Figures) -> str:
    this, last = figures["absence_rate"], figures["last_year_rate"]
    if this > 0 and last > 0:
        return f"Absent {_percent(this)} of school days this year and {_percent(last)} last year"
    return ""


def _recent(figures: Figures) -> str:
    for window in (20, 10, 40, 5):
        rate = figures[f"absence_rate_last_{window}"]
        if rate > 0:
            missed = _missed_of_last(rate, window, figures["days_enrolled"])
            trend = figures["absence_trend"]
            before = (
                f"; {_percent(max(rate - trend, 0.0))} of those before" if window == 20 and trend > 0 else ""
            )
            return missed + before
    return ""


def _missed_of_last(rate: float, window: int, days: float) -> str:
    window = int(min(window, days))
    missed = rate * window
    # With an exempt day in the window the count does not come out even, and the share is said instead.
    if abs(missed * 2 - round(missed * 2)) < 1e-6:
        return f"Absent {_days(missed)} of the last {window} school days"
    return f"Absent {_percent(rate)} of the last {window} school days"


def _unexcused(figures: Figures) -> str:
    rate = figures["unexcused_rate"]
    return f"Unexcused absence on {_percent(rate)} of school days this year" if rate > 0 else ""


def _first_month(figures: Figures) -> str:
    rate = figures["first_month_rate"]
    return f"Absent {_percent(rate)} of the first 20 school days" if rate > 0 else ""


def _runs(figures: Figures) -> str:
    if figures["current_streak"] >= 2:
        return f"Absent the last {_days(figures['current_streak'])} school days in a row"
    if figures["absence_spells"] >= 2:
        longest = figures["longest_streak"]
        run = f", the longest {_days(longest)} school days" if longest >= 2 else ""
        return f"{_days(figures['absence_spells'])} separate absences this year{run}"
    return ""


def _weekends(figures: Figures) -> str:
    share = figures["monday_friday_share"]
    return f"{_percent(share)} of the absence fell on Mondays and Fridays" if share > 0.4 else ""


def _tardies(figures: Figures) -> str:
    if figures["tardy_rate"] > 0:
        return f"Tardy on {_percent(figures['tardy_rate'])} of school days this year"
    rate = figures["part_day_rate"]
    return f"Missed part of the day on {_percent(rate)} of school days this year" if rate > 0 else ""


def _suspension(figures: Figures) -> str:
    rate = figures["suspension_rate"]
    return f"Out of class through suspension on {_percent(rate)} of school days this year" if rate > 0 else ""


def _last_year(figures: Figures) -> str:
    rate = figures["last_year_rate"]
    return f"Absent {_percent(rate)} of school days last year" if rate > 0 else ""


def _year_before(figures: Figures) -> str:
    rate = figures["year_before_rate"]
    return f"Absent {_percent(rate)} of school days the year before last" if rate > 0 else ""


def _nurse(figures: Figures) -> str:
    visits = figures["nurse_visits"]
    if not visits > 0:
        return ""
    home = figures["nurse_sent_home"]
    sent = f", sent home after {_days(home)}" if home > 0 else ""
    return f"{_days(visits)} {'visit' if visits == 1 else 'visits'} to the school nurse this year{sent}"


def _moves(figures: Figures) -> str:
    if figures["schools_this_year"] > 1:
        return f"{_days(figures['schools_this_year'])} schools this year"
    missed = figures["days_missed_before_entry"]
    return f"Entered after {_days(missed)} school days of the year" if missed > 0 else ""


_SENTENCES: dict[str, Callable[[Figures], str]] = {
    "absence this year": _this_year,
    "absences to spare": _to_spare,
    "usual pace": _usual,
    "recent absence": _recent,
    "unexcused absence": _unexcused,
    "first month": _first_month,
    "runs of absence": _runs,
    "Mondays and Fridays": _weekends,
    "tardies and part days": _tardies,
    "suspension": _suspension,
    "last year": _last_year,
    "the year before": _year_before,
    "nurse visits": _nurse,
    "moves and entry": _moves,
}
"""Families without a sentence (meal programs; school and grade) are never given as a reason."""


def _days(value: float) -> str:
    return f"{round(value, 2):g}"


def _percent(share: float) -> str:
    # Below 1% a rounded "0%" would say that there was none.
    return "less than 1%" if 0 < share < 0.01 else f"{100 * share:.0f}%"

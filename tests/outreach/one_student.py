"""One student with the figures a test names, and the sentences said of that student."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ews.features.matrix import FEATURES
from ews.features.unbroken import BESIDE_FEATURES
from ews.outreach.reasons import GOING_WELL, REASONS, reasons_of

ALL = ("attendance", "nurse", "meals", "roster")
TOTAL = 60.0
"""Days of the clock; none is exempt."""

WHOLE = {
    "clock_days": TOTAL,
    "last_year_unbroken_days": 175.0,
    "last_year_whole": 1.0,
    "year_before_whole": 1.0,
    "last_year_part_day_rate": 0.0,
    "year_before_part_day_rate": 0.0,
    "part_day_rate": 0.0,
    "days_missed_before_entry": 0.0,
}
"""Enrolled from the first day on in every year, and no part of a day was missed."""


def row(pushed: dict[str, float], figures: dict[str, float], policy: tuple[str, ...] = ALL) -> pd.Series:
    figures = WHOLE | figures
    beside = pd.DataFrame([{"unbroken_days": figures["clock_days"]} | figures])[list(BESIDE_FEATURES)]
    features = pd.DataFrame([{name: figures.get(name, float("nan")) for name in FEATURES}])
    shares = np.zeros((1, len(FEATURES)))
    for name, weight in pushed.items():
        shares[0, FEATURES.index(name)] = weight
    return reasons_of(features, shares, policy, beside).iloc[0]


def reasons(pushed: dict[str, float], figures: dict[str, float], policy: tuple[str, ...] = ALL) -> list[str]:
    return [text for text in row(pushed, figures, policy)[list(REASONS)] if text]


def well(pushed: dict[str, float], figures: dict[str, float], policy: tuple[str, ...] = ALL) -> list[str]:
    return [text for text in row(pushed, figures, policy)[list(GOING_WELL)] if text]


YEAR = {"absence_days": 9.0, "days_enrolled": TOTAL, "absence_rate": 0.15}
RECENT = {
    "days_enrolled": TOTAL,
    "absence_rate_last_20": 0.3,
    "absence_rate_last_40": 0.2,
    "absence_trend": 0.25,
}
ONE_EXEMPT = {"clock_days": 61.0}
BACK_SINCE_4 = {"unbroken_days": 4.0}
LEFT_EARLY = {"last_year_whole": 0.0, "last_year_unbroken_days": 0.0}
SPARE = {"absences_left": 5, "days_remaining": 45, "spare_at_this_pace": -1.75, "spare_at_usual_pace": 0.0}

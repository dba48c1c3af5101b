"""What is left of the year in pandas, beside the usual pace of three years."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tests.benchmarks.pandas_events.attendance import rate

USUAL_RATE = 0.08
"""What the absence of an earlier year is brought to."""

PRIOR_DAYS = 100
"""So many days of this year at the rate of the others are added to a student's own."""


def remaining_features(found: pd.DataFrame, years: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the features of what is left of the year by student_id.

    Parameters
    ----------
    found : DataFrame
        By student_id: the features of attendance, roster and peers.
    years : sequence of DataFrame
        This year, the last and the one before: by student_id days absent, days that count (days), and runs
        of absence (spells).
    """
    left, days = found["absences_left"], found["days_remaining"]
    pace = _usual_pace(found, years)
    to_come = pace * days
    return pd.DataFrame(
        {
            "spare_rate": rate(left, days),
            "spare_at_this_pace": left - found["absence_rate"] * days,
            "usual_pace": pace,
            "spare_at_usual_pace": left - to_come,
            "spare_in_spreads": (left + 1 - to_come) / np.sqrt(to_come + 0.5),
        }
    )


def _usual_pace(found: pd.DataFrame, years: Sequence[pd.DataFrame]) -> pd.Series:
    """Return half the days missed and half the runs at their mean length, over days, the others added."""
    runs = sum(int(year["spells"].sum()) for year in years)
    length = sum(int(year["absent"].sum()) for year in years) / runs if runs else 0.0
    scales = (1.0, *(_against_everyone(year) for year in years[1:]))
    missed, days = pd.Series(0.0, index=found.index), pd.Series(0.0, index=found.index)
    for year, weight, scale in zip(years, (6, 2, 1), scales, strict=True):
        own = year.reindex(found.index, fill_value=0)
        missed += weight * scale * (own["absent"] + length * own["spells"]) / 2
        days += weight * own["days"]
    others = (found["school_rate_last_year"] * scales[1]).fillna(found["grade_absence_rate"])
    others = others.fillna(found["school_absence_rate"])
    prior = 6 * PRIOR_DAYS
    return (missed + prior * others) / (days + prior)


def _against_everyone(year: pd.DataFrame) -> float:
    """Return what brings a year's rate of all students to the usual one; 1 where nobody missed a day."""
    absent, days = int(year["absent"].sum()), int(year["days"].sum())
    return USUAL_RATE * days / absent if absent and days > 0 else 1.0

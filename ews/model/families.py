"""Features grouped into families that a counselor understands, each belonging to one signal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ews.features.matrix import FEATURES_BY_SIGNAL

FAMILIES: dict[str, tuple[str, ...]] = {
    "absence this year": (
        "absence_days",
        "absence_rate",
        "excused_rate",
        "first_month_rate",
        "absence_beyond_peers",
    ),
    "recent absence": (
        "absence_rate_last_5",
        "absence_rate_last_10",
        "absence_rate_last_20",
        "absence_rate_last_40",
        "absence_trend",
        "days_since_absence",
    ),
    "absences to spare": (
        "absences_left",
        "spare_rate",
        "spare_at_this_pace",
        "spare_at_usual_pace",
        "spare_in_spreads",
    ),
    "earlier years": (
        "last_year_rate",
        "last_year_unexcused_rate",
        "last_year_same_period_rate",
        "last_year_last_40_rate",
        "last_year_same_weeks_rate",
        "last_year_rest_rate",
        "last_year_spell_rate",
        "change_from_last_year",
        "year_before_rate",
        "usual_pace",
    ),
    "unexcused absence": ("unexcused_rate", "unexcused_rate_last_20", "unexcused_trend"),
    "pattern of absences": (
        "current_streak",
        "longest_streak",
        "absence_spells",
        "spell_rate",
        "monday_friday_share",
        "around_break_share",
    ),
    "tardies and part days": ("tardy_rate", "part_day_rate", "last_year_tardy_rate"),
    "suspension": ("suspension_rate",),
    "nurse visits": FEATURES_BY_SIGNAL["nurse"],
    "meal programs": FEATURES_BY_SIGNAL["meals"],
    "moves and entry": (
        "schools_this_year",
        "schools_last_year",
        "days_missed_before_entry",
        "enrolled_last_year",
    ),
    "school, grade and time of year": (
        "grade",
        "school_absence_rate",
        "grade_absence_rate",
        "school_rate_last_year",
        "days_enrolled",
        "days_remaining",
    ),
}

SIGNAL_OF_FAMILY: dict[str, str] = {
    **dict.fromkeys(FAMILIES, "attendance"),
    "nurse visits": "nurse",
    "meal programs": "meals",
    "moves and entry": "roster",
    "school, grade and time of year": "roster",
}


def by_family(contributions: np.ndarray, features: Sequence[str]) -> pd.DataFrame:
    """Return contributions summed by family: one row per row given, one column per family, in log odds."""
    position = {name: number for number, name in enumerate(features)}
    return pd.DataFrame(
        {
            family: contributions[:, [position[name] for name in names]].sum(axis=1)
            for family, names in FAMILIES.items()
        }
    )


def importance(contributions: np.ndarray, features: Sequence[str]) -> list[dict[str, object]]:
    """Return each family's share of the model's movement: mean absolute contribution, shares sum to 1."""
    sizes = by_family(contributions, features).abs().mean()
    total = float(sizes.sum()) or 1.0
    ordered = sizes.sort_values(ascending=False, kind="stable")
    return [{"family": str(family), "share": float(size) / total} for family, size in ordered.items()]

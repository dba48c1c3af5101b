"""One student's figures in words: days with their noun, percentages, and counts of days in a window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Figures = Mapping[Any, float]
"""One student's features by name, and :data:`ews.features.unbroken.BESIDE_FEATURES`."""

SATISFACTORY = 0.05
"""Absence below this share of school days is satisfactory (Attendance Works)."""


def amount(value: float) -> str:
    """Return a number of days or visits without needless digits.

    Examples
    --------
    >>> amount(6.0), amount(2.5), amount(1 / 3)
    ('6', '2.5', '0.33')
    """
    return f"{round(value, 2):g}"


def counted(value: float, one: str, more: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "visit", "visits"), counted(2.5, "school day", "school days")
    ('1 visit', '2.5 school days')
    """
    return f"{amount(value)} {one if value == 1 else more}"


def school_days(value: float) -> str:
    """Return a number of school days."""
    return counted(value, "school day", "school days")


def percent(share: float) -> str:
    """Return a share in whole percent; below 1% a rounded "0%" would say that there was none.

    Examples
    --------
    >>> percent(0.146), percent(0.004), percent(0.0)
    ('15%', 'less than 1%', '0%')
    """
    return "less than 1%" if 0 < share < 0.01 else f"{math.floor(100 * share + 0.5):.0f}%"


def days_of_year(rate: float, figures: Figures) -> float:
    """Return how many days of this year a rate over enrolled days stands for."""
    return round(rate * figures["days_enrolled"], 4)


def exempt(figures: Figures) -> str:
    """Return "16 exempt days not counted", "" where there is none this year."""
    days = figures["clock_days"] - figures["days_enrolled"]
    return f"{counted(days, 'exempt day', 'exempt days')} not counted" if days > 0 else ""


def days_this_year(figures: Figures) -> str:
    """Return "60 school days this year", or of which days they are where it is not all there were."""
    days = f"{school_days(figures['days_enrolled'])}{'' if whole_so_far(figures) else ' enrolled'} this year"
    return f"{days} ({exempt(figures)})" if exempt(figures) else days


def of_year(rate: float, figures: Figures) -> str:
    """Return "6 of 60 school days this year" for a rate over enrolled days."""
    return f"{amount(days_of_year(rate, figures))} of {days_this_year(figures)}"


def unbroken(figures: Figures) -> bool:
    """Return whether this year's clock has no gap, no exempt day, and runs to the newest school day."""
    return figures["unbroken_days"] == figures["clock_days"]


def whole_so_far(figures: Figures) -> bool:
    """Return whether this year's clock is the school's: unbroken, from the first school day on."""
    return unbroken(figures) and figures["days_missed_before_entry"] == 0


def as_last_year(figures: Figures) -> bool:
    """Return whether a day of this year's clock is the same school day of last year's."""
    return whole_so_far(figures) and figures["last_year_whole"] == 1


def in_window(rate: float, days: float, figures: Figures) -> float | None:
    """Return how many days a rate stands for in the last days of the clock; None where that cannot be said.

    The last days of the clock are the school's last days only where the student was enrolled on each of
    them, and a rate over them is a count only where none was exempt.

    Parameters
    ----------
    rate : float
        Absence over the enrolled days of the window.
    days : float
        Length of the window in days of the clock.
    """
    return round(rate * days, 4) if days <= figures["unbroken_days"] else None


def shorter_than_year(days: float, figures: Figures) -> bool:
    """Return whether the last days are the school's, and not all of the year so far: that is said so."""
    return days <= figures["unbroken_days"] and days < figures["clock_days"]


def of_last(rate: float, days: float, figures: Figures) -> str:
    """Return "6 of the last 20 school days"; "" where it would not be true, or is the year so far."""
    missed = in_window(rate, days, figures)
    if missed is None or not shorter_than_year(days, figures):
        return ""
    return f"{amount(missed)} of the last {amount(days)} school days"


def no_absence(part_day_rate: float, kind: str = "absence") -> str:
    """Return "No absence", "No whole day of absence" with a few part days, "" with many.

    A part of a day may be too little to count as absence, and it is not nothing.
    """
    if part_day_rate == 0:
        return f"No {kind}"
    return f"No whole day of {kind}" if 0 < part_day_rate < SATISFACTORY else ""

"""One student's figures in words: days with their noun, percentages, and counts of days in a window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Figures = Mapping[Any, float]
"""One student's features by name, and ``clock_days``: this year's clock, exempt days included."""


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


def of_year(rate: float, figures: Figures) -> str:
    """Return "6 of 60 school days this year" for a rate over enrolled days."""
    days = amount(days_of_year(rate, figures))
    return f"{days} of {school_days(figures['days_enrolled'])} this year"


def in_window(rate: float, days: float, figures: Figures) -> float | None:
    """Return how many days a rate stands for in a window of the clock; None where it cannot be told.

    An exempt day is in no rate's denominator, and in which window it lies is not kept: with any exempt day
    this year a count could be wrong, and the share is said instead.

    Parameters
    ----------
    rate : float
        Absence over the enrolled days of the window.
    days : float
        Length of the window in days of the clock.
    """
    if figures["clock_days"] != figures["days_enrolled"] or not days <= figures["clock_days"]:
        return None
    return round(rate * days, 4)


def of_window(rate: float, days: float, window: str, figures: Figures) -> str:
    """Return "6 of the last 20 school days", or the share where the count cannot be told.

    Parameters
    ----------
    window : str
        "first" or "last".
    """
    missed = in_window(rate, days, figures)
    said = percent(rate) if missed is None else amount(missed)
    noun = "school day" if days == 1 else "school days"
    return f"{said} of the {window} {amount(days)} {noun}"

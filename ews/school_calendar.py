"""School years, instructional days of the district, as-of schedules and local midnights.

Day numbers of a single school live where rows are (``ews.snapshot``); this module answers questions
about the district's calendar as a whole, on a small pandas frame with one row per school and date.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pandas as pd

from ews.errors import UsageError

DEFAULT_SCHEDULE = ("day-15", "10-01", "11-01", "12-01", "01-01", "02-01", "03-01", "04-01")
"""Instructional day 15, then the first instructional day of each month from October to April."""


def start_of_day_utc(day: dt.date, timezone: str) -> dt.datetime:
    """Return 00:00 of a day in the district's zone, as a naive UTC timestamp (how the store keeps time).

    Examples
    --------
    >>> start_of_day_utc(dt.date(2025, 10, 1), "America/New_York")
    datetime.datetime(2025, 10, 1, 4, 0)
    """
    local = dt.datetime.combine(day, dt.time(), tzinfo=ZoneInfo(timezone))
    return local.astimezone(dt.UTC).replace(tzinfo=None)


def today_in(timezone: str) -> dt.date:
    """Return today's date in the district's zone, wherever the server stands."""
    return dt.datetime.now(tz=ZoneInfo(timezone)).date()


def district_days(calendar: pd.DataFrame, school_year: int) -> list[dt.date]:
    """Return the dates on which at least half of the year's schools are in session, in order.

    Parameters
    ----------
    calendar : DataFrame
        One row per school_id and date, with ``school_year`` and ``instructional`` (bool).
    school_year : int
        The spring year: 2026 is 2025-26.
    """
    year = calendar.loc[calendar["school_year"] == school_year]
    if year.empty:
        return []
    in_session = year.groupby("date")["instructional"].sum()
    dates = in_session[in_session * 2 >= year["school_id"].nunique()].index
    return [pd.Timestamp(day).date() for day in sorted(dates)]


def as_of_dates(
    calendar: pd.DataFrame, school_year: int, schedule: Sequence[str] = DEFAULT_SCHEDULE
) -> list[dt.date]:
    """Return the as-of dates of one school year, in order and without repeats.

    Parameters
    ----------
    calendar : DataFrame
        One row per school_id and date, with ``school_year`` and ``instructional`` (bool).
    school_year : int
        The spring year.
    schedule : sequence of str
        ``day-N`` is the N-th instructional day of the district; ``MM-DD`` is the first instructional
        day on or after that day of the school year. Entries past the year's end are left out.

    Raises
    ------
    UsageError
        If an entry has neither form.
    """
    days = district_days(calendar, school_year)
    found = {day for entry in schedule if (day := _scheduled(entry, days, school_year)) is not None}
    return sorted(found)


def check_schedule(schedule: Sequence[str]) -> None:
    """Raise :class:`~ews.errors.UsageError` if an entry is neither ``day-N`` nor ``MM-DD``."""
    for entry in schedule:
        _scheduled(entry, [], 2001)


def school_year_of(calendar: pd.DataFrame, day: dt.date) -> int | None:
    """Return the first school year whose calendar ends on or after a day; None past the last.

    A day in the summer belongs to the year that is coming: in August nobody wants last year's list.
    """
    last = calendar.groupby("school_year")["date"].max().reset_index()
    pairs = zip(last["school_year"], last["date"], strict=True)
    ahead = [int(year) for year, end in pairs if pd.Timestamp(end).date() >= day]
    return min(ahead) if ahead else None


def _scheduled(entry: str, days: list[dt.date], school_year: int) -> dt.date | None:
    if match := re.fullmatch(r"day-(\d+)", entry):
        number = int(match[1])
        return days[number - 1] if 1 <= number <= len(days) else None
    if match := re.fullmatch(r"(\d\d)-(\d\d)", entry):
        month, day = int(match[1]), int(match[2])
        try:
            wanted = dt.date(school_year - (1 if month >= 7 else 0), month, day)
        except ValueError:
            pass
        else:
            return next((each for each in days if each >= wanted), None)
    raise UsageError(
        f"'{entry}' is not an as-of date",
        expected="day-N (the N-th instructional day) or MM-DD (the first instructional day from then on)",
        where="training.as_of",
        next_step="write for example [day-15, 10-01, 11-01]",
    )

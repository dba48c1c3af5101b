"""For which day a night is: stated, today, or the day after the newest attendance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ews.config import Config
from ews.engine import Engine
from ews.errors import DataRefused, UsageError
from ews.nightly.published_nights import newest_night
from ews.outreach.pages import long_date
from ews.school_calendar import district_days, school_year_of, today_in
from ews.snapshot import calendar_frame, newest_attendance_day

_NAMED_DAYS = 2
"""More days are named by the first and the last of them."""


@dataclass(frozen=True)
class AsOf:
    """The decision day, whether the district is in session on it, and a sentence when it was not obvious."""

    day: dt.date
    in_session: bool
    inside_calendar: bool
    note: str = ""


def decide_as_of(session: Engine, stated: dt.date | None, config: Config) -> AsOf:
    """Return the decision day: the stated one, by default today in the district's zone.

    If today lies outside the calendar's first to last date, it is the day after the newest attendance.

    Raises
    ------
    DataRefused
        If the store holds no attendance.
    UsageError
        If the stated day lies before the first day of the calendar.
    """
    calendar = calendar_frame(session)
    newest = newest_attendance_day(session)
    if calendar.empty or newest is None:
        raise DataRefused(
            "the store holds no attendance yet",
            expected="at least one load of calendar and attendance",
            where="the store",
            next_step="run `ews ingest`",
        )
    first, last = (pd.Timestamp(calendar["date"].agg(end)).date() for end in ("min", "max"))
    if stated is not None and stated <= first:
        raise UsageError(
            f"--as-of {stated} is not after the first day of the calendar",
            expected=f"a date after {first}",
            next_step="give a later date",
        )
    today = today_in(config.timezone)
    note = ""
    day = stated or today
    if stated is None and not first <= today <= last:
        day = newest + dt.timedelta(days=1)
        note = (
            f"Today lies outside the calendar ({first} to {last}); as of {day}, the day after the newest "
            "attendance."
        )
    return AsOf(day, _in_session(calendar, day), first <= day <= last, note)


def check_stated(stated: dt.date | None, config: Config) -> None:
    """Refuse a decision day that is yet to come, before anything is loaded for it.

    What is loaded for a day counts as known from then: loaded for a day of next year, it would be known to no
    night before, and neither would what is loaded after it.

    Raises
    ------
    UsageError
        If the day is later than tomorrow, in the district's time zone.
    """
    today = today_in(config.timezone)
    # A clock that was set back makes no day yet to come that has lists already.
    reached = max(today, newest_night(config.workspace_dir) or today)
    if stated is not None and stated > reached + dt.timedelta(days=1):
        raise UsageError(
            f"--as-of {stated} is yet to come",
            expected=f"a date up to tomorrow; today is {today} in {config.timezone}",
            where="--as-of",
            next_step="give that day, or mend this server's clock",
        )


def _in_session(calendar: pd.DataFrame, day: dt.date) -> bool:
    years = calendar.loc[calendar["date"] == pd.Timestamp(day), "school_year"].unique()
    return any(day in district_days(calendar, int(year)) for year in years)


def school_days_around(calendar: pd.DataFrame, day: dt.date) -> list[dt.date]:
    """Return the district's school days of every stored year from 60 days before a day on, in order."""
    first = day - dt.timedelta(days=60)
    years = sorted(calendar.loc[calendar["date"] >= pd.Timestamp(first), "school_year"].unique())
    return [each for year in years for each in district_days(calendar, int(year)) if each >= first]


def school_years(calendar: pd.DataFrame) -> list[tuple[dt.date, dt.date]]:
    """Return the district's first and last school day of every stored year, in order."""
    of_years = [district_days(calendar, int(year)) for year in sorted(calendar["school_year"].unique())]
    return [(days[0], days[-1]) for days in of_years if days]


def same_school_year(calendar: pd.DataFrame, one: dt.date, other: dt.date) -> bool:
    """Return whether two days belong to one school year; a day in the summer, to the one that is coming."""
    return school_year_of(calendar, one) == school_year_of(calendar, other)


def school_days_begun(calendar: pd.DataFrame, day: dt.date) -> int:
    """Return how many school days of its year have begun by a day, its own counted."""
    year = school_year_of(calendar, day)
    return 0 if year is None else sum(each <= day for each in district_days(calendar, year))


def said_missed(days: Sequence[dt.date]) -> str:
    """Say on which school days no lists were made; "" where there are none.

    Examples
    --------
    >>> said_missed([dt.date(2026, 1, 16), dt.date(2026, 1, 20)])
    'No lists were made for 2 school days since the last ones: January 16, 2026 and January 20, 2026.'
    """
    if not days:
        return ""
    counted = "1 school day" if len(days) == 1 else f"{len(days)} school days"
    joint = " and " if len(days) <= _NAMED_DAYS else " to "
    named = joint.join(long_date(each) for each in dict.fromkeys((days[0], days[-1])))
    return f"No lists were made for {counted} since the last ones: {named}."

"""For which day a night is: stated, today, or the day after the newest attendance."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from ews.config import Config
from ews.engine import Session
from ews.errors import DataRefused, UsageError
from ews.school_calendar import district_days, today_in
from ews.snapshot import calendar_frame, newest_attendance_day


@dataclass(frozen=True)
class AsOf:
    """The decision day, whether the district is in session on it, and a sentence when it was not obvious."""

    day: dt.date
    in_session: bool
    inside_calendar: bool
    note: str = ""


def decide_as_of(session: Session, stated: dt.date | None, config: Config) -> AsOf:
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


def _in_session(calendar: pd.DataFrame, day: dt.date) -> bool:
    years = calendar.loc[calendar["date"] == pd.Timestamp(day), "school_year"].unique()
    return any(day in district_days(calendar, int(year)) for year in years)


def school_days_around(calendar: pd.DataFrame, day: dt.date) -> list[dt.date]:
    """Return the district's school days of every stored year from 60 days before a day on, in order."""
    first = day - dt.timedelta(days=60)
    years = sorted(calendar.loc[calendar["date"] >= pd.Timestamp(first), "school_year"].unique())
    return [each for year in years for each in district_days(calendar, int(year)) if each >= first]

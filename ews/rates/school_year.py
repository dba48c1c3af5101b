"""One school year as the store knows it today: whether it is over, and to which day each school counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import narwhals as nw
import pandas as pd

from ews.config import Config
from ews.engine import Session
from ews.errors import DataRefused, UsageError
from ews.label import COMPLETE_WITHIN_DAYS, complete_years
from ews.school_days import SchoolDays, place
from ews.snapshot import Snapshot, calendar_frame, covered_days, hindsight
from ews.store.frames import date_of


@dataclass(frozen=True)
class SchoolReach:
    """How far one school's figures go.

    Attributes
    ----------
    counted_to : date or None
        The last day that counts; None where no attendance was delivered, so that nothing is counted.
    days_without : int
        Instructional days that count although the attendance delivered ends before them.
    """

    school_id: str
    name: str
    counted_to: dt.date | None
    days_without: int


@dataclass(frozen=True)
class YearReach:
    """Which school year is counted, and how far.

    Attributes
    ----------
    complete : bool
        Whether its outcome can be observed, as for labels (:func:`ews.label.complete_years`). Then all of
        its days count; while it is in progress a school's days count up to its newest attendance.
    """

    school_year: int
    complete: bool
    schools: tuple[SchoolReach, ...]

    @property
    def counted_to(self) -> tuple[dt.date, dt.date]:
        """The earliest and the latest day to which a school's figures go."""
        days = [each.counted_to for each in self.schools if each.counted_to is not None]
        return min(days), max(days)

    @property
    def silent(self) -> tuple[SchoolReach, ...]:
        """The schools without any attendance in the year: nothing of theirs is counted."""
        return tuple(each for each in self.schools if each.counted_to is None)

    @property
    def stopped(self) -> tuple[SchoolReach, ...]:
        """The schools whose attendance ends so early that days without a record count as attended."""
        return tuple(each for each in self.schools if each.days_without >= COMPLETE_WITHIN_DAYS)


@dataclass(frozen=True)
class YearInView:
    """A school year with everything that is known of it today, corrections included."""

    reach: YearReach
    school_days: SchoolDays


def view_year(session: Session, config: Config, wanted: int | None = None) -> YearInView:
    """Return a school year (by default the newest with attendance) for counting.

    Raises
    ------
    UsageError
        If the calendar does not have the year that is wanted.
    DataRefused
        If no attendance was delivered for it.
    """
    calendar = calendar_frame(session)
    delivered = _delivered(calendar, covered_days(session))
    year = _chosen(calendar, delivered, wanted)
    complete = year in complete_years(session)
    of_year = calendar[calendar["school_year"] == year]
    last_day = pd.Timestamp(of_year["date"].max()).date()
    school_days = place(
        _only(hindsight(session, last_day + dt.timedelta(days=1), config), year, complete=complete)
    )
    ends = delivered.loc[delivered["school_year"] == year].set_index("school_id")["delivered_to"]
    schools = _reaches(session, school_days, of_year, ends)
    return YearInView(YearReach(year, complete, schools), school_days)


def _delivered(calendar: pd.DataFrame, covered: pd.DataFrame) -> pd.DataFrame:
    """Return the newest day with attendance of every school and year that has one."""
    spans = calendar.groupby(["school_id", "school_year"], as_index=False)["date"].agg(["min", "max"])
    days = covered.merge(spans, on="school_id")
    own = days[(days["date"] >= days["min"]) & (days["date"] <= days["max"])]
    own = own.sort_values("date").drop_duplicates(["school_id", "school_year"], keep="last")
    return own[["school_id", "school_year", "date"]].rename(columns={"date": "delivered_to"})


def _chosen(calendar: pd.DataFrame, delivered: pd.DataFrame, wanted: int | None) -> int:
    known = sorted({int(year) for year in calendar["school_year"]})
    recorded = sorted({int(year) for year in delivered["school_year"]})
    if wanted is not None and wanted not in known:
        raise UsageError(
            f"the calendar has no school year {wanted}",
            expected=f"one of {', '.join(map(str, known))} (the spring year: 2026 is 2025-26)",
            where="--school-year",
            next_step="name one of them, or load the calendar of that year",
        )
    if not recorded or (wanted is not None and wanted not in recorded):
        of_year = "" if wanted is None else f" for school year {wanted}"
        raise DataRefused(
            f"no attendance was delivered{of_year}",
            expected="attendance, or a stated covers_to, on days of the calendar",
            where="the store",
            next_step="load it with `ews ingest`; without it nobody's attendance is known",
        )
    return recorded[-1] if wanted is None else wanted


def _only(snapshot: Snapshot, year: int, *, complete: bool) -> Snapshot:
    """Return a snapshot of one year, in progress (counted to the newest attendance) or over."""
    calendar = snapshot.session.materialize(
        snapshot.calendar.filter(nw.col("school_year") == year), "calendar_of_year"
    )
    first = snapshot.session.collect(calendar.select(nw.col("day").min()))["day"].iloc[0]
    return replace(
        snapshot,
        calendar=calendar,
        attendance=snapshot.attendance.filter(nw.col("day") >= int(first)),
        school_year=year + 1 if complete else year,
    )


def _reaches(
    session: Session, school_days: SchoolDays, calendar: pd.DataFrame, delivered_to: pd.Series[pd.Timestamp]
) -> tuple[SchoolReach, ...]:
    names = session.collect(school_days.snapshot.schools.select("school_id", "school_name"))
    name_of = dict(zip(names["school_id"], names["school_name"], strict=True))
    rows = session.collect(school_days.school_years).sort_values("school_id")
    open_days = dict(iter(calendar[calendar["instructional"]].groupby("school_id")["date"]))
    found = []
    for row in rows.to_dict("records"):
        school = str(row["school_id"])
        counted_to = date_of(row["counted_to"]) if row["counted_to"] >= row["first_day"] else None
        without = 0
        if counted_to is not None and school in open_days:
            days = open_days[school]
            without = int(((days > delivered_to[school]) & (days <= pd.Timestamp(counted_to))).sum())
        found.append(SchoolReach(school, str(name_of.get(school, "")), counted_to, without))
    return tuple(found)

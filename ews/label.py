"""What is predicted: chronic absence by the end of the school year, null while it cannot be observed.

A label uses everything the store knows today, corrections included; features use only what was known
at ``as_of``. A student who leaves the district is judged on the days up to the exit. With fewer than
``min_enrolled_days`` in the whole year the student is in no rate of chronic absence, and has no label.
"""

from __future__ import annotations

import datetime as dt

import narwhals as nw
import pandas as pd

from ews.attendance_rules import is_chronic, totals
from ews.config import Config
from ews.engine import Session
from ews.school_calendar import district_days
from ews.school_days import place
from ews.snapshot import calendar_frame, hindsight, newest_attendance_day

COMPLETE_WITHIN_DAYS = 5
"""A year is over when attendance reaches to within so many instructional days of its last one."""


def complete_years(session: Session) -> list[int]:
    """Return the school years whose outcome can be observed, in order.

    A year with enrollments is complete when attendance was delivered for one of its last
    :data:`COMPLETE_WITHIN_DAYS` instructional days, or for any later day.
    """
    newest = newest_attendance_day(session)
    if newest is None:
        return []
    calendar = calendar_frame(session)
    began = int(session.value("SELECT min(school_year) FROM store.enrollments"))
    years = sorted({int(year) for year in calendar["school_year"] if year >= began})
    return [year for year in years if _near_end(calendar, year) <= newest]


def _near_end(calendar: pd.DataFrame, year: int) -> dt.date:
    days = district_days(calendar, year)
    return days[-COMPLETE_WITHIN_DAYS:][0] if days else dt.date.max


def outcomes(session: Session, config: Config) -> pd.DataFrame:
    """Return what became of every student in every complete school year.

    Grain: one row per student_id and school_year (with ``grain: school`` also per school_id), with
    ``enrolled_days``, ``absence_units`` and ``label`` (0 or 1; rows without a label are left out).
    """
    years = complete_years(session)
    if not years:
        return pd.DataFrame(columns=["student_id", "school_year", "label"])
    calendar = calendar_frame(session)
    last_day = pd.Timestamp(calendar.loc[calendar["school_year"].isin(years), "date"].max()).date()
    school_days = place(hindsight(session, last_day + dt.timedelta(days=1), config), first_year=min(years))
    by_school = config.definition.grain == "school"
    frame = (
        totals(school_days, config.definition, by_school=by_school)
        .filter(nw.col("school_year").is_in(years))
        .filter(nw.col("enrolled_days") >= config.definition.min_enrolled_days)
        .with_columns(label=nw.when(is_chronic(config.definition)).then(1).otherwise(0))
    )
    labels: pd.DataFrame = session.collect(frame)
    return labels.sort_values(["school_year", "student_id"], ignore_index=True)

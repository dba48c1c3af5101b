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
from ews.snapshot import calendar_frame, covered_days, hindsight

COMPLETE_WITHIN_DAYS = 5
"""A year is over when attendance reaches to within so many instructional days of its last one."""


def complete_years(session: Session) -> list[int]:
    """Return the school years whose outcome can be observed, in order.

    A year is complete when at least half of its schools delivered attendance for one of its last
    :data:`COMPLETE_WITHIN_DAYS` instructional days or for a later day (one stray row decides nothing), and
    at least half of them for any day of the year itself (a year without attendance is not a year of perfect
    attendance).
    """
    calendar = calendar_frame(session)
    covered = covered_days(session)
    return [year for year in sorted(set(calendar["school_year"])) if _is_complete(calendar, covered, year)]


def _is_complete(calendar: pd.DataFrame, covered: pd.DataFrame, year: int) -> bool:
    days = [pd.Timestamp(day) for day in district_days(calendar, year)]
    if not days:
        return False
    schools = set(calendar.loc[calendar["school_year"] == year, "school_id"])
    own = covered.loc[covered["school_id"].isin(schools)]
    reached = own.loc[own["date"] >= days[-COMPLETE_WITHIN_DAYS:][0], "school_id"].nunique()
    recorded = own.loc[own["date"].between(days[0], days[-1]), "school_id"].nunique()
    return 2 * min(reached, recorded) >= len(schools)


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

"""Every feature in pandas with the idea that ews rests on: once days are numbered, most of them say nothing.

From one row per student and school day. Written for speed: names are categories, a year is cut off before it
is grouped, and only days are kept on which something happened. Under the usual definition only, from files
that hold what was known on the day: what is left is what an engine of columns adds.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pandas as pd

from ews.features.matrix import FEATURES
from tests.benchmarks.pandas_events.attendance import Year, attendance_features
from tests.benchmarks.pandas_events.health import meal_features, nurse_features
from tests.benchmarks.pandas_events.remaining import remaining_features
from tests.benchmarks.pandas_events.roster import (
    CLASS_DAY,
    numbered,
    peer_features,
    placed,
    roster_features,
    roster_of,
    school_year_of,
)
from tests.benchmarks.places import AS_OF

_FEW = ("school_id", "grade", "kind", "category", "disposition", "program", "eligibility")
"""Text of few values, read as categories; ids of students are quicker made categories after reading."""

_TABLES = ("days", "spells", "enrollments", "calendar", "schools", "visits", "meals")


def features_in_pandas(
    folder: Path, seconds: dict[str, float], as_of: dt.date = AS_OF
) -> tuple[pd.DataFrame, int]:
    """Return every feature by student_id of everyone enrolled, and how many daily rows there were.

    Parameters
    ----------
    folder : Path
        What :func:`tests.benchmarks.daily_files.write_daily_files` left.
    seconds : dict
        Receives the wall seconds of reading and of each part.
    """
    started = time.perf_counter()
    tables = read_tables(folder)
    started = _said("read", started, seconds)
    calendar, day = numbered(tables["calendar"]), pd.Timestamp(as_of)
    year = school_year_of(calendar, day)
    spells = placed(tables["spells"], calendar, year)
    roster = roster_of(tables["enrollments"], year, day)
    started = _said("calendar and roster", started, seconds)
    rows = tables.pop("days")
    daily_rows = len(rows)
    classes, now, last, before = _years(rows, year)
    del rows
    started = _said("days numbered", started, seconds)
    found = attendance_features(now, last, before)
    started = _said("attendance", started, seconds)
    of_roster = roster_features(roster, now.pace, spells, calendar, tables["schools"], year)
    found = found.join(of_roster, how="right")
    started = _said("roster", started, seconds)
    found = found.join(peer_features(roster, now, last, spells, classes))
    started = _said("peers", started, seconds)
    found = found.join(remaining_features(found, [each.pace for each in (now, last, before)]))
    started = _said("remaining", started, seconds)
    away = now.events.loc[now.events["absent"], ["student_id", "clock"]]
    found = found.join(nurse_features(tables["visits"], spells, calendar, now.clock, away))
    started = _said("nurse", started, seconds)
    found = found.join(meal_features(tables["meals"], roster, tables["schools"], day))
    _said("meals", started, seconds)
    found.index = found.index.astype("str")
    return found[list(FEATURES)].reset_index(), daily_rows


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the files; students and schools are categories, the same in each and in the order of their ids."""
    tables = {
        name: pd.read_parquet(folder / f"{name}.parquet", read_dictionary=list(_FEW)) for name in _TABLES
    }
    for column in ("student_id", "school_id"):
        those = [table for table in tables.values() if column in table]
        for table in those:
            table[column] = table[column].astype("category")
        every = sorted(set().union(*(table[column].cat.categories for table in those)))
        for table in those:
            table[column] = table[column].cat.set_categories(every)  # astype would keep another order
    return tables


def _years(rows: pd.DataFrame, year: int) -> tuple[pd.Series, Year, Year, Year]:
    """Return how many are in each class on each day of this year, then this year and two before it.

    In the order of date, the number of a student's row within a year is the student's clock.
    """
    if not rows["date"].is_monotonic_increasing:
        rows = rows.sort_values("date", kind="stable")
    happened, years = rows["kind"] != "present", []
    for ago in range(3):
        of_year = rows["school_year"] == year - ago
        by_student = rows.loc[of_year, ["student_id"]].groupby("student_id", observed=False)
        clock = by_student.cumcount() + 1
        events = rows[of_year & happened].assign(clock=clock[happened[of_year]])
        years.append(Year(by_student.size(), events))
    class_days = rows.loc[rows["school_year"] == year, CLASS_DAY]
    classes = class_days.groupby(CLASS_DAY, observed=True).size()
    return classes, *years


def _said(part: str, started: float, seconds: dict[str, float]) -> float:
    now = time.perf_counter()
    seconds[part] = now - started
    return now

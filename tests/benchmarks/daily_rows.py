"""Every feature as a careful user of pandas computes it from one row per student and school day.

No Python function is called per student, everything that can be done on whole columns is, and names are
categories; but every day counts as a row to the end, as daily files have it. It computes the same features as
ews, under the usual definition only. What does not rest on daily rows - the roster and what is left of the
school's year, the nurse, meals - starts from the small files, and is shared with ``pandas_events``.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pandas as pd

from ews.features.matrix import FEATURES
from tests.benchmarks.pandas_events.features import read_tables
from tests.benchmarks.pandas_events.health import meal_features, nurse_features
from tests.benchmarks.pandas_events.remaining import remaining_features
from tests.benchmarks.pandas_events.roster import numbered, placed, roster_features, roster_of, school_year_of
from tests.benchmarks.places import AS_OF

WINDOWS = (5, 10, 20, 40)

_CLASS = ["school_id", "grade", "date"]


def daily_features(
    folder: Path, seconds: dict[str, float], as_of: dt.date = AS_OF
) -> tuple[pd.DataFrame, int]:
    """Return every feature by student_id of everyone enrolled, and how many daily rows there were.

    Parameters
    ----------
    folder : Path
        What :func:`tests.benchmarks.daily_files.write_daily_files` left.
    seconds : dict
        Receives the wall seconds of reading, of sorting and of each part.
    """
    started = time.perf_counter()
    tables = read_tables(folder)
    started = _said("read", started, seconds)
    calendar, day = numbered(tables["calendar"]), pd.Timestamp(as_of)
    year = school_year_of(calendar, day)
    spells = placed(tables["spells"], calendar, year)
    roster = roster_of(tables["enrollments"], year, day)
    started = _said("calendar and roster", started, seconds)
    rows = tables.pop("days").sort_values(["student_id", "date"], ignore_index=True)
    daily_rows = len(rows)
    now, last, before = (_of_year(rows, year - ago) for ago in range(3))
    del rows
    started = _said("sort", started, seconds)
    totals = [_totals(each) for each in (now, last, before)]
    started = _said("totals", started, seconds)
    found = _this_year(now, totals[0]).join(_recent(now, totals[0]))
    started = _said("windows", started, seconds)
    runs = [_runs(each) for each in (now, last, before)]
    for of_year, those in zip(totals, runs, strict=True):
        of_year["spells"] = _by_student(those).size().reindex(of_year.index, fill_value=0)
    found = found.join(_streaks(runs[0], totals[0]))
    started = _said("streaks", started, seconds)
    found["absence_beyond_peers"] = _rate(_beyond_peers(now), totals[0]["days"])
    found = found.join(_earlier(last, totals), how="outer")
    found["change_from_last_year"] = found["absence_rate"] - found["last_year_same_period_rate"]
    started = _said("peers and earlier years", started, seconds)
    found = found.join(
        roster_features(roster, totals[0], spells, calendar, tables["schools"], year), how="right"
    )
    found["school_rate_last_year"] = _school_rate_last_year(roster, last)
    found = found.join(remaining_features(found, totals))
    started = _said("roster and what remains", started, seconds)
    clock, away = now.groupby("student_id", observed=False).size(), now.loc[now["absent"]]
    found = found.join(
        nurse_features(tables["visits"], spells, calendar, clock, away[["student_id", "clock"]])
    )
    found = found.join(meal_features(tables["meals"], roster, tables["schools"], day))
    _said("nurse and meals", started, seconds)
    found.index = found.index.astype("str")
    return found[list(FEATURES)].reset_index(), daily_rows


def _said(part: str, started: float, seconds: dict[str, float]) -> float:
    now = time.perf_counter()
    seconds[part] = now - started
    return now


def _by_student(rows: pd.DataFrame) -> pd.api.typing.DataFrameGroupBy:
    return rows.groupby("student_id")


def _of_year(rows: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the rows of a school year, each with the number of the student's day in it (clock)."""
    those = rows[rows["school_year"] == year]
    return those.assign(clock=_by_student(those).cumcount() + 1)


def _rate(part: pd.Series, days: pd.Series) -> pd.Series:
    return (part / days).where(days > 0)


def _absence_rate(rows: pd.DataFrame) -> pd.Series:
    """Days absent over the days that count, of rows."""
    by_student = _by_student(rows)
    sums = by_student[["absent", "exempt"]].sum()
    return _rate(sums["absent"], by_student.size() - sums["exempt"])


def _totals(rows: pd.DataFrame) -> pd.DataFrame:
    """By student of a year: rows (clock), days that count (days), and of which kind the others were."""
    absent, kind = rows["absent"], rows["kind"]
    by_student = _by_student(
        rows[["student_id", "absent", "exempt", "part_day"]].assign(
            excused=absent & (kind == "excused"),
            unexcused=absent & (kind == "unexcused"),
            suspension=kind == "suspension",
            tardy=kind == "tardy",
            weekend=absent & rows["date"].dt.day_of_week.isin([0, 4]),
            around_break=absent & rows["around_break"],
        )
    )
    sums = by_student.sum()
    clock = by_student.size()
    return sums.assign(clock=clock, days=clock - sums["exempt"])


def _this_year(now: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    days, absent = sums["days"], sums["absent"]
    found = pd.DataFrame({"days_enrolled": days, "absence_days": absent, "absence_rate": _rate(absent, days)})
    for kind in ("excused", "unexcused", "suspension", "tardy", "part_day"):
        found[f"{kind}_rate"] = _rate(sums[kind], days)
    found["monday_friday_share"] = _rate(sums["weekend"], absent)
    found["around_break_share"] = _rate(sums["around_break"], absent)
    found["first_month_rate"] = _absence_rate(now[now["clock"] <= 20])
    return found


def _recent(now: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """Rates of the last so many days of each student, and those of 20 against what came before them."""
    newest = _by_student(now).tail(max(WINDOWS))
    found = {
        f"absence_rate_last_{window}": _absence_rate(_by_student(newest).tail(window)) for window in WINDOWS
    }
    recent = _by_student(newest).tail(20)
    unexcused = recent["absent"] & (recent["kind"] == "unexcused")
    away = _by_student(recent.assign(unexcused=unexcused))[["absent", "exempt", "unexcused"]].sum()
    days = _by_student(recent).size() - away["exempt"]
    earlier, earlier_days = sums[["absent", "unexcused"]] - away, sums["days"] - days
    found["unexcused_rate_last_20"] = _rate(away["unexcused"], days)
    found["absence_trend"] = found["absence_rate_last_20"] - _rate(earlier["absent"], earlier_days)
    found["unexcused_trend"] = found["unexcused_rate_last_20"] - _rate(earlier["unexcused"], earlier_days)
    return pd.DataFrame(found)


def _runs(rows: pd.DataFrame) -> pd.DataFrame:
    """Runs of days of absence: student_id, length and last clock; one begins where the day before differs."""
    begins = rows["absent"] & ~_by_student(rows)["absent"].shift(fill_value=False)
    away = rows[["student_id", "clock"]].assign(run=begins.cumsum())[rows["absent"]]
    return away.groupby("run").agg(
        student_id=("student_id", "first"), length=("clock", "size"), last=("clock", "max")
    )


def _streaks(runs: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    by_student, clock = _by_student(runs), sums["clock"]
    open_runs = runs[runs["last"] == runs.join(clock, on="student_id")["clock"]]
    current = open_runs.set_index("student_id")["length"]
    return pd.DataFrame(
        {
            "current_streak": current.reindex(clock.index).fillna(0),
            "longest_streak": by_student["length"].max().reindex(clock.index).fillna(0),
            "absence_spells": sums["spells"],
            "spell_rate": _rate(sums["spells"], sums["days"]),
            "days_since_absence": clock - by_student["last"].max(),
        }
    )


def _beyond_peers(now: pd.DataFrame) -> pd.Series:
    """Days of absence by student, each weighed by the share of the others of school and grade who came."""
    class_days = now.groupby(_CLASS)["absent"]
    others, away = class_days.transform("size") - 1, class_days.transform("sum")
    weighed = (10_000 * (others - away + 1) // others.where(others > 0)).fillna(10_000)
    return (now["absent"] * weighed).groupby(now["student_id"]).sum() / 10_000


def _earlier(last: pd.DataFrame, totals: list[pd.DataFrame]) -> pd.DataFrame:
    """Last year, as a whole and against where the student stands this year, and the year before it."""
    now, sums, before = totals
    reached = last[["student_id"]].join(now["clock"], on="student_id")["clock"]
    ahead = last["clock"] - reached
    return pd.DataFrame(
        {
            "last_year_rate": _rate(sums["absent"], sums["days"]),
            "last_year_unexcused_rate": _rate(sums["unexcused"], sums["days"]),
            "last_year_tardy_rate": _rate(sums["tardy"], sums["days"]),
            "last_year_spell_rate": _rate(sums["spells"], sums["days"]),
            "last_year_same_period_rate": _absence_rate(last[ahead <= 0]),
            "last_year_same_weeks_rate": _absence_rate(last[(ahead > -10) & (ahead <= 10)]),
            "last_year_rest_rate": _absence_rate(last[ahead > 0]),
            "last_year_last_40_rate": _absence_rate(_by_student(last).tail(40)),
            "year_before_rate": _rate(before["absent"], before["days"]),
        }
    )


def _school_rate_last_year(roster: pd.DataFrame, last: pd.DataFrame) -> pd.Series:
    """Return last year's rate of all others who were then at the school of each of the roster."""
    own = ["student_id", "school_id"]
    by_school = last.groupby(own)
    one = by_school[["absent", "exempt"]].sum()
    one["days"] = by_school.size() - one["exempt"]
    everyone = one.groupby("school_id", observed=False)[["absent", "days"]].sum()
    keys = roster.reset_index()[own]
    mine = keys.merge(one.reset_index(), on=own, how="left").fillna({"absent": 0, "days": 0})
    school = everyone.reindex(keys["school_id"]).reset_index(drop=True)
    found = _rate(school["absent"] - mine["absent"], school["days"] - mine["days"])
    return found.set_axis(roster.index)

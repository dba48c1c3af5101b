"""The features as most early-warning scripts compute them: pandas, one row per student and school day.

Written as a careful user of pandas would: no Python function is called per student, and everything that can
be done on whole columns is. It computes a part of what ews does (:data:`FEATURES`), so that a comparison of
times is in its favor.
"""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

from ews.features.attendance import ATTENDANCE_FEATURES

WINDOWS = (5, 10, 20, 40)
FEATURES = (*ATTENDANCE_FEATURES, "absence_beyond_peers")
"""All of attendance, and what the rest of the class did on the same days."""

_CLASS = ["school_id", "grade", "date"]


def daily_features(path: Path, seconds: dict[str, float]) -> tuple[pd.DataFrame, int]:
    """Return :data:`FEATURES` by student_id from daily rows, and how many rows there were.

    Parameters
    ----------
    path : Path
        Parquet: student_id, school_id, grade, school_year, date, absent, exempt, kind, part_day,
        around_break; in the order of date.
    seconds : dict
        Receives the wall seconds of reading, of sorting and of each part.
    """
    started = time.perf_counter()
    rows = pd.read_parquet(path, read_dictionary=["school_id", "grade", "kind"])
    started = _said("read", started, seconds)
    rows = rows.sort_values(["student_id", "date"], ignore_index=True)
    for column in ("absent", "exempt"):
        rows[column] = rows[column].astype("int64")
    rows["clock"] = rows.groupby(["student_id", "school_year"]).cumcount() + 1
    started = _said("sort", started, seconds)
    year = rows["school_year"].max()
    now, last, before = (rows[rows["school_year"] == year - ago] for ago in range(3))
    found = _totals(now)
    started = _said("totals", started, seconds)
    found = found.join(_windows(now, found))
    started = _said("windows", started, seconds)
    found = found.join(_streaks(now))
    found["spell_rate"] = (found["absence_spells"] / found["days_enrolled"]).where(found["days_enrolled"] > 0)
    started = _said("streaks", started, seconds)
    found["absence_beyond_peers"] = _beyond_peers(now, found["days_enrolled"])
    started = _said("peers", started, seconds)
    found = found.join(_earlier(last, before, now), how="outer")
    found["change_from_last_year"] = found["absence_rate"] - found["last_year_same_period_rate"]
    _said("earlier years", started, seconds)
    return found[list(FEATURES)].reset_index(), len(rows)


def _said(part: str, started: float, seconds: dict[str, float]) -> float:
    now = time.perf_counter()
    seconds[part] = now - started
    return now


def _rate(rows: pd.DataFrame, column: str = "absent") -> pd.Series:
    sums = rows.groupby("student_id")[[column, "exempt"]].agg({column: "sum", "exempt": ["sum", "size"]})
    days = sums["exempt", "size"] - sums["exempt", "sum"]
    return (sums[column, "sum"] / days).where(days > 0)


def _totals(now: pd.DataFrame) -> pd.DataFrame:
    by_student = now.assign(
        excused=now["absent"] * (now["kind"] == "excused"),
        unexcused=now["absent"] * (now["kind"] == "unexcused"),
        suspension=(now["kind"] == "suspension").astype("int64"),
        tardy=(now["kind"] == "tardy").astype("int64"),
        part_day=now["part_day"].astype("int64"),
        weekend=now["absent"] * now["date"].dt.day_of_week.isin([0, 4]),
        around_break=now["absent"] * now["around_break"],
    ).groupby("student_id")
    kinds = ["excused", "unexcused", "suspension", "tardy", "part_day"]
    sums = by_student[["absent", "exempt", "weekend", "around_break", *kinds]].sum()
    days = by_student.size() - sums["exempt"]
    found = pd.DataFrame({"days_enrolled": days, "absence_days": sums["absent"]})
    found["absence_rate"] = (sums["absent"] / days).where(days > 0)
    for kind in kinds:
        found[f"{kind}_rate"] = (sums[kind] / days).where(days > 0)
    found["monday_friday_share"] = (sums["weekend"] / sums["absent"]).where(sums["absent"] > 0)
    found["around_break_share"] = (sums["around_break"] / sums["absent"]).where(sums["absent"] > 0)
    found["first_month_rate"] = _rate(now[now["clock"] <= 20])
    return found


def _windows(now: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Rolling sums over each student's days, of which the last counts."""
    daily = now.assign(unexcused=now["absent"] * (now["kind"] == "unexcused")).groupby("student_id")
    found = {}
    for window in WINDOWS:
        columns = ["absent", "exempt", "unexcused"] if window == 20 else ["absent", "exempt"]
        sums = daily[columns].rolling(window, min_periods=1).sum().groupby(level=0).last()
        days = daily.size().clip(upper=window) - sums["exempt"]
        found[f"absence_rate_last_{window}"] = (sums["absent"] / days).where(days > 0)
        if window == 20:
            found["unexcused_rate_last_20"] = (sums["unexcused"] / days).where(days > 0)
            earlier_days = totals["days_enrolled"] - days
            earlier = (totals["absence_days"] - sums["absent"]) / earlier_days
            found["absence_trend"] = found["absence_rate_last_20"] - earlier.where(earlier_days > 0)
            unexcused = totals["unexcused_rate"].fillna(0) * totals["days_enrolled"] - sums["unexcused"]
            before = (unexcused / earlier_days).where(earlier_days > 0)
            found["unexcused_trend"] = found["unexcused_rate_last_20"] - before
    return pd.DataFrame(found)


def _beyond_peers(now: pd.DataFrame, days_enrolled: pd.Series) -> pd.Series:
    """Absence weighed by the share of the others of school and grade who came that day."""
    class_days = now.groupby(_CLASS, observed=True)["absent"]
    others, away = class_days.transform("size") - 1, class_days.transform("sum")
    weighed = (10_000 * (others - away + 1) // others.where(others > 0)).fillna(10_000)
    beyond = (now["absent"] * weighed).groupby(now["student_id"]).sum() / 10_000
    return (beyond / days_enrolled).where(days_enrolled > 0)


def _runs(rows: pd.DataFrame) -> pd.DataFrame:
    """Runs of days of absence, their length and last clock: a new one where the day before differs."""
    previous = rows.groupby("student_id")["absent"].shift()
    run = (rows["absent"] != previous).cumsum()
    return rows[rows["absent"] == 1].groupby(["student_id", run])["clock"].agg(["size", "max"])


def _streaks(now: pd.DataFrame) -> pd.DataFrame:
    runs = _runs(now)
    by_student = runs.groupby("student_id")
    last_day = now.groupby("student_id")["clock"].max()
    current = runs[runs["max"] == last_day.reindex(runs.index.get_level_values(0)).to_numpy()]
    found = pd.DataFrame(index=last_day.index)
    found["current_streak"] = current.groupby("student_id")["size"].max().reindex(last_day.index).fillna(0)
    found["longest_streak"] = by_student["size"].max().reindex(last_day.index).fillna(0)
    found["absence_spells"] = by_student.size().reindex(last_day.index).fillna(0)
    found["days_since_absence"] = last_day - by_student["max"].max()
    return found


def _earlier(last: pd.DataFrame, before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    last = last.assign(
        unexcused=last["absent"] * (last["kind"] == "unexcused"),
        tardy=(last["kind"] == "tardy").astype("int64"),
    )
    days = last.groupby("student_id")
    enrolled = days.size() - days["exempt"].sum()
    reached = last["student_id"].map(now.groupby("student_id")["clock"].max())
    newest = days["clock"].transform("max") - last["clock"]
    ahead = last["clock"] - reached
    spells = _runs(last).groupby("student_id").size().reindex(enrolled.index).fillna(0)
    return pd.DataFrame(
        {
            "last_year_rate": _rate(last),
            "last_year_unexcused_rate": _rate(last, "unexcused"),
            "last_year_tardy_rate": (days["tardy"].sum() / enrolled).where(enrolled > 0),
            "last_year_same_period_rate": _rate(last[last["clock"] <= reached]),
            "last_year_last_40_rate": _rate(last[newest < 40]),
            "year_before_rate": _rate(before),
            "last_year_same_weeks_rate": _rate(last[(ahead > -10) & (ahead <= 10)]),
            "last_year_rest_rate": _rate(last[ahead > 0]),
            "last_year_spell_rate": (spells / enrolled).where(enrolled > 0),
        }
    )

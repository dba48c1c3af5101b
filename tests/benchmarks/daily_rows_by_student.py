"""The same daily rows, student by student: a function of one student's days, applied to each.

That is how such scripts are most often written. See ``daily_rows`` for the version of a careful user.
"""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

from ews.features.attendance import ATTENDANCE_FEATURES
from tests.benchmarks.daily_rows import WINDOWS

FEATURES = ATTENDANCE_FEATURES
"""What a student's own days say: nothing about the others, the nurse, meals or what is left of the year."""


def features_by_student(path: Path, seconds: dict[str, float]) -> tuple[pd.DataFrame, int]:
    """Return :data:`FEATURES` by student_id from daily rows, and how many rows there were.

    Parameters
    ----------
    path : Path
        Parquet: the daily rows of :data:`tests.benchmarks.daily_files.DAYS`.
    seconds : dict
        Receives the wall seconds of reading and of the students.
    """
    started = time.perf_counter()
    rows = pd.read_parquet(path, read_dictionary=["school_id", "grade", "kind"])
    seconds["read"] = time.perf_counter() - started
    year = rows["school_year"].max()
    found = rows.groupby("student_id").apply(lambda days: _features_of(days, year), include_groups=False)
    seconds["students"] = time.perf_counter() - started - seconds["read"]
    return found.reset_index(), len(rows)


def _features_of(days: pd.DataFrame, year: int) -> pd.Series:
    days = days.sort_values("date")
    now, last, before = (days[days["school_year"] == year - ago] for ago in range(3))
    reached = len(now)
    recent, earlier = now.tail(20), now.iloc[:-20]
    runs = _runs(now)
    absences = now["absent"].sum()
    found = {
        "days_enrolled": reached - now["exempt"].sum(),
        "absence_days": absences,
        "absence_rate": _rate(now),
        **{f"{kind}_rate": _rate(now, kind) for kind in ("excused", "unexcused")},
        **{f"{kind}_rate": _share(now, now["kind"] == kind) for kind in ("suspension", "tardy")},
        "part_day_rate": _share(now, now["part_day"]),
        **{f"absence_rate_last_{window}": _rate(now.tail(window)) for window in WINDOWS},
        "unexcused_rate_last_20": _rate(recent, "unexcused"),
        "absence_trend": _rate(recent) - _rate(earlier),
        "unexcused_trend": _rate(recent, "unexcused") - _rate(earlier, "unexcused"),
        "first_month_rate": _rate(now.head(20)),
        "current_streak": runs.iloc[-1] if len(runs) and now["absent"].iloc[-1] else 0,
        "longest_streak": runs.max() if len(runs) else 0,
        "absence_spells": len(runs),
        "spell_rate": _share(now, len(runs)),
        **_last_year(last, reached),
        "year_before_rate": _rate(before),
    }
    if absences:
        found["monday_friday_share"] = (
            now.loc[now["date"].dt.day_of_week.isin([0, 4]), "absent"].sum() / absences
        )
        found["around_break_share"] = now.loc[now["around_break"], "absent"].sum() / absences
        found["days_since_absence"] = now["absent"].to_numpy()[::-1].argmax()
    found["change_from_last_year"] = found["absence_rate"] - found["last_year_same_period_rate"]
    return pd.Series(found, index=list(FEATURES), dtype=float) if reached else _without_this_year(found)


def _last_year(last: pd.DataFrame, reached: int) -> dict[str, float]:
    around = last.iloc[max(reached - 10, 0) : reached + 10]
    return {
        "last_year_rate": _rate(last),
        "last_year_unexcused_rate": _rate(last, "unexcused"),
        "last_year_tardy_rate": _share(last, last["kind"] == "tardy"),
        "last_year_spell_rate": _share(last, len(_runs(last))),
        "last_year_last_40_rate": _rate(last.tail(40)),
        "last_year_same_period_rate": _rate(last.head(reached)),
        "last_year_same_weeks_rate": _rate(around),
        "last_year_rest_rate": _rate(last.iloc[reached:]),
    }


_OF_EARLIER_YEARS = (
    "last_year_rate",
    "last_year_unexcused_rate",
    "last_year_tardy_rate",
    "last_year_spell_rate",
    "last_year_last_40_rate",
    "year_before_rate",
)


def _without_this_year(found: dict[str, float]) -> pd.Series:
    """Without a day this year nothing is known that rests on one."""
    return pd.Series({name: found[name] for name in _OF_EARLIER_YEARS}, index=list(FEATURES), dtype=float)


def _rate(days: pd.DataFrame, kind: str | None = None) -> float:
    absent = days["absent"] if kind is None else days["absent"] & (days["kind"] == kind)
    return _share(days, absent)


def _share(days: pd.DataFrame, counted: pd.Series | int) -> float:
    enrolled = len(days) - days["exempt"].sum()
    count = counted if isinstance(counted, int) else counted.sum()
    return count / enrolled if enrolled > 0 else float("nan")


def _runs(days: pd.DataFrame) -> pd.Series:
    """Lengths of runs of days of absence."""
    run = (days["absent"] != days["absent"].shift()).cumsum()
    return days.loc[days["absent"]].groupby(run)["absent"].size()

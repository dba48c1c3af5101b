"""Visits to the school nurse up to ``as_of``: how many, how recent, of which coarse category."""

from __future__ import annotations

from dataclasses import replace

import narwhals as nw

from ews.engine import Frame
from ews.features.marked_days import MarkedDays
from ews.school_days import clock_of, clock_totals

CATEGORIES = ("illness", "injury", "chronic_condition", "mental_health", "medication")

NURSE_FEATURES = (
    "nurse_visits",
    "nurse_visits_last_20",
    "nurse_visits_last_40",
    "nurse_sent_home",
    *(f"nurse_{category}" for category in CATEGORIES),
    "nurse_days_since_visit",
    "nurse_visits_last_year",
    "nurse_sent_home_last_20",
    "nurse_mental_health_last_40",
    "nurse_visits_before_absence",
)

BEFORE_ABSENCE_DAYS = 3


def nurse_features(marked: MarkedDays) -> Frame:
    """Return nurse features: one row per student with a counted day this year.

    Counts of visits while enrolled; windows on the student's clock. In a year for which the district
    has no nurse record at all, and without the source, everything is null: not recorded is not zero.
    """
    school_days = marked.school_days
    snapshot = school_days.snapshot
    clocks = clock_totals(school_days)
    year = snapshot.school_year
    now = clocks.filter(nw.col("school_year") == year, nw.col("clock_days") > 0).drop("school_year")
    if snapshot.nurse_visits is None:
        return now.select("student_id", *[nw.lit(None, nw.Float64).alias(name) for name in NURSE_FEATURES])
    # No feature asks about a year before the last; a store holds the visits of many.
    spells = school_days.spells.filter(nw.col("school_year") >= year - 1)
    visits = clock_of(snapshot.nurse_visits, replace(school_days, spells=spells)).select(
        "student_id", "school_year", "clock", "category", "disposition"
    )
    visits = snapshot.session.materialize(visits, "placed_visits")
    last_year = clocks.filter(nw.col("school_year") == year - 1).select("student_id", last_clock="clock_days")
    frame = (
        now.join(last_year, on="student_id", how="left")
        .join(_counts(visits, now, year), on="student_id", how="left")
        .join(_last_year_counts(visits, year), on="student_id", how="left")
        .join(_before_absence(visits, marked.events, year), on="student_id", how="left")
        .join(_recorded(visits, year), how="cross")
    )
    return frame.select("student_id", *_columns())


def _recorded(visits: Frame, year: int) -> Frame:
    """Return one row: how many visits are recorded of this year and of the last (null: none of either)."""
    return visits.select(*[_count(nw.col("school_year") == year - ago, f"recorded_{ago}") for ago in (0, 1)])


def _counts(visits: Frame, now: Frame, year: int) -> Frame:
    current = visits.filter(nw.col("school_year") == year).join(now, on="student_id", how="inner")
    since = nw.col("clock_days") - nw.col("clock")
    return current.group_by("student_id").agg(
        nw.len().cast(nw.Int64).alias("nurse_visits"),
        _count(since < 20, "nurse_visits_last_20"),
        _count(since < 40, "nurse_visits_last_40"),
        _count(nw.col("disposition") == "sent_home", "nurse_sent_home"),
        *[_count(nw.col("category") == category, f"nurse_{category}") for category in CATEGORIES],
        since.min().alias("nurse_days_since_visit"),
        _count((nw.col("disposition") == "sent_home") & (since < 20), "nurse_sent_home_last_20"),
        _count((nw.col("category") == "mental_health") & (since < 40), "nurse_mental_health_last_40"),
    )


def _before_absence(visits: Frame, events: Frame, year: int) -> Frame:
    """Count the visits this year that an absence followed within :data:`BEFORE_ABSENCE_DAYS` clock days.

    Several visits of one clock count once: it is the days that are counted.
    """
    absences = events.filter(nw.col("years_ago") == 0, nw.col("absent") > 0)
    absences = absences.select("student_id", absent_on="clock")
    days = visits.filter(nw.col("school_year") == year).group_by("student_id", "clock").agg(nw.len())
    after = nw.col("absent_on") - nw.col("clock")
    return (
        days.join(absences, on="student_id", how="inner")
        .filter(after > 0, after <= BEFORE_ABSENCE_DAYS)
        .group_by("student_id", "clock")
        .agg(nw.len())
        .group_by("student_id")
        .agg(nw.len().cast(nw.Int64).alias("nurse_visits_before_absence"))
    )


def _last_year_counts(visits: Frame, year: int) -> Frame:
    last = visits.filter(nw.col("school_year") == year - 1)
    return last.group_by("student_id").agg(nw.len().cast(nw.Int64).alias("nurse_visits_last_year"))


def _columns() -> list[nw.Expr]:
    columns = []
    for name in NURSE_FEATURES:
        value = nw.col(name)
        if name == "nurse_visits_last_year":
            known = (nw.col("recorded_1") > 0) & nw.col("last_clock").is_null().__invert__()
            value = nw.when(known).then(value.fill_null(0)).alias(name)
        elif name != "nurse_days_since_visit":
            value = nw.when(nw.col("recorded_0") > 0).then(value.fill_null(0)).alias(name)
        columns.append(value)
    return columns


def _count(condition: nw.Expr, alias: str) -> nw.Expr:
    return nw.when(condition).then(1).otherwise(0).sum().cast(nw.Int64).alias(alias)

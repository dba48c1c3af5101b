"""Every exception of three school years, marked with what features ask about it."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw

from ews.attendance_rules import absent_units, exempt_days
from ews.config import Definition
from ews.engine import Frame
from ews.features.sums import Sums, amount_if, sums_of
from ews.school_days import SchoolDays, clock_totals

WEEKEND_DAYS = 3
"""From a Friday to a Monday; where the usual weekend is longer, a break is longer than that."""

_SCHOOL_YEAR = ("school_id", "school_year")


@dataclass(frozen=True)
class MarkedDays:
    """What the features of attendance are sums of.

    Attributes
    ----------
    school_days : SchoolDays
        Where they come from.
    events : Frame
        One row per student and instructional day with an exception: those of ``SchoolDays.events`` with
        years_ago; absent (ten-thousandths of a day) and exempt (whole days).
    clocks : Frame
        One row per student: how far the clock ran this year and the two before, clock_0 to clock_2.
    sums : Sums
        What is summed over the events.
    """

    school_days: SchoolDays
    events: Frame
    clocks: Frame
    sums: Sums


def marks(definition: Definition) -> list[nw.Expr]:
    """Return what :func:`mark` needs beside a placed event: absent and exempt."""
    return [
        absent_units(definition).cast(nw.Int32).alias("absent"),
        exempt_days().cast(nw.Int8).alias("exempt"),
    ]


def mark(school_days: SchoolDays) -> MarkedDays:
    """Return the marked days of one snapshot, placed with :func:`marks`."""
    snapshot = school_days.snapshot
    events = school_days.events.with_columns(years_ago=snapshot.school_year - nw.col("school_year"))
    clocks = snapshot.session.materialize(_clocks(school_days), "clocks")
    sums = sums_of(snapshot.session, events, clocks, _around_breaks(school_days))
    return MarkedDays(school_days, events, clocks, sums)


def _around_breaks(school_days: SchoolDays) -> Frame:
    """Return the instructional days of this year before and after a break: one row per school_id and day."""
    before = nw.col("day") - nw.col("day").shift(1).over(*_SCHOOL_YEAR, order_by="day")
    after = nw.col("day").shift(-1).over(*_SCHOOL_YEAR, order_by="day") - nw.col("day")
    this_year = nw.col("school_year") == school_days.snapshot.school_year
    days = school_days.days.filter(this_year, nw.col("instructional") == 1).with_columns(
        before=before.fill_null(0), after=after.fill_null(0)
    )
    return (
        days.join(_usual_weekends(days), on=list(_SCHOOL_YEAR), how="left")
        .with_columns(usual=nw.max_horizontal(nw.col("usual").fill_null(0), nw.lit(WEEKEND_DAYS)))
        .filter(nw.max_horizontal("before", "after") > nw.col("usual"))
        .select("school_id", "day", around_break=nw.lit(1))
    )


def _usual_weekends(days: Frame) -> Frame:
    """Return the commonest gap of more than one day, of equally common ones the smallest: ``usual``.

    One row per school and school year that has such a gap.
    """
    counted = days.filter(nw.col("before") > 1).group_by(*_SCHOOL_YEAR, "before").agg(times=nw.len())
    return (
        counted.with_columns(most=nw.col("times").max().over(*_SCHOOL_YEAR))
        .filter(nw.col("times") == nw.col("most"))
        .group_by(*_SCHOOL_YEAR)
        .agg(usual=nw.col("before").min())
    )


def _clocks(school_days: SchoolDays) -> Frame:
    """One row per student with how far the clock ran this year and the two before (null: not enrolled)."""
    year = school_days.snapshot.school_year
    frame = clock_totals(school_days)
    columns = [
        amount_if(nw.col("school_year") == year - ago, nw.col("clock_days"))
        .sum()
        .cast(nw.Int64)
        .alias(f"clock_{ago}")
        for ago in (0, 1, 2)
    ]
    totals = frame.group_by("student_id").agg(*columns)
    return totals.with_columns(
        *[
            nw.when(nw.col(f"clock_{ago}") > 0).then(nw.col(f"clock_{ago}")).alias(f"clock_{ago}")
            for ago in (0, 1, 2)
        ]
    )

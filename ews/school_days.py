"""Days enrolled by arithmetic, and every absence placed on the student's own clock.

A student's *clock* of a school year counts the instructional days on which the student was enrolled:
1 is the first, across schools and without gaps. Windows ("the last 20 days"), streaks and trends are
differences on that clock, so that weekends, holidays and transfers need no special case.

Overlapping enrollments are merged, not added: a date that two spells cover belongs to the one that
began earlier (then the smaller school_id). In the current year a school's days count up to its newest
attendance row; in earlier years all of them count, unless the school delivered no attendance for that
year at all: a year that was not recorded is not a year of perfect attendance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import narwhals as nw
import pandas as pd

from ews.engine import Frame
from ews.extracts.facts import KIND_RANKS
from ews.snapshot import Snapshot

_EVER = -1

MINUTE_UNITS = 1_000
"""Minutes are counted in thousandths."""

_MINUTE_PLACES = 10_000_000
"""Room for the minutes of a day in thousandths, behind what decides between two rows of one day."""


@dataclass(frozen=True)
class SchoolDays:
    """Enrollment and attendance of one snapshot as whole numbers of instructional days.

    Attributes
    ----------
    snapshot : Snapshot
        Where they come from.
    school_years : Frame
        One row per school and school year: first_day, last_day, days (instructional days in all),
        counted_to (last day that counts), counted_days (instructional days up to it).
    spells : Frame
        One row per student, school year and merged spell, disjoint: school_id, grade, start, end, days,
        before (student's clock before it), number_before (school's day number before it), earlier_end and
        next_start (of the student's spells beside it in that year; null at either end).
    events : Frame
        One row per student and instructional day with an exception: school_year, school_id, grade, day,
        clock, kind_rank, units (ten-thousandths of the day), minutes (missed, in thousandths; null where
        the source gave none), or what was asked for instead of minutes.
    """

    snapshot: Snapshot
    school_years: Frame
    days: Frame
    spells: Frame
    events: Frame


def place(
    snapshot: Snapshot, *, first_year: int | None = None, marks: Sequence[nw.Expr] | None = None
) -> SchoolDays:
    """Compute :class:`SchoolDays` from a snapshot.

    Parameters
    ----------
    first_year : int, optional
        The first school year wanted; by default two years before the snapshot's.
    marks : sequence of expressions, optional
        What events carry instead of minutes, made of their other columns.
    """
    wanted = snapshot.school_year - 2 if first_year is None else first_year
    session = snapshot.session
    days = session.materialize(_numbered(snapshot.calendar, wanted), "days")
    school_years = session.materialize(_school_years(snapshot, days), "school_years")
    spells = session.materialize(_merged(snapshot, days, school_years), "spells")
    # No day of a year that is not wanted is on anybody's clock; a store holds many years of them.
    first = session.number(days.select(nw.col("day").min()), "first_day", _first_day, snapshot.as_of)
    attendance = snapshot.attendance.filter(nw.col("day") >= first)
    events = session.materialize(
        _placed(replace(snapshot, attendance=attendance), days, spells, marks), "events"
    )
    return SchoolDays(snapshot, school_years, days, spells, events)


def _first_day(days: pd.DataFrame, _as_of: dt.date) -> int:
    first = days["day"].iloc[0]
    return 0 if pd.isna(first) else int(first)


def clock_of(frame: Frame, school_days: SchoolDays, day: str = "day") -> Frame:
    """Add ``school_year``, ``school_id``, ``grade`` and ``clock`` to rows of a student and a day.

    Rows on a day on which the student was not enrolled, or that does not count yet, are left out. On a
    day without instruction the clock is that of the last instructional day before it.
    """
    # From the school's day number to the student's clock, as one small number: it is joined to millions.
    ahead = (nw.col("before") - nw.col("number_before")).cast(nw.Int32).alias("ahead")
    spells = school_days.spells.select(
        "student_id", "school_year", "school_id", "grade", "start", "end", ahead
    )
    numbers = school_days.days.select("school_id", "day", "number", "instructional")
    return (
        frame.join(spells, on="student_id", how="inner")
        .filter(nw.col(day) >= nw.col("start"), nw.col(day) <= nw.col("end"))
        .join(numbers, left_on=["school_id", day], right_on=["school_id", "day"], how="inner")
        .with_columns(clock=nw.col("number") + nw.col("ahead"))
        .drop("start", "end", "ahead", "number")
    )


def clock_totals(school_days: SchoolDays) -> Frame:
    """Return how far each student's clock has run: one row per student and school year, ``clock_days``."""
    return school_days.spells.group_by("student_id", "school_year").agg(
        nw.col("days").sum().cast(nw.Int64).alias("clock_days")
    )


def _numbered(calendar: Frame, first_year: int) -> Frame:
    flag = nw.when(nw.col("instructional")).then(1).otherwise(0).cast(nw.Int64)
    return (
        calendar.filter(nw.col("school_year") >= first_year)
        .with_columns(flag.alias("instructional"))
        .with_columns(
            nw.col("instructional")
            .cum_sum()
            .over("school_id", "school_year", order_by="day")
            .cast(nw.Int64)
            .alias("number")
        )
        .select("school_id", "school_year", "day", "instructional", "number")
    )


def _school_years(snapshot: Snapshot, days: Frame) -> Frame:
    years = days.group_by("school_id", "school_year").agg(
        nw.col("day").min().alias("first_day"),
        nw.col("day").max().alias("last_day"),
        nw.col("number").max().alias("days"),
    )
    current = nw.col("school_year") == snapshot.school_year
    covered = (
        snapshot.coverage.select("school_id", "day")
        .join(years, on="school_id", how="inner")
        .filter(nw.col("day") >= nw.col("first_day"), (nw.col("day") <= nw.col("last_day")) | current)
        # A day stated for the whole district may lie after this school's own last one.
        .with_columns(nw.min_horizontal("day", "last_day").alias("day"))
        .group_by("school_id", "school_year")
        .agg(nw.col("day").max().alias("covered_to"))
    )
    # A school year without any attendance row has no counted day: it ends before it began. Of an earlier
    # year that has some, all days count.
    reached = nw.when(current).then(nw.col("covered_to")).otherwise(nw.col("last_day"))
    counted_to = nw.when(nw.col("covered_to").is_null()).then(nw.col("first_day") - 1).otherwise(reached)
    numbers = days.select(
        "school_id", nw.col("day").alias("counted_to"), nw.col("number").alias("counted_days")
    )
    return (
        years.filter(nw.col("school_year") <= snapshot.school_year)
        .join(covered, on=["school_id", "school_year"], how="left")
        .with_columns(counted_to=counted_to)
        .drop("covered_to")
        .join(numbers, on=["school_id", "counted_to"], how="left")
        .with_columns(nw.col("counted_days").fill_null(0))
    )


def _merged(snapshot: Snapshot, days: Frame, school_years: Frame) -> Frame:
    order = ["start", "school_id", "entry_day"]
    over = ["student_id", "school_year"]
    clipped = (
        snapshot.enrollments.join(school_years, on=["school_id", "school_year"], how="inner")
        .with_columns(
            start=nw.max_horizontal("entry_day", "first_day"),
            end=nw.min_horizontal(
                nw.coalesce(nw.col("exit_day"), nw.col("last_day")), "last_day", "counted_to"
            ),
        )
        .filter(nw.col("start") <= nw.col("end"))
        .select("student_id", "school_year", "school_id", "grade", "entry_day", "start", "end")
    )
    disjoint = (
        clipped.with_columns(reached=nw.col("end").cum_max().over(*over, order_by=order))
        .with_columns(earlier=nw.col("reached").shift(1).over(*over, order_by=order))
        .with_columns(start=nw.max_horizontal("start", nw.col("earlier").fill_null(_EVER) + 1))
        .filter(nw.col("start") <= nw.col("end"))
    )
    first = days.select(
        "school_id",
        nw.col("day").alias("start"),
        (nw.col("number") - nw.col("instructional")).alias("number_before"),
    )
    last = days.select("school_id", nw.col("day").alias("end"), nw.col("number").alias("number_end"))
    return (
        disjoint.join(first, on=["school_id", "start"], how="inner")
        .join(last, on=["school_id", "end"], how="inner")
        .with_columns(days=nw.col("number_end") - nw.col("number_before"))
        # In one step: to put the spells in order is what takes the time.
        .with_columns(
            before=nw.col("days").cum_sum().over(*over, order_by="start").cast(nw.Int64) - nw.col("days"),
            earlier_end=nw.col("end").shift(1).over(*over, order_by="start"),
            next_start=nw.col("start").shift(-1).over(*over, order_by="start"),
        )
        .select(
            "student_id",
            "school_year",
            "school_id",
            "grade",
            "start",
            "end",
            "days",
            "before",
            "number_before",
            "earlier_end",
            "next_start",
        )
    )


def _placed(snapshot: Snapshot, days: Frame, spells: Frame, marks: Sequence[nw.Expr] | None) -> Frame:
    rank = nw.lit(0)
    for kind, number in KIND_RANKS.items():
        rank = nw.when(nw.col("kind") == kind).then(number).otherwise(rank)
    weight = nw.col("absent_units") * 10 + rank
    if marks is None:
        minutes = (nw.col("absent_minutes") * MINUTE_UNITS).round(0).cast(nw.Int64)
        # 0 stands for "not given"; nobody misses more than the minutes of a day.
        given = nw.min_horizontal((minutes + 1).fill_null(0), nw.lit(_MINUTE_PLACES - 1))
        weight = weight.cast(nw.Int64) * _MINUTE_PLACES + given
    # Two rows of one day come from two schools; the larger absence counts, once.
    per_day = (
        snapshot.attendance.with_columns(weight=weight)
        .group_by("student_id", "day")
        .agg(nw.col("weight").max())
    )
    placed = clock_of(per_day, SchoolDays(snapshot, days, days, spells, per_day))
    seriousness = nw.col("weight") if marks is not None else nw.col("weight") // _MINUTE_PLACES
    stated = nw.col("weight") % _MINUTE_PLACES
    # There are millions of them: as narrow as their values.
    return (
        placed.filter(nw.col("instructional") == 1)
        .with_columns(
            clock=nw.col("clock").cast(nw.Int16),
            units=(seriousness // 10).cast(nw.Int32),
            kind_rank=(seriousness % 10).cast(nw.Int8),
        )
        .with_columns(*([nw.when(stated > 0).then(stated - 1).alias("minutes")] if marks is None else marks))
        .drop("weight", "instructional")
    )

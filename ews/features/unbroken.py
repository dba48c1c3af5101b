"""How far a student's own clock is the school's: figures beside the features, for sentences only.

A window of the clock is a window of the school's calendar only where the student was enrolled on each of its
days, and counts as one only where no day in it was exempt. These figures are no features: no model sees them.
"""

from __future__ import annotations

import narwhals as nw

from ews.engine import Frame
from ews.features.marked_days import MarkedDays, amount_if, flag

BESIDE_FEATURES = (
    "clock_days",
    "unbroken_days",
    "last_year_unbroken_days",
    "last_year_whole",
    "year_before_whole",
    "last_year_part_day_rate",
    "year_before_part_day_rate",
)
"""The figures beside the features, NaN without history.

``clock_days``: this year's clock, exempt days included. ``unbroken_days``: of these, the latest without an
exempt day and without a school day between them, or after them, on which the student was not enrolled.
``last_year_unbroken_days``: the same at the end of last year. ``last_year_whole``, ``year_before_whole``:
1 where the student was enrolled on every school day of that year and none was exempt, else 0.
``last_year_part_day_rate``, ``year_before_part_day_rate``: days of which a part was missed, over the clock.
"""


def beside_features(marked: MarkedDays) -> Frame:
    """Return :data:`BESIDE_FEATURES`: one row per student with a clock in any of the three years."""
    year = marked.school_days.snapshot.school_year
    frame = _years(marked).with_columns(ago=year - nw.col("school_year"))
    this, last, before = (nw.col("ago") == ago for ago in (0, 1, 2))
    return frame.group_by("student_id").agg(
        _of(this, "clock").alias("clock_days"),
        _of(this, "unbroken").alias("unbroken_days"),
        _of(last, "unbroken").alias("last_year_unbroken_days"),
        _of(last, "whole").alias("last_year_whole"),
        _of(before, "whole").alias("year_before_whole"),
        _of(last, "part_day_rate").alias("last_year_part_day_rate"),
        _of(before, "part_day_rate").alias("year_before_part_day_rate"),
    )


def _of(condition: nw.Expr, column: str) -> nw.Expr:
    return nw.when(condition).then(nw.col(column)).max().cast(nw.Float64)


def _years(marked: MarkedDays) -> Frame:
    """One row per student and school year: clock, unbroken, whole, part_day_rate."""
    own = ["student_id", "school_year"]
    exceptions = marked.events.group_by(*own).agg(
        amount_if(nw.col("exempt") > 0, nw.col("clock")).max().alias("exempt_until"),
        nw.col("part_day").sum().cast(nw.Int64).alias("part_days"),
    )
    spells = _skipped(marked).group_by(*own)
    totals = spells.agg(
        nw.col("days").sum().cast(nw.Int64).alias("clock"),
        # School days before a spell, or after the last one, break the clock.
        amount_if(nw.col("skipped") > 0, nw.col("before")).max().alias("broken_until"),
        amount_if(nw.col("before") == 0, nw.col("skipped")).max().alias("missed"),
        flag(nw.col("next_start").is_null() & (nw.col("following") <= 0)).max().alias("up_to_date"),
    )
    broken = nw.max_horizontal("broken_until", nw.col("exempt_until").fill_null(0))
    return (
        totals.filter(nw.col("clock") > 0)
        .join(exceptions, on=own, how="left")
        .with_columns(
            part_day_rate=nw.col("part_days").fill_null(0) / (nw.col("clock") * 1.0),
            unbroken=amount_if(nw.col("up_to_date") == 1, nw.col("clock") - broken),
        )
        .with_columns(whole=flag((nw.col("unbroken") == nw.col("clock")) & (nw.col("missed") == 0)))
    )


def _skipped(marked: MarkedDays) -> Frame:
    """Return the spells with the school days skipped before each, and those following its end."""
    school_days = marked.school_days
    numbers = school_days.days.select(
        "school_id", "school_year", nw.col("day").alias("earlier_end"), nw.col("number").alias("number_then")
    )
    counted = school_days.school_years.select("school_id", "school_year", "counted_days")
    over = ("student_id", "school_year")
    return (
        school_days.spells.with_columns(
            earlier_end=nw.col("end").shift(1).over(*over, order_by="start"),
            next_start=nw.col("start").shift(-1).over(*over, order_by="start"),
        )
        .join(numbers, on=["school_id", "school_year", "earlier_end"], how="left")
        .join(counted, on=["school_id", "school_year"], how="inner")
        .with_columns(
            skipped=nw.col("number_before") - nw.col("number_then").fill_null(0),
            following=nw.col("counted_days") - nw.col("number_before") - nw.col("days"),
        )
    )

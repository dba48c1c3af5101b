"""How far a student's own clock is the school's: figures beside the features, for sentences only.

A window of the clock is a window of the school's calendar only where the student was enrolled on each of its
days, and counts as one only where no day in it was exempt. These figures are no features: no model sees them.
"""

from __future__ import annotations

import narwhals as nw

from ews.engine import Frame
from ews.features.marked_days import MarkedDays
from ews.features.sums import YEARS_AGO, amount_if, flag

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
    """Return :data:`BESIDE_FEATURES`: one row per student, null without a clock."""
    return marked.sums.of_students.join(_enrollment(marked), on="student_id", how="left").select(
        "student_id",
        _as("clock_days", nw.col("clock_0")),
        _as("unbroken_days", _unbroken(0)),
        _as("last_year_unbroken_days", _unbroken(1)),
        _as("last_year_whole", _whole(1)),
        _as("year_before_whole", _whole(2)),
        _as("last_year_part_day_rate", nw.col("part_day_1") / (nw.col("clock_1") * 1.0)),
        _as("year_before_part_day_rate", nw.col("part_day_2") / (nw.col("clock_2") * 1.0)),
    )


def _as(name: str, value: nw.Expr) -> nw.Expr:
    return value.cast(nw.Float64).alias(name)


def _unbroken(ago: int) -> nw.Expr:
    """Return the latest days without a break in a year; null where there is no clock."""
    clock, up_to_date = nw.col(f"clock_{ago}"), nw.col(f"up_to_date_{ago}") == 1
    broken = nw.max_horizontal(f"broken_until_{ago}", f"exempt_until_{ago}")
    return nw.when(clock > 0).then(amount_if(up_to_date, clock - broken))


def _whole(ago: int) -> nw.Expr:
    clock = nw.col(f"clock_{ago}")
    return nw.when(clock > 0).then(flag((_unbroken(ago) == clock) & (nw.col(f"missed_{ago}") == 0)))


def _enrollment(marked: MarkedDays) -> Frame:
    """One row per student, for each year: broken_until, missed, up_to_date."""
    year = marked.school_days.snapshot.school_year
    columns = {
        # School days before a spell, or after the last one, break the clock.
        "broken_until": amount_if(nw.col("skipped") > 0, nw.col("before")),
        "missed": amount_if(nw.col("before") == 0, nw.col("skipped")),
        "up_to_date": flag(nw.col("next_start").is_null() & (nw.col("following") <= 0)),
    }
    of_each_year = [
        amount_if(nw.col("school_year") == year - ago, value).max().alias(f"{name}_{ago}")
        for name, value in columns.items()
        for ago in YEARS_AGO
    ]
    return _skipped(marked).group_by("student_id").agg(*of_each_year)


def _skipped(marked: MarkedDays) -> Frame:
    """Return the spells with the school days skipped before each, and those following its end."""
    school_days = marked.school_days
    numbers = school_days.days.select(
        "school_id", "school_year", nw.col("day").alias("earlier_end"), nw.col("number").alias("number_then")
    )
    counted = school_days.school_years.select("school_id", "school_year", "counted_days")
    return (
        school_days.spells.join(numbers, on=["school_id", "school_year", "earlier_end"], how="left")
        .join(counted, on=["school_id", "school_year"], how="inner")
        .with_columns(
            skipped=nw.col("number_before") - nw.col("number_then").fill_null(0),
            following=nw.col("counted_days") - nw.col("number_before") - nw.col("days"),
        )
    )

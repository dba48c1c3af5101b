"""Minutes of instruction and minutes missed, for definitions that count hours instead of days."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from ews.attendance_rules import SCHOOL_MONTH_DAYS, absent_minutes, exempt_minutes
from ews.definitions import Rules
from ews.engine import Frame
from ews.school_days import MINUTE_UNITS, SchoolDays


def without_minutes(school_days: SchoolDays) -> dict[str, int]:
    """Return the instructional days that count and have no minutes in the calendar, by school.

    A school at which nobody is enrolled is left out: its days stand in no rate.
    """
    session = school_days.snapshot.session
    counted_to = school_days.school_years.select("school_id", "counted_to")
    attended = school_days.spells.select("school_id").unique()
    missing = (
        school_days.snapshot.calendar.filter(
            nw.col("instructional"), nw.col("minutes").is_null() | (nw.col("minutes") <= 0)
        )
        .join(counted_to, on="school_id", how="inner")
        .filter(nw.col("day") <= nw.col("counted_to"))
        .join(attended, on="school_id", how="inner")
        .group_by("school_id")
        .agg(nw.len().alias("days"))
        .sort("school_id")
    )
    rows = session.collect(missing)
    return {str(school): int(days) for school, days in zip(rows["school_id"], rows["days"], strict=True)}


def minute_tallies(school_days: SchoolDays, definitions: Sequence[Rules], *, by_school: bool) -> Frame:
    """Return minutes enrolled and missed under several definitions, in thousandths.

    Grain: one row per student (with ``by_school`` also per school). Columns ``enrolled_minutes_<i>``,
    ``absence_minutes_<i>`` and ``month_minutes_<i>`` (the most missed in one school month) of the i-th
    definition. A school month is twenty of a school's instructional days, counted from its first.
    """
    keys = ["student_id", *(["school_id"] if by_school else [])]
    session = school_days.snapshot.session
    days = session.materialize(_days(school_days), "minute_days")
    enrolled = _enrolled(school_days, days, keys)
    numbered = list(enumerate(definitions))
    months = (
        school_days.events.join(days, on=["school_id", "day"], how="inner")
        .with_columns(
            *[absent_minutes(each).alias(f"absent_{i}") for i, each in numbered],
            *[exempt_minutes(each).alias(f"exempt_{i}") for i, each in numbered],
        )
        .group_by(*keys, "month")
        .agg(*[_sum(f"{name}_{i}") for i, _ in numbered for name in ("absent", "exempt")])
        .group_by(*keys)
        .agg(
            *[_sum(f"{name}_{i}") for i, _ in numbered for name in ("absent", "exempt")],
            *[nw.col(f"absent_{i}").max().alias(f"most_{i}") for i, _ in numbered],
        )
    )
    return (
        enrolled.join(months, on=keys, how="left")
        .with_columns(
            *[
                (nw.col("spell_minutes") - nw.col(f"exempt_{i}").fill_null(0)).alias(f"enrolled_minutes_{i}")
                for i, _ in numbered
            ],
            *[nw.col(f"absent_{i}").fill_null(0).alias(f"absence_minutes_{i}") for i, _ in numbered],
            *[nw.col(f"most_{i}").fill_null(0).alias(f"month_minutes_{i}") for i, _ in numbered],
        )
        .select(
            *keys, *[f"{kind}_minutes_{i}" for i, _ in numbered for kind in ("enrolled", "absence", "month")]
        )
    )


def _days(school_days: SchoolDays) -> Frame:
    """Return every school's days with their minutes, the minutes so far, and the school month."""
    minutes = (nw.col("minutes") * MINUTE_UNITS).round(0).cast(nw.Int64).fill_null(0)
    taught = nw.when(nw.col("instructional")).then(minutes).otherwise(0)
    return (
        school_days.snapshot.calendar.with_columns(day_minutes=taught)
        .with_columns(
            minutes_so_far=nw.col("day_minutes").cum_sum().over("school_id", order_by="day").cast(nw.Int64)
        )
        .select("school_id", "day", "day_minutes", "minutes_so_far")
        .join(school_days.days.select("school_id", "day", "number"), on=["school_id", "day"], how="inner")
        .with_columns(month=(nw.col("number") - 1) // SCHOOL_MONTH_DAYS)
    )


def _enrolled(school_days: SchoolDays, days: Frame, keys: Sequence[str]) -> Frame:
    first = days.select(
        "school_id",
        nw.col("day").alias("start"),
        (nw.col("minutes_so_far") - nw.col("day_minutes")).alias("minutes_before"),
    )
    last = days.select("school_id", nw.col("day").alias("end"), "minutes_so_far")
    return (
        school_days.spells.join(first, on=["school_id", "start"], how="inner")
        .join(last, on=["school_id", "end"], how="inner")
        .with_columns(spell_minutes=nw.col("minutes_so_far") - nw.col("minutes_before"))
        .group_by(*keys)
        .agg(_sum("spell_minutes"))
    )


def _sum(name: str) -> nw.Expr:
    return nw.col(name).sum().cast(nw.Int64)

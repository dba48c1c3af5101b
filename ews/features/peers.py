"""The others of the school: what they missed on the same days, and what they missed last year.

An outbreak is not disengagement: a day on which half the grade stayed away says less about a student than
a day on which everyone else came.
"""

from __future__ import annotations

import narwhals as nw

from ews.attendance_rules import rate
from ews.engine import Frame
from ews.features.marked_days import MarkedDays
from ews.school_days import SchoolDays

PEER_FEATURES = ("absence_beyond_peers", "school_rate_last_year")

_CLASS = ("school_id", "grade", "day")


def peer_features(marked: MarkedDays, standing: Frame) -> Frame:
    """Return peer features: one row per student of the roster.

    Parameters
    ----------
    standing : Frame
        ``ews.cohort.standing``: one row per student.
    """
    school_days = marked.school_days
    last_year = school_days.snapshot.session.materialize(_last_year(marked), "own_last_year")
    return (
        standing.select("student_id", "school_id")
        .join(_beyond_peers(marked), on="student_id", how="left")
        .join(last_year, on=["student_id", "school_id"], how="left")
        .join(_of_schools(last_year), on="school_id", how="left")
        .select("student_id", *_columns())
    )


def _beyond_peers(marked: MarkedDays) -> Frame:
    """Return enrolled days this year, and absence weighed by the share of the others who came that day."""
    school_days = marked.school_days
    year, session = school_days.snapshot.school_year, school_days.snapshot.session
    events = marked.events.filter(nw.col("years_ago") == 0, nw.col("absent") > 0)
    enrolled = _enrolled(school_days, year)
    missed = events.group_by(*_CLASS).agg(nw.col("absent").sum().cast(nw.Int64).alias("class_absent"))
    days = session.materialize(missed.join(enrolled, on=list(_CLASS), how="inner"), "class_days")
    # In whole units, rounded down: sums then do not depend on their order.
    others = nw.col("enrolled") - 1
    came = others * 10_000 - (nw.col("class_absent") - nw.col("absent"))
    weighed = (
        nw.when(others > 0).then(nw.col("absent") * came // (others * 10_000)).otherwise(nw.col("absent"))
    )
    sums = (
        events.join(days, on=list(_CLASS), how="inner")
        .with_columns(beyond=weighed)
        .group_by("student_id")
        .agg(nw.col("beyond").sum().cast(nw.Int64))
    )
    counted = marked.sums.of_students.select("student_id", days=nw.col("clock_0") - nw.col("exempt_0"))
    return counted.join(sums, on="student_id", how="left")


def _enrolled(school_days: SchoolDays, year: int) -> Frame:
    """Return how many students are enrolled: one row per school, grade and instructional day."""
    spells = school_days.spells.filter(nw.col("school_year") == year)
    keys = ("school_id", "grade")
    comes = spells.select(*keys, *_change(nw.col("start"), nw.lit(1), nw.lit(0)))
    goes = spells.select(*keys, *_change(nw.col("end") + 1, nw.lit(-1), nw.lit(0)))
    days = school_days.days.filter(nw.col("school_year") == year).select("school_id", "day", "instructional")
    every = (
        spells.group_by(*keys)
        .agg(nw.len())
        .join(days, on="school_id", how="inner")
        .select(*keys, *_change(nw.col("day"), nw.lit(0), nw.col("instructional")))
    )
    return (
        nw.concat([comes, goes, every])
        .group_by(*_CLASS)
        .agg(nw.col("change").sum().cast(nw.Int64), nw.col("instructional").max())
        .with_columns(enrolled=nw.col("change").cum_sum().over(*keys, order_by="day").cast(nw.Int64))
        .filter(nw.col("instructional") == 1)
        .select(*_CLASS, "enrolled")
    )


def _change(day: nw.Expr, change: nw.Expr, instructional: nw.Expr) -> list[nw.Expr]:
    columns = {"day": day, "change": change, "instructional": instructional}
    return [value.cast(nw.Int64).alias(name) for name, value in columns.items()]


def _last_year(marked: MarkedDays) -> Frame:
    """Return absence and enrolled days last year: one row per student and school."""
    keys = ["student_id", "school_id"]
    spells = marked.school_days.spells.filter(
        nw.col("school_year") == marked.school_days.snapshot.school_year - 1
    )
    days = spells.group_by(*keys).agg(nw.col("days").sum().cast(nw.Int64))
    exempt = marked.events.filter(nw.col("years_ago") == 1, nw.col("exempt") > 0)
    off = exempt.group_by(*keys).agg(nw.col("exempt").sum().cast(nw.Int64).alias("off"))
    return (
        days.join(marked.sums.last_year_at.select(*keys, "absent_1"), on=keys, how="left")
        .join(off, on=keys, how="left")
        .select(
            *keys,
            own_units=nw.col("absent_1").fill_null(0),
            own_days=nw.col("days") - nw.col("off").fill_null(0),
        )
    )


def _of_schools(last_year: Frame) -> Frame:
    return last_year.group_by("school_id").agg(
        nw.col("own_units").sum().cast(nw.Int64).alias("all_units"),
        nw.col("own_days").sum().cast(nw.Int64).alias("all_days"),
    )


def _columns() -> list[nw.Expr]:
    others = nw.col("all_days") - nw.col("own_days").fill_null(0)
    units = nw.col("all_units") - nw.col("own_units").fill_null(0)
    return [
        rate(nw.col("beyond").fill_null(0), nw.col("days")).alias("absence_beyond_peers"),
        rate(units, others).alias("school_rate_last_year"),
    ]

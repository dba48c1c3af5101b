"""What every student missed, when and of which kind: the sums that the features of attendance are made of.

A year is named by how long it is ago: 0 is this one. Sums are in whole units, so that they do not depend on
their order. Most days with an exception are absences and hardly any is exempt, so that absences, exempt days
and the rest are summed apart, each over its own rows: a row that is 0 everywhere costs as much as any other.
"""

from __future__ import annotations

import narwhals as nw

from ews.engine import Frame

WINDOWS = (5, 10, 20, 40)
FIRST_MONTH_DAYS = 20
SAME_WEEKS = 10
YEARS_AGO = (0, 1, 2)


def amount_if(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    """Return a value where a condition holds, else 0."""
    return nw.when(condition).then(value).otherwise(0)


def flag(condition: nw.Expr) -> nw.Expr:
    """Return 1 where a condition holds, else 0."""
    return nw.when(condition).then(1).otherwise(0)


def student_sums(events: Frame, clocks: Frame, breaks: Frame) -> Frame:
    """Return the clocks with the sums beside them: one row per student.

    ``absent_<years ago>`` and what begins with ``absent_``, ``excused`` and ``unexcused`` are ten-thousandths
    of days, everything else whole days; 0 for a student without any, but null for ``last_absent``, the clock
    of this year's newest absence.

    Parameters
    ----------
    events, clocks : Frame
        Those of ``ews.features.marked_days.MarkedDays``.
    breaks : Frame
        The days around a break: school_id, day, around_break.
    """
    absent = events.filter(nw.col("absent") > 0)
    parts = (
        _absent_now(absent.filter(nw.col("years_ago") == 0).join(clocks, on="student_id", how="inner"), breaks),
        _absent_before(absent.filter(nw.col("years_ago") > 0).join(clocks, on="student_id", how="inner")),
        _exempt(events.filter(nw.col("exempt") > 0).join(clocks, on="student_id", how="inner")),
        _others(events),
        _runs_now(absent, clocks),
        _runs_before(absent),
    )
    frame = clocks
    for part in parts:
        frame = frame.join(part, on="student_id", how="left")
    counted = set(frame.collect_schema().names()) - {*clocks.collect_schema().names(), "last_absent"}
    return frame.with_columns(*[nw.col(name).fill_null(0) for name in sorted(counted)])


def _absent_now(absent: Frame, breaks: Frame) -> Frame:
    since = nw.col("clock_0") - nw.col("clock")
    around = absent.join(breaks, on=["school_id", "day"], how="left")
    return around.group_by("student_id").agg(
        _sum("absent", "absent_0"),
        _sum("excused", "excused"),
        _sum("unexcused", "unexcused_0"),
        *[_sum("absent", f"absent_last_{window}", since < window) for window in WINDOWS],
        _sum("unexcused", "unexcused_last_20", since < 20),
        _sum("absent", "absent_first", nw.col("clock") <= FIRST_MONTH_DAYS),
        _sum("absent", "absent_weekend", nw.col("at_weekend") == 1),
        _sum("absent", "absent_around_break", nw.col("around_break") == 1),
        nw.col("clock").max().alias("last_absent"),
    )


def _absent_before(absent: Frame) -> Frame:
    last = nw.col("years_ago") == 1
    return absent.group_by("student_id").agg(
        _sum("absent", "absent_1", last),
        _sum("absent", "absent_2", nw.col("years_ago") == 2),
        _sum("unexcused", "unexcused_1", last),
        *[_sum("absent", f"absent_{name}", condition) for name, condition in _parts_of_last_year().items()],
    )


def _exempt(exempt: Frame) -> Frame:
    now, since = nw.col("years_ago") == 0, nw.col("clock_0") - nw.col("clock")
    return exempt.group_by("student_id").agg(
        *[_sum("exempt", f"exempt_{ago}", nw.col("years_ago") == ago) for ago in YEARS_AGO],
        *[_sum("exempt", f"exempt_last_{window}", now & (since < window)) for window in WINDOWS],
        _sum("exempt", "exempt_first", now & (nw.col("clock") <= FIRST_MONTH_DAYS)),
        *[_sum("exempt", f"exempt_{name}", condition) for name, condition in _parts_of_last_year().items()],
        *[
            amount_if(nw.col("years_ago") == ago, nw.col("clock"))
            .max()
            .cast(nw.Int64)
            .alias(f"exempt_until_{ago}")
            for ago in YEARS_AGO
        ],
    )


def _parts_of_last_year() -> dict[str, nw.Expr]:
    """Return which days of last year are compared with which of this one."""
    last = nw.col("years_ago") == 1
    from_now = nw.col("clock") - nw.col("clock_0")
    return {
        "same": last & (nw.col("clock") <= nw.col("clock_0")),
        "end": last & (nw.col("clock_1") - nw.col("clock") < 40),
        "weeks": last & (from_now > -SAME_WEEKS) & (from_now <= SAME_WEEKS),
        "rest": last & (from_now > 0),
    }


def _others(events: Frame) -> Frame:
    some = (nw.col("suspended") > 0) | (nw.col("tardy") > 0) | (nw.col("part_day") > 0)
    return (
        events.filter(some)
        .group_by("student_id")
        .agg(
            _sum("suspended", "suspended", nw.col("years_ago") == 0),
            *[_sum("tardy", f"tardy_{ago}", nw.col("years_ago") == ago) for ago in (0, 1)],
            *[_sum("part_day", f"part_day_{ago}", nw.col("years_ago") == ago) for ago in YEARS_AGO],
        )
    )


def _runs_now(absent: Frame, clocks: Frame) -> Frame:
    """Return the runs of absence of this year: how many begin, the longest, and the one that goes on.

    Days of absence that follow one another on the student's clock are one run; an exempt day between them
    ends it. Along a run the clock and the number of the absence rise alike.
    """
    days = absent.filter(nw.col("years_ago") == 0).select("student_id", "clock")
    number = nw.col("clock").rank("ordinal").over("student_id")
    runs = (
        days.with_columns(run=nw.col("clock") - number)
        .group_by("student_id", "run")
        .agg(nw.len().cast(nw.Int64).alias("length"), nw.col("clock").max().alias("last"))
        .join(clocks.select("student_id", "clock_0"), on="student_id", how="inner")
    )
    return runs.group_by("student_id").agg(
        nw.len().cast(nw.Int64).alias("begins_0"),
        nw.col("length").max().alias("longest_streak"),
        amount_if(nw.col("last") == nw.col("clock_0"), nw.col("length")).max().alias("current_streak"),
    )


def _runs_before(absent: Frame) -> Frame:
    """Return how many runs of absence began in each earlier year.

    A run begins where the day before, on the student's own clock, was not missed: a join, because putting
    millions of days in order costs twice as much.
    """
    own = ["student_id", "years_ago", "clock"]
    days = absent.filter(nw.col("years_ago") > 0).select(*own)
    day_after = days.with_columns(nw.col("clock") + 1)
    return (
        days.join(day_after, on=own, how="anti")
        .group_by("student_id")
        .agg(
            *[
                flag(nw.col("years_ago") == ago).sum().cast(nw.Int64).alias(f"begins_{ago}")
                for ago in YEARS_AGO[1:]
            ]
        )
    )


def _sum(column: str, alias: str, condition: nw.Expr | None = None) -> nw.Expr:
    value = nw.col(column) if condition is None else amount_if(condition, nw.col(column))
    return value.sum().cast(nw.Int64).alias(alias)

"""What every student missed, when and of which kind: the sums that the features of attendance are made of.

A year is named by how long it is ago: 0 is this one. Sums are in whole units, so that they do not depend on
their order. Most days with an exception are absences and hardly any is exempt, so that absences, exempt days
and the rest are summed apart, each over its own rows: a row that is 0 everywhere costs as much as any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw

from ews.attendance_rules import is_kind
from ews.engine import Engine, Frame
from ews.extracts.facts import DAY_UNITS

WINDOWS = (5, 10, 20, 40)
FIRST_MONTH_DAYS = 20
SAME_WEEKS = 10
YEARS_AGO = (0, 1, 2)

_MOMENTS = 10_000
"""More than a clock ever shows: with it, year and clock become one number."""


def amount_if(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    """Return a value where a condition holds, else 0."""
    return nw.when(condition).then(value).otherwise(0)


def flag(condition: nw.Expr) -> nw.Expr:
    """Return 1 where a condition holds, else 0."""
    return nw.when(condition).then(1).otherwise(0)


@dataclass(frozen=True)
class Sums:
    """What the features of attendance are made of.

    Attributes
    ----------
    of_students : Frame
        The clocks with the sums beside them: one row per student. ``absent_<years ago>`` and what begins with
        ``absent_``, ``excused`` and ``unexcused`` are ten-thousandths of days, everything else whole days; 0
        for a student without any, but null for ``last_absent``, the clock of this year's newest absence.
    last_year_at : Frame
        The absences of last year where they were: one row per student and school with any, ``absent_1``.
    """

    of_students: Frame
    last_year_at: Frame


def sums_of(session: Engine, events: Frame, clocks: Frame, breaks: Frame) -> Sums:
    """Return the sums over the events of three years.

    Parameters
    ----------
    events, clocks : Frame
        Those of ``ews.features.marked_days.MarkedDays``.
    breaks : Frame
        The days of this year around a break: school_id, day, around_break.
    """
    now, last, before = (nw.col("years_ago") == ago for ago in YEARS_AGO)
    absent, exempt = events.filter(nw.col("absent") > 0), events.filter(nw.col("exempt") > 0)
    last_year_at = session.materialize(
        _absent_last(_on_clocks(absent.filter(last), clocks)), "absent_last_sums"
    )

    def computed(name: str, part: Frame) -> Frame:
        return session.materialize(part, f"sums_{name}")

    # Each on its own: an engine plans, and computes, a few small queries sooner than one of them all.
    # And each at once: whatever was there before a table was made, DuckDB looks at again.
    parts = [
        computed("absent_now", _absent_now(_on_clocks(absent.filter(now), clocks), breaks)),
        computed("absent_last", _over_schools(last_year_at)),
        computed(
            "absent_before", absent.filter(before).group_by("student_id").agg(_sum("absent", "absent_2"))
        ),
        computed("exempt", _exempt(_on_clocks(exempt, clocks))),
        computed("others", _others(events)),
        computed("runs_now", _runs_now(absent.filter(now), clocks)),
        computed("runs_before", _runs_before(absent.filter(~now))),
    ]
    frame = session.beside(clocks, parts)
    counted = set(frame.collect_schema().names()) - {*clocks.collect_schema().names(), "last_absent"}
    filled = frame.with_columns(nw.col(*sorted(counted)).fill_null(0))
    return Sums(session.materialize(filled, "student_sums"), last_year_at)


def _on_clocks(events: Frame, clocks: Frame) -> Frame:
    return events.join(clocks, on="student_id", how="inner")


def _absent_now(absent: Frame, breaks: Frame) -> Frame:
    absent = absent.join(breaks, on=["school_id", "day"], how="left")
    unexcused = is_kind("absent_unexcused")
    since = nw.col("clock_0") - nw.col("clock")
    # 1970-01-01 was a Thursday: day 4 is a Monday.
    at_weekend = ((nw.col("day") + 3) % 7).is_in([0, 4])
    return absent.group_by("student_id").agg(
        _sum("absent", "absent_0"),
        _sum("absent", "excused", is_kind("absent_excused")),
        _sum("absent", "unexcused_0", unexcused),
        *[_sum("absent", f"absent_last_{window}", since < window) for window in WINDOWS],
        _sum("absent", "unexcused_last_20", unexcused & (since < 20)),
        _sum("absent", "absent_first", nw.col("clock") <= FIRST_MONTH_DAYS),
        _sum("absent", "absent_weekend", at_weekend),
        _sum("absent", "absent_around_break", nw.col("around_break") == 1),
        nw.col("clock").max().alias("last_absent"),
    )


def _absent_last(absent: Frame) -> Frame:
    return absent.group_by("student_id", "school_id").agg(
        _sum("absent", "absent_1"),
        _sum("absent", "unexcused_1", is_kind("absent_unexcused")),
        *[_sum("absent", f"absent_{name}", condition) for name, condition in _parts_of_last_year().items()],
    )


def _over_schools(sums: Frame) -> Frame:
    names = [name for name in sums.collect_schema().names() if name not in ("student_id", "school_id")]
    return sums.group_by("student_id").agg(*[_sum(name, name) for name in names])


def _exempt(exempt: Frame) -> Frame:
    now, last, _ = (nw.col("years_ago") == ago for ago in YEARS_AGO)
    since = nw.col("clock_0") - nw.col("clock")
    return exempt.group_by("student_id").agg(
        *[_sum("exempt", f"exempt_{ago}", nw.col("years_ago") == ago) for ago in YEARS_AGO],
        *[_sum("exempt", f"exempt_last_{window}", now & (since < window)) for window in WINDOWS],
        _sum("exempt", "exempt_first", now & (nw.col("clock") <= FIRST_MONTH_DAYS)),
        *[_sum("exempt", f"exempt_{name}", last & when) for name, when in _parts_of_last_year().items()],
        *[
            amount_if(nw.col("years_ago") == ago, nw.col("clock")).max().alias(f"exempt_until_{ago}")
            for ago in YEARS_AGO
        ],
    )


def _parts_of_last_year() -> dict[str, nw.Expr]:
    """Return which days of last year are compared with which of this one."""
    from_now = nw.col("clock") - nw.col("clock_0")
    return {
        "same": nw.col("clock") <= nw.col("clock_0"),
        "end": nw.col("clock_1") - nw.col("clock") < 40,
        "weeks": (from_now > -SAME_WEEKS) & (from_now <= SAME_WEEKS),
        "rest": from_now > 0,
    }


def _others(events: Frame) -> Frame:
    suspended, tardy = is_kind("absent_suspension", "in_school_suspension"), is_kind("tardy")
    part_day = (nw.col("units") > 0) & (nw.col("units") < DAY_UNITS)
    return (
        events.filter(suspended | tardy | part_day)
        .group_by("student_id")
        .agg(
            _days("suspended", suspended & (nw.col("years_ago") == 0)),
            *[_days(f"tardy_{ago}", tardy & (nw.col("years_ago") == ago)) for ago in (0, 1)],
            *[_days(f"part_day_{ago}", part_day & (nw.col("years_ago") == ago)) for ago in YEARS_AGO],
        )
    )


def _runs_now(absent: Frame, clocks: Frame) -> Frame:
    """Return the runs of absence of this year: how many begin, the longest, and the one that goes on.

    Days of absence that follow one another on the student's clock are one run; an exempt day between them
    ends it. Along a run the clock and the number of the absence rise alike.
    """
    days = absent.select("student_id", "clock")
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
    # A join on two columns is quicker than one on three.
    own = ["student_id", "moment"]
    moment = (nw.col("years_ago") * _MOMENTS + nw.col("clock")).cast(nw.Int32)
    days = absent.select("student_id", "years_ago", moment=moment)
    day_after = days.select("student_id", nw.col("moment") + 1)
    return (
        days.join(day_after, on=own, how="anti")
        .group_by("student_id")
        .agg(*[_days(f"begins_{ago}", nw.col("years_ago") == ago) for ago in YEARS_AGO[1:]])
    )


def _sum(column: str, alias: str, condition: nw.Expr | None = None) -> nw.Expr:
    value = nw.col(column) if condition is None else amount_if(condition, nw.col(column))
    return value.sum().cast(nw.Int64).alias(alias)


def _days(alias: str, condition: nw.Expr) -> nw.Expr:
    return flag(condition).sum().cast(nw.Int64).alias(alias)

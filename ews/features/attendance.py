"""Attendance up to ``as_of``: how much, of which kind, when, in which spells, and compared with before.

Windows are on the student's own clock (``ews.school_days``): "the last 20 days" are the last 20 counted
instructional days on which the student was enrolled this year, or all of them when there are fewer.
"""

from __future__ import annotations

import narwhals as nw

from ews.attendance_rules import rate
from ews.engine import Frame
from ews.extracts.facts import DAY_UNITS
from ews.features.marked_days import MarkedDays, amount_if

WINDOWS = (5, 10, 20, 40)
FIRST_MONTH_DAYS = 20
SAME_WEEKS = 10


def attendance_features(marked: MarkedDays) -> Frame:
    """Return attendance features: one row per student with a counted day this or an earlier year.

    Rates are fractions of enrolled days in [0, 1]; counts are days; null where there is no history.
    """
    events, clocks = marked.events, marked.clocks
    return (
        clocks.join(_this_year(events, clocks), on="student_id", how="left")
        .join(_absence_spells(events, clocks), on="student_id", how="left")
        .join(_earlier_years(events, clocks), on="student_id", how="left")
        .select("student_id", *_ratios(), *_compared(), *_passed_on())
    )


ATTENDANCE_FEATURES = (
    "days_enrolled",
    "absence_days",
    "absence_rate",
    "excused_rate",
    "unexcused_rate",
    "suspension_rate",
    "tardy_rate",
    "part_day_rate",
    *(f"absence_rate_last_{window}" for window in WINDOWS),
    "unexcused_rate_last_20",
    "absence_trend",
    "monday_friday_share",
    "first_month_rate",
    "current_streak",
    "longest_streak",
    "absence_spells",
    "days_since_absence",
    "last_year_rate",
    "last_year_unexcused_rate",
    "last_year_tardy_rate",
    "last_year_same_period_rate",
    "last_year_last_40_rate",
    "year_before_rate",
    "change_from_last_year",
    "unexcused_trend",
    "around_break_share",
    "last_year_same_weeks_rate",
    "last_year_rest_rate",
    "spell_rate",
    "last_year_spell_rate",
)


def _this_year(events: Frame, clocks: Frame) -> Frame:
    now = events.filter(nw.col("years_ago") == 0).join(
        clocks.select("student_id", "clock_0"), on="student_id", how="inner"
    )
    since = nw.col("clock_0") - nw.col("clock")
    sums = [
        _sum(name, name)
        for name in ("absent", "exempt", "excused", "unexcused", "suspended", "tardy", "part_day")
    ]
    for window in WINDOWS:
        sums += [
            _sum("absent", f"absent_{window}", since < window),
            _sum("exempt", f"exempt_{window}", since < window),
        ]
    first = nw.col("clock") <= FIRST_MONTH_DAYS
    return now.group_by("student_id").agg(
        *sums,
        _sum("unexcused", "unexcused_20", since < 20),
        _sum("absent", "absent_first", first),
        _sum("exempt", "exempt_first", first),
        _sum("absent", "absent_weekend", nw.col("at_weekend") == 1),
        _sum("absent", "absent_around_break", nw.col("around_break") == 1),
    )


def _absence_spells(events: Frame, clocks: Frame) -> Frame:
    """Consecutive days of absence on the student's clock; an exempt day in between ends a spell."""
    absent = (
        events.filter(nw.col("years_ago") == 0, nw.col("absent") > 0)
        .select("student_id", "clock", "begins")
        .with_columns(spell=nw.col("begins").cum_sum().over("student_id", order_by="clock").cast(nw.Int64))
    )
    spells = absent.group_by("student_id", "spell").agg(
        nw.len().cast(nw.Int64).alias("length"), nw.col("clock").max().alias("last")
    )
    ended = spells.join(clocks.select("student_id", "clock_0"), on="student_id", how="inner")
    running = nw.when(nw.col("last") == nw.col("clock_0")).then(nw.col("length")).otherwise(0)
    return (
        ended.with_columns(running=running)
        .group_by("student_id")
        .agg(
            nw.col("running").max().alias("current_streak"),
            nw.col("length").max().alias("longest_streak"),
            nw.len().cast(nw.Int64).alias("absence_spells"),
            nw.col("last").max().alias("last_absent"),
        )
    )


def _earlier_years(events: Frame, clocks: Frame) -> Frame:
    joined = events.filter(nw.col("years_ago") > 0).join(clocks, on="student_id", how="inner")
    last, before = nw.col("years_ago") == 1, nw.col("years_ago") == 2
    same_period = last & (nw.col("clock") <= nw.col("clock_0"))
    at_end = last & (nw.col("clock_1") - nw.col("clock") < 40)
    from_now = nw.col("clock") - nw.col("clock_0")
    same_weeks = last & (from_now > -SAME_WEEKS) & (from_now <= SAME_WEEKS)
    return joined.group_by("student_id").agg(
        _sum("absent", "absent_last", last),
        _sum("exempt", "exempt_last", last),
        _sum("unexcused", "unexcused_last", last),
        _sum("tardy", "tardy_last", last),
        _sum("absent", "absent_same", same_period),
        _sum("exempt", "exempt_same", same_period),
        _sum("absent", "absent_end", at_end),
        _sum("exempt", "exempt_end", at_end),
        _sum("absent", "absent_before", before),
        _sum("exempt", "exempt_before", before),
        _sum("absent", "absent_weeks", same_weeks),
        _sum("exempt", "exempt_weeks", same_weeks),
        _sum("absent", "absent_rest", last & (from_now > 0)),
        _sum("exempt", "exempt_rest", last & (from_now > 0)),
        _sum("begins", "spells_last", last),
    )


def _ratios() -> list[nw.Expr]:
    clock, last = nw.col("clock_0"), nw.col("clock_1")
    days = clock - _zero("exempt")
    last_days = last - _zero("exempt_last")
    recent_rate = _rate("absent_20", _at_most(clock, 20) - _zero("exempt_20"))
    earlier_days = clock - 20 - (_zero("exempt") - _zero("exempt_20"))
    earlier_rate = rate(_zero("absent") - _zero("absent_20"), earlier_days)
    same_days = _at_most(clock, last) - _zero("exempt_same")
    first_days = _at_most(clock, FIRST_MONTH_DAYS) - _zero("exempt_first")
    absences = _zero("absent")
    return [
        days.alias("days_enrolled"),
        nw.when(clock > 0).then(absences / float(DAY_UNITS)).alias("absence_days"),
        rate(absences, days).alias("absence_rate"),
        _rate("excused", days).alias("excused_rate"),
        _rate("unexcused", days).alias("unexcused_rate"),
        *[_share(name, days).alias(f"{alias}_rate") for name, alias in _PER_DAY],
        *[
            _rate(f"absent_{window}", _at_most(clock, window) - _zero(f"exempt_{window}")).alias(
                f"absence_rate_last_{window}"
            )
            for window in WINDOWS
        ],
        _rate("unexcused_20", _at_most(clock, 20) - _zero("exempt_20")).alias("unexcused_rate_last_20"),
        (recent_rate - earlier_rate).alias("absence_trend"),
        nw.when(absences > 0).then(_zero("absent_weekend") / (absences * 1.0)).alias("monday_friday_share"),
        _rate("absent_first", first_days).alias("first_month_rate"),
        _rate("absent_last", last_days).alias("last_year_rate"),
        _rate("unexcused_last", last_days).alias("last_year_unexcused_rate"),
        _share("tardy_last", last_days).alias("last_year_tardy_rate"),
        _rate("absent_same", same_days).alias("last_year_same_period_rate"),
        _rate("absent_end", _at_most(last, 40) - _zero("exempt_end")).alias("last_year_last_40_rate"),
        _rate("absent_before", nw.col("clock_2") - _zero("exempt_before")).alias("year_before_rate"),
    ]


def _compared() -> list[nw.Expr]:
    """Return what compares this year with the student's own past, and counts absences by how they come."""
    clock, last = nw.col("clock_0"), nw.col("clock_1")
    days, last_days = clock - _zero("exempt"), last - _zero("exempt_last")
    same_days = _at_most(clock, last) - _zero("exempt_same")
    recent = _rate("unexcused_20", _at_most(clock, 20) - _zero("exempt_20"))
    earlier_days = clock - 20 - (_zero("exempt") - _zero("exempt_20"))
    earlier = rate(_zero("unexcused") - _zero("unexcused_20"), earlier_days)
    weeks = _at_most(clock + SAME_WEEKS, last) - nw.max_horizontal(clock - SAME_WEEKS, nw.lit(0))
    absences = _zero("absent")
    return [
        (rate(absences, days) - _rate("absent_same", same_days)).alias("change_from_last_year"),
        (recent - earlier).alias("unexcused_trend"),
        nw.when(absences > 0)
        .then(_zero("absent_around_break") / (absences * 1.0))
        .alias("around_break_share"),
        _rate("absent_weeks", weeks - _zero("exempt_weeks")).alias("last_year_same_weeks_rate"),
        _rate("absent_rest", last - clock - _zero("exempt_rest")).alias("last_year_rest_rate"),
        _share("absence_spells", days).alias("spell_rate"),
        _share("spells_last", last_days).alias("last_year_spell_rate"),
    ]


_PER_DAY = (("suspended", "suspension"), ("tardy", "tardy"), ("part_day", "part_day"))


def _passed_on() -> list[nw.Expr]:
    counted = nw.col("clock_0") > 0
    counts = ("current_streak", "longest_streak", "absence_spells")
    return [
        *[nw.when(counted).then(_zero(name)).alias(name) for name in counts],
        (nw.col("clock_0") - nw.col("last_absent")).alias("days_since_absence"),
    ]


def _at_most(days: nw.Expr, window: int | nw.Expr) -> nw.Expr:
    """Return the smaller of two; null where there is no clock (SQL's least would not be)."""
    return nw.when(days <= window).then(days).otherwise(nw.when(days > window).then(window))


def _sum(column: str, alias: str, condition: nw.Expr | None = None) -> nw.Expr:
    value = nw.col(column) if condition is None else amount_if(condition, nw.col(column))
    return value.sum().cast(nw.Int64).alias(alias)


def _zero(name: str) -> nw.Expr:
    """Return a sum over events: a student without any has 0 of them, not an unknown number."""
    return nw.col(name).fill_null(0)


def _rate(units: str, days: nw.Expr) -> nw.Expr:
    return rate(_zero(units), days)


def _share(count: str, days: nw.Expr) -> nw.Expr:
    return nw.when(days > 0).then(_zero(count) / (days * 1.0))

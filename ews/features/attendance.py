"""Attendance up to ``as_of``: how much, of which kind, when, in which spells, and compared with before.

Windows are on the student's own clock (``ews.school_days``): "the last 20 days" are the last 20 counted
instructional days on which the student was enrolled this year, or all of them when there are fewer.
"""

from __future__ import annotations

import narwhals as nw

from ews.attendance_rules import rate
from ews.engine import Frame
from ews.extracts.facts import DAY_UNITS
from ews.features.marked_days import MarkedDays
from ews.features.sums import FIRST_MONTH_DAYS, SAME_WEEKS, WINDOWS


def attendance_features(marked: MarkedDays) -> Frame:
    """Return attendance features: one row per student with a counted day this or an earlier year.

    Rates are fractions of enrolled days in [0, 1]; counts are days; null where there is no history.
    """
    return marked.sums.of_students.select("student_id", *_ratios(), *_compared(), *_passed_on())


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


def _ratios() -> list[nw.Expr]:
    clock, last = nw.col("clock_0"), nw.col("clock_1")
    days = clock - nw.col("exempt_0")
    last_days = last - nw.col("exempt_1")
    recent_rate = _rate("absent_last_20", _at_most(clock, 20) - nw.col("exempt_last_20"))
    earlier_days = clock - 20 - (nw.col("exempt_0") - nw.col("exempt_last_20"))
    earlier_rate = rate(nw.col("absent_0") - nw.col("absent_last_20"), earlier_days)
    same_days = _at_most(clock, last) - nw.col("exempt_same")
    first_days = _at_most(clock, FIRST_MONTH_DAYS) - nw.col("exempt_first")
    absences = nw.col("absent_0")
    return [
        days.alias("days_enrolled"),
        nw.when(clock > 0).then(absences / float(DAY_UNITS)).alias("absence_days"),
        rate(absences, days).alias("absence_rate"),
        _rate("excused", days).alias("excused_rate"),
        _rate("unexcused_0", days).alias("unexcused_rate"),
        *[_share(name, days).alias(f"{alias}_rate") for name, alias in _PER_DAY],
        *[
            _rate(f"absent_last_{window}", _at_most(clock, window) - nw.col(f"exempt_last_{window}")).alias(
                f"absence_rate_last_{window}"
            )
            for window in WINDOWS
        ],
        _rate("unexcused_last_20", _at_most(clock, 20) - nw.col("exempt_last_20")).alias(
            "unexcused_rate_last_20"
        ),
        (recent_rate - earlier_rate).alias("absence_trend"),
        nw.when(absences > 0).then(nw.col("absent_weekend") / (absences * 1.0)).alias("monday_friday_share"),
        _rate("absent_first", first_days).alias("first_month_rate"),
        _rate("absent_1", last_days).alias("last_year_rate"),
        _rate("unexcused_1", last_days).alias("last_year_unexcused_rate"),
        _share("tardy_1", last_days).alias("last_year_tardy_rate"),
        _rate("absent_same", same_days).alias("last_year_same_period_rate"),
        _rate("absent_end", _at_most(last, 40) - nw.col("exempt_end")).alias("last_year_last_40_rate"),
        _rate("absent_2", nw.col("clock_2") - nw.col("exempt_2")).alias("year_before_rate"),
    ]


def _compared() -> list[nw.Expr]:
    """Return what compares this year with the student's own past, and counts absences by how they come."""
    clock, last = nw.col("clock_0"), nw.col("clock_1")
    days, last_days = clock - nw.col("exempt_0"), last - nw.col("exempt_1")
    same_days = _at_most(clock, last) - nw.col("exempt_same")
    recent = _rate("unexcused_last_20", _at_most(clock, 20) - nw.col("exempt_last_20"))
    earlier_days = clock - 20 - (nw.col("exempt_0") - nw.col("exempt_last_20"))
    earlier = rate(nw.col("unexcused_0") - nw.col("unexcused_last_20"), earlier_days)
    weeks = _at_most(clock + SAME_WEEKS, last) - nw.max_horizontal(clock - SAME_WEEKS, nw.lit(0))
    absences = nw.col("absent_0")
    return [
        (rate(absences, days) - _rate("absent_same", same_days)).alias("change_from_last_year"),
        (recent - earlier).alias("unexcused_trend"),
        nw.when(absences > 0)
        .then(nw.col("absent_around_break") / (absences * 1.0))
        .alias("around_break_share"),
        _rate("absent_weeks", weeks - nw.col("exempt_weeks")).alias("last_year_same_weeks_rate"),
        _rate("absent_rest", last - clock - nw.col("exempt_rest")).alias("last_year_rest_rate"),
        _share("begins_0", days).alias("spell_rate"),
        _share("begins_1", last_days).alias("last_year_spell_rate"),
    ]


_PER_DAY = (("suspended", "suspension"), ("tardy_0", "tardy"), ("part_day_0", "part_day"))


def _passed_on() -> list[nw.Expr]:
    counted = nw.col("clock_0") > 0
    counts = {name: name for name in ("current_streak", "longest_streak")} | {"absence_spells": "begins_0"}
    return [
        *[nw.when(counted).then(nw.col(column)).alias(name) for name, column in counts.items()],
        (nw.col("clock_0") - nw.col("last_absent")).alias("days_since_absence"),
    ]


def _at_most(days: nw.Expr, window: int | nw.Expr) -> nw.Expr:
    """Return the smaller of two; null where there is no clock (SQL's least would not be)."""
    return nw.when(days <= window).then(days).otherwise(nw.when(days > window).then(window))


def _rate(units: str, days: nw.Expr) -> nw.Expr:
    return rate(nw.col(units), days)


def _share(count: str, days: nw.Expr) -> nw.Expr:
    return nw.when(days > 0).then(nw.col(count) / (days * 1.0))

"""What is left of the year: days to come, absences to spare, and where a student's usual pace would lead.

The usual pace leans on three years, the older the less; half on the days of absence and half on how many
separate absences there were, because how often a student is away says more about the days to come than how
long one illness lasted; and, the less history there is, on the others of the school (the estimate of a
small sample drawn towards its group, as in empirical Bayes).

Absence of an earlier year counts by how it stood against everyone's of that year. A year in which everyone
missed more (a bad season, much snow) says little about the next, and how common the outcome is, the
calibration on the newest year says already: counted as it was, one such year would count twice.
"""

from __future__ import annotations

import narwhals as nw

from ews.attendance_rules import rate
from ews.engine import Frame
from ews.extracts.facts import DAY_UNITS
from ews.features.marked_days import MarkedDays
from ews.features.sums import YEARS_AGO

YEAR_WEIGHTS = (6, 2, 1)
"""A day of last year counts a third of one of this year, of the year before a sixth."""

PRIOR_DAYS = 100
"""The rate of the others of the school counts as much as so many days of this year."""

USUAL_LEVEL = 0.08
"""What everyone missed of an earlier year stands for this rate, whichever year it was.

About what a district misses. Which fixed level it is matters little, for the trees learn what follows from a
pace: on three simulated districts 0.075 and 0.10 gave the same calibration to within 0.001.
"""

REMAINING_FEATURES = (
    "spare_rate",
    "spare_at_this_pace",
    "usual_pace",
    "spare_at_usual_pace",
    "spare_in_spreads",
)

_LEAST_SPREAD = 0.5
"""Added to the expected absences, so that their spread is never 0."""


def remaining_features(marked: MarkedDays, standing: Frame, others: Frame) -> Frame:
    """Return what is left of the year: one row per student of the roster.

    Parameters
    ----------
    standing : Frame
        ``ews.cohort.standing``: absence_rate, days_remaining, absences_left.
    others : Frame
        One row per student of the roster: school_rate_last_year, grade_absence_rate, school_absence_rate.
    """
    left, to_come = nw.col("absences_left"), nw.col("days_remaining")
    pace = nw.col("usual_pace")
    expected = pace * to_come
    return (
        standing.select("student_id", "absences_left", "days_remaining", "absence_rate")
        .join(_history(marked), on="student_id", how="left")
        .join(others, on="student_id", how="left")
        .join(_length_of_an_absence(marked), how="cross")
        .join(_levels(marked), how="cross")
        .with_columns(usual_pace=_usual_pace())
        .select(
            "student_id",
            nw.when(to_come > 0).then(left / (to_come * 1.0)).alias("spare_rate"),
            (left - nw.col("absence_rate") * to_come).alias("spare_at_this_pace"),
            "usual_pace",
            (left - expected).alias("spare_at_usual_pace"),
            ((left + 1 - expected) / (expected + _LEAST_SPREAD).sqrt()).alias("spare_in_spreads"),
        )
    )


def _history(marked: MarkedDays) -> Frame:
    """Return absence and separate absences by year, and weighed days: one row per student with a clock."""
    names = [f"{name}_{ago}" for name in ("absent", "begins") for ago in YEARS_AGO]
    days = [weight * _days(ago) for ago, weight in enumerate(YEAR_WEIGHTS)]
    return marked.sums.of_students.select("student_id", *names, weighed_days=days[0] + days[1] + days[2])


def _levels(marked: MarkedDays) -> Frame:
    """Return one row: by how much absence of last year and of the year before counts, scale_1 and scale_2."""
    sums = [
        nw.col(f"{name}_{ago}").sum().cast(nw.Int64)
        for name in ("clock", "absent", "exempt")
        for ago in (1, 2)
    ]
    levels = [rate(nw.col(f"absent_{ago}"), _days(ago)).alias(f"level_{ago}") for ago in (1, 2)]
    return marked.sums.of_students.select(*sums).select(*levels).select(*[_scale(ago) for ago in (1, 2)])


def _scale(ago: int) -> nw.Expr:
    # In a year in which nobody missed a day, or without a day, there is nothing to scale.
    level = nw.col(f"level_{ago}")
    return nw.when(level > 0).then(USUAL_LEVEL / level).otherwise(1.0).alias(f"scale_{ago}")


def _days(ago: int) -> nw.Expr:
    return nw.col(f"clock_{ago}").fill_null(0) - nw.col(f"exempt_{ago}").fill_null(0)


def _length_of_an_absence(marked: MarkedDays) -> Frame:
    """Return one row: absence (units) and separate absences of everyone over the three years."""
    absent, begins = (
        nw.col(f"{name}_0") + nw.col(f"{name}_1") + nw.col(f"{name}_2") for name in ("absent", "begins")
    )
    return marked.sums.of_students.select(
        absent.sum().cast(nw.Int64).alias("everyones_absent"),
        begins.sum().cast(nw.Int64).alias("everyones_begins"),
    )


def _usual_pace() -> nw.Expr:
    length = (
        nw.when(nw.col("everyones_begins") > 0)
        .then(nw.col("everyones_absent") / (nw.col("everyones_begins") * 1.0))
        .otherwise(0.0)
    )
    missed = [
        weight * (nw.col(f"absent_{ago}").fill_null(0) + nw.col(f"begins_{ago}").fill_null(0) * length)
        for ago, weight in enumerate(YEAR_WEIGHTS)
    ]
    both = missed[0] + missed[1] * nw.col("scale_1") + missed[2] * nw.col("scale_2")
    prior_days = YEAR_WEIGHTS[0] * PRIOR_DAYS
    theirs = nw.coalesce(
        nw.col("school_rate_last_year") * nw.col("scale_1"),
        nw.col("grade_absence_rate"),
        nw.col("school_absence_rate"),
    )
    return (both / (2.0 * DAY_UNITS) + prior_days * theirs) / (
        nw.col("weighed_days").fill_null(0) + prior_days
    )

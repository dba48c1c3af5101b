"""What is left of the year: days to come, absences to spare, and where a student's usual pace would lead.

The usual pace leans on three years, the older the less; half on the days of absence and half on how many
separate absences there were, because how often a student is away says more about the days to come than how
long one illness lasted; and, the less history there is, on the others of the school (the estimate of a
small sample drawn towards its group, as in empirical Bayes).
"""

from __future__ import annotations

import narwhals as nw

from ews.engine import Frame
from ews.extracts.facts import DAY_UNITS
from ews.features.marked_days import MarkedDays

YEAR_WEIGHTS = (6, 2, 1)
"""A day of last year counts a third of one of this year, of the year before a sixth."""

PRIOR_DAYS = 100
"""The rate of the others of the school counts as much as so many days of this year."""

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
    """Return weighed sums over three years, in whole units: one row per student with a counted day."""
    ago = nw.col("years_ago")
    of_year = (
        nw.when(ago == 0)
        .then(YEAR_WEIGHTS[0])
        .otherwise(nw.when(ago == 1).then(YEAR_WEIGHTS[1]).otherwise(YEAR_WEIGHTS[2]))
    )
    events = marked.events.with_columns(weight=of_year)
    sums = events.group_by("student_id").agg(
        *[
            (nw.col(name) * nw.col("weight")).sum().cast(nw.Int64).alias(f"weighed_{name}")
            for name in ("absent", "begins", "exempt")
        ],
    )
    clock = [weight * nw.col(f"clock_{at}").fill_null(0) for at, weight in enumerate(YEAR_WEIGHTS)]
    return marked.clocks.join(sums, on="student_id", how="left").select(
        "student_id",
        *[nw.col(f"weighed_{name}").fill_null(0) for name in ("absent", "begins")],
        weighed_days=clock[0] + clock[1] + clock[2] - nw.col("weighed_exempt").fill_null(0),
    )


def _length_of_an_absence(marked: MarkedDays) -> Frame:
    """Return one row: absence (units) and separate absences of everyone over the three years."""
    return marked.events.select(
        nw.col("absent").sum().cast(nw.Int64).alias("everyones_absent"),
        nw.col("begins").sum().cast(nw.Int64).alias("everyones_begins"),
    )


def _usual_pace() -> nw.Expr:
    length = (
        nw.when(nw.col("everyones_begins") > 0)
        .then(nw.col("everyones_absent") / (nw.col("everyones_begins") * 1.0))
        .otherwise(0.0)
    )
    by_absences = nw.col("weighed_begins").fill_null(0) * length
    missed = (nw.col("weighed_absent").fill_null(0) + by_absences) / (2.0 * DAY_UNITS)
    prior_days = YEAR_WEIGHTS[0] * PRIOR_DAYS
    theirs = nw.coalesce(
        nw.col("school_rate_last_year"), nw.col("grade_absence_rate"), nw.col("school_absence_rate")
    )
    return (missed + prior_days * theirs) / (nw.col("weighed_days").fill_null(0) + prior_days)

"""Who is scored: the roster of a day, and who on it is in the cohort.

A student enrolled on ``as_of`` belongs to exactly one school: of several open spells the one entered
later, then the smaller school_id. Everyone on the roster is either in the cohort or excluded with a
reason.
"""

from __future__ import annotations

import narwhals as nw

from ews.attendance_rules import absences_left, is_chronic, rate, totals
from ews.config import Config
from ews.engine import Frame
from ews.extracts.facts import DAY_UNITS
from ews.school_days import SchoolDays

SCORED = "scored"
INSUFFICIENT_HISTORY = "insufficient_history"


def roster(school_days: SchoolDays) -> Frame:
    """Return everyone enrolled on ``as_of``: one row per student.

    Columns: student_id, school_id, grade, entry_day.
    """
    snapshot = school_days.snapshot
    on_the_day = snapshot.enrollments.filter(
        nw.col("school_year") == snapshot.school_year,
        nw.col("exit_day").is_null() | (nw.col("exit_day") >= snapshot.as_of_day),
    )
    latest = on_the_day.group_by("student_id").agg(nw.col("entry_day").max())
    at_latest = on_the_day.join(latest, on=["student_id", "entry_day"], how="inner")
    home = at_latest.group_by("student_id").agg(nw.col("school_id").min())
    return at_latest.join(home, on=["student_id", "school_id"], how="inner").select(
        "student_id", "school_id", "grade", "entry_day"
    )


def standing(school_days: SchoolDays, config: Config) -> Frame:
    """Return where every student of the roster stands today: one row per student.

    Columns: student_id, school_id, grade, enrolled_days, absence_units, absences (days),
    absence_rate (null without a counted day), already_chronic, days_remaining, absences_left,
    has_earlier_year, status, excluded_because (null for the cohort).
    """
    definition = config.definition
    year = school_days.snapshot.school_year
    by_school = definition.grain == "school"
    keys = ["student_id", *(["school_id"] if by_school else [])]
    now = totals(school_days, definition, by_school=by_school).filter(nw.col("school_year") == year)
    people = session_roster(school_days)
    return (
        people.join(now.drop("school_year"), on=keys, how="left")
        .join(_earlier(school_days, year), on="student_id", how="left")
        .join(_remaining(school_days, people), on="student_id", how="left")
        .with_columns(
            nw.col("enrolled_days").fill_null(0),
            nw.col("absence_units").fill_null(0),
            nw.col("days_remaining").fill_null(0),
            has_earlier_year=nw.col("earlier").is_null().__invert__(),
        )
        .with_columns(
            absences=nw.col("absence_units") / float(DAY_UNITS),
            absence_rate=rate(nw.col("absence_units"), nw.col("enrolled_days")),
            already_chronic=is_chronic(definition),
            absences_left=absences_left(definition),
            status=_status(config),
            excluded_because=_exclusion(config),
        )
        .drop("earlier")
    )


def session_roster(school_days: SchoolDays) -> Frame:
    """Return the roster, computed once per snapshot."""
    return school_days.snapshot.session.materialize(roster(school_days), "roster")


def _earlier(school_days: SchoolDays, year: int) -> Frame:
    earlier = school_days.spells.filter(nw.col("school_year") < year, nw.col("days") > 0)
    return earlier.group_by("student_id").agg(nw.len().alias("earlier"))


def _remaining(school_days: SchoolDays, people: Frame) -> Frame:
    """Return the instructional days still to come at the student's school, as ``days_remaining``."""
    snapshot = school_days.snapshot
    years = school_days.school_years.filter(nw.col("school_year") == snapshot.school_year)
    entries = school_days.days.select(
        "school_id",
        nw.col("day").alias("entry_day"),
        (nw.col("number") - nw.col("instructional")).alias("number_before_entry"),
    )
    # Someone who entered after the last counted day has the days from the entry on before them.
    passed = nw.max_horizontal("counted_days", nw.col("number_before_entry").fill_null(0))
    remaining = nw.when(nw.col("entry_day") <= nw.col("last_day")).then(nw.col("days") - passed).otherwise(0)
    return (
        people.join(
            years.select("school_id", "last_day", "days", "counted_days"), on="school_id", how="inner"
        )
        .join(entries, on=["school_id", "entry_day"], how="left")
        .with_columns(days_remaining=remaining)
        .select("student_id", "days_remaining")
    )


def _status(config: Config) -> nw.Expr:
    too_new = (nw.col("enrolled_days") < config.cohort.min_days) & ~nw.col("has_earlier_year")
    return nw.when(too_new).then(nw.lit(INSUFFICIENT_HISTORY)).otherwise(nw.lit(SCORED))


def _exclusion(config: Config) -> nw.Expr:
    outside = ~nw.col("grade").is_in(list(config.cohort.grades))
    return nw.when(outside).then(nw.lit("grade not in the cohort"))

"""Where a student is enrolled: grade, moves, late entry, and the rest of the school and grade."""

from __future__ import annotations

import narwhals as nw

from ews.attendance_rules import rate
from ews.config import GRADES
from ews.engine import Frame
from ews.school_days import SchoolDays

GRADE_CODES = {grade: number - 1 for number, grade in enumerate(GRADES)}
"""PK is -1, KG is 0, then the grade's own number."""

ROSTER_FEATURES = (
    "grade",
    "days_remaining",
    "absences_left",
    "schools_this_year",
    "schools_last_year",
    "days_missed_before_entry",
    "enrolled_last_year",
    "school_absence_rate",
    "grade_absence_rate",
)


def roster_features(school_days: SchoolDays, standing: Frame) -> Frame:
    """Return roster features: one row per student of the roster.

    The rates of school and of school and grade are those of the *other* students to date (null without
    any): a student's own absences do not come back as the school's.

    Parameters
    ----------
    standing : Frame
        ``ews.cohort.standing``: one row per student.
    """
    year = school_days.snapshot.school_year
    spells = school_days.spells
    this_year = _schools(spells.filter(nw.col("school_year") == year), "schools_this_year")
    last_year = _schools(spells.filter(nw.col("school_year") == year - 1), "schools_last_year")
    frame = (
        standing.join(this_year, on="student_id", how="left")
        .join(last_year, on="student_id", how="left")
        .join(_entry(spells.filter(nw.col("school_year") == year)), on="student_id", how="left")
    )
    frame = _with_peers(frame, standing, ["school_id"], "school_absence_rate")
    frame = _with_peers(frame, standing, ["school_id", "grade"], "grade_absence_rate")
    return frame.select(
        "student_id",
        _grade_code().alias("grade"),
        "days_remaining",
        "absences_left",
        "schools_this_year",
        "schools_last_year",
        "days_missed_before_entry",
        nw.when(nw.col("schools_last_year") > 0).then(1).otherwise(0).alias("enrolled_last_year"),
        "school_absence_rate",
        "grade_absence_rate",
    )


def _schools(spells: Frame, alias: str) -> Frame:
    pairs = spells.group_by("student_id", "school_id").agg(nw.len())
    return pairs.group_by("student_id").agg(nw.len().cast(nw.Int64).alias(alias))


def _entry(spells: Frame) -> Frame:
    first = spells.group_by("student_id").agg(nw.col("start").min())
    return spells.join(first, on=["student_id", "start"], how="inner").select(
        "student_id", nw.col("number_before").alias("days_missed_before_entry")
    )


def _with_peers(frame: Frame, standing: Frame, keys: list[str], alias: str) -> Frame:
    sums = standing.group_by(*keys).agg(
        nw.col("absence_units").sum().cast(nw.Int64).alias("all_units"),
        nw.col("enrolled_days").sum().cast(nw.Int64).alias("all_days"),
    )
    joined = frame.join(sums, on=keys, how="left")
    others = rate(nw.col("all_units") - nw.col("absence_units"), nw.col("all_days") - nw.col("enrolled_days"))
    return joined.with_columns(others.alias(alias)).drop("all_units", "all_days")


def _grade_code() -> nw.Expr:
    code: nw.Expr = nw.lit(None, nw.Int64)
    for grade, number in GRADE_CODES.items():
        code = nw.when(nw.col("grade") == grade).then(nw.lit(number)).otherwise(code)
    return code

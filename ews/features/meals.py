"""Meal programs on ``as_of``, where the district's authorization lets them be a feature."""

from __future__ import annotations

import narwhals as nw

from ews.engine import Frame
from ews.snapshot import Snapshot

ELIGIBILITY_CODES = {"free": 0, "reduced": 1, "paid": 2}
"""The model's own category codes; saved beside the model."""

MEAL_FEATURES = ("meal_breakfast", "meal_lunch", "meal_eligibility", "school_cep")


def meal_features(snapshot: Snapshot, people: Frame) -> Frame:
    """Return meal features: one row per student of the roster.

    ``meal_breakfast`` and ``meal_lunch`` are 1 while enrolled in the program; ``meal_eligibility`` is a
    code of :data:`ELIGIBILITY_CODES`, null in a CEP school (where everyone eats free and status says
    nothing) and where there is none. Without the source, or without leave to use it, all are null.

    Parameters
    ----------
    people : Frame
        The roster: student_id, school_id.
    """
    cep = snapshot.schools.select(
        "school_id", nw.when(nw.col("cep")).then(1).otherwise(0).cast(nw.Int64).alias("school_cep")
    )
    roster = people.select("student_id", "school_id").join(cep, on="school_id", how="left")
    if snapshot.meal_programs is None:
        return roster.select("student_id", *[nw.lit(None, nw.Float64).alias(name) for name in MEAL_FEATURES])
    active = snapshot.meal_programs.filter(
        nw.col("end_day").is_null() | (nw.col("end_day") >= snapshot.as_of_day)
    ).with_columns(eligibility_code=_code())
    programs = active.group_by("student_id").agg(
        _active("breakfast").alias("meal_breakfast"), _active("lunch").alias("meal_lunch")
    )
    return (
        roster.join(programs, on="student_id", how="left")
        .join(_newest_status(active), on="student_id", how="left")
        .select(
            "student_id",
            nw.col("meal_breakfast").fill_null(0),
            nw.col("meal_lunch").fill_null(0),
            nw.when(nw.col("school_cep") == 0).then(nw.col("meal_eligibility")).alias("meal_eligibility"),
            "school_cep",
        )
    )


def _newest_status(active: Frame) -> Frame:
    """Return the status of the program begun last; of two begun on a day, the one that gives most."""
    newest = active.group_by("student_id").agg(nw.col("start_day").max())
    return (
        active.join(newest, on=["student_id", "start_day"], how="inner")
        .group_by("student_id")
        .agg(nw.col("eligibility_code").min().alias("meal_eligibility"))
    )


def _code() -> nw.Expr:
    code: nw.Expr = nw.lit(None, nw.Int64)
    for eligibility, number in ELIGIBILITY_CODES.items():
        code = nw.when(nw.col("eligibility") == eligibility).then(nw.lit(number)).otherwise(code)
    return code


def _active(program: str) -> nw.Expr:
    return nw.when(nw.col("program") == program).then(1).otherwise(0).max().cast(nw.Int64)

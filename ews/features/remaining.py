"""What is left of the year: days to come, absences to spare, and where the present pace would lead."""

from __future__ import annotations

import narwhals as nw

from ews.engine import Frame

REMAINING_FEATURES = ("spare_rate", "spare_at_this_pace", "spare_at_usual_pace")


def remaining_features(attendance: Frame, standing: Frame) -> Frame:
    """Return what is left of the year: one row per student of the roster.

    Parameters
    ----------
    attendance : Frame
        Attendance features: absence_rate, decayed_rate.
    standing : Frame
        ``ews.cohort.standing``: days_remaining, absences_left.
    """
    left, to_come = nw.col("absences_left"), nw.col("days_remaining")
    paces = attendance.select("student_id", this_year="absence_rate", usual="decayed_rate")
    return (
        standing.select("student_id", "absences_left", "days_remaining")
        .join(paces, on="student_id", how="left")
        .select(
            "student_id",
            nw.when(to_come > 0).then(left / (to_come * 1.0)).alias("spare_rate"),
            (left - nw.col("this_year") * to_come).alias("spare_at_this_pace"),
            (left - nw.col("usual") * to_come).alias("spare_at_usual_pace"),
        )
    )

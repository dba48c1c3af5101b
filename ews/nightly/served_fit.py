"""How well published risks fitted what became of the students: calibration once the labels are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ews.model.calibration_error import CalibrationError

LEAST_STUDENTS = 200
"""Below it an index of calibration says more of chance than of the risks."""


def fit_sentence(rows: pd.DataFrame) -> str | None:
    """Say how far the risks were from the outcomes; None of too few students to say.

    Parameters
    ----------
    rows : DataFrame
        One row per student_id and as_of_date: ``risk`` as published (0 to 1) and ``label`` (0 or 1).
    """
    codes, students = pd.factorize(rows["student_id"])
    if len(students) < LEAST_STUDENTS:
        return None
    risk, label = rows["risk"].to_numpy(dtype=float), rows["label"].to_numpy(dtype=int)
    once = np.ones((len(students), 1), dtype=np.float32)
    index = CalibrationError(codes, risk, label, len(students))(once)[0]
    return (
        f"The published risks expected the outcome of {100 * risk.mean():.1f}% of student-nights, and it "
        f"came for {100 * label.mean():.1f}%; on average a risk was off by {100 * index:.1f} points."
    )

"""A district in which some schools lose their nurse: from then on no visit of their students is on record."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from ews.features.matrix import FEATURES
from ews.model.labelled_rows import LabelledRows

WITH, WITHOUT = "nurse stayed", "nurse left"


def year(
    number: int, *, left: float, visits_tell: float, students: int = 1_500, seed: int = 1
) -> tuple[LabelledRows, pd.DataFrame]:
    """One school year of rows, one per student, and who goes to which kind of school.

    Need is the same in both kinds. Absence tells of it equally well everywhere. Visits to the nurse tell of
    it too, the more, the higher ``visits_tell``; but from 2024 on they are 0 in the share ``left`` of the
    schools, so that a model which uses them takes these schools' students for students without need.
    """
    random = np.random.default_rng([number, seed])
    need = random.normal(0, 1, students)
    group = np.where(random.random(students) < left, WITHOUT, WITH)
    visits = random.poisson(np.exp(0.3 + visits_tell * need))
    rate = (0.07 + 0.02 * (need + random.normal(0, 1.2, students))).clip(0, 1)
    features = pd.DataFrame(np.nan, index=range(students), columns=list(FEATURES)).assign(
        absence_rate=rate,
        last_year_rate=(rate + random.normal(0, 0.03, students)).clip(0, 1),
        grade_absence_rate=0.07,
        absences_left=np.round(40 * (0.3 - rate)),
        nurse_visits=np.where((group == WITHOUT) & (number >= 2024), 0, visits).astype(float),
    )
    ids = [f"{number}-{each:05d}" for each in range(students)]
    standing = pd.DataFrame(
        {
            "student_id": ids,
            "school_id": [f"school{each % 6}" for each in range(students)],
            "school_year": number,
            "as_of_date": dt.date(number - 1, 10, 2),
            "label": (random.random(students) < 1 / (1 + np.exp(1.3 - 1.4 * need))).astype(int),
            "already_chronic": False,
            "absences_left": features["absences_left"].astype(int),
        }
    )
    return LabelledRows(standing, features, {}), pd.DataFrame({"student_id": ids, "race_ethnicity": group})

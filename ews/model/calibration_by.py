"""Whether risks can be taken at their word in every part of the district: school level, grade band, month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ews.model.calibration_error import integrated_calibration_index
from ews.model.clustered import rate_of, recalibration
from ews.model.evaluation_slice import ALL, NOT_YET_CHRONIC
from ews.model.intervals import interval_of
from ews.model.predictors import MODEL

_BANDS = {
    "PK-02": ("PK", "KG", "01", "02"),
    "03-05": ("03", "04", "05"),
    "06-08": ("06", "07", "08"),
    "09-12": ("09", "10", "11", "12"),
}
_BAND_OF = {grade: band for band, grades in _BANDS.items() for grade in grades}
_LEVELS = ("elementary", "middle", "high", "other")
UNKNOWN = "unknown"


def calibration_by(
    rows: pd.DataFrame, codes: np.ndarray, level_of_school: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    """Return ``calibration.by`` of ``evaluation.json``: by ``school_level``, ``grade_band`` and ``month``.

    Per part and population: n, students, positives, the mean risk (``predicted``), the share with the outcome
    (``observed``), calibration in the large, its slope, and the integrated calibration index, pooled over
    the as-of dates that fall in it. Where rows have no grade the bands are left out.

    Parameters
    ----------
    rows : DataFrame
        Judged rows.
    codes : int array of shape (rows,)
        Each row's student.
    level_of_school : mapping of school_id to str
        As the extract of schools says; a school without a level is ``unknown``.
    """
    month = pd.to_datetime(rows["as_of_date"]).dt.strftime("%Y-%m")
    level = rows["school_id"].map(lambda school: level_of_school.get(school, UNKNOWN))
    parts: dict[str, tuple[pd.Series, list[str]]] = {
        "school_level": (level, [*_LEVELS, UNKNOWN]),
        "month": (month, sorted(set(month))),
    }
    if "grade" in rows:
        parts["grade_band"] = (rows["grade"].map(_BAND_OF).fillna(UNKNOWN), [*_BANDS, UNKNOWN])
    return {
        name: [
            _part(rows.loc[mask], codes[mask], group, population)
            for group in order
            for population, mask in _populations(rows, (part == group).to_numpy())
            if (part == group).any()
        ]
        for name, (part, order) in parts.items()
    }


def _populations(rows: pd.DataFrame, mask: np.ndarray) -> list[tuple[str, np.ndarray]]:
    early = ~rows["already_chronic"].to_numpy(dtype=bool)
    return [(ALL, mask), (NOT_YET_CHRONIC, mask & early)]


def _part(rows: pd.DataFrame, codes: np.ndarray, group: str, population: str) -> dict[str, Any]:
    label, risk = rows["label"].to_numpy(dtype=int), rows[MODEL.column].to_numpy(dtype=float)
    index = integrated_calibration_index(label, risk)
    return {
        "group": group,
        "population": population,
        "n": len(rows),
        "students": len(np.unique(codes)),
        "positives": int(label.sum()),
        "predicted": interval_of(float(risk.mean()) if len(risk) else np.nan, np.nan, np.nan)["value"],
        "observed": rate_of(label == 1, codes),
        **recalibration(label, risk, codes),
        "calibration_error": interval_of(index, np.nan, np.nan)["value"],
    }

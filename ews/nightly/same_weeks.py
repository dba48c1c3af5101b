"""The same weeks of last year, as tonight's model sees them; kept, because they change once a week.

Attendance is seasonal: October is held against October. A day of last year with about the same number of
instructional days behind it is computed once a week and kept as counts of students by bin.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ews.config import Config
from ews.digests import canonical_json, digest_of
from ews.engine import Session
from ews.features.matrix import Matrix, build_matrix
from ews.nightly.drift import RISK, WATCHED, spread_of
from ews.nightly.service import InService
from ews.private_files import write_private
from ews.progress import Progress
from ews.school_calendar import district_days, school_year_of
from ews.snapshot import calendar_frame

_FOLDER = "same_weeks"
_STEP = 5
"""School days by which a count of days moves into another bin: one absence in 19 days is more than 5%, in 20
it is not. All bounds of rates (2.5, 5, 10, 20%) are crossed at multiples of five, so both years have to
stand between the same two: the day of last year is the middle one."""
_KEPT = 3
_TOO_EARLY = 10
"""School days. In the first two weeks one day makes a rate, and newcomers are not scored yet."""


def same_weeks(
    session: Session, tonight: Matrix, service: InService, config: Config, progress: Progress
) -> dict[str, Any] | None:
    """Return how the watched figures were spread in the same weeks of last year.

    None without such a year, and in the first two weeks of this one. See
    :func:`ews.nightly.drift.spread_of` for the shape.
    """
    anchor = _anchor(session, tonight)
    if anchor is None:
        return None
    tags = service.version.tags
    basis = digest_of(f"{tags['model_digest']}{tags['basis_digest']}{WATCHED}".encode())
    path = config.workspace_dir / _FOLDER / f"{anchor.isoformat()}-{basis[:16]}.json"
    try:
        kept: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        progress("Looking at the same weeks of last year", 0.0)
        kept = _spread(build_matrix(session, anchor, config), service)
        write_private(path, canonical_json(kept))
        _forget_old(path)
    return kept


def watched_figures(matrix: Matrix, risks: np.ndarray) -> tuple[pd.DataFrame, pd.Series[Any]]:
    """Return the watched figures of every scored student, and the school of each.

    Parameters
    ----------
    risks : ndarray
        One per scored student, in the order of student_id.
    """
    scorable = matrix.scorable().to_numpy()
    figures = matrix.features.loc[scorable, [name for name in WATCHED if name != RISK]].assign(
        **{RISK: risks}
    )
    return figures, matrix.standing.loc[scorable, "school_id"]


def _spread(matrix: Matrix, service: InService) -> dict[str, Any]:
    features = matrix.features.loc[matrix.scorable().to_numpy()]
    return spread_of(*watched_figures(matrix, service.model.risks(features)))


def _anchor(session: Session, tonight: Matrix) -> dt.date | None:
    calendar = calendar_frame(session)
    year = school_year_of(calendar, tonight.as_of)
    counted = tonight.standing["enrolled_days"].median()
    if year is None or not counted >= _TOO_EARLY:
        return None
    last_year = district_days(calendar, year - 1)
    number = int(counted) // _STEP * _STEP + _STEP // 2
    return last_year[min(number, len(last_year) - 1)] if last_year else None


def _forget_old(path: Path) -> None:
    kept = sorted(path.parent.glob("*.json"), key=lambda each: each.stat().st_mtime)
    for old in kept[:-_KEPT]:
        old.unlink(missing_ok=True)

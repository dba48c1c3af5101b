"""The features by hand: plain DuckDB SQL, a file for each family, as somebody would write it for speed.

It knows one definition only (the usual one, as simulated districts state it) and one way of reporting
(exceptions); a test holds its columns against those of ews. It is the limit that ews is held against.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ews.engine import Session
from ews.features.matrix import FEATURES
from ews.school_calendar import start_of_day_utc

SQL = Path(__file__).parent / "sql"
STEPS = (
    "known",
    "events",
    "attendance",
    "standing",
    "peers",
    "remaining",
    "nurse",
    "meals",
)
"""The files in their order; ``matrix.sql`` joins what they leave."""


def features_by_hand(
    session: Session, as_of: dt.date, timezone: str, cpu_seconds: dict[str, float] | None = None
) -> pd.DataFrame:
    """Return student_id and every feature as float64, in the order of ews and of student_id.

    Parameters
    ----------
    session : Session
        With the store attached.
    cpu_seconds : dict, optional
        Receives what each step took.
    """
    taken = {} if cpu_seconds is None else cpu_seconds
    _look_from(session, as_of, timezone)
    for step in STEPS:
        started = time.process_time()
        _run(session, step)
        taken[step] = time.process_time() - started
    started = time.process_time()
    rows = session.pandas((SQL / "matrix.sql").read_text(encoding="utf-8"))
    found = rows[list(FEATURES)].astype("float64")
    found.insert(0, "student_id", rows["student_id"])
    taken["matrix"] = time.process_time() - started
    return found


def prepare_events(session: Session, as_of: dt.date, timezone: str) -> None:
    """Leave the temporary tables days, spells and events, and nothing more."""
    _look_from(session, as_of, timezone)
    for step in STEPS[:2]:
        _run(session, step)


def _look_from(session: Session, as_of: dt.date, timezone: str) -> None:
    session.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
    session.execute(f"SET VARIABLE cut = TIMESTAMP '{start_of_day_utc(as_of, timezone)}'")


def _run(session: Session, step: str) -> None:
    session.execute((SQL / f"{step}.sql").read_text(encoding="utf-8"))


def largest_difference(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, Any]:
    """Return by feature how far two matrices of the same rows are apart; infinite where one knows nothing."""
    found = {}
    for name in theirs.columns:
        one, other = ours[name].to_numpy(dtype=float), theirs[name].to_numpy(dtype=float)
        apart = np.where(np.isnan(one) & np.isnan(other), 0.0, np.abs(one - other))
        found[name] = float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0))
    return found

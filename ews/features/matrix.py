"""The matrix: every feature of every student of a roster, joined, typed and in a fixed order."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ews.cohort import SCORED, standing
from ews.config import Config
from ews.engine import Frame, Session
from ews.features.attendance import ATTENDANCE_FEATURES, attendance_features
from ews.features.marked_days import mark, marks
from ews.features.meals import ELIGIBILITY_CODES, MEAL_FEATURES, meal_features
from ews.features.nurse import NURSE_FEATURES, nurse_features
from ews.features.peers import PEER_FEATURES, peer_features
from ews.features.remaining import REMAINING_FEATURES, remaining_features
from ews.features.roster import GRADE_CODES, ROSTER_FEATURES, roster_features
from ews.features.unbroken import BESIDE_FEATURES, beside_features
from ews.planned import STAND_IN_DAY, Plan, Planner, remembered
from ews.school_calendar import start_of_day_utc
from ews.school_days import place
from ews.snapshot import Snapshot, beside_the_day, snapshot

FEATURES_BY_SIGNAL: dict[str, tuple[str, ...]] = {
    "attendance": ATTENDANCE_FEATURES + REMAINING_FEATURES,
    "nurse": NURSE_FEATURES,
    "meals": MEAL_FEATURES,
    "roster": ROSTER_FEATURES + PEER_FEATURES,
}
FEATURES: tuple[str, ...] = tuple(name for names in FEATURES_BY_SIGNAL.values() for name in names)
CATEGORY_CODES: dict[str, dict[str, int]] = {"grade": GRADE_CODES, "meal_eligibility": ELIGIBILITY_CODES}

REVISION = 2
"""Raised when a feature keeps its name and means something else (2: usual_pace)."""

_PLANS: dict[Any, Plan] = {}
_MOST_PLANS = 16

_PREFIX = "feature_"

_STANDING = (
    "student_id",
    "school_id",
    "grade",
    "status",
    "excluded_because",
    "absences",
    "enrolled_days",
    "absence_rate",
    "already_chronic",
    "absences_left",
)


@dataclass(frozen=True)
class Matrix:
    """Everything about one ``as_of``.

    Attributes
    ----------
    standing : DataFrame
        One row per student of the roster, in the order of student_id: school_id, grade, status,
        excluded_because (None for the cohort), absences (days), enrolled_days, absence_rate,
        already_chronic, absences_left, school_year, as_of_date, and
        :data:`ews.features.unbroken.BESIDE_FEATURES`.
    features : DataFrame
        The same rows; :data:`FEATURES` as float64, NaN where there is no history.
    """

    as_of: dt.date
    standing: pd.DataFrame
    features: pd.DataFrame

    def cohort(self) -> pd.Series[bool]:
        """Return which rows are in the cohort."""
        return self.standing["excluded_because"].isna()

    def scorable(self) -> pd.Series[bool]:
        """Return which rows are in the cohort and have enough history to be scored."""
        return self.cohort() & (self.standing["status"] == SCORED)


def build_matrix(session: Session, as_of: dt.date, config: Config) -> Matrix:
    """Return the matrix of one ``as_of`` from a session with the store attached.

    Training and scoring both come through here.
    """
    rows, numbers = _plan(session, config).run(session, as_of, start_of_day_utc(as_of, config.timezone))
    return matrix_from(rows.sort_values("student_id", ignore_index=True), as_of, numbers["school_year"])


def _plan(session: Session, config: Config) -> Plan:
    key = beside_the_day(session, config)
    return remembered(_PLANS, key, lambda: _planned(session, config), _MOST_PLANS)


def _planned(session: Session, config: Config) -> Plan:
    planner = Planner(session, start_of_day_utc(STAND_IN_DAY, config.timezone))
    return planner.plan(joined(snapshot(planner, STAND_IN_DAY, config), config))


def matrix_from(rows: pd.DataFrame, as_of: dt.date, school_year: int) -> Matrix:
    """Return the matrix of collected rows of :func:`joined`, in the order in which they come."""
    rows = rows.assign(school_year=school_year, as_of_date=as_of)
    columns = [*_STANDING, "school_year", "as_of_date", *BESIDE_FEATURES]
    return Matrix(as_of, _typed(rows[columns]), features_in(rows))


def joined(known: Snapshot, config: Config) -> Frame:
    """Return the matrix of a snapshot as one lazy frame: one row per student of the roster.

    Columns: those of ``Matrix.standing`` without school_year and as_of_date, and the features, which
    :func:`features_in` takes out of rows of it.
    """
    session = known.session

    # Each signal on its own: planned as one query with all the others, they take three times as long.
    def computed(name: str, part: Frame) -> Frame:
        return session.materialize(part, f"{name}_features")

    school_days = place(known, marks=marks(config.definition))
    people = session.materialize(standing(school_days, config), "standing")
    marked = mark(school_days)
    roster = computed("roster", roster_features(school_days, people))
    peers = computed("peer", peer_features(marked, people))
    beside = computed("beside", beside_features(marked))
    others = roster.select("student_id", "school_absence_rate", "grade_absence_rate").join(
        peers, on="student_id", how="left"
    )
    signals = (
        computed("attendance", attendance_features(marked)),
        computed("remaining", remaining_features(marked, people, others)),
        computed("nurse", nurse_features(marked)),
        computed("meals", meal_features(known, people)),
        roster,
        peers,
    )
    return session.beside(people.select(*_STANDING), [beside, *map(_as_features, signals)])


def features_in(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the features of rows of :func:`joined`: :data:`FEATURES` as float64, NaN without history."""
    return rows[[_PREFIX + name for name in FEATURES]].astype("float64").set_axis(list(FEATURES), axis=1)


def _as_features(part: Frame) -> Frame:
    """Name a signal's columns apart from those of the list: by school, their rates can differ."""
    names = [name for name in part.collect_schema().names() if name != "student_id"]
    return part.rename({name: _PREFIX + name for name in names})


def schema_digest() -> str:
    """Return the SHA-256 of feature names, order, type, category codes and the revision of their meaning.

    LightGBM accepts reordered or renamed columns without a word, and a column that means something else, so
    this is compared before scoring.
    """
    schema = {
        "features": list(FEATURES),
        "dtype": "float64",
        "category_codes": CATEGORY_CODES,
        "revision": REVISION,
    }
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    typed = rows.astype(
        {"enrolled_days": "int64", "absences_left": "int64", "absences": "float64", "already_chronic": bool}
    )
    return typed.astype(dict.fromkeys(BESIDE_FEATURES, "float64"))

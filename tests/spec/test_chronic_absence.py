"""What counts as chronic absence, by examples one can check on fingers.

Schools are open on every weekday from Monday 2025-09-08; as of 2025-10-06 twenty days have passed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.data.rules_of_a_day import standing_with_same_day
from tests.data.small import SETTINGS, calendar_rows, enrolled, small_district, weekdays
from tests.spec.tables import marks, standing

WEEK_1 = "09-08, 09-09, 09-10, 09-11, 09-12"


def everybody(*students: str) -> list[dict[str, str]]:
    return [enrolled(student) for student in students]


def test_exactly_ten_percent_is_chronic_for_any_reason_and_less_is_not() -> None:
    district = small_district(
        enrollments=everybody("none", "one day", "two days", "all kinds", "late only"),
        attendance=marks("""
            student   | days         | code
            one day   | 09-08        | A
            two days  | 09-08, 09-30 | A
            all kinds | 09-08        | E
            all kinds | 09-09        | S
            all kinds | 09-10        | A
            late only | 09-08, 09-09 | T
            late only | 09-10, 09-11 | I
        """),
    )
    standing(
        district,
        """
        student   | absences | enrolled_days | absence_rate | already_chronic
        none      | 0        | 20            | 0            | no
        one day   | 1        | 20            | 0.05         | no
        two days  | 2        | 20            | 0.1          | yes
        all kinds | 3        | 20            | 0.15         | yes
        late only | 0        | 20            | 0            | no
        """,
    )


def test_with_an_exclusive_bound_exactly_ten_percent_is_not_chronic() -> None:
    district = small_district(
        enrollments=everybody("two days", "three days"),
        attendance=marks("""
            student    | days                | code
            two days   | 09-08, 09-30        | A
            three days | 09-08, 09-29, 09-30 | A
        """),
        settings=replace(SETTINGS, inclusive=False),
    )
    standing(
        district,
        """
        student    | absences | already_chronic | absences_left
        two days   | 2        | no              | 2
        three days | 3        | yes             | 1
        """,
    )


def test_nine_days_of_a_hundred_are_not_chronic_and_ten_are() -> None:
    nine = "09-08, 09-09, 09-10, 09-11, 10-06, 10-07, 11-03, 12-01, 01-05"
    district = small_district(
        enrollments=everybody("nine", "ten"),
        attendance=marks(f"""
            student | days        | code
            nine    | {nine}        | A
            ten     | {nine}, 01-06 | A
        """),
        calendar=calendar_rows("s1", "s2", last=dt.date(2026, 5, 29)),
        covers_to=dt.date(2026, 1, 23),
        as_of=dt.date(2026, 1, 26),
    )
    standing(
        district,
        """
        student | absences | enrolled_days | absence_rate | already_chronic
        nine    | 9        | 100           | 0.09         | no
        ten     | 10       | 100           | 0.1          | yes
        """,
    )


PARTS = """
    student         | days  | code | absent_fraction | minutes_absent
    half            | 09-08 | A    | 0.5             |
    just under half | 09-08 | A    | 0.49999         |
    200 of 400 min  | 09-08 | A    |                 | 200
    199 of 400 min  | 09-08 | E    |                 | 199
    late for half   | 09-08 | T    | 0.5             |
    late            | 09-08 | T    |                 |
"""
STUDENTS_OF_PARTS = (
    "half",
    "just under half",
    "200 of 400 min",
    "199 of 400 min",
    "late for half",
    "late",
)


@pytest.mark.parametrize(
    ("partial_day", "expected"),
    [
        (
            "half",
            """
            student         | absences | part_day_rate
            half            | 1        | 0.05
            just under half | 0        | 0.05
            200 of 400 min  | 1        | 0.05
            199 of 400 min  | 0        | 0.05
            late for half   | 1        | 0.05
            late            | 0        | 0
            """,
        ),
        (
            "fraction",
            """
            student         | absences | part_day_rate
            half            | 0.5      | 0.05
            just under half | 0.4999   | 0.05
            200 of 400 min  | 0.5      | 0.05
            199 of 400 min  | 0.4975   | 0.05
            late for half   | 0.5      | 0.05
            late            | 0        | 0
            """,
        ),
    ],
)
def test_half_a_day_missed_is_a_day_unless_parts_count_as_parts(partial_day: str, expected: str) -> None:
    district = small_district(
        enrollments=everybody(*STUDENTS_OF_PARTS),
        attendance=marks(PARTS),
        settings=replace(SETTINGS, partial_day=partial_day),
    )
    standing(district, expected)


def test_an_exempt_day_is_neither_enrolled_nor_absent() -> None:
    district = small_district(
        enrollments=everybody("five exempt", "less than half", "one absent"),
        attendance=marks(f"""
            student        | days       | code | absent_fraction
            five exempt    | {WEEK_1}   | X    |
            five exempt    | 09-15      | A    |
            less than half | 09-08      | X    | 0.4
            one absent     | 09-08      | A    |
        """),
    )
    standing(
        district,
        """
        student        | absences | enrolled_days | absence_rate | days_enrolled
        five exempt    | 1        | 15            | 0.06667      | 15
        less than half | 0        | 20            | 0            | 20
        one absent     | 1        | 20            | 0.05         | 20
        """,
    )


def test_someone_exempt_every_day_has_no_rate_but_no_unknown_days_of_absence_either() -> None:
    everyday = ", ".join(day.strftime("%m-%d") for day in weekdays(last=dt.date(2025, 10, 3)))
    district = small_district(
        enrollments=everybody("exempt"),
        attendance=marks(f"student | days | code\n exempt | {everyday} | X"),
    )
    standing(
        district,
        """
        student | enrolled_days | absence_rate | already_chronic | days_enrolled | absence_days
        exempt  | 0             | -            | no              | 0             | 0
        """,
    )


def test_nobody_is_chronic_before_the_minimum_of_days_enrolled() -> None:
    district = small_district(
        enrollments=[enrolled("nine days", entry="2025-09-23"), enrolled("ten days", entry="2025-09-22")],
        attendance=marks("""
            student   | days                | code
            nine days | 09-23, 09-24, 09-25 | A
            ten days  | 09-23, 09-24, 09-25 | A
        """),
    )
    standing(
        district,
        """
        student   | absences | enrolled_days | already_chronic
        nine days | 3        | 9             | no
        ten days  | 3        | 10            | yes
        """,
    )


@pytest.mark.parametrize("rule", ["largest_absence", "sum"])
def test_of_two_rows_of_one_day_that_miss_as_much_the_more_serious_names_it(rule: str) -> None:
    """Of equal parts of a day, the kind that stands later in docs/features.md names it."""
    people = standing_with_same_day(
        rule,
        marks("""
            student              | days  | code | absent_fraction
            suspended, unexcused | 09-08 | S    | 1
            suspended, unexcused | 09-08 | A    | 1
            late, unexcused      | 09-09 | T    | 1
            late, unexcused      | 09-09 | A    | 1
            in school, present   | 09-10 | I    |
            in school, present   | 09-10 | P    |
        """),
    )
    assert people == {
        "suspended, unexcused": (1.0, 0.05, 0.0),
        "late, unexcused": (1.0, 0.0, 0.0),
        "in school, present": (0.0, 0.05, 0.0),
    }

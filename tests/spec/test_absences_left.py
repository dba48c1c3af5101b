"""How many more whole days may be missed if the year is to end below the threshold.

The year has forty days, so at 10% four days are the threshold; twenty have passed as of 2025-10-06.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from ews.attendance_rules import absences_left
from ews.config import Definition
from ews.engine import open_session
from tests.data.small import LAST_DAY, SETTINGS, enrolled, small_district
from tests.reference import absence as reference
from tests.reference.settings import Settings
from tests.spec.tables import marks, standing

MISSED = marks("""
    student | days                              | code
    one     | 09-08                             | A
    three   | 09-08, 09-09, 09-10               | A
    four    | 09-08, 09-09, 09-10, 09-11        | A
    five    | 09-08, 09-09, 09-10, 09-11, 09-12 | A
""")
STUDENTS = [enrolled(each) for each in ("none", "one", "three", "four", "five")]


@pytest.mark.parametrize(
    ("inclusive", "expected"),
    [
        (
            True,
            """
            student | absences | absences_left
            none    | 0        | 3
            one     | 1        | 2
            three   | 3        | 0
            four    | 4        | 0
            five    | 5        | 0
            """,
        ),
        (
            False,
            """
            student | absences | absences_left
            none    | 0        | 4
            one     | 1        | 3
            three   | 3        | 1
            four    | 4        | 0
            five    | 5        | 0
            """,
        ),
    ],
    ids=["at the threshold is chronic", "only above it is chronic"],
)
def test_the_year_has_room_for_so_many_days_and_never_for_fewer_than_none(
    inclusive: bool, expected: str
) -> None:
    district = small_district(
        enrollments=STUDENTS, attendance=MISSED, settings=replace(SETTINGS, inclusive=inclusive)
    )
    standing(district, expected)


def test_nobody_can_miss_more_days_than_are_left() -> None:
    district = small_district(
        enrollments=STUDENTS,
        attendance=MISSED,
        covers_to=dt.date(2025, 10, 30),
        as_of=LAST_DAY,
        settings=replace(SETTINGS, known_after_days={"attendance": 0}),
    )
    standing(
        district,
        """
        student | days_remaining | absences_left
        none    | 1              | 1
        one     | 1              | 1
        three   | 1              | 0
        four    | 1              | 0
        five    | 1              | 0
        """,
    )


@budget(max_examples=25, deadline=None, derandomize=True)
@given(
    units=st.integers(0, 400_000),
    enrolled_days=st.integers(0, 60),
    remaining=st.integers(0, 60),
    threshold=st.sampled_from(("0.05", "0.07", "0.10", "0.125", "0.333", "0.9")),
    inclusive=st.booleans(),
)
def test_the_formula_equals_trying_one_day_after_the_other(
    units: int, enrolled_days: int, remaining: int, threshold: str, inclusive: bool
) -> None:
    definition = Definition.model_validate({"threshold": threshold, "inclusive": inclusive})
    with open_session() as session:
        frame = session.frame(
            f"SELECT {units} AS absence_units, {enrolled_days} AS enrolled_days, "
            f"{remaining} AS days_remaining"
        )
        got = session.collect(frame.select(left=absences_left(definition)))["left"].iloc[0]
    settings = Settings(threshold=threshold, inclusive=inclusive)
    days = reference.Fraction(units, 10_000)
    assert got == reference.absences_left(days, enrolled_days, remaining, settings)

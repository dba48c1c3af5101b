"""California: more than 30 days expected, a day attended in part is attended, in-school suspension too."""

from __future__ import annotations

from tests.rates.hand_made import definition, judged, school_year
from tests.rates.people import people, same


def test_thirty_days_are_too_few_and_thirty_one_are_enough() -> None:
    pupils = people("""
        student                        | enrolled | marks
        30 days                        | 30       | 10 A
        31 days                        | 31       | 10 A
        31 days, one of them exempt    | 31       | 1 X, 10 A
        31 days, 3 absent              | 31       | 3 A
        31 days, 4 absent              | 31       | 4 A
        40 days, exactly 10%           | 40       | 4 A
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("california"))
    same(
        found,
        """
        student                        | counted | chronic
        30 days                        | no      | no
        31 days                        | yes     | yes
        31 days, one of them exempt    | no      | no
        31 days, 3 absent              | yes     | no
        31 days, 4 absent              | yes     | yes
        40 days, exactly 10%           | yes     | yes
        """,
    )


def test_only_a_day_missed_whole_is_a_day_of_absence() -> None:
    pupils = people("""
        student                     | enrolled | marks
        twelve whole days           | 120      | 12 E
        all but a minute of twelve  | 120      | 12 A 399min
        all minutes of twelve       | 120      | 12 A 400min
        half days all year          | 120      | 120 A 0.5
        late for all of twelve days | 120      | 12 T 1.0
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("california"))
    same(
        found,
        """
        student                     | counted | chronic
        twelve whole days           | yes     | yes
        all but a minute of twelve  | yes     | no
        all minutes of twelve       | yes     | yes
        half days all year          | yes     | no
        late for all of twelve days | yes     | yes
        """,
    )


def test_in_school_suspension_is_enrolled_and_not_absent_and_out_of_school_is_absent() -> None:
    """With 100 days enrolled, eleven absences are chronic; suspension in school adds to neither side."""
    pupils = people("""
        student                 | enrolled | marks
        in school               | 120      | 60 I
        in school, 11 absent    | 120      | 20 I, 11 A
        in school, 12 absent    | 120      | 20 I, 12 A
        out of school           | 120      | 12 S
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("california"))
    same(
        found,
        """
        student                 | counted | chronic
        in school               | yes     | no
        in school, 11 absent    | yes     | no
        in school, 12 absent    | yes     | yes
        out of school           | yes     | yes
        """,
    )


def test_who_never_attended_and_prekindergarten_are_not_counted() -> None:
    pupils = people("""
        student          | enrolled | marks          | grade
        never came       | 60       | 60 A           | 05
        came on one day  | 60       | 59 A           | 05
        came half a day  | 60       | 59 A, 1 A 0.5  | 05
        prekindergarten  | 120      | 60 A           | PK
        kindergarten     | 120      | 60 A           | KG
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("california"))
    same(
        found,
        """
        student          | counted | chronic
        never came       | no      | no
        came on one day  | yes     | yes
        came half a day  | yes     | yes
        prekindergarten  | no      | no
        kindergarten     | yes     | yes
        """,
    )

"""The federal definition (EDFacts FS195): 10% of at least ten days, half a day is a day, for any reason."""

from __future__ import annotations

import datetime as dt

from tests.rates.hand_made import definition, judged, school_year
from tests.rates.people import people, same


def test_ten_percent_of_at_least_ten_days_for_any_reason_is_chronic() -> None:
    pupils = people("""
        student                  | enrolled | marks
        exactly 10%              | 120      | 12 A
        one day less             | 120      | 11 A
        all reasons              | 120      | 4 A, 4 E, 4 S
        halves count as days     | 120      | 12 A 0.5
        less than half does not  | 120      | 12 A 0.4999
        late for half the day    | 120      | 12 T 0.5
        late                     | 120      | 40 T
        suspended in school      | 120      | 40 I
        nine days                | 9        | 9 A
        ten days                 | 10       | 1 A
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("edfacts"))
    same(
        found,
        """
        student                  | counted | chronic
        exactly 10%              | yes     | yes
        one day less             | yes     | no
        all reasons              | yes     | yes
        halves count as days     | yes     | yes
        less than half does not  | yes     | no
        late for half the day    | yes     | yes
        late                     | yes     | no
        suspended in school      | yes     | no
        nine days                | no      | no
        ten days                 | yes     | yes
        """,
    )


def test_an_exempt_day_is_neither_enrolled_nor_absent() -> None:
    pupils = people("""
        student                        | enrolled | marks
        11 of 110 that are left        | 120      | 10 X, 11 A
        11 of 111 that are left        | 120      | 9 X, 11 A
        half a day exempt is a day     | 120      | 10 X 0.5, 11 A
        less than half is not          | 120      | 10 X 0.4, 11 A
        nine of nineteen days left     | 19       | 10 X, 9 A
        exempt all year                | 120      | 120 X
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("edfacts"))
    same(
        found,
        """
        student                        | counted | chronic
        11 of 110 that are left        | yes     | yes
        11 of 111 that are left        | yes     | no
        half a day exempt is a day     | yes     | yes
        less than half is not          | yes     | no
        nine of nineteen days left     | no      | no
        exempt all year                | no      | no
        """,
    )


def test_while_the_year_is_in_progress_only_the_days_so_far_count() -> None:
    """Attendance reaches to 2025-10-03, the twentieth day."""
    pupils = people("""
        student   | enrolled | marks
        two of 20 | 120      | 2 A
        one of 20 | 120      | 1 A
    """)
    with school_year(*pupils, complete=False, covered_to=dt.date(2025, 10, 3)) as placed:
        found = judged(placed, definition("edfacts"))
    same(
        found,
        """
        student   | counted | chronic
        two of 20 | yes     | yes
        one of 20 | yes     | no
        """,
    )

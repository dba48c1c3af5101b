"""Wisconsin: attendance below 90% of at least 90 days, counted in half days by thirds of the day."""

from __future__ import annotations

from tests.rates.hand_made import definition, judged, school_year
from tests.rates.people import people, same


def test_exactly_ten_percent_is_not_chronic_and_half_a_day_more_is() -> None:
    pupils = people("""
        student                     | enrolled | marks
        attended exactly 90%        | 120      | 12 A
        half a day less             | 120      | 12 A, 1 A 0.5
        89 days                     | 89       | 40 A
        90 days                     | 90       | 40 A
        90 days, exactly 90%        | 90       | 9 A
        90 days, below 90%          | 90       | 10 A
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("wisconsin"))
    same(
        found,
        """
        student                     | counted | chronic
        attended exactly 90%        | yes     | no
        half a day less             | yes     | yes
        89 days                     | no      | no
        90 days                     | yes     | yes
        90 days, exactly 90%        | yes     | no
        90 days, below 90%          | yes     | yes
        """,
    )


def test_two_thirds_attended_is_a_day_and_a_third_is_half_a_day() -> None:
    """Twelve whole days and one that was missed in part, or twenty-five in part: 12 days are not chronic."""
    pupils = people("""
        student                       | enrolled | marks
        attended 66% of one day       | 120      | 12 A, 1 A 0.34
        attended a little less        | 120      | 12 A, 1 A 0.3401
        24 days of which 33% attended | 120      | 24 A 0.67
        25 days of which 33% attended | 120      | 25 A 0.67
        12 days of less than 33%      | 120      | 12 A 0.6701
        13 days of less than 33%      | 120      | 13 A 0.6701
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("wisconsin"))
    same(
        found,
        """
        student                       | chronic
        attended 66% of one day       | no
        attended a little less        | yes
        24 days of which 33% attended | no
        25 days of which 33% attended | yes
        12 days of less than 33%      | no
        13 days of less than 33%      | yes
        """,
    )

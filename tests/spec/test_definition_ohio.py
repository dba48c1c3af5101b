"""Ohio counts hours: 10% of those enrolled; and, until 2025, 38 in a school month or 65 in a year.

A school day has 400 minutes here, 120 days have 800 hours, and a school month is twenty days of instruction.
"""

from __future__ import annotations

from tests.data.small import calendar_rows
from tests.rates.hand_made import LAST_DAY, definition, judged, missing_minutes, school_year
from tests.rates.people import people, same


def test_ten_percent_of_the_hours_is_chronic_and_one_minute_less_is_not() -> None:
    """Ten percent of 800 hours are 80: twelve days of 400 minutes."""
    pupils = people("""
        student                   | enrolled | marks
        80 hours                  | 120      | 12 A
        one minute less           | 120      | 11 A, 1 A 399min
        many short absences       | 120      | 120 T 40min
        a minute less in one      | 120      | 119 T 40min, 1 T 39min
        late, no minutes stated   | 120      | 120 T
        a fifth of sixty days     | 120      | 60 A 0.2
        suspended in school       | 120      | 60 I
        enrolled for nine days    | 9        | 9 A
        enrolled for ten days     | 10       | 1 E
        more than the day has     | 120      | 11 A, 1 A 399min, 100 P
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("ohio_hours"))
    same(
        found,
        """
        student                   | counted | chronic
        80 hours                  | yes     | yes
        one minute less           | yes     | no
        many short absences       | yes     | yes
        a minute less in one      | yes     | no
        late, no minutes stated   | yes     | no
        a fifth of sixty days     | yes     | yes
        suspended in school       | yes     | no
        enrolled for nine days    | no      | no
        enrolled for ten days     | yes     | yes
        more than the day has     | yes     | no
        """,
    )


def test_nobody_misses_more_minutes_than_a_day_has() -> None:
    """Eleven days and one of which 4,000 minutes were written down: 12 days, not 21."""
    pupils = people("""
        student       | enrolled | marks
        a wrong entry | 120      | 5 A, 1 A 4000min
        twelve days   | 120      | 11 A, 1 A 4000min
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("ohio_hours"))
    same(found, "student | chronic\n a wrong entry | no\n twelve days | yes")


def test_exempt_hours_are_taken_from_both_sides_exactly() -> None:
    """Half a day exempt leaves 200 minutes enrolled: of 119.5 days, 11.95 days are ten percent."""
    pupils = people("""
        student               | enrolled | marks
        4,780 minutes         | 120      | 1 X 0.5, 11 A, 1 A 380min
        4,779 minutes         | 120      | 1 X 0.5, 11 A, 1 A 379min
        stated in minutes     | 120      | 1 X 200min, 11 A, 1 A 380min
        exempt all year       | 120      | 120 X
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("ohio_hours"))
    same(
        found,
        """
        student               | counted | chronic
        4,780 minutes         | yes     | yes
        4,779 minutes         | yes     | no
        stated in minutes     | yes     | yes
        exempt all year       | no      | no
        """,
    )


def test_thirty_eight_hours_in_a_school_month_or_sixty_five_in_the_year() -> None:
    """38 hours are 2,280 minutes, 65 hours 3,900. Days 1 to 20 are the first school month."""
    pupils = people("""
        student                       | enrolled | marks
        38 hours in a month           | 120      | 5 A, 1 A 280min
        one minute less               | 120      | 5 A, 1 A 279min
        over the end of a month       | 120      | 17 P, 5 A, 1 A 280min
        to the last day of a month    | 120      | 14 P, 5 A, 1 A 280min
        one day too late              | 120      | 15 P, 5 A, 1 A 280min
        within the second month       | 120      | 20 P, 5 A, 1 A 280min
        65 hours in three months      | 120      | 3 A, 17 P, 3 A, 17 P, 3 A, 1 A 300min
        one minute less in the year   | 120      | 3 A, 17 P, 3 A, 17 P, 3 A, 1 A 299min
    """)
    with school_year(*pupils) as placed:
        found = judged(placed, definition("ohio_excessive"))
    same(
        found,
        """
        student                       | chronic
        38 hours in a month           | yes
        one minute less               | no
        over the end of a month       | no
        to the last day of a month    | yes
        one day too late              | no
        within the second month       | yes
        65 hours in three months      | yes
        one minute less in the year   | no
        """,
    )


def test_hours_in_a_month_are_added_up_across_schools_only_where_the_rate_follows_the_student() -> None:
    """Ten days at one school, then the next ten at another: both lie in the first school month."""
    pupils = people("""
        student | school | from | enrolled | marks
        moved   | s1     | 1    | 10       | 3 A
        moved   | s2     | 11   | 110      | 2 A, 1 A 280min
    """)
    with school_year(*pupils) as placed:
        district = judged(placed, definition("ohio_excessive"))
        schools = judged(placed, definition("ohio_excessive"), "school")
    same(district, "student | school | chronic\n moved | s2 | yes")
    same(schools, "student | school | chronic\n moved | s1 | no\n moved | s2 | no")


def test_minutes_are_added_up_as_they_were_delivered_not_as_parts_of_a_day() -> None:
    """Of days of 390 minutes thirteen are a thirtieth, which no number of ten-thousandths is exactly."""
    calendar = [row | {"minutes": "390"} for row in calendar_rows("s1", last=LAST_DAY)]
    pupils = people("""
        student              | enrolled | marks
        4,680 minutes        | 120      | 11 A, 30 T 13min
        4,679 minutes        | 120      | 11 A, 29 T 13min, 1 T 12min
    """)
    with school_year(*pupils, calendar=calendar) as placed:
        found = judged(placed, definition("ohio_hours"))
    same(found, "student | chronic\n 4,680 minutes | yes\n 4,679 minutes | no")


def test_days_of_different_length_weigh_what_they_last() -> None:
    """A school with 60 days of 300 minutes and 60 of 500: the same twelve days are 7.5% or 12.5%."""
    calendar = [
        row | {"minutes": "300" if number < 60 else "500"}
        for number, row in enumerate(calendar_rows("s1", last=LAST_DAY))
    ]
    pupils = people("""
        student    | enrolled | marks
        short days | 120      | 12 A
        long days  | 120      | 100 P, 12 A
    """)
    with school_year(*pupils, calendar=calendar) as placed:
        found = judged(placed, definition("ohio_hours"))
    same(found, "student | chronic\n short days | no\n long days | yes")


def test_without_minutes_in_the_calendar_hours_are_not_computed() -> None:
    """One day without minutes would make the rate of everybody at the school wrong."""
    rows = calendar_rows("s1", "s2", "s3", last=LAST_DAY)
    without = [row | {"minutes": ""} if row["date"] == "2025-10-01" else row for row in rows]
    zero = [row | {"minutes": "0"} if row["date"] == "2025-10-01" else row for row in rows]
    closed = [
        row | {"minutes": "", "instructional": "false"} if row["date"] == "2025-10-01" else row
        for row in rows
    ]
    pupils = people("student | school | enrolled | marks\n one | s1 | 120 | 12 A\n two | s2 | 9 | 1 A")
    found = []
    for calendar in (without, zero, closed, rows):
        with school_year(*pupils, calendar=calendar) as placed:
            found.append(missing_minutes(placed))
    assert found == [{"s1": 1, "s2": 1}, {"s1": 1, "s2": 1}, {}, {}]

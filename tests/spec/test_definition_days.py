"""Counts of days: 15 or more, 18 or more, more than 20, of however many enrolled (ten at least)."""

from __future__ import annotations

from tests.rates.hand_made import definition, judged_by, school_year
from tests.rates.people import people

PUPILS = people("""
    student             | enrolled | marks
    14 days             | 120      | 14 A
    14 and a half day   | 120      | 14 A, 1 A 0.5
    14 and less         | 120      | 14 A, 1 A 0.4999
    15 of 20 enrolled   | 20       | 15 E
    17 days             | 120      | 17 A
    18 days             | 120      | 18 S
    20 days             | 120      | 20 A
    21 days             | 120      | 21 A
    exempt              | 120      | 40 X, 14 A
    nine days           | 9        | 9 A
""")


def test_so_many_days_are_chronic_and_one_less_is_not() -> None:
    more_than_20 = definition("more than 20", measure="days", days=20, inclusive=False)
    with school_year(*PUPILS) as placed:
        found = judged_by(placed, [definition("days_15"), definition("days_18"), more_than_20])
    chronic = {
        name: {row["student"] for row in rows if row["chronic"] == "yes"} for name, rows in found.items()
    }
    assert chronic == {
        "days_15": {"14 and a half day", "15 of 20 enrolled", "17 days", "18 days", "20 days", "21 days"},
        "days_18": {"18 days", "20 days", "21 days"},
        "more than 20": {"21 days"},
    }
    uncounted = {row["student"] for rows in found.values() for row in rows if row["counted"] == "no"}
    assert uncounted == {"nine days"}

"""New Jersey: the federal rule, but of students with at least 45 days; state-excused days are left out."""

from __future__ import annotations

from tests.rates.hand_made import definition, judged_by, school_year
from tests.rates.people import people, same

PUPILS = people("""
    student                          | enrolled | marks
    44 days                          | 44       | 20 A
    45 days                          | 45       | 20 A
    45 days, 4 absent                | 45       | 4 A
    45 days, 5 absent                | 45       | 5 A
    46 days, one excused by state    | 46       | 1 X, 5 A
    45 days, one excused by state    | 45       | 1 X, 5 A
    excused and half days            | 50       | 3 E, 2 A 0.5
""")


def test_forty_four_days_are_too_few_and_state_excused_days_do_not_count_as_enrolled() -> None:
    """A code for state-excused absence is mapped to `exempt`; the federal rule counts from ten days on."""
    with school_year(*PUPILS) as placed:
        found = judged_by(placed, [definition("new_jersey"), definition("edfacts")])
    same(
        found["new_jersey"],
        """
        student                          | counted | chronic
        44 days                          | no      | no
        45 days                          | yes     | yes
        45 days, 4 absent                | yes     | no
        45 days, 5 absent                | yes     | yes
        46 days, one excused by state    | yes     | yes
        45 days, one excused by state    | no      | no
        excused and half days            | yes     | yes
        """,
    )
    same(
        found["edfacts"],
        """
        student                          | counted | chronic
        44 days                          | yes     | yes
        45 days                          | yes     | yes
        45 days, 4 absent                | yes     | no
        45 days, 5 absent                | yes     | yes
        46 days, one excused by state    | yes     | yes
        45 days, one excused by state    | yes     | yes
        excused and half days            | yes     | yes
        """,
    )

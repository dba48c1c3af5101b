"""Strategies for a year of 120 days at two schools, long enough for every minimum and bound."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.data.small import EVERYTHING_ARRIVED, calendar_rows, weekdays
from tests.rates.hand_made import FIRST_DAY, LAST_DAY
from tests.rates.people import people
from tests.reference.settings import Load, Row

DAYS = weekdays(FIRST_DAY, LAST_DAY)
_LENGTHS = (9, 10, 30, 31, 32, 44, 45, 46, 60, 89, 90, 91, 120, 120, 120)
_COUNTS = (0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 17, 18, 21)
_MARKS = (
    "A",
    "E",
    "S",
    "I",
    "X",
    "T",
    "P",
    "A 0.5",
    "A 0.34",
    "A 0.3401",
    "A 0.67",
    "A 0.6701",
    "X 0.5",
    "X 0.4",
    "I 0.5",
    "T 0.5",
    "A 199min",
    "T 40min",
    "E 400min",
    "A 280min",
)


@dataclass(frozen=True)
class LongYear:
    """Who was enrolled where, and what was recorded."""

    enrollments: list[Row]
    attendance: list[Row]

    @property
    def load(self) -> Load:
        """The same rows as a district would deliver them."""
        return Load(
            EVERYTHING_ARRIVED,
            {
                "schools": [{"school_id": each, "school_name": each} for each in ("s1", "s2")],
                "calendar": calendar_rows("s1", "s2", last=LAST_DAY),
                "enrollments": self.enrollments,
                "attendance": self.attendance,
            },
            covers_to=LAST_DAY,
        )


@st.composite
def long_years(draw: st.DrawFn, max_students: int = 12) -> LongYear:
    """A few students; some move to the other school, some come late or leave early."""
    lines = ["student | school | grade | from | enrolled | marks"]
    for number in range(draw(st.integers(1, max_students))):
        grade = draw(st.sampled_from(("PK", "KG", "05", "12")))
        length = draw(st.sampled_from(_LENGTHS))
        first = draw(
            st.sampled_from((1, len(DAYS) - length, len(DAYS) - length + 1)) if length < 120 else st.just(1)
        )
        moves = draw(st.booleans()) and length > 10
        stay = draw(st.integers(1, length - 1)) if moves else length
        school, other = draw(st.permutations(("s1", "s2")))
        lines.append(_line(number, school, grade, first, stay, draw(_marks(stay))))
        if moves:
            lines.append(
                _line(number, other, grade, first + stay, length - stay, draw(_marks(length - stay)))
            )
    return LongYear(*people("\n".join(lines)))


@st.composite
def _marks(draw: st.DrawFn, days: int) -> str:
    found, left = [], days
    for _ in range(draw(st.integers(0, 4))):
        count = min(left, draw(st.sampled_from(_COUNTS)))
        if count:
            found.append(f"{count} {draw(st.sampled_from(_MARKS))}")
            left -= count
    return ", ".join(found)


def _line(number: int, school: str, grade: str, first: int, length: int, marks: str) -> str:
    return f"{number:03d} | {school} | {grade} | {first} | {length} | {marks}"

"""Merged spells and the student's clock, one date at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from tests.reference.known import CalendarDay, Known, Spell

KIND_ORDER = (
    "tardy",
    "in_school_suspension",
    "absent_excused",
    "absent_unexcused",
    "absent_suspension",
    "exempt",
)
"""Of two equal parts of a day, the kind that stands later names it."""


@dataclass(frozen=True)
class Day:
    """One date of a student inside a merged spell, with the clock on it."""

    date: dt.date
    school: str
    grade: str
    instructional: bool
    clock: int


@dataclass(frozen=True)
class Event:
    """The one event of a student on an instructional day of the clock."""

    date: dt.date
    school: str
    grade: str
    clock: int
    kind: str
    part: int


@dataclass
class StudentYear:
    """A student's dates in a school year, in order, and the events on them."""

    days: list[Day] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def clock(self) -> int:
        """Where the clock stands: instructional days enrolled."""
        return sum(day.instructional for day in self.days)

    @property
    def schools(self) -> set[str]:
        """The schools of the merged spells."""
        return {day.school for day in self.days}


StudentYears = dict[tuple[str, int], StudentYear]


def student_years(known: Known) -> StudentYears:
    """Every student's dates and events by school year, from what was known."""
    by_student: dict[tuple[str, int], list[tuple[dt.date, dt.date, Spell]]] = {}
    for spell in known.spells:
        clipped = _clipped(spell, known)
        if clipped and spell.year <= known.year:
            by_student.setdefault((spell.student, spell.year), []).append((*clipped, spell))
    marked = _events_by_student(known)
    found = {}
    for (student, year), spells in sorted(by_student.items(), key=lambda item: item[0]):
        days = _days(spells, known)
        found[student, year] = StudentYear(days, _placed(days, marked.get(student, {})))
    return found


def school_days(known: Known, school: str, year: int) -> dict[dt.date, CalendarDay]:
    """A school's days of one year."""
    return {day: each for day, each in known.calendar.get(school, {}).items() if each.year == year}


def counted_to(known: Known, school: str, year: int) -> dt.date | None:
    """The last day that counts: in earlier years the last, this year the newest that was delivered.

    None in a year for which the school delivered nothing: not recorded is not perfect attendance.
    """
    days = school_days(known, school, year)
    delivered = known.covered.get(school, set())
    if not days:
        return None
    if year == known.year:
        return max(delivered, default=None)
    return max(days) if any(min(days) <= day <= max(days) for day in delivered) else None


def _clipped(spell: Spell, known: Known) -> tuple[dt.date, dt.date] | None:
    last = counted_to(known, spell.school, spell.year)
    if last is None:
        return None
    days = school_days(known, spell.school, spell.year)
    start = max(spell.entry, min(days))
    end = min(spell.end or max(days), max(days), last)
    return (start, end) if start <= end else None


def _days(spells: list[tuple[dt.date, dt.date, Spell]], known: Known) -> list[Day]:
    first, last = min(start for start, _, _ in spells), max(end for _, end, _ in spells)
    days, clock, date = [], 0, first
    while date <= last:
        covering = [
            (start, spell.school, spell.entry, spell.grade)
            for start, end, spell in spells
            if start <= date <= end
        ]
        if covering:
            _, school, _, grade = min(covering)
            instructional = known.calendar[school][date].instructional
            clock += instructional
            days.append(Day(date, school, grade, instructional, clock))
        date += dt.timedelta(days=1)
    return days


def _events_by_student(known: Known) -> dict[str, dict[dt.date, tuple[int, int]]]:
    """For every student and date the larger part of the day and the kind that names it."""
    found: dict[str, dict[dt.date, tuple[int, int]]] = {}
    for student, _, date, kind, part in known.attendance:
        ranked = (part, KIND_ORDER.index(kind))
        dates = found.setdefault(student, {})
        dates[date] = max(ranked, dates.get(date, ranked))
    return found


def _placed(days: list[Day], marked: dict[dt.date, tuple[int, int]]) -> list[Event]:
    return [
        Event(
            day.date, day.school, day.grade, day.clock, KIND_ORDER[marked[day.date][1]], marked[day.date][0]
        )
        for day in days
        if day.instructional and day.date in marked
    ]

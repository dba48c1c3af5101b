"""The roster of a day, and where every student on it stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from tests.reference.absence import absences_left, days_absent, days_enrolled, is_chronic, share
from tests.reference.clock import Event, StudentYear, StudentYears, counted_to, school_days
from tests.reference.known import Known, Spell
from tests.reference.settings import Settings


@dataclass(frozen=True)
class Standing:
    """One student of the roster."""

    student_id: str
    school_id: str
    grade: str
    status: str
    excluded_because: str | None
    absences: Fraction
    enrolled_days: int
    absence_rate: Fraction | None
    already_chronic: bool
    absences_left: int
    days_remaining: int


def standings(known: Known, years: StudentYears, settings: Settings) -> list[Standing]:
    """Every student enrolled on ``as_of``, in the order of their ids."""
    return [_standing(spell, known, years, settings) for spell in roster(known)]


def roster(known: Known) -> list[Spell]:
    """The spell each enrolled student belongs to: the later entry, then the smaller school."""
    homes: dict[str, Spell] = {}
    for spell in sorted(known.spells, key=lambda each: (each.student, each.school)):
        enrolled = spell.year == known.year and (spell.end is None or spell.end >= known.as_of)
        before = homes.get(spell.student)
        if enrolled and (before is None or spell.entry > before.entry):
            homes[spell.student] = spell
    return [homes[student] for student in sorted(homes)]


def totals(year: StudentYear, school: str | None, settings: Settings) -> tuple[Fraction, int]:
    """Days absent and days enrolled of a student year, at one school or at all of them."""
    events: list[Event] = [each for each in year.events if school in (None, each.school)]
    clock = sum(day.instructional for day in year.days if school in (None, day.school))
    return days_absent(events, settings), days_enrolled(clock, events)


def days_remaining(spell: Spell, known: Known) -> int:
    """Instructional days after the last counted one, from the entry on if that is later."""
    last = counted_to(known, spell.school, known.year) or dt.date.min
    days = school_days(known, spell.school, known.year)
    return sum(day.instructional for date, day in days.items() if date > last and date >= spell.entry)


def _standing(spell: Spell, known: Known, years: StudentYears, settings: Settings) -> Standing:
    this_year = years.get((spell.student, known.year), StudentYear())
    absent, enrolled = totals(this_year, spell.school if settings.grain == "school" else None, settings)
    remaining = days_remaining(spell, known)
    earlier = any(
        student == spell.student and year < known.year and each.clock
        for (student, year), each in years.items()
    )
    too_new = enrolled < settings.cohort_min_days and not earlier
    return Standing(
        student_id=spell.student,
        school_id=spell.school,
        grade=spell.grade,
        status="insufficient_history" if too_new else "scored",
        excluded_because=None if spell.grade in settings.cohort_grades else "grade not in the cohort",
        absences=absent,
        enrolled_days=enrolled,
        absence_rate=share(absent, enrolled),
        already_chronic=is_chronic(absent, enrolled, settings),
        absences_left=absences_left(absent, enrolled, remaining, settings),
        days_remaining=remaining,
    )

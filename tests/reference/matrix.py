"""Standing and features of a whole roster: what the engine's matrix must equal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.reference.absence import share
from tests.reference.attendance import Value, attendance
from tests.reference.clock import StudentYear, StudentYears, school_days, student_years
from tests.reference.health import meals, nurse, recorded_years
from tests.reference.known import Known, known_at
from tests.reference.others import others, remaining
from tests.reference.settings import GRADES, Load, Settings
from tests.reference.standing import Standing, standings


@dataclass(frozen=True)
class ReferenceMatrix:
    """One entry per student of the roster, in the order of their ids."""

    standing: list[Standing]
    features: list[dict[str, Value | float]]


def reference_matrix(loads: Sequence[Load], settings: Settings, as_of: dt.date) -> ReferenceMatrix:
    """Standing and features as of a day; a feature that is not there is null."""
    known = known_at(loads, settings, as_of)
    years = student_years(known)
    people = standings(known, years, settings)
    recorded = recorded_years(known, years)
    features = [_features(person, people, known, years, recorded, settings) for person in people]
    return ReferenceMatrix(people, features)


def _features(
    person: Standing,
    people: list[Standing],
    known: Known,
    years: StudentYears,
    recorded: set[int],
    settings: Settings,
) -> dict[str, Value | float]:
    student = person.student_id
    this, last, before = (years.get((student, known.year - ago), StudentYear()) for ago in (0, 1, 2))
    theirs = {**_peers(person, people), **others(person, years, known, settings)}
    return {
        **attendance(this, last, before, settings),
        **remaining(person, theirs, years, known, settings),
        **nurse(student, this, last, known, recorded, settings),
        **meals(student, person.school_id, known),
        **_roster(person, this, last, known),
        **theirs,
    }


def _roster(person: Standing, this: StudentYear, last: StudentYear, known: Known) -> dict[str, Value]:
    return {
        "grade": GRADES.index(person.grade) - 1,
        "days_remaining": person.days_remaining,
        "absences_left": person.absences_left,
        "schools_this_year": len(this.schools) or None,
        "schools_last_year": len(last.schools) or None,
        "days_missed_before_entry": _missed_before(this, known),
        "enrolled_last_year": int(bool(last.days)),
    }


def _missed_before(this: StudentYear, known: Known) -> int | None:
    if not this.days:
        return None
    first = this.days[0]
    days = school_days(known, first.school, known.year)
    return sum(day.instructional for date, day in days.items() if date < first.date)


def _peers(person: Standing, people: list[Standing]) -> dict[str, Value]:
    school = [other for other in people if other.school_id == person.school_id and other is not person]
    grade = [other for other in school if other.grade == person.grade]
    return {"school_absence_rate": _rate_of(school), "grade_absence_rate": _rate_of(grade)}


def _rate_of(others: list[Standing]) -> Fraction | None:
    absent = sum((other.absences for other in others), Fraction(0))
    return share(absent, sum(other.enrolled_days for other in others))

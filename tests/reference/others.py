"""Features of what is left of the year and of the others, sentence by sentence from docs/features.md."""

from __future__ import annotations

from fractions import Fraction

from tests.reference.absence import absence, days_absent, days_enrolled, share
from tests.reference.attendance import Value
from tests.reference.cells import WHOLE_DAY
from tests.reference.clock import Event, StudentYear, StudentYears, school_days
from tests.reference.known import Known
from tests.reference.settings import Settings
from tests.reference.standing import Standing, totals


def remaining(person: Standing, attended: dict[str, Value]) -> dict[str, Value]:
    """What is left of the year, and where two paces would lead."""
    left, to_come = person.absences_left, person.days_remaining

    def spare(pace: str) -> Fraction | None:
        rate = attended.get(pace)
        return None if rate is None else left - rate * Fraction(to_come)

    return {
        "spare_rate": share(left, to_come),
        "spare_at_this_pace": spare("absence_rate"),
        "spare_at_usual_pace": spare("decayed_rate"),
    }


def others(person: Standing, years: StudentYears, known: Known, settings: Settings) -> dict[str, Value]:
    """Features that look at the other students."""
    this = years.get((person.student_id, known.year), StudentYear())
    return {
        "around_break_share": _around_breaks(this, known, settings),
        "absence_beyond_peers": _beyond_peers(person.student_id, years, known, settings),
        "school_rate_last_year": _school_last_year(person, years, known, settings),
    }


def _around_breaks(year: StudentYear, known: Known, settings: Settings) -> Fraction | None:
    """More than three days, from a Friday to a Monday, lie between the day and a school day beside it."""
    near = []
    for event in year.events:
        days = school_days(known, event.school, known.year).items()
        dates = [date for date, day in days if day.instructional]
        before = [event.date - date for date in dates if date < event.date]
        after = [date - event.date for date in dates if date > event.date]
        if any(gaps and min(gaps).days > 3 for gaps in (before, after)):
            near.append(event)
    return share(days_absent(near, settings), days_absent(year.events, settings))


def _beyond_peers(student: str, years: StudentYears, known: Known, settings: Settings) -> Fraction | None:
    mine = years.get((student, known.year), StudentYear())
    theirs = [each for (other, year), each in years.items() if year == known.year and other != student]
    beyond = sum((_weighed(event, theirs, settings) for event in mine.events), Fraction(0))
    return share(beyond, days_enrolled(mine.clock, mine.events))


def _weighed(event: Event, theirs: list[StudentYear], settings: Settings) -> Fraction:
    """The absence of a day times the share of the others who came, in ten-thousandths rounded down."""
    place = (event.school, event.grade, event.date)
    there = [each for each in theirs if any((day.school, day.grade, day.date) == place for day in each.days)]
    away = sum(
        (absence(other, settings) for each in there for other in each.events if other.date == event.date),
        Fraction(0),
    )
    came = 1 - away / len(there) if there else Fraction(1)
    return Fraction(int(absence(event, settings) * came * WHOLE_DAY), WHOLE_DAY)


def _school_last_year(
    person: Standing, years: StudentYears, known: Known, settings: Settings
) -> Fraction | None:
    sums = [
        totals(each, person.school_id, settings)
        for (other, year), each in years.items()
        if year == known.year - 1 and other != person.student_id
    ]
    return share(sum((absent for absent, _ in sums), Fraction(0)), sum(days for _, days in sums))

"""Features of what is left of the year and of the others, sentence by sentence from docs/features.md."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from fractions import Fraction
from itertools import pairwise

from tests.reference.absence import absence, days_absent, days_enrolled, share
from tests.reference.attendance import Value, spells_begun
from tests.reference.cells import WHOLE_DAY
from tests.reference.clock import Event, StudentYear, StudentYears, school_days
from tests.reference.known import Known
from tests.reference.settings import Settings
from tests.reference.standing import Standing, totals


def remaining(
    person: Standing, others: dict[str, Value], years: StudentYears, known: Known, settings: Settings
) -> dict[str, Value | float]:
    """What is left of the year, and where two paces would lead."""
    left, to_come, rate = person.absences_left, person.days_remaining, person.absence_rate
    found: dict[str, Value | float] = {
        "spare_rate": share(left, to_come),
        "spare_at_this_pace": None if rate is None else left - rate * to_come,
    }
    pace = _usual_pace(person.student_id, others, years, known, settings)
    if pace is None:
        return found
    expected = pace * to_come
    return found | {
        "usual_pace": pace,
        "spare_at_usual_pace": left - expected,
        "spare_in_spreads": float(left + 1 - expected) / math.sqrt(expected + Fraction(1, 2)),
    }


def _usual_pace(
    student: str, others: dict[str, Value], years: StudentYears, known: Known, settings: Settings
) -> Fraction | None:
    """Three years, a day of an earlier one counting a third and a sixth, and 100 days of the others' rate.

    What everyone missed of an earlier year stands for 8% of its days, and each student's absence with it.
    """
    ranked = ("school_rate_last_year", "grade_absence_rate", "school_absence_rate")
    chosen = next((name for name in ranked if others[name] is not None), None)
    if chosen is None:
        return None
    scales = (Fraction(1), *(_against_the_usual(ago, years, known, settings) for ago in (1, 2)))
    theirs = Fraction(others[chosen] or 0) * scales[chosen == "school_rate_last_year"]
    length = _usual_length(years, known, settings)
    missed, days = 100 * theirs, Fraction(100)
    for ago, weight in ((0, Fraction(1)), (1, Fraction(1, 3)), (2, Fraction(1, 6))):
        year = years.get((student, known.year - ago), StudentYear())
        by_absences = len(spells_begun(year, settings)) * length
        missed += weight * scales[ago] * (days_absent(year.events, settings) + by_absences) / 2
        days += weight * days_enrolled(year.clock, year.events)
    return missed / days


def _against_the_usual(ago: int, years: StudentYears, known: Known, settings: Settings) -> Fraction:
    """8% over what everyone missed that year; 1 where nobody missed anything."""
    theirs = [each for (_, year), each in years.items() if year == known.year - ago]
    absent = sum((days_absent(each.events, settings) for each in theirs), Fraction(0))
    days = sum(days_enrolled(each.clock, each.events) for each in theirs)
    return Fraction(8, 100) * days / absent if absent else Fraction(1)


def _usual_length(years: StudentYears, known: Known, settings: Settings) -> Fraction:
    """Days of absence to a separate absence, of everyone over the three years."""
    recent = [each for (_, year), each in years.items() if year > known.year - 3]
    begun = sum(len(spells_begun(each, settings)) for each in recent)
    absent = sum((days_absent(each.events, settings) for each in recent), Fraction(0))
    return share(absent, begun) or Fraction(0)


def others(person: Standing, years: StudentYears, known: Known, settings: Settings) -> dict[str, Value]:
    """Features that look at the other students."""
    this = years.get((person.student_id, known.year), StudentYear())
    return {
        "around_break_share": _around_breaks(this, known, settings),
        "absence_beyond_peers": _beyond_peers(person.student_id, years, known, settings),
        "school_rate_last_year": _school_last_year(person, years, known, settings),
    }


def _around_breaks(year: StudentYear, known: Known, settings: Settings) -> Fraction | None:
    """More days than a usual weekend lie between the day and a school day beside it."""
    near = []
    for event in year.events:
        days = school_days(known, event.school, known.year).items()
        dates = sorted(date for date, day in days if day.instructional)
        usual = _usual_weekend(dates)
        before = [event.date - date for date in dates if date < event.date]
        after = [date - event.date for date in dates if date > event.date]
        if any(gaps and min(gaps).days > usual for gaps in (before, after)):
            near.append(event)
    return share(days_absent(near, settings), days_absent(year.events, settings))


def _usual_weekend(dates: list[dt.date]) -> int:
    """The commonest gap of more than a day between two school days, at least a Friday to a Monday."""
    gaps = [(later - earlier).days for earlier, later in pairwise(dates)]
    times = Counter(gap for gap in gaps if gap > 1)
    commonest = [gap for gap in times if times[gap] == max(times.values())]
    return max(3, min(commonest, default=3))


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

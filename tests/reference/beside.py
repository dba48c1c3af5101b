"""Figures beside the features: on which days a student's own clock is the school's calendar, date by date."""

from __future__ import annotations

from fractions import Fraction

from tests.reference.absence import is_exempt_day
from tests.reference.cells import WHOLE_DAY
from tests.reference.clock import Day, StudentYear, StudentYears, counted_to, school_days
from tests.reference.known import Known

Beside = dict[str, Fraction | int | None]


def beside(student: str, years: StudentYears, known: Known) -> Beside:
    """All figures beside the features of one student; None without a clock."""
    this, last, before = (years.get((student, known.year - ago), StudentYear()) for ago in (0, 1, 2))
    return {
        "clock_days": this.clock or None,
        "unbroken_days": _unbroken(this, known, known.year),
        "last_year_unbroken_days": _unbroken(last, known, known.year - 1),
        "last_year_whole": _whole(last, known, known.year - 1),
        "year_before_whole": _whole(before, known, known.year - 2),
        "last_year_part_day_rate": _part_day_rate(last),
        "year_before_part_day_rate": _part_day_rate(before),
    }


def _unbroken(year: StudentYear, known: Known, number: int) -> int | None:
    if not year.clock:
        return None
    if _left_out(year.days[-1], None, known, number):
        return 0
    exempt = {event.date for event in year.events if is_exempt_day(event)}
    found, later = 0, None
    for day in reversed(year.days):
        if day.date in exempt or (later and _left_out(day, later, known, number)):
            break
        found, later = found + day.instructional, day
    return found


def _whole(year: StudentYear, known: Known, number: int) -> int | None:
    if not year.clock:
        return None
    first = year.days[0]
    calendar = school_days(known, first.school, number)
    late = any(each.instructional for date, each in calendar.items() if date < first.date)
    pairs = zip(year.days, [*year.days[1:], None], strict=True)
    gap = any(_left_out(day, later, known, number) for day, later in pairs)
    return int(not (late or gap or any(map(is_exempt_day, year.events))))


def _left_out(day: Day, later: Day | None, known: Known, number: int) -> bool:
    """Whether school days lie between two dates enrolled, or after the last of them, up to the newest."""
    school = later.school if later else day.school
    newest = counted_to(known, school, number)
    assert newest is not None
    calendar = school_days(known, school, number)
    return any(
        each.instructional
        for date, each in calendar.items()
        if day.date < date and (date < later.date if later else date <= newest)
    )


def _part_day_rate(year: StudentYear) -> Fraction | None:
    if not year.clock:
        return None
    return Fraction(sum(0 < event.part < WHOLE_DAY for event in year.events), year.clock)

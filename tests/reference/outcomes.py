"""The label: what became of every student in every school year whose outcome can be observed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from tests.reference.absence import is_chronic
from tests.reference.clock import StudentYear, student_years
from tests.reference.known import HINDSIGHT, CalendarDay, calendars, covered_days, known_today
from tests.reference.settings import Load, Settings
from tests.reference.standing import totals

COMPLETE_WITHIN_DAYS = 5


def reference_outcomes(loads: Sequence[Load], settings: Settings) -> dict[tuple[str, ...], int]:
    """The label by (student, school year), with ``grain: school`` by (student, school year, school)."""
    years = complete_years(loads, settings)
    if not years:
        return {}
    known = replace(known_today(loads, settings, dt.date(9998, 1, 1)), year=9999)
    labels: dict[tuple[str, ...], int] = {}
    for (student, year), each in student_years(known).items():
        if year in years:
            labels |= _labels((student, str(year)), each, settings)
    return labels


def complete_years(loads: Sequence[Load], settings: Settings) -> list[int]:
    """Years that half of the schools delivered attendance for, and to the end of."""
    delivered = covered_days(loads, settings, dt.date(9998, 1, 1), HINDSIGHT)
    calendar = calendars(loads, settings, HINDSIGHT)
    years = sorted({day.year for days in calendar.values() for day in days.values()})
    return [year for year in years if _is_complete(calendar, delivered, year)]


def _is_complete(
    calendar: dict[str, dict[dt.date, CalendarDay]], delivered: dict[str, set[dt.date]], year: int
) -> bool:
    days = _district_days(calendar, year)
    if not days:
        return False
    near_end = days[-COMPLETE_WITHIN_DAYS:][0]
    schools = [school for school, own in calendar.items() if any(day.year == year for day in own.values())]
    reached = [school for school in schools if max(delivered.get(school, {dt.date.min})) >= near_end]
    recorded = [
        school
        for school in schools
        if any(days[0] <= day <= days[-1] for day in delivered.get(school, set()))
    ]
    return 2 * len(reached) >= len(schools) and 2 * len(recorded) >= len(schools)


def _district_days(calendar: dict[str, dict[dt.date, CalendarDay]], year: int) -> list[dt.date]:
    """The days on which at least half of the year's schools are in session."""
    in_session: dict[dt.date, int] = {}
    schools = set()
    for school, days in calendar.items():
        for date, day in days.items():
            if day.year == year:
                schools.add(school)
                in_session[date] = in_session.get(date, 0) + day.instructional
    return sorted(date for date, count in in_session.items() if 2 * count >= len(schools))


def _labels(key: tuple[str, str], year: StudentYear, settings: Settings) -> dict[tuple[str, ...], int]:
    places = sorted(year.schools) if settings.grain == "school" else [None]
    labels = {}
    for school in places:
        absent, enrolled = totals(year, school, settings)
        if enrolled >= settings.min_enrolled_days:
            labels[(*key, school) if school else key] = int(is_chronic(absent, enrolled, settings))
    return labels

"""The label: what became of every student in every school year whose outcome can be observed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from tests.reference.absence import is_chronic
from tests.reference.clock import StudentYear, student_years
from tests.reference.known import HINDSIGHT, CalendarDay, calendars, covered, known_today
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
    """Years with enrollments whose last days attendance reaches (one of the last five, or any later)."""
    newest = max(covered(loads, settings, dt.date(9998, 1, 1), HINDSIGHT).values(), default=None)
    began = min(int(row["school_year"]) for load in loads for row in load.rows.get("enrollments", []))
    calendar = calendars(loads, settings, HINDSIGHT)
    found = sorted({day.year for days in calendar.values() for day in days.values() if day.year >= began})
    return [year for year in found if newest is not None and _near_end(calendar, year) <= newest]


def _near_end(calendar: dict[str, dict[dt.date, CalendarDay]], year: int) -> dt.date:
    """The first of the last days on which at least half of the year's schools are in session."""
    in_session: dict[dt.date, int] = {}
    schools = set()
    for school, days in calendar.items():
        for date, day in days.items():
            if day.year == year:
                schools.add(school)
                in_session[date] = in_session.get(date, 0) + day.instructional
    district = sorted(date for date, count in in_session.items() if 2 * count >= len(schools))
    return district[-COMPLETE_WITHIN_DAYS:][0] if district else dt.date.max


def _labels(key: tuple[str, str], year: StudentYear, settings: Settings) -> dict[tuple[str, ...], int]:
    places = sorted(year.schools) if settings.grain == "school" else [None]
    labels = {}
    for school in places:
        absent, enrolled = totals(year, school, settings)
        if enrolled >= settings.min_enrolled_days:
            labels[(*key, school) if school else key] = int(is_chronic(absent, enrolled, settings))
    return labels

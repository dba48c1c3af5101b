"""The label: what became of every student in every school year whose outcome can be observed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from tests.reference.absence import days_absent, is_chronic
from tests.reference.clock import Day, StudentYear, student_years
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


def labels_from(
    loads: Sequence[Load], settings: Settings, as_of: dt.date, within: tuple[int, int] | None
) -> dict[tuple[str, ...], int]:
    """The labels that look ahead from a day: over the rest of the year, or (absences, days) ``within``.

    By student, over the rest with ``grain: school`` by (student, school); a label that nobody can see is
    not there.
    """
    year = _year_of(loads, settings, as_of)
    if year is None:
        return {}
    delivered = covered_days(loads, settings, dt.date(9998, 1, 1), HINDSIGHT)
    calendar = calendars(loads, settings, HINDSIGHT)
    near_end = _district_days(calendar, year)[-COMPLETE_WITHIN_DAYS:][0]
    reached = {school: max(days) for school, days in delivered.items() if days}
    seen_to = {school: dt.date.max if day >= near_end else day for school, day in reached.items()}
    known = replace(known_today(loads, settings, dt.date(9998, 1, 1)), year=9999)
    labels: dict[tuple[str, ...], int] = {}
    for (student, own), each in student_years(known).items():
        if own != year:
            continue
        ahead = StudentYear(
            [day for day in each.days if day.date >= as_of],
            [event for event in each.events if event.date >= as_of],
        )
        if within:
            labels |= _label_within((student,), ahead, within, seen_to, settings)
        else:
            labels |= _label_of_rest((student,), ahead, seen_to, settings)
    return labels


def _year_of(loads: Sequence[Load], settings: Settings, as_of: dt.date) -> int | None:
    calendar = calendars(loads, settings, HINDSIGHT)
    for year in complete_years(loads, settings):
        days = _district_days(calendar, year)
        if days[0] <= as_of <= days[-1]:
            return year
    return None


def _label_of_rest(
    key: tuple[str], ahead: StudentYear, seen_to: dict[str, dt.date], settings: Settings
) -> dict[tuple[str, ...], int]:
    places = sorted(ahead.schools) if settings.grain == "school" else [None]
    labels = {}
    for school in places:
        own = [day for day in ahead.days if day.instructional and school in (None, day.school)]
        absent, enrolled = totals(ahead, school, settings)
        if _all_seen(own, seen_to) and enrolled >= settings.min_enrolled_days:
            labels[(*key, school) if school else key] = int(is_chronic(absent, enrolled, settings))
    return labels


def _label_within(
    key: tuple[str],
    ahead: StudentYear,
    within: tuple[int, int],
    seen_to: dict[str, dt.date],
    settings: Settings,
) -> dict[tuple[str, ...], int]:
    absences, length = within
    window = [day for day in ahead.days if day.instructional][:length]
    if len(window) < length or not _all_seen(window, seen_to):
        return {}
    events = [event for event in ahead.events if event.date <= window[-1].date]
    return {key: int(days_absent(events, settings) >= absences)}


def _all_seen(days: Sequence[Day], seen_to: dict[str, dt.date]) -> bool:
    return all(day.date <= seen_to.get(day.school, dt.date.min) for day in days)
